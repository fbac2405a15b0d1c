"""A plan as it was made: its head, and its lines out of the store, in the order in which they are carried out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from scimbridge.sync.planning.last_applied import LastApplied
from scimbridge.sync.planning.store import PlanStore
from scimbridge.sync.plans.lines import PlanHead, PlanLine


class MadePlan:
    """What shall change. Its lines are there until it is closed, and may be gone through as often as wanted.

    `applied` is what is kept beside the rules once all of it was applied.
    """

    def __init__(self, head: PlanHead, applied: LastApplied, store: PlanStore) -> None:
        self.head = head
        self.applied = applied
        self._store = store

    def lines(self, *kinds: str) -> Iterator[PlanLine]:
        """Yield the lines, of these kinds or all; none is kept in memory."""
        return self._store.lines(*kinds)

    def close(self) -> None:
        """Let go of the lines."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
