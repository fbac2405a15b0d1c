"""The bridge and a PingOne of its own on one machine, to try things out: what `make demo` shows.

Two programs that speak real HTTP: the sandbox in threads of this process, the bridge under gunicorn in a
child. Knows how they are started, awaited and stopped, and nothing of SCIM beyond a few example requests.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scimbridge.access.last_use import LastUses
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.ops.clients import ClientsFile, Wish
from scimbridge.sandbox import Sandbox, describe

HOST = "127.0.0.1"
USERS = 250
"""More than two pages of PingOne's, so that paging shows."""
PORTS = 100
"""How many ports after the first are tried."""
READY_SECONDS = 60.0
STOP_SECONDS = 75.0
"""More than the bridge gives requests under way; an idle one stops at once."""

# What an operator may try out in the demo. All else stays outside: the demo never speaks to a real PingOne.
_PREFIX = "SCIMBRIDGE_"
_PASSED_ON = tuple(f"{_PREFIX}{name}" for name in ("DATETIME_OFFSET", "LOG_LEVEL", "MAPPINGS", "PAGE_SIZE", "STRICT"))

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_CREATE = (
    '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada.lovelace",'
    ' "name": {"givenName": "Ada", "familyName": "Lovelace"},'
    ' "emails": [{"value": "ada@example.org", "type": "work", "primary": true}], "active": true}'
)
_LOCK = '{"match": {"attributes": ["userName"], "identifier": "ada.lovelace"}, "unlockAt": "2099-01-01T00:00:00Z"}'
CLIENTS = "clients.toml"
DESK = "help-desk"
"""The client that may call every operation; the token has no right to any of them."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bridge of a demo answers, the token that opens it, and the secret of who may call operations."""

    base: str
    token: str
    secret: str

    def examples(self) -> tuple[str, ...]:
        """Return four command lines: list, create, filter, and an operation on who was created."""
        curl, desk = (f"curl -sS -H 'Authorization: Bearer {shown}'" for shown in (self.token, self.secret))
        return (
            f"{curl} '{self.base}/Users?startIndex=1&count=5'",
            f"{curl} -H 'Content-Type: application/scim+json' -d '{_CREATE}' '{self.base}/Users'",
            f"{curl} -G --data-urlencode 'filter=userName sw \"ada\" and active eq true' '{self.base}/Users'",
            f"{desk} -H 'Content-Type: application/scim+json' -d '{_LOCK}' '{self.base}/Users/.lock'",
        )


def run(first_port: int, environ: Mapping[str, str], write: Callable[[str], object]) -> int:
    """Run the demo until SIGINT or SIGTERM, and leave no process behind. Return the exit code."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if unused := unused_settings(environ):
        write(f"Not used, since the demo has a PingOne and a token of its own: {', '.join(unused)}")
    port = find_free_port(first_port)
    token = secrets.token_urlsafe(24)
    with (
        Sandbox.start(seed=USERS) as sandbox,
        tempfile.TemporaryDirectory(prefix="scimbridge-demo-") as folder,
        _bridge(port, bridge_environment(environ, sandbox, token) | _kept_in(folder)) as bridge,
    ):
        address = Address(f"http://{HOST}:{port}/scim/v2", token, add_desk(Path(folder, CLIENTS)))
        ready = _await_ready(address, bridge, stop)
        if ready:
            write(_greeting(address, sandbox.url))
        while ready and bridge.poll() is None and not stop.wait(0.5):
            pass
    if stop.is_set():
        write("Stopped.")
        return 0
    write(f"The bridge {'ended by itself' if ready else 'did not start'}; its log above says why.")
    return 1


def find_free_port(first: int) -> int:
    """Return the first port from `first` on that can be listened at, else any that can."""
    for port in (*range(first, min(first + PORTS, 65536)), 0):
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn will
            try:
                probe.bind((HOST, port))
                probe.listen()
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError("no port can be listened at")


def bridge_environment(environ: Mapping[str, str], sandbox: Sandbox, token: str) -> dict[str, str]:
    """Return the environment of the bridge: settings for the sandbox and none for anything else."""
    others = {name: value for name, value in environ.items() if not name.startswith(_PREFIX)}
    passed_on = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {
        **others,
        "SCIMBRIDGE_LOG_LEVEL": "warning",
        **passed_on,
        **describe(sandbox),
        "SCIMBRIDGE_BEARER_TOKEN": token,
    }


def unused_settings(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the settings in `environ` that a demo does not use."""
    return sorted(name for name in environ if name.startswith(_PREFIX) and name not in _PASSED_ON)


def add_desk(file: Path) -> str:
    """Make the client with every right, those that are only given by name among them. Return its secret."""
    wish = Wish(name=DESK, scopes=tuple(sorted(ALL_SCOPES)))
    return (
        ClientsFile(file, time.time, os.urandom, lambda _secrets: LastUses({})).add(wish, lambda _hidden: []).secret
        or ""
    )


def _kept_in(folder: str) -> dict[str, str]:
    """Let the bridge keep clients and what it knows where it goes with the demo: the next one has another PingOne."""
    clients = Path(folder, CLIENTS)
    clients.touch(mode=0o600)
    return {"STATE_DIRECTORY": folder, f"{_PREFIX}CLIENTS": str(clients)}


@contextlib.contextmanager
def _bridge(port: int, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    serve = (sys.executable, "-m", "scimbridge.cli", "serve", "--host", HOST, "--port", str(port))
    process = subprocess.Popen(serve, env=environ, stdin=subprocess.DEVNULL)  # noqa: S603 - the command is ours
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(address: Address, bridge: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    """Ask for one user until the bridge gives it, which takes a token and a call to the sandbox."""
    deadline = time.monotonic() + READY_SECONDS
    request = urllib.request.Request(  # noqa: S310 - the URL is ours
        f"{address.base}/Users?count=1", headers={"Authorization": f"Bearer {address.token}"}
    )
    while bridge.poll() is None and time.monotonic() < deadline and not stop.wait(0.1):
        try:
            with _DIRECT.open(request, timeout=10):
                return True
        except OSError:  # not listening yet, or not ready (an HTTPError is one too)
            continue
    return False


def _greeting(address: Address, sandbox_url: str) -> str:
    examples = "\n\n".join(address.examples())
    return (
        "\nThe bridge is ready, and a small company is in the PingOne sandbox behind it.\n\n"
        f"SCIM base URL:   {address.base}\n"
        f"Bearer token:    {address.token}\n"
        f"Client {DESK}: {address.secret} (may call every operation)\n"
        f"PingOne sandbox: {sandbox_url}\n\n"
        f"Try:\n\n{examples}\n\n"
        "Ctrl-C stops both.\n"
    )
