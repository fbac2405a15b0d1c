"""The port to what nodes share: one protocol, which every implementation keeps (tests/state/test_port.py).

Keys are short ASCII text, values bytes. Times are seconds. Nothing here knows what is kept.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class State(Protocol):
    """Small values with a time to live, counters and locks; safe for any number of threads."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when it was never set, has expired or had to make room."""

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds, in place of what was there."""

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none; return whether it was kept. One of many wins."""

    def delete(self, key: str) -> None:
        """Forget the value; no error when there is none."""

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum. A new one starts at 0 and lives `ttl` from its first use."""

    def lock(self, key: str, ttl: float, wait: float) -> AbstractContextManager[bool]:
        """Hold a lock for the length of a `with`; it yields whether it was got within `wait` seconds.

        After `ttl` seconds it is free again, whatever became of its holder; a holder that comes late
        releases nothing but its own. Locks and values do not share keys.
        """
