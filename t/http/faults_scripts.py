"""What the rows of the tables of faults are made of, and how they are judged.

Each row is played to one gateway of its own, as a whole answer and as a
stream, with a healthy provider behind it and with nobody: up to four models,
each with a target of its own and so with a breaker of its own.
"""

import collections
import json
import socket
import struct

import providers as P
from drills import number as metric
from fleets import Fleet, Member, good, model, outcome, text_of
from gateway import until
from names import NameServer
from providers import KEEP, chunk, head, says, stream_head, whole
from test_client import gauges
from test_faults import (CREDENTIALS, ERROR, LIMITED, TIMEOUT, UNAVAILABLE,
                         UNREACHABLE, UNUSABLE)

WHOLE, STREAMED = "whole", "streamed"
BOTH = (WHOLE, STREAMED)

# What a client may never see of a provider's own words (test_faults.SECRET).
FOREIGN = (b"corp.example", b"main.py", b"sk-leak")

# A row of the error table: what a client is told, how often the target is
# asked where it may be asked twice, and whether its breaker counts it.
Class = collections.namedtuple("Class", "name told tries counts")

NETWORK = Class("network", UNREACHABLE, 2, True)
CONNECT = Class("timeout_connect", TIMEOUT, 2, True)
FIRST_TOKEN = Class("timeout_first_token", TIMEOUT, 1, True)
IDLE = Class("timeout_idle", TIMEOUT, 1, True)
TOTAL = Class("timeout_total", TIMEOUT, 1, True)
RATE_LIMIT = Class("rate_limit", LIMITED, 2, False)
BUSY = Class("unavailable", UNAVAILABLE, 2, True)
BROKEN = Class("provider_error", ERROR, 2, True)
BAD = Class("bad_response", UNUSABLE, 1, True)
REFUSED_KEY = Class("credentials", CREDENTIALS, 1, False)
LENGTH = Class("context_length", (400, None, "context_length_exceeded"), 1,
               False)
POLICY = Class("content_policy", (400, None, "content_policy_violation"), 1,
               False)


class Row:
    """A fault: `number` and `name` are those of the page of faults."""

    def __init__(self, number, name, script=None, ways=BOTH, lines="",
                 failures=1, apart=False, place=None, on="", http=""):
        """`failures` open the breaker.  `place` makes a provider that is
        more than a script: (what has its url, its lines, lines of http {}).
        With `apart` each model has a provider of its own, not a target."""
        self.number, self.name, self.script = number, name, script
        self.ways, self.lines, self.failures = ways, lines, failures
        self.apart, self.place, self.on, self.http = apart, place, on, http

    def __str__(self):
        ways = "" if self.ways == BOTH else f", {self.ways[0]}"
        return f"{self.number} {self.name}{ways}"

    def play(self, gateway, folder):
        script, lines, http = self.script, self.lines, self.http
        if self.place is not None:
            script, lines, http = self.place(gateway, folder)
            lines += self.lines
        self.source, self.names = script, getattr(script, "names", None)
        lines += f"""retry attempts=2 base=1ms max=2ms;
            breaker failures={self.failures} window=60s open=60s;"""
        names = [f"{who}_{way}" for who in ("behind", "alone")
                 for way in self.ways]
        models = http
        for name in names:
            behind = f"fallback spare/real {self.on};" \
                if name.startswith("behind") else ""
            models += model(f"target {self.target(name)};", behind, name=name)
        members = {name: Member(script, lines) for name in
                   (names if self.apart else ["main"])}
        self.fleet = Fleet(gateway, models, tenants=names, **members,
                           spare=good("Spare."))
        for name in names:
            self.judge(name, name.startswith("behind"),
                       name.endswith(STREAMED))

    def target(self, name):
        return f"{name if self.apart else 'main'}/{name}"

    # -- what is seen of it

    def ask(self, name, streamed):
        return self.fleet.ask(name, stream=streamed, tenant=name)

    def asked(self, name):
        """Requests that the model's first target got."""
        return sum(call.name != "spare" and call.request.json()["model"]
                   == name for call in self.fleet.calls)

    def spared(self):
        return len(self.fleet.of("spare"))

    def metric(self, name, what):
        return metric(self.fleet.g, f"agent_target_{what}",
                      target=self.target(name))

    def state(self, name):
        return self.metric(name, "breaker_state")

    def told(self, name):
        """Clients that were told so; it counts when a call is settled."""
        assert until(lambda: gauges(self.fleet.g)[0] == 0)
        return metric(self.fleet.g, "agent_errors_total", **{"class": name})

    def last_error(self, name):
        target = self.fleet.g.status()["targets"][self.target(name)]
        return target["last_error"] and target["last_error"]["class"]

    def is_the_spares(self, response, attempts):
        assert text_of(response) == "Spare."
        assert response.header("x-agent-provider") == "spare"
        assert response.header("x-agent-model") == "real"
        assert response.header("x-agent-attempts") == str(attempts)
        assert response.header("x-agent-degraded") == "fallback"
        assert response.header("retry-after") is None
        assert response.header("x-should-retry") is None
        holds_nothing_foreign(response)

    def judge(self, name, behind, streamed):
        raise NotImplementedError


def holds_nothing_foreign(response):
    seen = response.body + repr(response.headers).encode()
    assert not any(word in seen for word in FOREIGN), response
    assert response.header("x-request-id")


class Fails(Row):
    """Nothing has gone out: the spare answers, or the client is told."""

    def __init__(self, number, name, script, wanted, streamed=None, tries=None,
                 falls=True, rests=False, wait=None, **more):
        """`streamed` is the class of a stream if it is another one; `rests`:
        the target is not asked again; `wait` is the client's, in ms."""
        more.setdefault("failures", 3 if wanted.counts else 1)
        super().__init__(number, name, script, **more)
        self.classes = {WHOLE: wanted, STREAMED: streamed or wanted}
        self.tries, self.falls = tries, falls
        self.rests, self.wait = rests, wait

    def judge(self, name, behind, streamed):
        wanted = self.classes[STREAMED if streamed else WHOLE]
        tries = self.tries or wanted.tries
        if wanted.counts:
            tries = min(tries, self.failures)
        before = self.told(wanted.name)
        spared = self.spared()
        response = self.ask(name, streamed)
        if behind and self.falls:
            self.is_the_spares(response, tries + 1)
            assert self.spared() == spared + 1
        else:
            self.is_the_error(response, name, wanted, tries)
            assert self.spared() == spared, "the spare was asked"
            assert self.told(wanted.name) == before + 1
        self.was_asked(name, tries)
        assert self.last_error(name) == wanted.name
        if wanted.counts:
            self.opens(name, behind, streamed)
        else:
            self.stays(name, behind, streamed, tries)

    def was_asked(self, name, times):
        if not hasattr(self.source, "url"):
            assert self.asked(name) == times
        for what in ("attempts_total", "failed_attempts_total"):
            assert self.metric(name, what) == times, what

    def is_the_error(self, response, name, wanted, tries):
        status, kind, code = wanted.told
        assert outcome(response) == (status, code)
        if kind is not None:            # else the provider's own words
            error = response.error
            assert set(error) == {"message", "type", "param", "code"}
            assert (error["type"], error["param"]) == (kind, None)
            assert response.json()["request_id"] \
                == response.header("x-request-id")
        assert response.header("content-type").startswith("application/json")
        holds_nothing_foreign(response)
        assert response.header("x-agent-provider") \
            == self.target(name).partition("/")[0]
        assert response.header("x-agent-model") == name
        assert response.header("x-agent-attempts") == str(tries)
        assert response.header("x-agent-degraded") is None
        assert response.header("x-should-retry") == should_retry(status,
                                                                 self.wait)
        ms = response.header("retry-after-ms")
        assert ms == (None if self.wait is None else str(self.wait))
        assert response.header("retry-after") \
            == (ms and str((self.wait + 999) // 1000))

    def opens(self, name, behind, streamed):
        """As many failures as it bears, not one less and not one more."""
        times = self.metric(name, "attempts_total")
        while times < self.failures:
            assert self.state(name) == 0
            self.ask(name, streamed)
            now = self.metric(name, "attempts_total")
            assert now > times
            times = now
        assert (self.state(name), times) == (1, self.failures)
        if behind:
            self.is_the_spares(self.ask(name, streamed), 1)
            self.was_asked(name, self.failures)

    def stays(self, name, behind, streamed, tries):
        """One failure that counts would have opened it."""
        assert self.state(name) == 0
        response = self.ask(name, streamed)
        self.was_asked(name, tries if self.rests else 2 * tries)
        if self.rests and not behind:
            assert outcome(response) == (503, "no_healthy_provider")
            ms = int(response.header("retry-after-ms"))
            assert 0 < ms <= min(self.wait or 60_000, 600_000)
            assert response.header("x-agent-attempts") is None
        assert self.state(name) == 0
        assert self.metric(name, "breaker_opened_total") == 0


def should_retry(status, wait):
    if status == 429:
        return "true" if (wait or 0) <= 60_000 else "false"
    return "false" if status >= 500 else None


class Answers(Row):
    """No fault in the end: the answer is the target's own, each time."""

    def __init__(self, number, name, script, text="Hello there.",
                 streamed="Hello thére.", attempts=1, failed=0, also=None,
                 calls=3, **more):
        """`failed` of the first call's attempts; `also` looks at it, too."""
        super().__init__(number, name, script, **more)
        self.texts = {False: text, True: streamed}
        self.attempts, self.failed = attempts, failed
        self.also, self.calls = also, calls

    def judge(self, name, behind, streamed):
        before = self.spared()
        with self.fleet.g.connect() as client:      # one worker's
            for number in range(self.calls):
                response = self.fleet.ask_on(client, name, stream=streamed)
                assert text_of(response) == self.texts[streamed]
                assert response.header("x-agent-attempts") \
                    == str(1 if number else self.attempts)
                assert response.header("x-agent-provider") \
                    == self.target(name).partition("/")[0]
                assert response.header("x-agent-degraded") is None
                holds_nothing_foreign(response)
        assert self.spared() == before, "the spare was asked"
        assert self.state(name) == 0
        assert until(lambda: self.metric(name, "attempts_total")
                     == self.calls + self.attempts - 1)
        assert self.metric(name, "failed_attempts_total") == self.failed
        if self.also is not None:
            self.also(self, name, streamed)


class Special(Row):
    """What has a drill of its own."""

    def __init__(self, number, name, drill, ways=BOTH):
        super().__init__(number, name, ways=ways)
        self.drill = drill

    def play(self, gateway, folder):
        self.drill(gateway)


class Changed:
    """A factory of gateways whose configuration is changed in the end."""

    def __init__(self, factory, change):
        self.factory, self.change = factory, change

    def make(self, **more):
        made = self.factory.make(**more)
        text = made.text
        made.text = lambda: self.change(text())
        return made

    def __getattr__(self, name):
        return getattr(self.factory, name)


# ---- what they say --------------------------------------------------------

JSON = ("Content-Type", "application/json")


def until_it_leaves(start, piece, pause=0.02):
    """Sends the piece again and again, slowly."""

    def script(exchange):
        exchange.send(start)
        while not exchange.gone(pause):
            exchange.socket.settimeout(P.PATIENCE)
            exchange.send(piece)

    return script


TRICKLE = until_it_leaves(stream_head() + chunk(b"data: {"), chunk(b" "))
TRICKLE_WHOLE = until_it_leaves(head(200, [JSON, ("Content-Length", "9999")])
                                + b"{", b" ")


def by_way(whole_script, streamed_script):
    """One script for whole answers, one for streams."""

    def script(exchange):
        streamed = exchange.request.json().get("stream")
        return (streamed_script if streamed else whole_script)(exchange)

    return script


def mortal():
    """A connection that dies on its second request without a word."""
    seen = set()

    def script(exchange):
        place = exchange.provider.port, exchange.connection
        if place in seen:
            return None
        seen.add(place)
        return P.speaks()(exchange)

    return script


def closes(script):
    """Does as the script does, and never keeps the connection."""

    def closing(exchange):
        script(exchange)

    return closing


def with_message(**fields):
    choice = {**P.CHAT["choices"][0], "message": {"role": "assistant",
                                                  **fields}}
    return {**P.CHAT, "choices": [choice]}


def in_a_200(status=200, **error):
    """The same error in place of a whole answer and of a stream's first
    event."""
    error = {"error": {"message": "No.", "param": None, **error}}
    return by_way(says(whole(error, status), KEEP),
                  says(P.stream(json.dumps(error)), KEEP))


# ---- where they are -------------------------------------------------------

HOST = "api.provider.test"


class At:
    """Somewhere with a url: a name, or a port that speaks TLS."""

    def __init__(self, url, provider=None, names=None):
        self.url, self.provider, self.names = url, provider, names


class Names(NameServer):
    """Knows IPv6 addresses, too."""

    six = None

    @property
    def resolver(self):
        return super().resolver.replace(" ipv6=off", "")

    def _answer(self, query):
        answer = super()._answer(query)
        if answer is None or self.six is None or self.asked[-1][1] != 28:
            return answer
        return answer[:6] + struct.pack("!H", 1) + answer[8:] + b"\xc0\x0c" \
            + struct.pack("!HHIH", 28, 1, self.ttl, 16) \
            + socket.inet_pton(socket.AF_INET6, self.six)


def named(found, lines="private on;", six=None):
    """A healthy provider by a name that has these addresses."""

    def place(gateway, folder):
        names = gateway.own(Names())
        names.table[HOST], names.six = found, six
        provider = gateway.provider(P.speaks())
        return At(f"http://{HOST}:{provider.port}/v1", provider, names), \
            lines, names.resolver

    return place
