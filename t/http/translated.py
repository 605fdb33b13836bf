"""Providers of every dialect behind one gateway, and who judges what it says.

One listener plays all providers: each has the first part of its path for a
name, so a test file can have a hundred of them.  What a provider says next is
set before each call, as on a `stages.Stage`.
"""

import json
import re
import subprocess

import anthropic
import openai
import pytest

import nodes
import providers as P
import scripted_writers
import wire
from gateway import STATUS, ZONE, free_port, until
from providers import KEEP
from scripted import Play, Step

ONCE = "retry attempts=1; breaker off;"

# dialect of a provider: (its name in the configuration, a model, its lines)
KINDS = {
    "openai": ("openai", "gpt-5-mini", ""),
    "older": ("openai", "gpt-4.1", ""),
    "azure": ("azure", "gpt-5-mini", ""),
    "compatible": ("openai", "glm-5", "quirks compatible;"),
    "mistral": ("openai", "mistral-large-latest", "quirks mistral;"),
    "vllm": ("openai", "team/our-model", "quirks vllm;"),
    "responses": ("responses", "gpt-5-mini", ""),
    "anthropic": ("anthropic", "claude-opus-4-6", ""),
    "gemini": ("gemini", "gemini-2.5-flash", ""),
}

# whose writer of t/http/scripted_writers.py speaks for it
SPEAKS = dict.fromkeys(("azure", "older", "compatible", "mistral", "vllm"),
                       "openai")

HELLO = [{"role": "user", "content": "Hello?"}]

# surface: (path, body)
SURFACES = {
    "chat": ("chat/completions", {"messages": HELLO}),
    "messages": ("messages", {"messages": HELLO, "max_tokens": 1000}),
    "responses": ("responses", {"input": "Hello?"}),
}

NATIVE = {"chat": ("openai", *SPEAKS), "messages": ("anthropic",),
          "responses": ("responses", "openai", "azure", "older")}


def foreign(surface, kinds=("openai", "responses", "anthropic", "gemini")):
    """The kinds of providers that a client of the surface needs us for."""
    return [kind for kind in kinds if kind not in NATIVE[surface]]


class Stand:
    """A gateway before a provider of each name: name -> kind, or (kind,
    lines instead of ONCE).  The model NAME goes to the provider NAME."""

    def __init__(self, factory, members, models="", gateway="", http="",
                 files=()):
        self.acts, self.calls = {}, []
        self.provider = factory.provider(self._play)
        blocks = ""
        for name, kind in members.items():
            kind, lines = kind if isinstance(kind, tuple) else (kind, ONCE)
            dialect, model, words = KINDS[kind]
            blocks += (
                f"agent_provider {name} {{ dialect {dialect}; {words}\n"
                f"url http://127.0.0.1:{self.provider.port}/{name}/v1; "
                f"key file:@provider_key@; {lines} }}\n"
                f"agent_model {name} {{ target {name}/{model}; }}\n")
        self.g = factory.make(http=ZONE + http + blocks + models + f"""
            agent_tenant team {{ key file:@team_key@; models *; }}
            server {{
                listen 127.0.0.1:@port@;
                client_max_body_size 32m;
                location /v1/ {{ agent_gateway {gateway}; }}
            }}""" + STATUS)
        for name, text in dict(files).items():
            (self.g.prefix / name).write_text(text)
        self.g.start()

    def _play(self, exchange):
        name = exchange.request.target.split("/")[1]
        acts = self.acts.get(name)
        self.calls.append((name, exchange.request))
        assert acts, f"{name} was asked although nobody should"
        return acts.pop(0)(exchange)

    def plays(self, **acts):
        """What each says next, a list for several requests, and no more."""
        self.calls.clear()
        self.acts = {name: list(act) if isinstance(act, list) else [act]
                     for name, act in acts.items()}

    @property
    def asked(self):
        return [name for name, _ in self.calls]

    @property
    def request(self):
        """The only request that any provider got."""
        assert len(self.calls) == 1, self.asked
        return self.calls[0][1]

    def ask(self, surface, model, **fields):
        path, body = SURFACES[surface]
        headers = fields.pop("headers", ())
        return self.g.post(f"/v1/{path}", {**body, "model": model, **fields},
                           headers=headers)

    def send(self, client, surface, model, **fields):
        path, body = SURFACES[surface]
        client.send(wire.request("POST", f"/v1/{path}",
                                 {**body, "model": model, **fields},
                                 self.g.key))

    def openai(self, **more):
        return openai.OpenAI(base_url=self.g.base_url, api_key=self.g.key,
                             timeout=wire.PATIENCE,
                             **{"max_retries": 0, **more})

    def anthropic(self, **more):
        return anthropic.Anthropic(
            base_url=self.g.base_url.removesuffix("/v1"), api_key=self.g.key,
            timeout=wire.PATIENCE, **{"max_retries": 0, **more})


# ---- what providers say ---------------------------------------------------

def speaks(kind, step=Step(text="Hello there."), change=None):
    """Answers whole or streamed, as it was asked, in the kind's dialect;
    `change` may have its way with a whole answer's body."""
    dialect = SPEAKS.get(kind, kind)
    play = Play(dialect, [step])

    def script(exchange):
        request = exchange.request
        if b'"stream":true' in request.body.replace(b" ", b"") \
                or "streamGenerate" in request.target:
            exchange.send(P.stream_head() + b"".join(
                map(P.chunk, frames(kind, step, play))) + P.LAST)
            return KEEP
        body = scripted_writers.WRITERS[dialect](play, 0, step)
        exchange.send(P.whole(change(body) if change else body))
        return KEEP

    return script


def frames(kind, step=Step(text="Hello there."), play=None):
    """The events of a stream, as bytes."""
    dialect = SPEAKS.get(kind, kind)
    return list(scripted_writers.STREAMS[dialect](
        play or Play(dialect, [step]), 0, step))


def says(body, status=200, headers=()):
    """A whole answer of any status."""
    return P.says(P.whole(body, status, headers), KEEP)


def begins(kind, last, step=Step(text="Hello there."), mark=b"Hello"):
    """A stream up to the event that holds the mark; it waits for `go_on` of
    the script, and ends as `last` does."""
    head = frames(kind, step)
    words = [i for i, frame in enumerate(head) if mark in frame]
    return P.then(P.stream_head() + b"".join(map(P.chunk,
                                                 head[:words[0] + 1])), last)


# ---- their errors

def refuses(message, type="invalid_request_error", param=None, code=None):
    return {"error": {"message": message, "type": type, "param": param,
                      "code": code}}


def claude(type, message, **details):
    error = {"type": type, "message": message}
    if details:
        error["details"] = details
    return {"type": "error", "error": error, "request_id": "req_011"}


def google(code, status, message, *details):
    return {"error": {"code": code, "message": message, "status": status,
                      "details": list(details)}}


def info(type, **fields):
    return {"@type": f"type.googleapis.com/google.rpc.{type}", **fields}


# ---- how ours are told

# class: (status, type, code), as docs/errors.md has it
CLASSES = {
    "rate_limit": (429, "rate_limit_error", "provider_rate_limited"),
    "network": (502, "server_error", "provider_unreachable"),
    "unavailable": (503, "server_error", "provider_unavailable"),
    "provider_error": (502, "server_error", "provider_error"),
    "bad_response": (502, "server_error", "invalid_provider_response"),
    "credentials": (502, "server_error", "provider_credentials"),
    "conflict": (503, "server_error", "provider_unavailable"),
    "context_length": (400, "invalid_request_error",
                       "context_length_exceeded"),
    "content_policy": (400, "invalid_request_error",
                       "content_policy_violation"),
    "not_found": (404, "invalid_request_error", "model_not_found"),
    "invalid": (400, "invalid_request_error", "invalid_request"),
}

MESSAGES_TYPES = {400: "invalid_request_error", 404: "not_found_error",
                  413: "request_too_large", 422: "invalid_request_error",
                  429: "rate_limit_error", 502: "api_error",
                  503: "overloaded_error"}


# ... and what they are in our words, where the provider's are not kept
WORDS = {
    "rate_limit": "The model provider is limiting requests. "
                  "Please try again later.",
    "network": "The model provider could not be reached.",
    "unavailable": "The model provider is overloaded or unavailable.",
    "provider_error": "The model provider had an internal error.",
    "bad_response": "The model provider sent an answer that cannot be used.",
    "credentials": "The gateway's account at the model provider was refused. "
                   "Please tell the gateway's operator.",
    "conflict": "The model provider could not take the request right now.",
}


# ---- what clients read ----------------------------------------------------

def text_of(surface, response):
    """What the model said, whole or streamed; the answer must be whole."""
    assert response.status == 200 and response.complete, response
    if not response.header("content-type").startswith("text/event-stream"):
        return _whole_text(surface, response.json())
    events = response.events()
    if surface == "chat":
        assert events.pop().data == "[DONE]", response
        return "".join(c["choices"][0]["delta"].get("content") or ""
                       for c in (e.json() for e in events) if c["choices"])
    said = [e.json() for e in events]
    if surface == "messages":
        assert said[-1]["type"] == "message_stop", response
        return "".join(e["delta"].get("text", "") for e in said
                       if e["type"] == "content_block_delta")
    assert said[-1]["type"] in ("response.completed", "response.incomplete")
    return _whole_text(surface, said[-1]["response"])


def _whole_text(surface, said):
    if surface == "chat":
        return said["choices"][0]["message"]["content"]
    if surface == "messages":
        return "".join(b["text"] for b in said["content"]
                       if b["type"] == "text")
    return "".join(part["text"] for item in said["output"]
                   if item["type"] == "message" for part in item["content"]
                   if part["type"] == "output_text")


def outcome(surface, response):
    """(status, type, code) of a refusal; messages have no code."""
    body = response.json()
    error = body["error"]
    assert error["message"] and response.complete, response
    if surface == "messages":
        assert body["type"] == "error" and not {"code", "param"} & set(error)
        return response.status, error["type"], None
    assert set(error) == {"message", "type", "param", "code"}
    return response.status, error["type"], error["code"]


def listen(stand, surface, kind, script):
    """Reads a stream with the official SDK as far as it goes."""
    if surface == "messages":
        with stand.anthropic() as client:
            for event in client.messages.create(
                    model=kind, max_tokens=9, messages=HELLO, stream=True):
                if event.type == "content_block_delta":
                    script.go_on.set()
    elif surface == "chat":
        with stand.openai() as client:
            for part in client.chat.completions.create(
                    model=kind, messages=HELLO, stream=True):
                if part.choices[0].delta.content:
                    script.go_on.set()
    else:
        with stand.openai() as client:
            with client.responses.stream(model=kind, input="x") as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        script.go_on.set()
                stream.get_final_response()


# ---- the strict mock ------------------------------------------------------

class Judge:
    """OpenAI's description, held against what we say: the strict mock serves
    one made of it in which every answer is the body of a request."""

    SCHEMAS = ("CreateChatCompletionResponse", "Response", "ErrorResponse",
               "CreateChatCompletionStreamResponse", "ListModelsResponse",
               "Model", "CreateEmbeddingResponse")

    def __init__(self, modules, description, folder):
        text = description.read_text()
        schemas = text[text.index("\ncomponents:\n") + 1:]
        # two things that may be null, though the mock does not see it
        schemas = re.sub(r"((\n +)enum:(?:\2- .*)+)(?=(?:\2[\w ].*)*?"
                         r"\2nullable: true\n)", r"\1\2- null", schemas)
        schemas = re.sub(r"(\n +)\$ref: (.*)\1nullable: true\n",
                         r"\1anyOf: [{$ref: \2}, {type: 'null'}]\n", schemas)
        # each event of a stream has a schema of its own
        union = re.search(r"\n    ResponseStreamEvent:\n(.*?)\n    \w",
                          schemas, re.S)[1]
        self.events = {}
        for name in re.findall(r"schemas/(\w+)", union):
            block = re.search(rf"\n    {name}:\n(.*?)\n    \w", schemas,
                              re.S)[1]
            kind = re.search(r"\n        type:\n(?: {10}.*\n)*? {10}enum:\n"
                             r" {10}- ([\w.]+)\n", block)
            self.events[kind[1]] = name
        names = (*self.SCHEMAS, *self.events.values())
        made = folder / "answers.yml"
        made.write_text('openapi: 3.1.0\ninfo: {title: a, version: "1"}\n'
                        "paths:\n" + "".join(map(self._path, names))
                        + schemas)
        self.mock = Mock(modules, made)

    @staticmethod
    def _path(name):
        return (f"  /{name}: {{post: {{requestBody: {{required: true, content:"
                " {application/json: {schema: {$ref: "
                f'"#/components/schemas/{name}"'
                "}}}}, responses: {'200': {description: fine}}}}\n")

    def errors(self, name, body):
        """What is wrong with the body of an answer."""
        verdict = wire.ask(self.mock.port, wire.request(
            "POST", f"/{name}", body, headers=[("Connection", "close")]))
        said = dict(verdict.headers)
        assert "x-steady-request-valid" in said, verdict
        return [(said[f"x-steady-error-{n}-path"],
                 said[f"x-steady-error-{n}-message"])
                for n in range(1, 1 + int(said["x-steady-error-count"]))]

    def accepts(self, name, body):
        errors = self.errors(name, body)
        assert not errors, (errors, body)

    def accepts_event(self, event):
        said = event.json()
        assert event.name == said["type"]
        self.accepts(self.events[said["type"]], said)


class Mock:
    """@stdy/cli with a description."""

    def __init__(self, modules, description):
        self.port = free_port()
        self.process = subprocess.Popen(
            [nodes.node(modules), modules / "@stdy/cli/steady.js",
             "--reject-on-sdk-error", "--no-color", "--host", "127.0.0.1",
             "-p", str(self.port), str(description)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        if not until(self._ready, timeout=60):
            self.stop()
            raise AssertionError("the mock does not start")

    def _ready(self):
        try:
            return wire.ask(self.port, wire.request(
                "GET", "/_x-steady/health"), "GET").status == 200
        except (OSError, wire.Cut):
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def description(team_files):
    found = team_files / "spec" / "openai.yml"
    if not found.exists():
        pytest.skip("OpenAI's description is not there: " + found.name)
    return found


def marks(value):
    """The words in a body that must arrive: those that begin with Mark."""
    return set(re.findall(r"Mark\w+", json.dumps(value)))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# the delta that makes a block of Anthropic's
DELTAS = {"text": ("text_delta", "text"),
          "thinking": ("thinking_delta", "thinking")}


def message_stream(message):
    """The events of a message of Anthropic's, as bytes."""
    def event(kind, **fields):
        return f"event: {kind}\ndata: ".encode() \
            + compact({"type": kind, **fields}).encode() + b"\n\n"

    yield event("message_start", message={
        **message, "content": [], "stop_reason": None, "stop_sequence": None})
    for i, block in enumerate(message["content"]):
        start, deltas = block, []
        if block["type"] in DELTAS:
            kind, name = DELTAS[block["type"]]
            start = {**block, name: ""}
            deltas.append({"type": kind, name: block[name]})
        citations = start.pop("citations", None) if start is not block else []
        deltas += [{"type": "citations_delta", "citation": citation}
                   for citation in citations or []]
        yield event("content_block_start", index=i, content_block=start)
        for delta in deltas:
            yield event("content_block_delta", index=i, delta=delta)
        yield event("content_block_stop", index=i)
    yield event("message_delta", delta={
        name: message.get(name)
        for name in ("stop_reason", "stop_sequence", "stop_details")},
        usage={"output_tokens": message["usage"]["output_tokens"]})
    yield event("message_stop")
