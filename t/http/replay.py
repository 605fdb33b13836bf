"""A provider that says again what a real one said.

Recorded answers lie in folders by the dialect they were recorded of:
NAME.json is a whole body, NAME.chunks.txt the data of one event of a stream a
line, NAME.sse a stream as it came.  A file says itself which dialect it is;
one that is no answer to a chat is left out.  A file with the streams of
several calls is several recordings.

AG_FIXTURES is the folder of the folders.
"""

import dataclasses
import json
import os
import pathlib
import re

import pytest

import providers as P
from gateway import ONE_ATTEMPT, ROOT
from providers import KEEP

FIXTURES = pathlib.Path(os.environ.get(
    "AG_FIXTURES",
    pathlib.Path(os.environ.get("AG_SHARED", ROOT.parent / "shared"))
    / "fixtures"))

# Of the first event of a call, and of its last one.
FIRST = ("message_start", "response.created")
LAST = ("message_stop", "response.completed", "response.incomplete",
        "response.failed")


@dataclasses.dataclass
class Recording:
    name: str               # folder/file, and "#2" of several calls
    dialect: str            # chat, anthropic, gemini or responses
    body: object = None     # of a whole answer
    events: list = None     # of a stream: the data of each

    @property
    def streamed(self):
        return self.events is not None

    @property
    def failed(self):
        """Does the stream end with an error?"""
        return any(kind(e) in ("error", "response.failed")
                   for e in self.events or ())

    @property
    def spliced(self):
        """Does another answer begin before the first has ended?"""
        starts = [e for e in self.events or () if kind(e) in FIRST]
        return any(e != starts[0] for e in starts)

    @property
    def whole(self):
        """Is the stream one that its provider meant?"""
        try:
            for event in self.events or ():
                if event != "[DONE]":
                    json.loads(event)
        except ValueError:
            return False
        return not self.failed and not self.spliced

    def answer(self):
        """What goes over the wire."""
        if not self.streamed:
            return P.whole(self.body)
        if self.dialect == "gemini":
            pieces = [f"data: {e}\r\n\r\n" for e in self.events]
        elif self.dialect == "chat":
            pieces = [f"data: {e}\n\n" for e in self.events]
            if "[DONE]" not in self.events:
                pieces.append("data: [DONE]\n\n")
        else:
            pieces = [f"event: {kind(e)}\ndata: {e}\n\n" for e in self.events]
        return P.stream_head() + b"".join(P.chunk(p.encode())
                                          for p in pieces) + P.LAST


def kind(event):
    """The type that an event says it has; a broken one says it early."""
    found = re.match(r'\s*\{\s*"type"\s*:\s*"([\w.]+)"', event)
    if found:
        return found.group(1)
    try:
        return str(json.loads(event).get("type"))
    except ValueError:
        return "None"


def dialect_of(answer):
    """The dialect of an answer or of a stream's first event, or None."""
    if not isinstance(answer, dict):
        return None
    said = str(answer.get("type"))
    if said == "message" or said == "message_start":
        return "anthropic"
    if answer.get("object") == "response" or said.startswith("response."):
        return "responses"
    if "candidates" in answer or "promptFeedback" in answer \
            or "usageMetadata" in answer:
        return "gemini"
    if isinstance(answer.get("choices"), list):
        return "chat"
    return None


def calls_of(events):
    """The events of each call: the first of one follows the last of one."""
    calls = [[]]
    for event in events:
        if calls[-1] and kind(event) in FIRST and kind(calls[-1][-1]) in LAST:
            calls.append([])
        calls[-1].append(event)
    return calls


def read(path):
    """The recordings of a file."""
    name = f"{path.parent.name}/{path.name}"
    text = path.read_text()
    if path.suffix == ".json":
        dialect = dialect_of(json.loads(text))
        return [Recording(name, dialect, body=text.encode())] \
            if dialect else []
    if path.suffix == ".sse":
        events = [line.removeprefix("data:").strip()
                  for line in text.splitlines() if line.startswith("data:")]
    elif path.name.endswith(".chunks.txt"):
        events = [line for line in text.split("\n") if line.strip()]
    else:
        return []
    if not events:
        return []
    try:
        dialect = dialect_of(json.loads(events[0]))
    except ValueError:
        dialect = dialect_of({"type": kind(events[0])})
    if dialect is None:
        return []
    calls = calls_of(events)
    return [Recording(name + (f"#{n}" if len(calls) > 1 else ""), dialect,
                      events=call) for n, call in enumerate(calls, 1)]


def recordings(wanted=lambda recording: True):
    """A mark: the test runs for each recording that is wanted."""
    found = []
    if FIXTURES.is_dir():
        found = [r for path in sorted(FIXTURES.glob("*/*")) for r in read(path)
                 if wanted(r)]
    if not found:
        found = [pytest.param(None, id="none", marks=pytest.mark.skip(
            reason=f"no recorded answers in {FIXTURES.name}: set AG_FIXTURES"
        ))]
    return pytest.mark.parametrize(
        "recording", found, ids=lambda r: getattr(r, "name", None))


class Replay:
    """Gives the answer that is set to whoever asks at the right path."""

    PATHS = {
        "chat": (r"/v1/chat/completions",) * 2,
        "responses": (r"/v1/responses",) * 2,
        "anthropic": (r"/v1/messages(\?beta=true)?",) * 2,
        "gemini": (r"/v1(beta)?/models/[^/:]+:generateContent",
                   r"/v1(beta)?/models/[^/:]+:streamGenerateContent"
                   r"\?alt=sse"),
    }

    def __init__(self, factory, dialect):
        self.dialect = dialect
        self.recording = None
        self.provider = factory.provider(self)
        self.port = self.provider.port

    def __call__(self, exchange):
        recording, request = self.recording, exchange.request
        path = self.PATHS[self.dialect][recording.streamed]
        if request.method != "POST" or not re.fullmatch(path, request.target):
            exchange.send(P.whole({"error": {"message": "not my path"}}, 404))
            return KEEP
        asked = request.json()
        if self.dialect != "gemini" \
                and bool(asked.get("stream")) != recording.streamed:
            exchange.send(P.whole({"error": {"message": "not as a stream"}},
                                  400))
            return KEEP
        exchange.send(recording.answer())
        return KEEP


class Stand:
    """A replaying provider of each dialect, and a gateway before them."""

    MODELS = {"chat": "main-model", "responses": "gpt-5-mini",
              "anthropic": "claude-opus-4-6", "gemini": "gemini-2.5-flash"}

    PROVIDERS = {"chat": "dialect openai; quirks vllm;",
                 "responses": "dialect responses;",
                 "anthropic": "dialect anthropic;",
                 "gemini": "dialect gemini;"}

    def __init__(self, factory):
        self.replays = {d: Replay(factory, d) for d in self.MODELS}
        providers = "".join(
            f"agent_provider {d} {{ {line} {ONE_ATTEMPT}\n"
            f" url http://127.0.0.1:{self.replays[d].port}"
            f"/{'v1beta' if d == 'gemini' else 'v1'};\n"
            " key file:@provider_key@; }\n"
            f"agent_model {d} {{ target {d}/{self.MODELS[d]}; }}\n"
            for d, line in self.PROVIDERS.items())
        self.gateway = factory(http=f"""
            agent_zone gateway:4m;
            {providers}
            agent_tenant team {{ key file:@team_key@;
                                 models {' '.join(self.MODELS)}; }}
            server {{
                listen 127.0.0.1:@port@;
                location /v1/ {{ agent_gateway; }}
            }}
        """)

    def direct(self, recording):
        """Makes the provider give the recording; its port and a model."""
        replay = self.replays[recording.dialect]
        replay.recording = recording
        return replay.port, self.MODELS[recording.dialect], "sk-direct"

    def through(self, recording):
        """The same, seen from a client of the gateway."""
        self.replays[recording.dialect].recording = recording
        return self.gateway.port, recording.dialect, self.gateway.key
