"""Purges: what an operator names is gone, on this node at once and on all
that have Redis in common within seconds, however late an answer comes and
whatever becomes of Redis meanwhile; nothing else goes."""

import os
import signal
import threading

import pytest

import wire
from caches import ZONE, control, said, tell
from clusters import connected, needed
from drills import Stage, number
from gateway import question, until
from limits import key_of, tenant
from providers import FIRST, KEEP, chunk, delta, sse, stream_head
from sessions import managed, operate, token_of
from test_redis_cache import Shelf, is_hit, word

PURGE = "/status/cache/purge"
MISSED = "purges of other nodes were missed"
RULES = """
    agent_model gpt-test fast { target main/gpt-upstream; cache ttl=1h @r@; }
    agent_model org/two:large { target main/gpt-upstream; cache ttl=1h @r@; }
"""
TENANTS = tenant("a") + tenant("b") + tenant("te+am@x:1") \
    + tenant("g", "cache_scope global;") + tenant("h", "cache_scope global;")

WHO = ("a", "b", "te+am@x:1", "g")
MODELS = ("gpt-test", "org/two:large")


class House:
    """A gateway that caches and has an operator."""

    def __init__(self, factory, workers=2):
        self.provider = factory.provider(lambda e: self.act(e))
        self.act, self.n = tell, 0
        self.g = managed(factory, TENANTS, self.provider, workers,
                         models=ZONE + RULES.replace("@r@", ""))

    @property
    def asked(self):
        return len(self.provider.requests)

    def new(self):
        self.n += 1
        return f"Question {self.n}, what is it?"

    def ask(self, text, who="a", model="gpt-test", headers=(), **fields):
        return self.g.of(who, question(text, model, max_tokens=20, **fields),
                         headers=headers)

    def has(self, text, who="a", model="gpt-test"):
        return self.ask(text, who, model,
                        control(["only-if-cached"])).status == 200

    def purge(self, arguments, **kwargs):
        return operate(self.g, PURGE + arguments, **kwargs)


@pytest.fixture(scope="module")
def home(shared):
    return House(shared)


def purged(answer, count=None, **named):
    assert answer.status == 200, answer
    assert answer.header("content-type") == "application/json"
    page = answer.json()
    found = page.pop("purged")
    assert page == {"tenant": None, "model": None, "scope": None, **named}
    assert count is None or found == count
    return True


# ---- What is meant --------------------------------------------------------

X, TWO = "te+am@x:1", "org/two:large"

CASES = {
    "tenant=a": (("a",), MODELS, {"tenant": "a"}),
    "tenant=%61": (("a",), MODELS, {"tenant": "a"}),
    "tenant=te+am@x:1": ((X,), MODELS, {"tenant": X}),
    "tenant=te%2Bam%40x%3a1": ((X,), MODELS, {"tenant": X}),
    "model=gpt-test": (WHO, ("gpt-test",), {"model": "gpt-test"}),
    "model=fast": (WHO, ("gpt-test",), {"model": "gpt-test"}),
    "model=org/two:large": (WHO, (TWO,), {"model": TWO}),
    "model=org%2Ftwo%3Alarge": (WHO, (TWO,), {"model": TWO}),
    "tenant=b&model=gpt-test": (
        ("b",), ("gpt-test",), {"tenant": "b", "model": "gpt-test"}),
    "model=fast&tenant=b": (
        ("b",), ("gpt-test",), {"tenant": "b", "model": "gpt-test"}),
    "scope=global": (("g",), MODELS, {"scope": "global"}),
    "scope=global&model=org/two:large": (
        ("g",), (TWO,), {"scope": "global", "model": TWO}),
    "all=1": (WHO, MODELS, {}),
    "tenant=g": ((), (), {"tenant": "g"}),      # its answers are nobody's
    "tenant=nobody": ((), (), {"tenant": "nobody"}),
    "tenant=A": ((), (), {"tenant": "A"}),
    "model=unknown": ((), (), {"model": "unknown"}),
    "tenant=a%22%5C%0a%2F%20b": ((), (), {"tenant": 'a"\\\n/ b'}),
    "tenant=%C3%A4%00": ((), (), {"tenant": "\xe4\0"}),
}


@pytest.mark.parametrize("arguments", [
    pytest.param(case, marks=pytest.mark.smoke)
    if case in ("tenant=a", "model=fast", "scope=global", "all=1") else case
    for case in CASES])
def test_what_is_named_is_gone_and_nothing_else(arguments, home):
    who, models, named = CASES[arguments]
    purged(home.purge("?all=1"))
    text = home.new()
    kept = {(name, model): said(home.ask(text, name, model))
            for name in WHO for model in MODELS}
    gone = {pair for pair in kept if pair[0] in who and pair[1] in models}
    assert purged(home.purge("?" + arguments), len(gone), **named)
    assert {pair for pair in kept if not home.has(text, *pair)} == gone
    for pair in kept:
        answer = home.ask(text, *pair)
        assert is_hit(answer) == (pair not in gone)
        assert (said(answer) == kept[pair]) == (pair not in gone)
    # and a second time nothing but what came after
    assert purged(home.purge("?" + arguments), len(gone), **named)
    assert purged(home.purge("?" + arguments), 0, **named)


def test_a_purge_counts_all_there_is(home):
    assert purged(home.purge("?all=1"))
    assert number(home.g, "agent_cache_answers") == 0
    for _ in range(600):                # more than are looked at at once
        home.ask(home.new())
    home.ask(home.new(), "b")
    used = number(home.g, "agent_cache_used_bytes")
    assert purged(home.purge("?tenant=a"), 600, tenant="a")
    assert number(home.g, "agent_cache_answers") == 1
    assert 0 < number(home.g, "agent_cache_used_bytes") < used / 300
    assert 'cache purged, tenant: "a", model: "", answers: 600' \
        in home.g.log()
    assert purged(home.purge("?all=1"), 1)


def test_answers_of_all_are_of_nobody(home):
    text = home.new()
    home.ask(text, "g")
    assert is_hit(home.ask(text, "h"))
    for name in "gh":
        assert purged(home.purge("?tenant=" + name), 0, tenant=name)
    assert is_hit(home.ask(text, "h"))
    assert purged(home.purge("?scope=global"), scope="global")
    assert word(home.ask(text, "h")) == "miss"


# ---- What is refused ------------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("arguments", [
    "", "?", "?tenant", "?tenant=", "?model=", "?scope=", "?all=",
    "?tenant=&model=gpt-test", "?tenant=a&model=", "?tenant=a&all=",
    "?all=0", "?all=true", "?all=11", "?all=1&tenant=a", "?all=1&model=fast",
    "?all=1&scope=global", "?scope=tenant", "?scope=GLOBAL", "?scope=globals",
    "?scope=global&tenant=a", "?tennant=a", "?a=b", "?tenants=a"])
def test_who_does_not_say_what_is_meant_purges_nothing(arguments, home):
    text = home.new()
    home.ask(text)
    answer = home.purge(arguments)
    assert answer.status == 400, answer
    assert answer.header("content-type") == "application/json"
    assert answer.error.keys() == {"message", "type", "param", "code"}
    assert (answer.error["type"], answer.error["code"]) \
        == ("invalid_request_error", "bad_request")
    assert home.has(text)


@pytest.mark.smoke
def test_who_is_no_operator_purges_nothing(home):
    text = home.new()
    home.ask(text)
    token = token_of(home.g)
    for wrong in (None, "wrong", token[:-1], token + "x", key_of("a")):
        assert home.purge("?all=1", token=wrong).status == 401
    assert home.purge("", token=None).status == 401
    for method in ("PUT", "DELETE", "PATCH"):
        assert home.purge("?all=1", method=method).status == 405
    for method in ("GET", "HEAD"):      # looks, and does nothing
        assert home.purge("?all=1", method=method).status in (200, 404, 405)
    for path in ("/plain/cache/purge?all=1", "/metrics/cache/purge?all=1"):
        assert operate(home.g, path).status in (404, 405)
    for path in ("/status/cache/purged?all=1", "/status/cache?all=1",
                 "/status/cache/purge/x?all=1", "/status/Cache/purge?all=1"):
        assert operate(home.g, path).status == 404
    assert home.has(text)


def test_without_a_cache_there_is_nothing_to_purge(gateway):
    g = managed(gateway, tenant("a"))
    for arguments in ("", "?all=1"):
        answer = operate(g, PURGE + arguments)
        assert answer.status == 404
        assert answer.error["code"] == "cache_not_found"
    assert operate(g, PURGE + "?all=1", token="wrong").status == 401


# ---- Who asked before -----------------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_that_was_asked_for_before_is_not_kept(streamed, home):
    text, other = home.new(), home.new()
    home.act = stage = Stage(tell, held=True)
    calls = [home.g.connect().send(wire.request(
        "POST", "/v1/chat/completions", question(asked, stream=streamed),
        key_of(name))) for name, asked in (("a", text), ("b", other))]
    stage.wait(2)
    assert purged(home.purge("?tenant=a"), tenant="a")
    stage.free()
    home.act = tell
    first = [call.response() for call in calls]
    assert {answer.status for answer in first} == {200}
    second = [home.g.of(name, question(asked, stream=streamed))
              for name, asked in (("a", text), ("b", other))]
    assert [word(answer) for answer in second] == ["miss", "hit"]
    third = home.g.of("a", question(text, stream=streamed))
    assert is_hit(third) and said(third) == said(second[0])


@pytest.mark.parametrize("streamed", [False, True])
def test_who_asks_after_a_purge_gets_an_answer_from_after_it(streamed,
                                                             gateway):
    """Even while the same question of before is in flight."""
    home = House(gateway, workers=1)    # all in the one that is asking
    text, asked, go_on = home.new(), threading.Event(), threading.Event()

    def old(exchange):
        asked.set()
        if streamed:
            exchange.send(stream_head() + b"".join(
                chunk(sse(d)) for d in (FIRST, delta(content="Old."))))
        assert go_on.wait(15)
        if not streamed:
            return tell(exchange)
        exchange.send(chunk(sse(delta(finish="stop"), "[DONE]"))
                      + b"0\r\n\r\n")
        return KEEP
    home.act = old
    begun = home.asked
    raw = wire.request("POST", "/v1/chat/completions",
                       question(text, stream=streamed), key_of("a"))
    leader = home.g.connect().send(raw)
    assert asked.wait(15)
    if streamed:
        leader.read_until(b"Old.")
    home.act = tell
    assert purged(home.purge("?tenant=a"), tenant="a")
    clients = [home.g.connect().send(raw) for _ in range(12)]
    assert until(lambda: number(home.g, "agent_calls_in_flight") == 13
                 or home.asked > begun + 1)
    go_on.set()
    old_text = said(leader.response())
    for client in clients:
        answer = client.response()
        assert answer.status == 200 and said(answer) != old_text, answer
    assert home.asked == begun + 2


@pytest.mark.smoke
def test_a_reload_neither_keeps_nor_loses_what_was_purged(gateway):
    home = House(gateway)
    gone, kept, late = home.new(), home.new(), home.new()
    home.ask(gone)
    home.ask(kept, "b")
    home.act = stage = Stage(tell, held=True)
    call = home.g.connect().send(wire.request(
        "POST", "/v1/chat/completions", question(late, max_tokens=20),
        key_of("a")))
    stage.wait(1)
    assert purged(home.purge("?tenant=a"), 1, tenant="a")
    home.g.reload()
    stage.free()
    home.act = tell
    assert call.response().status == 200
    assert home.has(kept, "b")
    assert not home.has(gone) and not home.has(late)
    assert purged(home.purge("?tenant=b"), 1, tenant="b")


# ---- All nodes ------------------------------------------------------------

LINE = "agent_cache_zone answers:4m secret=file:@common@;\n" \
    + RULES.replace("@r@", "redis") \
    + "agent_model here { target main/gpt-upstream; cache ttl=1h; }\n"


class Nodes(Shelf):

    def purge(self, place, arguments):
        answer = operate(self.nodes[place], PURGE + arguments)
        assert answer.status == 200, answer
        return answer.json()["purged"]

    @property
    def epoch(self):
        return int(self.redis.command("GET", "agent:{cache}:epoch") or 0)

    def loses(self, place, text, who="a", **fields):
        assert until(lambda: not self.has(place, text, who, **fields)), \
            f"node {place} keeps it"

    def settles(self):
        """Until both know of all purges: one may have been told twice."""
        probe = self.everywhere("b")
        self.purge(0, "?tenant=b")
        assert until(lambda: self.ask(1, self.new())
                     and not self.has(1, probe, "b"))

    def everywhere(self, who="a", **fields):
        """A question of which both nodes have the answer: what was asked
        before all have heard of a purge may not be believed."""

        def shared():
            text = self.new()
            answers = [self.ask(place, text, who, **fields)
                       for place in (0, 1)]
            assert word(answers[0]) == "miss"
            here = fields.get("model") == "here"
            return is_hit(answers[1]) != here and text
        text = until(shared)
        assert text
        return text


@pytest.fixture(scope="module")
def shared_nodes(shared):
    return Nodes(shared, TENANTS, LINE)


@pytest.fixture
def nodes(shared_nodes):
    yield shared_nodes
    shared_nodes.still()


@needed
@pytest.mark.smoke
def test_a_purge_is_carried_out_by_all_nodes(nodes):
    """Whether answers are in Redis or not."""
    kept = [(nodes.everywhere(who, model=model), who, model)
            for who in WHO for model in (*MODELS, "here")]
    assert nodes.purge(0, "?tenant=a") >= 3
    assert nodes.purge(1, "?model=fast") >= 3
    assert nodes.purge(0, "?scope=global") >= 2
    gone = [(text, who, model) for text, who, model in kept
            if who in ("a", "g") or model == "gpt-test"]
    for place in (0, 1):
        for text, who, model in gone:
            nodes.loses(place, text, who, model=model)
    for text, who, model in kept:
        for place in (0, 1):
            if (text, who, model) not in gone:
                assert nodes.has(place, text, who, model=model)
        answers = [nodes.ask(place, text, who, model=model)
                   for place in (1, 0)]
        if (text, who, model) in gone:
            assert word(answers[0]) == "miss"   # what lies there is not read
            # the first may still be on its way to Redis
            assert word(answers[1]) in (["miss"] if model == "here"
                                        else ["hit", "joined"])
    assert MISSED not in nodes[0].log() + nodes[1].log()


@needed
@pytest.mark.smoke
def test_what_was_purged_is_not_believed_out_of_redis(nodes):
    """Not on this node at once, not on another that knows less, not on one
    that has just begun; whoever puts it back."""
    text, one, name = nodes.stored(0)
    value = nodes.value(name)
    nodes.purge(0, "?tenant=a")
    for place in (0, 1, 0, 1):
        nodes.redis.command("SET", name, value)
        nodes.redis.command("DEL", name[:-1] + "l")
        answer = nodes.ask(place, text)
        assert said(answer) != said(one), place
        assert until(lambda: not nodes.answers()[1])
    nodes[1].stop()
    nodes[1].start()
    connected(nodes[1])
    nodes.redis.command("SET", name, value)
    answer = nodes.ask(1, text)
    assert word(answer) == "miss" and said(answer) != said(one)


@needed
@pytest.mark.smoke
@pytest.mark.parametrize("place", [0, 1])
def test_an_answer_that_another_node_is_getting_is_not_kept(place, nodes):
    text, stage = nodes.held()
    clients = nodes.begin(1, text)
    stage.wait(1)
    one, probe = f"Answer {nodes.asked}.", nodes.everywhere("b")
    nodes.purge(place, "?tenant=a")
    nodes.purge(place, "?tenant=b")
    nodes.loses(1 - place, probe, "b")  # by now it has heard of both
    stage.free()
    assert nodes.told(clients, one) == ["miss"]
    for node in (0, 1):
        assert not nodes.has(node, text)
    two = nodes.ask(0, text)
    assert word(two) == "miss"
    assert until(lambda: not nodes.answers()[1])
    assert said(nodes.ask(1, text)) == said(two)


@needed
@pytest.mark.smoke
@pytest.mark.parametrize("count", [
    1, pytest.param(70, marks=pytest.mark.long)])   # 64 wait one by one
def test_a_purge_is_told_when_redis_is_back(count, nodes):
    gone, kept = nodes.everywhere(), nodes.everywhere("b")
    epoch = nodes.epoch
    nodes.server.pause()
    try:
        nodes.purge(0, "?tenant=a")
        for _ in range(count - 1):
            nodes.purge(0, "?tenant=nobody")
        nodes[0].reload()
        assert not nodes.has(0, gone) and nodes.has(1, gone)
    finally:
        nodes.server.resume()
    nodes.loses(1, gone)
    assert until(lambda: len(nodes[0].workers()) == 2)
    for node in nodes:
        connected(node)
    assert nodes.epoch > epoch
    if count == 1:
        assert nodes.has(0, kept, "b") and nodes.has(1, kept, "b")
    nodes.settles()
    answers = [nodes.ask(place, gone) for place in (1, 0)]
    assert said(answers[0]) == said(answers[1])


@needed
@pytest.mark.smoke
def test_a_redis_that_lost_its_numbers_costs_all_answers_once(nodes):
    nodes.purge(0, "?tenant=nobody")
    kept = [nodes.everywhere(who) for who in ("a", "b")]
    assert until(lambda: nodes.epoch > 0)
    epoch = nodes.epoch
    nodes.redis.flush()
    for place in (0, 1):
        nodes.loses(place, kept[0])
        nodes.loses(place, kept[1], "b")
    assert nodes.epoch > epoch          # numbers go on
    # and from then on all is as ever
    text, other = nodes.everywhere(), nodes.everywhere("b")
    nodes.purge(1, "?tenant=b")
    nodes.loses(0, other, "b")
    assert nodes.has(0, text) and nodes.has(1, text)


@needed
@pytest.mark.parametrize("count, remains", [
    (50, True), pytest.param(70, False, marks=pytest.mark.smoke)])
def test_a_node_that_was_away_for_too_many_purges_drops_all(count, remains,
                                                            nodes):
    gone, kept = nodes.everywhere(), nodes.everywhere("b")
    missed = nodes[1].log().count(MISSED)
    pids = nodes[1].workers()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        for who in ("a", *["nobody"] * (count - 1)):
            last = nodes.epoch
            nodes.purge(0, "?tenant=" + who)
            assert until(lambda: nodes.epoch > last, pause=0.001)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    nodes.loses(1, gone)
    if remains:
        assert nodes.has(1, kept, "b")
    else:
        nodes.loses(1, kept, "b")
    assert nodes[1].log().count(MISSED) == missed + (not remains)
    assert nodes.has(0, kept, "b")      # which did not miss any
    assert is_hit(nodes.ask(0, kept, "b"))


@needed
def test_many_purges_in_a_row_are_told_one_by_one(nodes):
    gone, kept = nodes.everywhere(), nodes.everywhere(X)
    epoch = nodes.epoch
    for _ in range(50):
        assert nodes.purge(0, "?tenant=nobody") == 0
    nodes.purge(0, "?tenant=a")
    nodes.settles()                     # by one more
    for place in (0, 1):
        assert not nodes.has(place, gone)
        assert nodes.has(place, kept, X)
    assert nodes.epoch == epoch + 52
