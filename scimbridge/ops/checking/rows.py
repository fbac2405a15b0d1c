"""Each row of a table against what PingOne has: the user schema, and the fields of groups and populations.

PingOne takes attributes that it does not know, or that are disabled, and drops them in silence (docs/pingone.md §1.4,
§3): only this comparison shows it. Pure: tables and PingOne's schema records in, findings out.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import Row, nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Grade, fault, ok, warn
from scimbridge.ops.checking.promises import check_promises
from scimbridge.pingone.kinds import Kind
from scimbridge.pingone.schema import BESIDE_SCHEMA, DISABLED, MISSING, Declared, find_lack, read_schema

_JSON = ("json", "object")  # codecs that carry JSON
_BARE = {"boolean": "BOOLEAN", "integer": "", "decimal": ""}  # SCIM types whose values are no text, and PingOne's type


def check_users(table: Table, schema: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Compare the user table with the environment's schema."""
    declared = read_schema(schema)
    found = [*_check_rows(table, declared), *_check_required(table, declared)]
    yield from found
    if all(finding.grade is Grade.NOTE for finding in found):
        yield ok(table.file, f"{len(table.rows)} rows fit the environment's user schema")


def check_others(table: Table, kind: Kind) -> Iterator[Finding]:
    """Compare the table of a kind that no schema of the environment tells of with what PingOne keeps of it."""
    kept = kind.writable
    fine = True
    for row in table.rows:
        if row.to and row.writable and row.via is None and row.to[0] not in kept:
            fine = False
            yield fault(
                locate(table, row),
                f"PingOne keeps no {row.to[0]!r} of {kind.collection} and drops it without a word",
                f"name one of {', '.join(kept)}{nearest(row.to[0], kept)}, or make the row readOnly, or take it out",
            )
        elif row.to and not row.writable and not kind.is_read_only and row.to[0] not in _shown(kind):
            fine = False
            yield warn(
                locate(table, row),
                f"PingOne is not known to show {row.to[0]!r} of {kind.collection}{nearest(row.to[0], _shown(kind))}",
                "correct the name (case matters), or take the row out",
            )
    if fine:
        yield ok(table.file, f"{len(table.rows)} rows fit what PingOne keeps of {kind.collection}")


def _shown(kind: Kind) -> frozenset[str]:
    return kind.own_members | {*kind.writable} | {name.split(".", 1)[0] for name in kind.fields}


def locate(table: Table, row: Row) -> str:
    """Return file, section and row, as faults of tables are told."""
    where = f"[{row.urn or 'common'}] {row.spelled}"
    replacing = f" (in place of the row in {table.origin.shipped})" if table.origin.replaces(where) else ""
    return f"{table.origin.file_of(where)} {where}{replacing}"


def _check_rows(table: Table, declared: Mapping[str, Declared]) -> Iterator[Finding]:
    for row in table.rows:
        where = locate(table, row)
        for path in _paths(row):
            if (yield from _check_place(where, path, row, declared)) and row.to:
                yield from _check_kind(where, row, declared.get(path[0]))


def _paths(row: Row) -> Iterator[tuple[str, ...]]:
    if row.to:
        yield row.to
    elif row.template is not None:
        yield from dict.fromkeys(path for _literal, path in row.template.pieces if path is not None)


# -- is it there -------------------------------------------------------------------------------------------------------


def _check_place(
    where: str, path: tuple[str, ...], row: Row, declared: Mapping[str, Declared]
) -> Generator[Finding, None, bool]:
    """Find where PingOne would drop the value, or never show one. Returns whether it is there."""
    name = path[0]
    attribute, lack = declared.get(name), find_lack(path, declared)
    if attribute is None:
        if lack is None:
            return True
        lost = "takes it and drops it without a word" if row.writable else "never shows one"
        yield fault(
            where,
            f"the user schema has no attribute {name!r}{nearest(name, declared)}; PingOne {lost}",
            "correct the name (case matters), or add the attribute in PingOne's console (Directory, User Attributes),"
            " or take the row out",
        )
        return False
    if not attribute.enabled:
        yield fault(
            where,
            f"the attribute {name!r} is disabled in the user schema: PingOne drops what is written and shows nothing",
            f"enable it in PingOne's console (Directory, User Attributes), or put {row.attr!r} into `disable`",
        )
        return False
    return (yield from _check_member(where, path, attribute, lack))


def _check_member(
    where: str, path: tuple[str, ...], attribute: Declared, lack: str | None
) -> Generator[Finding, None, bool]:
    native = ".".join(path)
    if attribute.type == "COMPLEX" and attribute.subs:
        known = ", ".join(attribute.subs)
        if len(path) == 1:
            yield fault(where, f"{native!r} has members of its own: {known}", f'name one, as in to = "{native}.x"')
        elif lack == MISSING:
            hint = nearest(path[1], attribute.subs)
            yield fault(where, f"{path[0]!r} has no member {'.'.join(path[1:])!r}{hint}", f"name one of {known}")
        elif lack == DISABLED:
            yield fault(where, f"{native!r} is disabled in the user schema", "enable it there, or take the row out")
        else:
            return True
        return False
    if len(path) > 1 and attribute.type in ("STRING", "BOOLEAN"):
        yield fault(where, f"{path[0]!r} is a {attribute.type} and has no members", f'write to = "{path[0]}"')
        return False
    return True


# -- is it of the same kind --------------------------------------------------------------------------------------------


def _check_kind(where: str, row: Row, attribute: Declared | None) -> Iterator[Finding]:
    if attribute is None or len(row.to) > 1 or attribute.name in BESIDE_SCHEMA:
        return
    if attribute.type == "JSON":
        yield from _check_json(where, row, attribute)
    else:
        yield from _check_number(where, row, attribute)
        yield from _check_text(where, row, attribute)
    if row.writable:
        yield from check_promises(where, row, attribute)


def _check_json(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    if row.codec.name not in _JSON and not (attribute.several and _carries_several(row)):
        yield fault(
            where,
            f"{attribute.name!r} holds JSON, and the row carries a {row.attribute.type}",
            'add codec = "json" (a string on the SCIM side) or codec = "object"',
        )
    elif attribute.several and row.codec.name != "json":
        yield fault(
            where, f"{attribute.name!r} holds several JSON values, and the row one object", 'write codec = "json"'
        )


def _check_number(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    several = _carries_several(row)
    if attribute.several and not several:
        yield fault(
            where,
            f"{attribute.name!r} holds several values in PingOne, and the row carries one",
            'add codec = "semicolons" ("[a;; b]" on the SCIM side) or codec = "list" (an array)',
        )
    elif several and not attribute.several:
        yield fault(
            where,
            f"{attribute.name!r} holds one value in PingOne, and codec = {row.codec.name!r} carries several",
            "take the codec away, or allow several values in PingOne (which cannot be taken back)",
        )


def _carries_several(row: Row) -> bool:
    return row.codec.multi_valued or row.codec.name == "semicolons" or row.codec.merge is not None


def _check_text(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    if row.codec.name in _JSON:
        yield fault(
            where,
            f"{attribute.name!r} is a {attribute.type} in PingOne, and codec = {row.codec.name!r} carries JSON",
            "take the codec away, or use an attribute of type JSON",
        )
        return
    wanted = _BARE.get(row.attribute.type, "STRING")
    if attribute.type != wanted:
        kind = "boolean" if attribute.type == "BOOLEAN" else "string"
        yield fault(
            where,
            f"{attribute.name!r} is a {attribute.type} in PingOne, and the row carries a {row.attribute.type}",
            f'write type = "{kind}"',
        )


def _check_required(table: Table, declared: Mapping[str, Declared]) -> Iterator[Finding]:
    written = {row.to[0] for row in table.rows if row.to and row.writable}
    for attribute in declared.values():
        if not (attribute.required and attribute.enabled) or attribute.name in BESIDE_SCHEMA | written:
            continue
        yield fault(
            table.file,
            f"the user schema requires {attribute.name!r} and no row writes it: PingOne refuses every new user",
            f'add a row, as in {attribute.name} = {{ to = "{attribute.name}", required = true }}',
        )
