"""Every request that we emit is accepted by a strict mock of OpenAI's API.

The npm package @stdy/cli serves OpenAI's own description and refuses what it
does not allow.  A relay in front of it keeps its verdict on each request.
"""

import json
import subprocess

import openai
import pytest

import nodes
import providers as P
import wire
from gateway import DEFAULT, free_port, question, until
from providers import KEEP

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def mock(node_modules, team_files):
    """The mock's port."""
    description = team_files / "spec" / "openai.yml"
    if not description.exists():
        pytest.skip("OpenAI's description is not there: " + description.name)
    port = free_port()
    process = subprocess.Popen(
        [nodes.node(node_modules), node_modules / "@stdy/cli/steady.js",
         "--reject-on-sdk-error", "--no-color", "--host", "127.0.0.1",
         "-p", str(port), str(description)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    def ready():
        try:
            return wire.ask(port, wire.request("GET", "/_x-steady/health"),
                            "GET").status == 200
        except OSError:
            return False

    try:
        assert until(ready, timeout=60), "the mock does not start"
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Relay:
    """Asks the mock for its verdict, then answers as a good provider."""

    def __init__(self, mock):
        self.mock = mock
        self.verdicts = []

    def __call__(self, exchange):
        raw = exchange.request.raw.replace(b" /v1/", b" /", 1)
        verdict = wire.ask(self.mock, raw.replace(
            b"\r\n", b"\r\nConnection: close\r\n", 1))
        self.verdicts.append(
            (verdict.status, verdict.header("x-steady-request-valid"),
             verdict.header("x-steady-matched-path"),
             [v for n, v in verdict.headers if n.endswith("-message")]))
        if not exchange.request.json().get("stream"):
            exchange.send(P.whole(verdict.body))
            return KEEP
        return P.speaks()(exchange)


TOOL = {"type": "function", "function": {
    "name": "f", "parameters": {"type": "object", "properties": {}}}}

IMAGE = [{"type": "text", "text": "What is it?"},
         {"type": "image_url", "image_url": {
             "url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}]

HISTORY = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": "x"},
    {"role": "assistant", "content": None, "tool_calls": [
        {"id": "call_1", "type": "function",
         "function": {"name": "f", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "1"}]

CHATS = {
    "a question": {},
    "a stream": {"stream": True},
    "a stream with usage": {"stream": True,
                            "stream_options": {"include_usage": True}},
    "a stream without usage": {"stream": True,
                               "stream_options": {"include_usage": False}},
    "a stream with other options": {
        "stream": True, "stream_options": {"include_obfuscation": False}},
    "a stream with null options": {"stream": True, "stream_options": None},
    "no stream": {"stream": False},
    "null fields": {"max_tokens": None, "n": None, "stop": None,
                    "temperature": None},
    "tools": {"tools": [TOOL], "tool_choice": "auto",
              "parallel_tool_calls": False},
    "a streamed tool call": {"tools": [TOOL], "stream": True,
                             "tool_choice": "required"},
    "an image": {"messages": [{"role": "user", "content": IMAGE}]},
    "a history": {"messages": HISTORY, "tools": [TOOL]},
    "a schema": {"response_format": {"type": "json_schema", "json_schema": {
        "name": "s", "strict": True, "schema": {"type": "object"}}}},
    "every number": {"max_completion_tokens": 5, "n": 2, "temperature": 0.5,
                     "top_p": 1, "frequency_penalty": -2, "seed": 9,
                     "presence_penalty": 2.0, "logprobs": True,
                     "top_logprobs": 3, "logit_bias": {"50256": -100}},
    "names and notes": {"metadata": {"k": "v"}, "user": "u", "store": False,
                        "service_tier": "auto", "reasoning_effort": "low"},
}

OTHERS = {
    "a completion": ("/v1/completions", {"prompt": "Say", "max_tokens": 5}),
    "a streamed completion": ("/v1/completions", {"prompt": "Say",
                                                  "stream": True}),
    "a completion of tokens": ("/v1/completions", {"prompt": [[1, 2], [3]]}),
    "an embedding": ("/v1/embeddings", {"input": "x"}),
    "embeddings in base64": ("/v1/embeddings", {
        "input": ["x", "y"], "encoding_format": "base64"}),
    "an embedding of tokens": ("/v1/embeddings", {"input": [[1], [2, 3]]}),
    "a response": ("/v1/responses", {"input": "x"}),
    "a streamed response": ("/v1/responses", {"input": "x", "stream": True}),
    "a response with tools": ("/v1/responses", {
        "input": [{"role": "user", "content": "x"}], "tools": [
            {"type": "function", "name": "f", "strict": True,
             "parameters": {"type": "object"}}]}),
}


@pytest.fixture(scope="module")
def relay(shared, mock):
    relay = Relay(mock)
    return shared(shared.provider(relay)), relay


def is_accepted(relay, path):
    status, valid, matched, messages = relay.verdicts[-1]
    assert (status, valid, messages) == (200, "true", [])
    assert matched == path


@pytest.mark.parametrize("case", CHATS, ids=str)
def test_the_mock_accepts_the_chat(case, relay):
    g, verdicts = relay
    response = g.chat({**question(), **CHATS[case]})
    assert response.status == 200, response
    is_accepted(verdicts, "/chat/completions")


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_the_mock_accepts(case, relay):
    g, verdicts = relay
    path, fields = OTHERS[case]
    g.post(path, {"model": "gpt-test", **fields})
    is_accepted(verdicts, path.removeprefix("/v1"))


def test_the_mock_refuses_what_is_wrong(relay):
    """Or the tests above would prove nothing."""
    g, verdicts = relay
    g.chat({**question(), "temperature": "hot", "tools": 5})
    status, valid, matched, messages = verdicts.verdicts[-1]
    assert (status, valid) == (400, "false")
    assert len(messages) >= 2


def test_the_sdk_gets_the_mocks_answers_through_the_gateway(gateway, mock):
    """No relay: the mock is the provider."""
    g = gateway(provider=None, http=DEFAULT.replace(
        "@provider@", f"http://127.0.0.1:{mock}"))
    client = openai.OpenAI(base_url=g.base_url, api_key=g.key, max_retries=0)
    answer = client.chat.completions.create(
        model="gpt-test", messages=[{"role": "user", "content": "x"}])
    assert answer.object == "chat.completion" and answer.choices
    vectors = client.embeddings.create(model="gpt-test", input="x",
                                       encoding_format="float")
    assert vectors.object == "list"
    text = client.completions.create(model="gpt-test", prompt="x")
    assert text.object == "text_completion"
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model="gpt-test", messages=[{"role": "user", "content": "x"}],
            temperature="hot")
    assert "steady" in json.dumps(caught.value.response.json())
