"""A client made of a socket: it sends bytes, and reads what comes back.

Nothing is repaired: an answer says how it ended (`complete`), because "the
body was cut" and "the body ended" is the difference most tests are about.
"""

import json
import socket
import ssl
import struct

PATIENCE = 15      # seconds; a guard against hangs, never a measurement


class Cut(Exception):
    """The peer closed before a whole answer's head was there."""


class Response:

    def __init__(self, status, reason, headers, version="HTTP/1.1"):
        self.status = status
        self.reason = reason
        self.version = version
        self.headers = headers          # [(lower-case name, value)]
        self.body = b""
        self.complete = False           # its own framing says it ended
        self.interim = []               # status codes of 1xx answers

    def __repr__(self):
        return (f"<{self.status} complete={self.complete} "
                f"{self.headers} {self.body[:600]!r}>")

    def header(self, name, default=None):
        values = [v for n, v in self.headers if n == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else default

    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json()["error"]

    def events(self):
        return events(self.body)

    def data(self):
        """The data of every event of a stream, in order."""
        return [e.data for e in self.events()]


class Event:

    def __init__(self, name, data):
        self.name = name
        self.data = data

    def __repr__(self):
        return f"<event {self.name!r} {self.data!r}>"

    def __eq__(self, other):
        return (self.name, self.data) == (other.name, other.data)

    def json(self):
        return json.loads(self.data)


def events(body):
    """Reads an event stream as the WHATWG text says; comments are dropped."""
    found, name, data = [], None, []
    text = body.decode("utf-8").removeprefix("\ufeff")
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line == "":
            if data:
                found.append(Event(name, "\n".join(data)))
            name, data = None, []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return found


def comments(body):
    return [line for line in body.decode().splitlines()
            if line.startswith(":")]


class Connection:
    """One client connection.  Use it as a context manager."""

    def __init__(self, port, tls=None, host="127.0.0.1", name="localhost",
                 receive_buffer=None):
        self.buffer = b""
        self.ended = False
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((host, port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes so that the peer gets RST, not FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.socket.sendall(data)
        return self

    def try_to_send(self, data):
        """Sends what the peer still takes: it may refuse and close early."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def more(self):
        """Reads once; False at the end of the connection."""
        if self.ended:
            return False
        try:
            got = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            got = b""
        if got == b"":
            self.ended = True
            return False
        self.buffer += got
        return True

    def read_until(self, marker):
        """Waits for the marker, leaves everything in the buffer."""
        while marker not in self.buffer:
            if not self.more():
                raise Cut(f"closed before {marker!r}: {self.buffer[-400:]!r}")
        return self.buffer

    def read_all(self):
        while self.more():
            pass
        return self.buffer

    def is_closed_by_peer(self):
        """True when nothing but the end of the connection is left."""
        return self.buffer == b"" and not self.more()

    def _take(self, count):
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _line(self):
        while b"\n" not in self.buffer:
            if not self.more():
                raise Cut(repr(self.buffer))
        return self._take(self.buffer.index(b"\n") + 1).rstrip(b"\r\n")

    def head(self):
        """Reads a status line and headers, past any 1xx."""
        interim = []
        while True:
            version, status, reason = (self._line().decode("latin-1")
                                       + " ").split(" ", 2)
            headers = []
            while (line := self._line()) != b"":
                name, _, value = line.decode("latin-1").partition(":")
                headers.append((name.lower(), value.strip()))
            if status == "101" or not status.startswith("1"):
                response = Response(int(status), reason.strip(), headers,
                                    version)
                response.interim = interim
                return response
            interim.append(int(status))

    def response(self, method="POST"):
        """Reads one whole answer."""
        response = self.head()
        self.finish(response, method)
        return response

    def finish(self, response, method="POST"):
        if method == "HEAD" or response.status in (204, 304):
            response.complete = True
        elif response.header("transfer-encoding") == "chunked":
            self._chunked(response)
        elif response.header("content-length") is not None:
            self._counted(response, int(response.header("content-length")))
        else:
            response.body, self.buffer = self.read_all(), b""
            response.complete = response.header("connection") == "close"

    def _counted(self, response, length):
        while len(self.buffer) < length and self.more():
            pass
        response.body = self._take(length)
        response.complete = len(response.body) == length

    def chunk(self):
        """One chunk's data, b"" for the last, None when it was cut."""
        try:
            size = int(self._line().split(b";")[0], 16)
        except Cut:
            return None
        while len(self.buffer) < size + 2:
            if not self.more():
                return None
        data = self._take(size)
        assert self._take(2) == b"\r\n", "a chunk without its line end"
        return data

    def _chunked(self, response):
        while True:
            try:
                size = int(self._line().split(b";")[0], 16)
            except Cut:
                return
            while len(self.buffer) < size + 2 and self.more():
                pass
            response.body += self.buffer[:size]
            if len(self.buffer) < size + 2:
                self.buffer = b""
                return
            self._take(size + 2)
            if size == 0:
                response.complete = True
                return


def request(method, target, body=None, key=None, headers=(), length=True):
    """The bytes of a request.  A body that is no bytes becomes JSON."""
    headers = list(headers)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    named = {name.lower() for name, _ in headers}
    if "host" not in named:
        headers.insert(0, ("Host", "gateway.test"))
    if key is not None:
        headers.append(("Authorization", f"Bearer {key}"))
    if body is not None:
        if "content-type" not in named:
            headers.append(("Content-Type", "application/json"))
        if length and not named & {"content-length", "transfer-encoding"}:
            headers.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + (body or b"")


def ask(port, raw, method="POST", tls=None):
    """One connection, one request, one whole answer."""
    with Connection(port, tls=tls) as connection:
        connection.try_to_send(raw)
        return connection.response(method)
