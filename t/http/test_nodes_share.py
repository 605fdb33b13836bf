"""What nodes share beside limits: sessions and open breakers; and what they
do not: anything with another prefix, any name of people."""

import re
import time

import pytest

from clusters import Cluster, needed
from drills import DOWN, Stage, breaker, number
from gateway import question, until
from limits import key_of, refused, tenant
from limits_load import Shot
from providers import FIRST, chunk, delta, says, sse, stream_head, then
from redis_server import RedisServer
from sessions import MANAGED, code, ended, named, stop, stopped
from test_limits_money import PRICE

pytestmark = needed

STATE = "agent_target_breaker_state"
TARGET = "main/gpt-upstream"


def state(node):
    return number(node, STATE, target=TARGET)


# ---- Sessions -------------------------------------------------------------

def test_a_session_s_calls_count_over_all_nodes(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=9;",
                                    "limit requests=1000 per=1h;"), 2, 2)
    with nodes.herd(60) as herd:
        calls = herd.volley([Shot("a", key_of("a"), headers=named("s"))] * 60)
    codes = [code(call) for call in calls]
    assert codes.count(200) == 9
    assert codes.count("session_calls_exceeded") == 51
    for node in nodes:
        ended(node.of("a", headers=named("s")), "session_calls_exceeded")
        assert node.of("a", headers=named("other")).status == 200
    # those that were refused took nothing
    assert sum(nodes.used("a", "requests/1h")) == 9 + 2


def test_a_session_is_shared_without_any_limit(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=3;"))
    answers = [node.of("a", headers=named("s")) for _ in range(3)
               for node in nodes]
    assert [a.status for a in answers] == [200] * 3 + [403] * 3


def test_a_loop_is_one_over_all_nodes(gateway):
    nodes = Cluster(gateway, tenant("a", "session repeats=3;"))
    one, two = nodes
    same, other = question("Again."), question("Something else.")

    def ask(node, body):
        return node.of("a", body, headers=named("s"))
    assert [ask(node, same).status for node in (one, two, one)] == [200] * 3
    for node in (two, one):
        ended(ask(node, same), "session_loop_detected")
    assert ask(two, other).status == 200
    assert ask(one, same).status == 200


def test_a_session_ends_on_all_nodes(gateway):
    nodes = Cluster(gateway, tenant("a", "session lifetime=1s;"))
    one, two = nodes
    begun = time.monotonic()
    assert one.of("a", headers=named("s")).status == 200
    assert until(lambda: two.of("a", headers=named("s")).status == 403)
    assert time.monotonic() - begun > 0.99
    for node in nodes:
        ended(node.of("a", headers=named("s")), "session_expired")


def test_what_a_session_spends_counts_over_all_nodes(gateway):
    """A call costs 0.000042 and reserves no more than a third above that."""
    nodes = Cluster(gateway, tenant("a", "session cost=0.0005;"),
                    provider_lines=PRICE)
    body = question("Hi.", max_tokens=3)
    answers = [nodes[n % 2].of("a", body, headers=named("s"))
               for n in range(16)]
    good = sum(a.status == 200 for a in answers)
    assert 0.0003 < good * 0.000042 <= 0.0005
    for answer in answers:
        assert answer.status == 200 or ended(answer, "session_cost_exceeded")


def test_who_does_not_share_counts_alone(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=2;"),
                    words={"share": "off"})
    for node in nodes:
        assert [node.of("a", headers=named("s")).status
                for _ in range(3)] == [200, 200, 403]
    assert nodes.keys() == []


@pytest.mark.smoke
def test_a_session_that_is_stopped_on_one_node_is_refused_by_all(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=100;")
                    + tenant("b", "session calls=100;"), http=MANAGED)
    one, two = nodes
    for node in nodes:
        for name in "ab":
            assert node.of(name, headers=named("s")).status == 200
    assert stopped(stop(one, "s"), "s")
    for node in (one, two):
        assert until(lambda: node.of("a", headers=named("s")).status == 403)
        for name in "ab":
            ended(node.of(name, headers=named("s")), "session_stopped")
        assert node.of("a", headers=named("t")).status == 200


def test_a_session_can_be_stopped_on_a_node_that_never_saw_it(gateway):
    """Whoever stops it does not know where an agent's calls arrive."""
    nodes = Cluster(gateway, tenant("a", "session calls=100;"), http=MANAGED)
    one, two = nodes
    assert two.of("a", headers=named("s")).status == 200
    answer = stop(one, "s")
    assert until(lambda: two.of("a", headers=named("s")).status == 403)
    ended(two.of("a", headers=named("s")), "session_stopped")
    assert stopped(answer, "s")


def test_a_stop_of_one_tenant_leaves_that_of_another_on_all_nodes(gateway):
    """Nodes that never saw it know neither."""
    nodes = Cluster(gateway, tenant("a", "session calls=100;")
                    + tenant("b", "session calls=100;"), http=MANAGED)
    one, two = nodes
    for name in "ab":
        assert two.of(name, headers=named("s")).status == 200
    assert stopped(stop(one, "s", tenant="a"), "s")
    assert until(lambda: two.of("a", headers=named("s")).status == 403)
    for node in nodes:
        ended(node.of("a", headers=named("s")), "session_stopped")
        assert node.of("b", headers=named("s")).status == 200


def test_streams_on_other_nodes_outlive_a_stop(gateway):
    """What runs there is let go on, only its next call is refused."""
    words = [chunk(sse(word)) for word in
             (FIRST, delta(content="Hel"), delta(content="lo."),
              delta(finish="stop"), "[DONE]")]
    script = then(stream_head() + b"".join(words[:2]),
                  says(b"".join(words[2:]) + b"0\r\n\r\n"))
    nodes = Cluster(gateway, tenant("a", "session calls=100;"), http=MANAGED,
                    provider=gateway.provider(script))
    clients, heads = [], []
    for node in nodes:
        client = node.connect().send(node.chat_request(
            question(stream=True), key_of("a"), named("s")))
        heads.append(client.head())
        client.read_until(b"Hel")
        clients.append(client)
    one, two = nodes
    assert stopped(stop(one, "s"), "s")
    clients[0].finish(heads[0])
    assert heads[0].complete and b'"session_stopped"' in heads[0].body
    assert until(lambda: two.of("a", question(stream=True),
                                headers=named("s")).status == 403)
    script.go_on.set()
    clients[1].finish(heads[1])
    assert heads[1].complete and heads[1].data()[-1] == "[DONE]"
    ended(two.of("a", headers=named("s")), "session_stopped")
    for client in clients:
        client.close()


def test_a_node_alone_stops_what_it_knows(gateway):
    """Without Redis nothing is known of sessions that were elsewhere."""
    nodes = Cluster(gateway, tenant("a", "session calls=100;"), 1,
                    http=MANAGED)
    node = nodes[0]
    assert node.of("a", headers=named("s")).status == 200
    nodes.redis.kill()
    assert until(lambda: number(node, "agent_redis_up") == 0)
    assert stopped(stop(node, "s"), "s")
    ended(node.of("a", headers=named("s")), "session_stopped")
    assert stop(node, "t").status == 404


def test_a_stopped_session_stays_so_when_redis_goes(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=100;"), http=MANAGED)
    for node in nodes:
        assert node.of("a", headers=named("s")).status == 200
    assert stopped(stop(nodes[0], "s"), "s")
    assert until(lambda: nodes[1].of("a", headers=named("s")).status == 403)
    nodes.redis.kill()
    ended(nodes[0].of("a", headers=named("s")), "session_stopped")


def test_a_stopped_session_stays_so_when_redis_loses_its_data(gateway):
    nodes = Cluster(gateway, tenant("a", "session calls=100;"), http=MANAGED)
    for node in nodes:
        assert node.of("a", headers=named("s")).status == 200
    assert stopped(stop(nodes[0], "s"), "s")
    assert until(lambda: nodes[1].of("a", headers=named("s")).status == 403)
    nodes.redis.flush()
    for node in nodes:
        ended(node.of("a", headers=named("s")), "session_stopped")


@pytest.mark.parametrize("guard, words", [
    ("calls=4", "session_calls_exceeded"), ("lifetime=1s", "session_expired"),
    ("cost=0.0002", "session_cost_exceeded")])
def test_a_session_that_ended_stays_so_when_redis_loses_its_data(
        guard, words, gateway):
    """What a node has seen of it is more than enough to know that."""
    nodes = Cluster(gateway, tenant("a", f"session {guard};"), 1,
                    provider_lines=PRICE)
    body = question("Hi.", max_tokens=3)
    assert until(lambda: nodes[0].of("a", body,
                                     headers=named("s")).status == 403)
    nodes.redis.flush()
    for _ in range(2):
        ended(nodes[0].of("a", body, headers=named("s")), words)


# ---- Breakers -------------------------------------------------------------

@pytest.mark.smoke
def test_a_breaker_that_opens_on_one_node_opens_on_all(gateway):
    stage = Stage(DOWN)
    nodes = Cluster(gateway, tenant("a"), 2, 2, provider=stage,
                    resilience=breaker(failures=3))
    one, two = nodes
    assert [one.of("a").status for _ in range(3)] == [502] * 3
    assert until(lambda: state(one) == 1)
    assert until(lambda: state(two) == 1), "the other node did not follow"
    assert stage.entered == 3           # which it did without asking
    words = "breaker opened as on another node"
    assert until(lambda: two.log().count(words) == 1)
    assert words not in one.log()
    assert number(two, "agent_target_breaker_opened_total",
                  target=TARGET) == 1


def test_each_node_finds_out_by_itself_that_it_is_over(gateway):
    stage = Stage(DOWN)
    nodes = Cluster(gateway, tenant("a"), provider=stage,
                    resilience=breaker(failures=2, open="2s", successes=1))
    one, two = nodes
    for _ in range(2):
        one.of("a")
    assert until(lambda: state(two) == 1)
    stage.answer = Stage().answer
    for node in nodes:
        assert until(lambda: node.of("a").status == 200
                     and state(node) == 0)
    # and nobody opens again for what is over
    assert until(lambda: nodes.keys() == [])
    assert [node.of("a").status for node in nodes] == [200, 200]


def test_breakers_are_not_shared_by_who_does_not_share(gateway):
    nodes = Cluster(gateway, tenant("a"), provider=Stage(DOWN),
                    words={"share": "off"}, resilience=breaker(failures=2))
    one, two = nodes
    for _ in range(2):
        one.of("a")
    assert until(lambda: state(one) == 1)
    time.sleep(1.6)                     # it is looked for each second
    assert state(two) == 0 and nodes.keys() == []


def test_other_providers_do_not_open_with_it(gateway):
    """Same name, another url: another service."""
    redis = gateway.own(RedisServer())
    redis.start()
    down, good = Stage(DOWN), Stage()
    one, = Cluster(gateway, tenant("a"), 1, redis=redis, provider=down,
                   resilience=breaker(failures=2))
    two, = Cluster(gateway, tenant("a"), 1, redis=redis, provider=good,
                   resilience=breaker(failures=2))
    for _ in range(2):
        one.of("a")
    assert until(lambda: state(one) == 1)
    time.sleep(1.6)
    assert state(two) == 0 and two.of("a").status == 200


# ---- Names ----------------------------------------------------------------

def test_gateways_with_other_prefixes_do_not_meet(gateway):
    redis = gateway.own(RedisServer())
    redis.start()
    stage = Stage(DOWN)
    lines = tenant("a", "limit requests=4 per=1h;", "limit concurrency=9;",
                   "session calls=3;")
    one, two = (
        Cluster(gateway, lines, 1, words={"prefix": prefix}, redis=redis,
                provider=stage, http=MANAGED,
                resilience=breaker(failures=4))[0]
        for prefix in ("house.one", "house.one:two"))
    for _ in range(3):
        assert one.of("a", headers=named("s")).status == 502
    ended(one.of("a", headers=named("s")), "session_calls_exceeded")
    assert one.of("a").status == 502
    refused(one.of("a"), "requests/1h")
    assert stopped(stop(one, "s"), "s")
    assert until(lambda: state(one) == 1)
    time.sleep(1.5)
    assert state(two) == 0
    stage.answer = Stage().answer
    for _ in range(3):
        assert two.of("a", headers=named("s")).status == 200
    ended(two.of("a", headers=named("s")), "session_calls_exceeded")
    assert two.of("a").status == 200
    refused(two.of("a"), "requests/1h")


HEX = r"\{[0-9a-f]{16}\}:[a-z]:[0-9a-f]{32}|\{breakers\}:[0-9a-f]{16}"


def test_redis_learns_no_names_and_forgets_everything(gateway):
    stage = Stage(DOWN)
    tenants = tenant("secret-tenant", "session calls=100 repeats=90 cost=5;",
                     "limit requests=50 per=1h by=key;",
                     "limit requests=70 per=1m model=gpt-*;",
                     "limit requests=99 per=30d by=session;",
                     "limit tokens=90k per=1h;", "limit concurrency=9;",
                     "budget 5 per=month;", "budget 3 per=2h;")
    nodes = Cluster(gateway, tenants, words={"prefix": "house"},
                    provider=stage, http=MANAGED, provider_lines=PRICE,
                    resilience=breaker(failures=3))
    headers = named("secret-session")
    body = question("Do not tell.", max_tokens=5)

    def ask(node):
        return node.of("secret-tenant", body, headers=headers).status
    for _ in range(3):
        assert ask(nodes[0]) == 502
    stage.answer = Stage(held=True).answer
    stage.hold()
    flying = nodes[1].connect().send(
        nodes[1].chat_request(body, key_of("secret-tenant"), headers))
    stage.wait(1)
    assert until(lambda: state(nodes[0]) == 1)

    def look():
        kinds = set()
        for key in nodes.keys():
            assert re.fullmatch("house:(" + HEX + ")", key), key
            kinds.add(re.sub("[0-9a-f]{16,}", "", key))
            left = nodes.redis.command("PTTL", key)
            assert left == -2 or 0 < left < 32 * 86_400_000 * 9 // 8, \
                (key, left)
            data = nodes.redis.command("DUMP", key) or b""
            for name in (b"secret", b"gpt-", b"tell", b"CANARY",
                         key_of("secret-tenant").encode()):
                assert name not in data, (key, data)
        return kinds
    assert len(look()) == 4             # windows, places, session, breaker
    # 7 windows and so on: both nodes call them the same
    assert len(nodes.keys()) == 6 + 1 + 1 + 1
    assert stopped(stop(nodes[1], "secret-session"), "secret-session")
    flying.close()
    look()
