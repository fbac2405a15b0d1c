"""Many things at once: side by side within the limit, taking turns with other requests, and only where they can end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from heapq import heappop, heappush
from typing import TypeVar

from scimbridge.pingone.send import Call
from scimbridge.scim.errors import TooMany

Item = TypeVar("Item")
Result = TypeVar("Result")
READS = 32  # of one request at a time
OPERATIONS = 16  # of one bulk request at a time


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


class _Queue:
    """Numbers of which some wait for others; those that wait for none stand ready, the smallest first."""

    def __init__(self, waits: Sequence[Collection[int]]) -> None:
        self._left = [len(before) for before in waits]
        self._behind: dict[int, list[int]] = {}
        for number, before in enumerate(waits):
            for one in before:
                self._behind.setdefault(one, []).append(number)
        self.ready = [number for number, count in enumerate(self._left) if not count]

    def take(self) -> int:
        """Return the smallest number that stands ready."""
        return heappop(self.ready)

    def release(self, done: int) -> None:
        """Let those stand ready that waited for nothing but what is done."""
        for number in self._behind.pop(done, ()):
            self._left[number] -= 1
            if not self._left[number]:
                heappush(self.ready, number)


def each_in_turn(pool: Executor, most: int, do: Callable[[int], object], waits: Sequence[Collection[int]]) -> None:
    """Do the numbers 0, 1, 2 ... side by side, each as soon as those are done that it waits for, which are smaller.

    No more than `most` are given to the pool at a time; what can only be done alone is done here. The first failure is
    raised, and what has not begun is left.
    """
    queue = _Queue(waits)
    flying: dict[Future[object], int] = {}
    try:
        while queue.ready or flying:
            if len(queue.ready) == 1 and not flying:
                number = queue.take()
                do(number)
                queue.release(number)
                continue
            while queue.ready and len(flying) < most:
                number = queue.take()
                flying[pool.submit(do, number)] = number
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                number = flying.pop(future)
                future.result()
                queue.release(number)
    finally:
        for future in flying:
            future.cancel()


class Parallel:
    """Reads for each of many records or ids. `rate` is calls per second that PingOne allows."""

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

    def read(self, read: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Return what `read` gives for each item, in order; the first failure is raised."""
        return side_by_side(self.pool, READS, read, items)
