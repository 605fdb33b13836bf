"""Answers that nodes share through Redis: one asks for all, each finds what
another was told, nobody believes what no node has written; and a Redis that
is away, late or broken costs nobody an answer."""

import itertools
import json
import re
import time

import pytest

import wire
from caches import answers, control, said, tell
from clusters import Cluster, connected, needed
from drills import Stage, number
from gateway import question, until
from limits import VARIABLES, key_of, tenant
from limits_load import Shot
from providers import KEEP, says, whole
from redis_server import RedisServer
from redis_troubles import Between
from sessions import MANAGED
from stages import chat

pytestmark = needed

CHAT = "/v1/chat/completions"
SECRET = "CANARY-common-0123456789abcdef"
OTHER = "CANARY-another-0123456789abcdef"
MODELS = """
    agent_cache_zone answers:16m secret=file:@common@;
    agent_model gpt-test { target main/gpt-upstream;
                           cache ttl=1h max_size=1600k redis; }
"""
STALE = "cache ttl=1s stale_if_error=1h redis;"
TENANTS = tenant("a") + tenant("b") + tenant("stale", STALE) \
    + tenant("soon", "cache ttl=1s stale_while_revalidate=1h redis;") \
    + tenant("brief", "cache ttl=90s stale_if_error=10s redis;") \
    + tenant("alone", "cache ttl=1h;") + tenant("off", "cache off;") \
    + tenant("limited", "limit requests=1000 per=1h;")

TIMEOUT = 0.2                           # seconds, of a Redis in trouble
BOUND = 2.0                             # of a call then, on a slow machine

FAILS = says(whole({"error": {"message": "No.", "type": "server_error"}},
                   500), KEEP)
LENGTH = says(whole(chat("Half", finish="length")), KEEP)


class Shelf(Cluster):
    """Nodes with one cache, and a provider that never says the same twice
    unless a test has it act on a question."""

    _numbers = itertools.count(1)

    def __init__(self, factory, tenants=TENANTS, models=MODELS, between=None,
                 **values):
        self.acts, self.stages, self.clients = {}, [], []
        self.provider = factory.provider(self._play)
        self.server = factory.own(RedisServer()).start()
        self.between = between and factory.own(Between(self.server))
        for name, text in (("common", SECRET), ("other", OTHER)):
            (self.server.folder / name).write_text(text + "\n")
        super().__init__(
            factory, tenants, redis=self.between or self.server,
            provider=self.provider, models=models, http=MANAGED,
            common=self.server.folder / "common", variables=",".join(
                f'"{name}":"$agent_{name}"' for name in (*VARIABLES, "cache")),
            **{"workers": 2, **values})
        self.redis = self.server
        for node in self.nodes:
            node.secrets += [SECRET, OTHER]

    def _play(self, exchange):
        for text, act in self.acts.items():
            if text.encode() in exchange.request.body:
                if not isinstance(act, list):
                    return act(exchange)
                return (act.pop(0) if len(act) > 1 else act[0])(exchange)
        return tell(exchange)

    @property
    def asked(self):
        """How often the provider was asked."""
        return len(self.provider.requests)

    def new(self):
        """A question that nobody has asked."""
        return f"Question {next(self._numbers)}, what is it?"

    def held(self, answer=tell):
        """One whose answer waits until the test sets it free."""
        text = self.new()
        self.acts[text] = stage = Stage(answer, held=True)
        self.stages.append(stage)
        return text, stage

    # -- asking a node, by its place

    def ask(self, place, text, tenant="a", headers=(), **fields):
        return self.nodes[place].of(
            tenant, question(text, max_tokens=20, **fields), headers=headers)

    def begin(self, place, text, count=1, tenant="a", headers=(), **fields):
        """So many ask, and are answered later; waits until they are there."""
        node = self.nodes[place]
        before = number(node, "agent_calls_in_flight")
        body = question(text, max_tokens=20, **fields)
        clients = [node.connect().send(wire.request(
            "POST", CHAT, body, key_of(tenant), headers))
            for _ in range(count)]
        self.clients += clients
        assert until(lambda: number(node, "agent_calls_in_flight")
                     == before + count)
        return clients

    def has(self, place, text, tenant="a", **fields):
        """Does the node itself have an answer?"""
        answer = self.ask(place, text, tenant, control(["only-if-cached"]),
                          **fields)
        if answer.status == 504:
            assert answer.error["code"] == "not_cached"
            return False
        return is_hit(answer)

    # -- what is in Redis

    def answers(self):
        """The names of answers, and of locks."""
        found = self.keys()
        return {key for key in found if key.endswith(":a")}, \
            {key for key in found if key.endswith(":l")}

    def stored(self, place=0, text=None, **kwargs):
        """Asks; gives the question, the answer and its name in Redis."""
        text = text or self.new()
        answer = self.ask(place, text, **kwargs)
        assert answer.status == 200 and word(answer) == "miss", answer
        told = said(answer).encode()
        found = until(lambda: [name for name in self.answers()[0]
                               if told in self.value(name)])
        return text, answer, *found

    def value(self, name):
        return self.redis.command("GET", name)

    def told(self, clients, text=None):
        """All are told the same, the newest answer unless it is said which;
        gives what the cache did for each."""
        found = [client.response() for client in clients]
        for client, answer in zip(clients, found):
            client.close()
            assert answer.status == 200 and answer.complete, answer
            assert said(answer) == (text or f"Answer {self.asked}.")
        return sorted(map(word, found))

    def still(self, locks=True):
        """Nothing is left that a test began."""
        for stage in self.stages:
            stage.free()
        for client in self.clients:
            client.close()
        self.stages.clear()
        self.clients.clear()
        for node in self.nodes:
            assert until(lambda: number(node, "agent_calls_in_flight") == 0)
            assert number(node, "agent_cache_flights") == 0
        assert not locks or until(lambda: not self.answers()[1]), self.keys()


def word(answer):
    return answer.header("x-agent-cache")


def is_hit(answer):
    """Or joined: a client may be faster than its node tells Redis."""
    assert answer.status == 200 and answer.complete, answer
    return word(answer) in ("hit", "joined")


@pytest.fixture(scope="module")
def shelves(shared):
    return Shelf(shared)


@pytest.fixture
def shelf(shelves):
    yield shelves
    shelves.still()


# ---- What one was told, all have ------------------------------------------

@pytest.mark.smoke
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_an_answer_of_one_node_is_a_hit_at_another(first, second, shelf):
    text, one, name = shelf.stored(stream=first)
    assert re.fullmatch(r"agent:\{[0-9a-f]{64}\}:a", name)
    assert not shelf.has(1, text)
    before = shelf.asked
    two = shelf.ask(1, text, stream=second)
    assert is_hit(two) and said(two) == said(one)
    assert two.header("content-type").startswith(
        "text/event-stream" if second else "application/json")
    assert int(two.header("age")) < 60
    for header in ("x-agent-provider", "x-agent-model"):
        assert two.header(header) == one.header(header) is not None
    assert (one.header("x-agent-attempts"), two.header("x-agent-attempts")) \
        == ("1", "0")
    # from now on it has one of its own
    shelf.redis.command("DEL", name)
    for streamed in (False, True):
        three = shelf.ask(1, text, stream=streamed)
        assert is_hit(three) and said(three) == said(one)
    assert shelf.asked == before
    if not first and not second:
        assert two.body == one.body


def test_nobody_gets_another_s_answer(shelf):
    text, one, name = shelf.stored()
    for place, other in ((1, {"tenant": "b"}), (1, {"seed": 1}),
                         (0, {"tenant": "b", "seed": 2})):
        answer = shelf.ask(place, text, **other)
        assert word(answer) == "miss" and said(answer) != said(one)
    shelf.still()
    assert len(shelf.answers()[0]) >= 4
    for key in shelf.keys():
        assert not re.search(r"gpt|Question|limited|main", key)


def test_an_answer_in_redis_lives_as_long_as_it_may_be_told(shelf):
    for who, seconds in (("a", 3600), ("brief", 100), ("stale", 3601)):
        _, _, name = shelf.stored(tenant=who)
        assert (seconds - 30) * 1000 < shelf.redis.command("PTTL", name) \
            <= seconds * 1000


def test_without_redis_in_its_rule_nothing_goes_there(shelf):
    watch = shelf.redis.connect()
    watch.command("MONITOR")
    for who, asked in (("alone", 2), ("off", 3)):
        text, before = shelf.new(), shelf.asked
        for place in (0, 0, 1):
            shelf.ask(place, text, who)
        assert shelf.asked == before + asked
    _, _, name = shelf.stored()         # what is seen is seen
    seen = set()
    while (line := watch.reply()) and f'"{name}"' not in line:
        seen |= set(re.findall(r"\{[0-9a-f]{64}\}", line))
    watch.close()
    assert seen <= {re.search(r"\{.*\}", name)[0]}


@pytest.mark.smoke
def test_an_old_answer_of_another_node_is_better_than_an_error(shelf):
    text, one, _ = shelf.stored(tenant="stale")
    soon, first, _ = shelf.stored(tenant="soon")
    good, _, _ = shelf.stored(tenant="stale")
    time.sleep(1.1)
    shelf.acts[text] = FAILS
    for _ in range(2):
        answer = shelf.ask(1, text, "stale")
        assert answer.status == 200 and said(answer) == said(one)
        assert word(answer) == answer.header("x-agent-degraded") == "stale"
        assert int(answer.header("age")) >= 1
    # and is asked again where somebody answers, or behind the client's back
    assert word(shelf.ask(1, good, "stale")) == "miss"
    before = shelf.asked
    answer = shelf.ask(1, soon, "soon")
    assert word(answer) == "stale" and said(answer) == said(first)
    assert shelf.provider.wait(before + 1)
    assert until(lambda: said(shelf.ask(1, soon, "soon")) != said(first))


# ---- One asks for all -----------------------------------------------------

@pytest.mark.parametrize("count, pause", [
    pytest.param(100, 0, marks=pytest.mark.smoke),
    pytest.param(1000, 0, marks=pytest.mark.long),
    pytest.param(40, 4, marks=pytest.mark.long)])   # longer than a lock lives
def test_all_nodes_together_ask_once(count, pause, shelf):
    text, before = shelf.new(), shelf.asked

    def act(exchange):
        assert until(lambda: sum(number(node, "agent_calls_in_flight")
                                 for node in shelf) == count)
        time.sleep(pause)
        return tell(exchange)
    shelf.acts[text] = act
    shot = Shot("a", key_of("a"), messages=question(text)["messages"])
    with shelf.herd(count) as herd:
        calls = herd.volley([shot] * count)
    assert {call.status for call in calls} == {200}
    assert len({call.body for call in calls}) == 1
    found = [call.header("x-agent-cache") for call in calls]
    assert (found.count("miss"), found.count("joined")) == (1, count - 1)
    assert shelf.asked == before + 1


@pytest.mark.smoke
def test_a_stream_goes_to_all_nodes(shelf):
    text, stage = shelf.held()
    clients = shelf.begin(0, text, stream=True)
    stage.wait(1)
    for place in (0, 1):
        for stream in (False, True):
            clients += shelf.begin(place, text, 2, stream=stream)
    stage.free()
    assert shelf.told(clients) \
        == ["joined"] * 8 + ["miss"]
    assert stage.entered == 1


@pytest.mark.smoke
def test_a_lock_is_renewed_while_its_call_is_in_flight(shelf):
    text, stage = shelf.held()
    clients = shelf.begin(0, text)
    stage.wait(1)
    (name,) = shelf.answers()[1]
    lives, owner = [], shelf.value(name)

    def longer():
        lives.append(shelf.redis.command("PTTL", name))
        return lives[1:] and lives[-1] > lives[-2]
    assert until(longer), lives
    assert 0 < max(lives) <= 3000
    assert shelf.value(name) == owner
    stage.free()
    shelf.told(clients)
    assert until(lambda: not shelf.answers()[1])


@pytest.mark.smoke
def test_a_lock_that_nobody_renews_is_waited_for_and_taken(shelf):
    """What a node leaves behind that dies as it asks."""
    text, stage = shelf.held()
    stage.free()
    _, _, name = shelf.stored(text=text)
    shelf.redis.command("DEL", name)
    lock = name[:-1] + "l"
    shelf.redis.command("SET", lock, "0123456789abcdef", "PX", 800)
    clients = shelf.begin(1, text, 8)
    while shelf.value(lock) == b"0123456789abcdef":
        assert stage.entered == 1
    assert shelf.told(clients) \
        == ["joined"] * 7 + ["miss"]
    assert stage.entered == 2


def test_a_node_that_dies_as_it_asks_is_replaced(gateway):
    shelf = Shelf(gateway, tenant("a"))
    text, stage = shelf.held()
    shelf.begin(0, text, 2)
    stage.wait(1)
    clients = shelf.begin(1, text, 8)
    assert stage.entered == 1
    shelf[0].kill()
    assert until(lambda: stage.entered == 2)
    stage.free()
    assert shelf.told(clients) \
        == ["joined"] * 7 + ["miss"]
    assert stage.entered == 2
    shelf.nodes.pop(0)
    shelf.still()


@pytest.mark.smoke
@pytest.mark.parametrize("here", [0, 4])
def test_somebody_takes_over_from_a_leader_that_fails(here, shelf):
    text, stage = shelf.held(FAILS)
    leader = shelf.begin(0, text)
    stage.wait(1)
    clients = shelf.begin(1, text, 4)
    if here:
        clients += shelf.begin(0, text, here)
    shelf.acts[text] = answer = Stage(tell)
    stage.free()
    assert leader[0].response().status == 502
    assert shelf.told(clients) == ["joined"] * (len(clients) - 1) + ["miss"]
    assert (stage.entered, answer.entered) == (1, 1)


def test_a_leader_whose_client_leaves_keeps_nobody_waiting(shelf):
    text, stage = shelf.held()
    leader = shelf.begin(0, text)
    stage.wait(1)
    clients = shelf.begin(1, text, 4)
    leader[0].reset()
    assert until(lambda: number(shelf[0], "agent_calls_in_flight") == 0
                 or stage.entered == 2)
    stage.free()
    shelf.told(clients)
    assert shelf.has(1, text)


def test_who_waits_for_another_node_has_a_deadline(shelf):
    text, stage = shelf.held()
    leader = shelf.begin(0, text)
    stage.wait(1)
    hurried = [("x-agent-timeout-ms", "300")]
    (client,) = shelf.begin(1, text, headers=hurried)   # looks for all
    patient = shelf.begin(1, text, 2)
    for answer in (shelf.ask(1, text, headers=hurried), client.response()):
        assert answer.status == 504, answer
    stage.free()
    assert shelf.told(leader + patient) \
        == ["joined"] * 2 + ["miss"]
    assert stage.entered == 1


@pytest.mark.smoke
@pytest.mark.parametrize("here", [0, 2])
def test_an_answer_that_is_not_kept_reaches_who_waits_elsewhere(here, shelf):
    text, stage = shelf.held(LENGTH)
    clients = shelf.begin(0, text)
    stage.wait(1)
    clients += shelf.begin(1, text, 4)
    if here:
        clients += shelf.begin(0, text, here)
    shelf.acts[text] = tell
    stage.free()
    assert shelf.told(clients, "Half") == ["joined"] * (4 + here) + ["miss"]
    assert stage.entered == 1
    # the other node may look before the answer has come to Redis
    for place, expected in ((1, ["miss"]), (0, ["hit", "joined"])):
        answer = shelf.ask(place, text)
        assert word(answer) in expected
        assert said(answer) == f"Answer {shelf.asked}."


# ---- What no node has written ---------------------------------------------

def flipped(at):
    def bad(value):
        at_ = at if at >= 0 else len(value) + at
        return value[:at_] + bytes([value[at_] ^ 1]) + value[at_ + 1:]
    return bad


def changed(at, byte):
    return lambda value: value[:at] + bytes([byte]) + value[at + 1:]


# 80 bytes of a seal, 60 of a head, names, the answer, 32 of an HMAC
BAD = {
    "nothing": lambda value: b"",
    "one byte": lambda value: value[:1],
    "the seal alone": lambda value: value[:80],
    "half": lambda value: value[:len(value) // 2],
    "cut": lambda value: value[:-1],
    "one more": lambda value: value + b"\0",
    "twice": lambda value: value + value,
    "magic": flipped(0), "version": changed(2, 2), "flags": flipped(3),
    "length": flipped(4), "long": changed(7, 0xff), "key": flipped(8),
    "owner": flipped(40), "model": flipped(48), "stored": flipped(60),
    "expires": flipped(70), "epoch": flipped(72), "head": flipped(80),
    "names": flipped(142), "body": flipped(-100), "hmac": flipped(-32),
    "last": flipped(-1),
    "no hmac": lambda value: value[:-32] + bytes(32),
    "text": lambda value: b"Some text of somebody else. " * 20,
    "json": lambda value: json.dumps(chat("Bad.")).encode(),
    "zeros": lambda value: bytes(len(value)),
}


@pytest.mark.parametrize("case", [
    pytest.param(case, marks=pytest.mark.smoke)
    if case in ("cut", "long", "hmac") else case for case in BAD])
def test_what_was_changed_in_redis_is_a_miss_and_goes(case, shelf):
    text, one, name = shelf.stored()
    value = shelf.value(name)
    bad = BAD[case](value)
    assert bad != value
    shelf.redis.command("SET", name, bad)
    logged = shelf[1].log().count("has a wrong seal")
    two = shelf.ask(1, text)
    assert word(two) == "miss" and said(two) == f"Answer {shelf.asked}."
    assert shelf[1].log().count("has a wrong seal") == logged + 1
    # a good one took its place
    assert until(lambda: said(two).encode() in (shelf.value(name) or b""))
    assert shelf.value(name)[8:40] == value[8:40]
    assert shelf.has(1, text) and said(shelf.ask(1, text)) == said(two)


def test_an_answer_under_another_s_name_is_a_miss(shelf):
    text, _, name = shelf.stored()
    _, other, theirs = shelf.stored(tenant="b")
    shelf.redis.command("SET", name, shelf.value(theirs))
    answer = shelf.ask(1, text)
    assert word(answer) == "miss" and said(answer) != said(other)
    assert until(lambda: shelf.value(name) != shelf.value(theirs))
    assert "has a wrong seal" in shelf[1].log()


@pytest.mark.parametrize("put", [
    ("LPUSH", "a", "b"), ("HSET", "a", "b"), ("SADD", "a"),
    ("SET", b"z" * (9 << 20) + b"z"), ("SET", b"z" * (9 << 20))],
    ids=["list", "hash", "set", "too long", "as long as may be"])
def test_what_is_no_answer_at_all_is_a_miss_and_goes(put, shelf):
    text, _, name = shelf.stored()
    shelf.redis.command("DEL", name)
    shelf.redis.command(put[0], name, *put[1:])
    errors = number(shelf[1], "agent_redis_errors_total")
    answer = shelf.ask(1, text)
    assert word(answer) == "miss" and said(answer) == f"Answer {shelf.asked}."
    assert until(lambda: shelf.redis.command("TYPE", name) == "string"
                 and said(answer).encode() in shelf.value(name))
    assert number(shelf[1], "agent_redis_errors_total") == errors
    assert "Redis is lost" not in shelf[1].log()


def test_a_lock_of_a_wrong_kind_stops_nobody(shelf):
    text, _, name = shelf.stored()
    lock = name[:-1] + "l"
    shelf.redis.command("DEL", name)
    shelf.redis.command("LPUSH", lock, "a")
    answer = shelf.ask(1, text)
    assert word(answer) == "miss" and said(answer) == f"Answer {shelf.asked}."
    shelf.redis.command("DEL", lock)


@pytest.mark.smoke
def test_a_node_with_another_secret_has_answers_of_its_own(shelf):
    text, one, name = shelf.stored()
    other = shelf[1]
    other.values["common"] = shelf.server.folder / "other"
    other.reload()
    try:
        connected_again(other)
        logged = other.log().count("has a wrong seal")
        two = shelf.ask(1, text)
        assert word(two) == "miss" and said(two) != said(one)
        assert is_hit(shelf.ask(1, text)) and is_hit(shelf.ask(0, text))
        assert other.log().count("has a wrong seal") == logged + 1
    finally:
        other.values["common"] = shelf.server.folder / "common"
        other.reload()
        connected_again(other)
    # what it left there is nothing to those with the right one
    assert until(lambda: shelf.value(name) is not None)
    three = shelf.ask(1, text)          # of its own memory
    assert is_hit(three) and said(three) == said(two)


def connected_again(node):
    """After a reload, when the last of the old workers are gone."""
    assert until(lambda: len(node.workers()) == 2)
    connected(node)


# ---- Redis in trouble -----------------------------------------------------

@pytest.mark.smoke
def test_a_redis_without_its_data_is_filled_again(shelf):
    text, one, _ = shelf.stored()
    waits, stage = shelf.held()
    clients = shelf.begin(0, waits)
    stage.wait(1)
    clients += shelf.begin(1, waits, 4)
    shelf.redis.flush()
    shelf.redis.command("SCRIPT", "FLUSH")
    assert is_hit(shelf.ask(0, text))
    assert word(shelf.ask(1, text)) == "miss"
    text, one, _ = shelf.stored()
    assert is_hit(shelf.ask(1, text))
    stage.free()
    for client in clients:
        assert client.response().status == 200
        client.close()
    assert stage.entered <= 2           # it was asked anew once, or not at all
    for node in shelf:
        assert "Redis is lost" not in node.log()


@pytest.mark.parametrize("size, streamed", [
    (500_000, False), (500_000, True), (1_500_000, False)])
def test_long_answers_do_not_hold_up_limits(size, streamed, shelf):
    before = [number(node, f"agent_redis_{name}_total") for node in shelf
              for name in ("late", "errors")]
    texts = [shelf.new() for _ in range(6)]
    long = {text: text + size // 8 * " 0123456" for text in texts}
    for text in texts:
        shelf.acts[text] = answers(long[text])
        shelf.stored(text=text, stream=streamed)
    used = shelf[1].used("limited", "requests/1h")
    clients = [shelf[1].connect().send(wire.request(
        "POST", CHAT, question(text, max_tokens=20, stream=streamed),
        key_of("a"))) for text in texts]
    for n in range(20):
        answer = shelf.ask(1, f"Limited {n}?", "limited")
        assert answer.status == 200
        assert answer.header("x-ratelimit-mode") is None
    for text, client in zip(texts, clients):
        assert shelf.told([client], long[text]) == ["hit"]
    assert shelf[1].used("limited", "requests/1h") == used + 20
    assert before == [number(node, f"agent_redis_{name}_total")
                      for node in shelf for name in ("late", "errors")]


class Trouble:
    def __init__(self, begin, end):
        self.begin, self.end = begin, end


def setting(name, wrong, right):
    return Trouble(
        lambda server, _: server.command("CONFIG", "SET", name, wrong),
        lambda server, _: server.command("CONFIG", "SET", name, right))


def slow(data):
    return [3 * TIMEOUT, data]


TROUBLES = {
    "away": Trouble(lambda server, _: server.kill(),
                    lambda server, _: server.start()),
    "hung": Trouble(lambda server, _: server.pause(),
                    lambda server, _: server.resume()),
    "slow": Trouble(lambda _, between: setattr(between, "trouble", slow),
                    lambda _, between: setattr(between, "trouble", None)),
    "full": setting("maxmemory", "1mb", "0"),
    "a replica": Trouble(
        lambda server, _: server.command("REPLICAOF", "127.0.0.1", 9),
        lambda server, _: server.command("REPLICAOF", "NO", "ONE")),
}


READ = ("full", "a replica")


@pytest.fixture(scope="module")
def troubled(shared):
    """Its limits would refuse all without Redis; answers do not need it."""
    return Shelf(shared, tenant("a") + tenant("limited", "limit requests=1000 "
                                              "per=1h;"), between=True,
                 words={"timeout": f"{TIMEOUT * 1000:.0f}ms",
                        "when_down": "deny"})


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.smoke)
    if name in ("away", "hung") else name for name in TROUBLES])
def test_a_redis_in_trouble_costs_nobody_an_answer(name, troubled):
    shelf, trouble = troubled, TROUBLES[name]
    for node in shelf:
        connected(node)
    text, one, _ = shelf.stored()
    waits, stage = shelf.held(answers("Same."))
    clients = shelf.begin(0, waits)
    stage.wait(1)
    if name not in READ:                # where locks are seen all the same
        clients += shelf.begin(1, waits, 4)
    trouble.begin(shelf.server, shelf.between)
    try:
        # who waited for the other node asks for itself, once
        assert name in READ or until(lambda: stage.entered == 2)
        new = shelf.new()
        for place, asked, expected in (
                (0, text, "hit"), (1, text, "miss"), (1, text, "hit"),
                (1, new, "miss"), (1, new, "hit"), (0, new, "miss")):
            started = time.monotonic()
            answer = shelf.ask(place, asked)
            assert time.monotonic() - started < BOUND
            # as long as it is only read from, it may well tell
            assert word(answer) == expected or name in READ \
                and said(answer) == said(one), (place, asked)
        stage.free()
        assert shelf.told(clients, "Same.") == (
            ["miss"] if name in READ else ["joined"] * 3 + ["miss"] * 2)
        assert until(lambda: shelf.ask(1, text, "limited").status == 503)
    finally:
        trouble.end(shelf.server, shelf.between)

    def shares():
        text = shelf.new()
        return word(shelf.ask(0, text)) == "miss" \
            and is_hit(shelf.ask(1, text)) and text
    assert until(shares)
    shelf.still(locks=False)            # they could not all be given back
