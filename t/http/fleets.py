"""Several scripted providers behind one gateway, and who was asked when.

A member is a provider: its script, or Member(...) for more than that.  Every
request that any of them gets is noted in one list, in the order of arrival.
"""

import collections
import hashlib
import time

import providers as P
from gateway import SERVER, STATUS, ZONE, question
from providers import KEEP, says, whole

# What stands in a member's block unless the test says otherwise.
ONCE = "retry attempts=1; breaker off;"
QUICK = "retry attempts=3 base=1ms max=2ms; breaker off;"

Call = collections.namedtuple("Call", "name key time request")


class Member:

    def __init__(self, script, lines=ONCE, keys=("",), words="", more=(),
                 dialect="openai"):
        """`keys` and `more` (further urls) hold the words behind them."""
        self.urls = [(script, words), *more]
        self.lines, self.keys, self.dialect = lines, keys, dialect


class Fleet:

    def __init__(self, factory, models, tenant="", tenants=(), **members):
        """`tenant` is what the usual one has; `tenants` are names of more."""
        self.calls = []
        self.providers = {}
        self.g = factory.make(http="")
        self.secrets = {}
        blocks = [self._block(factory, name, member)
                  for name, member in members.items()]
        team = f"agent_tenant team {{ key file:@team_key@; models *; " \
               f"{tenant} }}\n"
        more = "".join(f"agent_tenant {name} {{ key sha256:{_digest(name)}; "
                       "models *; }\n" for name in tenants)
        self.g.http = ZONE + "".join(blocks) + models + team + more \
            + SERVER + STATUS
        self.g.start()

    def _block(self, factory, name, member):
        if not isinstance(member, Member):
            member = Member(member)
        urls = []
        for number, (script, words) in enumerate(member.urls, 1):
            label = name if len(member.urls) == 1 else f"{name}#{number}"
            if not hasattr(script, "url"):
                script = factory.provider(self._watched(label, script))
            self.providers[label] = script
            urls.append(f"url {script.url} {words};")
        keys = []
        for number, words in enumerate(member.keys, 1):
            secret = self.g.secret(f"{name}_key{number}")
            self.secrets[secret] = number
            keys.append(f"key file:@{name}_key{number}@ {words};")
        return f"agent_provider {name} {{ dialect {member.dialect};\n" \
               + "\n".join(urls + keys) + f"\n{member.lines} }}\n"

    def _watched(self, label, scripts):
        def watch(script):
            def watched(exchange):
                headers = exchange.request.headers
                secret = headers.get("x-api-key") \
                    or headers.get("authorization", "").partition(" ")[2]
                exchange.key = self.secrets.get(secret)
                self.calls.append(Call(label, exchange.key, time.monotonic(),
                                       exchange.request))
                return script(exchange)
            return watched
        if isinstance(scripts, list):
            return [watch(script) for script in scripts]
        return watch(scripts)

    # -- who was asked

    @property
    def asked(self):
        """Names in the order of the requests."""
        return [call.name for call in self.calls]

    @property
    def keys(self):
        """The numbers of the keys that were used, in the same order."""
        return [call.key for call in self.calls]

    def gaps(self, name=None):
        """Seconds between one request and the next."""
        times = [c.time for c in self.calls if name in (None, c.name)]
        return [b - a for a, b in zip(times, times[1:])]

    def count(self):
        return collections.Counter(self.asked)

    def of(self, name):
        """The calls of one member."""
        return [call for call in self.calls if call.name == name]

    # -- asking

    def ask(self, model="gpt-test", stream=False, tenant=None, **kwargs):
        if tenant is not None:
            kwargs["key"] = _key(tenant)
        return self.g.chat(question(model=model, stream=stream), **kwargs)

    def ask_on(self, connection, model="gpt-test", headers=(), **fields):
        """On a kept connection: all such calls are one worker's."""
        connection.send(self.g.chat_request(question(model=model, **fields),
                                            headers=headers))
        return connection.response()


def _key(tenant):
    return f"sk-tenant-{tenant}-0123456789"


def _digest(tenant):
    return hashlib.sha256(_key(tenant).encode()).hexdigest()


def model(*lines, name="gpt-test"):
    return f"agent_model {name} {{ " + "\n".join(lines) + " }\n"


def good(text):
    """Answers whole or streamed, as it was asked; the text is `text`."""
    words = [P.FIRST, P.delta(content=text), P.delta(finish="stop")]
    choice = {**P.CHAT["choices"][0],
              "message": {"role": "assistant", "content": text,
                          "refusal": None}}
    return P.speaks({**P.CHAT, "choices": [choice]}, words)


def fails(status, headers=(), **error):
    """Refuses, and keeps the connection."""
    error = {"message": "No.", "type": "error", "param": None, "code": None,
             **error}
    return says(whole({"error": error}, status, headers), KEEP)


def first_then(count, first, then):
    """A member's scripts: `first` for so many requests, later `then`."""
    return [first] * count + [then]


TOO_LONG = fails(400, code="context_length_exceeded",
                 message="This model's maximum context length is 10 tokens.")
POLICY = fails(400, code="content_policy_violation", message="Not that.")
INVALID = fails(400, type="invalid_request_error", param="messages",
                message="messages: what is that?")
NO_MONEY = fails(429, type="insufficient_quota", code="insufficient_quota",
                 message="You exceeded your current quota.")


def text_of(response):
    """What the model said, whole or streamed."""
    assert response.status == 200 and response.complete, response
    if response.header("content-type").startswith("text/event-stream"):
        assert response.data()[-1] == "[DONE]"
        chunks = [e.json() for e in response.events()[:-1]]
        return "".join(c["choices"][0]["delta"].get("content") or ""
                       for c in chunks if c["choices"])
    return response.json()["choices"][0]["message"]["content"]


def outcome(response):
    return response.status, response.error["code"]
