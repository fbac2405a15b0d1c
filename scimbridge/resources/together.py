"""Many things at once: side by side within the limit, taking turns with other requests, and only where they can end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, TypeVar

from scimbridge.pingone.send import Call
from scimbridge.scim.errors import TooMany

Record = dict[str, Any]
Item = TypeVar("Item")
Result = TypeVar("Result")
READS = 32  # of one request at a time


def side_by_side(pool: Executor, most: int, do: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return what `do` gives for each item, in order; the first failure is raised, and what has not begun is left.

    No more than `most` are given to the pool at a time: who has a thousand does not stand before who has two.
    """
    results: dict[int, Result] = {}
    flying: dict[Future[Result], int] = {}

    def land(most_left: int) -> None:
        while len(flying) > most_left:
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                results[flying.pop(future)] = future.result()

    try:
        for place, item in enumerate(items):
            land(most - 1)
            flying[pool.submit(do, item)] = place
        land(0)
    finally:
        for future in flying:
            future.cancel()
    return [results[place] for place in range(len(results))]


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

    def read(self, read: Callable[[Record], Result], records: Iterable[Record]) -> list[Result]:
        """Return what `read` gives for each record, in order; the first failure is raised."""
        return side_by_side(self.pool, READS, read, records)
