"""The cache's scripts of src/core/ag_redis_script.c in a real Redis: answers,
locks and purges."""

import ctypes as C
import hashlib

import pytest

import redis_scripts as R
from redis_scripts import clock, library, needed, redis

pytestmark = needed

LOOK, HOLD, FREE, PURGE = range(5, 9)
READ, DROP, PASS = range(3)
BUSY, LOCKED, FOUND = range(3)
LIFE = 3000                             # ms of a lock
ROWS, KEPT = 64, 1000
NAME = b"ag:{" + b"0123456789abcdef" * 4 + b"}"
KEY = bytes.fromhex("0123456789abcdef" * 4)
EPOCH, PURGES = b"ag:{cache}:epoch", b"ag:{cache}:purges"

What = R.struct("What", ("owner", R.U64), ("model", R.U64))
Found = R.struct("Found", ("state", C.c_int), ("epoch", R.U64),
                 ("sealed", R.Str))
Row = R.struct("Row", ("number", R.U64), ("what", What))
Purged = R.struct("Purged", ("last", R.U64), ("complete", C.c_uint, 1),
                  ("count", C.c_uint), ("rows", Row * ROWS))


class Cache(R.Scripts):
    def write(self, name, *arguments):
        assert getattr(self.library, f"ag_redis_cache_{name}_write")(
            C.byref(self.command), self.string(), *arguments) == R.OK

    def values(self, reply):
        self.kept = [C.create_string_buffer(item, len(item))
                     if isinstance(item, bytes) else None for item in reply]
        return (R.Value * len(reply))(*(
            R.Value(R.INTEGER, item) if text is None else
            R.Value(R.TEXT, 0, R.Str(len(item), C.cast(text, C.c_void_p)))
            for item, text in zip(reply, self.kept)))

    def look(self, owner, mode=READ, key=KEY):
        self.write("look", key, R.U64(owner), mode)
        reply, found = self.run(LOOK), Found()
        assert self.library.ag_redis_cache_look_read(
            self.values(reply), C.c_size_t(len(reply)), C.byref(found)) \
            == R.OK, reply
        self.epoch = found.epoch
        return (found.state if found.state != FOUND else
                C.string_at(found.sealed.data, found.sealed.len))

    def keep(self, answer, life=60_000):
        text = C.create_string_buffer(answer, len(answer))
        self.write("keep", KEY, R.Str(len(answer), C.cast(text, C.c_void_p)),
                   R.U64(life))
        assert self.server.command(*self.words()) == "OK"

    def hold(self, *owners, key=KEY):
        keys = (C.c_char_p * len(owners))(*[key] * len(owners))
        self.write("hold", keys, (R.U64 * len(owners))(*owners), len(owners))
        return self.run(HOLD)

    def free(self, owner):
        self.write("free", KEY, R.U64(owner))
        return self.run(FREE)

    def purge(self, known, *what):
        """What is new: the rows, or None if some are missing; and the last."""
        self.write("purge", R.U64(known),
                   C.byref(What(*what)) if what else None)
        reply, purged = self.run(PURGE), Purged()
        assert self.library.ag_redis_cache_purge_read(
            self.values(reply), C.c_size_t(len(reply)), R.U64(known),
            C.byref(purged)) == R.OK, reply
        rows = [(row.number, row.what.owner, row.what.model)
                for row in purged.rows[:purged.count]]
        return rows if purged.complete else None, purged.last

    def names(self):
        return sorted(self.server.command("KEYS", "*"))


@pytest.fixture
def cache(library, redis, clock):
    return Cache(library, redis)


def test_texts(library):
    for script in range(LOOK, PURGE + 1):
        text = library.ag_redis_script(script)
        assert hashlib.sha1(text).hexdigest().encode() \
            == library.ag_redis_script_sha1(script)
        for word in (b"'KEYS'", b"SCAN", b"RANDOM", b"os.", b"EVAL",
                     b"'TIME'"):
            assert word not in text
    assert str(ROWS).encode() in library.ag_redis_script(PURGE)
    assert str(-KEPT - 1).encode() in library.ag_redis_script(PURGE)


# ---- answers and locks

def test_who_comes_first_has_the_lock(cache):
    assert cache.look(1) == LOCKED
    assert cache.names() == [NAME + b":l"]
    assert cache.look(2) == BUSY
    assert cache.look(1) == LOCKED
    assert 0 < cache.server.command("PTTL", NAME + b":l") <= LIFE
    assert cache.server.command("GET", NAME + b":l") == b"%016x" % 1
    assert cache.look(2, key=KEY[::-1]) == LOCKED


def test_answer(cache):
    answer = bytes(range(256)) * 16
    assert cache.look(1) == LOCKED
    cache.keep(answer)
    assert cache.look(2) == answer
    assert cache.free(1) == 1
    assert cache.names() == [NAME + b":a"]
    assert cache.look(1) == answer
    assert 59_000 < cache.server.command("PTTL", NAME + b":a") <= 60_000
    cache.keep(b"another")
    assert cache.look(2) == b"another"


def test_longest_answer(cache):
    answer = bytes(1024) * 8 * 1024
    cache.keep(answer)
    assert cache.look(1) == answer


def test_what_nobody_could_read_goes(cache):
    cache.keep(bytes(9 * 1024 * 1024))
    assert len(cache.look(1)) == 9 * 1024 * 1024
    cache.keep(bytes(9 * 1024 * 1024 + 1))
    assert cache.look(1) == LOCKED
    assert cache.names() == [NAME + b":l"]
    cache.server.command("LPUSH", NAME + b":a", "no answer")
    assert cache.look(2) == BUSY
    assert cache.names() == [NAME + b":l"]


def test_answer_expires(cache, clock):
    cache.keep(b"answer", life=5000)
    clock.pass_by(4_999_000)
    assert cache.look(1) == b"answer"
    clock.pass_by(2_000)
    assert cache.look(1) == LOCKED


def test_lock_expires_unless_it_is_held(cache, clock):
    assert cache.look(1) == LOCKED
    for _ in range(5):
        clock.pass_by(LIFE * 900)
        assert cache.hold(1) == 1
        assert cache.look(2) == BUSY
    clock.pass_by(LIFE * 1001)
    assert cache.look(2) == LOCKED
    assert cache.look(1) == BUSY


def test_hold(cache, clock):
    """Never another's; one that is gone comes back."""
    assert cache.look(1) == LOCKED
    clock.pass_by(LIFE * 500)
    assert cache.hold(2) == 1
    assert cache.server.command("PTTL", NAME + b":l") <= LIFE // 2
    cache.server.flush()
    assert cache.hold(2, 1) == 2
    assert cache.server.command("GET", NAME + b":l") == b"%016x" % 2
    assert 0 < cache.server.command("PTTL", NAME + b":l") <= LIFE


def test_free_is_for_the_owner(cache):
    assert cache.free(1) == 0
    assert cache.look(1) == LOCKED
    assert cache.free(2) == 0
    assert cache.look(2) == BUSY
    assert cache.free(1) == 1
    assert cache.names() == []
    assert cache.look(2) == LOCKED


def test_drop(cache):
    """It is worth nothing to anybody."""
    cache.keep(b"broken")
    assert cache.look(1, DROP) == LOCKED
    assert cache.names() == [NAME + b":l"]
    cache.keep(b"broken")
    assert cache.look(2, DROP) == BUSY
    assert cache.names() == [NAME + b":l"]


def test_pass(cache):
    """It is for those who wait: who comes later must not see it, and takes it
    away from nobody unless it gets a new one."""
    assert cache.look(1) == LOCKED
    cache.keep(b"passing")
    assert cache.look(2, PASS) == BUSY
    assert cache.look(3) == b"passing"
    cache.free(1)
    assert cache.look(2, PASS) == LOCKED
    assert cache.look(3) == BUSY
    assert cache.names() == [NAME + b":l"]


def test_epoch_comes_with_each(cache):
    assert cache.look(1) == LOCKED and cache.epoch == 0
    cache.purge(0, 7, 0)
    assert cache.look(1) == LOCKED and cache.epoch == 1
    assert cache.look(2) == BUSY and cache.epoch == 1
    cache.keep(b"answer")
    cache.purge(1, 7, 0)
    assert cache.look(2) == b"answer" and cache.epoch == 2
    cache.server.command("SET", EPOCH, "nonsense")
    assert cache.look(2) == b"answer" and cache.epoch == 0


# ---- purges

def test_purges_have_numbers(cache):
    assert cache.purge(0) == ([], 0)
    assert cache.names() == []
    assert cache.purge(0, 0xa, 0) == ([(1, 0xa, 0)], 1)
    assert cache.purge(1, 0, 2 ** 64 - 1) == ([(2, 0, 2 ** 64 - 1)], 2)
    assert cache.purge(0) == ([(1, 0xa, 0), (2, 0, 2 ** 64 - 1)], 2)
    assert cache.purge(1, 0xa, 0) == ([(2, 0, 2 ** 64 - 1), (3, 0xa, 0)], 3)
    assert cache.purge(3) == ([], 3)
    assert cache.names() == [EPOCH, PURGES]


def test_many_purges(cache):
    """A node that was away so long is told nothing but the number."""
    for i in range(1, ROWS + 2):
        cache.purge(i - 1, i, 0)
    rows, last = cache.purge(1)
    assert last == ROWS + 1
    assert rows == [(i, i, 0) for i in range(2, ROWS + 2)]
    assert cache.purge(0) == (None, ROWS + 1)
    assert cache.purge(0, 9, 9) == (None, ROWS + 2)


def test_the_newest_are_kept(cache):
    cache.server.command("SET", EPOCH, "5000")
    for i in range(KEPT + 5):
        cache.purge(5000 + i, 1, i)
    assert cache.server.command("ZCARD", PURGES) == KEPT
    assert cache.purge(6000) == ([(6000 + i, 1, 999 + i)
                                  for i in range(1, 6)], 6005)


def test_redis_has_lost_them(cache):
    """Numbers go on, and everything before is purged: somebody may not have
    heard of all."""
    for i in range(10):
        cache.purge(i, 7, 0)
    cache.server.flush()
    assert cache.purge(10) == ([(11, 0, 0)], 11)
    assert cache.purge(10) == ([(11, 0, 0)], 11)
    assert cache.purge(0) == (None, 11)
    cache.server.flush()
    assert cache.purge(11, 7, 3) == ([(12, 0, 0), (13, 7, 3)], 13)
    cache.server.command("SET", EPOCH, "4")         # of an old copy
    assert cache.purge(13) == ([(14, 0, 0)], 14)
    assert cache.purge(5) == (None, 14)


def test_rows_alone_are_lost(cache):
    for i in range(5):
        cache.purge(i, 7, 0)
    cache.server.command("DEL", PURGES)
    assert cache.purge(5) == ([], 5)
    assert cache.purge(4) == (None, 5)
    assert cache.purge(4, 1, 1) == (None, 6)
    assert cache.purge(5) == ([(6, 1, 1)], 6)


def test_large_numbers(cache):
    cache.server.command("SET", EPOCH, str(2 ** 31 - 3))
    assert cache.purge(2 ** 31 - 3, 1, 2) \
        == ([(2 ** 31 - 2, 1, 2)], 2 ** 31 - 2)
