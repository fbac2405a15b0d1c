"""Sessions of a user: PingOne has no call that ends all of them, and tells ten at a time (docs/pingone.md §15.5).

Knows nothing of how they are read and ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from scimbridge.pingone.errors import NotThere, PingOneError
from scimbridge.sides import Native

PATH, MEMBER = "/users/{id}/sessions", "sessions"
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ended:
    """How many sessions were ended by these calls, and whether none is left."""

    count: int
    is_all: bool


def end_each(read: Callable[[], Iterable[Native]], end: Callable[[str], object], tell: Callable[[str], None]) -> Ended:
    """End every session that is told and look again, some times.

    Raises PingOne's errors; `tell` is told how far it came then.
    """
    seen: set[str] = set()
    count = 0
    for turn in range(ROUNDS + 1):
        found = [each["id"] for each in read() if each["id"] not in seen]
        if not found:
            return Ended(count, is_all=True)
        for session in found if turn < ROUNDS else ():
            seen.add(session)
            try:
                end(session)
            except NotThere:  # it has ended by itself
                continue
            except PingOneError:
                tell(f"{count} sessions ended")
                raise
            count += 1
    return Ended(count, is_all=False)
