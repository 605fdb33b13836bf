"""Bad input: an error in the right shape, no 5xx, and no call to a provider.

What nginx itself refuses, before it has chosen a location, is in the error
shape too.  The tests of this file share one gateway and one provider; every
one of them proves that the provider heard nothing.
"""

import json
import random
import re

import pytest

import providers as P
import wire
from gateway import DEFAULT, question, until

pytestmark = pytest.mark.smoke

SHAPE = {"message", "type", "param", "code"}


@pytest.fixture(scope="module")
def counted(shared):
    return shared.provider(P.speaks())


@pytest.fixture(scope="module")
def door(shared, counted):
    g = shared.make(counted, http=DEFAULT + """
        agent_tenant loud { key file:@loud_key@; models gpt-test; }
        """, server="""
        location /open/v1/ { agent_gateway; client_max_body_size 1k; }
        client_header_timeout 2s; client_body_timeout 1s;
        """)
    g.loud_key = g.secret("loud_key")   # nginx logs a header it refuses
    g.secrets.remove(g.loud_key)
    return g.start()


@pytest.fixture(autouse=True)
def no_call_goes_out(counted, request):
    """The point of this file, checked after every test of it."""
    before = len(counted.requests)
    yield
    calls = len(counted.requests) - before
    allowed = request.node.get_closest_marker("asks_the_provider")
    assert calls == (allowed.args[0] if allowed else 0)


def is_refused(response, status, code=None, param="any", kind=None):
    """The whole of an error answer of ours."""
    assert response.status == status, response
    assert response.complete, response
    assert response.header("content-type").startswith("application/json")
    body = response.json()
    error = body["error"]
    assert set(error) == SHAPE
    assert error["type"] == (kind or "invalid_request_error")
    assert isinstance(error["message"], str) and error["message"]
    assert error["param"] is None or isinstance(error["param"], str)
    if code is not None:
        allowed = code if isinstance(code, tuple) else (code,)
        assert error["code"] in allowed, response
    if param != "any":
        assert error["param"] == param, response
    assert body["request_id"] == response.header("x-request-id")
    assert response.header("x-should-retry") != "true"
    assert response.header("x-agent-attempts") in (None, "0")
    return response


def post(door, body, **kwargs):
    return door.chat(body if isinstance(body, bytes)
                     else json.dumps(body).encode(), **kwargs)


# ---- JSON -----------------------------------------------------------------

GOOD = (b'{"model":"gpt-test","messages":[{"role":"user","content":"h\\u00e9 '
        b'\xc3\xa9 \\ud83d\\ude00"}],"temperature":-1.5e-3,"n":1,"stop":'
        b'["a",null,true,false],"metadata":{"k":{}},"stream":false}')


def test_a_body_cut_at_any_byte_is_invalid_json(door):
    for at in range(1, len(GOOD)):
        is_refused(post(door, GOOD[:at]), 400, "invalid_json")


# Each is wrong where it stands; %s is put in place of a value of a good body.
NO_VALUES = [
    b"", b"nul", b"nulll", b"True", b"tru", b"NaN", b"Infinity", b"-Infinity",
    b"undefined", b"'a'", b"a", b"\\n", b"@", b"*", b"<null>", b"//x\n1",
    b"/*x*/1", b"#x\n1", b"`a`", b"=1",
    # numbers
    b"00", b"01", b"-01", b"-", b"+1", b"++1", b"1.", b".5", b"-.5", b"1.e1",
    b"1e", b"1e+", b"1E-", b"1eE2", b"0x1", b"0xFF", b"1_000", b"1,000",
    b"1 000", b"2.e3", b"0e", b"0.3e", b"1.0e+-1", b"-NaN", b"0o7", b"--1",
    b"- 1", b"\xef\xbc\x91", b"1a", b"1.2.3", b"9e", b"0e+", b"1/2",
    # strings
    b'"', b'"a', b'"\\"', b'"\\x41"', b'"\\u12"', b'"\\u00g0"', b'"\\U0041"',
    b'"\\u"', b'"\\a"', b'"\\\'"', b'"\\\n"', b'"\n"', b'"\t"', b'"\x00"',
    b'"\x1f"', b'"\\u 041"', b'"\\\xc3\xa9"', b'"a" "b"', b'"\\0"', b'"\r"',
    # surrogates
    b'"\\ud83d"', b'"\\ude00"', b'"\\ude00\\ud83d"', b'"\\ud83d\\u0041"',
    b'"\\ud83dx"', b'"\\ud83d\\ud83d"', b'"\\uD800\\n"', b'"\\udfff"',
    # UTF-8
    b'"\x80"', b'"\xc3"', b'"\xc0\xaf"', b'"\xc1\x81"', b'"\xe0\x80\xaf"',
    b'"\xe2\x82"', b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xf0\x82\x82\xac"',
    b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xfe"', b'"\xff"',
    b'"\xe9"', b'"\xf0\x9f\x98"', b'"a\xc3"', b'"\xbf\xbf"', b"\xff\xfe1\0",
    # arrays and objects
    b"[", b"]", b"[1", b"[1,", b"[,1]", b"[1,]", b"[1,,2]", b"[1 2]", b"[1;2]",
    b"[1:2]", b"[}", b"{]", b"[1}", b"{", b"}", b"{,}", b'{"a"}', b'{"a":}',
    b'{"a" 1}', b'{"a":1,}', b'{"a":1 "b":2}', b"{a:1}", b"{1:1}", b'{:1}',
    b'{"a"::1}', b'{"a":1}}', b'[1]]', b"{'a':1}", b'{"a":1,,"b":2}',
    b'{null:1}', b'{"a":1/**/}', b'["x"', b'["x",', b'{"a":"b', b"[[]",
    b'{"a":"b"]', b'[\x0b1]', b"[\x0c1]", b"[\xe2\x81\xa01]", b"[\xc2\xa01]",
]


@pytest.mark.parametrize("value", NO_VALUES, ids=repr)
def test_no_value_of_json(value, door):
    """As a field nobody reads, as a field we read, and as the whole body."""
    is_refused(post(door, GOOD[:-1] + b',"x":' + value + b"}"), 400)
    is_refused(post(door, b'{"x":[' + value + b'],"model":"gpt-test"}')
               if value not in (b"",) else post(door, b'{"x":,"model":"a"}'),
               400)
    if value:
        is_refused(post(door, value), 400)


@pytest.mark.parametrize("body", [
    b" ", b"\n", b"\r\n\t ", b"null", b"true", b"1", b'"x"', b"[]", b"[{}]",
    b'["model"]', b"-0", b'""',
], ids=repr)
def test_a_body_that_is_no_object_is_refused(body, door):
    is_refused(post(door, body), 400)


def test_an_empty_body_is_refused(door):
    is_refused(post(door, b""), 400)
    response = door.raw(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/json\r\nAuthorization: Bearer "
        + door.key.encode() + b"\r\n\r\n")
    is_refused(response, 400)


def test_text_after_the_object_is_refused(door):
    for tail in (b"{}", b"1", b",", b"x", b"\0", b"\xef\xbb\xbf", b"}", b"]"):
        is_refused(post(door, GOOD + tail), 400, "invalid_json")


@pytest.mark.asks_the_provider(6)
def test_white_space_around_the_object_is_accepted(door):
    for space in (b" ", b"\n", b"\r\n", b"\t", b"   \n", b"\n\n"):
        assert post(door, space + GOOD + space).status == 200


def test_utf_16_and_a_byte_order_mark_are_refused_or_tolerated_in_shape(door):
    is_refused(post(door, GOOD.decode().encode("utf-16")), 400)
    is_refused(post(door, b"\xef\xbb\xbf" + GOOD), 400)


@pytest.mark.parametrize("opening, closing", [
    (b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]"), (b"[", b""),
    (b'{"a":', b""),
], ids=repr)
@pytest.mark.parametrize("depth", [65, 128, 500, 100_000, 1_000_000])
def test_nesting_past_64_levels_is_refused(depth, opening, closing, door):
    levels = depth // (opening.count(b"[") + opening.count(b"{"))
    inner = opening * levels + b"1" + closing * levels
    is_refused(post(door, b'{"model":"gpt-test","messages":' + inner + b"}"),
               400)


@pytest.mark.asks_the_provider(1)
def test_nesting_of_60_levels_is_accepted(door):
    inner = b"[" * 59 + b"]" * 59
    assert post(door, GOOD[:-1] + b',"x":' + inner + b"}").status == 200


@pytest.mark.parametrize("twin", [
    b'"model":"gpt-test"', b'"model":"other"', b'"mod\\u0065l":"other"',
    b'"\\u006d\\u006f\\u0064\\u0065\\u006c":"other"', b'"stream":true',
    b'"str\\u0065am":true', b'"n":1', b'"messages":[]', b'"metadata":{}',
    b'"\\u006e":5',
], ids=repr)
def test_a_key_twice_at_the_top_is_refused(twin, door):
    """Which of the two counts differs from reader to reader."""
    is_refused(post(door, GOOD[:-1] + b"," + twin + b"}"), 400)
    is_refused(post(door, b"{" + twin + b"," + GOOD[1:]), 400)


@pytest.mark.asks_the_provider(1)
def test_keys_that_only_look_like_ours_are_unknown_fields(counted, door):
    body = (GOOD[:-1] + b',"Model":"x","model ":"x","model\\u0000":"x",'
            b'"mode\\u006c2":"x","STREAM":true,"":1}')
    assert post(door, body).status == 200
    assert counted.requests[-1].body == body.replace(b'"gpt-test"',
                                                     b'"gpt-upstream"', 1)


# Texts of valid JSON that hasty readers get wrong.
VALUES = [
    b'""', b'"\\u0000"', b'"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\xf4\x8f\xbf\xbf"',
    b'"\\udbff\\udfff"', b'"\xef\xbf\xbf"', b'"\x7f"', b'"\xe2\x80\xa8"',
    b'"\\uFFFF"', b'"\\u0061\\u30af"', b'"[{:,}]"', b'"\\\\"', b'"\\\\\\""',
    b"0", b"-0", b"0.0", b"-0.0e0", b"1E400", b"1e-400", b"1e+2", b"1.5E-2",
    b"123456789012345678901234567890", b"9007199254740993",
    b"-9223372036854775809", b"18446744073709551616",
    b"0." + b"3" * 400, b"[]", b"{}", b"[[]]", b"[null]", b"[ 1 ,\n2 ]",
    b'{"":0}', b'{"a":1,"a":2}', b'{"a":{"model":"x","stream":true}}',
    b'[{"model":"gpt-test"},{"stream":true}]', b"true", b"false", b"null",
    b'"' + b"x" * 70_000 + b'"', b"[" + b"1," * 20_000 + b"1]",
    b'"data: [DONE]\\n\\n"', b'"\xe2\x81\xa0\xcd\xa1"', b'"\\u0022"',
]


@pytest.mark.asks_the_provider(2)
@pytest.mark.parametrize("value", VALUES, ids=lambda v: repr(v[:40]))
def test_a_value_of_json_passes_unchanged(value, counted, door):
    sent = GOOD.replace(b'"gpt-test"', b'"gpt-upstream"')
    for before, after in ((b"", b',"x":' + value + b"}"),
                          (b'{ "x" : ' + value + b" ,", b"}")):
        middle = slice(1 if before else 0, -1)
        assert post(door, before + GOOD[middle] + after).status == 200
        assert counted.requests[-1].body == before + sent[middle] + after


# ---- fields ---------------------------------------------------------------

def chat_with(**fields):
    body = {"model": "gpt-test",
            "messages": [{"role": "user", "content": "x"}], **fields}
    return {k: v for k, v in body.items() if v != "absent"}


@pytest.mark.parametrize("field, value", [
    ("model", None), ("model", 1), ("model", True), ("model", []),
    ("model", {}), ("model", ["gpt-test"]), ("model", "absent"),
    ("messages", "absent"), ("messages", None), ("messages", "x"),
    ("messages", 1), ("messages", {}),
    ("stream", "true"), ("stream", 1), ("stream", 0), ("stream", []),
    ("stream", "false"), ("stream", {}),
    ("max_tokens", -1), ("max_tokens", "100"), ("max_tokens", 1.5),
    ("max_tokens", True), ("max_tokens", 2 ** 31), ("max_tokens", 2 ** 64),
    ("max_tokens", []), ("max_tokens", 10 ** 400),
    ("max_completion_tokens", -1), ("max_completion_tokens", "1"),
    ("max_completion_tokens", 2 ** 63),
    ("n", 0), ("n", -1), ("n", 129), ("n", "1"), ("n", 1.5), ("n", 10 ** 6),
    ("n", True), ("stream_options", 1), ("stream_options", []),
    ("stream_options", "x"), ("stream_options", {"include_usage": 1}),
    ("stream_options", {"include_usage": "true"}),
], ids=lambda v: str(v)[:30])
def test_a_wrong_type_or_value_names_its_field(field, value, door):
    body = chat_with(**{field: value})
    if field == "stream_options":
        body["stream"] = True
    response = post(door, body)
    is_refused(response, 400)
    assert response.error["param"].startswith(field), response
    assert field in response.error["param"]


@pytest.mark.parametrize("value", [b"1e2", b"1.0", b"1e400", b"-0.5",
                                   b"1" * 100_000])
def test_a_count_that_is_no_integer_is_refused(value, door):
    is_refused(post(door, b'{"model":"gpt-test","messages":[{}],"max_tokens":'
                    + value + b"}"), 400, param="max_tokens")


@pytest.mark.asks_the_provider(5)
def test_null_is_absent(door):
    for field in ("max_tokens", "n", "stream", "stream_options",
                  "max_completion_tokens"):
        assert post(door, chat_with(**{field: None})).status == 200, field


@pytest.mark.parametrize("path, body, param", [
    ("/v1/embeddings", {"model": "gpt-test"}, "input"),
    ("/v1/embeddings", {"input": "x"}, "model"),
    ("/v1/embeddings", {"model": "gpt-test", "input": None}, "input"),
    ("/v1/completions", {"model": "gpt-test", "prompt": "x",
                         "stream": "yes"}, "stream"),
    ("/v1/completions", {"prompt": "x"}, "model"),
    ("/v1/responses", {"input": "x"}, "model"),
    ("/v1/responses", {"model": 1, "input": "x"}, "model"),
    ("/v1/responses", {"model": "gpt-test", "input": "x", "stream": 1},
     "stream"),
])
def test_the_other_endpoints_name_their_fields(path, body, param, door):
    is_refused(door.post(path, body), 400, param=param)


@pytest.mark.parametrize("body, named", [
    ({"max_tokens": 1, "messages": [{}]}, "model"),
    ({"model": 5, "max_tokens": 1, "messages": [{}]}, "model"),
    ({"model": "gpt-test", "max_tokens": "1", "messages": [{}]}, "max_tokens"),
    ({"model": "gpt-test", "max_tokens": 1, "messages": [{}],
      "stream": "x"},
     "stream"),
])
def test_the_anthropic_surface_refuses_in_its_own_shape(body, named, door):
    response = door.post("/v1/messages", body)
    assert response.status == 400
    answer = response.json()
    assert answer["type"] == "error"
    assert set(answer) == {"type", "error", "request_id"}
    assert answer["error"]["type"] == "invalid_request_error"
    assert named in answer["error"]["message"]
    assert answer["request_id"] == response.header("x-request-id")


@pytest.mark.parametrize("name", [
    "unknown", "", "GPT-TEST", "gpt-test ", " gpt-test", "gpt-tes", "gpt-test2",
    "../gpt-test", "gpt-test\u0000", "a\r\nX-Evil: y", "gpt\u2010test", "*",
    "gpt-upstream", "main/gpt-upstream", "<script>", "%s%n", "team", "\u202e",
    "gpt-test\\", "x" * 300, "x" * 10_000, "${jndi:ldap://x}", '"', "\x7f",
], ids=lambda n: ascii(n)[:30])
def test_a_model_that_nobody_configured_is_not_found(name, door):
    response = post(door, chat_with(model=name))
    assert response.status in (400, 404) if name == "" or len(name) > 256 \
        else response.status == 404, response
    is_refused(response, response.status)
    assert response.error["param"] in (None, "model")
    if response.status == 404:
        assert response.error["code"] == "model_not_found"
    message = response.error["message"]
    assert len(message) < 400
    assert not re.search(r"[\x00-\x1f\x7f]", message)
    assert response.header("x-evil") is None


@pytest.mark.asks_the_provider(1)
def test_fields_that_name_other_hosts_change_nothing(counted, door):
    evil = {"api_base": "http://evil.test", "base_url": "http://evil.test",
            "api_key": "sk-x", "api_version": "9", "headers": {"a": "b"},
            "extra_headers": {"authorization": "x"}, "proxy": "http://evil",
            "callbacks": ["x"], "user_config": {}, "provider": "other",
            "metadata": {"__proto__": {"admin": True}}}
    assert post(door, chat_with(**evil)).status == 200
    request = counted.requests[-1]
    assert request.headers["authorization"] == f"Bearer {door.provider_key}"
    assert request.json()["api_base"] == "http://evil.test"


@pytest.mark.asks_the_provider(1)
def test_ten_thousand_messages_are_one_call(door):
    messages = [{"role": "user", "content": str(i)} for i in range(10_000)]
    assert post(door, chat_with(messages=messages)).status == 200


def test_too_many_top_level_fields_are_refused(door):
    is_refused(post(door, chat_with(**{f"x{i}": i for i in range(5000)})),
               400)


# ---- media ----------------------------------------------------------------

@pytest.mark.parametrize("value", [
    "text/plain", "multipart/form-data; boundary=x", "application/xml",
    "application/x-www-form-urlencoded", "application/jsonp", "json", "",
    "application/json/x", "text/json2", "application/octet-stream", "*/*",
], ids=repr)
def test_another_media_type_is_not_supported(value, door):
    is_refused(door.chat(headers=[("Content-Type", value)]), 415,
               "unsupported_media_type")


@pytest.mark.asks_the_provider(4)
def test_json_with_parameters_is_json(door):
    for value in ("application/json", "application/json; charset=utf-8",
                  "Application/JSON;charset=UTF-8", "application/json ;"):
        response = door.chat(headers=[("Content-Type", value)])
        assert response.status == 200, value


def test_another_charset_is_not_supported(door):
    response = door.chat(headers=[("Content-Type",
                                   "application/json; charset=utf-16")])
    is_refused(response, response.status)
    assert response.status in (400, 415)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate",
                                    "gzip, gzip", "x-gzip", "GZIP"])
def test_a_compressed_body_is_not_supported(coding, door):
    """Inflating is how small bodies become large ones."""
    is_refused(door.chat(headers=[("Content-Encoding", coding)]), 415,
               "unsupported_media_type")


@pytest.mark.asks_the_provider(1)
def test_the_identity_coding_is_none(door):
    assert door.chat(headers=[("Content-Encoding", "identity")]).status == 200


# ---- keys -----------------------------------------------------------------

def key_headers(door):
    key = door.key
    return {
        "none": [], "empty": [("Authorization", "")],
        "Bearer alone": [("Authorization", "Bearer")],
        "Bearer and a space": [("Authorization", "Bearer ")],
        "Basic": [("Authorization", "Basic dXNlcjpwYXNz")],
        "a wrong key": [("Authorization", "Bearer sk-wrong-0123456789abcd")],
        "a key and more": [("Authorization", f"Bearer {key}x")],
        "a key and a space and more": [("Authorization", f"Bearer {key} x")],
        "less than a key": [("Authorization", f"Bearer {key[:-1]}")],
        "a key in capitals": [("Authorization", f"Bearer {key.upper()}")],
        "16 KB": [("Authorization", "Bearer " + "x" * 7000)],
        "not ASCII": [("Authorization", "Bearer caf\u00e9" + key)],
        "SQL": [("Authorization", "Bearer ' OR 1=1 --")],
        "Redis": [("Authorization", "Bearer *\\r\\nFLUSHALL")],
        "a star": [("Authorization", "Bearer *")],
        "the provider's key": [("Authorization",
                                f"Bearer {door.provider_key}")],
        "a wrong x-api-key": [("x-api-key", "sk-wrong-0123456789abcd")],
        "an empty x-api-key": [("x-api-key", "")],
        "a cookie": [("Cookie", f"key={key}")],
        "underscores": [("x_api_key", door.loud_key)],
        "the tenant's name": [("Authorization", "Bearer team")],
    }


CASES = ["none", "empty", "Bearer alone", "Bearer and a space", "Basic",
         "a wrong key", "a key and more",
         "a key and a space and more", "less than a key", "a key in capitals",
         "16 KB", "not ASCII", "SQL", "Redis", "a star",
         "the provider's key", "a wrong x-api-key", "an empty x-api-key",
         "a cookie", "underscores", "the tenant's name"]


def uniform(response):
    body = response.json()
    del body["request_id"]
    return body


@pytest.mark.parametrize("case", CASES)
def test_without_a_good_key_the_answer_is_always_the_same(case, door):
    headers = key_headers(door)
    assert list(headers) == CASES
    response = door.chat(key=None, headers=headers[case])
    is_refused(response, 401, "invalid_api_key", param=None)
    assert uniform(response) == uniform(door.chat(key=None))
    assert door.key not in response.body.decode()


@pytest.mark.parametrize("query", ["?api_key={}", "?key={}",
                                   "?access_token={}"])
def test_a_key_in_the_query_opens_nothing(query, door):
    # a wrong one, for the access log would hold the right one
    response = door.post("/v1/chat/completions" + query.format("x" * 32),
                         question(), key=None)
    is_refused(response, 401, "invalid_api_key")


def test_two_authorizations_are_refused(door):
    response = door.raw(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: Bearer sk-wrong-0123456789abcdef\r\n"
        b"Authorization: Bearer " + door.loud_key.encode() + b"\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    is_refused(response, response.status)
    assert response.status in (400, 401)


@pytest.mark.parametrize("method, path", [
    ("GET", "/v1/models"), ("GET", "/v1/models/gpt-test"),
    ("POST", "/v1/embeddings"), ("POST", "/v1/completions"),
    ("POST", "/v1/responses"),
])
def test_every_endpoint_wants_a_key(method, path, door):
    body = {"model": "gpt-test", "input": "x"} if method == "POST" else None
    is_refused(door.ask(method, path, body, key=None), 401,
               "invalid_api_key")


@pytest.mark.parametrize("path", ["/v1/messages",
                                  "/v1/messages/count_tokens"])
def test_the_anthropic_surface_wants_a_key_in_its_own_shape(path, door):
    response = door.post(path, {"model": "gpt-test"}, key=None)
    assert response.status == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert response.json()["type"] == "error"


def test_a_key_is_asked_for_before_a_body_is_read(door):
    """The body never comes: the refusal does not wait for it."""
    with door.connect() as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/json\r\n"
                    b"Content-Length: 1000000\r\n\r\n")
        is_refused(client.response(), 401)


# ---- routes and methods ---------------------------------------------------

@pytest.mark.parametrize("path", [
    "/v1/", "/v1/chat", "/v1/chat/completions/", "/v1/chat/completions;x",
    "/v1/Chat/Completions", "/v1/files", "/v1/batches", "/v1/models/",
    "/v1/chat/completions/x", "/v1/images/generations", "/v1/v1/models",
    "/v1/chat%2fcompletions", "/v1/audio/speech", "/v1/responses/resp_1",
    "/v1/threads", "/v1/chat/completions.json",
    "/v1/fine_tuning/jobs", "/v1/completions%20",
])
def test_another_path_is_not_found(path, door):
    if path == "/v1/chat%2fcompletions":
        # nginx decodes before it chooses a location: either is right
        response = door.post(path, question(model="none"))
        is_refused(response, 404)
        return
    for method in ("POST", "GET"):
        body = question() if method == "POST" else None
        is_refused(door.ask(method, path, body), 404)


def test_another_path_of_anthropics_is_not_found_in_its_shape(door):
    response = door.post("/v1/messages/batches", question())
    assert response.status == 404
    assert response.json()["type"] == "error"
    assert response.json()["error"]["type"] == "not_found_error"


@pytest.mark.parametrize("path", ["/v1/../../etc/passwd", "/%00", "/v1/\x00",
                                  "/v1/%2e%2e/%2e%2e/etc/passwd"])
def test_a_path_above_the_root_is_refused(path, door):
    response = door.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
                        "GET")
    is_refused(response, 400)


@pytest.mark.parametrize("path", ["/", "/x", "/etc/passwd", "/status",
                                  "/metrics", "/v2/models"])
def test_outside_the_gateway_nothing_is_found(path, door):
    is_refused(door.get(path), 404)


@pytest.mark.parametrize("path", ["//v1/models", "/v1//models",
                                  "/v1/./models", "/x/../v1/models"])
def test_a_path_that_nginx_tidies_is_answered_by_the_same_rules(path, door):
    response = door.get(path)
    assert response.status in (200, 404)
    if response.status == 404:
        is_refused(response, 404)
    is_refused(door.get(path, key=None), 401) if response.status == 200 \
        else None


@pytest.mark.parametrize("method, path, allow", [
    ("GET", "/v1/chat/completions", "POST"),
    ("PUT", "/v1/chat/completions", "POST"),
    ("DELETE", "/v1/chat/completions", "POST"),
    ("PATCH", "/v1/chat/completions", "POST"),
    ("OPTIONS", "/v1/chat/completions", "POST"),
    ("PROPFIND", "/v1/chat/completions", "POST"),
    ("GET", "/v1/embeddings", "POST"), ("GET", "/v1/completions", "POST"),
    ("GET", "/v1/responses", "POST"), ("POST", "/v1/models", "GET"),
    ("DELETE", "/v1/models/gpt-test", "GET"),
    ("POST", "/v1/models/gpt-test", "GET"),
])
def test_a_wrong_method_is_told_the_right_one(method, path, allow, door):
    response = door.ask(method, path, question()
                        if method in ("PUT", "POST", "PATCH") else None)
    is_refused(response, 405, "method_not_allowed")
    assert allow in re.split(r",\s*", response.header("allow"))


def test_a_wrong_method_on_the_anthropic_surface(door):
    response = door.get("/v1/messages")
    assert response.status == 405
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.header("allow") == "POST"


@pytest.mark.parametrize("line", [b"TRACE /v1/models HTTP/1.1",
                                  b"CONNECT x:1 HTTP/1.1"])
def test_trace_and_connect_are_refused(line, door):
    response = door.raw(line + b"\r\nHost: x\r\n\r\n")
    assert response.status in (400, 405)
    is_refused(response, response.status)


# ---- nginx's own refusals -------------------------------------------------

def head_of(*lines, body=b""):
    return (b"POST /v1/chat/completions HTTP/1.1\r\n" + b"".join(
        line + b"\r\n" for line in (b"Host: x", *lines)) + b"\r\n" + body)


RAW = {
    "length and chunks": (head_of(b"Content-Length: 3",
                                  b"Transfer-Encoding: chunked",
                                  body=b"0\r\n\r\n"), 400),
    "two lengths": (head_of(b"Content-Length: 3", b"Content-Length: 4",
                            body=b"{}  "), 400),
    "the same length twice": (head_of(b"Content-Length: 2",
                                      b"Content-Length: 2", body=b"{}"), 400),
    "gzip, chunked": (head_of(b"Transfer-Encoding: gzip, chunked",
                              body=b"0\r\n\r\n"), 501),
    "xchunked": (head_of(b"Transfer-Encoding: xchunked",
                         body=b"0\r\n\r\n"), 501),
    "chunks in HTTP/1.0":
        (head_of(b"Transfer-Encoding: chunked",
                 body=b"0\r\n\r\n").replace(b"/1.1", b"/1.0", 1), 400),
    "length -1": (head_of(b"Content-Length: -1"), 400),
    "length +1": (head_of(b"Content-Length: +1", body=b"1"), 400),
    "length 0x1": (head_of(b"Content-Length: 0x1", body=b"1"), 400),
    "length of 20 digits": (head_of(b"Content-Length: " + b"9" * 20), 400),
    "NUL in a header": (head_of(b"X-A: a\0b"), 400),
    "NUL in the URI": (b"GET /v1/\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a bare CR in a header": (head_of(b"X-A: a\rb"), 400),
    "a space before the colon": (head_of(b"X-A : a"), 400),
    "a folded header": (head_of(b"X-A: a", b" b"), 400),
    "no Host": (b"GET /v1/models HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                  400),
    "a header of 40 KB": (head_of(b"X-A: " + b"x" * 40_000), 400),
    "a URI of 40 KB": (b"GET /v1/" + b"x" * 40_000
                       + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "2,000 headers": (head_of(*[b"X-%d: %s" % (i, b"y" * 20)
                                for i in range(2000)]), 400),
    "a method in small letters": (b"get /v1/models HTTP/1.1\r\nHost: x\r\n"
                                  b"\r\n", 400),
    "HTTP/2.0 in the line": (b"GET /v1/models HTTP/2.0\r\nHost: x\r\n\r\n",
                             505),
    "HTTP/9.9": (b"GET /v1/models HTTP/9.9\r\nHost: x\r\n\r\n", 505),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
                       + b"\0" * 64 + b"\r\n\r\n", 400),
    "an HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
}


@pytest.mark.parametrize("case", RAW, ids=str)
def test_nginx_own_refusals_are_in_the_shape_too(case, door):
    raw, status = RAW[case]
    with door.connect() as client:
        client.try_to_send(raw)
        try:
            response = client.response()
        except wire.Cut:
            assert status is None, "closed without a word"
            return
        assert response.status == (status or response.status)
        assert response.status in (400, 414, 501, 505)
        kind = "server_error" if response.status >= 500 else None
        assert response.error["type"] in ("invalid_request_error", kind)
        is_refused(response, response.status, kind=response.error["type"])
        assert "<html" not in response.body.decode()
        assert client.is_closed_by_peer() or status is None


@pytest.mark.parametrize("body", [
    b"-1\r\n{}\r\n0\r\n\r\n", b"zz\r\n", b"fffffffffffffffff\r\n{}",
    b"2\r\n{}}\r\n", b"2 x\r\n{}\r\n0\r\n\r\n",
], ids=repr)
def test_a_bad_chunk_is_a_bad_request(body, door):
    response = door.raw(head_of(
        b"Authorization: Bearer " + door.key.encode(),
        b"Content-Type: application/json", b"Transfer-Encoding: chunked",
        body=body))
    is_refused(response, 400)


def test_a_body_over_the_limit_is_refused_before_it_is_sent(door):
    with door.connect() as client:
        client.send(b"POST /open/v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/json\r\n"
                    b"Authorization: Bearer " + door.key.encode() + b"\r\n"
                    b"Content-Length: 5000\r\n\r\n")
        is_refused(client.response(), 413, "request_too_large")


def test_a_chunked_body_over_the_limit_is_refused(door):
    response = door.post(
        "/open/v1/chat/completions",
        P.chunk(b'{"model":"gpt-test","x":"' + b"x" * 5000 + b'"}') + P.LAST,
        headers=[("Transfer-Encoding", "chunked")])
    is_refused(response, 413, "request_too_large")


def test_a_large_body_on_the_anthropic_surface(door):
    response = door.post("/open/v1/messages", {
        "model": "gpt-test", "max_tokens": 1, "messages": ["x" * 5000]})
    assert response.status == 413
    assert response.json()["error"]["type"] == "request_too_large"


def test_chunk_extensions_without_end_are_bounded(door):
    with door.connect() as client:
        client.send(head_of(
            b"Authorization: Bearer " + door.key.encode(),
            b"Content-Type: application/json", b"Transfer-Encoding: chunked"))
        client.try_to_send(b"2;" + b"x" * 4_000_000)
        client.try_to_send(b"\r\n{}\r\n0\r\n\r\n")
        try:
            response = client.response()
        except wire.Cut:
            return
        is_refused(response, response.status)


def test_a_body_that_stops_coming_is_a_timeout(door):
    with door.connect() as client:
        client.send(door.chat_request(GOOD)[:-10])
        is_refused(client.response(), 408, "request_timeout")
        assert client.is_closed_by_peer()


def test_headers_that_stop_coming_end_the_connection(door):
    with door.connect() as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-A:")
        client.read_all()
        if client.buffer:
            is_refused(client.response(), 408)


def test_a_second_request_behind_a_refused_one_is_never_run(door):
    """Its bytes may be the first one's body."""
    second = door.chat_request()
    for first in (head_of(b"Content-Length: 3", b"Content-Length: 4",
                          body=b"{}  "),
                  b"POST /open/v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Type: application/json\r\nAuthorization: Bearer "
                  + door.key.encode() + b"\r\nContent-Length: 5000\r\n\r\n"):
        with door.connect() as client:
            client.send(first + second)
            is_refused(client.response(), client_status(first))
            assert client.is_closed_by_peer()


def client_status(first):
    return 413 if b"5000" in first else 400


def test_a_body_behind_a_refused_head_is_no_request(door):
    """A 401 leaves the body unread: it must not run as the next request."""
    smuggled = door.chat_request()
    with door.connect() as client:
        client.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled)
        is_refused(client.response(), 401)
        assert client.is_closed_by_peer()


def test_upgrades_are_ignored_or_refused(door):
    for headers in ([("Upgrade", "websocket"), ("Connection", "Upgrade")],
                    [("Upgrade", "h2c"), ("Connection",
                                          "Upgrade, HTTP2-Settings"),
                     ("HTTP2-Settings", "AAMAAABkAAQAAP__")]):
        response = door.get("/v1/models", headers=headers)
        assert response.status == 200 and response.complete


def test_ranges_and_conditions_are_ignored(door):
    response = door.get("/v1/models", headers=[
        ("Range", "bytes=0-3"), ("If-None-Match", "*"),
        ("If-Modified-Since", "Wed, 21 Oct 2099 07:28:00 GMT")])
    assert response.status == 200
    assert response.json()["object"] == "list"


def test_http_0_9_gets_no_answer_that_looks_like_one(door):
    with door.connect() as client:
        client.send(b"GET /v1/models\r\n")
        client.half_close()
        assert b'"data"' not in client.read_all()


def test_garbage_never_gets_a_server_error(door):
    """Three hundred mutilated requests, the same ones every time."""
    chance = random.Random(7)
    good = door.chat_request(GOOD.replace(b"gpt-test", b"gpt-nope"),
                             key=door.loud_key)
    for _ in range(300):
        data = good
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data))
            data = (data[:at] + chance.randbytes(chance.randint(0, 3))
                    + data[at + chance.randint(0, 20):])
        with door.connect() as client:
            client.try_to_send(data)
            try:
                client.half_close()
                response = client.response()
            except (wire.Cut, OSError):
                continue
            assert response.status < 500 or response.status in (501, 505)
            assert response.status != 200


def test_a_tls_client_on_a_plain_port_is_told_in_plain(door):
    test_nginx_own_refusals_are_in_the_shape_too("no HTTP at all", door)


PAGES = """
    error_page 500 502 503 504 /50x.html;
    location = /50x.html { return 200 "the operator's 50x"; }
    location /small/v1/ { agent_gateway; client_max_body_size 1k; }
    location /paged/v1/ {
        agent_gateway;
        client_max_body_size 1k;
        error_page 413 /413.html;
    }
    location = /413.html { return 200 "the operator's 413"; }
"""


def test_a_page_for_other_errors_leaves_the_shape_alone(gateway):
    """Many a server inherits an error_page from its distribution."""
    g = gateway(server=PAGES)
    large = question("x" * 5000)
    is_refused(g.post("/small/v1/chat/completions", large), 413,
               "request_too_large")
    is_refused(g.raw(RAW["two lengths"][0]), 400)
    is_refused(g.raw(b"TRACE /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"), 405)


def test_the_operators_page_for_an_error_is_kept(gateway):
    g = gateway(server=PAGES)
    response = g.post("/paged/v1/chat/completions", question("x" * 5000))
    assert response.status == 413
    assert response.body == b"the operator's 413"


@pytest.mark.asks_the_provider(1)
def test_a_location_without_a_slash_ends_at_one(gateway, counted):
    g = gateway(counted, http=DEFAULT.replace("location /v1/ ",
                                              "location /v1 "))
    assert g.chat().json() == P.CHAT
    for path in ("/v1chat/completions", "/v1models", "/v1"):
        is_refused(g.post(path, question()), 404, "unknown_url")


def test_the_gateway_still_works_after_all_that(door):
    assert door.get("/v1/models").status == 200

    def in_flight():
        return re.findall(r"^agent_calls_in_flight (\d+)$",
                          door.page("/metrics")[2], re.M)

    # a call is settled after its last byte was sent
    assert until(lambda: in_flight() == ["0"]), in_flight()
