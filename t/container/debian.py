"""A Debian 13 of our own, images made in it, and containers of these images.

No daemon and no registry: the packages come from the mirror of the machine's
own sources, and all mounts are made in a mount namespace of this process, so
that they go when it goes, however that happens.
"""

import contextlib
import ctypes
import fcntl
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("AG_BUILD")
                     or os.environ.get("BUILD") or ROOT / "build")

SUITE = "trixie"
BASE = "localhost/debian:trixie-slim"
IMAGE = "localhost/ngx_agent"
TOOLS = ("debootstrap", "buildah")

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE, MNT_DETACH = 16384, 1 << 18, 2

libc = ctypes.CDLL(None, use_errno=True)


class Impossible(Exception):
    """This machine cannot do it; says why."""


def checked(result):
    if result != 0:
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem))


def run(*command, seconds=900, **kwargs):
    """The output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=seconds, **kwargs)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed, {done.returncode}:\n"
                           + done.stdout[-6000:] + done.stderr[-6000:])
    return done.stdout


def tools():
    """Installs what is missing of debootstrap and buildah."""
    if os.geteuid() != 0:
        raise Impossible("only root can make a root file system")
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Impossible("no apt to install " + " and ".join(missing))
    apt = ("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=300")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(*apt, "update", env=environment)
        run(*apt, "install", "--no-install-recommends", "--no-remove",
            *missing, env=environment)
    except RuntimeError as problem:
        raise Impossible(f"cannot install {' and '.join(missing)}: "
                         f"{problem}") from None


class Place:
    """A folder for everything; close() leaves nothing of it."""

    def __init__(self):
        tools()
        try:
            checked(libc.unshare(CLONE_NEWNS))
            checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE,
                               None))
        except OSError as problem:
            raise Impossible(f"cannot make mounts here: {problem}") from None
        above = BUILD / "container"
        above.mkdir(parents=True, exist_ok=True)
        self.path = pathlib.Path(tempfile.mkdtemp(dir=above))
        kind = run("stat", "-f", "-c", "%T", self.path).strip()
        self.driver = "vfs" if kind == "overlayfs" else "overlay"
        self.containers = []

    def close(self):
        for container in self.containers:
            container.kill()
        for mounted in reversed(self._mounts()):
            libc.umount2(os.fsencode(mounted), MNT_DETACH)
        assert not self._mounts()
        run("rm", "-rf", "--one-file-system", self.path)

    def _mounts(self):
        found = []
        for line in pathlib.Path("/proc/self/mounts").read_text().split("\n"):
            words = line.split(" ")
            if len(words) > 1:
                where = re.sub(r"\\(\d{3})",
                               lambda m: chr(int(m.group(1), 8)), words[1])
                if self.path in pathlib.Path(where).parents:
                    found.append(where)
        return found

    # -- images

    def buildah(self, *words, **kwargs):
        return run("buildah", "--root", self.path / "storage",
                   "--runroot", self.path / "runroot",
                   "--storage-driver", self.driver, *words, **kwargs)

    def mirror(self):
        """Where this machine's packages come from, if Debian 13 is there."""
        try:
            run(ROOT / "auto/apt", self.path / "apt", SUITE)
            listed = run(
                "apt-get", "indextargets", "--format", "$(REPO_URI)",
                "Created-By: Packages",
                env={**os.environ,
                     "APT_CONFIG": str(self.path / "apt/apt.conf")})
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as problem:
            raise Impossible("no packages of Debian 13 from the mirror of "
                             f"this machine: {problem}") from None
        for uri in listed.split():
            if uri.startswith(("http:", "https:", "file:")):
                return uri.rstrip("/")
        raise Impossible("no mirror that debootstrap can read: " + listed)

    def base(self):
        """An image like Debian's own slim one, of the newest packages."""
        mirror, root = self.mirror(), self.path / "debian"
        environment = dict(os.environ)
        lines = []
        for scheme in ("http", "https"):
            proxy = run("apt-config", "dump", "--format", "%v",
                        f"Acquire::{scheme}::Proxy").strip()
            if proxy:
                environment[f"{scheme}_proxy"] = proxy
                lines.append(f'Acquire::{scheme}::Proxy "{proxy}";\n')
        try:
            run("debootstrap", "--variant=minbase",
                *(["--include=ca-certificates"]
                  if mirror.startswith("https:") else []),
                SUITE, root, mirror, env=environment)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            raise Impossible(f"debootstrap gives no Debian 13: {problem}"
                             ) from None
        (root / "etc/apt/apt.conf.d/01proxy").write_text("".join(lines))
        policy = root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        scratch = self.buildah("from", "scratch").strip()
        self.buildah("add", "-q", scratch, root, "/")
        self.buildah("commit", "-q", "--rm", "--format", "docker", scratch,
                     BASE)
        run("rm", "-rf", "--one-file-system", root)

    def image(self, name, dockerfile, context):
        """Builds an image; "docker" is the format that has health checks."""
        return self.buildah(
            "bud", "--isolation", "chroot", "--network", "host",
            "--format", "docker", "--pull-never", "--build-arg",
            "BASE=" + BASE, "-f", dockerfile, "-t", name, context,
            seconds=1700)

    def inspect(self, image):
        return json.loads(self.buildah(
            "inspect", "--type", "image", image))["Docker"]["config"]

    def tree(self, image):
        """A file system of an image, writable until it is mounted again."""
        name = self.buildah("from", "--pull-never", image).strip()
        return name, pathlib.Path(self.buildah("mount", name).strip())

    def container(self, image, **kwargs):
        made = Container(self.tree(image)[1], self.inspect(image), **kwargs)
        self.containers.append(made)
        return made


# What a container engine does, for "read-only, no capabilities, no new
# privileges, tmpfs for /tmp and /run", in a network with nothing in it or,
# if it gets an address, at the switch of that process.

NETWORK = r"""
set -eu
address=$1 switch=$2
shift 2
ip link set lo up
if [ "$address" ]; then
    ip link add name eth0 type veth peer name "v${address##*.}" \
        netns "$switch"
    ip address add "$address/24" dev eth0
    ip link set eth0 up
fi
exec unshare --mount --pid --ipc --uts --fork --kill-child "$@"
"""

START = r"""
set -eu
root=$1 user=$2 group=$3
shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
for name in tmp run; do
    mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs "$root/$name"
done
mount -t tmpfs -o mode=755,nosuid,noexec tmpfs "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/urandom" c 1 9
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"
while [ "$1" != -- ]; do
    mkdir -p "$(dirname "$root/$2")"
    : >> "$root/$2"
    mount --bind "$1" "$root/$2"
    mount -o remount,bind,ro "$root/$2"
    shift 2
done
shift
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid "$user" --regid "$group" --clear-groups \
    --inh-caps=-all --ambient-caps=-all --bounding-set=-all --no-new-privs \
    "$@"
"""


class Container:
    """A command in an image's tree, confined; its output is in log()."""

    def __init__(self, tree, config, files=(), address="", switch=0):
        self.tree, self.config, self.files = tree, config, files
        self.address, self.switch = address, switch
        self.user, self.group = (int(n) for n in config["User"].split(":"))
        self.process = None
        self.said = ""

    def start(self, *arguments):
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.fchown(writer, self.user, self.group)        # as engines do
        self.reader = reader
        files = [str(word) for pair in self.files for word in pair]
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", NETWORK, "sh", self.address,
             str(self.switch), "sh", "-c", START, "sh", str(self.tree),
             str(self.user), str(self.group), *files, "--",
             *self.config["Entrypoint"], *arguments],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
        os.close(writer)
        return self

    def log(self):
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.reader, 1 << 16):
                self.said += piece.decode()
        return self.said

    def pid(self):
        """Process 1 of the container, by the number it has outside."""
        pid = self.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children")
                   .read_text().split()[0])

    def processes(self):
        """Every process of it, as /proc tells of it in the status file."""
        space = os.readlink(f"/proc/{self.pid()}/ns/pid")
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(entry / "ns/pid") == space:
                    lines = (entry / "status").read_text().split("\n")
                    found.append(dict(re.split(r":\s*", line, maxsplit=1)
                                      for line in lines if ":" in line))
        return found

    def root(self):
        """Its file system, with its mounts."""
        return pathlib.Path(f"/proc/{self.pid()}/root")

    def network(self):
        return network_of(self.pid())

    def ask(self, method, path, body=None, port=8080, key=None):
        """One request from inside: (status, text)."""
        with self.network():
            connection = http.client.HTTPConnection("127.0.0.1", port,
                                                    timeout=30)
            connection.connect()
        headers = {"content-type": "application/json"} if body else {}
        if key:
            headers["authorization"] = "Bearer " + key
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def ready(self):
        """Waits until it says that it is healthy."""
        assert until(self._is_healthy), self.log()
        return self

    def _is_healthy(self):
        assert self.process.poll() is None, self.log()
        try:
            return self.ask("GET", "/health", port=9090)[0] == 200
        except (OSError, IndexError):
            return False

    def execute(self, *command):
        """Runs one more command in it; its exit status."""
        return subprocess.run(
            ["nsenter", "--target", str(self.pid()), "--mount", "--net",
             "--pid", "--root", "--wd", "--setuid", str(self.user),
             "--setgid", str(self.group), *command],
            stdin=subprocess.DEVNULL, timeout=30).returncode

    def end(self, signal, seconds=30):
        """Sends a signal to process 1, and gives the exit status."""
        os.kill(self.pid(), signal)
        return self.process.wait(seconds)

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Switch:
    """A network for containers, with a command in it at ADDRESS."""

    ADDRESS = "10.77.0.1"

    def __init__(self, *command):
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-ec",
             "ip link set lo up; ip link add name switch type bridge; "
             f"ip address add {self.ADDRESS}/24 dev switch; "
             'ip link set switch up; exec "$@"', "sh", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def join(self, address):
        """Plugs in a container that was started."""
        port = "v" + address.rpartition(".")[2]
        enter = ("nsenter", "--target", str(self.process.pid), "--net",
                 "ip", "link")
        assert until(lambda: subprocess.run(
            [*enter, "set", port, "master", "switch", "up"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).returncode == 0)

    def network(self):
        return network_of(self.process.pid)

    def stop(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def network_of(pid):
    """Sockets that this thread makes in here are of that process's network."""
    with open("/proc/thread-self/ns/net") as ours, \
            open(f"/proc/{pid}/ns/net") as its:
        checked(libc.setns(its.fileno(), CLONE_NEWNET))
        try:
            yield
        finally:
            checked(libc.setns(ours.fileno(), CLONE_NEWNET))


def until(condition, seconds=15):
    limit = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < limit:
        time.sleep(0.05)
    return value
