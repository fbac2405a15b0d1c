"""What the environment's user schema has and no row of the table keeps: values there no client sees or changes.

What the operator took out on purpose, by `disable` or `= false`, is not missed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, note, ok
from scimbridge.pingone.schema import BESIDE_SCHEMA, Declared, read_declared

_SHOWN = 20  # names in one line


@dataclass(frozen=True, slots=True)
class Unkept:
    """An attribute of the schema, or a member of one, that no row keeps. `path` is PingOne's name, step by step."""

    path: tuple[str, ...]
    declared: Declared

    @property
    def native(self) -> str:
        """PingOne's dotted name."""
        return ".".join(self.path)


def find_unkept(table: Table, schema: Iterable[Mapping[str, Any]], shipped: Table | None = None) -> list[Unkept]:
    """Return what no row keeps, in the schema's order; `shipped` is the table that this one may lie over."""
    kept = {row.to for row in table.rows} | {part for row in table.rows if row.template for part in row.template.parts}
    known = {f"[{row.urn or 'common'}] {row.spelled}": row.native for row in shipped.rows} if shipped else {}
    out = {known.get(left.where, "") for left in table.origin.removed} | table.disabled
    return [
        Unkept(path, declared)
        for declared in map(read_declared, schema)
        for path in _paths(declared)
        if path not in kept and path[:1] not in kept and not out.intersection((path[0], ".".join(path)))
    ]


def _paths(declared: Declared) -> Iterator[tuple[str, ...]]:
    if not declared.enabled or declared.name in BESIDE_SCHEMA:
        return
    if declared.type == "COMPLEX" and declared.subs:
        yield from ((declared.name, sub) for sub, enabled in declared.subs.items() if enabled)
    else:
        yield (declared.name,)


def check_unkept(table: Table, schema: Iterable[Mapping[str, Any]], shipped: Table | None) -> Iterator[Finding]:
    """Name what no row keeps."""
    names = [each.native for each in find_unkept(table, schema, shipped)]
    if not names:
        yield ok(table.file, "every attribute of the environment's user schema has a row, or was taken out on purpose")
        return
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    yield note(
        table.file,
        f"no row keeps {shown}: clients neither see nor change what PingOne has there",
        "`scimbridge tables suggest` prints the rows, for those that clients should have",
    )
