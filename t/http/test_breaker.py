"""When a target is left alone, who tries it, and how it comes back."""

import re
import time

import pytest

import providers as P
from drills import (DOWN, WORKER, Stage, breaker, by, crowd, kill, logged,
                    number, seats, seconds, send, state)
from fleets import Fleet, Member, fails, good, model, outcome, text_of
from gateway import until
from providers import chunk, says, sse

pytestmark = pytest.mark.smoke

PAIR = WORKER + model("target main;", "fallback spare;")
ALONE = WORKER + model("target main;")


def pair(gateway, script, **words):
    """A target with a breaker, and a healthy fallback."""
    return Fleet(gateway, PAIR, main=Member(script, breaker(**words)),
                 spare=good("Spare."))


def ask(fleet, count, **kwargs):
    """Who answered each of so many calls, one after the other."""
    answers = [fleet.ask(**kwargs) for _ in range(count)]
    assert {a.status for a in answers} == {200}, answers
    return [by(a) for a in answers]


def opened(gateway, **words):
    """A pair whose breaker has just opened for 300 ms; its stage."""
    stage = Stage(DOWN)
    fleet = pair(gateway, stage, **{"failures": 1, "open": "300ms", **words})
    ask(fleet, 1)
    assert state(fleet) == 1
    return fleet, stage


def rest():
    """Lets the 300 ms pass that it is open."""
    time.sleep(0.35)


# ---- opening --------------------------------------------------------------

def test_the_third_failure_opens_it_and_the_second_does_not(gateway):
    fleet = pair(gateway, DOWN, failures=3)
    assert ask(fleet, 2) == ["spare"] * 2
    assert state(fleet) == 0
    assert ask(fleet, 1) == ["spare"]
    assert state(fleet) == 1
    assert len(fleet.of("main")) == 3
    for streamed in (False, True):
        response = fleet.ask(stream=streamed)
        assert text_of(response) == "Spare."
        assert response.header("x-agent-attempts") == "1"
        assert response.header("x-agent-degraded") == "fallback"
    assert len(fleet.of("main")) == 3


def test_failures_that_left_the_window_do_not_count(gateway):
    fleet = pair(gateway, DOWN, failures=3, window="1s")
    ask(fleet, 2)
    time.sleep(1.2)
    ask(fleet, 2)
    assert (state(fleet), len(fleet.of("main"))) == (0, 4)
    assert until(lambda: ask(fleet, 1) and state(fleet) == 1)


def test_successes_between_them_do_not_hide_failures(gateway):
    stage = Stage()
    fleet = pair(gateway, stage, failures=3)
    for _ in range(3):
        stage.answer = good("Main.")
        assert ask(fleet, 3) == ["main"] * 3
        stage.answer = DOWN
        ask(fleet, 1)
    assert state(fleet) == 1


def test_a_ratio_waits_for_its_volume(gateway):
    fleet = pair(gateway, DOWN, failures=1, ratio="50%", volume=10)
    ask(fleet, 9)
    assert (state(fleet), len(fleet.of("main"))) == (0, 9)
    ask(fleet, 1)
    assert state(fleet) == 1
    ask(fleet, 3)
    assert len(fleet.of("main")) == 10


def test_a_ratio_counts_what_went_well(gateway):
    stage = Stage()
    fleet = pair(gateway, stage, failures=1, ratio="50%", volume=10)
    for _ in range(10):
        stage.answer = good("Main.")
        ask(fleet, 2)
        stage.answer = DOWN
        ask(fleet, 1)
    assert state(fleet) == 0            # 10 of 30
    ask(fleet, 9)
    assert state(fleet) == 0            # 19 of 39
    ask(fleet, 1)
    assert state(fleet) == 1            # 20 of 40


def test_it_never_opens_when_it_is_off(gateway):
    fleet = Fleet(gateway, PAIR, spare=good("Spare."),
                  main=Member(DOWN, "retry attempts=1; breaker off;"))
    assert ask(fleet, 30) == ["spare"] * 30
    assert len(fleet.of("main")) == 30
    assert state(fleet) == 0 and not logged(fleet, "breaker")


@pytest.mark.parametrize("status", [429, 400, 404, 408, 409, 413, 422])
def test_refusals_are_no_failures_and_free_their_probe(status, gateway):
    stage = Stage(fails(status))
    fleet = pair(gateway, stage, failures=2, open="300ms", successes=1)
    for _ in range(6):
        fleet.ask()
    assert (state(fleet), stage.entered) == (0, 6)
    stage.answer = DOWN
    ask(fleet, 2)
    assert state(fleet) == 1
    rest()
    stage.answer = fails(status)
    for calls in range(9, 13):          # each of them a probe, the only one
        fleet.ask()
        assert (state(fleet), stage.entered) == (2, calls)
    stage.answer = good("Main.")
    assert ask(fleet, 1) == ["main"]
    assert state(fleet) == 0


def test_a_client_that_leaves_is_no_failure(gateway):
    stage = Stage(held=True)
    fleet = pair(gateway, stage, failures=1)
    for gone in range(1, 4):
        with fleet.g.connect() as client:
            send(fleet, client)
            stage.wait(1)
        assert until(lambda: stage.left == gone)
    stage.free()
    assert ask(fleet, 1) == ["main"]
    assert state(fleet) == 0


def test_a_stream_that_breaks_off_is_a_failure(gateway):
    stage = Stage()
    fleet = pair(gateway, stage, failures=2)
    for _ in range(2):
        assert state(fleet) == 0
        stage.answer = P.then(P.stream_head() + chunk(sse(P.FIRST))
                              + chunk(sse(P.delta(content="Hel"))),
                              lambda exchange: None)
        with fleet.g.connect() as client:
            send(fleet, client, stream=True)
            client.read_until(b"Hel")
            stage.answer.go_on.set()
            events = client.response().events()
        assert "error" in events[-1].json()
    assert until(lambda: state(fleet) == 1)
    assert ask(fleet, 2) == ["spare"] * 2


# ---- open, half-open, closed ----------------------------------------------

def test_nobody_asks_an_open_target(gateway):
    fleet = pair(gateway, DOWN, failures=1)
    ask(fleet, 1)
    clients = crowd(fleet)
    for place, client in enumerate(clients):
        send(fleet, client, stream=place % 3 == 0)
    for client in clients:
        response = client.response()
        assert text_of(response) == "Spare."
        assert response.header("x-agent-attempts") == "1"
    assert len(fleet.of("main")) == 1


@pytest.mark.parametrize("probes", [1, 2, 5])
def test_half_open_lets_no_more_than_its_probes_through(probes, gateway):
    fleet, stage = opened(gateway, probes=probes, successes=probes)
    stage.answer = good("Main.")
    stage.hold()
    clients = crowd(fleet)
    rest()
    for client in clients:
        send(fleet, client)
    stage.wait(probes)
    assert until(lambda: len(fleet.of("spare")) == 51 - probes)
    assert (stage.entered, stage.peak, state(fleet)) == (1 + probes, probes, 2)
    stage.free()
    answers = [by(client.response()) for client in clients]
    assert answers.count("main") == probes
    assert answers.count("spare") == 50 - probes
    assert state(fleet) == 0


def test_successes_in_a_row_close_it(gateway):
    fleet, stage = opened(gateway, successes=3)
    stage.answer = good("Main.")
    rest()
    for states in (2, 2, 0):
        assert ask(fleet, 1) == ["main"]
        assert state(fleet) == states


def test_a_stream_is_a_success_from_its_first_content_on(gateway):
    fleet, stage = opened(gateway, successes=1)
    stage.answer = P.then(P.stream_head() + chunk(sse(P.FIRST))
                          + chunk(sse(P.delta(content="Hel"))),
                          P.says(chunk(sse(P.delta(finish="stop"), "[DONE]")),
                                 P.LAST, P.KEEP))
    rest()
    with fleet.g.connect() as client:
        send(fleet, client, stream=True)
        client.read_until(b"Hel")
        assert state(fleet) == 0
        stage.answer.go_on.set()
        assert text_of(client.response()) == "Hel"


def test_one_failed_probe_opens_it_again(gateway):
    fleet, stage = opened(gateway, successes=2)
    rest()
    stage.answer = good("Main.")
    assert ask(fleet, 1) == ["main"]
    stage.answer = DOWN
    assert ask(fleet, 1) == ["spare"]
    assert (state(fleet), stage.entered) == (1, 3)
    rest()
    stage.answer = good("Main.")
    for states in (2, 0):               # the success before does not count
        assert ask(fleet, 1) == ["main"]
        assert state(fleet) == states


def test_a_reopened_one_rests_again(gateway):
    fleet, stage = opened(gateway, open="2s")
    time.sleep(2.1)
    begun = time.monotonic()
    assert ask(fleet, 5) == ["spare"] * 5
    if time.monotonic() - begun < 1.5:
        assert stage.entered == 2
    assert state(fleet) == 1


def test_a_client_that_leaves_gives_its_probe_back(gateway):
    fleet, stage = opened(gateway, successes=1)
    stage.answer = good("Main.")
    stage.hold()
    rest()
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        assert ask(fleet, 2) == ["spare"] * 2
    assert until(lambda: stage.left == 1)
    stage.free()
    assert ask(fleet, 1) == ["main"]
    assert state(fleet) == 0


def test_a_killed_worker_gives_its_probe_back(gateway):
    fleet, stage = opened(gateway, successes=1)
    stage.answer = good("Main.")
    stage.hold()
    (pid, (client,)), (_, (other,)) = seats(fleet).items()
    rest()
    send(fleet, client)
    stage.wait(1)
    assert by(fleet.ask_on(other)) == "spare"
    kill(fleet, pid)
    stage.free()
    assert until(lambda: by(fleet.ask_on(other)) == "main")
    assert state(fleet) == 0


def test_a_closed_one_gets_its_share_little_by_little(gateway):
    fleet, stage = opened(gateway, successes=1)
    stage.answer = good("Main.")
    rest()
    ask(fleet, 1)
    begun = time.monotonic()
    early = ask(fleet, 60)
    took = time.monotonic() - begun
    assert early.count("main") < (30 if took < 0.6 else 55)
    time.sleep(max(0, 2.1 - took))
    assert ask(fleet, 30) == ["main"] * 30


# ---- nobody else is left --------------------------------------------------

def test_the_last_target_is_tried_by_one_call_at_a_time(gateway):
    stage = Stage(DOWN)
    fleet = Fleet(gateway, ALONE,
                  main=Member(stage, breaker(failures=1, open="30s")))
    assert outcome(fleet.ask()) == (502, "provider_error")
    clients = crowd(fleet, 20)
    stage.hold()
    stage.answer = good("Main.")
    for client in clients:
        send(fleet, client)
    stage.wait(1)
    stage.free()
    answers = [client.response() for client in clients]
    refused = [a for a in answers if a.status != 200]
    assert stage.peak == 1
    assert len(refused) >= 1
    for answer in refused:
        assert outcome(answer) == (503, "no_healthy_provider")
        assert answer.error["type"] == "server_error"
        assert 0 < seconds(answer) <= 30
        assert answer.header("x-should-retry") == "true"
        assert answer.header("x-agent-attempts") is None


def test_while_the_last_target_is_tried_the_others_are_refused(gateway):
    stage = Stage(DOWN)
    fleet = Fleet(gateway, ALONE,
                  main=Member(stage, breaker(failures=1, open="30s")))
    fleet.ask()
    stage.hold()
    (_, mine), (_, others) = seats(fleet, 5).items()
    send(fleet, mine[0])
    stage.wait(1)
    for client in mine[1:] + others:
        response = fleet.ask_on(client)
        assert outcome(response) == (503, "no_healthy_provider")
        assert response.header("retry-after") == "1"
        assert response.header("x-should-retry") == "true"
    assert stage.entered == 2
    stage.free()
    assert outcome(mine[0].response()) == (502, "provider_error")
    assert outcome(fleet.ask_on(others[0])) == (502, "provider_error")
    assert stage.entered == 3           # it is the next one's turn
    stage.answer = good("Main.")
    assert ask(fleet, 3) == ["main"] * 3
    assert state(fleet) == 0


def test_tries_of_the_last_target_are_no_news(gateway):
    fleet = Fleet(gateway, ALONE,
                  main=Member(DOWN, breaker(failures=1, open="30s")))
    for _ in range(8):
        assert outcome(fleet.ask()) == (502, "provider_error")
    assert len(fleet.of("main")) == 8
    assert logged(fleet, "breaker", "warn") == 1
    assert logged(fleet, "breaker", "notice") == 0
    assert number(fleet.g, "agent_target_breaker_opened_total",
                  target="main/gpt-test") == 1


# ---- who knows of it ------------------------------------------------------

def test_all_workers_count_together_and_see_the_same(gateway):
    fleet = pair(gateway, DOWN, failures=4)
    (_, (one,)), (_, (two,)) = seats(fleet).items()
    for client in (one, two, one):
        assert by(fleet.ask_on(client)) == "spare"
    assert state(fleet) == 0
    fleet.ask_on(two)
    assert state(fleet) == 1
    for client in (one, two):
        assert fleet.ask_on(client).header("x-agent-attempts") == "1"
    assert len(fleet.of("main")) == 4


@pytest.mark.parametrize("changed", [False, True])
def test_a_reload_keeps_it(changed, gateway):
    fleet = pair(gateway, DOWN, failures=1)
    ask(fleet, 1)
    if changed:
        fleet.g.http = fleet.g.http.replace(
            "agent_provider main", "agent_provider first { dialect openai; "
            "url http://127.0.0.1:9; }\nagent_provider main", 1).replace(
            "agent_model", "agent_model another { target first; target main/b;"
            " }\nagent_model", 1).replace("failures=1", "failures=2")
    fleet.g.reload()
    assert state(fleet) == 1
    clients = crowd(fleet, 3)
    assert [by(fleet.ask_on(client)) for client in clients] == ["spare"] * 6
    assert len(fleet.of("main")) == 1


def test_a_larger_zone_takes_it_along(gateway):
    """The zone is another one, its breakers and rests are the same."""
    fleet = pair(gateway, DOWN, failures=1)
    ask(fleet, 1)
    fleet.g.http = fleet.g.http.replace("gateway:4m", "gateway:8m")
    fleet.g.reload()
    clients = crowd(fleet, 2)
    assert [by(fleet.ask_on(client)) for client in clients] == ["spare"] * 4
    assert (state(fleet), len(fleet.of("main"))) == (1, 1)


def test_a_target_that_left_is_not_told_open(gateway):
    fleet = pair(gateway, DOWN, failures=1)
    ask(fleet, 1)
    assert state(fleet) == 1
    fleet.g.http = fleet.g.http.replace("target main;", "target main/b;")
    fleet.g.reload()
    assert until(lambda: state(fleet) == 0)


def test_streams_that_break_open_a_ratio(gateway):
    """One failure each, and not a success besides."""
    broken = says(P.stream_head() + chunk(sse(*P.WORDS[:2])), P.RESET)
    fleet = pair(gateway, broken, ratio="90%", volume=4)
    for _ in range(4):
        assert fleet.ask(stream=True).data()[-1] != "[DONE]"
    assert until(lambda: state(fleet) == 1)


def test_an_impatient_client_opens_nothing(gateway):
    fleet = pair(gateway, says(P.HANG), failures=1)
    for _ in range(3):
        response = fleet.ask(headers=[("x-agent-timeout-ms", "100")])
        assert outcome(response) == (504, "provider_timeout")
    assert state(fleet) == 0


def test_a_reload_can_shorten_the_time_it_is_open(gateway):
    stage = Stage(DOWN)
    fleet = pair(gateway, stage, failures=1, open="1h", successes=1)
    ask(fleet, 1)
    stage.answer = good("Main.")
    assert ask(fleet, 1) == ["spare"]
    fleet.g.http = fleet.g.http.replace("open=1h", "open=100ms")
    fleet.g.reload()
    assert until(lambda: ask(fleet, 1) == ["main"])
    assert state(fleet) == 0


def test_a_reload_can_turn_it_off(gateway):
    fleet = pair(gateway, DOWN, failures=1)
    ask(fleet, 1)
    assert state(fleet) == 1
    fleet.g.http = re.sub("breaker failures[^;]*;", "breaker off;",
                          fleet.g.http)
    fleet.g.reload()
    ask(fleet, 10)
    assert len(fleet.of("main")) == 11
    assert state(fleet) == 0


def test_a_probe_of_an_old_worker_still_counts_after_a_reload(gateway):
    fleet, stage = opened(gateway, successes=1)
    stage.answer = good("Main.")
    stage.hold()
    rest()
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        fleet.g.reload()
        assert ask(fleet, 2) == ["spare"] * 2
        assert state(fleet) == 2
        stage.free()
        assert text_of(client.response()) == "Main."
    assert state(fleet) == 0


def test_each_replica_has_one_of_its_own_and_all_is_told(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        DOWN, breaker(failures=1) + "balance round_robin;",
        more=[(good("Two."), "")]))
    assert until(lambda: fleet.ask().status == 200
                 and fleet.count()["main#1"] == 1)
    assert [text_of(fleet.ask()) for _ in range(10)] == ["Two."] * 10
    assert fleet.count()["main#1"] == 1
    one, two = "main/gpt-test#1", "main/gpt-test#2"
    targets = fleet.g.status()["targets"]
    for target, wanted in ((one, 1), (two, 0)):
        for name in ("state", "opened_total"):
            name = f"agent_target_breaker_{name}"
            assert number(fleet.g, name, target=target) == wanted
            assert targets[target][name] == wanted


def test_each_change_is_logged_once(gateway):
    stage = Stage(DOWN, held=True)
    fleet = pair(gateway, stage, failures=5, open="300ms", probes=2)
    clients = crowd(fleet, 10)
    for client in clients:
        send(fleet, client)
    stage.wait(20)
    stage.free()
    assert {client.response().status for client in clients} == {200}
    rest()
    ask(fleet, 1)
    rest()
    stage.answer = good("Main.")
    ask(fleet, 2)

    def lines(text, level):
        return logged(fleet, f'{text}, target: "main/gpt-test"', level)

    assert lines("breaker opened", "warn") == 1
    assert lines("breaker opened again", "warn") == 1
    assert lines("breaker half-open", "notice") == 2
    assert lines("breaker closed", "notice") == 1
    assert logged(fleet, "breaker") == 5
    assert number(fleet.g, "agent_target_breaker_opened_total",
                  target="main/gpt-test") == 2
