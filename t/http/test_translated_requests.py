"""Every translated request is accepted by a strict mock of OpenAI's API, with
all that the client said in it; and the answer of the mock, which makes up all
that OpenAI's description allows, is read by the client's official SDK.
"""

import openai
import pytest

import providers as P
import replay_readers as readers
import translated as T
import wire
from providers import KEEP
from scripted import Step

PNG = "iVBORw0KGgo="
PDF = "JVBERi0xLjQK"

SCHEMA = {"type": "object", "additionalProperties": False,
          "properties": {"MarkField": {"type": "string"}},
          "required": ["MarkField"]}


# ---- what a client of the Messages API sends

def user(*content):
    return {"role": "user", "content": list(content)}


def said(*content):
    return {"role": "assistant", "content": list(content)}


def text(words, **more):
    return {"type": "text", "text": words, **more}


def image(**source):
    return {"type": "image", "source": source}


def document(**source):
    return {"type": "document", "source": source, "title": "a.pdf"}


def use(number, **arguments):
    return {"type": "tool_use", "id": f"toolu_01Mark{number}",
            "name": "MarkTool", "input": arguments}


def result(number, content, **more):
    return {"type": "tool_result", "tool_use_id": f"toolu_01Mark{number}",
            "content": content, **more}


TOOL = {"name": "MarkTool", "description": "MarkWhatFor",
        "input_schema": SCHEMA}
EPHEMERAL = {"cache_control": {"type": "ephemeral"}}

USED = [user(text("MarkAsked")), said(text("MarkSaid"), use(1, MarkField="x"),
                                      use(2, MarkField="y"))]

MESSAGES = {
    "a question": {},
    "a system": {"system": "MarkSystem"},
    "a system in parts": {"system": [text("MarkOne", **EPHEMERAL),
                                     text("MarkTwo")]},
    "a history": {"messages": [user(text("MarkOne")), said(text("MarkTwo")),
                               user(text("MarkThree"), text("MarkFour"))]},
    "a system between": {"messages": [
        user(text("MarkOne")), {"role": "system", "content": "MarkTwo"}]},
    "an image": {"messages": [user(text("MarkWhat"), image(
        type="base64", media_type="image/png", data=PNG))]},
    "an image by its address": {"messages": [user(image(
        type="url", url="https://example.com/Mark_a.png"))]},
    "a document": {"messages": [user(text("MarkWhat"), document(
        type="base64", media_type="application/pdf", data=PDF))]},
    "a document of text": {"messages": [user(text("MarkWhat"), document(
        type="text", media_type="text/plain", data="MarkDocument"))]},
    "tools": {"tools": [TOOL], "tool_choice": {"type": "auto"}},
    "a strict tool": {"tools": [{**TOOL, "strict": True, **EPHEMERAL}]},
    "a tool by force": {"tools": [TOOL], "tool_choice": {"type": "any"}},
    "one tool by force": {"tools": [TOOL], "tool_choice": {
        "type": "tool", "name": "MarkTool",
        "disable_parallel_tool_use": True}},
    "no tool": {"tools": [TOOL], "tool_choice": {"type": "none"}},
    "results": {"tools": [TOOL], "messages": USED + [user(
        result(1, "MarkOne"), result(2, [text("MarkTwo")], is_error=True),
        text("MarkThree"))]},
    "an image as a result": {"tools": [TOOL], "messages": USED + [user(
        result(1, [text("MarkOne"), image(type="base64", data=PNG,
                                          media_type="image/png")]),
        result(2, ""))]},
    "a thought": {"thinking": {"type": "enabled", "budget_tokens": 2048},
                  "max_tokens": 4096, "messages": [
        user(text("MarkOne")), said(
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            text("MarkTwo")), user(text("MarkThree"))]},
    "no thinking": {"thinking": {"type": "disabled"}},
    "an effort": {"thinking": {"type": "adaptive"},
                  "output_config": {"effort": "high"}},
    "a schema": {"output_config": {"format": {"type": "json_schema",
                                              "schema": SCHEMA}}},
    "numbers": {"temperature": 0.5, "top_p": 0.9, "max_tokens": 7},
    "notes": {"metadata": {"user_id": "u" * 100}, "service_tier": "auto"},
}

# Stop sequences, which the Responses API has not.
CHATS_ONLY = {"stop sequences": {"stop_sequences": ["MarkEnd", "\n\n"]}}


# ---- what a client of the Responses API sends

def item(role, *content):
    return {"type": "message", "role": role, "content": list(content)}


def words(value, kind="input_text"):
    return {"type": kind, "text": value}


FUNCTION = {"type": "function", "name": "MarkTool", "strict": True,
            "description": "MarkWhatFor", "parameters": SCHEMA}

CALLED = [item("user", words("MarkAsked")),
          {"type": "reasoning", "id": "rs_1", "summary": [
              words("Hm.", "summary_text")], "encrypted_content": "c2ln"},
          item("assistant", {**words("MarkSaid", "output_text"),
                             "annotations": []}),
          {"type": "function_call", "call_id": "call_Mark1", "id": "fc_1",
           "name": "MarkTool", "arguments": '{"MarkField":"x"}',
           "status": "completed"},
          {"type": "function_call", "call_id": "call_Mark2",
           "name": "MarkTool", "arguments": "{}"},
          {"type": "function_call_output", "call_id": "call_Mark1",
           "output": "MarkResult"},
          {"type": "function_call_output", "call_id": "call_Mark2",
           "output": [words("MarkOther")]}]

RESPONSES = {
    "a question": {"input": "MarkAsked"},
    "instructions": {"instructions": "MarkSystem", "input": [
        item("developer", words("MarkDeveloper")),
        item("user", words("MarkAsked"))]},
    "short items": {"input": [{"role": "user", "content": "MarkOne"},
                              {"role": "assistant", "content": "MarkTwo"},
                              {"role": "user", "content": "MarkThree"}]},
    "an image": {"input": [item("user", words("MarkWhat"), {
        "type": "input_image", "detail": "low",
        "image_url": f"data:image/png;base64,{PNG}"})]},
    "an image by its address": {"input": [item("user", {
        "type": "input_image", "detail": "auto",
        "image_url": "https://example.com/Mark_a.png"})]},
    "tools": {"tools": [FUNCTION], "tool_choice": "auto"},
    "a tool by force": {"tools": [FUNCTION], "tool_choice": "required"},
    "one tool by force": {"tools": [FUNCTION], "tool_choice": {
        "type": "function", "name": "MarkTool"}},
    "no tool": {"tools": [FUNCTION], "tool_choice": "none"},
    "one of the tools": {"tools": [FUNCTION], "tool_choice": {
        "type": "allowed_tools", "mode": "auto",
        "tools": [{"type": "function", "name": "MarkTool"}]}},
    "a custom tool": {"tools": [{"type": "custom", "name": "MarkCustom",
                                 "description": "MarkWhatFor"}]},
    "one call at a time": {"tools": [FUNCTION],
                           "parallel_tool_calls": False},
    "results": {"tools": [FUNCTION], "input": CALLED},
    "a schema": {"text": {"format": {
        "type": "json_schema", "name": "form", "strict": True,
        "schema": SCHEMA}}},
    "an object": {"input": "MarkJSON", "text": {"format": {
        "type": "json_object"}}},
    "an effort": {"reasoning": {"effort": "low", "summary": "auto"}},
    "numbers": {"temperature": 0.5, "top_p": 0.9, "max_output_tokens": 77},
    "notes": {"metadata": {"k": "v"}, "store": False, "user": "u",
              "prompt_cache_key": "k", "truncation": "disabled",
              "include": ["reasoning.encrypted_content"],
              "service_tier": "auto", "safety_identifier": "s"},
}


# ---- what a client of chats sends to a provider of responses

CALLS = [{"id": f"call_Mark{i}", "type": "function", "function": {
    "name": "MarkTool", "arguments": '{"MarkField":"x"}'}} for i in (1, 2)]
CHAT_TOOL = {"type": "function", "function": {
    name: FUNCTION[name] for name in ("name", "description", "parameters",
                                      "strict")}}

CHATS = {
    "a question": {},
    "systems": {"messages": [
        {"role": "system", "content": "MarkSystem"},
        {"role": "developer", "content": [text("MarkDeveloper")]},
        {"role": "user", "content": "MarkAsked", "name": "bob"}]},
    "an image": {"messages": [user(text("MarkWhat"), {
        "type": "image_url", "image_url": {
            "url": f"data:image/png;base64,{PNG}", "detail": "low"}})]},
    "a document": {"messages": [user(text("MarkWhat"), {
        "type": "file", "file": {
            "filename": "Mark.pdf",
            "file_data": f"data:application/pdf;base64,{PDF}"}})]},
    "tools": {"tools": [CHAT_TOOL], "tool_choice": "auto",
              "parallel_tool_calls": False},
    "a tool by force": {"tools": [CHAT_TOOL], "tool_choice": "required"},
    "one tool by force": {"tools": [CHAT_TOOL], "tool_choice": {
        "type": "function", "function": {"name": "MarkTool"}}},
    "one of the tools": {"tools": [CHAT_TOOL], "tool_choice": {
        "type": "allowed_tools", "allowed_tools": {
            "mode": "required", "tools": [
                {"type": "function", "function": {"name": "MarkTool"}}]}}},
    "a custom tool": {"tools": [{"type": "custom", "custom": {
        "name": "MarkCustom", "description": "MarkWhatFor"}}]},
    "results": {"tools": [CHAT_TOOL], "messages": [
        {"role": "user", "content": "MarkAsked"},
        {"role": "assistant", "content": "MarkSaid", "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "call_Mark1",
         "content": "MarkResult"},
        {"role": "tool", "tool_call_id": "call_Mark2",
         "content": [text("MarkOther")]}]},
    "a schema": {"response_format": {"type": "json_schema", "json_schema": {
        "name": "MarkName", "strict": True, "schema": SCHEMA}}},
    "numbers": {"temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 77,
                "logprobs": True, "top_logprobs": 2},
    "an effort": {"reasoning_effort": "low", "verbosity": "low"},
    "notes": {"metadata": {"k": "v"}, "store": False, "user": "u",
              "prompt_cache_key": "k", "service_tier": "auto",
              "safety_identifier": "s"},
}


# ---- the mock, and a gateway before it

PATHS = {"responses": "/responses"}


@pytest.fixture(scope="module")
def mock(node_modules, team_files):
    mock = T.Mock(node_modules, T.description(team_files))
    yield mock
    mock.stop()


@pytest.fixture(scope="module")
def stand(shared):
    names = ("openai", "older", "azure", "compatible", "vllm", "mistral",
             "responses")
    return T.Stand(shared, {name: name for name in names})


def verdict_of(mock, request, seed=0):
    """The mock's answer to what a provider got."""
    name = request.target.split("/")[1]
    raw = request.raw.replace(f" /{name}/v1".encode(), b" ", 1)
    raw = raw.replace(b"api-key:", b"Authorization: Bearer", 1)
    return wire.ask(mock.port, raw.replace(
        b"\r\n", b"\r\nConnection: close\r\nX-Steady-Seed: %d\r\n" % seed,
        1))


def is_accepted(mock, request, kind):
    verdict = verdict_of(mock, request)
    problems = [v for n, v in verdict.headers if n.startswith("x-steady-err")]
    assert (verdict.status, problems) == (200, ["0"]), request.body
    assert verdict.header("x-steady-matched-path") \
        == PATHS.get(kind, "/chat/completions")
    return verdict


CASES = {"messages": {**MESSAGES, **CHATS_ONLY}, "responses": RESPONSES,
         "chat": CHATS}

KINDS = {"messages": ("openai", "azure", "older", "compatible", "vllm",
                      "responses"),
         "responses": ("compatible", "vllm", "mistral"),
         "chat": ("responses",)}

# What a provider or its model cannot be told: its client is told so.
NO_FILES, NO_STOP = "File input", '"stop_sequences"'
REFUSED = {
    ("messages", "compatible", "a document"): NO_FILES,
    ("messages", "vllm", "a document"): NO_FILES,
    ("messages", "openai", "stop sequences"): NO_STOP,
    ("messages", "azure", "stop sequences"): NO_STOP,
    ("messages", "responses", "stop sequences"): NO_STOP,
}

# What Mistral has its own word for, which OpenAI's description has not.
FORCED = ("responses", "mistral", "a tool by force")

TABLE = [(surface, kind, case) for surface, kinds in KINDS.items()
         for kind in kinds for case in CASES[surface]
         if (surface, kind, case) not in (*REFUSED, FORCED)]

ANSWERS = ("a schema", "an object")     # to which the answer must be JSON
IDS = {"Mark1", "Mark2"}                # Mistral's are shorter


@pytest.mark.parametrize("surface, kind, case", TABLE)
def test_the_mock_accepts_it(surface, kind, case, stand, mock):
    fields = CASES[surface][case]
    answer = '{"MarkField":"x"}' if case in ANSWERS else "Hello there."
    for stream in (False, True):
        stand.plays(**{kind: T.speaks(kind, Step(text=answer))})
        response = stand.ask(surface, kind, stream=stream, **fields)
        assert T.text_of(surface, response) == answer
        is_accepted(mock, stand.request, kind)
        sent = stand.request.json()
        lost = T.marks(fields) - T.marks(sent)
        assert lost <= IDS if kind == "mistral" else not lost
        assert sent.get("stream", False) == stream
        assert sent["model"] == T.KINDS[kind][1]


def test_the_mock_refuses_what_is_another_providers_word(stand, mock):
    """Or the tests above would prove nothing."""
    surface, kind, case = FORCED
    stand.plays(**{kind: T.speaks(kind)})
    assert stand.ask(surface, kind, **CASES[surface][case]).status == 200
    assert stand.request.json()["tool_choice"] == "any"
    verdict = verdict_of(mock, stand.request)
    assert verdict.header("x-steady-error-1-path") == "body.tool_choice"


@pytest.mark.parametrize("surface, kind, case", REFUSED)
def test_what_cannot_be_told_is_refused(surface, kind, case, stand):
    stand.plays()
    response = stand.ask(surface, kind, **CASES[surface][case])
    assert response.status == 400 and not stand.asked, response
    assert response.error["type"] == "invalid_request_error"
    assert response.error["message"].startswith(REFUSED[surface, kind, case])


# ---- what the mock answers

SEEDS = range(1, 9)


class PassesOn:
    """A provider that says what the mock says; each seed is an answer."""

    def __init__(self, mock):
        self.mock, self.seed, self.said = mock, 0, None

    def __call__(self, exchange):
        verdict = verdict_of(self.mock, exchange.request, self.seed)
        self.said = verdict.json()
        for choice in self.said.get("choices", ()):
            choice["index"] = 0         # of one choice, as it was asked
        if "output" in self.said:       # no failure
            self.said.update(error=None, status="completed")
        exchange.send(P.whole(self.said))
        return KEEP


def read_directly(kind, said):
    if kind == "responses":
        return readers.response(
            openai.types.responses.Response.model_validate(said))
    return readers.chat_whole(
        openai.types.chat.ChatCompletion.model_validate(said))


def asks_whole(client, surface, model):
    if surface == "messages":
        return readers.message(client.messages.create(
            model=model, max_tokens=9, messages=T.HELLO))
    if surface == "chat":
        return readers.chat_whole(client.chat.completions.create(
            model=model, messages=T.HELLO))
    return readers.response(client.responses.create(
        model=model, input="Hello?"))


@pytest.mark.parametrize("surface, kind", [
    ("messages", "openai"), ("messages", "compatible"),
    ("messages", "responses"), ("responses", "compatible"),
    ("chat", "responses")])
def test_the_sdk_reads_the_mocks_answers(surface, kind, stand, mock):
    passes = PassesOn(mock)
    with (stand.anthropic() if surface == "messages"
          else stand.openai()) as client:
        for passes.seed in SEEDS:
            stand.plays(**{kind: passes})
            heard = asks_whole(client, surface, kind)
            said = read_directly(kind, passes.said)
            refusal = "" if kind == "responses" or surface == "responses" \
                else passes.said["choices"][0]["message"]["refusal"]
            assert heard.text == said.text + refusal    # it has no other place
            assert said.text and heard.calls == said.calls == []
            if said.finish != readers.CALLS:    # though there are none
                assert heard.finish == said.finish
