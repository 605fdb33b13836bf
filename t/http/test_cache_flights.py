"""The same question asked by many at once is asked of the provider once; what
becomes of those who wait when the one who asks leaves, fails or dies."""

import collections
import json

import pytest

import providers as P
import wire
from caches import said
from drills import crowd, kill, number, seats, worker_of
from fleets import fails, good
from flights import TENANTS, Sky, apart, failed, is_from, told
from gateway import question, until
from providers import KEEP, RESET, says, whole


@pytest.fixture(scope="module")
def skies(shared):
    return Sky(shared, TENANTS, rule="ttl=1h max_size=50k")


@pytest.fixture
def sky(skies):
    yield skies
    skies.over()


# ---- One question, one call -----------------------------------------------

@pytest.mark.parametrize("count, streamed", [
    pytest.param(200, False, marks=pytest.mark.smoke),
    pytest.param(200, True, marks=pytest.mark.smoke), (1000, True)])
def test_all_who_ask_the_same_at_once_are_answered_by_one_call(
        count, streamed, sky):
    stage = sky.plays(good("One."))
    before = sky.counts()
    saved = number(sky.g, "agent_tenant_saved_tokens_total", tenant="a")
    clients = crowd(sky, count // 2)    # half of them in each worker
    for i, client in enumerate(clients):
        sky.ask(client, stream=(i % 2 == 0) == streamed)
    sky.has(count)
    stage.wait(1)
    stage.free()
    seen = collections.Counter()
    for client in clients:
        answer = client.response()
        assert answer.status == 200 and answer.complete, answer
        assert said(answer) == "One."
        seen[answer.header("x-agent-cache")] += 1
        assert answer.header("x-agent-cache") == "miss" or is_from(answer)
    assert seen == {"miss": 1, "joined": count - 1}
    assert stage.entered == 1
    sky.has(0)
    after = {name: value - before[name]
             for name, value in sky.counts().items()}
    assert after == {"misses": 1, "joined": count - 1, "hits": 0, "stored": 1}
    assert number(sky.g, "agent_tenant_saved_tokens_total", tenant="a") \
        == saved + 12 * (count - 1)


@pytest.mark.smoke
def test_other_questions_wait_for_nobody(sky):
    stage = sky.plays()
    first = sky.lead()
    others = [sky.lead(temperature=n / 10) for n in range(1, 4)]
    assert stage.peak == 4
    stage.free()
    for client in (first, *others):
        assert client.response().header("x-agent-cache") == "miss"


def test_embeddings_are_asked_for_once(sky):
    page = {"object": "list", "model": "gpt-upstream",
            "data": [{"object": "embedding", "index": 0,
                      "embedding": [0.25, -1.5]}],
            "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    stage = sky.plays(says(whole(page), KEEP))
    body = {"model": "gpt-test", "input": sky.text}
    first = sky.lead(path="/v1/embeddings", body=body)
    others = sky.follow(6, path="/v1/embeddings", body=body)
    stage.free()
    bodies = {client.response().body for client in (first, *others)}
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["data"] == page["data"]
    assert stage.entered == 1


def of_kind(finish=None, size=0):
    """A provider's answer that is cut short, or of so many bytes."""
    def script(exchange):
        text = "One." + "x" * size
        if exchange.request.json().get("stream"):
            exchange.send(P.stream(P.FIRST, P.delta(content=text),
                                   P.delta(finish=finish or "stop")))
            return KEEP
        body = json.loads(json.dumps(P.CHAT))
        body["choices"][0]["message"]["content"] = text
        body["choices"][0]["finish_reason"] = finish or "stop"
        exchange.send(whole(body))
        return KEEP
    return script


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("kind", [{"finish": "length"},
                                  {"finish": "content_filter"},
                                  {"size": 100_000}],
                         ids=["length", "content_filter", "large"])
def test_what_may_not_be_kept_is_for_those_who_waited_only(kind, streamed,
                                                           sky):
    stage = sky.plays(of_kind(**kind))
    first = sky.lead(stream=streamed)
    others = sky.follow(5) + sky.follow(5, stream=True)
    stage.free()
    text = said(first.response())
    assert text.startswith("One.")
    told(others, text)
    assert stage.entered == 1
    later = sky.g.chat(question(sky.text))
    assert later.header("x-agent-cache") == "miss"
    assert stage.entered == 2


def test_an_answer_that_fits_nowhere_is_told_to_all(sky):
    """More than an eighth of the zone: nobody can be handed it."""
    stage = sky.plays(of_kind(size=700_000))
    first = sky.lead()
    others = sky.follow(4)
    stage.free()
    for client in (first, *others):
        answer = client.response()
        assert answer.status == 200 and len(said(answer)) == 700_004
    assert stage.entered <= 5


@pytest.mark.smoke
def test_who_waits_for_a_new_answer_is_not_told_the_old_one(gateway):
    """The new one fits nowhere, so the old one is still there."""
    sky = Sky(gateway, TENANTS, rule="ttl=1s stale_if_error=1h")
    stage = sky.plays(good("Old."), held=False)
    body, only = question(sky.text), [("cache-control", "only-if-cached")]
    assert said(sky.g.chat(body)) == "Old."
    assert until(lambda: sky.g.chat(body, headers=only).status == 504)
    stage.answer = of_kind(size=700_000)
    stage.hold()
    first = sky.lead()
    others = sky.follow(4)
    stage.free()
    for client in (first, *others):
        assert said(client.response()).startswith("One.")
    sky.over()


# ---- Leaving --------------------------------------------------------------

WHERE = pytest.mark.parametrize("where", ["the same worker",
                                          "another worker"])


@pytest.mark.smoke
@WHERE
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("leave", ["close", "reset"])
def test_who_asked_may_leave_and_the_others_get_the_answer(leave, streamed,
                                                           where, sky):
    stage = sky.plays()
    here, there = apart(sky, where, 6)
    first = sky.lead(here.pop(), stream=streamed)
    witness = here.pop()
    others = [sky.ask(there.pop(), stream=n == 0) for n in range(3)]
    sky.has(4)
    getattr(first, leave)()
    worker_of(sky, witness)             # its worker has seen it
    others.append(sky.ask(there.pop()))
    getattr(others.pop(1), leave)()     # one of those who wait leaves, too
    sky.has(4)
    stage.free()
    told(others)
    assert (stage.entered, stage.left) == (1, 0)
    row = sky.row(first)
    assert (row["http"], row["error"]) == ("499", "client_gone")
    assert row["prompt_tokens"] == ("" if streamed else "9")
    assert {row["http"] for row in sky.rows(others)} == {"200"}


@pytest.mark.smoke
@WHERE
@pytest.mark.parametrize("last", ["who asked", "who waits"])
def test_when_all_have_left_the_provider_is_left_too(last, where, sky):
    stage = sky.plays()
    here, there = apart(sky, where, 5)
    first = sky.lead(here.pop())
    witness = [here.pop(), there.pop()]
    others = [sky.ask(there.pop()) for _ in range(2)]
    sky.has(3)
    for client in {"who asked": (*others, first),
                   "who waits": (first, *others)}[last]:
        assert stage.left == 0
        client.close()
        for other in witness:
            worker_of(sky, other)
    assert until(lambda: stage.left == 1, timeout=10), \
        "the provider works for nobody"
    sky.has(0)
    assert sky.row(first)["http"] == "499"


# ---- Failing --------------------------------------------------------------

FAILURES = {"reset": (says(b"HTTP/1.1 ", RESET), 502,
                      "invalid_provider_response"),
            "500": (fails(500), 502, "provider_error"),
            "503": (fails(503), 503, "provider_unavailable")}


@pytest.mark.smoke
@pytest.mark.parametrize("failure", FAILURES)
def test_a_provider_that_is_down_is_asked_three_times_not_by_all(failure,
                                                                 sky):
    script, status, code = FAILURES[failure]
    stage = sky.plays(script)
    first = sky.lead()
    others = sky.follow(15) + sky.follow(5, stream=True)
    stage.free()
    for client in (first, *others):
        failed(client, status, code)
    assert (stage.entered, stage.peak) == (3, 1)
    sky.has(0)
    failed(sky.ask(), status, code)     # who comes later asks anew
    assert stage.entered == 4


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("failures", [1, 2])
def test_one_of_those_who_wait_takes_over(failures, streamed, sky):
    rounds = [fails(500)] * failures + [good("At last.")]
    stage = sky.plays(lambda e: rounds.pop(0)(e))
    first = sky.lead(stream=streamed)
    others = sky.follow(10) + sky.follow(10, stream=True)
    stage.free()
    failed(first, 502, "provider_error")
    seen = collections.Counter()
    for client in others:
        answer = client.response()
        seen[answer.status, answer.header("x-agent-cache")] += 1
        assert answer.status == 502 or said(answer) == "At last."
    assert seen[200, "joined"] == 20 - failures
    assert seen[200, "miss"] == 1
    assert (stage.entered, stage.peak) == (failures + 1, 1)


@pytest.mark.smoke
@WHERE
def test_when_the_last_who_waited_fails_too_nothing_is_left(where, sky):
    stage = sky.plays(fails(500))
    here, there = apart(sky, where, 2)
    first, other = sky.lead(here.pop()), sky.ask(there.pop())
    sky.has(2)
    stage.free()
    for client in (first, other):
        failed(client, 502, "provider_error")
    assert (stage.entered, stage.peak) == (2, 1)


@pytest.mark.smoke
@pytest.mark.parametrize("cost", ["request", "full"])
def test_what_is_asked_for_who_has_left_may_fail_too(cost, gateway):
    sky = Sky(gateway, TENANTS, 1, rule=f"ttl=1h hit_cost={cost}")
    rounds = [fails(500), good("At last.")]
    stage = sky.plays(lambda e: rounds.pop(0)(e))
    first = sky.lead()
    others = sky.follow(3)
    first.close()
    assert sky.g.get("/v1/models").status == 200
    stage.free()
    assert {said(client.response()) for client in others} == {"At last."}
    assert stage.entered == 2
    sky.over()
    row = sky.row(first)
    assert row["http"] == "499"


ODD = "x" + "é" * 300                   # no piece of it ends at an even byte


@pytest.mark.smoke
@pytest.mark.parametrize("status, message, error_class", [
    (400, "Unknown role: 'captain'.", "invalid_request"),
    (400, ODD, "invalid_request"),
    (404, "No such thing.", "not_found")], ids=["400", "long", "404"])
def test_who_asks_something_wrong_hears_so_with_all_others(
        status, message, error_class, sky):
    stage = sky.plays(fails(status, message=message,
                            type="invalid_request_error"))
    first = sky.lead()
    others = sky.follow(8) + sky.follow(2, stream=True)
    stage.free()
    error = first.response().error
    assert message in error["message"]
    for client in others:
        answer = client.response()
        assert answer.status == status
        assert answer.header("x-agent-cache") == "joined"
        assert answer.error["type"] == error["type"]
        heard = answer.error["message"]     # a long one may be shortened
        assert error["message"].startswith(heard), heard
        assert heard == error["message"] or len(heard.encode()) > 200
    assert {row["error"] for row in sky.rows(others)} == {error_class}
    assert stage.entered == 1


@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_when_the_worker_that_asks_is_killed_another_asks(streamed, gateway):
    sky = Sky(gateway, TENANTS)
    stage = sky.plays()
    (pid, here), (_, there) = seats(sky, 6).items()
    first = sky.lead(here.pop(), stream=streamed)
    lost = [sky.ask(here.pop()) for _ in range(2)]
    others = [sky.ask(client, stream=n % 2 == 0)
              for n, client in enumerate(there)]
    sky.has(9)
    kill(sky, pid)
    for client in (first, *lost):
        with pytest.raises(wire.Cut):
            client.response()
    assert until(lambda: stage.entered == 2, timeout=10), "nobody took over"
    stage.free()
    texts = [(said(answer), answer.header("x-agent-cache"))
             for answer in (client.response() for client in others)]
    assert sorted(texts) == [("Two.", "joined")] * 5 + [("Two.", "miss")] \
        or sorted(texts) == [("One.", "joined")] * 5 + [("One.", "miss")]
    assert stage.entered == 2
    sky.over()
