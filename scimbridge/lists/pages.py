"""PingOne's pages of one question, one after the other, as far as a client may go.

A record outside a client's populations never leaves here: no window, total, mark or cursor is made with it. Knows
sources and marks; what is taken of a page is in `reading`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scimbridge.lists.marks import TAIL, Mark
from scimbridge.lists.read_ahead import ReadAhead
from scimbridge.lists.reading import ReadWindow, Source
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NoPermission, Refused
from scimbridge.pingone.paging import Page, Pass
from scimbridge.pingone.send import Call
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask
from scimbridge.scim.errors import ExpiredCursor


@dataclass(frozen=True, slots=True)
class Turned:
    """A page that was turned to, and the link that led there.

    `records` is how many records PingOne had on it for everybody, and `last` the id of the last of them.
    """

    href: str | None
    page: Page
    records: int
    last: str | None = None


class Pages:
    """The pages of one collection, `size` records at a time; with `ahead` the next one may be there before its time."""

    def __init__(self, collection: Collection, size: int, ahead: ReadAhead | None = None) -> None:
        self._collection = collection
        self._size = size
        self._ahead = ahead

    def turn(self, ask: Ask, source: Source, href: str | None) -> Iterator[Turned]:
        """Yield the pages from a link on, None for the first, no record twice; records that are known are one page.

        Raises `ExpiredCursor` where the link is dead, and `Unreachable` as `Pass` does.
        """
        if source.given is not None:
            yield Turned(None, Page(list(source.given), None, len(source.given)), len(source.given))
            return
        within = Confinement.of(ask.caller, self._collection.name)
        passed = Pass(begun=href is None)
        while True:
            try:
                page = self._held(ask, source, href) or self._fetch(ask.call, source, href)
            except Refused as error:
                if href is None or isinstance(error, NoPermission) or error.has("INVALID_FILTER"):
                    raise
                msg = "the cursor is not valid any more; start the walk again"
                raise ExpiredCursor(msg) from error
            page = passed.take(page)
            last = page.records[-1]["id"] if page.records else None
            yield Turned(href, within.cut(page), len(page.records), last)
            if page.next is None:
                return
            href = page.next

    def fetch_ahead(self, ask: Ask, source: Source, begun: int, found: ReadWindow) -> None:
        """Let the page be fetched on which the next window starts, if this one was read in order from `begun` on."""
        mark = found.next
        if self._ahead is None or mark is None or mark.next is None:
            return
        call = replace(ask.call, heard=None)
        self._ahead.start(source.walk, begun, mark.position, mark.next, lambda href: self._fetch(call, source, href))

    def _held(self, ask: Ask, source: Source, href: str | None) -> Page | None:
        if self._ahead is None or href is None:
            return None
        return self._ahead.take(source.walk, href, ask.call.deadline)

    def _fetch(self, call: Call, source: Source, href: str | None) -> Page:
        return self._collection.page(call, filter=source.asked, limit=self._size, next=href)

    def find_again(self, ask: Ask, source: Source, marks: Sequence[Mark]) -> Mark:
        """Find a place again to which no link leads any more: behind the last passed record that is still there.

        Of several marks it is the place that is behind none of them. Where no passed record of one of them is there any
        more, the walk goes on from the first record: twice is better than never.
        """
        ranks = [{passed: place for place, passed in enumerate(mark.tail)} for mark in marks]
        best = [-1] * len(marks)
        places: list[tuple[int, int, Mark] | None] = [None] * len(marks)
        base = Mark(marks[0].position, total=marks[0].total, asked=source.stamp)
        before: deque[str] = deque(maxlen=TAIL)
        for number, turned in enumerate(self.turn(ask, source, None)):
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
