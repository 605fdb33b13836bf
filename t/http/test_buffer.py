"""`buffer`: a stream is held back, so that one that is cut late can still be
answered by another target in full; what is larger than the buffer goes out."""

import json
import threading

import pytest

import providers as P
import wire
from fleets import model
from gateway import until
from providers import HANG, KEEP, RESET, delta, says
from stages import Stage, answers, plain, streams
from test_commit import ASK, MARK, MEMBERS, SURFACES, ends_with_one_error
from test_status import metrics, moves, value


KINDS = {"held": "buffer 64k;", "all": "buffer all;", "small": "buffer 1k;"}
MODELS = "".join(
    model(f"target {who}_{name};", f"fallback spare_{name};", lines,
          name=f"{kind}{also}-{name}")
    for name in SURFACES for kind, lines in KINDS.items()
    for who, also in (("main", ""), ("quiet", "-quiet"), ("twice", "-twice")))


@pytest.fixture(scope="module")
def stage(shared):
    return Stage(shared, MODELS, MEMBERS, gateway="heartbeat=1s")


@pytest.fixture(params=SURFACES)
def surface(request):
    return SURFACES[request.param]


def body_of(s, size, mark="text"):
    """The events of a stream of about so many bytes."""
    start, rest = s.events[:s.starts + s.said - 1], s.events[-1:]
    if s.name == "chat":
        words = [delta(content=f"{mark} {i} " + "é" * 100)
                 for i in range(size // 400)]
        rest = s.events[-1:]
    elif s.name == "messages":
        start, rest = s.events[:2], s.events[-3:]
        words = [json.dumps({"type": "content_block_delta", "index": 0,
                             "delta": {"type": "text_delta",
                                       "text": f"{mark} {i} " + "x" * 300}})
                 for i in range(size // 400)]
    else:
        start = s.events[:4]
        words = [json.dumps({"type": "response.output_text.delta",
                             "item_id": "msg_1", "output_index": 0,
                             "content_index": 0, "sequence_number": 9,
                             "delta": f"{mark} {i} " + "x" * 300})
                 for i in range(size // 450)]
    events = [s.write(e) for e in [*start, *words, *rest]]
    return [*events, s.last] if s.last else events


def ask(stage, s, kind, first, spare, headers=()):
    who = {"quiet": "quiet", "twice": "twice"}.get(kind.partition("-")[2],
                                                   "main")
    stage.plays(**{f"{who}_{s.name}": first, f"spare_{s.name}": spare})
    return stage.ask(s.path, {**s.body, "stream": True}, f"{kind}-{s.name}",
                     headers=headers)


CUTS = {
    "an end": (P.LAST, KEEP), "a closed connection": (), "a reset": (RESET,),
    "silence": (HANG,), "nonsense": (P.chunk(plain(*["{oops"] * 4)), HANG),
    "an error event": None,
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind, size", [("all", 300_000), ("held", 50_000)])
def test_a_stream_that_is_cut_late_is_answered_in_full(kind, size, cut,
                                                       surface, stage):
    first, good = body_of(surface, size, MARK), body_of(surface, size)
    ending = CUTS[cut] or (P.chunk(surface.write(surface.error)) + P.LAST,
                           KEEP)
    last = -2 if surface.name == "chat" else -1     # finished: not cut
    kind += "-quiet" * (cut == "silence")
    response = ask(stage, surface, kind, streams(*first[:last], end=ending),
                   streams(*good))
    assert response.status == 200 and response.complete
    assert response.body.replace(surface.heartbeat, b"") == b"".join(good)
    assert [name.partition("_")[0] for name in stage.asked] \
        == ["quiet" if cut == "silence" else "main", "spare"]
    if surface.heartbeat not in response.body:
        assert response.header("x-agent-provider") == f"spare_{surface.name}"
        assert response.header("x-agent-degraded") == "fallback"


def test_the_same_target_may_mend_it(surface, stage):
    good = body_of(surface, 40_000)
    response = ask(stage, surface, "all-twice", [
        answers(b"{}", 503), streams(*good)], [])
    assert response.body == b"".join(good)
    assert stage.asked == [f"twice_{surface.name}"] * 2
    assert response.header("x-agent-degraded") is None


@pytest.mark.parametrize("kind, size", [("all", 500_000), ("held", 30_000),
                                        ("small", 400), ("held", 200_000)])
def test_a_whole_stream_comes_byte_for_byte(kind, size, surface, stage):
    good = body_of(surface, size)
    response = ask(stage, surface, kind, streams(*good), [])
    assert response.body.replace(surface.heartbeat, b"") == b"".join(good)
    assert response.complete
    assert stage.asked == [f"main_{surface.name}"]


@pytest.mark.parametrize("kind, size", [("held", 90_000), ("small", 9_000)])
def test_more_than_the_buffer_goes_out_and_is_too_late(kind, size, surface,
                                                       stage):
    seen = b"".join(body_of(surface, size)[:-4])
    script = P.then(P.stream_head() + P.chunk(seen), says(RESET))
    stage.plays(**{f"main_{surface.name}": script})
    with stage.g.connect() as client:
        stage.begin(client, surface.path, {**surface.body, "stream": True},
                    f"{kind}-{surface.name}")
        client.read_until(seen[-30:])
        script.go_on.set()
        response = client.response()
    ends_with_one_error(response, surface, seen)
    assert stage.asked == [f"main_{surface.name}"]


@pytest.mark.parametrize("kind, size", [("held", 40_000), ("all", 200_000)])
def test_nothing_goes_out_while_the_buffer_is_not_full(kind, size, stage):
    s = SURFACES["chat"]
    good = body_of(s, size)
    script = P.then(P.stream_head() + P.chunk(b"".join(good[:-2])), says(
        P.chunk(b"".join(good[-2:])) + P.LAST, KEEP))
    stage.plays(main_chat=script)
    with stage.g.connect() as client:
        stage.begin(client, s.path, {**s.body, "stream": True},
                    f"{kind}-chat")
        client.read_until(s.heartbeat)      # all that comes in a second
        assert b"text 0" not in client.buffer
        script.go_on.set()
        response = client.response()
    assert response.body.startswith(s.heartbeat)
    assert response.body.replace(s.heartbeat, b"") == b"".join(good)


def test_nobody_is_left_and_the_error_is_no_stream(stage):
    s = SURFACES["chat"]
    cut = streams(*body_of(s, 100_000, MARK)[:-2])
    response = ask(stage, s, "all", cut, cut)
    if response.status == 200:              # a slow machine: a heartbeat
        assert response.events()[-1].json()["error"]["code"]
    else:
        assert response.status == 502
        assert response.error["code"] == "invalid_provider_response"
    assert MARK.encode() not in response.body
    assert stage.asked == ["main_chat", "spare_chat"]


def test_a_buffer_does_not_hold_what_is_not_streamed(stage):
    stage.plays(main_chat=answers(P.CHAT))
    response = stage.ask("chat/completions", ASK, "all-chat")
    assert response.json() == P.CHAT


# ---- how much -------------------------------------------------------------

def test_more_than_an_answer_may_hold_is_given_up(stage):
    """Sixteen megabytes are the most, of `buffer all` too."""
    s, sent = SURFACES["chat"], []
    piece = P.chunk(plain(delta(content="x" * 500_000)))

    def endless(exchange):
        exchange.send(P.stream_head())
        while True:                     # ends with an error: gateway left
            exchange.send(piece)
            sent.append(len(piece))
            assert sum(sent) < 60_000_000, "the gateway takes everything"

    good = body_of(s, 30_000)
    response = ask(stage, s, "all", endless, streams(*good))
    assert response.body.replace(s.heartbeat, b"") == b"".join(good)
    assert stage.asked == ["main_chat", "spare_chat"]


def test_a_client_that_reads_slowly_holds_up_its_provider(stage):
    """Behind the commit the buffer is no bound any more, 64 KiB are."""
    s, count = SURFACES["chat"], 600
    piece = plain(delta(content="x" * 50_000))
    ended, sent = threading.Event(), [0]

    def floods(exchange):
        exchange.send(P.stream_head())
        for _ in range(count):
            exchange.send(P.chunk(piece))
            sent[0] += 1
        exchange.send(P.chunk(plain(P.WORDS[-1], "[DONE]")) + P.LAST)
        ended.set()
        return KEEP

    def stands_still():
        before = sent[0]
        ended.wait(0.3)
        return before == sent[0] or ended.is_set()

    stage.plays(main_chat=floods)
    with stage.g.connect(receive_buffer=65536) as client:
        stage.begin(client, s.path, {**s.body, "stream": True}, "held-chat")
        assert client.head().status == 200
        assert until(stands_still)
        assert not ended.is_set() and sent[0] < count * 2 / 3
        body = bytearray(client.buffer)
        while not body.endswith(P.LAST):
            got = client.socket.recv(1 << 20)
            assert got, bytes(body[-200:])
            body += got
    assert body.count(b"x" * 500) == count * 100
    assert b"[DONE]" in body[-100:] and b"error" not in body


# ---- what is counted ------------------------------------------------------

def usage(*tokens):
    return P.usage_chunk({"prompt_tokens": tokens[0],
                          "completion_tokens": tokens[1],
                          "total_tokens": sum(tokens)})


def test_the_winners_usage_is_counted_once(stage):
    s = SURFACES["chat"]
    bad = [*body_of(s, 9_000)[:-2], plain(usage(1000, 500))]
    good = [*body_of(s, 9_000)[:-1], plain(usage(21, 8)), s.last]
    before = metrics(stage.g)
    calls = len(stage.g.access(0))
    response = ask(stage, s, "all", streams(*bad), streams(*good))
    assert response.status == 200
    call = stage.g.access(calls + 1)[-1]
    assert (call["prompt_tokens"], call["completion_tokens"]) == ("21", "8")
    assert (call["provider"], call["attempts"]) == ("spare_chat", "2")
    moved = moves(before, metrics(stage.g))
    assert moved["agent_tenant_input_tokens_total{'tenant': 'team'}"] == 21
    assert moved["agent_tenant_output_tokens_total{'tenant': 'team'}"] == 8
    assert moved["agent_tenant_calls_total{'tenant': 'team'}"] == 1
    assert "agent_tenant_failed_calls_total{'tenant': 'team'}" not in moved
    assert moved["agent_model_fallbacks_total"
                 "{'gen_ai_request_model': 'all-chat'}"] == 1


def test_the_usage_of_messages_is_the_winners_too(stage):
    s = SURFACES["messages"]
    first, good = body_of(s, 9_000, MARK), body_of(s, 9_000)
    first[0] = first[0].replace(b'"input_tokens": 12', b'"input_tokens": 999')
    calls = len(stage.g.access(0))
    ask(stage, s, "all", streams(*first[:-3]), streams(*good))
    call = stage.g.access(calls + 1)[-1]
    assert (call["prompt_tokens"], call["completion_tokens"]) == ("17", "30")
    assert call["cached_tokens"] == "5"


def test_the_first_token_is_that_of_the_answer_that_went_out(stage):
    """From the call's begin, the time that the first target wasted too."""
    s = SURFACES["chat"]
    calls = len(stage.g.access(0))
    response = ask(stage, s, "held-quiet", says(P.stream_head(), HANG),
                   streams(*body_of(s, 9_000)))
    assert response.status == 200
    call = stage.g.access(calls + 1)[-1]
    assert float(call["time_to_first_token"]) >= 0.35
    assert value(stage.g, "gen_ai_server_time_to_first_token_seconds_count",
                 gen_ai_request_model="held-quiet-chat") >= 1


def test_open_streams_are_closed_again(stage):
    assert until(lambda: value(stage.g, "agent_streams_open") == 0)
    assert value(stage.g, "agent_calls_in_flight") == 0


def test_a_client_that_leaves_a_held_stream_ends_it(stage):
    script = P.then(P.stream_head() + P.chunk(plain(*P.WORDS[:3])), says(HANG))
    script.go_on.set()
    stage.plays(main_chat=script)
    left = stage.fleet.providers["main_chat"].left
    left.clear()
    asked = len(stage.fleet.providers["main_chat"].requests)
    with stage.g.connect() as client:
        stage.begin(client, "chat/completions", {**ASK, "stream": True},
                    "all-chat")
        assert stage.fleet.providers["main_chat"].wait(asked + 1)
        client.reset()
    assert left.wait(wire.PATIENCE), "the provider is still connected"
    assert stage.asked == ["main_chat"]
