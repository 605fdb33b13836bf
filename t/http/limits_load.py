"""Load for the tests of limits: patterns of when calls are due, and a client
that fires thousands of them over kept connections from one thread.

Times of calls are microseconds of the monotonic clock, as in the gateway's
log.
"""

import collections
import json
import random
import re
import select
import socket
import time

SECOND = 1_000_000


def now():
    return time.monotonic_ns() // 1000


# ---- Patterns of load: when calls are due, in seconds ---------------------

def uniform(rate, span):
    return [n / rate for n in range(int(rate * span))]


def bursty(seed, size, count, span):
    """So many bursts, anywhere."""
    chance = random.Random(seed)
    return sorted([chance.uniform(0, span) for _ in range(count)] * size)


def edges(limit, window, span):
    """What finds out windows that begin at the first call or at whole
    seconds: one early, then twice what fits just before each edge and again
    just after it."""
    due, edge = [0.0], window
    while edge < span:
        due += [edge - 0.02] * (2 * limit) + [edge + 0.01] * (2 * limit)
        edge += window
    return due


def persistent(limit, window, span, rate=400):
    """As fast as it can around the moment at which there is room again."""
    due, edge = [0.0] * limit, window
    while edge < span:
        due += [edge - 0.05 + n / rate for n in range(int(rate * 0.1))]
        edge += window
    return due


# ---- The client -----------------------------------------------------------

class Call:
    """One call and what became of it."""

    __slots__ = ("tag", "id", "sent", "received", "status", "head", "body",
                 "admitted", "row")

    def __init__(self, tag):
        self.tag, self.admitted, self.row = tag, None, None
        self.status, self.head, self.body = 0, b"", b""

    def header(self, name):
        found = re.search(rb"(?im)^%s: *([^\r\n]*)" % name.encode(),
                          self.head)
        return found and found.group(1).decode()

    @property
    def limit(self):
        return self.header("x-agent-limit") if self.status != 200 else None

    @property
    def wait(self):
        ms = self.header("retry-after-ms")
        return None if ms is None else int(ms) * 1000

    def __repr__(self):
        return f"<{self.tag} {self.id}: {self.status} {self.limit} " \
               f"sent={self.sent} received={self.received} " \
               f"admitted={self.admitted} wait={self.wait}>"


class Shot:
    """The bytes of a call, but for its id."""

    def __init__(self, tag, key, model="gpt-test", headers=(), **fields):
        fields = {"model": model, "max_tokens": 16,
                  "messages": [{"role": "user", "content": "Hi."}], **fields}
        body = json.dumps(fields).encode()
        lines = ["POST /v1/chat/completions HTTP/1.1", "Host: gateway.test",
                 f"Authorization: Bearer {key}",
                 "Content-Type: application/json",
                 f"Content-Length: {len(body)}",
                 *(f"{name}: {value}" for name, value in headers)]
        self.tag = tag
        self.head = "\r\n".join(lines).encode() + b"\r\nx-request-id: "
        self.tail = b"\r\n\r\n" + body


class Herd:
    """Kept connections that one thread serves; each has one call at a time.

    Calls are handed out in turn, so all connections (and so all workers) get
    their share.
    """

    _runs = 0

    def __init__(self, port, size):
        self.port, self.poll = port, select.epoll()
        self.idle = collections.deque()
        self.busy = {}                  # descriptor: [socket, call, bytes]
        for _ in range(size):
            self._open()
        Herd._runs += 1
        self.name, self.number = f"herd{Herd._runs}", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in [*self.idle, *(entry[0] for entry in self.busy.values())]:
            sock.close()
        self.poll.close()

    def _open(self):
        sock = socket.create_connection(("127.0.0.1", self.port), 15)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.poll.register(sock, select.EPOLLIN)
        self.idle.append(sock)

    def fire(self, shots, patience=30):
        """`shots` are (due, Shot), due in seconds from now; gives Calls."""
        shots = sorted(shots, key=lambda pair: pair[0])
        calls, next_one, begin = [], 0, time.monotonic()
        while next_one < len(shots) or self.busy:
            passed = time.monotonic() - begin
            while next_one < len(shots) and self.idle \
                    and shots[next_one][0] <= passed:
                calls.append(self._send(shots[next_one][1]))
                next_one += 1
            wait = patience
            if next_one < len(shots) and self.idle:
                wait = max(0, shots[next_one][0] - passed)
            ready = self.poll.poll(wait)
            assert ready or wait < patience, f"no answer: {calls[-1]}"
            for descriptor, _ in ready:
                self._read(descriptor)
        return calls

    def volley(self, shots):
        """All at once: on each connection one, and only then the reading."""
        assert len(shots) <= len(self.idle)
        return self.fire([(0, shot) for shot in shots])

    def _send(self, shot):
        sock, call = self.idle.popleft(), Call(shot.tag)
        self.number += 1
        call.id = f"{self.name}-{self.number}"
        self.busy[sock.fileno()] = [sock, call, b""]
        call.sent = now()
        try:
            sock.sendall(shot.head + call.id.encode() + shot.tail)
        except OSError:                 # reading says why
            pass
        return call

    def _read(self, descriptor):
        entry = self.busy.get(descriptor)
        if entry is None:               # the gateway closed an idle one
            sock = next(s for s in self.idle if s.fileno() == descriptor)
            self.idle.remove(sock)
            sock.close()
            return self._open()
        sock, call, data = entry
        try:
            got = sock.recv(262144)
        except OSError:
            got = b""
        entry[2] = data = data + got
        if got and not _complete(data):
            return None
        call.received = now()
        call.head, _, call.body = data.partition(b"\r\n\r\n")
        if _complete(data):
            call.status = int(call.head[9:12])
        del self.busy[descriptor]
        if not got or b"\r\nConnection: close" in call.head:
            sock.close()
            return self._open()
        self.idle.append(sock)
        return None


def _complete(data):
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    at = head.lower().find(b"\r\ncontent-length: ")
    if at < 0:
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(head[at + 18:].split(b"\r\n", 1)[0])
