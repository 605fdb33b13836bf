"""What docker/compose.yaml starts: two gateways, one Redis, one simulator, with
the configurations, the secret and the names that they have there."""

import collections
import concurrent.futures
import contextlib
import os
import shutil
import socket
import struct
import threading
import time

import pytest

import debian
from debian import IMAGE

pytestmark = pytest.mark.timeout(1800)

KEY = "sk-team-0123456789abcdef"
NAMES = {"redis": "10.77.0.1", "simulator": "10.77.0.2"}
CHAT = {"model": "simulated",
        "messages": [{"role": "user", "content": "Hello"}]}


class NameServer:
    """Answers A queries of NAMES; nobody has another address."""

    def __init__(self, switch):
        with switch.network():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.bind((switch.ADDRESS, 53))
        self.socket.settimeout(0.1)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        while not self.ended.is_set():
            with contextlib.suppress(TimeoutError):
                query, sender = self.socket.recvfrom(1024)
                self.socket.sendto(self._answer(query), sender)

    @staticmethod
    def _answer(query):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        question = query[12:at + 5]
        address = NAMES.get(".".join(labels))
        is_a = question[-4:] == b"\0\1\0\1"
        head = struct.pack("!HHHHHH", int.from_bytes(query[:2], "big"),
                           0x8180 if address else 0x8183, 1,
                           int(bool(address) and is_a), 0, 0)
        if not address or not is_a:
            return head + question
        return head + question + struct.pack("!HHHIH", 0xC00C, 1, 1, 600, 4) \
            + socket.inet_aton(address)

    def stop(self):
        self.ended.set()
        self.thread.join()
        self.socket.close()


@pytest.fixture(scope="module")
def nodes(image, tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path_factory.mktemp("two")
    (folder / "resolv.conf").write_text(
        f"nameserver {debian.Switch.ADDRESS}\n")
    key = folder / "team_key"
    key.write_text(KEY + "\n")
    os.chown(key, 10001, 10001)
    key.chmod(0o400)
    gateway = folder / "gateway.conf"
    text = (debian.ROOT / "docker/gateway.conf").read_text()
    assert "resolver 127.0.0.11 " in text       # Docker's own name server
    gateway.write_text(text.replace("resolver 127.0.0.11 ",
                                    f"resolver {debian.Switch.ADDRESS} "))

    with contextlib.ExitStack() as life:
        switch = debian.Switch("redis-server", "--save", "", "--dir",
                               str(folder), "--protected-mode", "no")
        life.callback(switch.stop)
        assert debian.until(lambda: redis_answers(switch))
        server = NameServer(switch)
        life.callback(server.stop)

        def node(number, conf):
            address = f"10.77.0.{number}"
            container = image.container(
                IMAGE, address=address, switch=switch.process.pid, files=[
                    (folder / "resolv.conf", "etc/resolv.conf"),
                    (key, "run/secrets/team_key"),
                    (conf, "etc/ngx_agent/nginx.conf")]).start()
            life.callback(container.kill)
            switch.join(address)
            return container.ready()

        node(2, debian.ROOT / "docker/simulator.conf")
        yield node(3, gateway), node(4, gateway), switch


def redis_answers(switch):
    with contextlib.suppress(OSError), switch.network():
        with socket.create_connection((switch.ADDRESS, 6379), 1) as asked:
            asked.sendall(b"PING\r\n")
            return asked.recv(16) == b"+PONG\r\n"
    return False


def chat(node):
    began = time.monotonic()
    status, text = node.ask("POST", "/v1/chat/completions", CHAT, key=KEY)
    assert time.monotonic() - began < 5
    return status, text


def counted(answers):
    return collections.Counter(status for status, _ in answers)


def test_both_admit_together_what_the_plan_says(nodes):
    """One of them takes more than the half that it would have by itself."""
    first, second, _ = nodes
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(chat, [first] * 50))
        assert counted(answers) == {200: 50}, answers[-1]
        answers = list(pool.map(chat, [second] * 22))
        assert counted(answers) == {200: 10, 429: 12}, answers[-1]


def test_neither_waits_for_a_redis_that_is_gone(nodes):
    first, second, switch = nodes
    switch.process.kill()
    for _ in range(10):
        for node in (first, second):
            status, text = chat(node)
            assert status in (200, 429), text
    for node in (first, second):
        assert node.ready().execute("ngx_agent-health") == 0
