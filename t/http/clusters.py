"""Several gateways in front of one Redis, and what their tests share.

All of them are on one machine and so on one clock: what clients saw of one
lies on the same line of time as what they saw of another.
"""

import bisect
import collections
import itertools

import pytest

import redis_server
from drills import number
from gateway import until
from limits import House
from limits_load import Herd
from redis_server import RedisServer
from sessions import TOKEN

# Redis counts by the time of day, which may be slewed: so much in a window of
# some seconds, microseconds.
DRIFT = 2_000

needed = pytest.mark.skipif(redis_server.BINARY is None,
                            reason=redis_server.MISSING)


def links(redis, nodes=1, **words):
    """An agent_redis line.  Nobody here waits for its timeout, so a slow
    machine has all the time it needs."""
    words = {"nodes": nodes, "timeout": "5s", **words}
    return f"agent_redis {redis.address} " \
        + " ".join(f"{name}={value}" for name, value in words.items()) + ";\n"


def connected(g):
    """Waits until all of its workers talk to Redis."""
    assert until(lambda: number(g, "agent_redis_up") == g.count), \
        "Redis does not answer all workers: " + g.noteworthy()


class Cluster:
    """Nodes with the same tenants; `words` are those of agent_redis."""

    def __init__(self, factory, tenants, count=2, workers=1, words=(),
                 more="", provider=None, redis=None, **values):
        self.redis = redis or factory.own(RedisServer())
        if redis is None:
            self.redis.start()
        if callable(provider):
            provider = factory.provider(provider)
        if provider is not None:
            values["provider"] = provider.url
        line = links(self.redis, count, **dict(words))
        self.nodes = []
        for _ in range(count):
            node = House(line + more + tenants, workers,
                         reuse="reuseport" if workers > 1 else "", **values)
            factory.gateways.append(node)
            node.secret("token", TOKEN)
            self.nodes.append(node.start())
        for node in self.nodes:
            connected(node)

    def __getitem__(self, place):
        return self.nodes[place]

    def __iter__(self):
        return iter(self.nodes)

    def herd(self, size):
        return Spread([node.port for node in self.nodes], size)

    def read_logs(self, calls):
        """Gives each call its row of the access log of its node."""
        wanted = {call.id: call for call in calls}

        def rows():
            found = {row["request_id"]: row for node in self.nodes
                     if (node.prefix / "access.log").exists()
                     for row in node.access(0)}
            return wanted.keys() <= found.keys() and found
        found = until(rows)
        assert found, "calls are missing in the access logs"
        for name, call in wanted.items():
            call.row = found[name]
            admitted = call.row["admitted"]
            call.admitted = int(admitted) if admitted else None
        return calls

    def keys(self):
        """Redis's keys, whatever their kind, but for the one by which nodes
        find out whether it takes what they write."""
        return [key.decode() for key in self.redis.command("KEYS", "*")
                if not key.endswith(b":probe")]

    def leases(self):
        """Places that are taken, as Redis knows them."""
        return sum(self.redis.command("ZCARD", key) for key in self.keys()
                   if self.redis.command("TYPE", key) == "zset")

    def used(self, tenant, name):
        """What each node itself remembers of a limit."""
        return [node.used(tenant, name) for node in self.nodes]


class Spread(Herd):
    """A herd whose connections go to several ports in turn."""

    def __init__(self, ports, size):
        self.ports = itertools.cycle(ports)
        super().__init__(None, size)

    def _open(self):
        self.port = next(self.ports)
        super()._open()


# ---- The oracle of several nodes ------------------------------------------

def surely(calls, window, amount=lambda call: 1):
    """The most of calls that were sent and answered within one window: they
    were admitted in it, whenever in between Redis counted them."""
    window -= DRIFT
    calls = sorted(calls, key=lambda call: call.received)
    ends = [call.received for call in calls]
    sums = [0, *itertools.accumulate(amount(call) for call in calls)]
    most = 0
    for first in calls:
        last = bisect.bisect_left(ends, first.sent + window)
        early = sum(amount(call) for call in calls[:last]
                    if call.sent < first.sent)
        most = max(most, sums[last] - early)
    return most


def audit(calls, name, limit, window, amount=None, since=0):
    """Holds the calls of all nodes together against one limit of each tag.

    No window saw more; where each call counts 1, nobody was refused who
    could not have been: so many calls may have been admitted before it.
    What was sent before `since` is only a reason for later refusals.
    """
    groups = collections.defaultdict(list)
    for call in calls:
        assert call.status in (200, 429), call
        assert call.header("x-ratelimit-mode") is None \
            or call.sent < since, call
        assert call.status == 200 or call.limit == name, call
        assert (call.admitted is not None) == (call.status == 200), call
        assert call.admitted is None \
            or call.sent <= call.admitted <= call.received, call
        groups[call.tag].append(call)
    for tag, found in groups.items():
        taken = [call for call in found if call.status == 200]
        most = surely([call for call in taken if call.sent >= since], window,
                      amount or (lambda call: 1))
        assert most <= limit, f"{tag}: {name} let {most} pass, not {limit}"
        for call in found if amount is None else ():
            if call.status == 200 or call.sent < since:
                continue
            before = sum(other.sent < call.received
                         and other.received > call.sent - window - DRIFT
                         for other in taken)
            assert before >= limit, f"{tag}: {name} refused for nothing: " \
                f"{before} of {limit}"
            assert call.wait is None or call.wait <= window + 5_000
    return groups
