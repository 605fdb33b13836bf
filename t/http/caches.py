"""What the tests of the cache share: a gateway that caches, a provider whose
every answer is another one, and the text of an answer."""

import itertools
import json

import limits
import providers as P
from gateway import DEFAULT, question
from limits import house, key_of
from providers import KEEP, stream, whole
from test_responses import RESPONSE
from test_sdk_anthropic import MESSAGE

ZONE = "    agent_cache_zone answers:4m;\n"


def cached(rule="ttl=1h", model="", tenants=None, zone=ZONE):
    """The usual gateway with a cache for its model."""
    http = DEFAULT.replace(
        "agent_model gpt-test fast { target main/gpt-upstream; }",
        "agent_model gpt-test fast { target main/gpt-upstream; "
        + (f"cache {rule}; " if rule else "") + model + " }")
    if tenants is not None:
        http = http.replace(
            "    agent_tenant team { key file:@team_key@; "
            "models gpt-test fast; }", tenants)
    return zone + http


def answers(*texts):
    """Whole or streamed as it was asked; each call the next text."""
    left = list(texts)

    def script(exchange):
        text = left.pop(0) if len(left) > 1 else left[0]
        if exchange.request.json().get("stream"):
            exchange.send(stream(P.FIRST, P.delta(content=text),
                                 P.delta(finish="stop")))
        else:
            body = json.loads(json.dumps(P.CHAT))
            body["choices"][0]["message"]["content"] = text
            exchange.send(whole(body))
        return KEEP
    return script


def said(response):
    """The text of an answer, whole or streamed."""
    if "event-stream" in response.header("content-type", ""):
        parts = [json.loads(d) for d in response.data() if d != "[DONE]"]
        return "".join(c["delta"].get("content") or "" for part in parts
                       for c in part["choices"])
    return response.json()["choices"][0]["message"]["content"]


def control(words):
    """Cache-control headers of a request."""
    return [("Cache-Control", word) for word in words]


# ---- a gateway for the tests of a file ------------------------------------

def embedding(n):
    return {"object": "list", "model": "e", "data": [
        {"object": "embedding", "index": 0, "embedding": [n, 0.5]}],
        "usage": {"prompt_tokens": 9, "total_tokens": 9}}


def completion(n):
    return {"id": "cmpl-1", "object": "text_completion", "created": 1,
            "model": "gpt-upstream", "usage": P.USAGE, "choices": [
                {"index": 0, "text": f"Answer {n}.", "logprobs": None,
                 "finish_reason": "stop"}]}


def message(n):
    return {**MESSAGE, "content": [{"type": "text", "text": f"Answer {n}."}]}


def response(n):
    part = {"type": "output_text", "text": f"Answer {n}.", "annotations": []}
    return {**RESPONSE, "output": [{**RESPONSE["output"][0],
                                    "content": [part]}]}


WHOLE = {"embeddings": embedding, "completions": completion,
         "messages": message, "responses": response}


class Library:
    """A gateway whose provider never says the same twice, unless a test has
    it act on a question: `acts` is question -> script, or a list of them of
    which the last repeats."""

    def __init__(self, factory, models, tenants, **values):
        self.acts, self.numbers = {}, itertools.count(1)
        self.provider = factory.provider(self._play)
        values.setdefault("variables", ",".join(
            f'"{name}":"$agent_{name}"'
            for name in limits.VARIABLES + ("cache",)))
        self.g = house(factory, tenants, self.provider,
                       models=ZONE + models, **values)

    def _play(self, exchange):
        for text, act in self.acts.items():
            if text.encode() in exchange.request.body:
                if not isinstance(act, list):
                    return act(exchange)
                return (act.pop(0) if len(act) > 1 else act[0])(exchange)
        return tell(exchange)

    @property
    def asked(self):
        """How often the provider was asked."""
        return len(self.provider.requests)

    def new(self):
        """A question that nobody has asked."""
        return f"Question {next(self.numbers)}, what is it?"

    def ask(self, body=None, path="chat/completions", tenant="a", headers=()):
        """A body that is text is a question."""
        if isinstance(body, str):
            body = question(body, max_tokens=20)
        return self.g.post(f"/v1/{path}", body, key=key_of(tenant),
                           headers=headers)

    def twice(self, first, second=None):
        """Asks both, each a dict for ask(); was the second a hit?"""
        before = self.asked
        one, two = self.ask(**first), self.ask(**(second or first))
        hit = two.header("x-agent-cache") == "hit"
        assert (one.status, two.status) == (200, 200), (one, two)
        assert (two.body == one.body) == hit, (one, two)
        assert self.asked - before == 2 - hit
        return hit


def tell(exchange):
    """Whole or streamed chats, the others whole; no two are the same."""
    path = exchange.request.target.partition("?")[0].rpartition("/v1/")[2]
    if path in WHOLE:
        exchange.send(whole(WHOLE[path](exchange.number)))
        return KEEP
    return answers(f"Answer {exchange.number}.")(exchange)
