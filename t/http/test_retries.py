"""How often who is asked again, how long that waits, and when it stops."""

import email.utils
import json
import threading
import time

import pytest

import providers as P
from fleets import (INVALID, POLICY, QUICK, TOO_LONG, Fleet, Member,
                    fails, first_then, good, model, outcome, text_of)
from gateway import question
from providers import HANG, KEEP, RESET, chunk, says, sse, whole
from test_sdk_anthropic import MESSAGE
from test_responses import RESPONSE
from test_status import value

pytestmark = pytest.mark.smoke

ALONE = model("target main;")
HTML = says(whole(b"<html>", content_type="text/html"), KEEP)
SLOW = "timeout first_token=300ms idle=300ms total=300ms;"
CUT = says(P.stream_head() + chunk(sse(P.FIRST)))


# ---- which failures are retried -------------------------------------------

# class: (script, how often it is asked, what the client gets)
CLASSES = {
    "a reset": (says(RESET), 3, (502, "provider_unreachable")),
    "a connection that closes": (says(), 3, (502, "provider_unreachable")),
    "500": (fails(500), 3, (502, "provider_error")),
    "502": (fails(502), 3, (502, "provider_error")),
    "504": (fails(504), 3, (502, "provider_error")),
    "503": (fails(503), 3, (503, "provider_unavailable")),
    "529": (fails(529), 3, (503, "provider_unavailable")),
    "408": (fails(408), 3, (503, "provider_unavailable")),
    "409": (fails(409), 3, (503, "provider_unavailable")),
    "425": (fails(425), 3, (503, "provider_unavailable")),
    "429": (fails(429), 3, (429, "provider_rate_limited")),
    "silence": (says(HANG), 1, (504, "provider_timeout")),
    "an answer that is none": (HTML, 1, (502, "invalid_provider_response")),
    "a refused key": (fails(401), 1, (502, "provider_credentials")),
    "a context that is too long": (TOO_LONG, 1,
                                   (400, "context_length_exceeded")),
    "a refusal by policy": (POLICY, 1, (400, "content_policy_violation")),
    "an unknown model": (fails(404, code="model_not_found"), 1,
                         (404, "model_not_found")),
    "a bad request": (INVALID, 1, (400, None)),
    "a body that is too large": (fails(413), 1, (413, None)),
    "a bad field": (fails(422), 1, (422, None)),
}


def cases(shared, scripts, lines, *behind):
    """A fleet with a provider, models and a tenant for each case."""
    names = [f"c{i}" for i in range(len(scripts))]
    models = "".join(
        model(f"target {name}{suffix};", *behind, name=f"{name}{suffix}")
        for name in names for suffix in ("", "/streamed"))
    spare = {"spare": good("Spare.")} if behind else {}
    return Fleet(shared, models, tenants=names, **spare, **{
        name: Member(script, lines) for name, script in zip(names, scripts)})


def ask_case(fleet, number, streamed=False):
    name = f"c{number}"
    return name, fleet.ask(name + "/streamed" * streamed, streamed,
                           tenant=name)


@pytest.fixture(scope="module")
def classes(shared):
    return cases(shared, [row[0] for row in CLASSES.values()], QUICK + SLOW)


@pytest.mark.parametrize("number, name", list(enumerate(CLASSES)), ids=CLASSES)
def test_the_error_table_says_what_is_retried(number, name, classes):
    times, wanted = CLASSES[name][1:]
    who, response = ask_case(classes, number)
    assert outcome(response) == wanted
    assert len(classes.of(who)) == times
    assert response.header("x-agent-attempts") == str(times)
    if wanted[1] == "provider_credentials":
        return                      # the key rests now
    who, response = ask_case(classes, number, streamed=True)
    assert outcome(response) == wanted
    assert len(classes.of(who)) == 2 * times
    assert response.header("x-agent-attempts") == str(times)


def test_a_connection_that_is_refused_is_tried_again(gateway):
    fleet = Fleet(gateway, ALONE,
                  main=Member(gateway.own(P.Refuses()), QUICK))
    response = fleet.ask()
    assert outcome(response) == (502, "provider_unreachable")
    assert response.header("x-agent-attempts") == "3"


def test_a_connection_that_times_out_is_tried_again(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        gateway.own(P.Blackhole()), QUICK + "timeout connect=200ms;"))
    response = fleet.ask(stream=True)
    assert outcome(response) == (504, "provider_timeout")
    assert response.header("x-agent-attempts") == "3"


PASSING = [fails(500), fails(429), says(RESET), CUT, says(P.stream(json.dumps(
    {"error": {"message": "Overloaded", "type": "overloaded_error"}})), KEEP)]


def test_a_client_does_not_see_a_failure_that_passes(gateway):
    fleet = cases(gateway, [first_then(1, bad, good("Fine."))
                            for bad in PASSING], QUICK, "fallback spare;")
    for number in range(len(PASSING)):
        _, response = ask_case(fleet, number, streamed=True)
        assert text_of(response) in ("Fine.", "Spare.")
        assert response.header("x-agent-attempts") == "2"
    assert len(fleet.calls) == 2 * len(PASSING)


def test_content_that_went_out_is_never_asked_for_again(gateway):
    begun = P.then(P.stream_head() + chunk(sse(P.FIRST))
                   + chunk(sse(P.delta(content="Hel"))), lambda exchange: None)
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(begun, QUICK), spare=good("Spare."))
    with fleet.g.connect() as client:
        client.send(fleet.g.chat_request(question(stream=True)))
        client.read_until(b"Hel")
        begun.go_on.set()
        response = client.response()
    assert response.status == 200 and "[DONE]" not in response.data()
    assert "error" in response.events()[-1].json()
    assert fleet.asked == ["main"]


@pytest.mark.parametrize("path, body, dialect", [
    ("messages", MESSAGE, "anthropic"), ("responses", RESPONSE, "openai")])
def test_other_surfaces_retry_too(path, body, dialect, gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        first_then(2, fails(503), says(whole(body), KEEP)), QUICK,
        dialect=dialect))
    asked = {"model": "gpt-test", "max_tokens": 9, "input": "Hi",
             "messages": [{"role": "user", "content": "Hi"}]}
    response = fleet.g.post(f"/v1/{path}", asked)
    assert (response.status, response.json()) == (200, body)
    assert response.header("x-agent-attempts") == "3"
    assert len({call.request.body for call in fleet.calls}) == 1


def test_a_kept_connection_that_died_costs_no_attempt(gateway):
    """Neither `attempts 1` nor `retry attempts=1` is in its way."""
    def closes_the_second(exchange):
        if exchange.number == 2:
            return None
        return good("Fine.")(exchange)

    fleet = Fleet(gateway, model("target main; attempts 1;"),
                  main=closes_the_second)
    with fleet.g.connect() as client:
        for _ in range(2):
            response = fleet.ask_on(client)
            assert text_of(response) == "Fine."
            assert response.header("x-agent-attempts") == "1"
    assert value(fleet.g, "agent_redials_total") == 1
    assert value(fleet.g, "agent_target_attempts_total",
                 target="main/gpt-test") == 2


# ---- what a provider asks for ---------------------------------------------

def retry_info(delay):
    return says(whole({"error": {
        "code": 429, "message": "Slowly.", "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.QuotaFailure"},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo",
                     "retryDelay": delay}]}}, 429), KEEP)


def dated(seconds, skew=0):
    """By the provider's own clock, which is wrong by `skew`."""
    now = int(time.time()) + skew
    return [("Date", email.utils.formatdate(now, usegmt=True)),
            ("Retry-After", email.utils.formatdate(now + seconds,
                                                   usegmt=True))]


# how it is said: (script, seconds)
WAITS = {
    "seconds": (fails(429, [("Retry-After", "1")]), 1),
    "a fraction": (fails(429, [("retry-after", "0.4")]), 0.4),
    "milliseconds": (fails(429, [("retry-after-ms", "400")]), 0.4),
    "a date": (fails(429, dated(1, -86400)), 1),
    "RetryInfo": (retry_info("0.4s"), 0.4),
    "a reset": (fails(429, [("x-ratelimit-reset-requests", "400ms"),
                            ("x-ratelimit-remaining-requests", "0"),
                            ("x-ratelimit-reset-tokens", "6m0s"),
                            ("x-ratelimit-remaining-tokens", "50")]), 0.4),
    "seconds of a 503": (fails(503, [("Retry-After", "1")]), 1),
    "milliseconds, not the seconds beside them":
        (fails(429, [("Retry-After", "60"), ("retry-after-ms", "400")]), 0.4),
}


@pytest.fixture(scope="module")
def waits(shared):
    return cases(shared, [first_then(1, script, good("Fine."))
                          for script, _ in WAITS.values()], QUICK)


@pytest.mark.parametrize("number, name", list(enumerate(WAITS)), ids=WAITS)
def test_a_wait_that_a_provider_asks_for_is_not_shortened(number, name,
                                                          waits):
    who, response = ask_case(waits, number, streamed=number % 2 == 1)
    assert text_of(response) == "Fine."
    assert waits.gaps(who)[0] >= WAITS[name][1] - 0.01


def test_two_seconds_are_waited_and_not_more(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(first_then(1, fails(429, [("Retry-After", "2")]),
                                         good("Fine.")), QUICK),
                  spare=good("Spare."))
    assert text_of(fleet.ask()) == "Fine."
    assert fleet.asked == ["main", "main"]
    assert fleet.gaps()[0] >= 1.99


LONG = {"seconds": fails(429, [("Retry-After", "30")]),
        "milliseconds": fails(429, [("retry-after-ms", "2001")]),
        "a date": fails(429, dated(30)), "RetryInfo": retry_info("30s"),
        "a reset": fails(429, [("x-ratelimit-reset-requests", "30s"),
                               ("x-ratelimit-remaining-requests", "0")]),
        "seconds of a 503": fails(503, [("Retry-After", "30")])}


@pytest.fixture(scope="module")
def longer(shared):
    return cases(shared, LONG.values(), QUICK, "fallback spare;")


@pytest.mark.parametrize("number, name", list(enumerate(LONG)), ids=LONG)
def test_a_longer_wait_leads_to_the_next_target_at_once(number, name, longer):
    started = time.monotonic()
    who, response = ask_case(longer, number, streamed=number % 2 == 1)
    assert text_of(response) == "Spare."
    assert len(longer.of(who)) == 1
    assert time.monotonic() - started < 2


def test_no_wait_for_a_target_whose_breaker_has_opened(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"), main=Member(
        fails(503, [("Retry-After", "2")]),
        "retry attempts=2 base=1ms max=1ms; breaker failures=1;"),
        spare=good("Spare."))
    assert text_of(fleet.ask()) == "Spare."
    assert fleet.gaps()[0] < 1.9
    assert value(fleet.g, "agent_model_retries_total",
                 gen_ai_request_model="gpt-test") == 0


def test_a_limited_target_rests_for_all_calls(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(LONG["seconds"], QUICK), spare=good("Spare."))
    for _ in range(12):             # on whatever worker
        assert text_of(fleet.ask()) == "Spare."
    assert fleet.count() == {"main": 1, "spare": 12}


def test_without_a_wait_a_limited_target_is_not_asked_at_once(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        first_then(1, fails(429), good("Fine.")),
        "retry attempts=2 base=600ms max=600ms; breaker off;"))
    assert text_of(fleet.ask()) == "Fine."
    assert fleet.gaps()[0] >= 0.3 - 0.01


# (what each target says, status, seconds for the client, may it retry)
TOLD = {
    "one": ([("429", "30")], 429, "30", "true"),
    "the smallest": ([("429", "30"), ("429", "7"), ("429", "12")],
                     429, "7", "true"),
    "more than a minute": ([("429", "61"), ("429", "90")], 429, "61",
                           "false"),
    "a 503's": ([("429", "30"), ("503", "5")], 503, "5", "false"),
    "one that another target does not give":
        ([("429", "30"), ("503", None)], 503, "30", "false"),
    "none": ([("503", None)], 503, None, "false"),
}


@pytest.fixture(scope="module")
def told(shared):
    models, members = "", {}
    for number, (said, *_) in enumerate(TOLD.values()):
        lines = []
        for code, wait in said:
            name = f"c{number}_{len(lines)}"
            members[name] = fails(int(code), [("Retry-After", wait)]
                                  if wait else [])
            lines.append(f"fallback {name};" if lines else f"target {name};")
        models += model(*lines, name=f"c{number}")
    return Fleet(shared, models, **members)


@pytest.mark.parametrize("number, name", list(enumerate(TOLD)), ids=TOLD)
def test_the_client_is_told_the_smallest_wait(number, name, told):
    said, status, seconds, again = TOLD[name]
    response = told.ask(f"c{number}", stream=number % 2 == 1)
    assert response.header("x-agent-attempts") == str(len(said))
    assert response.status == status
    assert response.header("retry-after") == seconds
    assert response.header("retry-after-ms") \
        == (seconds and f"{seconds}000")
    assert response.header("x-should-retry") == again


def test_a_wait_in_milliseconds_is_told_in_both_forms(gateway):
    fleet = Fleet(gateway, ALONE,
                  main=fails(429, [("retry-after-ms", "6500.5")]))
    response = fleet.ask()
    assert response.header("retry-after-ms") == "6501"
    assert response.header("retry-after") == "7"


# ---- large, late, crowded -------------------------------------------------

@pytest.mark.parametrize("size", [20_000, 60_000, 200_000])
def test_a_large_refusal_of_a_stream_is_read_to_its_end(size, gateway):
    """It is no stream: nothing that paces one may hold it up."""
    fleet = Fleet(gateway, model("target main;", "fallback spare;"),
                  main=fails(400, message="x" * size), spare=good("Spare."))
    response = fleet.ask(stream=True)
    assert response.status == 400
    assert fleet.asked == ["main"]


def test_a_large_answer_that_is_no_stream_goes_to_the_next_at_once(gateway):
    fleet = Fleet(gateway, model("target main;", "fallback spare;"),
                  main=says(whole({"id": "x" * 60_000}), KEEP),
                  spare=good("Spare."))
    assert text_of(fleet.ask(stream=True)) == "Spare."


def test_a_retry_waits_for_a_place_like_everybody(gateway):
    """Who gave its place back after a failure queues again."""
    # one call may be unlucky six times
    lines = "retry attempts=8 base=1ms max=1ms; breaker off;" \
            "limit concurrency=1 queue=50 wait=10s;"
    fleet = Fleet(gateway, model("target main;", "attempts 10;"), main=Member(
        first_then(6, fails(503), good("Main.")), lines))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(fleet.ask()))
               for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status for a in answers] == [200] * 8
    assert fleet.count()["main"] == 14
