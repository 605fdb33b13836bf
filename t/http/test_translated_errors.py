"""Every provider's way to say no, told to clients of every other surface:
status, type, code, param, when to come back, and the words that help.
"""

import anthropic
import openai
import pytest

import providers as P
import translated as T
import wire
from drills import seconds
from providers import KEEP, LAST, RESET, chunk
from scripted import Call, Step

CLASSES, WORDS = T.CLASSES, T.WORDS
refuses, claude, google, info = T.refuses, T.claude, T.google, T.info


class Row:

    def __init__(self, kind, status, body, told, words="", headers=(),
                 wait=None, http=None):
        """`words` reach the client; `wait` is in milliseconds."""
        self.kind, self.status, self.body = kind, status, body
        self.told, self.words, self.headers = told, words, headers
        self.wait, self.http = wait, http


TOO_LONG = "This model's maximum context length is 8192 tokens. However, " \
    "your messages resulted in 9000 tokens."
FILTERED = "The response was filtered due to the prompt triggering Azure " \
    "OpenAI's content management policy."

ROWS = {
    # OpenAI
    "OpenAI: a value": Row("openai", 400, refuses(
        "Invalid value for 'temperature'.", param="temperature",
        code="invalid_value"), "invalid", "Invalid value for 'temperature'."),
    "OpenAI: too long": Row("openai", 400, refuses(
        TOO_LONG, param="messages", code="context_length_exceeded"),
        "context_length", "maximum context length is 8192 tokens"),
    "OpenAI: too long, responses": Row("responses", 400, refuses(
        "Your input exceeds the context window of this model.",
        param="input", code="context_length_exceeded"), "context_length",
        "exceeds the context window"),
    "OpenAI: a value, responses": Row("responses", 400, refuses(
        "Unknown parameter: 'foo'.", param="foo", code="unknown_parameter"),
        "invalid", "Unknown parameter: 'foo'."),
    "OpenAI: key": Row("openai", 401, refuses(
        "Incorrect API key provided: sk-x.", code="invalid_api_key"),
        "credentials"),
    "OpenAI: country": Row("openai", 403, refuses(
        "Country not supported", "request_forbidden",
        code="unsupported_country_region_territory"), "credentials"),
    "OpenAI: model": Row("openai", 404, refuses(
        "The model gpt-9 does not exist", code="model_not_found"),
        "not_found", "The model gpt-9 does not exist"),
    "OpenAI: limit": Row("openai", 429, refuses(
        "Rate limit reached for gpt-5-mini. Please try again in 6.5s.",
        "tokens", code="rate_limit_exceeded"), "rate_limit",
        headers=[("retry-after", "7"), ("retry-after-ms", "6500")],
        wait=6500),
    "OpenAI: quota": Row("openai", 429, refuses(
        "You exceeded your current quota.", "insufficient_quota",
        code="insufficient_quota"), "credentials"),
    "OpenAI: failure": Row("openai", 500, refuses(
        "The server had an error.", "server_error"), "provider_error"),
    "OpenAI: overload": Row("responses", 503, refuses(
        "Overloaded.", "server_error", code="server_is_overloaded"),
        "unavailable", headers=[("retry-after", "2")], wait=2000),
    # Azure
    "Azure: filter": Row("azure", 400, {"error": {
        "message": FILTERED, "type": None, "param": "prompt",
        "code": "content_filter", "status": 400, "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": {"hate": {"filtered": True}}}}},
        "content_policy", "content management policy"),
    "Azure: deployment": Row("azure", 404, {"error": {
        "code": "DeploymentNotFound",
        "message": "The API deployment for this resource does not exist.",
    }}, "not_found", "does not exist"),
    "Azure: gateway": Row("azure", 401, {
        "statusCode": 401, "message": "Unauthorized. Access token is missing"},
        "credentials"),
    "Azure: limit": Row("azure", 429, {"error": {
        "code": "429", "message": "Requests have exceeded the token rate."}},
        "rate_limit", headers=[("retry-after-ms", "1500"),
                               ("retry-after", "2")], wait=1500),
    # Anthropic
    "Anthropic: invalid": Row("anthropic", 400, claude(
        "invalid_request_error", "messages.0.role: bad role"), "invalid",
        "messages.0.role: bad role"),
    "Anthropic: too long": Row("anthropic", 400, claude(
        "invalid_request_error", "prompt is too long: 210000 tokens > 200000 "
        "maximum"), "context_length", "prompt is too long: 210000 tokens"),
    "Anthropic: credit": Row("anthropic", 400, claude(
        "invalid_request_error", "Your credit balance is too low to access "
        "the API."), "credentials"),
    "Anthropic: key": Row("anthropic", 401, claude(
        "authentication_error", "invalid x-api-key"), "credentials"),
    "Anthropic: billing": Row("anthropic", 402, claude(
        "billing_error", "Payment required"), "credentials"),
    "Anthropic: permission": Row("anthropic", 403, claude(
        "permission_error", "Not allowed"), "credentials"),
    "Anthropic: model": Row("anthropic", 404, claude(
        "not_found_error", "model: claude-9"), "not_found",
        "model: claude-9"),
    "Anthropic: conflict": Row("anthropic", 409, claude(
        "conflict_error", "Busy"), "conflict"),
    "Anthropic: large": Row("anthropic", 413, claude(
        "request_too_large", "Request exceeds the maximum size"), "invalid",
        "Request exceeds the maximum size", http=413),
    "Anthropic: limit": Row("anthropic", 429, claude(
        "rate_limit_error", "This request would exceed your rate limit"),
        "rate_limit", headers=[("retry-after", "4")], wait=4000),
    "Anthropic: spend": Row("anthropic", 429, claude(
        "rate_limit_error", "Spend limit reached",
        error_code="enforced_spend_limit_reached"), "credentials"),
    "Anthropic: failure": Row("anthropic", 500, claude(
        "api_error", "Internal server error"), "provider_error"),
    "Anthropic: timeout": Row("anthropic", 504, claude(
        "timeout_error", "Timed out"), "provider_error"),
    "Anthropic: overload": Row("anthropic", 529, claude(
        "overloaded_error", "Overloaded"), "unavailable"),
    # Gemini
    "Gemini: invalid": Row("gemini", 400, google(
        400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown "
        "name"), "invalid", "Invalid JSON payload received. Unknown name"),
    "Gemini: precondition": Row("gemini", 400, google(
        400, "FAILED_PRECONDITION", "User location is not supported for the "
        "API use."), "credentials"),
    "Gemini: range": Row("gemini", 400, google(
        400, "OUT_OF_RANGE", "The value is out of range"), "invalid",
        "The value is out of range"),
    "Gemini: too long": Row("gemini", 400, google(
        400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds "
        "the maximum number of tokens allowed (1048576)."), "context_length",
        "The input token count (1200000) exceeds"),
    "Gemini: key": Row("gemini", 400, google(
        400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API "
        "key.", info("ErrorInfo", reason="API_KEY_INVALID",
                     domain="googleapis.com")), "credentials"),
    "Gemini: unauthenticated": Row("gemini", 401, google(
        401, "UNAUTHENTICATED", "No."), "credentials"),
    "Gemini: permission": Row("gemini", 403, google(
        403, "PERMISSION_DENIED", "No."), "credentials"),
    "Gemini: model": Row("gemini", 404, google(
        404, "NOT_FOUND", "models/gemini-9 is not found for API version "
        "v1beta"), "not_found", "models/gemini-9 is not found"),
    "Gemini: aborted": Row("gemini", 409, google(
        409, "ABORTED", "Try again."), "conflict"),
    "Gemini: limit": Row("gemini", 429, google(
        429, "RESOURCE_EXHAUSTED", "You exceeded the limit of a minute.",
        info("QuotaFailure", violations=[{
            "quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]),
        info("RetryInfo", retryDelay="34.4s")), "rate_limit", wait=34400),
    "Gemini: quota of a day": Row("gemini", 429, google(
        429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.",
        info("QuotaFailure", violations=[{
            "quotaId": "GenerateRequestsPerDayPerProjectPerModel"}])),
        "credentials"),
    "Gemini: cancelled": Row("gemini", 499, google(
        499, "CANCELLED", "Cancelled."), "provider_error"),
    "Gemini: internal": Row("gemini", 500, google(
        500, "INTERNAL", "Oops."), "provider_error"),
    "Gemini: large": Row("gemini", 413, google(
        413, "INVALID_ARGUMENT", "Request payload size exceeds the limit"),
        "invalid", "Request payload size exceeds the limit", http=413),
    "Gemini: unavailable": Row("gemini", 503, google(
        503, "UNAVAILABLE", "The model is overloaded."), "unavailable"),
    "Gemini: deadline": Row("gemini", 504, google(
        504, "DEADLINE_EXCEEDED", "Too late."), "provider_error"),
    "Gemini: in an array": Row("gemini", 503, [google(
        503, "UNAVAILABLE", "The model is overloaded.")], "unavailable"),
    # others
    "vLLM: too long": Row("vllm", 400, {
        "object": "error", "message": TOO_LONG, "type": "BadRequestError",
        "param": None, "code": 400}, "context_length",
        "maximum context length is 8192 tokens"),
    "vLLM: invalid": Row("vllm", 400, {"error": {
        "message": "top_p must be in (0, 1], got 2.", "param": "top_p",
        "type": "BadRequestError", "code": 400}}, "invalid",
        "top_p must be in (0, 1], got 2."),
    "vLLM: model": Row("vllm", 404, {
        "object": "error", "message": "The model x does not exist.",
        "type": "NotFoundError", "param": None, "code": 404}, "not_found",
        "The model x does not exist."),
    "Mistral: detail": Row("mistral", 422, {"detail": [{
        "type": "extra_forbidden", "loc": ["body", "seed"],
        "msg": "Extra inputs are not permitted", "input": 1}]}, "invalid",
        "Extra inputs are not permitted", http=422),
    "Mistral: a message of details": Row("mistral", 422, {
        "object": "error", "message": {"detail": [{
            "type": "missing", "loc": ["body", "model"],
            "msg": "Field required"}]}, "type": "invalid_request_error",
        "param": None, "code": None}, "invalid", "Field required", http=422),
    "Mistral: limit": Row("mistral", 429, {
        "object": "error", "message": "Requests rate limit exceeded",
        "type": "rate_limited", "param": None, "code": "1300"}, "rate_limit"),
    "Mistral: key": Row("mistral", 401, {"detail": "Unauthorized"},
                        "credentials"),
    "Ollama: model": Row("compatible", 404, {"error": {
        "message": "model 'x' not found", "type": "not_found_error",
        "param": None, "code": None}}, "not_found", "model 'x' not found"),
    "Ollama: a text": Row("compatible", 400, {"error": "invalid format"},
                          "invalid", "invalid format"),
    "llama.cpp: too long": Row("compatible", 400, {"error": {
        "code": 400, "message": "request (9000 tokens) exceeds the available "
        "context size (4096 tokens), try increasing it",
        "type": "exceed_context_size_error", "n_prompt_tokens": 9000,
        "n_ctx": 4096}}, "context_length",
        "exceeds the available context size"),
    "llama.cpp: loading": Row("compatible", 503, {"error": {
        "code": 503, "message": "Loading model",
        "type": "unavailable_error"}}, "unavailable"),
    "a page": Row("compatible", 502, b"<html>Bad Gateway</html>",
                  "provider_error"),
    "an error in a 200": Row("compatible", 200, refuses(
        "Rate limit reached", "rate_limit_error"), "rate_limit"),
    "no JSON in a 200": Row("gemini", 200, b"<html>hello</html>",
                            "bad_response"),
}

CASES = [(name, surface) for name, row in ROWS.items()
         for surface in T.SURFACES if row.kind not in T.NATIVE[surface]]


def label(number):
    return f"p{number}"


@pytest.fixture(scope="module")
def stand(shared):
    """A provider for each case: a key that was refused rests."""
    return T.Stand(shared, {
        label(n) + more: ROWS[name].kind
        for n, (name, _) in enumerate(CASES) for more in ("", "s")
        if more == "" or ROWS[name].told in ("credentials", "rate_limit")})


def theirs(row, code):
    """The code and the parameter of an OpenAI's own words: they are kept."""
    error = row.body.get("error") if isinstance(row.body, dict) else None
    if row.told != "invalid":
        return code, None
    if row.http == 413:
        code = "request_too_large"
    if not isinstance(error, dict):
        return code, None
    said = error.get("code")
    return said if isinstance(said, str) else code, error.get("param")


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("number", range(len(CASES)),
                         ids=[" / ".join(case) for case in CASES])
def test_a_refusal_is_told(number, stream, stand):
    name, surface = CASES[number]
    row, provider = ROWS[name], label(number)
    if stream and row.told in ("credentials", "rate_limit"):
        provider += "s"                 # the key of the other one rests
    stand.plays(**{provider: T.says(row.body, row.status, row.headers)})
    response = stand.ask(surface, provider, stream=stream)
    assert stand.asked == [provider]
    status, kind, code = CLASSES[row.told]
    status = row.http or status
    code, param = theirs(row, code)
    assert T.outcome(surface, response) == (
        (status, T.MESSAGES_TYPES[status], None) if surface == "messages"
        else (status, kind, code))
    assert response.header("content-type") == "application/json"
    if surface != "messages":
        assert response.error["param"] == param
    message = response.error["message"]
    if row.words:
        assert row.words in message
    else:                               # our words: nothing of the account
        assert message == WORDS[row.told]
    assert response.header("x-should-retry") == (
        {429: "true", 400: None, 404: None, 413: None, 422: None}
        .get(status, "false"))
    if row.wait is None:
        assert response.header("retry-after") is None
        assert response.header("retry-after-ms") is None
    else:
        assert seconds(response) * 1000 == row.wait


@pytest.mark.parametrize("surface, kind", [
    (surface, kind) for surface in T.SURFACES
    for kind in T.foreign(surface, ("anthropic", "gemini", "vllm"))])
def test_words_are_kept_without_what_nobody_may_see(surface, kind, breaking):
    seen = "temperature: must be less than 2"
    hidden = ("10.1.2.3", "sk-live-", "abcdefghijk123456789", "/usr/lib/")
    words = f"{seen} at http://10.1.2.3:8000/v1 in /usr/lib/python3/api.py " \
        "of sk-live-abcdefghijk123456789 " + "and so on " * 200
    body = {"anthropic": claude("invalid_request_error", words),
            "gemini": google(400, "INVALID_ARGUMENT", words),
            "vllm": refuses(words)}[kind]
    breaking.plays(**{kind: T.says(body, 400)})
    response = breaking.ask(surface, kind)
    assert T.outcome(surface, response)[0] == 400
    assert seen in response.error["message"]
    assert len(response.error["message"]) <= 500
    assert not [word for word in hidden if word.encode() in response.body]


# ---- after the first content ----------------------------------------------

SECRET = "MARK of http://10.1.2.3:8000/v1"


def event(body, name=None):
    line = f"event: {name}\n" if name else ""
    return P.says(chunk(f"{line}data: {T.compact(body)}\n\n".encode())
                  + LAST, KEEP)


# (kind, what happens): (what the provider does, the class)
BREAKS = {
    ("compatible", "an error event"): (event(refuses(
        SECRET, "server_error")), "provider_error"),
    ("compatible", "an error with a status"): (event({"error": {
        "message": SECRET, "code": 503}}), "unavailable"),
    ("compatible", "a reason that is none"): (event({"choices": [{
        "index": 0, "delta": {}, "finish_reason": "error"}]}),
        "provider_error"),
    ("anthropic", "an error event"): (event(claude(
        "overloaded_error", SECRET), "error"), "unavailable"),
    ("anthropic", "a limit"): (event(claude(
        "rate_limit_error", SECRET), "error"), "rate_limit"),
    ("gemini", "an error event"): (event(google(
        503, "UNAVAILABLE", SECRET)), "unavailable"),
    ("gemini", "an error without a number"): (event({"error": {
        "message": SECRET, "status": "INTERNAL"}}), "provider_error"),
    ("gemini", "a reason that is a failure"): (event({"candidates": [{
        "index": 0, "content": {"role": "model", "parts": []},
        "finishReason": "MALFORMED_FUNCTION_CALL"}]}), "bad_response"),
    ("responses", "an error event"): (event({
        "type": "error", "code": "server_error", "message": SECRET,
        "param": None, "sequence_number": 9}, "error"), "provider_error"),
    ("responses", "a failed response"): (event({
        "type": "response.failed", "sequence_number": 9, "response": {
            "id": "resp_0", "object": "response", "status": "failed",
            "error": {"code": "rate_limit_exceeded", "message": SECRET},
            "output": []}}, "response.failed"), "rate_limit"),
}
for _kind in ("compatible", "anthropic", "gemini", "responses"):
    BREAKS |= {
        (_kind, "a reset"): (P.says(RESET), "bad_response"),
        (_kind, "a FIN"): (P.says(), "bad_response"),
        (_kind, "an end without a reason"): (P.says(LAST, KEEP),
                                             "bad_response"),
        (_kind, "no JSON"): (P.says(3 * chunk(b'data: {"no\n\n') + LAST, KEEP),
                             "bad_response")}

BROKEN = pytest.mark.parametrize("surface, kind, name", [
    (surface, kind, name) for kind, name in BREAKS
    for surface in T.SURFACES if kind not in T.NATIVE[surface]])

ENDS = {"chat": b"[DONE]", "messages": b"message_stop",
        "responses": b"response.completed"}


@pytest.fixture(scope="module")
def breaking(shared):
    return T.Stand(shared, {kind: kind for kind in (
        "compatible", "vllm", "anthropic", "gemini", "responses")})


def is_the_last(surface, event, told):
    """The one error of a stream, in the client's dialect."""
    status, kind, code = CLASSES[told]
    said = event.json()
    if surface == "responses":
        assert event.name == said["type"] == "response.failed"
        assert said["response"]["status"] == "failed"
        error = said["response"]["error"]
        assert error["code"] == ("rate_limit_exceeded"
                                 if told == "rate_limit" else code)
    else:
        error = said["error"]
        assert event.name == ("error" if surface == "messages" else None)
        assert error["type"] == (kind if surface == "chat"
                                 else T.MESSAGES_TYPES[status])
        assert error.get("code") == (code if surface == "chat" else None)
    assert error["message"] == WORDS[told]
    assert said["request_id"]


@BROKEN
def test_a_broken_stream_ends_with_one_error(surface, kind, name, breaking):
    last, told = BREAKS[kind, name]
    script = T.begins(kind, last)
    breaking.plays(**{kind: script})
    with breaking.g.connect() as client:
        breaking.send(client, surface, kind, stream=True)
        head = client.head()
        client.read_until(b"Hello")
        script.go_on.set()
        client.finish(head)
    assert head.status == 200 and head.complete, head
    assert ENDS[surface] not in head.body and b"MARK" not in head.body
    assert b"finish_reason\":\"" not in head.body
    assert b"message_delta" not in head.body
    is_the_last(surface, head.events()[-1], told)
    assert head.body.count(b'"message":"The model provider') == 1
    assert breaking.asked == [kind]


@BROKEN
def test_the_sdk_raises_where_a_stream_breaks(surface, kind, name, breaking):
    """OpenAI's streams of responses have an end for it, no exception: who
    asks for the final response gets none."""
    last, told = BREAKS[kind, name]
    script = T.begins(kind, last)
    breaking.plays(**{kind: script})
    status, words, code = CLASSES[told]
    with pytest.raises({"messages": anthropic.APIStatusError,
                        "chat": openai.APIError,
                        "responses": RuntimeError}[surface]) as caught:
        T.listen(breaking, surface, kind, script)
    assert script.go_on.is_set(), "the text did not come first"
    if surface == "messages":
        assert caught.value.body["error"]["type"] == T.MESSAGES_TYPES[status]
    elif surface == "chat":
        assert type(caught.value) is openai.APIError
        assert (caught.value.type, caught.value.code) == (words, code)
    else:
        assert "response.completed" in str(caught.value)


# What says that a call is whole: an agent may run it then.
CALLED = {"chat": b'"finish_reason":"tool_calls"', "messages": b'"tool_use"}',
          "responses": b"function_call_arguments.done"}


@pytest.mark.smoke
@pytest.mark.parametrize("surface, kind", [
    (surface, kind) for surface in T.SURFACES
    for kind in T.foreign(surface, ("anthropic", "compatible", "responses"))])
def test_half_a_call_is_never_a_whole_one(surface, kind, breaking):
    call = Call("weather", {"city": "a city with a long name"})
    script = T.begins(kind, P.says(), Step(calls=(call,)), b"long")
    breaking.plays(**{kind: script})
    with breaking.g.connect() as client:
        breaking.send(client, surface, kind, stream=True)
        head = client.head()
        client.read_until(b"a cit")
        script.go_on.set()
        client.finish(head)
    assert head.complete and CALLED[surface] not in head.body, head.body
    assert b"output_item.done" not in head.body
    assert b"content_block_stop" not in head.body
    is_the_last(surface, head.events()[-1], "bad_response")


# ---- behind heartbeats ----------------------------------------------------

BEATS = {"chat": b": keep-alive\n\n", "responses": b": keep-alive\n\n",
         "messages": b'event: ping\ndata: {"type":"ping"}\n\n'}

SILENT = {
    "a refusal": lambda kind: T.says(google(503, "UNAVAILABLE", SECRET), 503),
    "a reset": lambda kind: P.says(RESET),
    "an error event": lambda kind: P.says(
        P.stream_head(), P.chunk(P.sse(T.compact(google(
            503, "UNAVAILABLE", SECRET)))) + LAST, KEEP),
}


@pytest.fixture(scope="module")
def beating(shared):
    return T.Stand(shared, {"gemini": "gemini"}, gateway="heartbeat=1s")


@pytest.mark.parametrize("name", SILENT)
@pytest.mark.parametrize("surface", T.SURFACES)
def test_a_failure_behind_heartbeats_is_one_error(surface, name, beating):
    script = P.then(b"", SILENT[name]("gemini"))
    # a kept connection that dies without a word is replaced once
    beating.plays(gemini=[script, P.says(RESET)])
    with beating.g.connect() as client:
        beating.send(client, surface, "gemini", stream=True)
        head = client.head()
        client.read_until(BEATS[surface])
        script.go_on.set()
        client.finish(head)
    assert head.status == 200 and head.complete
    body = head.body.replace(BEATS[surface], b"")
    assert ENDS[surface] not in body and b"MARK" not in body
    *before, last = wire.events(body)
    assert [e.name for e in before] == (
        ["response.created"] if surface == "responses" else [])
    is_the_last(surface, last,
                "network" if name == "a reset" else "unavailable")
