"""Locks of a state that last as long as their holder lives, and hardly longer.

A lock of a fixed time is either too short for a slow request or bars a resource for a minute after its node was killed.
A lease is a lock of a few seconds that one thread of this process renews, for all leases at once, while they are in
use. It is not left to the request itself to renew at each of its steps: one step may wait for half a minute, for its
turn within the rate or for a PingOne that is silent.

A process that was stopped for a while (a frozen container, a debugger) finds its leases over by its own clock, before
any answer of the state: `is_lost` says so from then on, and nothing may be changed any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scimbridge.state.base import State, StateUnavailable, new_owner

TTL = 10.0  # seconds after which the lock of a holder that died is free
MARGIN = 1.0  # seconds that a holder stops believing in its lock before it ends: what it sends takes a while
EVERY = 2.5  # seconds between renewals: two may fail


def _nothing() -> None:
    pass


class Lease:
    """One lock that is held. Made by `Leases`."""

    def __init__(self, state: State, clock: Callable[[], float], key: str, owner: str, longest: float) -> None:
        self._state = state
        self._clock = clock
        self._key = key
        self._owner = owner
        self._believed_until = 0.0
        self._longest = clock() + longest
        self._lost = False
        self._given_back = False

    def is_lost(self) -> bool:
        """Whether somebody else may hold the lock, though it was not given back."""
        if self._given_back:
            return False
        if self._clock() >= self._believed_until:
            self.renew()
        return self._lost or self._clock() >= self._believed_until

    def is_still_held(self) -> bool:
        """Ask the state whether nobody else can have had the lock since it was taken.

        Where the state cannot be asked, what is believed has to do.
        """
        self.renew()
        return not self.is_lost()

    def take(self, wait: float) -> bool:
        """Take the lock; return whether it was got within `wait` seconds."""
        # Counted from before it was asked for: should it have taken long, `is_lost` asks again.
        self._believed_until = self._clock() + TTL - MARGIN
        return self._state.take(self._key, self._owner, TTL, wait)

    def renew(self) -> None:
        """Let the lock live on, unless its holder had it for as long as any may, or lost it."""
        now = self._clock()
        if self._lost or self._given_back or now >= self._longest:
            return
        try:
            if self._state.renew(self._key, self._owner, TTL):
                self._believed_until = now + TTL - MARGIN
            elif not self._given_back:
                self._lost = True
        except StateUnavailable:
            return  # what is believed ends by itself

    def give_back(self) -> None:
        """Free the lock."""
        self._given_back = True
        self._state.release(self._key, self._owner)


class Leases:
    """The leases of one process. `clock` is the one that the state goes by, where it goes by one of ours."""

    def __init__(self, state: State, clock: Callable[[], float], *, every: float = EVERY) -> None:
        """`every` is seconds of real time between renewals."""
        self._state = state
        self._clock = clock
        self._every = every
        self._guard = threading.Lock()
        self._held: dict[Lease, None] = {}
        self._renewer: threading.Thread | None = None

    @contextmanager
    def of(
        self, key: str, *, wait: float, longest: float, before_waiting: Callable[[], object] = _nothing
    ) -> Iterator[Lease | None]:
        """Hold a lock while the block runs, at most `longest` seconds; yields None where it was not got in `wait`.

        `before_waiting` is called where others hold it, and what it raises is raised: then nobody waits.
        """
        lease = Lease(self._state, self._clock, key, new_owner(), longest)
        if not lease.take(0.0):
            before_waiting()
            if not lease.take(wait):
                yield None
                return
        self._watch(lease)
        try:
            yield lease
        finally:
            with self._guard:
                del self._held[lease]
            lease.give_back()

    def _watch(self, lease: Lease) -> None:
        with self._guard:
            self._held[lease] = None
            if self._renewer is None or not self._renewer.is_alive():  # none yet, or it was left behind by a fork
                self._renewer = threading.Thread(target=self._renew, name="leases", daemon=True)
                self._renewer.start()

    def _renew(self) -> None:
        """Renew what is held, until there was nothing for a while."""
        waiting = threading.Event()
        before: frozenset[Lease] = frozenset()
        while True:
            waiting.wait(self._every)
            with self._guard:
                held = frozenset(self._held)
                if not held:
                    self._renewer = None
                    return
            for lease in held & before:  # those of the last moment are fresh enough
                lease.renew()
            before = held
