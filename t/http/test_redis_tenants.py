"""Tenants that live in Redis: written there by any program, they come, change
and go without a reload."""

import time

import pytest

from clusters import connected, links, needed
from drills import number
from gateway import question, until
from limits import House, digest, key_of, refused, tenant
from limits_load import Herd, Shot
from providers import FIRST, chunk, delta, says, sse, stream_head, then
from redis_server import RedisServer
from sessions import MANAGED, TOKEN, ended, named, stop, stopped

pytestmark = needed

PLANS = """
    agent_plan team { models gpt-test; limit requests=16k per=1h;
                      limit tokens=100m per=1h; }
    agent_plan small { models gpt-test; limit requests=2 per=1h; }
    agent_plan other { models second; }
"""

MODELS = "".join(f"agent_model {name} {{ target main/x; }}\n"
                 for name in ("gpt-test", "second"))


class Town:
    """A gateway and the Redis that its tenants live in."""

    def __init__(self, factory, plans=PLANS, workers=2, provider=None,
                 words=(), **values):
        self.redis = factory.own(RedisServer())
        self.redis.start()
        if provider is not None:
            values["provider"] = factory.provider(provider).url
        self.g = House(links(self.redis, **dict(words))
                       + "agent_tenants redis;\n" + plans, workers,
                       reuse="reuseport" if workers > 2 else "",
                       **{"models": MODELS, **values})
        self.g.secret("token", TOKEN)
        factory.gateways.append(self.g)
        self.g.start()
        connected(self.g)

    def put(self, key, /, tenant="acme", plan="team", **fields):
        """What redis-cli would: HSET agent:key:SHA256HEX ..."""
        self.write(key, {"tenant": tenant, "plan": plan, **fields})

    def write(self, key, fields):
        self.redis.command("HSET", record(key), *[
            word for pair in fields.items() for word in pair])

    def drop(self, name):
        assert self.redis.command("DEL", record(name)) == 1

    def ask(self, name, times=1, **kwargs):
        return [self.g.of(name, **kwargs).status for _ in range(times)]

    def everywhere(self, name, status, **kwargs):
        """Waits until all workers answer so; a second is what is promised."""
        with Herd(self.g.port, 8 * self.g.count) as herd:
            shots = [Shot("x", key_of(name), **kwargs)] * (8 * self.g.count)

            def all_of_them():
                calls = herd.volley(shots)
                return {call.status for call in calls} == {status} \
                    and len({call.header("x-worker") for call in calls}) \
                    == self.g.count
            assert until(all_of_them), f"{name} does not get {status}"


def record(name):
    return f"agent:key:{digest(name)}"


def unknown(answer):
    assert answer.status == 401, answer
    assert answer.error["code"] == "invalid_api_key"
    return True


# ---- Coming ---------------------------------------------------------------

@pytest.mark.smoke
def test_a_key_is_good_as_soon_as_it_is_written(gateway):
    town = Town(gateway)
    assert unknown(town.g.of("new"))
    town.put("new", name="ci-42")
    assert town.ask("new", 8) == [200] * 8      # each worker
    assert unknown(town.g.of("old"))
    assert unknown(town.g.chat(key=None))
    page = town.g.usage("acme", key_of("new"))
    assert page["key"] == "ci-42"
    assert {row["name"]: row["limit"] for row in page["limits"]} \
        == {"requests/1h": 16_000, "tokens/1h": 100_000_000}
    rows = [row for row in town.g.access(11) if row["http"] == "200"]
    assert {(row["tenant"], row["key"]) for row in rows} == {("acme", "ci-42")}


@pytest.mark.parametrize("header", ["x-api-key", "api-key", "x-goog-api-key"])
def test_its_key_may_come_in_any_header(header, gateway):
    town = Town(gateway)
    town.put("a")
    assert town.g.chat(key=None,
                       headers=[(header, key_of("a"))]).status == 200


def test_it_has_the_models_of_its_plan_or_its_own(gateway):
    town = Town(gateway)
    town.put("a")
    town.put("b", tenant="bee", plan="other")
    town.put("c", tenant="sea", models="gpt-* sec*")

    def models(name):
        page = town.g.get("/v1/models", key=key_of(name)).json()
        return {model["id"] for model in page["data"]}
    assert [models(name) for name in "abc"] \
        == [{"gpt-test"}, {"second"}, {"gpt-test", "second"}]
    answer = town.g.of("b")
    assert (answer.status, answer.error["code"]) == (403, "model_not_allowed")
    assert town.ask("a") + town.ask("c") == [200, 200]


@pytest.mark.parametrize("until_, status", [
    ("2099-01-01", 200), ("2099-01-01T12:00:00Z", 200), ("4070908800", 200),
    ("2020-01-01", 401), ("2020-01-01T12:00:00Z", 401), ("1577836800", 401)])
def test_a_key_is_good_until_its_date(until_, status, gateway):
    town = Town(gateway)
    town.put("a", until=until_)
    assert town.ask("a", 3) == [status] * 3


def test_a_key_expires_while_it_is_kept(gateway):
    town = Town(gateway)
    end = int(time.time()) + 2
    town.put("a", until=end)
    sent = time.time()
    while town.ask("a") == [200]:
        sent = time.time()
    assert end - 2 < sent < end + 1
    assert town.ask("a", 4) == [401] * 4


def test_tenants_of_the_configuration_are_there_as_well(gateway):
    """And one of Redis cannot take their keys."""
    town = Town(gateway, PLANS + tenant("a", "limit requests=3 per=1h;"))
    town.put("a", tenant="evil")
    town.put("b")
    assert town.ask("a", 4) == [200] * 3 + [429]
    assert town.ask("b") == [200]
    assert town.g.usage("a")["limits"][0]["limit"] == 3


# ---- Changing and going ---------------------------------------------------

@pytest.mark.parametrize("changes", [
    [("limit.requests/1h", "3", 429)],          # it has used more
    pytest.param([("plan", "other", 403), ("models", "gpt-test", 200),
                  ("until", "2020-01-01", 401), ("until", "2099-01-01", 200),
                  ("models", "second", 403)], marks=pytest.mark.long)],
    ids=["one", "all"])
def test_a_change_holds_for_all_workers_within_a_second(changes, gateway):
    town = Town(gateway, workers=4)
    town.put("a")
    town.everywhere("a", 200)
    for field, value, status in changes:
        town.put("a", **{field: value, "plan": value if field == "plan"
                         else "team"})
        town.everywhere("a", status)
    town.drop("a")
    town.everywhere("a", 401)
    assert town.ask("a", 5) == [401] * 5


def test_a_revoked_key_is_refused_and_its_streams_finish(gateway):
    words = [chunk(sse(word)) for word in
             (FIRST, delta(content="Hel"), delta(content="lo."),
              delta(finish="stop"), "[DONE]")]
    script = then(stream_head() + b"".join(words[:2]),
                  says(b"".join(words[2:]) + b"0\r\n\r\n"))
    town = Town(gateway, provider=script)
    town.put("a")
    clients = []
    for _ in range(4):
        client = town.g.connect().send(
            town.g.chat_request(question(stream=True), key_of("a")))
        clients.append((client, client.head()))
        assert clients[-1][1].status == 200
        client.read_until(b"Hel")
    town.drop("a")
    revoked = time.monotonic()
    assert until(lambda: {town.g.get("/v1/models", key=key_of("a")).status
                          for _ in range(6)} == {401})
    assert time.monotonic() - revoked < 10      # 1 or 2 are promised
    script.go_on.set()
    for client, answer in clients:
        client.finish(answer)
        assert answer.complete and answer.data()[-1] == "[DONE]"
        client.close()


def test_a_key_that_was_replaced_loses_nothing_of_its_tenant(gateway):
    """Rotation: what the tenant used counts for its new key, too."""
    town = Town(gateway)
    town.put("old", plan="small")
    assert town.ask("old") == [200]
    town.put("new", plan="small")
    assert town.ask("new") == [200]
    town.drop("old")
    refused(town.g.of("new"), "requests/1h")


# ---- Without Redis --------------------------------------------------------

def test_without_redis_known_keys_go_on_and_others_are_not_judged(gateway):
    town = Town(gateway)
    town.put("a")
    town.put("small", tenant="little", plan="small")
    assert town.ask("a", 4) + town.ask("small") == [200] * 5
    town.redis.kill()
    assert until(lambda: number(town.g, "agent_redis_up") == 0)
    time.sleep(1.2)                     # nothing that is kept is fresh now
    for _ in range(4):
        answer = town.g.of("a")
        assert answer.status == 200
        assert answer.header("x-ratelimit-mode") == "local"
        answer = town.g.of("nobody")    # wrong or not: who knows?
        assert answer.status == 503
        assert answer.error["type"] == "server_error"
        assert answer.error["code"] == "limits_unavailable"
    assert town.ask("small", 2) == [200, 429]   # its limit holds
    town.g.reload()                     # what is kept outlives it
    assert town.ask("a", 4) == [200] * 4
    town.redis.start()                  # empty
    connected_again(town.g)
    town.everywhere("a", 401)
    town.put("a")
    assert town.ask("a", 4) == [200] * 4
    assert unknown(town.g.of("nobody"))


def connected_again(g):
    assert until(lambda: number(g, "agent_redis_up") >= g.count)


def test_a_redis_that_hangs_delays_nobody_for_long(gateway):
    town = Town(gateway, words={"timeout": "100ms"})
    town.put("a")
    assert town.ask("a", 4) == [200] * 4
    town.redis.pause()
    time.sleep(1.2)
    begun = time.monotonic()
    assert town.ask("a", 4) == [200] * 4
    assert town.ask("nobody", 4) == [503] * 4
    assert time.monotonic() - begun < 10
    town.redis.resume()
    assert until(lambda: town.ask("nobody") == [401])
    town.put("late")
    assert town.ask("late", 4) == [200] * 4


# ---- What may stand in Redis ----------------------------------------------

PASTED = "sk-CANARY-pasted-0123456789"  # a secret in the wrong place

HOSTILE = {
    "no tenant": {"plan": "team"},
    "no plan": {"tenant": "acme"},
    "an empty tenant": {"tenant": "", "plan": "team"},
    "a long tenant": {"tenant": "x" * 65, "plan": "team"},
    "a tenant of two lines": {"tenant": f"a\n{PASTED}", "plan": "team"},
    "no UTF-8": {"tenant": b"\xff\xfe", "plan": "team"},
    "an unknown plan": {"tenant": "acme", "plan": PASTED},
    "a strange name": {"tenant": "acme", "plan": "team", "name": "a b"},
    "a date that is none": {"tenant": "acme", "plan": "team",
                            "until": "tomorrow"},
    "a time in milliseconds": {"tenant": "acme", "plan": "team",
                               "until": "4070908800000000"},
    "a negative time": {"tenant": "acme", "plan": "team", "until": "-1"},
    "no models": {"tenant": "acme", "plan": "team", "models": ""},
    "only blanks": {"tenant": "acme", "plan": "team", "models": "   "},
    "bad models": {"tenant": "acme", "plan": "team", "models": "a*b gpt-test"},
    "65 models": {"tenant": "acme", "plan": "team",
                  "models": " ".join(f"m{n}" for n in range(65))},
    "a limit of 0": {"tenant": "acme", "plan": "team",
                     "limit.requests/1h": "0"},
    "a negative limit": {"tenant": "acme", "plan": "team",
                         "limit.requests/1h": "-5"},
    "a limit in words": {"tenant": "acme", "plan": "team",
                         "limit.requests/1h": "many"},
    "a huge limit": {"tenant": "acme", "plan": "team",
                     "limit.requests/1h": "9" * 40},
    "17 limits": {"tenant": "acme", "plan": "team",
                  **{f"limit.requests/{n}s": "5" for n in range(1, 18)}},
}

# What is more than anybody reads.
LARGE = {
    "a megabyte": {"tenant": "acme", "plan": "team", "name": "x" * 1_000_000},
    "many fields": {"tenant": "acme", "plan": "team",
                    **{f"field{n}": "x" for n in range(3000)}},
}


@pytest.mark.smoke
def test_what_cannot_be_used_lets_nobody_in(gateway):
    town = Town(gateway, workers=1)
    town.g.secrets += [PASTED, *(key_of(name) for name in HOSTILE),
                       *(digest(name) for name in HOSTILE)]
    town.put("good")
    for name, fields in HOSTILE.items():
        town.write(name, fields)
        assert unknown(town.g.of(name)), name
        answer = town.g.of("good")      # and nobody else has noticed
        assert answer.status == 200
        assert answer.header("x-ratelimit-mode") is None, name
    # complained of, not each time: whoever calls could fill the log
    for name in HOSTILE:
        town.ask(name)
    assert town.g.log().count("cannot be used") == 1
    assert "the field \"tenant\" is missing" in town.g.log()
    assert "Redis is lost" not in town.g.log()


@pytest.mark.parametrize("name", ["an unknown plan", "a huge limit",
                                  "a tenant of two lines", *LARGE])
def test_the_log_says_what_cannot_be_used(name, gateway):
    town = Town(gateway, workers=1)
    town.g.secrets += [PASTED, key_of("a"), digest("a")]
    town.put("good")
    town.write("a", {**HOSTILE, **LARGE}[name])
    for _ in range(5):
        assert unknown(town.g.of("a"))
        answer = town.g.of("good")
        assert answer.status == 200 and not answer.header("x-ratelimit-mode")
    lines = [line for line in town.g.log().splitlines()
             if "cannot be used" in line]
    assert len(lines) == 1 and "[error]" in lines[0]


@pytest.mark.parametrize("words", [
    ("SET", "tenant"), ("RPUSH", "tenant", "acme", "plan", "team"),
    ("SADD", "tenant"), ("ZADD", "1", "tenant"), ("SETBIT", "7", "1")])
def test_a_key_that_is_no_hash_lets_nobody_in(words, gateway):
    town = Town(gateway, workers=1)
    town.put("good")
    town.redis.command(words[0], record("a"), *words[1:])
    for _ in range(3):
        assert unknown(town.g.of("a"))
    assert town.g.log().count("it is not a hash") == 1
    answer = town.g.of("good")
    assert answer.status == 200 and not answer.header("x-ratelimit-mode")


def test_what_others_keep_in_the_hash_is_theirs(gateway):
    town = Town(gateway)
    town.put("a", **{"email": "a@example.com", "limits": "x", "": "y",
                     "Tenant": "shout", "models ": "z", "created": "0"})
    assert town.ask("a", 3) == [200] * 3
    assert town.g.usage("acme", key_of("a"))["tenant"] == "acme"


def test_a_limit_that_its_plan_does_not_have_lets_nobody_in(gateway):
    """It was meant to hold, and would not."""
    town = Town(gateway, workers=1)
    town.put("a", **{"limit.requests/1m": "5", "limit.requests/1h": "1"})
    town.put("b", tenant="bee", **{"limit.requests/1h": "1"})
    assert unknown(town.g.of("a"))
    assert "none of its plan's" in town.g.log()
    assert town.ask("b", 2) == [200, 429]


def test_wrong_keys_do_not_fill_the_zone(gateway):
    town = Town(gateway, workers=4, zone="1m")
    shots = [(0, Shot("x", f"sk-guessed-{n:016d}")) for n in range(10_000)]
    with Herd(town.g.port, 64) as herd:
        calls = herd.fire(shots)
        assert {call.status for call in calls} == {401}
        for n in range(40):             # there is room for those who are real
            town.put(f"n{n}", tenant=f"tenant{n}", plan="small")
        calls = herd.fire([(0, Shot("y", key_of(f"n{n}")))
                           for n in range(40)] * 2)
    assert {call.status for call in calls} == {200}
    assert until(lambda: number(town.g, "agent_calls_in_flight") == 0)


# ---- Limits ---------------------------------------------------------------

def test_limits_hold_for_them_and_survive_a_reload(gateway):
    town = Town(gateway, PLANS + """
        agent_plan strict { models *; limit requests=7 per=1h;
                            limit requests=4 per=2h by=key;
                            limit concurrency=30; }""", workers=4)
    for key in "ab":
        town.put(key, plan="strict", name=key)
    town.put("c", tenant="sea", plan="strict")
    shots = [Shot(key, key_of(key)) for key in "abc"] * 33
    with Herd(town.g.port, 99) as herd:
        calls = herd.volley(shots)
    good = [call.tag for call in calls if call.status == 200]
    assert {call.status for call in calls} == {200, 429}
    assert good.count("c") == 4
    assert good.count("a") <= 4 and good.count("b") <= 4
    assert good.count("a") + good.count("b") == 7
    town.g.reload()
    connected_again(town.g)
    for key in "ab":
        assert town.ask(key) == [429]
    refused(town.g.of("c"), "requests/2h@key")
    page = town.g.usage("acme", key_of("a"))
    assert {row["name"]: row["used"] for row in page["limits"]
            if row["resource"] == "requests"} \
        == {"requests/1h": 7, "requests/2h@key": good.count("a")}
    # other numbers for one of them
    town.put("c", tenant="sea", plan="strict",
             **{"limit.requests/1h": "6", "limit.requests/2h@key": "100"})
    assert until(lambda: town.ask("c") == [200])
    assert town.ask("c", 2) == [200, 429]
    refused(town.g.of("c"), "requests/1h")


def test_their_tokens_and_money_are_settled(gateway):
    town = Town(gateway, """
        agent_plan p { models *; limit tokens=9k per=1h; budget 1 per=day; }
        """, provider_lines="price * input=2 output=8;")
    town.put("a", plan="p", **{"limit.tokens/1h": "8k",
                               "limit.budget/day": "0.5"})
    for used in (12, 24, 36):
        assert town.ask("a") == [200]
        assert until(lambda: town.g.usage("acme", key_of("a"))
                     ["limits"][0]["used"] == used)
    page = town.g.usage("acme", key_of("a"))
    assert page["limits"][0]["limit"] == 8000
    assert page["budgets"][0]["limit"] == 0.5
    assert page["budgets"][0]["used"] == pytest.approx(3 * 0.000042)


@pytest.mark.smoke
def test_their_sessions_have_guards_and_can_be_stopped(gateway):
    town = Town(gateway, "agent_plan p { models *; session calls=3; }",
                http=MANAGED)
    town.put("a", plan="p")
    town.put("b", tenant="bee", plan="p")
    assert town.ask("a", 4, headers=named("s")) == [200] * 3 + [403]
    assert town.ask("b", 2, headers=named("s")) == [200] * 2
    assert town.ask("b", headers=named("t")) == [200]
    assert stop(town.g, "t").status == 404      # it is in no list
    for other in ("acme", "nobody"):            # another node may know it
        assert stopped(stop(town.g, "t", tenant=other), "t")
    assert town.ask("b", 1, headers=named("t")) == [200]
    assert stopped(stop(town.g, "t", tenant="bee"), "t")
    ended(town.g.of("b", headers=named("t")), "session_stopped")
    assert town.ask("b", 2, headers=named("s")) == [200, 403]


def test_a_node_that_does_not_share_stops_what_it_knows(gateway):
    town = Town(gateway, "agent_plan p { models *; session calls=30; }",
                words={"share": "off"}, http=MANAGED)
    town.put("a", plan="p")
    assert town.ask("a", headers=named("s")) == [200]
    for session, tenant_ in (("s", "bee"), ("t", "acme"), ("s", None)):
        assert stop(town.g, session, tenant=tenant_).status == 404
    assert stopped(stop(town.g, "s", tenant="acme"), "s")
    ended(town.g.of("a", headers=named("s")), "session_stopped")
    assert town.ask("a", headers=named("t")) == [200]
