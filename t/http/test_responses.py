"""/v1/responses to an OpenAI provider: byte for byte, whole and streamed."""

import json

import openai
import pytest

import providers as P
import wire
from providers import HANG, KEEP, chunk, says, stream_head, whole

pytestmark = pytest.mark.smoke

RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1730000000,
    "status": "completed", "error": None, "incomplete_details": None,
    "instructions": None, "metadata": {}, "model": "gpt-upstream",
    "output": [{"type": "message", "id": "msg_1", "status": "completed",
                "role": "assistant", "content": [
                    {"type": "output_text", "text": "Hello.",
                     "annotations": []}]}],
    "parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto",
    "tools": [], "top_p": 1.0,
    "usage": {"input_tokens": 36, "input_tokens_details": {"cached_tokens": 4},
              "output_tokens": 87,
              "output_tokens_details": {"reasoning_tokens": 3},
              "total_tokens": 123},
}

STARTED = {**RESPONSE, "status": "in_progress", "output": [], "usage": None}

EVENTS = [json.dumps({**e, "sequence_number": i}) for i, e in enumerate((
    {"type": "response.created", "response": STARTED},
    {"type": "response.in_progress", "response": STARTED},
    {"type": "response.output_item.added", "output_index": 0,
     "item": {**RESPONSE["output"][0], "status": "in_progress",
              "content": []}},
    {"type": "response.content_part.added", "item_id": "msg_1",
     "output_index": 0, "content_index": 0,
     "part": {"type": "output_text", "text": "", "annotations": []}},
    {"type": "response.output_text.delta", "item_id": "msg_1",
     "output_index": 0, "content_index": 0, "delta": "Hel", "logprobs": []},
    {"type": "response.output_text.delta", "item_id": "msg_1",
     "output_index": 0, "content_index": 0, "delta": "lo.", "logprobs": []},
    {"type": "response.output_text.done", "item_id": "msg_1",
     "output_index": 0, "content_index": 0, "text": "Hello.",
     "logprobs": []},
    {"type": "response.content_part.done", "item_id": "msg_1",
     "output_index": 0, "content_index": 0,
     "part": RESPONSE["output"][0]["content"][0]},
    {"type": "response.output_item.done", "output_index": 0,
     "item": RESPONSE["output"][0]},
    {"type": "response.completed", "response": RESPONSE}))]

ASK = {"model": "gpt-test", "input": "Say hello."}


def sse(*events):
    return "".join(f"event: {json.loads(e)['type']}\ndata: {e}\n\n"
                   for e in events).encode()


def replays(*events):
    return says(stream_head() + b"".join(chunk(sse(e)) for e in events)
                + P.LAST, KEEP)


@pytest.fixture(params=["openai", "responses"])
def start(request, gateway):
    """Providers of both dialects serve this endpoint."""
    def run(script, **values):
        provider = gateway.provider(script)
        return gateway(provider, dialect=request.param, **values), provider
    return run


def sdk(g):
    return openai.OpenAI(base_url=g.base_url, api_key=g.key, max_retries=0,
                         timeout=20)


def test_a_whole_response_passes_byte_for_byte(start):
    body = json.dumps(RESPONSE, indent=2).encode()
    g, provider = start(says(whole(body), KEEP))
    asked = b'{ "model" : "gpt-test","input":"\\u00e9","x":[1.50] }'
    response = g.post("/v1/responses?x=1", asked)
    assert response.body == body
    assert provider.request.body == asked.replace(b"gpt-test",
                                                  b"gpt-upstream")
    assert provider.request.target == "/v1/responses?x=1"
    assert provider.request.headers["authorization"] \
        == f"Bearer {g.provider_key}"
    call = g.access()[0]
    assert (call["prompt_tokens"], call["completion_tokens"],
            call["cached_tokens"]) == ("36", "87", "4")


def test_a_streamed_response_passes_byte_for_byte(start):
    g, provider = start(replays(*EVENTS))
    asked = {**ASK, "stream": True}
    response = g.post("/v1/responses", asked)
    assert response.body == sse(*EVENTS)
    assert response.complete
    assert b"[DONE]" not in response.body
    assert provider.request.json() == {**asked, "model": "gpt-upstream"}
    assert g.access()[0]["completion_tokens"] == "87"


def test_the_answer_ends_right_after_the_last_event(start):
    g, provider = start(says(stream_head() + chunk(sse(*EVENTS)), HANG))
    response = g.post("/v1/responses", {**ASK, "stream": True})
    assert response.complete
    assert response.body == sse(*EVENTS)


def test_the_sdk_reads_both(start):
    g, provider = start([says(whole(RESPONSE), KEEP), replays(*EVENTS)])
    with sdk(g) as client:
        assert client.responses.create(**ASK).output_text == "Hello."
        with client.responses.stream(**ASK) as stream:
            text = "".join(e.delta for e in stream
                           if e.type == "response.output_text.delta")
            assert text == "Hello."
            assert stream.get_final_response().usage.output_tokens == 87


def test_a_refusal_comes_as_it_came(start):
    body = (b'{"error":{"message":"Your input exceeds the context window of '
            b'this model.","type":"invalid_request_error","param":"input",'
            b'"code":"context_length_exceeded"}}')
    g, provider = start(says(whole(body, 400), KEEP))
    response = g.post("/v1/responses", ASK)
    assert (response.status, response.body) == (400, body)


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("clean", [True, False])
def test_a_stream_cut_after_any_event_never_looks_whole(count, clean, start):
    g, provider = start(says(
        stream_head() + b"".join(chunk(sse(e)) for e in EVENTS[:count])
        + (P.LAST if clean else b""), *([KEEP] if clean else [])))
    response = g.post("/v1/responses", {**ASK, "stream": True})
    if response.status != 200:
        assert response.status == 502
        return
    assert response.body.startswith(sse(EVENTS[0]))
    assert b"response.completed" not in response.body
    assert "error" in response.events()[-1].data


@pytest.mark.parametrize("last", [
    {"type": "response.failed", "response": {
        **STARTED, "status": "failed",
        "error": {"code": "server_error", "message": "sorry"}}},
    {"type": "response.incomplete", "response": {
        **RESPONSE, "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"}}},
], ids=["failed", "incomplete"])
def test_the_other_last_events_end_a_stream_too(last, start):
    script = P.then(stream_head() + chunk(sse(*EVENTS[:6])),
                    says(chunk(sse(json.dumps(last))), HANG))
    g, provider = start(script)
    with g.connect() as client:
        client.send(wire.request("POST", "/v1/responses",
                                 {**ASK, "stream": True}, g.key))
        client.read_until(b"lo.")
        script.go_on.set()
        response = client.response()
    assert response.complete
    data = [e.data for e in response.events()]
    assert data[:6] == EVENTS[:6] and len(data) == 7
    if last["type"] == "response.incomplete":
        assert data[6] == json.dumps(last)
    else:                               # in its words, or in the table's
        assert data[6] == json.dumps(last) or "error" in json.loads(data[6])


def test_other_paths_of_responses_are_not_found(start):
    """They are the provider account's: one tenant could read another's."""
    g, provider = start(says(whole(RESPONSE), KEEP))
    for method, path in (("GET", "/v1/responses/resp_1"),
                         ("DELETE", "/v1/responses/resp_1"),
                         ("POST", "/v1/responses/resp_1/cancel"),
                         ("GET", "/v1/responses/resp_1/input_items"),
                         ("POST", "/v1/responses/input_tokens")):
        body = {} if method == "POST" else None
        assert g.ask(method, path, body).status == 404, path
    assert provider.requests == []
