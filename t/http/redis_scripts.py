"""src/core/ag_redis*.c as a shared library: the bytes that C writes go to a
Redis, and what it replies is read by C."""

import ctypes as C
import itertools
import os
import pathlib
import subprocess

import pytest

import redis_server
from redis_server import RedisError, RedisServer

ROOT = pathlib.Path(__file__).resolve().parents[2]
OK, INVALID, LIMIT, NONE = 0, 2, 3, 5
TAKE, SETTLE, SEED, RENEW, STOP = range(5)
LOG, RING, DAY, MONTH, COUNT = range(5)
TAKEN, FULL, NEVER = range(3)
INTEGER, TEXT, STATUS, ERROR = range(1, 5)
LEASE = 60_000_000
SECOND = 1_000_000                      # us
MINUTE = 60 * SECOND
START = 1_800_000_000 * SECOND          # a morning in January 2027
U64 = C.c_uint64


# Of each kind some: kind, max, window.
CHOICES = {
    1: (LOG, 5, MINUTE), 2: (LOG, 40, 10 * SECOND), 3: (LOG, 3, 7),
    4: (RING, 1000, MINUTE), 5: (RING, 500, 1_000_007), 6: (DAY, 20_000, 0),
    7: (MONTH, 30_000, 0), 8: (COUNT, 4, 0), 9: (RING, 2 ** 40, 3600 * SECOND),
}

needed = pytest.mark.skipif(redis_server.BINARY is None,
                            reason=redis_server.MISSING)


def key(number):
    kind = "c" if number in CHOICES and CHOICES[number][0] == COUNT else "w"
    return f"ag:{{{10:016x}}}:{kind}:{number:016x}{7:016x}"


class Clock:
    """Redis's time of day, which stands still."""

    def __init__(self, server):
        self.server = server
        self.at(START)

    def at(self, us):
        self.us = us
        self.server.set_time(us)

    def pass_by(self, us):
        self.at(self.us + us)


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return build(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def redis():
    server = RedisServer(clock=True).start()
    yield server
    server.stop()


@pytest.fixture
def clock(redis):
    redis.flush()
    return Clock(redis)


@pytest.fixture
def scripts(library, redis, clock):
    return Scripts(library, redis)


def struct(name, *fields):
    return type(name, (C.Structure,), {"_fields_": list(fields)})


Str = struct("Str", ("len", C.c_size_t), ("data", C.c_void_p))
Command = struct("Command", ("count", C.c_uint), ("args", Str * 256),
                 ("used", C.c_size_t), ("text", C.c_ubyte * 8192))
Value = struct("Value", ("kind", C.c_int), ("integer", C.c_int64),
               ("text", Str))
Limit = struct("Limit", ("resource", C.c_int), ("kind", C.c_int),
               ("max", U64), ("window", U64), ("dry_run", C.c_uint, 1))
Claim = struct("Claim", ("limit", C.POINTER(Limit)), ("window", C.c_void_p),
               ("max", U64), ("amount", U64), ("least", U64), ("taken", U64),
               ("mark", U64), ("used", U64))
Standing = struct("Standing", ("limit", U64), ("remaining", U64),
                  ("reset", U64))
Guard = struct("Guard", ("calls", U64), ("depth", U64), ("repeats", U64),
               ("lifetime", U64), ("cost", U64))
Call = struct("Call", ("depth", U64), ("fingerprint", U64), ("cost", U64))
Verdict = struct("Verdict", ("result", C.c_int), ("refused", C.c_uint),
                 ("wait", U64), ("dry", C.c_uint32))
Now = struct("Now", ("us", U64), ("wall", C.c_int64))
Pair = U64 * 2
Step = struct("Step", ("prefix", Str), ("tenant", U64), ("lease", U64),
              ("count", C.c_uint), ("claims", C.POINTER(Claim)),
              ("ids", C.POINTER(Pair)), ("epochs", C.POINTER(U64)),
              ("standings", C.POINTER(Standing)), ("session_id", Pair),
              ("guard", C.POINTER(Guard)), ("session", C.POINTER(Call)),
              ("session_verdict", C.c_int), ("by", U64), ("clock", U64))


def window_type(slots):
    return struct("Window", ("kind", C.c_uint32), ("capacity", C.c_uint32),
                  ("window", U64), ("last", U64), ("head", U64), ("sum", U64),
                  ("epoch", U64), ("behind", U64), ("slots", U64 * slots))


def build(folder):
    """The library; windows of the node itself are in it."""
    core = ROOT / "src/core"
    path = folder / "ag_redis.so"
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=c99", "-O1", "-shared", "-fPIC",
         "-I", ROOT / "src", "-o", path, *sorted(core.glob("ag_redis*.c")),
         *sorted(core.glob("ag_window*.c")), core / "ag_limit.c",
         core / "ag_calendar.c", core / "ag_session.c"], check=True)
    library = C.CDLL(str(path))
    for name in ("ag_redis_script", "ag_redis_script_sha1"):
        getattr(library, name).restype = C.c_char_p
    library.ag_window_size.restype = C.c_size_t
    return library


def limit(kind, most, window=0, dry=False):
    return Limit({LOG: 0, COUNT: 4}.get(kind, 1), kind, most, window, dry)


class Taken:
    """What a call got: the step as C left it, and the verdict."""

    def __init__(self, step, verdict, keep):
        self.step, self.keep = step, keep
        self.result, self.refused = verdict.result, verdict.refused
        self.wait, self.dry = verdict.wait, verdict.dry
        self.session = step.session_verdict
        self.claims = step.claims[:step.count]
        self.taken = [claim.taken for claim in self.claims]
        self.epochs = step.epochs[:step.count]
        self.standings = [(s.limit, s.remaining, s.reset)
                          for s in step.standings[:step.count]]


class Scripts:
    """Calls of one tenant."""

    def __init__(self, library, server, tenant=0xa, prefix=b"ag"):
        self.library, self.server, self.tenant = library, server, tenant
        self.prefix = C.create_string_buffer(prefix, len(prefix))
        self.leases = itertools.count(1)
        self.command = Command()

    def string(self):
        return Str(len(self.prefix), C.cast(self.prefix, C.c_void_p))

    def words(self):
        return [C.string_at(word.data, word.len)
                for word in self.command.args[:self.command.count]]

    def run(self, script):
        """EVALSHA, and EVAL as long as Redis does not know the script."""
        words = self.words()
        try:
            return self.server.command(
                "EVALSHA", self.library.ag_redis_script_sha1(script), *words)
        except RedisError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
        return self.server.command(
            "EVAL", self.library.ag_redis_script(script), *words)

    def step(self, claims, lease=None, session=None, guard=None, call=None):
        """claims: (id, limit, amount, least) each."""
        n = len(claims)
        keep = [limits for _, limits, *_ in claims]
        step = Step(self.string(), self.tenant,
                    next(self.leases) << 32 if lease is None else lease, n)
        step.claims = (Claim * max(n, 1))(*(
            Claim(C.pointer(limits), None, limits.max, *(amounts or (1, 1)))
            for _, limits, *amounts in claims))
        step.ids = (Pair * max(n, 1))(*(Pair(number, 7)
                                        for number, *_ in claims))
        step.epochs = (U64 * max(n, 1))()
        step.standings = (Standing * max(n, 1))()
        if session is not None:
            step.session_id = Pair(session, 9)
            keep += [guard or Guard(), call or Call()]
            step.guard = C.pointer(keep[-2])
            step.session = C.pointer(keep[-1])
        return step, keep

    def take(self, *claims, **options):
        step, keep = self.step(claims, **options)
        assert self.library.ag_redis_take_write(
            C.byref(self.command), C.byref(step)) == OK
        return self.read(self.run(TAKE), step, keep)

    def read(self, reply, step, keep):
        values = (Value * max(len(reply), 1))(*(Value(INTEGER, number)
                                                for number in reply))
        verdict = Verdict()
        assert self.library.ag_redis_take_read(
            values, C.c_size_t(len(reply)), C.byref(step),
            C.byref(verdict)) == OK, reply
        return Taken(step, verdict, keep)

    def settle(self, taken, *used, reserved=0, cost=0):
        for claim, amount in zip(taken.step.claims[:taken.step.count], used):
            claim.used = amount
        done = self.library.ag_redis_settle_write(
            C.byref(self.command), C.byref(taken.step), U64(reserved),
            U64(cost))
        assert done in (OK, NONE)
        if done == OK:
            self.run(SETTLE)
        return done

    def seed(self, number, limits, window, epoch, now, since=0, node=1,
             turn=1):
        done = self.library.ag_redis_seed_write(
            C.byref(self.command), self.string(), U64(self.tenant),
            Pair(number, 7), C.byref(limits), C.byref(window), U64(epoch),
            U64(node), U64(turn), U64(since), C.byref(now))
        return self.run(SEED) if done == OK else done

    def renew(self, *leases):
        """(id, lease) each."""
        ids = (Pair * len(leases))(*(Pair(n, 7) for n, _ in leases))
        assert self.library.ag_redis_renew_write(
            C.byref(self.command), self.string(), U64(self.tenant), ids,
            (U64 * len(leases))(*(lease for _, lease in leases)),
            len(leases)) == OK
        return self.run(RENEW)

    def stop(self, session):
        assert self.library.ag_redis_stop_write(
            C.byref(self.command), self.string(), U64(self.tenant),
            Pair(session, 9)) == OK
        return self.run(STOP)

    def window(self, limits):
        """A node's own window, empty."""
        size = self.library.ag_window_size(C.byref(limits))
        made = window_type((size - 56) // 8)()
        self.library.ag_window_init(C.byref(made), C.byref(limits))
        return made

    def record(self, window, limits, us, amount=1, wall=None):
        """Counts in it, as of a call that was admitted."""
        claim = Claim(C.pointer(limits),
                      C.cast(C.pointer(window), C.c_void_p), 2 ** 62, amount,
                      amount)
        now = Now(us, us // 1_000_000 if wall is None else wall)
        self.library.ag_limit_record(C.byref(claim), 1, C.byref(now))
