"""Limits over several nodes that share a Redis, held against an oracle over
what the clients of all nodes saw together."""

import os
import signal
import threading
import time

import pytest

from clusters import Cluster, audit, connected, needed, surely
from drills import Stage, number
from gateway import question, until
from limits import key_of, refused, standing, tenant
from limits_load import (SECOND, Shot, bursty, edges, now, persistent,
                         uniform)
from providers import chats
from test_limits_exact import history
from test_limits_money import PRICE, budgets

pytestmark = needed

SPAN = 2.3                              # seconds of load

# name: limit, seconds, when calls are due
PATTERNS = {
    "below": (30, 1, uniform(8, SPAN)),
    "uniform": (10, 1, uniform(60, SPAN)),
    "bursty": (7, 1, bursty(5, 12, 12, SPAN)),
    "edges": (10, 1, edges(10, 1, SPAN)),
    "persistent": (4, 1, persistent(4, 1, SPAN, 200)),
    "longer": (9, 2, uniform(30, SPAN) + edges(9, 2, SPAN)),
}


def shot(name, **kwargs):
    return Shot(name, key_of(name), **kwargs)


def taken(calls):
    return [call for call in calls if call.status == 200]


# ---- The oracle itself ----------------------------------------------------

@pytest.mark.parametrize("due", [uniform(30, 5), bursty(1, 9, 20, 5),
                                 edges(7, 1, 5), persistent(7, 1, 5)])
def test_the_oracle_finds_one_call_too_many_and_one_too_few(due):
    audit(history(7, SECOND, due), "r", 7, SECOND)
    late = [call.id for call in history(7, SECOND, due)
            if call.status == 429][3]
    with pytest.raises(AssertionError, match="let 8 pass"):
        audit(history(7, SECOND, due, break_at=late), "r", 7, SECOND)
    with pytest.raises(AssertionError, match="for nothing"):
        audit(history(7, SECOND, due), "r", 8, SECOND)


# ---- Exact ----------------------------------------------------------------

@pytest.mark.parametrize("count, workers", [
    (2, 2), pytest.param(3, 1, marks=pytest.mark.long),
    pytest.param(3, 2, marks=pytest.mark.long)])
def test_no_window_of_all_nodes_together_sees_more(count, workers, gateway):
    nodes = Cluster(gateway, "".join(
        tenant(name, f"limit requests={limit} per={window}s;")
        for name, (limit, window, _) in PATTERNS.items()), count, workers)
    shots = [(at, shot(name)) for name, (_, _, due) in PATTERNS.items()
             for at in due]
    with nodes.herd(48) as herd:
        calls = nodes.read_logs(herd.fire(shots))
    for name, (limit, window, due) in PATTERNS.items():
        own = [call for call in calls if call.tag == name]
        audit(own, f"requests/{window}s", limit, window * SECOND)
        assert len(own) == len(due)
        assert len(taken(own)) >= min(len(due), limit)
        assert len(taken(own)) < len(due) or name == "below"
    assert len({c.header("x-worker") for c in taken(calls)}) \
        == count * workers


@pytest.mark.parametrize("count, workers", [(2, 1), (3, 2)])
def test_of_a_hundred_at_once_seven_are_admitted(count, workers, gateway):
    nodes = Cluster(gateway, tenant("a", "limit requests=7 per=1m;"), count,
                    workers)
    with nodes.herd(100) as herd:
        calls = nodes.read_logs(herd.volley([shot("a")] * 100))
    audit(calls, "requests/1m", 7, 60 * SECOND)
    assert len(taken(calls)) == 7
    assert sum(nodes.used("a", "requests/1m")) == 7
    for node in nodes:                  # and no node is better off
        refused(node.of("a"), "requests/1m")


def test_tokens_of_all_nodes_together_stay_below(gateway):
    """Each call uses 12; what it reserves is more and comes back."""
    nodes = Cluster(gateway, tenant("a", "limit tokens=600 per=1s;"), 2, 2)
    body = question(max_tokens=20)
    with nodes.herd(32) as herd:
        calls = nodes.read_logs(herd.fire(
            [(at, shot("a", body=body)) for at in
             uniform(80, SPAN) + edges(25, 1, SPAN)]))
    audit(calls, "tokens/1s", 600, SECOND, amount=lambda call: 12)
    # what was reserved for calls that ended is free again: more are admitted
    # than their reservations leave room for
    assert len(taken(calls)) > 2 * 600 // 100
    assert {call.status for call in calls} == {200, 429}
    assert calls[0].header("x-ratelimit-limit-tokens") == "600"


@pytest.mark.smoke
def test_what_a_node_settled_is_free_on_the_other(gateway):
    nodes = Cluster(gateway, tenant("a", "limit tokens=1000 per=1h;"))
    one, two = nodes
    large = question(max_tokens=700)
    for call in range(5):               # 5 times 700 would be too much
        node = nodes[call % 2]
        assert until(lambda: node.of("a", large).status == 200)
    answers = []

    def settled():                      # each of these uses 12, too
        used = 12 * (5 + len(answers))
        answers.append(standing(two.of("a", question(max_tokens=10)),
                                "tokens"))
        limit, remaining, _ = answers[-1]
        return limit == 1000 and 1000 - used - 120 < remaining < 1000 - used
    assert until(settled, pause=0.2), answers
    refused(one.of("a", question(max_tokens=940)), "tokens/1h", "tokens")


@pytest.mark.smoke
def test_seven_of_all_nodes_are_in_flight(gateway):
    stage = Stage(held=True)
    nodes = Cluster(gateway, tenant("a", "limit concurrency=7;"), 2, 2,
                    provider=stage)
    clients = [node.connect() for _ in range(20) for node in nodes]
    for round_ in range(2):             # all places came back
        stage.hold()
        for client in clients:
            client.send(nodes[0].chat_request(key=key_of("a")))
        stage.wait(7)
        assert until(lambda: sum(number(node, "agent_calls_in_flight")
                                 for node in nodes) == 7)
        stage.free()
        answers = [client.response() for client in clients]
        for answer in answers:
            if answer.status != 200:
                refused(answer, "concurrency")
        assert sum(answer.status == 200 for answer in answers) == 7
        assert stage.peak == 7 and stage.entered == 7 * (round_ + 1)
        assert until(lambda: nodes.leases() == 0)
    for client in clients:
        client.close()


def test_a_call_takes_its_limits_on_all_nodes_or_none(gateway):
    nodes = Cluster(gateway, tenant("a", "limit requests=2 per=1m;",
                                    "limit requests=100 per=1h;",
                                    "limit tokens=100k per=1h;",
                                    "limit concurrency=50;"))
    for node in nodes:
        assert node.of("a").status == 200
    for _ in range(10):
        for node in nodes:
            refused(node.of("a"), "requests/1m")
    assert nodes.used("a", "requests/1h") == [1, 1]
    for node in nodes:
        node.settles("a", "tokens/1h", 12)
        node.settles("a", "concurrency", 0)
    assert until(lambda: nodes.leases() == 0)


def test_who_waits_as_long_as_told_is_admitted_on_another_node(gateway):
    nodes = Cluster(gateway, tenant("a", "limit requests=2 per=1s;"))
    for call in range(4):
        answer = nodes[call % 2].of("a")
        if answer.status != 200:
            time.sleep(refused(answer, "requests/1s"))
            answer = nodes[(call + 1) % 2].of("a")
        assert answer.status == 200


def test_money_of_all_nodes_together_stays_below(gateway):
    """A call costs 0.000042; until that is known more is reserved."""
    nodes = Cluster(gateway, tenant("a", "budget 0.002 per=day;",
                                    "budget 0.0015 per=1h;"), 2, 2,
                    provider_lines=PRICE)
    body = question("Hi.", max_tokens=3)
    with nodes.herd(24) as herd:
        calls = herd.fire([(0, shot("a", body=body))] * 120)
    assert {call.status for call in calls} == {200, 402}
    assert {call.limit for call in calls} == {None, "budget/1h"}
    spent = len(taken(calls)) * 0.000042
    assert 0.0005 < spent <= 0.0015
    for name in ("budget/day", "budget/1h"):
        assert until(lambda: sum(float(budgets(node, "a")[name]["used"])
                                 for node in nodes) == pytest.approx(spent))


def test_reloads_of_nodes_admit_not_one_too_many(gateway):
    nodes = Cluster(gateway, tenant("a", "limit requests=10 per=1s;"), 2, 2)
    calls = []

    def fire():
        with nodes.herd(16) as herd:
            calls.extend(herd.fire([(at, shot("a")) for at in
                                    uniform(100, SPAN)]))
    thread = threading.Thread(target=fire)
    thread.start()
    for node in (*nodes, *nodes):
        node.reload()
    thread.join(60)
    # a connection that was closed under a call has not admitted it
    calls = nodes.read_logs([call for call in calls if call.status])
    audit(calls, "requests/1s", 10, SECOND)
    assert len(taken(calls)) >= 20 and len(calls) > 190


# ---- Nodes that die -------------------------------------------------------

def test_places_of_a_dead_node_have_an_end(gateway):
    stage = Stage(held=True)
    nodes = Cluster(gateway, tenant("a", "limit concurrency=4;",
                                    "limit requests=9 per=1m;"),
                    provider=stage)
    dead, alive = nodes
    clients = [dead.connect().send(dead.chat_request(key=key_of("a")))
               for _ in range(3)]
    stage.wait(3)
    kill(dead)
    for client in clients:
        client.close()
    with alive.connect() as fourth:
        fourth.send(alive.chat_request(key=key_of("a")))
        stage.wait(1)
        refused(alive.of("a"), "concurrency")   # not free at once
        stage.free()
        assert fourth.response().status == 200
    # they end by themselves, within a minute
    assert until(lambda: len(ends(nodes)) == 3)
    assert max(ends(nodes)) < 62
    key, = [key for key in nodes.keys()
            if nodes.redis.command("TYPE", key) == "zset"]
    assert 0 < nodes.redis.command("TTL", key) <= 80
    # what the dead node admitted still counts
    assert [alive.of("a").status for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.long
def test_places_of_a_dead_node_come_back(gateway):
    """And only those: one of a call that lives on is renewed."""
    stage = Stage(chats(), held=True)
    nodes = Cluster(gateway, tenant("a", "limit concurrency=3;"),
                    provider=gateway.provider([stage] * 3 + [chats()]))
    dead, alive = nodes
    dying = [dead.connect().send(dead.chat_request(key=key_of("a")))
             for _ in range(2)]
    living = alive.connect().send(alive.chat_request(key=key_of("a")))
    stage.wait(3)
    begun = time.monotonic()
    kill(dead)
    for client in dying:
        client.close()
    refused(alive.of("a"), "concurrency")
    assert until(lambda: alive.of("a").status == 200, 120, pause=1)
    assert time.monotonic() - begun > 20
    assert until(lambda: len(ends(nodes)) == 1)
    assert stage.inside >= 1 and alive.used("a", "concurrency") == 1
    stage.free()
    assert living.response().status == 200
    living.close()
    assert until(lambda: ends(nodes) == [])


def ends(nodes):
    """When places that are taken end, seconds from now."""
    now = int(nodes.redis.command("TIME")[0])
    found = [int(end) / SECOND - now for key in nodes.keys()
             if nodes.redis.command("TYPE", key) == "zset"
             for end in nodes.redis.command("ZRANGE", key, 0, -1,
                                            "WITHSCORES")[1::2]]
    return [end for end in found if end > 0]


def kill(node):
    """As if its machine had died."""
    os.killpg(node.process.pid, signal.SIGKILL)
    node.kill()


# ---- A Redis that dies ----------------------------------------------------

def limp(node):
    """Waits until the node knows that Redis is gone."""
    assert until(lambda: number(node, "agent_redis_up") == 0)


@pytest.mark.parametrize("before", [0, 4, 10])
def test_without_redis_each_node_gives_its_share(before, gateway):
    """Less than one limit too many in the window of the loss; here all of
    what was admitted before was admitted by one node."""
    limit = 12
    nodes = Cluster(gateway, tenant("a", f"limit requests={limit} per=1h;"))
    assert {nodes[0].of("a").status for _ in range(before)} <= {200}
    nodes.redis.kill()
    for node in nodes:
        limp(node)
    with nodes.herd(60) as herd:
        calls = herd.volley([shot("a")] * 60)
    for call in calls:
        assert call.status in (200, 429)
        assert call.header("x-ratelimit-mode") == "local"
        assert call.header("x-ratelimit-limit-requests") == "6"
    local = len(taken(calls))
    assert local == max(0, limit // 2 - before) + limit // 2
    assert before + local < 2 * limit
    assert nodes.used("a", "requests/1h") == [max(before, 6), 6]
    assert until(lambda: "Redis is lost" in nodes[0].log())


def test_calls_go_on_while_redis_goes_and_comes(gateway):
    """Nobody sees anything but 200 and 429, and no window more than twice the
    limit."""
    limit = 10
    nodes = Cluster(gateway, tenant("a", f"limit requests={limit} per=1s;"),
                    2, 2)
    calls = []
    with nodes.herd(16) as herd:
        for act in (lambda: None, nodes.redis.kill, nodes.redis.start):
            act()
            calls += herd.fire([(at, shot("a")) for at in uniform(80, 1.2)])
        assert until(lambda: all(number(node, "agent_redis_up") == 2
                                 for node in nodes))
        after = now()
        calls += herd.fire([(at, shot("a")) for at in uniform(80, 2.3)])
    calls = nodes.read_logs(calls)
    assert {call.status for call in calls} == {200, 429}
    modes = [call.header("x-ratelimit-mode") for call in calls]
    assert set(modes) == {None, "local"} and modes[0] is modes[-1] is None
    assert surely(taken(calls), SECOND) < 2 * limit
    # a second later all is as ever
    audit(calls, "requests/1s", limit, SECOND, since=after + 1.1 * SECOND)


@pytest.mark.parametrize("resource", ["requests=12", "tokens=300"])
def test_an_empty_redis_is_told_by_the_nodes(resource, gateway):
    """After FLUSHALL it may give out again what it does not know, but learns
    what a node admitted with that node's next call."""
    name = resource.partition("=")[0] + "/1h"
    most = int(resource.partition("=")[2])
    each = 1 if most == 12 else 12
    nodes = Cluster(gateway, tenant("a", f"limit {resource} per=1h;"))
    body = question(max_tokens=3)
    for node in (*nodes, *nodes):       # two of each
        assert node.of("a", body).status == 200
    for node in nodes:
        node.settles("a", name, 2 * each)
    nodes.redis.flush()
    for node in nodes:                  # each tells what it has
        assert node.of("a", body).status == 200
    for node in nodes:
        node.settles("a", name, 3 * each)

    def remaining():
        resource = name.partition("/")[0]
        answers = [standing(node.of("a", body), resource) for node in nodes]
        return [most - left for _, left, _ in answers]
    first, second = remaining()
    assert first >= 7 * each and second >= 8 * each
    statuses = [node.of("a", body).status for _ in range(12)
                for node in nodes]
    assert statuses[-2:] == [429, 429]
    total = each * (8 + statuses.count(200))
    assert total == most if each == 1 else most - 60 < total <= most


def test_a_redis_that_was_restarted_empty_is_told_what_it_missed(gateway):
    """By each node with its next call: what it admitted before, and alone."""
    nodes = Cluster(gateway, tenant("a", "limit requests=20 per=1h;"))
    one, two = nodes
    assert [one.of("a").status for _ in range(3)] == [200] * 3
    assert [two.of("a").status for _ in range(2)] == [200] * 2
    nodes.redis.kill()
    for node in nodes:
        limp(node)
    alone = [node.of("a") for node in nodes for _ in range(4)]
    assert [a.header("x-ratelimit-mode") for a in alone] == ["local"] * 8
    assert {a.status for a in alone} == {200}
    nodes.redis.start()
    for node in nodes:
        connected(node)
    for node in nodes:
        assert node.of("a").status == 200
    # 3 + 2 + 8 + 2, and all nodes know it
    answer = one.of("a")
    assert answer.header("x-ratelimit-mode") is None
    assert standing(answer)[:2] == (20, 4)
    assert standing(two.of("a"))[:2] == (20, 3)
    assert [two.of("a").status for _ in range(5)] == [200] * 3 + [429] * 2
    refused(one.of("a"), "requests/1h")


def test_a_redis_that_kept_its_data_learns_what_it_missed(gateway):
    nodes = Cluster(gateway, tenant("a", "limit requests=20 per=1h;"))
    one, two = nodes
    assert [one.of("a").status for _ in range(3)] == [200] * 3
    assert nodes.redis.command("SAVE") == "OK"
    nodes.redis.kill()
    for node in nodes:
        limp(node)
    assert [two.of("a").status for _ in range(4)] == [200] * 4
    nodes.redis.start()
    assert nodes.redis.command("DBSIZE") > 0
    for node in nodes:
        connected(node)
    for node in (two, one):             # 3 + 4, and these two
        assert node.of("a").status == 200
    assert standing(one.of("a"))[:2] == (20, 10)


def test_a_redis_that_hung_for_a_moment_keeps_no_reservation(gateway):
    """It ran what was given up meanwhile; nobody would have settled that."""
    nodes = Cluster(gateway, tenant("a", "limit tokens=100k per=1h;"))
    one, two = nodes
    time.sleep(0.6)                     # Redis's clock is asked for
    for _ in range(2):
        nodes.redis.pause()
        with nodes.herd(12) as herd:
            calls = herd.fire([(0, shot("a", max_tokens=4000))] * 12)
        nodes.redis.resume()
        assert {call.status for call in calls} == {200}
        for node in nodes:
            connected(node)
            assert node.of("a", question(max_tokens=16)).status == 200
    left = standing(two.of("a", question(max_tokens=16)), "tokens")[1]
    assert left > 100_000 - 30 * 100


@pytest.mark.smoke
def test_a_redis_that_comes_back_empty_learns_who_is_in_flight(gateway):
    """Of calls that it had admitted itself, and those that nodes admitted
    alone: else as many again would be let in beside them."""
    stage = Stage(held=True)
    nodes = Cluster(gateway, tenant("a", "limit concurrency=8;"),
                    provider=stage)
    one, two = nodes

    def begin(node, count):
        return [node.connect().send(node.chat_request(key=key_of("a")))
                for _ in range(count)]
    clients = begin(one, 3)
    stage.wait(3)
    assert nodes.leases() == 3
    nodes.redis.kill()
    for node in nodes:
        limp(node)
    clients += begin(two, 4)            # its share
    stage.wait(7)
    nodes.redis.start()
    for node in nodes:
        connected(node)
    assert until(lambda: nodes.leases() == 7), \
        f"Redis knows of {nodes.leases()} calls, not of 7"
    clients += begin(one, 20)
    stage.wait(8)
    stage.free()
    statuses = [client.response().status for client in clients]
    assert statuses.count(200) == 8 and stage.peak == 8
    for client in clients:
        client.close()
