"""How much the server in front of the application has to do, as it says itself.

A value that the server writes and metrics read, both in one process. Knows neither of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

REFUSALS = ("crowded", "gone", "idle", "malformed", "memory", "over_share", "slow", "stopping", "waiting")
"""Why connections or requests were let go that never reached the application."""


@dataclass(slots=True)
class ServerLoad:
    """Requests that have a thread and requests that wait for one, and connections of which no whole request is there.

    `threads` is how many requests may be under way, 0 where no server says so.
    """

    threads: int = 0
    under_way: int = 0
    waiting: int = 0
    arriving: int = 0
    connections: int = 0
    _refused: Counter[str] = field(default_factory=Counter)

    def count_refusal(self, reason: str) -> None:
        """Count one that was let go."""
        self._refused[reason] += 1

    @property
    def refused(self) -> Mapping[str, int]:
        """How many were let go, by reason."""
        return self._refused
