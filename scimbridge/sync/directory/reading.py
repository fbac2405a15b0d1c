"""Pages of several lists read side by side, no more than so many at a time, and waited for while PingOne is away.

The calls are made in threads; what follows from a page is decided in the thread that takes the pages, and those are
bounded: who is slow to take them slows the calls down.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue

from scimbridge.observe.threads import InContext
from scimbridge.pingone.errors import (
    CircuitOpen,
    Misconfigured,
    OutOfTime,
    PingOneError,
    Refused,
    Throttled,
    Unreachable,
)
from scimbridge.pingone.paging import Page
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native
from scimbridge.sync.directory.whole_lists import Followed, PageCall, WholeList

PATIENCE = 300.0
"""Seconds that PingOne may be away before a walk is given up; the layers below have repeated by then."""
_LOOK = 1.0
_LONGEST = 30.0
_TRANSIENT = (Unreachable, CircuitOpen, Throttled, OutOfTime)


class PatientReader:
    """Reads pages of one collection; `sleep` takes seconds, `stopped` ends all waiting."""

    def __init__(
        self,
        records: ReachableRecords,
        context: RequestContext,
        *,
        limit: int,
        sleep: Callable[[float], None],
        stopped: threading.Event,
    ) -> None:
        self._records = records
        self._context = context
        self._limit = limit
        self._sleep = sleep
        self._stopped = stopped

    def __call__(self, call: PageCall) -> Page:
        """Return a page. Raises what PingOne refuses, and what did not pass by waiting."""
        waited, pause = 0.0, 1.0
        while True:
            try:
                found = self._records.page(self._context, filter=call.text, limit=self._limit, href=call.href)
            except _TRANSIENT as error:
                seconds = max(pause, error.retry_after or 0.0)
                if isinstance(error, Misconfigured) or waited + seconds > PATIENCE:
                    raise
                self._pause(seconds)
                if self._stopped.is_set():
                    raise
                waited, pause = waited + seconds, min(_LONGEST, 2 * pause)
            else:
                return found.page

    def _pause(self, seconds: float) -> None:
        while seconds > 0 and not self._stopped.is_set():
            self._sleep(min(_LOOK, seconds))
            seconds -= _LOOK


@dataclass(frozen=True, slots=True)
class ReadLists:
    """What is read: lists, each with what reads its pages. `gone`: is told of a list that is not there any more."""

    lists: Iterable[tuple[WholeList, Callable[[PageCall], Page]]]
    gone: Callable[[WholeList, Refused], bool] = lambda _list, _error: False


@dataclass(slots=True)
class FreshRecords:
    """Records that have not come before, of which list, how many of them are old, and what was finished with them.

    `ended`: nothing more comes of the list.
    """

    of: WholeList
    records: list[Native]
    old: int = 0
    finished: list[str] = field(default_factory=list)
    ended: bool = False


class SideBySide:
    """Reads lists, at most `most` pages at a time."""

    def __init__(self, reads: ReadLists, most: int, stopped: threading.Event) -> None:
        self._lists = iter(reads.lists)
        self._gone = reads.gone
        self._most = most
        self._stopped = stopped
        self._serial = itertools.count()
        self._waiting: list[tuple[float, int, WholeList, PageCall]] = []
        self._readers: dict[WholeList, Callable[[PageCall], Page]] = {}
        self._open: dict[WholeList, int] = {}
        self._done: SimpleQueue[tuple[WholeList, PageCall, Future[Page]]] = SimpleQueue()
        self._ready: deque[FreshRecords] = deque()
        self._flying = 0

    def __iter__(self) -> Iterator[FreshRecords]:
        """Yield what comes, as it comes. Raises the first error, and ends all calls when it is left."""
        pool = InContext(self._most, thread_name_prefix="walk")
        try:
            while True:
                self._send(pool)
                self._collect()
                self._send(pool)
                if self._ready:
                    yield self._ready.popleft()
                elif not self._flying:
                    return
        finally:
            self._stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, pool: InContext) -> None:
        while self._flying < self._most and len(self._ready) < max(2, self._most // 3):
            if not self._waiting and not self._open_next():
                return
            _left, _serial, whole, call = heapq.heappop(self._waiting)
            self._flying += 1
            pool.submit(self._readers[whole], call).add_done_callback(partial(self._land, whole, call))

    def _land(self, whole: WholeList, call: PageCall, future: Future[Page]) -> None:
        self._done.put((whole, call, future))

    def _open_next(self) -> bool:
        found = next(self._lists, None)
        if found is None:
            return False
        whole, self._readers[whole] = found
        self._open[whole] = 0
        self._push(whole, Followed(whole.begin()))
        return True

    def _push(self, whole: WholeList, followed: Followed) -> None:
        for call in followed.calls:
            heapq.heappush(self._waiting, (-call.left, next(self._serial), whole, call))
        self._open[whole] += len(followed.calls)
        if not self._open[whole]:
            del self._open[whole], self._readers[whole]

    def _collect(self) -> None:
        """Take all that has come; wait for something where nothing is ready."""
        if not self._flying:
            return
        wait = not self._ready
        while True:
            try:
                whole, call, future = self._done.get(block=wait)
            except Empty:
                return
            wait = False
            self._flying -= 1
            self._open[whole] -= 1
            self._take(whole, call, future)
            if not self._flying:
                return

    def _take(self, whole: WholeList, call: PageCall, future: Future[Page]) -> None:
        try:
            followed = whole.take(call, future.result())
        except Refused as error:
            followed = self._refused(whole, call, error)
        self._push(whole, followed)
        ended = whole not in self._open
        if followed.fresh or followed.finished or ended:
            self._ready.append(FreshRecords(whole, followed.fresh, followed.old, followed.finished, ended))

    def _refused(self, whole: WholeList, call: PageCall, error: Refused) -> Followed:
        try:
            return whole.refuse(call, error)
        except PingOneError:
            if self._gone(whole, error):
                return Followed()
            raise
