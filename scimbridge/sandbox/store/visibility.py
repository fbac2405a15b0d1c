"""What was created a moment ago and cannot be seen yet (docs/pingone.md §9, §13.15).

Knows keys and times only; the directory says what a key stands for and asks before it shows something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Visibility:
    """Keys with the moment from which they show; `clock` counts seconds. The caller holds the lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._from: dict[Hashable, float] = {}

    def delay(self, key: Hashable, seconds: float) -> None:
        """Hide what has just been created for so many seconds."""
        if seconds > 0:
            self._from[key] = self._clock() + seconds

    @property
    def active(self) -> bool:
        """Whether anything is hidden now; forgets what no longer is."""
        if self._from:
            now = self._clock()
            for key in [key for key, moment in self._from.items() if moment <= now]:
                del self._from[key]
        return bool(self._from)

    def hides(self, key: Hashable) -> bool:
        """Tell whether this one is hidden still."""
        return bool(self._from) and self._from.get(key, 0.0) > self._clock()
