"""What a provider says for one step of a play: whole, and as a stream's
frames, with the habits of the real ones that are easy to get wrong: parallel
calls of OpenAI's that arrive interleaved, a call without arguments of
Anthropic's that is one empty piece, a reason of Gemini's that comes after
everything else and never says "tool calls".
"""

import json

USAGE = {"input": 23, "cached": 4, "output": 9, "thought": 2}


def pieces(text, size=7):
    return [text[i:i + size] for i in range(0, len(text), size)]


def error(dialect, message):
    if dialect == "anthropic":
        return {"type": "error", "error": {"type": "invalid_request_error",
                                           "message": message}}
    if dialect == "gemini":
        return {"error": {"code": 400, "message": message,
                          "status": "INVALID_ARGUMENT"}}
    return {"error": {"message": message, "type": "invalid_request_error",
                      "param": None, "code": None}}


def _json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _data(value, end="\n"):
    return f"data: {_json(value)}{end}{end}".encode()


def _event(value):
    return f"event: {value['type']}\n".encode() + _data(value)


# ---- chat completions

OPENAI_USAGE = {
    "prompt_tokens": 23, "completion_tokens": 9, "total_tokens": 32,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 0},
}


def _openai_call(play, number, i, call, arguments):
    return {"id": play.call_id(number, i), "type": "function",
            "function": {"name": call.name, "arguments": arguments}}


def openai(play, number, step):
    message = {"role": "assistant", "content": step.text or None,
               "refusal": None, "annotations": []}
    if step.think:
        message["reasoning_content"] = step.think
    if step.calls:
        message["tool_calls"] = [
            _openai_call(play, number, i, call, _json(call.arguments))
            for i, call in enumerate(step.calls)]
    return {"id": f"chatcmpl-{number}", "object": "chat.completion",
            "created": 1730000000, "model": "gpt-5-mini-2025-08-07",
            "choices": [{"index": 0, "message": message, "logprobs": None,
                         "finish_reason":
                         "tool_calls" if step.calls else "stop"}],
            "usage": OPENAI_USAGE, "service_tier": "default"}


def openai_stream(play, number, step):
    def frame(finish=None, **delta):
        return _data({**base, "usage": None, "choices": [
            {"index": 0, "delta": delta, "logprobs": None,
             "finish_reason": finish}]})

    base = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk",
            "created": 1730000000, "model": "gpt-5-mini-2025-08-07"}
    yield frame(role="assistant", content="", refusal=None)
    for piece in pieces(step.think):
        yield frame(reasoning_content=piece)
    for piece in pieces(step.text):
        yield frame(content=piece)
    for i, call in enumerate(step.calls):
        yield frame(tool_calls=[{"index": i, **_openai_call(
            play, number, i, call, "")}])
    rows = [pieces(_json(call.arguments)) for call in step.calls]
    for at in range(max(map(len, rows), default=0)):
        for i, row in enumerate(rows):
            if at < len(row):
                yield frame(tool_calls=[{"index": i, "function": {
                    "arguments": row[at]}}])
    yield frame("tool_calls" if step.calls else "stop")
    yield _data({**base, "choices": [], "usage": OPENAI_USAGE})
    yield b"data: [DONE]\n\n"


# ---- Anthropic

def _anthropic_usage(output):
    return {"input_tokens": 19, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 4,
            "cache_creation": {"ephemeral_5m_input_tokens": 0,
                               "ephemeral_1h_input_tokens": 0},
            "output_tokens": output, "service_tier": "standard"}


def _anthropic_blocks(play, number, step):
    """(the block as it starts, its deltas, the block as it ends)"""
    if step.think:
        block = {"type": "thinking", "thinking": "", "signature": ""}
        signature = play.signature(number)
        deltas = [{"type": "thinking_delta", "thinking": piece}
                  for piece in pieces(step.think)]
        deltas += [{"type": "signature_delta", "signature": signature}]
        yield block, deltas, {"type": "thinking", "thinking": step.think,
                              "signature": signature}
    if step.text:
        yield ({"type": "text", "text": ""},
               [{"type": "text_delta", "text": piece}
                for piece in pieces(step.text)],
               {"type": "text", "text": step.text})
    for i, call in enumerate(step.calls):
        block = {"type": "tool_use", "id": play.call_id(number, i),
                 "name": call.name, "input": {}}
        parts = pieces(_json(call.arguments)) if call.arguments else []
        yield (block, [{"type": "input_json_delta", "partial_json": piece}
                       for piece in ["", *parts]],
               {**block, "input": call.arguments})


def anthropic(play, number, step):
    return {"id": f"msg_{number}", "type": "message", "role": "assistant",
            "model": "claude-opus-4-6",
            "content": [block for _, _, block in
                        _anthropic_blocks(play, number, step)],
            "stop_reason": "tool_use" if step.calls else "end_turn",
            "stop_sequence": None, "usage": _anthropic_usage(9)}


def anthropic_stream(play, number, step):
    yield _event({"type": "message_start", "message": {
        **anthropic(play, number, step), "content": [], "stop_reason": None,
        "usage": _anthropic_usage(1)}})
    blocks = _anthropic_blocks(play, number, step)
    for i, (block, deltas, _) in enumerate(blocks):
        yield _event({"type": "content_block_start", "index": i,
                      "content_block": block})
        yield _event({"type": "ping"})
        for delta in deltas:
            yield _event({"type": "content_block_delta", "index": i,
                          "delta": delta})
        yield _event({"type": "content_block_stop", "index": i})
    yield _event({"type": "message_delta", "delta": {
        "stop_reason": "tool_use" if step.calls else "end_turn",
        "stop_sequence": None}, "usage": {"output_tokens": 9}})
    yield _event({"type": "message_stop"})


# ---- Gemini

GEMINI_USAGE = {"promptTokenCount": 23, "cachedContentTokenCount": 4,
                "candidatesTokenCount": 7, "thoughtsTokenCount": 2,
                "totalTokenCount": 32}


def _gemini_answer(number, parts, finish=None):
    candidate = {"index": 0, "content": {"role": "model", "parts": parts}}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": GEMINI_USAGE,
            "modelVersion": "gemini-3-pro-preview",
            "responseId": f"response-{number}"}


def _gemini_call(play, number, i, call, ids):
    """Not every version gives ids."""
    play.nameless = not ids
    part = {"functionCall": {"name": call.name, "args": call.arguments}}
    if ids:
        part["functionCall"]["id"] = play.call_id(number, i)
    if i == 0:                          # of parallel calls only the first
        part["thoughtSignature"] = play.signature(number)
    return part


def gemini(play, number, step):
    parts = []
    if step.think:
        parts.append({"text": step.think, "thought": True})
    if step.text:
        parts.append({"text": step.text})
    parts += [_gemini_call(play, number, i, call, ids=False)
              for i, call in enumerate(step.calls)]
    return _gemini_answer(number, parts, "STOP")


def gemini_stream(play, number, step):
    for piece in pieces(step.think):
        yield _data(_gemini_answer(number, [{"text": piece, "thought": True}]),
                    "\r\n")
    for piece in pieces(step.text):
        yield _data(_gemini_answer(number, [{"text": piece}]), "\r\n")
    for i, call in enumerate(step.calls):
        yield _data(_gemini_answer(
            number, [_gemini_call(play, number, i, call, ids=True)]), "\r\n")
    yield _data(_gemini_answer(number, [{"text": ""}], "STOP"), "\r\n")


# ---- Responses

def _responses_items(play, number, step):
    if step.think:
        yield {"type": "reasoning", "id": f"rs_{number}",
               "summary": [{"type": "summary_text", "text": step.think}],
               "encrypted_content": play.signature(number)}
    if step.text:
        yield {"type": "message", "id": f"msg_{number}",
               "status": "completed", "role": "assistant", "content": [
                   {"type": "output_text", "text": step.text,
                    "annotations": [], "logprobs": []}]}
    for i, call in enumerate(step.calls):
        yield {"type": "function_call", "id": f"fc_{number}{i}",
               "status": "completed", "call_id": play.call_id(number, i),
               "name": call.name, "arguments": _json(call.arguments)}


def responses(play, number, step):
    return {"id": f"resp_{number}", "object": "response",
            "created_at": 1730000000, "status": "completed", "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {},
            "model": "gpt-5-mini-2025-08-07",
            "output": list(_responses_items(play, number, step)),
            "parallel_tool_calls": True, "temperature": 1.0,
            "tool_choice": "auto", "tools": [], "top_p": 1.0,
            "usage": {"input_tokens": 23,
                      "input_tokens_details": {"cached_tokens": 4},
                      "output_tokens": 9,
                      "output_tokens_details": {"reasoning_tokens": 2},
                      "total_tokens": 32}}


def responses_stream(play, number, step):
    last = responses(play, number, step)
    empty = {**last, "status": "in_progress", "output": [], "usage": None}
    events = [{"type": "response.created", "response": empty},
              {"type": "response.in_progress", "response": empty}]
    for i, item in enumerate(last["output"]):
        events += _responses_events({"item_id": item["id"],
                                     "output_index": i}, item)
    events.append({"type": "response.completed", "response": last})
    for i, event in enumerate(events):
        yield _event({**event, "sequence_number": i})


def _responses_events(at, item):
    index = {"output_index": at["output_index"]}
    if item["type"] == "function_call":
        started = {**item, "status": "in_progress", "arguments": ""}
        name, field, text = "function_call_arguments", "arguments", \
            item["arguments"]
    elif item["type"] == "reasoning":
        started = {**item, "summary": []}
        part = item["summary"][0]
        name, field, text = "reasoning_summary_text", "text", part["text"]
        at = {**at, "summary_index": 0}
    else:
        started = {**item, "status": "in_progress", "content": []}
        part = item["content"][0]
        name, field, text = "output_text", "text", part["text"]
        at = {**at, "content_index": 0}
    yield {"type": "response.output_item.added", **index, "item": started}
    kind = {"reasoning": "reasoning_summary_part",
            "message": "content_part"}.get(item["type"])
    if kind:
        yield {"type": f"response.{kind}.added", **at,
               "part": {**part, "text": ""}}
    for piece in pieces(text):
        yield {"type": f"response.{name}.delta", **at, "delta": piece}
    yield {"type": f"response.{name}.done", **at, field: text}
    if kind:
        yield {"type": f"response.{kind}.done", **at, "part": part}
    yield {"type": "response.output_item.done", **index, "item": item}


WRITERS = {"openai": openai, "anthropic": anthropic, "gemini": gemini,
           "responses": responses}
STREAMS = {"openai": openai_stream, "anthropic": anthropic_stream,
           "gemini": gemini_stream, "responses": responses_stream}
