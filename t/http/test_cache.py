"""Answers from the cache: on all endpoints, whole and as streams; which ones
are kept, how they get old, and what comes of old ones."""

import json
import threading
import time

import pytest

import providers as P
from caches import ZONE, Library, answers, cached, control, said
from gateway import question, until
from limits import key_of, tenant
from providers import KEEP, RESET, says, whole
from stages import calls, chat
from test_client import gauges
from test_limits_money import COST, PRICE, budgets, spends
from test_limits_tokens import says_used, usage
from test_status import metrics, moves
from translated import Stand, speaks, text_of

MODELS = """
    agent_provider spare { dialect openai; url @provider@/spare;
                           key file:@provider_key@; retry attempts=1;
                           breaker off; }
    agent_model gpt-test { target main/gpt-upstream; cache ttl=1h; }
    agent_model two { target main/gpt-upstream; fallback spare/gpt-spare;
                      cache ttl=1h; }
    agent_model many { target main/gpt-upstream; cache ttl=1h n=any; }
    agent_model json { target main/gpt-upstream; validate json;
                       cache ttl=1h; }
"""

STALE = "cache ttl=1s stale_if_error=1h;"
SOON = "cache ttl=1s stale_while_revalidate=1h;"

TENANTS = "".join((
    tenant("a"), tenant("brief", "cache ttl=1s;"), tenant("stale", STALE),
    tenant("soon", SOON, "limit requests=100 per=1h;",
           "limit tokens=100k per=1h;", "budget 1 per=month;"),
    tenant("soon-tokens", SOON, "limit tokens=70 per=1h;"),
    tenant("soon-stale", "cache ttl=1s stale_if_error=1h "
           "stale_while_revalidate=1h;")))


@pytest.fixture(scope="module")
def library(shared):
    return Library(shared, MODELS, TENANTS, provider_lines=PRICE)


# ---- Hits -----------------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_the_second_call_is_answered_from_the_cache(first, second, library):
    text, before = library.new(), library.asked
    one = library.ask(question(text, stream=first))
    two = library.ask(question(text, stream=second))
    assert (one.status, two.status) == (200, 200)
    assert said(one) == said(two) == f"Answer {before + 1}."
    assert two.complete
    assert two.header("content-type").startswith(
        "text/event-stream" if second else "application/json")
    assert one.header("x-agent-cache") == "miss"
    assert two.header("x-agent-cache") == "hit"
    assert one.header("age") is None and int(two.header("age")) < 60
    for name in ("x-agent-provider", "x-agent-model"):
        assert two.header(name) == one.header(name) is not None
    assert (one.header("x-agent-attempts"), two.header("x-agent-attempts")) \
        == ("1", "0")
    assert two.header("x-agent-degraded") is None
    assert two.header("x-request-id") != one.header("x-request-id")
    assert library.asked == before + 1


@pytest.fixture(scope="module")
def stand(shared):
    kinds = ("openai", "anthropic", "responses")
    return Stand(shared, {kind: kind for kind in kinds}, http=ZONE,
                 models="".join(
                     f"agent_model kept-{kind} {{ target {kind}/{kind}-1; "
                     "cache ttl=1h; }" for kind in kinds))


@pytest.mark.smoke
@pytest.mark.parametrize("surface, kind", [
    ("chat", "openai"), ("chat", "anthropic"), ("chat", "responses"),
    ("messages", "anthropic"), ("messages", "openai"),
    ("responses", "responses"), ("responses", "anthropic")])
def test_every_surface_has_hits_native_and_translated(surface, kind, stand):
    for first in (False, True):
        stand.plays(**{kind: speaks(kind)})     # for one request
        seen = []
        for stream in (first, False, False, True):
            fields = {"stream": True} if stream else {}
            answer = stand.ask(surface, f"kept-{kind}", top_p=0.5 + first / 4,
                               **fields)
            assert text_of(surface, answer) == "Hello there."
            seen.append(answer.header("x-agent-cache"))
            if seen[1:] and not stream:
                assert answer.json()["usage"]
        assert seen == ["miss", "hit", "hit", "hit"]
        assert stand.asked == [kind]


@pytest.mark.parametrize("path", ["embeddings", "completions"])
def test_embeddings_and_completions_have_hits(path, library):
    body = {"model": "gpt-test", "input": library.new()}
    if path == "completions":
        body["prompt"] = body.pop("input")
    assert library.twice({"body": body, "path": path})


def test_an_answer_of_a_fallback_stays_one(library):
    text = library.new()
    library.acts[text] = [says(whole({}, 500), KEEP), answers("Spare.")]
    for word, attempts in (("miss", "2"), ("hit", "0")):
        answer = library.ask(question(text, model="two"))
        assert said(answer) == "Spare."
        assert answer.header("x-agent-cache") == word
        assert answer.header("x-agent-provider") == "spare"
        assert answer.header("x-agent-attempts") == attempts
        assert answer.header("x-agent-degraded") == "fallback"


def test_what_is_no_question_has_nothing_to_do_with_it(library):
    before = library.asked
    for method in ("GET", "HEAD"):
        for path in ("/v1/models", "/v1/usage", "/v1/chat/completions"):
            answer = library.g.ask(method, path, key=key_of("a"))
            assert answer.header("x-agent-cache") is None
            assert answer.header("age") is None
    assert library.asked == before


def test_what_the_cache_did_is_counted_and_logged(library):
    g, text, words = library.g, library.new(), {}
    library.acts[text] = says_used(usage(9, 3))
    before = metrics(g)
    for word in ("miss", "hit", "hit", "bypass"):
        answer = library.ask(text, headers=control(
            ["no-store"] if word == "bypass" else []))
        words[answer.header("x-request-id")] = word
    after = metrics(g)
    moved = {name.removesuffix("_total"): after[name, labels]
             - before.get((name, labels), 0) for name, labels in after
             if ("_cache_" in name or "_saved_" in name)
             and after[name, labels] != before.get((name, labels), 0)}
    moved.pop("agent_cache_used_bytes")
    model, saved = "agent_model_cache_", "agent_tenant_saved_"
    assert moved == {
        model + "hits": 2, model + "misses": 1, model + "bypassed": 1,
        model + "stored": 1, saved + "tokens": 24,
        saved + "cost_nano_usd": 84000, "agent_cache_answers": 1}

    def rows():
        found = {row["request_id"]: row for row in g.access()}
        return found.keys() >= words.keys() and found
    assert (found := until(rows))
    assert {id: found[id]["cache"] for id in words} == words
    assert {found[id]["provider"] for id in words} <= {"", "main"}


# ---- What is kept ---------------------------------------------------------

def part(finish, **fields):
    return P.streams(P.FIRST, P.delta(content="Half"),
                     P.delta(finish=finish, **fields))


ERROR = {"error": {"message": "No.", "type": "server_error"}}

UNFIT = {
    "500": says(whole(ERROR, 500), KEEP),
    "400": says(whole(ERROR, 400), KEEP),
    "429": says(whole(ERROR, 429), KEEP),
    "an error in a 200": says(whole(ERROR), KEEP),
    "an error beside choices": says(whole({**chat(), **ERROR}), KEEP),
    "no json": says(whole(b"Hello."), KEEP),
    "cut": says(whole(chat())[:-5]),
    "reset": says(whole(chat())[:-5], RESET),
    "length": says(whole(chat(finish="length")), KEEP),
    "content_filter": says(whole(chat(finish="content_filter")), KEEP),
    "refusal": says(whole(chat(None, refusal="I will not.")), KEEP),
    "unknown end": says(whole(chat(finish="tired")), KEEP),
    "no end": says(whole(chat(finish=None)), KEEP),
}

UNFIT_STREAMS = {
    "cut": says(P.stream(*P.WORDS[:3], done=False, finish=False)),
    "reset": says(P.stream(*P.WORDS[:3], done=False, finish=False), RESET),
    "no end": P.streams(*P.WORDS[:4]),
    "length": part("length"), "content_filter": part("content_filter"),
    "refusal": part("stop", refusal="I will not."),
    "error": P.streams(*P.WORDS[:3], json.dumps(ERROR), done=False),
    "unknown end": part("tired"),
}


@pytest.mark.smoke
@pytest.mark.parametrize("stream, case", [
    *((False, case) for case in UNFIT),
    *((True, case) for case in UNFIT_STREAMS)])
def test_what_is_no_good_answer_is_not_kept(stream, case, library):
    text, before = library.new(), library.asked
    act = (UNFIT_STREAMS if stream else UNFIT)[case]
    library.acts[text] = [act, answers("Good.")]
    one = library.ask(question(text, stream=stream))
    assert one.header("x-agent-cache") in ("miss", None), one
    assert library.ask(text, headers=control(["only-if-cached"])).status \
        == 504
    two, three = library.ask(text), library.ask(text)
    assert said(two) == said(three) == "Good."
    assert two.header("x-agent-cache") == "miss"
    assert three.header("x-agent-cache") == "hit"
    assert library.asked == before + 2


def test_one_bad_choice_of_several_spoils_the_answer(library):
    choice = chat()["choices"][0]
    for finish, word in (("length", "miss"), ("stop", "hit")):
        text = library.new()
        library.acts[text] = says(whole({**chat(), "choices": [
            choice, {**choice, "index": 1, "finish_reason": finish}]}), KEEP)
        body = question(text, model="many", n=2)
        assert library.ask(body).header("x-agent-cache") == "miss"
        assert library.ask(body).header("x-agent-cache") == word


@pytest.mark.parametrize("stream", [False, True])
def test_calls_of_tools_are_kept(stream, library):
    text, before = library.new(), library.asked
    function = {"name": "look", "arguments": '{"a":1}'}
    library.acts[text] = P.streams(
        P.FIRST, P.delta(tool_calls=[{"index": 0, "id": "call_0",
                                      "type": "function",
                                      "function": function}]),
        P.delta(finish="tool_calls")) if stream \
        else says(whole(calls(("look", '{"a":1}'))), KEEP)
    tools = [{"type": "function", "function": {"name": "look"}}]
    for word, stream in (("miss", stream), ("hit", False)):
        answer = library.ask(question(text, tools=tools, stream=stream))
        assert answer.header("x-agent-cache") == word
    choice = answer.json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"] == [
        {"id": "call_0", "type": "function", "function": function}]
    assert library.asked == before + 1


def test_a_mended_answer_is_not_kept(library):
    text = library.new()
    library.acts[text] = [answers("{\"a\": 1,}"), answers("{\"a\":2}")]
    body = question(text, model="json")
    mended, good, hit = (library.ask(body) for _ in range(3))
    assert mended.header("x-agent-degraded") == "repaired"
    assert good.header("x-agent-cache") == "miss"
    assert hit.header("x-agent-cache") == "hit" and said(hit) == '{"a":2}'


# ---- What gets old --------------------------------------------------------

@pytest.fixture(scope="module")
def old(library):
    """Questions whose answers are over a second old, by tenant; all are
    answered as the first ones until a test says otherwise."""
    kept = {who: library.new() for who in (
        "a", "brief", "stale", "soon", "soon-tokens", "soon-stale",
        "refused")}
    for who, text in kept.items():
        library.acts[text] = says_used(usage(25, 20), "First.")
        answer = library.ask(text, headers=BETA if who == "soon" else (),
                             tenant="stale" if who == "refused" else who)
        assert answer.status == 200
    time.sleep(1.1)
    return kept


BETA = [("OpenAI-Beta", "some=v2")]


def test_an_answer_is_fresh_for_its_time_and_not_longer(library):
    text, words = library.new(), []
    begin = time.monotonic()

    def late():
        answer = library.ask(text, tenant="brief")
        words.append(answer.header("x-agent-cache"))
        return words.count("miss") == 2
    assert until(late), words
    # the time of day may have been adjusted, a little
    assert time.monotonic() - begin > 0.9
    assert words[0] == "miss" and set(words[1:-1]) == {"hit"}


def test_age_and_max_age_count_seconds(library, old):
    answer = library.ask(old["a"])
    assert answer.header("x-agent-cache") == "hit"
    age = int(answer.header("age"))
    assert age >= 1
    later = library.ask(old["a"], headers=control([f"max-age={age + 60}"]))
    assert later.header("x-agent-cache") == "hit"
    fresh = library.ask(old["a"], headers=control(["max-age=1"]))
    assert fresh.header("x-agent-cache") == "miss"
    assert int(library.ask(old["a"]).header("age")) < age + 60


FAILS = {"500": says(whole(ERROR, 500), KEEP),
         "429": says(whole(ERROR, 429), KEEP),
         "reset": says(RESET),
         "no json": says(whole(b"Hello."), KEEP),
         "no stream": P.streams(json.dumps(ERROR), done=False)}


@pytest.mark.smoke
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("case", FAILS)
def test_an_old_answer_is_better_than_an_error(case, stream, library, old):
    text, before = old["stale"], library.asked
    library.acts[text] = FAILS[case]
    answer = library.ask(question(text, max_tokens=20, stream=stream),
                         tenant="stale")
    assert answer.status == 200 and answer.complete, answer
    assert said(answer) == "First."
    assert answer.header("x-agent-cache") == "stale"
    assert answer.header("x-agent-degraded") == "stale"
    assert answer.header("x-agent-provider") == "main"
    assert int(answer.header("age")) >= 1
    # a connection that was closed while idle is opened again for nothing
    assert library.asked - before in ((1, 2) if case == "reset" else (1,))
    assert library.ask(text, tenant="stale",
                       headers=control(["only-if-cached"])).status == 504


def test_an_old_answer_hides_no_fault_of_the_question(library, old):
    text = old["refused"]
    for status in (400, 413, 422):
        library.acts[text] = says(whole(ERROR, status), KEEP)
        answer = library.ask(text, tenant="stale")
        assert 400 <= answer.status < 500
        assert answer.header("x-agent-degraded") is None
    library.acts[text] = FAILS["500"]
    assert library.ask(text, tenant="stale",
                       headers=control(["no-cache"])).status == 502
    assert said(library.ask(text, tenant="stale")) == "First."


def test_without_stale_if_error_there_is_no_old_answer(library, old):
    text = old["brief"]
    library.acts[text] = FAILS["500"]
    answer = library.ask(text, tenant="brief")
    assert answer.status == 502
    assert answer.header("x-agent-cache") == "miss"
    assert answer.header("age") is None


@pytest.mark.smoke
@pytest.mark.parametrize("status, attempts", [
    (500, "1"),     # all breakers are open: one call tries all the same
    (401, "0")])    # all keys are refused: nobody is asked any more
def test_an_old_answer_is_there_when_nobody_can_be_asked(
        status, attempts, gateway, provider):
    p = provider([answers("One."), says(whole(ERROR, status), KEEP)])
    g = gateway(p, http=cached("ttl=1s stale_if_error=1h"), resilience=
                "retry attempts=1; breaker failures=1 open=1h;")
    assert said(g.chat()) == "One."

    def stale():
        answer = g.chat()
        assert said(answer) == "One."
        return answer.header("x-agent-cache") == "stale" and answer
    assert until(stale).header("x-agent-attempts") == "1"
    assert stale().header("x-agent-attempts") == attempts
    g.values["provider_lines"] = "down;"
    g.reload()
    before = len(p.requests)
    assert stale().header("x-agent-attempts") == "0"
    assert len(p.requests) == before
    assert g.chat(question("Another one?")).status == 503


@pytest.mark.smoke
def test_a_reload_keeps_answers_and_judges_them_by_its_rules(gateway,
                                                             provider):
    p = provider(answers("One.", "Two.", "Three.", "Four."))
    g = gateway(p, http=cached())

    def after(rule):
        g.http = cached(rule)
        g.reload()
        answer = g.chat()
        return said(answer), answer.header("x-agent-cache")
    assert said(g.chat()) == "One."
    assert after("ttl=2h") == ("One.", "hit")
    assert after("ttl=1h version=2") == ("Two.", "miss")
    assert after("") == ("Three.", None)
    assert after("ttl=1h max_size=1") == ("One.", "hit")
    said_then = after("ttl=1s")
    assert said_then in (("One.", "hit"), ("Four.", "miss"))
    assert until(lambda: said(g.chat()) == "Four.")
    assert len(p.requests) == 4


# ---- What is asked again behind a client's back ---------------------------

@pytest.mark.smoke
def test_an_old_answer_is_told_at_once_and_asked_again_once(library, old):
    g, text, go_on = library.g, old["soon"], threading.Event()
    second = says_used(usage(9, 3), "Second.")

    def act(exchange):
        assert go_on.wait(20)
        return second(exchange)
    library.acts[text] = act
    before, tokens = library.asked, g.used("soon", "tokens/1h")
    money = budgets(g, "soon")["budget/month"]["used"]
    counted = metrics(g)
    for stream in (False, True) * 3:
        answer = library.ask(question(text, max_tokens=20, stream=stream),
                             tenant="soon", headers=BETA)
        assert said(answer) == "First." and answer.complete
        assert answer.header("x-agent-cache") == "stale"
        assert answer.header("x-agent-degraded") == "stale"
        assert answer.header("x-agent-attempts") == "0"
        assert int(answer.header("age")) >= 1
    assert library.provider.wait(before + 1)
    assert until(lambda: gauges(g)[0] == 1)     # all others have ended
    assert library.asked == before + 1
    asked = library.provider.requests[-1]
    assert asked.target == "/v1/chat/completions"
    assert asked.headers["openai-beta"] == BETA[0][1]
    assert asked.json()["messages"] == question(text)["messages"]
    assert asked.json()["max_tokens"] == 20
    go_on.set()
    library.acts[text] = second
    g.settles("soon", "tokens/1h", tokens + 12)     # the tenant pays
    spends(g, "soon", "budget/month", money + COST)
    moved = moves(counted, metrics(g))
    assert {name: by for name, by in moved.items() if "refreshed" in name
            or "error" in name or "failed" in name} == {
        "agent_model_cache_refreshed_total"
        "{'gen_ai_request_model': 'gpt-test'}": 1}
    answer = library.ask(text, tenant="soon", headers=BETA)
    assert said(answer) == "Second."
    assert answer.header("x-agent-cache") in ("hit", "stale")


@pytest.mark.parametrize("who, asked", [("soon-tokens", 0),
                                        ("soon-stale", 1)])
def test_an_old_answer_stays_when_there_is_no_new_one(who, asked, library,
                                                      old):
    text = old[who]
    library.acts[text] = FAILS["500"]
    for _ in range(3):
        before = library.asked
        answer = library.ask(text, tenant=who)
        assert said(answer) == "First."
        assert answer.header("x-agent-cache") == "stale"
        assert library.provider.wait(before + asked)
        assert until(lambda: gauges(library.g)[0] == 0)
        assert library.asked == before + asked
    if who == "soon-tokens":            # within its limits or not at all
        assert library.ask(library.new(), tenant=who).status == 429
