"""A second attempt beside a slow one: when, to whom, and who wins."""

import time

import pytest

import providers as P
from drills import (WORKER, Stage, by, crowd, logged, number, seconds, send,
                    state)
from fleets import (ONCE, Fleet, Member, fails, good, model, outcome, text_of)
from gateway import until
from providers import HANG, KEEP, chunk, says, sse
from test_status import value

pytestmark = pytest.mark.smoke

BREAKER = "retry attempts=1; breaker failures=1 open=1h;"


def hedged(gateway, main, spare, after="150ms", share="100%",
           second="fallback spare;", more="", lines=ONCE):
    return Fleet(gateway, WORKER + model("target main;", second, more,
                                         f"hedge after={after} "
                                         f"share={share};"),
                 main=Member(main, lines), spare=Member(spare, lines))


def hedges(fleet):
    """(how many were started, how many won)"""
    return tuple(value(fleet.g, f"agent_model_hedges{name}_total",
                       gen_ai_request_model="gpt-test")
                 for name in ("", "_won"))


# ---- who wins -------------------------------------------------------------

@pytest.mark.parametrize("streamed", [False, True])
def test_the_second_wins_and_the_first_is_cut_off(streamed, gateway):
    stage = Stage(held=True)
    fleet = hedged(gateway, stage, good("Spare."), lines=BREAKER)
    begun = time.monotonic()
    response = fleet.ask(stream=streamed)
    assert time.monotonic() - begun >= 0.15
    assert text_of(response) == "Spare."
    assert by(response) == "spare"
    assert response.header("x-agent-model") == "gpt-test"
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") == "fallback"
    assert until(lambda: stage.left == 1), "the loser's connection is open"
    assert fleet.asked == ["main", "spare"]
    assert hedges(fleet) == (1, 1)
    assert state(fleet) == 0            # to lose is no failure
    assert value(fleet.g, "agent_target_failed_attempts_total",
                 target="main/gpt-test") == 0


@pytest.mark.parametrize("streamed", [False, True])
def test_the_first_wins_and_the_second_is_cut_off(streamed, gateway):
    first, second = Stage(held=True), Stage(held=True)
    fleet = hedged(gateway, first, second, lines=BREAKER)
    with fleet.g.connect() as client:
        send(fleet, client, stream=streamed)
        second.wait(1)
        first.free()
        response = client.response()
    assert text_of(response) == "Main."
    assert by(response) == "main"
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") is None
    assert until(lambda: second.left == 1), "the loser's connection is open"
    assert hedges(fleet) == (1, 0)
    assert state(fleet, "spare/gpt-test") == 0


@pytest.mark.parametrize("streamed", [False, True])
def test_a_quick_answer_is_not_hedged(streamed, gateway):
    fleet = hedged(gateway, good("Main."), good("Spare."), after="10s")
    for _ in range(10):
        assert text_of(fleet.ask(stream=streamed)) == "Main."
    assert fleet.count() == {"main": 10}
    assert hedges(fleet) == (0, 0)


def test_a_beginning_without_content_is_hedged(gateway):
    silent = says(P.stream_head() + chunk(sse(P.FIRST)), HANG)
    fleet = hedged(gateway, silent, good("Spare."))
    response = fleet.ask(stream=True)
    assert (text_of(response), by(response)) == ("Spare.", "spare")
    assert fleet.providers["main"].left.wait(P.PATIENCE)


def test_there_is_no_hedge_after_the_first_content(gateway):
    begun = P.then(P.stream_head() + chunk(sse(P.FIRST))
                   + chunk(sse(P.delta(content="Hel"))),
                   says(chunk(sse(P.delta(finish="stop"), "[DONE]")), P.LAST,
                        KEEP))
    fleet = hedged(gateway, begun, good("Spare."), after="300ms")
    with fleet.g.connect() as client:
        send(fleet, client, stream=True)
        client.read_until(b"Hel")
        time.sleep(0.5)
        begun.go_on.set()
        assert text_of(client.response()) == "Hel"
    assert fleet.asked == ["main"]
    assert hedges(fleet) == (0, 0)


def test_what_the_loser_was_asked_is_counted(gateway):
    stage = Stage(held=True)
    fleet = hedged(gateway, stage, good("Spare."))
    assert fleet.ask().status == 200
    tokens = P.USAGE["prompt_tokens"]
    assert value(fleet.g, "agent_tenant_input_tokens_total", tenant="team") \
        == 2 * tokens


# ---- failures -------------------------------------------------------------

@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("first", ["main", "spare"])
def test_if_both_fail_there_is_one_error(first, streamed, gateway):
    stages = {"main": Stage(fails(500), held=True),
              "spare": Stage(fails(503), held=True)}
    fleet = hedged(gateway, stages["main"], stages["spare"])
    with fleet.g.connect() as client:
        send(fleet, client, stream=streamed)
        stages["spare"].wait(1)
        stages.pop(first).free()
        assert until(lambda: logged(fleet, "attempt failed") == 1)
        (last,) = stages.values()
        last.free()
        response = client.response()
        assert outcome(response) == (
            (503, "provider_unavailable") if first == "main"
            else (502, "provider_error"))
        assert response.header("x-agent-attempts") == "2"
        assert response.header("x-should-retry") == "false"
        assert fleet.ask_on(client).status in (502, 503)    # nothing is left
    assert logged(fleet, "call failed") == 2
    assert number(fleet.g, "agent_model_failed_calls_total",
                  gen_ai_request_model="gpt-test") == 2


@pytest.mark.parametrize("winner", ["main", "spare"])
@pytest.mark.parametrize("streamed", [False, True])
def test_if_one_fails_the_other_goes_on(winner, streamed, gateway):
    stages = {"main": Stage(good("Good."), held=True),
              "spare": Stage(good("Good."), held=True)}
    fleet = hedged(gateway, stages["main"], stages["spare"])
    loser = stages["spare" if winner == "main" else "main"]
    with fleet.g.connect() as client:
        send(fleet, client, stream=streamed)
        stages["spare"].wait(1)
        loser.answer = fails(500)
        loser.free()
        assert until(lambda: logged(fleet, "attempt failed") == 1)
        stages[winner].free()
        response = client.response()
    assert (text_of(response), by(response)) == ("Good.", winner)
    assert response.header("x-agent-attempts") == "2"
    assert hedges(fleet) == (1, int(winner == "spare"))


def test_a_client_that_leaves_ends_both(gateway):
    first, second = Stage(held=True), Stage(held=True)
    fleet = hedged(gateway, first, second)
    with fleet.g.connect() as client:
        send(fleet, client)
        second.wait(1)
    assert until(lambda: (first.left, second.left) == (1, 1))
    assert until(lambda: number(fleet.g, "agent_calls_in_flight") == 0)


def test_a_hedge_takes_no_place_that_is_not_there(gateway):
    first, second = Stage(held=True), Stage(held=True)
    lines = ONCE + "limit concurrency=1;"
    fleet = hedged(gateway, first, second, lines=lines)
    clients = crowd(fleet, 1)
    send(fleet, clients[0])
    second.wait(1)                      # both providers are full now
    response = fleet.ask_on(clients[1])
    assert outcome(response) == (503, "gateway_overloaded")
    assert seconds(response) > 0
    first.free()
    assert by(clients[0].response()) == "main"
    assert until(lambda: second.left == 1)
    second.free()
    assert fleet.ask_on(clients[1]).status == 200
    first.hold()
    assert by(fleet.ask_on(clients[1])) == "spare"
    assert (first.peak, second.peak) == (1, 1)


# ---- to whom --------------------------------------------------------------

def test_it_asks_another_replica_of_the_same_provider(gateway):
    seen = []

    def slow_first(exchange):
        seen.append(exchange)
        return says(HANG)(exchange) if len(seen) == 1 \
            else good("Replica.")(exchange)

    fleet = Fleet(gateway, model("target main;",
                                 "hedge after=150ms share=100%;"),
                  main=Member(slow_first, more=[(slow_first, ""),
                                                (slow_first, "")]))
    response = fleet.ask()
    assert (text_of(response), by(response)) == ("Replica.", "main")
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") is None
    assert len(fleet.calls) == 2 and len(set(fleet.asked)) == 2
    assert fleet.providers[fleet.asked[0]].left.wait(P.PATIENCE)
    assert hedges(fleet) == (1, 1)


def test_it_asks_another_target_of_the_tier_first(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, model("target main weight=1000; target second; "
                                 "fallback spare; "
                                 "hedge after=150ms share=100%;"),
                  main=stage, second=good("Second."), spare=good("Spare."))
    assert until(lambda: fleet.ask() and "main" in fleet.asked)
    assert fleet.asked[-2:] == ["main", "second"]
    assert "spare" not in fleet.asked


@pytest.mark.parametrize("second, more", [
    ("", ""),                                   # there is nobody
    ("fallback spare on=error;", ""),           # who is not for that
    ("fallback spare;", "attempts 1;"),         # and no attempt is left
])
def test_it_asks_nobody_who_may_not_be_asked(second, more, gateway):
    stage = Stage(held=True)
    fleet = hedged(gateway, stage, good("Spare."), after="50ms",
                   second=second, more=more)
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        time.sleep(0.3)
        stage.free()
        response = client.response()
    assert text_of(response) == "Main."
    assert response.header("x-agent-attempts") == "1"
    assert fleet.asked == ["main"]
    assert hedges(fleet) == (0, 0)


# ---- how often ------------------------------------------------------------

def test_the_share_bounds_how_many_are_hedged(gateway):
    stage = Stage(pause=0.4)
    fleet = hedged(gateway, stage, good("Spare."), after="20ms", share="10%")
    clients = crowd(fleet, 30)
    for client in clients:
        send(fleet, client)
    answers = [by(client.response()) for client in clients]
    # ten may be saved up, and a tenth of the calls is earned
    count, won = hedges(fleet)
    assert 10 <= count <= 10 + 3
    assert answers.count("spare") == won <= count
    assert fleet.count()["spare"] == count
    before = hedges(fleet)[0]
    for client in clients[:20]:
        send(fleet, client)
    assert {client.response().status for client in clients[:20]} == {200}
    assert hedges(fleet)[0] - before <= 3


def test_a_percentile_needs_twenty_answers(gateway):
    stage = Stage()
    fleet = hedged(gateway, stage, good("Spare."), after="p95")

    def slow(wanted):
        stage.hold()
        with fleet.g.connect() as client:
            send(fleet, client)
            stage.wait(1)
            if wanted == "main":
                time.sleep(0.6)
                stage.free()
            response = client.response()
        assert by(response) == wanted
        stage.free()

    for _ in range(10):
        assert by(fleet.ask()) == "main"
    slow("main")
    assert hedges(fleet) == (0, 0)
    for _ in range(30):
        fleet.ask()
    before = hedges(fleet)
    slow("spare")
    assert hedges(fleet) == (before[0] + 1, before[1] + 1)
