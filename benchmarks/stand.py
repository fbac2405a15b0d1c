"""The test stand: a sandbox, the bridge and a bare pass-through under the same gunicorn, each a process of its own.

Knows how they are started, asked for their size and stopped. Knows nothing of what is measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

HOST = "127.0.0.1"
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where something answers, and what its requests carry in Authorization. `path` comes before every target."""

    port: int
    authorization: str
    path: str


@dataclass(frozen=True, slots=True)
class Program:
    """One of the processes, with those that it started."""

    process: subprocess.Popen[str]

    def usage(self) -> tuple[float, float]:
        """Return processor seconds so far and resident megabytes, of the process and all below it."""
        seconds = megabytes = 0.0
        top = psutil.Process(self.process.pid)
        for each in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                seconds += times.user + times.system
                megabytes += each.memory_info().rss / 1e6
        return seconds, megabytes


@dataclass(frozen=True, slots=True)
class Stand:
    """Everything that answers. `settings` points a bridge at the sandbox."""

    direct: Address
    bridge: Address
    through: Address
    program: Program
    settings: Mapping[str, str]

    def steer(self, **faults: Any) -> None:
        """Set what the sandbox does to its callers, such as `latency` in seconds."""
        self._control("PUT", "faults", faults)

    def forget_calls(self) -> None:
        """Let the sandbox count from nothing."""
        self._control("DELETE", "journal")

    def calls(self) -> int:
        """Return how many calls the sandbox has answered since."""
        counts: dict[str, int] = json.loads(self._control("GET", "journal"))["counts"]
        return sum(counts.values())

    def _control(self, method: str, name: str, body: Any = None) -> bytes:
        request = urllib.request.Request(
            f"http://{HOST}:{self.direct.port}/_sandbox/{name}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the address is ours
            content: bytes = answer.read()
            return content


@contextlib.contextmanager
def build(users: int, *, workers: int, threads: int) -> Iterator[Stand]:
    """Start everything with a company of so many users, and stop it at the end."""
    with contextlib.ExitStack() as stack:
        port = _free_port()
        sandbox = stack.enter_context(
            _run(
                ["-m", "scimbridge.cli", "sandbox", "--port", str(port), "--users", str(users)],
                {},
                stdout=True,
            )
        )
        settings = _read_settings(sandbox)
        token = secrets.token_urlsafe(24)
        environ = {
            **settings,
            "SCIMBRIDGE_BEARER_TOKEN": token,
            "SCIMBRIDGE_PINGONE_RATE": "10000",
            "SCIMBRIDGE_LOG_LEVEL": "warning",
            "STATE_DIRECTORY": stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-bench-")),
        }
        options = ["--host", HOST, "--workers", str(workers), "--threads", str(threads), "--port"]
        bridge_port = _free_port()
        serve = ["-m", "scimbridge.cli", "serve", *options, str(bridge_port)]
        program = stack.enter_context(_run(serve, environ))
        through_port = _free_port()
        stack.enter_context(_run(["-m", "benchmarks.passthrough", *options, str(through_port)], environ))
        granted = _await_token(settings)
        home = f"/v1/environments/{settings['SCIMBRIDGE_PINGONE_ENVIRONMENT_ID']}"
        stand = Stand(
            direct=Address(port, f"Bearer {granted}", home),
            bridge=Address(bridge_port, f"Bearer {token}", "/scim/v2"),
            through=Address(through_port, "", ""),
            program=Program(program),
            settings=settings,
        )
        for address in (stand.bridge, stand.through):
            _await_port(address.port)
        yield stand


@contextlib.contextmanager
def _run(arguments: list[str], environ: Mapping[str, str], *, stdout: bool = False) -> Iterator[subprocess.Popen[str]]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        [sys.executable, *arguments],
        env={**others, "PYTHONUNBUFFERED": "1", **environ},
        stdout=subprocess.PIPE if stdout else subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read_settings(sandbox: subprocess.Popen[str]) -> dict[str, str]:
    """Return the settings that a starting sandbox announces."""
    settings: dict[str, str] = {}
    for line in sandbox.stdout or ():
        found = re.match(r"export (\w+)=(.+)", line)
        if found:
            settings[found[1]] = found[2].strip()
        if "SCIMBRIDGE_PINGONE_CLIENT_SECRET" in settings:
            return settings
    msg = "the sandbox did not start"
    raise RuntimeError(msg)


def _await_token(settings: Mapping[str, str]) -> str:
    from benchmarks.passthrough import fetch_token  # noqa: PLC0415 - it makes an application when it is run

    return fetch_token(settings)


def _await_port(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    msg = f"nothing listens at port {port}"
    raise RuntimeError(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
