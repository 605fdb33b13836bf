"""The commit: until the first content a failure is ours to mend, and the
client sees one clean stream from one target; after it there is one error
event and nobody else is asked."""

import json

import pytest

import providers as P
import wire
from fleets import ONCE, QUICK, model
from providers import HANG, KEEP, RESET, says
from stages import Stage, answers, named, plain, streams
from test_responses import EVENTS as RESPONDED
from test_responses import RESPONSE
from test_sdk_anthropic import EVENTS as TOLD
from test_sdk_anthropic import MESSAGE

pytestmark = pytest.mark.smoke

# What no client may see: it is in everything that the first target says.
MARK = "FIRSTSAID"

SHORT = "timeout first_token=400ms idle=400ms;"


class Surface:

    def __init__(self, dialect, path, body, events, write, starts, said, end,
                 answer, error, heartbeat):
        """`starts` events are no content, `said` are; `end` ends a stream."""
        self.dialect, self.path, self.body = dialect, path, body
        self.write, self.starts, self.end = write, starts, end
        self.events, self.said = events, said
        self.answer, self.error = json.dumps(answer).encode(), error
        self.heartbeat = heartbeat
        self.good = self.write(*events) + self.last

    @property
    def last(self):
        return plain("[DONE]") if self.dialect == "openai" else b""

    def marked(self, count):
        """The first events as the first target says them."""
        return [self.write(e).replace(b"chatcmpl-1", MARK.encode())
                .replace(b"msg_1", MARK.encode())
                .replace(b"resp_1", MARK.encode())
                for e in self.events[:count]]


FAILED = {"message": f"{MARK} is overloaded", "type": "overloaded_error"}
CHAT_ERROR = json.dumps({"error": {**FAILED, "param": None, "code": None}})
TELL_ERROR = json.dumps({"type": "error", "error": FAILED})
RESPOND_ERROR = json.dumps({
    "type": "response.failed", "sequence_number": 4,
    "response": {**RESPONSE, "id": MARK, "status": "failed", "output": [],
                 "error": {"code": "server_error", "message": MARK}}})

ASK = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}

SURFACES = {
    "chat": Surface("openai", "chat/completions", ASK, P.WORDS, plain, 1,
                    3, "[DONE]", P.CHAT, CHAT_ERROR, b": keep-alive\n\n"),
    "messages": Surface("anthropic", "messages", ASK,
                        [e for e in TOLD if '"ping"' not in e], named, 1,
                        2, "message_stop", MESSAGE, TELL_ERROR,
                        b'event: ping\ndata: {"type":"ping"}\n\n'),
    "responses": Surface("responses", "responses", {"input": "Hi"}, RESPONDED,
                         named, 2, 3, "response.completed", RESPONSE,
                         RESPOND_ERROR, b": keep-alive\n\n"),
}

MEMBERS, MODELS = {}, ""
for _name, _s in SURFACES.items():
    _s.name = _name
    for _kind, _lines in (("main", ONCE), ("quiet", ONCE + SHORT),
                          ("idle", ONCE + "timeout idle=400ms;"),
                          ("spare", ONCE), ("twice", QUICK)):
        MEMBERS[f"{_kind}_{_name}"] = (_s.dialect, _lines)
    for _kind in ("main", "quiet", "idle", "twice"):
        MODELS += model(f"target {_kind}_{_name};", f"fallback spare_{_name};",
                        name=f"{_kind}-{_name}")
    MODELS += model(f"target main_{_name};", name=f"alone-{_name}")


@pytest.fixture(scope="module")
def calm(shared):
    return Stage(shared, MODELS, MEMBERS)


@pytest.fixture(params=SURFACES)
def surface(request):
    return SURFACES[request.param]


def begins(stage, s, first, kind="main", spare=None, **fields):
    """Asks for a stream whose first target plays `first`."""
    stage.plays(**{f"{kind}_{s.name}": first, f"spare_{s.name}":
                   spare or streams(s.good)})
    return stage.ask(s.path, {**s.body, "stream": True, **fields},
                     f"{kind}-{s.name}")


def is_clean(stage, s, response, kind="main"):
    """One stream, of the second target alone, byte for byte."""
    assert response.status == 200 and response.complete, response
    assert response.body == s.good
    assert response.header("content-type").startswith("text/event-stream")
    assert response.header("x-agent-provider") == f"spare_{s.name}"
    assert response.header("x-agent-attempts") == "2"
    assert response.header("x-agent-degraded") == "fallback"
    assert stage.asked == [f"{kind}_{s.name}", f"spare_{s.name}"]


def error_of(event, s):
    """The error of a stream's last event, in the client's dialect."""
    error = event.json()["error"]
    if s.dialect == "anthropic":
        assert event.name == "error" and event.json()["type"] == "error"
        assert set(error) == {"type", "message"}
    else:
        assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] and event.json()["request_id"]
    return error


def ends_with_one_error(response, s, seen):
    """What went out stays, one error event follows, and no end does."""
    assert response.status == 200 and response.complete, response
    assert response.body.startswith(seen)
    events = wire.events(response.body[len(seen):])
    assert len(events) == 1, events
    assert MARK.encode() not in response.body[len(seen):]
    assert s.end.encode() not in response.body
    return error_of(events[0], s)


# ---- before the commit ----------------------------------------------------

# What a first target may do instead of a stream: pieces made for a surface
BEGINNINGS = {
    "an error event": lambda s: streams(s.write(s.error)),
    "an error event after its start":
        lambda s: streams(*s.marked(s.starts), s.write(s.error)),
    "an empty stream": lambda s: streams(),
    "an empty body": lambda s: answers(b"", content_type="text/event-stream"),
    "comments alone": lambda s: streams(b": " + MARK.encode() + b"\n\n"),
    "its start alone": lambda s: streams(*s.marked(s.starts)),
    "HTML with 200": lambda s: answers(f"<html>{MARK}</html>".encode(),
                                       content_type="text/html"),
    "events that are called text":
        lambda s: answers(b"".join(s.marked(9)) + s.last,
                          content_type="text/plain"),
    "a whole answer": lambda s: answers(s.answer),
    "an error in a whole answer":
        lambda s: answers(s.error.encode() if s.name != "responses"
                          else json.dumps(json.loads(s.error)["response"])
                          .encode()),
    "an end before its content":
        lambda s: streams(*s.marked(s.starts), end=()),
    "a reset before its content":
        lambda s: streams(*s.marked(s.starts), end=(RESET,)),
    "half an event":
        lambda s: streams(*s.marked(s.starts), s.marked(s.starts + 3)[-1][:9]),
    "nonsense": lambda s: streams(*[plain("{" + MARK)] * 4),
    "204": lambda s: says(P.head(204), KEEP),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_a_stream_without_content_is_the_next_targets(name, surface, calm):
    response = begins(calm, surface, BEGINNINGS[name](surface))
    is_clean(calm, surface, response)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_silent_start_is_the_next_targets(count, surface, calm):
    count = min(count, surface.starts)
    silent = streams(*surface.marked(count), end=(HANG,))
    response = begins(calm, surface, silent, "quiet")
    is_clean(calm, surface, response, "quiet")
    assert calm.fleet.providers[f"quiet_{surface.name}"].left.wait(
        wire.PATIENCE), "the silent one is still connected"


def test_comments_do_not_put_off_the_first_token(surface, calm):
    def chatters(exchange):
        exchange.send(P.stream_head())
        while True:                     # until the gateway leaves
            exchange.send(P.chunk(b": still here\n\n"))
            exchange.socket.settimeout(0.05)
            try:
                if exchange.socket.recv(1) == b"":
                    return None
            except TimeoutError:
                pass

    is_clean(calm, surface, begins(calm, surface, chatters, "quiet"),
             "quiet")


def held_back(stage, s, first, last, spare=()):
    """The answer, and that nothing came of `first` until `last` did."""
    script = P.then(P.stream_head() + P.chunk(first), last)
    stage.plays(**{f"main_{s.name}": script, f"spare_{s.name}": list(spare)})
    with stage.g.connect() as client:
        stage.begin(client, s.path, {**s.body, "stream": True},
                    f"main-{s.name}")
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
        client.socket.settimeout(wire.PATIENCE)
        script.go_on.set()
        return client.response()


def test_headers_wait_for_the_first_content(surface, calm):
    first = surface.write(*surface.events[:surface.starts])
    response = held_back(calm, surface, first, says(
        P.chunk(surface.good[len(first):]) + P.LAST, KEEP))
    assert response.body == surface.good
    assert response.header("x-agent-provider") == f"main_{surface.name}"


# surface: events that say nothing yet, although more than its first ones
EMPTY = {"chat": [json.dumps({**json.loads(P.FIRST), "choices": []}), P.FIRST],
         "messages": TOLD[:3], "responses": RESPONDED[:4]}


def test_an_empty_beginning_of_a_text_is_no_content(surface, calm):
    """A block, an item or a part that was opened has said nothing yet."""
    response = held_back(
        calm, surface, surface.write(*EMPTY[surface.name]),
        says(P.chunk(surface.write(surface.error)) + P.LAST, KEEP),
        [streams(surface.good)])
    is_clean(calm, surface, response)


def test_content_goes_out_while_the_stream_goes_on(surface, calm):
    first = surface.write(*surface.events[:-1])
    script = P.then(P.stream_head() + P.chunk(first), says(
        P.chunk(surface.good[len(first):]) + P.LAST, KEEP))
    calm.plays(**{f"main_{surface.name}": script})
    with calm.g.connect() as client:
        calm.begin(client, surface.path, {**surface.body, "stream": True},
                   f"main-{surface.name}")
        client.read_until(first[-40:])
        script.go_on.set()
        assert client.response().body == surface.good


def test_without_another_target_the_error_is_no_stream(surface, calm):
    calm.plays(**{f"main_{surface.name}": streams(
        *surface.marked(surface.starts), surface.write(surface.error))})
    response = calm.ask(surface.path, {**surface.body, "stream": True},
                        f"alone-{surface.name}")
    assert response.status in (502, 503) and response.complete
    assert response.header("content-type").startswith("application/json")
    assert response.error["message"] and MARK.encode() not in response.body


def test_the_same_target_is_asked_again_before_the_commit(surface, calm):
    response = begins(calm, surface, [says(RESET), answers(b"{}", 503),
                                      streams(surface.good)], "twice")
    assert response.body == surface.good
    assert calm.asked == [f"twice_{surface.name}"] * 3
    assert response.header("x-agent-attempts") == "3"
    assert response.header("x-agent-degraded") is None


WHOLES = {
    "an error in a 200": BEGINNINGS["an error in a whole answer"],
    "HTML": BEGINNINGS["HTML with 200"],
    "nothing": lambda s: answers(b""),
    "half of it": lambda s: answers(s.answer[:-9]),
    "an empty object": lambda s: answers(b"{}"),
    "a stream": lambda s: streams(s.good),
}


@pytest.mark.parametrize("name", WHOLES)
def test_a_whole_answer_that_is_none_is_the_next_targets(name, surface, calm):
    calm.plays(**{f"main_{surface.name}": WHOLES[name](surface),
                  f"spare_{surface.name}": answers(surface.answer)})
    response = calm.ask(surface.path, surface.body, f"main-{surface.name}")
    assert (response.status, response.body) == (200, surface.answer)
    assert response.header("x-agent-provider") == f"spare_{surface.name}"
    assert response.header("x-agent-degraded") == "fallback"
    assert calm.asked == [f"main_{surface.name}", f"spare_{surface.name}"]


# ---- after the commit -----------------------------------------------------

ENDINGS = {
    "an error event": lambda s: says(P.chunk(s.write(s.error)) + P.LAST, KEEP),
    "an end of its chunks": lambda s: says(P.LAST, KEEP),
    "an end of its connection": lambda s: says(),
    "a reset": lambda s: says(RESET),
    "silence": lambda s: says(HANG),
    "nonsense": lambda s: says(P.chunk(plain(*["{" + MARK] * 4)), HANG),
    "half an event": lambda s: says(
        P.chunk(b"data: " + MARK.encode()) + P.LAST, KEEP),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_stream_that_has_begun_ends_with_one_error(name, surface, calm):
    seen = surface.write(*surface.events[:surface.starts + surface.said])
    script = P.then(P.stream_head() + P.chunk(seen), ENDINGS[name](surface))
    kind = "idle" if name == "silence" else "main"
    calm.plays(**{f"{kind}_{surface.name}": script})
    with calm.g.connect() as client:
        calm.begin(client, surface.path, {**surface.body, "stream": True},
                   f"{kind}-{surface.name}")
        client.read_until(seen[-30:])
        script.go_on.set()
        response = client.response()
    error = ends_with_one_error(response, surface, seen)
    assert error["type"] in ("server_error", "api_error", "overloaded_error",
                             "timeout_error")
    assert calm.asked == [f"{kind}_{surface.name}"]
