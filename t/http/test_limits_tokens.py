"""Tokens: reserved from an estimate, settled by what the provider reports.

After settlement the error is 0: providers here say what they used, and the
gateway must count just that.  Before it, no crowd may slip past the limit.
"""

import json
import random
import threading
import time

import pytest

import providers as P
from drills import Stage, number
from gateway import question, until
from limits import heaviest, house, key_of, refused, standing, tenant
from limits_load import SECOND, Herd, Shot, now, uniform
from providers import KEEP, chunk, delta, says, sse, stream_head, whole

MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant",
           "model": "claude-1", "content": [{"type": "text", "text": "Fine."}],
           "stop_reason": "end_turn", "stop_sequence": None}

WIDE = "limit tokens=1000k per=1h;"
LONG = "tokens/1h"


def usage(prompt, completion, **more):
    return {"prompt_tokens": prompt, "completion_tokens": completion,
            "total_tokens": prompt + completion, **more}


def chat(used, text="Hello there."):
    body = {**P.CHAT, "choices": [
        {"index": 0, "message": {"role": "assistant", "content": text,
                                 "refusal": None},
         "logprobs": None, "finish_reason": "stop"}]}
    del body["usage"]
    return body if used is None else {**body, "usage": used}


def says_used(used, text="Hello there."):
    """Answers whole or streamed, as it was asked, and reports that."""
    def script(exchange):
        if exchange.request.json().get("stream"):
            words = [P.FIRST, delta(content=text), delta(finish="stop")]
            if used is not None:
                words.append(P.usage_chunk(used))
            exchange.send(P.stream(*words))
        else:
            exchange.send(whole(chat(used, text)))
        return KEEP
    return script


# ---- Settlement -----------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("stream", [False, True])
def test_what_the_provider_reports_is_what_counts(stream, gateway):
    """Sums of tokens, and each kind alone."""
    chance, given = random.Random(7), []

    def script(exchange):
        given.append((chance.randint(1, 400), chance.randint(1, 90)))
        return says_used(usage(*given[-1]))(exchange)

    g = house(gateway, tenant(
        "a", WIDE, "limit input_tokens=2000k per=1h;",
        "limit output_tokens=2000k per=1h;"), script)
    for _ in range(25):
        assert g.of("a", question(stream=stream,
                                  max_tokens=100)).status == 200
    inputs, outputs = (sum(part) for part in zip(*given))
    g.settles("a", LONG, inputs + outputs)
    g.settles("a", "input_tokens/1h", inputs)
    g.settles("a", "output_tokens/1h", outputs)
    left = 1_000_000 - inputs - outputs
    limit, remaining, _ = standing(g.of("a", question(max_tokens=100)),
                                   "tokens")
    assert limit == 1_000_000   # told while it may still use 100 and itself
    assert left - 400 < remaining < left - 100


def test_no_token_is_lost_among_many_calls_of_four_workers(gateway):
    g = house(gateway, tenant("a", "limit tokens=100m per=1h;",
                              "limit requests=10k per=1h;"),
              workers=4, reuse="reuseport")
    with Herd(g.port, 64) as herd:
        calls = herd.fire([(0, Shot("a", key_of("a")))] * 3000)
    assert {c.status for c in calls} == {200}
    g.settles("a", LONG, 12 * 3000)
    assert g.used("a", "requests/1h") == 3000


@pytest.mark.smoke
def test_tokens_of_a_provider_s_cache_are_input_tokens(gateway):
    """Anthropic counts them apart; a limit has to see all of them."""
    used = {"input_tokens": 12, "output_tokens": 29,
            "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20}
    g = house(gateway, tenant("a", WIDE, "limit input_tokens=1m per=1h;"),
              says(whole({**MESSAGE, "usage": used}), KEEP),
              models="""
        agent_provider other { dialect anthropic; url @provider@;
                               key file:@provider_key@; }
        agent_model gpt-test { target other/claude; }""")
    body = {"model": "gpt-test", "max_tokens": 50, "messages": [
        {"role": "user", "content": "Hi."}]}
    for calls in (1, 2):
        assert g.post("/v1/messages", body, key=key_of("a")).status == 200
        g.settles("a", LONG, 161 * calls)
        g.settles("a", "input_tokens/1h", 132 * calls)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("reported", [
    None, {}, {"prompt_tokens": -5, "completion_tokens": -7},
    {"prompt_tokens": 0, "completion_tokens": 0},
    {"prompt_tokens": "9", "completion_tokens": "3"},
    {"prompt_tokens": None, "completion_tokens": None}])
def test_an_answer_without_a_usable_report_is_counted(reported, stream,
                                                      gateway):
    """80 words of 5 letters: somewhere between a token for each word and one
    for each letter."""
    g = house(gateway, tenant("a", WIDE, "limit output_tokens=1m per=1h;"),
              says_used(reported, "house " * 80))
    assert g.of("a", question(stream=stream,
                              max_tokens=3000)).status == 200
    assert until(lambda: 0 < g.used("a", LONG) < 700, timeout=4)
    output = g.used("a", "output_tokens/1h")
    assert 40 <= output <= 480
    assert output < g.used("a", LONG) <= output + 100


def test_calls_that_fail_cost_no_tokens(gateway):
    g = house(gateway, tenant("a", WIDE, "limit requests=100 per=1h;"),
              says(whole({"error": {"message": "No.", "type": "server_error"}},
                         500), KEEP))
    for used in (1, 2, 3):
        assert g.of("a").status == 502
        g.settles("a", "requests/1h", used)
        g.settles("a", LONG, 0)


@pytest.mark.smoke
@pytest.mark.parametrize("stream", [False, True])
def test_a_hostile_report_is_clamped(stream, gateway):
    """A thousand million tokens, where at most 100 were asked for, and more
    input than any model reads."""
    g = house(gateway, tenant("a", "limit output_tokens=10k per=1h;",
                              "limit input_tokens=1000m per=1h;"),
              says_used(usage(10 ** 9, 10 ** 9)))
    assert g.of("a", question(stream=stream, max_tokens=100)).status == 200
    assert until(lambda: 100 <= g.used("a", "output_tokens/1h") < 2000), \
        g.row("a", "output_tokens/1h")
    assert g.used("a", "input_tokens/1h") <= 10_000_000
    assert g.of("a", question(stream=stream, max_tokens=100)).status == 200


# ---- Reservation ----------------------------------------------------------

@pytest.mark.parametrize("workers", [1, 4])
def test_fifty_at_once_cannot_overshoot(workers, gateway):
    """Each may take 100 and its prompt; all that got in are still at it."""
    stage = Stage(says_used(usage(10, 100)), held=True)
    g = house(gateway, tenant("a", "limit tokens=1000 per=1h;"), stage,
              workers=workers, reuse="reuseport")
    clients = [g.connect() for _ in range(50)]
    for client in clients:
        client.send(g.chat_request(question(max_tokens=100),
                                   key=key_of("a")))
    assert until(lambda: number(g, "agent_calls_in_flight")
                 == len(stage.spans) and len(stage.spans) >= 6)
    assert 600 < g.used("a", LONG) <= 1000
    stage.free()
    answers = [client.response() for client in clients]
    good = sum(a.status == 200 for a in answers)
    assert good == stage.entered and 6 <= good <= 9
    for answer in answers:
        if answer.status != 200:
            refused(answer, LONG, "tokens")
    g.settles("a", LONG, 110 * good)


@pytest.mark.parametrize("seconds", [
    1, pytest.param(2, marks=pytest.mark.long)])
def test_no_window_sees_more_tokens_than_the_limit(seconds, gateway):
    """Every call uses 12: after settlement 12 of the window are gone.  What
    is reserved meanwhile is little, so most of the limit must be used."""
    span = 2.2 * seconds
    g = house(gateway, tenant("a", f"limit tokens=600 per={seconds}s;"),
              workers=4, reuse="reuseport")
    with Herd(g.port, 8) as herd:
        calls = g.read_log(herd.fire(
            [(at, Shot("a", key_of("a"), max_tokens=12))
             for at in uniform(300, span)]))
    entries = [(c.admitted, 12) for c in calls if c.status == 200]
    most = heaviest(entries, seconds * 1_000_000)
    assert 300 < most <= 600
    assert {c.limit for c in calls} == {None, f"tokens/{seconds}s"}
    assert len(entries) > 600 / 12


def test_tokens_come_back_when_their_window_is_over(gateway):
    """Each uses 909 of 1000: the next one has to wait, as long as it is told
    and no longer than a window and the 600th of it."""
    g = house(gateway, tenant("a", "limit tokens=1000 per=1s;"),
              says_used(usage(9, 900)))
    shot = Shot("a", key_of("a"), max_tokens=900)
    with Herd(g.port, 1) as herd:
        for _ in range(2):
            first, second = herd.fire([(0, shot)] * 2)
            assert second.received - first.sent < SECOND, "too slow to see it"
            assert (first.status, second.status) == (200, 429), (first, second)
            assert second.limit == "tokens/1s"
            assert 0 < second.wait <= 1_020_000
            time.sleep(max(0, second.received + second.wait - now()) / 1e6)


@pytest.mark.parametrize("fields", [
    {"max_tokens": 1001}, {"max_completion_tokens": 1001},
    {"max_tokens": 10 ** 9}, {"max_tokens": 300, "n": 4},
    {"max_tokens": 10, "text": "long " * 4000}])
def test_a_call_that_is_larger_than_its_limit_is_told_so(fields, gateway):
    g = house(gateway, tenant("a", "limit tokens=1000 per=1m;",
                              "limit requests=10 per=1m;"))
    answer = g.of("a", question(**fields))
    assert answer.status == 400, answer
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["code"] == "request_exceeds_limit"
    assert answer.header("x-agent-limit") == "tokens/1m"
    assert answer.header("x-should-retry") in (None, "false")
    assert answer.header("retry-after") is None
    assert g.used("a", "tokens/1m") == g.used("a", "requests/1m") == 0


def test_a_call_that_says_nothing_fits_any_limit_that_its_prompt_fits(
        gateway):
    stage = Stage(says_used(usage(9, 3)), held=True)
    g = house(gateway, tenant("a", "limit tokens=1000 per=1m;"), stage)
    with g.connect() as client:
        client.send(g.chat_request(key=key_of("a")))
        stage.wait(1)
        assert g.used("a", "tokens/1m") == 1000
        refused(g.of("a"), "tokens/1m", "tokens")
        stage.free()
        assert client.response().status == 200
    g.settles("a", "tokens/1m", 12)


def test_what_says_nothing_reserves_4096_tokens_of_output(gateway):
    stage = Stage(says_used(usage(9, 3)), held=True)
    g = house(gateway, tenant("a", WIDE), stage)
    with g.connect() as client:
        client.send(g.chat_request(key=key_of("a")))
        stage.wait(1)
        assert 4096 < g.used("a", LONG) < 4200
        stage.free()
        assert client.response().status == 200
    g.settles("a", LONG, 12)


# ---- Clients that leave ---------------------------------------------------

def talks(exchange):
    """Ten words, and then nothing until the gateway leaves."""
    exchange.send(stream_head(), chunk(sse(P.FIRST)))
    for word in range(10):
        exchange.send(chunk(sse(delta(content=f"word{word} and more "))))
    exchange.hang()


def test_two_hundred_clients_that_leave_pay_for_what_they_got(gateway):
    """34 tokens or so each; not nothing, not what was reserved."""
    g = house(gateway, tenant("a", WIDE, "limit concurrency=200;"), talks)
    clients = [g.connect() for _ in range(200)]
    raw = g.chat_request(question(stream=True, max_tokens=500),
                         key=key_of("a"))
    for client in clients:
        client.send(raw)
    for client in clients:
        client.read_until(b"word9")
    assert g.used("a", "concurrency") == 200
    assert 200 * 500 < g.used("a", LONG) < 200 * 600
    leavers = [threading.Thread(target=client.close if place % 2
                                else client.reset)
               for place, client in enumerate(clients)]
    for leaver in leavers:
        leaver.start()
    for leaver in leavers:
        leaver.join()
    g.settles("a", "concurrency", 0)
    spent = g.used("a", LONG)
    assert 200 * 20 <= spent <= 200 * 200
    assert until(lambda: number(g, "agent_calls_in_flight") == 0)
    assert g.used("a", LONG) == spent


@pytest.mark.smoke
def test_a_client_that_leaves_before_an_answer_gets_its_place_back(gateway):
    stage = Stage(held=True)
    g = house(gateway, tenant("a", WIDE, "limit concurrency=2;"), stage)
    for _ in range(3):
        clients = [g.connect() for _ in range(2)]
        for client in clients:
            client.send(g.chat_request(question(max_tokens=50),
                                       key=key_of("a")))
        stage.wait(2)
        g.settles("a", "concurrency", 2)
        refused(g.of("a"), "concurrency")
        for client in clients:
            client.close()
        g.settles("a", "concurrency", 0)
    assert g.used("a", LONG) < 6 * 40   # prompts at most


@pytest.mark.smoke
def test_a_stream_that_breaks_off_costs_what_came(gateway):
    g = house(gateway, tenant("a", WIDE), says(
        stream_head() + chunk(sse(P.FIRST, *[delta(content="some words ")] *
                                  10)), P.RESET))
    answer = g.of("a", question(stream=True, max_tokens=900))
    assert b'"error"' in answer.body
    assert until(lambda: 10 <= g.used("a", LONG) < 300), g.row("a", LONG)


def babbles(exchange):
    """Takes no notice of max_tokens: 10,000 words."""
    exchange.send(stream_head(), chunk(sse(P.FIRST)))
    for _ in range(5000):
        exchange.send(chunk(sse(delta(content="house mouse "))))
    exchange.send(chunk(sse(delta(finish="stop"), "[DONE]")) + P.LAST)
    return KEEP


def test_cut_ends_a_stream_where_its_reservation_ends(gateway):
    """And as if the model had come to its bound.  Of one that was told it,
    the gateway stops only what is far beyond."""
    g = house(gateway, tenant("a", "limit tokens=2000 per=1h;", "cut on;")
              + tenant("b", "limit tokens=2000 per=1h;"), babbles)
    answer = g.of("a", question(stream=True, max_tokens=200))
    assert answer.status == 200 and answer.complete
    assert 50 <= answer.body.count(b"house mouse") <= 900
    *_, last, done = answer.data()
    assert done == "[DONE]"
    assert json.loads(last)["choices"][0]["finish_reason"] == "length"
    assert until(lambda: 100 <= g.used("a", LONG) <= 1200), g.row("a", LONG)
    whole_one = g.of("b", question(stream=True, max_tokens=200))
    assert whole_one.body.count(b"house mouse") == 5000


@pytest.mark.smoke
def test_cut_ends_a_translated_stream_in_the_words_of_its_client(gateway):
    g = house(gateway, tenant("a", "limit output_tokens=2000 per=1h;",
                              "cut on;"), babbles)
    answer = g.post("/v1/messages", {
        "model": "gpt-test", "max_tokens": 200, "stream": True,
        "messages": [{"role": "user", "content": "Hi."}]}, key=key_of("a"))
    assert answer.status == 200 and answer.complete, answer
    assert 50 <= answer.body.count(b"house mouse") <= 900
    names = [event.name for event in answer.events()]
    assert names[-3:] == ["content_block_stop", "message_delta",
                          "message_stop"]
    delta_ = answer.events()[-2].json()["delta"]
    assert delta_["stop_reason"] == "max_tokens"
    assert until(lambda: 100 <= g.used("a", "output_tokens/1h") <= 1200)
