"""The machine that a check runs on: its variables, its files, its name, and where a check says what it waits for.

Read once at the edge and handed down, so that a test puts another machine in its place. Knows no PingOne.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge.access.jwks import Fetch
from scimbridge.ops.checking.tls import TlsFiles
from scimbridge.ops.checking.trying.throwaways import Signature
from scimbridge.settings.exposed import secret_files


def _nowhere(_sentence: str) -> None:
    """Say nothing."""


def _sign() -> Signature:
    host = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    return Signature(host, os.getpid(), _is_alive, lambda: secrets.token_hex(8))


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What of a machine is looked at. `fetch` gets key sets, None: as the bridge does; `tell` hears of long waits."""

    environ: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, Path], ...] = ()
    tls: TlsFiles = field(default_factory=TlsFiles)
    fetch: Fetch | None = None
    signature: Signature = field(default_factory=_sign)
    tell: Callable[[str], None] = _nowhere


def this_machine(environ: Mapping[str, str], tls: TlsFiles, tell: Callable[[str], None]) -> Machine:
    """Return this one, with the files that the variables name."""
    return Machine(environ=environ, files=tuple(secret_files(environ)), tls=tls, tell=tell)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # it is another user's, and runs
    return True
