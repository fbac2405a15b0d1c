"""One change at a time for one resource.

PingOne has no locks and no versions. Between a read and the write that depends on it, or between the calls of one
request, no other request of this bridge may come; what others do at PingOne itself cannot be held off.

A turn is a lease: a node that dies in the middle of a change bars the resource for some seconds only, and a request
that was held up until its turn was over makes no further call to PingOne. Between its last call and its answer it looks
once more: where the lock was lost meanwhile, another request may have come between its calls, and it is no success.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Unavailable
from scimbridge.state.base import State
from scimbridge.state.leases import Lease, Leases

HELD_AT_MOST = 120.0  # seconds: a request that hangs is waited for no longer
WAITED_AT_MOST = 20.0  # seconds, which is longer than the turn of a holder that died


def _nothing() -> None:
    pass


class ChangeLock:
    """A resource that is held, and how many calls were made meanwhile."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._count = itertools.count()  # each number is given once, whatever threads ask
        self._is_open = False  # whether somebody else may have come between two calls

    def is_lost(self) -> bool:
        """Whether it may be another's by now; to be asked before each call, which is not made then."""
        if self._lease.is_lost():
            return True
        if next(self._count) > 0:
            self._is_open = True
        return False

    def check(self) -> None:
        """Raise `Unavailable` where the lock was lost between the calls: then the end may be nobody's wish.

        A single call is one step at PingOne, and needs no look.
        """
        if self._is_open and not self._lease.is_still_held():
            msg = (
                "the calls of this request are made, but the lock that kept others away was lost meanwhile: another"
                " request may have changed this resource between them; send this one again, or read the resource first"
            )
            raise Unavailable(msg, retry_after=1)
        self._is_open = False


class ChangeLocks:
    """Gives each resource to one request at a time, on all nodes that share `state`."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._leases = Leases(state, clock)
        self._clock = clock

    @contextmanager
    def of(
        self, context: RequestContext, kind: str, key: str, check: Callable[[], object] = _nothing
    ) -> Iterator[None]:
        """Hold the resource while the block runs. Raises `Unavailable` as `held` does."""
        with self.held(context, kind, key, check):
            yield

    @contextmanager
    def held(
        self, context: RequestContext, kind: str, key: str, check: Callable[[], object] = _nothing
    ) -> Iterator[ChangeLock]:
        """Hold the resource while the block runs; yields the turn.

        Raises `Unavailable` where others keep it too long, and at the end of a block of several calls where the lock
        was lost between them.

        `check` is called before others are waited for, and raises where the client may not know of the resource: whom
        it waits for, it knows to be there.

        The calls of this request end in `OutOfTime` where it cannot be sure any more that it holds the resource.
        """
        left = max(0.0, context.call.deadline - self._clock())
        wait, longest = min(WAITED_AT_MOST, left), min(HELD_AT_MOST, left + 5.0)
        name = f"turn:{kind}:{key}"
        with self._leases.of(name, wait=wait, longest=longest, before_waiting=check) as lease:
            if lease is None:
                msg = "another request is changing this resource; send this one again"
                raise Unavailable(msg, retry_after=1)
            turn = ChangeLock(lease)
            context.call.turns.append(turn.is_lost)
            try:
                yield turn
                turn.check()
            finally:
                context.call.turns.remove(turn.is_lost)
