"""Example values for the rows of a table: something that PingOne would take, and SCIM requests made of it.

The engine is the judge of what fits; this module only has things to offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import encode
from scimbridge.ops.explaining.rehearsal import IDS
from scimbridge.pingone.kinds import kind_named
from scimbridge.scim.catalogue import PATCH_URN
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import Manner
from scimbridge.sides import Body, Resource

_BY_TYPE: dict[str, tuple[Any, ...]] = {
    "boolean": (True,),
    "integer": (7,),
    "decimal": (1.5,),
    "dateTime": ("2025-03-01T09:15:27Z",),
    "complex": ({"key": "value"},),
}
_TEXTS = (
    "example", "jane.doe@example.org", "https://example.org/jane.png", "+49 30 123456", "Europe/Berlin", "en-GB", "DE",
    '{"key":"value"}',
)  # fmt: skip


def _notice_nothing(_name: str) -> None:
    """Pass over what is left out of an example."""


MANNER = Manner(strict=False, notice=_notice_nothing)
_LETTER = Manner(strict=True, notice=_notice_nothing)


def choose_value(table: Table, row: Row) -> Any:
    """Return a SCIM value that the row would carry, or None where nothing on offer fits."""
    if row.via == MEMBERSHIPS or row.include:
        return [{"value": IDS["USER-ID" if row.via == MEMBERSHIPS else "GROUP-ID"]}]
    for value in _offers(table, row):
        try:
            if encode(row, value, _LETTER) is not None:
                return value
        except InvalidValue:
            continue
    return None


def _offers(table: Table, row: Row) -> Iterator[Any]:
    if row.codec.multi_valued:
        yield ["one", "two"]
    if row.codec.name == "semicolons":
        yield "[one;; two]"
    yield from _BY_TYPE.get(row.attribute.type, ())
    yield from row.attribute.canonical_values
    yield from kind_named(table.type.name).examples.get(row.native, ())
    yield from _TEXTS


def spell_path(table: Table, row: Row) -> str:
    """Return the row's SCIM path as a PATCH operation spells it, from any schema."""
    if row.via == MEMBERSHIPS or row.include:
        return row.attr
    return row.spelled if row.urn in ("", table.type.schema.urn) else f"{row.urn}:{row.spelled}"


def make_resource(table: Table, rows: Iterable[Row]) -> Body:
    """Return a SCIM resource that has an example value in these rows, and in those that are required.

    Rows that a client cannot write are passed over. Raises `ScimError` where the values do not go together.
    """
    wanted = dict.fromkeys([*rows, *(row for row in table.rows if row.attribute.required)])
    operations = [
        PatchOperation("add", spell_path(table, row), value, has_value=True)
        for row in wanted
        if row.writable and (value := choose_value(table, row)) is not None
    ]
    resource = apply_operations(Resource({}), read_operations(operations, table.type, MANNER), strict=False)
    extensions = [urn for urn in table.type.urns if urn in resource]
    return Body({"schemas": [table.type.schema.urn, *extensions], **resource})


def make_patch(op: str, path: str, value: Any = None) -> Body:
    """Return a PatchOp message of one operation."""
    operation = {"op": op, "path": path} if value is None else {"op": op, "path": path, "value": value}
    return Body({"schemas": [PATCH_URN], "Operations": [operation]})
