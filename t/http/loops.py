"""Agents' loops: the tools, and what official SDKs do with them.

Each loop asks until the model has had enough, as their documentation shows
it, and gives the last text.
"""

import contextlib
import fcntl
import json
import shutil
import subprocess

import anthropic
import openai
import pytest

from gateway import BUILD, ROOT, ZONE
from scripted import Call, Scripted, Step

SYSTEM = "You know the weather."
ASK = "Where is it warmer, in Paris or in Łódź? This is "
CLOSED = {"type": "object", "additionalProperties": False}
CITY = {**CLOSED, "required": ["city"], "properties": {
    "city": {"type": "string", "description": "A city, also „Łódź“."}}}
NOTHING = {**CLOSED, "required": [], "properties": {}}
SCHEMAS = {"weather": CITY, "clock": NOTHING}
WEATHER = {"Paris": "21 degrees in Paris", "Łódź": "4 degrees in Łódź"}
FINAL = "Paris is warmer: 21 degrees at noon."


def loop(think=False):
    """Two calls at once, then one without arguments, then a text."""
    return (
        Step(think="Two cities, so two calls. " if think else "",
             text="" if think else "I look at both cities.",
             calls=(Call("weather", {"city": "Paris"}),
                    Call("weather", {"city": "Łódź"}))),
        Step(think="And the time. " if think else "", calls=(Call("clock"),),
             results=tuple(WEATHER.values())),
        Step(text=FINAL, results=("12:00",)))


def run(name, arguments):
    return {"weather": lambda city: WEATHER[city],
            "clock": lambda: "12:00"}[name](**arguments)


# ---- the gateway, and a provider of each dialect behind it

MODELS = {"openai": ("openai", "gpt-5-mini", ""),
          "vllm": ("openai", "openai/gpt-oss-120b", "quirks vllm;"),
          "lenient": ("openai", "openai/gpt-oss-120b",
                      "quirks vllm; drop_params on;"),
          "anthropic": ("anthropic", "claude-opus-4-6", ""),
          "gemini": ("gemini", "gemini-3-pro-preview", ""),
          "responses": ("responses", "gpt-5-mini", "")}

# Codex and Claude Code ask a model that they know by name in other ways.
ALIASES = {"anthropic": "gpt-5.5 gpt-6-sol",
           "openai": "claude-sonnet-5-5",
           "lenient": "gpt-6-luna",
           "gemini": "gpt-5.6-luna claude-opus-4-6",
           "responses": "claude-haiku-4-5"}


class Stage:
    """One gateway; its models are called as the dialects behind them."""

    def __init__(self, factory):
        self.scripts = {dialect: Scripted(dialect)
                        for dialect, _, _ in MODELS.values()}
        http, values = ZONE, {}
        ports = {dialect: factory.provider(script).port
                 for dialect, script in self.scripts.items()}
        for name, (dialect, model, lines) in MODELS.items():
            version = "v1beta" if dialect == "gemini" else "v1"
            url = f"http://127.0.0.1:{ports[dialect]}/{version}"
            http += (f"agent_provider {name} {{ dialect {dialect}; url {url}; "
                     f"key file:@provider_key@; {lines} "
                     "retry attempts=1; breaker off; }\n"
                     f"agent_model {name} {ALIASES.get(name, '')} "
                     f"{{ target {name}/{model}; }}\n")
        http += "agent_tenant team { key file:@team_key@; models *; }\n"
        http += """
            server {
                listen 127.0.0.1:@port@;
                client_max_body_size 32m;
                location /v1/ { agent_gateway; }
            }"""
        self.gateway = factory(http=http, **values)

    def play(self, name, *steps):
        return self.scripts[MODELS[name][0]].play(*steps)

    def openai(self):
        return openai.OpenAI(base_url=self.gateway.base_url, max_retries=0,
                             api_key=self.gateway.key, timeout=60)

    def anthropic(self):
        return anthropic.Anthropic(
            base_url=self.gateway.base_url.removesuffix("/v1"),
            api_key=self.gateway.key, max_retries=0, timeout=60)


# ---- one loop for each API

def chat(stage, model, task, stream, **options):
    tools = [{"type": "function", "function": {
        "name": name, "parameters": schema, "strict": True}}
        for name, schema in SCHEMAS.items()]
    messages = [{"role": "system", "content": SYSTEM},
                {"role": "user", "content": ASK + task}]
    with stage.openai() as client:
        while True:
            asked = dict(model=model, messages=messages, tools=tools,
                         **options)
            if stream:
                with client.chat.completions.stream(
                        stream_options={"include_usage": True}, **asked) as s:
                    answer = s.get_final_completion()
            else:
                answer = client.chat.completions.create(**asked)
            usage, choice = answer.usage, answer.choices[0]
            assert (usage.prompt_tokens, usage.completion_tokens,
                    usage.total_tokens) == (23, 9, 32)
            assert usage.prompt_tokens_details.cached_tokens == 4
            messages.append(choice.message)
            if not choice.message.tool_calls:
                assert choice.finish_reason == "stop"
                return choice.message.content
            assert choice.finish_reason == "tool_calls"
            for call in choice.message.tool_calls:
                messages.append({
                    "role": "tool", "tool_call_id": call.id,
                    "content": run(call.function.name,
                                   json.loads(call.function.arguments))})


def responses(stage, model, task, stream, **options):
    tools = [{"type": "function", "name": name, "parameters": schema,
              "strict": True} for name, schema in SCHEMAS.items()]
    items = [{"role": "user", "content": ASK + task}]
    with stage.openai() as client:
        while True:
            asked = dict(model=model, input=items, tools=tools, store=False,
                         instructions=SYSTEM,
                         include=["reasoning.encrypted_content"], **options)
            if stream:
                with client.responses.stream(**asked) as s:
                    answer = s.get_final_response()
            else:
                answer = client.responses.create(**asked)
            assert answer.status == "completed"
            usage = answer.usage
            assert (usage.input_tokens, usage.output_tokens,
                    usage.total_tokens) == (23, 9, 32)
            assert usage.input_tokens_details.cached_tokens == 4
            items += answer.output
            calls = [item for item in answer.output
                     if item.type == "function_call"]
            if not calls:
                return answer.output_text
            for call in calls:
                items.append({
                    "type": "function_call_output", "call_id": call.call_id,
                    "output": run(call.name, json.loads(call.arguments))})


def messages(stage, model, task, stream, **options):
    tools = [{"name": name, "input_schema": schema}
             for name, schema in SCHEMAS.items()]
    turns = [{"role": "user", "content": ASK + task}]
    with stage.anthropic() as client:
        while True:
            asked = dict(model=model, messages=turns, tools=tools,
                         system=SYSTEM, max_tokens=4096, **options)
            if stream:
                with client.messages.stream(**asked) as s:
                    answer = s.get_final_message()
            else:
                answer = client.messages.create(**asked)
            usage = answer.usage
            assert (usage.input_tokens, usage.cache_read_input_tokens,
                    usage.output_tokens) == (19, 4, 9)
            turns.append({"role": "assistant", "content": answer.content})
            calls = [b for b in answer.content if b.type == "tool_use"]
            if not calls:
                assert answer.stop_reason == "end_turn"
                return "".join(b.text for b in answer.content
                               if b.type == "text")
            assert answer.stop_reason == "tool_use"
            turns.append({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call.id,
                 "content": run(call.name, call.input)} for call in calls]})


LOOPS = {"chat": chat, "responses": responses, "messages": messages}


@contextlib.contextmanager
def playing(stage, model, *steps):
    """A play that is over, and without a fault, when the block ends."""
    play = stage.play(model, *steps)
    try:
        yield play
    except Exception:
        assert not play.failures, play.failures
        raise
    play.ended()


# ---- clients too large for every run

UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET",
               "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT")


def installed(name):
    """What t/node/NAME locks, in a folder of its own."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    source, target = ROOT / "t" / "node" / name, BUILD / "agents" / name
    target.mkdir(parents=True, exist_ok=True)
    lock = (source / "package-lock.json").read_bytes()
    done = target / "installed.json"
    with open(target / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not done.exists() or done.read_bytes() != lock:
            for file in ("package.json", "package-lock.json"):
                shutil.copy(source / file, target / file)
            ran = subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=target, timeout=500, stdin=subprocess.DEVNULL, text=True,
                capture_output=True)
            if any(sign in ran.stderr for sign in UNREACHABLE):
                pytest.skip("npm's registry is not reachable")
            assert ran.returncode == 0, ran.stderr
            done.write_bytes(lock)
    return target / "node_modules"
