"""How many calls a provider has at once, and what happens to the others."""

import os
import signal
import threading
import time

import pytest

import providers as P
from drills import (WORKER, Stage, crowd, kill, logged, number, seats, seconds,
                    send)
from fleets import ONCE, Fleet, Member, fails, good, model, outcome, text_of
from gateway import until
from providers import KEEP, RESET, chunk, says, sse

pytestmark = pytest.mark.smoke

ALONE = WORKER + model("target main;")
PAIR = WORKER + model("target main;", "fallback spare;")


def limited(script, words, lines=ONCE, **kwargs):
    return Member(script, f"{lines} limit {words};", **kwargs)


def queued(fleet, count):
    """Until so many calls have begun to wait."""
    assert until(lambda: number(fleet.g, "agent_queued_calls_total") >= count)


def overloaded(response):
    assert outcome(response) == (503, "gateway_overloaded")
    assert response.error["type"] == "server_error"
    assert seconds(response) > 0
    assert response.header("x-should-retry") == "true"
    assert response.header("x-agent-attempts") is None
    return True


# ---- never more -----------------------------------------------------------

@pytest.mark.parametrize("streamed", [False, True])
def test_no_more_than_the_limit_run_at_once(streamed, gateway):
    stage = Stage(pause=0.05)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=4 queue=100 wait=1m"))
    clients = crowd(fleet, 20)
    for client in clients:
        send(fleet, client, stream=streamed)
    assert [text_of(client.response()) for client in clients] == ["Main."] * 40
    assert (stage.entered, stage.peak) == (40, 4)
    assert 0 < number(fleet.g, "agent_queued_calls_total") <= 36


def test_replicas_share_the_limit(gateway):
    one, two = Stage(held=True), Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        one, "concurrency=3", ONCE + "balance round_robin;",
        more=[(two, "")]))
    clients = crowd(fleet, 2)
    for client in clients:
        send(fleet, client)
    assert until(lambda: one.inside + two.inside == 3)
    assert until(lambda: number(fleet.g, "agent_errors_total",
                                **{"class": "overloaded"}) == 1)
    one.free()
    two.free()
    statuses = sorted(client.response().status for client in clients)
    assert statuses == [200, 200, 200, 503]


def test_a_stream_has_its_place_until_its_end(gateway):
    begun = P.then(P.stream_head() + chunk(sse(P.FIRST))
                   + chunk(sse(P.delta(content="Hel"))),
                   says(chunk(sse(P.delta(finish="stop"), "[DONE]")), P.LAST,
                        KEEP))
    fleet = Fleet(gateway, ALONE, main=limited(begun, "concurrency=1"))
    with fleet.g.connect() as client:
        send(fleet, client, stream=True)
        client.read_until(b"Hel")
        assert overloaded(fleet.ask(stream=True))
        begun.go_on.set()
        assert text_of(client.response()) == "Hel"
    assert until(lambda: fleet.ask(stream=True).status == 200)


LEAVES = {
    "a failure": fails(500),
    "a refusal": fails(400),
    "a limit": fails(429),
    "a reset": says(RESET),
    "silence": says(P.HANG),
    "a broken stream": says(P.stream_head() + chunk(sse(P.FIRST))),
    "an answer that is none": says(P.whole(b"<html>"), KEEP),
}


@pytest.mark.parametrize("name", LEAVES)
def test_whatever_ends_a_call_gives_its_place_back(name, gateway):
    stage = Stage(LEAVES[name])
    lines = "retry attempts=2 base=1ms max=2ms; breaker off; " \
            "timeout first_token=50ms total=100ms;"
    fleet = Fleet(gateway, ALONE, main=limited(stage, "concurrency=2", lines))
    for client in crowd(fleet, 3):
        assert fleet.ask_on(client, stream=True).status in (
            400, 429, 502, 503, 504)
    assert stage.entered >= 6           # nobody found it full
    stage.answer = good("Main.")
    assert [fleet.ask().status for _ in range(4)] == [200] * 4
    assert number(fleet.g, "agent_errors_total", **{"class": "overloaded"}) \
        == 0


def test_a_client_that_leaves_gives_its_place_back(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(stage, "concurrency=1"))
    for gone in range(1, 4):
        with fleet.g.connect() as client:
            send(fleet, client, stream=gone == 2)
            stage.wait(1)
        assert until(lambda: stage.left == gone)
    stage.free()
    assert fleet.ask().status == 200


# ---- no place -------------------------------------------------------------

def test_without_a_queue_the_next_one_is_refused_at_once(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(stage, "concurrency=2"))
    clients = crowd(fleet, 2)
    for client in clients[:2]:
        send(fleet, client)
    stage.wait(2)
    for client in clients[2:]:
        assert overloaded(fleet.ask_on(client))
    stage.free()
    for client in clients[:2]:
        assert client.response().status == 200
    assert stage.entered == 2


def test_a_full_queue_is_full_for_all_workers(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=2 wait=1m"))
    (_, (a, b)), (_, (c, d)) = seats(fleet, 2).items()
    send(fleet, a)
    stage.wait(1)
    send(fleet, b)
    queued(fleet, 1)
    send(fleet, c)
    queued(fleet, 2)
    assert overloaded(fleet.ask_on(d))
    assert overloaded(fleet.ask(stream=True))
    stage.free()
    for client in (a, b, c):
        assert client.response().status == 200
    assert (stage.entered, stage.peak) == (3, 1)
    assert fleet.ask_on(d).status == 200


@pytest.mark.parametrize("lines", ["target main; fallback spare;",
                                   "target main weight=1000; target spare;"])
@pytest.mark.parametrize("words", ["concurrency=1",
                                   "concurrency=1 queue=1 wait=1m"])
def test_who_finds_no_place_goes_to_the_next_target(lines, words, gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, WORKER + model(lines), spare=good("Spare."),
                  main=limited(stage, words))
    clients = [fleet.g.connect() for _ in range(2)]
    for calls in range(1, 10):          # the first one that goes to main
        send(fleet, clients[0])
        assert until(lambda: len(fleet.calls) == calls)
        if fleet.asked[-1] == "main":
            break
        clients[0].response()
    stage.wait(1)
    if "queue" in words and "fallback" in lines:
        send(fleet, clients[1])
        queued(fleet, 1)
    for _ in range(5):
        response = fleet.ask()
        assert text_of(response) == "Spare."
        assert response.header("x-agent-attempts") == "1"
    assert stage.entered == 1
    stage.free()
    assert text_of(clients[0].response()) == "Main."


def test_whoever_waits_too_long_is_refused(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=5 wait=400ms"))
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        begun = time.monotonic()
        assert overloaded(fleet.ask())
        assert time.monotonic() - begun >= 0.39
        assert stage.entered == 1
        stage.free()
        assert client.response().status == 200
    assert fleet.ask().status == 200


def test_whoever_waits_too_long_goes_to_the_next_tier(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, PAIR, spare=good("Spare."), main=limited(
        stage, "concurrency=1 queue=5 wait=400ms"))
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        begun = time.monotonic()
        response = fleet.ask(stream=True)
        assert time.monotonic() - begun >= 0.39
        assert text_of(response) == "Spare."
        assert response.header("x-agent-degraded") == "fallback"
        stage.free()
        assert client.response().status == 200


def test_a_busy_provider_does_not_hold_back_calls_to_another(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE + model("target spare;", name="other"),
                  spare=limited(good("Spare."), "concurrency=2"),
                  main=limited(stage, "concurrency=2 queue=50 wait=1m"))
    clients = crowd(fleet, 10)
    for client in clients:
        send(fleet, client)
    queued(fleet, 18)
    for _ in range(30):
        assert text_of(fleet.ask("other")) == "Spare."
    assert (stage.entered, stage.inside) == (2, 2)
    stage.free()
    assert {client.response().status for client in clients} == {200}


# ---- the queue ------------------------------------------------------------

def said(call):
    return call.request.json()["messages"][0]["content"]


def test_first_come_first_served(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=20 wait=1m"))
    clients = next(iter(seats(fleet, 8).values()))
    for place, client in enumerate(clients):
        send(fleet, client, text=f"call {place}", stream=place % 2 == 0)
        if place == 0:
            stage.wait(1)
        else:
            queued(fleet, place)
    stage.free()
    for client in clients:
        assert client.response().status == 200
    assert [said(call) for call in fleet.calls] \
        == [f"call {place}" for place in range(8)]


def test_a_worker_with_many_calls_does_not_starve_the_others(gateway):
    stage = Stage(pause=0.02)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=20 wait=6s"))
    (_, many), (_, (one, *_)) = seats(fleet, 6).items()
    stop, problems = threading.Event(), []

    def again(client):
        while not stop.is_set():
            response = fleet.ask_on(client)
            if response.status != 200:
                problems.append(response)

    threads = [threading.Thread(target=again, args=(c,)) for c in many]
    for thread in threads:
        thread.start()
    queued(fleet, 20)
    served = []                         # others, while one call waited
    try:
        for _ in range(4):
            before = stage.entered
            response = fleet.ask_on(one)
            served.append(stage.entered - before)
            assert response.status == 200, served
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert max(served) < 60, served
    assert problems == [] and stage.peak == 1


def test_a_client_that_leaves_while_it_waits_makes_room(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=1 wait=1m"))
    (_, (first, gone)), (_, (later, *_)) = seats(fleet, 2).items()
    send(fleet, first)
    stage.wait(1)
    send(fleet, gone, text="gone")
    queued(fleet, 1)
    assert overloaded(fleet.ask_on(later))
    gone.reset()
    answers = []

    def waits():
        response = fleet.ask_on(later)
        answers.append(response)
        return response.status == 200

    thread = threading.Thread(target=lambda: until(waits))
    thread.start()
    queued(fleet, 2)
    stage.free()
    thread.join(20)
    assert answers[-1].status == 200 and first.response().status == 200
    assert "gone" not in [said(call) for call in fleet.calls]
    assert stage.peak == 1


def test_those_who_wait_outlive_a_reload(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=1 queue=10 wait=1m"))
    clients = crowd(fleet, 2)
    for place, client in enumerate(clients):
        send(fleet, client)
        if place == 0:
            stage.wait(1)
        else:
            queued(fleet, place)
    fleet.g.reload()
    late = [send(fleet, fleet.g.connect()) for _ in range(3)]
    queued(fleet, 6)
    assert (stage.entered, stage.inside) == (1, 1)
    stage.free()
    for client in clients + late:
        assert client.response().status == 200
    assert (stage.entered, stage.peak) == (7, 1)


def test_a_reload_can_change_the_limit(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(stage, "concurrency=1"))
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        fleet.g.http = fleet.g.http.replace("concurrency=1", "concurrency=3")
        fleet.g.reload()
        more = [send(fleet, fleet.g.connect()) for _ in range(2)]
        stage.wait(3)
        assert overloaded(fleet.ask())
        stage.free()
        for one in [client, *more]:
            assert one.response().status == 200


# ---- workers that die -----------------------------------------------------

def test_a_killed_worker_gives_its_places_back(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(
        stage, "concurrency=2 queue=2 wait=1m"))
    (pid, dying), (_, living) = seats(fleet, 3).items()
    for client in dying[:2]:
        send(fleet, client)
    stage.wait(2)
    send(fleet, dying[2])               # has a place in the queue
    queued(fleet, 1)
    send(fleet, living[0])
    queued(fleet, 2)
    assert overloaded(fleet.ask_on(living[1]))
    kill(fleet, pid)
    assert until(lambda: stage.left == 2)
    stage.wait(1)                       # who waited at the other worker
    send(fleet, living[1])
    stage.wait(2)
    more = [send(fleet, fleet.g.connect()) for _ in range(2)]
    queued(fleet, 4)
    assert overloaded(fleet.ask_on(living[2]))
    stage.free()
    for client in [*living[:2], *more]:
        assert client.response().status == 200
    assert fleet.ask_on(living[2]).status == 200
    assert stage.peak <= 4              # the dead worker's own two, and two


def test_workers_that_are_killed_at_once_give_all_back(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=limited(stage, "concurrency=2"))
    dying = crowd(fleet, 1)
    for client in dying:
        send(fleet, client)
    stage.wait(2)
    fleet.g.tolerate("exited on signal 9")
    before = set(fleet.g.workers())
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert until(lambda: len(set(fleet.g.workers()) - before) == 2)
    assert until(lambda: stage.left == 2)
    clients = [send(fleet, fleet.g.connect()) for _ in range(2)]
    stage.wait(2)
    assert overloaded(fleet.ask())
    stage.free()
    assert {client.response().status for client in clients} == {200}
    assert logged(fleet, "exited on signal 9") == 2
