"""One change at a time for one resource.

PingOne has no locks and no versions. Between a read and the write that depends on it, or between the calls of one
request, no other request of this bridge may come; what others do at PingOne itself cannot be held off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scimbridge.resources.ask import Ask
from scimbridge.scim.errors import Unavailable
from scimbridge.state.base import State

HELD_AT_MOST = 120.0  # seconds: a holder that died is waited for no longer
WAITED_AT_MOST = 20.0  # seconds


class Turns:
    """Gives each resource to one request at a time, on all nodes that share `state`."""

    def __init__(self, state: State, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock

    @contextmanager
    def of(self, ask: Ask, kind: str, key: str) -> Iterator[None]:
        """Hold the resource while the block runs. Raises `Unavailable` where others keep it too long."""
        left = ask.call.deadline - self._clock()
        wait = max(0.0, min(WAITED_AT_MOST, left))
        with self._state.lock(f"turn:{kind}:{key}", min(HELD_AT_MOST, max(left, 0.0) + 5.0), wait) as taken:
            if not taken:
                msg = "another request is changing this resource; send this one again"
                raise Unavailable(msg, retry_after=1)
            yield
