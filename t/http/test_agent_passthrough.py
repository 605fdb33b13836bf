"""agent_passthrough: paths that go to a provider as they came.

Nothing is read on the way, in either direction; whoever has no key, or asks
for a path that was not named, gets nothing.
"""

import io
import json
import threading

import openai
import pytest

import providers as P
from gateway import DEFAULT
from providers import HANG, KEEP, chunk, head, says, whole

OPEN = ("heartbeat=off; agent_passthrough main images/* files files/* "
        "audio/transcriptions moderations batches/*")
PNG = bytes(range(256)) * 40


@pytest.fixture
def through(gateway, provider):
    """A gateway that lets these paths through, and its provider."""

    def make(*parts, **values):
        p = provider(says(*parts))
        return p, gateway(p, **{"gateway": OPEN, **values})

    return make


@pytest.mark.smoke
def test_bytes_go_and_come_as_they_are(through):
    p, g = through(whole(PNG, content_type="image/png",
                         headers=[("X-Request-Id", "theirs")]), KEEP)
    body = b"--x\r\ncontent-disposition: form-data\r\n\r\n\x00\xff\r\n--x--"
    response = g.ask("POST", "/v1/images/edits?size=1%2F2", body, headers=[
        ("Content-Type", "multipart/form-data; boundary=x")])
    assert response.status == 200
    assert response.body == PNG
    assert response.header("content-type") == "image/png"
    assert response.header("x-agent-provider") == "main"
    assert response.header("x-agent-provider-request-id") == "theirs"
    assert p.request.target == "/v1/images/edits?size=1%2F2"
    assert p.request.body == body
    assert p.request.headers["content-type"] \
        == "multipart/form-data; boundary=x"
    assert g.key not in p.request.raw.decode("latin-1")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_methods_pass(through, method):
    p, g = through(whole({"id": "file-1"}, status=201), KEEP)
    body = b'{"a":1}' if method[0] == "P" else None
    response = g.ask(method, "/v1/files/file-1", body)
    assert response.status == 201
    assert response.json() == {"id": "file-1"}
    assert p.request.method == method
    assert p.request.body == (body or b"")


def test_other_methods_do_not(through):
    p, g = through(whole(), KEEP)
    for method in ("OPTIONS", "HEAD"):
        response = g.ask(method, "/v1/files")
        assert response.status == 405
        assert response.header("allow") == "GET, POST, PUT, PATCH, DELETE"
    assert p.requests == []


@pytest.mark.parametrize("path", [
    "/v1/files-of-others", "/v1/audio/speech", "/v1/moderations/x",
    "/v1/responses/resp_1", "/v1/images", "/v1/",
    "/v1/files/../responses/resp_1", "/v1/files/%2e%2e/responses/resp_1",
    "/v1/files/..%2fresponses"])
def test_what_is_not_named_is_unknown(through, path):
    p, g = through(whole(), KEEP)
    response = g.get(path)
    assert response.status in (404, 405)    # 405: an endpoint of our own
    assert response.error["code"] in ("unknown_url", "method_not_allowed")
    assert p.requests == []


def test_a_path_means_what_was_matched(through):
    p, g = through(whole({}), KEEP)
    assert g.get("/v1/files/a%20b%3fc/%C3%A9").status == 200
    assert p.request.target == "/v1/files/a%20b%3Fc/%C3%A9"


def test_nobody_passes_without_a_key(through):
    p, g = through(whole(), KEEP)
    response = g.ask("GET", "/v1/files", key=None)
    assert (response.status, response.error["code"]) \
        == (401, "invalid_api_key")
    assert p.requests == []


@pytest.mark.smoke
def test_bytes_are_passed_on_as_they_arrive(gateway, provider):
    def script(exchange):
        exchange.send(head(200, [("Content-Type", "audio/mpeg"),
                                 ("Transfer-Encoding", "chunked")]),
                      chunk(b"first"))
        assert exchange.provider.go.wait(10)
        exchange.send(chunk(b"second"), P.LAST)
        return KEEP

    p = provider(script)
    p.go = threading.Event()
    g = gateway(p, gateway=OPEN)
    with g.connect() as connection:
        connection.send(b"GET /v1/files/x HTTP/1.1\r\nHost: a\r\n"
                        b"Authorization: Bearer " + g.key.encode()
                        + b"\r\n\r\n")
        connection.read_until(b"first")
        p.go.set()
        connection.read_until(b"second\r\n0\r\n\r\n")


def test_a_broken_answer_is_cut_and_not_ended(through):
    p, g = through(head(200, [("Content-Type", "audio/mpeg"),
                              ("Content-Length", "100")]), b"only this")
    response = g.get("/v1/files/x")
    assert response.status == 200
    assert not response.complete


@pytest.mark.parametrize("end", ["last chunk", "close"])
def test_an_end_that_comes_late_is_an_end(gateway, provider, end):
    """Behind the last byte, and alone."""
    def script(exchange):
        framing = ("Transfer-Encoding", "chunked") if end == "last chunk" \
            else ("Connection", "close")
        data = b"all of it"
        exchange.send(head(200, [("Content-Type", "audio/mpeg"), framing]),
                      chunk(data) if end == "last chunk" else data)
        assert exchange.provider.go.wait(10)
        if end == "last chunk":
            exchange.send(P.LAST)
            return KEEP

    p = provider(script)
    p.go = threading.Event()
    g = gateway(p, gateway=OPEN)
    with g.connect() as connection:
        connection.send(b"GET /v1/files/x HTTP/1.1\r\nHost: a\r\n"
                        b"Authorization: Bearer " + g.key.encode()
                        + b"\r\n\r\n")
        connection.read_until(b"all of it")
        p.go.set()
        connection.read_until(b"0\r\n\r\n")


def test_somebodys_file_says_nothing_of_the_key(gateway, provider):
    p = provider([says(whole({"error": {"message": "Not yours."}}, 403), KEEP),
                  P.chats()])
    g = gateway(p, gateway=OPEN)
    response = g.get("/v1/files/theirs")
    assert (response.status, response.error["message"]) == (403, "Not yours.")
    assert g.chat().status == 200


@pytest.mark.parametrize("path", [
    "chat/completions/", "chat/completions%2F", "chat//completions",
    "Chat/Completions", "chat/completions;x=1", "responses/", "models/",
    "models/gpt-5/", "embeddings/;/"])
def test_an_endpoint_of_the_gateways_own_is_never_passed(gateway, provider,
                                                         path):
    """Whatever a prefix lets through, and a provider would forgive."""
    p = provider(P.chats())
    g = gateway(p, gateway="heartbeat=off; agent_passthrough main chat/* "
                           "Chat/* r* m* e*")
    assert g.post(f"/v1/{path}", {"model": "secret"}).status >= 400
    assert p.requests == []


def test_a_compressed_body_passes(through):
    p, g = through(whole({}), KEEP)
    response = g.ask("POST", "/v1/moderations", b"\x1f\x8b\x00", headers=[
        ("Content-Encoding", "gzip")])
    assert response.status == 200
    assert p.request.headers["content-encoding"] == "gzip"
    assert p.request.body == b"\x1f\x8b\x00"


def test_a_refusal_keeps_its_words(through):
    error = {"error": {"message": "No such file: file-9", "code": None,
                       "type": "invalid_request_error", "param": "id"}}
    p, g = through(whole(error, status=404), KEEP)
    response = g.get("/v1/files/file-9")
    assert response.status == 404
    assert response.json() == error


def test_a_failure_is_the_tables(through):
    p, g = through(whole({"error": {"message": "x"}}, status=500), KEEP)
    response = g.post("/v1/moderations", {"input": "x"})
    assert (response.status, response.error["code"]) \
        == (502, "provider_error")
    assert len(p.requests) == 1     # nothing is repeated


def test_a_silent_provider_is_left(through):
    p, g = through(HANG, provider_lines="timeout total=300ms;")
    response = g.get("/v1/files/x")
    assert (response.status, response.error["code"]) \
        == (504, "provider_timeout")


def test_the_official_sdk_moderates_and_uploads(through):
    p, g = through(whole({"id": "modr-1", "model": "omni", "results": []}),
                   KEEP)
    client = openai.OpenAI(base_url=g.base_url, api_key=g.key,
                           max_retries=0)
    assert client.moderations.create(input="x").id == "modr-1"
    assert json.loads(p.request.body) == {"input": "x"}

    p.scripts = [says(whole({"id": "file-1", "object": "file", "bytes": 3,
                             "created_at": 1, "filename": "a.txt",
                             "purpose": "assistants", "status": "processed"}),
                      KEEP)]
    made = client.files.create(file=("a.txt", io.BytesIO(b"abc")),
                               purpose="assistants")
    assert made.id == "file-1"
    assert b'filename="a.txt"' in p.requests[-1].body


@pytest.mark.parametrize("line, said", [
    ("agent_passthrough nobody files;",
     'unknown provider "nobody" of "agent_passthrough"'),
    ("agent_passthrough main;", "invalid number of arguments"),
    ("agent_passthrough main *;", 'invalid path "*"'),
    ("agent_passthrough main /;", 'invalid path "/"'),
    ("agent_passthrough main files*x;", 'invalid path "files*x"'),
    ("agent_passthrough main a/../b;", 'invalid path "a/../b"'),
    ("agent_passthrough main a//b;", 'invalid path "a//b"'),
    ("agent_passthrough main a%2fb;", 'invalid path "a%2fb"'),
    ("agent_passthrough main files?x=1;", 'invalid path "files?x=1"'),
    ("agent_passthrough main chat/completions/;",
     "one of the gateway's own endpoints"),
    ("agent_passthrough main responses/*;",
     "one of the gateway's own endpoints"),
    ("agent_passthrough main chat/completions;",
     "one of the gateway's own endpoints"),
    ("agent_passthrough main models/x;",
     "one of the gateway's own endpoints")])
def test_what_cannot_be_meant_is_refused(refused, line, said):
    assert said in refused(DEFAULT, gateway="heartbeat=off; " + line.rstrip(";"))


def test_it_needs_a_gateway(refused):
    assert 'location without "agent_gateway"' in refused(
        DEFAULT, server="location /x/ { agent_passthrough main files; }")
