"""Limits of requests and of calls at once, held against an oracle.

No window of a limit's length may ever see more than the limit, nobody may be
refused without a reason, and every wait that is named must be the truth: over
one, two and four workers, under load that finds out the usual shortcuts.
"""

import json
import time

import pytest

import wire

from drills import Stage, number
from gateway import question, until
from limits import (GRAIN, Exact, Rule, audit, heaviest, house, key_of,
                    refused, standing, surely, tenant)
from limits_load import (SECOND, Call, Herd, Shot, bursty, edges, now,
                         persistent, uniform)
from providers import KEEP, says, whole

SPAN = 4.2                              # seconds of load


# ---- The oracle itself ----------------------------------------------------

def history(limit, window, due, break_at=None):
    """Calls as a perfect gateway answers them, but for one."""
    exact, calls = Exact(limit, window), []
    for place, at in enumerate(int(s * SECOND) + SECOND for s in sorted(due)):
        call = Call("t")
        call.id, call.sent, call.received = place, at - 40, at + 40
        wait = exact.take(at)
        if wait and place != break_at:
            call.status = 429
            call.head = b"x-agent-limit: r\r\nretry-after-ms: %d" \
                % (-(-wait // 1000) + 1)
        else:
            call.status, call.admitted = 200, at
        calls.append(call)
    return calls


@pytest.mark.parametrize("due", [uniform(30, 5), bursty(1, 9, 20, 5),
                                 edges(7, 1, 5), persistent(7, 1, 5)])
def test_the_oracle_finds_one_call_too_many(due):
    rule = Rule("r", 7, SECOND)
    calls = history(7, SECOND, due)
    audit(calls, rule)
    assert max(heaviest([(c.admitted, 1) for c in calls if c.admitted],
                        SECOND), 7) == 7
    late = [c.id for c in calls if c.status == 429][3]
    with pytest.raises(AssertionError, match="let 8 pass"):
        audit(history(7, SECOND, due, break_at=late), rule)


def test_the_oracle_finds_a_refusal_without_a_reason():
    calls = history(7, SECOND, uniform(30, 5))
    free = next(c for c in calls[20:] if c.status == 200)
    free.status, free.admitted, free.head = 429, None, b"x-agent-limit: r"
    later = [c for c in calls if c.id >= free.id]
    for call in later[1:]:              # nobody else took the place
        if call.status == 200:
            break
    with pytest.raises(AssertionError, match="for nothing"):
        Rule("r", 7, SECOND).audit(calls)


@pytest.mark.parametrize("change, words", [(-60, "too short"),
                                           (60, "too long")])
def test_the_oracle_finds_a_wait_that_is_not_true(change, words):
    calls = history(7, SECOND, uniform(30, 5))
    call = next(c for c in calls if c.status == 429)
    ms = call.wait // 1000 + change
    call.head = b"x-agent-limit: r\r\nretry-after-ms: %d" % ms
    with pytest.raises(AssertionError, match=words):
        Rule("r", 7, SECOND).audit(calls)


def test_the_clients_clock_alone_finds_what_is_certain():
    calls = history(7, SECOND, uniform(30, 2))
    assert surely([c for c in calls if c.admitted], SECOND) == 7
    assert surely(calls, SECOND) == 30


# ---- Under load -----------------------------------------------------------

# name: (limit, window in seconds, calls that are due)
PATTERNS = {
    "even": (100, 1, uniform(250, SPAN)),
    "below": (100, 1, uniform(60, SPAN)),
    "slow": (5, 3, uniform(20, SPAN)),
    "long": (300, 2, uniform(200, SPAN)),
    "bursts": (40, 1, bursty(3, 30, 20, SPAN)),
    "large": (150, 2, bursty(5, 200, 5, SPAN)),
    "edge1": (30, 1, edges(30, 1, SPAN)),
    "edge2": (60, 2, edges(60, 2, SPAN)),
    "again": (30, 1, persistent(30, 1, SPAN)),
    "one": (1, 1, uniform(30, SPAN)),
}


@pytest.mark.parametrize("workers", [
    pytest.param(1, marks=pytest.mark.long),
    pytest.param(2, marks=pytest.mark.long), 4])
def test_no_window_sees_more_and_nobody_is_refused_for_nothing(workers,
                                                               gateway):
    g = house(gateway, "".join(
        tenant(name, f"limit requests={limit} per={window}s;")
        for name, (limit, window, _) in PATTERNS.items()),
        workers=workers, reuse="reuseport")
    shots = [(at, Shot(name, key_of(name)))
             for name, (_, _, due) in PATTERNS.items() for at in due]
    with Herd(g.port, 96) as herd:
        calls = g.read_log(herd.fire(shots))
    for name, (limit, window, due) in PATTERNS.items():
        own = [c for c in calls if c.tag == name]
        audit(own, Rule(f"requests/{window}s", limit, window * SECOND))
        counted = sum(c.status == 200 for c in own)
        assert len(own) == len(due) and counted >= min(len(due), limit)
        assert counted < len(due) or name == "below"
    if workers > 1:
        assert len({c.header("x-worker") for c in calls}) == workers


@pytest.mark.long
def test_ten_thousand_tenants_have_ten_thousand_limits(gateway, tmp_path):
    names = [f"t{n:05d}" for n in range(10_000)]
    (tmp_path / "tenants.conf").write_text(
        "".join(tenant(name, "limit requests=3 per=2s;") for name in names))
    g = house(gateway, f"include {tmp_path}/tenants.conf;", zone="64m",
              workers=4, reuse="reuseport")
    shots = [(place / 2500 + 0.3 * again, Shot(name, key_of(name)))
             for place, name in enumerate(names) for again in range(5)]
    with Herd(g.port, 96) as herd:
        calls = g.read_log(herd.fire(shots, patience=60))
    audit(calls, Rule("requests/2s", 3, 2 * SECOND))
    assert len(calls) == 50_000
    assert len({c.tag for c in calls if c.status == 200}) == 10_000


@pytest.mark.parametrize("workers", [1, 4])
def test_of_a_hundred_at_once_seven_are_admitted(workers, gateway):
    g = house(gateway, tenant("a", "limit requests=7 per=1m;"),
              workers=workers, reuse="reuseport")
    with Herd(g.port, 100) as herd:
        calls = g.read_log(herd.volley([Shot("a", key_of("a"))] * 100))
    audit(calls, Rule("requests/1m", 7, 60 * SECOND))
    assert sum(c.status == 200 for c in calls) == 7


@pytest.mark.smoke
def test_of_a_hundred_at_once_seven_are_in_flight(gateway):
    stage = Stage(held=True)
    g = house(gateway, tenant("a", "limit concurrency=7;"), stage)
    clients = [g.connect() for _ in range(100)]
    raw = g.chat_request(key=key_of("a"))
    for round_ in range(2):             # all places came back
        stage.hold()
        for client in clients:
            client.send(raw)
        stage.wait(7)
        assert until(lambda: number(g, "agent_calls_in_flight") == 7)
        assert g.used("a", "concurrency") == 7
        stage.free()
        answers = [client.response() for client in clients]
        good = [a for a in answers if a.status == 200]
        assert len(good) == 7
        for answer in answers:
            if answer.status != 200:
                assert 1 <= refused(answer, "concurrency") < 1.1
        assert stage.peak == 7 and stage.entered == 7 * (round_ + 1)
        g.settles("a", "concurrency", 0)


# ---- Several limits at once -----------------------------------------------

@pytest.mark.smoke
def test_a_call_takes_all_of_its_limits_or_none(gateway):
    """A refused call that had taken from the other limit would make that one
    refuse without a reason."""
    g = house(gateway, tenant("a", "limit requests=10 per=1s;",
                              "limit requests=15 per=3s;"),
              workers=4, reuse="reuseport")
    with Herd(g.port, 40) as herd:
        calls = g.read_log(herd.fire(
            [(at, Shot("a", key_of("a"))) for at in
             uniform(150, 3.5) + edges(15, 1, 3.5)]))
    audit(calls, Rule("requests/1s", 10, SECOND),
          Rule("requests/3s", 15, 3 * SECOND))
    assert {c.limit for c in calls} == {None, "requests/1s", "requests/3s"}


def test_a_refusal_by_one_limit_leaves_the_others_as_they_are(gateway):
    g = house(gateway, tenant("a", "limit requests=2 per=1m;",
                              "limit requests=100 per=1h;",
                              "limit tokens=100000 per=1m;",
                              "limit concurrency=50;"))
    for _ in range(2):
        assert g.of("a").status == 200
    for _ in range(20):
        assert 50 < refused(g.of("a"), "requests/1m") <= 60.01
    assert g.used("a", "requests/1m") == 2
    assert g.used("a", "requests/1h") == 2
    g.settles("a", "tokens/1m", 24)
    g.settles("a", "concurrency", 0)


def test_the_limit_with_the_longest_wait_is_named(gateway):
    g = house(gateway, tenant("a", "limit requests=2 per=1m;",
                              "limit requests=2 per=1h;"))
    for _ in range(2):
        assert g.of("a").status == 200
    answer = g.of("a")
    assert 3500 < refused(answer, "requests/1h") <= 3600.01
    assert answer.header("x-should-retry") == "false"


@pytest.mark.smoke
def test_limits_of_keys_count_each_key_alone(gateway):
    g = house(gateway, tenant("a", "limit requests=5 per=1m by=key;",
                              "limit requests=12 per=1m;",
                              keys=("b", "c")))
    shots = [(0.001 * n, Shot(key, key_of(key)))
             for n in range(20) for key in "abc"]
    with Herd(g.port, 30) as herd:
        calls = g.read_log(herd.fire(shots))
    assert sum(c.status == 200 for c in calls) == 12
    for key in "abc":
        assert sum(c.status == 200 for c in calls if c.tag == key) <= 5
    assert {c.limit for c in calls} <= {None, "requests/1m",
                                        "requests/1m@key"}
    assert g.used("a", "requests/1m") == 12
    assert g.used("a", "requests/1m@key", key=key_of("a")) \
        == sum(c.status == 200 for c in calls if c.tag == "a")


@pytest.mark.smoke
def test_limits_of_a_model_count_that_model_alone(gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1m model=gpt-5*;",
                              "limit requests=2 per=1m model=gpt-5-mini;",
                              "limit requests=8 per=1m;"),
              models="".join(f"agent_model {name} {{ target main/x; }}\n"
                             for name in ("gpt-5", "gpt-5-mini", "other")))

    def ask(model):
        return g.of("a", question(model=model))
    assert [ask("gpt-5-mini").status for _ in range(2)] == [200] * 2
    refused(ask("gpt-5-mini"), "requests/1m/gpt-5-mini")
    assert ask("gpt-5").status == 200
    refused(ask("gpt-5"), "requests/1m/gpt-5*")
    assert [ask("other").status for _ in range(5)] == [200] * 5
    refused(ask("other"), "requests/1m")
    rows = {row["name"]: (row["model"], row["used"])
            for row in g.usage("a")["limits"]}
    assert rows == {"requests/1m/gpt-5*": ("gpt-5*", 3),
                    "requests/1m/gpt-5-mini": ("gpt-5-mini", 2),
                    "requests/1m": (None, 8)}


def test_a_dry_run_refuses_nobody_and_says_whom_it_would_have(gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1m dry_run;",
                              "limit requests=6 per=1h;"))
    with Herd(g.port, 8) as herd:
        calls = g.read_log(herd.volley([Shot("a", key_of("a"))] * 8))
    assert sorted(c.status for c in calls) == [200] * 6 + [429] * 2
    assert {c.limit for c in calls} == {None, "requests/1h"}
    calls.sort(key=lambda c: c.admitted or c.received)
    named = [c.row["limit"] for c in calls if c.status == 200]
    assert sorted(named) == [""] * 3 + ["requests/1m"] * 3


# ---- Waits and headers ----------------------------------------------------

def test_who_waits_as_long_as_told_is_admitted(gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1s;",
                              "limit requests=5 per=2s;"))
    shot, served, names = Shot("a", key_of("a")), 0, set()
    with Herd(g.port, 4) as herd:
        while len(names) < 2 or served < 6:
            assert served < 50, f"refused by {names} alone"
            call = herd.fire([(0, shot)])[0]
            if call.status == 200:
                served += 1
                continue
            names.add(call.limit)
            assert 0 < call.wait <= 2 * SECOND + GRAIN
            time.sleep(max(0, call.received + call.wait - now()) / SECOND)
            again = herd.fire([(0, shot)])[0]
            assert again.status == 200, (call, again)
            served += 1
    assert names == {"requests/1s", "requests/2s"}


def test_every_answer_tells_the_tightest_limit(gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1m;",
                              "limit requests=1000 per=1h;")
              + tenant("free") + tenant("b", "limit concurrency=5;",
                                        "limit tokens=5000 per=1m;"))
    for left in (2, 1, 0):
        limit, remaining, reset = standing(g.of("a"))
        assert (limit, remaining) == (3, left) and 55 < reset <= 60
    answer = g.of("a")
    refused(answer, "requests/1m")
    assert standing(answer)[:2] == (3, 0)
    assert standing(answer, "tokens") is None
    for resource in ("requests", "tokens"):
        assert standing(g.of("free"), resource) is None
    assert standing(g.of("b")) is None
    g.settles("b", "tokens/1m", 12)
    limit, remaining, reset = standing(g.of("b", question(max_tokens=100)),
                                       "tokens")
    assert limit == 5000 and 4700 < remaining < 4888 and 55 < reset <= 61


@pytest.mark.parametrize("path", ["/v1/usage", "/v1/models",
                                  "/v1/models/gpt-test"])
def test_pages_of_our_own_tell_the_tightest_limit_too(path, gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1m;",
                              "limit tokens=5000 per=1m;"))
    assert g.of("a").status == 200
    g.settles("a", "tokens/1m", 12)
    answer = g.get(path, key=key_of("a"))
    assert standing(answer)[:2] == (3, 2)
    assert standing(answer, "tokens")[:2] == (5000, 4988)


def test_pages_of_our_own_take_nothing(gateway):
    g = house(gateway, tenant("a", "limit requests=2 per=1m;"))
    for _ in range(5):
        assert g.get("/v1/models", key=key_of("a")).status == 200
        assert g.used("a", "requests/1m") == 0
    assert g.of("a").status == 200
    row = g.row("a", "requests/1m")
    assert {**row, "reset_seconds": 0} == {
        "name": "requests/1m", "resource": "requests", "model": None,
        "by": "tenant", "limit": 2, "used": 1, "remaining": 1,
        "reset_seconds": 0}
    assert 55 < row["reset_seconds"] <= 60


def test_a_call_that_needs_several_attempts_is_one_request(gateway):
    bad = gateway.provider(says(whole({"error": {"message": "No."}}, 500),
                                KEEP))
    g = house(gateway, tenant("a", "limit requests=2 per=1m;",
                              "limit tokens=10k per=1m;"), models=f"""
        agent_provider bad {{ dialect openai; url {bad.url};
            key file:@provider_key@; breaker off;
            retry attempts=2 base=1ms max=1ms; }}
        agent_model gpt-test {{ target bad/x; fallback main/x; }}""")
    for used in (1, 2):
        answer = g.of("a", question(max_tokens=10))
        assert answer.header("x-agent-attempts") == "3"
        g.settles("a", "tokens/1m", 12 * used)
        assert g.used("a", "requests/1m") == used
    refused(g.of("a"), "requests/1m")
    assert len(bad.requests) == 4


@pytest.mark.smoke
def test_paths_that_pass_through_take_requests_and_places_alone(gateway):
    stage = Stage(says(whole({"data": []}), KEEP), held=True)
    g = house(gateway, tenant("a", "limit requests=3 per=1m;",
                              "limit concurrency=2;",
                              "limit tokens=1 per=1m;",
                              "limit requests=1 per=1m model=gpt-*;"), stage,
              gateway="; agent_passthrough main files moderations")

    def ask(client):
        client.send(wire.request("GET", "/v1/files", key=key_of("a")))
        return client
    clients = [ask(g.connect()) for _ in range(3)]
    stage.wait(2)
    assert g.used("a", "concurrency") == 2
    stage.free()
    answers = sorted((c.response("GET") for c in clients),
                     key=lambda a: a.status)
    assert [a.status for a in answers] == [200, 200, 429]
    refused(answers[2], "concurrency")
    g.settles("a", "concurrency", 0)
    with g.connect() as client:
        assert ask(client).response("GET").status == 200
        refused(ask(client).response("GET"), "requests/1m")
    assert g.used("a", "tokens/1m") == 0
    assert g.used("a", "requests/1m/gpt-*") == 0


def test_counting_tokens_takes_a_request_and_no_tokens(gateway):
    g = house(gateway, tenant("a", "limit requests=2 per=1m;",
                              "limit tokens=1 per=1m;"), models="""
        agent_provider other { dialect anthropic; url @provider@;
                               key file:@provider_key@; }
        agent_model gpt-test { target other/claude; }""",
              answer=json.dumps({"input_tokens": 20}))
    for status in (200, 200, 429):
        assert g.post("/v1/messages/count_tokens", {
            "model": "gpt-test",
            "messages": [{"role": "user", "content": "Hi."}]},
            key=key_of("a")).status == status
    assert g.used("a", "tokens/1m") == 0


@pytest.mark.smoke
def test_a_body_that_cannot_be_read_takes_a_request_and_no_tokens(gateway):
    g = house(gateway, tenant("a", "limit requests=3 per=1m;",
                              "limit tokens=1000 per=1m;"))
    for used in (1, 2, 3):
        answer = g.of("a", b'{"model":')
        assert (answer.status, answer.error["code"]) == (400, "invalid_json")
        g.settles("a", "requests/1m", used)
    refused(g.of("a", b'{"model":'), "requests/1m")
    assert g.used("a", "tokens/1m") == 0


@pytest.mark.parametrize("model, status", [("nobody", 404), ("shut", 403)])
def test_a_model_that_is_refused_takes_a_request_and_no_tokens(model, status,
                                                               gateway):
    g = house(gateway, tenant("a", "limit requests=2 per=1m;",
                              "limit tokens=10k per=1m;", models="gpt-test"),
              models="agent_model gpt-test { target main/x; }\n"
                     "agent_model shut { target main/x; }\n")
    for used in (1, 2):
        assert g.of("a", question(model=model)).status == status
        assert g.used("a", "requests/1m") == used
    refused(g.of("a", question(model=model)), "requests/1m")
    assert g.used("a", "tokens/1m") == 0


def test_a_refusal_keeps_the_connection_for_the_next_call(gateway):
    g = house(gateway, tenant("a", "limit requests=1 per=1m;")
              + tenant("b"))
    with g.connect() as client:
        for name, status in (("a", 200), ("a", 429), ("b", 200), ("a", 429)):
            client.send(g.chat_request(key=key_of(name)))
            assert client.response().status == status


@pytest.mark.parametrize("path, body", [
    ("/v1/messages", {"model": "gpt-test", "max_tokens": 5, "messages": [
        {"role": "user", "content": "Hi."}]}),
    ("/v1/responses", {"model": "gpt-test", "input": "Hi."}),
])
def test_refusals_have_the_shape_of_their_surface(path, body, gateway):
    g = house(gateway, tenant("a", "limit requests=1 per=1m;"))
    assert g.of("a").status == 200
    answer = g.post(path, body, key=key_of("a"))
    assert answer.status == 429
    assert "Please try again in " in answer.error["message"]
    assert answer.error["type"] == ("rate_limit_error"
                                    if path == "/v1/messages" else "requests")
    assert answer.header("x-agent-limit") == "requests/1m"
    assert int(answer.header("retry-after-ms")) > 50_000
