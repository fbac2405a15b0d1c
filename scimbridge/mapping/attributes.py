"""What a table's rows publish: attributes with their characteristics, and the schemas made of them.

RFC 7643 knows the core attributes already; a row only adds where PingOne is narrower. This module joins the two and
picks the shape of each attribute. It does not read TOML (see `table`) and translates no value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from scimbridge.mapping.codecs import NAMED, PLAIN, Codec, times
from scimbridge.mapping.rows import MEMBERSHIPS, Row, Words, nearest
from scimbridge.mapping.shapes import Complex, IdList, OneOfList, Shape, Single, TypedList
from scimbridge.scim.catalogue import COMMON, CORE_GROUP, CORE_USER, ENTERPRISE_USER, Attribute, Schema

KNOWN: Mapping[str, Schema] = {schema.urn: schema for schema in (CORE_USER, CORE_GROUP, ENTERPRISE_USER)}
KNOWN_EXTENSIONS: Mapping[str, tuple[Schema, ...]] = {"User": (ENTERPRISE_USER,)}
COMMON_SCHEMA = Schema("", "Common", "Attributes of every resource", COMMON)

_CHARACTERISTICS = {
    "type": "type",
    "mutability": "mutability",
    "returned": "returned",
    "uniqueness": "uniqueness",
    "required": "required",
    "caseExact": "case_exact",
    "multiValued": "multi_valued",
    "canonicalValues": "canonical_values",
    "referenceTypes": "reference_types",
    "description": "description",
}

Fault = Callable[[str], None]


def known_attribute(urn: str, attr: str) -> Attribute | None:
    """Return what RFC 7643 says of an attribute, or None where it is silent."""
    schema = COMMON_SCHEMA if urn == "" else KNOWN.get(urn)
    return None if schema is None else schema.find(attr)


def leaf_of(
    urn: str,
    attr: str,
    sub: str | None,
    selector: str | None,
    words: Words,
    offset: dt.timedelta,
    fault: Fault,
) -> tuple[Attribute, Codec] | None:
    """Join a row's words with RFC 7643: the attribute that the row's path ends at, and its codec."""
    base = known_attribute(urn, attr)
    if base is None and (urn in KNOWN or urn == ""):
        schema = KNOWN.get(urn, COMMON_SCHEMA)
        fault(f"{attr!r} is no attribute of that schema{nearest(attr, [part.name for part in schema.attributes])}")
        return None
    leaf = _find_leaf(base, attr, sub, selector, words, fault)
    if leaf is None:
        return None
    given = {_CHARACTERISTICS[word]: value for word, value in words.characteristics.items()}
    codec = words.codec
    if codec is None and given.get("multi_valued") and sub is None:
        codec = NAMED["list"]
    if codec is not None:
        given |= {"type": codec.type, "multi_valued": codec.multi_valued}
    if words.template is not None:
        given |= {"mutability": "readOnly", "composed": True}
    attribute = replace(leaf, **given)
    if codec is None:
        codec = times(offset) if attribute.type == "dateTime" else PLAIN.get(attribute.type)
    if codec is None:
        fault(f'{attr!r} is complex: a row for each sub-attribute, as {attr}.value, or codec = "object"')
        return None
    return attribute, codec


def _find_leaf(
    base: Attribute | None, attr: str, sub: str | None, selector: str | None, words: Words, fault: Fault
) -> Attribute | None:
    if selector is not None and sub is None:
        fault(f'a list with a selector keeps sub-attributes: {attr}[type eq "{selector}"].value')
        return None
    if base is None:
        return Attribute(sub or attr)
    if selector is not None and not base.multi_valued:
        fault(f"{base.name} has one value: a selector in brackets fits multi-valued attributes only")
        return None
    if sub is None:
        if base.multi_valued and base.type == "complex" and words.codec is None:
            fault(f'{base.name} is a list: say which value is kept, as {base.name}[type eq "work"].value')
            return None
        return base
    if base.type != "complex":
        fault(f"{base.name} has no sub-attributes")
        return None
    found = base.find_sub(sub)
    if found is None:
        fault(f"{base.name} has no sub-attribute {sub!r}{nearest(sub, [part.name for part in base.sub])}")
    return found


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


def shape_of(rows: tuple[Row, ...], endpoints: Mapping[str, str], fault: Fault) -> Shape | None:
    """Pick the shape of one attribute from all of its rows."""
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
        attribute = _list_attribute(base or Attribute(first.attr), rows, selectors)
        if len(selectors) == 1:
            return OneOfList(attribute, rows, selectors[0])
        return TypedList(attribute, rows, selectors)
    if (base is not None and base.multi_valued) or first.via == MEMBERSHIPS:
        if len(rows) > 1:
            fault(f"a list of ids has one row, {first.attr}.value")
            return None
        return IdList(_id_list_attribute(base or Attribute(first.attr), first), rows, endpoints)
    subs = tuple(row.attribute for row in rows)
    whole = replace(base or Attribute(first.attr), type="complex", multi_valued=False, sub=subs)
    if all(part.mutability == "readOnly" for part in subs):
        whole = replace(whole, mutability="readOnly")
    return Complex(whole, rows)


def _list_attribute(base: Attribute, rows: tuple[Row, ...], selectors: tuple[str, ...]) -> Attribute:
    subs: dict[str, Attribute] = {row.attribute.name: row.attribute for row in rows}
    kind = base.find_sub("type") or Attribute("type")
    subs["type"] = replace(kind, canonical_values=selectors)
    if len(selectors) == 1:
        subs["primary"] = base.find_sub("primary") or Attribute("primary", type="boolean")
    return replace(base, type="complex", multi_valued=True, sub=tuple(subs.values()))


def _id_list_attribute(base: Attribute, row: Row) -> Attribute:
    kept = ("$ref", "type") if row.via == MEMBERSHIPS else ("$ref",)
    named = row.attribute.reference_types  # the row may say what the ids are ids of
    subs = [replace(row.attribute, reference_types=())]
    for name in kept:
        if (part := base.find_sub(name)) is not None:
            subs.append(replace(part, reference_types=named) if named and name == "$ref" else part)
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
    """Schemas that clients send for this resource type and no section of the table names."""
    named = set(urns)
    return [
        schema_of(schema.urn, resource, [], with_unstored=True)
        for schema in KNOWN_EXTENSIONS.get(resource, ())
        if schema.urn not in named
    ]


def common_of(present: list[Attribute]) -> tuple[Attribute, ...]:
    """The attributes of every resource that this table stores (RFC 7643 §3.1); `schemas` always."""
    names = {part.name for part in present}
    return tuple(part for part in COMMON if part.name == "schemas" or part.name in names)


def _with_unstored(known: Attribute, stored: Attribute | None) -> Attribute:
    if stored is None:
        return replace(known, stored=False, sub=tuple(replace(part, stored=False) for part in known.sub))
    have = {part.name for part in stored.sub}
    others = tuple(replace(part, stored=False) for part in known.sub if part.name not in have)
    return replace(stored, sub=stored.sub + others)
