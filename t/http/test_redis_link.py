"""Limits over Redis, and everything that can be wrong with Redis: each call is
answered soon and by when_down's rule, the log says once what is wrong and
once that it is over, and never a password.

Three gateways see each trouble, one of each rule, so that it happens once.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import time

import pytest

from gateway import free_port, question, until
from limits import HOUSE, House, digest, key_of, standing, tenant
from redis_server import BINARY, MISSING, RedisServer
from redis_troubles import CLOSE, HANG, RESET, Between

pytestmark = pytest.mark.skipif(BINARY is None, reason=MISSING)

PASSWORD = "CANARY-redis-0123456789"
RULES = ("local", "allow", "deny")

# Of a tenant's 6 requests a node may give out 3 alone: there are 2 of them.
LIMIT = "limit requests=6 per=1m;"
PLENTY = "limit requests=1000k per=1m;"
TENANTS = tenant("a", LIMIT) + tenant("b", PLENTY)

TIMEOUT = 0.2                           # seconds, of agent_redis
BOUND = 2.0                             # of a call, on a slow machine


# ---- what the tests share -------------------------------------------------

class Node(House):

    def __init__(self, address, options="", tenants=TENANTS, http="",
                 workers=1, **values):
        text = "agent_redis @address@ nodes=2 timeout=200ms @options@;\n"
        super().__init__(tenants, workers, http=text + http + HOUSE,
                         address=address, options=options, **values)
        self.secrets.append(PASSWORD)

    def asks(self, who="a"):
        """One call: (status, was it decided here), in time."""
        start = time.monotonic()
        response = self.of(who, question(max_tokens=3))
        assert time.monotonic() - start < BOUND
        if response.status == 503:
            assert response.error["code"] == "limits_unavailable"
        mode = response.header("x-ratelimit-mode")
        assert mode in (None, "local")
        return response.status, mode is not None

    def is_shared(self):
        return self.asks("b") == (200, False)

    def waits(self):
        """Until Redis decides."""
        assert until(self.is_shared), self.noteworthy()

    def said(self, word):
        return [line for line in self.log().splitlines() if word in line]

    def metric(self, name):
        found = re.search(rf"^{name} (\d+)$", self.page("/metrics")[2], re.M)
        return int(found[1])


@pytest.fixture
def redis(gateway):

    def make(**options):
        # workers are nobody's: they may open the socket
        server = gateway.own(RedisServer(port=free_port(), **options,
                                         unixsocketperm="777"))
        server.folder.chmod(0o755)
        return server.start()

    return make


@pytest.fixture
def node(gateway):

    def make(address, options="", **values):
        made = Node(address, options, **values)
        gateway.gateways.append(made)
        (made.prefix / "redis.pass").write_text(PASSWORD + "\n")
        return made.start()

    return make


@pytest.fixture
def three(node):
    """Nodes of each rule, each with limits of its own."""

    def make(address):
        nodes = {rule: node(address, f"when_down={rule} prefix={rule} "
                                     "password=file:redis.pass")
                 for rule in RULES}
        for each in nodes.values():
            each.waits()
        return nodes

    return make


# ---- troubles -------------------------------------------------------------

class Trouble:
    """How it begins, how it ends, and what the log says about it."""

    def __init__(self, begin, end, cause, direct=False, level="warn"):
        self.begin, self.end, self.cause = begin, end, cause
        self.direct, self.level = direct, level


def on_the_way(trouble, cause):
    def begin(_, between):
        between.trouble = trouble

    def end(_, between):
        between.trouble = None
    return Trouble(begin, end, cause)


def settings(cause, level="warn", **names):
    """CONFIG SET NAME WRONG, and again RIGHT."""
    def put(server, which):
        for name, values in names.items():
            server.command("CONFIG", "SET", name.replace("_", "-"),
                           values[which])

    def begin(server, _):
        put(server, 0)
        server.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

    return Trouble(begin, lambda server, _: put(server, 1), cause,
                   level=level)


def endless(server, _):
    """A script that does not end."""
    server.command("CONFIG", "SET", "lua-time-limit", "10")
    client = server.connect()
    client.command("AUTH", PASSWORD)
    client.send("EVAL", "while true do end", "0")
    client.close()
    time.sleep(0.3)


LATE = "no reply within the timeout"
PROTOCOL = "it does not speak Redis's protocol"
GONE = "(it closed the connection|the connection broke: .*|connect\\(\\) " \
       "failed: .*|no reply within the timeout)"

TROUBLES = {
    "stopped": Trouble(
        lambda server, _: server.kill(), lambda server, _: server.start(),
        "connect\\(\\) failed: Connection refused", direct=True),
    "hung": Trouble(
        lambda server, _: server.pause(), lambda server, _: server.resume(),
        LATE, direct=True),
    "a replica": Trouble(
        lambda server, _: server.command("REPLICAOF", "127.0.0.1", 9),
        lambda server, _: server.command("REPLICAOF", "NO", "ONE"),
        "it answers READONLY"),
    "full": settings("it answers OOM", maxmemory=("1mb", "0")),
    "another password": settings(
        "it refuses the password or the user: WRONGPASS", "error",
        requirepass=("CANARY-other-0123456789", PASSWORD)),
    "no room": settings(
        "(it answers ERR|it closed the connection|it refuses the password or "
        "the user: ERR|the connection broke: .*)",
        maxclients=("1", "1000")),
    "busy": Trouble(
        endless, lambda server, _: server.command("SCRIPT", "KILL"),
        f"(it answers BUSY|{LATE})"),
    "slow": on_the_way(lambda data: [0.5, data], LATE),
    "mute": on_the_way(lambda data: None, LATE),
    "half a reply": on_the_way(lambda data: [data[:5], HANG], LATE),
    "half a reply, then closed": on_the_way(
        lambda data: [data[:5], CLOSE], GONE),
    "closed": on_the_way(lambda data: CLOSE, GONE),
    "reset": on_the_way(lambda data: RESET, GONE),
    "another protocol": on_the_way(
        lambda data: b"HTTP/1.1 400 Bad Request\r\n\r\n", PROTOCOL),
    "noise": on_the_way(lambda data: b"\0\xff\x80\r\n$", PROTOCOL),
    "a reply without an end": on_the_way(
        lambda data: b"$9000000\r\n" + 8_900_000 * b"x",
        "a reply of it is too long"),
    "an array without an end": on_the_way(
        lambda data: b"*1000000000\r\n", PROTOCOL),
    "more replies than questions": on_the_way(
        lambda data: data + b"+OK\r\n", "a reply that nobody asked for"),
}


# Much like others, and each takes two seconds.
LONGER = {"mute", "slow", "another protocol", "half a reply, then closed"}


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.long) if name in LONGER else name
    for name in TROUBLES])
def test_a_trouble(name, redis, three, gateway):
    trouble = TROUBLES[name]
    server = redis(requirepass=PASSWORD)
    between = gateway.own(Between(server))
    nodes = three(server.address if trouble.direct else between.address)

    for each in nodes.values():
        assert each.asks() == (200, False)

    trouble.begin(server, between)
    try:
        assert until(lambda: nodes["local"].asks("b") == (200, True))
        got = [nodes["local"].asks() for _ in range(5)]
        # of its share of 3 one is gone already
        assert got == [(200, True)] * 2 + [(429, True)] * 3, got

        assert until(lambda: nodes["allow"].asks("b")[1])
        assert [nodes["allow"].asks()[0] for _ in range(9)] == [200] * 9

        assert until(lambda: nodes["deny"].asks("b")[0] == 503)
        assert [nodes["deny"].asks()[0] for _ in range(5)] == [503] * 5

        for each in nodes.values():
            assert until(lambda: each.said("Redis is lost")), each.log()
    finally:
        trouble.end(server, between)

    for each in nodes.values():
        each.waits()
        lost, = each.said("Redis is lost")
        assert f"[{trouble.level}]" in lost
        assert re.search(f"cause: {trouble.cause}, limits", lost), lost
        assert len(each.said("Redis is back")) == 1

    # nobody got more than the limit, and nobody is locked out
    total = [nodes["local"].asks()[0] for _ in range(6)].count(200) + 3
    assert total <= 6


def test_a_hung_redis_is_waited_for_three_times(redis, node):
    server = redis()
    g = node(server.address)
    g.waits()
    time.sleep(0.4)                     # its clock is asked for, once
    late = g.metric("agent_redis_late_total")
    server.pause()
    took = []
    for _ in range(8):
        start = time.monotonic()
        assert g.asks("b") == (200, True)
        took.append(time.monotonic() - start)
    assert g.metric("agent_redis_late_total") - late == 3
    assert g.metric("agent_redis_up") == 0
    assert min(took[:3]) > TIMEOUT * 0.9
    assert min(took[3:]) < TIMEOUT, took
    server.resume()
    g.waits()
    assert g.metric("agent_redis_up") == 1


@pytest.mark.smoke
def test_a_late_reply_is_nobodys(redis, node, gateway):
    server = redis()
    between = gateway.own(Between(server))
    g = node(between.address, tenants=tenant("a", "limit requests=50 "
                                                  "per=1m;"))
    assert until(lambda: g.asks() == (200, False))
    once = [lambda data: [0.3, data]]
    between.trouble = lambda data: once.pop()(data) if once else data
    assert g.asks() == (200, True)
    time.sleep(0.3)
    g.asks()        # tells Redis of the late one, which may know it already
    left = [standing(g.of("a"))[1] for _ in range(5)]
    assert left == list(range(left[0], left[0] - 5, -1))
    assert not g.said("Redis is lost")


# ---- scripts and data that are gone ---------------------------------------

def test_scripts_that_were_flushed_are_sent_again(redis, node):
    server = redis()
    g = node(server.address)
    g.waits()
    for _ in range(3):
        server.command("SCRIPT", "FLUSH")
        assert g.asks() == (200, False)
    assert [g.asks() for _ in range(4)] == [(200, False)] * 3 + [(429, False)]
    assert "Redis" not in g.noteworthy()


def test_a_redis_that_comes_back_empty_is_told(redis, node):
    server = redis()
    nodes = [node(server.address) for _ in range(2)]
    for each in nodes:
        each.waits()
        assert [each.asks() for _ in range(2)] == [(200, False)] * 2
    server.kill()
    server.start()
    for each in nodes:
        each.waits()
        assert each.asks() == (200, False)
    # 6 in all, of which the new Redis saw 2
    assert until(lambda: nodes[0].asks() == (429, False))
    assert nodes[1].asks() == (429, False)


def test_what_was_used_meanwhile_is_told(redis, node):
    server = redis()
    g, other = (node(server.address) for _ in range(2))
    for each in (g, other):
        each.waits()
    assert g.asks() == (200, False)
    server.pause()
    assert [g.asks() for _ in range(3)] == [(200, True)] * 2 + [(429, True)]
    server.resume()
    g.waits()
    assert g.asks()[1] is False
    # at least 3 of 6, and what it asked for in vain at most
    got = [other.asks()[0] for _ in range(6)]
    assert got.count(200) <= 2 and got[-1] == 429


# ---- from the start -------------------------------------------------------

def test_a_redis_that_is_not_there_yet(redis, node):
    server = redis()
    server.kill()
    g = node(server.address, workers=2)
    assert [g.asks("b") for _ in range(6)] == [(200, True)] * 6
    assert until(lambda: len(g.said("Redis is lost")) == 2)
    server.start()
    assert until(lambda: len(g.said("Redis is back")) == 2)
    assert all(g.is_shared() for _ in range(6))


def test_a_wrong_password_is_said_once(redis, node):
    server = redis(requirepass="CANARY-other-0123456789")
    g = node(server.address, "password=file:redis.pass")
    g.secrets.append("CANARY-other-0123456789")
    assert until(lambda: g.said("Redis is lost"))
    time.sleep(1)                       # some attempts more
    assert g.asks() == (200, True)
    lost, = g.said("Redis is lost")
    assert "[error]" in lost and "WRONGPASS" in lost
    server.command("CONFIG", "SET", "requirepass", PASSWORD)
    g.waits()


def test_no_password_where_one_is_wanted(redis, node):
    server = redis(requirepass=PASSWORD)
    g = node(server.address)
    assert until(lambda: g.said("Redis is lost"))
    assert "it wants another password or user: NOAUTH" in g.log()
    assert g.asks() == (200, True)


def test_a_cluster_is_refused(redis, node):
    g = node(redis(cluster_enabled="yes").address)
    assert until(lambda: g.said("Redis is lost"))
    time.sleep(0.5)
    lost, = g.said("Redis is lost")
    assert "[error]" in lost
    assert "a node of a Redis Cluster, which is not supported" in lost
    assert g.asks() == (200, True)


def test_a_sentinel_is_refused(redis, node, gateway):
    def as_sentinel(data):
        return data.replace(b"redis_mode:standalone",
                            b"redis_mode:sentinel\r\n")
    between = gateway.own(Between(redis(), as_sentinel))
    g = node(between.address)
    assert until(lambda: g.said("Redis is lost"))
    lost, = g.said("Redis is lost")
    assert "[error]" in lost
    assert "a Redis Sentinel, which is not supported: name the master" in lost


@pytest.mark.parametrize("options", ["", "db=7", "prefix=x:y db=1"])
def test_a_socket_a_database_a_prefix(options, redis, node):
    server = redis(requirepass=PASSWORD)
    g = node("unix:" + server.unixsocket,
             options + " password=file:redis.pass")
    g.waits()
    assert [g.asks() for _ in range(7)] == [(200, False)] * 6 + [(429, False)]
    spaces = server.command("INFO", "keyspace").decode()
    number = re.search(r"db=(\d+)", options)
    assert re.findall(r"^db(\d+)", spaces, re.M) \
        == [number[1] if number else "0"]
    client = server.connect()
    client.command("AUTH", PASSWORD)
    client.command("SELECT", number[1] if number else "0")
    prefix = "x:y" if "prefix" in options else "agent"
    assert all(key.startswith(f"{prefix}:".encode())
               for key in client.command("KEYS", "*"))


def test_a_user_that_may_do_what_is_documented(redis, node):
    text = (pathlib.Path(__file__).parents[2] / "docs"
            / "directives.md").read_text()
    needs = re.search(r"a user of Redis needs: `(~PREFIX:\*)`, `([^`]*)`",
                      text)
    server = redis()
    server.command("ACL", "SETUSER", "gateway", "on", ">" + PASSWORD,
                   needs[1].replace("PREFIX", "mine"), *needs[2].split())
    g = node(server.address, "user=gateway password=file:redis.pass "
                             "prefix=mine",
             tenants=tenant("a", LIMIT, "limit concurrency=5;",
                            "limit tokens=100k per=1m;", "session calls=9;",
                            "budget 5 per=day;") + tenant("b", PLENTY),
             http="agent_tenants redis; agent_plan team { models *; }\n",
             provider_lines="price * input=1 output=1;")
    g.waits()
    assert [g.asks() for _ in range(7)] == [(200, False)] * 6 + [(429, False)]
    assert g.chat(key="sk-nobody-0123456789").status == 401
    server.command("SCRIPT", "FLUSH")
    assert g.asks("b") == (200, False)
    denied = server.command("ACL", "LOG")
    assert denied == [], denied


# ---- tenants in Redis -----------------------------------------------------

def test_a_key_that_is_not_there_is_no_trouble(redis, node):
    """An empty reply is a reply."""
    server = redis()
    g = node(server.address, http="agent_tenants redis;\n"
             "agent_plan team { models *; limit requests=6 per=1m; }\n")
    g.waits()
    assert g.of("guest").status == 401
    server.command("HSET", f"agent:key:{digest('guest')}", "tenant", "acme",
                   "plan", "team")
    assert g.of("guest").status == 200
    server.kill()
    assert until(lambda: g.of("guest").status == 200)
    response = g.of("stranger")
    assert (response.status, response.error["code"]) \
        == (503, "limits_unavailable")
    server.start()
    assert until(lambda: g.of("stranger").status == 401)


# ---- whatever the limit ---------------------------------------------------

def test_who_allows_without_redis_admits_everything(redis, node):
    """Calls at once, tokens, money, even what fits into no limit; and counts
    it, for when Redis is back."""
    server = redis()
    lines = tenant("a", "limit requests=2 per=1h;", "limit tokens=50 per=1h;",
                   "limit concurrency=1;", "budget 0.0001 per=day;",
                   "limit requests=1 per=1m by=key;")
    g = node(server.address, "when_down=allow", workers=2,
             tenants=lines + tenant("b", PLENTY),
             provider_lines="price * input=2 output=8;")
    g.waits()
    server.kill()
    assert until(lambda: g.metric("agent_redis_up") == 0)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda n: g.of("a", question(
            max_tokens=3 + 9000 * (n % 2))), range(40)))
    assert {answer.status for answer in got} == {200}
    assert {answer.header("x-ratelimit-mode") for answer in got} == {"local"}
    g.settles("a", "concurrency", 0)
    assert until(lambda: g.used("a", "tokens/1h") >= 50)
    server.start()
    g.waits()
    assert until(lambda: g.of("a", question(max_tokens=3)).status
                 in (402, 429))         # it was counted


# ---- many at once, and the end of workers ---------------------------------

def ask_all(g, count, who="b"):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        return list(pool.map(lambda _: g.asks(who), range(count)))


@pytest.mark.smoke
def test_calls_that_wait_while_redis_dies(redis, node):
    server = redis()
    g = node(server.address, workers=2)
    g.waits()
    for number in range(4):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            got = pool.submit(ask_all, g, 200)
            time.sleep(0.05)
            server.kill() if number % 2 else server.pause()
            assert {status for status, _ in got.result()} == {200}
        if number % 2:
            server.start()
        else:
            server.resume()
        assert until(g.is_shared)


def test_many_calls_take_what_there_is(redis, node):
    server = redis()
    nodes = [node(server.address, workers=2) for _ in range(2)]
    for each in nodes:
        each.waits()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        got = sum(pool.map(lambda g: ask_all(g, 40, "a"), nodes), [])
    assert sorted(status for status, _ in got) == [200] * 6 + [429] * 74


def test_a_worker_that_leaves_tells_what_was_used(redis, node):
    server = redis()
    lines = tenant("a", "limit tokens=100k per=1m;") + tenant("b", PLENTY)
    g, other = (node(server.address, tenants=lines) for _ in range(2))
    for each in (g, other):
        each.waits()
    body = question(max_tokens=5000)
    before = standing(g.of("a", body), "tokens")[1]
    g.quit()
    g.process.wait(10)
    # 12 tokens were used of some 5,000 that were reserved
    after = standing(other.of("a", body), "tokens")[1]
    assert after == before - 12


@pytest.mark.parametrize("hung", [False, True])
def test_reloads_and_a_quit(hung, redis, node):
    server = redis()
    g = node(server.address, workers=2)
    g.waits()
    if hung:
        server.pause()
    for _ in range(3):
        g.reload()
        assert g.asks("b")[0] == 200
    assert until(lambda: len(g.workers()) == 2), "old workers stay"
    start = time.monotonic()
    g.quit()
    g.process.wait(10)
    assert time.monotonic() - start < 5
    server.resume()
    # ours is the last
    assert until(lambda: len(server.command("CLIENT", "LIST").splitlines())
                 == 1)


def busy(g):
    """Ticks of CPU of its workers."""
    ticks = 0
    for pid in g.workers():
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return ticks


@pytest.mark.parametrize("hung", [
    False, pytest.param(True, marks=pytest.mark.long)])
def test_an_idle_link_costs_nothing(hung, redis, node):
    server = redis()
    g = node(server.address)
    g.waits()
    if hung:
        server.pause()
        assert until(lambda: g.asks("b")[1])
    before = busy(g)
    time.sleep(2)
    assert busy(g) - before <= 0.05 * 2 * os.sysconf("SC_CLK_TCK")
    server.resume()


def test_a_worker_without_connections_goes_on(redis, node, gateway):
    server = redis()
    g = Node(server.address)
    gateway.gateways.append(g)
    text = g.text
    g.text = lambda: text().replace("worker_connections 4096",
                                    "worker_connections 24")
    g.tolerate("worker_connections are not enough")
    g.start().waits()
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(g.connect()).send(b"GET /")
        server.kill()
        server.start()
        time.sleep(1)
    g.waits()
    assert key_of("b") not in g.log()
