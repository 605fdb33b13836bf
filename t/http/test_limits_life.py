"""What outlives what: limits over reloads, killed workers and restarts, and
beside other tenants."""

import os
import signal
import threading
import time
import types

import pytest

from drills import Stage, kill, number, seats
from gateway import question, until
from limits import House, Rule, audit, house, key_of, refused, tenant
from limits_load import SECOND, Herd, Shot, uniform
from test_limits_money import COST, PRICE, budgets, spends


def reload(g, tenants, **values):
    g.values.update(tenants=tenants, **values)
    g.reload()


def ask(g, name, times=1, **fields):
    """Statuses of so many calls."""
    body = question(max_tokens=3, **fields)
    return [g.of(name, body).status for _ in range(times)]


# ---- Reload ---------------------------------------------------------------

@pytest.mark.smoke
def test_a_reload_forgets_nothing(gateway):
    lines = tenant("a", "limit requests=5 per=1m;", "limit requests=50 "
                   "per=1h by=key;", "limit tokens=1000k per=1m;",
                   "budget 1 per=month;", "budget 2 per=30d;")
    g = house(gateway, lines, provider_lines=PRICE)
    assert ask(g, "a", 3) == [200] * 3
    spends(g, "a", "budget/month", 3 * COST)
    for _ in range(3):
        reload(g, lines)
        assert g.used("a", "requests/1m") == 3
        assert g.used("a", "requests/1h@key") == 3
        assert g.used("a", "tokens/1m") == 36
        assert {row["used"] for row in budgets(g, "a").values()} == {3 * COST}
    assert ask(g, "a", 4) == [200, 200, 429, 429]


@pytest.mark.parametrize("before, after", [
    (4, 9), (4, 3000), (3000, 6), (20_000, 40_000), (40_000, 20_000),
    (4, 20_000), (20_000, 6)])
def test_a_limit_that_changes_keeps_its_history(before, after, gateway):
    """Past 16,384 requests are counted in parts of the window."""
    g = house(gateway, tenant("a", f"limit requests={before} per=1m;"))
    used = min(before, 5)
    assert ask(g, "a", used) == [200] * used
    reload(g, tenant("a", f"limit requests={after} per=1m;"))
    row = g.row("a", "requests/1m")
    assert (row["limit"], row["used"]) == (after, used)
    assert row["remaining"] == after - used
    if after < 10:
        assert ask(g, "a", 10) == [200] * (after - used) \
            + [429] * (10 - after + used)


def test_a_limit_that_is_lowered_below_its_use_refuses(gateway):
    g = house(gateway, tenant("a", "limit requests=20 per=1m;",
                              "limit tokens=1000 per=1m;"))
    assert ask(g, "a", 8) == [200] * 8
    g.settles("a", "tokens/1m", 96)
    reload(g, tenant("a", "limit requests=5 per=1m;",
                     "limit tokens=1000 per=1m;"))
    refused(g.of("a", question(max_tokens=3)), "requests/1m")
    assert g.row("a", "requests/1m")["remaining"] == 0
    reload(g, tenant("a", "limit requests=20 per=1m;",
                     "limit tokens=90 per=1m;"))
    refused(g.of("a"), "tokens/1m", "tokens")
    assert g.row("a", "tokens/1m")["remaining"] == 0
    reload(g, tenant("a", "limit requests=10 per=1m;"))
    assert g.used("a", "requests/1m") in (5, 8)
    assert ask(g, "a", 9).count(200) <= 5


def test_tenants_come_and_go_and_keep_what_they_used(gateway):
    a, b, c = (tenant(name, "limit requests=3 per=1m;") for name in "abc")
    g = house(gateway, a + b)
    assert ask(g, "a", 2) == [200] * 2
    reload(g, b + c)
    assert ask(g, "a") == [401] and ask(g, "c") == [200]
    reload(g, c + b + a)                # in another order
    assert [g.used(name, "requests/1m") for name in "abc"] == [2, 0, 1]
    assert ask(g, "a", 2) == [200, 429]
    assert ask(g, "c", 3) == [200, 200, 429]


@pytest.mark.smoke
def test_calls_in_flight_hold_their_places_over_a_reload(gateway):
    lines = tenant("a", "limit concurrency=2;", "limit tokens=10k per=1m;")
    stage = Stage(held=True)
    g = house(gateway, lines, stage)
    clients = [g.connect() for _ in range(2)]
    for client in clients:
        client.send(g.chat_request(question(max_tokens=100),
                                   key=key_of("a")))
    stage.wait(2)
    reserved = g.used("a", "tokens/1m")
    reload(g, lines.replace("concurrency=2", "concurrency=3"))
    assert g.used("a", "concurrency") == 2
    assert g.used("a", "tokens/1m") == reserved > 200
    with g.connect() as third:
        third.send(g.chat_request(key=key_of("a")))
        stage.wait(3)
        refused(g.of("a"), "concurrency")
        stage.free()
        for client in [*clients, third]:
            assert client.response().status == 200
    g.settles("a", "concurrency", 0)
    g.settles("a", "tokens/1m", 36)


def test_reloads_under_load_admit_not_one_too_many(gateway):
    """A connection that is closed as a call comes has not admitted it.  The
    limit of c grows, and so moves to a larger place each time."""
    lines = tenant("a", "limit requests=40 per=1s;") \
        + tenant("b", "limit requests=90 per=2s;") \
        + tenant("c", "limit requests=@c@ per=1s;",
                 "limit concurrency=100;")
    g = house(gateway, lines, c=40)
    shots = [(at, Shot(name, key_of(name))) for name in "abc"
             for at in uniform(150, 3.5)]
    calls = []
    with Herd(g.port, 24) as herd:
        thread = threading.Thread(
            target=lambda: calls.extend(herd.fire(shots)))
        thread.start()
        for limit in (60, 70, 80):
            time.sleep(0.8)             # the load's own pace
            g.values["c"] = limit
            g.write()
            g.signal(signal.SIGHUP)
        thread.join(30)
    assert len(calls) == len(shots)
    lost = [c for c in calls if c.status == 0]
    assert len(lost) < 100
    served = g.read_log([c for c in calls if c.status])
    for name, rule in (("a", Rule("requests/1s", 40, SECOND)),
                       ("b", Rule("requests/2s", 90, 2 * SECOND)),
                       ("c", Rule("requests/1s", 80, SECOND, floor=40))):
        audit([c for c in served if c.tag == name], rule)
    last = max(c.admitted or 0 for c in served if c.tag == "c")
    assert sum((c.admitted or 0) > last - SECOND for c in served
               if c.tag == "c") > 45          # what it was at first is 40
    g.settles("c", "concurrency", 0)
    assert until(lambda: len(g.workers()) == 2)


# ---- The death of a worker ------------------------------------------------

@pytest.mark.smoke
def test_places_of_a_killed_worker_come_back(gateway):
    stage = Stage(held=True)
    g = house(gateway, tenant("a", "limit concurrency=60;",
                              "limit requests=1000 per=1h;",
                              "limit tokens=1000k per=1h;"), stage)
    g.key = key_of("a")
    fleet = types.SimpleNamespace(g=g)
    (pid, dying), (_, living) = seats(fleet, 50).items()
    for client in dying:
        client.send(g.chat_request(question(max_tokens=10)))
    for client in living[:5]:
        client.send(g.chat_request(question(max_tokens=10)))
    stage.wait(55)
    assert g.used("a", "concurrency") == 55
    kill(fleet, pid)
    killed = time.monotonic()
    g.settles("a", "concurrency", 5)
    assert time.monotonic() - killed < 10       # 2 s are promised
    assert g.used("a", "requests/1h") == 55
    stage.free()
    for client in living[:5]:
        assert client.response().status == 200
    client = living[5]
    client.send(g.chat_request())
    assert client.response().status == 200      # the other one serves on
    assert ask(g, "a", 10) == [200] * 10        # and the new one
    g.settles("a", "concurrency", 0)
    assert g.used("a", "requests/1h") == 66


@pytest.mark.smoke
def test_workers_killed_under_load_leave_no_lock_and_no_free_calls(gateway):
    """What was in flight was admitted, though nobody could log it."""
    g = house(gateway, tenant("a", "limit requests=900 per=1h;",
                              "limit concurrency=64;",
                              "limit tokens=100m per=1h;"))
    g.tolerate("exited on signal 9")
    calls = []
    with Herd(g.port, 32) as herd:
        thread = threading.Thread(target=lambda: calls.extend(herd.fire(
            [(at, Shot("a", key_of("a"))) for at in uniform(600, 3)])))
        thread.start()
        for _ in range(4):
            time.sleep(0.3)
            os.kill(g.workers()[0], signal.SIGKILL)
            assert until(lambda: len(g.workers()) >= 2)
        thread.join(40)
    assert len(calls) == 1800
    good = sum(c.status == 200 for c in calls)
    lost = sum(c.status == 0 for c in calls)
    assert 900 - lost <= good <= 900
    assert {c.status for c in calls} <= {0, 200, 429}
    g.settles("a", "concurrency", 0)
    assert g.used("a", "requests/1h") == 900


# ---- Restarts -------------------------------------------------------------

LONG_LINES = ("limit requests=10 per=1m;", "limit requests=10 per=1h;",
              "limit tokens=1000k per=1h;", "limit requests=7 per=2h by=key;",
              "budget 1 per=month;", "budget 2 per=day;",
              "budget 3 per=30d;")


def stateful(gateway):
    g = house(gateway, tenant("a", *LONG_LINES) + tenant("b", *LONG_LINES),
              provider_lines=PRICE, zone="16m state=@prefix@/state")
    assert ask(g, "a", 4) == [200] * 4 and ask(g, "b", 1) == [200]
    spends(g, "a", "budget/month", 4 * COST)
    spends(g, "b", "budget/month", COST)
    return g


def restart(g):
    g.stop()
    g.start()


def stands(g):
    """What of a is left: (1m, 1h, tokens, by key, budgets)."""
    return (g.used("a", "requests/1m"), g.used("a", "requests/1h"),
            g.used("a", "tokens/1h"), g.used("a", "requests/2h@key"),
            {row["used"] for row in budgets(g, "a").values()})


@pytest.mark.smoke
def test_budgets_and_long_windows_outlive_a_restart(gateway):
    g = stateful(gateway)
    for _ in range(2):
        restart(g)
        assert stands(g) == (0, 4, 48, 4, {4 * COST})
        assert g.used("b", "requests/1h") == 1
    assert ask(g, "a", 4) == [200, 200, 200, 429]
    row = g.row("a", "requests/1h")
    assert row["used"] == 7 and 3500 < row["reset_seconds"] <= 3600
    restart(g)
    assert stands(g)[1:4] == (7, 84, 7)


@pytest.mark.parametrize("tear", ["empty", "head", "half", "last byte",
                                  "flipped", "garbage", "gone", "zeroes"])
def test_a_torn_file_gives_what_is_whole_of_it(tear, gateway):
    g = stateful(gateway)
    g.stop()
    path = g.prefix / "state"
    data = path.read_bytes()
    assert data.startswith(b"ngx_agent state 1 ")
    flipped = bytearray(data)
    flipped[len(data) * 2 // 3] ^= 0x10
    torn = {"empty": b"", "head": data[:30], "half": data[:len(data) // 2],
            "last byte": data[:-1], "flipped": bytes(flipped),
            "garbage": os.urandom(5000), "gone": None,
            "zeroes": data[:60] + bytes(len(data) - 60)}[tear]
    path.unlink()
    if torn is not None:
        path.write_bytes(torn)
    g.start()
    one_minute, hour, tokens, key, money = stands(g)
    assert one_minute == 0 and hour in (0, 4) and tokens in (0, 48)
    assert key in (0, 4) and money <= {0, 4 * COST}
    if tear == "last byte":             # all but one row of two tenants
        rows = [hour, tokens, key, *[row["used"] for row
                                     in budgets(g, "a").values()]]
        assert sum(value == 0 for value in rows) <= 1
    assert ask(g, "a", 2) == [200, 200]
    restart(g)                          # it is written anew, whole
    assert g.used("a", "requests/1h") == hour + 2


def test_a_file_that_cannot_be_written_stops_nobody(gateway, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir(mode=0o777)
    g = house(gateway, tenant("a", *LONG_LINES), provider_lines=PRICE,
              zone=f"16m state={folder}/state")
    folder.rmdir()
    assert ask(g, "a", 2) == [200, 200]
    g.stop()
    assert f"{folder}/state" in g.log()
    folder.mkdir()
    g.start()
    assert ask(g, "a", 1) == [200]


def test_a_state_file_whose_folder_is_missing_is_refused(gateway):
    g = House(tenant("a"), zone="16m state=@prefix@/not/there/state")
    try:
        accepted, said = g.check()
    finally:
        g.remove()
    assert not accepted and "not/there" in said


# ---- Beside other tenants -------------------------------------------------

def test_one_tenant_cannot_exhaust_another(gateway):
    """a asks for a hundred times its limit while b keeps within its own,
    even if all of its calls came at once."""
    g = house(gateway, tenant("a", "limit requests=10 per=1s;",
                              "limit concurrency=5;")
              + tenant("b", "limit requests=80 per=1s;",
                       "limit tokens=1000k per=1h;"), workers=4,
              reuse="reuseport")
    shots = [(at, Shot("a", key_of("a"))) for at in uniform(1000, 1.5)] \
        + [(at, Shot("b", key_of("b"))) for at in uniform(50, 1.5)]
    with Herd(g.port, 64) as herd:
        calls = g.read_log(herd.fire(shots))
    assert {c.status for c in calls if c.tag == "b"} == {200}
    assert {c.status for c in calls if c.tag == "a"} == {200, 429}
    g.settles("b", "tokens/1h", 12 * 75)
    g.settles("a", "concurrency", 0)


@pytest.mark.smoke
def test_one_tenant_cannot_see_another(gateway):
    """Same limits, same session, same model: not the same numbers."""
    lines = ("limit requests=5 per=1m;", "limit requests=2 per=1m by=session;",
             "limit requests=4 per=1m model=gpt-test;")
    g = house(gateway, tenant("a", *lines) + tenant("ab", *lines))
    session = [("x-agent-session", "one")]
    assert [g.of("a", headers=session).status for _ in range(3)] \
        == [200, 200, 429]
    assert g.of("ab", headers=session).status == 200
    page = g.usage("ab")
    assert g.used("ab", "requests/1m") == 1
    assert page["key"] is None and "\"a\"" not in str(page)
    assert g.used("a", "requests/1m") == 2
    for target in ("/v1/usage?tenant=a", "/v1/usage?key=a"):
        answer = g.get(target, key=key_of("ab"))
        assert answer.json()["tenant"] == "ab"
    for target in ("/v1/usage/a", "/v1/usage/"):
        assert g.get(target, key=key_of("ab")).status == 404
    assert g.get("/v1/usage", key=None).status == 401
    assert g.get("/v1/usage", key="sk-wrong-0123456789abcdef").status == 401
    assert g.post("/v1/usage", {}, key=key_of("a")).status == 405


@pytest.mark.parametrize("wrong", ["", "a/b", "x" * 129, "a b", "a%62",
                                   "a\u00e9", 'a"b', "a\\b"])
def test_sessions_with_other_letters_are_refused_or_nothing(wrong, gateway):
    g = house(gateway, tenant("a", "limit requests=1 per=1m by=session;",
                              "limit requests=50 per=1h;"))
    statuses = [g.of("a", headers=[("x-agent-session", wrong)]).status
                for _ in range(3)]
    assert set(statuses) <= {200, 400, 429}
    if 200 not in statuses:
        assert set(statuses) == {400}
    assert g.of("a", headers=[("x-agent-session", "good")]).status == 200
    assert g.of("a", headers=[("x-agent-session", "good")]).status == 429


def test_many_sessions_do_not_fill_the_zone_for_others(gateway):
    """A thousand sessions at once of one tenant, in a small zone."""
    g = house(gateway, tenant("a", "limit requests=5 per=1s by=session;")
              + tenant("b", "limit requests=1000 per=1h;"), zone="1m")
    shots = [(0, Shot("a", key_of("a"),
                      headers=[("x-agent-session", f"s{n}")]))
             for n in range(20_000)]
    with Herd(g.port, 64) as herd:
        calls = herd.fire(shots)
        assert {c.status for c in calls} <= {200, 503}
        full = [c for c in calls if c.status == 503]
        assert all(b'"capacity"' in c.body for c in full)
        assert len(full) < len(calls)
        assert {c.status for c in herd.fire(
            [(0, Shot("b", key_of("b")))] * 200)} == {200}
    assert until(lambda: g.of("a", headers=[("x-agent-session", "late")]
                              ).status == 200)
    assert until(lambda: number(g, "agent_calls_in_flight") == 0)


def test_a_zone_that_is_full_of_what_counts_refuses_only_what_is_new(gateway):
    """Windows of an hour cannot be forgotten; those of the configuration
    have their places, and sessions that are known go on."""
    g = house(gateway, tenant("a", "limit requests=5 per=1h by=session;")
              + tenant("b", "limit requests=1000 per=1h;"), zone="1m")
    with Herd(g.port, 32) as herd:
        calls = herd.fire([(0, Shot("a", key_of("a"),
                                    headers=[("x-agent-session", f"s{n}")]))
                           for n in range(5_000)])
        assert {c.status for c in calls} == {200, 503}
        full = [c for c in calls if c.status == 503]
        assert all(b'"capacity"' in c.body for c in full)
        assert full[0].header("x-ratelimit-limit-requests") is None
        assert full[0].header("x-agent-limit") is None
        assert {c.status for c in herd.fire(
            [(0, Shot("b", key_of("b")))] * 200)} == {200}
    first = [("x-agent-session", "s0")]
    assert [g.of("a", headers=first).status for _ in range(6)] \
        == [200] * 4 + [429] * 2
    assert g.of("a").status == 200      # no session, no limit
    reload(g, tenant("a", "limit requests=5 per=1h by=session;"))
    assert g.of("a", headers=first).status == 429
    assert until(lambda: number(g, "agent_calls_in_flight") == 0)
