"""Sessions in Redis against their local twin; and what Redis itself does:
without memory, as a replica, with a password, dead and back."""

import ctypes as C
import hashlib
import random

import pytest

import redis_scripts as R
from redis_scripts import COUNT, LOG, MINUTE, RING, SECOND, limit
from redis_scripts import clock, key, library, needed, redis, scripts
from redis_server import RedisError, RedisServer

pytestmark = needed

GOES_ON, STOPPED, EXPIRED, DEPTH, CALLS, LOOP, COST = range(7)
E_OTHER, E_NOSCRIPT, E_BUSY, E_AUTH, E_CLUSTER = range(5)


class Session:
    """The local twin."""

    def __init__(self, library):
        self.library, self.memory = library, (R.U64 * 7)()

    def ask(self, guard, call, now, fits):
        words = C.byref(self.memory), C.byref(call), R.U64(now)
        verdict = self.library.ag_session_check(words[0], C.byref(guard),
                                                *words[1:])
        if verdict != GOES_ON:
            self.library.ag_session_refused(*words)
        elif fits:
            self.library.ag_session_take(*words)
        return verdict

    def settle(self, reserved, cost):
        self.library.ag_session_settle(C.byref(self.memory), R.U64(reserved),
                                       R.U64(cost))


@pytest.mark.parametrize("seed", range(4))
def test_sessions_as_those_of_a_node(scripts, clock, library, seed):
    dice, twin, flying, seen = random.Random(seed), {}, [], set()
    guard = R.Guard(*((12, 3, 3, 1500 * SECOND, 9000) if seed < 2
                      else (0, 0, 4, 0, 0)))
    for number in range(1500):
        clock.pass_by(dice.randrange(SECOND * 20))
        session = dice.randint(1, 3) + number // 300 * 10
        local = twin.setdefault(session, Session(library))
        if dice.random() < 0.005:
            scripts.stop(session)
            local.memory[6] = 1
        call = R.Call(dice.choice((0, 0, 1, 3, 3, 4)),
                      dice.choice((0, 2 ** 64 - 1, 2 ** 64 - 1, 5, 256)),
                      dice.choice((0, 10, 200, 2000)))
        got = scripts.take((1, limit(LOG, 10, MINUTE)), session=session,
                           guard=guard, call=call)
        fits = got.result == R.TAKEN
        assert got.session == local.ask(guard, call, clock.us, fits)
        assert not fits or got.session == GOES_ON
        seen.add(got.session)
        if fits and call.cost and dice.random() < 0.9:
            flying.append((got, session, call.cost))
        if flying and dice.random() < 0.5:
            got, session, reserved = flying.pop(0)
            cost = dice.choice((0, reserved // 2, reserved * 2))
            scripts.settle(got, 1, reserved=reserved, cost=cost)
            twin[session].settle(reserved, cost)
    assert seen >= ({GOES_ON, STOPPED, EXPIRED, DEPTH, CALLS, LOOP, COST}
                    if seed < 2 else {GOES_ON, STOPPED, LOOP})


def test_a_session_refuses_before_anything_is_taken(scripts, clock):
    guard, call = R.Guard(1), R.Call()
    claims = [(1, limit(LOG, 5, MINUTE)), (4, limit(RING, 9, MINUTE), 3, 3)]
    assert scripts.take(*claims, session=1, guard=guard, call=call).taken \
        == [1, 3]
    before = scripts.server.command("DUMP", key(1))
    got = scripts.take(*claims, session=1, guard=guard, call=call)
    assert (got.session, got.result, got.taken) == (CALLS, R.FULL, [0, 0])
    assert got.standings[0][1] == 4
    assert scripts.server.command("DUMP", key(1)) == before


def test_the_last_moment_of_a_session(scripts, clock):
    guard = R.Guard(lifetime=MINUTE)
    for passed, expected in ((0, GOES_ON), (MINUTE - 1, GOES_ON),
                             (1, EXPIRED), (MINUTE, EXPIRED)):
        clock.pass_by(passed)
        assert scripts.take(session=1, guard=guard).session == expected


def test_stopping(scripts, clock):
    assert scripts.stop(1) == 1
    name = scripts.server.command("KEYS", "*")[0]
    assert scripts.server.command("PTTL", name) == 86_400_000
    assert scripts.take(session=1).session == STOPPED
    assert scripts.take(session=2).session == GOES_ON
    clock.pass_by(86399 * SECOND)
    assert scripts.stop(2) == 1                 # about to be forgotten
    clock.pass_by(2 * SECOND)
    assert scripts.take(session=2).session == STOPPED
    assert scripts.take(session=1).session == GOES_ON


def test_a_session_is_kept_as_long_as_its_life(scripts, clock):
    guard = R.Guard(lifetime=3 * 86400 * SECOND)
    scripts.take(session=1, guard=guard)
    scripts.take(session=2)
    names = sorted(scripts.server.command("KEYS", "*"))
    assert [scripts.server.command("PTTL", name) for name in names] \
        == [3 * 86_400_000, 86_400_000]
    scripts.settle(scripts.take(session=1), reserved=0, cost=5)
    clock.pass_by(86400 * SECOND)
    late = scripts.take(session=2, call=R.Call(cost=7))
    scripts.server.flush()
    assert scripts.settle(late, reserved=7, cost=9) == R.OK
    assert scripts.server.command("KEYS", "*") == []


# ---- Redis itself

def test_texts(library):
    for script in range(5):
        text = library.ag_redis_script(script)
        assert hashlib.sha1(text).hexdigest().encode() \
            == library.ag_redis_script_sha1(script)
        for word in (b"'KEYS'", b"SCAN", b"RANDOM", b"os.", b"EVAL"):
            assert word not in text
        assert text.count(b"'TIME'") == (script != R.STOP)


def test_names_of_keys(scripts, clock):
    scripts.take((1, limit(LOG, 5, MINUTE)), (8, limit(COUNT, 5)), session=3)
    assert sorted(scripts.server.command("KEYS", "*")) == [
        b"ag:{000000000000000a}:c:" + b"%016x%016x" % (8, 7),
        b"ag:{000000000000000a}:s:" + b"%016x%016x" % (3, 9),
        b"ag:{000000000000000a}:w:" + b"%016x%016x" % (1, 7)]


def classify(library, error):
    text = str(error).encode()
    keep = C.create_string_buffer(text)
    return library.ag_redis_classify(R.Str(len(text),
                                           C.cast(keep, C.c_void_p)))


def everything(server):
    return {name: server.command("DUMP", name)
            for name in sorted(server.command("KEYS", "*"))}


@pytest.fixture
def servers():
    """Starts Redises of one test."""
    started = []

    def start(**options):
        started.append(RedisServer(**options))
        return started[-1].start()

    yield start
    for server in reversed(started):
        server.stop()


def test_without_memory(library, servers):
    """All or nothing there, too."""
    server = servers(maxmemory="0")
    scripts = R.Scripts(library, server)
    claims = [(8, limit(COUNT, 5)), (1, limit(LOG, 5, MINUTE)),
              (4, limit(RING, 99, MINUTE), 1, 1)]
    scripts.take(*claims)
    before = everything(server)
    server.command("CONFIG", "SET", "maxmemory", "1")
    for i in range(3):
        with pytest.raises(RedisError, match="OOM") as caught:
            scripts.take(*claims[i:], *claims[:i])
        assert classify(library, caught.value) == E_BUSY
    server.command("CONFIG", "SET", "maxmemory", "0")
    assert everything(server) == before


def test_what_redis_says(library, servers):
    """Errors of a real one: a replica, a password, an unknown script."""
    first = servers(requirepass="secret")
    second = servers(replicaof=f"127.0.0.1 {first.port}", masterauth="secret")
    stranger = first.connect()

    def says(command, *words):
        with pytest.raises(RedisError) as caught:
            command(*words)
        return classify(library, caught.value)

    assert says(stranger.command, "PING") == E_AUTH
    assert says(stranger.command, "AUTH", "wrong") == E_AUTH
    assert says(second.command, "AUTH", "none", "x") == E_AUTH
    assert says(second.command, "AUTH", "none") == E_AUTH
    assert says(first.command, "EVALSHA", "0" * 40, 0) == E_NOSCRIPT
    assert says(first.command, "EVAL", "error('x')", 0) == E_OTHER
    assert says(first.command, "EVAL", "return redis.call('GET')", 0) \
        == E_OTHER
    assert says(R.Scripts(library, second).take,
                (1, limit(LOG, 5, MINUTE))) == E_BUSY
    first.command("CONFIG", "SET", "min-replicas-to-write", "5")
    assert says(first.command, "SET", "x", "y") == E_BUSY
    assert says(R.Scripts(library, first).take,
                (1, limit(LOG, 5, MINUTE))) == E_BUSY
    stranger.close()


def test_busy_with_a_script(library, servers):
    server = servers()
    server.command("CONFIG", "SET", "lua-time-limit", "1")
    other = server.connect()
    other.send("EVAL", "while true do end", 0)
    error = None
    for _ in range(1000):
        try:
            server.command("PING")
        except RedisError as caught:
            error = caught
            break
    assert classify(library, error) == E_BUSY
    assert server.command("SCRIPT", "KILL") == "OK"
    other.close()


def test_a_replica_sees_the_same(library, servers):
    """What is replicated are the writes."""
    first = servers(repl_diskless_sync_delay="0")
    second = servers(replicaof=f"127.0.0.1 {first.port}")
    scripts = R.Scripts(library, first)
    got = [scripts.take((1, limit(LOG, 50, MINUTE)), (8, limit(COUNT, 9)),
                        (4, limit(RING, 999, MINUTE), 5, 5), session=1)
           for _ in range(5)]
    scripts.settle(got[0], 1, 2, 3)
    scripts.renew((8, 9 << 32))
    scripts.stop(1)
    assert first.command("WAIT", 1, 5000) == 1
    assert len(everything(first)) == 4
    assert everything(second) == everything(first)
    for name in everything(second):
        assert second.command("PTTL", name) > 0


def test_a_pause_a_death_a_new_life(library, servers):
    """What the tests of nodes need of the helper."""
    server = servers()
    scripts = R.Scripts(library, server)
    assert scripts.take((1, limit(LOG, 5, MINUTE))).result == R.TAKEN
    server.pause()
    other = server.connect()
    other.socket.settimeout(0.1)
    with pytest.raises(OSError):
        other.command("PING")
    other.close()
    server.resume()
    assert server.command("PING") == "PONG"
    server.kill()
    server.start()
    got = scripts.take((1, limit(LOG, 5, MINUTE)))
    assert got.standings[0][1] == 4
