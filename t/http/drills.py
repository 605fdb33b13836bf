"""What the drills of breakers, places, hedges and checks share.

A `Stage` is a provider's script that can be changed while calls run, and that
counts how many of them it has at once.  `seats` are connections of which one
knows the worker.
"""

import os
import re
import signal
import threading
import time

from fleets import fails, good
from gateway import question, until

# Stands in http {}: every answer names its worker.
WORKER = "add_header x-worker $pid always;\n"

DOWN = fails(500)


class Stage:
    """Takes a call, waits, and answers as `answer` says at that moment.

    It waits `pause` seconds, or with `held` until it is set free.  Whoever is
    counted as inside has not been answered yet, so a gateway that lets one in
    after another is never seen with two.
    """

    def __init__(self, answer=None, pause=0, held=False):
        self.answer = answer or good("Main.")
        self.pause = pause
        self.open = threading.Event()
        if not held:
            self.open.set()
        self.changed = threading.Condition()
        self.inside = self.peak = self.left = 0
        self.spans = []                 # [begin, end] of each call

    @property
    def entered(self):
        return len(self.spans)

    def hold(self):
        self.open.clear()

    def free(self):
        self.open.set()

    def wait(self, inside):
        """Until so many are inside."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.inside >= inside, 15), \
                f"{self.inside} calls are inside, not {inside}"

    def __call__(self, exchange):
        span = [time.monotonic(), None]
        with self.changed:
            self.spans.append(span)
            self.inside += 1
            self.peak = max(self.peak, self.inside)
            self.changed.notify_all()
        here = self._stay(exchange)
        with self.changed:
            span[1] = time.monotonic()
            self.inside -= 1
            self.left += not here
            self.changed.notify_all()
        return self.answer(exchange) if here else None

    def _stay(self, exchange):
        """False: the gateway closed the connection."""
        if self.pause:
            time.sleep(self.pause)
        while not self.open.is_set():
            if exchange.provider.stopping.is_set() or exchange.gone(0.01):
                return False
        return True


def breaker(**words):
    """A provider's lines: one attempt, and a breaker."""
    words = {"failures": 3, "window": "60s", "open": "60s", "probes": 1,
             "successes": 2, **words}
    return "retry attempts=1; breaker " \
        + " ".join(f"{name}={value}" for name, value in words.items()) + ";"


def number(g, name, **labels):
    """A metric's value now, whatever is in flight."""
    wanted = ",".join(f'{k}="{v}"' for k, v in labels.items())
    wanted = name + ("{%s}" % wanted if wanted else "") + " "
    for line in g.page("/metrics")[2].splitlines():
        if line.startswith(wanted):
            return float(line[len(wanted):])
    raise AssertionError(f"no metric {wanted}")


def state(fleet, target="main/gpt-test"):
    """0 closed, 1 open, 2 half-open."""
    return number(fleet.g, "agent_target_breaker_state", target=target)


def logged(fleet, text, level=None):
    """How many lines of the error log hold the text."""
    return sum(text in line and (level is None or f"[{level}]" in line)
               for line in fleet.g.log().splitlines())


def by(response):
    """Who answered."""
    return response.header("x-agent-provider")


# ---- many calls at once ---------------------------------------------------

def send(fleet, connection, headers=(), **fields):
    """Asks, and leaves the answer for later."""
    connection.send(fleet.g.chat_request(question(**fields), headers=headers))
    return connection


def worker_of(fleet, connection):
    connection.send(b"GET /v1/models HTTP/1.1\r\nHost: gateway.test\r\n"
                    b"Authorization: Bearer %s\r\n\r\n"
                    % fleet.g.key.encode())
    return int(connection.response("GET").header("x-worker"))


def seats(fleet, each=1):
    """Connections by worker: {pid: [connection, ...]}.

    While the others stand still only one takes connections.  `fleet` is made
    with WORKER.
    """
    found = {}
    # those of an older configuration have to go first
    assert until(lambda: len(fleet.g.workers()) <= 2)
    workers = fleet.g.workers()
    for pid in workers:
        others = [other for other in workers if other != pid]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            assert until(lambda: all(map(_stands, others)))
            found[pid] = [fleet.g.connect() for _ in range(each)]
            for connection in found[pid]:
                assert worker_of(fleet, connection) == pid
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)
    return found


def _stands(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def crowd(fleet, each=25):
    """Connections of both workers, in turn."""
    return [c for pair in zip(*seats(fleet, each).values()) for c in pair]


def kill(fleet, pid):
    """Kills a worker, and waits for its successor."""
    fleet.g.tolerate("exited on signal 9")
    before = set(fleet.g.workers())
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: len(set(fleet.g.workers()) - before) == 1
                 and pid not in fleet.g.workers()), "nobody came instead"


def seconds(response):
    """Retry-After, of which both forms must say the same."""
    value = response.header("retry-after")
    assert value is not None and re.fullmatch(r"\d+", value), response
    ms = int(response.header("retry-after-ms"))
    assert (ms + 999) // 1000 == int(value)
    return ms / 1000
