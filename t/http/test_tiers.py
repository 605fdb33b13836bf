"""Who answers when somebody cannot: tiers, causes, what the client sees."""

import json

import pytest

import providers as P
from fleets import (INVALID, NO_MONEY, ONCE, POLICY, QUICK, TOO_LONG, Fleet,
                    Member, fails, good, model, outcome, text_of)
from providers import HANG, KEEP, RESET, chunk, says, sse, whole
from test_responses import RESPONSE
from test_sdk_anthropic import MESSAGE
from test_status import value


HTML = says(whole(b"<html>", content_type="text/html"), KEEP)
QUIET = ONCE + "timeout first_token=300ms idle=300ms total=300ms;"
SHORT = good("No.")

LINES = ("target main;", "fallback second;", "fallback third;")


# ---- in order -------------------------------------------------------------

@pytest.mark.parametrize("streamed", [False, True])
def test_fallbacks_are_asked_in_the_order_of_their_lines(streamed, gateway):
    lines = ("fallback second;", "target main;", "fallback third;")
    fleet = Fleet(gateway, model(*lines), main=fails(503), third=good("3rd"),
                  second=says(RESET))
    response = fleet.ask(stream=streamed)
    assert text_of(response) == "3rd"
    assert fleet.asked == ["main", "second", "third"]
    assert response.header("x-agent-provider") == "third"
    assert response.header("x-agent-model") == "gpt-test"
    assert response.header("x-agent-attempts") == "3"
    assert response.header("x-agent-degraded") == "fallback"
    assert value(fleet.g, "agent_model_fallbacks_total",
                 gen_ai_request_model="gpt-test") >= 1
    call = fleet.g.access()[0]
    assert (call["provider"], call["attempts"]) == ("third", "3")


def test_a_good_target_is_not_called_degraded(gateway):
    fleet = Fleet(gateway, model(*LINES), main=good("Fine."),
                  second=good("2nd"), third=good("3rd"))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert text_of(response) == "Fine."
        assert response.header("x-agent-degraded") is None
        assert response.header("x-agent-attempts") == "1"
        assert response.header("x-agent-provider") == "main"
    assert fleet.asked == ["main", "main"]


def test_the_answer_names_the_model_that_gave_it(gateway):
    fleet = Fleet(gateway, model("target main/large;",
                                 "fallback second/small;"),
                  main=fails(500), second=good("Small."))
    response = fleet.ask()
    assert text_of(response) == "Small."
    assert response.header("x-agent-model") == "small"
    assert [call.request.json()["model"] for call in fleet.calls] \
        == ["large", "small"]
    assert fleet.g.access()[0]["target_model"] == "small"


def test_a_target_of_the_tier_is_no_fallback(gateway):
    """Asked whatever the failure, and the answer is not degraded."""
    fleet = Fleet(gateway, model("target main weight=1000; target second;",
                                 "balance round_robin; fallback third;"),
                  main=fails(500), second=good("2nd"), third=good("3rd"))
    with fleet.g.connect() as client:
        for _ in range(4):
            response = fleet.ask_on(client)
            assert text_of(response) == "2nd"
            assert response.header("x-agent-degraded") is None
    assert "third" not in fleet.asked and "main" in fleet.asked


def test_a_target_that_is_down_is_passed_over(gateway):
    fleet = Fleet(gateway, model(*LINES), main=Member(good("Fine."), "down;"),
                  second=good("2nd"), third=good("3rd"))
    response = fleet.ask()
    assert text_of(response) == "2nd"
    assert response.header("x-agent-attempts") == "1"
    assert response.header("x-agent-degraded") == "fallback"
    assert fleet.asked == ["second"]


def test_when_all_are_down_nobody_is_asked(gateway):
    fleet = Fleet(gateway, model("target main; fallback second;"),
                  main=Member(good("Fine."), "down;"),
                  second=Member(good("2nd"), words="down"))
    response = fleet.ask()
    assert outcome(response) == (503, "no_healthy_provider")
    assert response.header("x-agent-attempts") is None
    assert fleet.asked == []


# ---- for which causes -----------------------------------------------------

LENGTH = "validate min_length=9;"

# cause: scripts that are one, and what the client gets without a fallback
CAUSES = {
    "error": {"a 500": (fails(500), 502), "a 503": (fails(503), 503),
              "a reset": (says(RESET), 502), "nonsense": (HTML, 502),
              "a 404": (fails(404, code="model_not_found"), 404),
              "a refused key": (fails(401), 502), "no money": (NO_MONEY, 502),
              "a conflict": (fails(409), 503)},
    "timeout": {"silence": (says(HANG), 504)},
    "rate_limit": {"a 429": (fails(429), 429)},
    "context_length": {"a long text": (TOO_LONG, 400)},
    "content_policy": {"a refusal": (POLICY, 400)},
    "validation": {"a short answer": (SHORT, 502)},
}

ROWS = [(cause, name, *row) for cause, rows in CAUSES.items()
        for name, row in rows.items()]
DEFAULT = set(CAUSES) - {"content_policy"}


def others(cause):
    return ",".join(c for c in CAUSES if c != cause)


@pytest.fixture(scope="module")
def causes(shared):
    """For each row a provider, and models that name its cause or do not."""
    models, members = "", {"spare": good("Long enough.")}
    for i, (cause, name, script, _) in enumerate(ROWS):
        members[f"p{i}"] = Member(script, QUIET)
        more = LENGTH if cause == "validation" else ""
        for kind, on in (("with", f"on={cause}"), ("default", ""),
                         ("without", f"on={others(cause)}")):
            models += model(f"target p{i}/{kind}; fallback spare {on};", more,
                            name=f"{kind}{i}")
    return Fleet(shared, models, **members)


def numbered(rows):
    return [pytest.param(i, id=row[1]) for i, row in enumerate(rows)]


@pytest.mark.parametrize("number", numbered(ROWS))
def test_a_fallback_is_asked_for_the_causes_that_it_names(number, causes):
    cause, name, _, status = ROWS[number]
    streamed = cause != "validation" and number % 2 == 0

    response = causes.ask(f"without{number}", stream=streamed)
    assert response.status == status, response
    assert response.header("x-agent-attempts") == "1"
    assert response.header("x-agent-provider") == f"p{number}"
    assert response.header("x-agent-degraded") is None

    if name in ("a refused key", "no money"):
        return                          # it rests now
    response = causes.ask(f"with{number}", stream=streamed)
    assert text_of(response) == "Long enough."
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") == "fallback"

    response = causes.ask(f"default{number}", stream=streamed)
    if cause in DEFAULT:
        assert text_of(response) == "Long enough."
    else:
        assert response.status == status


@pytest.mark.parametrize("script", [INVALID, fails(413), fails(422)],
                         ids=["400", "413", "422"])
def test_the_clients_own_mistake_is_nobody_elses_turn(script, gateway):
    every = "on=" + ",".join(CAUSES)
    fleet = Fleet(gateway, model("target main; target second;",
                                 f"fallback third {every};"),
                  main=Member(script, QUICK), second=Member(script, QUICK),
                  third=good("3rd"))
    response = fleet.ask()
    assert 400 <= response.status < 500
    assert response.error["type"] == "invalid_request_error" \
        or response.error["type"] == "error"
    assert len(fleet.calls) == 1


def test_a_fallback_that_does_not_name_the_cause_is_passed_over(gateway):
    fleet = Fleet(gateway, model("target main; fallback second on=timeout;",
                                 "fallback third on=rate_limit;"),
                  main=fails(429), second=good("2nd"), third=good("3rd"))
    assert text_of(fleet.ask()) == "3rd"
    assert fleet.asked == ["main", "third"]


def test_the_cause_is_that_of_the_last_failure(gateway):
    fleet = Fleet(gateway, model("target main;",
                                 "fallback second on=rate_limit;",
                                 "fallback third on=error;"),
                  main=fails(429), second=fails(500), third=good("3rd"))
    assert text_of(fleet.ask()) == "3rd"
    assert fleet.asked == ["main", "second", "third"]


def test_a_context_that_is_too_long_is_not_tried_at_its_equals(gateway):
    fleet = Fleet(gateway, model("target main; target second;",
                                 "fallback third;"),
                  main=TOO_LONG, second=TOO_LONG, third=good("3rd"))
    assert text_of(fleet.ask()) == "3rd"
    assert len(fleet.calls) == 2 and fleet.asked[1] == "third"


def test_targets_out_of_order_count_as_an_error(gateway):
    """Of those that are down only a fallback on=error takes the calls."""
    fleet = Fleet(gateway, model("target main; fallback second on=timeout;",
                                 "fallback third on=error;"),
                  main=Member(good("Fine."), "down;"), second=good("2nd"),
                  third=good("3rd"))
    assert text_of(fleet.ask()) == "3rd"
    assert fleet.asked == ["third"]


# ---- streams, and other surfaces ------------------------------------------

EVENT = json.dumps({"error": {"message": "Overloaded", "code": None,
                              "type": "overloaded_error", "param": None}})

# What a stream may do before its first content
BEGINNINGS = {
    "a wrong type": says(whole(b"hello", content_type="text/plain"), KEEP),
    "an error event": says(P.stream(EVENT), KEEP),
    "an error event after the role": says(P.stream(P.FIRST, EVENT), KEEP),
    "nothing": says(P.stream_head() + P.LAST, KEEP),
    "only the end": says(P.stream_head() + chunk(sse("[DONE]")) + P.LAST,
                         KEEP),
    "a reset after the role": says(P.stream_head() + chunk(sse(P.FIRST)),
                                   RESET),
    "silence after the role": says(P.stream_head() + chunk(sse(P.FIRST)),
                                   HANG),
    "a slow start": says(P.stream_head(), HANG),
}


@pytest.mark.parametrize("script", BEGINNINGS.values(), ids=BEGINNINGS)
def test_a_stream_without_content_is_the_next_ones_turn(script, gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(script, QUIET), spare=good("Spare."))
    response = fleet.ask(stream=True)
    assert text_of(response) == "Spare."
    assert response.header("x-agent-provider") == "spare"
    assert b"Overloaded" not in response.body
    assert response.data().count("[DONE]") == 1
    assert response.data()[0] == P.FIRST


@pytest.mark.parametrize("path, body, dialect", [
    ("messages", MESSAGE, "anthropic"), ("responses", RESPONSE, "responses")])
def test_other_surfaces_fall_back_too(path, body, dialect, gateway):
    fleet = Fleet(gateway, model(*LINES, "attempts 9;"),
                  main=Member(fails(529), QUICK, dialect=dialect),
                  second=Member(fails(401), dialect=dialect),
                  third=Member(says(whole(body), KEEP), dialect=dialect))
    response = fleet.g.post(f"/v1/{path}", {
        "model": "gpt-test", "max_tokens": 9, "input": "Hi",
        "messages": [{"role": "user", "content": "Hi"}]})
    assert (response.status, response.json()) == (200, body)
    assert fleet.asked == ["main"] * 3 + ["second", "third"]
    assert response.header("x-agent-attempts") == "5"
    assert response.header("x-agent-degraded") == "fallback"


EMBEDDING = {"object": "list", "model": "e", "data": [
    {"object": "embedding", "index": 0, "embedding": [0.5]}],
    "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def embed(fleet):
    return fleet.g.post("/v1/embeddings",
                        {"model": "gpt-test", "input": "x"})


def test_an_endpoint_goes_to_a_target_that_serves_it(gateway):
    fleet = Fleet(gateway, model("target answers; fallback embeds;"),
                  answers=Member(good("Never."), dialect="anthropic"),
                  embeds=Member(says(whole(EMBEDDING), KEEP)))
    assert embed(fleet).json()["data"][0]["embedding"] == [0.5]
    assert fleet.asked == ["embeds"]


def test_an_endpoint_that_no_target_serves_is_refused(gateway):
    fleet = Fleet(gateway, model("target main; fallback second;"),
                  main=Member(good("1st"), dialect="anthropic"),
                  second=Member(good("2nd"), dialect="anthropic"))
    assert outcome(embed(fleet)) == (400, "unsupported_endpoint")
    assert fleet.asked == []


# ---- the last useful error ------------------------------------------------

# What each tier says: what the client gets
ERRORS = {
    "a 400 is not hidden":
        ([TOO_LONG, fails(500)], (400, "context_length_exceeded")),
    "nor behind a 503":
        ([TOO_LONG, fails(503), fails(502)],
         (400, "context_length_exceeded")),
    "a fallback's 400 is not shown after a 503":
        ([fails(503), INVALID], (503, "provider_unavailable")),
    "nor is its window":
        ([fails(503), TOO_LONG], (503, "provider_unavailable")),
    "nor its policy":
        ([fails(500), POLICY], (502, "provider_error")),
    "a refused key hides nothing":
        ([fails(503), fails(401)], (503, "provider_unavailable")),
    "a missing model hides nothing":
        ([fails(429), fails(404)], (429, "provider_rate_limited")),
    "a refused key is the least":
        ([fails(401), fails(503)], (503, "provider_unavailable")),
    "the last of equals":
        ([fails(500), fails(429), fails(503)],
         (503, "provider_unavailable")),
}


@pytest.fixture(scope="module")
def errors(shared):
    models, members = "", {}
    for i, (scripts, _) in enumerate(ERRORS.values()):
        names = [f"p{i}_{n}" for n in range(len(scripts))]
        members.update(zip(names, scripts))
        models += model(f"target {names[0]};", name=f"m{i}", *[
            f"fallback {name};" for name in names[1:]])
    return Fleet(shared, models, **members)


@pytest.mark.parametrize("number, name", list(enumerate(ERRORS)), ids=ERRORS)
def test_the_client_gets_the_last_useful_error(number, name, errors):
    scripts, wanted = ERRORS[name]
    response = errors.ask(f"m{number}", stream=number % 2 == 1)
    assert outcome(response) == wanted
    assert response.header("x-agent-attempts") == str(len(scripts))
    assert response.header("x-agent-degraded") is None


def test_a_400_comes_in_the_words_of_who_said_it(gateway):
    fleet = Fleet(gateway, model("target main; fallback second;"),
                  main=TOO_LONG, second=fails(503))
    response = fleet.ask()
    assert "maximum context length is 10 tokens" \
        in response.error["message"]
    assert response.header("x-agent-provider") == "main"
    assert fleet.asked == ["main", "second"]


# ---- tags -----------------------------------------------------------------

EU, US = ONCE + "tags eu;", ONCE + "tags us private;"


@pytest.mark.parametrize("streamed", [False, True])
def test_no_fallback_leads_out_of_what_a_tenant_requires(streamed, gateway):
    fleet = Fleet(gateway, model("target home; fallback away;",
                                 "fallback bare; attempts 9;"),
                  tenant="require eu;", tenants=["free"],
                  home=Member(fails(503), EU), away=Member(good("US"), US),
                  bare=good("No tags."))
    response = fleet.ask(stream=streamed)
    assert outcome(response) == (503, "provider_unavailable")
    assert fleet.asked == ["home"]
    assert text_of(fleet.ask(tenant="free")) == "US"


def test_only_targets_with_all_tags_are_asked(gateway):
    fleet = Fleet(gateway, model("target a; target b; target c;"),
                  tenant="require eu private;", a=Member(good("a"), EU),
                  b=Member(good("b"), ONCE + "tags private eu x;"),
                  c=Member(good("c"), US))
    for _ in range(20):
        assert text_of(fleet.ask()) == "b"


def test_a_model_without_such_a_target_has_no_healthy_provider(gateway):
    fleet = Fleet(gateway, model("target away; fallback bare;")
                  + model("target home;", name="home"), tenant="require eu;",
                  away=Member(good("US"), US), bare=good("No tags."),
                  home=Member(good("EU"), EU))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert outcome(response) == (503, "no_healthy_provider")
        assert response.header("retry-after") is None
        assert response.header("x-should-retry") != "true"
    assert fleet.asked == []


# ---- maintenance ----------------------------------------------------------

def test_maintenance_says_why_and_until_when(gateway):
    text = "Moving house, back at 14:00 UTC. Ä."
    fleet = Fleet(gateway, model(
        "target main;", f'maintenance "{text}" retry=20m;') + model(
        "target main;", 'maintenance "Soon.";', name="soon") + model(
        "target main;", name="open"), main=good("Fine."))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert outcome(response) == (503, "model_maintenance")
        assert response.error["message"] == text
        assert response.header("retry-after") == "1200"
        assert response.header("retry-after-ms") == "1200000"
        assert response.header("x-agent-attempts") is None
    response = fleet.ask("soon")
    assert response.error["message"] == "Soon."
    assert response.header("retry-after") is None
    response = fleet.g.post("/v1/messages", {
        "model": "gpt-test", "max_tokens": 1,
        "messages": [{"role": "user", "content": "Hi"}]})
    assert response.status == 503
    assert response.error == {"type": "overloaded_error", "message": text}
    assert fleet.asked == []
    assert text_of(fleet.ask("open")) == "Fine."
