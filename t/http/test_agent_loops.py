"""Official SDKs run agents through the gateway: tools over three turns,
reasoning that must come back signed, structured outputs, each API against
the providers of every other dialect."""

import json
import typing

import pydantic
import pytest

import loops
import nodes
from loops import FINAL, playing
from scripted import Call, Step

pytestmark = pytest.mark.smoke

ELSEWHERE = [("chat", "anthropic"), ("chat", "gemini"), ("chat", "responses"),
             ("responses", "anthropic"), ("responses", "gemini"),
             ("responses", "vllm"), ("messages", "openai"),
             ("messages", "gemini"), ("messages", "responses")]
elsewhere = pytest.mark.parametrize("api, model", ELSEWHERE,
                                    ids=lambda value: value)
streamed = pytest.mark.parametrize("stream", [False, True],
                                   ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def stage(shared):
    return loops.Stage(shared)


# ---- tools

@elsewhere
@streamed
def test_a_loop_of_tools_runs_to_its_end(api, model, stream, stage):
    with playing(stage, model, *loops.loop()) as play:
        said = loops.LOOPS[api](stage, model, play.task, stream)
    assert said == FINAL
    for seen in play.seen:
        assert seen.model == loops.MODELS[model][1]
        assert seen.system == loops.SYSTEM
        assert set(seen.tools) == set(loops.SCHEMAS)
        assert seen.tools["weather"]["properties"] \
            == loops.CITY["properties"]
        assert seen.stream == stream


# ---- reasoning and its signatures

THINKING = {
    "chat": {"reasoning_effort": "high"},
    "responses": {"reasoning": {"effort": "high", "summary": "auto"}},
    "messages": {"thinking": {"type": "enabled", "budget_tokens": 2048}}}


@elsewhere
@streamed
def test_reasoning_comes_back_as_it_was_signed(api, model, stream, stage):
    """The provider compares: the play fails for a signature that is not."""
    with playing(stage, model, *loops.loop(think=True)) as play:
        said = loops.LOOPS[api](stage, model, play.task, stream,
                                **THINKING[api])
    assert said == FINAL
    for seen in play.seen:
        assert asked_to_think(model, seen.body)


def asked_to_think(model, body):
    if model == "anthropic":
        return body["thinking"]["type"] == "adaptive" \
            and body["output_config"]["effort"] == "high"
    if model == "gemini":
        config = body["generationConfig"]["thinkingConfig"]
        return config["includeThoughts"] and config.get("thinkingLevel") \
            in ("HIGH", "MEDIUM", "LOW")
    if model == "responses":
        return body["reasoning"]["effort"] \
            and "reasoning.encrypted_content" in body["include"]
    return body["reasoning_effort"]


# ---- the SDKs for JavaScript

PLAN = [{"api": api, "model": model, "stream": stream}
        for api, model in ELSEWHERE for stream in (False, True)]


@pytest.fixture(scope="module")
def scripts(stage, node_modules):
    """What t/node/agents.cjs said, run once, beside the plays it played."""
    plays = [stage.play(row["model"], *loops.loop(think=True))
             for row in PLAN]
    plan = [{**row, "task": play.task} for row, play in zip(PLAN, plays)]
    said = json.loads(nodes.run(node_modules, "agents.cjs",
                                stage.gateway.base_url, stage.gateway.key,
                                json.dumps(plan)))
    return {(row["api"], row["model"], row["stream"]): (play, text)
            for row, play, text in zip(PLAN, plays, said, strict=True)}


@elsewhere
@streamed
def test_a_loop_in_javascript_runs_to_its_end(api, model, stream, scripts):
    play, said = scripts[api, model, stream]
    play.ended()
    assert said == FINAL


# ---- structured outputs

class City(pydantic.BaseModel):
    name: str
    degrees: int
    sky: typing.Literal["clear", "grey"]


ANSWER = {"name": "Łódź", "degrees": 4, "sky": "grey"}


def parse_chat(stage, model, task):
    with stage.openai() as client:
        answer = client.chat.completions.parse(
            model=model, response_format=City,
            messages=[{"role": "user", "content": task}])
    return answer.choices[0].message.parsed


def parse_responses(stage, model, task):
    with stage.openai() as client:
        return client.responses.parse(model=model, input=task,
                                      text_format=City).output_parsed


def parse_messages(stage, model, task):
    with stage.anthropic() as client:
        return client.messages.parse(
            model=model, output_format=City, max_tokens=512,
            messages=[{"role": "user", "content": task}]).parsed_output


@elsewhere
def test_a_class_is_parsed(api, model, stage):
    text = json.dumps(ANSWER, ensure_ascii=False)
    with playing(stage, model, Step(text=text)) as play:
        parsed = {"chat": parse_chat, "responses": parse_responses,
                  "messages": parse_messages}[api](stage, model, play.task)
    assert parsed == City(**ANSWER)
    schema = play.seen[0].schema
    assert set(schema["required"]) == set(ANSWER)
    assert schema["properties"]["sky"]["enum"] == ["clear", "grey"]
    assert schema["additionalProperties"] is False


# ---- tools that come later

LATER = {"name": "later", "description": "Comes later.",
         "input_schema": loops.NOTHING}
FIND = {"name": "find", "input_schema": {"type": "object", "properties": {
    "query": {"type": "string"}}, "required": ["query"]}}


def asks_for_later(stage, model, play, result, *rest, tools=(FIND, LATER)):
    with stage.anthropic() as client:
        return client.messages.create(
            model=model, max_tokens=512, tools=list(tools), messages=[
                {"role": "user", "content": "Find it. " + play.task},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "name": "find",
                     "id": play.call_id(0, 0), "input": {"query": "l"}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "content": result,
                     "tool_use_id": play.call_id(0, 0)}]}, *rest])


later = pytest.mark.parametrize("model", ["openai", "gemini", "responses"])


def finds():
    return (Step(calls=(Call("find", {"query": "l"}),)), Step(text=FINAL))


@later
def test_a_tool_that_was_searched_for_is_named_in_the_result(model, stage):
    """An empty text would tell the model that nothing was found."""
    play = stage.play(model, *finds())
    asks_for_later(stage, model, play, [{"type": "tool_reference",
                                         "tool_name": "later"}],
                   tools=(FIND, {**LATER, "defer_loading": True}))
    assert not play.failures, play.failures
    assert "later" in play.seen[0].tools
    assert "later" in play.seen[0].turns[2].results[0].text


@later
@pytest.mark.parametrize("tool, tools", [
    ({"type": "tool_reference", "name": "later"}, (FIND, LATER)),
    ({"type": "tool_definition", "definition": LATER}, (FIND,))],
    ids=["by reference", "by value"])
def test_a_tool_may_be_added_by_a_system_message(model, tool, tools, stage):
    play = stage.play(model, *finds())
    asks_for_later(stage, model, play, "It is there.", {
        "role": "system", "content": [
            {"type": "text", "text": "There is a new tool."},
            {"type": "tool_addition", "tool": tool}]}, tools=tools)
    assert not play.failures, play.failures
    assert set(play.seen[0].tools) == {"find", "later"}


# ---- what agents ask of one model, and another has not

@pytest.mark.parametrize("model, most", [
    ("openai", 128000), ("responses", 128000), ("gemini", 65536)])
def test_no_more_tokens_are_asked_for_than_a_model_writes(model, most, stage):
    """An agent asks for what the model that it knows could write."""
    play = stage.play(model, Step(text=FINAL))
    response = stage.gateway.post("/v1/messages", {
        "model": model, "max_tokens": 200000,
        "messages": [{"role": "user", "content": play.task}]})
    assert response.status == 200
    body = play.seen[0].body
    assert most == (body.get("max_completion_tokens")
                    or body.get("max_output_tokens")
                    or body["generationConfig"]["maxOutputTokens"])
