"""`validate`: what an operator, or a client by header, asks of an answer; who
is asked when it breaks that, and what the client gets."""

import json

import pytest

import providers as P
from fleets import QUICK, model
from stages import Stage, answers, chat, content, plain, streams
from test_commit import ASK, SURFACES
from test_sdk_anthropic import MESSAGE
from test_responses import RESPONSE
from test_status import metrics


SCHEMA = {"type": "object", "required": ["total"],
          "properties": {"total": {"type": "number", "minimum": 0},
                         "currency": {"enum": ["EUR", "USD"]}},
          "additionalProperties": False}

GOOD = '{"total": 1.50, "currency": "EUR"}'
FENCED = f"Here it is:\n```json\n{GOOD}\n```\nAnything else?"
FINAL = f"First I thought {{}}.\n<final_output>\n{GOOD}\n</final_output>"

# rule: (its words, texts that keep it, texts that break it)
RULES = {
    "json": ("json", [GOOD, FENCED, FINAL, " [1, 2]\n", '"text"',
                      "~~~\n[]\n~~~"],
             ["Hello.", '{"total": 1', "", '{"a":1} or {"b":1}',
              "<final_output>none</final_output>"]),
    "tag": ("tag=answer", ["<answer>42</answer>", "So: <answer> a b </answer>",
                           "<answer></answer> no, <answer>1</answer>"],
            ["42", "<answer></answer>", "<answer> \n </answer>",
             "<answer>42", "<Answer>42</Answer>", ""]),
    "tagged": ("json tag=answer",
               [f"<answer>{GOOD}</answer>",
                f"x <answer>\n```json\n{GOOD}\n```\n</answer> y"],
               ["<answer>no</answer>", GOOD, f"```json\n{GOOD}\n```"]),
    "schema": ("schema=invoice.json", [GOOD, FENCED, FINAL, '{"total":0}'],
               ['{"total": -1}', "{}", '{"total": "1"}', "[]", "Hello.",
                '{"total": 1, "more": 1}', '{"total":1,"currency":"GBP"}']),
    "tagschema": ("schema=invoice.json tag=answer",
                  [f"{{}} <answer>{GOOD}</answer>"],
                  [GOOD, "<answer>{}</answer>", "<answer></answer>"]),
    "regex": (r'"regex=^\d{3}$"', ["123", "000"],
              ["1234", "12", "abc", "", "x 123"]),
    "found": (r'regex=[Yy]es|No', ["Well, yes.", "No"], ["Perhaps.", ""]),
    "long": ("min_length=10", ["é" * 10, "x" * 11, "日" * 10],
             ["é" * 9, "x" * 9, ""]),
    "both": (r'json min_length=9 "regex=total"', [GOOD],
             ['{"sum":100}', "total, total", '"total"'[:8], '{"a": "long"}']),
    "off": ("off", ["Hello.", "", "{"], []),
}

MODELS = "".join(
    model("target main;", "fallback spare;", f"validate {words};", name=name)
    + model("target main;", "fallback spare;", "buffer all;",
            f"validate {words};", name=f"{name}-held")
    for name, (words, _, _) in RULES.items()) + "".join((
        model("target twice; fallback spare;", "validate json again;",
              name="again"),
        model("target twice; fallback twice/other;", "validate json again;",
              name="again-twice"),
        model("target twice; target twice/other;", "validate json;",
              name="equals"),
        model("target main; fallback spare on=validation;", "validate json;",
              name="on"),
        model("target main; fallback spare on=error,timeout;",
              "validate json;", name="not-on"),
        model("target main;", "validate json;", name="alone"),
        model("target main; fallback spare;", name="default"),
        model("target main; fallback spare;", "buffer 64k; validate json;",
              name="part"),
        model("target main; fallback spare;", "validate request;",
              name="request"),
        model("target anthropic; fallback anthropic2;", "validate json;",
              name="claude"),
        model("target responses; fallback responses2;", "validate json;",
              name="respond")))

PATH = "chat/completions"


@pytest.fixture(scope="module")
def stage(shared):
    return Stage(shared, MODELS, {
        "main": ("openai", "breaker off; retry attempts=1;"),
        "spare": ("openai", "breaker off; retry attempts=1;"),
        "twice": ("openai", QUICK),
        "anthropic": ("anthropic", QUICK), "anthropic2": ("anthropic", QUICK),
        "responses": ("openai", QUICK), "responses2": ("openai", QUICK),
    }, files={"invoice.json": json.dumps(SCHEMA)})


SPARE = json.dumps(chat("The spare one.", usage={
    "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25})).encode()


def said(text, **kwargs):
    """A whole answer in bytes that no serializer would write again."""
    body = json.dumps(chat(text, **kwargs)).replace(
        '"created": 1730000000', '"created":1.73e9 , "x_new" : [1.50,-0]')
    return body.encode()


def ask(stage, name, body, spare=None, headers=(), **fields):
    stage.plays(main=answers(body),
                spare=answers(spare) if spare is not None else [])
    return stage.ask(PATH, {**ASK, **fields}, name, headers=headers)


# ---- the operator's rules -------------------------------------------------

@pytest.mark.parametrize("name", RULES)
def test_an_answer_that_keeps_the_rule_passes_byte_for_byte(name, stage):
    for text in RULES[name][1]:
        body = said(text)
        response = ask(stage, name, body)
        assert (response.status, response.body) == (200, body), text
        assert response.header("x-agent-degraded") is None
        assert stage.asked == ["main"]


@pytest.mark.parametrize("name", [n for n in RULES if RULES[n][2]])
def test_an_answer_that_breaks_the_rule_is_the_next_targets(name, stage):
    good = said(RULES[name][1][0])
    before = stage.count("agent_model_invalid_outputs_total", name)
    for text in RULES[name][2]:
        response = ask(stage, name, said(text), good)
        assert (response.status, response.body) == (200, good), text
        assert response.header("x-agent-degraded") == "fallback"
        assert response.header("x-agent-provider") == "spare"
        assert response.header("x-agent-attempts") == "2"
        assert stage.asked == ["main", "spare"]
    assert stage.count("agent_model_invalid_outputs_total", name) \
        == before + len(RULES[name][2])


@pytest.mark.parametrize("name", RULES)
def test_held_streams_are_validated_and_never_changed(name, stage):
    _, good, bad = RULES[name]
    s = SURFACES["chat"]

    def stream(text):
        return plain(P.FIRST, *[P.delta(content=c) for c in text],
                     P.delta(finish="stop")) + s.last

    for text in good + bad:
        fine = stream(good[0])
        stage.plays(main=streams(stream(text)), spare=streams(fine))
        response = stage.ask(PATH, {**ASK, "stream": True}, f"{name}-held")
        assert response.status == 200 and response.complete
        if text in good:
            assert response.body == stream(text)
            assert stage.asked == ["main"]
        else:
            assert response.body == fine, text
            assert stage.asked == ["main", "spare"]


@pytest.mark.parametrize("name", ["json", "part", "default"])
def test_other_streams_pass_untouched(name, stage):
    stream = plain(*P.WORDS) + SURFACES["chat"].last
    stage.plays(main=streams(stream))
    response = stage.ask(PATH, {**ASK, "stream": True,
                                "response_format": {"type": "json_object"}},
                         name)
    assert response.body == stream and response.complete
    assert stage.asked == ["main"]


def test_invalid_everywhere_is_a_502_in_our_words(stage):
    before = metrics(stage.g)
    response = ask(stage, "json", said("CANARY-completion"),
                   said("CANARY-completion too"))
    assert response.status == 502
    assert response.error["type"] == "server_error"
    assert response.error["code"] == "validation_failed"
    assert response.header("x-should-retry") == "false"
    assert b"CANARY" not in response.body
    assert stage.asked == ["main", "spare"]
    after = metrics(stage.g)
    key = ("agent_errors_total", (("class", "invalid_output"),))
    assert after[key] == before.get(key, 0) + 1
    key = ("agent_model_invalid_outputs_total",
           (("gen_ai_request_model", "json"),))
    assert after[key] == before.get(key, 0) + 2
    assert "CANARY" not in stage.g.log()


def test_a_held_stream_that_is_invalid_everywhere_is_no_stream(stage):
    stream = plain(*P.WORDS) + SURFACES["chat"].last
    stage.plays(main=streams(stream), spare=streams(stream))
    response = stage.ask(PATH, {**ASK, "stream": True}, "json-held")
    assert (response.status, response.error["code"]) \
        == (502, "validation_failed")
    assert stage.asked == ["main", "spare"]


def test_usage_is_that_of_the_answer_that_went_out(stage):
    calls = len(stage.g.access(0))
    response = ask(stage, "json", said("no", usage={
        "prompt_tokens": 999, "completion_tokens": 99}), said(GOOD))
    assert content(response) == GOOD
    call = stage.g.access(calls + 1)[-1]
    assert (call["prompt_tokens"], call["completion_tokens"]) == ("9", "3")


# ---- a fallback for validation --------------------------------------------

def test_a_fallback_may_be_for_validation_alone(stage):
    assert content(ask(stage, "on", said("no"), said(GOOD))) == GOOD
    stage.plays(main=answers(b"{}", 500))
    assert stage.ask(PATH, ASK, "on").status == 502
    assert stage.asked == ["main"]


def test_a_fallback_for_other_causes_is_not_asked(stage):
    response = ask(stage, "not-on", said("no"))
    assert (response.status, response.error["code"]) \
        == (502, "validation_failed")
    assert stage.asked == ["main"]


def test_targets_of_the_same_tier_are_asked_too(stage):
    stage.plays(twice=[answers(said("no")), answers(said(GOOD))])
    response = stage.ask(PATH, ASK, "equals")
    assert content(response) == GOOD
    models = [call.request.json()["model"] for call in stage.fleet.calls]
    assert sorted(models) == ["equals", "other"]
    assert response.header("x-agent-degraded") is None


# ---- again ----------------------------------------------------------------

@pytest.mark.parametrize("texts, spare, asked", [
    ([GOOD], None, ["twice"]),
    (["no", GOOD], None, ["twice", "twice"]),
    (["no", "no"], GOOD, ["twice", "twice", "spare"]),
    (["no", "no"], "no", ["twice", "twice", "spare"]),
], ids=["good", "second", "spare", "nobody"])
def test_again_asks_the_same_target_exactly_once_more(texts, spare, asked,
                                                      stage):
    stage.plays(twice=[answers(said(t)) for t in texts],
                spare=answers(said(spare)))
    response = stage.ask(PATH, ASK, "again")
    assert stage.asked == asked
    assert response.header("x-agent-attempts") == str(len(asked))
    if "no" in (spare, texts[-1]) and spare != GOOD:
        assert response.error["code"] == "validation_failed"
        return
    assert content(response) == GOOD
    assert response.header("x-agent-degraded") \
        == ("fallback" if spare else None)


def test_without_again_a_target_is_asked_once(stage):
    stage.plays(twice=[answers(said("no"))] * 2)
    assert stage.ask(PATH, ASK, "equals").status == 502
    models = [call.request.json()["model"] for call in stage.fleet.calls]
    assert sorted(models) == ["equals", "other"]


def test_again_sends_the_same_request(stage):
    stage.plays(twice=[answers(said("no")), answers(said(GOOD))])
    stage.ask(PATH, {**ASK, "seed": 7}, "again")
    first, second = stage.fleet.calls
    assert first.request.body == second.request.body


# ---- the client's header --------------------------------------------------

def header(value):
    return [("x-agent-validate", value)]


# (model, header, text): is it accepted?
ASKED = [
    ("default", "json", GOOD, True), ("default", "json", "no", False),
    ("default", "min_length=5", "12345", True),
    ("default", "min_length=5", "1234", False),
    ("default", "tag=answer", "<answer>1</answer>", True),
    ("default", "tag=answer", "1", False),
    ("default", "json, min_length=9", "[1]", False),
    ("default", " json ,\ttag=a", "<a>{}</a>", True),
    ("default", "json,tag=a", "<a>no</a>", False),
    ("default", "off", "no", True), ("default", "request", "no", True),
    ("off", "json", "no", False), ("off", "json", GOOD, True),
    # what the operator asks stays
    ("json", "off", "no", False), ("json", "off", GOOD, True),
    ("json", "min_length=1", "no", False), ("long", "off", "short", False),
    ("long", "min_length=1", "short", False), ("long", "json", "1" * 10, True),
    ("long", "min_length=20", "x" * 19, False), ("regex", "off", "no", False),
    ("tag", "off", "no", False), ("tag", "tag=answer", "no", False),
    ("tag", "json", "<answer>no</answer>", False),
    ("schema", "off,request", "{}", False),
]


@pytest.mark.parametrize("name, value, text, accepted", ASKED)
def test_a_client_may_ask_for_more_and_not_for_less(name, value, text,
                                                    accepted, stage):
    stage.plays(main=answers(said(text)), spare=answers(said(text)))
    response = stage.ask(PATH, ASK, name, headers=header(value))
    if accepted:
        assert (response.status, response.body) == (200, said(text))
        assert stage.asked == ["main"]
    else:
        assert (response.status, response.error["code"]) \
            == (502, "validation_failed")
        assert stage.asked == ["main", "spare"]


def test_a_client_may_turn_off_what_its_request_promises(stage):
    promise = {"response_format": {"type": "json_object"}}
    for name in ("default", "request"):
        assert ask(stage, name, said("no"), said("no"),
                   **promise).status == 502
        response = ask(stage, name, said("no"), headers=header("off"),
                       **promise)
        assert response.body == said("no") and stage.asked == ["main"]


@pytest.mark.parametrize("value", [
    "yes", "json,", ",", "json;tag=a", "JSON", "tag=", "tag=a b", "tag=<a>",
    "min_length=", "min_length=-1", "min_length=1.5", "min_length=x",
    "min_length=99999999999999999999", "schema=/etc/passwd", "regex=.*",
    "again", "off off", "json,nonsense", "tag=a,tag=b", "x" * 5000])
def test_a_header_that_is_not_understood_is_a_400(value, stage):
    stage.plays()
    response = stage.ask(PATH, ASK, "default", headers=header(value))
    assert response.status == 400
    assert response.error["type"] == "invalid_request_error"
    assert "x-agent-validate" in response.error["message"]
    assert stage.asked == []


def test_another_tag_than_the_operators_is_a_400(stage):
    stage.plays()
    response = stage.ask(PATH, ASK, "tag", headers=header("tag=other"))
    assert response.status == 400 and stage.asked == []


def test_the_header_is_not_the_providers_business(stage):
    ask(stage, "default", said(GOOD), headers=header("json"))
    assert "x-agent-validate" not in stage.fleet.calls[0].request.headers


# ---- other surfaces -------------------------------------------------------

def message(text):
    return json.dumps({**MESSAGE, "content": [{"type": "text",
                                               "text": text}]}).encode()


def response_of(text):
    item = {**RESPONSE["output"][0], "content": [
        {"type": "output_text", "text": text, "annotations": []}]}
    return json.dumps({**RESPONSE, "output": [item]}).encode()


def completion(text):
    return json.dumps({"id": "cmpl-1", "object": "text_completion",
                       "created": 1, "model": "m", "usage": P.USAGE,
                       "choices": [{"index": 0, "text": text,
                                    "logprobs": None,
                                    "finish_reason": "stop"}]}).encode()


@pytest.mark.parametrize("path, name, who, write, body", [
    ("messages", "claude", ("anthropic", "anthropic2"), message, ASK),
    ("responses", "respond", ("responses", "responses2"), response_of,
     {"input": "Hi"}),
    ("completions", "json", ("main", "spare"), completion, {"prompt": "Hi"}),
], ids=["messages", "responses", "completions"])
def test_the_rules_hold_on_every_surface_with_text(path, name, who, write,
                                                   body, stage):
    first, second = who
    for text, good in ((GOOD, True), (FENCED, True), ("Hello.", False)):
        stage.plays(**{first: answers(write(text)),
                       second: answers(write(GOOD))})
        response = stage.ask(path, body, name)
        assert response.status == 200
        assert response.body == write(text if good else GOOD)
        assert stage.asked == list(who)[:1 if good else 2]


def test_embeddings_have_no_text_to_validate(stage):
    body = {"object": "list", "model": "m", "data": [
        {"object": "embedding", "index": 0, "embedding": [0.5]}]}
    stage.plays(main=answers(body))
    assert stage.ask("embeddings", {"input": "Hi"}, "json").json() == body
