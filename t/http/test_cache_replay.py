"""Answers from the cache, read by the official SDKs: whole or as a stream,
whichever they were made as, and in their own dialect or in another one, the
same message comes out of them, to the last signature.
"""

import itertools
import json
import re

import anthropic
import openai
import pytest

import loops
import nodes
import providers as P
import replay
import translated as T
import wire
from gateway import free_port
from loops import playing
from providers import KEEP
from scripted import Call, Step
from test_sdk_openai import HTTP as SIMULATED

CACHE = "    agent_cache_zone answers:8m;\n"

SURFACES = ("chat", "messages", "responses")
# What SDKs add to what they were told, not always alike.
ADDED = {"parsed", "parsed_arguments", "parsed_output", "output_parsed"}

streamed = pytest.mark.parametrize("streamed", [False, True],
                                   ids=["whole", "streamed"])


# ---- SDKs -----------------------------------------------------------------

class Reader:
    """The official SDKs at a gateway.  `head` is that of the last answer."""

    def __init__(self, g):
        self.head = None
        self.numbers = itertools.count(1)
        http = dict(event_hooks={"response": [self._heard]},
                    timeout=wire.PATIENCE)
        self.openai = openai.OpenAI(
            base_url=g.base_url, api_key=g.key, max_retries=0,
            http_client=openai.DefaultHttpxClient(**http))
        self.anthropic = anthropic.Anthropic(
            base_url=g.base_url.removesuffix("/v1"), api_key=g.key,
            max_retries=0,
            http_client=anthropic.DefaultHttpxClient(**http))

    def _heard(self, response):
        self.head = response.headers

    def stop(self):
        self.openai.close()
        self.anthropic.close()

    def new(self):
        """A question that nobody has asked."""
        return f"Question number {next(self.numbers)}."

    @property
    def cache(self):
        return self.head["x-agent-cache"]

    def read(self, surface, model, text, streamed, **more):
        """The SDK's last word on an answer, as plain data."""
        said = getattr(self, "_" + surface)(model, text, streamed, **more)
        return plain(said.model_dump(mode="json", exclude_none=True,
                                     warnings=False))

    def _chat(self, model, text, streamed, **more):
        chats = self.openai.chat.completions
        ask = dict(model=model, **more,
                   messages=[{"role": "user", "content": text}])
        if not streamed:
            return chats.create(**ask)
        with chats.stream(stream_options={"include_usage": True},
                          **ask) as stream:
            return stream.get_final_completion()

    def _responses(self, model, text, streamed, **more):
        ask = dict(model=model, input=text, **more)
        if not streamed:
            return self.openai.responses.create(**ask)
        with self.openai.responses.stream(**ask) as stream:
            return stream.get_final_response()

    def _messages(self, model, text, streamed, beta=False, **more):
        messages = (self.anthropic.beta if beta else self.anthropic).messages
        ask = dict(model=model, max_tokens=1000, **more,
                   messages=[{"role": "user", "content": text}])
        if not streamed:
            return messages.create(**ask)
        with messages.stream(**ask) as stream:
            return stream.get_final_message()

    def _beta_messages(self, *ask, **more):
        return self._messages(*ask, beta=True, **more)


def plain(value):
    """Without what an SDK adds: it is not in the answer."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    call = "function" in value and "id" in value    # of a chat's stream
    return {name: plain(item) for name, item in value.items()
            if name not in ADDED and not (call and name == "index")}


# ---- gateways -------------------------------------------------------------

class Caching:
    """A factory of gateways; each of their models has a cache."""

    def __init__(self, factory, rule="cache ttl=1h;"):
        self.factory, self.rule = factory, rule
        self.provider = factory.provider

    def make(self, http, **values):
        return self.factory.make(http=CACHE + http.replace(
            "{ target", "{ " + self.rule + " target"), **values)

    def __call__(self, **values):
        return self.make(**values).start()


# ---- recorded answers -----------------------------------------------------

class Recorded(replay.Stand):

    def __init__(self, factory):
        super().__init__(Caching(factory))
        self.reader = factory.own(Reader(self.gateway))


@pytest.fixture(scope="module")
def recorded(shared):
    return Recorded(shared)


@pytest.mark.parametrize("surface", SURFACES)
@replay.recordings(lambda r: r.whole and not re.search(r"#([3-9]|1\d)$",
                                                       r.name))
def test_a_recorded_answer_is_told_again_as_it_was(surface, recording,
                                                   recorded):
    recorded.through(recording)
    provider = recorded.replays[recording.dialect].provider
    before, reader = len(provider.requests), recorded.reader
    if surface == "messages" and "-mcp" in recording.name:
        surface = "beta_messages"       # only that SDK reads such calls
    hears_the_same(reader, recording.streamed, surface, recording.dialect)
    assert len(provider.requests) == before + 1


def hears_the_same(reader, streamed, *ask):
    """A miss, and two hits that say what it said."""
    text = reader.new()
    first = reader.read(*ask, text, streamed)
    assert reader.cache == "miss"
    for second in (False, True):
        again = reader.read(*ask, text, second)
        assert reader.cache == "hit"
        if "service_tier" not in first:
            # said at the stream's end, where OpenAI's SDK does not look
            again.pop("service_tier", None)
        assert again == first, second
    return first


# ---- every surface before every provider ----------------------------------

LONG = "Zażółć „gęślą” jaźń, 日本語 and 🙂. " * 12

STEPS = {
    "text": Step(text=LONG),
    "calls": Step(text="Both cities.", calls=(
        Call("weather", {"city": "Paris", "of": [1, 2.5, None, {"a": "b"}]}),
        Call("weather", {"city": "Łódź"}), Call("clock"))),
    "thinking": Step(think=LONG, text="Yes.",
                     calls=(Call("weather", {"city": "Łódź"}),)),
}

KINDS = ("openai", "anthropic", "responses", "gemini")

OWN = [("chat", "openai"), ("messages", "anthropic"),
       ("responses", "responses")]


class Spoken:
    """A provider of each dialect, and a cache before it."""

    def __init__(self, factory, rule="cache ttl=1h;"):
        self.stand = T.Stand(Caching(factory, rule),
                             {kind: kind for kind in KINDS})
        self.g = self.stand.g
        self.reader = factory.own(Reader(self.g))

    def speaks(self, surface, kind, step):
        """One answer: nobody may ask for another one."""
        dialect = "responses" if surface == "responses" \
            and kind in T.NATIVE["responses"] else kind
        self.stand.plays(**{kind: T.speaks(dialect, step)})


@pytest.fixture(scope="module")
def spoken(shared):
    return Spoken(shared)


def told_again(spoken, surface, kind, step, streamed):
    spoken.speaks(surface, kind, step)
    said = hears_the_same(spoken.reader, streamed, surface, kind)
    assert spoken.stand.asked == [kind]
    return said


@pytest.mark.smoke
@streamed
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("surface, kind", OWN)
def test_a_message_comes_out_as_it_went_in(surface, kind, step, streamed,
                                           spoken):
    said = json.dumps(told_again(spoken, surface, kind, STEPS[step],
                                 streamed), ensure_ascii=False)
    for word in (STEPS[step].text, STEPS[step].think):
        assert word in said
    assert all(call.name in said for call in STEPS[step].calls)


@streamed
@pytest.mark.parametrize("surface, kind", [
    (surface, kind) for surface in SURFACES for kind in KINDS
    if (surface, kind) not in OWN])
def test_a_translated_message_comes_out_as_it_went_in(surface, kind, streamed,
                                                      spoken):
    said = told_again(spoken, surface, kind, STEPS["thinking"], streamed)
    assert "weather" in json.dumps(said)


@pytest.mark.smoke
@pytest.mark.parametrize("surface, kind", OWN)
def test_a_hit_is_streamed_in_small_pieces(surface, kind, spoken):
    spoken.speaks(surface, kind, STEPS["text"])
    text, stand = spoken.reader.new(), spoken.stand
    field = {"input": text} if surface == "responses" else \
        {"messages": [{"role": "user", "content": text}]}
    stand.ask(surface, kind, **field)
    hit = stand.ask(surface, kind, **field, stream=True)
    assert hit.header("x-agent-cache") == "hit" and hit.complete
    found = pieces(surface, hit)
    assert "".join(found) == LONG
    assert len(found) > len(LONG) / 100
    assert max(map(len, found)) < 100


def pieces(surface, response):
    """The texts of a stream's events, in order."""
    said = [json.loads(d) for d in response.data() if d != "[DONE]"]
    if surface == "chat":
        found = [c["choices"][0]["delta"].get("content") for c in said
                 if c["choices"]]
    elif surface == "messages":
        found = [e["delta"].get("text") for e in said
                 if e["type"] == "content_block_delta"]
    else:
        found = [e["delta"] for e in said
                 if e["type"] == "response.output_text.delta"]
    return [text for text in found if text]


@pytest.mark.smoke
@pytest.mark.parametrize("first", [False, True], ids=["unasked", "asked"])
def test_the_usage_chunk_comes_to_who_asked_whatever_the_first_did(first,
                                                                   spoken):
    spoken.speaks("chat", "openai", STEPS["text"])
    reader, text = spoken.reader, spoken.reader.new()

    def chunks(asked):
        more = {"stream_options": {"include_usage": True}} if asked else {}
        with reader.openai.chat.completions.create(
                model="openai", stream=True, **more,
                messages=[{"role": "user", "content": text}]) as stream:
            return list(stream)

    chunks(first)
    assert reader.cache == "miss"
    for asked in (False, True):
        said = chunks(asked)
        assert reader.cache == "hit"
        usages = [c.usage.total_tokens for c in said if c.usage]
        assert usages == ([32] if asked else [])
        assert [c.choices == [] for c in said] \
            == [False] * (len(said) - 1) + [asked]
    whole = reader.read("chat", "openai", text, False)
    assert reader.cache == "hit" and whole["usage"]["total_tokens"] == 32


# ---- answers with all that they can have ----------------------------------

def logprobs(*tokens):
    return {"content": [{"token": token, "logprob": -0.25,
                         "bytes": list(token.encode()), "top_logprobs": [
                             {"token": "x", "logprob": -2.5, "bytes": [120]}]}
                        for token in tokens], "refusal": None}


def choice(index, text, finish="stop", **more):
    return {"index": index, "finish_reason": finish,
            "logprobs": logprobs(*text.split()),
            "message": {"role": "assistant", "content": text,
                        "refusal": None, **more}}


TOOL_CALLS = [
    {"id": "call_1", "type": "function", "function": {
        "name": "weather", "arguments": '{"city": "Łódź"}'}},
    {"id": "call_2", "type": "function", "function": {
        "name": "clock", "arguments": "{}"}}]

CITED = [{"type": "web_search_result_location", "url": "https://e.test/sky",
          "title": "Sky", "encrypted_index": "x", "cited_text": "blue"},
         {"type": "web_search_result_location", "url": "https://e.test/sea",
          "title": "Sea", "encrypted_index": "y", "cited_text": "green"}]

MESSAGE = [
    {"type": "thinking", "thinking": LONG, "signature": "c2lnbmVk" * 40},
    {"type": "redacted_thinking", "data": "c2VjcmV0"},
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
     "input": {"query": "sky"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
     "content": [{"type": "web_search_result", "title": "Sky",
                  "url": "https://e.test/sky", "encrypted_content": "x",
                  "page_age": None}]},
    {"type": "text", "text": "I looked: "},
    {"type": "text", "text": LONG, "citations": CITED},
    {"type": "tool_use", "id": "toolu_1", "name": "weather",
     "input": {"city": "Łódź", "days": [1, 2]}},
    {"type": "tool_use", "id": "toolu_2", "name": "clock", "input": {}}]

OUTPUT = [
    {"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VjcmV0" * 40,
     "summary": [{"type": "summary_text", "text": "First. " + LONG},
                 {"type": "summary_text", "text": "Then."}]},
    {"type": "web_search_call", "id": "ws_1", "status": "completed",
     "action": {"type": "search", "query": "sky"}},
    {"type": "message", "id": "msg_1", "status": "completed",
     "role": "assistant", "content": [
         {"type": "output_text", "text": LONG, "logprobs": [],
          "annotations": [{"type": "url_citation", "start_index": 0,
                           "end_index": 6, "title": "Sky",
                           "url": "https://e.test/sky"}]}]},
    {"type": "function_call", "id": "fc_1", "call_id": "call_1",
     "status": "completed", "name": "weather",
     "arguments": '{"city": "Łódź"}'},
    {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2",
     "status": "completed", "name": "shell", "input": "ls -l\n"}]

RICH = {
    "chat": ("openai", {
        **P.CHAT, "service_tier": "default", "system_fingerprint": "fp_1",
        "choices": [choice(0, "Sky is blue .", annotations=[{
            "type": "url_citation", "url_citation": {
                "start_index": 0, "end_index": 3, "title": "Sky",
                "url": "https://e.test/sky"}}]),
            choice(1, LONG, reasoning_content="Which? " * 30),
            choice(2, "Calls .", "tool_calls", tool_calls=TOOL_CALLS)]}),
    "messages": ("anthropic", {
        "id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-opus-4-6", "content": MESSAGE,
        "stop_reason": "tool_use", "stop_sequence": None, "usage": {
            "input_tokens": 3, "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 100, "output_tokens": 70,
            "service_tier": "priority",
            "server_tool_use": {"web_search_requests": 1}}}),
    "responses": ("responses", {
        "id": "resp_1", "object": "response", "created_at": 1730000000,
        "status": "completed", "error": None, "incomplete_details": None,
        "instructions": None, "metadata": {"a": "b"},
        "model": "gpt-5-mini-2025-08-07", "output": OUTPUT,
        "parallel_tool_calls": True, "temperature": 1.0,
        "tool_choice": "auto", "tools": [], "top_p": 1.0, "usage": {
            "input_tokens": 23, "input_tokens_details": {"cached_tokens": 4},
            "output_tokens": 9, "total_tokens": 32,
            "output_tokens_details": {"reasoning_tokens": 2}}}),
}


@pytest.fixture(scope="module")
def any_number(shared):
    return Spoken(shared, "cache ttl=1h n=any;")


@pytest.mark.smoke
@pytest.mark.parametrize("surface", RICH)
def test_all_that_an_answer_can_have_survives_both_ways(surface, any_number):
    """Whole to stream; and that stream, said by a provider, to whole."""
    kind, body = RICH[surface]
    stand, reader = any_number.stand, any_number.reader
    more = {"n": 3} if surface == "chat" else {}
    stand.plays(**{kind: T.says(body)})
    text = reader.new()
    whole = reader.read(surface, kind, text, False, **more)
    assert reader.cache == "miss"
    assert reader.read(surface, kind, text, True, **more) == whole
    assert reader.cache == "hit"

    field = {"input": text} if surface == "responses" else \
        {"messages": [{"role": "user", "content": text}], **more}
    if surface == "chat":
        field["stream_options"] = {"include_usage": True}
    headers = [(name, value) for name, value in stand.request.header_list
               if name.startswith("anthropic-")]
    hit = stand.ask(surface, kind, **field, stream=True, headers=headers)
    assert hit.header("x-agent-cache") == "hit" and hit.complete
    stand.plays(**{kind: P.says(
        P.stream_head(), P.chunk(hit.body), P.LAST, KEEP)})
    text = reader.new()
    assert reader.read(surface, kind, text, True, **more) == whole
    assert reader.cache == "miss"
    assert reader.read(surface, kind, text, False, **more) == whole
    assert reader.cache == "hit"


@pytest.mark.smoke
@streamed
def test_legacy_completions_are_told_again(streamed, any_number):
    base = {"id": "cmpl-1", "object": "text_completion", "model": "m",
            "created": 1730000000}
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    texts = [LONG, "Two."]

    def chunk(index, text, finish=None):
        return json.dumps({**base, "choices": [
            {"index": index, "text": text, "logprobs": None,
             "finish_reason": finish}]})

    if streamed:
        act = P.streams(
            *(chunk(i, text[at:at + 9]) for i, text in enumerate(texts)
              for at in range(0, len(text), 9)),
            chunk(0, "", "stop"), chunk(1, "", "stop"),
            json.dumps({**base, "choices": [], "usage": usage}))
    else:
        act = T.says({**base, "usage": usage, "choices": [
            {"index": i, "text": text, "logprobs": None,
             "finish_reason": "stop"} for i, text in enumerate(texts)]})
    any_number.stand.plays(openai=act)
    reader, prompt = any_number.reader, any_number.reader.new()

    def read(stream):
        ask = dict(model="openai", prompt=prompt, n=2)
        if not stream:
            said = reader.openai.completions.create(**ask)
            return said.id, said.usage.total_tokens, [
                (c.text, c.finish_reason) for c in said.choices]
        heard, ids, tokens = {0: ["", None], 1: ["", None]}, set(), None
        for part in reader.openai.completions.create(
                stream=True, stream_options={"include_usage": True}, **ask):
            ids.add(part.id)
            tokens = part.usage.total_tokens if part.usage else tokens
            for c in part.choices:
                heard[c.index][0] += c.text
                heard[c.index][1] = c.finish_reason or heard[c.index][1]
        assert len(ids) == 1
        return ids.pop(), tokens, [tuple(c) for c in heard.values()]

    for stream, word in ((streamed, "miss"), (True, "hit"), (False, "hit")):
        assert read(stream) == ("cmpl-1", 5, [(t, "stop") for t in texts])
        assert reader.cache == word


# ---- agents ---------------------------------------------------------------

@pytest.fixture(scope="module")
def stage(shared):
    return loops.Stage(Caching(shared))


@pytest.mark.parametrize("api, model, streamed", [
    ("chat", "openai", False), ("chat", "anthropic", True),
    ("chat", "gemini", True), ("messages", "anthropic", True),
    ("messages", "openai", True), ("messages", "gemini", False),
    ("responses", "responses", True), ("responses", "anthropic", False)])
def test_an_agent_goes_the_same_way_again_without_its_provider(
        api, model, streamed, stage):
    """What it makes of a hit it sends back: each turn is found by that."""
    with playing(stage, model, *loops.loop(think=True)) as play:
        for _ in range(2):
            assert loops.LOOPS[api](stage, model, play.task, streamed) \
                == loops.FINAL
        assert len(play.requests) == 3


@pytest.mark.parametrize("api, model, streamed", [
    ("chat", "anthropic", False), ("messages", "anthropic", False),
    ("responses", "responses", True), ("messages", "gemini", False)])
def test_a_provider_takes_back_what_was_told_again(api, model, streamed,
                                                   stage):
    """The play fails for a signature or an id that is not its own."""
    with playing(stage, model, *loops.loop(think=True)) as play:
        said = loops.LOOPS[api](stage, model, play.task, streamed)
    again = loops.LOOPS[api](stage, model, play.task, not streamed)
    assert again == said == loops.FINAL and play.failures == []


# ---- JavaScript -----------------------------------------------------------

@pytest.mark.long
def test_the_sdk_for_javascript_reads_hits_the_same(gateway, node_modules):
    g = Caching(gateway)(
        http=SIMULATED, simulator=free_port(),
        simulate="latency=0 tokens=12 rate=400",
        variables='"cache":"$agent_cache"')
    first, second = (json.loads(nodes.run(
        node_modules, "openai.cjs", g.base_url, g.key)) for _ in range(2))
    for said in (first, second):
        del said["whole"]["id"]         # of the request
        for failure in said["failures"].values():
            del failure["requestID"]
    assert second == first
    assert [row["cache"] for row in g.access(2)].count("hit") == 2 + 6
