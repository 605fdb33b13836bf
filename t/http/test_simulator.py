"""The simulator answers like a provider, and fails like one when asked to."""

import base64
import json
import struct
import time

import pytest

from gateway import ZONE, question

pytestmark = pytest.mark.smoke

HTTP = ZONE + """
    server {
        listen 127.0.0.1:@port@;
        client_max_body_size 32m;
        location /v1/ { agent_simulate @simulate@; }
    }
    server {
        listen 127.0.0.1:@status@;
        location /metrics { agent_status prometheus; }
    }
"""

FAST = "latency=0 tokens=20 rate=100000"


@pytest.fixture
def simulator(gateway):
    def start(simulate=FAST):
        return gateway(http=HTTP, simulate=simulate)
    return start


@pytest.fixture(scope="module")
def fast(shared):
    return shared(http=HTTP, simulate=FAST)


def content(response):
    return response.json()["choices"][0]["message"]["content"]


def streamed(response):
    chunks = [json.loads(d) for d in response.data()[:-1]]
    return "".join(c["choices"][0]["delta"].get("content") or ""
                   for c in chunks if c["choices"])


def test_a_chat_has_every_field_of_the_description(fast):
    body = fast.chat().json()
    assert set(body) >= {"id", "object", "created", "model", "choices",
                         "usage"}
    assert body["object"] == "chat.completion"
    assert body["model"] == "gpt-test"
    assert abs(body["created"] - time.time()) < 60
    choice = body["choices"][0]
    assert set(choice) >= {"index", "message", "finish_reason", "logprobs"}
    assert set(choice["message"]) >= {"role", "content", "refusal"}
    usage = body["usage"]
    assert usage["completion_tokens"] == 20
    assert usage["total_tokens"] == usage["prompt_tokens"] + 20


def test_a_stream_has_every_chunk_of_the_description(fast):
    response = fast.chat(question(stream=True))
    assert response.header("content-type").startswith("text/event-stream")
    assert response.data()[-1] == "[DONE]"
    chunks = [json.loads(d) for d in response.data()[:-1]]
    assert {c["object"] for c in chunks} == {"chat.completion.chunk"}
    assert len({(c["id"], c["created"], c["model"]) for c in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert all("role" not in c["choices"][0]["delta"] for c in chunks[1:])
    assert [c["choices"][0]["finish_reason"] for c in chunks] \
        == [None] * (len(chunks) - 1) + ["stop"]
    assert all("usage" not in c for c in chunks)
    assert len(chunks) >= 20


def test_usage_comes_in_a_chunk_of_its_own_when_it_is_asked_for(fast):
    response = fast.chat(question(stream=True,
                                  stream_options={"include_usage": True}))
    chunks = [json.loads(d) for d in response.data()[:-1]]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == 20
    assert all(c.get("usage") is None for c in chunks[:-1])


def test_the_same_seed_says_the_same(simulator):
    one, again, other = (simulator(FAST + f" seed={s}") for s in (1, 1, 2))
    assert content(one.chat()) == content(one.chat()) \
        == content(again.chat())
    assert content(one.chat()) != content(other.chat())
    assert streamed(one.chat(question(stream=True))) == content(one.chat())


def test_a_requests_own_seed_counts_too(fast):
    texts = {content(fast.chat(question(seed=s))) for s in (1, 2, 3, 1)}
    assert len(texts) in (1, 3)         # ignored, or honoured: never random
    assert content(fast.chat(question(seed=5))) \
        == content(fast.chat(question(seed=5)))


def test_max_tokens_makes_the_answer_shorter(fast):
    body = fast.chat(question(max_tokens=5)).json()
    assert body["usage"]["completion_tokens"] == 5
    assert body["choices"][0]["finish_reason"] == "length"


def test_tools_are_called_whole_and_streamed(fast):
    ask = question(tools=[{"type": "function", "function": {
        "name": "look_up", "parameters": {
            "type": "object", "required": ["key"],
            "properties": {"key": {"type": "string"}}}}}],
        tool_choice="required")
    choice = fast.chat(ask).json()["choices"][0]
    call = choice["message"]["tool_calls"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert call["type"] == "function" and call["id"]
    assert call["function"]["name"] == "look_up"
    json.loads(call["function"]["arguments"])
    chunks = [json.loads(d) for d in
              fast.chat({**ask, "stream": True}).data()[:-1]]
    deltas = [t for c in chunks
              for t in c["choices"][0]["delta"].get("tool_calls", [])]
    assert all(t["index"] == 0 for t in deltas)
    assert deltas[0]["function"]["name"] == "look_up" and deltas[0]["id"]
    assert all("name" not in t["function"] for t in deltas[1:])
    json.loads("".join(t["function"]["arguments"] for t in deltas))
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_completions_are_answered_whole_and_streamed(fast):
    ask = {"model": "gpt-test", "prompt": "Say"}
    whole = fast.post("/v1/completions", ask).json()
    assert whole["object"] == "text_completion"
    assert whole["choices"][0]["finish_reason"] == "stop"
    stream = fast.post("/v1/completions", {**ask, "stream": True})
    assert stream.data()[-1] == "[DONE]"
    assert "".join(json.loads(d)["choices"][0]["text"]
                   for d in stream.data()[:-1]) == whole["choices"][0]["text"]


def test_embeddings_depend_on_their_input_only(fast):
    def embed(given, **fields):
        return fast.post("/v1/embeddings", {"model": "e", "input": given,
                                            **fields}).json()

    pair = embed(["a", "b"])
    assert [e["index"] for e in pair["data"]] == [0, 1]
    assert pair["data"][0]["embedding"] == embed("a")["data"][0]["embedding"]
    assert pair["data"][0]["embedding"] != pair["data"][1]["embedding"]
    packed = embed("a", encoding_format="base64")["data"][0]["embedding"]
    data = base64.b64decode(packed, validate=True)
    floats = struct.unpack(f"<{len(data) // 4}f", data)
    assert list(floats) == pytest.approx(pair["data"][0]["embedding"],
                                         abs=1e-5)
    assert len(embed("a", dimensions=8)["data"][0]["embedding"]) == 8
    assert pair["usage"]["prompt_tokens"] > 0


def test_models_are_listed(fast):
    body = fast.get("/v1/models").json()
    assert body["object"] == "list"
    assert all(m["object"] == "model" and m["id"] for m in body["data"])


def test_latency_and_rate_take_their_time(simulator):
    slow = simulator("latency=300ms tokens=10 rate=20")
    with slow.connect() as client:
        start = time.monotonic()
        client.send(slow.chat_request(question(stream=True)))
        client.read_until(b"data:")
        assert time.monotonic() - start >= 0.29
        assert client.response().data()[-1] == "[DONE]"
        assert time.monotonic() - start >= 0.7


def test_tokens_are_what_is_configured(simulator):
    for count in (1, 7, 500):
        body = simulator(f"latency=0 tokens={count} rate=100000").chat().json()
        assert body["usage"]["completion_tokens"] == count


def calls(g):
    return next(int(line.split()[-1])
                for line in g.page("/metrics")[2].splitlines()
                if line.startswith("agent_simulated_calls_total"))


def test_calls_are_counted(simulator):
    g = simulator()
    before = calls(g)
    for _ in range(4):
        g.chat()
    g.chat(question(stream=True))
    assert calls(g) == before + 5


# ---- faults ---------------------------------------------------------------

@pytest.mark.parametrize("streamed_too", [False, True])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 529])
def test_an_error_by_the_models_name(status, streamed_too, fast):
    response = fast.chat(question(model=f"sim-error-{status}",
                                  stream=streamed_too))
    assert response.status == status
    assert set(response.error) >= {"message", "type", "param", "code"}


def test_a_429_says_when_to_come_back(fast):
    response = fast.chat(question(model="sim-429-2s"))
    assert response.status == 429
    assert response.header("retry-after") == "2"


def test_a_cut_stream_just_ends(fast):
    response = fast.chat(question(model="sim-cut", stream=True))
    assert not response.complete
    assert response.data() and "[DONE]" not in response.data()


def test_bad_json_is_none(fast):
    response = fast.chat(question(model="sim-bad-json"))
    assert response.status == 200
    with pytest.raises(ValueError):
        response.json()


def test_a_slow_model_is_slow(simulator):
    g = simulator("latency=50ms tokens=5 rate=100000")
    start = time.monotonic()
    g.chat()
    quick = time.monotonic() - start
    with g.connect() as client:
        start = time.monotonic()
        client.send(g.chat_request(question(model="sim-slow")))
        client.socket.settimeout(quick + 0.3)
        with pytest.raises(TimeoutError):
            client.response()


def test_a_fault_may_be_in_the_models_middle_only_as_a_prefix(fast):
    assert fast.chat(question(model="my-sim-error-503")).status == 200


def test_a_fault_by_directive_fails_every_call(simulator):
    g = simulator(FAST + " fault=sim-error-503")
    for _ in range(3):
        assert g.chat().status == 503


def test_a_hanging_model_says_nothing(fast):
    with fast.connect() as client:
        client.send(fast.chat_request(question(model="sim-hang")))
        client.socket.settimeout(0.7)
        with pytest.raises(TimeoutError):
            client.response()


def test_an_empty_answer_is_empty(fast):
    response = fast.chat(question(model="sim-empty"))
    assert response.status == 200
    assert response.body == b"" or not response.json().get("choices")


def test_html_is_html(fast):
    response = fast.chat(question(model="sim-html"))
    assert response.status == 200
    assert response.body.lstrip().startswith(b"<")
    assert "html" in response.header("content-type")


# ---- bad requests ---------------------------------------------------------

@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"model":5}'])
def test_a_bad_request_is_refused_like_a_provider_does(body, fast):
    response = fast.chat(body)
    assert response.status == 400
    assert response.error["type"] == "invalid_request_error"


def test_another_path_is_not_found(fast):
    assert fast.get("/v1/nothing").status == 404
    assert fast.post("/v1/files", {}).status == 404


def test_a_client_that_leaves_stops_the_simulator(simulator):
    g = simulator("latency=20s tokens=5")
    for streamed_too in (True, False):
        with g.connect() as client:
            client.send(g.chat_request(question(stream=streamed_too)))
            time.sleep(0.1)
    # stopping the gateway waits for what still runs: it must be at once
    g.grace = 5


def test_a_large_request_is_answered(fast):
    assert fast.chat(question("x" * 2_000_000)).status == 200


def test_kept_connections_serve_many_calls(fast):
    with fast.connect() as client:
        for i in range(20):
            client.send(fast.chat_request(question(stream=i % 2 == 1)))
            assert client.response().complete
        assert not client.ended
