"""/Schemas and /ResourceTypes, made from the tables (RFC 7643 §6 and §7).

What is published is what is stored, with every characteristic; nothing is written by hand. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scimbridge.mapping.table import Table
from scimbridge.scim.catalogue import RESOURCE_TYPE_URN, SCHEMA_URN, Attribute, Schema

Suggest = Callable[[str, str], tuple[str, ...]]  # (resource type, PingOne field) -> values that PingOne takes


def describe_schemas(tables: Iterable[Table], suggest: Suggest, base: str) -> list[dict[str, Any]]:
    """Return a Schema resource for each schema of the tables, `meta.location` below the SCIM base URL."""
    described: dict[str, dict[str, Any]] = {}
    for table in tables:
        for schema in (table.published.schema, *table.published.extensions):
            described.setdefault(schema.urn, _describe_schema(schema, _suggestions(table, schema.urn, suggest), base))
    return list(described.values())


def _suggestions(table: Table, urn: str, suggest: Suggest) -> Mapping[tuple[str, str | None], tuple[str, ...]]:
    return {
        (row.attr, row.sub): values
        for row in table.rows
        if row.urn == urn and row.to and (values := suggest(table.type.name, row.native))
    }


def _describe_schema(
    schema: Schema, suggested: Mapping[tuple[str, str | None], tuple[str, ...]], base: str
) -> dict[str, Any]:
    return {
        "schemas": [SCHEMA_URN],
        "id": schema.urn,
        "name": schema.name,
        "description": schema.description,
        "attributes": [_describe_attribute(part, suggested, part.name, None) for part in schema.attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema.urn}"},
    }


def _describe_attribute(
    attribute: Attribute,
    suggested: Mapping[tuple[str, str | None], tuple[str, ...]],
    name: str,
    sub: str | None,
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": attribute.name,
        "type": attribute.type,
        "multiValued": attribute.multi_valued,
        "description": attribute.description or attribute.name,
        "required": attribute.required,
        "caseExact": attribute.case_exact,
        "mutability": attribute.mutability,
        "returned": attribute.returned,
        "uniqueness": attribute.uniqueness,
    }
    canonical = attribute.canonical_values or suggested.get((name, sub), ())
    if canonical:
        described["canonicalValues"] = list(canonical)
    if attribute.reference_types:
        described["referenceTypes"] = list(attribute.reference_types)
    if attribute.type == "complex":
        described["subAttributes"] = [
            _describe_attribute(part, suggested, name, part.name) for part in attribute.sub if part.stored
        ]
    return described


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
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{kind.name}"},
        }
        if kind.extensions:
            entry["schemaExtensions"] = [{"schema": part.urn, "required": False} for part in kind.extensions]
        described.append(entry)
    return described
