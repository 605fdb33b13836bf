"""What a client gets when its provider fails: one row for each fault.

Every fault is tried on a whole answer and on a stream.  Whatever happens, the
client gets the table's status, type and code, the four keys of an error, a
request id, and not one word of the provider's; it never waits for ever; and
the gateway asks the provider exactly once.
"""

import json
import time

import pytest

import providers as P
from gateway import question, until
from providers import HANG, KEEP, RESET, chunk, head, says, sse, stream, whole
from test_client import gauges

# A text that no client may see, in the places where providers put such things.
SECRET = "internal-host-7.corp.example /srv/app/main.py sk-leak0123456789abcdef"

UNREACHABLE = (502, "server_error", "provider_unreachable")
TIMEOUT = (504, "server_error", "provider_timeout")
UNUSABLE = (502, "server_error", "invalid_provider_response")
ERROR = (502, "server_error", "provider_error")
UNAVAILABLE = (503, "server_error", "provider_unavailable")
CREDENTIALS = (502, "server_error", "provider_credentials")
LIMITED = (429, "rate_limit_error", "provider_rate_limited")

BROKEN = {"error": {"message": SECRET, "type": "server_error", "param": None,
                    "code": None}}


def broken(status, headers=()):
    return says(whole(BROKEN, status, headers), KEEP)


# name: (script, allowed outcomes).  Two outcomes where the wire does not tell
# a broken connection from a broken answer.
EITHER = {
    "resets before its headers": (says(RESET), [UNREACHABLE]),
    "closes before its headers": (says(), [UNREACHABLE]),
    "closes inside its headers":
        (says(b"HTTP/1.1 200 OK\r\nContent-Ty"), [UNREACHABLE, UNUSABLE]),
    "resets inside its headers":
        (says(b"HTTP/1.1 200 OK\r\nContent-Ty", RESET),
         [UNREACHABLE, UNUSABLE]),
    "speaks no HTTP": (says(b"220 mail ready\r\n" + SECRET.encode()),
                       [UNUSABLE, UNREACHABLE]),
    "answers HTTP/0.9": (says(b'{"object":"chat.completion"}'),
                         [UNUSABLE, UNREACHABLE]),
    "answers with HTML":
        (says(whole(f"<html><h1>{SECRET}</h1></html>".encode(),
                    content_type="text/html"), KEEP), [UNUSABLE]),
    "answers with HTML and calls it JSON":
        (says(whole(f"<html><h1>{SECRET}</h1></html>".encode()), KEEP),
         [UNUSABLE]),
    "answers with nothing": (says(whole(b""), KEEP), [UNUSABLE]),
    "answers 204": (says(head(204), KEEP), [UNUSABLE]),
    "switches protocols": (says(head(101, [("Upgrade", "websocket")]), HANG),
                           [UNUSABLE]),
    "answers in gzip":
        (says(whole(b"\x1f\x8b\x08\0\0\0\0\0\0\3", headers=[
            ("Content-Encoding", "gzip")]), KEEP), [UNUSABLE]),
    "sends a header of 300 KB":
        (says(head(200, [("X-Big", "x" * 300_000),
                         ("Content-Type", "application/json")])),
         [UNUSABLE, UNREACHABLE]),
    "sends 5,000 headers":
        (says(head(200, [(f"X-{i}", "y") for i in range(5000)])),
         [UNUSABLE, UNREACHABLE]),
    "sends a header without end":
        (lambda exchange: _endless(exchange, b"HTTP/1.1 200 OK\r\nX: ",
                                   b"x" * 65536), [UNUSABLE, UNREACHABLE]),
    "sends interim answers for ever":
        (lambda exchange: _endless(exchange, b"",
                                   b"HTTP/1.1 103 Early Hints\r\n\r\n" * 64),
         [UNUSABLE, UNREACHABLE]),
    "fails with 500": (broken(500), [ERROR]),
    "fails with 502": (broken(502), [ERROR]),
    "fails with 504": (broken(504), [ERROR]),
    "fails with 503": (broken(503), [UNAVAILABLE]),
    "fails with 529": (broken(529), [UNAVAILABLE]),
    "is in conflict, 409": (broken(409), [UNAVAILABLE]),
    "is too early, 425": (broken(425), [UNAVAILABLE]),
    "times out by itself, 408": (broken(408), [UNAVAILABLE]),
    "refuses our key, 401": (broken(401), [CREDENTIALS]),
    "wants money, 402": (broken(402), [CREDENTIALS]),
    "forbids, 403": (broken(403), [CREDENTIALS]),
    "limits us, 429": (broken(429), [LIMITED]),
    "fails with 500 in HTML":
        (says(whole(f"<html>{SECRET}</html>".encode(), 500,
                    content_type="text/html"), KEEP), [ERROR]),
    "fails with a status of its own, 599": (broken(599), [ERROR]),
    "redirects, 301": (says(head(301, [("Location", "@elsewhere@"),
                                       ("Content-Length", "0")]), KEEP),
                       [UNUSABLE]),
    "redirects, 307": (says(head(307, [("Location", "@elsewhere@"),
                                       ("Content-Length", "0")]), KEEP),
                       [UNUSABLE]),
}

WHOLE = {
    "resets inside its body":
        (says(whole()[:-20], RESET), [UNUSABLE, UNREACHABLE]),
    "closes inside its body": (says(whole()[:-20]), [UNUSABLE, UNREACHABLE]),
    "cuts a chunked body":
        (says(head(200, [("Content-Type", "application/json"),
                         ("Transfer-Encoding", "chunked")]),
              chunk(json.dumps(P.CHAT).encode()[:50])),
         [UNUSABLE, UNREACHABLE]),
    "sends half a JSON text":
        (says(whole(json.dumps(P.CHAT).encode()[:-20]), KEEP), [UNUSABLE]),
    "promises more bytes than it sends":
        (says(head(200, [("Content-Type", "application/json"),
                         ("Content-Length", "4000")])
              + json.dumps(P.CHAT).encode()), [UNUSABLE, UNREACHABLE]),
    "sends more bytes than it promised":
        (says(head(200, [("Content-Type", "application/json"),
                         ("Content-Length", "40")])
              + json.dumps(P.CHAT).encode(), KEEP), [UNUSABLE]),
    "sends a bad chunk size":
        (says(head(200, [("Content-Type", "application/json"),
                         ("Transfer-Encoding", "chunked")]) + b"zz\r\n{}"),
         [UNUSABLE, UNREACHABLE]),
    "sends JSON that is no object": (says(whole(b"[1,2]"), KEEP), [UNUSABLE]),
    "sends an empty object": (says(whole(b"{}"), KEEP), [UNUSABLE]),
    "sends no choices": (says(whole({**P.CHAT, "choices": []}), KEEP),
                         [UNUSABLE]),
    "sends invalid UTF-8":
        (says(whole(b'{"id":"\xff\xfe","choices":[{}]}'), KEEP), [UNUSABLE]),
    "hides an error in a 200": (broken(200), [UNUSABLE, ERROR]),
    "sends more than 16 MiB":
        (lambda exchange: _endless(
            exchange, head(200, [("Content-Type", "application/json"),
                                 ("Transfer-Encoding", "chunked")]),
            chunk(b" " * 65536)), [UNUSABLE]),
    "promises and sends more than 16 MiB":
        (lambda exchange: _endless(
            exchange, head(200, [("Content-Type", "application/json"),
                                 ("Content-Length", str(1 << 40))]),
            b" " * 65536), [UNUSABLE]),
}

STREAMED = {
    "streams nothing":
        (says(P.stream_head() + P.LAST, KEEP), [UNUSABLE]),
    "streams only [DONE]":
        (says(P.stream_head() + chunk(sse("[DONE]")) + P.LAST, KEEP),
         [UNUSABLE]),
    "streams comments and ends":
        (says(P.stream_head() + chunk(b": hello\n\n") + P.LAST, KEEP),
         [UNUSABLE]),
    "streams an error event first":
        (says(stream(json.dumps(BROKEN)), KEEP), [UNUSABLE, ERROR]),
    "streams JSON that is none":
        (says(stream("{oops", "{oops", "{oops", "{oops"), KEEP), [UNUSABLE]),
    "answers a stream with a whole":
        (says(whole(b"hello", content_type="text/plain"), KEEP), [UNUSABLE]),
    "sends a line without end":
        (lambda exchange: _endless(exchange, P.stream_head() + chunk(b"data: "),
                                   chunk(b"x" * 65536)), [UNUSABLE]),
    "sends empty data lines without end":
        (lambda exchange: _endless(exchange, P.stream_head(),
                                   chunk(b"data:\n" * 8192)), [UNUSABLE]),
    "resets after its headers":
        (says(P.stream_head(), RESET), [UNUSABLE, UNREACHABLE]),
    "closes after its headers":
        (says(P.stream_head()), [UNUSABLE, UNREACHABLE]),
}

CASES = ([(name, False, *row) for name, row in {**EITHER, **WHOLE}.items()]
         + [(name, True, *row) for name, row in {**EITHER, **STREAMED}.items()])


def _endless(exchange, start, piece):
    """Writes until the gateway has had enough."""
    exchange.send(start)
    limit = time.monotonic() + 20
    sent = 0
    while time.monotonic() < limit:
        exchange.send(piece)            # ends with an error: the gateway left
        sent += len(piece)
        assert sent < 200_000_000, "the gateway takes everything"


def is_the_tables_error(response, allowed):
    """Status, type and code of a row, four keys, an id, no foreign word."""
    assert response.complete, response
    assert response.header("content-type").startswith("application/json")
    error = response.error
    assert set(error) == {"message", "type", "param", "code"}
    assert (response.status, error["type"], error["code"]) in allowed, response
    assert error["message"] and error["param"] is None
    assert response.json()["request_id"] == response.header("x-request-id")
    assert response.header("x-request-id")
    assert b"corp.example" not in response.body
    assert b"main.py" not in response.body
    assert b"sk-leak" not in response.body


@pytest.mark.smoke
@pytest.mark.parametrize("fault, streamed, script, allowed", CASES,
                         ids=[f"{c[0]}, {'streamed' if c[1] else 'whole'}"
                              for c in CASES])
def test_a_provider_that(fault, streamed, script, allowed, gateway, provider):
    bad = provider(script)
    g = gateway(bad, provider_lines="timeout first_token=8s idle=8s total=8s;")
    response = g.chat(question(stream=streamed))
    is_the_tables_error(response, allowed)
    assert len(bad.requests) == 1, "the provider was asked more than once"
    assert response.header("x-should-retry") != "true" \
        or response.status == 429
    assert response.header("x-agent-provider") == "main"
    assert response.header("x-agent-attempts") == "1"
    assert response.header("set-cookie") is None
    assert g.access()[0]["error"] != ""


def test_a_redirect_is_never_followed(gateway, provider):
    elsewhere = provider(P.chats())
    bad = provider(says(head(307, [("Location", elsewhere.url + "/x"),
                                   ("Content-Length", "0")]), KEEP))
    response = gateway(bad).chat()
    is_the_tables_error(response, [UNUSABLE])
    assert elsewhere.connections == 0


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_a_refused_connection_is_unreachable(streamed, gateway):
    g = gateway(gateway.own(P.Refuses()))
    response = g.chat(question(stream=streamed))
    is_the_tables_error(response, [UNREACHABLE])
    assert g.access()[0]["error"] == "network"


@pytest.mark.parametrize("streamed", [False, True])
def test_a_connection_that_is_not_accepted_times_out(streamed, gateway):
    g = gateway(gateway.own(P.Blackhole()),
                provider_lines="timeout connect=1s;")
    response = g.chat(question(stream=streamed))
    is_the_tables_error(response, [TIMEOUT])
    assert g.access()[0]["error"] == "timeout_connect"


@pytest.mark.smoke
def test_connections_that_are_never_accepted_leave_nothing_behind(gateway):
    """Clients leave while we connect; the next connections are sound."""
    g = gateway(gateway.own(P.Blackhole()),
                provider_lines="timeout connect=1s;")
    clients = [g.connect() for _ in range(20)]
    for client in clients:
        client.send(g.chat_request())
    assert until(lambda: gauges(g)[0] == 20)
    for client in clients[::2]:
        client.close()
    for client in clients[1::2]:
        is_the_tables_error(client.response(), [TIMEOUT])
        client.close()
    assert until(lambda: gauges(g)[0] == 0)
    assert g.get("/v1/models").status == 200


@pytest.mark.smoke
@pytest.mark.parametrize("limit, streamed, error", [
    ("first_token=500ms", True, "timeout_first_token"),
    ("total=500ms", True, "timeout_total"),
    ("total=500ms", False, "timeout_total"),
])
@pytest.mark.parametrize("parts", [
    (HANG,), (b"HTTP/1.1 200 OK\r\n", HANG),
    (head(200, [("Content-Type", "text/event-stream"),
                ("Transfer-Encoding", "chunked")]), HANG),
], ids=["before its headers", "inside its headers", "after its headers"])
def test_a_silent_provider_times_out(parts, limit, streamed, error, gateway,
                                     provider):
    silent = provider(says(*parts))
    g = gateway(silent, provider_lines=f"timeout {limit};")
    response = g.chat(question(stream=streamed))
    is_the_tables_error(response, [TIMEOUT])
    assert g.access()[0]["error"] == error
    assert silent.left.wait(10), "the provider's connection stays open"


def test_a_provider_that_nobody_reads_times_out(gateway):
    g = gateway(gateway.own(P.NeverAccepts()),
                provider_lines="timeout first_token=500ms;")
    is_the_tables_error(g.chat(question(stream=True)), [TIMEOUT])


@pytest.mark.smoke
def test_a_stream_that_falls_silent_ends_with_an_error_event(gateway,
                                                             provider):
    silent = provider(says(P.stream_head(),
                           *[chunk(sse(w)) for w in P.WORDS[:2]], HANG))
    g = gateway(silent, provider_lines="timeout idle=500ms;")
    response = g.chat(question(stream=True))
    assert response.status == 200
    assert response.data()[:2] == P.WORDS[:2]
    error = response.events()[-1].json()["error"]
    assert (error["type"], error["code"]) == TIMEOUT[1:]
    assert "[DONE]" not in response.data()
    assert silent.left.wait(10)
    assert g.access()[0]["error"] == "timeout_idle"


def test_a_stream_longer_than_its_total_ends_with_an_error_event(gateway,
                                                                 provider):
    def talks_for_ever(exchange):
        exchange.send(P.stream_head())
        while not exchange.gone(timeout=0.05):
            exchange.send(chunk(sse(P.delta(content="x"))))
        exchange.provider.left.set()

    endless = provider(talks_for_ever)
    g = gateway(endless, provider_lines="timeout total=1s;")
    response = g.chat(question(stream=True))
    assert response.events()[-1].json()["error"]["code"] == "provider_timeout"
    assert "[DONE]" not in response.data()
    assert endless.left.wait(10)


def test_a_silent_whole_answer_is_no_fault(gateway, provider):
    """A thinking model says nothing for longer than first_token and idle."""
    def thinks(exchange):
        time.sleep(1.5)
        exchange.send(whole())
        return KEEP

    g = gateway(provider(thinks),
                provider_lines="timeout first_token=300ms idle=300ms;")
    assert g.chat().json() == P.CHAT


@pytest.mark.smoke
def test_a_providers_retry_after_reaches_the_client(gateway, provider):
    g = gateway(provider(broken(429, [("Retry-After", "7")])))
    response = g.chat()
    is_the_tables_error(response, [LIMITED])
    assert response.header("retry-after") == "7"


DATE = ("Date", "Wed, 21 Oct 2015 07:28:00 GMT")
LATER = ("Retry-After", "Wed, 21 Oct 2015 07:28:42 GMT")


@pytest.mark.parametrize("headers, seconds, ms", [
    ([("Retry-After", "7")], "7", "7000"),
    ([("retry-after-ms", "1")], "1", "1"),
    ([("retry-after-ms", "2001")], "3", "2001"),
    ([("retry-after-ms", "1500"), ("Retry-After", "9")], "2", "1500"),
    ([("retry-after-ms", "soon"), ("Retry-After", "9")], "9", "9000"),
    ([DATE, LATER], "42", "42000"),
    ([("Date", LATER[1]), ("Retry-After", DATE[1])], None, None),
    ([("Retry-After", "0")], None, None),
    ([("Retry-After", "soon")], None, None),
    ([("Retry-After", "-1"), ("retry-after-ms", "1.5")], "1", "2"),
    ([("Retry-After", "Wed, 99 Oct 2015 07:28:00 GMT")], None, None),
], ids=str)
def test_every_form_of_retry_after_becomes_both(headers, seconds, ms, gateway,
                                                provider):
    """A date is by the provider's own clock; a wait is never shortened.

    "At once" is what a storm is made of: it is no advice.
    """
    response = gateway(provider(broken(429, headers))).chat()
    is_the_tables_error(response, [LIMITED])
    assert response.header("retry-after") == seconds
    assert response.header("retry-after-ms") == ms


@pytest.mark.smoke
@pytest.mark.parametrize("value", [
    "-1", "soon", "99999999999999999999", "1e9", "", "\xff",
    "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_mad_retry_after_does_no_harm(value, gateway, provider):
    g = gateway(provider(broken(429, [("Retry-After", value)])))
    response = g.chat()
    is_the_tables_error(response, [LIMITED])
    wait = response.header("retry-after")
    assert wait is None or (wait.isdigit() and int(wait) < 2 ** 31)


@pytest.mark.smoke
@pytest.mark.parametrize("status", [400, 404, 413, 422])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_refusal_of_the_request_reaches_the_client_as_it_came(
        status, streamed, gateway, provider):
    body = (b'{ "error": {"message":"This model\'s maximum context length is '
            b'8192 tokens.","type":"invalid_request_error",\n'
            b'"param":"messages", "code":"context_length_exceeded"}, "x": 1}')
    g = gateway(provider(says(whole(body, status), KEEP)))
    response = g.chat(question(stream=streamed))
    assert response.status == status
    assert response.body == body
    assert response.header("content-type").startswith("application/json")
    assert response.header("x-agent-provider") == "main"


@pytest.mark.parametrize("status, body, content_type, code", [
    (400, {"error": {"message": SECRET, "type": "invalid_request_error",
                     "param": "x" * 70_000, "code": None}},
     "application/json", "invalid_request"),
    (404, f"<html><h1>{SECRET}</h1></html>".encode(), "text/html",
     "model_not_found"),
], ids=["more than 64 KiB", "HTML"])
def test_a_refusal_that_nobody_could_read_is_ours(status, body, content_type,
                                                  code, gateway, provider):
    g = gateway(provider(says(whole(body, status, content_type=content_type),
                              KEEP)))
    is_the_tables_error(g.chat(), [(status, "invalid_request_error", code)])


def begins_then(last, words=P.WORDS[:3]):
    """A stream that goes on only when the client has had the words."""
    return P.then(P.stream_head() + chunk(sse(*words)), last)


def begun(g, script):
    """Asks for a stream, lets the provider go on when its words are here."""
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"lo ")
        script.go_on.set()
        return client.response()


def is_broken_off(response, codes, words=P.WORDS[:3]):
    """The words, then one error event of the table, and nothing more."""
    assert response.status == 200
    data = response.data()
    assert data[:-1] == words
    error = json.loads(data[-1])["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "server_error" and error["code"] in codes, error
    assert b"corp.example" not in response.body
    assert b"sk-leak" not in response.body


BREAKS = {
    "closes": (says(), ["provider_unreachable", "invalid_provider_response"]),
    "resets": (says(RESET), ["provider_unreachable",
                             "invalid_provider_response"]),
    "ends without a finish reason": (says(P.LAST, KEEP),
                                     ["invalid_provider_response"]),
    "sends an error event": (
        says(chunk(sse(json.dumps(BROKEN))) + P.LAST, KEEP),
        ["invalid_provider_response", "provider_error"]),
    "sends an error event and more": (
        says(chunk(sse(json.dumps(BROKEN), *P.WORDS[3:], "[DONE]")) + P.LAST,
             KEEP), ["invalid_provider_response", "provider_error"]),
    "sends an overload": (
        says(chunk(sse(json.dumps({"error": {
            "message": SECRET, "type": "overloaded_error", "code": 529}})))
            + P.LAST, KEEP),
        ["provider_unavailable", "provider_error",
         "invalid_provider_response"]),
    "sends vLLM's error": (
        says(chunk(sse(json.dumps({"object": "error", "message": SECRET,
                                   "code": 500}))) + P.LAST, KEEP),
        ["invalid_provider_response", "provider_error"]),
    "sends three events that are no JSON": (
        says(chunk(sse("{1", "{2", "{3", *P.WORDS[3:], "[DONE]")) + P.LAST,
             KEEP), ["invalid_provider_response"]),
    "sends a bad chunk size": (says(b"zz\r\n"),
                               ["provider_unreachable",
                                "invalid_provider_response"]),
    "sends an event past every cap": (
        lambda exchange: _endless(exchange, chunk(b"data: "),
                                  chunk(b"x" * 65536)),
        ["invalid_provider_response"]),
}


@pytest.mark.smoke
@pytest.mark.parametrize("fault", BREAKS, ids=str)
def test_a_stream_whose_provider(fault, gateway, provider):
    last, codes = BREAKS[fault]
    script = begins_then(last)
    g = gateway(provider(script), provider_lines="timeout total=20s;")
    is_broken_off(begun(g, script), codes)
    assert g.access()[0]["error"] != ""


@pytest.mark.smoke
def test_a_stream_that_fails_at_once_is_whole_or_none(gateway, provider):
    """All of it in one read: the client gets a status or an error event."""
    g = gateway(provider(says(stream(*P.WORDS[:3], json.dumps(BROKEN)),
                              KEEP)))
    response = g.chat(question(stream=True))
    if response.status == 200:
        is_broken_off(response, ["invalid_provider_response",
                                 "provider_error"])
    else:
        is_the_tables_error(response, [UNUSABLE, ERROR])


@pytest.mark.smoke
def test_a_finished_stream_without_done_gets_one(gateway, provider):
    g = gateway(provider(says(stream(*P.WORDS, done=False), KEEP)))
    response = g.chat(question(stream=True))
    assert response.complete
    assert response.data() == P.WORDS + ["[DONE]"]


def test_a_broken_event_mid_stream_never_reaches_the_client(gateway,
                                                            provider):
    script = begins_then(says(chunk(sse('{"id": oops', *P.WORDS[3:],
                                        "[DONE]")) + P.LAST, KEEP))
    response = begun(gateway(provider(script)), script)
    assert "oops" not in response.body.decode()
    if response.data()[-1] == "[DONE]":
        assert response.data() == P.WORDS + ["[DONE]"]
    else:
        is_broken_off(response, ["invalid_provider_response"])


def test_a_few_interim_answers_are_ignored(gateway, provider):
    g = gateway(provider(says(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                              * 3 + whole(), KEEP)))
    response = g.chat()
    assert response.json() == P.CHAT
    assert response.interim == []


def test_a_slow_trickle_is_no_fault(gateway, provider):
    """Bytes keep coming: neither idle nor first_token is over."""
    data = stream(*P.WORDS)
    g = gateway(provider(P.trickles(data, size=len(data) // 20, pause=0.05)),
                provider_lines="timeout first_token=3s idle=3s;")
    assert g.chat(question(stream=True)).data() == P.WORDS + ["[DONE]"]


@pytest.mark.smoke
def test_a_kept_connection_that_died_is_redialled_once(gateway, provider):
    """A dead kept-alive connection is nobody's fault: one free retry."""
    first = []

    def dies_on_its_second_request(exchange):
        if exchange.connection in first:
            return None                 # closes without a word
        first.append(exchange.connection)
        exchange.send(whole())
        return KEEP

    mortal = provider(dies_on_its_second_request)
    g = gateway(mortal)
    with g.connect() as client:         # one connection: one worker
        for _ in range(5):
            client.send(g.chat_request())
            assert client.response().json() == P.CHAT
    assert len(mortal.requests) == 5 + 4
    assert mortal.connections == 5


def test_a_connection_that_died_while_idle_costs_nothing(gateway, provider):
    def closes_politely(exchange):
        exchange.send(whole())          # says keep-alive, and closes

    closing = provider(closes_politely)
    g = gateway(closing)
    with g.connect() as client:
        for _ in range(5):
            client.send(g.chat_request())
            assert client.response().json() == P.CHAT
    assert len(closing.requests) == 5


def test_a_fresh_connection_that_dies_is_not_redialled(gateway, provider):
    mortal = provider(says())
    g = gateway(mortal)
    is_the_tables_error(g.chat(), [UNREACHABLE])
    assert len(mortal.requests) == 1


def test_a_second_death_is_not_redialled(gateway, provider):
    """The free retry is one: a POST is not sent for ever."""
    def works_once(exchange):
        if exchange.number == 1:
            exchange.send(whole())
            return KEEP
        return None

    mortal = provider(works_once)
    g = gateway(mortal)
    with g.connect() as client:
        client.send(g.chat_request())
        assert client.response().status == 200
        client.send(g.chat_request())
        is_the_tables_error(client.response(), [UNREACHABLE])
    assert len(mortal.requests) == 3


def test_a_kept_connection_that_resets_after_bytes_is_not_redialled(
        gateway, provider):
    def cuts_the_second(exchange):
        if exchange.number == 1:
            exchange.send(whole())
            return KEEP
        exchange.send(whole()[:-20])
        return None

    bad = provider(cuts_the_second)
    g = gateway(bad)
    with g.connect() as client:
        client.send(g.chat_request())
        assert client.response().status == 200
        client.send(g.chat_request())
        is_the_tables_error(client.response(), [UNREACHABLE, UNUSABLE])
    assert len(bad.requests) == 2


def test_extra_bytes_after_an_answer_never_meet_the_next_client(gateway,
                                                                provider):
    def says_too_much(exchange):
        exchange.send(whole() + whole({"id": "someone else's"}))
        return KEEP

    bad = provider(says_too_much)
    g = gateway(bad)
    with g.connect() as client:
        for _ in range(3):
            client.send(g.chat_request())
            response = client.response()
            assert b"someone else" not in response.body
            assert response.status in (200, 502)


@pytest.mark.smoke
def test_the_last_error_of_a_target_is_on_the_status_page(gateway):
    g = gateway(gateway.own(P.Refuses()))
    g.chat()
    assert until(lambda: "network" in json.dumps(g.status()["targets"]))


def test_a_failing_provider_does_not_harm_its_neighbour(gateway, provider):
    good, bad = provider(P.chats()), provider(says(HANG))
    g = gateway(good, bad=bad.url, http="""
        agent_zone gateway:4m;
        agent_provider good { dialect openai; url @provider@;
                              key file:@provider_key@; }
        agent_provider bad { dialect openai; url @bad@;
                             key file:@provider_key@; timeout total=2s; }
        agent_model works { target good/x; }
        agent_model hangs { target bad/x; }
        agent_tenant team { key file:@team_key@; models works hangs; }
        server { listen 127.0.0.1:@port@;
                 location /v1/ { agent_gateway; } }""")
    with g.connect() as waiting:
        waiting.send(g.chat_request(question(model="hangs")))
        assert bad.wait(1)
        for _ in range(4):
            assert g.chat(question(model="works")).status == 200
        assert waiting.response().status == 504
