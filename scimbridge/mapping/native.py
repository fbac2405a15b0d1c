"""A PATCH as PingOne's own operations, and what the table makes of a PATCH whatever the present state.

PingOne takes RFC 7644 operations on its own names. Where each operation says the same there, one call carries the
whole PATCH, atomic and without a read before it. Where the present state decides, the answer is None and the resource
is read, patched in SCIM terms and compared (see `plan`). Both ways lead to the same state. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from scimbridge.mapping.lists import type_of
from scimbridge.mapping.plan import Changes
from scimbridge.mapping.shapes import IdList, OneOfList, Shape, Single, TypedList
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import encode
from scimbridge.scim.errors import Mutability
from scimbridge.scim.filtering.trees import AttrPath, Compare
from scimbridge.scim.patching.operations import PathChange
from scimbridge.scim.reading import Manner, is_empty


def plan_operations(table: Table, operations: Iterable[PathChange], manner: Manner) -> Changes | None:
    """Translate a PATCH operation by operation, or return None where that needs the present state.

    What has a call of its own stands among the facets. Raises `InvalidValue`, `Mutability`.
    """
    operations = tuple(_without_composed(table, tuple(operations)))
    if _build_on_each_other(table, operations):
        return None
    native: list[dict[str, Any]] = []
    facets: dict[str, Any] = {}
    for operation in operations:
        pairs = _leaves(table, operation)
        if pairs is None:
            return None
        for row, value in pairs:
            if not _is_direct(row):
                return None
            encoded = encode(row, value, manner)
            if isinstance(encoded, dict):
                return None  # whether members go decides how an object is written, see `as_operations`
            if row.via is not None:
                _check_removal(row, encoded)
                facets[row.via] = encoded
            elif encoded is not None:
                native.append({"op": "replace", "path": row.native, "value": encoded})
            elif _is_alone(table, row):
                return None
            else:
                native.append({"op": "remove", "path": row.native})
    return Changes(facets=facets, operations=tuple(native))


def _without_composed(table: Table, operations: tuple[PathChange, ...]) -> Iterator[PathChange]:
    """Yield the operations but those on a value that is composed anew, since its parts change in the same PATCH."""
    composed = [operation for operation in operations if operation.found.attribute.composed]
    if not composed:
        yield from operations
        return
    leaves = (_leaves(table, operation) or () for operation in operations)
    given = {row.to for pairs in leaves for row, value in pairs if not is_empty(value)}
    for operation in operations:
        shape = table.shape_of(operation.found) if operation.found.attribute.composed else None
        template = None if shape is None else shape.rows[0].template
        if template is None or not given & {*template.parts, template.other}:
            yield operation


def as_operations(changes: Changes) -> tuple[dict[str, Any], ...]:
    """Return the body of changes as PingOne's operations, for what a merge cannot say.

    A merge leaves the members of an object that the new value has not; so such an object is removed and set anew, in
    the same call.
    """
    native: list[dict[str, Any]] = []
    for name, value in changes.body.items():
        if name in changes.shrunk:
            native += [{"op": "remove", "path": name}, {"op": "add", "path": name, "value": value}]
        elif isinstance(value, dict) and name in changes.nested:
            native += [_set(f"{name}.{member}", inner) for member, inner in value.items()]
        else:
            native.append(_set(name, value))
    return tuple(native)


def _set(path: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {"op": "remove", "path": path}
    return {"op": "replace", "path": path, "value": value}


def _build_on_each_other(table: Table, operations: tuple[PathChange, ...]) -> bool:
    """Whether a later operation may select what an earlier one left in a list; parts of different types never do."""
    touched: dict[tuple[str, str], list[bool]] = {}
    for operation in operations:
        found = operation.found
        if isinstance(table.shape_of(found), OneOfList | TypedList):
            by_type = operation.where is not None and type_of(operation.where) is not None
            touched.setdefault((found.urn, found.attribute.name), []).append(by_type)
    return any(len(by_type) > 1 and not all(by_type) for by_type in touched.values())


def _is_direct(row: Row) -> bool:
    """Whether a value can be written whatever is there."""
    is_state = row.facet is not None and row.facet.state
    return row.writable and row.attribute.mutability != "immutable" and row.codec.merge is None and not is_state


def settle(table: Table, operations: Iterable[PathChange]) -> Iterator[PathChange]:
    """Yield operations so that what is added to a list takes its place where PingOne has only one.

    RFC 7644 §3.5.2.1 puts an added value beside the others. Where there is one place for it, the present value would
    win each time, and the client would send the new one again and again.
    """
    for operation in operations:
        shape = table.shape_of(operation.found)
        plain = operation.where is None and operation.found.sub is None
        if operation.op == "add" and plain and isinstance(shape, OneOfList | TypedList):
            yield from _settle_addition(shape, operation)
        else:
            yield operation


def _settle_addition(shape: OneOfList | TypedList, operation: PathChange) -> Iterator[PathChange]:
    taken = shape.take(operation.value)
    rest = [part for part in operation.value if part.get("type") is None] if isinstance(shape, TypedList) else []
    if isinstance(shape, OneOfList):
        if taken:
            yield replace(operation, op="replace", value=[taken[shape.selector]])
        else:
            yield operation
        return
    for selector, element in taken.items():
        where = Compare(AttrPath(None, "type"), "eq", selector)
        yield PathChange("remove", operation.found, where, None)
        yield replace(operation, value=[element])
    if rest:
        yield replace(operation, value=rest)


def removed_facets(table: Table, operations: Iterable[PathChange]) -> dict[str, Any]:
    """Return the facets that a PATCH takes away: a resource that leaves one out, as PUT may, keeps it.

    Raises `Mutability`.
    """
    facets: dict[str, Any] = {}
    for operation in operations:
        for row, _value in _leaves(table, operation) or ():
            if row.facet is None or not row.writable:
                continue
            facets.pop(row.facet.name, None)
            if operation.op == "remove":
                _check_removal(row, None)
                facets[row.facet.name] = None
    return facets


def _check_removal(row: Row, value: Any) -> None:
    """Refuse to remove a facet that a record has to have a value of."""
    if value is None and (row.facet is None or not row.facet.removable):
        msg = f"{row.spelled} cannot be removed; set the value that it shall have"
        raise Mutability(msg)


def _is_alone(table: Table, row: Row) -> bool:
    """Whether the row is the only one of a nested object: without it the object may be one that PingOne refuses."""
    return len(row.to) > 1 and sum(other.to[:1] == row.to[:1] for other in table.rows) == 1


def _leaves(table: Table, operation: PathChange) -> list[tuple[Row, Any]] | None:
    """Return which rows get which SCIM values, or None where the present state decides."""
    found = operation.found
    shape = table.shape_of(operation.found)
    if shape is None or isinstance(shape, IdList) or found.attribute.composed:
        return None
    if isinstance(shape, OneOfList | TypedList):
        return _list_leaves(shape, operation)
    if isinstance(shape, Single) and found.attribute.multi_valued:
        whole = operation.op == "replace" or operation.value is None
        return list(shape.collect(operation.value)) if whole else None
    rows = shape.select(found.sub.name if found.sub else None, operation.where)
    if rows is None:
        return None
    if operation.op == "remove":
        return [(row, None) for row in rows]
    if found.sub is not None:
        return [(row, operation.value) for row in rows]
    return list(_named(shape, rows, operation.value))


def _list_leaves(shape: OneOfList | TypedList, operation: PathChange) -> list[tuple[Row, Any]] | None:
    sub = operation.found.sub
    if sub is None and operation.where is None:
        return _whole_list_leaves(shape, operation)
    rows = shape.select(None if sub is None else sub.name, operation.where)
    if rows is None or (sub is not None and sub.name == "type"):
        return None
    if operation.op == "remove":
        return [(row, None) for row in rows]
    if sub is not None:
        return [(row, operation.value) for row in rows]
    if "type" in operation.value or "primary" in operation.value:
        return None
    if operation.op == "replace":  # the whole record goes, RFC 7644 §3.5.2.3
        return [(row, operation.value.get(str(row.sub))) for row in rows]
    return [(row, operation.value[row.sub]) for row in rows if row.sub in operation.value]


def _whole_list_leaves(shape: OneOfList | TypedList, operation: PathChange) -> list[tuple[Row, Any]] | None:
    if operation.op == "remove":
        return None if operation.value is not None else [(row, None) for row in shape.rows]
    if operation.op == "replace":
        return list(shape.collect(operation.value))
    taken = shape.take(operation.value)
    untyped = isinstance(shape, TypedList) and any(part.get("type") is None for part in operation.value)
    if untyped or (isinstance(shape, OneOfList) and not taken):
        return None
    return [(row, taken[row.selector].get(str(row.sub))) for row in shape.rows if row.selector in taken]


def _named(shape: Shape, rows: tuple[Row, ...], value: Any) -> Iterator[tuple[Row, Any]]:
    """Yield only what the value names: replacing a complex attribute leaves its other members (RFC 7644 §3.5.2.3)."""
    for row, leaf in shape.collect(value):
        if row in rows and (row.sub is None or row.sub in value):
            yield row, leaf
