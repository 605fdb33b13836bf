"""Several keys at one provider: shares, rests, and that nobody sees them."""

import collections
import json

import pytest

import fleets
from fleets import (NO_MONEY, ONCE, Fleet, Member, fails, good, model,
                    outcome, text_of)
from gateway import until
from providers import KEEP, says, whole
from test_responses import RESPONSE
from test_sdk_anthropic import MESSAGE
from test_status import value

pytestmark = pytest.mark.smoke

ALONE = model("target main;")
TWO = ("", "")
THREE = ("", "", "")

# One attempt at a time, as many as there are keys; a refused key rests for
# 30 s, as by default.
PATIENT = "retry attempts=5 base=1ms max=1ms; breaker failures=1000;"


class Doors:
    """Answers well, but for keys that it refuses or limits."""

    def __init__(self, refuse, answer=None):
        self.refuse = refuse            # number of a key: script
        self.answer = answer or good("Fine.")

    def __call__(self, exchange):
        return self.refuse.get(exchange.key, self.answer)(exchange)


class First(Doors):
    """Does so to the key that comes first, whichever it is."""

    def __init__(self, script, answer=None):
        super().__init__({}, answer)
        self.script = script

    def __call__(self, exchange):
        if not self.refuse:
            self.refuse[exchange.key] = self.script
        return super().__call__(exchange)

    @property
    def bad(self):
        return next(iter(self.refuse))


# Whatever refuses an account; the client must not take it for its own key.
REFUSALS = {
    "401": fails(401, message="Incorrect API key provided."),
    "402": fails(402, message="Payment required."),
    "403": fails(403, message="Not for you."),
    "insufficient_quota": NO_MONEY,
    "insufficient_quota in a 403": fails(403, type="insufficient_quota",
                                         code="insufficient_quota"),
}

LIMITED = fails(429, [("Retry-After", "30")])


# ---- shares ---------------------------------------------------------------

def test_keys_are_used_by_weight(gateway):
    """Of 300 calls 225 are due: 50 more or less is 6.7 times what chance
    does."""
    fleet = Fleet(gateway, ALONE, main=Member(
        good("Fine."), keys=("weight=6", "weight=2")))
    with fleet.g.connect() as client:
        for _ in range(300):
            assert text_of(fleet.ask_on(client)) == "Fine."
    used = collections.Counter(fleet.keys)
    assert set(used) == {1, 2} and 175 <= used[1] <= 275


def test_sixteen_keys_are_all_used(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(good("Fine."),
                                              keys=("",) * 16))
    with fleet.g.connect() as client:
        assert until(lambda: fleet.ask_on(client).status == 200
                     and set(fleet.keys) == set(range(1, 17)), pause=0)


# ---- a key that is limited ------------------------------------------------

@pytest.mark.parametrize("streamed", [False, True])
def test_after_429_another_key_goes_on_at_once(streamed, gateway):
    limits = First(LIMITED)
    fleet = Fleet(gateway, ALONE, main=Member(limits, PATIENT, TWO))
    response = fleet.ask(stream=streamed)
    assert text_of(response) == "Fine."
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") is None
    assert fleet.gaps()[0] < 20         # the provider asked for 30
    assert set(fleet.keys) == {1, 2}


def test_a_limited_key_rests_until_its_time(gateway):
    limits = First(LIMITED)
    fleet = Fleet(gateway, ALONE, main=Member(limits, PATIENT, THREE))
    for _ in range(30):                 # of both workers
        assert text_of(fleet.ask()) == "Fine."
    assert fleet.keys.count(limits.bad) == 1
    assert len(set(fleet.keys)) == 3
    assert value(fleet.g, "agent_target_rests_total",
                 target="main/gpt-test") == 1


def test_a_limited_key_rests_at_its_own_target_only(gateway):
    limits = First(LIMITED)
    fleet = Fleet(gateway, model("target main/a;", name="a")
                  + model("target main/b;", name="b"),
                  main=Member(limits, PATIENT, TWO))
    assert text_of(fleet.ask("a")) == "Fine."
    bad = limits.bad
    limits.refuse = {0: LIMITED}
    assert until(lambda: fleet.ask("b").status == 200
                 and fleet.keys[-1] == bad)


def test_a_key_comes_back_when_it_has_rested(gateway):
    limits = First(fails(429, [("retry-after-ms", "700")]))
    fleet = Fleet(gateway, ALONE, main=Member(limits, PATIENT, TWO))
    assert text_of(fleet.ask()) == "Fine."
    bad = limits.bad
    limits.refuse = {0: LIMITED}
    assert until(lambda: fleet.ask().status == 200 and fleet.keys[-1] == bad)
    assert fleet.calls[-1].time - fleet.calls[0].time >= 0.69


def test_when_all_keys_are_limited_the_client_is_told_the_smallest_wait(
        gateway):
    limits = Doors({1: fails(429, [("Retry-After", "40")]),
                    2: fails(429, [("Retry-After", "20")])})
    fleet = Fleet(gateway, ALONE, main=Member(limits, PATIENT, TWO))
    response = fleet.ask()
    assert outcome(response) == (429, "provider_rate_limited")
    assert sorted(fleet.keys) == [1, 2]
    assert response.header("retry-after") == "20"
    assert response.header("x-should-retry") == "true"
    later = fleet.ask()                 # nobody is asked in vain
    assert outcome(later) == (503, "no_healthy_provider")
    assert 1 <= int(later.header("retry-after")) <= 20
    assert later.header("x-should-retry") == "true"
    assert len(fleet.calls) == 2


def test_limited_keys_lead_to_the_fallback(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(LIMITED, PATIENT, TWO), spare=good("Spare."))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert text_of(response) == "Spare."
        assert response.header("x-agent-degraded") == "fallback"
    assert fleet.asked == ["main", "main", "spare", "spare"]


# ---- a key that is refused ------------------------------------------------

@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refused_key_rests_for_all_targets_of_its_provider(refusal,
                                                             gateway):
    refuses = First(refusal)
    fleet = Fleet(gateway, model("target main/a;", name="a")
                  + model("target main/b;", name="b"),
                  main=Member(refuses, PATIENT, TWO))
    response = fleet.ask("a", stream=True)
    assert text_of(response) == "Fine."
    assert response.header("x-agent-attempts") == "2"
    for _ in range(10):
        assert text_of(fleet.ask("a")) == "Fine."
        assert text_of(fleet.ask("b")) == "Fine."
    assert fleet.keys.count(refuses.bad) == 1


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_when_all_keys_are_refused_it_is_not_the_clients_fault(refusal,
                                                               gateway):
    fleet = Fleet(gateway, ALONE, main=Member(refusal, PATIENT, THREE))
    response = fleet.ask()
    assert outcome(response) == (502, "provider_credentials")
    assert response.error["type"] == "server_error"
    assert response.header("x-should-retry") == "false"
    assert response.header("x-agent-attempts") == "3"
    assert sorted(fleet.keys) == [1, 2, 3]
    for stream in (True, False):
        later = fleet.ask(stream=stream)
        assert later.status in (502, 503)
        assert later.error["code"] in ("provider_credentials",
                                       "no_healthy_provider")
    assert "key refused" in fleet.g.log()


def test_no_retry_is_spent_on_refused_keys(gateway):
    """Not the tenant's share, and not the waits between retries."""
    fleet = Fleet(gateway, ALONE, main=Member(
        First(REFUSALS["401"]),
        "retry attempts=2 base=10s max=10s; breaker failures=1000;", TWO))
    assert text_of(fleet.ask()) == "Fine."
    assert fleet.gaps()[0] < 5


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_refused_keys_lead_to_the_fallback(refusal, gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;"),
                  main=Member(refusal, PATIENT, TWO), spare=good("Spare."))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert text_of(response) == "Spare."
        assert response.header("x-agent-provider") == "spare"
        assert response.header("x-agent-degraded") == "fallback"
    assert fleet.asked == ["main", "main", "spare", "spare"]


def test_a_refused_key_comes_back(gateway):
    refuses = First(REFUSALS["401"])
    fleet = Fleet(gateway, ALONE, main=Member(
        refuses, "retry attempts=2 base=1ms max=1ms; breaker open=700ms;",
        TWO))
    assert text_of(fleet.ask()) == "Fine."
    bad = refuses.bad
    refuses.refuse = {0: LIMITED}
    assert until(lambda: fleet.ask().status == 200 and fleet.keys[-1] == bad)
    assert fleet.calls[-1].time - fleet.calls[0].time >= 0.69


def test_the_only_key_comes_back_too(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        fleets.first_then(1, REFUSALS["401"], good("Fine.")),
        "retry attempts=1; breaker open=700ms;"))
    assert outcome(fleet.ask()) == (502, "provider_credentials")
    assert until(lambda: fleet.ask().status == 200)
    assert fleet.gaps()[0] >= 0.69


def test_a_key_that_is_replaced_is_tried_at_once(gateway):
    """By a reload; the one that stays goes on resting."""
    fleet = Fleet(gateway, ALONE, main=Member(REFUSALS["401"], PATIENT, TWO))
    assert outcome(fleet.ask()) == (502, "provider_credentials")
    fleet.secrets[fleet.g.secret("main_key2")] = 22
    fleet.g.reload()
    assert outcome(fleet.ask()) == (502, "provider_credentials")
    assert fleet.keys[2:] == [22]


@pytest.mark.parametrize("path, body, dialect", [
    ("messages", MESSAGE, "anthropic"), ("responses", RESPONSE, "openai")])
def test_other_surfaces_change_keys_too(path, body, dialect, gateway):
    answers = says(whole(body), KEEP)
    refuses = First(REFUSALS["401"], answers)
    fleet = Fleet(gateway, ALONE + model("target poor;", name="poor"),
                  main=Member(refuses, PATIENT, TWO, dialect=dialect),
                  poor=Member(REFUSALS["401"], PATIENT, TWO,
                              dialect=dialect))

    def ask(name):
        return fleet.g.post(f"/v1/{path}", {
            "model": name, "max_tokens": 9, "input": "Hi",
            "messages": [{"role": "user", "content": "Hi"}]})

    response = ask("gpt-test")
    assert (response.status, response.json()) == (200, body)
    assert set(fleet.keys) == {1, 2}
    response = ask("poor")
    assert response.status == 502
    assert response.error["type"] == ("api_error" if path == "messages"
                                      else "server_error")


# ---- nobody sees them -----------------------------------------------------

def tells(status):
    """Says the key that it got in every text where a client might look."""
    def script(exchange):
        key = exchange.request.headers["authorization"].partition(" ")[2]
        error = {"message": f"Key {key} is bad, Bearer {key}: {key[:24]}",
                 "type": key, "param": key, "code": None, "more": [key]}
        return fails(status, **error)(exchange)
    return script


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 503])
def test_a_key_that_a_provider_repeats_goes_nowhere(status, gateway):
    """What the logs hold is looked at when the gateway stops."""
    fleet = Fleet(gateway, ALONE, main=Member(
        tells(status), ONCE.replace("=1", "=2 base=1ms max=1ms"), TWO))
    for stream in (False, True):
        response = fleet.ask(stream=stream)
        assert response.status >= 400
        shows_no_key(fleet, response)
    page = fleet.g.page("/status")[2] + fleet.g.page("/metrics")[2]
    assert not any(secret in page for secret in fleet.secrets)


def shows_no_key(fleet, response):
    seen = json.dumps(response.headers).encode() + response.body
    for secret in fleet.secrets:
        assert secret.encode() not in seen
        assert secret[:24].encode() not in seen


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_key_in_a_providers_headers_goes_nowhere(status, gateway):
    def script(exchange):
        key = exchange.request.headers["authorization"].partition(" ")[2]
        body = RESPONSE if status == 200 else {"error": {"message": "No."}}
        exchange.send(whole(body, status, [
            ("x-request-id", key), ("openai-key", f"Bearer {key}"),
            ("Location", f"/{key}"), ("Set-Cookie", f"k={key}")]))
        return KEEP

    fleet = Fleet(gateway, ALONE, main=Member(script))
    response = fleet.g.post("/v1/responses", {"model": "gpt-test",
                                              "input": "Hi"})
    assert response.status == status
    shows_no_key(fleet, response)
