"""Which request gets a thread next: four lanes, a share for each client, and the rest in turn.

- *watch* and *scrape*: health and metrics, each with threads that nothing else uses, so that who floods the one, or
  does not read its long answers, does not hold up the other.
- *work*: everything, with the threads of the process. A client holds at most its share of them; beyond it its requests
  wait and those of others go ahead. Of those that may go, the one whose client holds least goes first.
- *urgent*: what takes rights away (a disable, a deletion) goes first in the work lane, and where no thread is free
  there, on threads that nothing else uses. One client holds at most half of them.

Pure: knows no threads, no clock of its own and no HTTP. Not safe for threads by itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

WATCHERS = 4
SCRAPERS = 2
MOST_WATCHING = 256
"""Requests for health, and as many for metrics, that may wait: an answer takes milliseconds."""
WAITING_FOR_EACH = 16
"""Requests that may wait for each thread."""


class RequestLane(Enum):
    """Where a request goes."""

    WATCH = auto()
    SCRAPE = auto()
    WORK = auto()
    URGENT = auto()


@dataclass(slots=True, eq=False)
class WaitingRequest:
    """A request that has arrived: what it is of, in which lane it belongs, whose it is, since when it waits.

    `client` is asked again and again, since who it is may turn out while it waits. `lane` is where it runs, `holder`
    for whom it is counted there. `digest` stands for its credentials, `waited` is how many seconds it waited.
    """

    connection: Any
    kind: RequestLane
    client: Callable[[], str]
    since: float
    digest: bytes = b""
    waited: float = 0.0
    lane: RequestLane | None = None
    holder: str = ""


class Lanes:
    """All requests that wait or are under way in this process."""

    def __init__(self, threads: int, share: float) -> None:
        """`share` is the part of the threads that one client may hold, over 0 and up to 1."""
        reserved = max(1, math.ceil(threads / 8))
        self._room = {
            RequestLane.WATCH: WATCHERS,
            RequestLane.SCRAPE: SCRAPERS,
            RequestLane.WORK: threads,
            RequestLane.URGENT: reserved,
        }
        self._most_of_client = {
            RequestLane.WATCH: WATCHERS,
            RequestLane.SCRAPE: SCRAPERS,
            RequestLane.WORK: max(1, math.ceil(threads * share)),
            RequestLane.URGENT: max(1, math.ceil(reserved / 2)),
        }
        self._most_waiting = WAITING_FOR_EACH * threads
        self._running: dict[RequestLane, Counter[str]] = {lane: Counter() for lane in RequestLane}
        self._waiting: dict[WaitingRequest, None] = {}
        self._watching: dict[WaitingRequest, None] = {}

    @property
    def threads(self) -> int:
        """How many threads all lanes have together."""
        return sum(self._room.values())

    @property
    def under_way(self) -> int:
        """How many requests are under way, save those for health and metrics."""
        return sum(self._running[RequestLane.WORK].values()) + sum(self._running[RequestLane.URGENT].values())

    @property
    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return len(self._waiting) + len(self._watching)

    def __iter__(self) -> Iterator[WaitingRequest]:
        return iter((*self._watching, *self._waiting))

    def join(self, job: WaitingRequest) -> WaitingRequest | None:
        """Let a request wait. Return the one that has to go for it, which may be itself."""
        if job.kind in (RequestLane.WATCH, RequestLane.SCRAPE):
            if sum(each.kind is job.kind for each in self._watching) >= MOST_WATCHING:
                return job
            self._watching[job] = None
            return None
        self._waiting[job] = None
        if len(self._waiting) <= self._most_waiting:
            return None
        return self._drop_last_of_most()

    def drop(self, job: WaitingRequest) -> None:
        """Let a request wait no longer."""
        self._watching.pop(job, None)
        self._waiting.pop(job, None)

    def begin_next(self) -> WaitingRequest | None:
        """Return the next request that has a thread, and count it as under way; None where none may go now."""
        watching = next((job for job in self._watching if self._is_free(job.kind)), None)
        if watching is not None:
            return self._begin(watching, watching.kind)
        if not self._waiting:
            return None
        lanes = ((RequestLane.WORK, False), (RequestLane.URGENT, True))
        for lane, only_urgent in lanes:
            found = self._find(lane, only_urgent=only_urgent) if self._is_free(lane) else None
            if found is not None:
                return self._begin(found, lane)
        return None

    def end(self, job: WaitingRequest) -> None:
        """Count a request as over."""
        if job.lane is not None:
            self._count(job.lane, job.holder, -1)
            job.lane = None

    def claim(self, job: WaitingRequest) -> bool:
        """Count a request under way for whom it has turned out to be; return whether that one may have it."""
        client = job.client()
        if job.lane is None or client == job.holder:
            return True
        if self._running[job.lane][client] >= self._most_of_client[job.lane]:
            return False
        self._count(job.lane, job.holder, -1)
        self._count(job.lane, client, 1)
        job.holder = client
        return True

    def is_over_share(self, job: WaitingRequest) -> bool:
        """Whether a request that waits does so since its client holds its share, and not since all threads are busy."""
        return self._running[RequestLane.WORK][job.client()] >= self._most_of_client[RequestLane.WORK]

    def _is_free(self, lane: RequestLane) -> bool:
        return sum(self._running[lane].values()) < self._room[lane]

    def _find(self, lane: RequestLane, *, only_urgent: bool) -> WaitingRequest | None:
        """Return who goes next in a lane: urgent ones first, then by how much their clients hold, then as they came."""
        running, most = self._running[lane], self._most_of_client[lane]
        best: tuple[bool, int] | None = None
        found = None
        for job in self._waiting:
            is_usual = job.kind is not RequestLane.URGENT
            if is_usual and only_urgent:
                continue
            held = running[job.client()]
            if held < most and (best is None or (is_usual, held) < best):
                best, found = (is_usual, held), job
        return found

    def _begin(self, job: WaitingRequest, lane: RequestLane) -> WaitingRequest:
        self.drop(job)
        job.lane, job.holder = lane, job.client()
        self._count(lane, job.holder, 1)
        return job

    def _count(self, lane: RequestLane, client: str, by: int) -> None:
        running = self._running[lane]
        running[client] += by
        if not running[client]:
            del running[client]

    def _drop_last_of_most(self) -> WaitingRequest:
        """Take out the last request of the client that has most waiting; what is urgent only where nothing else is."""
        clients = Counter(job.client() for job in self._waiting)
        [(most, _count)] = clients.most_common(1)
        theirs = [job for job in self._waiting if job.client() == most]
        last = next((job for job in reversed(theirs) if job.kind is not RequestLane.URGENT), theirs[-1])
        self.drop(last)
        return last
