"""One list read in a row, page after page, each led to by the one before. Pure: pages are handed in."""

from __future__ import annotations

from scimbridge.pingone.errors import PingOneError, Unreachable
from scimbridge.pingone.paging import Page, is_cut_short

RESTARTS = 3


class ReadRow:
    """How far one row is read. `text` is the filter that PingOne is asked, None for everything."""

    __slots__ = ("_came", "_ends", "_links", "_restarts", "count", "text")

    def __init__(self, text: str | None, count: int | None) -> None:
        self.text = text
        self.count = count
        self._came = 0
        self._links: set[int] = set()
        self._ends: set[tuple[str, str]] = set()
        self._restarts = 0

    @property
    def left(self) -> int:
        """How many records are still to come, by PingOne's count."""
        return max(0, (self.count or 0) - self._came)

    def skip(self, records: int) -> None:
        """Count records that came with an earlier page."""
        self._came += records

    def follow(self, page: Page) -> str | None:
        """Take a page, and return where the next one is, None at the end.

        Raises `Unreachable` where pages lead in a circle, repeat each other, or end before the end.
        """
        self._came += len(page.records)
        if page.count is not None:
            self.count = page.count
        if page.records:
            ends = page.records[0]["id"], page.records[-1]["id"]
            if page.full and ends in self._ends:
                raise Unreachable("PingOne's pages repeat each other")
            self._ends.add(ends)
        if page.next is None:
            if is_cut_short(page, self._came, page.count):
                raise Unreachable(f"PingOne's pages end after {self._came} of {page.count}")
            return None
        link = hash(page.next)
        if link in self._links:
            raise Unreachable("PingOne's pages lead in a circle")
        self._links.add(link)
        return page.next

    def restart(self, error: PingOneError) -> None:
        """Begin anew, since an error has ended the row. Raises it where that happens again and again."""
        self._restarts += 1
        if self._restarts > RESTARTS:
            raise error
        self._came = 0
        self._links.clear()
        self._ends.clear()
