"""Tool calls that keep to their schemas, in three dialects; and what the
official SDK makes of answers that were mended or came from a fallback."""

import json

import openai
import pydantic
import pytest

import providers as P
from stages import answers, calls, chat, named, plain, streams
from test_commit import ASK, SURFACES
from test_promises import (ANN, FUNCTIONS, MENDED, PATH, PERSON,
                           SPOILT, STRICT, TOOLS, ask, fails, passes,
                           responds, set_stage)
from test_responses import RESPONSE
from test_sdk_anthropic import EVENTS as TOLD
from test_sdk_anthropic import MESSAGE


GOOD = calls(("hire", ANN))


@pytest.fixture(scope="module")
def stage(shared):
    return set_stage(shared)


class Person(pydantic.BaseModel):
    name: str
    age: int


# ---- chat -----------------------------------------------------------------

@pytest.mark.parametrize("body", [
    GOOD, calls(("rest", "{}")), calls(("free", '{"any":[1]}')),
    calls(("hire", ANN), ("rest", " {} "), ("hire", ANN)),
    calls(("rest", '{"more":1}')), {**GOOD, "x": 1}],
    ids=["one", "none", "free", "three", "more", "unknown member"])
def test_calls_that_keep_to_the_tools_pass(body, stage):
    passes(stage, TOOLS, body)


@pytest.mark.parametrize("functions", [
    [("hire", "{}")], [("hire", "[]")], [("hire", "no")], [("hire", "")],
    [("hire", ANN[:-1])], [("hire", '{"name":"Ann","age":"7"}')],
    [("hire", ANN[:-1] + ',"x":1}')], [("nobody", "{}")], [("", "{}")],
    [("rest", "null")], [("hire", ANN), ("hire", "{}")],
    [("rest", "{}"), ("nobody", "{}")]], ids=repr)
def test_calls_that_break_a_tools_schema_are_the_next_targets(functions,
                                                              stage):
    fails(stage, TOOLS, calls(*functions), GOOD)


@pytest.mark.parametrize("name", SPOILT)
def test_arguments_are_mended_and_no_other_byte(name, stage):
    body = json.dumps(calls(("rest", "{}"), ("hire", "@@")), indent=2).encode()
    start, end = body.split(b'"@@"')
    response = ask(stage, TOOLS, start + json.dumps(SPOILT[name]).encode()
                   + end)
    assert response.status == 200 and stage.asked == ["main"]
    assert response.header("x-agent-degraded") == "repaired"
    assert response.body.startswith(start) and response.body.endswith(end)
    assert json.loads(json.loads(response.body[len(start):-len(end)])) \
        == MENDED


@pytest.mark.parametrize("nothing", ["", " ", "\n"])
def test_no_arguments_become_an_empty_object(nothing, stage):
    response = ask(stage, TOOLS, calls(("rest", nothing)))
    call = response.json()["choices"][0]["message"]["tool_calls"][0]
    assert call["function"] == {"name": "rest", "arguments": "{}"}
    assert response.header("x-agent-degraded") == "repaired"


def test_a_text_beside_a_call_is_no_answer_yet(stage):
    body = calls(("hire", ANN))
    body["choices"][0]["message"]["content"] = "Let me see."
    passes(stage, {**TOOLS, **STRICT}, body)


def test_calls_that_were_cut_are_not_held_to_it(stage):
    body = calls(("hire", ANN[:9]))
    body["choices"][0]["finish_reason"] = "length"
    passes(stage, TOOLS, body)


def test_without_tools_in_the_request_nothing_is_asked(stage):
    passes(stage, {}, calls(("nobody", "{")))


def test_the_old_functions_are_tools_too(stage):
    def old(arguments):
        return chat(None, "function_call", function_call={
            "name": "hire", "arguments": arguments})

    passes(stage, FUNCTIONS, old(ANN))
    fails(stage, FUNCTIONS, old("{}"), old(ANN))
    response = ask(stage, FUNCTIONS, old(SPOILT["a comma"]))
    call = response.json()["choices"][0]["message"]["function_call"]
    assert json.loads(call["arguments"]) == MENDED
    assert response.header("x-agent-degraded") == "repaired"


# ---- held streams ---------------------------------------------------------

def streamed(*functions):
    """A stream of calls, their arguments in small pieces."""
    chunks = [P.FIRST]
    for i, (name, arguments) in enumerate(functions):
        chunks.append(P.delta(tool_calls=[
            {"index": i, "id": f"call_{i}", "type": "function",
             "function": {"name": name, "arguments": ""}}]))
        chunks += [P.delta(tool_calls=[
            {"index": i, "function": {"arguments": arguments[at:at + 3]}}])
            for at in range(0, len(arguments), 3)]
    return plain(*chunks, P.delta(finish="tool_calls")) \
        + SURFACES["chat"].last


@pytest.mark.parametrize("functions, good", [
    ([("hire", ANN)], True), ([("rest", "{}"), ("hire", ANN)], True),
    ([("hire", "{}")], False), ([("hire", ANN), ("hire", ANN[:-1])], False),
    ([("nobody", "{}")], False), ([("hire", SPOILT["a comma"])], False),
], ids=repr)
def test_streamed_calls_are_put_together(functions, good,
                                         stage):
    spare = streamed(("hire", ANN))
    stage.plays(main=streams(streamed(*functions)), spare=streams(spare))
    response = stage.ask(PATH, {**ASK, **TOOLS, "stream": True}, "held")
    assert response.complete
    assert response.body == (streamed(*functions) if good else spare)
    assert stage.asked == (["main"] if good else ["main", "spare"])


# ---- messages and responses -----------------------------------------------

CLAUDE = {"tools": [{"name": "hire", "input_schema": PERSON},
                    {"name": "rest", "input_schema": {"type": "object"}},
                    {"type": "web_search_20250305", "name": "web_search"}]}


def uses(name, value):
    return {**MESSAGE, "stop_reason": "tool_use", "content": [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "toolu_1", "name": name, "input": value}]}


def test_inputs_of_messages_keep_to_their_schemas(stage):
    where = {"name": "m_a", "path": "messages"}
    passes(stage, CLAUDE, uses("hire", MENDED), **where)
    passes(stage, CLAUDE, uses("rest", {}), **where)
    for name, value in (("hire", {}), ("hire", {**MENDED, "age": "7"}),
                        ("hire", [MENDED]), ("nobody", {})):
        fails(stage, CLAUDE, uses(name, value), uses("hire", MENDED), **where)
    cut = {**uses("hire", {}), "stop_reason": "max_tokens"}
    passes(stage, CLAUDE, cut, **where)


def told(name, text):
    start, end = json.loads(TOLD[0]), json.loads(TOLD[-2])
    end["delta"]["stop_reason"] = "tool_use"
    return named(*[json.dumps(e) for e in (
        start, {"type": "content_block_start", "index": 0, "content_block": {
            "type": "tool_use", "id": "toolu_1", "name": name, "input": {}}},
        *({"type": "content_block_delta", "index": 0, "delta": {
            "type": "input_json_delta", "partial_json": text[at:at + 4]}}
          for at in range(0, len(text), 4)),
        {"type": "content_block_stop", "index": 0}, end,
        {"type": "message_stop"})])


@pytest.mark.parametrize("name, text, good", [
    ("hire", ANN, True), ("rest", "", True), ("hire", "", False),
    ("hire", ANN[:-1], False), ("hire", "{}", False), ("nobody", "", False)])
def test_streamed_inputs_are_put_together(name, text, good,
                                          stage):
    stage.plays(main_a=streams(told(name, text)),
                spare_a=streams(told("hire", ANN)))
    response = stage.ask("messages", {**ASK, **CLAUDE, "stream": True},
                         "held_a")
    assert response.body == (told(name, text) if good else told("hire", ANN))
    assert len(stage.asked) == 2 - good


RESPOND = {"input": "Hi", "tools": [
    {"type": "function", "name": "hire", "parameters": PERSON},
    {"type": "web_search"}]}


def function_call(arguments, name="hire"):
    return {**RESPONSE, "output": [
        {"type": "function_call", "id": "fc_1", "call_id": "call_1",
         "name": name, "arguments": arguments, "status": "completed"}]}


def test_calls_of_responses_keep_to_their_schemas(stage):
    where = {"name": "m_r", "path": "responses"}
    passes(stage, RESPOND, function_call(ANN), **where)
    passes(stage, RESPOND, responds("No call."), **where)
    for arguments, name in (("{}", "hire"), ("no", "hire"), ("{}", "nobody")):
        fails(stage, RESPOND, function_call(arguments, name),
              function_call(ANN), **where)
    response = ask(stage, RESPOND, function_call(SPOILT["a comma"]), **where)
    assert json.loads(response.json()["output"][0]["arguments"]) == MENDED
    assert response.header("x-agent-degraded") == "repaired"


# ---- the SDK --------------------------------------------------------------

@pytest.fixture(scope="module")
def client(stage):
    with openai.OpenAI(base_url=stage.g.base_url, api_key=stage.g.key,
                       max_retries=0, timeout=20) as client:
        yield client


HELLO = [{"role": "user", "content": "Who?"}]


def parse(client, name="m", **kwargs):
    return client.chat.completions.parse(model=name, messages=HELLO, **kwargs)


@pytest.mark.parametrize("name", SPOILT)
def test_the_sdk_parses_what_was_mended(name, client, stage):
    stage.plays(main=answers(chat(SPOILT[name])))
    answer = parse(client, response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="Ann", age=7)


@pytest.mark.parametrize("text", ["Hello.", "{}", ANN[:-1], '{"name":1}'])
def test_the_sdk_parses_a_fallbacks_answer(text, client,
                                           stage):
    stage.plays(main=answers(chat(text)), spare=answers(chat(ANN)))
    answer = parse(client, response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="Ann", age=7)
    assert answer.usage.total_tokens == 12
    assert stage.asked == ["main", "spare"]


def test_the_sdk_parses_the_arguments_of_a_fallback(client,
                                                    stage):
    tools = [openai.pydantic_function_tool(Person, name="hire")]
    for first, count in (("{}", 2), ("no", 2), (SPOILT["a comma"], 1)):
        stage.plays(main=answers(calls(("hire", first))), spare=answers(GOOD))
        answer = parse(client, tools=tools)
        call = answer.choices[0].message.tool_calls[0]
        assert call.function.parsed_arguments == Person(name="Ann", age=7)
        assert len(stage.asked) == count


def test_the_sdk_reads_a_held_stream_of_a_fallback(client,
                                                   stage):
    def stream(text):
        return plain(P.FIRST, *[P.delta(content=c) for c in text],
                     P.delta(finish="stop"), "[DONE]")

    stage.plays(main=streams(stream("{}")), spare=streams(stream(ANN)))
    with client.chat.completions.stream(model="held", messages=HELLO,
                                        response_format=Person) as events:
        final = events.get_final_completion()
    assert final.choices[0].message.parsed == Person(name="Ann", age=7)
    assert stage.asked == ["main", "spare"]


def test_the_sdk_parses_responses_too(client, stage):
    for text, count in ((ANN, 1), (SPOILT["prose"], 1), ("Hello.", 2)):
        stage.plays(main_r=answers(responds(text)),
                    spare_r=answers(responds(ANN)))
        answer = client.responses.parse(model="m_r", input="Who?",
                                        text_format=Person)
        assert answer.output_parsed == Person(name="Ann", age=7)
        assert len(stage.asked) == count


def test_invalid_everywhere_is_the_sdks_own_error(client,
                                                  stage):
    stage.plays(main=answers(chat("Hello.")), spare=answers(chat("Hi.")))
    with pytest.raises(openai.InternalServerError) as caught:
        parse(client, response_format=Person)
    assert caught.value.status_code == 502
    assert caught.value.code == "validation_failed"
    assert stage.asked == ["main", "spare"]
