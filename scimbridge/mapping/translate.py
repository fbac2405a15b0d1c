"""Values across the bridge: a PingOne record as a SCIM resource, and SCIM values as PingOne fields.

Compiled from a table once; per record there is no look-up by name. Pure: it makes no call and knows no status code but
the refusals of RFC 7644 that a wrong value gets, each naming the attribute and what would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.shapes import Emit, Shape
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.patching.paths import name_of
from scimbridge.scim.projection import Projection
from scimbridge.scim.reading import Manner, Notice, has_no_value
from scimbridge.sides import Native, Resource

Answer = Callable[[Native, str], Resource]  # (PingOne record, SCIM base URL) -> SCIM resource

_COMMON = ""


def silent(_text: str) -> None:
    """Tell nobody."""


def compile_answer(table: Table, notice: Notice = silent, projection: Projection | None = None) -> Answer:
    """Compile the table into one function from PingOne's record to the SCIM resource.

    The resource is whole, or what a projection leaves of it: what is not asked for is not translated either. `notice`
    is told of values that have no form in their SCIM type and are given in another, each time one is met.
    """
    core_urn = table.published.schema.urn
    name, endpoint = table.published.name, table.published.endpoint
    meta_of: Emit = lambda _record, _base: None  # noqa: E731
    parts: dict[str, list[tuple[str, Emit]]] = {core_urn: []}
    for (urn, attr), shape in table.shapes.items():
        if attr == "meta" and urn == _COMMON:
            meta_of = shape.emit(notice)
        elif shape.attribute.returned != "never" and (projection is None or projection.wants(attr, urn or None)):
            parts.setdefault(urn or core_urn, []).append((attr, shape.emit(notice)))
    core = tuple(parts.pop(core_urn))
    others = tuple((urn, tuple(extension)) for urn, extension in parts.items())

    def answer(record: Native, base: str) -> Resource:
        schemas = [core_urn]
        resource: dict[str, Any] = {"schemas": schemas}
        _emit_into(resource, core, record, base)
        for urn, extension in others:
            found: dict[str, Any] = {}
            _emit_into(found, extension, record, base)
            if found:
                schemas.append(urn)
                resource[urn] = found
        meta = {"resourceType": name}
        meta.update(meta_of(record, base) or ())
        meta["location"] = f"{base}{endpoint}/{record.get('id')}"
        resource["meta"] = meta
        return Resource(resource)

    return answer


def _emit_into(
    place: dict[str, Any], parts: tuple[tuple[str, Emit], ...], record: Mapping[str, Any], base: str
) -> None:
    for attr, emit in parts:
        value = emit(record, base)
        if value is not None:
            place[attr] = value


def encode(row: Row, value: Any, manner: Manner) -> Any:
    """Turn one SCIM leaf value into PingOne's; None for no value. Raises `InvalidValue` naming the attribute."""
    native = None if has_no_value(row.attribute, value) else _to_native(row, value, manner)
    if native is None and row.attribute.required:
        msg = f"{row.spelled} is required: it needs a value"
        raise InvalidValue(msg)
    return native


def _to_native(row: Row, value: Any, manner: Manner) -> Any:
    try:
        native = row.codec.to_native(value if manner.strict else row.codec.lenient(value))
    except ValueError as error:
        msg = f"{row.spelled}: {error} is needed"
        raise InvalidValue(msg) from None
    if native == []:
        return None
    for item in native if isinstance(native, list) else (native,):
        right = row.refuse(item)
        if right is None:
            continue
        if row.codec.forgiving and not manner.strict:
            manner.notice(f"{row.spelled}: left out, PingOne takes only {right}")
            return None
        msg = f"{row.spelled}: PingOne would refuse this value; it has to be {right}"
        raise InvalidValue(msg)
    return native


def tell_lost(shape: Shape, value: Any, manner: Manner) -> None:
    """Notice what of a list is kept nowhere: a fax number, a second e-mail address."""
    for name in shape.lose(value):
        manner.notice(name_of(name))


def native_fields(table: Table, resource: Resource, manner: Manner) -> dict[Row, Any]:
    """Return the PingOne value of every writable row for a whole SCIM resource; None where it has none.

    Rows of memberships are not among them. Raises `InvalidValue`.
    """
    fields: dict[Row, Any] = {}
    links = table.links
    for (urn, attr), shape in table.shapes.items():
        if shape is links or not any(row.writable for row in shape.rows):
            continue
        value = attribute_value(table, resource, urn, attr)
        tell_lost(shape, value, manner)
        for row, leaf in shape.collect(value):
            if row.writable:
                fields[row] = encode(row, leaf, manner)
    return fields


def attribute_value(table: Table, resource: Resource, urn: str, attr: str) -> Any:
    """Return a resource's value of one attribute, wherever its schema puts it."""
    if urn in (_COMMON, table.type.schema.urn):
        return resource.get(attr)
    inner = resource.get(urn)
    return inner.get(attr) if isinstance(inner, dict) else None


def leaf_value(table: Table, resource: Resource, row: Row) -> Any:
    """Return a resource's value of one row that is no list's."""
    value = attribute_value(table, resource, row.urn, row.attr)
    return value.get(row.sub) if row.sub is not None and isinstance(value, dict) else value


def held_value(row: Row, record: Native) -> Any:
    """Return what PingOne holds for a row, or None."""
    return read_field(record, row.to)
