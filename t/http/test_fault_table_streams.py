"""The faults that a gateway must survive, by number, after the first content,
and those of its clients.

As in test_fault_table.py, which also says where the other numbers are: with a
healthy provider behind and with nobody.  What went out cannot be taken back:
nobody else is asked, the stream ends with one error event and never as if it
were whole, and the breaker counts it.
"""

import json
import re

import pytest

import providers as P
from drills import number, state
from faults_scripts import (BAD, BROKEN, BUSY, IDLE, RATE_LIMIT, STREAMED,
                            Changed, Row, Special, holds_nothing_foreign)
from fleets import Fleet, Member, good, model
from gateway import question, until
from providers import HANG, KEEP, LAST, chunk, delta, says, sse
from test_client import gauges
from test_faults import BREAKS, SECRET, _endless, begins_then

pytestmark = pytest.mark.smoke

SEEN = P.WORDS[:3]


class Breaks(Row):
    """The stream begins, the client has seen it, and `last` happens."""

    def __init__(self, number, name, last, wanted, **more):
        more.setdefault("failures", 3 if wanted.counts else 1)
        super().__init__(number, name, self.goes_on, ways=(STREAMED,), **more)
        self.last, self.wanted = last, wanted

    def goes_on(self, exchange):
        return self.begun(exchange)

    def ask(self, name, streamed):
        """A script is for one call: it waits for its client."""
        self.begun = begins_then(self.last, SEEN)
        with self.fleet.g.connect() as client:
            client.send(self.fleet.g.chat_request(question(model=name,
                                                           stream=True)))
            client.read_until(b"lo ")
            self.begun.go_on.set()
            return client.response()

    def judge(self, name, behind, streamed):
        for failed in range(1, self.failures + 1):
            assert self.state(name) == 0
            self.is_broken_off(self.ask(name, streamed), name)
            assert self.metric(name, "failed_attempts_total") == failed
        assert self.asked(name) == self.failures
        assert self.spared() == 0, "the spare was asked"
        assert self.last_error(name) == self.wanted.name
        assert self.state(name) == int(self.wanted.counts)
        told = self.failures * (1 if behind else 2)
        assert self.told(self.wanted.name) == told
        if behind and self.wanted.counts:
            response = super().ask(name, streamed)
            self.is_the_spares(response, 1)
            self.fleet.calls[:] = [call for call in self.fleet.calls
                                   if call.name != "spare"]

    def is_broken_off(self, response, name):
        assert response.status == 200 and response.complete, response
        assert response.header("x-agent-provider") == "main"
        assert response.header("x-agent-model") == name
        assert response.header("x-agent-attempts") == "1"
        assert response.header("x-agent-degraded") is None
        assert response.data()[:-1] == SEEN
        assert b"[DONE]" not in response.body
        event = json.loads(response.data()[-1])
        error = event["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert (error["type"], error["code"]) == self.wanted.told[1:]
        assert event["request_id"] == response.header("x-request-id")
        holds_nothing_foreign(response)


# ---- what comes after the first content -----------------------------------

def event(error, name=""):
    text = json.dumps(error)
    line = f"event: {name}\n" if name else ""
    return says(chunk(f"{line}data: {text}\n\n".encode()) + LAST, KEEP)


def breaks(name):
    return BREAKS[name][0]


def trickles_on(exchange):
    """Bytes, and never an event's end."""
    exchange.send(chunk(b"data: {"))
    while not exchange.gone(0.02):
        exchange.socket.settimeout(P.PATIENCE)
        exchange.send(chunk(b" "))


ANTHROPICS = {"type": "error", "error": {"type": "overloaded_error",
                                         "message": SECRET}}
LIMITS = {"error": {"message": SECRET, "type": "rate_limit_error",
                    "param": None, "code": None}}


# ---- clients --------------------------------------------------------------

def pair(gateway, script):
    """Two models, one with a spare; one failure would open a breaker."""
    lines = "retry attempts=2 base=1ms max=2ms; breaker failures=1;"
    return Fleet(gateway, model("target main; fallback spare;", name="behind")
                 + model("target main;", name="alone"),
                 main=Member(script, lines), spare=good("Spare."))


def nobody_is_blamed(fleet, name, asked):
    """Neither counted as a failure nor taken up by anybody else."""
    assert until(lambda: gauges(fleet.g) == (0, 0))
    assert len(fleet.of("main")) == asked and not fleet.of("spare")
    assert state(fleet, f"main/{name}") == 0
    assert number(fleet.g, "agent_target_failed_attempts_total",
                  target=f"main/{name}") == 0


def leaves_before(gateway):
    fleet = pair(gateway, says(HANG))
    main = fleet.providers["main"]
    for asked, (name, streamed) in enumerate(
            [(name, streamed) for name in ("behind", "alone")
             for streamed in (False, True)], 1):
        main.left.clear()
        with fleet.g.connect() as client:
            client.send(fleet.g.chat_request(question(model=name,
                                                      stream=streamed)))
            assert main.wait(asked)
        assert main.left.wait(P.PATIENCE), "the provider goes on"
        nobody_is_blamed(fleet, name, asked)
    calls = fleet.g.access(4)
    assert {(call["http"], call["error"]) for call in calls} \
        == {("499", "client_gone")}


def leaves_in_between(gateway):
    """What was seen counts, once."""
    seen = sse(*SEEN, P.usage_chunk())
    fleet = pair(gateway, says(P.stream_head() + chunk(seen), HANG))
    main = fleet.providers["main"]
    for asked, name in enumerate(("behind", "alone"), 1):
        main.left.clear()
        with fleet.g.connect() as client:
            client.send(fleet.g.chat_request(question(model=name,
                                                      stream=True)))
            client.read_until(b"lo ")
        assert main.left.wait(P.PATIENCE), "the provider goes on"
        nobody_is_blamed(fleet, name, asked)
        for what in ("input", "output"):
            assert number(fleet.g, f"agent_tenant_{what}_tokens_total",
                          tenant="team") \
                == asked * P.USAGE[{"input": "prompt_tokens", "output":
                                    "completion_tokens"}[what]]


def reads_slowly(gateway):
    """Its provider is paused, not given up."""
    words = [delta(content=f"{i:06d}" * 200) for i in range(4000)]
    words.append(delta(finish="stop"))
    body = P.stream_head() + chunk(sse(*words, "[DONE]")) + LAST
    fleet = pair(Changed(gateway, lambda text: re.sub(
        r"(listen [\d.:]+);", r"\1 sndbuf=32k;", text, count=1)),
        says(body, KEEP))
    for asked, name in enumerate(("behind", "alone"), 1):
        with fleet.g.connect(receive_buffer=4096) as client:
            client.send(fleet.g.chat_request(question(model=name,
                                                      stream=True)))
            client.read_until(b"000000")
            assert until(lambda: gauges(fleet.g) == (1, 1))
            response = client.response()
        assert response.data() == words + ["[DONE]"]
        assert response.header("x-agent-attempts") == "1"
        nobody_is_blamed(fleet, name, asked)


# ---- the table ------------------------------------------------------------

FAULTS = [
    Breaks(11, "hang mid-stream", says(HANG), IDLE, failures=1,
           lines="timeout idle=150ms;"),
    Breaks(12, "reset mid-stream", breaks("resets"), BAD),
    Breaks(12, "FIN mid-stream", breaks("closes"), BAD),
    Breaks(12, "FIN inside an event", says(chunk(b"data: " + P.WORDS[3]
                                                 .encode())), BAD),
    Breaks(20, "stream EOF without finish_reason",
           breaks("ends without a finish reason"), BAD),
    Breaks(22, "error event mid-stream, OpenAI",
           breaks("sends an error event"), BROKEN),
    Breaks(22, "error event mid-stream, with a status",
           breaks("sends an overload"), BUSY),
    Breaks(22, "error event mid-stream, Anthropic", event(ANTHROPICS, "error"),
           BUSY),
    Breaks(22, "error event mid-stream, vLLM", breaks("sends vLLM's error"),
           BROKEN),
    Breaks(22, "error event mid-stream, a limit", event(LIMITS), RATE_LIMIT),
    Breaks(23, "malformed SSE JSON chunks in a row",
           breaks("sends three events that are no JSON"), BAD),
    Breaks(36, "slow trickle mid-stream", trickles_on, IDLE, failures=1,
           lines="timeout idle=150ms;"),
    Breaks(38, "giant SSE line mid-stream",
           breaks("sends an event past every cap"), BAD, failures=1),
    Breaks(38, "endless empty data lines mid-stream",
           lambda exchange: _endless(exchange, b"", chunk(b"data:\n" * 8192)),
           BAD, failures=1),
    Breaks(39, "bad chunk size mid-stream", breaks("sends a bad chunk size"),
           BAD),
    Special(44, "client disconnects before upstream", leaves_before),
    Special(45, "client disconnects mid-stream", leaves_in_between,
            ways=(STREAMED,)),
    Special(46, "slow client", reads_slowly, ways=(STREAMED,)),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault(fault, gateway, tmp_path):
    fault.play(gateway, tmp_path)
