"""When the first target fails, one of another dialect answers: the client,
which speaks a third, sees an answer like any other.
"""

import json

import pytest

import providers as P
import translated as T
from drills import number, seconds
from fleets import model
from gateway import until
from providers import HANG, KEEP, LAST, RESET, chunk
from scripted import Step

ONCE_MORE = "retry attempts=2 base=1ms; breaker off;"

MEMBERS = {
    "claude": "anthropic", "gemini": "gemini", "glm": "compatible",
    "lenient": ("anthropic", "drop_params on;" + T.ONCE),
    "twice": ("gemini", ONCE_MORE), "unpaid": "anthropic",
    "limited": "anthropic", "limited2": "gemini"}

FACTS = {"dated": "2026-11-20", "models": [
    {"name": "claude-mid", "context_window": 50000},
    {"name": "gemini-tiny", "context_window": 8000},
    {"name": "gemini-same", "context_window": 50000},
    {"name": "glm-large", "context_window": 100000},
    {"name": "claude-free", "refuses": ["forced_tool"]}]}

CLAUDE, GEMINI = "claude/claude-opus-4-6;", "gemini/gemini-2.5-flash;"
TWICE, GLM = "twice/gemini-2.5-flash;", "glm/glm-5;"


def chain(name, first, *rest, more=""):
    return model(f"target {first}", *(f"fallback {f}" for f in rest), more,
                 name=name)


MODELS = "".join((
    chain("two", CLAUDE, GEMINI),
    chain("three", CLAUDE, GLM, GEMINI),
    chain("retried", TWICE, CLAUDE),
    chain("windows", "claude/claude-mid;", "gemini/gemini-tiny;",
          "gemini/gemini-same;", "glm/glm-large;"),
    chain("narrow", "claude/claude-mid;", "gemini/gemini-tiny;",
          "gemini/gemini-same;"),
    chain("free", "claude/claude-free;", GEMINI),
    chain("unfree", "claude/claude-free;"),
    chain("again", TWICE, CLAUDE, more="validate request again;"),
    chain("held", CLAUDE, GEMINI, more="buffer all;"),
    chain("once", CLAUDE, GEMINI, more="attempts 1;"),
    chain("paid", "unpaid/claude-opus-4-6;", GEMINI),
    chain("limits", "limited/claude-opus-4-6;", "limited2/gemini-2.5-flash;"),
    chain("policy", GLM, CLAUDE),
    chain("no-policy", GLM, "claude/claude-opus-4-6 on=content_policy;"),
    chain("vectors", "glm/embed;", "gemini/gemini-embedding-001;"),
    chain("hedged", CLAUDE, GEMINI, more="hedge after=150ms share=100%;")))


@pytest.fixture(scope="module")
def stand(shared):
    return T.Stand(shared, MEMBERS, MODELS,
                   http="agent_model_facts facts.json;\n",
                   files={"facts.json": json.dumps(FACTS)})


def says(member, text):
    kind = MEMBERS[member]
    return T.speaks(kind if isinstance(kind, str) else kind[0],
                    Step(text=text))


def refuses(member, status, message="No.", headers=()):
    if member in ("claude", "unpaid", "limited"):
        body = T.claude("api_error", message)
    elif member in ("gemini", "twice", "limited2"):
        body = T.google(status, "UNKNOWN", message)
    else:
        body = T.refuses(message)
    return T.says(body, status, headers)


def is_by(response, provider, attempts, degraded="fallback"):
    assert response.header("x-agent-provider") == provider
    assert response.header("x-agent-attempts") == str(attempts)
    assert response.header("x-agent-degraded") == degraded


STREAMED = pytest.mark.parametrize("stream", [False, True],
                                   ids=["whole", "streamed"])
SURFACES = pytest.mark.parametrize("surface", T.SURFACES)


# ---- failures -------------------------------------------------------------

@pytest.mark.smoke
@STREAMED
@SURFACES
def test_the_next_dialect_answers_after_a_503(surface, stream, stand):
    stand.plays(claude=refuses("claude", 529), glm=refuses("glm", 503),
                gemini=says("gemini", "It is Gemini."))
    response = stand.ask(surface, "three", stream=stream)
    assert T.text_of(surface, response) == "It is Gemini."
    is_by(response, "gemini", 3)
    assert stand.asked == ["claude", "glm", "gemini"]
    assert response.header("x-agent-model") == "gemini-2.5-flash"


@STREAMED
@SURFACES
def test_a_retry_comes_before_the_next_dialect(surface, stream, stand):
    stand.plays(twice=[refuses("twice", 503)] * 2,
                claude=says("claude", "It is Claude."))
    response = stand.ask(surface, "retried", stream=stream)
    assert T.text_of(surface, response) == "It is Claude."
    is_by(response, "claude", 3)
    assert stand.asked == ["twice"] * 2 + ["claude"]


def begins(kind, *last):
    """A stream that has not said anything yet, and what comes then."""
    first = T.frames(kind)[:{"anthropic": 3}.get(kind, 1)]
    return P.says(P.stream_head() + b"".join(map(chunk, first)), *last)


STARTS = {"a reset": (RESET,), "an end": (LAST, KEEP), "a FIN": (),
          "an error event": (chunk(
              b'event: error\ndata: {"type":"error","error":{"type":'
              b'"overloaded_error","message":"Busy"}}\n\n') + LAST, KEEP)}


@pytest.mark.parametrize("name", STARTS)
@SURFACES
def test_nothing_is_left_of_a_stream_that_broke_before_its_text(
        surface, name, stand):
    stand.plays(claude=begins("anthropic", *STARTS[name]),
                gemini=says("gemini", "It is Gemini."))
    response = stand.ask(surface, "two", stream=True)
    assert T.text_of(surface, response) == "It is Gemini."
    is_by(response, "gemini", 2)
    assert b"msg_0" not in response.body and b"claude" not in response.body
    starts = {"chat": b'"role":"assistant"', "messages": b"message_start",
              "responses": b'"response.created"'}
    count = {"messages": 2}.get(surface, 1)     # the event and its type
    if surface != "responses":
        assert response.body.count(starts[surface]) == count


def test_the_last_useful_error_is_told(stand):
    """Nobody answers: no 400 of a fallback hides what was wrong."""
    stand.plays(claude=refuses("claude", 529),
                gemini=refuses("gemini", 400, "What is that?"))
    response = stand.ask("chat", "two")
    assert T.outcome("chat", response) == (
        503, "server_error", "provider_unavailable")
    assert response.header("x-agent-attempts") == "2"


def test_the_shortest_wait_is_told(stand):
    later = T.google(429, "RESOURCE_EXHAUSTED", "No.",
                     T.info("RetryInfo", retryDelay="7.5s"))
    stand.plays(limited=refuses("limited", 429,
                                headers=[("retry-after", "30")]),
                limited2=T.says(later, 429))
    response = stand.ask("chat", "limits")
    assert T.outcome("chat", response) == (
        429, "rate_limit_error", "provider_rate_limited")
    assert 0 < seconds(response) <= 7.5
    assert response.header("x-should-retry") == "true"


def test_a_refused_account_is_the_next_dialects_chance(stand):
    """Its key rests then, and nobody asks it in vain."""
    for asked in (["unpaid", "gemini"], ["gemini"]):
        stand.plays(unpaid=refuses("unpaid", 401),
                    gemini=says("gemini", "It is Gemini."))
        response = stand.ask("chat", "paid")
        assert T.text_of("chat", response) == "It is Gemini."
        is_by(response, "gemini", len(asked))
        assert stand.asked == asked


def test_a_model_that_is_not_there_is_the_next_dialects_chance(stand):
    stand.plays(claude=refuses("claude", 404),
                gemini=says("gemini", "It is Gemini."))
    assert T.text_of("chat", stand.ask("chat", "two")) == "It is Gemini."
    assert stand.asked == ["claude", "gemini"]


def test_a_policys_refusal_is_the_next_dialects_only_if_it_says_so(stand):
    flagged = "Your input was flagged."
    stand.plays(glm=refuses("glm", 400, flagged))
    response = stand.ask("messages", "policy")
    assert response.status == 400 and stand.asked == ["glm"]
    assert response.error["message"] == flagged
    stand.plays(glm=refuses("glm", 400, flagged),
                claude=says("claude", "It is Claude."))
    response = stand.ask("messages", "no-policy")
    assert T.text_of("messages", response) == "It is Claude."


def test_vectors_come_from_the_next_dialect(stand):
    stand.plays(glm=refuses("glm", 503), gemini=T.says(
        {"embeddings": [{"values": [0.5, -1]}]}))
    response = stand.g.post("/v1/embeddings", {
        "model": "vectors", "input": ["x"], "encoding_format": "float"})
    assert response.status == 200, response
    assert response.json()["data"][0]["embedding"] == [0.5, -1]
    is_by(response, "gemini", 2)


def test_tokens_are_counted_by_the_next_dialect(stand):
    stand.plays(claude=refuses("claude", 529), gemini=T.says(
        {"totalTokens": 42}))
    response = counts(stand, "two")
    assert response.json() == {"input_tokens": 42}
    is_by(response, "gemini", 2)


def test_tokens_that_nobody_can_count_are_estimated(stand):
    stand.plays()
    response = counts(stand, "glm")
    assert response.json()["input_tokens"] > 0
    assert response.header("x-agent-degraded") == "estimated"


def counts(stand, model):
    response = stand.g.post("/v1/messages/count_tokens", {
        "model": model, "messages": T.HELLO})
    assert response.status == 200, response
    return response


def test_a_mistake_of_the_clients_is_told_at_once(stand):
    stand.plays(claude=refuses("claude", 400, "temperature: too hot"))
    response = stand.ask("chat", "two")
    assert T.outcome("chat", response)[0] == 400
    assert "temperature: too hot" in response.error["message"]
    assert stand.asked == ["claude"]


# ---- windows --------------------------------------------------------------

TOO_LONG = "prompt is too long: 60000 tokens > 50000 maximum"


@STREAMED
@SURFACES
def test_only_a_larger_window_is_asked(surface, stream, stand):
    stand.plays(claude=refuses("claude", 400, TOO_LONG),
                glm=says("glm", "It fits."))
    response = stand.ask(surface, "windows", stream=stream)
    assert T.text_of(surface, response) == "It fits."
    is_by(response, "glm", 2)
    assert stand.asked == ["claude", "glm"]
    assert stand.calls[1][1].json()["model"] == "glm-large"


@SURFACES
def test_without_a_larger_window_the_client_hears_of_it(surface, stand):
    stand.plays(claude=refuses("claude", 400, TOO_LONG))
    response = stand.ask(surface, "narrow")
    status, _, code = T.outcome(surface, response)
    assert (status, code) == (400, None if surface == "messages"
                              else "context_length_exceeded")
    assert TOO_LONG in response.error["message"]
    assert stand.asked == ["claude"]


def test_after_another_failure_any_window_is_asked(stand):
    stand.plays(claude=refuses("claude", 529),
                gemini=says("gemini", "It is small."))
    response = stand.ask("chat", "narrow")
    assert T.text_of("chat", response) == "It is small."


# ---- parameters -----------------------------------------------------------

# of a chat: a model whose first target cannot be told it, and one without
# another target; what is sent; what it becomes for Gemini
TOOL = {"type": "function", "function": {"name": "f"}}
UNSUPPORTED = {
    "n": ("two", "claude", {"n": 2}, {"candidateCount": 2}),
    "logprobs": ("two", "claude", {"logprobs": True, "top_logprobs": 3},
                 {"responseLogprobs": True, "logprobs": 3}),
    "tool_choice": ("free", "unfree",
                    {"tool_choice": "required", "tools": [TOOL]}, {}),
}


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_a_parameter_goes_to_who_can_be_told(name, stand):
    chain, _, fields, config = UNSUPPORTED[name]
    stand.plays(gemini=says("gemini", "Yes."))
    response = stand.ask("chat", chain, **fields)
    assert T.text_of("chat", response) == "Yes."
    assert response.header("x-agent-degraded") == "fallback"
    assert stand.asked == ["gemini"]
    sent = stand.request.json()
    assert config.items() <= sent.get("generationConfig", {}).items()
    if name == "tool_choice":
        assert sent["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"


@STREAMED
@pytest.mark.parametrize("name", UNSUPPORTED)
def test_nobody_can_be_told_a_parameter(name, stream, stand):
    _, alone, fields, _ = UNSUPPORTED[name]
    stand.plays()
    response = stand.ask("chat", alone, stream=stream, **fields)
    assert T.outcome("chat", response) == (
        400, "invalid_request_error", "unsupported_parameter")
    assert response.error["param"] == name
    assert name in response.error["message"]
    assert response.header("x-should-retry") is None
    assert not stand.asked


@pytest.mark.parametrize("fields", [{"n": 2}, {"logprobs": True}], ids=str)
def test_a_parameter_may_be_dropped(fields, stand):
    stand.plays(lenient=says("lenient", "Yes."))
    response = stand.ask("chat", "lenient", **fields)
    assert T.text_of("chat", response) == "Yes."
    assert response.header("x-agent-dropped") == next(iter(fields))
    assert not set(fields) & set(stand.request.json())


def test_who_can_be_told_a_parameter_fails(stand):
    """It may be better later: the parameter is not what was wrong."""
    stand.plays(gemini=refuses("gemini", 503))
    response = stand.ask("chat", "two", n=2)
    assert T.outcome("chat", response) == (
        503, "server_error", "provider_unavailable")


def test_who_was_never_asked_takes_no_attempt(stand):
    """No request was sent to it, so none is counted."""
    target = {"target": "claude/claude-opus-4-6"}
    before = number(stand.g, "agent_target_attempts_total", **target)
    stand.plays(gemini=says("gemini", "Yes."))
    response = stand.ask("chat", "once", n=2)
    assert T.text_of("chat", response) == "Yes."
    is_by(response, "gemini", 1)
    assert number(stand.g, "agent_target_attempts_total", **target) == before


# ---- hedges ---------------------------------------------------------------

@STREAMED
@SURFACES
def test_a_hedge_of_another_dialect_wins(surface, stream, stand):
    stand.plays(claude=P.says(HANG), gemini=says("gemini", "It is Gemini."))
    stand.provider.left.clear()
    response = stand.ask(surface, "hedged", stream=stream)
    assert T.text_of(surface, response) == "It is Gemini."
    is_by(response, "gemini", 2)
    assert stand.provider.left.wait(P.PATIENCE), "the loser goes on"


@STREAMED
def test_the_first_wins_over_a_hedge_of_another_dialect(stream, stand):
    answer = says("claude", "It is Claude.")
    waits = P.then(b"", answer)
    stand.plays(claude=waits, gemini=P.says(HANG))
    stand.provider.left.clear()
    with stand.g.connect() as client:
        stand.send(client, "chat", "hedged", stream=stream)
        assert until(lambda: stand.asked == ["claude", "gemini"])
        waits.go_on.set()
        response = client.response()
    assert T.text_of("chat", response) == "It is Claude."
    is_by(response, "claude", 2, None)
    assert stand.provider.left.wait(P.PATIENCE), "the loser goes on"


# ---- validation -----------------------------------------------------------

SCHEMA = {"type": "object", "additionalProperties": False,
          "properties": {"city": {"type": "string"}}, "required": ["city"]}
FORMATS = {
    "chat": {"response_format": {"type": "json_schema", "json_schema": {
        "name": "place", "strict": True, "schema": SCHEMA}}},
    "messages": {"output_config": {"format": {"type": "json_schema",
                                              "schema": SCHEMA}}},
    "responses": {"text": {"format": {"type": "json_schema", "name": "place",
                                      "strict": True, "schema": SCHEMA}}},
}
GOOD, BAD = '{"city":"Łódź"}', '{"town":"Łódź"}'
FENCED = f"Here you are:\n```json\n{GOOD}\n```\n"

# A message of Claude's to a client of messages is not translated.
TRANSLATED = pytest.mark.parametrize("surface", ["chat", "responses"])


@SURFACES
def test_an_answer_that_breaks_its_schema_is_the_next_dialects(surface,
                                                               stand):
    stand.plays(claude=says("claude", BAD), gemini=says("gemini", GOOD))
    response = stand.ask(surface, "two", **FORMATS[surface])
    assert T.text_of(surface, response) == GOOD
    is_by(response, "gemini", 2)


@TRANSLATED
def test_an_answer_is_repaired_after_its_translation(surface, stand):
    stand.plays(claude=says("claude", FENCED))
    response = stand.ask(surface, "two", **FORMATS[surface])
    assert json.loads(T.text_of(surface, response)) == json.loads(GOOD)
    is_by(response, "claude", 1, "repaired")


def test_a_message_is_repaired_after_its_translation(stand):
    stand.plays(gemini=says("gemini", FENCED))
    response = stand.ask("messages", "gemini", **FORMATS["messages"])
    assert json.loads(T.text_of("messages", response)) == json.loads(GOOD)
    is_by(response, "gemini", 1, "repaired")


@SURFACES
def test_again_asks_the_same_dialect_once_more(surface, stand):
    stand.plays(twice=[says("twice", BAD), says("twice", GOOD)])
    response = stand.ask(surface, "again", **FORMATS[surface])
    assert T.text_of(surface, response) == GOOD
    is_by(response, "twice", 2, None)


@SURFACES
def test_a_schema_that_nobody_keeps_is_a_502(surface, stand):
    stand.plays(claude=says("claude", BAD), gemini=says("gemini", "Sorry?"))
    response = stand.ask(surface, "two", **FORMATS[surface])
    assert T.outcome(surface, response) == (
        (502, "api_error", None) if surface == "messages" else
        (502, "server_error", "validation_failed"))
    assert stand.asked == ["claude", "gemini"]


@SURFACES
def test_a_held_stream_that_breaks_its_schema_is_the_next_dialects(surface,
                                                                   stand):
    stand.plays(claude=says("claude", BAD), gemini=says("gemini", GOOD))
    response = stand.ask(surface, "held", stream=True, **FORMATS[surface])
    assert T.text_of(surface, response) == GOOD
    is_by(response, "gemini", 2)


# ---- buffers --------------------------------------------------------------

CUTS = {"a reset": P.says(RESET), "a FIN": P.says(),
        "an end without a reason": P.says(LAST, KEEP)}


@pytest.mark.parametrize("name", CUTS)
@SURFACES
def test_a_held_stream_that_is_cut_is_answered_in_full(surface, name, stand):
    script = T.begins("anthropic", CUTS[name],
                      Step(text="Half of it, and more."), b"Half")
    script.go_on.set()
    stand.plays(claude=script, gemini=says("gemini", "All of it."))
    response = stand.ask(surface, "held", stream=True)
    assert T.text_of(surface, response) == "All of it."
    assert b"Half" not in response.body
    is_by(response, "gemini", 2)


@SURFACES
def test_a_held_stream_comes_in_full(surface, stand):
    text = "All of it, ąć. " * 5000
    stand.plays(claude=says("claude", text))
    response = stand.ask(surface, "held", stream=True)
    assert T.text_of(surface, response) == text
    is_by(response, "claude", 1, None)


# ---- what is nobody else's ------------------------------------------------

def test_a_signature_goes_to_its_maker_alone(stand):
    step = Step(think="Let me think. ", text="It is warm.")
    stand.plays(claude=T.speaks("anthropic", step))
    message = stand.ask("chat", "two").json()["choices"][0]["message"]
    assert "signature" in json.dumps(message)
    stand.plays(claude=refuses("claude", 529),
                gemini=says("gemini", "Still warm."))
    response = stand.ask("chat", "two", messages=[
        *T.HELLO, message, {"role": "user", "content": "And now?"}])
    assert T.text_of("chat", response) == "Still warm."
    (_, claude), (_, gemini) = stand.calls
    assert "signature" in json.dumps(claude.json())
    signed = [block["signature"] for turn in claude.json()["messages"]
              for block in turn["content"] if "signature" in block]
    assert len(signed) == 1
    assert signed[0].encode() not in gemini.body
    assert b"It is warm." in gemini.body
