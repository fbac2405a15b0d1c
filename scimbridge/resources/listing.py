"""Lists: a window of an answer, made from PingOne's pages, exact or refused (RFC 7644 §3.4.2, RFC 9865).

PingOne answers what it can of the filter; the rest is checked here. A page that cannot be read in full is an error,
never a short page. What a walk is and where it stands is in `walks`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.mapping.query import Query, split_filter
from scimbridge.pingone import filters as native
from scimbridge.pingone.collections import Collection, Page
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.send import Call
from scimbridge.resources.ask import Ask
from scimbridge.resources.knowledge import Knowledge
from scimbridge.resources.view import View
from scimbridge.resources.walks import START, TAIL, Mark, Walks
from scimbridge.scim import filters
from scimbridge.scim.errors import ExpiredCursor, TooMany
from scimbridge.scim.paging import Window
from scimbridge.state.base import State

Record = dict[str, Any]
Keep = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Links:
    """How a list is asked about memberships: the groups of users, the members of groups.

    `pushed` is what PingOne is asked for the resources linked to an id, None where it has no filter for it; `records`
    are the resources linked to an id where it has none; `ids` are their ids.
    """

    attribute: str
    pushed: Callable[[str], native.Node] | None
    records: Callable[[Call, str], list[Record]] | None
    ids: Callable[[Call, str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A window of an answer: PingOne's records, how many there are in all, and where the next window starts."""

    records: list[Record]
    total: int
    next: Mark | None


@dataclass(frozen=True, slots=True)
class _Source:
    """What is walked: PingOne's answer to the pushed filter, and the check of the rest."""

    asked: str | None
    exact: bool
    keep: Keep | None
    walk: str


class Listing:
    """The lists of one resource type."""

    def __init__(
        self,
        collection: Collection,
        view: View,
        links: Links | None,
        state: State,
        *,
        page_size: int,
        scan_limit: int,
    ) -> None:
        self._collection = collection
        self._view = view
        self._links = links
        self._walks = Walks(state)
        self._page_size = page_size
        self._scan_limit = scan_limit
        self.knowledge = Knowledge(collection, state, page_size)

    def find(self, ask: Ask, text: str | None, window: Window) -> Found:
        """Return the records of an index window. Raises `InvalidFilter`, `TooMany` and PingOne's errors."""
        if text is None:
            return self._window(ask, _Source(None, True, None, self._walk_name(ask, "")), window)
        node = filters.parse(text)
        return self._with_query(ask, node, lambda source: self._window(ask, source, window), window)

    def follow(self, ask: Ask, text: str | None, mark: Mark, count: int) -> Found:
        """Return the records of a cursor window, which starts at the mark. Raises as `find`, and `ExpiredCursor`."""
        window = Window(mark.position + 1, count)
        if text is None:
            return self._read(ask, _Source(None, True, None, ""), mark, window)
        node = filters.parse(text)
        return self._with_query(ask, node, lambda source: self._read(ask, source, mark, window), window)

    # -- which records are candidates ------------------------------------------------------------------------------

    def _with_query(self, ask: Ask, node: filters.Node, read: Callable[[_Source], Found], window: Window) -> Found:
        while True:
            query = split_filter(node, self._view.table, self.knowledge, strict=ask.manner.strict)
            if query.doubtful and query.id is None and self.knowledge.learn_case(ask.call, query.doubtful):
                continue
            candidates = self._candidates(ask, query)
            if candidates is not None:
                keep = self._keep(ask, query)
                kept = [record for record in candidates if keep(record)]
                return Found(list(window.cut(kept)), len(kept), self._cut_mark(kept, window))
            source = self._source(ask, node, query)
            try:
                return read(source)
            except Refused as error:
                if not self.knowledge.learn_refusal(error, query.asked):
                    raise

    def _candidates(self, ask: Ask, query: Query) -> list[Record] | None:
        """Return the few records that the filter can hold for, where it names an id; None where pages are walked."""
        if query.id is not None:
            try:
                return [self._collection.read(ask.call, query.id)]
            except NotThere:
                return []
        if query.linked_to is not None and self._links is not None and self._links.records is not None:
            return self._links.records(ask.call, query.linked_to)
        return None

    def _cut_mark(self, kept: list[Record], window: Window) -> Mark | None:
        end = window.offset + window.count
        return Mark(end, total=len(kept)) if end < len(kept) and window.count else None

    def _source(self, ask: Ask, node: filters.Node, query: Query) -> _Source:
        parts: list[native.Node] = [] if query.pushed is None else [_to_native(query.pushed)]
        exact = query.exact
        if query.linked_to is not None and self._links is not None and self._links.pushed is not None:
            parts.append(self._links.pushed(query.linked_to))
            exact = False
        asked = native.render(parts[0] if len(parts) == 1 else native.All(tuple(parts))) if parts else None
        walk = self._walk_name(ask, filters.render(node))
        return _Source(asked, exact, None if exact else self._keep(ask, query), walk)

    def _keep(self, ask: Ask, query: Query) -> Keep:
        resource, base = self._view.answer, ask.base
        if not query.links or self._links is None:
            return lambda record: query.keeps(resource(record, base))
        attribute = self._links.attribute
        linked = {link: self._links.ids(ask.call, link) for link in query.links}

        def keep(record: Record) -> bool:
            whole = resource(record, base)
            whole[attribute] = [{"value": link} for link, ids in linked.items() if record["id"] in ids]
            return query.keeps(whole)

        return keep

    def _walk_name(self, ask: Ask, text: str) -> str:
        return Walks.name((self._collection.name, text, ask.caller.name, str(self._page_size)))

    # -- reading a window ------------------------------------------------------------------------------------------

    def _window(self, ask: Ask, source: _Source, window: Window) -> Found:
        mark = self._walks.nearest(source.walk, window.offset if window.count else 0)
        try:
            found = self._read(ask, source, mark, window)
        except ExpiredCursor:
            found = self._read(ask, source, self._find_again(ask, source, mark), window)
        if found.next is not None:
            self._walks.keep(source.walk, found.next)
        return found

    def _read(self, ask: Ask, source: _Source, mark: Mark, window: Window) -> Found:
        """Walk from a mark through the window, and on to the end of the answer where only that gives the total."""
        reading = _Reading(source, mark, window)
        for href, page in self._pages(ask, source, mark.href):
            reading.take(href, page)
            if page.next is None:
                return reading.ended()
            if reading.settled(page):
                return reading.stopped()
            if reading.scanned >= self._scan_limit and source.keep is not None:
                msg = (
                    f"the filter needs more than {self._scan_limit} records to be read; add a condition that PingOne can"
                    " answer (eq or sw on userName, externalId, emails.value, name, population), or ask in parts"
                )
                raise TooMany(msg)
        return reading.ended()

    def _pages(self, ask: Ask, source: _Source, href: str | None) -> Iterator[tuple[str | None, Page]]:
        while True:
            try:
                page = self._collection.page(ask.call, filter=source.asked, limit=self._page_size, next=href)
            except Refused as error:
                if href is None or error.has("INVALID_FILTER"):
                    raise
                msg = "the cursor is not valid any more; start the walk again"
                raise ExpiredCursor(msg) from error
            yield href, page
            if page.next is None:
                return
            href = page.next

    def _find_again(self, ask: Ask, source: _Source, mark: Mark) -> Mark:
        """Find a place again whose PingOne cursor is dead: behind the last of the passed records that is still there."""
        rank = {passed: place for place, passed in enumerate(mark.tail)}
        best = -1
        found = replace(START, total=mark.total)
        for href, page in self._pages(ask, source, None):
            ids = [record["id"] for record in page.records]
            for number, identifier in enumerate(ids, 1):
                if rank.get(identifier, -1) > best:
                    best = rank[identifier]
                    found = Mark(mark.position, href, tuple(ids[:number]), mark.tail, mark.total)
            if best == len(rank) - 1:
                break
        return found


class _Reading:
    """The state of one window while pages come in."""

    def __init__(self, source: _Source, mark: Mark, window: Window) -> None:
        self.scanned = 0
        self._source = source
        self._window = window
        self._end = window.offset + window.count
        self._behind = frozenset(mark.passed)
        self._tail = deque(mark.tail, TAIL)
        self._records: list[Record] = []
        self._position = mark.position
        self._total = mark.total
        self._following: Mark | None = None

    def take(self, href: str | None, page: Page) -> None:
        """Take what the window has of a page."""
        keep = self._source.keep
        passed: list[str] = []
        for record in page.records:
            identifier = record["id"]
            passed.append(identifier)
            if identifier in self._behind:
                continue
            self._tail.append(identifier)
            if keep is not None and not keep(record):
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
                )
        self._behind = frozenset()
        self.scanned += len(page.records)

    def settled(self, page: Page) -> bool:
        """Whether the window is full, or surely empty, and the total is known: no further page is needed."""
        total = self._total
        if self._source.exact and page.count is not None:
            total = max(total or 0, page.count)
        if total is None:
            return False
        self._total = total
        if self._position < self._end and self._window.count:
            return self._source.exact and self._window.offset >= total
        # A count that is reached while PingOne has a next page may be too low: the next page says.
        return self._position < total or not self._source.exact

    def stopped(self) -> Found:
        """Return the window where the answer goes on behind it."""
        total = max(self._total or 0, self._position)
        following = None if self._following is None else replace(self._following, total=total)
        return Found(self._records, total, following)

    def ended(self) -> Found:
        """Return the window where the answer has been read to its end: that is the total, whatever was said before."""
        following = None
        if self._following is not None and self._following.position < self._position:
            following = replace(self._following, total=self._position)
        return Found(self._records, self._position, following)


def _to_native(node: filters.Node) -> native.Node:
    match node:
        case filters.And(parts):
            return native.All(tuple(_to_native(part) for part in parts))
        case filters.Or(parts):
            return native.Any_(tuple(_to_native(part) for part in parts))
        case filters.Compare(path, op, value):
            return native.Term(path.attr, op, value if isinstance(value, bool) else str(value))
    raise TypeError(node)
