"""Where a walk through a list stands: waymarks in `state`, so that the next page costs one call at any depth.

PingOne pages by opaque cursor only. A client of SCIM asks for a startIndex, which is a position of *its* walk: the
records that it has had stay behind it, whatever is deleted or added meanwhile. A mark therefore holds not a number of
records to skip but which records of the present PingOne page are passed already, and a tail of those before, by which
the place is found again when PingOne's cursor is dead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from scimbridge.state.base import State

LIFETIME = 900.0  # seconds that a walk may rest
TRAIL = 512  # marks of one walk that are remembered
TAIL = 100  # passed records by which a place is found again


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a walk: `position` records of the answer are behind it.

    `href` leads to the PingOne page that holds the next record (None: the first page), `passed` are the ids on that
    page that are behind, `tail` the last ids behind it, in order. `total` is what the walk was told at its start.
    `asked` stands for what PingOne was asked: its pages answer that question and no other.
    """

    position: int
    href: str | None = None
    passed: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    total: int | None = None
    asked: str = ""

    def dump(self) -> dict[str, Any]:
        """Return the mark as JSON values."""
        return {"n": self.position, "h": self.href, "p": self.passed, "t": self.tail, "c": self.total, "q": self.asked}

    @classmethod
    def load(cls, value: dict[str, Any]) -> Mark:
        """Read a mark that `dump` wrote."""
        return cls(value["n"], value["h"], tuple(value["p"]), tuple(value["t"]), value["c"], value["q"])


START = Mark(0)


def stamp(asked: str | None) -> str:
    """Return a short text that stands for what PingOne is asked."""
    return blake2b((asked or "").encode(), digest_size=8).hexdigest()


class Walks:
    """The marks of one resource type's lists, by query and client."""

    def __init__(self, state: State) -> None:
        self._state = state

    @staticmethod
    def name(parts: Iterable[str]) -> str:
        """Return the key of a walk: what is asked, and by whom."""
        return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    def keep(self, walk: str, mark: Mark) -> None:
        """Remember a place. A walk that starts again writes its own marks over the old ones."""
        key = f"mark:{walk}"
        self._state.set(f"{key}:{mark.position}", orjson.dumps(mark.dump()), LIFETIME)
        trail = self._trail(key)
        if mark.position not in trail:
            trail = sorted([*trail, mark.position])[-TRAIL:]
            self._state.set(key, orjson.dumps(trail), LIFETIME)

    def nearest(self, walk: str, position: int) -> Mark:
        """Return the mark at a position, else the last one before it, else the start."""
        key = f"mark:{walk}"
        if position <= 0:
            return START
        held = self._state.get(f"{key}:{position}")
        if held is not None:
            return Mark.load(orjson.loads(held))
        for before in reversed([place for place in self._trail(key) if place < position]):
            held = self._state.get(f"{key}:{before}")
            if held is not None:
                return Mark.load(orjson.loads(held))
        return START

    def _trail(self, key: str) -> list[int]:
        held = self._state.get(key)
        return [] if held is None else list(orjson.loads(held))
