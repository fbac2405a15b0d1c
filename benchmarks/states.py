"""What the log says in a bad night: `python -m benchmarks.states` prints it, line by line.

A real bridge with two worker processes stands before the sandbox, which refuses the worker application, throttles,
forbids, asks for a long pause, is cut off and comes back; requests go on all the while. Lines of requests that went
well are only counted. Knows how both are started and made to fail, and nothing of how the bridge works.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

from scimbridge.demo import find_free_port
from scimbridge.sandbox import Sandbox, describe

TOKEN = "the-token-of-this-run"  # noqa: S105 - of a bridge that lives for a minute
THREADS = 4
PATIENCE = 60.0


class Bridge:
    """A bridge with two workers, and what it has logged."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.port = find_free_port(18080)
        self.settings = folder / "settings.toml"
        self.write_settings(50)
        self.log = folder / "log"
        others = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
        own = {
            "SCIMBRIDGE_BEARER_TOKEN": TOKEN,
            "SCIMBRIDGE_CONFIG": str(self.settings),
            "STATE_DIRECTORY": str(folder),
        }
        command = [sys.executable, "-m", "scimbridge.cli", "serve", "--workers", "2", "--port", str(self.port)]
        with self.log.open("wb") as written:
            environ = others | describe(sandbox) | own
            self.process = subprocess.Popen(command, stderr=written, env=environ)  # noqa: S603 - the command is ours
        self._read = 0

    def write_settings(self, rate: int) -> None:
        """Write the settings file."""
        self.settings.write_text(f"pingone_rate = {rate}\n")

    def ask(self, path: str) -> tuple[int, str | None]:
        """Return status and Retry-After of a GET; 0 where nobody answers."""
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
                connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
                answer = connection.getresponse()
                answer.read()
                return answer.status, answer.headers["Retry-After"]
        except OSError:
            return 0, None

    def lines(self) -> Iterator[dict[str, object]]:
        """Yield what was logged since the last time."""
        text = self.log.read_text()
        fresh, self._read = text[self._read :], len(text)
        yield from (json.loads(line) for line in fresh.splitlines())

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)


def main() -> None:
    """Run the night and print it."""
    with Sandbox.start(seed=50) as sandbox, tempfile.TemporaryDirectory() as folder:
        bridge = Bridge(sandbox, Path(folder))
        try:
            _await(lambda: bridge.ask("/scim/v2/Users?count=1")[0] == 200)  # noqa: PLR2004 - as HTTP says
            time.sleep(1)
            _show("start", bridge, Counter())
            for name, trouble, path in _troubles(sandbox):
                with trouble():
                    _phase(name, bridge, path, seconds=8)
                _phase(f"{name}: over", bridge, path, seconds=14)
            bridge.write_settings(20)
            _reload(bridge, "SIGHUP with another rate")
            bridge.settings.write_text('pingone_rate = "fast"\npage_size = 150\n')
            _reload(bridge, "SIGHUP with a faulty file")
        finally:
            bridge.stop()


def _troubles(sandbox: Sandbox) -> list[tuple[str, Callable[[], object], str]]:
    faults, tokens = sandbox.faults, sandbox.tokens
    user = next(iter(sandbox.directory.users))["id"]

    @contextmanager
    def refused() -> Iterator[None]:
        before = tokens.credentials
        tokens.credentials = replace(before, client_secret="another")  # noqa: S106 - made up
        tokens.revoke_all()
        yield
        tokens.credentials = before

    def broken(**settings: object) -> Callable[[], object]:
        @contextmanager
        def trouble() -> Iterator[None]:
            faults.set(**settings)
            yield
            faults.clear()

        return trouble

    def planned(status: int, path: str) -> Callable[[], object]:
        @contextmanager
        def trouble() -> Iterator[None]:
            faults.plan("error", "GET", path, times=1_000_000, status=status)
            yield
            faults.clear()

        return trouble

    users, one = "/scim/v2/Users?count=1", f"/scim/v2/Users/{user}"
    return [
        ("the application is refused and its tokens revoked", refused, users),
        ("throttled to 5 calls a second", broken(rate=5.0), users),
        ("throttled, with a pause of 20 s", broken(rate=0.01, retry_after=20), users),
        ("forbidden: one user", planned(403, "/users/"), one),
        ("502 for everything", broken(error_share=1.0, error_statuses=[502], token_endpoint=True), users),
        ("cut off", broken(drop_before_share=1.0, token_endpoint=True), users),
    ]


def _phase(name: str, bridge: Bridge, path: str, seconds: float) -> None:
    """Let requests go on for so long, and print what was logged."""
    until, seen = time.monotonic() + seconds, Counter[str]()

    def ask(_number: int) -> None:
        while time.monotonic() < until:
            status, again = bridge.ask(path)
            seen[f"{status}{'' if again is None else ' with Retry-After'}"] += 1
            time.sleep(0.05)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(THREADS)))
    status = bridge.ask("/health/ready")[0]
    _show(name, bridge, seen)
    print(f"   /health/ready: {status}")  # noqa: T201 - what this prints is what it is for


def _reload(bridge: Bridge, name: str) -> None:
    bridge.process.send_signal(signal.SIGHUP)
    time.sleep(4)
    _show(name, bridge, Counter())


def _show(name: str, bridge: Bridge, seen: Counter[str]) -> None:
    """Print the lines; of requests that failed the first of each kind, of those that did well only the number."""
    requests: Counter[str] = Counter()
    print(f"\n== {name}; answers: {dict(seen)}")  # noqa: T201 - as above
    for line in bridge.lines():
        fields = {key: value for key, value in line.items() if key not in ("timestamp", "logger")}
        if line["event"] == "request":
            kind = f"{line['level']} {line['status']} {line.get('cause', '')}"
            requests[kind] += 1
            if line["level"] == "info" or requests[kind] > 1:
                continue
        moment = str(line["timestamp"])[11:23]
        print(f"   {moment} {json.dumps(fields)}")  # noqa: T201 - as above
    print(f"   request lines: {dict(requests)}")  # noqa: T201 - as above


def _await(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the bridge did not start")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
