"""nginx with the module, in a prefix of its own.

A test's configuration is a string.  `@name@` is replaced: @port@ and @status@
(the two default listeners), @prefix@, and whatever the test hands over.
Stopping is a test of its own: a graceful quit in time, no alert, no sanitizer
report, no process left, and none of the secrets in any log.
"""

import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("AG_BUILD", ROOT / "build"))
NGINX = os.environ.get("AG_NGINX", "nginx")
MODULE = os.environ.get(
    "AG_MODULE",
    "" if "AG_NGINX" in os.environ
    else str(BUILD / "ngx_agent_module.so"))

MAIN = """
@load@
worker_processes 2;
worker_rlimit_nofile 16384;
worker_shutdown_timeout @shutdown@;
error_log @prefix@/error.log @level@;
pid @prefix@/nginx.pid;
@main@
events {
    worker_connections 4096;
}
http {
    log_format calls escape=json '{'
        '"request":"$request","http":"$status","bytes":"$body_bytes_sent",'
        '@variables@}';
    access_log @prefix@/access.log calls;
    lingering_timeout 500ms;
    client_body_temp_path @prefix@/tmp/body;
    proxy_temp_path @prefix@/tmp/proxy;
    fastcgi_temp_path @prefix@/tmp/fastcgi;
    uwsgi_temp_path @prefix@/tmp/uwsgi;
    scgi_temp_path @prefix@/tmp/scgi;
@http@
}
"""

VARIABLES = ("request_id", "tenant", "model", "provider", "target_model",
             "attempts", "status", "stream", "prompt_tokens",
             "completion_tokens", "cached_tokens", "time_to_first_token",
             "time", "error")

ZONE = "    agent_zone gateway:4m;\n"

PROVIDER = """
    agent_provider main {
        dialect @dialect@;
        url @provider@;
        key file:@provider_key@;
        @resilience@
        @provider_lines@
    }
"""

MODELS = """
    agent_model gpt-test fast { target main/gpt-upstream; }
"""

TENANTS = """
    agent_tenant team { key file:@team_key@; models gpt-test fast; }
"""

SERVER = """
    server {
        listen 127.0.0.1:@port@;
        client_max_body_size 32m;
        location /v1/ { agent_gateway @gateway@; }
        @server@
    }
"""

SIMULATOR = """
    server {
        listen 127.0.0.1:@simulator@;
        client_max_body_size 32m;
        location /v1/ { agent_simulate @simulate@; }
    }
"""

STATUS = """
    server {
        listen 127.0.0.1:@status@;
        access_log off;
        location /status { agent_status; }
        location /metrics { agent_status prometheus; }
        location /health { agent_status health; }
    }
"""

# What one failure does: most tests are about that.
ONE_ATTEMPT = "retry attempts=1; breaker off;"

DEFAULT = ZONE + PROVIDER + MODELS + TENANTS + SERVER + STATUS

BAD_SIGNS = ("[alert]", "[emerg]", "leaked slot", "AddressSanitizer",
             "LeakSanitizer", "runtime error:", "exited on signal")

_next_port = 0


def free_port():
    """A port that nobody has, outside the range clients' ports come from.

    Each worker of pytest-xdist has a slice of its own.
    """
    global _next_port
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    first, size = 12000 + (worker % 8) * 2500, 2500
    if _next_port == 0:
        _next_port = os.getpid() * 37 % size
    for _ in range(size):
        _next_port = (_next_port + 1) % size
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", first + _next_port))
            except OSError:
                continue
        return first + _next_port
    raise RuntimeError("no free port")


def until(condition, timeout=wire.PATIENCE, pause=0.02):
    """Waits for a condition; its last value is the answer."""
    limit = time.monotonic() + timeout
    while not (value := condition()) and time.monotonic() < limit:
        time.sleep(pause)
    return value


def process_tree(session):
    """Pids of every live process of a session."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[3]) == session and stat[0] != "Z":
                found.append(int(entry.name))
    return found


class Gateway:

    def __init__(self, http=DEFAULT, main="", **values):
        self.prefix = pathlib.Path(tempfile.mkdtemp(prefix="ngx-agent-"))
        self.prefix.chmod(0o777)
        # a worker of nginx leaves its table of connections to the kernel
        (self.prefix / "leaks").write_text("leak:ngx_event_process_init\n")
        (self.prefix / "tmp").mkdir()
        (self.prefix / "tmp").chmod(0o777)
        self.values = {"dialect": "openai", "gateway": "",
                       "provider_lines": "", "server": "",
                       "resilience": ONE_ATTEMPT,
                       "shutdown": "60s", "level": "info",
                       "provider": "http://127.0.0.1:9/v1"}
        self.values.update(values)
        self.secrets = []
        self.key = self.secret("team_key", "sk-CANARY-team-")
        self.provider_key = self.secret("provider_key", "sk-CANARY-prov-")
        self.port = self._port("port")
        self.status_port = self._port("status")
        self.main, self.http = main, http
        self.process = None
        self.tolerated = []
        self.grace = 20                 # seconds a quit may take

    # -- configuration

    def _port(self, name):
        port = int(self.values.get(name) or free_port())
        self.values[name] = port
        return port

    def secret(self, name, start="sk-CANARY-", value=None):
        """Writes a secret to a file that only root reads; gives its text."""
        value = value or start + secrets.token_hex(16)
        path = self.prefix / f"{name}.key"
        path.unlink(missing_ok=True)
        path.write_text(value + "\n")
        path.chmod(0o400)
        self.values[name] = path
        self.secrets.append(value)
        return value

    def text(self):
        known = {"prefix": self.prefix, "main": self.main,
                 "load": f"load_module {MODULE};" if MODULE else "",
                 "variables": ",".join(f'"{name}":"$agent_{name}"'
                                       for name in VARIABLES),
                 **self.values}
        text = MAIN.replace("@http@", self.http)
        for _ in range(3):              # a value may hold names itself
            text = re.sub(r"@(\w+)@", lambda m: str(known[m.group(1)]), text)
        return text

    def write(self):
        self.conf = self.prefix / "nginx.conf"
        self.conf.write_text(self.text())

    def command(self, *arguments):
        return [NGINX, "-p", str(self.prefix), "-c", str(self.conf),
                "-e", str(self.prefix / "error.log"), *arguments]

    def environment(self, leaks=False):
        """Leaks count where nginx frees what it has: not after nginx -t.

        What is freed is held back for a while; less of it than by default,
        or no test could tell the growth of a worker from that.
        """
        return {
            **os.environ,
            "ASAN_OPTIONS": f"detect_leaks={int(leaks)}:"
                            "quarantine_size_mb=16:"
                            f"log_path={self.prefix}/asan",
            "LSAN_OPTIONS": "print_suppressions=0:"
                            f"suppressions={self.prefix}/leaks",
            "UBSAN_OPTIONS": "print_stacktrace=1:"
                             f"log_path={self.prefix}/ubsan",
            **self.values.get("environment", {}),
        }

    def check(self):
        """nginx -t: (did it accept, what it said)."""
        self.write()
        done = subprocess.run(self.command("-t"), env=self.environment(),
                              stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=60)
        said = done.stderr + done.stdout
        log = self.prefix / "error.log"
        if log.exists():
            said += log.read_text()
            log.unlink()
        self._no_sanitizer_report()
        return done.returncode == 0, said

    # -- life

    def start(self):
        self.write()
        self.process = subprocess.Popen(
            self.command("-g", "daemon off;"), env=self.environment(True),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.prefix / "stderr", "wb"),
            start_new_session=True)
        if not until(lambda: self.process.poll() is not None
                     or self._listens()):
            raise AssertionError("nginx does not listen: " + self.log())
        if self.process.poll() is not None:
            raise AssertionError("nginx did not start:\n" + self.log()
                                 + (self.prefix / "stderr").read_text())
        return self

    def _listens(self):
        if len(self.workers()) < 2:
            return False
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def workers(self):
        """Pids of the running workers, old generations too."""
        return [p for p in process_tree(self.process.pid)
                if p != self.process.pid and _is_worker(p)]

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, wait=True):
        """Reloads, and waits until the new generation takes the calls."""
        before = set(self.workers())
        said = self.log().count("gracefully shutting down")
        self.write()
        self.signal(signal.SIGHUP)
        if wait:
            assert until(lambda: len(set(self.workers()) - before) >= 2), \
                "no new workers: " + self.log()
            # the old ones no longer accept once they said so
            until(lambda: self.log().count("gracefully shutting down")
                  >= said + 2)

    def quit(self):
        self.signal(signal.SIGQUIT)

    def stop(self):
        """Quits gracefully, then looks for everything that must not be."""
        if self.process is None:
            return
        late = False
        if self.process.poll() is None:
            self.quit()
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                late = True
                self._kill()
        left = process_tree(self.process.pid)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self._no_bad_sign()
        self._no_secret()
        assert not late, "nginx did not quit in time:\n" + self.log()[-3000:]
        assert not left, f"left behind: {left}"
        self.process = None

    def kill(self):
        """Ends it whatever it does; for tests that failed already."""
        if self.process is not None:
            self._kill()
            self.process = None

    def _kill(self):
        for pid in process_tree(self.process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(10)

    def remove(self):
        shutil.rmtree(self.prefix, ignore_errors=True)

    # -- what must not be

    def tolerate(self, sign):
        """This test makes a bad sign appear on purpose."""
        self.tolerated.append(sign)

    def _no_sanitizer_report(self):
        reports = [p.read_text() for kind in ("asan", "ubsan")
                   for p in self.prefix.glob(f"{kind}.*")]
        assert not reports, "\n".join(reports)

    def _no_bad_sign(self):
        self._no_sanitizer_report()
        for line in (self.log() + self.stderr()).splitlines():
            if any(sign in line for sign in BAD_SIGNS) \
                    and not any(sign in line for sign in self.tolerated):
                raise AssertionError("the log holds: " + line)

    def _no_secret(self):
        for path in self.prefix.glob("*.log"):
            for line in path.read_text(errors="replace").splitlines():
                for value in self.secrets:
                    assert value not in line, f"a secret is in {path.name}: " \
                        + line.replace(value, "(it)")

    # -- what it wrote

    def log(self):
        path = self.prefix / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def noteworthy(self):
        """The log's end without what every test leaves in it."""
        lines = [line for line in self.log().splitlines()
                 if "[notice]" not in line and "keepalive" not in line
                 and "while waiting for request" not in line]
        return "\n".join(lines)[-4000:]

    def stderr(self):
        return (self.prefix / "stderr").read_text(errors="replace")

    def access(self, count=1):
        """The access log's calls, once there are `count` of them."""
        path = self.prefix / "access.log"

        def lines():
            return path.read_text().splitlines() if path.exists() else []

        until(lambda: len(lines()) >= count)
        assert len(lines()) >= count, f"the access log holds {lines()}"
        return [json.loads(line) for line in lines()]

    # -- talking to it

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def connect(self, **kwargs):
        return wire.Connection(self.port, **kwargs)

    def ask(self, method, target, body=None, key="team", headers=(), **kwargs):
        key = self.key if key == "team" else key
        return wire.ask(self.port, wire.request(method, target, body, key,
                                                headers, **kwargs), method)

    def post(self, target, body, **kwargs):
        return self.ask("POST", target, body, **kwargs)

    def get(self, target, **kwargs):
        return self.ask("GET", target, **kwargs)

    def chat(self, body=None, **kwargs):
        return self.post("/v1/chat/completions",
                         question() if body is None else body, **kwargs)

    def raw(self, data, method="POST"):
        return wire.ask(self.port, data, method)

    def chat_request(self, body=None, key="team", headers=()):
        """The bytes of a chat call."""
        return wire.request("POST", "/v1/chat/completions",
                            question() if body is None else body,
                            self.key if key == "team" else key, headers)

    def page(self, path):
        """A page of the status server: (status, headers, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.status_port,
                                                timeout=wire.PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return (response.status, dict(response.getheaders()),
                    response.read().decode())
        finally:
            connection.close()

    def status(self):
        status, _, text = self.page("/status")
        assert status == 200, text
        return json.loads(text)


def _is_worker(pid):
    try:
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return "worker process" in words


def question(text="Say hello.", model="gpt-test", **fields):
    """A chat request's body."""
    return {"model": model, "messages": [{"role": "user", "content": text}],
            **fields}
