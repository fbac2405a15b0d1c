"""How long fuzzing lasts, what is odd enough to be sent, and a bridge under gunicorn to send it to.

Without FUZZ_SECONDS each fuzzer is a short test with the same examples in every run; with it (`make fuzz`) all of them
together look for new ones for about that many seconds.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.sandbox import Sandbox

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
ROUND = 500  # examples between two looks at the clock

# -- what is odd -------------------------------------------------------------------------------------------------------

PIECES = (
    "userName", "emails", "name.givenName", "addresses", "id", "meta.lastModified", "members", "value", "type", "$ref",
    "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:pingidentity:schemas:extension:2.0:PingOneUser:population.id", "urn:", ":", "eq", "ne", "co", "sw", "ew", "gt",
    "ge", "lt", "le", "pr", "and", "or", "not", "NOT(", "(", ")", "[", "]", '[type eq "work"]', ".", "..", ",", " ",
    "\t", "\n", '"', '"a"', '"work"', "\\", '"\\u0000"', '"\\ud800"', "\ud800", "\x00", "\u202e", "\U0001f600", "é",
    "true", "FALSE", "null", "0", "-1", "1e999", "1" * 400, "0.1", "--", ";", ";;", "[a;; b]", "'", "%", "%2e%2e",
    "../", "bulkId:1", "bulkId:", "*", "{", "}", "id eq 5c2d7f1e and manager eq 2819c223", "\u2028", "A" * 3000,
)  # fmt: skip
KEYS = (
    "schemas", "Operations", "op", "path", "value", "userName", "USERNAME", "name", "emails", "phoneNumbers", "active",
    "password", "displayName", "members", "groups", "meta", "id", "externalId", "type", "primary", "customData", "data",
    "method", "bulkId", "version", "failOnErrors", "filter", "attributes", "excludedAttributes", "startIndex", "count",
    "cursor", "sortOrder", "urn:ietf:params:scim:schemas:core:2.0:User", "costCentres", "skills", "population",
    "urn:pingidentity:schemas:extension:2.0:PingOneUser", "urn:ietf:params:scim:schemas:core:2.0:User:title",
)  # fmt: skip

ANY_TEXT = st.text(st.characters(), max_size=60)  # every code point, also halves of surrogate pairs
JOINED = st.lists(st.sampled_from(PIECES) | ANY_TEXT, max_size=14).flatmap(
    lambda parts: st.sampled_from(("", " ")).map(lambda blank: blank.join(parts))
)
REPEATED = st.builds(
    lambda start, piece, count, end: start + piece * count + end,
    st.sampled_from(PIECES), st.sampled_from(PIECES).filter(lambda piece: len(piece) < 60), st.integers(1, 3000),
    st.sampled_from(PIECES),
)  # fmt: skip
TEXTS = ANY_TEXT | JOINED | REPEATED
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**400, -(10**40), 1e308, 2**63])
NAMES = st.sampled_from(KEYS) | JOINED
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | JOINED | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


def explore(check: Callable[[Any], None], examples: Any, *, share: float, settled: int = 120) -> int:
    """Check examples: a few settled ones, or new ones for a share of the time. Returns how many there were."""
    count = 0
    quiet = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))

    def go(chosen: settings) -> None:
        def counted(example: Any) -> None:
            nonlocal count
            count += 1
            check(example)

        chosen(given(examples)(counted))()

    end = time.monotonic() + SECONDS * share
    if not SECONDS:
        go(settings(quiet, max_examples=settled, derandomize=True))
    while time.monotonic() < end:
        go(settings(quiet, max_examples=ROUND, derandomize=False))
    print(f"\n{count} examples")  # noqa: T201 - the figures are a part of fuzzing
    return count


# -- the bridge --------------------------------------------------------------------------------------------------------


@dataclass
class Bridge:
    """A bridge under gunicorn in a process of its own, with a sandbox behind it."""

    port: int
    token: str
    log: Path
    process: subprocess.Popen[bytes]
    sandbox: Sandbox

    def ask(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Ask as a well-behaved client does."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}", **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def is_well(self) -> bool:
        """Whether it answers as it should."""
        try:
            return self.ask("/scim/v2/Users?count=1")[0] == 200
        except (OSError, HTTPException):
            return False

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]

    def memory(self) -> int:
        """Return what the workers hold in memory, bytes."""
        held = 0
        for worker in self.workers():
            match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text(encoding="ascii"))
            held += int(match[1]) * 1024 if match else 0
        return held

    def told(self) -> str:
        """Return what it wrote to its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def secrets(self) -> list[str]:
        """Return what must be in no answer and no line of the log."""
        return [self.token, self.sandbox.client_secret]

    def stop(self) -> None:
        """End it as a supervisor does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        finally:
            self.process.kill()


@pytest.fixture(scope="module")
def bridge(tmp_path_factory) -> Iterator[Bridge]:
    """A bridge with one worker, so that what happens to it is seen in one place."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    token = secrets.token_urlsafe(24)
    log = tmp_path_factory.mktemp("fuzz") / "log"
    with Sandbox.start(seed=60) as sandbox, log.open("wb") as lines:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMBRIDGE_")}
        environment |= {
            "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": sandbox.environment_id,
            "SCIMBRIDGE_PINGONE_CLIENT_ID": sandbox.client_id,
            "SCIMBRIDGE_PINGONE_CLIENT_SECRET": sandbox.client_secret,
            "SCIMBRIDGE_PINGONE_API_URL": sandbox.url,
            "SCIMBRIDGE_PINGONE_AUTH_URL": sandbox.url,
            "SCIMBRIDGE_BEARER_TOKEN": token,
            "SCIMBRIDGE_PINGONE_RATE": "10000",
            "SCIMBRIDGE_LOG_LEVEL": "debug",
        }
        command = [sys.executable, "-m", "scimbridge.cli", "serve", "--port", str(port), "--workers", "1",
                   "--threads", "8"]  # fmt: skip
        process = subprocess.Popen(command, env=environment, stderr=lines, stdout=lines)
        found = Bridge(port, token, log, process, sandbox)
        try:
            while not found.is_well():
                assert process.poll() is None, found.told()
                time.sleep(0.05)
            yield found
        finally:
            found.stop()


def pretty(example: Any) -> str:
    """Return an example for a message, cut short."""
    return json.dumps(example, default=repr)[:2000]
