"""Streams: flushed, in order, ended as they should be, never cleanly cut."""

import json
import threading

import pytest

import providers as P
import wire
from gateway import question, until
from providers import HANG, KEEP, chunk, delta, says, sse, stream, stream_head

DONE = "[DONE]"


def text_of(datas):
    """The words of a chat stream."""
    words = ""
    for data in datas:
        if data != DONE:
            for choice in json.loads(data).get("choices") or []:
                words += choice["delta"].get("content") or ""
    return words


ALL = text_of(P.WORDS)


def stream_call(g, **fields):
    return g.chat(question(stream=True, **fields))


@pytest.mark.smoke
def test_every_event_is_flushed_before_the_next_one_is_made(gateway,
                                                            provider):
    """The provider goes on only once the client has the last event."""
    seen = threading.Semaphore(0)

    def waits_for_the_reader(exchange):
        exchange.send(stream_head(), chunk(sse(P.FIRST)))
        for word in P.WORDS[1:]:
            exchange.send(chunk(sse(word)))
            assert seen.acquire(timeout=wire.PATIENCE), "never flushed"
        exchange.send(chunk(sse(DONE)) + P.LAST)
        return KEEP

    g = gateway(provider(waits_for_the_reader))
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        head = client.head()
        assert head.header("content-type").startswith("text/event-stream")
        got = b""
        for word in P.WORDS[1:]:        # the first holds nothing yet
            # the event's end must be there too: a client parses whole events
            while not got.endswith(sse(word)):
                got += client.chunk()
            seen.release()
        client.finish(head)
        assert head.complete
        assert wire.events(got + head.body)[-1].data == DONE


@pytest.mark.smoke
def test_the_answer_ends_right_after_done(gateway, provider):
    """Clients read to the end of the body: it must come with [DONE]."""
    lingering = provider(says(stream(finish=False), HANG))
    response = stream_call(gateway(lingering))
    assert response.complete
    assert response.data() == P.WORDS + [DONE]


def test_nothing_after_done_reaches_the_client(gateway, provider):
    g = gateway(provider(P.streams(*P.WORDS, DONE, delta(content="more"),
                                   done=False)))
    assert stream_call(g).data() == P.WORDS + [DONE]


@pytest.mark.smoke
def test_a_stream_has_the_headers_that_keep_it_one(gateway, provider):
    g = gateway(provider(P.speaks()), server="""
        gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;""")
    response = g.chat(question(stream=True),
                      headers=[("Accept-Encoding", "gzip, deflate")])
    assert response.header("content-encoding") is None
    assert response.header("content-type").startswith("text/event-stream")
    assert response.header("x-accel-buffering") == "no"
    assert "no-cache" in response.header("cache-control")
    assert response.header("content-length") is None
    assert response.data()[-1] == DONE


@pytest.mark.smoke
def test_a_silent_stream_gets_heartbeats_before_its_first_token(gateway,
                                                                provider):
    go_on = threading.Event()

    def thinks(exchange):
        assert go_on.wait(wire.PATIENCE)
        exchange.send(stream())
        return KEEP

    g = gateway(provider(thinks), gateway="heartbeat=1s")
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        head = client.head()            # the soft commit
        assert head.status == 200
        beats = client.chunk() + client.chunk()
        assert beats.startswith(b":") and beats.endswith(b"\n\n")
        assert wire.events(beats) == []
        go_on.set()
        client.finish(head)
        assert head.data() == P.WORDS + [DONE]


def test_a_silent_stream_gets_heartbeats_between_tokens(gateway, provider):
    go_on = threading.Event()

    def pauses(exchange):
        exchange.send(stream_head(), chunk(sse(*P.WORDS[:2])))
        assert go_on.wait(wire.PATIENCE)
        exchange.send(chunk(sse(*P.WORDS[2:], DONE)) + P.LAST)
        return KEEP

    g = gateway(provider(pauses), gateway="heartbeat=1s")
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"\n:")
        go_on.set()
        response = client.response()
        assert response.data() == P.WORDS + [DONE]
        assert response.complete


def test_a_heartbeat_never_splits_an_event(gateway, provider):
    """Half an event is held back: a comment inside it would be data."""
    go_on = threading.Event()
    event = sse(P.WORDS[1])

    def stops_in_an_event(exchange):
        exchange.send(stream_head(), chunk(sse(P.FIRST) + event[:30]))
        assert go_on.wait(wire.PATIENCE)
        exchange.send(chunk(event[30:] + sse(*P.WORDS[2:], DONE)) + P.LAST)
        return KEEP

    g = gateway(provider(stops_in_an_event), gateway="heartbeat=1s")
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"\n:")
        go_on.set()
        assert client.response().data() == P.WORDS + [DONE]


def test_no_heartbeats_while_events_flow(gateway, provider):
    data = stream()
    g = gateway(provider(P.trickles(data, size=len(data) // 8, pause=0.05)),
                gateway="heartbeat=5s")
    assert wire.comments(stream_call(g).body) == []


@pytest.mark.smoke
@pytest.mark.parametrize("end", [
    says(), says(P.RESET), says(P.whole({"error": {}}, 500), KEEP),
    says(P.whole(b"<html>", content_type="text/html"), KEEP),
    says(stream(json.dumps({"error": {"message": "x"}})), KEEP),
    says(stream_head() + P.LAST, KEEP),
], ids=["closes", "resets", "500", "HTML", "error event", "nothing"])
def test_a_failure_after_a_heartbeat_is_an_error_event(end, gateway,
                                                       provider):
    """The headers are out, so the error comes as an event, and no [DONE]."""
    fail = threading.Event()

    def fails_late(exchange):
        assert fail.wait(wire.PATIENCE)
        return end(exchange)

    g = gateway(provider(fails_late), gateway="heartbeat=1s")
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        head = client.head()
        assert head.status == 200
        fail.set()
        client.finish(head)
        events = head.events()
        assert len(events) == 1
        assert events[0].json()["error"]["type"] == "server_error"
        assert events[0].json()["error"]["code"]


def test_a_refusal_before_a_heartbeat_keeps_its_status(gateway, provider):
    g = gateway(provider(says(P.whole({"error": {}}, 503), KEEP)),
                gateway="heartbeat=5s")
    assert stream_call(g).status == 503


# ---- cut at every byte ----------------------------------------------------

SHORT = [delta(role="assistant", content=""), delta(content="Hé"),
         delta(content="llo"), delta(finish="stop")]


class Cutter:
    """Answers each request with the first `offset` bytes, then closes.

    The part up to `mark` may go first; the rest when the client has read it.
    """

    def __init__(self, data, mark):
        self.data, self.mark = data, mark
        self.offset = 0
        self.go_on = threading.Semaphore(0)

    def __call__(self, exchange):
        exchange.send(self.data[:min(self.offset, self.mark)])
        if self.offset > self.mark:
            assert self.go_on.acquire(timeout=wire.PATIENCE)
            exchange.send(self.data[self.mark:self.offset])

    def ask(self, g, offset):
        self.offset = offset
        with g.connect() as client:
            client.send(g.chat_request(question(stream=True)))
            if offset > self.mark:
                client.read_until("Hé".encode())
                self.go_on.release()
            return client.response()


def never_ends_cleanly_by_mistake(response, sent):
    """What is true of every cut, wherever it was; gives the kind of end."""
    finished = b'"finish_reason": "stop"}]}' in sent
    if response.status != 200:
        assert response.status == 502 and response.complete
        assert response.error["code"] in ("provider_unreachable",
                                          "invalid_provider_response")
        return "refused"
    assert response.header("content-type").startswith("text/event-stream")
    data = response.data()
    if data[-1] == DONE:
        assert finished, "a cut stream ended as if it were whole"
        assert text_of(data) == text_of(SHORT)
        assert response.complete
        return "whole"
    error = json.loads(data[-1])["error"]
    assert error["type"] == "server_error" and error["code"]
    assert text_of(SHORT).startswith(text_of(data[:-1]))
    return "broken off"


@pytest.mark.smoke
@pytest.mark.parametrize("chunked", [True, False],
                         ids=["chunked", "until it closes"])
@pytest.mark.parametrize("wait", [True, False],
                         ids=["the beginning was read", "all at once"])
def test_a_stream_cut_at_any_byte_never_looks_whole(wait, chunked, gateway,
                                                    provider):
    frame = chunk if chunked else bytes
    head = stream_head(chunked=chunked)
    begin = head + b"".join(frame(sse(d)) for d in SHORT[:2])
    data = begin + b"".join(frame(sse(d)) for d in [*SHORT[2:], DONE]) \
        + (P.LAST if chunked else b"")
    cutter = Cutter(data, len(begin) if wait else len(data))
    g = gateway(provider(cutter))
    kinds = set()
    for offset in range(len(data)):
        response = cutter.ask(g, offset)
        try:
            kinds.add(never_ends_cleanly_by_mistake(response, data[:offset]))
        except AssertionError as wrong:
            raise AssertionError(f"cut at {offset} of {len(data)}, after "
                                 f"{data[:offset][-60:]!r}: {response}"
                                 ) from wrong
    # every kind of end must have been seen, or the test tested nothing
    assert {"refused", "whole"} <= kinds
    assert not wait or "broken off" in kinds


@pytest.mark.smoke
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"],
                         ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("size", [1, 7, 65536])
def test_any_framing_in_any_pieces_is_the_same_stream(size, end, gateway,
                                                      provider):
    body = (": one\n\n: two\n" + "id: 7\nretry: 10\n").replace("\n", end)
    body = body.encode() + b"".join(
        sse(d, end=end) for d in [*P.WORDS, DONE])
    data = stream_head(chunked=False) + body
    g = gateway(provider(P.trickles(data, size=size)))
    response = stream_call(g)
    assert response.data() == P.WORDS + [DONE]
    assert response.complete


@pytest.mark.parametrize("chunked", [True, False],
                         ids=["chunked", "until it closes"])
@pytest.mark.parametrize("last", [DONE, P.WORDS[-1]], ids=["DONE", "finish"])
def test_a_last_event_without_its_blank_line_is_an_event(last, chunked,
                                                         gateway, provider):
    words = P.WORDS if last == DONE else P.WORDS[:-1]
    body = sse(*words) + f"data: {last}\n".encode()
    body = chunk(body) + P.LAST if chunked else body
    g = gateway(provider(says(stream_head(chunked=chunked) + body)))
    response = stream_call(g)
    assert response.complete
    assert response.data() == P.WORDS + [DONE]


@pytest.mark.parametrize("lines", ["data:", "data", "data: ", "event: ping",
                                   'error: {"message":"secret-host"}'],
                         ids=repr)
def test_what_has_no_data_is_no_event_and_goes_nowhere(lines, gateway,
                                                       provider):
    """Clients have stumbled over it, and who knows what it holds."""
    body = sse(*P.WORDS[:2]) + f"{lines}\n\n: a comment\n\n".encode() \
        + sse(*P.WORDS[2:], DONE)
    g = gateway(provider(says(stream_head() + chunk(body) + P.LAST, KEEP)))
    response = stream_call(g)
    assert response.body == body.replace(f"{lines}\n\n".encode(), b"", 1)


def test_a_byte_order_mark_is_no_trouble(gateway, provider):
    body = "\ufeff".encode() + sse(*P.WORDS, DONE)
    g = gateway(provider(says(stream_head() + chunk(body) + P.LAST, KEEP)))
    assert stream_call(g).data() == P.WORDS + [DONE]


def test_data_of_several_lines_is_one_event(gateway, provider):
    split = P.WORDS[1].replace(", ", ",\n")
    lines = "".join(f"data: {line}\n" for line in split.split("\n")) + "\n"
    body = sse(P.FIRST) + lines.encode() + sse(*P.WORDS[2:], DONE)
    g = gateway(provider(says(stream_head() + chunk(body) + P.LAST, KEEP)))
    data = stream_call(g).data()
    assert len(data) == len(P.WORDS) + 1
    assert json.loads(data[1]) == json.loads(P.WORDS[1])


def test_data_without_a_space_after_the_colon_is_data(gateway, provider):
    body = b"".join(b"data:" + d.encode() + b"\n\n" for d in [*P.WORDS, DONE])
    g = gateway(provider(says(stream_head() + chunk(body) + P.LAST, KEEP)))
    assert stream_call(g).data() == P.WORDS + [DONE]


def test_a_prompt_that_looks_like_a_stream_confuses_nobody(gateway, provider):
    evil = 'data: [DONE]\n\ndata: {"error":1}\r\n\r\n: x\n\n'
    words = [P.FIRST, delta(content=evil), delta(finish="stop")]
    p = provider(P.streams(*words))
    g = gateway(p)
    response = g.chat(question(evil, stream=True))
    assert response.data() == words + [DONE]
    assert p.request.json()["messages"][0]["content"] == evil


# ---- usage ----------------------------------------------------------------

@pytest.mark.smoke
def test_the_usage_chunk_that_nobody_asked_for_is_not_shown(gateway,
                                                            provider):
    p = provider(P.speaks())
    g = gateway(p)
    assert stream_call(g).data() == P.WORDS + [DONE]
    assert p.request.json()["stream_options"] == {"include_usage": True}
    assert g.access()[0]["completion_tokens"] == "3"
    assert g.access()[0]["prompt_tokens"] == "9"


@pytest.mark.smoke
def test_the_usage_chunk_that_was_asked_for_is_shown_once(gateway, provider):
    g = gateway(provider(P.speaks()))
    data = stream_call(g, stream_options={"include_usage": True}).data()
    assert data == P.WORDS + [P.usage_chunk(), DONE]


def test_a_client_that_declines_usage_is_not_shown_any(gateway, provider):
    p = provider(P.speaks())
    g = gateway(p)
    data = stream_call(g, stream_options={"include_usage": False}).data()
    assert data == P.WORDS + [DONE]
    assert p.request.json()["stream_options"]["include_usage"] is True


def test_usage_that_comes_with_the_last_content_is_never_hidden(gateway,
                                                                provider):
    """Some providers put usage into the finishing chunk: that is content."""
    words = P.WORDS[:-1] + [delta(finish="stop", usage=P.USAGE)]
    g = gateway(provider(P.streams(*words)))
    assert stream_call(g).data() == words + [DONE]
    assert g.access()[0]["completion_tokens"] == "3"


def test_a_chunk_without_choices_and_usage_is_never_hidden(gateway, provider):
    """Azure's first chunk: no choices, filter results."""
    first = json.dumps({"id": "", "object": "", "created": 0, "model": "",
                        "choices": [], "prompt_filter_results": []})
    g = gateway(provider(P.streams(first, *P.WORDS)))
    assert stream_call(g).data() == [first, *P.WORDS, DONE]


def test_usage_chunk_off_leaves_the_request_alone(gateway, provider):
    p = provider(P.speaks())
    g = gateway(p, provider_lines="usage_chunk off;")
    assert stream_call(g).data() == P.WORDS + [DONE]
    assert "stream_options" not in p.request.json()


def test_a_stream_without_usage_is_delivered_and_counted(gateway, provider):
    g = gateway(provider(P.streams()))
    assert stream_call(g).data() == P.WORDS + [DONE]
    line = 'agent_model_no_usage_total{gen_ai_request_model="gpt-test"} 1'
    assert until(lambda: line in g.page("/metrics")[2])


# ---- size and shape -------------------------------------------------------

@pytest.mark.smoke
def test_ten_thousand_events_come_whole_and_in_order(gateway, provider):
    words = [delta(content=f"{i} ") for i in range(10_000)]
    body = sse(P.FIRST, *words, delta(finish="stop"), DONE)
    pieces = b"".join(chunk(body[i:i + 30_011])
                      for i in range(0, len(body), 30_011))
    g = gateway(provider(says(stream_head() + pieces + P.LAST, KEEP)))
    response = stream_call(g)
    assert response.complete
    assert text_of(response.data()) == "".join(f"{i} " for i in range(10_000))


def test_an_event_of_500_KB_comes_whole(gateway, provider):
    big = delta(content="x" * 500_000)
    g = gateway(provider(P.streams(P.FIRST, big, delta(finish="stop"))))
    data = stream_call(g).data()
    assert data[1] == big and data[-1] == DONE


def test_an_event_past_the_cap_ends_the_stream_with_an_error(gateway,
                                                             provider):
    big = delta(content="x" * 3_000_000)
    script = P.then(stream_head() + chunk(sse(*P.WORDS[:2])),
                    says(chunk(sse(big, *P.WORDS[2:], DONE)) + P.LAST, KEEP))
    g = gateway(provider(script))
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"Hel")
        script.go_on.set()
        data = client.response().data()
    assert data[:-1] == P.WORDS[:2]
    assert "error" in json.loads(data[-1]) and len(data[-1]) < 10_000


def test_several_choices_and_tools_pass_as_they_came(gateway, provider):
    def tool(index, **call):
        return json.dumps({"id": "c", "object": "chat.completion.chunk",
                           "created": 1, "model": "m", "choices": [
                               {"index": index, "delta": {
                                   "tool_calls": [{"index": 0, **call}]},
                                "finish_reason": None}]})

    words = [tool(0, id="call_a", type="function",
                  function={"name": "f", "arguments": ""}),
             tool(1, id="call_b", type="function",
                  function={"name": "f", "arguments": ""}),
             tool(0, function={"arguments": '{"a":'}),
             tool(1, function={"arguments": "{}"}),
             tool(0, function={"arguments": "1}"}),
             delta(finish="tool_calls")]
    g = gateway(provider(P.streams(*words)))
    assert stream_call(g, n=2).data() == words + [DONE]


def test_legacy_completions_stream(gateway, provider):
    words = [json.dumps({"id": "cmpl-1", "object": "text_completion",
                         "created": 1, "model": "m", "choices": [
                             {"text": text, "index": 0, "logprobs": None,
                              "finish_reason": finish}]})
             for text, finish in (("He", None), ("llo", None), ("", "stop"))]
    g = gateway(provider(P.streams(*words)))
    response = g.post("/v1/completions", {"model": "gpt-test", "prompt": "x",
                                          "stream": True})
    assert response.data() == words + [DONE]


@pytest.mark.smoke
def test_an_http_1_0_client_gets_its_stream_and_the_end(gateway, provider):
    g = gateway(provider(P.speaks()))
    raw = g.chat_request(question(stream=True)).replace(b"HTTP/1.1",
                                                        b"HTTP/1.0", 1)
    response = g.raw(raw)
    assert response.status == 200
    assert response.header("transfer-encoding") is None
    assert response.data() == P.WORDS + [DONE]


def test_a_kept_alive_client_can_ask_again_after_a_stream(gateway, provider):
    p = provider(P.speaks())
    g = gateway(p)
    with g.connect() as client:
        for _ in range(3):
            client.send(g.chat_request(question(stream=True)))
            assert client.response().data() == P.WORDS + [DONE]
    assert len(p.requests) == 3
    assert p.connections == 1


def test_recorded_streams_of_providers_pass_as_they_came(gateway, provider,
                                                         team_files):
    for name in ("openai/openai-text", "openai-compatible/xai-text",
                 "openai-compatible/xai-tool-call"):
        path = team_files / "fixtures" / f"{name}.chunks.txt"
        datas = path.read_text().strip().split("\n")
        g = gateway(provider(P.streams(*datas)))
        response = stream_call(g, stream_options={"include_usage": True})
        assert response.data() == datas + [DONE], name
        assert int(g.access()[0]["completion_tokens"]) > 0, name
