"""Official SDKs that read an answer, and what each of them read in the same
words: text, calls of tools, why it ended, tokens.  The same reader reads a
provider directly and the gateway.
"""

import dataclasses
import json

import anthropic
import httpx
import openai
import pytest

ASK = "How many r are in strawberry?"
PATIENCE = 20

STOP, LENGTH, CALLS, FILTER = "stop", "length", "tool_calls", "content_filter"


class Unusable(Exception):
    """The provider's answer is a failure: nobody can make sense of it."""


@dataclasses.dataclass
class Reading:
    text: str = ""
    whole: str = None       # what the last event says of it
    calls: list = dataclasses.field(default_factory=list)
    custom: list = dataclasses.field(default_factory=list)
    finish: str = None
    usage: dict = None      # None: not said


def usage(input, output, cached=0, written=0, reasoning=0):
    """Parts are no more than their whole."""
    input, output = input or 0, output or 0
    cached = min(cached or 0, input)
    return {"input": input, "output": output, "cached": cached,
            "written": min(written or 0, input - cached),
            "reasoning": min(reasoning or 0, output)}


def parsed(arguments):
    """Arguments as JSON; no arguments are an empty object."""
    if not isinstance(arguments, str):
        return arguments or {}
    try:
        return json.loads(arguments) if arguments.strip() else {}
    except ValueError:
        return arguments


def field(thing, *names):
    """thing.a.b, or None where a step is missing."""
    for name in names:
        thing = thing.get(name) if isinstance(thing, dict) \
            else getattr(thing, name, None)
        if thing is None:
            return None
    return thing


# ---- Anthropic

MESSAGE_FINISH = {"end_turn": STOP, "stop_sequence": STOP,
                  "pause_turn": STOP, "max_tokens": LENGTH,
                  "model_context_window_exceeded": LENGTH,
                  "compaction": LENGTH, "tool_use": CALLS,
                  "refusal": FILTER}


def messages(port, model, key, streamed):
    with anthropic.Anthropic(base_url=f"http://127.0.0.1:{port}",
                             api_key=key, max_retries=0,
                             timeout=PATIENCE) as client:
        ask = dict(model=model, max_tokens=1000,
                   messages=[{"role": "user", "content": ASK}])
        if not streamed:
            return message(client.messages.create(**ask))
        with client.messages.stream(**ask) as stream:
            return message(stream.get_final_message())


def message(said):
    if said.stop_reason is None:
        raise Unusable("no stop_reason")
    reading = Reading(finish=MESSAGE_FINISH[said.stop_reason])
    for block in said.content:
        if block.type == "text":
            reading.text += block.text
        elif block.type == "tool_use":
            reading.calls.append((block.name, parsed(block.input)))
    cached = said.usage.cache_read_input_tokens or 0
    written = said.usage.cache_creation_input_tokens or 0
    reading.usage = usage(
        (said.usage.input_tokens or 0) + cached + written,
        said.usage.output_tokens, cached, written,
        field(said.usage, "output_tokens_details", "thinking_tokens"))
    return reading


# ---- OpenAI: chat completions

EXACT = ("anthropic", "gemini")     # a "stop" of theirs is one

CHAT_FINISH = {"stop": STOP, "length": LENGTH, "tool_calls": CALLS,
               "function_call": CALLS, "content_filter": FILTER,
               "model_length": LENGTH}


def openai_client(port, key):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=key,
                         max_retries=0, timeout=PATIENCE)


def chat(port, model, key, streamed):
    with openai_client(port, key) as client:
        ask = dict(model=model, messages=[{"role": "user", "content": ASK}])
        if not streamed:
            return chat_whole(client.chat.completions.create(**ask))
        with client.chat.completions.create(
                stream=True, stream_options={"include_usage": True},
                **ask) as stream:
            return chat_stream(stream)


def chat_text(content):
    """A text, or the texts of its parts (Mistral's have reasoning too)."""
    if isinstance(content, list):
        return "".join(p.get("text", "") for p in content
                       if p.get("type") == "text")
    return content or ""


def chat_usage(said):
    """xAI's completion_tokens are without the reasoning, its total is not."""
    if said is None:
        return None
    output = said.completion_tokens
    reasoning = field(said, "completion_tokens_details", "reasoning_tokens")
    if said.total_tokens == said.prompt_tokens + output + (reasoning or 0):
        output += reasoning or 0
    return usage(said.prompt_tokens, output,
                 field(said, "prompt_tokens_details", "cached_tokens"),
                 field(said, "prompt_tokens_details", "cache_write_tokens"),
                 reasoning)


def chat_finish(reading, reason):
    if reason not in CHAT_FINISH:
        raise Unusable(f"finish_reason {reason}")
    reading.finish = CHAT_FINISH[reason]
    return reading


def meaning(reading):
    """Some providers say "stop" where they wait for a call's result, and
    the Responses API has no word for either."""
    if reading.finish == STOP and (reading.calls or reading.custom):
        return CALLS
    return reading.finish


def chat_whole(said):
    choice = said.choices[0]
    reading = Reading(text=chat_text(choice.message.content),
                      usage=chat_usage(said.usage))
    for call in choice.message.tool_calls or []:
        if call.type == "custom":
            reading.custom.append((call.custom.name, call.custom.input))
        else:
            reading.calls.append((call.function.name,
                                  parsed(call.function.arguments)))
    return chat_finish(reading, choice.finish_reason)


def chat_stream(stream):
    reading, calls, reason = Reading(), {}, None
    for chunk in stream:
        reading.usage = chat_usage(chunk.usage) or reading.usage
        for choice in chunk.choices[:1]:
            reason = choice.finish_reason or reason
            if choice.delta is None:
                continue
            reading.text += chat_text(choice.delta.content)
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, {
                    "name": "", "text": "", "custom": False})
                said = field(call, "custom") or call.function
                known["custom"] |= field(call, "custom") is not None
                known["name"] = known["name"] or field(said, "name") or ""
                known["text"] += field(said, "input") \
                    or field(said, "arguments") or ""
    for call in calls.values():
        if call["custom"]:
            reading.custom.append((call["name"], call["text"]))
        else:
            reading.calls.append((call["name"], parsed(call["text"])))
    return chat_finish(reading, reason)


# ---- OpenAI: responses

def responses(port, model, key, streamed):
    with openai_client(port, key) as client:
        ask = dict(model=model, input=ASK)
        if not streamed:
            return response(client.responses.create(**ask))
        with client.responses.create(stream=True, **ask) as stream:
            return responses_stream(stream)


def responses_stream(stream):
    text, last = "", None
    for event in stream:
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type in ("response.completed", "response.incomplete",
                            "response.failed"):
            last = event.response
        elif event.type == "error":
            raise Unusable(event.message)
    if last is None:
        raise Unusable("no last event")
    reading = response(last)
    reading.whole = reading.text
    reading.text = text
    return reading


def response(said):
    if said.status == "failed":
        raise Unusable(field(said, "error", "message"))
    reading = Reading()
    for item in said.output:
        if item.type == "message":
            reading.text += "".join(p.text for p in item.content
                                    if p.type == "output_text")
        elif item.type == "function_call":
            reading.calls.append((item.name, parsed(item.arguments)))
        elif item.type == "custom_tool_call":
            reading.custom.append((item.name, item.input))
    reason = field(said, "incomplete_details", "reason")
    if said.status == "incomplete":
        reading.finish = FILTER if reason == "content_filter" else LENGTH
    else:
        reading.finish = CALLS if reading.calls or reading.custom else STOP
    if said.usage is not None:
        reading.usage = usage(
            said.usage.input_tokens, said.usage.output_tokens,
            field(said.usage, "input_tokens_details", "cached_tokens"),
            field(said.usage, "input_tokens_details", "cache_write_tokens"),
            field(said.usage, "output_tokens_details", "reasoning_tokens"))
    return reading


# ---- Gemini

GEMINI_FINISH = {"STOP": STOP, "MAX_TOKENS": LENGTH, "CONTINUATION": LENGTH,
                 "OTHER": STOP, "FINISH_REASON_UNSPECIFIED": STOP,
                 "MALFORMED_FUNCTION_CALL": None,
                 "UNEXPECTED_TOOL_CALL": None, "MALFORMED_RESPONSE": None,
                 "MISSING_THOUGHT_SIGNATURE": None,
                 "TOO_MANY_TOOL_CALLS": None}


def gemini(port, model, key, streamed):
    from google import genai
    client = genai.Client(api_key=key, vertexai=False, http_options={
        "base_url": f"http://127.0.0.1:{port}", "timeout": PATIENCE * 1000})
    try:
        if not streamed:
            said = [client.models.generate_content(model=model,
                                                   contents=ASK)]
        else:
            said = list(client.models.generate_content_stream(
                model=model, contents=ASK))
    finally:
        client.close()
    return gemini_reading(said)


def gemini_reading(said):
    reading, reason, calls = Reading(), None, []
    for answer in said:
        if field(answer, "prompt_feedback", "block_reason"):
            reason = "SAFETY"
        tokens = answer.usage_metadata
        if tokens is not None:
            reading.usage = usage(
                (tokens.prompt_token_count or 0)
                + (tokens.tool_use_prompt_token_count or 0),
                (tokens.candidates_token_count or 0)
                + (tokens.thoughts_token_count or 0),
                tokens.cached_content_token_count, 0,
                tokens.thoughts_token_count)
        for candidate in (answer.candidates or [])[:1]:
            reason = field(candidate, "finish_reason", "value") or reason
            for part in field(candidate, "content", "parts") or []:
                if part.text and not part.thought:
                    reading.text += part.text
                if part.function_call is not None:
                    gemini_call(calls, part.function_call)
    if reason is None:
        raise Unusable("no finishReason")
    reading.calls = [(call["name"], call["arguments"]) for call in calls]
    reading.finish = GEMINI_FINISH.get(reason, FILTER)
    if reading.finish is None:
        raise Unusable(reason)
    if reading.finish == STOP and calls:
        reading.finish = CALLS
    return reading


def gemini_call(calls, said):
    """A whole call, the beginning of one in pieces, or one more piece."""
    going = calls and calls[-1]["going"]
    if said.name and not (going and said.name == calls[-1]["name"]
                          and said.partial_args):
        calls.append({"name": said.name, "arguments": said.args or {},
                      "going": bool(said.will_continue)})
        if not said.partial_args:
            return
    call = calls[-1]
    call["going"] = bool(said.will_continue)
    for piece in said.partial_args or []:
        for name in ("string_value", "number_value", "bool_value"):
            value = getattr(piece, name)
            if value is not None:
                put(call["arguments"], piece.json_path, value)
                break
        else:
            if piece.null_value is not None:
                put(call["arguments"], piece.json_path, None)


def put(root, path, value):
    """Sets what "$.a.b[0]" names; a string that is there goes on."""
    steps = []
    for name in path.removeprefix("$").replace("[", ".[").split("."):
        if name.startswith("["):
            inner = name[1:-1]
            steps.append(int(inner) if inner.isdigit()
                         else inner.strip("'\""))
        elif name:
            steps.append(name)
    for step, after in zip(steps, steps[1:]):
        root = child(root, step, [] if isinstance(after, int) else {})
    last = steps[-1]
    old = child(root, last, None)
    if isinstance(old, str) and isinstance(value, str):
        value = old + value
    root[last] = value


def child(root, step, empty):
    if isinstance(root, list):
        while len(root) <= step:
            root.append(empty)
        return root[step]
    return root.setdefault(step, empty)


# ---- all of them

READERS = {"chat": chat, "responses": responses, "anthropic": messages,
           "gemini": gemini}


class Puzzled(Exception):
    """The SDK's own state broke, as no provider's failure does: it is
    stricter than its provider, or the recording is no JSON."""


def read(dialect, port, model, key, streamed):
    """A reading; Unusable where the provider failed."""
    from google.genai import errors
    try:
        return READERS[dialect](port, model, key, streamed)
    except (openai.APITimeoutError, anthropic.APITimeoutError):
        raise
    except (openai.APIError, anthropic.APIError, errors.APIError,
            httpx.HTTPError) as failure:
        raise Unusable(repr(failure)) from failure
    except (RuntimeError, json.JSONDecodeError) as failure:
        raise Puzzled(repr(failure)) from failure


def same(stand, recording, client):
    """What `client` reads through the gateway is what its provider said."""
    try:
        said = read(recording.dialect, *stand.direct(recording),
                    recording.streamed)
        if recording.spliced:
            raise Puzzled("the SDK mixes the two")
    except Puzzled:
        said = None
    except Unusable:
        with pytest.raises(Unusable):
            read(client, *stand.through(recording), recording.streamed)
        return
    try:
        heard = read(client, *stand.through(recording), recording.streamed)
    except Unusable:
        assert said is None, "the gateway failed"
        return
    if said is None:
        return                  # there is no telling what would be right
    assert heard.text in (said.text, said.whole)    # some were shortened
    if client != recording.dialect:
        assert heard.whole in (heard.text, None)
    assert heard.calls == said.calls
    if client != "anthropic":
        assert heard.custom == said.custom
    if client == "anthropic" and said.custom:
        pass                    # it has no such calls
    elif client == "responses" or recording.dialect not in EXACT:
        assert meaning(heard) == meaning(said)
    else:
        assert heard.finish == said.finish
    if said.usage is not None:
        assert heard.usage == said.usage
