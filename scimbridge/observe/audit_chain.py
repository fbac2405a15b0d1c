"""How records are linked: each holds the hash of the one before it and its own, so that none can go unseen.

A chain is a random id and a number that grows by one. A file is one chain, whoever writes to it, and across rotation
(`audit_end`). A stream or a database is written by many at once without a look at what is there, so each writer has
chains of its own there. Knows neither files nor databases.

The hash is SHA-256, in lower-case hex, of the record as JSON without `hash`: names sorted, no blanks, UTF-8.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from scimbridge.observe.audit import Record

CHAIN, FILE, CUT = "chain", "file", "cut"
"""What a record begins: a chain, a file that goes on with one, or the rest behind a record that a crash cut off."""
ADDED_LATER = (
    "hash",
    "names",
)  # no part of what is hashed: the hash itself, and what `scimbridge audit` may show beside
MOST_AFTER = 64  # ends of other chains that a chain names at its beginning


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The last record of a chain: its number and its hash; 0 and nothing where there is none yet."""

    chain: str
    sequence: int = 0
    hash: str = ""

    def to_text(self) -> str:
        """Return it as a record may name it."""
        return f"{self.chain}:{self.sequence}:{self.hash}"

    @classmethod
    def from_text(cls, text: str) -> ChainEnd:
        """Read what `to_text` gave. Raises ValueError."""
        chain, sequence, hashed = text.split(":")
        return cls(chain, int(sequence), hashed)


def new_chain_id() -> str:
    """Return an id that no other chain has."""
    return uuid.uuid4().hex


def seal(record: Record, end: ChainEnd, begins: str = "", after: Iterable[str] = ()) -> Record:
    """Return a record with its place behind the end of a chain, and its hash."""
    place: dict[str, Any] = {"chain": end.chain, "sequence": end.sequence + 1}
    told = (("previous", end.hash), ("begins", begins), ("after", list(after)))
    place |= {name: value for name, value in told if value}
    hashed = digest(record.to_json() | place)
    return replace(record, **(place | {"after": tuple(place.get("after", ())), "hash": hashed}))


def digest(told: Mapping[str, Any]) -> str:
    """Return the hash that a record as JSON has to have. Raises TypeError for what is no JSON."""
    hashed = {name: value for name, value in told.items() if name not in ADDED_LATER}
    return hashlib.sha256(orjson.dumps(hashed, option=orjson.OPT_SORT_KEYS)).hexdigest()


def end_of(record: Record) -> ChainEnd:
    """Return the end of a chain that ends with this record."""
    return ChainEnd(record.chain, record.sequence, record.hash)


def _end_before(record: Record) -> ChainEnd:
    return ChainEnd(record.chain, record.sequence - 1, record.previous)


class OwnChains:
    """The chains of one writer, as many as it writes records at the same moment; none is ever written by another.

    A record is sealed by `seal`, and its chain is then taken until `written`, `unwritten` or `lost` says what became of
    it. A chain whose record may be written or not ends there, and the next chain names it.
    """

    def __init__(self, new_id: Callable[[], str], process: Callable[[], int] = os.getpid) -> None:
        self._new_id = new_id
        self._process = process
        self._owner = process()
        self._lock = threading.Lock()
        self._free: list[ChainEnd] = []
        self._after: tuple[str, ...] = ()

    def name_next(self, ends: Iterable[ChainEnd]) -> None:
        """Have the next chain name these ends of others, so that what they end with cannot go unseen."""
        with self._lock:
            self._remember(end.to_text() for end in ends)

    def seal(self, record: Record) -> Record:
        """Return the record at the end of a chain that nobody else writes to at the moment."""
        with self._lock:
            if self._owner != self._process():  # the chains of a process that was forked stay with it
                self._owner, self._free, self._after = self._process(), [], ()
            if self._free:
                return seal(record, self._free.pop())
            after, self._after = self._after, ()
        return seal(record, ChainEnd(self._new_id()), CHAIN, after)

    def written(self, record: Record) -> None:
        """Go on behind a record that is kept."""
        with self._lock:
            self._free.append(end_of(record))

    def unwritten(self, record: Record) -> None:
        """Go on as before a record that is surely not kept."""
        before = _end_before(record)
        with self._lock:
            if before.sequence:
                self._free.append(before)
            else:
                self._remember(record.after)

    def lost(self, record: Record) -> None:
        """End the chain of a record that may be kept or not."""
        before = _end_before(record)
        with self._lock:
            self._remember([before.to_text()] if before.sequence else record.after)

    def _remember(self, ends: Iterable[str]) -> None:
        self._after = (*self._after, *ends)[-MOST_AFTER:]
