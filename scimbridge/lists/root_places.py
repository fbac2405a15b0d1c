"""Where readers of all resource types stand: how many records of each type that is behind them they were given.

A window at the root begins in one of the types, as far behind its start as the types before it have given. How many
those have changes from walk to walk, so it is remembered at each position where a window ended. Several readers may
stand at one position, and nobody knows who asks: the earliest place serves, and stays until the last of them has asked.
Knows numbers, and nothing of records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from scimbridge.lists.walk_state import LIFETIME
from scimbridge.scim.errors import Unavailable
from scimbridge.scim.paging import Window
from scimbridge.state.base import State

MOST = 512  # places of one query that are remembered
_BUSY, _HELD = 10.0, 5.0  # seconds to wait for the others that write, and to write

Totals = tuple[int, ...]
"""How many records each type has given that was read to its end, in the order of the types."""


@dataclass(frozen=True, slots=True)
class _RootPlace:
    """A position where a window ended; `next` is where the one behind it ended, 0 where none was asked for."""

    position: int
    totals: Totals
    next: int
    until: float

    @property
    def lateness(self) -> tuple[int, int]:
        """How far on it is, against others of the same position."""
        return len(self.totals), -sum(self.totals)


class RootPlaces:
    """The places of all queries at the root. `wall` is in seconds since 1970."""

    def __init__(self, state: State, wall: Callable[[], float]) -> None:
        self._state = state
        self._wall = wall

    def find(self, walk: str, position: int) -> Totals:
        """Return what was given of the types before a position, as far as it is known."""
        there = [] if position == 1 else [each for each in self._read(walk) if each.position == position]
        return min(there, key=lambda each: each.lateness).totals if there else ()

    def keep(self, walk: str, window: Window, given: int, totals: Totals | None) -> None:
        """Remember where a window ended, `totals` being None at the end of all: its reader is through.

        Raises `Unavailable` where too many readers are at it.
        """
        begun, ended = window.start, window.start + given
        with self._state.lock(f"{walk}:places", _HELD, _BUSY) as taken:
            if not taken:
                msg = "too many requests walk through this list at once; send the request again"
                raise Unavailable(msg, retry_after=1)
            now = self._wall()
            places = [each for each in self._read(walk) if each.until > now]
            standing = [each for each in places if each.position == begun and not each.next]
            if standing:
                moving = max(standing, key=lambda each: each.lateness)
                if len(standing) == 1:  # its reader has had the answer that led there, and asks for it no more
                    places = [each for each in places if each.next != begun]
                places.remove(moving)
                places += [] if totals is None else [replace(moving, next=ended)]
            if totals is not None:
                new = _RootPlace(ended, totals, 0, now + LIFETIME)
                places = [*(each for each in places if replace(each, until=new.until) != new), new][-MOST:]
            self._write(walk, places)

    def _read(self, walk: str) -> list[_RootPlace]:
        held = self._state.get(f"{walk}:places")
        if held is None:
            return []
        return [
            _RootPlace(position, tuple(totals), after, until) for position, totals, after, until in orjson.loads(held)
        ]

    def _write(self, walk: str, places: Sequence[_RootPlace]) -> None:
        flat = [(each.position, each.totals, each.next, each.until) for each in places]
        self._state.set(f"{walk}:places", orjson.dumps(flat), LIFETIME)
