"""Whether PingOne compares with or without case, for every field that a filter on the table would be pushed for.

It is not documented, and it decides between one call and reading everything (decision 0004). Asked the way
the lists ask: the engine says which fields are in doubt, and `resources.knowledge` finds out.
"""

from __future__ import annotations

from collections.abc import Iterator

from scimbridge.lists.knowledge import DirectoryKnowledge
from scimbridge.mapping.query import split_filter
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, note, ok, refused, warn
from scimbridge.ops.checking.rows import locate
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import PingOneError
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.trees import AttrPath, Compare
from scimbridge.state.base import State


def check_comparing(probe: Probe, table: Table, collection: Collection, state: State) -> Iterator[Finding]:
    """Find out for one collection."""
    knowledge = DirectoryKnowledge(UnconfinedRecords(collection), state, probe.page_size)
    doubtful: dict[tuple[Row, str], None] = {}
    for row in table.rows:
        doubtful.update(dict.fromkeys(_doubts(row, table, knowledge)))
    where = f"filters on {collection.name}"
    try:
        for row, op in doubtful:
            knowledge.learn_case(probe.call(), [(row, op)])
    except PingOneError as error:
        yield refused(where, "whether PingOne compares with case cannot be found out", error)
        return
    caseless, unknown = [], []
    for row, op in doubtful:
        if not knowledge.answers(row, op):
            yield warn(
                locate(table, row),
                f"PingOne does not filter by {row.native!r}: such a filter reads all {collection.name}",
                "write filter = [] in the row, so that nobody tries",
            )
        elif knowledge.ignores_case(row, op) is None:
            unknown.append(row.spelled)
        elif knowledge.ignores_case(row, op):
            caseless.append(row.spelled)
        else:
            yield warn(
                locate(table, row),
                f"PingOne minds case in {row.native!r} and SCIM does not: such a filter reads all {collection.name}",
                "write caseExact = true in the row where clients' values have the right case",
            )
    if caseless:
        yield ok(where, f"PingOne compares without case, as SCIM does: {', '.join(caseless)}")
    if unknown:
        told = f"no value there yet to find out about case: {', '.join(unknown)}"
        yield note(where, f"{told}; bridges find out when there is one")


def _doubts(row: Row, table: Table, knowledge: DirectoryKnowledge) -> tuple[tuple[Row, str], ...]:
    """Return the fields whose case decides what `path eq "..."` costs."""
    if row.attribute.type not in ("string", "reference"):
        return ()
    try:
        return split_filter(
            Compare(AttrPath(row.urn or None, row.attr, row.sub), "eq", "x"), table, knowledge, strict=False
        ).doubtful
    except InvalidFilter:
        return ()  # a password is never filtered by
