"""What the tests of calls that wait for each other's answers share: a gateway
with a cache, whose provider is held until all ask who should."""

import itertools

import wire
from caches import ZONE, answers, said
from drills import Stage, number, seats
from gateway import question, until
from limits import house, key_of, tenant
from test_limits_money import PRICE

CHAT = "/v1/chat/completions"
MODELS = ZONE + "agent_model gpt-test { target main/gpt-upstream; " \
    "cache @rule@; }"


class Sky:
    """A gateway with a cache, and a provider that plays what a test hands it.

    Each test has a question of its own.  When it is over there is neither a
    call nor a flight left of it.
    """

    _questions = itertools.count(1)
    _ids = itertools.count(1)

    def __init__(self, factory, tenants, workers=2, make=house, **values):
        self.provider = factory.provider(lambda e: self.stage(e))
        values = {"rule": "ttl=1h", "models": MODELS,
                  "provider_lines": PRICE, **values}
        self.g = make(factory, tenants, self.provider, workers=workers,
                      **values)
        self.g.key = key_of("a")
        self.clients = []

    def plays(self, answer=None, held=True):
        """What the provider says to the next question, to call after call
        "One." and "Two." unless told otherwise."""
        self.stage = Stage(answer or answers("One.", "Two."), held=held)
        self.text = f"Question {next(self._questions)}."
        self.flights = number(self.g, "agent_cache_flights")
        return self.stage

    def ask(self, client=None, name="a", path=CHAT, body=None, headers=(),
            **fields):
        """Asks, and leaves the answer for later."""
        client = client or self.g.connect()
        self.clients.append(client)
        client.id = f"flight-{next(self._ids)}"
        body = question(self.text, **fields) if body is None else body
        client.send(wire.request("POST", path, body, key_of(name),
                                 [("x-request-id", client.id), *headers]))
        return client

    def lead(self, *args, **kwargs):
        """Asks, and waits until the provider is asked."""
        before = self.stage.entered
        client = self.ask(*args, **kwargs)
        assert until(lambda: self.stage.entered > before), "nobody was asked"
        return client

    def follow(self, count, **kwargs):
        """So many ask at once, and wait."""
        before = number(self.g, "agent_calls_in_flight")
        clients = [self.ask(**kwargs) for _ in range(count)]
        self.has(before + count)
        return clients

    def has(self, count):
        """Until there are so many calls."""
        assert until(lambda: number(self.g, "agent_calls_in_flight")
                     == count), number(self.g, "agent_calls_in_flight")

    def rows(self, clients):
        """Their lines of the access log."""
        wanted = {client.id for client in clients}

        def found():
            rows = [row for row in self.g.access()
                    if row["request_id"] in wanted]
            return len(rows) == len(wanted) and rows
        rows = until(found)
        assert rows, f"{wanted} are not all in the log"
        return rows

    def row(self, client):
        return self.rows([client])[0]

    def counts(self):
        """What the metrics say of the model's cache."""
        return {name: number(self.g, f"agent_model_cache_{name}_total",
                             gen_ai_request_model="gpt-test")
                for name in ("misses", "joined", "hits", "stored")}

    def over(self):
        self.stage.free()
        for client in self.clients:
            client.close()
        self.clients.clear()
        self.has(0)
        assert until(lambda: number(self.g, "agent_cache_flights")
                     == self.flights), "a flight is left behind"


def told(clients, text="One."):
    """All are told this, by a call that was not theirs."""
    for client in clients:
        answer = client.response()
        assert answer.status == 200 and answer.complete, answer
        assert said(answer) == text
        assert answer.header("x-agent-cache") == "joined"
        assert answer.header("age") is None


def is_from(head, provider="main", model="gpt-upstream"):
    """Does the head of an answer say who gave it, though not to this call?"""
    return [head.header(f"x-agent-{name}") for name
            in ("cache", "attempts", "provider", "model")] \
        == ["joined", "0", provider, model]


def failed(client, status, code):
    answer = client.response()
    assert (answer.status, answer.error["code"]) == (status, code), answer
    return answer


TENANTS = tenant("a") \
    + tenant("counted", "limit requests=1000 per=1h;",
             "limit tokens=100k per=1h;", "budget 1 per=month;") \
    + tenant("tight", "limit tokens=3000 per=1h;") \
    + tenant("few", "limit concurrency=4;") \
    + tenant("keys", "limit tokens=3000 per=1h by=key;", keys=("poor",))


def apart(sky, where, each):
    """Connections of the leader's worker, and of that where others wait."""
    here, there = seats(sky, each).values()
    return here, {"the same worker": here, "another worker": there}[where]
