"""Streams that several clients asked for: all see what the provider has said
so far, each at its own pace and in its own form."""

import json
import socket
import threading

import h2.events
import pytest

import certificates
import providers as P
from caches import said
from drills import number
from fleets import fails, good
from flights import CHAT, TENANTS, Sky, is_from, told
from gateway import free_port, question, until
from limits import HOUSE
from providers import (KEEP, LAST, RESET, WORDS, chunk, delta, says, sse,
                       stream_head)
from test_client import TLS_SERVER, Http2
from wire import comments

BEGIN = stream_head() + chunk(sse(*WORDS[:2]))
REST = chunk(sse(*WORDS[2:], P.usage_chunk(), "[DONE]")) + LAST


@pytest.fixture(scope="module")
def skies(shared):
    """One worker, which all follow in, and little room in sockets."""
    return Sky(shared, TENANTS, 1, reuse="sndbuf=32k")


@pytest.fixture
def sky(skies):
    yield skies
    skies.over()


def paused(sky, last=says(REST, KEEP)):
    """The provider begins, and ends when the test says so."""
    script = P.then(BEGIN, last)
    stage = sky.plays(script, held=False)
    return script, stage


BODIES = {
    "chat": (CHAT, {}),
    "messages": ("/v1/messages", {"max_tokens": 50}),
    "responses": ("/v1/responses", None),
}


@pytest.mark.smoke
@pytest.mark.parametrize("surface", BODIES)
def test_all_see_what_was_said_before_the_provider_has_ended(surface, sky):
    script, stage = paused(sky)
    path, fields = BODIES[surface]
    body = question(sky.text, stream=True, **fields) if fields is not None \
        else {"model": "gpt-test", "input": sky.text, "stream": True}
    first = sky.lead(path=path, body=body)
    heads = []
    clients = [first]
    for _ in range(3):                  # later ones, too
        clients[-1].read_until(b"Hel")
        clients.append(sky.ask(path=path, body=body))
    for client in clients:
        client.read_until(b"Hel")
        assert b"lo " not in client.buffer
        heads.append(client.head())
    script.go_on.set()
    for client, head in zip(clients, heads):
        client.finish(head)
        assert head.complete and b"lo " in head.body
    assert len({head.body for head in heads}) == 1
    assert [head.header("x-agent-cache") for head in heads] \
        == ["miss"] + ["joined"] * 3
    assert {head.header("content-type").partition(";")[0]
            for head in heads} == {"text/event-stream"}
    assert stage.entered == 1


@pytest.mark.smoke
def test_who_reads_another_ones_stream_is_told_whose_it_is(sky):
    script, stage = paused(sky)
    first = sky.lead(stream=True)
    first.read_until(b"Hel")
    reader = sky.ask(stream=True)
    head = reader.head()
    script.go_on.set()
    assert is_from(head), head
    assert stage.entered == 1


@pytest.mark.smoke
@pytest.mark.parametrize("leader, follower", [
    (None, {"include_usage": True}), ({"include_usage": True}, None),
    ({"include_usage": True}, {"include_usage": True}),
    ({"include_usage": False}, None)])
def test_each_has_its_usage_reported_as_it_asked(leader, follower, sky):
    stage = sky.plays(good("One."))
    clients = [(sky.lead(stream=True, stream_options=leader), leader)]
    clients += [(client, follower) for client in sky.follow(
        3, stream=True, stream_options=follower)]
    stage.free()
    for client, options in clients:
        answer = client.response()
        assert answer.complete and answer.data()[-1] == "[DONE]"
        assert said(answer) == "One."
        asked = bool((options or {}).get("include_usage"))
        last = answer.events()[-2].json()
        assert (last["choices"] == []) == asked
        assert bool(last.get("usage")) == asked
        if asked:
            assert last["usage"]["total_tokens"] == 12
    assert stage.entered == 1


# ---- Slow readers ---------------------------------------------------------

MANY = [delta(content=f"{n:06d}" * 100) for n in range(8000)]   # 6 MB


@pytest.mark.smoke
@pytest.mark.parametrize("slow", ["who asked", "who waited"])
def test_a_slow_reader_holds_up_neither_the_provider_nor_the_others(slow,
                                                                    sky):
    ended = threading.Event()

    def talks(exchange):
        exchange.send(stream_head(), chunk(sse(*MANY)),
                      chunk(sse(delta(finish="stop"), "[DONE]")), LAST)
        ended.set()
        return KEEP

    stage = sky.plays(talks)
    connections = [sky.g.connect(receive_buffer=4096), sky.g.connect()]
    if slow == "who waited":
        connections.reverse()
    sky.lead(connections[0], stream=True)
    sky.ask(connections[1], stream=True)
    sky.has(2)
    late, quick = connections if slow == "who asked" else connections[::-1]
    stage.free()
    answer = quick.response()
    assert answer.complete and ended.wait(10)
    assert answer.data()[-1] == "[DONE]" and answer.data()[:-2] == MANY
    assert number(sky.g, "agent_calls_in_flight") == 1
    assert late.response().body == answer.body
    assert stage.entered == 1


# ---- Leaving and failing in the middle ------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("leave", ["close", "reset"])
def test_who_asked_may_leave_in_the_middle(leave, sky):
    script, stage = paused(sky)
    first = sky.lead(stream=True)
    first.read_until(b"Hel")
    reader = sky.ask(stream=True)
    reader.read_until(b"Hel")
    others = sky.follow(2)
    getattr(first, leave)()
    assert sky.g.get("/v1/models").status == 200
    others += sky.follow(1, stream=True)
    script.go_on.set()
    told([reader, *others], "Hello thére.")
    assert stage.entered == 1
    row = sky.row(first)
    assert row["error"] == "client_gone"
    assert row["completion_tokens"] == "3"
    assert sky.g.chat(question(sky.text)).header("x-agent-cache") == "hit"


@pytest.mark.smoke
@pytest.mark.parametrize("leave", ["its stream", "its connection"])
def test_an_http_2_client_may_leave_too(leave, gateway, tmp_path):
    authority = certificates.Authority(tmp_path)
    certificate, key = authority.issue("gateway", "localhost", "127.0.0.1")
    sky = Sky(gateway, TENANTS, 1, http=HOUSE + TLS_SERVER,
              secure=free_port(), certificate=certificate,
              certificate_key=key)
    script, stage = paused(sky)
    first = Http2(sky.g, authority.client_context())
    first.connection.socket.setsockopt(socket.IPPROTO_TCP,
                                       socket.TCP_NODELAY, 1)
    stream = first.ask(json.dumps(question(sky.text, stream=True)).encode())
    first.until(h2.events.DataReceived, stream)
    others = [sky.ask(stream=True), sky.ask()]
    sky.has(3)
    if leave == "its stream":
        first.h2.reset_stream(stream)
        first.flush()
    else:
        first.connection.close()
    assert sky.g.get("/v1/models").status == 200
    script.go_on.set()
    told(others, "Hello thére.")
    assert stage.entered == 1
    first.connection.close()
    sky.over()
    assert until(lambda: "client_gone" in {row["error"] for row
                                           in sky.g.access()})


@pytest.mark.smoke
def test_when_all_leave_in_the_middle_the_provider_is_left(sky):
    silent = threading.Event()

    def hangs(exchange):
        exchange.send(BEGIN)
        if exchange.gone():
            silent.set()

    sky.plays(hangs, held=False)
    clients = [sky.lead(stream=True)] + [sky.ask(stream=True)
                                         for _ in range(3)]
    for client in clients:
        client.read_until(b"Hel")
    for client in clients:
        assert not silent.is_set()
        client.close()
        assert sky.g.get("/v1/models").status == 200
    assert silent.wait(10), "the provider works for nobody"


@pytest.mark.smoke
@pytest.mark.parametrize("others_wait", [False, True])
def test_who_has_read_of_a_stream_that_fails_hears_so(others_wait, sky):
    """Who has read nothing of it waits for another one."""
    scripts = [P.then(BEGIN, says(RESET)), good("At last.")]
    go_on = scripts[0].go_on
    stage = sky.plays(lambda e: scripts.pop(0)(e), held=False)
    readers = [sky.lead(stream=True)]
    readers[0].read_until(b"Hel")
    readers += [sky.ask(stream=True) for _ in range(2)]
    for client in readers:
        client.read_until(b"Hel")
    others = sky.follow(3) if others_wait else []
    go_on.set()
    for client in readers:
        last = client.response().data()[-1]
        assert "invalid_provider_response" in last, last
    for client in others:
        assert said(client.response()) == "At last."
    assert stage.entered == 1 + others_wait
    sky.has(0)
    assert {row["error"] for row in sky.rows(readers)} == {"bad_response"}


# ---- Limits ---------------------------------------------------------------

@pytest.mark.smoke
def test_who_reads_another_ones_stream_pays_no_tokens(sky):
    script, stage = paused(sky)
    before = number(sky.g, "agent_tenant_saved_tokens_total",
                    tenant="counted")
    clients = [sky.lead(name="counted", stream=True)]
    clients += [sky.ask(name="counted", stream=True) for _ in range(19)]
    for client in clients:
        client.read_until(b"Hel")
    clients.pop().close()               # one leaves in the middle
    sky.has(19)
    script.go_on.set()
    for client in clients:
        assert said(client.response()) == "Hello thére."
    sky.has(0)
    sky.g.settles("counted", "tokens/1h", 12)
    assert sky.g.used("counted", "requests/1h") == 20
    assert stage.entered == 1
    assert number(sky.g, "agent_tenant_saved_tokens_total",
                  tenant="counted") == before + 12 * 18


@pytest.mark.smoke
def test_who_reads_another_ones_stream_pays_all_where_that_is_the_rule(
        gateway):
    sky = Sky(gateway, TENANTS, 1, rule="ttl=1h hit_cost=full")
    script, stage = paused(sky)
    clients = [sky.lead(name="counted", stream=True, max_tokens=20)]
    clients += [sky.ask(name="counted", stream=True, max_tokens=20)
                for _ in range(3)]
    for client in clients:
        client.read_until(b"Hel")
    script.go_on.set()
    for client in clients:
        assert said(client.response()) == "Hello thére."
    sky.over()
    sky.g.settles("counted", "tokens/1h", 12 * 4)
    assert stage.entered == 1


# ---- Heartbeats -----------------------------------------------------------

@pytest.mark.smoke
def test_who_waits_for_a_stream_hears_heartbeats(gateway):
    """Of an answer, an error, and an answer that another one has to get."""
    sky = Sky(gateway, TENANTS, 1, gateway="heartbeat=1s")
    acts = {"fine": [good("One.")],
            "wrong": [fails(400, message="No such role.")],
            "late": [fails(500), good("One.")]}
    stage = sky.plays(lambda e: acts[e.request.json()["user"]].pop(0)(e))
    first, others = {}, {}
    for name in acts:
        body = question(name, user=name)
        first[name] = sky.lead(body=body)
        others[name] = sky.follow(2, body={**body, "stream": True})
    for client in sum(others.values(), []):
        client.read_until(b"\n:")
    stage.free()
    assert [first[name].response().status for name in acts] == [200, 400, 502]
    for name, clients in others.items():
        for client in clients:
            answer = client.response()
            assert answer.status == 200 and answer.complete
            assert answer.header("x-agent-cache") == "joined"
            assert comments(answer.body)
            if name == "wrong":
                assert "No such role." in answer.data()[-1]
            else:
                assert said(answer) == "One." and answer.data()[-1] == "[DONE]"
    assert stage.entered == 4
    sky.over()
