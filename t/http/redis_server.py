"""A Redis of the test's own, on a free port and a socket, with a clock that a
test can set; and the little of its protocol that asking it takes."""

import mmap
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

BINARY = os.environ.get("AG_REDIS_SERVER") or shutil.which("redis-server") \
    or shutil.which("valkey-server")
MISSING = "no redis-server here (auto/deps test installs it)"

# What Redis asks for the time of day reads it from a file: 0 is the real one.
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    static volatile uint64_t *us;
    struct timespec ts;
    (void) zone;
    if (us == NULL) {
        int file = open(getenv("AG_CLOCK"), O_RDONLY);
        us = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
    }
    uint64_t now = *us;
    if (now == 0) {
        clock_gettime(CLOCK_REALTIME, &ts);
        now = ts.tv_sec * UINT64_C(1000000) + ts.tv_nsec / 1000;
    }
    tv->tv_sec = now / 1000000;
    tv->tv_usec = now % 1000000;
    return 0;
}
"""


class RedisError(Exception):
    """An error reply; its text is the message."""


class Client:
    """One connection.  Commands may be pipelined: send(), then reply()."""

    def __init__(self, address, timeout=10):
        family = socket.AF_INET if isinstance(address, tuple) \
            else socket.AF_UNIX
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode()
                 for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(
            b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def reply(self):
        """bytes, int, str (a status), list, None, or a RedisError."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, text = line[:1], line[1:-2]
        if kind == b"+":
            return text.decode()
        if kind == b"-":
            return RedisError(text.decode())
        if kind == b":":
            return int(text)
        if int(text) < 0:
            return None
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        return self.file.read(int(text) + 2)[:-2]

    def command(self, *words):
        self.send(*words)
        reply = self.reply()
        if isinstance(reply, RedisError):
            raise reply
        return reply

    def close(self):
        self.file.close()
        self.socket.close()


class RedisServer:
    """RedisServer(requirepass="x", maxmemory="2mb").start(): options are
    those of redis.conf, "_" for "-".  Nothing is kept on disk unless asked
    for; a port and a folder stay the same over kill() and start()."""

    def __init__(self, clock=False, port=None, **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="redis-"))
        self.port = port if port is not None else free_port()
        self.unixsocket = options.pop("unixsocket",
                                      str(self.folder / "socket"))
        self.options = {"save": "", "appendonly": "no", **options}
        self.process = self.client = self.clock = None
        if clock:
            self.clock = make_clock(self.folder)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self, wait=10):
        assert self.process is None, "it runs already"
        words = [BINARY, "--port", self.port, "--bind", "127.0.0.1",
                 "--dir", self.folder, "--unixsocket", self.unixsocket,
                 "--logfile", self.folder / "log", "--daemonize", "no"]
        for name, value in self.options.items():
            words += ["--" + name.replace("_", "-"), *str(value).split(" ")]
        environment = dict(os.environ)
        if self.clock is not None:
            environment["LD_PRELOAD"] = str(self.folder / "clock.so")
            environment["AG_CLOCK"] = str(self.folder / "clock")
        self.process = subprocess.Popen(
            [str(word) for word in words], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT)
        until = time.monotonic() + wait
        while not self.answers():
            assert self.process.poll() is None, "Redis ended: " + self.log()
            assert time.monotonic() < until, "Redis is late: " + self.log()
            time.sleep(0.01)
        return self

    def answers(self):
        try:
            client = Client(self.unixsocket)
            if self.options.get("requirepass"):
                client.command("AUTH", self.options["requirepass"])
            client.send("PING")
            reply = client.reply()
        except OSError:
            return False
        if isinstance(reply, RedisError) and str(reply).startswith("LOADING"):
            return False
        self.client = client
        return True

    def connect(self):
        """One more connection, that has not said its password."""
        return Client(self.unixsocket)

    def command(self, *words):
        return self.client.command(*words)

    def flush(self):
        assert self.command("FLUSHALL") == "OK"

    def set_time(self, us):
        """Redis's time of day, us; it stands still.  0: the real one."""
        self.clock[:8] = struct.pack("=Q", us)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """As if its machine had died."""
        self._end(signal.SIGKILL)

    def stop(self):
        """The end of the test."""
        if self.process is not None:
            self.resume()
            status = self._end(signal.SIGTERM)
            assert status in (0, -signal.SIGTERM), f"Redis ended: {status}"
            assert "BUG REPORT" not in self.log(), self.log()
        if self.clock is not None:
            self.clock.close()
            self.clock = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, number):
        if self.client is not None:
            self.client.close()
            self.client = None
        self.process.send_signal(number)
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError("Redis did not end within 10 s") from None
        self.process = None
        return status

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_clock(folder):
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu99", "-O1", "-fPIC",
                    "-shared", "-o", folder / "clock.so", folder / "clock.c"],
                   check=True)
    (folder / "clock").write_bytes(bytes(8))
    with open(folder / "clock", "r+b") as file:
        return mmap.mmap(file.fileno(), 8)
