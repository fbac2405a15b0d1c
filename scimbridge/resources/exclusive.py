"""One change at a time for one resource.

PingOne has no locks and no versions. Between a read and the write that depends on it, or between the calls of one
request, no other request of this bridge may come; what others do at PingOne itself cannot be held off.

A turn is a lease: a node that dies in the middle of a change bars the resource for some seconds only, and a request
that was held up until its turn was over makes no further call to PingOne.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scimbridge.resources.ask import Ask
from scimbridge.scim.errors import Unavailable
from scimbridge.state.base import State
from scimbridge.state.leases import Leases

HELD_AT_MOST = 120.0  # seconds: a request that hangs is waited for no longer
WAITED_AT_MOST = 20.0  # seconds, which is longer than the turn of a holder that died


def _nothing() -> None:
    pass


class Turns:
    """Gives each resource to one request at a time, on all nodes that share `state`."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._leases = Leases(state, clock)
        self._clock = clock

    @contextmanager
    def of(self, ask: Ask, kind: str, key: str, check: Callable[[], object] = _nothing) -> Iterator[None]:
        """Hold the resource while the block runs. Raises `Unavailable` where others keep it too long.

        `check` is called before others are waited for, and raises where the client may not know of the resource: whom
        it waits for, it knows to be there.

        The calls of this request end in `OutOfTime` where it cannot be sure any more that it holds the resource.
        """
        left = max(0.0, ask.call.deadline - self._clock())
        wait, longest = min(WAITED_AT_MOST, left), min(HELD_AT_MOST, left + 5.0)
        name = f"turn:{kind}:{key}"
        with self._leases.of(name, wait=wait, longest=longest, before_waiting=check) as lease:
            if lease is None:
                msg = "another request is changing this resource; send this one again"
                raise Unavailable(msg, retry_after=1)
            ask.call.turns.append(lease.is_lost)
            try:
                yield
            finally:
                ask.call.turns.remove(lease.is_lost)
