"""/Schemas and /ResourceTypes, made from the tables (RFC 7643 §6 and §7).

What is published is what is stored, with every characteristic; nothing is written by hand. Pure.

Three characteristics say more here than the rows do, since clients and checkers act on them:

- What PingOne gives every user and never takes away (`active`, `mfaEnabled`, the population) is `required`: to remove
  it is 400 `mutability` (RFC 7644 §3.5.2.2). A request may leave it out all the same; PingOne then gives the value.
  An extension is required only where a request may not leave one of its attributes out: clients refuse to send a
  resource without a required extension (RFC 7643 §6).
- An object that only points at something of PingOne's by its `id` (population, identityProvider) is PingOne's as a
  whole: immutable where it is always there, else readOnly. What a client may change of it is its `id`, and that has
  own mutability. The same goes for an object of states, such as the account.
- Values that PingOne takes where it refuses random text are canonicalValues, which suggest and do not limit (§7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.scim.catalogue import RESOURCE_TYPE_URN, SCHEMA_URN, Attribute, Schema

Suggest = Callable[[str, str], tuple[str, ...]]  # (resource type, PingOne field) -> values that PingOne takes


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows of one schema add to its attributes, by attribute and sub-attribute name."""

    suggested: Mapping[tuple[str, str | None], tuple[str, ...]]
    lasting: frozenset[tuple[str, str | None]]
    states: frozenset[str]
    withheld: frozenset[tuple[str, str | None]]


def describe_schemas(
    tables: Iterable[Table], suggest: Suggest, base: str, may: Callable[[str], bool] = lambda _scope: True
) -> list[dict[str, Any]]:
    """Return a Schema resource for each schema of the tables, `meta.location` below the SCIM base URL.

    `may` says which rights the client has: a state that it may not set is published as readOnly.
    """
    described: dict[str, dict[str, Any]] = {}
    for table in tables:
        for schema in (table.published.schema, *table.published.extensions):
            withheld = _withheld(table, schema.urn, may)
            known = _Known(
                _suggestions(table, schema.urn, suggest),
                _lasting(table, schema.urn, withheld),
                _states(table, schema.urn),
                withheld,
            )
            described.setdefault(schema.urn, _describe_schema(schema, known, base))
    return list(described.values())


def _suggestions(table: Table, urn: str, suggest: Suggest) -> Mapping[tuple[str, str | None], tuple[str, ...]]:
    return {
        (row.attr, row.sub): values
        for row in table.rows
        if row.urn == urn and row.to and (values := suggest(table.type.name, row.native))
    }


def _withheld(table: Table, urn: str, may: Callable[[str], bool]) -> frozenset[tuple[str, str | None]]:
    rows = [row for row in table.rows if row.urn == urn and row.facet is not None and row.facet.state]
    return frozenset((row.attr, row.sub) for row in rows if row.facet and row.facet.scope and not may(row.facet.scope))


def _lasting(table: Table, urn: str, withheld: frozenset[tuple[str, str | None]]) -> frozenset[tuple[str, str | None]]:
    rows = [row for row in table.rows if row.urn == urn and row.facet is not None and row.facet.lasting]
    rows = [row for row in rows if (row.attr, row.sub) not in withheld]
    return frozenset(key for row in rows for key in ((row.attr, None), (row.attr, row.sub)))


def _states(table: Table, urn: str) -> frozenset[str]:
    return frozenset(row.attr for row in table.rows if row.urn == urn and row.sub and row.facet and row.facet.state)


def _describe_schema(schema: Schema, known: _Known, base: str) -> dict[str, Any]:
    return {
        "schemas": [SCHEMA_URN],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_describe_attribute(part, known, part.name, None) for part in schema.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema.urn}"},
    }


def _describe_attribute(attribute: Attribute, known: _Known, name: str, sub: str | None) -> dict[str, Any]:
    lasting = (name, sub) in known.lasting
    described: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi_valued,
        "description": attribute.description or attribute.name,
        "required": attribute.required or lasting,
        "caseExact": attribute.case_exact,
        "mutability": "readOnly"
        if (name, sub) in known.withheld
        else _mutability(attribute, lasting=lasting, is_state=sub is None and name in known.states),
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    canonical = attribute.canonical_values or known.suggested.get((name, sub), ())
    if canonical:
        described["canonicalValues"] = list(canonical)
    if attribute.reference_types:
        described["referenceTypes"] = list(attribute.reference_types)
    if attribute.type == "complex":
        described["subAttributes"] = [
            _describe_attribute(part, known, name, part.name) for part in attribute.sub if part.stored
        ]
    return described


def _mutability(attribute: Attribute, *, lasting: bool, is_state: bool) -> str:
    if not is_state and (attribute.multi_valued or attribute.find_sub("id") is None):
        return attribute.mutability
    return "immutable" if lasting else "readOnly"


def describe_resource_types(tables: Iterable[Table], base: str) -> list[dict[str, Any]]:
    """Return a ResourceType resource for each table."""
    described = []
    for table in tables:
        kind = table.published
        entry: dict[str, Any] = {
            "schemas": [RESOURCE_TYPE_URN],
            "id": kind.name,
            "name": kind.name,
            "description": kind.description,
            "endpoint": kind.endpoint,
            "schema": kind.schema.urn,
            "schemaExtensions": [
                {"schema": part.urn, "required": any(attribute.required for attribute in part.attributes)}
                for part in kind.extensions
            ],
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
        }
        described.append(entry)
    return described
