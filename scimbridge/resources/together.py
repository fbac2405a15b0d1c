"""Calls for many records at once: side by side within the limit, and only where they can end in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import Any, TypeVar

from scimbridge.pingone.send import Call
from scimbridge.scim.errors import TooMany

Record = dict[str, Any]
Read = TypeVar("Read")


class Together:
    """Reads for each of many records. `rate` is calls per second that PingOne allows."""

    def __init__(self, pool: Executor, *, rate: float, clock: Callable[[], float]) -> None:
        self.pool = pool
        self._rate = rate
        self._clock = clock

    def check_time(self, call: Call, calls: int, what: str) -> None:
        """Refuse before the first call what cannot end before the deadline. Raises `TooMany`, which says `what`."""
        if calls / self._rate > call.deadline - self._clock():
            msg = (
                f"{what} take {calls} calls to PingOne, more than fit into the time of a request;"
                f" ask for fewer with count, or leave them out"
            )
            raise TooMany(msg)

    def read(self, read: Callable[[Record], Read], records: Iterable[Record]) -> list[Read]:
        """Return what `read` gives for each record, in order; the first failure is raised."""
        return list(self.pool.map(read, records))
