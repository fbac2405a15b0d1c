"""PingOne's collections as far as a caller may go: the one door of the verbs to records.

Every method takes the request, whose caller says how far that is. What is outside is not there: no read returns it, no
page holds it, nothing is made there. A write to a record that the request was not shown before looks at it first, so
that no verb has to remember to. Knows PingOne's records, and nothing of what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.pingone import bodies
from scimbridge.pingone.collections import NOTHING, Collection, UserCollection
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import kind_of
from scimbridge.pingone.media import JSON
from scimbridge.pingone.paging import Page, Pass
from scimbridge.pingone.settling import Look
from scimbridge.reach.confinement import Confinement
from scimbridge.reach.kept_filters import KeptFilters
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native

__all__ = ["ReachableRecords", "ReachableUsers", "ReachedPage", "SealedPage"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReachedPage:
    """A page that was turned to, as its caller may see it, and the link that led there.

    `records` is how many records PingOne had on it for everybody, and `last` the id of the last of them.
    """

    href: str | None
    page: Page
    records: int
    last: str | None = None


class SealedPage:
    """A page as PingOne gave it, which may wait for its reader; its records are seen only as far as he may go."""

    __slots__ = ("_page", "next")

    def __init__(self, page: Page) -> None:
        self._page = page
        self.next = page.next

    def turn(self, href: str | None, passed: Pass, within: Confinement) -> ReachedPage:
        """Return what may be seen of it, without records that came on an earlier page. Raises as `Pass` does."""
        page = passed.take(self._page)
        last = page.records[-1]["id"] if page.records else None
        return ReachedPage(href, within.cut(page), len(page.records), last)


class ReachableRecords:
    """The records of one kind. `filter`, `limit` and `include` are PingOne's words."""

    def __init__(self, collection: Collection, filters: KeptFilters | None = None) -> None:
        self.name = collection.name
        self.kind = kind_of(collection.name)
        self._collection = collection
        self._filters = filters or KeptFilters()

    def within(self, context: RequestContext) -> Confinement:
        """Return how far the caller may go, for who asks PingOne for it or chooses a place there."""
        return Confinement.of(context.caller, self.name)

    def is_open(self, context: RequestContext) -> bool:
        """Whether the caller may go everywhere."""
        return self.within(context).is_open

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, context: RequestContext, key: str, include: tuple[str, ...] = ()) -> Native:
        """Return one record. Raises `NotThere` for what is not there and for what is outside.

        What is included may lie outside of where a confined caller may go: for it, nothing is.
        """
        within = self.within(context)
        if within.is_open:
            return self.seen(context, self._collection.read(context.call, key, include))
        if within.is_by_id:
            within.check(Native({"id": key}))
            return self.seen(context, self._collection.read(context.call, key))
        return self.check(context, self._collection.read(context.call, key))

    def look(self, context: RequestContext, key: str) -> None:
        """Hold a caller to where it may go: a call, where only the record says whether that is there.

        Raises `NotThere`.
        """
        within = self.within(context)
        if within.is_by_id:
            within.check(Native({"id": key}))
        elif not within.is_open:
            self.read(context, key)

    def check(self, context: RequestContext, record: Native) -> Native:
        """Return a record that was found in another way. Raises `OutOfReach`."""
        record = self.within(context).check(record)
        context.reached.add(record["id"].lower())
        return self.seen(context, record)

    def seen(self, context: RequestContext, record: Native) -> Native:
        """Return a record where the caller may go as it is shown it."""
        return self._filters.seen(context, self.kind, record)

    def keeps(self, context: RequestContext, record: Mapping[str, Any]) -> bool:
        """Whether a record, or what is known of one, is where the caller may go."""
        return self.within(context).keeps(record)

    def page(
        self,
        context: RequestContext,
        *,
        filter: str | None = None,  # noqa: A002 - PingOne's word
        limit: int,
        href: str | None = None,
    ) -> ReachedPage:
        """Return the first page, or the one that a link leads to. Raises `Unreachable` as `Pass` does."""
        fetched = self.fetch(context, filter=filter, limit=limit, href=href)
        return self._turn(context, fetched, href, Pass(begun=href is None))

    def pages(
        self,
        context: RequestContext,
        *,
        filter: str | None = None,  # noqa: A002 - PingOne's word
        limit: int,
        href: str | None = None,
        held: Callable[[str], SealedPage | None] | None = None,
    ) -> Iterator[ReachedPage]:
        """Yield every page in turn, no record twice: from a link on, or from the first.

        `held` gives a page that was fetched before its time. Raises `Unreachable` as `Pass` does.
        """
        passed = Pass(begun=href is None)
        while True:
            waiting = None if held is None or href is None else held(href)
            turned = self._turn(
                context, waiting or self.fetch(context, filter=filter, limit=limit, href=href), href, passed
            )
            yield turned
            if turned.page.next is None:
                return
            href = turned.page.next

    def fetch(
        self,
        context: RequestContext,
        *,
        filter: str | None,  # noqa: A002 - PingOne's word
        limit: int,
        href: str | None = None,
    ) -> SealedPage:
        """Return the first page, or the one that a link leads to, to be turned to in time."""
        return SealedPage(self._collection.page(context.call, filter=filter, limit=limit, next=href))

    def _turn(self, context: RequestContext, page: SealedPage, href: str | None, passed: Pass) -> ReachedPage:
        within = self.within(context)
        turned = page.turn(href, passed, within)
        if not within.is_open:
            context.reached.update(record["id"].lower() for record in turned.page.records)
        if not self.kind.filters_on:
            return turned
        shown = [self.seen(context, record) for record in turned.page.records]
        return replace(turned, page=replace(turned.page, records=shown))

    # -- writing ---------------------------------------------------------------------------------------------------

    def check_may_create(self, context: RequestContext) -> None:
        """Refuse to make what would be outside by itself. Raises `Forbidden`."""
        self.within(context).check_may_create()

    def create(self, context: RequestContext, body: Json, media: str = JSON) -> Native:
        """Make a record. Raises PingOne's errors, and for what would be outside `Forbidden` or `InvalidValue`."""
        within = self.within(context)
        within.check_may_create()
        within.check_placed(body)
        written = self._filters.to_keep(context, self.kind, body)
        record = self._collection.create(context.call, written, media)
        context.reached.add(record["id"].lower())
        return self.seen(context, record)

    def put(self, context: RequestContext, record: Native, changes: Mapping[str, Any]) -> Native:
        """PUT changes of a record, with everything else that PingOne holds of it. Returns the record.

        Raises `Forbidden` and `InvalidValue` for a filter that the caller may not write.
        """
        return self._put(context, record, self._filters.to_keep(context, self.kind, changes, record))

    def put_back(self, context: RequestContext, record: Native, before: Native, names: Iterable[str]) -> Native:
        """PUT fields of a record as they were `before` the caller changed them. Returns the record."""
        earlier = bodies.whole(before)
        return self._put(context, record, {name: earlier.get(name) for name in names})

    def check_shown(self, record: Native, names: AbstractSet[str]) -> None:
        """Refuse to change, of the fields named, what the caller was not shown. Raises `Forbidden`."""
        self._filters.check_shown(self.kind, record, names)

    def _put(self, context: RequestContext, record: Native, changes: Mapping[str, Any]) -> Native:
        self.hold(context, record["id"])
        self.within(context).check_placed({**record, **changes})
        return self.seen(context, bodies.put(self._collection, context.call, bodies.whole(record), changes))

    def delete(self, context: RequestContext, key: str) -> None:
        """Delete one record. Raises `NotThere`."""
        self.hold(context, key)
        self._collection.delete(context.call, key)

    def hold(self, context: RequestContext, key: str) -> None:
        """Look at a record that the request was not shown before. Raises `NotThere`."""
        if key.lower() not in context.reached:
            self.look(context, key)


class ReachableUsers(ReachableRecords):
    """The users, whose changes have calls of their own."""

    def __init__(self, users: UserCollection, filters: KeptFilters | None = None) -> None:
        super().__init__(users, filters)
        self._users = users

    def merge(self, context: RequestContext, key: str, body: Json) -> Native:
        """PATCH: members given are set, null clears, the rest stays. Returns the record."""
        self.hold(context, key)
        return self._users.merge(context.call, key, body)

    def operate(self, context: RequestContext, key: str, operations: list[Json]) -> Native:
        """PATCH with operations of RFC 7644 §3.5.2 on native names. Returns the record."""
        self.hold(context, key)
        return self._users.operate(context.call, key, operations)

    def set_facet(
        self, context: RequestContext, key: str, name: str, value: Any, along: Mapping[str, Any] = NOTHING
    ) -> Json:
        """Write a field that has a call of its own; see `UserCollection`. Raises `InvalidValue` for a move outside."""
        self.hold(context, key)
        if name == POPULATION.name:
            self.within(context).check_named(value, name)
        return self._users.set_facet(context.call, key, name, value, along)

    def read_part(self, context: RequestContext, key: str, name: str) -> Json:
        """Return a part that is one object. Raises `NotThere`."""
        self.hold(context, key)
        return self._users.read_part(context.call, key, name)

    def watch_password(self, context: RequestContext, key: str) -> Look:
        """Return what looks whether a call that is sent after this has changed a user's password."""
        return self._users.watch_password(context.call, key)
