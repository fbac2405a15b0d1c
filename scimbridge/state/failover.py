"""What nodes share, and a state of the node's own for as long as that does not answer.

Where the shared state fails, nobody waits for it any more: the node goes on with its own, and one thread looks every
second whether the shared one is back. Losing a value is always allowed (`base`); an old one in place of a newer is not.
So the node's own state holds values only while it is cut off, and before it comes back all that it wrote meanwhile is
forgotten on both sides: in the shared state there may be older values under these keys, and in its own there would be
the next time. What each user of the state loses is in docs/decisions/0014-when-redis-is-gone.md.

Locks are always taken on both sides, the node's own first: so threads of one node exclude each other also across the
change, and only one of them asks the shared state for a lock that all of them want. What is given back while the
shared state is away is given back there before the node comes back.

While it is cut off it vouches for nothing, since others may keep what is not seen here, and each time apart counts as a
loss for all. A process that finds values of an earlier one in the node's own state knows that this one ended while it
was cut off, and begins cut off as well.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from cachetools import LRUCache

from scimbridge.state.base import State, StateUnavailable

PAUSE = 1.0  # seconds between two looks at a shared state that did not answer
MOST_WRITTEN = 100_000  # keys that are remembered as written while cut off; past that the oldest are not
_PROBE, _PROBED = "is it back", 5.0  # what is written to find out, and for how many seconds
_PERHAPS = -1  # in place of the number of a cut: the shared state was asked for a lock and did not answer
_AT_ONCE = 500  # keys forgotten between two looks at whether it is still there

Answer = TypeVar("Answer")


class WithFailover(State):
    """`shared` while it answers, else `own`. `tell` is told of each change: True when cut off, False when back."""

    def __init__(
        self,
        shared: State,
        own: State,
        *,
        clock: Callable[[], float],
        tell: Callable[[bool], None],
        pause: float = PAUSE,
    ) -> None:
        """`clock` is for waiting; `pause` is in real seconds."""
        self._shared = shared
        self._own = own
        self._clock = clock
        self._tell = tell
        self._pause = pause
        self._guard = threading.Lock()
        self._begun = False
        self._back_at = -math.inf
        self._cut_off = False
        self._cuts = 0  # how often this process was cut off
        self._written: LRUCache[str, None] = LRUCache(MOST_WRITTEN)  # keys that were written while cut off
        self._taken: dict[str, int | None] = {}  # owners of locks: at which cut they were taken in shared, if so
        self._left: dict[str, str] = {}  # owners and keys of locks that may still lie in shared

    @property
    def is_cut_off(self) -> bool:
        """Whether this node goes on by itself."""
        return self._cut_off or self._own.is_cut_off

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._do(lambda state: state.get(key))

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep the value for `ttl` seconds."""
        self._do(lambda state: state.set(key, value, ttl), (key,))

    def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep the value only if there is none."""
        return self._do(lambda state: state.add(key, value, ttl), (key,))

    def delete(self, key: str) -> None:
        """Forget the value."""
        self._do(lambda state: state.delete(key), (key,))

    def incr(self, key: str, by: int, ttl: float) -> int:
        """Add to a counter and return the sum."""
        return self._do(lambda state: state.incr(key, by, ttl), (key,))

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values."""
        return self._do(lambda state: state.get_many(keys))

    def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep several values."""
        self._do(lambda state: state.set_many(values, ttl), tuple(values))

    def take(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        """Take a lock on both sides, or the node's own alone while it is cut off."""
        began = self._clock()
        if not self._own.take(key, owner, ttl, wait):
            return False
        cuts: int | None = None
        if not self._cut_off:
            cuts = self._cuts
            try:
                if not self._take_shared(key, owner, ttl, wait - (self._clock() - began)):
                    self._own.release(key, owner)
                    return False
            except StateUnavailable:
                self._go_over()
                cuts = _PERHAPS
        self._taken[owner] = cuts
        return True

    def _take_shared(self, key: str, owner: str, ttl: float, wait: float) -> bool:
        if self._shared.take(key, owner, ttl, 0.0):
            return True
        if wait <= 0 or not self._own.renew(key, owner, ttl + wait):  # it has to outlive the wait
            return False
        return self._shared.take(key, owner, ttl, wait) and self._own.renew(key, owner, ttl)

    def renew(self, key: str, owner: str, ttl: float) -> bool:
        """Let a lock live on. After a time apart it is taken in the shared state anew, if it is free there."""
        if not self._own.renew(key, owner, ttl):
            return False
        cuts = self._cuts
        if self._cut_off:
            return True
        try:
            if self._shared.renew(key, owner, ttl):
                return True
            if self._taken.get(owner, cuts) == cuts or not self._shared.take(key, owner, ttl, 0.0):
                return False
            with self._guard:
                held = owner in self._taken
                if held:
                    self._taken[owner] = cuts
            if not held:  # given back in this moment: nobody would free what was taken for it just now
                self._shared.release(key, owner)
        except StateUnavailable:
            self._go_over()
            return True
        return held

    def release(self, key: str, owner: str) -> None:
        """Free a lock. Where the shared state does not answer, that is done later, or it ends there by itself."""
        try:
            with self._guard:
                cuts = self._taken.pop(owner, None)
            if cuts is not None:
                self._left[owner] = key
                if not self._cut_off:
                    self._free(owner)
        except StateUnavailable:
            self._go_over()
        finally:
            self._own.release(key, owner)

    def _free(self, owner: str) -> None:
        """Free in the shared state what was left there. Raises `StateUnavailable`, and it is left still."""
        key = self._left.get(owner)
        if key is not None:
            self._shared.release(key, owner)
            self._left.pop(owner, None)

    def intact(self) -> float:
        """Return for how many seconds nothing was lost: 0 while it is cut off, else since it came back at most."""
        if not self._begun:
            self._begin()
        try:
            shared = 0.0 if self._cut_off else self._shared.intact()
        except StateUnavailable:
            self._go_over()
        if self._cut_off:
            return 0.0
        return min(shared, self._clock() - self._back_at)

    def note_loss(self) -> None:
        """Have it known that what was kept until now may be gone; a time apart says so by itself."""
        self._do(lambda state: state.note_loss())

    def keys(self) -> Sequence[str]:
        """Return under what keys values are left."""
        return self._do(lambda state: state.keys())

    def _begin(self) -> None:
        """Look at the shared state before anything is kept there, so that a loss will be seen as one."""
        self._begun = True
        left = self._own.keys()
        if left:
            with self._guard:
                self._note(left)
            self._go_over()
            return
        try:
            self._shared.intact()
        except StateUnavailable:
            self._go_over()

    def _do(self, verb: Callable[[State], Answer], writes: Sequence[str] = ()) -> Answer:
        if not self._begun:
            self._begin()
        while True:
            if not self._cut_off:
                try:
                    return verb(self._shared)
                except StateUnavailable:
                    self._go_over()
            if not writes:
                return verb(self._own)
            with self._guard:  # written while it is cut off, or not at all: what is left here would be old one day
                if self._cut_off:
                    self._note(writes)
                    return verb(self._own)

    def _note(self, keys: Sequence[str]) -> None:
        self._written.update(dict.fromkeys(keys))

    def _go_over(self) -> None:
        with self._guard:
            if self._cut_off:
                return
            self._cut_off = True
            self._cuts += 1
        self._tell(True)
        threading.Thread(target=self._come_back, name="state", daemon=True).start()

    def _come_back(self) -> None:
        """Wait until the shared state answers again and holds nothing older than what was written here meanwhile."""
        waiting = threading.Event()
        while True:
            waiting.wait(self._pause)
            with suppress(StateUnavailable):
                self._shared.set(_PROBE, b"1", _PROBED)
                self._shared.intact()  # begins an epoch, should that be lost
                self._shared.note_loss()
                for owner in list(self._left):
                    self._free(owner)
                while not self._is_even():
                    pass
                self._tell(False)
                return

    def _is_even(self) -> bool:
        """Forget on both sides some of what was written; end the time apart when nothing is left."""
        with self._guard:
            keys = list(self._written)[:_AT_ONCE]
            if not keys:
                self._back_at = self._clock()
                self._cut_off = False
                return True
            for key in keys:
                del self._written[key]
        try:
            for key in keys:
                self._shared.delete(key)
                self._own.delete(key)
        except StateUnavailable:
            with self._guard:
                self._note(keys)
            raise
        return False
