"""The faults that a gateway must survive, by number, before anything went out.

A row's number and name are those of the page of faults.  Each is played as a
whole answer and as a stream, where that makes sense, with a healthy provider
behind it and with nobody: status, headers, body, how often who is asked, what
the error is called on the status page, and whether the breaker counts it.
What happens after the first content is in test_fault_table_streams.py.

Rows that are neither here nor there:

* 35 flap for 60 s: test_flapping.py
* 47 worker SIGKILL: test_lifecycle.py, test_breaker.py (its probe),
  test_bulkhead.py (its places), test_health_checks.py, test_shed.py
* 48 reload with streams: test_lifecycle.py, test_breaker.py, test_bulkhead.py
* 49 binary upgrade: nowhere yet
* 50 QUIT and TERM: test_lifecycle.py (QUIT; TERM nowhere yet)
* 51 Redis down, 52 slow, 53 restarted, 54 error replies, 55 garbage: there is
  no Redis yet
* 56 clock jump: time is an argument of src/core, and the clock monotonic:
  t/unit/core/test_ag_breaker_model.c, t/unit/core/test_ag_chain_model.c;
  windows of limits are yet to come
* 57 shared memory full: test_status.py (names become "other"); of limits yet
  to come
* 59 allocation failures: t/unit/core/test_ag_buf.c and the other units
* 60 disk full: test_passthrough.py (a body never reaches the disk)
* 61 herd at half-open: test_breaker.py, test_flapping.py
* 62 cache stampede: there is no cache yet
* 63 noisy tenant: limits are yet to come; test_bulkhead.py, test_shed.py
* 64 key rotation: test_lifecycle.py, test_keys.py
* 65 configuration error on reload: test_lifecycle.py
* 67 stuck worker: test_shed.py (its lag); a watchdog's counter is yet to come
* 70 log pipe blocked: nginx's own logs; nothing of ours is between

Parts of rows that are elsewhere: 4 "the last good address is kept", 5 other
addresses, 6 TLS 1.1: test_tls_names.py.  13-21, 37-41 more forms of each, for
one target: test_faults.py.  24 every split: test_stream.py.  27 every form of
a wait: test_retries.py, t/unit/core/test_ag_wait.c.  30 several keys:
test_keys.py.  12 a stream that is held back: test_buffer.py.
"""

import json
import pathlib
import re

import pytest

import certificates
import providers as P
from drills import number, state
from faults_scripts import (BAD, BROKEN, BUSY, CONNECT, FIRST_TOKEN, JSON,
                            LENGTH, NETWORK, POLICY, RATE_LIMIT, REFUSED_KEY,
                            STREAMED, TOTAL, TRICKLE, TRICKLE_WHOLE, WHOLE,
                            Answers, At, Changed, Fails, Special, by_way,
                            closes, in_a_200, mortal, named, with_message)
from fleets import (INVALID, NO_MONEY, QUICK, TOO_LONG, Fleet, Member, fails,
                    first_then, good, model, outcome, text_of)
from fleets import POLICY as REFUSAL
from gateway import question, until
from names import NXDOMAIN, SERVFAIL
from providers import (HANG, KEEP, LAST, chunk, head, says, sse, stream,
                       stream_head, whole)
from test_client import gauges
from test_faults import EITHER, STREAMED as STARTS, WHOLE as ANSWERS, broken

pytestmark = pytest.mark.smoke

SOON = "timeout first_token=150ms idle=150ms total=150ms;"


def either(name):
    return EITHER[name][0]


def answer(name):
    return {"script": ANSWERS[name][0], "ways": (WHOLE,)}


def start(name):
    return {"script": STARTS[name][0], "ways": (STREAMED,)}


# ---- providers that are more than a script --------------------------------

def at(make, lines=""):
    return lambda gateway, folder: (gateway.own(make()), lines, "")


def showing(*hosts, stranger=False, **kwargs):
    """A provider with a certificate, which must not get a request."""

    def place(gateway, folder):
        ours = certificates.Authority(folder)
        signs = certificates.Authority(folder, "stranger") if stranger \
            else ours
        provider = gateway.provider(
            P.speaks(), tls=signs.server_context(*hosts, **kwargs))
        return At(provider.url, provider), \
            f"tls ca={ours.path};", ""

    return place


def hanging_handshake(gateway, folder):
    ca = certificates.Authority(folder).path
    there = gateway.own(P.NeverAccepts())
    return At(there.url.replace("http:", "https:")), \
        f"tls ca={ca}; timeout connect=150ms;", ""


def rotating(gateway, folder):
    """Shows another certificate of the same authority each time."""
    ours = certificates.Authority(folder)

    def rotates(exchange):
        exchange.provider.tls = ours.server_context("127.0.0.1")
        P.speaks()(exchange)            # and closes

    provider = gateway.provider(rotates, tls=ours.server_context("127.0.0.1"))
    return At(provider.url), f"tls ca={ours.path};", ""


# ---- what they say --------------------------------------------------------

def limited(*headers):
    return broken(429, headers)


DATES = [("Date", "Wed, 21 Oct 2015 07:28:00 GMT"),
         ("Retry-After", "Wed, 21 Oct 2015 07:28:42 GMT")]

BARE = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1,
        "model": "m", "choices": P.CHAT["choices"]}

# Bytes of one stream as oddly as they may come
ODD = b"\xef\xbb\xbf: hello\r\n\r\n" + b"".join(
    sse(word, end=end) for word, end in zip(P.WORDS, ("\r\n", "\r", "\n") * 2)
) + sse("[DONE]")

POISON = {**P.CHAT, "model": "another-model", "id": "someone-elses",
          "usage": {"prompt_tokens": 10 ** 18, "completion_tokens": 10 ** 18,
                    "total_tokens": 2 * 10 ** 18}}

BOTH_LENGTHS = head(200, [JSON, ("Content-Length", "5"),
                          ("Transfer-Encoding", "chunked")]) \
    + chunk(json.dumps(P.CHAT).encode()) + LAST

BEHIND_END = whole() + whole({**P.CHAT, "id": "someone else's"})


def counts_no_usage(row, name, streamed):
    assert until(lambda: number(row.fleet.g, "agent_model_no_usage_total",
                                gen_ai_request_model=name) == row.calls)


def skips_events(row, name, streamed):
    assert row.metric(name, "malformed_events_total") == row.calls


def redials(row, name, streamed):
    """Each call but the first is sent twice."""
    assert row.asked(name) == 2 * row.calls - 1


def knows_both(row, name, streamed):
    assert {kind for _, kind in row.names.asked} == {1, 28}


def clamps_usage(row, name, streamed):
    """What one call may cost is bounded, whatever its provider says."""
    most = len(row.fleet.calls) * 10 ** 9
    for what in ("input", "output"):
        assert until(lambda: number(
            row.fleet.g, f"agent_tenant_{what}_tokens_total", tenant="team")
            == most)


# ---- drills ---------------------------------------------------------------

def prefill(gateway):
    """The fallback's own 400 says nothing of the failure before it."""
    fleet = Fleet(gateway, model("target main; fallback picky;"),
                  main=Member(fails(503), QUICK), picky=INVALID)
    for streamed in (False, True):
        response = fleet.ask(stream=streamed)
        assert outcome(response) == (503, "provider_unavailable")
        assert response.header("x-agent-provider") == "main"
        assert response.header("x-agent-attempts") == "4"
        assert b"what is that" not in response.body
    assert fleet.asked == (["main"] * 3 + ["picky"]) * 2


def fallback_used(gateway):
    """It names itself, and only its own usage is counted."""
    dear = says(whole({"error": {"message": "No."}, "usage": P.USAGE}, 500),
                KEEP)
    fleet = Fleet(gateway, model("target main; fallback spare/real;"),
                  main=Member(dear, QUICK), spare=good("Spare."))
    for calls, streamed in enumerate((False, True), 1):
        response = fleet.ask(stream=streamed)
        assert text_of(response) == "Spare."
        body = response.events()[0].json() if streamed else response.json()
        assert body["model"] == P.CHAT["model"]
        assert response.header("x-agent-model") == "real"
        assert response.header("x-agent-attempts") == "4"
        assert until(lambda: number(
            fleet.g, "agent_tenant_input_tokens_total", tenant="team")
            == calls * P.USAGE["prompt_tokens"])
        assert number(fleet.g, "agent_model_fallbacks_total",
                      gen_ai_request_model="gpt-test") == calls


def no_connections(gateway):
    """503 at once, nobody is blamed, and all is well when they are back."""
    lines = "retry attempts=2 base=1ms max=2ms; breaker failures=1;"
    few = Changed(gateway, lambda text: text.replace(
        "worker_connections 4096;", "worker_connections 48;"))
    fleet = Fleet(few, model("target main; fallback spare;"),
                  main=Member(closes(P.speaks()), lines), spare=good("Spare."))
    fleet.g.tolerate("worker_connections are not enough")
    clients, others = [fleet.g.connect() for _ in range(4)], []
    for n, client in enumerate(clients):        # they lack their last byte
        body = question(stream=n % 2 == 1)
        client.send(fleet.g.chat_request(body)[:-1])
    assert until(lambda: gauges(fleet.g)[0] == len(clients))

    def crowded():
        """Clients that have begun a request and do not go on."""
        for _ in range(20):
            others.append(fleet.g.connect().try_to_send(b"POST /v1/"))
        return len(set(re.findall(r"\] (\d+)#.*worker_connections are not",
                                  fleet.g.log()))) == 2

    assert until(crowded)
    try:
        for client in clients:
            # the next one is begun: an idle connection would make room
            response = client.send(b"}POST /v1/").response()
            assert outcome(response) == (503, "gateway_overloaded")
            assert response.header("x-should-retry") == "true"
            assert response.header("retry-after") == "1"
    finally:
        for other in others + clients:
            other.close()
    assert fleet.asked == []
    assert until(lambda: fleet.ask().status == 200)
    assert state(fleet) == 0


# ---- the table ------------------------------------------------------------

FAULTS = [
    Fails(1, "connection refused", None, NETWORK, place=at(P.Refuses)),
    Fails(1, "connection refused by all of 9 addresses", None, NETWORK,
          place=named([f"127.0.1.{n}" for n in range(1, 10)])),
    Fails(2, "SYN blackhole", None, CONNECT, failures=2,
          place=at(P.Blackhole, "timeout connect=150ms;")),
    Fails(3, "DNS NXDOMAIN", None, NETWORK, place=named(NXDOMAIN)),
    Fails(4, "DNS SERVFAIL", None, NETWORK, place=named(SERVFAIL)),
    Fails(5, "DNS answers private IP", None, NETWORK,
          place=named(["127.0.0.1"], "")),
    Fails(6, "TLS: expired", None, NETWORK,
          place=showing("127.0.0.1", expired=True)),
    Fails(6, "TLS: wrong host", None, NETWORK, place=showing("10.9.9.9")),
    Fails(6, "TLS: untrusted", None, NETWORK,
          place=showing("127.0.0.1", stranger=True)),
    Fails(6, "TLS: handshake hang", None, CONNECT, failures=2,
          place=hanging_handshake),
    Fails(7, "TCP reset before headers", either("resets before its headers"),
          NETWORK),
    Answers(8, "reused keepalive connection dies on send", mortal(),
            also=redials, apart=True),
    Fails(9, "accept, no response", says(HANG), TOTAL, FIRST_TOKEN,
          failures=1, lines="timeout first_token=150ms total=10s;",
          ways=(STREAMED,)),
    Fails(9, "accept, no response", says(HANG), TOTAL, failures=1,
          lines=SOON, ways=(WHOLE,)),
    Fails(10, "headers at once, first token late",
          says(stream_head() + chunk(sse(P.FIRST)), HANG), FIRST_TOKEN,
          failures=1, lines="timeout first_token=150ms;", ways=(STREAMED,)),
    Fails(12, "reset before the first content", says(
        stream_head() + chunk(sse(P.FIRST)), P.RESET), BAD, ways=(STREAMED,)),
    Fails(13, "200 with HTML", either("answers with HTML"), BAD),
    Fails(13, "200 with HTML that is called JSON",
          either("answers with HTML and calls it JSON"), BAD),
    Fails(14, "200 truncated JSON", wanted=BAD,
          **answer("sends half a JSON text")),
    Fails(14, "200 short of Content-Length", wanted=BAD,
          **answer("closes inside its body")),
    Fails(15, "200 with an error that has a status",
          in_a_200(code=503, type="error"), BUSY),
    Fails(15, "200 with an error that limits",
          in_a_200(code=429, type="error"), RATE_LIMIT),
    Fails(15, "200 with an error in words", broken(200), BROKEN,
          ways=(WHOLE,)),
    Fails(16, "200 empty choices", wanted=BAD, **answer("sends no choices")),
    Fails(16, "200 empty body", either("answers with nothing"), BAD),
    Fails(16, "empty stream", wanted=BAD, **start("streams nothing")),
    Answers(17, "200, content but no usage", by_way(
        P.chats(BARE), P.streams()), also=counts_no_usage),
    Fails(18, "field type drift", by_way(
        P.chats(with_message(content=7)),
        P.streams(P.FIRST, P.delta(content=7), P.delta(finish="stop"))), BAD),
    Answers(19, "complete stream without [DONE]", P.streams(done=False),
            ways=(STREAMED,)),
    Fails(20, "stream EOF without finish_reason or content",
          says(stream(P.FIRST, done=False), KEEP), BAD, ways=(STREAMED,)),
    Fails(21, "error event first in stream",
          says(stream(json.dumps({"error": {
              "message": "No.", "type": "overloaded_error"}})), KEEP), BUSY,
          ways=(STREAMED,)),
    Fails(21, "error event with a status first in stream",
          in_a_200(code=401, type="error"), REFUSED_KEY, ways=(STREAMED,),
          apart=True, rests=True),
    Answers(23, "malformed SSE JSON chunk, once",
            P.streams(*P.WORDS[:3], "{oops", *P.WORDS[3:]), ways=(STREAMED,),
            also=skips_events),
    Fails(23, "malformed SSE JSON chunks in a row", wanted=BAD,
          **start("streams JSON that is none")),
    Answers(24, "SSE split at every byte, every line end, BOM, comments",
            P.trickles(stream_head() + b"".join(
                chunk(ODD[i:i + 1]) for i in range(len(ODD))) + LAST),
            ways=(STREAMED,), calls=1),
    Fails(25, "429 Retry-After seconds", limited(("Retry-After", "7")),
          RATE_LIMIT, tries=1, rests=True, wait=7000),
    Fails(26, "429 Retry-After HTTP-date", limited(*DATES), RATE_LIMIT,
          tries=1, rests=True, wait=42000),
    Fails(27, "429 retry-after-ms", limited(("retry-after-ms", "2500.5")),
          RATE_LIMIT, tries=1, rests=True, wait=2501),
    Fails(27, "429 x-ratelimit-reset",
          limited(("x-ratelimit-reset-requests", "6m0s"),
                  ("x-ratelimit-remaining-requests", "0")), RATE_LIMIT,
          tries=1, rests=True, wait=360_000),
    Fails(28, "429 Retry-After 0", limited(("Retry-After", "0")), RATE_LIMIT),
    Fails(28, "429 Retry-After negative", limited(("Retry-After", "-5")),
          RATE_LIMIT),
    Fails(28, "429 Retry-After garbage", limited(("Retry-After", "soon")),
          RATE_LIMIT),
    Fails(28, "429 Retry-After 10^9", limited(("Retry-After", "1000000000")),
          RATE_LIMIT, tries=1, rests=True, wait=2_000_000_000),
    Fails(29, "429 with none, persistent", either("limits us, 429"),
          RATE_LIMIT),
    Fails(30, "insufficient_quota", NO_MONEY, REFUSED_KEY, apart=True,
          rests=True),
    Fails(30, "402", either("wants money, 402"), REFUSED_KEY, apart=True,
          rests=True),
    Fails(30, "401", either("refuses our key, 401"), REFUSED_KEY, apart=True,
          rests=True),
    Fails(30, "403", either("forbids, 403"), REFUSED_KEY, apart=True,
          rests=True),
    Fails(31, "400 context_length_exceeded", TOO_LONG, LENGTH),
    Fails(32, "400 content filter", REFUSAL, POLICY, falls=False),
    Fails(32, "400 content filter, fallback configured", REFUSAL, POLICY,
          on="on=content_policy"),
    Answers(33, "500 once", first_then(1, fails(500), P.speaks()),
            attempts=2, failed=1, failures=2, apart=True),
    Fails(34, "503 persistent", either("fails with 503"), BUSY),
    Fails(34, "529 persistent", either("fails with 529"), BUSY),
    Fails(34, "500 persistent", either("fails with 500"), BROKEN),
    Fails(36, "slow trickle", TRICKLE, FIRST_TOKEN, failures=1,
          lines="timeout first_token=150ms;", ways=(STREAMED,)),
    Fails(36, "slow trickle", TRICKLE_WHOLE, TOTAL, failures=1,
          lines="timeout total=150ms;", ways=(WHOLE,)),
    Fails(37, "oversize body", wanted=BAD, failures=1,
          **answer("sends more than 16 MiB")),
    Fails(38, "giant SSE line", wanted=BAD, failures=1,
          **start("sends a line without end")),
    Fails(38, "endless empty data lines", wanted=BAD, failures=1,
          **start("sends empty data lines without end")),
    Fails(39, "Content-Length too long", wanted=BAD,
          **answer("promises more bytes than it sends")),
    Fails(39, "Content-Length too short", wanted=BAD,
          **answer("sends more bytes than it promised")),
    Fails(39, "CL+TE", says(BOTH_LENGTHS, KEEP), BAD, ways=(WHOLE,)),
    Fails(39, "bad chunk size", wanted=BAD,
          **answer("sends a bad chunk size")),
    Answers(39, "extra bytes after end", says(BEHIND_END, KEEP),
            ways=(WHOLE,)),
    Fails(40, "1xx flood", either("sends interim answers for ever"), BAD),
    Fails(40, "101", either("switches protocols"), BAD),
    Fails(40, "204", either("answers 204"), BAD),
    Fails(40, "3xx", either("redirects, 307"), BAD),
    Answers(40, "a few 1xx", by_way(*[
        says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3 + body, KEEP)
        for body in (whole(), stream())])),
    Fails(41, "64 KiB+ headers", either("sends a header of 300 KB"), BAD),
    Fails(41, "5000 headers", either("sends 5,000 headers"), BAD),
    Fails(41, "header without end", either("sends a header without end"), BAD),
    Special(42, "fallback target rejects prefill", prefill),
    Special(43, "fallback used", fallback_used),
    Special(58, "worker_connections full", no_connections),
    Answers(66, "poisoned provider", P.chats(POISON), ways=(WHOLE,),
            also=clamps_usage),
    Answers(68, "IPv6 broken", None, place=named(["127.0.0.1"], six="::1"),
            also=knows_both),
    Answers(69, "provider certificate rotates mid-run", None, place=rotating),
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_fault(fault, gateway, tmp_path):
    fault.play(gateway, tmp_path)
    if isinstance(fault, Fails) and isinstance(fault.source, At):
        provider = fault.source.provider
        assert not (provider and provider.requests), "it got our key"
        if fault.number == 5:
            assert provider.connections == 0


def test_every_fault_is_in_a_table_or_it_is_said_where_else():
    import test_fault_table_streams as streams
    rows = {row.number for row in FAULTS + streams.FAULTS}
    said = {int(n) for line in re.findall(r"^\* (.*(?:\n  .*)*)", __doc__,
                                          re.M)
            for n in re.findall(r"(?:^|, )(\d+) ", line)}
    assert rows | said == set(range(1, 71))
    assert not rows & said
    root = pathlib.Path(__file__).parents[2]
    for name in re.findall(r"[\w/]*test_\w+\.(?:py|c)", __doc__):
        path = root / name if "/" in name else root / "t" / "http" / name
        assert path.exists(), name
