"""Sessions of a user: PingOne has no call that ends all of them, and tells ten at a time (docs/pingone.md §15.5).

Knows nothing of how they are read and ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from scimbridge.pingone.errors import NotThere
from scimbridge.sides import Native

PATH, MEMBER = "/users/{id}/sessions", "sessions"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions were ended, and whether new ones came each time."""

    count: int
    is_all: bool


def end_each(read: Callable[[], Iterable[Native]], end: Callable[[str], object]) -> Ended:
    """End every session that is told and look again, some times. Raises PingOne's errors."""
    ended: set[str] = set()
    for _round in range(ROUNDS):
        found = [each["id"] for each in read() if each["id"] not in ended]
        if not found:
            return Ended(len(ended), is_all=True)
        for session in found:
            with suppress(NotThere):  # it has ended by itself
                end(session)
            ended.add(session)
    return Ended(len(ended), is_all=False)
