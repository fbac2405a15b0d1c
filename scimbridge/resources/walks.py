"""Where a walk through a list stands: waymarks in `state`, so that the next page costs one call at any depth.

PingOne pages by opaque cursor only. A client of SCIM asks for a startIndex, which is a position of *its* walk: the
records that it has had stay behind it, whatever is deleted or added meanwhile. A mark therefore holds not a number of
records to skip but which records of the present PingOne page are passed already, and a tail of those before, by which
the place is found again when PingOne's cursor is dead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from scimbridge.state.base import State

LIFETIME = 900.0  # seconds that a walk may rest
TRAIL = 2048  # marks of one walk that are remembered
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window may start reading, and the trail of its walk as it was found there; None: not looked at."""

    mark: Mark
    trail: tuple[int, ...] | None = None


def stamp(asked: str | None) -> str:
    """Return a short text that stands for what PingOne is asked."""
    return blake2b((asked or "").encode(), digest_size=8).hexdigest()


class Walks:
    """The marks of one resource type's lists, by query and client.

    `observe` is told where each window behind the first begins: at its "waymark", at one "before" it, at the "start".
    """

    def __init__(self, state: State, observe: Callable[[str], None] = lambda _begun: None) -> None:
        self._state = state
        self._observe = observe

    @staticmethod
    def name(parts: Iterable[str]) -> str:
        """Return the key of a walk: what is asked, and by whom."""
        return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()

    def nearest(self, walk: str, position: int) -> Place:
        """Return the mark at a position, else the last one before it, else the start.

        Costs one look at the state where the walk goes on, and none at its start.
        """
        if position <= 0:
            return Place(START)
        key = f"mark:{walk}"
        exact, listed = self._state.get_many((f"{key}:{position}", key))
        trail = _positions(listed)
        if exact is not None:
            self._observe("waymark")
            return Place(_read(exact), trail)
        for before in sorted((each for each in trail if each < position), reverse=True):
            held = self._state.get(f"{key}:{before}")
            if held is not None:
                self._observe("before")
                return Place(_read(held), trail)
        self._observe("start")
        return Place(START, trail)

    def keep(self, walk: str, mark: Mark, place: Place) -> None:
        """Remember where the window that started at `place` ended. Costs one write, in a very long walk one more.

        A walk that starts again writes its own marks over the old ones.
        """
        key = f"mark:{walk}"
        trail = _positions(self._state.get(key)) if place.trail is None else place.trail
        # By age and not by position: a walk that starts again needs its new marks at the front, not the old ones.
        positions = [*(place for place in trail if place != mark.position), mark.position]
        passed, kept = positions[:-TRAIL], positions[-TRAIL:]
        self._state.set_many({f"{key}:{mark.position}": orjson.dumps(mark.dump()), key: orjson.dumps(kept)}, LIFETIME)
        for position in passed:  # so that what is kept of a walk does not grow with it
            self._state.delete(f"{key}:{position}")


def _positions(listed: bytes | None) -> tuple[int, ...]:
    return () if listed is None else tuple(orjson.loads(listed))


def _read(held: bytes) -> Mark:
    return Mark.load(orjson.loads(held))
