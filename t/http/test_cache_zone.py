"""The memory of the cache: all that fits is kept, nobody pushes others out,
nobody reads what is not his, and nothing is ever half of one answer and half
of another.
"""

import json
import os
import random
import re
import signal
import threading
import types
import zlib

import pytest

import wire
from caches import cached
from drills import WORKER, number, seats
from gateway import question, until
from limits import key_of, tenant
from providers import FIRST, KEEP, delta, stream, whole

BLOCK = 2048

# Bytes of an answer's head: these, and its provider's and model's names.
HEAD = 60 + len("main") + len("gpt-upstream")

ONLY = ("Cache-Control", "only-if-cached")
ANEW = ("Cache-Control", "no-cache")

SERVER = "keepalive_requests 10000000; access_log off;"
TEAM = "agent_tenant team { key file:@team_key@; models *; }\n"


# ---- answers that can be checked ------------------------------------------

def sized(text, size):
    """An answer of so many bytes; its content says how long it is and what
    its checksum is."""
    def built(content):
        return json.dumps({
            "id": "c", "object": "chat.completion", "created": 1,
            "model": "m", "choices": [{"index": 0, "message": {
                "role": "assistant", "content": content},
                "finish_reason": "stop"}]}, separators=(",", ":")).encode()

    length = size - len(built("")) - len("12345678 12345678 ")
    payload = (text + ", ") * (length // (len(text) + 2) + 1)
    payload = payload[:length]
    body = built(f"{length:8} {zlib.crc32(payload.encode()):08x} {payload}")
    assert len(body) == size
    return body


def check(content):
    """Gives what the content was made of."""
    length, crc, payload = content[:8], content[9:17], content[18:]
    assert len(payload) == int(length), (length, len(payload))
    assert f"{zlib.crc32(payload.encode()):08x}" == crc
    return payload.partition(",")[0]


def sizes(exchange):
    """A provider: the question names the size of its answer."""
    text = exchange.request.json()["messages"][0]["content"]
    exchange.send(whole(sized(text, int(text.split()[-1]))))
    return KEEP


class Line:
    """A connection that asks one question after another."""

    def __init__(self, g, key=None):
        self.g, self.key = g, key or g.key
        self.connection = g.connect()

    def ask(self, text, *headers, **fields):
        return ask(self.connection, self.g.chat_request(
            question(text, **fields), self.key, headers))

    def has(self, text):
        """Is the answer in the cache?"""
        answer = self.ask(text, ONLY)
        if answer.status == 200:
            assert answer.header("x-agent-cache") == "hit"
            assert check(content(answer)) == text
        else:
            assert (answer.status, answer.error["code"]) \
                == (504, "not_cached")
        return answer.status == 200

    def puts(self, text):
        answer = self.ask(text)
        assert answer.header("x-agent-cache") == "miss", answer
        assert answer.status == 200 and check(content(answer)) == text


def ask(connection, request):
    connection.send(request)
    return connection.response()


def content(answer):
    return answer.json()["choices"][0]["message"]["content"]


@pytest.fixture
def zone(gateway, provider):
    """Starts a gateway with a zone of that size for those tenants."""
    def start(size, *tenants, script=sizes, rule="ttl=1h", **values):
        http = cached(rule, tenants=TEAM + "".join(map(tenant, tenants)),
                      zone="    agent_cache_zone answers:@size@;\n" + WORKER)
        return gateway(provider(script), http=http, size=size,
                       **{"server": SERVER, **values})
    return start


def used(g):
    return number(g, "agent_cache_used_bytes")


def room(g):
    return number(g, "agent_cache_size_bytes")


def blocks(size):
    return -(-(size + HEAD) // BLOCK)


def private(g):
    """Bytes of memory that the workers have to themselves."""
    total = 0
    for pid in g.workers():
        with open(f"/proc/{pid}/statm") as statm:
            _, resident, shared = statm.read().split()[:3]
        total += (int(resident) - int(shared)) * 4096
    return total


# ---- room -----------------------------------------------------------------

@pytest.mark.smoke
def test_an_answer_takes_blocks_of_2048_bytes(zone):
    g = zone("1m")
    line, last = Line(g), used(g)
    assert last == 0
    for count in (1, 2, 5, (1 << 20) // 10 // BLOCK):
        for size in (count * BLOCK - HEAD - 1, count * BLOCK - HEAD):
            line.puts(f"{count} blocks for {size}")
            assert used(g) - last == count * BLOCK == blocks(size) * BLOCK
            last = used(g)
    assert number(g, "agent_cache_refused_total") == 0


@pytest.mark.parametrize("size", [1, 4, 16])
def test_nine_tenths_of_a_zone_are_room_for_answers(size, zone):
    g = zone(f"{size}m")
    part = room(g) / (size << 20)
    assert part > (0.88 if size > 1 else 0.78), part
    assert used(g) == 0


@pytest.mark.smoke
def test_the_largest_answer_is_a_tenth_of_the_zone(zone):
    g = zone("1m")
    line = Line(g)
    largest = (1 << 20) // 10
    line.puts(f"fits {largest}")
    assert line.has(f"fits {largest}")
    line.puts(f"does not {largest + 1}")
    assert not line.has(f"does not {largest + 1}")
    assert number(g, "agent_cache_refused_total") == 0
    assert line.has(f"fits {largest}")


@pytest.mark.parametrize("size, most", [("1m", "102k"), ("8m", "819k"),
                                        ("16m", "1m")])
def test_an_answer_as_large_as_max_size_is_kept(size, most, zone):
    g = zone(size, rule=f"ttl=1h max_size={most}")
    line = Line(g)
    size = int(most[:-1]) << {"k": 10, "m": 20}[most[-1]]
    line.puts(f"the most {size}")
    assert line.has(f"the most {size}")
    line.puts(f"more {size + 1}")
    assert not line.has(f"more {size + 1}")


@pytest.mark.smoke
@pytest.mark.parametrize("size", ["1m", pytest.param(
    "9m", marks=pytest.mark.long)])
def test_whatever_fits_is_kept_however_often_the_zone_is_full(size, zone):
    """Sizes of all magnitudes; each is there right after it was stored."""
    g = zone(size)
    line, dice, total = Line(g), random.Random(7), room(g)
    largest = min(int(total) // BLOCK // 8 * BLOCK - HEAD, 1 << 20)
    stored, calls = 0, 0
    while stored < 10 * total:
        bytes = int(200 * (largest / 200) ** dice.random())
        text = f"{calls} of {bytes}"
        line.puts(text)
        assert line.has(text), text
        stored, calls = stored + blocks(bytes) * BLOCK, calls + 1
        if calls % 40 == 0:
            assert used(g) <= total
    assert number(g, "agent_cache_refused_total") == 0
    assert number(g, "agent_cache_evicted") > 0
    assert total - used(g) < largest + BLOCK        # full, as it should be


def test_workers_keep_nothing_of_what_they_store_and_tell(zone):
    g = zone("1m")
    line = Line(g)

    def goes_on(name):
        for i in range(150):
            text = f"{name} {i} of 20000"
            line.puts(text)
            assert line.has(text)
            line.ask(text, stream=True)

    goes_on("before")
    before = private(g)
    goes_on("after")
    assert private(g) - before < 2 << 20    # 9 million bytes went through


# ---- whose answers go -----------------------------------------------------

@pytest.mark.smoke
def test_the_least_recently_used_answer_of_a_tenant_goes_first(zone):
    g = zone("1m")
    line, count = Line(g), int(room(g)) // BLOCK
    for i in range(count):
        line.puts(f"{i} of 300")
    assert used(g) == room(g)
    assert number(g, "agent_cache_answers") == count
    for i in (0, 3):
        assert line.has(f"{i} of 300")
    for i in range(10):
        line.puts(f"new {i} of 300")
    gone = [i for i in range(20) if not line.has(f"{i} of 300")]
    assert gone == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert number(g, "agent_cache_evicted") == 10
    assert all(line.has(f"new {i} of 300") for i in range(10))


@pytest.mark.smoke
def test_a_tenant_that_stores_a_hundred_times_its_part_pushes_nobody_out(
        zone):
    g = zone("1m", "small", "late", "greedy")
    small, late, greedy = (Line(g, key_of(name))
                           for name in ("small", "late", "greedy"))
    count = int(room(g)) // BLOCK
    for i in range(count // 4):
        small.puts(f"{i} of 900")
    stored, i = 0, 0
    while stored < 100 * count // 3:
        greedy.puts(f"{i} of 100000")
        stored, i = stored + blocks(100000), i + 1
        if i == 20:
            for j in range(20):         # there is room for one that comes
                late.puts(f"{j} of 900")
    assert all(small.has(f"{i} of 900") for i in range(count // 4))
    assert all(late.has(f"{j} of 900") for j in range(20))
    assert greedy.has(f"{i - 1} of 100000")
    assert not greedy.has("0 of 100000")
    assert number(g, "agent_cache_evicted") >= i - 10


def test_one_tenant_alone_may_use_all_until_others_come(zone):
    g = zone("1m", "one", "two")
    one, two = Line(g, key_of("one")), Line(g, key_of("two"))
    count = int(room(g)) // BLOCK
    for i in range(count):
        one.puts(f"{i} of 300")
    assert used(g) == room(g)
    for i in range(count):
        two.puts(f"{i} of 300")
    kept = [sum(line.has(f"{i} of 300") for i in range(count))
            for line in (one, two)]
    assert sum(kept) == count and abs(kept[0] - kept[1]) <= 1, kept


# ---- reloads --------------------------------------------------------------

@pytest.mark.smoke
def test_answers_survive_a_reload_and_begin_anew_in_a_zone_of_another_size(
        zone):
    g = zone("4m")
    line = Line(g)
    for i in range(20):
        line.puts(f"{i} of 5000")
    g.reload()
    line = Line(g)
    assert all(line.has(f"{i} of 5000") for i in range(20))
    before = room(g)
    for size in ("1m", "8m"):
        g.values["size"] = size
        g.reload()
        line = Line(g)
        assert used(g) == 0 and room(g) != before
        assert not line.has("1 of 5000")
        line.puts("1 of 5000")
        assert line.has("1 of 5000")
    assert [line for line in g.log().splitlines()
            if re.search(r"\[(warn|error)\]", line)
            and "not_cached" not in line] == []


def test_calls_of_old_workers_end_well_when_the_zone_changes_its_size(zone):
    go_on = threading.Event()

    def waits(exchange):
        assert go_on.wait(wire.PATIENCE)
        return sizes(exchange)

    g = zone("1m", script=waits)
    held = [g.connect().send(g.chat_request(question("1 of 5000")))
            for _ in range(4)]
    assert until(lambda: number(g, "agent_calls_in_flight") == 4)
    g.values["size"] = "2m"
    g.reload()
    go_on.set()
    for connection in held:
        answer = connection.response()
        assert answer.status == 200 and check(content(answer)) == "1 of 5000"
        connection.close()
    Line(g).puts("1 of 5000")           # the new zone has none of it


# ---- who may read ---------------------------------------------------------

def near(dice, text):
    """Almost the question, as fields of a request."""
    at = dice.randrange(len(text))
    return dice.choice([
        lambda: question(text[:at] + "*" + text[at:]),
        lambda: question(text[:at] + text[at + 1:]),
        lambda: question(text.swapcase()),
        lambda: question(text + "\u200b"),
        lambda: question(text, temperature=dice.random() / 2),
        lambda: question(text, max_tokens=dice.randrange(1, 1 << 20)),
        lambda: question(text, seed=dice.randrange(1 << 30)),
        lambda: {"model": "gpt-test", "messages": [
            {"role": "system", "content": text}]},
        lambda: {"model": "gpt-test", "messages": [
            {"role": "user", "content": text}] * 2},
        lambda: question([{"type": "text", "text": text}]),
    ])()


def tries(dice, kept, g):
    """The bytes of one attempt to read an answer of tenant "owner"."""
    text = dice.choice(kept)
    if dice.random() < 0.3:
        return g.chat_request(near(dice, text), key_of("owner"), [ONLY])
    body = question(text, **dice.choice([
        {}, {}, {"user": "owner"}, {"stream": True},
        {"metadata": {"tenant": "owner"}}, {"safety_identifier": "owner"},
        {"prompt_cache_key": "owner"}])) \
        if dice.random() < 0.6 else near(dice, text)
    return g.chat_request(body, key_of("other"), [ONLY, *dice.choice([
        [], [("x-agent-tenant", "owner")], [("x-agent-session", "owner")],
        [("OpenAI-Organization", "owner")], [("X-Request-Id", "owner")]])])


STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")


def statuses(g, requests):
    """Many requests in one go; gives the status of each answer."""
    with g.connect() as connection:
        last = wire.request("GET", "/v1/models", None, g.key,
                            [("Connection", "close")])
        sender = threading.Thread(target=connection.try_to_send,
                                  args=(b"".join(requests) + last,))
        sender.start()
        found = STATUS.findall(connection.read_all())
        sender.join()
    assert len(found) == len(requests) + 1 and found.pop() == b"200"
    return found


@pytest.mark.smoke
@pytest.mark.parametrize("count", [
    10_000, pytest.param(1_000_000, marks=[pytest.mark.long,
                                           pytest.mark.timeout(1200)])])
def test_no_look_up_ever_finds_what_is_another_tenants(count, zone):
    g = zone("4m", "owner", "other", level="crit")
    owner, dice = Line(g, key_of("owner")), random.Random(11)
    kept = [f"secret {i} of {dice.randrange(300, 9000)}" for i in range(50)]
    for text in kept:
        owner.puts(text)
    requests = [tries(dice, kept, g) for _ in range(10_000)]
    for _ in range(count // 10_000):
        assert set(statuses(g, requests)) == {b"504"}
        dice.shuffle(requests)
    right = [g.chat_request(question(text), key_of("owner"), [ONLY])
             for text in kept]
    assert statuses(g, right) == [b"200"] * 50


# ---- all at once ----------------------------------------------------------

def changing():
    """A provider whose answers are all different, in length and content."""
    lock, dice = threading.Lock(), random.Random(3)

    def script(exchange):
        asked = exchange.request.json()
        text = asked["messages"][0]["content"]
        with lock:
            size = dice.choice([dice.randrange(300, 3000),
                                dice.randrange(50_000, 100_000)])
            body = sized(f"{text} {dice.random()}", size)
        if not asked.get("stream"):
            exchange.send(whole(body))
            return KEEP
        said = json.loads(body)["choices"][0]["message"]["content"]
        step = max(len(said) // 8, 1)
        exchange.send(stream(FIRST, *(
            delta(content=said[at:at + step])
            for at in range(0, len(said), step)), delta(finish="stop")))
        return KEEP
    return script


def joined(answer):
    """The content of a stream."""
    assert answer.complete and answer.data()[-1] == "[DONE]"
    return "".join(c["delta"].get("content") or ""
                   for d in answer.data()[:-1]
                   for c in json.loads(d)["choices"])


@pytest.mark.smoke
@pytest.mark.parametrize("count", [100, pytest.param(
    2_000, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_an_answer_is_never_torn_while_others_take_its_place(count, zone):
    """Both workers store and read the same few keys in a zone that is too
    small for them."""
    g = zone("1m", script=changing(), level="crit")
    found = seats(types.SimpleNamespace(g=g), each=3)
    assert len(found) == 2
    words, failures, stop = [], [], threading.Event()

    def writes(connection, dice):
        for _ in range(count):
            some(connection, dice, 1, 0, [ANEW])

    def reads(connection, dice):
        while not stop.is_set():
            some(connection, dice, 10, 0.2)

    def some(connection, dice, count, streams, headers=()):
        asked = [(f"key {dice.randrange(8)}", dice.random() < streams)
                 for _ in range(count)]
        connection.send(b"".join(
            g.chat_request(question(text, stream=stream), headers=headers)
            for text, stream in asked))
        for text, stream in asked:
            answer = connection.response()
            assert answer.status == 200 and answer.complete, answer
            said = check(joined(answer) if stream else content(answer))
            assert said.startswith(text + " ")
            words.append(answer.header("x-agent-cache"))

    def guarded(work, *args):
        try:
            work(*args)
        except Exception as failure:
            failures.append(repr(failure))

    threads = [
        threading.Thread(target=guarded, args=(work, connection,
                                               random.Random(str(pid))))
        for pid, connections in found.items()
        for work, connection in zip((writes, reads, reads), connections)]
    for thread in threads:
        thread.start()
    for thread in threads[::3]:
        thread.join()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert words.count("bypass") == 2 * count
    assert words.count("hit") > count
    assert used(g) <= room(g)


@pytest.mark.parametrize("stops", [
    10, pytest.param(200, marks=[pytest.mark.long,
                                 pytest.mark.timeout(600)])])
def test_a_reader_that_is_held_up_notices_what_was_written_meanwhile(stops,
                                                                     zone):
    """One worker reads large answers and is stopped at any moment, while the
    other one stores new ones in their places."""
    g = zone("10m", level="crit")
    texts = [f"{i} of 1000000" for i in range(6)]
    found = seats(types.SimpleNamespace(g=g), each=1)
    (reader, read), (_, write) = ((pid, c[0]) for pid, c in found.items())
    counts, failures = {"read": 0, "written": 0}, []
    stop, dice = threading.Event(), random.Random(5)

    def goes_on(name, connection, *headers):
        try:
            while not stop.is_set():
                for text in dice.sample(texts, len(texts)):
                    answer = ask(connection, g.chat_request(
                        question(text), headers=headers))
                    assert answer.status == 200, answer
                    assert check(content(answer)) == text
                    counts[name] += 1
        except Exception as failure:
            failures.append(repr(failure)[:500])

    threads = [threading.Thread(target=goes_on, args=args) for args in (
        ("read", read), ("written", write, ANEW))]
    for thread in threads:
        thread.start()
    for _ in range(stops):
        seen = counts["read"] + dice.randrange(3)
        until(lambda: counts["read"] > seen or failures, pause=0.0007)
        os.kill(reader, signal.SIGSTOP)
        try:        # it may have been stopped with a lock: then nobody writes
            seen = counts["written"] + 2 * len(texts)
            until(lambda: counts["written"] > seen, timeout=0.2)
        finally:
            os.kill(reader, signal.SIGCONT)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert counts["read"] > stops
