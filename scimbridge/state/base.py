"""The port to what nodes share: one protocol, which every implementation keeps (tests/state/test_port.py).

Keys are short text, values bytes. Times are seconds. Nothing here knows what is kept.

Any value may be gone at any time, as if its time to live were over: users of the state have to do without. A value that
is there is the last one that was written. Whether a value that is not there may have been lost is told by `vouches`.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol


class StateUnavailable(Exception):
    """Where the state is kept does not answer, or refuses what it is asked.

    Only a state that is kept elsewhere raises it, and only where no `WithFailover` stands before it. The message names
    neither keys nor addresses.
    """


class State(Protocol):
    """Small values with a time to live, counters and locks; safe for any number of threads.

    What is made of other verbs has its body here: an implementation inherits it, or does better.
    """

    @property
    def is_cut_off(self) -> bool:
        """Whether other nodes do not see at the moment what is kept here, though they should."""
        return False

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when it was never set, has expired or had to make room."""

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds, in place of what was there."""

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none; return whether it was kept. One of many wins."""

    def delete(self, key: str) -> None:
        """Forget the value; no error when there is none."""

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum. A new one starts at 0 and lives `ttl` from its first use.

        A counter is read by adding nothing; `get` is for values.
        """

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return what `get` returns for each key, in one round trip where that costs one."""
        return [self.get(key) for key in keys]

    def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep several values, in one round trip where that costs one. Not one step: others may see a part."""
        for key, value in values.items():
            self.set(key, value, ttl)

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock for `ttl` seconds, waiting at most `wait` for it; return whether it was got.

        `owner` is a text that nobody else uses. Locks and values do not share keys.
        """

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Let a lock live `ttl` seconds from now; return whether it is still this owner's.

        False also where it was free in between, so that somebody else may have held it.
        """

    def release(self, key: str, owner: str) -> None:
        """Free a lock, if it is still this owner's."""

    def intact(self) -> float:
        """Return for how many seconds nothing that was kept here was lost before its time, as far as can be known.

        Infinity where nothing ever was; 0 while others may keep what is not seen here. Costs a look at where the
        values are, so it is for the rare case in which one is missed.
        """
        return math.inf

    def note_loss(self) -> None:
        """Have it known to all who share this state that what was kept until now may be gone."""

    def vouches(self, seconds: float) -> bool:
        """Return whether what was kept in the last `seconds` is here, unless it is over, replaced or deleted.

        A state that was never there before vouches: nobody has kept anything in it.
        """
        return self.intact() > seconds

    def keys(self) -> Sequence[str]:
        """Return under what keys values are left from before this process, where they outlive it."""
        return ()

    @contextmanager
    def lock(self, key: str, ttl: float, wait: float) -> Iterator[bool]:
        """Hold a lock for the length of a `with`; it yields whether it was got within `wait` seconds.

        After `ttl` seconds it is free again, whatever became of its holder; a holder that comes late
        releases nothing but its own. What takes longer than that is for `leases`.
        """
        owner = new_owner()
        taken = self.take(key, owner, ttl, wait)
        try:
            yield taken
        finally:
            if taken:
                self.release(key, owner)


def new_owner() -> str:
    """Return a name for the holder of a lock that nobody else has, on any node."""
    return secrets.token_hex(12)
