"""Same dialect on both sides: the bytes are the client's and the provider's.

Only the model's name and stream_options are patched, in place.  Headers cross
by an allow-list; keys never do.
"""

import json

import pytest

import providers as P
from gateway import question
from providers import KEEP, says, whole

# Numbers that no float holds, escapes that need not be, odd white space, and
# fields that nobody knows.
ODD = (b'\n { "messages" :[ {"role":"user","content":"\\u0048\\/ \xc3\xa9 '
       b'\\ud83d\\ude00"} ] ,\t"temperature":1.0E+0, "seed":-0, '
       b'"model"  :  "gpt-test"  ,"top_k": 12345678901234567890123,'
       b'"x-unknown":{"model":"gpt-test","stream":true,"a":[1,2,{}]},'
       b'"min_p":0.10000000000000000000001,"logit_bias":null } \r\n')


def upstream(body):
    """What the provider must get: the top-level model and nothing else."""
    return body.replace(b'"model"  :  "gpt-test"',
                        b'"model"  :  "gpt-upstream"')


@pytest.mark.smoke
def test_a_request_is_forwarded_byte_for_byte_but_for_the_model(gateway,
                                                                provider):
    p = provider(P.chats())
    response = gateway(p).chat(ODD)
    assert response.status == 200
    assert p.request.body == upstream(ODD)
    assert p.request.method == "POST"
    assert p.request.target == "/v1/chat/completions"


def test_a_target_without_a_model_keeps_the_clients_bytes(gateway, provider):
    p = provider(P.chats())
    g = gateway(p, http="""
        agent_zone gateway:4m;
        agent_provider main { dialect openai; url @provider@;
                              key file:@provider_key@; }
        agent_model gpt-* { target main; }
        agent_tenant team { key file:@team_key@; models *; }
        server { listen 127.0.0.1:@port@;
                 location /v1/ { agent_gateway; } }""")
    assert g.chat(ODD).status == 200
    assert p.request.body == ODD


@pytest.mark.smoke
@pytest.mark.parametrize("escaped", [b'"gpt-test"', b'"gpt\\u002dtest"',
                                     b'"\\u0067\\u0070\\u0074-test"'])
def test_a_model_name_with_escapes_is_the_same_name(escaped, gateway,
                                                    provider):
    p = provider(P.chats())
    body = ODD.replace(b'  "gpt-test"  ', b'  ' + escaped + b'  ')
    assert gateway(p).chat(body).status == 200
    assert p.request.body == upstream(ODD)


def test_an_alias_becomes_the_targets_name(gateway, provider):
    p = provider(P.chats())
    assert gateway(p).chat(question(model="fast")).status == 200
    assert p.request.json()["model"] == "gpt-upstream"


@pytest.mark.smoke
def test_stream_options_are_added_and_the_rest_is_untouched(gateway,
                                                            provider):
    p = provider(P.speaks())
    body = ODD.replace(b'"seed":-0', b'"stream" : true')
    gateway(p).chat(body)
    got = p.request.body
    added = b'"stream_options":{"include_usage":true}'
    assert got.count(added) == 1
    for with_comma in (added + b",", b"," + added, b", " + added):
        if got.replace(with_comma, b"") == upstream(body):
            return
    raise AssertionError(got)


def test_a_clients_other_stream_options_survive(gateway, provider):
    p = provider(P.speaks())
    body = ODD.replace(b'"seed":-0', b'"stream":true,"stream_options" : '
                                     b'{ "include_obfuscation" : false }')
    gateway(p).chat(body)
    options = p.request.json()["stream_options"]
    assert options == {"include_obfuscation": False, "include_usage": True}
    before, _, after = upstream(body).partition(b'"include_obfuscation"')
    assert p.request.body.startswith(before.rstrip(b"{ "))
    assert p.request.body.endswith(after[after.index(b"}"):])


@pytest.mark.parametrize("options", [b"null", b"{}",
                                     b'{"include_usage":null}',
                                     b'{"include_usage":false}'])
def test_every_form_of_no_usage_becomes_usage(options, gateway, provider):
    p = provider(P.speaks())
    body = (b'{"model":"gpt-test","messages":[{}],"stream":true,'
            b'"stream_options":' + options + b',"z":1}')
    response = gateway(p).chat(body)
    sent = p.request.json()
    assert sent == {"model": "gpt-upstream", "messages": [{}], "stream": True,
                    "stream_options": {"include_usage": True}, "z": 1}
    assert p.request.body.count(b"stream_options") == 1
    assert response.data() == P.WORDS + ["[DONE]"]


def test_a_client_that_asks_for_usage_is_forwarded_as_it_is(gateway,
                                                            provider):
    p = provider(P.speaks())
    body = ODD.replace(b'"seed":-0', b'"stream":true,"stream_options":'
                                     b'{"include_usage" : true}')
    gateway(p).chat(body)
    assert p.request.body == upstream(body)


def test_stream_false_and_null_ask_for_a_whole_answer(gateway, provider):
    for value in (b"false", b"null"):
        p = provider(P.speaks())
        body = ODD.replace(b'"seed":-0', b'"stream":' + value)
        assert gateway(p).chat(body).json() == P.CHAT
        assert p.request.body == upstream(body)


@pytest.mark.smoke
def test_an_answer_reaches_the_client_byte_for_byte(gateway, provider):
    body = (b'\n{ "id" : "x", "object":"chat.completion","created":1,'
            b'"model":"gpt-upstream-2026","choices":[{"index":0,"message":'
            b'{"role":"assistant","content":"\\u0048i \xf0\x9f\x98\x80 '
            b'/srv/app/main.py sk-abcdefghijklmnopqrst1234"},'
            b'"finish_reason":"stop"}], "usage":{"prompt_tokens":1,'
            b'"completion_tokens":2,"total_tokens":3},"x":1e400 }\n\n')
    g = gateway(provider(says(whole(body), KEEP)))
    response = g.chat()
    assert response.body == body
    assert response.header("content-type") == "application/json"


def test_a_chunked_answer_reaches_the_client_byte_for_byte(gateway, provider):
    body = json.dumps(P.CHAT, indent=3).encode()
    pieces = b"".join(P.chunk(body[i:i + 11])
                      for i in range(0, len(body), 11)) + P.LAST
    g = gateway(provider(says(P.head(200, [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Transfer-Encoding", "chunked")]) + pieces, KEEP)))
    assert g.chat().body == body


def test_a_stream_reaches_the_client_event_for_event(gateway, provider):
    """Unknown fields, ids and odd spacing inside an event are its own."""
    words = [w.replace('": ', '" :  ') for w in P.WORDS]
    g = gateway(provider(P.streams(*words)))
    assert g.chat(question(stream=True)).data() == words + ["[DONE]"]


@pytest.mark.smoke
@pytest.mark.parametrize("path, body", [
    ("/v1/completions", {"model": "gpt-test", "prompt": [1, 2, 3]}),
    ("/v1/embeddings", {"model": "gpt-test", "input": ["a", "b"],
                        "encoding_format": "base64"}),
])
def test_the_other_endpoints_are_forwarded_too(path, body, gateway, provider):
    answer = {"object": "list", "data": [
        {"object": "embedding", "index": 0, "embedding": "AACAPw=="}],
        "choices": [{"text": "x", "index": 0, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    p = provider(P.chats(answer))
    g = gateway(p)
    response = g.post(path, body)
    assert response.json() == answer
    assert p.request.target == path
    assert p.request.json() == {**body, "model": "gpt-upstream"}
    assert g.access()[0]["prompt_tokens"] == "4"


@pytest.mark.smoke
def test_the_query_goes_to_the_provider_as_it_came(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    g.post("/v1/chat/completions?beta=true&x=%20y%2F&&z", question())
    assert p.request.target == "/v1/chat/completions?beta=true&x=%20y%2F&&z"


def test_a_providers_url_with_a_longer_path_is_kept(gateway, provider):
    p = provider(P.chats())
    g = gateway(p, http="""
        agent_zone gateway:4m;
        agent_provider main { dialect openai; url @provider@/team/openai/v9/;
                              key file:@provider_key@; }
        agent_model gpt-test { target main; }
        agent_tenant team { key file:@team_key@; models gpt-test; }
        server { listen 127.0.0.1:@port@;
                 location /llm/v1/ { agent_gateway; } }""")
    assert g.post("/llm/v1/chat/completions", question()).status == 200
    assert p.request.target == "/v1/team/openai/v9/chat/completions"


# ---- headers to the provider ----------------------------------------------

ALLOWED = {"host", "content-type", "content-length", "accept",
           "authorization", "idempotency-key", "traceparent", "openai-beta",
           "user-agent"}

CLIENTS = [
    ("Idempotency-Key", "idem-1"), ("OpenAI-Beta", "assistants=v2"),
    ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("Accept", "application/json"), ("Cookie", "session=secret"),
    ("X-Forwarded-Host", "evil.test"), ("X-Forwarded-For", "10.1.1.1"),
    ("X-Original-URL", "/v1/files"), ("X-Rewrite-URL", "/v1/files"),
    ("X-HTTP-Method-Override", "DELETE"), ("Forwarded", "host=evil.test"),
    ("x-portkey-custom-host", "http://evil.test"),
    ("Proxy-Authorization", "Basic eDp5"), ("TE", "trailers"),
    ("Upgrade", "websocket"), ("Range", "bytes=0-1"),
    ("If-None-Match", '"x"'), ("Accept-Encoding", "gzip, br"),
    ("X-Stainless-Lang", "python"), ("User-Agent", "OpenAI/Python"),
    ("anthropic-version", "2023-06-01"), ("x-goog-api-key-2", "x"),
    ("OpenAI-Organization", "org-clients"), ("Via", "1.1 x"),
]


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_only_allowed_headers_reach_the_provider(streamed, gateway, provider):
    p = provider(P.speaks())
    g = gateway(p)
    assert g.chat(question(stream=streamed), headers=CLIENTS).status == 200
    got = p.request.headers
    assert set(got) <= ALLOWED, set(got) - ALLOWED
    assert len(got) == len(p.request.header_list), "a header came twice"
    assert got["idempotency-key"] == "idem-1"
    assert got["openai-beta"] == "assistants=v2"
    assert got["traceparent"].startswith("00-0af7651916cd43dd")
    assert got["content-type"].startswith("application/json")
    assert got["authorization"] == f"Bearer {g.provider_key}"
    assert got["host"] == f"127.0.0.1:{p.port}"
    assert int(got["content-length"]) == len(p.request.body)
    assert "OpenAI/Python" not in got.get("user-agent", "")
    assert p.request.version == "HTTP/1.1"


@pytest.mark.smoke
@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key",
                                  "x-goog-api-key"])
def test_a_clients_key_opens_the_door_and_stays_outside(name, gateway,
                                                        provider):
    p = provider(P.chats())
    g = gateway(p)
    value = f"Bearer {g.key}" if name == "Authorization" else g.key
    response = g.chat(key=None, headers=[(name, value)])
    assert response.status == 200
    assert g.key.encode() not in p.request.raw
    assert p.request.headers["authorization"] == f"Bearer {g.provider_key}"
    assert g.provider_key.encode() not in response.body


def test_a_chunked_request_is_forwarded_with_its_length(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    body = b"".join(P.chunk(ODD[i:i + 7]) for i in range(0, len(ODD), 7))
    response = g.raw(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Type: application/json\r\n"
                     b"Authorization: Bearer " + g.key.encode() + b"\r\n"
                     b"Transfer-Encoding: chunked\r\nTrailer: X-Evil\r\n\r\n"
                     + body + b"0\r\nX-Evil: 1\r\nAuthorization: Bearer no\r\n"
                     b"\r\n")
    assert response.status == 200
    assert p.request.body == upstream(ODD)
    assert "x-evil" not in p.request.headers
    assert "transfer-encoding" not in p.request.headers


@pytest.mark.smoke
def test_a_body_of_8_MB_arrives_whole_without_expect(gateway, provider):
    p = provider(P.chats())
    body = question("x" * 8_000_000)
    assert gateway(p).chat(body).status == 200
    assert p.request.json()["messages"] == body["messages"]
    assert "expect" not in p.request.headers


def test_nothing_of_a_body_reaches_the_disk(gateway, provider):
    g = gateway(provider(P.chats()), server="client_body_buffer_size 1k;")
    assert g.chat(question("x" * 4_000_000)).status == 200
    assert "buffered to a temporary file" not in g.log()


def test_set_header_and_set_field_are_the_operators(gateway, provider):
    p = provider(P.chats())
    g = gateway(p, provider_lines="""
        set_header OpenAI-Organization org-ours;
        set_field store false;
        set_field service_tier '"flex"';""")
    g.chat(question(store=True, x=1),
           headers=[("OpenAI-Organization", "org-theirs")])
    assert p.request.headers["openai-organization"] == "org-ours"
    assert p.request.json() == {**question(model="gpt-upstream"), "x": 1,
                                "store": False, "service_tier": "flex"}


# ---- headers to the client ------------------------------------------------

PROVIDERS = [
    ("x-request-id", "req_provider"), ("openai-processing-ms", "12"),
    ("openai-version", "2020-10-01"), ("Set-Cookie", "a=b"),
    ("Server", "cloudflare"), ("Via", "1.1 envoy"), ("CF-Ray", "abc"),
    ("x-envoy-upstream-service-time", "3"), ("X-Internal", "host-7"),
    ("x-ratelimit-remaining-requests", "59"), ("Keep-Alive", "timeout=5"),
    ("Alt-Svc", 'h3=":443"'), ("Strict-Transport-Security", "max-age=1"),
    ("Cache-Control", "public, max-age=999"), ("ETag", '"x"'),
    ("anthropic-organization-id", "someone"),
]

OURS = {"server", "date", "content-type", "content-length", "connection",
        "transfer-encoding", "x-request-id", "x-agent-provider",
        "x-agent-model", "x-agent-attempts", "x-agent-provider-request-id",
        "cache-control", "x-accel-buffering", "vary", "keep-alive"}


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_only_allowed_headers_reach_the_client(streamed, gateway, provider):
    p = provider(says(P.stream(headers=PROVIDERS), KEEP) if streamed
                 else P.chats(headers=PROVIDERS))
    g = gateway(p)
    response = g.chat(question(stream=streamed))
    names = {name for name, _ in response.headers}
    assert names <= OURS | {"openai-processing-ms", "openai-version"}
    assert response.header("openai-processing-ms") == "12"
    assert response.header("openai-version") == "2020-10-01"
    assert response.header("x-agent-provider-request-id") == "req_provider"
    assert response.header("x-request-id") != "req_provider"
    assert response.header("x-agent-provider") == "main"
    assert response.header("x-agent-attempts") == "1"
    assert response.header("x-agent-model") in ("gpt-test", "gpt-upstream")
    assert "cloudflare" not in str(response.headers)
    assert "max-age=999" not in str(response.headers)


@pytest.mark.smoke
def test_a_clients_request_id_is_kept_if_it_is_well_formed(gateway, provider):
    g = gateway(provider(P.chats()))
    for good in ("abc", "req_0123-456.7", "0af7651916cd43dd8448eb211c80319c"):
        response = g.chat(headers=[("X-Request-Id", good)])
        assert response.header("x-request-id") == good
    for bad in ("a b", "x" * 600, "caf\u00e9", "a,b;c{}", "<script>"):
        response = g.chat(headers=[("X-Request-Id", bad)])
        assert response.status == 200
        assert response.header("x-request-id") not in (bad, None, "")


def test_ours_request_ids_differ(gateway, provider):
    g = gateway(provider(P.chats()))
    ids = [g.chat().header("x-request-id") for _ in range(20)]
    assert len(set(ids)) == 20
    assert {c["request_id"] for c in g.access(20)} == set(ids)


def test_a_reply_header_with_line_ends_cannot_split_the_answer(gateway,
                                                               provider):
    g = gateway(provider(P.chats(headers=[
        ("openai-processing-ms", "1\tx"), ("openai-x", "a\x01b")])))
    response = g.chat()
    assert response.status in (200, 502)
    assert response.header("x-request-id")


@pytest.mark.parametrize("value", ["req\x01x", "\x1b[31mred", "a\tb",
                                   "a\x7f"], ids=repr)
def test_a_providers_id_with_control_bytes_is_left_out(value, gateway,
                                                       provider):
    g = gateway(provider(P.chats(headers=[("x-request-id", value)])))
    response = g.chat()
    assert response.json() == P.CHAT
    assert response.header("x-agent-provider-request-id") is None
    assert response.header("x-request-id") not in (value, None, "")
