"""Replicas that are asked how they are, and left alone while they are ill."""

import re
import time

import pytest

import providers as P
from drills import DOWN, WORKER, Stage, by, kill, logged, number
from fleets import ONCE, Fleet, Member, good, model, outcome, text_of
from gateway import until
from providers import HANG, KEEP, RESET, head, says, whole

pytestmark = pytest.mark.smoke

ALONE = WORKER + model("target main;")
PAIR = WORKER + model("target main;", "fallback spare;")
CHECK = ONCE + "health path=/health interval=1s timeout=5s; " \
               "balance round_robin;"

WELL = says(whole(b"{}"), KEEP)
ILL = says(whole(b"{}", 503), KEEP)


class Patient:
    """Answers calls, and checks apart from them; both can be changed."""

    def __init__(self, health=WELL, answer=None):
        self.health, self.answer = health, answer or good("Main.")
        self.checks, self.calls = [], 0         # times of the checks
        self.requests = []

    def __call__(self, exchange):
        if exchange.request.target.startswith("/v1/"):
            self.calls += 1
            return self.answer(exchange)
        self.checks.append(time.monotonic())
        self.requests.append(exchange.request)
        return self.health(exchange)

    def checked(self, count):
        assert until(lambda: len(self.checks) >= count), self.checks


def taken_out(fleet, url=1):
    return logged(fleet, 'health check failed, provider: "main", '
                  f"url: {url}", "warn")


def taken_back(fleet, url=1):
    return logged(fleet, 'health check succeeds again, provider: "main", '
                  f"url: {url}", "notice")


def answers(fleet, count=10):
    return {text_of(fleet.ask()) for _ in range(count)}


# ---- what is asked --------------------------------------------------------

def test_only_who_is_configured_is_checked(gateway):
    asked, left_alone = Patient(), Patient()
    fleet = Fleet(gateway, PAIR, main=Member(asked, CHECK), spare=left_alone)
    asked.checked(3)
    assert left_alone.checks == []
    for request in asked.requests:
        assert (request.method, request.target) == ("GET", "/health")
        assert request.body == b""
    # no check is a call
    assert number(fleet.g, "agent_target_attempts_total",
                  target="main/gpt-test") == 0
    assert asked.calls == 0


def test_one_of_the_workers_asks_once_in_each_interval(gateway):
    patient = Patient()
    fleet = Fleet(gateway, ALONE, main=Member(patient, CHECK))
    patient.checked(2)
    time.sleep(3)
    checks = list(patient.checks)
    gaps = [b - a for a, b in zip(checks, checks[1:])]
    assert min(gaps) > 0.8, gaps
    assert len(checks) >= 3
    assert not logged(fleet, "health check")


# ---- what follows ---------------------------------------------------------

def test_two_failures_take_a_replica_out_and_a_success_brings_it_back(
        gateway):
    one = Patient(ILL, good("One."))
    fleet = Fleet(gateway, ALONE, main=Member(
        one, CHECK, more=[(Patient(WELL, good("Two.")), "")]))
    assert until(lambda: taken_out(fleet))
    assert len(one.checks) == 2
    assert answers(fleet) == {"Two."}
    one.checked(4)
    assert taken_out(fleet) == 1        # is said once
    one.health = WELL
    assert until(lambda: taken_back(fleet))
    assert answers(fleet) == {"One.", "Two."}
    one.checked(len(one.checks) + 1)
    assert taken_back(fleet) == 1
    assert logged(fleet, "health check") == 2


def test_a_single_failure_does_nothing(gateway):
    class Restless(Patient):
        def __call__(self, exchange):
            self.health = (WELL, ILL)[len(self.checks) % 2]
            return super().__call__(exchange)

    patient = Restless(answer=good("One."))
    fleet = Fleet(gateway, ALONE, main=Member(
        patient, CHECK, more=[(Patient(answer=good("Two.")), "")]))
    patient.checked(5)
    assert not logged(fleet, "health check")
    assert answers(fleet) == {"One.", "Two."}


def test_what_is_health_and_what_is_not(gateway):
    ill = [says(whole(b"{}", 404), KEEP), ILL, says(RESET), says(HANG),
           says(head(302, [("Location", "/other"), ("Content-Length", "0")]),
                KEEP)]
    well = [says(head(204), KEEP), WELL,
            says(whole(b"<html>fine</html>", content_type="text/html"))]
    patients = [Patient(script, good("Ill.")) for script in ill] \
        + [Patient(script, good("Well.")) for script in well]
    more = [(patient, "") for patient in patients]
    fleet = Fleet(gateway, ALONE, main=Member(
        gateway.own(P.Refuses()), CHECK.replace("5s", "300ms"), more=more))
    for url in range(1, 2 + len(ill)):
        assert until(lambda: taken_out(fleet, url)), url
    for patient in patients:
        patient.checked(3)
    healthy = range(2 + len(ill), 2 + len(patients))
    assert [url for url in healthy if taken_out(fleet, url)] == []
    assert answers(fleet, 20) == {"Well."}


def test_a_long_answer_is_health_too(gateway):
    patient = Patient(says(whole(b"x" * 100_000), KEEP))
    fleet = Fleet(gateway, PAIR, main=Member(patient, CHECK),
                  spare=good("Spare."))
    patient.checked(3)
    assert not taken_out(fleet)
    assert answers(fleet, 3) == {"Main."}


def test_the_next_tier_answers_when_all_replicas_are_ill(gateway):
    patient = Patient(ILL)
    fleet = Fleet(gateway, PAIR, main=Member(patient, CHECK),
                  spare=good("Spare."))
    assert until(lambda: taken_out(fleet))
    response = fleet.ask()
    assert (text_of(response), by(response)) == ("Spare.", "spare")
    assert response.header("x-agent-attempts") == "1"
    assert patient.calls == 0


def test_a_replica_that_is_ill_is_tried_if_nobody_else_is_left(gateway):
    patient = Patient(ILL)
    fleet = Fleet(gateway, ALONE, main=Member(patient, CHECK))
    assert until(lambda: taken_out(fleet))
    assert answers(fleet, 3) == {"Main."}
    patient.answer = DOWN
    assert outcome(fleet.ask()) == (502, "provider_error")


def test_one_call_at_a_time_tries_a_replica_that_is_ill(gateway):
    stage = Stage(held=True)
    patient = Patient(ILL, stage)
    fleet = Fleet(gateway, ALONE, main=Member(patient, CHECK))
    assert until(lambda: taken_out(fleet))
    with fleet.g.connect() as client:
        client.send(fleet.g.chat_request())
        stage.wait(1)
        with fleet.g.connect() as second:
            second.send(fleet.g.chat_request())
            assert until(lambda: stage.inside == 2
                         or number(fleet.g, "agent_errors_total",
                                   **{"class": "no_target"}))
            entered = stage.entered
            stage.free()
            assert client.response().status == 200
            response = second.response()
    assert entered == 1
    assert outcome(response) == (503, "no_healthy_provider")


# ---- reloads, ends --------------------------------------------------------

def test_illness_outlives_a_reload_but_not_its_check(gateway):
    one = Patient(ILL, good("One."))
    fleet = Fleet(gateway, ALONE, main=Member(
        one, CHECK, more=[(Patient(answer=good("Two.")), "")]))
    assert until(lambda: taken_out(fleet))
    fleet.g.reload()
    assert answers(fleet) == {"Two."}
    fleet.g.http = re.sub("health path=[^;]*;", "", fleet.g.http)
    fleet.g.reload()
    assert until(lambda: answers(fleet) == {"One.", "Two."})


def test_a_shorter_interval_holds_from_the_reload_on(gateway):
    patient = Patient()
    fleet = Fleet(gateway, ALONE,
                  main=Member(patient, CHECK.replace("1s", "1h")))
    patient.checked(1)
    fleet.g.http = fleet.g.http.replace("interval=1h", "interval=1s")
    fleet.g.reload()
    assert until(lambda: len(patient.checks) >= 3, 10), patient.checks


def test_a_reload_and_a_stop_do_not_wait_for_a_check(gateway):
    """What a check leaves behind would be an alert in the log."""
    stage = Stage(held=True)
    fleet = Fleet(gateway, ALONE, main=Member(
        Patient(stage), CHECK.replace("timeout=5s", "timeout=5m")))
    stage.wait(1)
    old = set(fleet.g.workers())
    fleet.g.reload()
    assert until(lambda: old.isdisjoint(fleet.g.workers())), \
        "the old workers wait for their check"
    assert until(lambda: stage.left == 1)
    stage.wait(1)
    fleet.g.grace = 10
    fleet.g.stop()


def test_checks_go_on_when_their_worker_is_killed(gateway):
    stage = Stage(held=True)
    patient = Patient(stage, good("One."))
    fleet = Fleet(gateway, ALONE, main=Member(
        patient, CHECK.replace("timeout=5s", "timeout=5m")))
    stage.wait(1)
    for pid in fleet.g.workers():
        kill(fleet, pid)
    assert until(lambda: stage.left == 1)
    stage.wait(1)
    stage.free()
    patient.checked(4)
    assert answers(fleet, 3) == {"One."}
