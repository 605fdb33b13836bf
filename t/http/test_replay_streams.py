"""Recorded streams of other dialects become proper streams of the client's:
not only what an SDK makes of them, but the order that stricter readers want.
"""

import pytest

import replay

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def stand(shared):
    return replay.Stand(shared)


def foreign(dialect):
    return replay.recordings(
        lambda r: r.streamed and r.dialect != dialect and r.whole)


def stream(stand, recording, path, body):
    """The events of the answer."""
    _, model, _ = stand.through(recording)
    answer = stand.gateway.post(path, {"model": model, "stream": True, **body})
    assert answer.status == 200 and answer.complete
    assert answer.header("content-type").startswith("text/event-stream")
    return answer.events()


QUESTION = {"messages": [{"role": "user", "content": "Hello?"}]}


@foreign("chat")
def test_a_chat_is_in_order(stand, recording):
    events = stream(stand, recording, "/v1/chat/completions", {
        **QUESTION, "stream_options": {"include_usage": True}})
    assert events.pop().data == "[DONE]"
    chunks = [event.json() for event in events]
    assert {event.name for event in events} == {None}
    assert {c["object"] for c in chunks} == {"chat.completion.chunk"}
    for name in ("id", "model", "created"):
        assert len({c[name] for c in chunks}) == 1
    last = chunks.pop()
    assert last["choices"] == [] and last["usage"]["total_tokens"] == \
        last["usage"]["prompt_tokens"] + last["usage"]["completion_tokens"]
    assert [c["usage"] for c in chunks] == [None] * len(chunks)
    choices = [choice for c in chunks for choice in c["choices"]]
    assert len(choices) == len(chunks)
    assert [c["index"] for c in choices] == [0] * len(choices)
    assert choices[0]["delta"]["role"] == "assistant"
    assert not [c for c in choices[1:] if "role" in c["delta"]]
    reasons = [c["finish_reason"] for c in choices]
    assert reasons[-1] and not any(reasons[:-1])
    calls(choices)


def calls(choices):
    """The first delta of a call says all of it but the arguments."""
    known = []
    for choice in choices:
        for call in choice["delta"].get("tool_calls", ()):
            if call["index"] == len(known):
                known.append(call["id"])
                said = call[call["type"]]
                assert call["id"] and said["name"]
                assert "arguments" in said or "input" in said
            else:
                assert call["index"] < len(known)
                assert "id" not in call and "type" not in call
    assert len(set(known)) == len(known)


@foreign("anthropic")
def test_a_message_is_in_order(stand, recording):
    events = stream(stand, recording, "/v1/messages",
                    {**QUESTION, "max_tokens": 1000})
    said = [event.json() for event in events if event.name != "ping"]
    assert [e.name for e in events if e.name != "ping"] \
        == [e["type"] for e in said]
    start, *blocks, delta, stop = said
    assert [e["type"] for e in (start, delta, stop)] \
        == ["message_start", "message_delta", "message_stop"]
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens",
                 "cache_creation_input_tokens"):
        assert isinstance(start["message"]["usage"][name], int)
        assert isinstance(delta["usage"][name], int)
    assert start["message"]["content"] == []
    assert delta["delta"]["stop_reason"]
    opened, index = False, -1
    for event in blocks:
        if event["type"] == "content_block_start":
            assert not opened
            opened, index = True, index + 1
        elif event["type"] == "content_block_stop":
            assert opened
            opened = False
        else:
            assert opened and event["type"] == "content_block_delta"
        assert event["index"] == index
    assert not opened


@foreign("responses")
def test_a_response_is_in_order(stand, recording):
    events = stream(stand, recording, "/v1/responses", {"input": "Hello?"})
    said = [event.json() for event in events]
    assert [e.name for e in events] == [e["type"] for e in said]
    assert [e["sequence_number"] for e in said] == list(range(len(said)))
    assert [e["type"] for e in said[:2]] == ["response.created",
                                             "response.in_progress"]
    assert said[-1]["type"] in ("response.completed", "response.incomplete")
    response = said[-1]["response"]
    assert response["id"] == said[0]["response"]["id"]
    opened, done = [], []
    for event in said[2:-1]:
        if event["type"] == "response.output_item.added":
            assert event["output_index"] == len(opened)
            opened.append(event["item"]["id"])
        elif event["type"] == "response.output_item.done":
            done.append((event["output_index"], event["item"]))
            assert event["item"]["id"] == opened[event["output_index"]]
        else:
            assert event["item_id"] == opened[event["output_index"]]
            assert event["output_index"] not in [i for i, _ in done]
    assert len(done) == len(opened)
    assert [item for _, item in sorted(done, key=lambda d: d[0])] \
        == response["output"]
