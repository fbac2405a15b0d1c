"""Windows of a list: read from a place in PingOne's pages to their end, by index or from a cursor's mark.

Where a reader by index stands is in `walks`, and where he ended in `walk_progress`; what is taken of a page is in
`reading`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from scimbridge.lists.marks import Mark
from scimbridge.lists.pages import Pages
from scimbridge.lists.reading import Reading, ReadWindow, Source
from scimbridge.lists.walk_progress import WalkProgress
from scimbridge.lists.walks import Walks
from scimbridge.pingone.errors import Unreachable
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import ExpiredCursor, TooMany, Unavailable
from scimbridge.scim.paging import Window


class Windows:
    """The windows of one resource type's lists. `scan_limit` is how many records may be read for one of them."""

    def __init__(self, pages: Pages, walks: Walks, progress: WalkProgress, scan_limit: int) -> None:
        self._pages = pages
        self._walks = walks
        self._progress = progress
        self._scan_limit = scan_limit

    def at(self, context: RequestContext, source: Source, window: Window) -> ReadWindow:
        """Read an index window. Raises `Unavailable` where the place is not known, `TooMany` and PingOne's errors."""
        place = self._walks.find(source.walk, window)
        source = replace(source, walk=place.name)
        mark = place.mark
        try:
            if mark is None:
                found = self._read_again(context, source, place.marks, window)
            else:
                found = self._read(context, source, mark, window)
        except ExpiredCursor:
            found = self._read_again(context, source, place.marks, window)
        if found.next is None and found.total <= 1 and source.asked is not None and not window.offset:
            return found  # a look-up costs the state nothing
        present = found.next is not None or context.is_present()  # it only matters at the end
        name = self._progress.keep(place, window, found, present=present)
        self._pages.fetch_ahead(context, replace(source, walk=name), place.marks[0].position, found)
        return found

    def from_mark(self, context: RequestContext, source: Source, mark: Mark, count: int) -> ReadWindow:
        """Read a cursor's window; where PingOne's cursor dies on the first page of a walk, nothing is lost yet.

        Raises as `at` does, and `ExpiredCursor`.
        """
        window = Window(mark.position + 1, count)
        try:
            found = self._read(context, source, mark, window)
        except ExpiredCursor:
            if mark.href is not None:
                raise
            found = self._read_again(context, source, (mark,), window)
        self._pages.fetch_ahead(context, source, mark.position, found)
        return found

    def _read_again(
        self, context: RequestContext, source: Source, marks: tuple[Mark, ...], window: Window
    ) -> ReadWindow:
        try:
            return self._read(context, source, self._pages.find_again(context, source, marks), window)
        except ExpiredCursor as error:
            msg = "PingOne's cursors do not last as long as this page takes; send the request again"
            raise Unavailable(msg, retry_after=1) from error

    def _read(self, context: RequestContext, source: Source, mark: Mark, window: Window) -> ReadWindow:
        """Walk from a mark through the window, and on to the end of the answer where only that gives the total."""
        href, passed = mark.start
        if (href is not None or passed) and mark.asked != source.stamp:
            msg = "what PingOne can be asked for this filter has changed; start the walk again"
            raise ExpiredCursor(msg)
        if source.given is not None and passed:
            source = source.behind(passed[-1])
        reading, scanned = Reading(source, mark, window), 0
        for turned in self._pages.turn(context, source, href):
            if source.prepare is not None:
                source.prepare(turned.page)
            reading.take(turned.href, turned.page, turned.records)
            if turned.page.next is None:
                if reading.is_doubtful_end(turned.page):
                    self._check_end(context, source, turned.last)
                return reading.ended()
            if reading.settled(turned.page):
                return reading.stopped()
            scanned += turned.records
            if scanned >= self._scan_limit and not reading.exact:
                msg = (
                    f"the filter needs more than {self._scan_limit} records to be read; add a condition that PingOne"
                    " can answer (eq or sw on userName, externalId, emails.value, name, population), or ask in parts"
                )
                raise TooMany(msg)
        return reading.ended()

    def _check_end(self, context: RequestContext, source: Source, last: str | None) -> None:
        """Hold a doubtful last page to one pass from the start. Raises `Unreachable` where that ends elsewhere.

        Records that came in behind the reader count as well, and then all is right; or PingOne has lost a link.
        """
        ends = deque(self._pages.turn(context, source, None), 1)
        if [turned.last for turned in ends] != [last]:
            msg = "PingOne's pages end before the end"
            raise Unreachable(msg)
