"""A compiled table: what the machinery needs to know of one resource type, and what can be wrong with tables.

A table is the only place that says how SCIM and PingOne correspond. How its text becomes a `Table` is in `drafts` and
`compiling`; requests see what stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scimbridge.mapping.shapes import IdList, Shape
from scimbridge.mapping.tables.overlaying import Origin
from scimbridge.mapping.tables.rows import Row
from scimbridge.scim.catalogue import Found, ResourceType
from scimbridge.scim.filtering.trees import Node

END_SESSIONS = "endSessions"  # in `on_deactivate`


class TableFaults(Exception):
    """What is wrong with the tables, each sentence with file, section and row."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PopulationRule:
    """`[[population]]`: users for whom the filter holds, and who name no population, go to `use` (id or name).

    `type` is what the filter speaks of: the resource type with what may be hidden from the client that asks.
    """

    when: Node
    use: str
    type: ResourceType


@dataclass(frozen=True, slots=True)
class Table:
    """One resource type: what the machinery needs of its table."""

    file: str
    origin: Origin
    type: ResourceType  # all attributes that are known, also those that are not stored
    published: ResourceType  # those that are stored
    rows: tuple[Row, ...]
    shapes: Mapping[tuple[str, str], Shape]  # (URN, attribute name) -> shape
    allow: frozenset[str]
    populations: tuple[PopulationRule, ...] = ()
    on_deactivate: tuple[str, ...] = ()  # what follows where a client makes one inactive
    unnamed: frozenset[str] = frozenset()  # PingOne's names of what is hidden
    disabled: frozenset[str] = frozenset()  # PingOne's names of what `disable` takes out
    _by_native: Mapping[str, Row] = field(default_factory=dict, repr=False)

    def scim_name(self, native: str) -> str | None:
        """Return the SCIM path of a PingOne field, in the table's spelling, or None where no row has it."""
        row = self._by_native.get(native) or self._by_native.get(native.split(".", 1)[0])
        return None if row is None else row.spelled

    @property
    def shown_fields(self) -> dict[str, str]:
        """PingOne's names of what records show to clients by themselves, each with its SCIM path.

        A secret is never shown. A state, and what takes a read of its own, is no field that PingOne could look for: it
        has a right beside that to the record.
        """
        return {
            row.native: row.spelled
            for shape in self.shapes.values()
            for row in shape.rows
            if row.to
            and row.include is None
            and row.read is None
            and "never" not in (row.attribute.returned, shape.attribute.returned)
            and not (row.facet is not None and (row.facet.secret or row.facet.state))
        }

    def is_changed(self, native: str) -> bool:
        """Whether clients can change what a PingOne field holds, as it stands in a row."""
        row = self._by_native.get(native)
        shape = None if row is None else self.shape(row.urn, row.attr)
        if row is None or shape is None or row.attribute.mutability == "readOnly":
            return False
        return shape.attribute.mutability in ("readWrite", "writeOnly")

    def is_hidden(self, native: str) -> bool:
        """Whether a PingOne field, or all that is known of one with parts, is hidden from who sees this table."""
        if self.scim_name(native) is not None:
            return False
        shown = any(name.startswith(f"{native}.") for name in self._by_native)
        return any(
            native == name or native.startswith(f"{name}.") or (name.startswith(f"{native}.") and not shown)
            for name in self.unnamed
        )

    def shape(self, urn: str, attr: str) -> Shape | None:
        """Return the shape of a stored attribute, both names in canonical spelling."""
        return self.shapes.get((urn, attr))

    def shape_of(self, found: Found) -> Shape | None:
        """Return the shape of what a path means, or None where it is not stored."""
        name = found.attribute.name
        if found.in_extension:
            return self.shape(found.urn, name)
        return self.shape("", name) or self.shape(self.type.schema.urn, name)

    @property
    def links(self) -> IdList | None:
        """The attribute that membership calls change, if this type has one."""
        return next((s for s in self.shapes.values() if isinstance(s, IdList) and s.linked), None)
