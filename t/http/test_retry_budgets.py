"""One budget over everything that a call causes; a tenant's share of retries;
and what an outage gets instead of a storm."""

import concurrent.futures
import time

import openai
import pytest

from fleets import (ONCE, QUICK, Fleet, Member, fails, good, model, outcome,
                    text_of)
import providers as P
from providers import (HANG, KEEP, RESET, chunk, says, sse, stream_head,
                       whole)
from test_status import value


ALONE = model("target main;")
HTML = says(whole(b"<html>", content_type="text/html"), KEEP)


# ---- the budget of a call -------------------------------------------------

def test_attempts_count_over_retries_and_fallbacks(gateway):
    wanted = {1: "a", 2: "ab", 3: "abb", 4: "abbb", 5: "abbbc", 9: "abbbcc"}
    fleet = Fleet(
        gateway,
        "".join(model(f"target a/{n}; fallback b/{n}; fallback c/{n};",
                      f"attempts {n};", name=f"m{n}") for n in wanted),
        a=fails(500), b=Member(fails(500), QUICK),
        c=Member(fails(500), QUICK.replace("attempts=3", "attempts=2")))
    for attempts, asked in wanted.items():
        fleet.calls.clear()
        response = fleet.ask(f"m{attempts}", stream=attempts % 2 == 1)
        assert "".join(fleet.asked) == asked
        assert response.header("x-agent-attempts") == str(len(asked))
        assert response.header("x-agent-provider") == asked[-1]


def test_four_attempts_are_the_default(gateway):
    fleet = Fleet(gateway, model("target a; fallback b;"),
                  a=Member(fails(500), QUICK), b=Member(fails(500), QUICK))
    fleet.ask()
    assert "".join(fleet.asked) == "aaab"


def slowly(script, seconds):
    def run(exchange):
        time.sleep(seconds)
        return script(exchange)
    return run


def test_no_attempt_starts_or_waits_later_than_within(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;",
                                 "attempts 4 within=300ms;"),
                  main=Member(slowly(fails(503), 5), QUICK),
                  spare=good("Spare."))
    started = time.monotonic()
    assert outcome(fleet.ask()) == (504, "provider_timeout")
    assert time.monotonic() - started < 4
    assert fleet.asked == ["main"]


def test_an_attempts_own_timeout_leaves_time_for_the_next(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;",
                                 "timeout total=200ms; attempts 4 within=9s;"),
                  main=Member(says(HANG), QUICK), spare=good("Spare."))
    assert text_of(fleet.ask()) == "Spare."


def test_within_ends_at_the_commit(gateway):
    """A stream that has begun may take its time."""
    def paced(exchange):
        exchange.send(stream_head() + chunk(sse(*P.WORDS[:2])))
        time.sleep(0.8)
        exchange.send(chunk(sse(*P.WORDS[2:], "[DONE]")) + chunk(b""))
        return True
    fleet = Fleet(gateway, model("target main;", "attempts 4 within=300ms;"),
                  main=Member(paced, QUICK))
    assert fleet.ask(stream=True).data()[-1] == "[DONE]"


def test_a_wait_that_ends_later_than_within_is_not_begun(gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;",
                                 "attempts 4 within=1s;"),
                  main=Member(fails(503, [("Retry-After", "2")]), QUICK),
                  spare=good("Spare."))
    assert text_of(fleet.ask()) == "Spare."
    assert fleet.asked == ["main", "spare"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_client_may_have_less_patience(streamed, gateway):
    fleet = Fleet(gateway, model("target main; fallback spare;",
                                 "attempts 4 within=1m;"),
                  main=Member(says(HANG), QUICK), spare=good("Spare."))
    started = time.monotonic()
    response = fleet.ask(stream=streamed,
                         headers=[("x-agent-timeout-ms", "400")])
    assert outcome(response) == (504, "provider_timeout")
    assert 0.4 <= time.monotonic() - started < 10
    assert fleet.asked == ["main"]


def test_a_client_cannot_have_more_time_than_the_configuration_gives(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(
        says(HANG), ONCE + "timeout total=300ms;"))
    response = fleet.ask(headers=[("x-agent-timeout-ms", "60000")])
    assert outcome(response) == (504, "provider_timeout")


def test_a_time_that_is_none_is_refused(gateway):
    fleet = Fleet(gateway, ALONE, main=good("Fine."))
    for text in ("0", "-1", "1.5", "soon", "99999999999999"):
        response = fleet.ask(headers=[("x-agent-timeout-ms", text)])
        assert response.status == 400
        assert "x-agent-timeout-ms" in response.error["message"]
    assert fleet.asked == []


# ---- retry ----------------------------------------------------------------

def test_retry_says_how_often_a_target_is_asked(gateway):
    options = {"one": ("attempts=1", 1), "three": ("base=1ms max=2ms", 3),
               "eight": ("attempts=8 base=1ms max=1ms", 8)}
    fleet = Fleet(
        gateway, "".join(model(f"target {name}; attempts 12;", name=name)
                         for name in options),
        **{name: Member(fails(500), f"retry {words}; breaker off;")
           for name, (words, _) in options.items()})
    for name, (_, times) in options.items():
        assert outcome(fleet.ask(name)) == (502, "provider_error")
        assert len(fleet.of(name)) == times


def test_the_longest_wait_is_max_whatever_the_factor(gateway):
    """Without max the last of these would take minutes."""
    fleet = Fleet(gateway, model("target main; attempts 9;"), main=Member(
        fails(500),
        "retry attempts=9 base=20ms factor=10 max=20ms; breaker off;"))
    fleet.ask()
    assert len(fleet.calls) == 9
    assert sum(fleet.gaps()) < 9


# ---- a tenant's share -----------------------------------------------------

SAVED = 10                          # retries that a tenant may have saved up


@pytest.mark.parametrize("member", [
    Member(fails(503), "retry attempts=2 base=1ms max=1ms; breaker off;"),
    Member(fails(429), "retry attempts=2 base=1ms max=1ms; breaker off;",
           keys=("", "")),
], ids=["retries", "other keys after 429"])
def test_a_tenants_retries_are_a_fifth_of_its_calls(member, gateway):
    fleet = Fleet(gateway, ALONE, main=member)
    for i in range(60):
        response = fleet.ask(stream=i % 2 == 0)
        assert response.error["code"] in ("provider_unavailable",
                                          "provider_rate_limited")
        time.sleep(0.005)           # keys that were limited rest for `base`
    retries = len(fleet.calls) - 60
    assert SAVED <= retries <= SAVED + 60 / 5
    assert value(fleet.g, "agent_tenant_retries_refused_total",
                 tenant="team") == 60 - retries
    assert value(fleet.g, "agent_model_retries_total",
                 gen_ai_request_model="gpt-test") == retries


def test_the_share_is_the_tenants_own_and_fallbacks_are_free(gateway):
    fleet = Fleet(
        gateway, model("target main;") + model("target main; fallback spare;",
                                               name="safe"),
        tenants=["other"], spare=good("Spare."), main=Member(
            fails(503), "retry attempts=2 base=1ms max=1ms; breaker off;"))

    def asked(name, **kwargs):
        fleet.calls.clear()
        response = fleet.ask(name, **kwargs)
        return response.status, fleet.asked

    for _ in range(20):
        fleet.ask()
    results = [asked("safe") for _ in range(4)]
    assert (200, ["main", "spare"]) in results
    assert all(status == 200 for status, _ in results)
    assert asked("safe", tenant="other") == (200, ["main", "main", "spare"])


# ---- an outage is not multiplied ------------------------------------------

DOWN = {"503": fails(503), "500": fails(500), "resets": says(RESET),
        "nonsense": HTML}


SOON = "retry base=1ms max=2ms;"    # all else is as it is by default


@pytest.mark.parametrize("script", DOWN.values(), ids=DOWN)
def test_a_provider_that_is_down_gets_at_most_a_tenth_more(script, gateway):
    fleet = Fleet(gateway, ALONE, main=Member(script, SOON))

    def some(number):
        with fleet.g.connect() as client:
            return [fleet.ask_on(client, stream=(i + number) % 2 == 0).status
                    for i in range(50)]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        statuses = sum(pool.map(some, range(4)), [])
    assert len(statuses) == 200 and set(statuses) <= {502, 503}
    assert 5 <= len(fleet.calls) <= 220


def test_one_call_after_the_other_gets_at_most_a_tenth_more(gateway):
    fleet = Fleet(gateway, ALONE, main=Member(fails(503), SOON))
    with fleet.g.connect() as client:
        for _ in range(200):
            assert fleet.ask_on(client).status == 503
    assert len(fleet.calls) <= 220


def test_the_openai_sdk_with_its_own_retries_gets_at_most_a_fifth_more(
        gateway):
    fleet = Fleet(gateway, ALONE, main=Member(fails(503), SOON))
    with openai.OpenAI(base_url=fleet.g.base_url, api_key=fleet.g.key,
                       timeout=20) as client:
        assert client.max_retries == 2
        for i in range(60):
            with pytest.raises(openai.InternalServerError):
                client.chat.completions.create(
                    model="gpt-test", stream=i % 2 == 0,
                    messages=[{"role": "user", "content": "Hi"}])
    assert len(fleet.calls) <= 72
    assert len(fleet.g.access(60)) == 60, "the SDK asked again"
