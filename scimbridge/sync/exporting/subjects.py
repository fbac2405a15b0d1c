"""What is read for an export, page by page: items to be written, and whose they are.

Filters go the way of a list's: PingOne is asked what it can answer, and every record is checked here against the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from scimbridge.lists.lists import read_filter
from scimbridge.lists.reading import Source
from scimbridge.pingone.bodies import HELD
from scimbridge.pingone.paging import Page
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.sides import Native
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.directory.members import walk_members
from scimbridge.sync.directory.walking import DirectoryWalk, Earlier, Keeper, walk
from scimbridge.sync.exporting.columns import compile_columns
from scimbridge.sync.exporting.formats import spell_json
from scimbridge.sync.exporting.memberships import (
    COLUMNS,
    DIRECT,
    INDIRECT,
    ExportedMembership,
    show_membership,
    show_native,
)
from scimbridge.sync.exporting.orders import (
    COLUMNS as AS_COLUMNS,
)
from scimbridge.sync.exporting.orders import (
    JSONL,
    MEMBERS,
    NATIVE,
    RESOURCES,
    SCIM,
    Column,
    ExportOrder,
    Told,
)

BASE = "/scim/v2"
"""What locations begin with."""
LINKS = ("_links", "_embedded", HELD)


@dataclass(frozen=True, slots=True)
class ExportedPage:
    """What is written for a page of records: items, and the ids of all records that were read for it, of which list.

    `old` is how many of these were there when the walk began; `ended`: the list ends with it.
    """

    items: list[Any]
    ids: list[str]
    old: int = 0
    of: str = ""
    ended: bool = False


@dataclass(slots=True)
class Taken:
    """How it was read; holds after the last page."""

    read: int = 0
    counted: int | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """What an earlier run has read: of a list of records, and of memberships by the filter that found them."""

    records: Earlier | None = None
    members: dict[str, list[str]] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()


class ExportSubject:
    """What one order reads. Making it asks PingOne whether it answers the filter. Raises `InvalidFilter`."""

    def __init__(self, desk: SyncDesk, context: RequestContext, order: ExportOrder) -> None:
        self.taken = Taken()
        self._desk = desk
        self._order = order
        self._context = context
        self._options = AnswerOptions(BASE)
        self._endpoint = desk.endpoint(RESOURCES[order.what])
        table = self._endpoint.lists.view.table
        text = None if order.where is None else read_filter(self._context, {"filter": order.where}, table.type.urns)
        self._source = self._endpoint.lists.listing.find_source(self._context, self._options, text)
        self.columns = self._choose_columns()

    def _choose_columns(self) -> tuple[Column, ...] | None:
        """Return the columns of the file, None where each line is one JSON document."""
        if self._order.form == AS_COLUMNS:
            return COLUMNS if self._order.what == MEMBERS else compile_columns(self._endpoint.lists.view.table)
        if self._order.format == JSONL:
            return None
        return (
            Column("id", "VARCHAR", lambda pair: pair[0]),
            Column("resource", "VARCHAR", lambda pair: spell_json(pair[1])),
        )

    def pages(self, before: Before, keeper: Keeper, told: Told) -> Generator[ExportedPage]:
        """Yield what is written. Raises PingOne's errors."""
        if self._order.what == MEMBERS:
            return self._memberships(before, told)
        return self._records(before.records, keeper, told)

    # -- records ---------------------------------------------------------------------------------------------------

    def _records(self, earlier: Earlier | None, keeper: Keeper, told: Told) -> Generator[ExportedPage]:
        show = self._show()
        if self._source.given is not None:
            seen = set() if earlier is None else set(earlier.seen)
            records = [record for record in self._source.given if record["id"] not in seen]
            yield ExportedPage(show(records), [record["id"] for record in records])
            self.taken = Taken(len(self._source.given), None, "by what the filter names")
            return
        walked = walk(
            self._desk, self._context, RESOURCES[self._order.what],
            filter=self._source.asked, parallel=self._order.parallel, tell=told, keeper=keeper, earlier=earlier,
        )  # fmt: skip
        old = walked.old
        with closing(walked.pages) as pages:
            for records in pages:
                shown = show(_keep(self._source, records))
                yield ExportedPage(shown, [each["id"] for each in records], walked.old - old)
                old = walked.old
        self.taken = Taken(walked.count, walked.counted, walked.how)

    def _show(self) -> Callable[[list[Native]], list[Any]]:
        form, lists, context, options = self._order.form, self._endpoint.lists, self._context, self._options
        in_pairs = self.columns is not None
        if form == SCIM:

            def show(records: list[Native]) -> list[Any]:
                shown = lists.resources(context, options, records)
                return [*zip((each["id"] for each in records), shown, strict=True)] if in_pairs else shown

            return show
        if form == NATIVE:
            hidden = {*LINKS, *self._endpoint.records.kind.secrets}

            def strip(records: list[Native]) -> list[Any]:
                shown = [{name: value for name, value in each.items() if name not in hidden} for each in records]
                return [(each["id"], each) for each in shown] if in_pairs else shown

            return strip
        answer = lists.view.answer
        return lambda records: [answer(record, BASE) for record in records]

    # -- memberships -----------------------------------------------------------------------------------------------

    def _groups(self) -> Generator[Native]:
        if self._source.given is not None:
            yield from self._source.given
            return
        found: DirectoryWalk = walk(
            self._desk, self._context, RESOURCES[MEMBERS], filter=self._source.asked, parallel=1
        )
        with closing(found.pages) as pages:
            for records in pages:
                yield from _keep(self._source, records)

    def _memberships(self, before: Before, told: Told) -> Generator[ExportedPage]:
        show = self._show_memberships()
        walked = walk_members(
            self._desk, self._context, self._groups(),
            indirect=True, parallel=self._order.parallel, tell=told,
            earlier=before.members, done=before.ended,
        )  # fmt: skip
        with closing(walked.pages) as pages:
            for page in pages:
                through = DIRECT if page.direct else INDIRECT
                items = [ExportedMembership(page.group, page.kind, member, through) for member in page.members]
                yield ExportedPage(show(items), page.ids, of=page.asked, ended=page.ended)
        self.taken = Taken(walked.count, walked.counted, "group by group, side by side")

    def _show_memberships(self) -> Callable[[list[ExportedMembership]], list[Any]]:
        form = self._order.form
        if form == AS_COLUMNS:
            return list

        def show(each: ExportedMembership) -> Any:
            return show_native(each) if form == NATIVE else show_membership(each, BASE)

        if self.columns is None:
            return lambda items: [show(each) for each in items]
        return lambda items: [(f"{each.group['id']}/{each.member['id']}", show(each)) for each in items]


def _keep(source: Source, records: list[Native]) -> list[Native]:
    """Return those records that pass the whole filter."""
    if source.prepare is not None:
        source.prepare(Page(records, None, None, full=True))
    return records if source.keep is None else [record for record in records if source.keep(record)]
