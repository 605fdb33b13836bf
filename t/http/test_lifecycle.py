"""Reload, quit and the death of a worker, with streams running."""

import collections
import json
import os
import re
import signal
import socket
import threading
import time

import pytest

import providers as P
import wire
from gateway import DEFAULT, SERVER, SIMULATOR, STATUS, ZONE, free_port, \
    question, until
from providers import KEEP, chunk, delta, sse, stream_head
from test_client import cpu, gauges


class Tap:
    """A provider whose streams all wait at the same place for the test."""

    def __init__(self, gateway):
        self.go_on = threading.Event()
        self.provider = gateway.provider(self.script)
        self.url = self.provider.url

    def words(self, name):
        return [P.FIRST] + [delta(content=f"{name} {i} ") for i in range(6)] \
            + [delta(finish="stop")]

    def script(self, exchange):
        name = exchange.request.json()["messages"][0]["content"]
        words = self.words(name)
        exchange.send(stream_head(), chunk(sse(*words[:3])))
        assert self.go_on.wait(60)
        for word in words[3:]:
            exchange.send(chunk(sse(word)))
        exchange.send(chunk(sse("[DONE]")) + P.LAST)
        return KEEP

    def open(self, g, count, first=0):
        """Opens streams, and waits until each has had its first words."""
        clients = [g.connect() for _ in range(count)]
        for i, client in enumerate(clients, first):
            client.send(g.chat_request(question(str(i), stream=True)))
        for client in clients:
            client.read_until(b"1 ")
        return clients

    def are_whole(self, clients, first=0):
        """Lets them go on; every one must get all of its own words."""
        self.go_on.set()
        for i, client in enumerate(clients, first):
            response = client.response()
            assert response.complete, f"stream {i} was cut: {response}"
            assert response.data() == self.words(str(i)) + ["[DONE]"]
            client.close()


@pytest.mark.smoke
def test_a_reload_cuts_none_of_200_streams(gateway):
    tap = Tap(gateway)
    g = gateway(tap)
    clients = tap.open(g, 200)
    old = set(g.workers())
    g.reload()
    assert old & set(g.workers()), "the workers left their streams"
    assert gauges(g) == (200, 200)
    later = tap.open(g, 20, first=200)
    tap.are_whole(clients)
    tap.are_whole(later, first=200)
    assert until(lambda: not old & set(g.workers())), "old workers stay"
    assert until(lambda: gauges(g) == (0, 0))


@pytest.mark.smoke
def test_a_quit_cuts_none_of_200_streams(gateway):
    tap = Tap(gateway)
    g = gateway(tap)
    clients = tap.open(g, 200)
    g.quit()
    assert until(lambda: "gracefully shutting down" in g.log())
    assert until(lambda: _refuses(g.port)), "it still takes new calls"
    tap.are_whole(clients)
    assert g.process.wait(10) == 0


def _refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return False
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:        # it was in the queue as it closed
        return False


def test_several_reloads_while_streams_run(gateway):
    tap = Tap(gateway)
    g = gateway(tap)
    clients = []
    for i in range(4):
        clients += tap.open(g, 25, first=25 * i)
        g.reload()
    tap.are_whole(clients)
    assert until(lambda: len(g.workers()) == 2)


@pytest.mark.smoke
def test_a_quit_is_prompt_when_nothing_runs(gateway, provider):
    """Kept connections and timers of libraries must not hold a worker."""
    g = gateway(provider(P.speaks()))
    g.chat()
    g.chat(question(stream=True))
    start = time.monotonic()
    g.quit()
    assert g.process.wait(10) == 0
    assert time.monotonic() - start < 5


def test_a_quit_ends_kept_client_connections(gateway, provider):
    g = gateway(provider(P.chats()))
    with g.connect() as client:
        client.send(g.chat_request())
        assert client.response().status == 200
        g.quit()
        assert client.is_closed_by_peer()
        assert g.process.wait(10) == 0


def test_worker_shutdown_timeout_ends_the_last_streams(gateway):
    tap = Tap(gateway)
    g = gateway(tap, shutdown="1s")
    clients = tap.open(g, 10)
    g.quit()
    assert g.process.wait(15) == 0
    for client in clients:
        response = client.response()
        assert "[DONE]" not in response.data()
        client.close()
    tap.go_on.set()


@pytest.mark.smoke
def test_the_others_go_on_when_a_worker_is_killed(gateway):
    tap = Tap(gateway)
    g = gateway(tap, http=DEFAULT.replace("@port@;", "@port@ reuseport;"))
    g.tolerate("exited on signal 9")
    clients = tap.open(g, 60)           # spread over both by the kernel
    victim, survivor = g.workers()
    os.kill(victim, signal.SIGKILL)
    assert until(lambda: len(g.workers()) == 2 and victim not in g.workers())
    assert survivor in g.workers()
    tap.go_on.set()
    verdicts = collections.Counter()
    for i, client in enumerate(clients):
        response = client.response()
        whole = response.data() == tap.words(str(i)) + ["[DONE]"]
        assert whole == response.complete, response
        assert whole or "[DONE]" not in response.data()
        verdicts[whole] += 1
        client.close()
    assert verdicts[True] and verdicts[False], verdicts
    for i in range(10):
        assert g.chat(question(str(i), stream=True)).complete
    assert until(lambda: gauges(g) == (0, 0)), "the dead worker's calls stay"


def test_killing_every_worker_leaves_a_working_gateway(gateway, provider):
    g = gateway(provider(P.speaks()))
    g.tolerate("exited on signal 9")
    for _ in range(3):
        for pid in g.workers():
            os.kill(pid, signal.SIGKILL)
        assert until(lambda: len(g.workers()) == 2)
        before = counted(g)["agent_tenant_calls_total"]
        assert g.chat().status == 200
        assert until(lambda: counted(g)["agent_tenant_calls_total"]
                     == before + 1)
    assert counted(g)["agent_tenant_calls_total"] == 3


def counted(g):
    """The counters of the default tenant, by name."""
    return {m[1]: int(m[2]) for m in re.finditer(
        r'^(\w+)\{tenant="team"\} (\d+)$', g.page("/metrics")[2], re.M)}


@pytest.mark.smoke
def test_a_reload_keeps_the_counters(gateway, provider):
    g = gateway(provider(P.speaks()))
    for _ in range(5):
        g.chat()
    assert until(lambda: counted(g)["agent_tenant_calls_total"] == 5)
    before = counted(g)
    g.reload()
    assert counted(g) == before
    g.chat()
    assert until(lambda: counted(g)["agent_tenant_calls_total"] == 6)
    assert "agent_configurations_total 2" in g.page("/metrics")[2]


def test_a_reload_that_changes_the_zones_size_keeps_working(gateway,
                                                            provider):
    g = gateway(provider(P.speaks()))
    g.chat()
    for size in ("8m", "2m"):
        g.http = g.http.replace(ZONE, ZONE.replace("4m", size))
        g.reload()
        assert g.chat().status == 200
        assert counted(g)["agent_tenant_calls_total"] >= 1


@pytest.mark.smoke
def test_a_reload_brings_new_tenants_models_and_keys(gateway, provider):
    g = gateway(provider(P.speaks()))
    assert g.chat(question(model="new")).status == 404
    old = g.key
    g.key = g.secret("team_key", "sk-CANARY-second-")
    g.http = g.http.replace("agent_tenant team {",
                            "agent_model new { target main; }\n"
                            "agent_tenant team { ").replace(
                                "models gpt-test", "models new gpt-test")
    g.reload()
    assert g.chat(question(model="new")).status == 200
    assert g.chat(key=old).status == 401


def test_a_rotated_provider_key_is_used_after_a_reload(gateway, provider):
    p = provider(P.chats())
    g = gateway(p)
    g.chat()
    fresh = g.secret("provider_key", "sk-CANARY-rotated-")
    g.reload()
    g.chat()
    sent = [r.headers["authorization"] for r in p.requests]
    assert sent == [f"Bearer {g.provider_key}", f"Bearer {fresh}"]


@pytest.mark.smoke
def test_a_reload_with_a_broken_configuration_keeps_the_old_one(gateway,
                                                                provider):
    g = gateway(provider(P.speaks()))
    g.chat()
    g.tolerate("[emerg]")
    workers = set(g.workers())
    good = g.http
    for broken in (good.replace("target main/", "target nobody/"),
                   good.replace("models gpt-test fast;", ""),
                   good + "agent_oops;",
                   good.replace("agent_zone gateway:4m", "agent_zone g:1k"),
                   good.replace("key file:@provider_key@",
                                "key file:/nowhere/x")):
        g.http = broken
        g.write()
        emergencies = g.log().count("[emerg]")
        g.signal(signal.SIGHUP)
        assert until(lambda: g.log().count("[emerg]") > emergencies)
        assert g.chat().status == 200
    assert set(g.workers()) == workers
    g.http = good
    g.reload()
    assert g.chat().status == 200
    assert until(lambda: counted(g)["agent_tenant_calls_total"] == 7)


def test_twenty_reloads_leak_no_descriptor_and_no_memory(gateway,
                                                            provider):
    g = gateway(provider(P.speaks()))

    def held(pid):
        assert until(lambda: len(g.workers()) == 2), "old workers stay"
        with open(f"/proc/{pid}/statm") as statm:
            return (len(os.listdir(f"/proc/{pid}/fd")),
                    int(statm.read().split()[1]) * 4096)

    for _ in range(3):
        g.reload()
    before = held(g.process.pid)
    for _ in range(20):
        g.reload()

    # the master closes the channels of workers when it has heard of their end
    after = until(lambda: (last := held(g.process.pid))[0] <= before[0] + 2
                  and last)
    assert after, held(g.process.pid)
    assert after[1] < before[1] + 8_000_000
    assert g.chat().status == 200


# ---- many streams ---------------------------------------------------------

SIM = ZONE + """
    agent_provider sim { dialect openai; url http://127.0.0.1:@simulator@/v1;
                         key file:@provider_key@; }
    agent_model gpt-test { target sim; }
    agent_tenant team { key file:@team_key@; models gpt-test; }
""" + SERVER + SIMULATOR + STATUS


class Many:
    """Streams of many clients, read by one thread."""

    def __init__(self, g, count, **fields):
        self.g, self.count = g, count
        self.request = g.chat_request(question(stream=True, **fields))
        self.clients = []

    def open(self, at_once=100):
        for start in range(0, self.count, at_once):
            fresh = [self.g.connect()
                     for _ in range(min(at_once, self.count - start))]
            for client in fresh:
                client.send(self.request)
            self.clients += fresh
        return self

    def close(self):
        for client in self.clients:
            client.close()


def _files_allow(count):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = count * 2 + 500
    if soft < want:
        if hard < want and os.getuid() != 0:
            pytest.skip(f"only {hard} open files are allowed here")
        resource.setrlimit(resource.RLIMIT_NOFILE,
                           (want, max(hard, want)))


def test_a_thousand_streams_at_once_come_whole_and_in_order(gateway):
    _files_allow(1000)
    g = gateway(http=SIM, simulator=free_port(),
                simulate="latency=500ms tokens=40 rate=20")
    expected = g.chat(question(seed=1)).json()["choices"][0]["message"]
    many = Many(g, 1000, seed=1).open()
    try:
        assert until(lambda: gauges(g)[1] == 1000 or many.clients[0].ended), \
            gauges(g)
        for i, client in enumerate(many.clients):
            response = client.response()
            assert response.status == 200 and response.complete, i
            data = response.data()
            assert data[-1] == "[DONE]", i
            text = "".join(json.loads(d)["choices"][0]["delta"].get("content")
                           or "" for d in data[:-1])
            assert text == expected["content"], i
    finally:
        many.close()
    assert until(lambda: gauges(g) == (0, 0))
    assert until(lambda: counted(g)["agent_tenant_calls_total"] == 1001)
    assert counted(g)["agent_tenant_failed_calls_total"] == 0


def test_a_thousand_silent_streams_cost_no_cpu(gateway):
    """Below 2 % of a core on a quiet machine; 10 % is a failure anywhere."""
    _files_allow(1000)
    g = gateway(http=SIM, simulator=free_port(), gateway="heartbeat=60s",
                simulate="latency=30s tokens=5")
    many = Many(g, 1000).open()
    try:
        assert until(lambda: gauges(g)[0] == 1000), gauges(g)
        time.sleep(0.5)
        before, seconds = cpu(g), 3
        time.sleep(seconds)
        share = (cpu(g) - before) / seconds
        print(f"1,000 silent streams: {share:.1%} of a core")
        assert share < 0.10
    finally:
        many.close()
    assert until(lambda: gauges(g) == (0, 0))


def test_a_thousand_open_streams_fit_into_memory(gateway):
    _files_allow(1000)
    g = gateway(http=SIM, simulator=free_port(), gateway="heartbeat=60s",
                simulate="latency=30s tokens=5")
    g.chat(question(model="none"))
    from test_client import resident
    before = resident(g)
    many = Many(g, 1000).open()
    try:
        assert until(lambda: gauges(g)[0] == 1000)
        time.sleep(0.5)
        # both halves are in these workers: the gateway's and the simulator's
        assert resident(g) - before < 150_000_000
    finally:
        many.close()


@pytest.mark.long
def test_twenty_thousand_calls_leak_nothing(gateway, provider):
    from test_client import resident
    g = gateway(provider(P.speaks()))

    def calls(count):
        with g.connect() as client:
            for i in range(count):
                client.send(g.chat_request(question(stream=i % 2 == 0)))
                assert client.response().status == 200
                if client.ended or i % 900 == 899:
                    client.close()
                    client.__init__(g.port)

    calls(5_000)
    before = resident(g)
    descriptors = [len(os.listdir(f"/proc/{p}/fd")) for p in g.workers()]
    calls(20_000)
    assert resident(g) - before < 4_000_000
    assert [len(os.listdir(f"/proc/{p}/fd")) for p in g.workers()] \
        <= [d + 2 for d in descriptors]


@pytest.mark.long
def test_reloads_every_second_under_load_fail_no_call(gateway):
    g = gateway(http=SIM, simulator=free_port(),
                simulate="latency=20ms tokens=20 rate=100")
    failures, done = [], []
    stop = threading.Event()

    def load():
        while not stop.is_set():
            try:
                response = g.chat(question(stream=True))
                if not response.complete or response.data()[-1] != "[DONE]":
                    failures.append(repr(response))
                done.append(1)
            except (OSError, wire.Cut) as cut:
                failures.append(repr(cut))

    threads = [threading.Thread(target=load) for _ in range(16)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        g.signal(signal.SIGHUP)
        time.sleep(1)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    assert len(done) > 100
