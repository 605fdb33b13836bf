"""Who waits for another one's answer keeps its own deadline, its own limits
and its own session, and outlives what happens to the gateway meanwhile."""

import pytest

import providers as P
from caches import answers, said
from fleets import fails, good
from flights import TENANTS, Sky, apart, failed, told
from gateway import question, until
from limits import key_of, refused, tenant
from providers import KEEP, says, whole
from sessions import managed, named, stop, stopped
from test_limits_money import COST, spends


@pytest.fixture(scope="module")
def skies(shared):
    return Sky(shared, TENANTS)


@pytest.fixture
def sky(skies):
    yield skies
    skies.over()


# ---- Deadlines ------------------------------------------------------------

def within(ms):
    return [("x-agent-timeout-ms", str(ms))]


@pytest.mark.smoke
def test_who_cannot_wait_longer_leaves_alone(sky):
    stage = sky.plays()
    first = sky.lead()
    others = sky.follow(3)
    hasty = sky.ask(headers=within(200))
    answer = failed(hasty, 504, "provider_timeout")
    assert answer.header("x-agent-cache") == "joined"
    sky.has(4)
    stage.free()
    assert said(first.response()) == "One."
    told(others)
    assert stage.entered == 1


@pytest.mark.smoke
def test_deadlines_of_who_asks_are_not_those_of_who_waits(sky):
    """Four in a row; the call of who asked first goes on for the others."""
    stage = sky.plays(answers("Late."))
    first = sky.lead(headers=within(100))
    hasty = [sky.ask(headers=within(200 + 100 * n)) for n in range(3)]
    patient = [sky.ask() for _ in range(3)]
    for client in (first, *hasty):
        failed(client, 504, "provider_timeout")
    sky.has(4)
    assert stage.entered == stage.inside == 1
    stage.free()
    assert [client.response().header("x-agent-cache")
            for client in patient] == ["joined"] * 3


# ---- Limits ---------------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("cost, requests, calls", [
    ("none", 1, 1), ("request", 50, 1), ("full", 50, 50)])
def test_what_it_costs_to_wait(cost, requests, calls, gateway):
    sky = Sky(gateway, TENANTS, rule=f"ttl=1h hit_cost={cost}")
    stage = sky.plays(good("One."))
    first = sky.lead(name="counted", max_tokens=20)
    others = sky.follow(49, name="counted", max_tokens=20)
    stage.free()
    for client in (first, *others):
        assert client.response().status == 200
    assert stage.entered == 1
    sky.over()
    sky.g.settles("counted", "tokens/1h", 12 * calls)
    assert sky.g.used("counted", "requests/1h") == requests
    spends(sky.g, "counted", "budget/month", COST * calls)


@pytest.mark.smoke
def test_tokens_for_one_call_are_enough_for_all_who_wait(sky):
    stage = sky.plays()
    first = sky.lead(name="tight", max_tokens=2000)
    refused(sky.g.of("tight", question("Another.", max_tokens=2000)),
            "tokens/1h", "tokens")
    others = sky.follow(20, name="tight", max_tokens=2000)
    stage.free()
    assert first.response().status == 200
    told(others)
    sky.g.settles("tight", "tokens/1h", 12)


def test_who_waits_holds_a_place(sky):
    stage = sky.plays()
    first = sky.lead(name="few")
    others = sky.follow(3, name="few")
    assert sky.g.used("few", "concurrency") == 4
    refused(sky.g.of("few", question(sky.text)), "concurrency")
    others.pop().close()
    assert until(lambda: sky.g.used("few", "concurrency") == 3)
    others += sky.follow(1, name="few")
    stage.free()
    assert first.response().status == 200
    told(others)
    sky.g.settles("few", "concurrency", 0)


@pytest.mark.smoke
def test_who_may_not_ask_passes_the_question_on(gateway):
    """One key has no tokens left: enough to wait, not to ask."""
    sky = Sky(gateway, TENANTS, 1)
    sky.plays(says(whole({**P.CHAT, "usage": {
        "prompt_tokens": 9, "completion_tokens": 2800,
        "total_tokens": 2809}}), KEEP), held=False)
    assert sky.ask(name="poor", max_tokens=2800).response().status == 200
    sky.g.settles("keys", "tokens/1h@key", 2809, key=key_of("poor"))
    rounds = [fails(500), good("At last.")]
    stage = sky.plays(lambda e: rounds.pop(0)(e))
    first = sky.lead(name="keys", max_tokens=1000)
    poor = sky.follow(1, name="poor", max_tokens=1000)[0]
    others = sky.follow(2, name="keys", max_tokens=1000)
    stage.free()
    failed(first, 502, "provider_error")
    refused(poor.response(), "tokens/1h@key", "tokens")
    assert {said(client.response()) for client in others} == {"At last."}
    assert stage.entered == 2
    sky.over()


# ---- Other changes meanwhile ----------------------------------------------

@pytest.mark.smoke
def test_those_who_wait_outlive_a_reload(gateway):
    sky = Sky(gateway, TENANTS)
    stage = sky.plays()
    here, there = apart(sky, "another worker", 2)
    old = [sky.lead(here.pop())]
    old += [sky.ask(here.pop(), stream=True), sky.ask(there.pop())]
    sky.has(3)
    sky.g.reload()
    new = sky.follow(8) + sky.follow(2, stream=True)
    assert stage.entered == 1
    stage.free()
    assert said(old.pop(0).response()) == "One."
    told(old + new)
    assert stage.entered == 1
    assert until(lambda: len(sky.g.workers()) == 2)
    sky.over()


def test_those_who_wait_outlive_a_graceful_quit(gateway):
    sky = Sky(gateway, TENANTS)
    stage = sky.plays()
    here, there = apart(sky, "another worker", 3)
    first = sky.lead(here.pop())
    others = [sky.ask(here.pop()), sky.ask(there.pop()),
              sky.ask(there.pop(), stream=True)]
    sky.has(4)
    sky.g.quit()
    assert until(lambda: sky.g.log().count("gracefully shutting down") == 2)
    stage.free()
    assert said(first.response()) == "One."
    told(others)
    assert stage.entered == 1


def test_a_reload_leaves_questions_to_those_who_still_ask(gateway):
    """The one who asks is of the old workers, and fails."""
    sky = Sky(gateway, TENANTS)
    rounds = [fails(500), good("At last.")]
    stage = sky.plays(lambda e: rounds.pop(0)(e))
    first = sky.lead()
    sky.g.reload()
    others = sky.follow(6)
    stage.free()
    failed(first, 502, "provider_error")
    assert {said(client.response()) for client in others} == {"At last."}
    assert stage.entered == 2
    sky.over()


@pytest.mark.smoke
@pytest.mark.parametrize("stopped_one", ["who asks", "who waits"])
def test_a_session_that_is_stopped_ends_only_its_own_call(stopped_one,
                                                          gateway):
    sky = Sky(gateway, tenant("a", "session calls=1000;"), make=managed)
    stage = sky.plays()
    names = ["gone", "s"] if stopped_one == "who asks" else ["s", "gone"]
    first = sky.lead(headers=named(names[0]))
    other = sky.follow(1, headers=named(names[1]))[0]
    more = sky.follow(2)
    assert stopped(stop(sky.g, "gone"), "gone")
    gone, stays = (first, other) if stopped_one == "who asks" \
        else (other, first)
    failed(gone, 403, "session_stopped")
    sky.has(3)
    assert until(lambda: stage.inside == 1)
    stage.free()
    assert len({said(client.response()) for client in (stays, *more)}) == 1
    assert stage.entered == 1 + (stopped_one == "who asks")
    sky.over()
