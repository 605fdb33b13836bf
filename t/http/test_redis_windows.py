"""Windows of src/core/ag_redis_script.c one by one: logs, calendars, places,
how calls are settled and how a window comes back after a loss."""

import ctypes as C
import datetime
import random

import pytest

import redis_scripts as R
from redis_scripts import (COUNT, DAY, LOG, MINUTE, MONTH, RING, SECOND, START,
                           limit)
from redis_scripts import clock, key, library, needed, redis, scripts

pytestmark = needed


def utc(text):
    moment = datetime.datetime.fromisoformat(text + "+00:00")
    return int(moment.timestamp()) * SECOND


# ---- time

def test_any_window_of_a_log(scripts, clock):
    """Exactly so many, over every way of being full."""
    limits = limit(LOG, 100, MINUTE)
    dice, past = random.Random(1), []
    for _ in range(3000):
        clock.pass_by(dice.randrange(SECOND))
        if scripts.take((1, limits)).result == R.TAKEN:
            past.append(clock.us)
            assert len(past) < 101 or past[-1] - past[-101] >= MINUTE
    assert len(past) > 2000


def test_no_clock_refills_a_limit(scripts, clock):
    """However often the clock is set back, no true window holds more; and
    calls go on at once, not when the clock has caught up."""
    dice, true, past = random.Random(2), 0, []
    log, ring = limit(LOG, 20, MINUTE), limit(RING, 20, MINUTE)
    for _ in range(2000):
        step = dice.randrange(5 * SECOND)
        true += step
        clock.pass_by(step)
        if dice.random() < 0.01:
            clock.pass_by(-dice.choice((30, 3600)) * SECOND)
        if scripts.take((1, log), (2, ring, 1, 1)).result == R.TAKEN:
            past.append(true)
    for i in range(20, len(past)):
        assert past[i] - past[i - 20] >= MINUTE
    assert len(past) > 0.7 * 20 * true / MINUTE


def test_a_full_log_when_the_clock_is_set_back(scripts, clock):
    """Nobody has to be admitted before its time goes on."""
    limits = limit(LOG, 1, MINUTE)
    scripts.take((1, limits))
    clock.pass_by(-3600 * SECOND)
    assert scripts.take((1, limits)).wait == MINUTE
    clock.pass_by(MINUTE - 1)
    assert scripts.take((1, limits)).wait == 1
    clock.pass_by(1)
    assert scripts.take((1, limits)).result == R.TAKEN


def test_a_log_that_grows_and_shrinks(scripts, clock):
    for most, expected in ((10, 10), (4, 0), (16, 6), (16384, 300), (3, 0)):
        limits = limit(LOG, most, MINUTE)
        for _ in range(expected):
            clock.pass_by(1)
            assert scripts.take((1, limits)).result == R.TAKEN
        if expected < 300:
            assert scripts.take((1, limits)).result == R.FULL
    assert scripts.server.command("STRLEN", key(1)) == 72 + 8 * 316


def test_a_log_that_went_round_grows(scripts, clock):
    limits = limit(LOG, 7, MINUTE)
    for _ in range(40):
        clock.pass_by(10 * SECOND)
        scripts.take((1, limits))
    for most in (8, 9, 20):
        limits = limit(LOG, most, MINUTE)
        got = scripts.take((1, limits))
        assert got.result == R.TAKEN and got.standings[0][1] == most - 7
        clock.pass_by(10 * SECOND)


@pytest.mark.parametrize("many", [1, 14, 15, 16, 17, 600, 5000])
def test_a_burst_that_leaves_at_once(scripts, clock, many):
    limits = limit(LOG, 16384, MINUTE)
    epoch = scripts.take((1, limits)).epochs[0]
    window = scripts.window(limits)
    for _ in range(many):
        scripts.record(window, limits, 10 * MINUTE)
    assert scripts.seed(1, limits, window, epoch, R.Now(10 * MINUTE, 0)) == 1
    clock.pass_by(MINUTE - 1)
    assert scripts.take((1, limits)).standings[0][1] == 16384 - many - 2
    clock.pass_by(1)
    assert scripts.take((1, limits)).standings[0][1] == 16384 - 2


@pytest.mark.parametrize("kind, at, ends", [
    (DAY, "2028-02-29T23:59:59", "2028-03-01T00:00:00"),
    (DAY, "2027-12-31T23:00:00", "2028-01-01T00:00:00"),
    (MONTH, "2028-02-29T23:59:59", "2028-03-01T00:00:00"),
    (MONTH, "2027-02-28T12:00:00", "2027-03-01T00:00:00"),
    (MONTH, "2100-02-28T23:59:59", "2100-03-01T00:00:00"),
    (MONTH, "2027-12-31T00:00:00", "2028-01-01T00:00:00"),
    (MONTH, "2027-01-31T00:00:00", "2027-02-01T00:00:00"),
])
def test_calendar(scripts, clock, kind, at, ends):
    limits, at, ends = limit(kind, 100), utc(at), utc(ends)
    clock.at(at)
    got = scripts.take((6, limits, 60, 60))
    assert got.standings == [(100, 40, ends - at)]
    clock.at(ends - 1)
    assert scripts.take((6, limits, 41, 41)).wait == 1
    clock.at(ends)
    assert scripts.take((6, limits, 100, 100)).result == R.TAKEN
    assert scripts.settle(got, 0) == R.OK       # of a period that is over
    assert scripts.take((6, limits, 1, 1)).result == R.FULL


def test_months_of_two_centuries(scripts, clock):
    for months in range(0, 2700, 7):
        begin = datetime.datetime(2026 + months // 12, months % 12 + 1, 1,
                                  tzinfo=datetime.timezone.utc)
        end = (begin + datetime.timedelta(days=32)).replace(day=1)
        at = begin + datetime.timedelta(days=months % 28, seconds=months)
        clock.at(int(at.timestamp()) * SECOND)
        scripts.server.flush()
        got = scripts.take((7, limit(MONTH, 10), 1, 1))
        assert got.standings[0][2] == int((end - at).total_seconds()) * SECOND


def some_of_each():
    return [(number, limit(*choice), *((5, 5) if choice[0] not in (LOG, COUNT)
                                       else ()))
            for number, choice in R.CHOICES.items()]


def test_keys_vanish_when_nothing_counts(scripts, clock):
    got = scripts.take(*some_of_each(), session=1)
    assert scripts.server.command("DBSIZE") == len(R.CHOICES) + 1
    for number, (_, _, reset) in zip(R.CHOICES, got.standings):
        left = scripts.server.command("PTTL", key(number)) * 1000
        least = R.LEASE if R.CHOICES[number][0] == COUNT else reset
        assert least <= left <= least * 9 // 8 + 1_010_000
        assert left <= least + 3602 * SECOND
    clock.pass_by(32 * 86400 * SECOND)
    assert scripts.server.command("KEYS", "*") == []


def test_a_busy_window_is_kept(scripts, clock):
    for _ in range(50):
        assert scripts.take((1, limit(LOG, 5, MINUTE))).result == R.TAKEN
        assert scripts.server.command("PTTL", key(1)) >= MINUTE // 1000
        clock.pass_by(13 * SECOND)


def test_refused_calls_change_nothing(scripts, clock):
    full = limit(LOG, 1, 3600 * SECOND)
    scripts.take((99, full), *some_of_each())
    clock.pass_by(20 * SECOND)

    def everything():
        return {name: (scripts.server.command("DUMP", name),
                       scripts.server.command("PTTL", name))
                for name in sorted(scripts.server.command("KEYS", "*"))}

    before = everything()
    got = scripts.take(*some_of_each(), (99, full), session=1)
    assert (got.result, got.refused) == (R.FULL, len(R.CHOICES))
    assert everything() == before


# ---- places

def test_leases_end_and_are_renewed(scripts, clock):
    limits = limit(COUNT, 2)
    first, second = (scripts.take((8, limits), lease=n) for n in (1, 2))
    assert first.standings == [(2, 1, 0)]
    full = scripts.take((8, limits), lease=3)
    assert (full.result, full.wait, full.standings) == (R.FULL, 0, [(2, 0, 0)])
    clock.pass_by(R.LEASE - 1)
    assert scripts.renew((8, 1)) == 1
    assert scripts.take((8, limits), lease=4).result == R.FULL
    clock.pass_by(1)                            # the second's has ended
    assert scripts.take((8, limits), lease=5).result == R.TAKEN
    scripts.settle(first, 0)
    assert scripts.take((8, limits), lease=6).result == R.TAKEN
    clock.pass_by(2 * R.LEASE)
    assert scripts.renew((8, 5), (8, 6)) == 2   # both are in flight yet
    assert scripts.take((8, limits), lease=7).result == R.FULL
    scripts.settle(second, 0)                   # it has no place any more
    assert scripts.take((8, limits), lease=8).result == R.FULL
    assert scripts.server.command("PTTL", key(8)) == 61_000


def test_leases_of_a_clock_that_was_set_back(scripts, clock):
    limits = limit(COUNT, 1)
    scripts.take((8, limits), lease=1)
    clock.pass_by(-86400 * SECOND)
    assert scripts.take((8, limits), lease=2).result == R.FULL
    clock.pass_by(R.LEASE - 1)
    assert scripts.take((8, limits), lease=2).result == R.FULL
    clock.pass_by(1)
    assert scripts.take((8, limits), lease=3).result == R.TAKEN


# ---- settling

def test_amounts_go_back_where_they_were(scripts, clock):
    limits = limit(RING, 600, 600 * SECOND)
    got = scripts.take((4, limits, 600, 600))
    clock.pass_by(300 * SECOND)
    assert scripts.take((4, limits, 1, 1)).wait == 301 * SECOND
    scripts.settle(got, 100)
    more = scripts.take((4, limits, 500, 500))
    assert more.result == R.TAKEN
    scripts.settle(more, 700)                   # more than there is
    assert scripts.take((4, limits, 1, 1)).wait == 601 * SECOND
    clock.pass_by(301 * SECOND)                 # the first have left
    assert scripts.take((4, limits, 1, 1)).standings[0][1] == 0
    assert scripts.settle(got, 0) == R.OK       # they are not there any more
    assert scripts.take((4, limits, 1, 1)).result == R.FULL
    clock.pass_by(301 * SECOND)
    assert scripts.take((4, limits, 600, 600)).result == R.TAKEN


def test_the_oldest_sub_window_gives_back_too(scripts, clock):
    limits = limit(RING, 10, 600 * SECOND)
    got, other = (scripts.take((4, limits, 4, 4)) for _ in range(2))
    clock.pass_by(600 * SECOND)                 # it counts in full
    assert scripts.take((4, limits, 1, 1)).standings[0][1] == 1
    scripts.settle(got, 0)
    assert scripts.take((4, limits, 0, 0)).standings[0][1] == 5
    clock.pass_by(SECOND)
    assert scripts.take((4, limits, 0, 0)).standings[0][1] == 9
    scripts.settle(other, 0)
    assert scripts.take((4, limits, 0, 0)).standings[0][1] == 9


def test_settling_what_is_gone(scripts, clock):
    limits = limit(RING, 600, MINUTE)
    got = scripts.take((4, limits, 600, 600))
    scripts.server.flush()
    scripts.settle(got, 700)
    assert scripts.server.command("EXISTS", key(4)) == 0
    other = scripts.take((4, limits, 50, 50))
    assert other.epochs != got.epochs           # though no time has passed
    scripts.settle(got, 0)
    scripts.settle(got, 700)
    assert scripts.take((4, limits, 0, 0)).standings[0][1] == 550
    assert scripts.settle(other, 50) == R.NONE


def test_numbers_end_and_do_not_turn(scripts, clock):
    most = 2 ** 53 - 1
    limits = limit(RING, 2 ** 64 - 1, MINUTE)
    got = scripts.take((4, limits, 2 ** 63, 0))
    assert got.taken == [most]
    assert scripts.take((4, limits, 1, 1)).result == R.FULL
    scripts.settle(got, 2 ** 64 - 1)            # cannot be more
    dry = limit(RING, 10, MINUTE, True)
    assert scripts.take((4, dry, 5, 5)).taken == [0]
    scripts.settle(got, 0)
    assert scripts.take((4, limits, most, most)).result == R.TAKEN


def test_a_window_that_means_something_else(scripts, clock):
    """Its key is made anew, and nothing of it is read."""
    ring = scripts.take((1, limit(RING, 5, MINUTE), 5, 5))
    log = scripts.take((1, limit(LOG, 5, MINUTE)))
    assert log.result == R.TAKEN and log.epochs != ring.epochs
    assert log.standings == [(5, 4, MINUTE)]
    ring = scripts.take((1, limit(RING, 5, 2 * MINUTE), 1, 1))
    assert ring.standings[0][1] == 4
    scripts.server.command("SET", key(1), "short")
    assert scripts.take((1, limit(LOG, 5, MINUTE))).standings[0][1] == 4
    scripts.server.command("DEL", key(1))
    scripts.server.command("LPUSH", key(1), "list")
    with pytest.raises(R.RedisError):
        scripts.take((1, limit(LOG, 5, MINUTE)))


# ---- seeding

def fill(scripts, limits, ages, now):
    window = scripts.window(limits)
    for ago, amount in sorted(ages, reverse=True):
        scripts.record(window, limits, now.us - ago, amount)
    return window


def test_a_log_comes_back(scripts, clock):
    """A Redis that lost its data: times and their order are those of before,
    and those that it has seen since stay."""
    dice = random.Random(3)
    limits, now = limit(LOG, 400, MINUTE), R.Now(77 * MINUTE, 0)
    epoch = scripts.take((1, limits)).epochs[0]
    clock.pass_by(SECOND)
    scripts.take((1, limits))
    clock.pass_by(SECOND)
    ages = [(dice.randrange(2 * MINUTE), 1) for _ in range(300)]
    assert scripts.seed(1, limits, fill(scripts, limits, ages, now), epoch,
                        now) == 1
    counting = sorted([clock.us - ago for ago, _ in ages if ago < MINUTE]
                      + [START, START + SECOND])
    slots = scripts.server.command("GETRANGE", key(1), 72, -1)
    assert list((C.c_double * len(counting)).from_buffer_copy(slots)) \
        == counting
    got = scripts.take((1, limits))
    assert got.standings[0][1] == 400 - len(counting) - 1
    assert got.epochs[0] == epoch


def test_of_a_log_what_was_since(scripts, clock):
    limits, now = limit(LOG, 40, MINUTE), R.Now(77 * MINUTE, 0)
    epoch = scripts.take((1, limits)).epochs[0]
    window = fill(scripts, limits, [(i * SECOND, 1) for i in range(10)], now)
    assert scripts.seed(1, limits, window, epoch, now,
                        since=now.us - 3 * SECOND) == 1
    assert scripts.take((1, limits)).standings[0][1] == 40 - 1 - 4 - 1


def test_a_log_with_more_than_it_may(scripts, clock):
    """The newest count; nobody is admitted until they have left."""
    limits, now = limit(LOG, 50, MINUTE), R.Now(77 * MINUTE, 0)
    epoch = scripts.take((1, limits)).epochs[0]
    for node in range(3):
        ages = [(i * SECOND + node, 1) for i in range(1, 41)]
        assert scripts.seed(1, limits, fill(scripts, limits, ages, now),
                            epoch, now, node=node) == 1
    got = scripts.take((1, limits))
    assert got.result == R.FULL and got.standings == [(50, 0, MINUTE)]
    assert got.wait == MINUTE - 17 * SECOND     # the 50th last
    clock.pass_by(got.wait - 1)
    assert scripts.take((1, limits)).result == R.FULL
    clock.pass_by(1)
    assert scripts.take((1, limits)).result == R.TAKEN


def test_a_large_log_is_told_at_once_and_younger(scripts, clock):
    limits, now = limit(LOG, 16384, MINUTE), R.Now(77 * MINUTE, 0)
    window = scripts.window(limits)
    for i in range(16384):                      # one in 3600 us
        scripts.record(window, limits, now.us - MINUTE + 1 + i * 3600)
    epoch = scripts.take((1, limits)).epochs[0]
    assert scripts.seed(1, limits, window, epoch, now) == 1
    full = scripts.take((1, limits))
    assert full.result == R.FULL and full.wait <= MINUTE // 500
    for part in range(1, 10):
        clock.at(START + part * MINUTE // 10)
        got = scripts.take((1, limit(LOG, 20000, MINUTE, True)))
        used = 16384 - got.standings[0][1]
        true = 16384 + part - part * MINUTE // 10 // 3600
        assert true - 1 <= used <= true + MINUTE // 500 // 3600 + 1


@pytest.mark.parametrize("since", [0, 76 * MINUTE + 30 * SECOND])
def test_a_ring_comes_back(scripts, clock, since):
    """Never less than it was, and more for no longer than two
    sub-windows."""
    dice = random.Random(4)
    limits, now = limit(RING, 10 ** 6, MINUTE), R.Now(77 * MINUTE + 123, 0)
    ages = [(dice.randrange(MINUTE), dice.randrange(1, 100))
            for _ in range(2000)]
    epoch = scripts.take((4, limits, 7, 7)).epochs[0]
    assert scripts.seed(4, limits, fill(scripts, limits, ages, now), epoch,
                        now, since) == 1
    ages = [one for one in ages if now.us - one[0] >= since] + [(0, 7)]
    for passed in range(0, MINUTE + 1, SECOND // 2):
        clock.at(START + passed)
        used = 10 ** 6 - scripts.take((4, limits, 0, 0)).standings[0][1]
        least = sum(n for ago, n in ages if ago + passed < MINUTE)
        most = sum(n for ago, n in ages
                   if ago + passed < MINUTE + 3 * SECOND // 10)
        slack = 0 if since == 0 else 1000       # the one that "since" cuts
        assert least <= used <= most + slack


@pytest.mark.parametrize("kind", [DAY, MONTH])
def test_a_budget_comes_back(scripts, clock, kind):
    limits, now = limit(kind, 1000), R.Now(77 * MINUTE, START // SECOND)
    window = scripts.window(limits)
    scripts.record(window, limits, now.us - SECOND, 300, START // SECOND - 1)
    epoch = scripts.take((6, limits, 50, 50)).epochs[0]

    def used():
        return 1000 - scripts.take((6, limits, 0, 0)).standings[0][1]

    assert scripts.seed(6, limits, window, epoch, now) == 1
    assert used() == 350
    # Redis was away, and kept its data: the sum holds what it has
    assert scripts.seed(6, limits, window, epoch, now, since=now.us - 5,
                        turn=2) == 1
    assert used() == 350
    scripts.record(window, limits, now.us, 100, START // SECOND)
    assert scripts.seed(6, limits, window, epoch, now, since=now.us - 5,
                        turn=3) == 1
    assert used() == 400
    window.head -= 86400 * 40                   # of another period
    assert scripts.seed(6, limits, window, epoch, now, turn=4) == 1
    assert used() == 400


def test_a_seeding_counts_once(scripts, clock):
    limits, now = limit(RING, 1000, MINUTE), R.Now(77 * MINUTE, 0)
    window = fill(scripts, limits, [(5, 10)], now)
    assert scripts.seed(4, limits, window, 5, now) == 0     # no such window
    epoch = scripts.take((4, limits, 0, 0)).epochs[0]
    seeds = [dict(node=1, turn=1), dict(node=1, turn=1), dict(node=2, turn=1),
             dict(node=1, turn=2), dict(node=2, turn=1)]
    assert [scripts.seed(4, limits, window, epoch, now, **seed)
            for seed in seeds] == [1, 0, 1, 1, 0]
    assert scripts.seed(4, limits, window, epoch + 1, now, turn=9) == 0
    assert scripts.take((4, limits, 0, 0)).standings[0][1] == 970
    marks = scripts.server.command("KEYS", "*:m:*")
    assert len(marks) == 3
    assert all(scripts.server.command("PTTL", name) == 3_600_000
               for name in marks)


def test_nothing_to_tell(scripts, clock):
    now = R.Now(77 * MINUTE, 0)
    for number, limits in ((4, limit(RING, 9, MINUTE)), (8, limit(COUNT, 4)),
                           (1, limit(LOG, 9, MINUTE)), (6, limit(DAY, 9))):
        got = scripts.take((number, limits))
        window = scripts.window(limits)
        assert scripts.seed(number, limits, window, got.epochs[0], now) \
            == R.NONE
        assert scripts.run(R.SEED) == (number != 8)     # sent all the same
        assert scripts.take((number, limits)).standings[0][1] \
            == limits.max - 2
