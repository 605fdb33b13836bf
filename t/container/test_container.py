"""The image of docker/Dockerfile, built and run without a daemon, and the
tests of core and dialect on Debian 13.

Only "make test-full" runs it: it fetches a whole Debian.
"""

import http.client
import json
import os
import re
import signal
import subprocess

import pytest

import debian
from debian import IMAGE

pytestmark = pytest.mark.timeout(1800)

KEY = "sk-demo-simulator"


@pytest.fixture(scope="module")
def example(image):
    """The image as it is: what "docker run" gives."""
    container = image.container(IMAGE).start().ready()
    yield container
    container.kill()


def ask(container, method, path, body=None, port=8080, key=KEY):
    return container.ask(method, path, body, port, key)


CHAT = {"model": "simulated",
        "messages": [{"role": "user", "content": "Hello"}]}


# ---- what it is

def test_the_image_says_how_it_is_run(image):
    config = image.inspect(IMAGE)
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", config["User"])
    assert config["StopSignal"] == "SIGQUIT"
    assert config["Healthcheck"]["Test"] == ["CMD", "ngx_agent-health"]
    assert set(config["ExposedPorts"]) == {"8080/tcp", "9090/tcp"}
    assert config["Labels"]["org.opencontainers.image.title"] == "ngx_agent"
    assert config["Labels"]["org.opencontainers.image.licenses"] \
        == "BSD-2-Clause"


def test_the_image_has_nginx_and_libraries_only(image):
    _, tree = image.tree(IMAGE)
    installed = debian.run("dpkg-query", "--admindir",
                           tree / "var/lib/dpkg", "-W", "-f", "${Package}\n")
    names = installed.split()
    assert "nginx" in names
    assert [n for n in names if n.endswith("-dev") or n in
            ("gcc", "make", "curl", "wget", "python3", "perl")] == []
    risen = debian.run("find", tree, "-xdev", "-type", "f", "-perm", "/6000")
    assert risen == ""
    assert not (tree / "src").exists()


# ---- how it runs

def test_a_chat_is_answered(example):
    status, text = ask(example, "POST", "/v1/chat/completions", CHAT)
    assert status == 200, text
    assert json.loads(text)["choices"][0]["message"]["content"]


def test_a_stream_is_answered(example):
    status, text = ask(example, "POST", "/v1/chat/completions",
                       {**CHAT, "stream": True})
    assert status == 200, text
    assert text.endswith("data: [DONE]\n\n")


def test_messages_are_answered(example):
    status, text = ask(example, "POST", "/v1/messages",
                       {**CHAT, "model": "simulated-claude",
                        "max_tokens": 20})
    assert status == 200, text
    assert json.loads(text)["content"][0]["text"]


def test_another_key_is_refused(example):
    assert ask(example, "POST", "/v1/chat/completions", CHAT,
               key="sk-of-nobody-at-all")[0] == 401


def test_status_and_metrics_are_shown(example):
    status, text = ask(example, "GET", "/status", port=9090)
    assert status == 200 and "simulator" in json.loads(text)["providers"]
    status, text = ask(example, "GET", "/metrics", port=9090)
    assert status == 200 and "agent_calls_in_flight" in text


def test_the_health_check_knows_good_from_bad(example):
    check = example.config["Healthcheck"]["Test"][1:]
    assert example.execute(*check) == 0
    assert example.execute(*check, "9090", "/nowhere") != 0
    assert example.execute(*check, "9091") != 0


def test_nobody_in_it_has_any_right(example):
    found = example.processes()
    assert len(found) >= 3
    for process in found:
        assert process["Uid"].split() == [str(example.user)] * 4
        assert process["Gid"].split() == [str(example.group)] * 4
        assert process["NoNewPrivs"] == "1"
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(process[kind], 16) == 0, (process["Name"], kind)


@pytest.mark.parametrize("folder", ("", "etc/ngx_agent", "var/log/nginx",
                                    "var/lib/nginx", "usr/lib/nginx/modules"))
def test_nothing_can_be_written(example, folder):
    with pytest.raises(OSError, match="Read-only file system"):
        (example.root() / folder / "new").write_text("")


def test_a_configuration_is_tried(image):
    container = image.container(IMAGE).start("-t")
    assert container.process.wait(30) == 0, container.log()
    assert "test is successful" in container.log()


def test_a_bad_configuration_ends_it(image, tmp_path):
    bad = tmp_path / "nginx.conf"
    text = (debian.ROOT / "docker/nginx.conf").read_text()
    bad.write_text(text.replace("target simulator;", "target nobody;"))
    container = image.container(
        IMAGE, files=[(bad, "etc/ngx_agent/nginx.conf")]).start()
    assert container.process.wait(30) == 1
    assert '[emerg]' in container.log() and '"nobody"' in container.log()


# Two nodes would share a Redis; that it is not there does not stop a start.

def test_the_example_of_two_gateways_is_accepted(image, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost simulator redis\n")
    key = tmp_path / "team_key"
    key.write_text("sk-team-0123456789abcdef\n")
    os.chown(key, 10001, 10001)
    key.chmod(0o400)
    for name in ("gateway", "simulator"):
        container = image.container(IMAGE, files=[
            (hosts, "etc/hosts"), (key, "run/secrets/team_key"),
            (debian.ROOT / f"docker/{name}.conf",
             "etc/ngx_agent/nginx.conf")]).start("-t")
        assert container.process.wait(60) == 0, container.log()


def test_it_quits_gracefully(image):
    container = image.container(IMAGE).start().ready()
    with container.network():
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=30)
        connection.connect()
    connection.request("POST", "/v1/chat/completions",
                       json.dumps({**CHAT, "stream": True}),
                       {"content-type": "application/json",
                        "authorization": "Bearer " + KEY})
    answer = connection.getresponse()
    begun = answer.read1(1)

    stop = getattr(signal, container.config["StopSignal"])
    os.kill(container.pid(), stop)
    rest = answer.read().decode()
    connection.close()
    assert begun and rest.endswith("data: [DONE]\n\n"), rest
    try:
        assert container.process.wait(30) == 0, container.log()
    except subprocess.TimeoutExpired:
        pytest.fail("it does not quit:\n" + container.log())

    # the access log and nginx's own words, and nothing that is wrong
    said = container.log()
    lines = said.strip().split("\n")
    called = [json.loads(line) for line in lines if line.startswith("{")]
    assert [call["status"] for call in called
            if call["path"] == "/v1/chat/completions"] == ["200"], said
    assert called[-1]["model"] == "simulated"
    others = [line for line in lines if not line.startswith("{")]
    assert others and all(" [notice] " in line for line in others), said
    assert KEY not in said


# ---- the second platform

def test_debian_13_builds_and_passes(place):
    name, tree = place.tree(debian.BASE)
    source = tree / "src"
    source.mkdir()
    debian.run("sh", "-c", 'tar -c --exclude=./build --exclude=./.git . '
               '| tar -x -C "$1"', "sh", source, cwd=debian.ROOT)
    (source / "build").mkdir()
    if (debian.BUILD / "schema-suite").is_dir():        # not fetched twice
        debian.run("cp", "-a", debian.BUILD / "schema-suite",
                   source / "build")
    said = place.buildah(
        "run", "--isolation", "chroot", "--network", "host", name, "--",
        "sh", "-c", "cd /src && apt-get -qq update && apt-get -qq -y install "
        "--no-install-recommends make > /dev/null && make build unit",
        seconds=1700)
    last = said.strip().split("\n")[-1]
    assert re.fullmatch(r"[1-9]\d* passed, 0 failed, \d+ skipped", last), said
