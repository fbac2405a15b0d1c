"""`python -m benchmarks.lockout`: what others notice while somebody tries to take every thread and every connection.

Starts a sandbox with PingOne's latency and a bridge with two clients, measures one client alone, then again under each
attack, and writes a table. Knows HTTP and sockets; nothing of how the bridge defends itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import socket
import ssl
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import click

from benchmarks.report import describe_machine
from benchmarks.stand import HOST, _await_port, _free_port, _read_settings, _run

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
HEALTH = ("GET /health/live", "GET /health/ready", "GET /metrics")
SOCKETS = 36
NEW_EACH_SECOND = 1.5


@dataclass(frozen=True, slots=True)
class Bridge:
    """Where the bridge answers, its clients' secrets by name, and the users and groups that there are."""

    port: int
    context: ssl.SSLContext | None
    secrets: Mapping[str, str]
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    own_group: str = ""

    def connect(self) -> HTTPConnection:
        """Return a connection over which nothing was sent."""
        if self.context is None:
            return HTTPConnection(HOST, self.port, timeout=120)
        return HTTPSConnection(HOST, self.port, timeout=120, context=self.context)

    def ask(self, client: str, method: str, path: str, body: object = None) -> tuple[int, float, bytes]:
        """Return status, seconds and content of one request over a connection of its own."""
        began = time.perf_counter()
        with contextlib.closing(self.connect()) as connection:
            headers = {"Content-Type": "application/scim+json"}
            if client:
                headers["Authorization"] = f"Bearer {self.secrets[client]}"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        return answer.status, time.perf_counter() - began, content


@dataclass(frozen=True, slots=True)
class Figure:
    """What one kind of request took, in milliseconds, under one attack."""

    attack: str
    work: str
    times: int
    failed: int
    p50: float
    p95: float
    slowest: float


# -- the attacks -------------------------------------------------------------------------------------------------------


def _hold_sockets(bridge: Bridge, first: bytes, drip: bytes, stop: threading.Event) -> None:
    """Keep SOCKETS connections that have sent `first` and then send a bit of `drip` each second; open more and more."""
    held: list[socket.socket] = []
    due = time.monotonic()
    while not stop.wait(0.05):
        now = time.monotonic()
        while len(held) < SOCKETS or now >= due:
            due = max(due, now) + 1 / NEW_EACH_SECOND if len(held) >= SOCKETS else due
            with contextlib.suppress(OSError):
                held.append(socket.create_connection((HOST, bridge.port), timeout=5))
                held[-1].sendall(first)
        for each in tuple(held):
            if not _is_kept(each, drip):
                each.close()
                held.remove(each)
    for each in held:
        each.close()


def _is_kept(sock: socket.socket, drip: bytes) -> bool:
    """Send a little more, and say whether the other side still listens."""
    try:
        sock.setblocking(False)
        if drip:
            sock.send(drip)
        return bool(sock.recv(4096))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _half_heads(bridge: Bridge, stop: threading.Event) -> None:
    _hold_sockets(bridge, b"GET /scim/v2/Users HTTP/1.1\r\nHost: a\r\n", b"", stop)


def _slow_bodies(bridge: Bridge, stop: threading.Event) -> None:
    head = b"POST /scim/v2/Users HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"
    _hold_sockets(bridge, head, b" ", stop)


def _half_handshakes(bridge: Bridge, stop: threading.Event) -> None:
    _hold_sockets(bridge, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", stop)


def _group_changes(bridge: Bridge, stop: threading.Event) -> None:
    """Send 40 long group changes of one client, each anew as soon as it is answered."""

    def change(group: str) -> None:
        op = "add"
        while not stop.is_set():
            members = [{"value": user} for user in bridge.users[:200]]
            body = {"schemas": [PATCH_OP], "Operations": [{"op": op, "path": "members", "value": members}]}
            status, _seconds, _content = bridge.ask("greedy", "PATCH", f"/scim/v2/Groups/{group}", body)
            if status in (429, 503):
                stop.wait(1)
            op = "remove" if op == "add" else "add"

    with ThreadPoolExecutor(len(bridge.groups)) as pool:
        list(pool.map(change, bridge.groups))


Attack = Callable[[Bridge, threading.Event], None]


# -- what others notice ------------------------------------------------------------------------------------------------


def _measure(bridge: Bridge, attack: str, seconds: float) -> list[Figure]:
    """Send the other client's requests, and those for health and metrics, in turn for so long."""
    taken: dict[str, list[float]] = {}
    failed: dict[str, int] = {}
    until = time.monotonic() + seconds
    number = 0
    while time.monotonic() < until:
        number += 1
        user = bridge.users[-1 - number % 50]
        disable = {
            "schemas": [PATCH_OP],
            "Operations": [{"op": "replace", "path": "active", "value": "False" if number % 2 else False}],
        }
        own = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]}
        asks = [
            ("GET one user", "other", "GET", f"/scim/v2/Users/{user}", None),
            ("disable one user", "other", "PATCH", f"/scim/v2/Users/{user}", disable),
            ("one member into a group", "other", "PATCH", f"/scim/v2/Groups/{bridge.own_group}", own),
        ]
        asks += [(word, "", *word.split(" "), None) for word in HEALTH]  # type: ignore[misc]
        for work, client, method, path, body in asks:
            taken.setdefault(work, [])
            failed.setdefault(work, 0)
            try:
                status, spent, _content = bridge.ask(client, method, path, body)
            except OSError:
                status, spent = 0, 0.0
            if status in (200, 204):
                taken[work].append(spent * 1000)
            else:
                failed[work] += 1
    return [_figure(attack, work, times, failed[work]) for work, times in taken.items()]


def _figure(attack: str, work: str, times: list[float], failed: int) -> Figure:
    if len(times) < 2:  # noqa: PLR2004 - as quantiles need
        return Figure(attack, work, len(times), failed, float("nan"), float("nan"), float("nan"))
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return Figure(attack, work, len(times), failed, statistics.median(times), cuts[-1], max(times))


def _under(bridge: Bridge, name: str, attack: Attack | None, seconds: float) -> list[Figure]:
    """Measure under an attack that has had two seconds to fill what there is."""
    stop = threading.Event()
    thread = threading.Thread(target=attack or (lambda _bridge, _stop: None), args=(bridge, stop), daemon=True)
    thread.start()
    if attack is not None:
        stop.wait(2)
    try:
        return _measure(bridge, name, seconds)
    finally:
        stop.set()
        thread.join(120)


# -- the stand ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _serve(latency: float, rate: float, *, tls: bool) -> Iterator[Bridge]:
    """Run a sandbox and a bridge with the clients `greedy` and `other`."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scimbridge-lockout-")))
        sandbox_port = str(_free_port())
        words = ["-m", "scimbridge.cli", "sandbox", "--port", sandbox_port, "--users", "400"]
        sandbox = stack.enter_context(_run([*words, "--fault", f"latency={latency}"], {}, stdout=True))
        known = {name: f"scb_{name[:5]}_{secrets.token_urlsafe(32)}" for name in ("greedy", "other")}
        (folder / "clients.toml").write_text("".join(_client(name, secret) for name, secret in known.items()))
        environ = _read_settings(sandbox) | {
            "SCIMBRIDGE_CLIENTS": str(folder / "clients.toml"),
            "SCIMBRIDGE_LOG_LEVEL": "error",
            "SCIMBRIDGE_PINGONE_RATE": str(rate),
            "STATE_DIRECTORY": str(folder),
        }
        port = _free_port()
        options = ["--host", HOST, "--port", str(port), "--threads", "32"]
        context = None
        if tls:
            _make_certificate(folder)
            options += ["--certfile", str(folder / "cert.pem"), "--keyfile", str(folder / "key.pem")]
            context = ssl.create_default_context(cafile=folder / "cert.pem")
        stack.enter_context(_run(["-m", "scimbridge.cli", "serve", *options], environ))
        _await_port(port)
        yield _fill(Bridge(port, context, known))


def _client(name: str, secret: str) -> str:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return (
        f'[clients.{name}]\nscopes = ["users:read", "users:write", "groups:read", "groups:write"]\n'
        f'[[clients.{name}.secrets]]\nid = "{name[:5]}"\nsha256 = "{digest}"\ncreated = 2026-01-01T00:00:00Z\n'
    )


def _make_certificate(folder: Path) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([*words.split(), *files], check=True, capture_output=True)  # noqa: S603 - the command is ours


def _fill(bridge: Bridge) -> Bridge:
    """Make 40 groups, and return the bridge with them and with its users."""
    listed = json.loads(bridge.ask("other", "GET", "/scim/v2/Users?count=400&attributes=id")[2])
    users = tuple(each["id"] for each in listed["Resources"])
    schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
    made = []
    for number in range(41):
        body = {"schemas": schemas, "displayName": f"Lock-out {number}"}
        made.append(json.loads(bridge.ask("greedy", "POST", "/scim/v2/Groups", body)[2])["id"])
    return Bridge(bridge.port, bridge.context, bridge.secrets, users, tuple(made[1:]), made[0])


def _table(figures: list[Figure]) -> str:
    lines = [
        "| attack | request of others | times | failed | p50 ms | p95 ms | slowest ms | p95 to alone |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    alone: dict[str, float] = {}
    for each in figures:
        if each.attack.startswith("none"):
            alone[each.work] = each.p95
        lines.append(
            f"| {each.attack} | {each.work} | {each.times} | {each.failed} | {each.p50:.1f} | {each.p95:.1f}"
            f" | {each.slowest:.1f} | {each.p95 / alone[each.work]:.2f} |"
        )
    return "\n".join(lines)


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="How long others are measured under each attack.")
@click.option("--latency", default=0.05, show_default=True, help="Seconds that PingOne takes for each call.")
@click.option("--rate", default=50.0, show_default=True, help="Calls to PingOne a second.")
def main(seconds: float, latency: float, rate: float) -> None:
    """Measure one client alone and under each attack."""
    figures: list[Figure] = []
    plain: list[tuple[str, Attack | None]] = [
        ("none", None),
        (f"{SOCKETS} sockets with half a head", _half_heads),
        (f"{SOCKETS} sockets with a slow body", _slow_bodies),
        ("40 long group changes of one client", _group_changes),
    ]
    secured: list[tuple[str, Attack | None]] = [
        ("none, with TLS", None),
        (f"{SOCKETS} sockets with half a TLS handshake", _half_handshakes),
    ]
    for attacks in (plain, secured):
        with _serve(latency, rate, tls=attacks is secured) as bridge:
            alone = _under(bridge, *attacks[0], seconds)
            found = [figure for attack in attacks[1:] for figure in _under(bridge, *attack, seconds)]
        figures += alone + found
    stand = f"32 threads, PingOne at {latency * 1000:.0f} ms and {rate:.0f} calls a second"
    click.echo(f"Measured on {describe_machine()}; {stand}.")
    click.echo(_table(figures))


if __name__ == "__main__":
    main()
