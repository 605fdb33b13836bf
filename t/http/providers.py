"""Providers made of a socket and a script.

A script gets one exchange (a request and its connection) and does to it what
real providers do on a bad day.  Most are a row of parts for `says`: bytes go
out as they stand, RESET, HANG and KEEP say how it ends; without one of them it
ends with a FIN.  Every byte of every request is kept for the test to look at.
"""

import json
import selectors
import socket
import struct
import threading
import time

from wire import PATIENCE

RESET, HANG, KEEP = "reset", "hang", "keep"


# ---- What a well-behaved provider says ------------------------------------

CHAT = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1730000000,
    "model": "gpt-upstream-2026-01-01",
    "choices": [{"index": 0, "message": {"role": "assistant",
                                         "content": "Hello there.",
                                         "refusal": None},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def delta(finish=None, usage="absent", **fields):
    """One chunk of a chat stream, as text."""
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk",
             "created": 1730000000, "model": "gpt-upstream-2026-01-01",
             "choices": [{"index": 0, "delta": fields, "logprobs": None,
                          "finish_reason": finish}]}
    if usage != "absent":
        chunk["usage"] = usage
    return json.dumps(chunk, ensure_ascii=False)


def usage_chunk(usage=USAGE):
    return json.dumps({"id": "chatcmpl-1", "object": "chat.completion.chunk",
                       "created": 1730000000,
                       "model": "gpt-upstream-2026-01-01",
                       "choices": [], "usage": usage})


FIRST = delta(role="assistant", content="")
WORDS = [FIRST, delta(content="Hel"), delta(content="lo "),
         delta(content="thére."), delta(finish="stop")]


def sse(*datas, end="\n"):
    """Event stream bytes: one event for each data."""
    return "".join(f"data: {d}{end}{end}" for d in datas).encode()


def head(status=200, headers=(), reason="Whatever"):
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def whole(body=CHAT, status=200, headers=(), content_type="application/json"):
    """An answer with a content-length.  A body that is no bytes is JSON."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return head(status, [("Content-Type", content_type),
                         ("Content-Length", len(body)), *headers]) + body


def stream_head(headers=(), chunked=True):
    framing = ("Transfer-Encoding", "chunked") if chunked \
        else ("Connection", "close")
    return head(200, [("Content-Type", "text/event-stream; charset=utf-8"),
                      framing, *headers])


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST = b"0\r\n\r\n"


def stream(*datas, done=True, headers=(), finish=True):
    """A chunked event stream, whole: one HTTP chunk for each event."""
    datas = list(datas or WORDS) + (["[DONE]"] if done else [])
    return (stream_head(headers) + b"".join(chunk(sse(d)) for d in datas)
            + (LAST if finish else b""))


# ---- The machine ----------------------------------------------------------

class Request:

    def __init__(self, raw_head, body, raw):
        lines = raw_head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.header_list = [(n.lower(), v.strip()) for n, _, v in
                            (line.partition(":") for line in lines[1:])]
        self.headers = dict(self.header_list)
        self.body = body
        self.raw = raw

    def json(self):
        return json.loads(self.body)


class Exchange:
    """One request on one connection, and the way to answer it."""

    def __init__(self, provider, sock, request, number, connection):
        self.provider = provider
        self.socket = sock
        self.request = request
        self.number = number            # 1 for the provider's first request
        self.connection = connection    # 1 for its first connection

    def send(self, *pieces):
        for piece in pieces:
            self.socket.sendall(piece)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def gone(self, timeout=PATIENCE):
        """Waits for the gateway to close; True if it did."""
        limit = time.monotonic() + timeout
        while time.monotonic() < limit and not self.provider.stopping.is_set():
            self.socket.settimeout(0.05)
            try:
                if self.socket.recv(4096) == b"":
                    return True
            except TimeoutError:
                continue
            except OSError:
                return True
        return False

    def hang(self):
        """Says nothing until the gateway gives up or the test is over."""
        if self.gone(timeout=60):
            self.provider.left.set()


class Provider:
    """Listens on a free port and runs a script for each request.

    `script` may be a list: one for each request, the last one repeats.
    """

    def __init__(self, script, tls=None, address="127.0.0.1", port=0):
        self.scripts = script if isinstance(script, list) else [script]
        self.tls = tls
        self.requests = []
        self.connections = 0
        self.handshakes = 0
        self.left = threading.Event()   # the gateway closed on a hanging one
        self.stopping = threading.Event()
        self.failures = []
        self.changed = threading.Condition()
        self.open = set()
        self.listener = socket.create_server((address, port), backlog=1024)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    @property
    def url(self):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}/v1"

    @property
    def request(self):
        """The only request that came."""
        assert len(self.requests) == 1, \
            f"{len(self.requests)} requests came, not one"
        return self.requests[0]

    def wait(self, count, timeout=PATIENCE):
        """Waits until `count` requests were received."""
        with self.changed:
            return self.changed.wait_for(
                lambda: len(self.requests) >= count, timeout)

    def stop(self):
        self.stopping.set()
        self.listener.close()
        for sock in list(self.open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(5)
        assert not self.failures, self.failures

    def _accept(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            while not self.stopping.is_set():
                try:
                    if not selector.select(0.1):
                        continue
                    sock, _ = self.listener.accept()
                except OSError:
                    return
                self.connections += 1
                threading.Thread(target=self._serve, daemon=True,
                                 args=(sock, self.connections)).start()

    def _serve(self, sock, connection):
        self.open.add(sock)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                sock.settimeout(PATIENCE)
                sock = self.tls.wrap_socket(sock, server_side=True)
                self.open.add(sock)
                self.handshakes += 1
            while self._exchange(sock, connection):
                pass
        except OSError:
            pass                        # the gateway left: its good right
        except Exception as error:      # a script's assertion: tell the test
            if not self.stopping.is_set():
                self.failures.append(repr(error))
        finally:
            self.open.discard(sock)
            sock.close()

    def _exchange(self, sock, connection):
        sock.settimeout(120)
        request = self._read(sock)
        if request is None:
            return False
        with self.changed:
            self.requests.append(request)
            number = len(self.requests)
            self.changed.notify_all()
        script = self.scripts[min(number, len(self.scripts)) - 1]
        exchange = Exchange(self, sock, request, number, connection)
        sock.settimeout(60)
        return script(exchange) == KEEP

    def _read(self, sock):
        raw = b""
        while b"\r\n\r\n" not in raw:
            got = sock.recv(65536)
            if got == b"":
                return None
            raw += got
        raw_head, _, body = raw.partition(b"\r\n\r\n")
        text = raw_head.lower()
        if b"\r\ntransfer-encoding: chunked" in text:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._some(sock)
            return Request(raw_head, _dechunk(body),
                           raw_head + b"\r\n\r\n" + body)
        length = 0
        for line in text.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += self._some(sock)
        return Request(raw_head, body, raw_head + b"\r\n\r\n" + body)

    @staticmethod
    def _some(sock):
        got = sock.recv(1 << 20)
        if got == b"":
            raise ConnectionError("the request was cut")
        return got


def _dechunk(body):
    data = b""
    while True:
        line, _, body = body.partition(b"\r\n")
        size = int(line, 16)
        if size == 0:
            return data
        data, body = data + body[:size], body[size + 2:]


# ---- Scripts --------------------------------------------------------------

def says(*parts):
    """Sends each part in turn; ends as the last part says."""

    def script(exchange):
        for part in parts:
            if part == RESET:
                exchange.reset()
                return None
            if part == HANG:
                exchange.hang()
                return None
            if part == KEEP:
                return KEEP
            exchange.send(part)
        return None

    return script


def chats(body=CHAT, **kwargs):
    """Answers whole and keeps the connection."""
    return says(whole(body, **kwargs), KEEP)


def streams(*datas, **kwargs):
    """Streams whole and keeps the connection."""
    return says(stream(*datas, **kwargs), KEEP)


def speaks(whole_body=CHAT, words=tuple(WORDS)):
    """What a good provider does: whole or streamed, as it was asked."""

    def script(exchange):
        asked = exchange.request.json() if exchange.request.body else {}
        if not asked.get("stream"):
            exchange.send(whole(whole_body))
            return KEEP
        datas = list(words)
        options = asked.get("stream_options") or {}
        if options.get("include_usage"):
            datas.append(usage_chunk())
        exchange.send(stream(*datas))
        return KEEP

    return script


def trickles(data, size=1, pause=0.0):
    """Sends the bytes in writes of `size`."""

    def script(exchange):
        for at in range(0, len(data), size):
            exchange.send(data[at:at + size])
            if pause:
                time.sleep(pause)
        return KEEP

    return script


def then(first, last):
    """Sends the bytes, waits until the client has seen them, goes on.

    Without the wait both arrive in one read, and an answer that fails before
    any of it went out is not begun at all.  `go_on` is the test's to set.
    """
    go_on = threading.Event()

    def script(exchange):
        exchange.send(first)
        assert go_on.wait(PATIENCE), "the client never saw the beginning"
        return last(exchange)

    script.go_on = go_on
    return script


# ---- Providers without a script -------------------------------------------

class Refuses:
    """A port that is taken but where nobody listens."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def stop(self):
        self.socket.close()


class Blackhole:
    """A full accept queue: the kernel drops every further SYN."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def stop(self):
        for filler in self.fillers:
            filler.close()
        self.listener.close()


class NeverAccepts:
    """Connections succeed, for the kernel takes them; nobody reads."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def stop(self):
        self.listener.close()
