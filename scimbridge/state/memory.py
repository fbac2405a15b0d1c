"""State within one process: for one worker, for the demo and for tests.

Knows the clock it is given. Bounded: what is over is taken out now and then, and past `max_entries` the value that was
used longest ago makes room.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from scimbridge.state.base import State

SWEPT = 30.0  # seconds between two times that what is over is taken out

_Timed = tuple[bytes, float]  # a value and when it ends, or an owner and when the lock ends


class MemoryState(State):
    """Keeps values in one dictionary and locks in another, each under a lock of its own."""

    def __init__(self, clock: Callable[[], float], max_entries: int = 100_000) -> None:
        if max_entries < 1:
            raise ValueError("max_entries must be at least 1")
        self._clock = clock
        self._most = max_entries
        self._entries: OrderedDict[str, _Timed] = OrderedDict()
        self._sweep_at = clock() + SWEPT
        self._lost_at = -math.inf
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[str, float]] = {}
        self._freed = threading.Condition(threading.Lock())

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        with self._guard:
            entry = self._living(key)
            return None if entry is None else entry[0]

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        ends_at = self._clock() + ttl
        with self._guard:
            self._keep(key, value, ends_at)

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        with self._guard:
            if self._living(key) is not None:
                return False
            self._keep(key, value, self._clock() + ttl)
            return True

    def delete(self, key: str) -> None:
        """Forget the value."""
        with self._guard:
            self._entries.pop(key, None)

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        with self._guard:
            entry = self._living(key)
            total = by if entry is None else int(entry[0]) + by
            ends_at = self._clock() + ttl if entry is None else entry[1]
            self._keep(key, b"%d" % total, ends_at)
            return total

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock; who waits is woken when one is freed."""
        with self._freed:
            while True:
                now = self._clock()
                hold = self._locks.get(key)
                if hold is None or hold[1] <= now:
                    self._locks[key] = (owner, now + ttl)
                    return True
                if wait <= 0:
                    return False
                pause = min(wait, hold[1] - now)
                woken = self._freed.wait(pause)
                # Counted by what was really waited when nobody woke us: a clock that stands still,
                # as in tests, must not keep a thread here for ever.
                wait -= self._clock() - now if woken else pause

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Let a lock live on. One that is over and was taken by nobody is its owner's still."""
        with self._freed:
            hold = self._locks.get(key)
            if hold is None or hold[0] != owner:
                return False
            self._locks[key] = (owner, self._clock() + ttl)
            return True

    def release(self, key: str, owner: str) -> None:
        """Free a lock."""
        with self._freed:
            hold = self._locks.get(key)
            if hold is not None and hold[0] == owner:
                del self._locks[key]
                self._freed.notify_all()

    def intact(self) -> float:
        """Return the seconds since a value had to make room that was not over."""
        return self._clock() - self._lost_at

    def note_loss(self) -> None:
        """Vouch for nothing that was kept until now."""
        self._lost_at = self._clock()

    def _living(self, key: str) -> _Timed | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._clock():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return entry

    def _keep(self, key: str, value: bytes, ends_at: float) -> None:
        now = self._clock()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEPT
            for old in [each for each, (_value, until) in self._entries.items() if until <= now]:
                del self._entries[old]
        # A copy of its length: orjson's own bytes hold 4 KiB each.
        self._entries[key] = (bytes(memoryview(value)), ends_at)
        self._entries.move_to_end(key)
        while len(self._entries) > self._most:
            _key, (_value, until) = self._entries.popitem(last=False)
            if until > now:
                self._lost_at = now
