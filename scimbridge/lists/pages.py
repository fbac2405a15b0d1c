"""PingOne's pages of one question, one after the other, as far as a client may go.

A record outside a client's populations never comes here: no window, total, mark or cursor is made with it. Knows
sources and marks; what is taken of a page is in `reading`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from scimbridge.lists.marks import TAIL, Mark
from scimbridge.lists.read_ahead import ReadAhead
from scimbridge.lists.reading import ReadWindow, Source
from scimbridge.pingone.errors import NoPermission, Refused
from scimbridge.pingone.paging import Page
from scimbridge.reach.records import ReachableRecords, ReachedPage, SealedPage
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import ExpiredCursor


class Pages:
    """The pages of one collection, `size` records at a time; with `ahead` the next one may be there before its time."""

    def __init__(self, reached: ReachableRecords, size: int, ahead: ReadAhead | None = None) -> None:
        self._reached = reached
        self._size = size
        self._ahead = ahead

    def turn(self, context: RequestContext, source: Source, href: str | None) -> Iterator[ReachedPage]:
        """Yield the pages from a link on, None for the first, no record twice; records that are known are one page.

        Raises `ExpiredCursor` where the link is dead, and `Unreachable` as `Pass` does.
        """
        if source.given is not None:
            yield ReachedPage(None, Page(list(source.given), None, len(source.given)), len(source.given))
            return
        pages = self._reached.pages(
            context, filter=source.asked, limit=self._size, href=href, held=partial(self._held, context, source)
        )
        while True:
            try:
                turned = next(pages)
            except Refused as error:
                if href is None or isinstance(error, NoPermission) or error.has("INVALID_FILTER"):
                    raise
                msg = "the cursor is not valid any more; start the walk again"
                raise ExpiredCursor(msg) from error
            yield turned
            href = turned.page.next
            if href is None:
                return

    def fetch_ahead(self, context: RequestContext, source: Source, begun: int, found: ReadWindow) -> None:
        """Let the page be fetched on which the next window starts, if this one was read in order from `begun` on."""
        mark = found.next
        if self._ahead is None or mark is None or mark.next is None:
            return
        unheard = replace(context, call=replace(context.call, heard=None))
        self._ahead.start(
            source.walk, begun, mark.position, mark.next,
            lambda href: self._reached.fetch(unheard, filter=source.asked, limit=self._size, href=href),
        )  # fmt: skip

    def _held(self, context: RequestContext, source: Source, href: str) -> SealedPage | None:
        return None if self._ahead is None else self._ahead.take(source.walk, href, context.call.deadline)

    def find_again(self, context: RequestContext, source: Source, marks: Sequence[Mark]) -> Mark:
        """Find a place again to which no link leads any more: behind the last passed record that is still there.

        Of several marks it is the place that is behind none of them. Where no passed record of one of them is there any
        more, the walk goes on from the first record: twice is better than never.
        """
        ranks = [{passed: place for place, passed in enumerate(mark.tail)} for mark in marks]
        best = [-1] * len(marks)
        places: list[tuple[int, int, Mark] | None] = [None] * len(marks)
        base = Mark(marks[0].position, total=marks[0].total, asked=source.stamp)
        before: deque[str] = deque(maxlen=TAIL)
        for number, turned in enumerate(self.turn(context, source, None)):
            ids = [record["id"] for record in turned.page.records]
            is_known = False
            for one, rank in enumerate(ranks):
                known = [place for place, key in enumerate(ids, 1) if rank.get(key, -1) > best[one]]
                if known:
                    is_known = True
                    best[one] = max(rank.get(key, -1) for key in ids)
                    here = replace(base, href=turned.href, passed=tuple(ids[: known[-1]]), before=tuple(before))
                    places[one] = (number, known[-1], here)
            if all(place == len(rank) - 1 for place, rank in zip(best, ranks, strict=True)):
                break
            if min(best) >= 0 and not is_known:
                break
            before.extend(ids)
        found = [place for place in places if place is not None]
        return base if len(found) < len(places) else min(found, key=lambda place: place[:2])[2]
