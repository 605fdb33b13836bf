"""Which of several equals gets a call: targets of a tier, urls of a provider.

What workers count for themselves is looked at over one connection.
"""

import contextlib
import threading

import pytest

from fleets import (ONCE, Fleet, Member, fails, good, model, outcome, text_of)
from gateway import question, until
from providers import HANG, RESET, says
from test_status import value


TWICE = "retry attempts=2 base=1ms max=1ms; breaker off;"


def targets(factory, how, weights=(1, 1), script=None, **kwargs):
    """Some targets of one tier: "t1", "t2" ..."""
    names = [f"t{i}" for i in range(1, len(weights) + 1)]
    lines = [f"target {name} weight={weight};"
             for name, weight in zip(names, weights)]
    return Fleet(factory, model(*lines, how and f"balance {how};"), **{
        name: kwargs.get(name, script or good(name)) for name in names})


def urls(factory, how, weights=(1, 1), script=None, scripts=None, lines=ONCE):
    """One provider with some urls: "t#1", "t#2" ..."""
    scripts = scripts or [script or good(f"t#{i}")
                          for i in range(1, len(weights) + 1)]
    rows = [(script, f"weight={weight}")
            for script, weight in zip(scripts, weights)]
    return Fleet(factory, model("target t;"), t=Member(
        rows[0][0], lines + (how and f" balance {how};"), words=rows[0][1],
        more=rows[1:]))


BOTH = pytest.mark.parametrize("equals", [targets, urls],
                               ids=["targets", "urls"])


def several(fleet, count, **kwargs):
    with fleet.g.connect() as client:
        for _ in range(count):
            assert fleet.ask_on(client, **kwargs).status == 200
    return fleet.asked


# ---- at random, in turn ---------------------------------------------------

@BOTH
@pytest.mark.parametrize("how", ["", "weighted"])
def test_weighted_is_at_random_by_weight(how, equals, gateway):
    """225 of 300 are due: 50 more or less is 6.7 times what chance does."""
    fleet = equals(gateway, how, (3, 1))
    asked = several(fleet, 300)
    share = asked.count(asked[0].rstrip("12") + "1")
    assert 175 <= share <= 275
    # and not in turn: chance makes runs of the lighter one
    light = [name[-1] == "2" for name in asked]
    assert any(a and b for a, b in zip(light, light[1:]))


@BOTH
@pytest.mark.parametrize("weights", [(1, 1), (1, 1, 1), (3, 1), (2, 5)],
                         ids=str)
def test_round_robin_is_exact(weights, equals, gateway):
    fleet = equals(gateway, "round_robin", weights)
    rounds = 3
    asked = [int(name[-1]) for name in several(fleet, rounds * sum(weights),
                                               stream=len(weights) == 3)]
    for n in range(rounds):
        part = asked[n * sum(weights):(n + 1) * sum(weights)]
        assert [part.count(i + 1) for i in range(len(weights))] \
            == list(weights)


# ---- by what is known of them ---------------------------------------------

@contextlib.contextmanager
def held():
    """A script whose calls are answered when the block ends."""
    go_on = threading.Event()

    def script(exchange):
        assert go_on.wait(60)
        return good("At last.")(exchange)

    script.clients = []
    try:
        yield script
    finally:
        go_on.set()
        for client in script.clients:
            text_of(client.response())
            client.close()


def hold(fleet, script, count):
    """Starts so many calls, one after the other, on any worker."""
    for _ in range(count):
        before = len(fleet.calls)
        client = fleet.g.connect()
        script.clients.append(client)
        client.send(fleet.g.chat_request(question(stream=before % 2 == 0)))
        assert until(lambda: len(fleet.calls) > before)


@BOTH
@pytest.mark.parametrize("weights, held_by", [
    ((1, 1), (4, 4)), ((3, 1), (6, 2)), ((1, 1, 1), (2, 2, 2))], ids=str)
def test_least_busy_counts_calls_in_flight_of_all_workers(
        weights, held_by, equals, gateway):
    with held() as script:
        fleet = equals(gateway, "least_busy", weights, script=script)
        hold(fleet, script, sum(held_by))
        asked = [int(name[-1]) for name in fleet.asked]
    assert tuple(asked.count(i + 1) for i in range(len(weights))) == held_by


def test_what_has_ended_is_not_busy(gateway):
    with held() as script:
        fleet = targets(gateway, "least_busy", t1=script, t2=good("Fine."))
        while "t1" not in fleet.asked:
            hold(fleet, script, 1)
        before = len(fleet.calls)
        for _ in range(5):
            assert text_of(fleet.ask()) == "Fine."
        assert set(fleet.asked[before:]) == {"t2"}


@pytest.mark.parametrize("words", ["", "down"], ids=["idle", "down"])
def test_a_target_is_as_busy_as_all_its_urls(words, gateway):
    """However the calls are spread over them."""
    with held() as script:
        fleet = Fleet(
            gateway, model("target many; target one; balance least_busy;"),
            many=Member(script, ONCE + "balance least_busy;", words=words,
                        more=[(script, "")]),
            one=Member(script))
        hold(fleet, script, 8)
        assert fleet.asked.count("one") == 4


@BOTH
def test_least_latency_prefers_the_faster(equals, gateway):
    slow, fast = slowly(good("Slow."), 0.15), good("Fast.")
    if equals is targets:
        fleet = targets(gateway, "least_latency", t1=slow, t2=fast)
    else:
        fleet = urls(gateway, "least_latency", scripts=[slow, fast])
    asked = several(fleet, 30)
    assert sum(name.endswith("1") for name in asked) in range(1, 6)


def slowly(script, seconds):
    pause = threading.Event()

    def run(exchange):
        pause.wait(seconds)
        return script(exchange)
    return run


# ---- by session -----------------------------------------------------------

def of_session(fleet, name, stream=False):
    response = fleet.ask(stream=stream, headers=[("x-agent-session", name)])
    return text_of(response)


@BOTH
def test_a_session_stays_where_it_is(equals, gateway):
    fleet = equals(gateway, "hash=session", (1, 1, 1))
    homes = {name: of_session(fleet, name)
             for name in (f"session-{i}" for i in range(24))}
    assert len(set(homes.values())) == 3
    for stream in (False, True):
        for name, home in homes.items():
            assert of_session(fleet, name, stream) == home


@BOTH
def test_calls_without_a_session_go_anywhere(equals, gateway):
    asked = several(equals(gateway, "hash=session", (1, 1)), 40)
    assert len(set(asked)) == 2


def test_only_those_move_whose_home_is_gone(gateway):
    fleet = targets(gateway, "hash=session", (1, 1, 1),
                    t2=Member([good("t2"), fails(500)]))
    names = [f"session-{i}" for i in range(24)]
    scripts = fleet.providers["t2"].scripts
    broken = scripts.pop()
    before = {name: of_session(fleet, name) for name in names}
    scripts[:] = [broken]
    after = {name: of_session(fleet, name) for name in names}
    assert "t2" in before.values() and "t2" not in after.values()
    assert all(after[name] == home for name, home in before.items()
               if home != "t2")
    assert after == {name: of_session(fleet, name) for name in names}


# ---- several urls ---------------------------------------------------------

def test_a_url_that_is_down_is_never_asked(gateway):
    fleet = Fleet(gateway, model("target t;"), t=Member(
        good("1"), words="down", more=[(good("2"), ""), (good("3"), "down")]))
    for _ in range(12):
        assert text_of(fleet.ask()) == "2"
    assert fleet.count() == {"t#2": 12}
    assert value(fleet.g, "agent_target_attempts_total",
                 target="t/gpt-test#2") == 12


def test_all_urls_get_the_same_keys_and_headers(gateway):
    fleet = urls(gateway, "round_robin",
                 lines=ONCE + "set_header x-team blue;")
    assert set(several(fleet, 4)) == {"t#1", "t#2"}
    assert {call.key for call in fleet.calls} == {1}
    assert {call.request.headers["x-team"] for call in fleet.calls} \
        == {"blue"}


@pytest.mark.parametrize("bad", [fails(503), fails(500), says(RESET),
                                 fails(429)],
                         ids=["503", "500", "a reset", "429"])
def test_a_retry_goes_to_another_url(bad, gateway):
    fleet = urls(gateway, "round_robin", lines=TWICE,
                 scripts=[bad, good("Fine.")])
    for stream in (False, True) * 4:        # each of them on any worker
        response = fleet.ask(stream=stream)
        assert text_of(response) == "Fine."
        assert response.header("x-agent-degraded") is None
        assert response.header("x-agent-provider") == "t"
    asked = fleet.asked
    assert "t#1" in asked
    assert all(asked[i + 1] == "t#2" for i, name in enumerate(asked)
               if name == "t#1")


@pytest.mark.parametrize("bad", {
    "limited for long": fails(429, [("Retry-After", "30")]),
    "HTML": says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                 b"Content-Length: 4\r\n\r\n<ht>"),
    "silence": says(HANG)}.items(), ids=lambda item: item[0])
def test_what_one_url_does_wrong_another_does_right_at_once(bad, gateway):
    """No class that means another server waits for the first to recover."""
    fleet = urls(gateway, "round_robin", scripts=[bad[1], good("t#2")],
                 lines=TWICE + " timeout total=500ms;")
    for _ in range(3):
        assert text_of(fleet.ask()) == "t#2"
    assert fleet.count()["t#2"] == 3


def test_each_url_has_a_breaker_of_its_own(gateway):
    fleet = urls(gateway, "round_robin", scripts=[fails(503), good("Fine.")],
                 lines="retry attempts=2 base=1ms max=1ms; "
                       "breaker failures=3;")
    for _ in range(40):
        assert text_of(fleet.ask()) == "Fine."
    assert fleet.count() == {"t#1": 3, "t#2": 40}


def test_a_url_that_is_limited_rests_alone(gateway):
    fleet = urls(gateway, "round_robin", lines=TWICE, scripts=[
        fails(429, [("Retry-After", "30")]), good("Fine.")])
    while "t#1" not in fleet.asked:
        assert fleet.ask().status in (200, 429)
    for stream in (False, True) * 6:
        assert text_of(fleet.ask(stream=stream)) == "Fine."
    assert fleet.asked.count("t#1") == 1


def test_when_all_urls_fail_the_fallback_is_asked(gateway):
    fleet = Fleet(gateway, model("target t; fallback spare;"), t=Member(
        fails(503), TWICE, more=[(says(RESET), "")]), spare=good("Spare."))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert text_of(response) == "Spare."
        assert response.header("x-agent-attempts") == "3"
    assert fleet.count() == {"t#1": 2, "t#2": 2, "spare": 2}


def test_all_urls_count_for_attempts(gateway):
    fleet = Fleet(gateway, model("target t; attempts 2;"), t=Member(
        fails(503), "retry attempts=5 base=1ms max=1ms; breaker off;",
        more=[(fails(503), ""), (fails(503), "")]))
    assert outcome(fleet.ask()) == (503, "provider_unavailable")
    assert len(fleet.calls) == 2 and len(set(fleet.asked)) == 2
