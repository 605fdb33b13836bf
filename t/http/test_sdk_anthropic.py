"""The official Anthropic SDK for Python, through the gateway, to a provider
that replays recorded answers: byte for byte, both ways."""

import json

import anthropic
import pytest

import providers as P
import wire
from gateway import question
from providers import HANG, KEEP, chunk, says, stream_head, whole

pytestmark = pytest.mark.smoke

HTTP = """
    agent_zone gateway:4m;
    agent_provider claude { dialect anthropic; url @provider@;
                            key file:@provider_key@; }
    agent_model claude-* { target claude; }
    agent_model small { target claude/claude-haiku-4-5; }
    agent_tenant team { key file:@team_key@; models claude-* small; }
    server {
        listen 127.0.0.1:@port@;
        client_max_body_size 32m;
        location /v1/ { agent_gateway @gateway@; }
    }
"""

ASK = dict(model="claude-sonnet-5-5", max_tokens=64,
           messages=[{"role": "user", "content": "How are you?"}])

ANSWER_HEADERS = [("request-id", "req_provider_1"),
                  ("anthropic-organization-id", "org-1"),
                  ("anthropic-ratelimit-requests-remaining", "49"),
                  ("Set-Cookie", "a=b"), ("Server", "x"), ("Via", "y")]


def sse(*events):
    return "".join(f"event: {json.loads(e)['type']}\ndata: {e}\n\n"
                   for e in events).encode()


EVENTS = [json.dumps(e) for e in (
    {"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-sonnet-5-5", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 12,
                                         "cache_read_input_tokens": 5,
                                         "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0,
     "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0,
     "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn",
                                        "stop_sequence": None},
     "usage": {"output_tokens": 30}},
    {"type": "message_stop"})]


def replays(*events):
    return says(stream_head(ANSWER_HEADERS)
                + b"".join(chunk(sse(e)) for e in events) + P.LAST, KEEP)


MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant",
           "model": "claude-sonnet-5-5",
           "content": [{"type": "text", "text": "Fine."}],
           "stop_reason": "end_turn", "stop_sequence": None,
           "usage": {"input_tokens": 12, "output_tokens": 29}}


@pytest.fixture
def claude(gateway):
    """Starts a provider, a gateway before it, and the SDK before that."""
    clients = []

    def start(script, **values):
        provider = gateway.provider(script)
        g = gateway(provider, http=HTTP, **values)
        client = anthropic.Anthropic(
            base_url=f"http://127.0.0.1:{g.port}", api_key=g.key,
            max_retries=0, timeout=20)
        clients.append(client)
        return client, provider, g

    yield start
    for client in clients:
        client.close()


def bare(port):
    return anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}",
                               api_key="sk-direct", max_retries=0)


def test_a_message_is_answered(claude):
    client, provider, g = claude(says(whole(MESSAGE, headers=ANSWER_HEADERS),
                                      KEEP))
    raw = client.messages.with_raw_response.create(**ASK)
    assert raw.parse().content[0].text == "Fine."
    assert raw.headers["anthropic-organization-id"] == "org-1"
    assert raw.headers["anthropic-ratelimit-requests-remaining"] == "49"
    assert raw.headers["request-id"] == "req_provider_1"
    assert raw.headers["x-agent-provider-request-id"] == "req_provider_1"
    assert raw.headers["x-agent-provider"] == "claude"
    assert "set-cookie" not in raw.headers
    call = g.access()[0]
    assert (call["prompt_tokens"], call["completion_tokens"]) == ("12", "29")


def test_the_sdks_request_reaches_the_provider_byte_for_byte(claude,
                                                             provider):
    """The same call, straight to another provider, gives the same bytes."""
    client, through, g = claude(says(whole(MESSAGE), KEEP))
    direct = provider(says(whole(MESSAGE), KEEP))
    extra = dict(extra_headers={"anthropic-beta": "a-2025-01-01,b-2025-02-02"},
                 extra_body={"x_unknown": [1.0, 1e300, "é"]})
    client.messages.create(**ASK, **extra)
    bare(direct.port).messages.create(**ASK, **extra)
    assert through.request.body == direct.request.body
    assert through.request.target == direct.request.target
    for name in ("anthropic-version", "anthropic-beta"):
        assert through.request.headers[name] == direct.request.headers[name]
    assert through.request.headers["x-api-key"] == g.provider_key
    assert "authorization" not in through.request.headers
    assert g.key.encode() not in through.request.raw
    assert not [n for n in through.request.headers if "stainless" in n]


@pytest.mark.parametrize("name", ["Authorization", "x-api-key"])
def test_both_ways_to_send_the_key_are_understood(name, claude):
    client, provider, g = claude(says(whole(MESSAGE), KEEP))
    response = g.post("/v1/messages?beta=true", ASK, key=None, headers=[
        (name, f"Bearer {g.key}" if name == "Authorization" else g.key),
        ("anthropic-version", "2023-06-01")])
    assert response.status == 200
    assert provider.request.target == "/v1/messages?beta=true"
    assert provider.request.headers["anthropic-version"] == "2023-06-01"
    assert provider.request.headers["x-api-key"] == g.provider_key


def test_only_the_models_name_is_patched(claude):
    client, provider, g = claude(says(whole(MESSAGE), KEEP))
    body = (b'{ "max_tokens":5, "stream" : false,"model" : "small", '
            b'"messages":[{"role":"user","content":"\\u00e9"}], "z":1e400}')
    assert g.post("/v1/messages", body).status == 200
    assert provider.request.body == body.replace(b'"small"',
                                                 b'"claude-haiku-4-5"')


def test_a_stream_is_put_together(claude):
    client, provider, g = claude(replays(*EVENTS))
    with client.messages.stream(**ASK) as stream:
        assert "".join(stream.text_stream) == "Hi"
        final = stream.get_final_message()
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == 30
    assert b"stream_options" not in provider.request.body
    call = g.access()[0]
    assert call["completion_tokens"] == "30"
    assert call["prompt_tokens"] == "17"        # 5 of them from a cache
    assert call["cached_tokens"] == "5"


def test_count_tokens_counts(claude):
    client, provider, g = claude(says(whole({"input_tokens": 14}), KEEP))
    ask = {k: v for k, v in ASK.items() if k != "max_tokens"}
    assert client.messages.count_tokens(**ask).input_tokens == 14
    assert provider.request.target == "/v1/messages/count_tokens"


def fixtures(team_files, pattern):
    found = sorted((team_files / "fixtures" / "anthropic").glob(pattern))
    assert found, "no recorded answers"
    return found


def test_every_recorded_answer_passes_byte_for_byte(claude, team_files):
    files = fixtures(team_files, "*.json")
    client, provider, g = claude([says(whole(f.read_bytes()), KEEP)
                                  for f in files])
    for file in files:
        response = g.post("/v1/messages", ASK)
        assert response.status == 200, file.name
        assert response.body == file.read_bytes(), file.name
        assert response.header("content-type") == "application/json"
    usages = [json.loads(file.read_bytes())["usage"] for file in files]
    assert sorted(call["completion_tokens"] for call in g.access(len(files))) \
        == sorted(str(usage["output_tokens"]) for usage in usages)


def test_every_recorded_stream_passes_byte_for_byte(claude, team_files):
    files, streams = [], []
    for file in fixtures(team_files, "*.chunks.txt"):
        for line in file.read_text().strip().split("\n"):
            if json.loads(line)["type"] == "message_start":
                files.append(file)      # some hold several calls' streams
                streams.append([])
            streams[-1].append(line)
    assert len(streams) > 5
    client, provider, g = claude([replays(*s) for s in streams])
    for file, events in zip(files, streams):
        response = g.post("/v1/messages", {**ASK, "stream": True})
        assert response.body == sse(*events), file.name
        assert response.complete
        assert response.header("content-type").startswith("text/event-stream")
        assert response.header("request-id") == "req_provider_1"
    usages = [[e.get("usage") or e["message"]["usage"]
               for e in map(json.loads, events)
               if "usage" in e or "message" in e] for events in streams]
    assert sorted(call["completion_tokens"] for call in g.access(len(files))) \
        == sorted(str(usage[-1]["output_tokens"]) for usage in usages)


def test_a_refusal_without_any_content_is_an_answer(claude):
    events = [EVENTS[0], EVENTS[2], json.dumps(
        {"type": "message_delta", "delta": {"stop_reason": "refusal",
                                            "stop_sequence": None},
         "usage": {"output_tokens": 2}}), EVENTS[-1]]
    client, provider, g = claude(replays(*events))
    with client.messages.stream(**ASK) as stream:
        assert stream.get_final_message().stop_reason == "refusal"


def test_an_answer_that_is_all_in_its_first_event_is_an_answer(claude):
    """So a paused tool call is continued: nothing but start and stop."""
    start = json.loads(EVENTS[0])
    start["message"]["content"] = [{"type": "tool_use", "id": "toolu_1",
                                    "name": "f", "input": {}}]
    start["message"]["stop_reason"] = "tool_use"
    events = [json.dumps(start), EVENTS[-1]]
    client, provider, g = claude(replays(*events))
    response = g.post("/v1/messages", {**ASK, "stream": True})
    assert response.body == sse(*events)


# ---- errors ---------------------------------------------------------------

@pytest.mark.parametrize("status, kind, sdk", [
    (400, "invalid_request_error", anthropic.BadRequestError),
    (404, "not_found_error", anthropic.NotFoundError),
    (413, "request_too_large", anthropic.APIStatusError),
    (422, "invalid_request_error", anthropic.UnprocessableEntityError),
])
def test_a_providers_refusal_comes_with_its_own_words(status, kind, sdk,
                                                      claude):
    body = json.dumps({"type": "error", "error": {
        "type": kind, "message": "prompt is too long: 9 tokens > 8 maximum",
        "details": {"error_code": None}}, "request_id": "req_provider"},
        indent=1).encode()
    client, provider, g = claude(says(whole(body, status,
                                            headers=ANSWER_HEADERS), KEEP))
    with pytest.raises(sdk) as caught:
        client.messages.create(**ASK)
    assert caught.value.response.content == body
    assert "prompt is too long" in str(caught.value)
    assert caught.value.response.headers["request-id"] == "req_provider_1"
    assert caught.value.response.headers["x-request-id"] != "req_provider_1"


@pytest.mark.parametrize("given, status, kind", [
    (401, 502, "api_error"), (403, 502, "api_error"), (402, 502, "api_error"),
    (429, 429, "rate_limit_error"), (500, 502, "api_error"),
    (503, 503, "overloaded_error"), (529, 503, "overloaded_error"),
])
def test_a_providers_failure_is_ours_in_anthropics_shape(given, status, kind,
                                                         claude):
    body = {"type": "error", "error": {"type": "api_error",
                                       "message": "at /srv/app/secret.py"}}
    client, provider, g = claude(says(whole(body, given), KEEP))
    with pytest.raises(anthropic.APIStatusError) as caught:
        client.messages.create(**ASK)
    answer = caught.value.response.json()
    assert caught.value.status_code == status
    assert answer["type"] == "error"
    assert set(answer) == {"type", "error", "request_id"}
    assert set(answer["error"]) == {"type", "message"}
    assert answer["error"]["type"] == kind
    assert answer["request_id"] \
        == caught.value.response.headers["x-request-id"]
    assert "secret.py" not in caught.value.response.text


def test_a_silent_provider_is_a_timeout_error(gateway, provider):
    g = gateway(provider(says(HANG)), http=HTTP.replace(
        "key file:@provider_key@;",
        "key file:@provider_key@; timeout total=500ms;"))
    response = g.post("/v1/messages", ASK)
    assert response.status == 504
    assert response.json()["error"]["type"] == "timeout_error"


def test_a_bad_key_is_an_authentication_error(claude):
    client, provider, g = claude(says(whole(MESSAGE), KEEP))
    with pytest.raises(anthropic.AuthenticationError):
        client.with_options(api_key="sk-wrong-0123456789").messages.create(
            **ASK)
    assert provider.requests == []


def test_an_unknown_model_is_not_found(claude):
    client, provider, g = claude(says(whole(MESSAGE), KEEP))
    with pytest.raises(anthropic.NotFoundError) as caught:
        client.messages.create(**{**ASK, "model": "gpt-5"})
    assert caught.value.response.json()["error"]["type"] == "not_found_error"


def test_an_overload_mid_stream_is_an_error_event(claude):
    error = json.dumps({"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded at 10.1.2.3"}})
    script = P.then(stream_head() + chunk(sse(*EVENTS[:4])),
                    says(chunk(sse(error)) + P.LAST, KEEP))
    client, provider, g = claude(script)
    with g.connect() as connection:
        connection.send(wire.request("POST", "/v1/messages",
                                     {**ASK, "stream": True}, g.key))
        connection.read_until(b'"Hi"')
        script.go_on.set()
        response = connection.response()
    events = response.events()
    assert [e.data for e in events[:4]] == EVENTS[:4]
    assert events[-1].name == "error"
    assert events[-1].json()["type"] == "error"
    assert events[-1].json()["error"]["type"] in ("overloaded_error",
                                                  "api_error")
    assert "10.1.2.3" not in response.body.decode()


def test_an_overload_before_the_first_token_is_a_status(claude):
    error = json.dumps({"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded"}})
    client, provider, g = claude(replays(error))
    response = g.post("/v1/messages", {**ASK, "stream": True})
    assert response.status in (502, 503)
    assert response.json()["type"] == "error"


@pytest.mark.parametrize("count", range(1, 7))
@pytest.mark.parametrize("clean", [True, False])
def test_a_stream_cut_after_any_event_never_looks_whole(count, clean, claude):
    data = stream_head() + b"".join(chunk(sse(e)) for e in EVENTS[:count])
    client, provider, g = claude(says(data + (P.LAST if clean else b""),
                                      *([KEEP] if clean else [])))
    with pytest.raises((anthropic.APIError, anthropic.APIStatusError)):
        for _ in client.messages.create(**ASK, stream=True):
            pass


def test_heartbeats_are_pings_with_data(claude):
    import threading
    go_on = threading.Event()

    def thinks(exchange):
        assert go_on.wait(wire.PATIENCE)
        return replays(*EVENTS)(exchange)

    client, provider, g = claude(thinks, gateway="heartbeat=1s")
    with g.connect() as connection:
        connection.send(wire.request("POST", "/v1/messages",
                                     {**ASK, "stream": True}, g.key))
        connection.read_until(b"event: ping\n")
        go_on.set()
        events = connection.response().events()
    assert events[0].name == "ping"
    assert events[0].json() == {"type": "ping"}
    assert [e.data for e in events if e.data in EVENTS] == EVENTS
