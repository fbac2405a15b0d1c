"""The clients as they are now: the clients file is looked at once a second, and a change is taken up without a restart.

What asks pays an attribute and a clock: no lock, no file. Once a second one of the threads looks; the others go on with
what is there. Knows files and snapshots, and nothing of requests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from scimbridge.access.clients import Client, ClientFaults, Clients, read_clients
from scimbridge.observe.logs import named

SECONDS = 1.0
"""How often the file is looked at, at most."""
_TOLD = 20  # faults in one line of the log

Stamp = tuple[int, int, int, int]
Check = Callable[[Clients], list[str]]

log = named(__name__)


class Register:
    """The clients of a file, and the one of the bearer token (`own`).

    `clock` counts seconds (time.monotonic); `check` says what else is wrong with a snapshot, such as hidden attributes
    that no table has. Making it reads the file; raises `ClientFaults` where that is faulty, or where there is no client
    at all. Afterwards a faulty or vanished file changes nothing: it is logged, and the last good clients stay. A file
    without clients is not faulty then: the last one was revoked.
    """

    def __init__(self, path: Path | None, own: Client | None, *, clock: Callable[[], float], check: Check) -> None:
        self._path = path
        self._own = own
        self._clock = clock
        self._check = check
        self._turn = threading.Lock()
        self._told: object = None
        self._stamp: Stamp | None = None
        self._clients = Clients(own=own)
        if path is not None:
            try:
                self._stamp = _stamp(path)
                self._clients = self._read(path)
            except OSError as error:
                raise ClientFaults([f"{path} cannot be read ({error.strerror}); name a readable file"]) from None
            except ClientFaults as error:
                raise ClientFaults(f"{path}: {fault}" for fault in error.faults) from None
        if faults := nobody(self._clients):
            raise ClientFaults(faults if path is None else [f"{path}: {fault}" for fault in faults])
        self._next = clock() + SECONDS

    def current(self) -> Clients:
        """Return the clients as they are now, or were at most a second ago."""
        if self._path is not None and self._clock() >= self._next and self._turn.acquire(blocking=False):
            try:
                self._next = self._clock() + SECONDS
                self._look(self._path)
            finally:
                self._turn.release()
        return self._clients

    def _look(self, path: Path) -> None:
        try:
            # Looked at before it is read: what changes in between is seen as a change the next time.
            stamp = _stamp(path)
            if stamp == self._stamp:
                return
            clients = self._read(path)
        except OSError as error:
            # Not remembered, so that it is read as soon as that can be done again.
            self._stamp = None
            self._tell(error.errno, [str(error.strerror)])
            return
        except ClientFaults as error:
            self._stamp = stamp
            self._tell(stamp, error.faults)
            return
        self._stamp, self._clients, self._told = stamp, clients, None
        log.info("clients read anew", clients=len(clients.clients))

    def _read(self, path: Path) -> Clients:
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ClientFaults(["it is not UTF-8, which TOML is written in"]) from None
        clients = replace(read_clients(text), own=self._own)
        faults = self._check(clients)
        if faults:
            raise ClientFaults(faults)
        return clients

    def _tell(self, what: object, faults: list[str]) -> None:
        if what != self._told:
            self._told = what
            log.error("clients file not taken up, the last good one stays", file=str(self._path), faults=faults[:_TOLD])


def nobody(clients: Clients) -> list[str]:
    """Return what is wrong at a start where nobody could log in; `check` says the same as the start."""
    if clients.own is not None or clients.clients:
        return []
    return ["there is no client at all; make one with `scimbridge client add NAME`"]


def _stamp(path: Path) -> Stamp:
    """Return what changes when the file does; ctime also when somebody gives it other rights or an older date."""
    held = path.stat()
    return held.st_mtime_ns, held.st_ctime_ns, held.st_size, held.st_ino
