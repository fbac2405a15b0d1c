"""Lists: a window of an answer, made from PingOne's pages, exact or refused (RFC 7644 §3.4.2, RFC 9865).

PingOne answers what it can of the filter; the rest is checked here. A page that cannot be read in full is an error,
never a short page. What a walk is and where it stands is in `walks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from scimbridge.mapping.query import PUSHED_LENGTH, Query, split_filter
from scimbridge.mapping.translate import silent
from scimbridge.pingone import filters as native
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.resources.ahead import Ahead
from scimbridge.resources.ask import Ask
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.fresh import Fresh
from scimbridge.resources.ids import is_id
from scimbridge.resources.knowledge import Knowledge
from scimbridge.resources.pages import Pages
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
    are the resources linked to an id where it has none; `ids` are their ids. `shows`: whether the client may know of
    what has the id; what it may not know of is linked to nothing.
    """

    attribute: str
    pushed: Callable[[str], native.Node] | None
    records: Callable[[Ask, str], list[Record]] | None
    ids: Callable[[Ask, str], frozenset[str]]
    shows: Callable[[Ask, str], bool]


_ALL = Query(
    pushed=None, exact=True, keeps=lambda _resource: True, id=None, linked_to=None, links=(), doubtful=(), asked=()
)


class Listing:
    """The lists of one resource type."""

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        collection: Collection,
        view: View,
        links: Links | None,
        fresh: Fresh,
        state: State,
        *,
        page_size: int,
        scan_limit: int,
        ahead: Ahead | None = None,
        observe_window: Callable[[str], None] = silent,
    ) -> None:
        self.kind = collection.name
        self._collection = collection
        self._pages = Pages(collection, page_size, ahead)
        self._view = view
        self._links = links
        self._fresh = fresh
        self._walks = Walks(state, observe_window)
        self._page_size = page_size
        self._scan_limit = scan_limit
        self.knowledge = Knowledge(collection, state, page_size)

    def find(self, ask: Ask, text: str | None, window: Window) -> Found:
        """Return the records of an index window. Raises `InvalidFilter`, `TooMany` and PingOne's errors."""
        node = None if text is None else filters.parse(text)
        return self._with_query(ask, node, lambda source: self._window(ask, source, window), window)

    def follow(self, ask: Ask, text: str | None, mark: Mark, count: int) -> Found:
        """Return the records of a cursor window, which starts at the mark. Raises as `find`, and `ExpiredCursor`."""
        window = Window(mark.position + 1, count)
        node = None if text is None else filters.parse(text)
        return self._with_query(ask, node, lambda source: self._read_on(ask, source, mark, window), window)

    # -- which records are candidates ------------------------------------------------------------------------------

    def _with_query(
        self, ask: Ask, node: filters.Node | None, read: Callable[[Source], Found], window: Window
    ) -> Found:
        within = Confinement.of(ask.caller, self.kind)
        while True:
            query = self._split(ask, node)
            if within.is_closed:
                return Found([], 0, None)
            if query.doubtful and query.id is None and self.knowledge.learn_case(ask.call, query.doubtful):
                continue
            candidates = self._candidates(ask, query)
            if candidates is not None:
                keep = self._keep(ask, query) if candidates else query.keeps
                kept = [record for record in candidates if keep(record)]
                return Found(list(window.cut(kept)), len(kept), self._cut_mark(kept, window))
            source = self._source(ask, node, query)
            try:
                return self._look(ask, query, partial(read, source))
            except Refused as error:
                confined = source.confined and self.knowledge.learn_confinement(ask.call, error, within.condition)
                if not confined and not self.knowledge.learn_refusal(error, query.asked):
                    raise

    def _split(self, ask: Ask, node: filters.Node | None) -> Query:
        if node is None:
            return _ALL
        return split_filter(node, self._view.table, self.knowledge, strict=ask.manner.strict)

    def _look(self, ask: Ask, query: Query, read: Callable[[], Found]) -> Found:
        """Read, and again for a moment where PingOne does not show yet what this bridge has just made."""
        found = read()
        for _pause in self._fresh.looks(ask, query.pushed) if not found.total else ():
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
                found = self._collection.read(ask.call, query.id)
                return [Confinement.of(ask.caller, self.kind).check(found)]
            except NotThere:
                return []
        if query.linked_to is not None and self._links is not None:
            if self._links.records is not None:
                return self._links.records(ask, query.linked_to)
            if not self._links.shows(ask, query.linked_to):
                return []
        return None

    def _cut_mark(self, kept: list[Record], window: Window) -> Mark | None:
        end = window.offset + window.count
        return Mark(end, total=len(kept)) if end < len(kept) and window.count else None

    def _source(self, ask: Ask, node: filters.Node | None, query: Query) -> Source:
        parts: list[native.Node] = [] if query.pushed is None else [_to_native(query.pushed)]
        links: list[native.Node] = []
        exact, held = query.exact, None
        if node is not None and query.linked_to is not None and self._links is not None and self._links.pushed:
            held = query.linked_to
            links = [self._links.pushed(held)]
            exact = self._is_exact_beside_link(ask, node)
        within = Confinement.of(ask.caller, self.kind)
        walk = self._walk_name(ask, "" if node is None else filters.render(node))
        confined = self._confined(within, parts, links)
        if confined is not None:
            exact = exact and confined == [*parts, *links, within.condition]
        asked = [*parts, *links] if confined is None else confined
        return Source(
            _render(asked) if asked else None,
            exact and (confined is not None or within.is_open),
            None if exact else self._keep(ask, query, held),
            walk,
            confined=confined is not None,
        )

    def _confined(
        self, within: Confinement, parts: list[native.Node], links: list[native.Node]
    ) -> list[native.Node] | None:
        """Return what PingOne is asked with the client's populations; None where it cannot be asked for them.

        Where all is too long together, the client's own filter is checked here instead: with the populations left out,
        how long the answer takes would tell how much there is of it elsewhere.
        """
        condition = within.condition
        if condition is None or not self.knowledge.answers_confinement():
            return None
        tries = ([*parts, *links, condition], [*links, condition])
        return next((asked for asked in tries if len(_render(asked)) <= PUSHED_LENGTH), None)

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
        linked = {link: self._links.ids(ask, link) for link in query.links if link != held}

        def keep(record: Record) -> bool:
            whole = resource(record, base)
            groups = [link for link, ids in linked.items() if record["id"] in ids]
            whole[attribute] = [{"value": link} for link in (*groups, *([] if held is None else [held]))]
            return query.keeps(whole)

        return keep

    def _walk_name(self, ask: Ask, text: str) -> str:
        within = Confinement.of(ask.caller, self.kind)
        return Walks.name((self.kind, text, ask.caller.name, within.mark, str(self._page_size)))

    # -- reading a window ------------------------------------------------------------------------------------------

    def _window(self, ask: Ask, source: Source, window: Window) -> Found:
        place = self._walks.nearest(source.walk, window.offset if window.count else 0)
        mark = place.mark
        try:
            found = self._read(ask, source, mark, window)
        except ExpiredCursor:
            found = self._read_again(ask, source, mark, window)
        if found.next is not None:
            self._walks.keep(source.walk, found.next, place)
        return found

    def _read_again(self, ask: Ask, source: Source, mark: Mark, window: Window) -> Found:
        try:
            return self._read(ask, source, self._pages.find_again(ask, source, mark), window)
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
        reading, scanned = Reading(source, mark, window), 0
        for turned in self._pages.turn(ask, source, mark.href):
            reading.take(turned.href, turned.page)
            if turned.page.next is None:
                return reading.ended()
            if reading.settled(turned.page):
                found = reading.stopped()
                self._pages.fetch_ahead(ask, source, mark.position, found)
                return found
            scanned += turned.records
            if scanned >= self._scan_limit and not source.exact:
                msg = (
                    f"the filter needs more than {self._scan_limit} records to be read; add a condition that PingOne"
                    " can answer (eq or sw on userName, externalId, emails.value, name, population), or ask in parts"
                )
                raise TooMany(msg)
        return reading.ended()


def _render(parts: list[native.Node]) -> str:
    return native.render(parts[0] if len(parts) == 1 else native.All(tuple(parts)))


def _to_native(node: filters.Node) -> native.Node:
    match node:
        case filters.And(parts):
            return native.All(tuple(_to_native(part) for part in parts))
        case filters.Or(parts):
            return native.Any_(tuple(_to_native(part) for part in parts))
        case filters.Compare(path, op, value):
            return native.Term(path.attr, op, value if isinstance(value, bool) else str(value))
    raise TypeError(node)
