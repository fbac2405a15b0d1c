"""One window of a list while PingOne's pages come in: what it takes, when it is full, where the next one starts.

Pure: pages are handed in. Which pages those are, and what a page that cannot be read means, is in `listing`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scimbridge.lists.marks import TAIL, Ids, Mark, stamp
from scimbridge.pingone.paging import Page
from scimbridge.scim.paging import Window
from scimbridge.sides import Native

Keep = Callable[[Native], bool]
Prepare = Callable[[Page], None]
_GIVEN = "nothing: all records are known"


@dataclass(frozen=True, slots=True)
class ReadWindow:
    """A window of an answer: PingOne's records, how many there are in all, and where the next window starts.

    `end` is the end of the list instead, where the window was read to it. `wider`: PingOne answered with more than it
    was asked for, though its answer was taken for exact.
    """

    records: list[Native]
    total: int
    next: Mark | None
    end: Mark | None = None
    wider: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is walked: PingOne's answer to the pushed filter, and the check of every record of it.

    `exact`: PingOne's answer is the client's, so that its count is the total. `keep` checks the whole filter, None
    where there is none; `prepare` is told of each page of PingOne's before its records are checked. `confined`: it is
    asked for the client's populations only. `given`: all records in the order of their ids, where they are not
    walked but known already: what is behind one id is behind a reader.
    """

    asked: str | None
    exact: bool
    keep: Keep | None
    walk: str
    confined: bool = False
    prepare: Prepare | None = field(default=None, compare=False)
    given: tuple[Native, ...] | None = None

    def behind(self, key: str) -> Source:
        """Return the source of the known records that are behind one of them."""
        return replace(self, given=tuple(record for record in self.given or () if record["id"] > key))

    @property
    def stamp(self) -> str:
        """What stands in marks for the question that PingOne was asked."""
        return stamp(self.asked if self.given is None else _GIVEN)


class Reading:
    """The state of one window while pages come in."""

    def __init__(self, source: Source, mark: Mark, window: Window) -> None:
        self._source = source
        self._exact = source.exact
        self._window = window
        self._end = window.offset + window.count
        href, passed = mark.start
        self._behind = frozenset(passed)
        is_again = href == mark.href and source.given is None
        self._tail = deque(mark.before if is_again else mark.tail, TAIL)
        self._records: list[Native] = []
        self._position = self._begun = mark.position
        self._known = self._total = mark.total
        self._following: Mark | None = None
        self._last: tuple[str | None, Ids, Ids, Page] | None = None

    def take(self, href: str | None, page: Page, records: int) -> None:
        """Take what the window has of a page; `records` is how many PingOne had on it for everybody."""
        keep = self._source.keep
        passed: list[str] = []
        before = tuple(self._tail)
        if records != len(page.records):
            self._widen()
        for record in page.records:
            identifier = record["id"]
            passed.append(identifier)
            if identifier in self._behind:
                continue
            if keep is not None and not keep(record):
                self._widen()
                continue
            if self._window.offset <= self._position < self._end:
                self._records.append(record)
            self._position += 1
            if self._position == self._end and self._window.count:
                # What came in between and is not given yet stays before the reader; what is behind stays behind.
                later = [each["id"] for each in page.records[len(passed) :] if each["id"] in self._behind]
                self._following = self._mark(href, (*passed, *later), before, page)
        self._tail.extend(passed)
        self._last = (href, tuple(passed), before, page)

    def _mark(self, href: str | None, passed: Ids, before: Ids, page: Page) -> Mark:
        if self._source.given is not None:
            before, passed = before + passed[:-1], passed[-1:]
        return Mark(
            self._position,
            href,
            passed,
            before[max(0, len(before) + len(passed) - TAIL) :],
            asked=self._source.stamp,
            next=page.next if len(passed) == len(page.records) else None,
            begun=max(self._begun, self._window.offset),
            given=tuple(record["id"] for record in self._records),
        )

    def _widen(self) -> None:
        """Believe no count any more: PingOne's answer holds records that were not asked for."""
        if self._exact:
            self._exact, self._total = False, self._known

    def settled(self, page: Page) -> bool:
        """Whether the window is full, or surely empty, and it is known what is behind it: no further page is needed.

        The total is what PingOne counts now, not what it counted before: too high a number makes clients loop. Where it
        does not count, or too low, the total is what was once read to the end.
        """
        if self._known is None and self._exact:
            self._total = page.count
        if self._total is None:
            return False
        if self._position < self._end and self._window.count:
            # Who jumps behind the end finds nothing. Where a walk stands, its own position says more than any count.
            return self._exact and self._begun < self._window.offset >= self._total
        if self._position < self._total:
            return True
        # That many have come and PingOne still names a next page. From the first record on, its count is too low and
        # all has to be read; later on what was deleted since counts as well, and it is enough that something follows.
        return self._begun > 0 and self._position > self._end

    @property
    def exact(self) -> bool:
        """Whether PingOne's answer is still what was asked for, so that its count is the client's."""
        return self._exact

    def is_doubtful_end(self, page: Page) -> bool:
        """Whether a full page may not be the last, though it names no next one: more were counted than have come.

        By PingOne, or where it does not count the client's records, by an earlier window of this walk.
        """
        counted = page.count if self._exact and page.count is not None else self._known
        return page.full and counted is not None and counted > self._position

    def stopped(self) -> ReadWindow:
        """Return the window where the answer goes on behind it."""
        following = None if self._following is None else replace(self._following, total=self._known)
        return ReadWindow(self._records, max(self._total or 0, self._position), following, wider=self._wider)

    def ended(self) -> ReadWindow:
        """Return the window where the answer has been read to its end: that is the total, whatever was said before."""
        if self._last is None:
            return ReadWindow(self._records, self._position, None)
        if self._following is not None and self._following.position < self._position:
            count = self._last[3].count
            is_counted = self._exact and count is not None and count >= self._position
            following = replace(self._following, total=None if is_counted else self._position)
            return ReadWindow(self._records, self._position, following, wider=self._wider)
        end = replace(self._mark(*self._last), total=self._known)
        return ReadWindow(self._records, self._position, None, end, wider=self._wider)

    @property
    def _wider(self) -> bool:
        return self._source.exact and not self._exact
