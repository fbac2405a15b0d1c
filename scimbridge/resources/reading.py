"""One window of a list while PingOne's pages come in: what it takes, when it is full, where the next one starts.

Pure: pages are handed in. Which pages those are, and what a page that cannot be read means, is in `listing`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.pingone.collections import Page
from scimbridge.resources.walks import TAIL, Mark, stamp
from scimbridge.scim.paging import Window

Record = dict[str, Any]
Keep = Callable[[Record], bool]
Prepare = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A window of an answer: PingOne's records, how many there are in all, and where the next window starts.

    `wider`: PingOne answered with more than it was asked for, though its answer was taken for exact.
    """

    records: list[Record]
    total: int
    next: Mark | None
    wider: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is walked: PingOne's answer to the pushed filter, and the check of every record of it.

    `exact`: PingOne's answer is the client's, so that its count is the total. `keep` checks the whole filter, None
    where there is none; `prepare` is told of each page of PingOne's before its records are checked. `confined`: it is
    asked for the client's populations only.
    """

    asked: str | None
    exact: bool
    keep: Keep | None
    walk: str
    confined: bool = False
    prepare: Prepare | None = field(default=None, compare=False)

    @property
    def stamp(self) -> str:
        """What stands in marks for the question that PingOne was asked."""
        return stamp(self.asked)


class Reading:
    """The state of one window while pages come in."""

    def __init__(self, source: Source, mark: Mark, window: Window) -> None:
        self._source = source
        self._exact = source.exact
        self._window = window
        self._end = window.offset + window.count
        self._behind = frozenset(mark.passed)
        self._tail = deque(mark.tail, TAIL)
        self._records: list[Record] = []
        self._position = mark.position
        self._total = mark.total
        self._following: Mark | None = None

    def take(self, href: str | None, page: Page, records: int) -> None:
        """Take what the window has of a page; `records` is how many PingOne had on it for everybody."""
        keep = self._source.keep
        passed: list[str] = []
        if records != len(page.records):
            self._widen()
        for record in page.records:
            identifier = record["id"]
            passed.append(identifier)
            if identifier in self._behind:
                continue
            self._tail.append(identifier)
            if keep is not None and not keep(record):
                self._widen()
                continue
            if self._window.offset <= self._position < self._end:
                self._records.append(record)
            self._position += 1
            if self._position == self._end and self._window.count:
                whole = len(passed) == len(page.records)
                self._following = Mark(
                    self._position,
                    page.next if whole else href,
                    () if whole else tuple(passed),
                    tuple(self._tail),
                    asked=self._source.stamp,
                )
        self._behind = frozenset()

    def _widen(self) -> None:
        """Believe no count any more: PingOne's answer holds records that were not asked for."""
        if self._exact:
            self._exact, self._total = False, None

    def settled(self, page: Page) -> bool:
        """Whether the window is full, or surely empty, and the total is known: no further page is needed."""
        total = self._total
        if self._exact and page.count is not None:
            total = max(total or 0, page.count)
        if total is None:
            return False
        self._total = total
        if self._position < self._end and self._window.count:
            return self._exact and self._window.offset >= total
        # A count that is reached while PingOne has a next page may be too low: the next page says.
        return self._position < total or not self._exact

    @property
    def exact(self) -> bool:
        """Whether PingOne's answer is still what was asked for, so that its count is the client's."""
        return self._exact

    def is_cut_short(self, page: Page) -> bool:
        """Whether the last page is not the last: a full one, though PingOne counts more records than have come."""
        return self._exact and page.full and page.count is not None and page.count > self._position

    def ends_early(self, page: Page) -> bool:
        """Whether a full page is the last, though the walk was told of more, and PingOne's own count says nothing."""
        counted = self._exact and page.count is not None
        return page.full and not counted and self._total is not None and self._position < self._total

    def stopped(self) -> Found:
        """Return the window where the answer goes on behind it."""
        total = max(self._total or 0, self._position)
        following = None if self._following is None else replace(self._following, total=total)
        return Found(self._records, total, following, self._wider)

    def ended(self) -> Found:
        """Return the window where the answer has been read to its end: that is the total, whatever was said before."""
        following = None
        if self._following is not None and self._following.position < self._position:
            following = replace(self._following, total=self._position)
        return Found(self._records, self._position, following, self._wider)

    @property
    def _wider(self) -> bool:
        return self._source.exact and not self._exact
