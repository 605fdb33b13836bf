"""What OpenAI's clients get from providers of other dialects keeps to OpenAI's
own description: whole answers, chunks, events, lists and errors.
"""

import copy

import anthropic.types
import pydantic
import pytest

import providers as P
import translated as T
from providers import KEEP
from scripted import Call, Step

KINDS = ("anthropic", "gemini", "compatible", "responses")

STEPS = {
    "text": Step(text="Zażółć “gęślą” jaźń. " * 3),
    "a call": Step(calls=(Call("weather", {"city": "Łódź"}),)),
    "text and two calls": Step(text="Both cities.", calls=(
        Call("weather", {"city": "Paris"}), Call("weather", {"city": "Łódź"}),
    )),
    "a call without arguments": Step(calls=(Call("clock"),)),
    "reasoning and text": Step(think="Let me think of it. ", text="Yes."),
    "reasoning and a call": Step(think="Which city? ", calls=(
        Call("weather", {"city": "Paris"}),)),
}

TOOLS = {"chat": [{"type": "function", "function": {
    "name": name, "parameters": {"type": "object"}}}
    for name in ("weather", "clock")]}
TOOLS["responses"] = [{"type": "function", **tool["function"], "strict": False}
                      for tool in TOOLS["chat"]]
TOOLS["messages"] = [{"name": tool["name"],
                      "input_schema": tool["parameters"]}
                     for tool in TOOLS["responses"]]


# ---- answers that no step of a play is: as their providers send them

def message(*content, reason="end_turn", **more):
    return {"id": "msg_1", "type": "message", "role": "assistant",
            "model": "claude-opus-4-6", "content": list(content),
            "stop_reason": reason, "stop_sequence": None, "usage": {
                "input_tokens": 3, "cache_creation_input_tokens": 20,
                "cache_read_input_tokens": 100, "output_tokens": 7,
                "output_tokens_details": {"thinking_tokens": 2},
                "service_tier": "priority",
                "server_tool_use": {"web_search_requests": 1}}, **more}


def candidate(*parts, reason="STOP", **more):
    return {"index": 0, "content": {"role": "model", "parts": list(parts)},
            "finishReason": reason, **more}


def gemini(*candidates, **more):
    return {"candidates": list(candidates), "usageMetadata": {
        "promptTokenCount": 9, "cachedContentTokenCount": 4,
        "candidatesTokenCount": 3, "thoughtsTokenCount": 5,
        "totalTokenCount": 17}, "modelVersion": "gemini-2.5-flash",
        "responseId": "r-1", **more}


def text(words="The sky is blue.", **more):
    return {"type": "text", "text": words, **more}


CITED = text(citations=[{
    "type": "web_search_result_location", "url": "https://example.com/sky",
    "title": "Sky", "encrypted_index": "x", "cited_text": "blue"}])

GROUNDED = candidate({"text": "The sky is blue."}, groundingMetadata={
    "groundingChunks": [{"web": {"uri": "https://example.com/sky",
                                 "title": "Sky"}}],
    "groundingSupports": [{"segment": {"startIndex": 4, "endIndex": 15,
                                       "text": "sky is blue"},
                           "groundingChunkIndices": [0]}],
    "webSearchQueries": ["sky"]})

LOGGED = candidate({"text": "Hi"}, avgLogprobs=-0.1, logprobsResult={
    "chosenCandidates": [{"token": "Hi", "tokenId": 1,
                          "logProbability": -0.1}],
    "topCandidates": [{"candidates": [
        {"token": "Hi", "tokenId": 1, "logProbability": -0.1},
        {"token": "Ho", "tokenId": 2, "logProbability": -2.5}]}]})

# name: (kind, the answer, why it ended, what it must hold[, what a chat has to
# ask for])
ANSWERS = {
    "citations of Claude's": ("anthropic", message(
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
         "input": {"query": "sky"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
         "content": [{"type": "web_search_result", "title": "Sky",
                      "url": "https://example.com/sky",
                      "encrypted_content": "x", "page_age": None}]},
        text("I looked it up: "), CITED), "stop", "https://example.com/sky"),
    "a refusal of Claude's": ("anthropic", message(
        reason="refusal", stop_details={
            "type": "refusal", "category": "cyber",
            "explanation": "I will not do that."}),
        "content_filter", "I will not do that."),
    "Claude's limit": ("anthropic", message(
        text(), reason="max_tokens"), "length", "blue"),
    "Claude's window": ("anthropic", message(
        text(), reason="model_context_window_exceeded"), "length", "blue"),
    "a stop sequence": ("anthropic", message(
        text(), reason="stop_sequence", stop_sequence="END"), "stop", "blue"),
    "nothing": ("anthropic", message(), "stop", ""),
    "a redacted thought": ("anthropic", message(
        {"type": "redacted_thinking", "data": "c2VjcmV0"}, text()),
        "stop", "c2VjcmV0"),
    "citations of Gemini's": ("gemini", gemini(GROUNDED), "stop",
                              "https://example.com/sky"),
    "Gemini's limit": ("gemini", gemini(candidate(
        {"text": "The sky"}, reason="MAX_TOKENS")), "length", "The sky"),
    "Gemini's filter": ("gemini", gemini(candidate(
        {"text": "The sky"}, reason="SAFETY")), "content_filter", "The sky"),
    "a blocked prompt": ("gemini", gemini(
        promptFeedback={"blockReason": "PROHIBITED_CONTENT"}),
        "content_filter", "PROHIBITED_CONTENT"),
    "a filter without content": ("gemini", gemini(
        {"index": 0, "finishReason": "RECITATION"}),
        "content_filter", ""),
    "log probabilities": ("gemini", gemini(LOGGED), "stop", "-2.5",
                          {"logprobs": True, "top_logprobs": 2}),
    "two choices": ("gemini", gemini(
        candidate({"text": "Blue."}), {**candidate({"text": "Gray."}),
                                       "index": 1}),
        "stop", "Blue.", {"n": 2}),
}


@pytest.fixture(scope="module")
def judge(node_modules, team_files, tmp_path_factory):
    judge = T.Judge(node_modules, T.description(team_files),
                    tmp_path_factory.mktemp("judge"))
    yield judge
    judge.mock.stop()


@pytest.fixture(scope="module")
def stand(shared):
    return T.Stand(shared, {kind: kind for kind in KINDS})


def cases(*surfaces):
    """(surface, kind, step) of all that is translated."""
    return pytest.mark.parametrize("surface, kind, step", [
        (surface, kind, step) for surface in surfaces
        for kind in T.foreign(surface, KINDS) for step in STEPS])


def asks(stand, surface, kind, **fields):
    response = stand.ask(surface, kind, tools=TOOLS[surface], **fields)
    assert response.status == 200 and response.complete, response
    return response


def is_fine(judge, surface, response):
    """Every part of an answer, by the description."""
    if not response.header("content-type").startswith("text/event-stream"):
        judge.accepts({"chat": "CreateChatCompletionResponse",
                       "responses": "Response"}[surface], response.json())
        return
    events = response.events()
    if surface == "chat":
        assert events.pop().data == "[DONE]"
        for event in events:
            judge.accepts("CreateChatCompletionStreamResponse", event.json())
        return
    for event in events:
        judge.accepts_event(event)
    judge.accepts("Response", events[-1].json()["response"])


@pytest.mark.smoke
@cases("chat", "responses")
def test_a_whole_answer_is_by_the_description(surface, kind, step, stand,
                                              judge):
    stand.plays(**{kind: T.speaks(kind, STEPS[step])})
    is_fine(judge, surface, asks(stand, surface, kind))


@cases("chat", "responses")
def test_a_streamed_answer_is_by_the_description(surface, kind, step, stand,
                                                 judge):
    stand.plays(**{kind: T.speaks(kind, STEPS[step])})
    more = {"stream_options": {"include_usage": True}} \
        if surface == "chat" else {}
    is_fine(judge, surface, asks(stand, surface, kind, stream=True, **more))


ENDS = {"stop": ("completed", None),
        "length": ("incomplete", {"reason": "max_output_tokens"}),
        "content_filter": ("incomplete", {"reason": "content_filter"})}


def streamed(kind, answer):
    """The answer as a stream of its provider, a block or part at a time."""
    if kind == "gemini":
        return P.says(P.stream_head() + P.chunk(P.sse(
            T.compact(answer), end="\r\n")) + P.LAST, KEEP)
    return P.says(P.stream_head() + P.chunk(b"".join(
        T.message_stream(answer))) + P.LAST, KEEP)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("surface", ["chat", "responses"])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_odd_answer_is_by_the_description(name, surface, stream, stand,
                                             judge):
    kind, answer, finish, words, *asked = ANSWERS[name]
    stand.plays(**{kind: streamed(kind, answer) if stream
                   else T.says(answer)})
    response = stand.ask(surface, kind, stream=stream, **dict(
        *asked if surface == "chat" else ()))
    assert response.status == 200, response
    is_fine(judge, surface, response)
    assert words in response.body.decode()
    if surface == "chat":
        said = [response.json()] if not stream else \
            [event.json() for event in response.events()[:-1]]
        ends = [(choice["index"], choice["finish_reason"])
                for part in said for choice in part["choices"]
                if choice["finish_reason"]]
        assert ends == list(enumerate([finish] * dict(*asked).get("n", 1)))
    else:
        said = response.events()[-1].json()["response"] if stream \
            else response.json()
        assert (said["status"], said["incomplete_details"]) == ENDS[finish]


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_embeddings_are_by_the_description(encoding, stand, judge):
    stand.plays(gemini=T.says({"embeddings": [
        {"values": [0.25, -1.5]}, {"values": [1e-7, 3]}]}))
    response = stand.g.post("/v1/embeddings", {
        "model": "gemini", "input": ["x", "y"], "encoding_format": encoding})
    assert response.status == 200, response
    said = response.json()
    if encoding == "base64":            # the description knows numbers only
        for entry in said["data"]:
            assert isinstance(entry["embedding"], str)
            entry["embedding"] = [0.0]
    judge.accepts("CreateEmbeddingResponse", said)


def test_the_list_of_models_is_by_the_description(stand, judge):
    judge.accepts("ListModelsResponse", stand.g.get("/v1/models").json())
    for kind in KINDS:
        judge.accepts("Model", stand.g.get(f"/v1/models/{kind}").json())


# ---- errors

ERRORS = {
    "anthropic": {"type": "error", "error": {"type": "overloaded_error",
                                             "message": "Overloaded"}},
    "gemini": {"error": {"code": 503, "message": "Busy.",
                         "status": "UNAVAILABLE"}},
    "compatible": {"object": "error", "message": "Busy.", "code": 503},
    "responses": {"error": {"message": "Busy.", "type": "server_error",
                            "param": None, "code": "server_is_overloaded"}},
}


@pytest.mark.parametrize("surface, kind", [
    (surface, kind) for surface in ("chat", "responses")
    for kind in T.foreign(surface, KINDS)])
def test_refusals_are_by_the_description(surface, kind, stand, judge):
    for status in (400, 429, 503):
        stand.plays(**{kind: T.says(ERRORS[kind], status)})
        response = stand.ask(surface, kind)
        assert response.status == status
        judge.accepts("ErrorResponse", response.json())
    stand.plays()
    response = stand.ask(surface, kind, tools=5)
    assert response.status == 400
    judge.accepts("ErrorResponse", response.json())


@pytest.mark.parametrize("kind", ["anthropic", "gemini", "compatible"])
def test_a_failed_response_is_by_the_description(kind, stand, judge):
    """But for the code, which is one of our errors' as everywhere."""
    script = T.begins(kind, P.says(P.RESET))
    stand.plays(**{kind: script})
    with stand.g.connect() as client:
        stand.send(client, "responses", kind, stream=True)
        head = client.head()
        client.read_until(b"Hello")
        script.go_on.set()
        client.finish(head)
    *events, last = head.events()
    for event in events:
        judge.accepts_event(event)
    said = last.json()
    assert said["response"]["error"]["code"] == "invalid_provider_response"
    said["response"]["error"]["code"] = "server_error"
    judge.accepts("ResponseFailedEvent", said)


# ---- Anthropic's: what its SDK's types demand

EVENT = pydantic.TypeAdapter(anthropic.types.RawMessageStreamEvent)


@cases("messages")
def test_a_message_is_what_the_types_demand(surface, kind, step, stand):
    stand.plays(**{kind: [T.speaks(kind, STEPS[step])] * 2})
    whole = asks(stand, surface, kind).json()
    anthropic.types.Message.model_validate(whole)
    events = asks(stand, surface, kind, stream=True).events()
    for event in events:
        assert event.name == event.json()["type"]
        if event.name != "ping":
            EVENT.validate_python(event.json())


def test_the_judges_refuse_what_is_wrong(stand, judge):
    """Or the tests above would prove nothing."""
    stand.plays(anthropic=[T.speaks("anthropic", STEPS["text"])] * 2)
    good = asks(stand, "chat", "anthropic").json()
    for spoil in (
            lambda b: b.pop("created"),
            lambda b: b["choices"][0].update(finish_reason="end_turn"),
            lambda b: b["choices"][0]["message"].pop("refusal"),
            lambda b: b["choices"][0]["message"].update(content=5),
            lambda b: b["usage"].pop("total_tokens")):
        bad = copy.deepcopy(good)
        spoil(bad)
        assert judge.errors("CreateChatCompletionResponse", bad)
    events = [e.json() for e in asks(stand, "responses", "anthropic",
                                     stream=True).events()]
    for event in events:
        for name in event:
            bad = {n: v for n, v in event.items() if n != name}
            assert judge.errors(judge.events[event["type"]], bad) \
                or name == "logprobs"
    with pytest.raises(pydantic.ValidationError):
        anthropic.types.Message.model_validate({**good, "type": "message"})
