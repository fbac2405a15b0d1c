"""Memberships as they were a while ago: what a list shows that lags behind the writes (docs/pingone.md §9).

Knows changes and times. Writes and reads of one membership go by edges.py, which is always of now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from scimbridge.sandbox.store.edges import MemberKind

KEPT: Final = 3600.0  # seconds that a change is remembered


class Past:
    """The changes of late, each with the moment; `clock` counts seconds. The caller holds the lock.

    `lag` is how far lists are behind, in seconds; only changes that are made while it is above 0 are remembered.
    """

    def __init__(self, clock: Callable[[], float], lag: Callable[[], float]) -> None:
        self._clock = clock
        self._lag = lag
        self._down: dict[tuple[MemberKind, str], list[tuple[float, str, bool]]] = {}  # of a group: its members
        self._up: dict[tuple[MemberKind, str], list[tuple[float, str, bool]]] = {}  # of a member: its groups

    def note(self, kind: MemberKind, member_id: str, group_id: str, *, came: bool) -> None:
        """Remember that a membership begins or ends now."""
        if self._lag() <= 0:
            return
        now = self._clock()
        for changes, key, other in (
            (self._down, (kind, group_id), member_id),
            (self._up, (kind, member_id), group_id),
        ):
            kept = changes.setdefault(key, [])
            while kept and kept[0][0] < now - KEPT:
                del kept[0]
            kept.append((now, other, came))

    def members_of(self, kind: MemberKind, group_id: str, now: AbstractSet[str]) -> AbstractSet[str]:
        """Return the direct members that lists show of a group, from those that it has now."""
        return self._before(self._down.get((kind, group_id)), now)

    def groups_of(self, kind: MemberKind, member_id: str, now: AbstractSet[str]) -> AbstractSet[str]:
        """Return the groups that lists show a member in, from those that it is in now."""
        return self._before(self._up.get((kind, member_id)), now)

    def _before(self, changes: list[tuple[float, str, bool]] | None, now: AbstractSet[str]) -> AbstractSet[str]:
        lag = self._lag()
        if not changes or lag <= 0:
            return now
        held = dict.fromkeys(now)
        for other, came in self._undone(changes, self._clock() - lag):
            if came:
                held.pop(other, None)
            else:
                held[other] = None
        return held.keys()

    def _undone(self, changes: list[tuple[float, str, bool]], moment: float) -> Iterator[tuple[str, bool]]:
        """Yield the changes after a moment, the last one first."""
        for at, other, came in reversed(changes):
            if at <= moment:
                return
            yield other, came
