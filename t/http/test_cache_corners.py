"""Where flights of the cache go wrong: streams that end late, break or are
too long while others read them, clients that read slowly, leave or have no
time."""

import concurrent.futures
import json
import threading
import time

import pytest

import providers as P
from caches import answers, control, said
from drills import number
from fleets import fails, good
from flights import MODELS, TENANTS, Sky, failed, told
from gateway import question, until
from limits import tenant
from providers import (KEEP, LAST, WORDS, chunk, delta, says, sse, stream,
                       stream_head)
from test_cache_flight_limits import within
from test_cache_flights import of_kind
from wire import PATIENCE

MORE = MODELS + """
    agent_model old { target main/gpt-upstream;
                      cache ttl=1s stale_if_error=1h; }
    agent_model soon { target main/gpt-upstream;
                       cache ttl=1s stale_while_revalidate=1h; }
    agent_model json { target main/gpt-upstream; validate json;
                       cache ttl=1h; }
    agent_model world { target main/gpt-upstream; cache ttl=1h;
                        cache_scope global; }
"""

CUT = tenant("cut", "limit tokens=2000 per=1h;", "cut on;")


@pytest.fixture(scope="module")
def skies(shared):
    """One worker, which all follow in, little room in sockets, and nothing
    that wakes a call now and then."""
    return Sky(shared, TENANTS + CUT, 1, models=MORE, reuse="sndbuf=32k",
               gateway="heartbeat=off")


@pytest.fixture
def sky(skies):
    worker = skies.g.workers()
    yield skies
    skies.over()
    assert skies.g.workers() == worker, "the worker has died"


@pytest.fixture(scope="module")
def aged(skies):
    """Questions whose answers are over a second old."""
    texts = {}
    for name, model in (("refresh", "soon"), ("break", "old"),
                        ("age", "old")):
        skies.plays(good("First."), held=False)
        body = question(skies.text, model=model)
        assert said(skies.g.chat(body)) == "First."
        texts[name] = skies.text
    time.sleep(1.1)
    return texts


class Steps:
    """A provider that says one part more whenever it is told to."""

    def __init__(self, *parts):
        self.parts, self.over = parts, threading.Event()
        self.turns = threading.Semaphore(0)

    def __call__(self, exchange):
        try:
            for part in self.parts:
                assert self.turns.acquire(timeout=PATIENCE), "nobody goes on"
                exchange.send(part)
        finally:
            self.over.set()
        return KEEP

    def go(self):
        self.turns.release()


BEGIN = stream_head() + chunk(sse(*WORDS[:2]))
REST = chunk(sse(*WORDS[2:], P.usage_chunk(), "[DONE]"))


def slow(sky):
    """A connection that takes in little at once."""
    return sky.g.connect(receive_buffer=4096)


def whole_stream(client):
    """Reads an answer of any length."""
    answer, parts = client.head(), []
    while piece := client.chunk():
        parts.append(piece)
    answer.body, answer.complete = b"".join(parts), piece == b""
    return answer


def broken(answer, code="invalid_provider_response"):
    """Ends with that error as its last event; gives what came before."""
    assert answer.status == 200 and answer.complete, answer
    *data, last = answer.data()
    assert json.loads(last)["error"]["code"] == code
    return data


# ---- A provider that ends its answer late ---------------------------------

def goes_on(sky, text, model="gpt-test"):
    """The answer is there, and others are got."""
    hit = sky.g.chat(question(sky.text, model=model))
    assert (said(hit), hit.header("x-agent-cache")) == (text, "hit")
    for streamed in (False, True):
        sky.plays(good("Next."), held=False)
        assert said(sky.g.chat(question(sky.text, stream=streamed))) \
            == "Next."


@pytest.mark.smoke
def test_a_late_end_harms_nobody_when_who_asked_has_left(sky):
    """[DONE] is the end for clients; that of HTTP comes behind it."""
    script = Steps(BEGIN, REST, LAST)
    stage = sky.plays(script, held=False)
    first = sky.lead(stream=True)
    script.go()
    reader = sky.ask(stream=True)
    for client in (first, reader):
        client.read_until(b"Hel")
    others = sky.follow(2)
    first.close()
    assert sky.g.get("/v1/models").status == 200
    script.go()
    told([reader, *others], "Hello thére.")
    sky.has(0)
    script.go()
    assert script.over.wait(PATIENCE)
    assert stage.entered == 1
    goes_on(sky, "Hello thére.")


@pytest.mark.smoke
def test_a_late_end_harms_nobody_when_an_old_answer_is_asked_again(sky, aged):
    script = Steps(BEGIN, REST, LAST)
    stage = sky.plays(script, held=False)
    sky.text = aged["refresh"]
    answer = sky.g.chat(question(sky.text, model="soon", stream=True))
    assert (said(answer), answer.header("x-agent-cache")) \
        == ("First.", "stale")
    script.go()
    script.go()
    sky.has(0)
    script.go()
    assert script.over.wait(PATIENCE)
    assert stage.entered == 1
    stage.answer = good("Too many.")
    text = said(sky.g.chat(question(sky.text, model="soon")))
    assert text == "Hello thére."
    sky.has(0)
    sky.plays(good("Next."), held=False)
    assert said(sky.g.chat(question(sky.text))) == "Next."


@pytest.mark.smoke
def test_who_asks_again_behind_a_clients_back_does_not_hold_up_a_quit(
        gateway):
    sky = Sky(gateway, TENANTS, 1, shutdown="1s",
              rule="ttl=1s stale_while_revalidate=1h")
    stage = sky.plays(good("One."), held=False)
    body = question(sky.text)
    assert said(sky.g.chat(body)) == "One."
    stage.hold()
    assert until(lambda: sky.g.chat(body).header("x-agent-cache") == "stale")
    stage.wait(1)
    sky.g.quit()
    sky.g.process.wait(10)              # its provider would take a minute
    stage.free()


# ---- Streams that are too long --------------------------------------------

LONG = [delta(content=f"{n:06d}" * 10_000) for n in range(300)]     # 18 MB


@pytest.mark.smoke
def test_a_stream_that_is_too_long_to_share_is_told_to_who_asked(sky):
    """The others that read it hear that it ends for them, where an event
    ends."""
    script = Steps(BEGIN, b"".join(chunk(sse(event)) for event in LONG), REST,
                   LAST)
    stage = sky.plays(script, held=False)
    first = sky.lead(stream=True)
    script.go()
    quick = sky.ask(stream=True)
    late = sky.ask(slow(sky), stream=True)
    for client in (first, quick, late):
        client.read_until(b"Hel")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        reads = [pool.submit(whole_stream, client)
                 for client in (first, quick)]
        for _ in range(3):
            script.go()
        answer, other = (read.result() for read in reads)
    assert answer.complete and answer.data() \
        == WORDS[:2] + LONG + WORDS[2:] + ["[DONE]"]
    for other in (other, whole_stream(late)):
        data = broken(other)
        assert data == answer.data()[:len(data)]
        assert other.header("x-agent-cache") == "joined"
    assert stage.entered == 1
    stage.answer = good("Short.")
    later = sky.g.chat(question(sky.text))
    assert (said(later), later.header("x-agent-cache")) == ("Short.", "miss")


# ---- Streams that break ---------------------------------------------------

@pytest.mark.smoke
def test_no_old_answer_is_told_behind_the_beginning_of_a_new_one(sky, aged):
    """Who has read nothing yet gets the old one."""
    script = Steps(BEGIN, b"no chunk\r\n")
    scripts = [script, fails(500)]
    stage = sky.plays(lambda e: scripts.pop(0)(e), held=False)
    sky.text = aged["break"]
    readers = [sky.lead(stream=True, model="old")]
    script.go()
    readers += [sky.ask(stream=True, model="old") for _ in range(2)]
    for client in readers:
        client.read_until(b"Hel")
    other = sky.follow(1, model="old")[0]
    script.go()
    for client in readers:
        assert broken(client.response()) == WORDS[:2]
    old = other.response()
    assert (said(old), old.header("x-agent-cache")) == ("First.", "stale")
    assert stage.entered == 2


LARGE = [delta(content=f"{n:06d}" * 10_000) for n in range(12)]


@pytest.mark.smoke
@pytest.mark.parametrize("others", [0, 2])
def test_an_error_stands_behind_an_event_not_in_it(others, sky):
    """Events of 60 KB, clients that read slowly, and no end."""
    stage = sky.plays(says(stream_head() + b"".join(
        chunk(sse(event)) for event in LARGE)))
    clients = [sky.lead(slow(sky), stream=True)]
    clients += [sky.ask(slow(sky), stream=True) for _ in range(others)]
    sky.has(1 + others)
    stage.free()
    for client in clients:
        assert broken(whole_stream(client)) == LARGE
    assert stage.entered == 1


@pytest.mark.smoke
def test_nobody_waits_until_a_slow_client_has_read_that_it_failed(sky):
    scripts = [says(stream_head() + b"".join(
        chunk(sse(event)) for event in LARGE)), good("At last.")]
    stage = sky.plays(lambda e: scripts.pop(0)(e))
    first = sky.lead(slow(sky), stream=True)
    other = sky.follow(1)[0]
    stage.free()
    assert said(other.response()) == "At last."
    assert number(sky.g, "agent_calls_in_flight") == 1
    assert broken(whole_stream(first)) == LARGE
    assert stage.entered == 2


# ---- Clients that read slowly ---------------------------------------------

SOME = [delta(content=f"{n:06d}" * 1000) for n in range(50)]    # 300 KB


@pytest.mark.smoke
@pytest.mark.parametrize("leaves", ["who asked", "who waited"])
def test_who_leaves_a_stream_that_is_complete_is_gone(leaves, sky):
    stage = sky.plays(says(stream(*SOME, delta(finish="stop")), KEEP))
    pair = [sky.lead(slow(sky), stream=True)]
    pair.append(sky.ask(slow(sky), stream=True))
    sky.has(2)
    stage.free()
    assert until(lambda: number(sky.g, "agent_cache_flights") == sky.flights)
    assert number(sky.g, "agent_calls_in_flight") == 2
    gone, stays = pair if leaves == "who asked" else pair[::-1]
    gone.close()
    sky.has(1)
    answer = stays.response()
    assert answer.complete
    assert answer.data() == SOME + [delta(finish="stop"), "[DONE]"]
    sky.has(0)
    assert stage.entered == 1


MUCH = [delta(content=f"{n:06d}" * 1000) for n in range(1000)]  # 6 MB


@pytest.mark.smoke
def test_a_slow_client_alone_pauses_its_provider_until_another_comes(sky):
    ended = threading.Event()

    def talks(exchange):
        exchange.socket.setsockopt(P.socket.SOL_SOCKET, P.socket.SO_SNDBUF,
                                   65536)
        exchange.send(stream_head(), *[chunk(sse(event)) for event in MUCH],
                      REST + LAST)
        ended.set()
        return KEEP

    stage = sky.plays(talks, held=False)
    late = sky.lead(slow(sky), stream=True)
    assert not ended.wait(0.5), "the gateway has taken in all of it"
    answer = whole_stream(sky.ask(stream=True))
    assert ended.is_set() and answer.complete
    assert answer.data() == MUCH + WORDS[2:] + ["[DONE]"]
    assert number(sky.g, "agent_calls_in_flight") == 1
    assert whole_stream(late).body == answer.body
    assert stage.entered == 1


# ---- Whose time is up, and who is cut off ---------------------------------

@pytest.mark.smoke
def test_who_asked_may_run_out_of_time_in_the_middle(sky):
    script = Steps(BEGIN, REST + LAST)
    stage = sky.plays(script, held=False)
    first = sky.lead(stream=True, headers=within(1000))
    readers = sky.follow(2, stream=True)
    others = sky.follow(1)
    script.go()
    for client in (first, *readers):
        client.read_until(b"Hel")
    assert broken(first.response(), "provider_timeout") == WORDS[:2]
    script.go()
    told(readers + others, "Hello thére.")
    assert stage.entered == 1
    assert sky.row(first)["error"] == "timeout_total"
    assert sky.g.chat(question(sky.text)).header("x-agent-cache") == "hit"


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_who_asked_may_run_out_of_time_before_the_beginning(streamed, sky):
    stage = sky.plays()
    first = sky.lead(stream=streamed, headers=within(500))
    others = sky.follow(2) + sky.follow(2, stream=True)
    failed(first, 504, "provider_timeout")
    stage.free()
    seen = [client.response() for client in others]
    assert all(answer.complete for answer in seen)
    assert len({said(answer) for answer in seen}) == 1
    assert sum(answer.header("x-agent-cache") != "joined"
               for answer in seen) <= 1
    assert stage.entered == 1


@pytest.mark.smoke
def test_a_tenant_that_is_cut_off_cuts_off_nobody_else(sky):
    babble = [delta(content="house mouse ")] * 3000
    stage = sky.plays(says(stream(*babble, delta(finish="stop")), KEEP))
    fields = {"model": "world", "max_tokens": 200, "stream": True}
    first = sky.lead(name="cut", **fields)
    others = sky.follow(2, **fields)
    stage.free()
    *_, last, done = first.response().data()
    assert done == "[DONE]"
    assert json.loads(last)["choices"][0]["finish_reason"] == "length"
    for client in others:
        answer = whole_stream(client)
        assert answer.complete
        assert answer.data() == babble + [delta(finish="stop"), "[DONE]"]
    assert stage.entered == 2
    later = sky.g.chat(question(sky.text, model="world", max_tokens=200))
    assert later.header("x-agent-cache") == "hit"
    assert said(later) == "house mouse " * 3000


# ---- What those who wait are told -----------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_that_fits_nowhere_is_asked_for_once(streamed, sky):
    stage = sky.plays(of_kind(size=700_000))
    first = sky.lead(stream=streamed)
    others = sky.follow(19)
    stage.free()
    text = said(first.response())
    assert len(text) == 700_004
    told(others, text)
    assert stage.entered == 1


@pytest.mark.smoke
def test_who_waited_is_told_that_an_answer_was_mended(sky):
    stage = sky.plays(answers('{"a": 1,}'))
    first = sky.lead(model="json")
    others = sky.follow(2, model="json") \
        + sky.follow(1, model="json", stream=True)
    stage.free()
    for client in (first, *others):
        answer = client.response()
        assert json.loads(said(answer)) == {"a": 1}
        assert answer.header("x-agent-degraded") == "repaired"
    assert stage.entered == 1


@pytest.mark.smoke
def test_an_answer_may_be_too_old_for_its_client_however_it_fails(sky, aged):
    sky.plays(fails(500), held=False)
    body = question(aged["age"], model="old")

    def ask(words):
        answer = sky.g.chat(body, headers=control(words))
        return answer.status, answer.header("x-agent-cache")
    assert until(lambda: ask(["max-age=1"]) == (502, "miss"))
    assert ask([]) == ask(["max-age=3600"]) == (200, "stale")
    assert ask(["max-age=1"]) == (502, "miss")
