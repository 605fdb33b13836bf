"""What a provider understands of a request, and what it would refuse.

Each dialect's reader gives the same form; its assertions are the rules that
the real service enforces with a 400.
"""

import dataclasses
import json
import re


@dataclasses.dataclass
class Called:
    id: str                     # None where the dialect has none
    name: str
    arguments: dict
    key: str = ""               # what its result is found by

    def __post_init__(self):
        self.key = self.key or self.id


@dataclasses.dataclass
class Result:
    id: str
    text: str


@dataclasses.dataclass
class Turn:
    role: str
    text: str = ""
    calls: list = dataclasses.field(default_factory=list)
    results: list = dataclasses.field(default_factory=list)
    signatures: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Seen:
    model: str
    stream: bool
    system: str
    tools: dict                 # name: JSON schema
    turns: list
    schema: dict                # of the answer, if it is bound to one
    body: dict

    @property
    def round(self):
        return sum(1 for turn in self.turns if turn.results)


def _object(text):
    value = json.loads(text)
    assert isinstance(value, dict), f"arguments are no object: {text}"
    return value


def _texts(content, *types):
    """The text of a content: a string, or parts of these types."""
    if content is None or isinstance(content, str):
        return content or ""
    for part in content:
        assert part["type"] in types, f"a part of type {part['type']}"
    return "".join(part.get("text", "") for part in content)


def _answered(turns):
    """Every call has its results in the very next turn."""
    waiting = []
    for turn in turns:
        got = [result.id for result in turn.results]
        assert sorted(got) == sorted(waiting), \
            f"calls {waiting} are answered by {got}"
        waiting = [call.key for call in turn.calls]
    assert waiting == [], f"calls without results: {waiting}"


# ---- chat completions

def openai(request):
    body = request.json()
    assert request.target.startswith("/v1/chat/completions"), request.target
    turns, system = [], ""
    for message in body["messages"]:
        role = message["role"]
        if role in ("system", "developer"):
            system += _texts(message["content"], "text")
        elif role == "tool":
            result = Result(message["tool_call_id"],
                            _texts(message["content"], "text"))
            if turns and turns[-1].results and not turns[-1].text:
                turns[-1].results.append(result)
            else:
                turns.append(Turn("user", results=[result]))
        elif role == "assistant":
            turns.append(_openai_said(message))
        else:
            assert role == "user", role
            turns.append(Turn("user", _texts(message["content"], "text",
                                             "image_url", "file")))
    _answered(turns)
    tools = {t["function"]["name"]: t["function"].get("parameters", {})
             for t in body.get("tools", []) if t["type"] == "function"}
    form = body.get("response_format") or {}
    return Seen(body["model"], bool(body.get("stream")), system, tools, turns,
                form.get("json_schema", {}).get("schema"), body)


def _openai_said(message):
    calls = []
    for call in message.get("tool_calls") or []:
        assert call["type"] == "function", call
        calls.append(Called(call["id"], call["function"]["name"],
                            _object(call["function"]["arguments"])))
    text = _texts(message.get("content"), "text", "refusal")
    assert text or calls, "an assistant's message with nothing in it"
    assert calls or message.get("tool_calls") is None, "no tool_calls is null"
    return Turn("assistant", text, calls)


# ---- Anthropic

def anthropic(request):
    body = request.json()
    assert request.target.startswith("/v1/messages"), request.target
    assert request.headers["anthropic-version"], "no version"
    assert body["max_tokens"] >= 1
    turns, before = [], "assistant"
    for message in body["messages"]:
        assert message["role"] != before, "roles do not alternate"
        before = message["role"]
        turns.append((_anthropic_said if before == "assistant"
                      else _anthropic_asked)(message["content"]))
    assert turns[0].role == "user"
    _answered(turns)
    tools = {t["name"]: t["input_schema"] for t in body.get("tools", [])
             if not t.get("type", "custom").startswith("web_search_")}
    for schema in tools.values():
        assert schema["type"] == "object", schema
    assert tools or not any(turn.calls for turn in turns), "calls, no tools"
    form = (body.get("output_config") or {}).get("format") or {}
    return Seen(body["model"], bool(body.get("stream")),
                _texts(body.get("system"), "text"), tools, turns,
                form.get("schema"), body)


def _blocks(content):
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    assert content, "an empty content"
    for block in content:
        assert block["type"] != "text" or block["text"].strip(), \
            "an empty text block"
    return content


def _anthropic_asked(content):
    turn = Turn("user")
    for block in _blocks(content):
        if block["type"] == "tool_result":
            assert not turn.text, "a result after a text"
            turn.results.append(Result(block["tool_use_id"],
                                       _texts(block.get("content"), "text")))
        elif block["type"] == "text":
            turn.text += block["text"]
        else:
            assert block["type"] in ("image", "document"), block["type"]
    return turn


def _anthropic_said(content):
    turn, last = Turn("assistant"), ""
    for block in _blocks(content):
        kind = block["type"]
        if kind == "thinking":
            assert last in ("", kind), "a thought that does not lead"
            turn.signatures.append(block["signature"])
        elif kind == "text":
            assert last != "tool_use", "a text after a call"
            turn.text += block["text"]
        else:
            assert kind == "tool_use", kind
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", block["id"]), block["id"]
            assert isinstance(block["input"], dict), block
            turn.calls.append(Called(block["id"], block["name"],
                                     block["input"]))
        last = kind
    return turn


# ---- Gemini

def gemini(request):
    body = request.json()
    path = re.fullmatch(r"/v1beta/models/([^:/]+):(generateContent|"
                        r"streamGenerateContent\?alt=sse)", request.target)
    assert path, request.target
    turns, before = [], "model"
    for content in body["contents"]:
        assert content["role"] != before, "roles do not alternate"
        assert content["parts"], "a content without parts"
        before = content["role"]
        turns.append(_gemini_turn(before, content["parts"], turns))
    assert turns[0].role == "user"
    _answered(turns)
    declared = [f for tool in body.get("tools", [])
                for f in tool.get("functionDeclarations", [])]
    tools = {f["name"]: f.get("parametersJsonSchema") or f.get("parameters")
             for f in declared}
    server = [tool for tool in body.get("tools", [])
              if "functionDeclarations" not in tool]
    assert not tools or not server or body.get("toolConfig", {}).get(
        "includeServerSideToolInvocations"), "functions beside Google's tools"
    config = body.get("generationConfig", {})
    return Seen(path[1], "stream" in path[2],
                _gemini_text(body.get("systemInstruction", {"parts": []})),
                tools, turns, config.get("responseJsonSchema"), body)


def _gemini_text(content):
    return "".join(part.get("text", "") for part in content["parts"])


def _gemini_turn(role, parts, turns):
    turn = Turn("user" if role == "user" else "assistant")
    asked = turns[-1].calls if turns else []
    for part in parts:
        if "functionCall" in part:
            call = part["functionCall"]
            turn.calls.append(Called(call.get("id"), call["name"],
                                     call.get("args", {}),
                                     f"{len(turn.calls)} {call['name']}"))
        elif "functionResponse" in part:
            response = part["functionResponse"]
            number = len(turn.results)
            assert number < len(asked), "more responses than calls"
            assert response.get("id") == asked[number].id, response
            turn.results.append(Result(f"{number} {response['name']}",
                                       _gemini_result(response["response"])))
        elif "text" in part:
            assert part["text"], "an empty text"
            if not part.get("thought"):
                turn.text += part["text"]
        else:
            assert "inlineData" in part or "fileData" in part, part
        if "thoughtSignature" in part:
            turn.signatures.append(part["thoughtSignature"])
    if turn.calls:
        first = next(part for part in parts if "functionCall" in part)
        assert "thoughtSignature" in first, "the first call is not signed"
    return turn


def _gemini_result(value):
    """A text that became an object is found in its only member."""
    assert isinstance(value, dict), value
    if len(value) == 1 and isinstance(text := next(iter(value.values())),
                                      str):
        return text
    return json.dumps(value)


# ---- Responses

def responses(request):
    body = request.json()
    assert request.target.startswith("/v1/responses"), request.target
    items = body["input"]
    if isinstance(items, str):
        items = [{"type": "message", "role": "user", "content": items}]
    turns, system = [], body.get("instructions") or ""
    for item in items:
        kind = item.get("type", "message")
        role = "user" if kind == "function_call_output" else \
            item.get("role", "assistant")
        if role in ("system", "developer"):
            system += _texts(item["content"], "input_text")
            continue
        if not turns or turns[-1].role != role:
            turns.append(Turn(role))
        _responses_item(kind, item, turns[-1])
    _answered(turns)
    tools = {t["name"]: t["parameters"] for t in body.get("tools", [])
             if t["type"] == "function"}
    form = body.get("text", {}).get("format", {})
    return Seen(body["model"], bool(body.get("stream")), system, tools, turns,
                form.get("schema"), body)


def _responses_item(kind, item, turn):
    if kind == "message":
        turn.text += _texts(item["content"], "output_text", "refusal") \
            if turn.role == "assistant" else \
            _texts(item["content"], "input_text", "input_image", "input_file")
    elif kind == "function_call":
        turn.calls.append(Called(item["call_id"], item["name"],
                                 _object(item["arguments"])))
    elif kind == "function_call_output":
        turn.results.append(Result(item["call_id"],
                                   _texts(item["output"], "input_text")))
    else:
        assert kind == "reasoning", kind
        assert not turn.calls and not turn.text, "a thought after its turn"
        assert isinstance(item["summary"], list), item
        turn.signatures.append(item["encrypted_content"])


READERS = {"openai": openai, "anthropic": anthropic, "gemini": gemini,
           "responses": responses}
