"""Agents of the command line, through the gateway, to providers whose dialect
is not theirs: each makes a file in an empty folder and says that it did."""

import json
import os
import platform
import subprocess

import pytest

import loops
import providers as P
from loops import installed, playing
from scripted import Call, Step

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

ASK = "Create the file hello.txt with the text hi. This is "
DONE = "The file hello.txt is there now."
ARCH = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")


@pytest.fixture(scope="module")
def stage(shared):
    return loops.Stage(shared)


@pytest.fixture
def home(tmp_path, provider):
    """An empty home and project; whatever is not here gets no answer."""
    outside = provider(P.says(P.whole(b"", status=403)))
    project = tmp_path / "project"
    project.mkdir()
    proxy = f"http://127.0.0.1:{outside.port}"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8",
        "TMPDIR": str(tmp_path), "TERM": "dumb", "CI": "1",
        "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy,
        "http_proxy": proxy, "https_proxy": proxy, "all_proxy": proxy,
        "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    yield Home(tmp_path, project, environment)
    print("asked for outside:", sorted({r.target for r in outside.requests}))


class Home:

    def __init__(self, path, project, environment):
        self.path, self.project = path, project
        self.environment = environment

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, *command, **environment):
        done = subprocess.run(
            [str(word) for word in command], cwd=self.project, text=True,
            env={**self.environment, **environment}, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=120)
        print(done.stdout[-3000:], done.stderr[-3000:])
        assert done.returncode == 0
        return done.stdout

    def made(self):
        file = self.project / "hello.txt"
        assert file.exists(), list(self.project.iterdir())
        assert file.read_text().strip() == "hi"


PATCH = """*** Begin Patch
*** Add File: hello.txt
+hi
*** End Patch
"""
PROGRAM = """const done = await tools.exec_command(
    { cmd: "printf hi > hello.txt" });
text(done.output);
"""


def shell(tools):
    """A call of whichever tool of these runs commands."""
    command = "printf hi > hello.txt"
    if "apply_patch" in tools:          # custom tools: their input is a text
        return (Call("apply_patch", {"input": PATCH}),)
    if "functions__exec" in tools:
        return (Call("functions__exec", {"input": PROGRAM}),)
    for name, field, value in (
            ("exec_command", "cmd", command),
            ("shell_command", "command", command),
            ("shell", "command", ["bash", "-c", command])):
        if name in tools:
            assert field in tools[name]["properties"]
            return (Call(name, {field: value}),)
    raise AssertionError(f"no tool for commands: {list(tools)}")


def writer(project):
    """A call of whichever tool of these writes files."""
    def calls(tools):
        for name, path in (("Write", "file_path"), ("write", "filePath")):
            if name in tools:
                assert path in tools[name]["properties"]
                return (Call(name, {path: str(project / "hello.txt"),
                                    "content": "hi"}),)
        raise AssertionError(f"no tool that writes: {list(tools)}")
    return calls


def script(calls, think):
    return (Step(think=think, text="I write it.", calls=calls),
            Step(text=DONE))


# ---- Codex

CODEX = """
model = "{model}"
model_provider = "gateway"
check_for_update_on_startup = false
model_reasoning_effort = "high"
model_reasoning_summary = "auto"
[analytics]
enabled = false
[feedback]
enabled = false
[model_providers.gateway]
name = "gateway"
base_url = "{url}"
env_key = "GATEWAY_KEY"
wire_api = "responses"
"""


def codex(stage, home, model, play):
    home.write(".codex/config.toml", CODEX.format(
        model=model, url=stage.gateway.base_url))
    said = home.run(installed("codex") / ".bin" / "codex", "exec",
                    "--skip-git-repo-check",
                    "--dangerously-bypass-approvals-and-sandbox",
                    ASK + play.task, GATEWAY_KEY=stage.gateway.key)
    assert DONE in said
    home.made()


@pytest.mark.parametrize("model", ["anthropic", "gemini", "lenient"])
def test_codex_does_its_task(model, stage, home):
    """It always offers a web search: only drop_params lets that go to a
    server without one."""
    with playing(stage, model, *script(shell, "Hm. ")) as play:
        codex(stage, home, model, play)


@pytest.mark.parametrize("model, alias", [
    ("anthropic", "gpt-5.5"), ("anthropic", "gpt-6-sol"),
    ("gemini", "gpt-5.6-luna"), ("lenient", "gpt-6-luna")])
def test_codex_does_not_notice_whom_a_models_name_stands_for(
        model, alias, stage, home):
    """Of models that it knows it asks for more: patches as custom tools, a
    search for tools, programs, tools within the input."""
    with playing(stage, model, *script(shell, "Hm. ")) as play:
        codex(stage, home, alias, play)


# ---- Claude Code

def claude(binary, model, play):
    return (binary, "--print", ASK + play.task, "--model", model,
            "--permission-mode", "acceptEdits")


def claude_environment(stage, model):
    base_url = stage.gateway.base_url.removesuffix("/v1")
    return {"ANTHROPIC_BASE_URL": base_url,
            "ANTHROPIC_AUTH_TOKEN": stage.gateway.key,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1"}


@pytest.mark.parametrize("model, name", [
    ("openai", "openai"), ("gemini", "gemini"), ("responses", "responses"),
    ("openai", "claude-sonnet-5-5"), ("gemini", "claude-opus-4-6"),
    ("responses", "claude-haiku-4-5")])
def test_claude_code_does_its_task(model, name, stage, home):
    modules = installed("claude-code")
    binary = modules / "@anthropic-ai" / f"claude-code-linux-{ARCH}/claude"
    with playing(stage, model,
                 *script(writer(home.project), "Hm. ")) as play:
        said = home.run(*claude(binary, name, play),
                        **claude_environment(stage, name))
    assert DONE in said
    home.made()


@pytest.mark.parametrize("model", ["openai", "gemini", "responses"])
def test_claude_code_looks_for_a_tool_and_gets_it(model, stage, home):
    """Its deferred tools come as references, or by a system message."""
    modules = installed("claude-code")
    binary = modules / "@anthropic-ai" / f"claude-code-linux-{ARCH}/claude"
    find = Call("ToolSearch", {"query": "select:WebFetch"})
    with playing(stage, model, Step(calls=(find,)),
                 *script(writer(home.project), "")) as play:
        said = home.run(*claude(binary, model, play),
                        **claude_environment(stage, model))
    assert DONE in said
    home.made()
    assert "WebFetch" not in play.seen[0].tools
    assert "WebFetch" in play.seen[1].tools
    assert "WebFetch" in play.seen[1].turns[-1].results[0].text


# ---- opencode

def opencode_config(api, url, key, model):
    return json.dumps({
        "autoupdate": False, "share": "disabled", "model": f"here/{model}",
        "small_model": f"here/{model}", "enabled_providers": ["here"],
        "permission": {"edit": "allow", "bash": "allow"},
        "provider": {"here": {
            "npm": api, "name": "here",
            "options": {"baseURL": url, "apiKey": key},
            "models": {model: {"name": model, "reasoning": True,
                               "tool_call": True, "limit": {
                                   "context": 200000, "output": 8192}}}}}})


@pytest.mark.parametrize("api, model", [
    ("@ai-sdk/openai-compatible", "anthropic"),
    ("@ai-sdk/openai-compatible", "gemini"),
    ("@ai-sdk/openai", "anthropic"), ("@ai-sdk/anthropic", "openai")])
def test_opencode_does_its_task(api, model, stage, home):
    if ARCH != "x64":
        pytest.skip("opencode is locked for x86-64 alone")
    modules = installed("opencode")
    binary = modules / f"opencode-linux-{ARCH}" / "bin" / "opencode"
    config = opencode_config(api, stage.gateway.base_url, stage.gateway.key,
                             model)
    # its client for compatible servers keeps no signatures
    signed = api != "@ai-sdk/openai-compatible"
    with playing(stage, model, *script(writer(home.project),
                                       "Hm. " if signed else "")) as play:
        said = home.run(
            binary, "run", ASK + play.task, OPENCODE_CONFIG_CONTENT=config,
            OPENCODE_DISABLE_AUTOUPDATE="1", OPENCODE_DISABLE_LSP_DOWNLOAD="1",
            OPENCODE_DISABLE_MODELS_FETCH="1",
            OPENCODE_DISABLE_DEFAULT_PLUGINS="1")
    assert DONE in said
    home.made()
