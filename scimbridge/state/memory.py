"""State within one process: for one worker, for the demo and for tests.

Knows the clock it is given. Bounded: past `max_entries` the value that was used longest ago makes room.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    ends_at: float


@dataclass(frozen=True, slots=True)
class _Hold:
    owner: object
    ends_at: float


class MemoryState:
    """Keeps everything in two dictionaries under one condition variable."""

    def __init__(self, clock: Callable[[], float], max_entries: int = 100_000) -> None:
        if max_entries < 1:
            raise ValueError("max_entries must be at least 1")
        self._clock = clock
        self._most = max_entries
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._locks: dict[str, _Hold] = {}
        self._changed = threading.Condition()

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        with self._changed:
            entry = self._living(key)
            return None if entry is None else entry.value

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        with self._changed:
            self._keep(key, value, self._clock() + ttl)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        with self._changed:
            if self._living(key) is not None:
                return False
            self._keep(key, value, self._clock() + ttl)
            return True

    def delete(self, key: str) -> None:
        """Forget the value."""
        with self._changed:
            self._entries.pop(key, None)

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        with self._changed:
            entry = self._living(key)
            total = by if entry is None else int(entry.value) + by
            ends_at = self._clock() + ttl if entry is None else entry.ends_at
            self._keep(key, str(total).encode(), ends_at)
            return total

    @contextmanager
    def lock(self, key: str, ttl: float, wait: float) -> Iterator[bool]:
        """Hold a lock for the length of a `with`; yields whether it was got."""
        owner = object()
        taken = self._take(key, owner, ttl, wait)
        try:
            yield taken
        finally:
            if taken:
                self._release(key, owner)

    def _take(self, key: str, owner: object, ttl: float, wait: float) -> bool:
        with self._changed:
            while True:
                now = self._clock()
                hold = self._locks.get(key)
                if hold is None or hold.ends_at <= now:
                    self._locks[key] = _Hold(owner, now + ttl)
                    return True
                if wait <= 0:
                    return False
                pause = min(wait, hold.ends_at - now)
                woken = self._changed.wait(pause)
                # Counted by what was really waited when nobody woke us: a clock that stands still,
                # as in tests, must not keep a thread here for ever.
                wait -= self._clock() - now if woken else pause

    def _release(self, key: str, owner: object) -> None:
        with self._changed:
            hold = self._locks.get(key)
            if hold is not None and hold.owner is owner:
                del self._locks[key]
                self._changed.notify_all()

    def _living(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.ends_at <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def _keep(self, key: str, value: bytes, ends_at: float) -> None:
        self._entries[key] = _Entry(value, ends_at)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            self._entries.popitem(last=False)
