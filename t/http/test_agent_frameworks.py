"""Vercel's AI SDK and LangChain run agents through the gateway, each of their
clients against providers of other dialects."""

import json
import os
import subprocess

import pytest

import loops
import nodes
from loops import FINAL

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

# Whether the client gives back what a provider signed.  Vercel's chats keep
# no reasoning; of OpenAI's compatible ones it keeps Gemini's signatures.
CHATS = {"anthropic": False, "gemini": False, "responses": False}
RESPONSES = {"anthropic": True, "gemini": True, "vllm": True}
MESSAGES = {"openai": True, "gemini": True, "responses": True}
CLIENTS = {
    "vercel chat": CHATS,
    "vercel compatible": {**CHATS, "gemini": True},
    "vercel responses": RESPONSES,
    "vercel messages": MESSAGES,
    "langchain chat": CHATS,
    "langchain responses": RESPONSES,
    "langchain messages": MESSAGES,
}
ROWS = [(client, model, stream, signed)
        for client, models in CLIENTS.items()
        for model, signed in models.items() for stream in (False, True)]


def run(node, modules, *arguments):
    done = subprocess.run(
        [node, str(nodes.SOURCE / "frameworks.cjs"), *arguments], text=True,
        env={**os.environ, "NODE_PATH": str(modules)}, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scripts(shared, node_modules):
    """What t/node/frameworks.cjs said, beside the plays it played."""
    stage = loops.Stage(shared)
    modules = loops.installed("frameworks")
    plays = [stage.play(model, *loops.loop(think=signed))
             for _, model, _, signed in ROWS]
    plan = [{"client": client, "model": model, "stream": stream,
             "task": play.task}
            for (client, model, stream, _), play in zip(ROWS, plays)]
    said = run(nodes.node(node_modules), modules, stage.gateway.base_url,
               stage.gateway.key, json.dumps(plan))
    return {row: pair for row, pair in
            zip(ROWS, zip(plays, json.loads(said), strict=True))}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(
    [row[0].replace(" ", "-"), row[1], "streamed" if row[2] else "whole"]))
def test_a_framework_runs_its_loop_to_the_end(row, scripts):
    play, said = scripts[row]
    assert not play.failures, (play.failures, said)
    assert said == FINAL
    play.ended()
