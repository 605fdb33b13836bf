"""Calls that are refused at once, since there is too much to do already.

A refusal comes before the body was read, so it ends the connection.
"""

import os
import signal
import time

import pytest

from drills import WORKER, Stage, crowd, kill, number, seats, seconds, send
from fleets import Fleet, model, outcome
from gateway import MODULE, until

pytestmark = pytest.mark.smoke

MESSAGES = b"POST /v1/messages HTTP/1.1\r\nHost: gateway.test\r\n" \
           b"x-api-key: %s\r\nContent-Type: application/json\r\n" \
           b"Content-Length: 2\r\n\r\n{}"


def shedding(gateway, words, stage):
    return Fleet(gateway, WORKER + f"agent_shed {words};\n"
                 + model("target main;"), main=stage)


def shed(response):
    assert outcome(response) == (503, "gateway_overloaded")
    assert response.error["type"] == "server_error"
    assert seconds(response) > 0
    assert response.header("x-should-retry") == "true"
    assert response.header("x-request-id") is not None
    assert response.header("x-agent-attempts") is None
    return True


def refused(fleet):
    return number(fleet.g, "agent_shed_calls_total")


def test_nothing_is_shed_unless_it_is_configured(gateway):
    stage = Stage(held=True)
    fleet = Fleet(gateway, WORKER + model("target main;"), main=stage)
    clients = crowd(fleet, 25)
    for client in clients:
        send(fleet, client)
    stage.wait(50)
    stage.free()
    assert {client.response().status for client in clients} == {200}
    assert refused(fleet) == 0


# ---- calls ----------------------------------------------------------------

def test_calls_beyond_the_bound_are_refused_at_once(gateway):
    stage = Stage(held=True)
    fleet = shedding(gateway, "calls=4", stage)
    clients = crowd(fleet, 5)
    for client in clients[:4]:          # two of each worker
        send(fleet, client)
    stage.wait(4)
    for place, client in enumerate(clients[4:8]):
        assert shed(fleet.ask_on(client, stream=place % 2 == 0))
    assert stage.entered == 4
    assert refused(fleet) == 4
    assert number(fleet.g, "agent_errors_total", **{"class": "overloaded"}) \
        == 4
    assert number(fleet.g, "agent_calls_in_flight") == 4
    stage.free()
    for client in clients[:4]:
        assert client.response().status == 200
    assert until(lambda: number(fleet.g, "agent_calls_in_flight") == 0)
    for client in clients[:4] + clients[8:]:
        assert fleet.ask_on(client).status == 200
    assert refused(fleet) == 4


def test_there_is_room_for_one_as_soon_as_one_has_ended(gateway):
    stage = Stage(held=True)
    fleet = shedding(gateway, "calls=2", stage)
    clients = [send(fleet, fleet.g.connect()) for _ in range(2)]
    stage.wait(2)
    assert shed(fleet.ask())
    clients[0].close()
    assert until(lambda: number(fleet.g, "agent_calls_in_flight") == 1)
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(2)
        assert shed(fleet.ask())
        stage.free()
        assert client.response().status == 200
    assert clients[1].response().status == 200


def test_the_calls_of_a_killed_worker_do_not_count_on(gateway):
    stage = Stage(held=True)
    fleet = shedding(gateway, "calls=3", stage)
    (pid, dying), (_, living) = seats(fleet, 3).items()
    for client in dying:
        send(fleet, client)
    stage.wait(3)
    assert shed(fleet.ask_on(living[0]))
    kill(fleet, pid)
    assert until(lambda: stage.left == 3)
    assert until(lambda: number(fleet.g, "agent_calls_in_flight") == 0)
    stage.free()
    assert fleet.ask_on(living[1]).status == 200
    assert fleet.ask().status == 200


def test_the_calls_of_old_workers_count_after_a_reload(gateway):
    stage = Stage(held=True)
    fleet = shedding(gateway, "calls=2", stage)
    clients = crowd(fleet, 1)
    for client in clients:
        send(fleet, client)
    stage.wait(2)
    fleet.g.reload()
    assert shed(fleet.ask())
    stage.free()
    for client in clients:
        assert client.response().status == 200
    assert until(lambda: fleet.ask().status == 200)


def test_the_refusal_has_the_shape_of_its_surface(gateway):
    stage = Stage(held=True)
    fleet = shedding(gateway, "calls=1", stage)
    with fleet.g.connect() as client:
        send(fleet, client)
        stage.wait(1)
        response = fleet.g.raw(MESSAGES % fleet.g.key.encode())
        assert response.status == 503
        assert response.json()["type"] == "error"
        assert response.error["type"] == "overloaded_error"
        assert seconds(response) > 0
        assert fleet.ask(key="sk-wrong-0123456789abcdef").status == 401
        assert refused(fleet) == 1
        stage.free()
        assert client.response().status == 200


# ---- the event loop's lag -------------------------------------------------

def test_a_worker_whose_loop_is_late_refuses_until_it_has_caught_up(gateway):
    stage = Stage()
    fleet = shedding(gateway, "lag=250ms", stage)
    (late, clients), (_, (other, *_)) = seats(fleet, 30).items()

    def stalls():
        """The worker stands still, as it would with too much to do."""
        os.kill(late, signal.SIGSTOP)
        time.sleep(0.6)
        os.kill(late, signal.SIGCONT)
        for _ in range(10):
            before = stage.entered
            response = fleet.ask_on(clients[0])
            if response.status == 503:
                assert shed(response) and stage.entered == before
                clients.pop(0)
                return fleet.ask_on(other)
            assert response.status == 200
            time.sleep(0.01)
        return None

    response = until(stalls, 20)
    assert response, "it was late, and took every call"
    assert response.status == 200       # the other worker was not
    assert until(lambda: fleet.ask_on(clients.pop(0)).status == 200,
                 pause=0.2)
    assert refused(fleet) >= 1


# ---- memory ---------------------------------------------------------------

def resident(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * 4096


@pytest.mark.skipif(not MODULE, reason="a sanitizer keeps freed memory: the "
                    "worker would not get smaller")
def test_a_worker_that_is_too_large_refuses_until_it_is_smaller(gateway):
    stage = Stage()
    fleet = shedding(gateway, "memory=100g", stage)
    for client in crowd(fleet, 4):
        assert fleet.ask_on(client, text="x" * 1_000_000).status == 200
    bound = max(map(resident, fleet.g.workers())) // 2**20 + 24
    fleet.g.http = fleet.g.http.replace("memory=100g", f"memory={bound}m")
    fleet.g.reload()
    pid, clients = next(iter(seats(fleet, 30).items()))
    assert fleet.ask_on(clients[0]).status == 200
    stage.hold()
    held = []
    while resident(pid) <= bound * 2**20:
        assert len(held) < 4, "large calls take no memory"
        held.append(send(fleet, clients.pop(), text="x" * 30_000_000))
        stage.wait(len(held))
    entered = stage.entered
    time.sleep(0.5)                     # it looks ten times a second
    assert shed(fleet.ask_on(clients.pop()))
    assert stage.entered == entered
    stage.free()
    for client in held:
        assert client.response().status == 200
    assert until(lambda: fleet.ask_on(clients.pop()).status == 200, pause=0.5)
