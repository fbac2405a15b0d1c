"""Find the records of one page: filter, position, limit (docs/pingone.md §6, §7).

Knows collections and filters; links and cursors are paging.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scimbridge.sandbox.http.errors import FilterError
from scimbridge.sandbox.lists import filters, vocabulary
from scimbridge.sandbox.lists.matching import CompiledFilter, Compiler, Sources, Vocabulary
from scimbridge.sandbox.model.activities import Event, compile_feed_filter
from scimbridge.sandbox.model.memberships import listed_groups_of, members_of, show
from scimbridge.sandbox.store.table import entries_after

if TYPE_CHECKING:
    from scimbridge.sandbox.store.directory import Collection, Directory
    from scimbridge.sandbox.store.edges import MemberKind
    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.store.table import Entry


@dataclass(frozen=True, slots=True)
class ListPage:
    """Records in order of creation; `last` is the serial to go on from, None on the last page."""

    records: list[Json]
    count: int
    last: int | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, oldest first."""

    events: list[Event]
    count: int
    last: int | None


def compile_query(directory: Directory, collection: Collection, text: str) -> CompiledFilter:
    """Return the query of a `filter` parameter. Raises ApiError 400 INVALID_FILTER."""
    kind: MemberKind | None = None if collection == "populations" else collection
    words = _vocabulary(directory, collection)
    sources = Sources(
        directory.table(collection).find,
        directory.table(collection).find_beginning,
        lambda group, type_: members_of(directory, kind, group, type_) if kind else frozenset(),
    )
    switches = directory.switches
    compiler = Compiler(words, switches, sources)
    try:
        return compiler.compile(filters.parse(text))
    except FilterError as error:
        raise error.to_api_error(switches.unsupported_filter_code) from error


def _vocabulary(directory: Directory, collection: Collection) -> Vocabulary:
    if collection == "users":
        return vocabulary.words_of_users(directory.schema, directory.switches)
    if collection == "groups":
        return vocabulary.words_of_groups(directory.switches)
    return vocabulary.words_of_populations(directory.switches)


def list_records(
    directory: Directory, collection: Collection, filter_text: str | None, after: int, limit: int
) -> ListPage:
    """Return the records after a serial. Raises ApiError 400 INVALID_FILTER."""
    with directory.lock:
        table = directory.table(collection)
        entries = _entries(directory, collection, filter_text)
        chosen = entries_after(entries, after, limit + 1)
        records = [table.rows[record_id] for _, record_id in chosen[:limit]]
        return ListPage(records, len(entries), _last(chosen, limit))


def _last(chosen: list[Entry], limit: int) -> int | None:
    return chosen[limit - 1][0] if len(chosen) > limit else None


def _entries(directory: Directory, collection: Collection, filter_text: str | None) -> list[Entry]:
    table, visibility = directory.table(collection), directory.visibility
    if visibility.active:
        found = table.entries if filter_text is None else _matching(directory, collection, filter_text)
        return [entry for entry in found if not visibility.hides(entry[1])]
    if filter_text is None:
        return table.entries
    key = (collection, filter_text)
    kept = directory.recall(key)
    if kept is None:
        kept = _matching(directory, collection, filter_text)
        directory.remember(key, kept)
    return kept


def _matching(directory: Directory, collection: Collection, filter_text: str) -> list[Entry]:
    table = directory.table(collection)
    query = compile_query(directory, collection, filter_text)
    rows, test = table.rows, query.test
    if query.candidates is None:
        return [entry for entry in table.entries if test(rows[entry[1]])]
    return table.sort(record_id for record_id in query.candidates if record_id in rows and test(rows[record_id]))


def list_memberships(
    directory: Directory, kind: MemberKind, member_id: str, filter_text: str | None, window: tuple[int, int]
) -> tuple[ListPage, list[Json]]:
    """Return memberships after a serial, and the groups they are of; `window` is (after, limit).

    Raises ApiError 400 INVALID_FILTER and 404.
    """
    after, limit = window
    with directory.lock:
        found = listed_groups_of(directory, kind, directory.see(kind, member_id))
        rows = directory.groups.rows
        shown = {group_id: show(rows[group_id], type_) for group_id, type_ in found.items()}
        if filter_text is not None:
            test = _membership_test(directory, filter_text).test
            shown = {group_id: item for group_id, item in shown.items() if test(item)}
        entries = directory.groups.sort(shown)
        chosen = entries_after(entries, after, limit + 1)
        ids = [group_id for _, group_id in chosen[:limit]]
        page = ListPage([shown[group_id] for group_id in ids], len(entries), _last(chosen, limit))
        return page, [rows[group_id] for group_id in ids]


def _membership_test(directory: Directory, text: str) -> CompiledFilter:
    switches = directory.switches
    compiler = Compiler(vocabulary.MEMBERSHIPS, switches)
    try:
        return compiler.compile(filters.parse(text))
    except FilterError as error:
        raise error.to_api_error(switches.unsupported_filter_code) from error


def list_events(directory: Directory, filter_text: str | None, after: int, limit: int) -> EventPage:
    """Return events of the feed after a serial. Raises ApiError 400 INVALID_FILTER."""
    with directory.lock:
        try:
            test = compile_feed_filter(filters.parse(filter_text or ""))
        except FilterError as error:
            raise error.to_api_error(directory.switches.unsupported_filter_code) from error
        found = [event for event in directory.activities.events if test(event)]
        rest = [event for event in found if event.serial > after]
        last = rest[limit - 1].serial if len(rest) > limit else None
        return EventPage(rest[:limit], len(found), last)
