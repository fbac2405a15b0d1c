"""Lists: a window of an answer, made from PingOne's pages, exact or refused (RFC 7644 §3.4.2, RFC 9865).

PingOne answers what it can of the filter; the rest is checked here. A page that cannot be read in full is an error,
never a short page. What a walk is and where it stands is in `walks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from scimbridge.mapping.query import Query, split_filter
from scimbridge.pingone import filters as native
from scimbridge.pingone.collections import Collection, Page
from scimbridge.pingone.errors import Forbidden, NotThere, Refused, Unreachable
from scimbridge.pingone.send import Call
from scimbridge.resources.ask import Ask
from scimbridge.resources.fresh import Fresh
from scimbridge.resources.ids import is_id
from scimbridge.resources.knowledge import Knowledge
from scimbridge.resources.reading import Found, Keep, Reading, Source
from scimbridge.resources.view import View
from scimbridge.resources.walks import Mark, Walks
from scimbridge.scim import filters
from scimbridge.scim.errors import ExpiredCursor, TooMany, Unavailable
from scimbridge.scim.paging import Window
from scimbridge.state.base import State

Record = dict[str, Any]


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


class Listing:
    """The lists of one resource type."""

    def __init__(
        self,
        collection: Collection,
        view: View,
        links: Links | None,
        fresh: Fresh,
        state: State,
        *,
        page_size: int,
        scan_limit: int,
    ) -> None:
        self._collection = collection
        self._view = view
        self._links = links
        self._fresh = fresh
        self._walks = Walks(state)
        self._page_size = page_size
        self._scan_limit = scan_limit
        self.knowledge = Knowledge(collection, state, page_size)

    def find(self, ask: Ask, text: str | None, window: Window) -> Found:
        """Return the records of an index window. Raises `InvalidFilter`, `TooMany` and PingOne's errors."""
        if text is None:
            return self._window(ask, Source(None, True, None, self._walk_name(ask, "")), window)
        node = filters.parse(text)
        return self._with_query(ask, node, lambda source: self._window(ask, source, window), window)

    def follow(self, ask: Ask, text: str | None, mark: Mark, count: int) -> Found:
        """Return the records of a cursor window, which starts at the mark. Raises as `find`, and `ExpiredCursor`."""
        window = Window(mark.position + 1, count)
        if text is None:
            return self._read_on(ask, Source(None, True, None, ""), mark, window)
        node = filters.parse(text)
        return self._with_query(ask, node, lambda source: self._read_on(ask, source, mark, window), window)

    # -- which records are candidates ------------------------------------------------------------------------------

    def _with_query(self, ask: Ask, node: filters.Node, read: Callable[[Source], Found], window: Window) -> Found:
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
                return self._look(ask, query, partial(read, source))
            except Refused as error:
                if not self.knowledge.learn_refusal(error, query.asked):
                    raise

    def _look(self, ask: Ask, query: Query, read: Callable[[], Found]) -> Found:
        """Read, and again for a moment where PingOne does not show yet what this bridge has just made."""
        found = read()
        for _pause in self._fresh.looks(ask.call, query.pushed) if not found.total else ():
            found = read()
            if found.total:
                break
        return found

    def _candidates(self, ask: Ask, query: Query) -> list[Record] | None:
        """Return the few records that the filter can hold for, where it names an id; None where pages are walked."""
        if query.id is not None:
            if not is_id(query.id):
                return []
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

    def _source(self, ask: Ask, node: filters.Node, query: Query) -> Source:
        parts: list[native.Node] = [] if query.pushed is None else [_to_native(query.pushed)]
        exact, held = query.exact, None
        if query.linked_to is not None and self._links is not None and self._links.pushed is not None:
            held = query.linked_to
            parts.append(self._links.pushed(held))
            exact = self._is_exact_beside_link(ask, node)
        asked = native.render(parts[0] if len(parts) == 1 else native.All(tuple(parts))) if parts else None
        walk = self._walk_name(ask, filters.render(node))
        return Source(asked, exact, None if exact else self._keep(ask, query, held), walk)

    def _is_exact_beside_link(self, ask: Ask, node: filters.Node) -> bool:
        """Whether PingOne answers the whole filter: one plain condition on a membership, the rest exactly."""
        plain, rest = 0, []
        for part in filters.conjuncts(node):
            query = split_filter(part, self._view.table, self.knowledge, strict=ask.manner.strict)
            if isinstance(part, filters.Compare) and query.linked_to is not None:
                plain += 1
            else:
                rest.append(query.exact)
        return plain == 1 and all(rest)

    def _keep(self, ask: Ask, query: Query, held: str | None = None) -> Keep:
        """Return the check of the whole filter; the membership `held` is one that PingOne was asked for."""
        resource, base = self._view.answer, ask.base
        if not query.links or self._links is None:
            return lambda record: query.keeps(resource(record, base))
        attribute = self._links.attribute
        linked = {link: self._links.ids(ask.call, link) for link in query.links if link != held}

        def keep(record: Record) -> bool:
            whole = resource(record, base)
            groups = [link for link, ids in linked.items() if record["id"] in ids]
            whole[attribute] = [{"value": link} for link in (*groups, *([] if held is None else [held]))]
            return query.keeps(whole)

        return keep

    def _walk_name(self, ask: Ask, text: str) -> str:
        return Walks.name((self._collection.name, text, ask.caller.name, str(self._page_size)))

    # -- reading a window ------------------------------------------------------------------------------------------

    def _window(self, ask: Ask, source: Source, window: Window) -> Found:
        mark = self._walks.nearest(source.walk, window.offset if window.count else 0)
        try:
            found = self._read(ask, source, mark, window)
        except ExpiredCursor:
            found = self._read_again(ask, source, mark, window)
        if found.next is not None:
            self._walks.keep(source.walk, found.next)
        return found

    def _read_again(self, ask: Ask, source: Source, mark: Mark, window: Window) -> Found:
        try:
            return self._read(ask, source, self._find_again(ask, source, mark), window)
        except ExpiredCursor as error:
            msg = "PingOne's cursors do not last as long as this page takes; send the request again"
            raise Unavailable(msg, retry_after=1) from error

    def _read_on(self, ask: Ask, source: Source, mark: Mark, window: Window) -> Found:
        """Read from a cursor's mark; where PingOne's cursor dies on the first page of a walk, nothing is lost yet."""
        try:
            return self._read(ask, source, mark, window)
        except ExpiredCursor:
            if mark.href is not None:
                raise
            return self._read_again(ask, source, mark, window)

    def _read(self, ask: Ask, source: Source, mark: Mark, window: Window) -> Found:
        """Walk from a mark through the window, and on to the end of the answer where only that gives the total."""
        if mark.href is not None and mark.asked != source.stamp:
            msg = "what PingOne can be asked for this filter has changed; start the walk again"
            raise ExpiredCursor(msg)
        reading = Reading(source, mark, window)
        for href, page in self._pages(ask, source, mark.href):
            reading.take(href, page)
            if page.next is None:
                return reading.ended()
            if reading.settled(page):
                return reading.stopped()
            if reading.scanned >= self._scan_limit and source.keep is not None:
                msg = (
                    f"the filter needs more than {self._scan_limit} records to be read; add a condition that PingOne"
                    " can answer (eq or sw on userName, externalId, emails.value, name, population), or ask in parts"
                )
                raise TooMany(msg)
        return reading.ended()

    def _pages(self, ask: Ask, source: Source, href: str | None) -> Iterator[tuple[str | None, Page]]:
        seen: set[str] = set()
        while True:
            try:
                page = self._collection.page(ask.call, filter=source.asked, limit=self._page_size, next=href)
            except Refused as error:
                if href is None or isinstance(error, Forbidden) or error.has("INVALID_FILTER"):
                    raise
                msg = "the cursor is not valid any more; start the walk again"
                raise ExpiredCursor(msg) from error
            yield href, page
            if page.next is None:
                return
            if page.next in seen:
                msg = "PingOne's pages lead in a circle"
                raise Unreachable(msg)
            seen.add(page.next)
            href = page.next

    def _find_again(self, ask: Ask, source: Source, mark: Mark) -> Mark:
        """Find a place again whose PingOne cursor is dead: behind the last of the passed records that is still there.

        Where none of them is there any more, the walk goes on from the first record: twice is better than never.
        """
        rank = {passed: place for place, passed in enumerate(mark.tail)}
        best = -1
        found = Mark(mark.position, None, (), mark.tail, mark.total, source.stamp)
        for href, page in self._pages(ask, source, None):
            ids = [record["id"] for record in page.records]
            known = [number for number, identifier in enumerate(ids, 1) if rank.get(identifier, -1) > best]
            if known:
                best = max(rank.get(identifier, -1) for identifier in ids)
                found = replace(found, href=href, passed=tuple(ids[: known[-1]]))
            if best == len(rank) - 1 or (best >= 0 and not known):
                break
        return found


def _to_native(node: filters.Node) -> native.Node:
    match node:
        case filters.And(parts):
            return native.All(tuple(_to_native(part) for part in parts))
        case filters.Or(parts):
            return native.Any_(tuple(_to_native(part) for part in parts))
        case filters.Compare(path, op, value):
            return native.Term(path.attr, op, value if isinstance(value, bool) else str(value))
    raise TypeError(node)
