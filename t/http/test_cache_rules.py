"""Which calls the cache is for: what makes two questions the same, what a
client, a model, a plan and a tenant may say, and what a hit costs."""

import json

import pytest

from caches import Library, control, said
from gateway import question
from limits import refused, standing, tenant
from providers import CHAT, KEEP, says, whole
from test_limits_money import COST, PRICE, budgets, spends, spent
from test_limits_tokens import chat, says_used, usage

MODELS = """
    agent_model gpt-test fast { target main/gpt-upstream; cache ttl=1h; }
    agent_model other* { target main/gpt-upstream; cache ttl=1h; }
    agent_model plain { target main/gpt-upstream; }
    agent_model keys { target main/gpt-upstream; cache ttl=1h;
                       cache_scope key; }
    agent_provider claude { dialect anthropic; url @provider@;
                            key file:@provider_key@; retry attempts=1;
                            breaker off; }
    agent_model claude { target claude/claude; cache ttl=1h; }
    agent_plan gold { models *; cache ttl=1h version=gold; }
    agent_plan none { models *; cache off; }
    agent_plan keyed { models *; cache_scope key; }
"""

LOTS = ("limit requests=100 per=1h;", "limit tokens=100k per=1h;",
        "budget 1 per=month;")

TENANTS = "".join((
    tenant("a"), tenant("b"),
    tenant("k", "cache_scope key;", keys=("k-too",)),
    tenant("k-plan", "plan keyed;", keys=("k-plan-too",)),
    tenant("k-over", "plan keyed;", "cache_scope tenant;",
           keys=("k-over-too",)),
    tenant("two", keys=("two-too",)),
    tenant("g1", "cache_scope global;"), tenant("g2", "cache_scope global;"),
    tenant("v1", "cache_scope global; cache ttl=1h version=1;"),
    tenant("v2", "cache_scope global; cache ttl=1h version=2;"),
    tenant("v1-too", "cache_scope global; cache ttl=2h version=1;"),
    tenant("off", "cache off;"), tenant("gold", "plan gold;"),
    tenant("none", "plan none;"),
    tenant("over", "plan none;", "cache ttl=1h temperature=any;"),
    tenant("under", "plan gold;", "cache off;"),
    tenant("t0", "cache ttl=1h temperature=0;"),
    tenant("t03", "cache ttl=1h temperature=0.3;"),
    tenant("any", "cache ttl=1h temperature=any n=any;"),
    tenant("n3", "cache ttl=1h n=3;"),
    tenant("small", "cache ttl=1h max_size=1000;"),
    tenant("cost-default", *LOTS),
    *(tenant(f"cost-{cost}", f"cache ttl=1h hit_cost={cost};", *LOTS)
      for cost in ("none", "request", "full")),
    tenant("two-requests", "limit requests=2 per=1h;"),
    tenant("two-free", "cache ttl=1h hit_cost=none;",
           "limit requests=2 per=1h;"),
    tenant("few-tokens", "limit tokens=100 per=1h;"),
    tenant("few-full", "cache ttl=1h hit_cost=full;",
           "limit tokens=100 per=1h;"),
    tenant("poor", "budget 0.00035 per=month;"),
    tenant("one-at-once", "cache ttl=1h hit_cost=none;",
           "limit concurrency=1;"),
))


@pytest.fixture(scope="module")
def library(shared):
    return Library(shared, MODELS, TENANTS, provider_lines=PRICE)


# ---- What makes two questions one -----------------------------------------

# "@" stands for the question
ASK = '{"model":"gpt-test","messages":[{"role":"user","content":"@"}]'

SAME = {
    "itself": (ASK + "}", ASK + "}"),
    "order": (ASK + ',"seed":1}', '{"seed":1,"messages":[{"content":"@",'
              '"role":"user"}],"model":"gpt-test"}'),
    "order within": (ASK + ',"logit_bias":{"1":2,"3":4}}',
                     ASK + ',"logit_bias":{"3":4,"1":2}}'),
    "white space": (ASK + "}", ' { "model" : "gpt-test" ,\r\n\t"messages":'
                    '[ {"role":"user", "content" :"@" } ] }\n'),
    "escapes": (ASK + ',"stop":"é/😀\\n"}',
                ASK + ',"\\u0073top":"\\u00e9\\/\\ud83d\\ude00\\u000A"}'),
    "user": (ASK + ',"user":"anna"}', ASK + ',"user":"otto"}'),
    "safety_identifier": (ASK + ',"safety_identifier":"anna"}', ASK + "}"),
    "metadata": (ASK + ',"metadata":{"a":"b"}}', ASK + ',"metadata":null}'),
    "prompt_cache": (ASK + ',"prompt_cache_key":"a"}',
                     ASK + ',"prompt_cache_key":"b",'
                     '"prompt_cache_retention":"24h"}'),
    "stream": (ASK + "}", ASK + ',"stream":false}'),
    "stream_options": (ASK + ',"stream":false,"stream_options":null}',
                       ASK + "}"),
}

DIFFERENT = {
    "text": (ASK + "}", ASK.replace("@", "@ ") + "}"),
    "case": (ASK + "}", ASK.replace("@", "@a") + "}",
             ASK.replace("@", "@A") + "}"),
    "normal form": (ASK.replace("@", "@\u00e9") + "}",
                    ASK.replace("@", "@e\u0301") + "}"),
    "role": (ASK + "}", ASK.replace('"user"', '"system"') + "}"),
    "order of a list": (ASK + ',"stop":["a","b"]}',
                        ASK + ',"stop":["b","a"]}'),
    "temperature": (ASK + ',"temperature":0}', ASK + ',"temperature":0.5}'),
    "temperature at all": (ASK + "}", ASK + ',"temperature":1}'),
    "digits": (ASK + ',"temperature":0.5}', ASK + ',"temperature":0.50}'),
    "null": (ASK + ',"seed":null}', ASK + "}"),
    "max_tokens": (ASK + ',"max_tokens":5}', ASK + ',"max_tokens":6}'),
    "model": (ASK + "}", ASK.replace("gpt-test", "other-1") + "}"),
    "model of a prefix": (ASK.replace("gpt-test", "other-1") + "}",
                          ASK.replace("gpt-test", "other-2") + "}"),
    "alias": (ASK + "}", ASK.replace("gpt-test", "fast") + "}"),
    "more messages": (ASK + "}", ASK[:-1]
                      + ',{"role":"user","content":"@"}]}'),
    "user within": (ASK[:-2] + ',"user":"anna"}]}', ASK[:-2]
                    + ',"user":"otto"}]}'),
    "what nobody knows": (ASK + ',"new_field":1}', ASK + ',"new_field":2}'),
}


@pytest.mark.smoke
@pytest.mark.parametrize("case", SAME)
def test_what_says_the_same_is_the_same_question(case, library):
    text = library.new()
    first, second = (body.replace("@", text).encode() for body in SAME[case])
    assert library.twice({"body": first}, {"body": second})


@pytest.mark.smoke
@pytest.mark.parametrize("case", DIFFERENT)
def test_what_may_be_answered_otherwise_is_another_question(case, library):
    text = library.new()
    first, second = (body.replace("@", text).encode()
                     for body in DIFFERENT[case][-2:])
    assert not library.twice({"body": first}, {"body": second})
    # and both are there
    for body in (first, second):
        assert library.ask(body).header("x-agent-cache") == "hit"


@pytest.mark.parametrize("path, first, second, same", [
    ("chat/completions", [], [("User-Agent", "x"), ("X-Agent-Session", "s"),
                              ("X-Agent-Timeout-Ms", "9000"),
                              ("X-Request-Id", "r")], True),
    ("chat/completions", [], [("Anthropic-Beta", "a")], True),
    ("chat/completions", [], [("OpenAI-Beta", "a")], False),
    ("chat/completions", [("OpenAI-Beta", "a"), ("OpenAI-Project", "p")],
     [("openai-project", "p"), ("openai-beta", "a")], True),
    ("chat/completions", [], [("X-Agent-Validate", "min_length=1")], False),
    ("chat/completions", [("X-Agent-Validate", "min_length=2")],
     [("X-Agent-Validate", "min_length=1")], False),
    ("chat/completions", [("X-Agent-Validate", "min_length=1")],
     [("X-Agent-Validate", "min_length=1")], True),
    ("messages", [("Anthropic-Beta", "a")], [("Anthropic-Beta", "a")], True),
    ("messages", [("Anthropic-Beta", "a")], [("Anthropic-Beta", "b")], False),
    ("messages", [("Anthropic-Version", "2023-06-01")], [], False),
    ("chat/completions?a=1", [], [], True),
])
def test_headers_belong_to_a_question_that_change_its_answer(
        path, first, second, same, library):
    body = question(library.new(), max_tokens=9, model="claude"
                    if path == "messages" else "gpt-test")
    assert library.twice({"body": body, "path": path, "headers": first},
                         {"body": body, "path": path, "headers": second}) \
        == same


def test_the_query_and_the_endpoint_belong_to_a_question(library):
    body = question(library.new())
    chats = {"body": body}
    assert not library.twice(chats, {**chats, "path": "chat/completions?a=1"})
    assert not library.twice({**chats, "path": "chat/completions?a=2"},
                             {**chats, "path": "chat/completions?a=3"})
    body = {"model": "gpt-test", "input": library.new()}
    assert not library.twice({"body": body, "path": "embeddings"},
                             {"body": body, "path": "responses"})


# ---- Whose answers they are -----------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("first, second, model, same", [
    ("a", "b", "gpt-test", False),          # the default: a tenant's own
    ("two", "two-too", "gpt-test", True),   # with all its keys
    ("k", "k-too", "gpt-test", False), ("k", "k", "gpt-test", True),
    ("k-plan", "k-plan-too", "gpt-test", False),
    ("k-over", "k-over-too", "gpt-test", True),
    ("two", "two-too", "keys", False),      # the model's line
    ("k-over", "k-over-too", "keys", True),
    ("g1", "g2", "gpt-test", True), ("g1", "a", "gpt-test", False),
    ("a", "g1", "gpt-test", False), ("g1", "k", "gpt-test", False),
    ("v1", "v2", "gpt-test", False), ("v1", "v1-too", "gpt-test", True),
    ("v1", "g1", "gpt-test", False), ("g1", "v1", "gpt-test", False),
])
def test_answers_are_for_those_of_one_scope(first, second, model, same,
                                            library):
    body = question(library.new(), model=model)
    assert library.twice({"body": body, "tenant": first},
                         {"body": body, "tenant": second}) == same


# ---- Whose word counts ----------------------------------------------------

@pytest.mark.parametrize("who, model, word, fields", [
    ("a", "gpt-test", "miss", {}), ("a", "plain", None, {}),
    ("off", "gpt-test", None, {}), ("none", "gpt-test", None, {}),
    ("gold", "gpt-test", "miss", {}), ("gold", "plain", "miss", {}),
    ("over", "gpt-test", "miss", {}), ("over", "plain", "miss", {}),
    ("under", "gpt-test", None, {}), ("under", "plain", None, {}),
    # as a whole: what the nearer line does not say is its default
    ("over", "gpt-test", "miss", {"temperature": 2}),
    ("over", "gpt-test", "bypass", {"n": 2}),
])
def test_the_tenants_line_comes_before_its_plans_and_the_models(
        who, model, word, fields, library):
    body = question(library.new(), model=model, **fields)
    before = library.asked
    one = library.ask(body, tenant=who)
    two = library.ask(body, tenant=who)
    assert one.header("x-agent-cache") == word
    assert two.header("x-agent-cache") == ("hit" if word == "miss" else word)
    assert library.asked == before + (1 if word == "miss" else 2)
    rows = {row["request_id"]: row["cache"] for row in library.g.access()}
    assert rows.get(one.header("x-request-id"), word or "") == (word or "")


@pytest.mark.parametrize("who, fields, kept", [
    ("a", '"temperature":1', True), ("a", '"temperature":1.0', True),
    ("a", '"temperature":10e-1', True), ("a", '"temperature":null', True),
    ("a", '"temperature":1.0000000001', False),
    ("a", '"temperature":0.2E1', False),
    ("t0", '"seed":1', True), ("t0", '"temperature":0', True),
    ("t0", '"temperature":0.0', True), ("t0", '"temperature":1e-9', False),
    ("t03", '"temperature":0.3', True), ("t03", '"temperature":0.301', False),
    ("any", '"temperature":2', True),
    ("a", '"n":1', True), ("a", '"n":2', False), ("a", '"best_of":2', False),
    ("n3", '"n":3', True), ("n3", '"n":4', False),
    ("any", '"n":100', True),
])
def test_a_call_that_wants_variety_is_not_for_the_cache(who, fields, kept,
                                                        library):
    body = (ASK.replace("@", library.new()) + f",{fields}}}").encode()
    one = library.ask(body, tenant=who)
    assert one.status == 200
    assert one.header("x-agent-cache") == ("miss" if kept else "bypass")
    two = library.ask(body, tenant=who)
    assert two.header("x-agent-cache") == ("hit" if kept else "bypass")
    assert (two.body == one.body) == kept


@pytest.mark.parametrize("fields, word", [
    ({"background": True}, "bypass"), ({"background": False}, "hit"),
    ({"conversation": "conv_1"}, "bypass"), ({"conversation": None}, "hit"),
    ({"container": "c_1"}, "bypass"), ({"container": None}, "hit"),
    ({"previous_response_id": "r"}, "hit"), ({"store": True}, "hit"),
])
def test_an_answer_that_hangs_on_more_than_its_question_is_not_kept(
        fields, word, library):
    body = question(library.new(), **fields)
    one, two = library.ask(body), library.ask(body)
    assert (one.status, two.status) == (200, 200), one
    assert two.header("x-agent-cache") == word
    assert (two.body == one.body) == (word == "hit")


@pytest.mark.parametrize("size, kept", [(1000, True), (1001, False)])
def test_an_answer_is_kept_up_to_its_size(size, kept, library):
    text = library.new()
    body = json.loads(json.dumps(CHAT))
    body["choices"][0]["message"]["content"] = ""
    body["choices"][0]["message"]["content"] = \
        "x" * (size - len(json.dumps(body)))
    library.acts[text] = says(whole(body), KEEP)
    one = library.ask(text, tenant="small")
    assert len(one.body) == size
    assert library.ask(text, tenant="small").header("x-agent-cache") \
        == ("hit" if kept else "miss")


# ---- What a client may ask for --------------------------------------------

NEVER = [["no-store"], ["NO-STORE"], ["max-age=9", "x, no-store"],
         ["no-cache, no-store"], ['a="b, no-store']]
ANEW = [["no-cache"], ["No-Cache"], ["max-age=0"], ['max-age="0"'],
        ["max-age=soon"], ["max-age"], ["max-age=60", "max-age=0"],
        ["private, no-cache"]]
ANY = [["max-age=60"], ["max-age=99999999999999999999999"], [""],
       ["min-fresh=5, no-transform"], ["only-if-cached"],
       ['x="no-cache, no-store"'], ["max-stale"]]


@pytest.mark.parametrize("words", NEVER)
def test_no_store_neither_reads_nor_keeps(words, library):
    text, before = library.new(), library.asked
    never = library.ask(text, headers=control(words))
    one = library.ask(text)
    again = library.ask(text, headers=control(words))
    two = library.ask(text)
    assert [answer.header("x-agent-cache")
            for answer in (never, one, again, two)] \
        == ["bypass", "miss", "bypass", "hit"]
    assert two.body == one.body and again.body != one.body
    assert library.asked == before + 3


@pytest.mark.parametrize("words", ANEW)
def test_no_cache_asks_anew_and_keeps_that(words, library):
    text, before = library.new(), library.asked
    library.ask(text)
    anew = library.ask(text, headers=control(words))
    last = library.ask(text)
    assert anew.header("x-agent-cache") == "bypass"
    assert anew.header("age") is None
    assert last.header("x-agent-cache") == "hit" and last.body == anew.body
    assert library.asked == before + 2


def test_a_stream_that_was_asked_anew_is_kept(library):
    text = library.new()
    first = library.ask(text)
    anew = library.ask(question(text, max_tokens=20, stream=True),
                       headers=control(["no-cache"]))
    last = library.ask(text)
    assert anew.header("x-agent-cache") == "bypass"
    assert last.header("x-agent-cache") == "hit"
    assert said(last) == said(anew) != said(first)


@pytest.mark.parametrize("words", ANY)
def test_what_asks_for_nothing_else_gets_a_hit(words, library):
    text = library.new()
    assert library.twice({"body": text},
                         {"body": text, "headers": control(words)})


@pytest.mark.smoke
@pytest.mark.parametrize("words", [["only-if-cached"],
                                   ["only-if-cached, max-age=60"],
                                   ["no-cache, only-if-cached"]])
def test_only_if_cached_asks_nobody(words, library):
    text, before = library.new(), library.asked
    answer = library.ask(text, headers=control(words))
    assert answer.status == 504
    assert answer.error["code"] == "not_cached"
    assert answer.error["type"] == "server_error"
    assert answer.header("x-agent-attempts") is None
    assert answer.header("x-agent-cache") in ("miss", "bypass")
    body = question(text, model="claude", max_tokens=9)
    answer = library.ask(body, path="messages", headers=control(words))
    assert (answer.status, answer.json()["type"]) == (504, "error")
    assert library.asked == before
    assert library.ask(text).header("x-agent-cache") == "miss"


# ---- What a hit costs -----------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("cost, requests, tokens", [
    ("default", 3, 1), ("none", 1, 1), ("request", 3, 1), ("full", 3, 3)])
def test_a_hit_counts_what_its_cost_says(cost, requests, tokens, stream,
                                         library):
    who, g, text = f"cost-{cost}", library.g, library.new()
    library.acts[text] = says_used(usage(9, 3))
    rows = g.used(who, "requests/1h"), g.used(who, "tokens/1h")
    money = budgets(g, who)["budget/month"]["used"]
    for word in ("miss", "hit", "hit"):
        answer = library.ask(question(text, max_tokens=20, stream=stream),
                             tenant=who)
        assert answer.header("x-agent-cache") == word
    g.settles(who, "requests/1h", rows[0] + requests)
    g.settles(who, "tokens/1h", rows[1] + 12 * tokens)
    spends(g, who, "budget/month", money + COST * tokens)


def test_limit_headers_of_a_hit_are_of_now(library):
    text = library.new()
    remaining = [standing(library.ask(text, tenant="cost-request"))[1]
                 for _ in range(3)]
    assert remaining[0] - remaining[1] == remaining[1] - remaining[2] == 1
    # a limit that it does not count in has nothing to do with it
    assert standing(library.ask(text, tenant="cost-none")) is not None
    assert standing(library.ask(text, tenant="cost-none")) is None


def test_a_hit_is_a_request_that_may_be_refused(library):
    text, before = library.new(), library.asked
    for word in ("miss", "hit"):
        answer = library.ask(text, tenant="two-requests")
        assert answer.header("x-agent-cache") == word
    refused(library.ask(text, tenant="two-requests"), "requests/1h")
    for word in ("miss", "hit", "hit", "hit"):
        answer = library.ask(text, tenant="two-free")
        assert answer.header("x-agent-cache") == word
    assert library.asked == before + 2


@pytest.mark.smoke
def test_a_hit_is_there_when_all_tokens_are_used(library):
    for who in ("few-tokens", "few-full"):
        text = library.new()
        library.acts[text] = says(whole(chat(usage(25, 20))), KEEP)
        for body in (text, text + "!"):
            assert library.ask(body, tenant=who).status == 200
        library.g.settles(who, "tokens/1h", 90)
        refused(library.ask(text + "?", tenant=who), "tokens/1h", "tokens")
    assert library.ask(text, tenant="few-full").status == 429
    assert library.ask(text, tenant="b").header("x-agent-cache") == "miss"


@pytest.mark.smoke
def test_a_hit_is_there_when_the_money_is_spent(library):
    text = library.new()
    library.acts[text] = says(whole(chat(usage(20, 20))), KEEP)
    assert library.ask(text, tenant="poor").status == 200
    assert spent(library.ask(library.new(), tenant="poor"), "budget/month")
    answer = library.ask(text, tenant="poor")
    assert answer.status == 200
    assert answer.header("x-agent-cache") == "hit"
