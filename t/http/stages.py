"""A fleet whose members play what a test hands them, act by act.

The gateway is started once for a file; before each call a test says what each
member does with its next requests.  Who is asked more often than that fails
the test: nobody is asked behind its back.
"""

import json

import providers as P
import wire
from fleets import Fleet, Member
from providers import KEEP, chunk, says, whole
from test_status import value

MODEL = "gpt-test"


class Stage:

    def __init__(self, factory, models, members, **values):
        """`members`: name -> (dialect, lines of its provider)."""
        self.acts = {}
        self.fleet = Fleet(Values(factory, values), models, **{
            name: Member(self._plays(name), lines, dialect=dialect)
            for name, (dialect, lines) in members.items()})
        self.g = self.fleet.g

    def _plays(self, name):
        def script(exchange):
            acts = self.acts.get(name)
            assert acts, f"{name} was asked although nobody should"
            return acts.pop(0)(exchange)
        return script

    def plays(self, **acts):
        """What is said next, a list for several requests, and nothing else."""
        self.fleet.calls.clear()
        self.acts = {name: list(act) if isinstance(act, list) else [act]
                     for name, act in acts.items()}

    @property
    def asked(self):
        return self.fleet.asked

    def ask(self, path, body, model=MODEL, **kwargs):
        return self.g.post(f"/v1/{path}", {**body, "model": model}, **kwargs)

    def begin(self, client, path, body, model=MODEL, headers=()):
        client.send(wire.request("POST", f"/v1/{path}",
                                 {**body, "model": model}, self.g.key,
                                 headers))

    def count(self, name, model=MODEL):
        return value(self.g, name, gen_ai_request_model=model)


class Values:
    """A factory whose gateways have more values than their Fleet gives."""

    def __init__(self, factory, values):
        self.factory, self.values = factory, values

    def make(self, **more):
        made = self.factory.make(**more)
        made.values.update(self.values)
        for name, text in self.values.get("files", {}).items():
            (made.prefix / name).write_text(text)
        return made

    def __getattr__(self, name):
        return getattr(self.factory, name)


# ---- what members say -----------------------------------------------------

def named(*events):
    """Events under the name that their data give, as bytes."""
    return b"".join(f"event: {json.loads(e)['type']}\ndata: {e}\n\n".encode()
                    for e in events)


def plain(*events):
    return P.sse(*events)


def streams(*pieces, end=(P.LAST, KEEP)):
    """A stream of these bytes, a chunk each; `end` is what comes then."""
    return says(P.stream_head() + b"".join(chunk(p) for p in pieces if p),
                *end)


def answers(body, status=200, **kwargs):
    return says(whole(body, status, **kwargs), KEEP)


# ---- chat answers ---------------------------------------------------------

def chat(text="Hello.", finish="stop", usage=P.USAGE, **message):
    """A whole chat answer, as an object."""
    message = {"role": "assistant", "content": text, "refusal": None,
               **message}
    return {**P.CHAT, "usage": usage, "choices": [
        {"index": 0, "message": message, "logprobs": None,
         "finish_reason": finish}]}


def calls(*functions):
    """An answer that calls (name, arguments)."""
    return chat(None, "tool_calls", tool_calls=[
        {"id": f"call_{i}", "type": "function",
         "function": {"name": name, "arguments": arguments}}
        for i, (name, arguments) in enumerate(functions)])


def content(response):
    return response.json()["choices"][0]["message"]["content"]
