"""npm's part of the tests: installed once, from the lock file."""

import fcntl
import os
import pathlib
import platform
import shutil
import subprocess

from gateway import BUILD, ROOT

SOURCE = ROOT / "t" / "node"
TARGET = BUILD / "node"


def install():
    """Runs npm ci unless what is locked is there; gives node_modules."""
    TARGET.mkdir(parents=True, exist_ok=True)
    lock = (SOURCE / "package-lock.json").read_bytes()
    done = TARGET / "installed.json"
    with open(TARGET / "lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not done.exists() or done.read_bytes() != lock:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(SOURCE / name, TARGET / name)
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund"],
                           cwd=TARGET, check=True, timeout=300,
                           stdin=subprocess.DEVNULL, capture_output=True)
            done.write_bytes(lock)
    return TARGET / "node_modules"


def node(modules):
    """A Node new enough for every package here: npm's own, if it is there."""
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    ours = pathlib.Path(modules) / f"node-linux-{arch}" / "bin" / "node"
    return str(ours) if ours.exists() else shutil.which("node")


def run(modules, script, *arguments, timeout=60):
    """Runs a script of t/node; gives what it printed."""
    done = subprocess.run([node(modules), str(SOURCE / script), *arguments],
                          env={**os.environ, "NODE_PATH": str(modules)},
                          stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
