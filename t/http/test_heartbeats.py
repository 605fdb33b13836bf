"""Heartbeats open a stream before anybody has said a word: whoever answers
then, the client sees one stream, or one error in its own dialect."""

import pytest

import providers as P
import wire
from providers import KEEP, RESET, says
from stages import Stage, answers, streams
from test_commit import ENDINGS, MARK, MEMBERS, MODELS, SURFACES, error_of

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def beating(shared):
    return Stage(shared, MODELS, MEMBERS, gateway="heartbeat=1s")


@pytest.fixture(params=SURFACES)
def surface(request):
    return SURFACES[request.param]


def beaten(stage, s, first, kind="main", spare=(), begun=True):
    """Asks, and lets `first` end once the client has seen a heartbeat."""
    start = P.stream_head() + P.chunk(b"".join(s.marked(s.starts)))
    script = P.then(start if begun else b"", first)
    stage.plays(**{f"{kind}_{s.name}": [script, *spare],
                   f"spare_{s.name}": list(spare)})
    with stage.g.connect() as client:
        stage.begin(client, s.path, {**s.body, "stream": True},
                    f"{kind}-{s.name}")
        head = client.head()
        while s.heartbeat not in client.buffer:
            assert client.more(), client.buffer
        script.go_on.set()
        client.finish(head)
    assert head.status == 200 and head.complete, head
    assert head.body.startswith(s.heartbeat)
    return head


FAILURES = {
    "an error event": ENDINGS["an error event"],
    "an end": ENDINGS["an end of its chunks"],
    "a reset": ENDINGS["a reset"],
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_fallback_goes_on_in_a_stream_that_heartbeats_opened(
        name, surface, beating):
    response = beaten(beating, surface, FAILURES[name](surface),
                      spare=[streams(surface.good)])
    assert response.body.replace(surface.heartbeat, b"") == surface.good
    assert response.header("x-agent-provider") == f"main_{surface.name}"
    assert beating.asked == [f"main_{surface.name}", f"spare_{surface.name}"]


def test_a_retry_goes_on_in_a_stream_that_heartbeats_opened(surface, beating):
    response = beaten(beating, surface, says(RESET), "twice",
                      [streams(surface.good)], begun=False)
    assert response.body.replace(surface.heartbeat, b"") == surface.good
    assert beating.asked == [f"twice_{surface.name}"] * 2


def test_when_all_fail_behind_heartbeats_there_is_one_error(surface, beating):
    response = beaten(beating, surface, says(RESET), spare=[
        answers({"error": {"message": MARK, "type": "x"}}, 503)])
    body = response.body
    while body.startswith(surface.heartbeat):
        body = body[len(surface.heartbeat):]
    events = wire.events(body)
    assert len(events) == 1, events
    error = error_of(events[0], surface)
    assert error["type"] == ("overloaded_error"
                             if surface.dialect == "anthropic"
                             else "server_error")
    if surface.dialect != "anthropic":
        assert error["code"] == "provider_unavailable"
    assert MARK.encode() not in body and surface.end.encode() not in body
    assert beating.asked == [f"main_{surface.name}", f"spare_{surface.name}"]


def test_heartbeats_go_on_while_the_next_target_thinks(surface, beating):
    """Each of the two lets the client see one before it goes on."""
    last = P.then(P.stream_head(), says(P.chunk(surface.good) + P.LAST, KEEP))
    first = P.then(P.stream_head(), says(RESET))
    beating.plays(**{f"main_{surface.name}": first,
                     f"spare_{surface.name}": last})
    with beating.g.connect() as client:
        beating.begin(client, surface.path, {**surface.body, "stream": True},
                      f"main-{surface.name}")
        head = client.head()
        for script in (first, last):
            beats = client.buffer.count(surface.heartbeat)
            while client.buffer.count(surface.heartbeat) <= beats:
                assert client.more(), client.buffer
            script.go_on.set()
        client.finish(head)
    assert head.complete
    assert head.body.count(surface.heartbeat) >= 2
    assert head.body.replace(surface.heartbeat, b"") == surface.good
