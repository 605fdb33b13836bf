"""What a request promises its client (`validate request`, the default): JSON,
its schema, tools' arguments; how answers are mended, byte for byte."""

import json

import pytest

import providers as P
from fleets import QUICK, model
from stages import Stage, answers, calls, chat, content, plain, streams
from test_commit import ASK, SURFACES
from test_responses import RESPONSE
from test_sdk_anthropic import MESSAGE


PATH = "chat/completions"

MODELS = "".join(
    model(f"target main{kind}; fallback spare{kind};", name=f"m{kind}")
    + model(f"target main{kind}; fallback spare{kind};", "buffer all;",
            name=f"held{kind}")
    for kind in ("", "_a", "_r")) + model(
    "target main; fallback spare;", "validate off;", name="off") + model(
    "target main; fallback spare;", "validate json;", name="json")


def set_stage(shared):
    dialects = {"": "openai", "_a": "anthropic", "_r": "responses"}
    return Stage(shared, MODELS, {
        f"{who}{kind}": (dialect, QUICK) for kind, dialect in dialects.items()
        for who in ("main", "spare")})


@pytest.fixture(scope="module")
def stage(shared):
    return set_stage(shared)


PERSON = {"type": "object", "properties": {"name": {"type": "string"},
                                           "age": {"type": "integer"}},
          "required": ["name", "age"], "additionalProperties": False}

OBJECT = {"response_format": {"type": "json_object"}}
STRICT = {"response_format": {"type": "json_schema", "json_schema": {
    "name": "person", "strict": True, "schema": PERSON}}}
LOOSE = {"response_format": {"type": "json_schema", "json_schema": {
    "name": "any"}}}
TEXT = {"response_format": {"type": "text"}}

TOOLS = {"tools": [
    {"type": "function", "function": {
        "name": "hire", "description": "x", "strict": True,
        "parameters": PERSON}},
    {"type": "function", "function": {
        "name": "rest", "parameters": {"type": "object", "properties": {}}}},
    {"type": "function", "function": {"name": "free"}}]}
FUNCTIONS = {"functions": [{"name": "hire", "parameters": PERSON}]}

ANN = '{"name": "Ann", "age": 7}'
MENDED = json.loads(ANN)


def ask(stage, fields, first, spare=None, name="m", path=PATH, **kwargs):
    kind = name[name.index("_"):] if "_" in name else ""
    acts = {f"main{kind}": answers(first)}
    if spare is not None:
        acts[f"spare{kind}"] = answers(spare)
    stage.plays(**acts)
    return stage.ask(path, {**ASK, **fields}, name, **kwargs)


def passes(stage, fields, body, **kwargs):
    """As it came, from the first one that was asked."""
    body = json.dumps(body).encode()
    response = ask(stage, fields, body, **kwargs)
    assert (response.status, response.body) == (200, body)
    assert response.header("x-agent-degraded") is None
    assert len(stage.asked) == 1


def fails(stage, fields, body, good, **kwargs):
    """The next target is asked, and its answer passes as it came."""
    good = json.dumps(good).encode()
    response = ask(stage, fields, body, good, **kwargs)
    assert (response.status, response.body) == (200, good)
    assert response.header("x-agent-degraded") == "fallback"
    assert [name[:5].rstrip("_") for name in stage.asked] == ["main", "spare"]


# ---- the text -------------------------------------------------------------

@pytest.mark.parametrize("promise, text", [
    (OBJECT, "{}"), (OBJECT, ANN), (OBJECT, f" \n{ANN}\n"), (STRICT, ANN),
    (STRICT, '{"age":-1,"name":""}'), (LOOSE, "[1]"), (TEXT, "Hello."),
    (TEXT, ""), ({}, "Hello."), ({"response_format": None}, "Hello."),
    (OBJECT, '{"a":"é \\u00e9 ```json"}'), ({"tools": []}, "Hello."),
    (TOOLS, "I call nobody."), ({"x_response_format": OBJECT}, "Hello.")])
def test_a_promise_that_is_kept_changes_nothing(promise, text, stage):
    passes(stage, promise, chat(text))


# What is said, and what the client sees of it
SPOILT = {
    "a fence": f"```json\n{ANN}\n```",
    "a bare fence": f"```\n{ANN}\n```",
    "a fence that is open": f"```json\n{ANN}",
    "prose": f"Sure! Here you are:\n{ANN}\nAnything else?",
    "a comma": '{"name": "Ann", "age": 7,}',
    "single quotes": "{'name': 'Ann', 'age': 7}",
    "curly quotes": "{“name”: “Ann”, “age”: 7}",
    "bare keys": '{name: "Ann", age: 7}',
    "comments": '{"name": "Ann", // hers\n "age": 7}',
    "a byte order mark": "\ufeff" + ANN,
    "all of it": "Here:\n```json\n{name: 'Ann', /* 7 */ 'age': 7,}\n```\nBye",
}

# A body that no serializer would write, around a text
ODD = (b'{ "id":"chatcmpl-1",\n "created":1.730e9, "x":[1.50,-0,1E400],'
       b'"choices":[{"index":0,"x_before":{"b":1,"a":"\\u00e9\\/"},"message":'
       b'{"role":"assistant", "content" : %s ,"refusal":null,"x":"```json"},'
       b'"finish_reason":"stop","logprobs":null}],"usage":{"prompt_tokens":9,'
       b'"completion_tokens":3,"total_tokens":12},"content":"no {}"}\n')


@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("promise", [OBJECT, STRICT], ids=["object", "schema"])
@pytest.mark.parametrize("name", SPOILT)
def test_a_text_is_mended_and_no_other_byte(name, promise, ascii, stage):
    """The mended text may be spaced as it was: its value counts."""
    text = json.dumps(SPOILT[name], ensure_ascii=ascii).encode()
    response = ask(stage, promise, ODD % text)
    assert response.status == 200 and stage.asked == ["main"]
    assert response.header("x-agent-degraded") == "repaired"
    assert response.header("x-agent-attempts") == "1"
    mended = content(response)
    assert json.loads(mended) == MENDED
    start, end = (ODD % b"@").split(b"@")
    assert response.body.startswith(start) and response.body.endswith(end)
    between = response.body[len(start):-len(end)]
    assert json.loads(between) == mended


@pytest.mark.parametrize("promise, text", [
    (OBJECT, "Hello."), (OBJECT, ANN[:-1]), (OBJECT, ""), (OBJECT, None),
    (OBJECT, '{"a":1} {"b":2}'), (OBJECT, "```json\n{\n```"),
    (STRICT, "{}"), (STRICT, '{"name":"Ann","age":"7"}'),
    (STRICT, '{"name":"Ann","age":7.5}'), (STRICT, f"[{ANN}]"),
    (STRICT, ANN[:-1] + ',"more":1}'), (STRICT, "```json\n{}\n```"),
    (LOOSE, "Hello.")])
def test_a_promise_that_is_broken_is_the_next_targets(promise, text, stage):
    fails(stage, promise, chat(text), chat(ANN))


def test_a_promise_broken_everywhere_is_a_502(stage):
    invalid = stage.count("agent_model_invalid_outputs_total", "m")
    response = ask(stage, OBJECT, chat("Hello."), chat("Hi."))
    assert (response.status, response.error["code"]) \
        == (502, "validation_failed")
    assert b"Hello" not in response.body and b"Hi." not in response.body
    assert stage.count("agent_model_invalid_outputs_total", "m") \
        == invalid + 2


def test_what_was_mended_is_counted(stage):
    repaired = stage.count("agent_model_repaired_outputs_total", "m")
    invalid = stage.count("agent_model_invalid_outputs_total", "m")
    ask(stage, OBJECT, chat(SPOILT["a fence"]))
    ask(stage, OBJECT, chat(ANN))
    assert stage.count("agent_model_repaired_outputs_total", "m") \
        == repaired + 1
    assert stage.count("agent_model_invalid_outputs_total", "m") == invalid


def test_a_fallbacks_answer_may_be_mended(stage):
    response = ask(stage, STRICT, chat("no"), chat(SPOILT["a comma"]))
    assert json.loads(content(response)) == MENDED
    assert response.header("x-agent-degraded") == "fallback, repaired"


def test_an_operators_rule_mends_what_holds_no_json_as_it_stands(stage):
    response = ask(stage, {}, chat(SPOILT["a comma"]), name="json")
    assert json.loads(content(response)) == MENDED
    assert response.header("x-agent-degraded") == "repaired"
    for name in ("a fence", "a bare fence"):
        passes(stage, {}, chat(SPOILT[name]), name="json")


@pytest.mark.parametrize("body", [
    chat(ANN[:9], "length"), chat("", "content_filter"),
    chat(None, refusal="I will not."), chat(None, "length"),
    chat("I will not.", refusal="No.")],
    ids=["length", "filter", "refusal", "no text", "both"])
@pytest.mark.parametrize("promise", [OBJECT, STRICT], ids=["object", "schema"])
def test_a_cut_or_refused_answer_is_not_held_to_it(promise, body, stage):
    passes(stage, promise, body)


def test_the_operators_own_rule_binds_a_cut_answer_too(stage):
    fails(stage, {}, chat(ANN[:9], "length"), chat(ANN), name="json")


def test_without_validation_a_broken_promise_passes(stage):
    passes(stage, {**STRICT, **TOOLS}, chat("Hello."), name="off")
    passes(stage, TOOLS, calls(("nobody", "{")), name="off")


# ---- several choices ------------------------------------------------------

def several(*texts):
    choice = chat()["choices"][0]
    return {**P.CHAT, "choices": [
        {**choice, "index": i, "message": {**choice["message"],
                                           "content": text}}
        for i, text in enumerate(texts)]}


def test_every_choice_is_held_to_the_promise(stage):
    asked = {**OBJECT, "n": 2}
    passes(stage, asked, several(ANN, "{}"))
    for texts in (("no", ANN), (ANN, "no"), (ANN, ANN[:-1])):
        fails(stage, asked, several(*texts), several(ANN, ANN))


def test_only_the_choice_that_is_spoilt_is_mended(stage):
    odd = "  { }\n"
    response = ask(stage, {**OBJECT, "n": 3},
                   several(odd, SPOILT["a fence"], ANN))
    texts = [c["message"]["content"] for c in response.json()["choices"]]
    assert (texts[0], texts[2]) == (odd, ANN)
    assert json.loads(texts[1]) == MENDED
    assert response.header("x-agent-degraded") == "repaired"


# ---- schemas of requests --------------------------------------------------

@pytest.mark.parametrize("schema", [
    {"$ref": "https://example.com/a.json"}, {"type": "objekt"},
    {"$ref": "#/x"}, "nonsense", None, 7, {"pattern": "("}], ids=repr)
def test_a_schema_that_is_none_only_promises_json(schema, stage):
    """The provider took it; to refuse is its business."""
    asked = {"response_format": {"type": "json_schema", "json_schema": {
        "name": "a", "schema": schema}}}
    passes(stage, asked, chat(ANN))
    fails(stage, asked, chat("no"), chat(ANN))


def test_a_schema_refers_to_its_own_parts(stage):
    asked = {"response_format": {"type": "json_schema", "json_schema": {
        "name": "tree", "schema": {
            "$ref": "#/$defs/node", "$defs": {"node": {
                "type": "object", "required": ["n"],
                "properties": {"n": {"type": "integer"}, "sub": {
                    "type": "array", "items": {"$ref": "#/$defs/node"}}}}}}}}}
    passes(stage, asked, chat('{"n":1,"sub":[{"n":2,"sub":[]}]}'))
    fails(stage, asked, chat('{"n":1,"sub":[{"n":"2"}]}'), chat('{"n":1}'))


# ---- held streams ---------------------------------------------------------

@pytest.mark.parametrize("text, good", [
    (ANN, True), (SPOILT["a fence"], False), (SPOILT["a comma"], False),
    ("Hello.", False), ("{}", False)])
def test_a_held_stream_keeps_the_promise_or_is_the_next_targets(text, good,
                                                                stage):
    def stream(text):
        return plain(P.FIRST, *[P.delta(content=c) for c in text],
                     P.delta(finish="stop")) + SURFACES["chat"].last

    stage.plays(main=streams(stream(text)), spare=streams(stream(ANN)))
    response = stage.ask(PATH, {**ASK, **STRICT, "stream": True}, "held")
    assert response.body == stream(text if good else ANN)
    assert stage.asked == (["main"] if good else ["main", "spare"])
    assert response.header("x-agent-degraded") \
        == (None if good else "fallback")


def test_a_stream_that_is_not_held_passes_whatever_it_promised(stage):
    body = plain(*P.WORDS) + SURFACES["chat"].last
    stage.plays(main=streams(body))
    response = stage.ask(PATH, {**ASK, **STRICT, "stream": True}, "m")
    assert response.body == body and stage.asked == ["main"]


# ---- other surfaces -------------------------------------------------------

FORMAT = {"input": "Hi", "text": {"format": {
    "type": "json_schema", "name": "person", "strict": True,
    "schema": PERSON}}}


def responds(text, status="completed", **content):
    item = {**RESPONSE["output"][0], "content": [
        {"type": "output_text", "text": text, "annotations": [], **content}]}
    return {**RESPONSE, "status": status, "output": [item]}


def test_the_format_of_responses_is_a_promise(stage):
    where = {"name": "m_r", "path": "responses"}
    passes(stage, FORMAT, responds(ANN), **where)
    passes(stage, {"input": "Hi"}, responds("Hello."), **where)
    for text in ("Hello.", "{}", ANN[:-1]):
        fails(stage, FORMAT, responds(text), responds(ANN), **where)
    fails(stage, {"input": "x", "text": {"format": {"type": "json_object"}}},
          responds("Hello."), responds("{}"), **where)
    passes(stage, FORMAT, responds(ANN[:5], "incomplete"), **where)
    refusal = responds("")
    refusal["output"][0]["content"] = [{"type": "refusal", "refusal": "No."}]
    passes(stage, FORMAT, refusal, **where)


@pytest.mark.parametrize("name", SPOILT)
def test_a_text_of_responses_is_mended(name, stage):
    body = json.dumps(responds("@@"), indent=1).encode()
    start, end = body.split(b'"@@"')
    response = ask(stage, FORMAT, start + json.dumps(SPOILT[name]).encode()
                   + end, name="m_r", path="responses")
    assert response.header("x-agent-degraded") == "repaired"
    assert response.body.startswith(start) and response.body.endswith(end)
    assert json.loads(json.loads(response.body[len(start):-len(end)])) \
        == MENDED


def test_the_format_of_messages_is_a_promise(stage):
    def says(text, stop="end_turn"):
        return {**MESSAGE, "stop_reason": stop,
                "content": [{"type": "text", "text": text}]}

    where = {"name": "m_a", "path": "messages"}
    form = {"type": "json_schema", "schema": PERSON}
    for asked in ({"output_format": form}, {"output_config": {"format":
                                                              form}}):
        passes(stage, asked, says(ANN), **where)
        fails(stage, asked, says("Hello."), says(ANN), **where)
        fails(stage, asked, says("{}"), says(ANN), **where)
        passes(stage, asked, says(ANN[:5], "max_tokens"), **where)
        passes(stage, asked, says("No.", "refusal"), **where)
        response = ask(stage, asked, says(SPOILT["prose"]), **where)
        assert json.loads(response.json()["content"][0]["text"]) == MENDED
        assert response.header("x-agent-degraded") == "repaired"
