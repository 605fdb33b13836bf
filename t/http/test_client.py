"""Clients that leave, read slowly, pipeline, or speak HTTP/2 and TLS."""

import json
import socket
import threading
import time
import types

import h2.connection
import h2.events
import httpx
import pytest

import certificates
import providers as P
import wire
from gateway import DEFAULT, question, until
from providers import HANG, KEEP, chunk, delta, says, sse, stream_head


def gauges(g):
    """Calls in flight and open streams, as the status server says."""
    values = dict(line.split(" ") for line in g.page("/metrics")[2].splitlines()
                  if line.startswith(("agent_calls_in_flight",
                                      "agent_streams_open")))
    return int(values["agent_calls_in_flight"]), \
        int(values["agent_streams_open"])


# ---- leaving --------------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
def test_a_client_that_leaves_before_the_headers_cancels_the_call(
        leave, streamed, gateway, provider):
    silent = provider(says(HANG))
    g = gateway(silent)
    with g.connect() as client:
        client.send(g.chat_request(question(stream=streamed)))
        assert silent.wait(1)
        assert gauges(g)[0] == 1
        getattr(client, leave)()
        assert silent.left.wait(5), "the provider's call goes on"
    call = g.access()[0]
    assert call["http"] == "499"
    assert call["error"] == "client_gone"
    assert (call["tenant"], call["model"], call["provider"]) \
        == ("team", "gpt-test", "main")
    assert call["attempts"] == "1"
    assert until(lambda: gauges(g) == (0, 0))


@pytest.mark.smoke
@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
def test_a_client_that_leaves_mid_stream_cancels_the_call(leave, gateway,
                                                          provider):
    silent = provider(says(stream_head() + chunk(sse(*P.WORDS[:2])), HANG))
    g = gateway(silent)
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"Hel")
        assert gauges(g) == (1, 1)
        getattr(client, leave)()
        assert silent.left.wait(5), "the provider's call goes on"
    call = g.access()[0]
    assert (call["tenant"], call["model"], call["provider"],
            call["target_model"]) == ("team", "gpt-test", "main",
                                      "gpt-upstream")
    assert call["error"] == "client_gone"
    assert call["stream"] == "1"
    assert float(call["time_to_first_token"]) >= 0
    assert float(call["time"]) >= float(call["time_to_first_token"])
    assert until(lambda: gauges(g) == (0, 0))


def test_tokens_seen_before_a_client_left_are_counted(gateway, provider):
    words = P.WORDS[:2] + [delta(content="x", usage=P.USAGE)]
    silent = provider(says(stream_head() + chunk(sse(*words)), HANG))
    g = gateway(silent)
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b'"x"')
    assert g.access()[0]["completion_tokens"] == "3"


def test_a_client_that_leaves_while_it_sends_its_body_costs_no_call(
        gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    with g.connect() as client:
        client.send(g.chat_request(question("x" * 100_000))[:-5000])
        assert until(lambda: gauges(g)[0] == 1)
    assert until(lambda: gauges(g) == (0, 0))
    assert p.requests == []
    assert g.chat().status == 200


def test_a_client_that_leaves_right_after_its_request(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    for _ in range(30):
        with g.connect() as client:
            client.send(g.chat_request())
    assert until(lambda: gauges(g) == (0, 0))
    assert g.chat().json() == P.CHAT


def test_a_client_that_leaves_with_its_last_byte_cancels_the_call(gateway,
                                                                  provider):
    """The end of the connection comes in one event with the request."""
    silent = provider(says(HANG))
    g = gateway(silent)
    for _ in range(20):
        with g.connect() as client:
            client.send(g.chat_request())
    assert {call["error"] for call in g.access(20)} == {"client_gone"}
    assert until(lambda: gauges(g) == (0, 0), timeout=5)
    assert until(lambda: not silent.open, timeout=5), "its calls go on"


def test_two_hundred_clients_that_leave_at_once_leave_nothing_behind(
        gateway, provider):
    silent = provider(says(stream_head() + chunk(sse(*P.WORDS[:2])), HANG))
    g = gateway(silent)
    clients = [g.connect() for _ in range(200)]
    for client in clients:
        client.send(g.chat_request(question(stream=True)))
    for client in clients:
        client.read_until(b"Hel")
    assert gauges(g) == (200, 200)
    for client in clients:
        client.close()
    assert until(lambda: gauges(g) == (0, 0))
    assert until(lambda: len(silent.open) == 0), "provider connections stay"


# ---- slow readers ---------------------------------------------------------

CLAUDE = ['{"type":"message_start","message":{"id":"m","model":"c","usage":'
          '{"input_tokens":1,"output_tokens":1}}}',
          '{"type":"content_block_start","index":0,"content_block":'
          '{"type":"text","text":""}}']
WORDS = ('{"type":"content_block_delta","index":0,"delta":'
         '{"type":"text_delta","text":"' + "x" * 1000 + '"}}')


@pytest.mark.smoke
@pytest.mark.parametrize("dialect, first, words", [
    ("openai", b"", delta(content="x" * 1000)),
    ("anthropic", sse(*CLAUDE), WORDS)], ids=["as it is", "translated"])
def test_a_slow_reader_stops_its_own_provider(dialect, first, words, gateway,
                                              provider):
    """Back pressure: what the client does not read is not read for it."""
    sent = [0]
    stop = threading.Event()

    def talks(exchange):
        exchange.send(stream_head(), chunk(first) if first else b"")
        exchange.socket.settimeout(1)
        piece = chunk(sse(words) * 16)
        try:
            while sent[0] < 300_000_000 and not stop.is_set():
                exchange.send(piece)
                sent[0] += len(piece)
        except TimeoutError:
            stop.set()                  # nobody reads: what we wanted
        exchange.hang()

    p = provider(talks)
    g = gateway(p, dialect=dialect)
    with g.connect(receive_buffer=4096) as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"xxx")
        assert stop.wait(20), f"{sent[0]} bytes were taken from the provider"
        # sockets' own buffers and 64 KiB of ours, far from all of it
        assert sent[0] < 40_000_000
        assert resident(g) < 150_000_000
        before = cpu(g)
        time.sleep(1)
        assert cpu(g) - before < 0.3, "a paused stream costs CPU"
        assert g.chat is not None
        assert gauges(g) == (1, 1)
    assert p.left.wait(10)


def test_a_slow_reader_gets_every_byte(gateway, provider):
    words = [delta(content=f"{i:06d}" * 50) for i in range(3000)]
    words.append(delta(finish="stop"))
    body = sse(*words, "[DONE]")
    g = gateway(provider(says(stream_head() + chunk(body) + P.LAST, KEEP)))
    with g.connect(receive_buffer=4096) as client:
        client.send(g.chat_request(question(stream=True)))
        head = client.head()
        while client.more() and len(client.buffer) < 200_000:
            time.sleep(0.002)
        client.finish(head)
    assert head.complete
    assert head.data() == words + ["[DONE]"]


def test_a_reader_that_pauses_longer_than_idle_gets_every_byte(gateway,
                                                               provider):
    """While nobody listens to the provider, its silence is not its fault."""
    words = [delta(content=f"{i:06d}" * 100) for i in range(4000)]
    words.append(delta(finish="stop"))
    body = stream_head() + chunk(sse(*words, "[DONE]")) + P.LAST
    g = gateway(provider(says(body, KEEP)),
                http=DEFAULT.replace("@port@;", "@port@ sndbuf=32k;"),
                provider_lines="timeout idle=1s;")
    with g.connect(receive_buffer=4096) as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"000000")
        time.sleep(2)
        response = client.response()
    assert response.complete
    assert response.data() == words + ["[DONE]"]


def test_a_slow_reader_does_not_slow_its_neighbours(gateway, provider):
    def talks(exchange):
        if b"gpt-upstream" in exchange.request.body \
                and exchange.request.json().get("stream"):
            exchange.send(stream_head())
            while True:
                exchange.send(chunk(sse(delta(content="x" * 10_000))))
        exchange.send(P.whole())
        return KEEP

    g = gateway(provider(talks))
    clients = [g.connect(receive_buffer=4096) for _ in range(8)]
    try:
        for client in clients:
            client.send(g.chat_request(question(stream=True)))
            client.read_until(b"xxx")
        for _ in range(20):
            start = time.monotonic()
            assert g.chat().json() == P.CHAT
            assert time.monotonic() - start < 5
    finally:
        for client in clients:
            client.close()


def resident(g):
    """Bytes of memory of all workers."""
    total = 0
    for pid in g.workers():
        with open(f"/proc/{pid}/statm") as statm:
            total += int(statm.read().split()[1]) * 4096
    return total


def cpu(g):
    """Seconds of CPU that the workers took."""
    total = 0
    for pid in g.workers():
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / 100


# ---- HTTP -----------------------------------------------------------------

@pytest.mark.smoke
def test_pipelined_calls_are_answered_in_order(gateway, provider):
    def echoes(exchange):
        text = exchange.request.json()["messages"][0]["content"]
        exchange.send(P.whole({**P.CHAT, "id": text}))
        return KEEP

    p = provider(echoes)
    g = gateway(p)
    with g.connect() as client:
        client.send(b"".join(g.chat_request(question(str(i)))
                             for i in range(10)))
        assert [client.response().json()["id"] for _ in range(10)] \
            == [str(i) for i in range(10)]


def test_bytes_during_a_stream_wait_or_end_it(gateway, provider):
    go_on = threading.Event()

    def pauses(exchange):
        exchange.send(stream_head() + chunk(sse(*P.WORDS[:2])))
        assert go_on.wait(wire.PATIENCE)
        exchange.send(chunk(sse(*P.WORDS[2:], "[DONE]")) + P.LAST)
        return KEEP

    g = gateway(provider(pauses))
    with g.connect() as client:
        client.send(g.chat_request(question(stream=True)))
        client.read_until(b"Hel")
        client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n"
                    b"Authorization: Bearer " + g.key.encode() + b"\r\n\r\n")
        go_on.set()
        assert client.response().data() == P.WORDS + ["[DONE]"]
        assert client.response("GET").json()["object"] == "list"


@pytest.mark.smoke
def test_head_of_the_models_list_has_no_body(gateway, provider):
    g = gateway(provider(P.chats()))
    with g.connect() as client:
        client.send(wire.request("HEAD", "/v1/models", key=g.key))
        response = client.response("HEAD")
        assert response.status in (200, 405)
        client.send(wire.request("GET", "/v1/models", key=g.key))
        if response.header("connection") != "close":
            assert client.response("GET").json()["object"] == "list"


@pytest.mark.smoke
def test_expect_gets_its_100_for_a_good_call(gateway, provider):
    g = gateway(provider(P.chats()))
    with g.connect() as client:
        raw = g.chat_request(headers=[("Expect", "100-continue")])
        head, _, body = raw.partition(b"\r\n\r\n")
        client.send(head + b"\r\n\r\n")
        client.read_until(b"100 Continue\r\n\r\n")
        client.send(body)
        response = client.response()
        assert response.json() == P.CHAT
        assert response.interim == [100]


@pytest.mark.smoke
@pytest.mark.parametrize("status, headers, length", [
    (401, [], 50), (413, ["key"], 40_000_000), (415, ["key", "type"], 50),
])
def test_expect_gets_no_100_before_a_refusal(status, headers, length, gateway,
                                             provider):
    g = gateway(provider(P.chats()))
    lines = [b"POST /v1/chat/completions HTTP/1.1", b"Host: x",
             b"Expect: 100-continue", b"Content-Length: %d" % length]
    if "key" in headers:
        lines.append(b"Authorization: Bearer " + g.key.encode())
    lines.append(b"Content-Type: " + (b"text/plain" if "type" in headers
                                      else b"application/json"))
    with g.connect() as client:
        client.send(b"\r\n".join(lines) + b"\r\n\r\n")
        response = client.response()
        assert response.status == status
        assert response.interim == []
        assert response.error["message"]
        assert client.is_closed_by_peer()


def test_a_body_in_many_small_pieces_is_one_body(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    raw = g.chat_request(question("é" * 300))
    with g.connect() as client:
        for at in range(0, len(raw), 9):
            client.send(raw[at:at + 9])
            time.sleep(0.0005)
        assert client.response().json() == P.CHAT
    assert p.request.json()["messages"][0]["content"] == "é" * 300


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-test",
                                  "/v1/models/nothing", "/v1/files"])
def test_a_get_with_a_body_is_answered_once(path, gateway, provider):
    """The body of a GET is dropped: it must not run as the next request."""
    g = gateway(provider(P.chats()))
    with g.connect() as client:
        client.send(wire.request("GET", path, b"GET /v1/x HTTP/1.1\r\n\r\n",
                                 g.key))
        assert client.response("GET").status in (200, 404)
        client.socket.settimeout(1)
        try:
            assert not client.more(), client.buffer
        except TimeoutError:
            pass


# ---- TLS and HTTP/2 -------------------------------------------------------

TLS_SERVER = """
    server {
        listen 127.0.0.1:@secure@ ssl http2;
        ssl_certificate @certificate@;
        ssl_certificate_key @certificate_key@;
        client_max_body_size 32m;
        location /v1/ { agent_gateway heartbeat=1s; }
    }
"""


@pytest.fixture
def secure(gateway, tmp_path):
    """Starts a gateway behind TLS and HTTP/2; gives it and its client."""
    from gateway import free_port
    authority = certificates.Authority(tmp_path)
    certificate, key = authority.issue("gateway", "localhost", "127.0.0.1")
    clients = []

    def start(provider):
        g = gateway(provider, http=DEFAULT + TLS_SERVER, secure=free_port(),
                    certificate=certificate, certificate_key=key)
        client = httpx.Client(
            base_url=f"https://localhost:{g.values['secure']}/v1/",
            http2=True, verify=authority.client_context(),
            timeout=wire.PATIENCE, trust_env=False,
            headers={"Authorization": f"Bearer {g.key}"})
        clients.append(client)
        return g, client

    start.authority = authority
    yield start
    for client in clients:
        client.close()


@pytest.mark.smoke
def test_http_2_chats_and_streams(secure, provider):
    p = provider(P.speaks())
    g, client = secure(p)
    response = client.post("chat/completions", json=question())
    assert response.http_version == "HTTP/2"
    assert response.json() == P.CHAT
    assert response.headers["x-request-id"]
    with client.stream("POST", "chat/completions",
                       json=question(stream=True)) as stream:
        body = b"".join(stream.iter_bytes())
    assert [e.data for e in wire.events(body)] == P.WORDS + ["[DONE]"]
    assert client.get("models").json()["object"] == "list"


@pytest.mark.smoke
def test_http_2_errors_are_in_the_shape(secure, provider):
    p = provider(P.speaks())
    g, client = secure(p)
    for response, status in (
            (client.post("chat/completions", content=b"{"), 415),
            (client.post("chat/completions", content=b"{", headers={
                "content-type": "application/json"}), 400),
            (client.post("chat/completions", json=question(), headers={
                "authorization": "Bearer no"}), 401),
            (client.get("nothing"), 404),
            (client.get("chat/completions"), 405)):
        assert response.status_code == status
        assert response.json()["error"]["type"] == "invalid_request_error"
        assert response.json()["request_id"] \
            == response.headers["x-request-id"]
    assert p.requests == []


@pytest.mark.smoke
def test_http_2_streams_are_flushed_and_cut_streams_are_seen(secure,
                                                             provider):
    seen = threading.Semaphore(0)

    def waits(exchange):
        exchange.send(stream_head(), chunk(sse(P.FIRST)))
        for word in P.WORDS[1:3]:
            exchange.send(chunk(sse(word)))
            assert seen.acquire(timeout=wire.PATIENCE)

    g, client = secure(provider(waits))
    got = b""
    with client.stream("POST", "chat/completions",
                       json=question(stream=True)) as stream:
        for piece in stream.iter_raw():
            got += piece
            if b"content" in piece:
                seen.release()
    assert "error" in json.loads(wire.events(got)[-1].data)
    assert b"[DONE]" not in got


class Http2:
    """One HTTP/2 connection, by hand: what httpx would tidy up."""

    def __init__(self, g, context):
        context.set_alpn_protocols(["h2"])
        self.g = g
        self.connection = wire.Connection(g.values["secure"], tls=context)
        self.h2 = h2.connection.H2Connection()
        self.h2.initiate_connection()
        self.events = []
        self.flush()

    def flush(self):
        self.connection.send(self.h2.data_to_send())

    def ask(self, body=None, length=None):
        """Sends the headers of a chat call, and a body if there is one."""
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [
            (":method", "POST"), (":scheme", "https"),
            (":authority", "localhost"), (":path", "/v1/chat/completions"),
            ("authorization", f"Bearer {self.g.key}"),
            ("content-type", "application/json"),
            ("content-length", str(length or len(body)))])
        if body is not None:
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def until(self, kind, stream):
        """Reads until an event of that kind came for the stream."""
        while True:
            for event in self.events:
                if isinstance(event, kind) and event.stream_id == stream:
                    self.events.remove(event)
                    return event
            assert self.connection.more(), "closed"
            self.events += self.h2.receive_data(self.connection.buffer)
            self.connection.buffer = b""
            self.flush()


@pytest.mark.smoke
def test_an_http_2_client_that_resets_its_stream_cancels_the_call(secure,
                                                                  provider):
    silent = provider(says(stream_head() + chunk(sse(*P.WORDS[:2])), HANG))
    g, client = secure(silent)
    with_reset = Http2(g, secure.authority.client_context())
    stream = with_reset.ask(json.dumps(question(stream=True)).encode())
    with_reset.until(h2.events.DataReceived, stream)
    assert gauges(g) == (1, 1)
    with_reset.h2.reset_stream(stream)
    with_reset.flush()
    assert silent.left.wait(5), "the provider's call goes on"
    assert until(lambda: gauges(g) == (0, 0))
    # the connection lives
    assert with_reset.ask(b"{")
    with_reset.connection.close()


def test_a_large_http_2_body_is_refused_before_it_is_sent(secure, provider):
    p = provider(P.speaks())
    g, client = secure(p)
    large = Http2(g, secure.authority.client_context())
    stream = large.ask(length=40_000_000)
    answer = dict(large.until(h2.events.ResponseReceived, stream).headers)
    assert answer[b":status"] == b"413"
    body = large.until(h2.events.DataReceived, stream).data
    assert json.loads(body)["error"]["code"] == "request_too_large"
    large.connection.close()
    assert p.requests == []


def test_one_http_2_connection_carries_many_calls(secure, provider):
    g, client = secure(provider(P.speaks()))
    results = []

    def call(streamed):
        response = client.post("chat/completions",
                               json=question(stream=streamed))
        results.append(response.content[-8:] if streamed
                       else response.json() == P.CHAT)

    threads = [threading.Thread(target=call, args=(i % 2 == 0,))
               for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, results)) \
        == sorted(["b'[DONE]\\n\\n'"] * 10 + ["True"] * 10)


def test_a_slow_http_2_reader_stops_its_own_provider(secure, provider):
    """The window of one stream is full; the provider must feel it."""
    sent = [0]
    stop = threading.Event()

    def talks(exchange):
        exchange.send(stream_head())
        exchange.socket.settimeout(1)
        piece = chunk(sse(delta(content="x" * 1000)) * 16)
        try:
            while sent[0] < 100_000_000:
                exchange.send(piece)
                sent[0] += len(piece)
        except TimeoutError:
            stop.set()

    g, client = secure(provider(talks))
    with client.stream("POST", "chat/completions",
                       json=question(stream=True)) as stream:
        next(stream.iter_raw())
        assert stop.wait(20), f"{sent[0]} bytes were taken"
        assert resident(g) < 150_000_000


@pytest.mark.smoke
def test_tls_clients_of_http_1_are_served(secure, provider, tmp_path):
    g, client = secure(provider(P.speaks()))
    context = client._transport._pool._ssl_context
    context.set_alpn_protocols(["http/1.1"])
    response = wire.ask(g.values["secure"],
                        g.chat_request(question(stream=True)), tls=context)
    assert response.data() == P.WORDS + ["[DONE]"]


def test_plain_http_on_the_tls_port_is_refused_in_the_shape(secure, provider):
    g, client = secure(provider(P.speaks()))
    response = wire.ask(g.values["secure"], g.chat_request())
    assert response.status == 400
    assert response.error["type"] == "invalid_request_error"


def _answers_before_it_reads(listener):
    """Streams whole but for the last chunk, then takes what is still sent."""
    answer = stream_head() + chunk(sse(*P.WORDS, "[DONE]"))
    for _ in range(3):
        sock, _ = listener.accept()
        with sock:
            sock.recv(4096)
            sock.sendall(answer)
            time.sleep(0.3)
            try:
                while sock.recv(1 << 16):
                    pass
            except OSError:
                pass                    # the gateway closed: its good right


@pytest.mark.smoke
def test_an_answer_before_the_request_was_read_ends_the_connection(gateway):
    """The rest of the request lies in the call, which is over by then."""
    big = question(stream=True)
    big["messages"] = [{"role": "user", "content": "x" * 9_000_000}]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answers_before_it_reads,
                                  args=(listener,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        g = gateway(types.SimpleNamespace(url=url))
        for _ in range(3):
            assert g.chat(big).data() == P.WORDS + ["[DONE]"]
        thread.join(20)
        assert not thread.is_alive()
    assert until(lambda: gauges(g) == (0, 0))
