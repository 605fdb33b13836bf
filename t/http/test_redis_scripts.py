"""The scripts of src/core/ag_redis_script.c in a real Redis, whose clock the
test sets, against an oracle that remembers everything."""

import datetime
import random

import pytest

import redis_scripts as R
from redis_scripts import CHOICES, COUNT, DAY, LOG, MONTH, RING, SECOND, limit
from redis_scripts import clock, key, library, needed, redis, scripts

pytestmark = needed


# ---- the oracle: everything is remembered, nothing is cut short

class Window:
    def __init__(self, limits):
        self.limits, self.ahead, self.last = limits, 0, 0
        self.past, self.capacity, self.span = [], 0, (0, 0)

    def now(self, clock):
        self.ahead = max(self.ahead, self.last - clock)
        return clock + self.ahead

    def width(self):
        return -(-self.limits.window // 600)

    def period(self, clock):
        """One that has begun goes on to its end, whatever the clock says."""
        if clock < self.span[1] * SECOND:
            return self.span
        at = datetime.datetime.fromtimestamp(clock // SECOND,
                                             datetime.timezone.utc)
        if self.limits.kind == DAY:
            begin = at.replace(hour=0, minute=0, second=0)
            end = begin + datetime.timedelta(days=1)
        else:
            begin = at.replace(day=1, hour=0, minute=0, second=0)
            end = (begin + datetime.timedelta(days=31)).replace(day=1)
        return int(begin.timestamp()), int(end.timestamp())

    def ends(self, entry):
        """When it stops to count, on the window's clock."""
        if self.limits.kind == LOG:
            return entry[0] + self.limits.window
        if self.limits.kind == RING:
            return (entry[0] // self.width() + 601) * self.width()
        if self.limits.kind == COUNT:
            return entry[0] + R.LEASE
        return entry[2][1] * SECOND

    def counting(self, now):
        if self.limits.kind in (DAY, MONTH):
            span = self.period(now)
            return [entry for entry in self.past if entry[2] == span]
        return [entry for entry in self.past if self.ends(entry) > now]

    def time(self, clock):
        return self.now(clock) if self.limits.kind in (LOG, RING) else clock

    def used(self, clock):
        now = self.time(clock)
        return sum(entry[1] for entry in self.counting(now))

    def wait(self, clock, amount, most):
        if self.limits.kind == COUNT:
            for entry in self.past:     # of a clock that was set back
                entry[0] = min(entry[0], clock)
            return 0
        now = self.time(clock)
        ends = sorted((self.ends(entry), entry[1])
                      for entry in self.counting(now))
        used = sum(entry[1] for entry in ends)
        for end, count in ends:
            used -= count
            if used + amount <= most:
                return end - now
        raise AssertionError("nothing left")

    def reset(self, clock):
        if self.limits.kind in (DAY, MONTH):
            return self.period(clock)[1] * SECOND - clock
        now = self.time(clock)
        if self.limits.kind == COUNT or self.used(clock) == 0:
            return 0
        return max(map(self.ends, self.past)) - now

    def take(self, clock, amount, most):
        now = self.time(clock)
        if self.limits.kind == LOG:
            self.capacity = max(self.capacity, most)
        elif self.limits.kind == COUNT:
            for entry in self.past:     # they do not come back
                entry[1] *= self.ends(entry) > now
        self.count(now, amount)
        if self.limits.kind == LOG:
            self.past = self.past[-self.capacity:]

    def count(self, now, amount):
        if self.limits.kind in (DAY, MONTH):
            self.span = self.period(now)
        self.past.append([now, amount, self.span])
        self.last = max(self.last, now)


class Oracle:
    def __init__(self):
        self.windows, self.calls, self.latest = {}, {}, 0

    def take(self, clock, key, claims):
        """(id, limit, amount, least) each."""
        wanted, refusals, dry = [], [], 0
        for i, (number, limits, *amounts) in enumerate(claims):
            window = self.windows.setdefault(number, Window(limits))
            window.limits = limits
            window.now(clock)
            amount, least = amounts or (1, 1)
            never = amount > limits.max and least > limits.max
            amount = amount if never else min(amount, limits.max)
            wanted.append((window, amount, limits.max))
            if not never and window.used(clock) + amount <= limits.max:
                continue
            if limits.dry_run:
                dry |= 1 << i
            elif never:
                refusals.append((-R.NEVER, 0, i))
            elif not refusals or refusals[-1][0] != -R.NEVER:
                refusals.append((-R.FULL,
                                 -window.wait(clock, amount, limits.max), i))
        if refusals:
            result, wait, refused = min(refusals)
            verdict = (-result, refused, -wait, dry)
            taken = [0] * len(claims)
        else:
            verdict = (R.TAKEN, 0, 0, dry)
            taken = [amount for _, amount, _ in wanted]
            for window, amount, most in wanted:
                window.take(clock, amount, most)
            self.calls[key] = [(w, w.past[-1]) for w, _, _ in wanted]
        standings = [(most, max(most - w.used(clock), 0), w.reset(clock))
                     for w, _, most in wanted]
        return verdict, taken, standings

    def forget(self, clock, claims, there):
        """Keys that are gone: nothing may have counted in them."""
        for number, *_ in claims:
            self.latest = max(self.latest, clock)
            if number in self.windows and not there(number):
                assert self.windows.pop(number).used(self.latest) == 0

    def settle(self, clock, key, claims, used):
        for (number, limits, *_), (window, entry), amount in zip(
                claims, self.calls.pop(key), used):
            if limits.kind == LOG or amount == entry[1] and limits.kind != \
                    COUNT or self.windows.get(number) is not window:
                continue
            if limits.kind == RING and amount < entry[1] \
                    and entry[0] // window.width() \
                    < window.last // window.width() - 600:
                continue
            now = window.time(clock)
            if limits.kind == COUNT:
                entry[1] = 0
            elif amount <= entry[1]:
                entry[1] = amount
            else:
                window.count(now, amount - entry[1])


def same(got, expected):
    verdict, taken, standings = expected
    assert (got.result, got.refused, got.wait, got.dry) == verdict
    assert got.taken == taken
    assert got.standings == standings


# ---- against the oracle

def some_claims(dice, dry):
    numbers = dice.sample(sorted(CHOICES), dice.randint(1, 5))
    claims = []
    for number in numbers:
        kind, most, window = CHOICES[number]
        if kind in (LOG, COUNT) and dice.random() < 0.1:
            most = dice.randint(1, most * 2)        # another configuration
        limits = limit(kind, most, window, number in dry)
        if kind in (LOG, COUNT):
            claims.append((number, limits))
            continue
        amount = int(most * dice.choice((0, 0.01, 0.1, 0.1, 0.3, 1, 1.3)))
        claims.append((number, limits, amount,
                       dice.choice((0, amount, amount // 2))))
    return claims


@pytest.mark.parametrize("seed", [
    *(pytest.param(seed, marks=pytest.mark.long) for seed in (0, 2, 3, 4)),
    1, 5])
def test_thousands_of_steps(scripts, clock, seed):
    """Any mix of limits, any time between calls; seed 4 and 5 set the clock
    back."""
    dice, oracle, flying = random.Random(seed), Oracle(), []
    dry = {2, 5} if seed % 2 else set()
    results = [0, 0, 0]

    def there(number):
        return scripts.server.command("EXISTS", key(number)) == 1

    for number in range(2500):
        clock.pass_by(int(dice.choice((0, 1, 1000, SECOND / 10, SECOND,
                                       20 * SECOND, 70 * SECOND))
                          * dice.random()))
        if dice.random() < 0.002:
            clock.pass_by(dice.choice((3600, 86400, 40 * 86400)) * SECOND)
            flying.clear()
        if seed > 3 and dice.random() < 0.02:
            clock.pass_by(-dice.choice((1, 500, 3600)) * SECOND)
        if flying and dice.random() < 0.5:
            claims, call, got = flying.pop(dice.randrange(len(flying)))
            used = [dice.choice((0, taken, taken // 3, taken * 2))
                    for taken in got.taken]
            oracle.forget(clock.us, claims, there)
            scripts.settle(got, *used)
            oracle.settle(clock.us, call, claims, used)
            continue
        claims = some_claims(dice, dry)
        oracle.forget(clock.us, claims, there)
        got = scripts.take(*claims, lease=number << 20)
        same(got, oracle.take(clock.us, number, claims))
        results[got.result] += 1
        if got.result == R.TAKEN:
            flying.append((claims, number, got))
    assert min(results) > 20
