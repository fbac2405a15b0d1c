"""Which value a row is tried with, and what PingOne has to hold afterwards. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import encode
from scimbridge.ops.explaining.samples import MANNER, choose_value, spell_path
from scimbridge.pingone.facets import ENABLED, PASSWORD, POPULATION
from scimbridge.pingone.kinds import kind_named
from scimbridge.pingone.schema import Declared
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import Manner
from scimbridge.sides import Body, Resource

Values = dict[Row, Any]

_LETTER = Manner(strict=True, notice=lambda _name: None)
_LAST = ("userFilter",)  # makes a group dynamic, so that everything else comes first


def choose(table: Table, row: Row, name: str, declared: Mapping[str, Declared]) -> Any:
    """Return the SCIM value that a row is tried with, None where nothing fits; `name` is a word nobody else has."""
    if row.via == ENABLED.name:
        return False  # nobody is to sign in as a throw-away
    if row.via == PASSWORD.name:
        return f"Aa9!{name[::-1]}"
    for value in _offers(table, row, name, declared.get(row.to[0])):
        try:
            if encode(row, value, _LETTER) is not None:
                return value
        except InvalidValue:
            continue
    return choose_value(table, row)


def _offers(table: Table, row: Row, name: str, attribute: Declared | None) -> Iterator[Any]:
    if attribute is not None and len(row.to) == 1:
        texts = attribute.values or attribute.samples
        if texts:
            yield from ([texts[0]], f"[{texts[0]}]", texts[0]) if attribute.several else texts
    if row.attribute.type in ("string", "reference") and not row.codec.multi_valued and row.codec.name == "string":
        yield from kind_named(table.type.name).examples.get(row.native, ())
        yield from (name, f"{name}@example.com")


def tried_rows(table: Table, held: Values) -> list[Row]:
    """Return the rows that a client can change, without those that were tried already; what changes most comes last.

    States are tried with the operations that change them.
    """
    rows = [row for row in table.rows if row.writable and row.to and row.via != MEMBERSHIPS and row not in held]
    return sorted(
        (row for row in rows if row.attribute.mutability != "immutable" and not (row.facet and row.facet.state)),
        key=lambda row: row.native in _LAST,
    )


def names_others(table: Table, row: Row) -> bool:
    """Whether a row takes the id of something else, which a trial has none of and takes away instead."""
    kind = kind_named(table.type.name)
    return row.native in kind.points_at and row.native != POPULATION.field


def expected(row: Row, value: Any) -> Any:
    """Return what PingOne has to hold for a value; raises nothing that `choose` has not tried."""
    return encode(row, value, _LETTER)


def make_body(table: Table, values: Values) -> Body:
    """Return a SCIM resource that has these values. Raises `ScimError` where they do not go together."""
    operations = [PatchOperation("add", spell_path(table, row), value, has_value=True) for row, value in values.items()]
    resource = apply_operations(Resource({}), read_operations(operations, table.type, MANNER), strict=False)
    extensions = [urn for urn in table.type.urns if urn in resource]
    return Body({"schemas": [table.type.schema.urn, *extensions], **resource})
