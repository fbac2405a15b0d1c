"""What is so of one row of a table: its field, how its value is carried, what each side takes, and how it is filtered.

Knows rows and kinds; sends and plays nothing.
"""

from __future__ import annotations

from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.rows import locate
from scimbridge.ops.explaining.explanations import Characteristics, RowFacts
from scimbridge.pingone.facets import Facet
from scimbridge.pingone.kinds import kind_named
from scimbridge.scim.catalogue import Attribute

_CODECS = {
    "semicolons": 'an array in PingOne, one string "[a;; b]" for SCIM clients (an array is taken too)',
    "list": "an array on both sides",
    "json": "JSON in PingOne, JSON written as a string for SCIM clients",
    "object": "a JSON object on both sides",
    "country": "two letters in PingOne; a code of two or three letters or an English name from clients",
    "language": "a language tag; en_US is taken for en-US",
    "derived": "left out, and logged, where PingOne would refuse it",
    "marked": "one marked text in PingOne's array, a string for SCIM clients",
    "others": "PingOne's array without the marked text",
}


def describe_row(row: Row, table: Table) -> RowFacts:
    """Return what is so of a row."""
    return RowFacts(
        row=locate(table, row),
        field=field_of(row),
        carried=_carriage(row, table),
        codec=_CODECS.get(row.codec.name, f"{row.codec.name}, the same on both sides"),
        limits=_limits(row, table),
        filters=_operators(row),
        characteristics=describe_attribute(row.attribute),
    )


def field_of(row: Row) -> str:
    """Return the PingOne field of a row, or of what its value is composed."""
    return row.native if row.template is None else f'none: composed here as "{row.template.text}"'


def _carriage(row: Row, table: Table) -> str:
    collection = kind_named(table.type.name).collection
    if row.template is not None:
        own = "" if not row.template.other else f", but for a value of its own: {'.'.join(row.template.other)}"
        return f"never sent; what a client sends for it is left out{own}"
    if row.via == MEMBERSHIPS:
        return "by a call of its own for each member, and read by a filter on users and on groups"
    if row.via is not None:
        return _call_of(kind_named(table.type.name).facet(row.via), collection)
    if row.include is not None:
        return f"read only where include={row.include} is asked for, which lists cannot"
    if row.read is not None:
        return f"read by a call of its own, GET /{collection}/ID/{row.read}, for who asks for it by name"
    if not row.writable:
        return "only read: in every answer of PingOne"
    return "together with the other attributes"


def _call_of(facet: Facet, collection: str) -> str:
    if facet.along:
        return f'with the call of the row that has via = "{facet.along}"'
    if facet.initial:
        return "together with the rest at creation, which is an import then; no call changes it"
    call = f"POST /{collection}/ID, whose media type says the value" if facet.actions else ""
    at = "at creation together with the rest" if facet.creation else "after a creation, and where it differs"
    return f"by a call of its own, {call or f'PUT /{collection}/ID/{facet.name}'}; {at}"


def _limits(row: Row, table: Table) -> str:
    kind = kind_named(table.type.name)
    rule = kind.fields.get(row.native)
    if rule is None:
        return f"none known here{'' if kind.schema is None else '; those of the user schema hold'}"
    said = []
    if rule.min_length or rule.max_length:
        said.append(f"{rule.min_length} to {rule.max_length or 'any number of'} characters")
    if rule.hint:
        said.append(rule.hint)
    if rule.boolean:
        said.append("true or false")
    return "; ".join(said) or "none known"


def _operators(row: Row) -> str:
    if row.attribute.returned == "never":
        return "none: what is never shown cannot be asked for"
    if row.read is not None:
        return "none, and no filter can name it: PingOne tells it for one at a time"
    if row.via == MEMBERSHIPS or row.include:
        return "eq on one id, by way of memberships"
    if row.template is not None or not row.codec.comparable or not row.operators:
        return "none: a filter on it is checked here, over every record that the rest of the filter leaves"
    known = {True: "compared without case", False: "compared with case", None: "with or without case as `check` tells"}
    case = "true or false" if row.attribute.type == "boolean" else known[row.caseless]
    if row.attribute.case_exact and row.caseless is not False:
        case += "; what differs in case is left out here"
    return f"{', '.join(sorted(row.operators))}, {case}"


def describe_attribute(attribute: Attribute) -> Characteristics:
    """Return what RFC 7643 §7 says of an attribute."""
    return Characteristics(
        attribute.type,
        attribute.multi_valued,
        attribute.required,
        attribute.case_exact,
        attribute.mutability,
        attribute.returned,
        attribute.uniqueness,
        tuple(attribute.canonical_values),
    )
