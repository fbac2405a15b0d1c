"""The rows of one attribute together: its shape, and the schemas made of all shapes.

Where `attributes` looks at one row, this module looks at rows side by side. It reads no TOML and translates no value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from scimbridge.mapping.shapes import Complex, IdList, OneOfList, Shape, Single, TypedList
from scimbridge.mapping.tables.attributes import KNOWN, Fault, known_attribute
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.scim.catalogue import COMMON, ENTERPRISE_USER, GROUP_URN, META, USER_URN, Attribute, Schema

CORE: Mapping[str, str] = {"User": USER_URN, "Group": GROUP_URN}
KNOWN_EXTENSIONS: Mapping[str, tuple[Schema, ...]] = {"User": (ENTERPRISE_USER,)}


def group(rows: Iterable[Row]) -> dict[tuple[str, str], tuple[Row, ...]]:
    """Gather rows by attribute: (URN, canonical name) -> rows in the table's order."""
    gathered: dict[tuple[str, str], list[Row]] = {}
    spelled: dict[tuple[str, str], str] = {}
    for row in rows:
        base = known_attribute(row.urn, row.attr)
        name = spelled.setdefault((row.urn, row.attr.casefold()), base.name if base else row.attr)
        sub = row.attribute.name if row.sub is not None else None
        gathered.setdefault((row.urn, name), []).append(replace(row, attr=name, sub=sub))
    return {key: tuple(members) for key, members in gathered.items()}


def shape_of(
    rows: tuple[Row, ...],
    stored: tuple[Row, ...],
    endpoints: Mapping[str, str],
    fault: Fault,
    unmarked: frozenset[str] = frozenset(),
) -> Shape | None:
    """Pick the shape of one attribute from its rows. `stored` has those too that are hidden.

    `unmarked` are those of `type` and `primary` that the one value of a list does not have.

    A list of which several types are stored stays one where all but one are hidden: else a value of a hidden type would
    take the place of the other.
    """
    first = rows[0]
    base = known_attribute(first.urn, first.attr)
    selectors = tuple(dict.fromkeys(row.selector for row in rows if row.selector is not None))
    if any((row.sub is None) != (first.sub is None) for row in rows):
        fault(f"{first.attr} is mapped as a whole and by sub-attribute; one of the two")
        return None
    if first.sub is None:
        return Single(replace(first.attribute, name=first.attr), rows)
    if selectors:
        if any(row.selector is None for row in rows):
            fault(f"some rows of {first.attr} have a selector in brackets and some have none")
            return None
        alone = len({row.selector for row in stored}) == 1
        attribute = _list_attribute(base or Attribute(first.attr), rows, selectors, unmarked, alone=alone)
        if alone:
            marks = {"type": selectors[0], "primary": True}
            return OneOfList(
                attribute, rows, selectors[0], {name: mark for name, mark in marks.items() if name not in unmarked}
            )
        return TypedList(attribute, rows, selectors)
    if (base is not None and base.multi_valued) or first.via == MEMBERSHIPS:
        values, beside = [row for row in rows if row.read is None], [row for row in rows if row.read is not None]
        if not values:
            return None  # what a list has beside its values goes with them
        if len(values) > 1 or values[0].sub != "value":
            fault(
                f"{first.attr} is a list: say which value is kept, as"
                f' {first.attr}[type eq "work"].{first.sub}; without a selector it has the one row {first.attr}.value'
            )
            return None
        whole = _id_list_attribute(base or Attribute(first.attr), values[0], beside)
        return IdList(whole, (*values, *beside), endpoints)
    return Complex(_complex_attribute(base or Attribute(first.attr), tuple(row.attribute for row in rows)), rows)


def _complex_attribute(base: Attribute, subs: tuple[Attribute, ...]) -> Attribute:
    """Join sub-attributes: what all of them are, the whole is, read-only or returned on request with all it has."""
    whole = replace(base, type="complex", multi_valued=False, sub=subs)
    if all(part.mutability == "readOnly" for part in subs):
        whole = replace(whole, mutability="readOnly")
    if not all(part.removable for part in subs):
        whole = replace(whole, removable=False)
    if all(part.returned == "request" for part in subs):
        whole = replace(whole, returned="request", sub=tuple(replace(part, returned="default") for part in subs))
    return whole


def _list_attribute(
    base: Attribute, rows: tuple[Row, ...], selectors: tuple[str, ...], unmarked: frozenset[str], *, alone: bool
) -> Attribute:
    subs: dict[str, Attribute] = {row.attribute.name: row.attribute for row in rows}
    if not alone or "type" not in unmarked:
        kind = base.find_sub("type") or Attribute("type")
        subs["type"] = replace(kind, canonical_values=selectors)
    if alone and "primary" not in unmarked:
        primary = base.find_sub("primary") or Attribute("primary", type="boolean")
        subs["primary"] = replace(primary, canonical_values=("true",))  # the one value that is kept is the primary one
    return replace(base, type="complex", multi_valued=True, sub=tuple(subs.values()))


def _id_list_attribute(base: Attribute, row: Row, beside: list[Row]) -> Attribute:
    kept = ("$ref", "type") if row.via == MEMBERSHIPS else ("$ref",)
    named = row.attribute.reference_types  # the row may say what the ids are ids of
    parts = [part for name in kept if (part := base.find_sub(name)) is not None]
    subs = [
        replace(row.attribute, reference_types=()),
        *(replace(part, reference_types=named) if named and part.name == "$ref" else part for part in parts),
        *(each.attribute for each in beside),
    ]
    whole = replace(base, type="complex", multi_valued=True, sub=tuple(subs))
    return replace(whole, returned="request") if row.include else whole


def schema_of(urn: str, resource: str, present: list[Attribute], *, with_unstored: bool) -> Schema:
    """Make a schema of its stored attributes and, where asked, of those that RFC 7643 knows and no table stores."""
    known = KNOWN.get(urn)
    name = known.name if known else urn.rsplit(":", 1)[-1]
    text = known.description if known else f"{name} extension of {resource}"
    if not with_unstored or known is None:
        return Schema(urn, name, text, tuple(present))
    stored = {part.name: part for part in present}
    return Schema(urn, name, text, tuple(_with_unstored(part, stored.get(part.name)) for part in known.attributes))


def known_extensions(resource: str, urns: Iterable[str]) -> list[Schema]:
    """Return the schemas that clients send for this resource type and no section of the table names."""
    named = set(urns)
    return [
        schema_of(schema.urn, resource, [], with_unstored=True)
        for schema in KNOWN_EXTENSIONS.get(resource, ())
        if schema.urn not in named
    ]


def common_of(present: list[Attribute], *, with_unstored: bool) -> tuple[Attribute, ...]:
    """Return the attributes of every resource (RFC 7643 §3.1) that this table stores, or all; `schemas` always."""
    stored = {part.name: part for part in present} | {part.name: part for part in COMMON if part.name == "schemas"}
    if META.name in stored:
        stored[META.name] = META  # what it has beside the times needs no row
    return tuple(
        stored.get(part.name) or replace(part, stored=False) for part in COMMON if with_unstored or part.name in stored
    )


def _with_unstored(known: Attribute, stored: Attribute | None) -> Attribute:
    if stored is None:
        return replace(known, stored=False, sub=tuple(replace(part, stored=False) for part in known.sub))
    have = {part.name for part in stored.sub}
    others = tuple(replace(part, stored=False) for part in known.sub if part.name not in have)
    return replace(stored, sub=stored.sub + others)
