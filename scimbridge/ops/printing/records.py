"""Records of changes as a table, or as lines of JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from scimbridge.observe.audit import Record
from scimbridge.ops.audit import FoundRecords
from scimbridge.ops.printing.documents import write_line
from scimbridge.ops.printing.paper import Paper, open_paper

COLUMNS = (
    ("TIME", 24), ("CLIENT", 16), ("VERB", 8), ("RESOURCE", 47), ("RESULT", 8), ("STATUS", 6), ("CHANGED", 0),
)  # fmt: skip


def show_records(stream: TextIO, beside: TextIO, found: FoundRecords, *, as_json: bool) -> None:
    """Write what was found as a table, or as lines of JSON.

    That lines of the file are no records is told below the table; beside the JSON, so that every line stays JSON.
    """
    if as_json:
        write_records(stream, found.records)
    else:
        print_records(open_paper(stream), found.records)
    if found.broken:
        told = f"{found.broken} lines of the file are no records; a full disk may have cut them off"
        open_paper(beside if as_json else stream).line(told)


def print_records(paper: Paper, records: Iterable[Record]) -> None:
    """Write a row for each record, or that there is none."""
    rows = [_row(record) for record in records]
    if rows:
        paper.table(COLUMNS, rows)
    else:
        paper.line("nothing found")


def write_records(stream: TextIO, records: Iterable[Record]) -> None:
    """Write a line of JSON for each record."""
    for record in records:
        write_line(stream, record.to_json())


def _row(record: Record) -> tuple[str, ...]:
    status = "" if record.status is None else str(record.status)
    resource = f"{record.resource} {record.key}".strip()
    verb = f"{record.verb}*" if record.bulk else record.verb
    return record.time, record.client, verb, resource, record.result, status, _describe(record)


def _describe(record: Record) -> str:
    """Return what a record says besides."""
    parts = [", ".join(record.changed or record.filter)]
    if record.added or record.removed:
        parts.append(f"(+{record.added} -{record.removed})")
    if record.returned is not None:
        parts.append(f"{record.returned} returned")
    if record.scim_type:
        parts.append(record.scim_type)
    if record.steps:
        parts.append(f"done: {', '.join(record.steps)}")
    return " ".join(filter(None, parts))
