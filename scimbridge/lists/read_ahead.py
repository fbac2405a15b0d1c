"""Read-ahead: the next page of a walk is fetched while this one is translated and read by the client.

Only for walks that have gone on in order for some windows, and only while their clients come back for the page. A page
that waits is dropped when anything is written through this bridge, on whichever node, and after a few seconds in any
case, which is no more than PingOne itself takes to show a change (docs/pingone.md §13.15). Knows pages by the links to
them.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass

from cachetools import LRUCache, TTLCache

from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.send import CallRecord
from scimbridge.reach.records import SealedPage
from scimbridge.state.base import State

_WRITTEN, _WRITING = "written", "writing"
MARKED = 60.0  # seconds that a mark lives: much longer than a page waits
ROW = 0.05  # seconds between two writes that are taken for some of many
TOLD = 0.5  # seconds for which it is told that many are written; who does that tells it again in half of them
HELD = 5.0  # seconds that a page may wait for its client
GAP = 0.002  # seconds that a page waits so that the call for the next one is sent
DEPTH = 2  # pages of one walk that wait
IN_ORDER = 3  # windows that went on in order before a walk is taken for one
SLOW, SLOWEST = 5.0, 640.0  # seconds without read-ahead for a walk whose client did not come, doubled each time
REMEMBERED = 1000  # walks, and walks of slow clients


@dataclass(frozen=True, slots=True)
class _FetchedPage:
    walk: str
    future: Future[SealedPage]
    written: bytes


class Writes:
    """A mark that every call which may change something at PingOne replaces, on all nodes that share `state`.

    Where one such call follows the other, it is told instead that many are made: nothing that is read meanwhile may
    wait, and the mark is replaced some times a second and not for each of them. `new_mark` makes bytes that were never
    made before.
    """

    def __init__(
        self, state: State, new_mark: Callable[[], bytes], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._state = state
        self._new_mark = new_mark
        self._clock = clock
        self._last = self._told_until = -math.inf

    def note(self, record: CallRecord) -> None:
        """Replace the mark, if the call is one that changes things; for `Approach.observe`."""
        if record.method == "GET":
            return
        now = self._clock()
        is_one_of_many, self._last = now - self._last < ROW, now
        if now < self._told_until:
            return
        if is_one_of_many:
            self._state.set(_WRITING, b"1", TOLD)
        self._state.set(_WRITTEN, self._new_mark(), MARKED)
        if is_one_of_many:
            # Only now: who waits for nothing here relies on both. Half of what is told, counted from before that.
            self._told_until = now + TOLD / 2

    def mark(self) -> bytes | None:
        """Return the present mark: another one than before, if anything was written in between.

        None where so much is written at the moment that nothing may wait.
        """
        written, writing = self._state.get_many((_WRITTEN, _WRITING))
        return None if writing is not None else written or b""


class ReadAhead:
    """The pages that wait. `most` is how many at a time, 0 for none; `writes` tells which are older than a write."""

    def __init__(
        self,
        pool: Executor,
        most: int,
        writes: Writes,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._pool = pool
        self._most = most
        self._writes = writes
        self._clock = clock
        self._sleep = sleep
        self._changing = threading.Lock()
        self._held: TTLCache[tuple[str, str], _FetchedPage] = TTLCache(most, HELD, clock)
        self._ends: LRUCache[str, tuple[int, int]] = LRUCache(REMEMBERED)
        self._slow: LRUCache[str, tuple[float, float]] = LRUCache(REMEMBERED)  # until when, and how long that was

    def start(self, walk: str, begun: int, ended: int, href: str, fetch: Callable[[str], SealedPage]) -> None:
        """Begin to fetch the page that `href` leads to, if the walk goes on in order and its client is not slow.

        `begun` and `ended` are the positions between which this request has read. It goes on in order where it begins
        at the end of the one before.
        """
        with self._changing:
            self._sweep()
            end, windows = self._ends.get(walk, (0, 0))
            windows = windows + 1 if end == begun else 0
            self._ends[walk] = (ended, windows)
            is_walk = windows >= IN_ORDER and self._slow.get(walk, (0.0, 0.0))[0] <= self._clock()
        future = self._begin(walk, href) if is_walk else None
        if future is not None:
            self._pool.submit(self._go_on, walk, href, future, fetch)

    def take(self, walk: str, href: str, deadline: float) -> SealedPage | None:
        """Return the page if it was fetched ahead and may be used; waits for it no longer than to the deadline."""
        with self._changing:
            self._sweep()
            held = self._held.pop((walk, href), None)
        if held is None or held.future.cancel():
            return None
        is_awaited = not held.future.done()
        try:
            page = held.future.result(timeout=max(0.0, deadline - self._clock()))
        except (PingOneError, CancelledError, TimeoutError):
            return None  # the request asks for itself, and is told by its own answer
        written = self._writes.mark()
        if written is None or written != held.written:
            return None
        with self._changing:
            self._slow.pop(walk, None)
        if is_awaited and page.next is not None:
            # Where PingOne is what takes the time, its next call goes out before this page is translated.
            self._sleep(GAP)
        return page

    def _begin(self, walk: str, href: str) -> Future[SealedPage] | None:
        """Hold a place for a page that is about to be fetched, if there is room."""
        written = self._writes.mark()  # what is written from now on is newer than this page may be
        if written is None:
            return None
        with self._changing:
            self._sweep()
            same = sum(1 for name, _href in self._held if name == walk)
            if (walk, href) in self._held or same >= DEPTH or len(self._held) >= self._most:
                return None
            future: Future[SealedPage] = Future()
            self._held[walk, href] = _FetchedPage(walk, future, written)
            return future

    def _go_on(
        self, walk: str, href: str, future: Future[SealedPage] | None, fetch: Callable[[str], SealedPage]
    ) -> None:
        """Fetch one page after the other while there is room for them, without a pause between two."""
        while future is not None and future.set_running_or_notify_cancel():
            try:
                page = fetch(href)
            except Exception as error:  # noqa: BLE001 - whoever waits for the page is told, whatever it is
                future.set_exception(error)
                return
            present, future = future, None
            if page.next is not None:
                href = page.next
                future = self._begin(walk, href)
            present.set_result(page)

    def _sweep(self) -> None:
        """Drop what nobody came for, and let these walks go on without read-ahead for a while."""
        for _key, held in self._held.expire():
            held.future.cancel()
            self._slow_down(held.walk)

    def _slow_down(self, walk: str) -> None:
        """Let a walk go on without read-ahead for a while; to be called with the lock held."""
        _until, before = self._slow.get(walk, (0.0, SLOW / 2))
        pause = min(2 * before, SLOWEST)
        self._slow[walk] = (self._clock() + pause, pause)
