"""Records of changes as a table, as lines of JSON, or as CSV; with the names of users and groups where known."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TextIO

from scimbridge.observe.audit import MEMBERS, Record
from scimbridge.ops.audit import FoundRecords
from scimbridge.ops.printing.documents import write_line
from scimbridge.ops.printing.paper import Column, Paper, open_paper

Names = Mapping[str, str]
"""Names by id."""
COLUMNS = (
    ("TIME", 24), ("CLIENT", 16), ("VERB", 8), ("RESOURCE", 47), ("RESULT", 8), ("STATUS", 6), ("CHANGED", 0),
)  # fmt: skip
FROM = ("FROM", 24)
SHOWN = 5  # members that a row names each way; the others are counted
WORDS = dict(zip(MEMBERS, ("added", "removed", "not done", "perhaps done"), strict=True))
IN_CSV = (
    "time", "client", "address", "secret", "request", "verb", "bulk", "resource", "key", "name", "result", "status",
    "scim_type", "changed", "added", "members_added", "members_added_names", "removed", "members_removed",
    "members_removed_names", "not_done", "members_not_done", "members_not_done_names", "uncertain",
    "members_uncertain", "members_uncertain_names", "groups_left", "part", "steps", "filter", "returned", "seconds",
    "correlations", "id", "chain", "sequence", "hash",
)  # fmt: skip
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet would carry out."""


class Form(Enum):
    """How records are shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def show_records(stream: TextIO, beside: TextIO, found: FoundRecords, form: Form, names: Names) -> None:
    """Write what was found.

    That lines of the file are no records, or that records do not name everybody, is told below the table; beside all
    else, so that every line stays what it is.
    """
    match form:
        case Form.JSON:
            write_records(stream, found.records, names)
        case Form.CSV:
            write_csv(stream, found.records, names)
        case Form.TABLE:
            print_records(open_paper(stream), found.records, names)
    told = open_paper(stream if form is Form.TABLE else beside)
    if found.broken:
        told.line(f"{found.broken} lines of the file are no records; a full disk may have cut them off")
    if found.partly_named:
        told.line(
            f"{found.partly_named} more records name only the first and the last of very many members, so they may be"
            " about this one too; search by the group"
        )


def print_records(paper: Paper, records: Iterable[Record], names: Names | None = None) -> None:
    """Write a row for each record, or that there is none."""
    records = tuple(records)
    if not records:
        paper.line("nothing found")
        return
    shows_from = any(record.address or record.secret for record in records)
    columns: Sequence[Column] = (*COLUMNS[:2], FROM, *COLUMNS[2:]) if shows_from else COLUMNS
    paper.table(columns, [_row(record, names or {}, shows_from=shows_from) for record in records])


def write_records(stream: TextIO, records: Iterable[Record], names: Names | None = None) -> None:
    """Write a line of JSON for each record, with the `names` of its ids as far as these are known."""
    for record in records:
        named = {key: names[key] for key in (record.key, *record.others) if key in names} if names else {}
        write_line(stream, record.to_json() | ({"names": named} if named else {}))


def write_csv(stream: TextIO, records: Iterable[Record], names: Names | None = None) -> None:
    """Write a head line and a line for each record; no cell is one that a spreadsheet would carry out."""
    writer = csv.writer(stream)
    writer.writerow(IN_CSV)
    for record in records:
        cells = _cells(record, names or {})
        writer.writerow([_harmless(_text(cells.get(name))) for name in IN_CSV])


def _cells(record: Record, names: Names) -> dict[str, Any]:
    cells = record.to_json() | {"name": names.get(record.key)}
    for name in MEMBERS:
        cells[f"{name}_names"] = "; ".join(names[key] for key in getattr(record, name) if key in names)
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULAS) else text


def _row(record: Record, names: Names, *, shows_from: bool) -> tuple[str, ...]:
    status = "" if record.status is None else str(record.status)
    name = names.get(record.key)
    key = record.key if name is None else f"{name} ({record.key})"
    resource = f"{record.resource} {key}".strip()
    verb = f"{record.verb}*" if record.bulk else record.verb
    origin = (" ".join(filter(None, (record.address, record.secret))),) if shows_from else ()
    return record.time, record.client, *origin, verb, resource, record.result, status, _describe(record, names)


def _describe(record: Record, names: Names) -> str:
    """Return what a record says besides."""
    parts = [", ".join(record.changed or record.filter)]
    if record.added or record.removed:
        parts.append(f"(+{record.added} -{record.removed})")
    parts += [_name_some(word, getattr(record, name), names) for name, word in WORDS.items() if getattr(record, name)]
    if record.part:
        parts.append(f"[part: {names.get(record.part, record.part)}]")
    if record.groups_left:
        parts.append(_name_some("groups left", record.groups_left, names))
    if record.returned is not None:
        parts.append(f"{record.returned} returned")
    if record.scim_type:
        parts.append(record.scim_type)
    if record.steps:
        parts.append(f"done: {', '.join(record.steps)}")
    return " ".join(filter(None, parts))


def _name_some(word: str, ids: Sequence[str], names: Names) -> str:
    told = ", ".join(names.get(key, key) for key in ids[:SHOWN])
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return f"[{word}: {told}{more}]"
