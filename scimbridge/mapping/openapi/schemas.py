"""JSON Schemas of resources for the OpenAPI description: what answers hold, and what requests may say.

Made from the tables. The two differ: an answer may leave out all that is not always returned, and holds nothing that
the schema does not name; a request has what is required, and nothing that is read-only. Values are described as
RFC 7643 has them; what the bridge takes beyond that from known clients is not. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.shapes import OneOfList, TypedList
from scimbridge.mapping.tables.table import Table
from scimbridge.scim.catalogue import Attribute, Schema

Json = dict[str, Any]

_TYPES: Mapping[str, Json] = {
    "string": {"type": "string"},
    "reference": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number"},
    "dateTime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
}
_JOINED = "semicolons"  # the codec whose values may have to be given as an array


def describe_answer(table: Table) -> Json:
    """Return the schema of a resource in answers. Only what is always returned is sure to be there."""
    kind = table.published
    found = _object_of(
        {
            "schemas": {"type": "array", "items": {"enum": list(kind.urns)}, "uniqueItems": True},
            **_properties((*kind.common, *kind.schema.attributes), _AnswerSchemas(table, kind.schema.urn)),
        }
    )
    for extension in kind.extensions:
        found["properties"][extension.urn] = _extension(extension, _AnswerSchemas(table, extension.urn))
    return found | {"description": kind.description, "required": ["schemas", "id"]}


def describe_request(table: Table) -> Json:
    """Return the schema of a resource that is created or replaced; what it does not name is ignored."""
    kind = table.published
    attributes = (*kind.common, *kind.schema.attributes)
    found: Json = {
        "type": "object",
        "description": kind.description,
        "properties": {
            "schemas": {"type": "array", "items": {"type": "string"}, "examples": [[kind.schema.urn]]},
            **_properties(attributes, _request),
        },
        "required": ["schemas", *(part.name for part in attributes if part.required and part.name != "schemas")],
    }
    for extension in kind.extensions:
        if inner := _properties(extension.attributes, _request):
            found["properties"][extension.urn] = {"type": "object", "properties": inner}
    return found


Describe = Callable[[Attribute, str | None], Json | None]  # (attribute, the one it is a part of) -> schema, if any


class _AnswerSchemas:
    """Describes the attributes of one schema in answers."""

    def __init__(self, table: Table, urn: str) -> None:
        self._joined = {
            (row.attr, row.attribute.name if row.sub else None)
            for row in table.rows
            if row.codec.name == _JOINED and row.urn == urn
        }
        self._selectors = {
            shape.attribute.name: tuple(dict.fromkeys(row.selector for row in shape.rows))
            for (at, _name), shape in table.shapes.items()
            if at == urn and isinstance(shape, OneOfList | TypedList)
        }

    def __call__(self, attribute: Attribute, whole: str | None) -> Json | None:
        if attribute.returned == "never" or (whole is None and attribute.name == "schemas"):
            return None
        found = _describe(attribute, whole, self)
        if attribute.mutability == "readOnly":
            found["readOnly"] = True
        if whole in self._selectors and attribute.name == "type":
            found = {"enum": list(self._selectors[whole])}
        key = (attribute.name, None) if whole is None else (whole, attribute.name)
        if key in self._joined:  # values that cannot be told apart in one string are given as an array
            found["type"] = ["string", "array"]
        if attribute.type == "complex" and attribute.sub:
            (found["items"] if attribute.multi_valued else found)["additionalProperties"] = False
        return found


def _request(attribute: Attribute, whole: str | None) -> Json | None:
    """Describe an attribute as requests may have it."""
    if attribute.mutability == "readOnly" or (whole is None and attribute.name == "schemas"):
        return None
    found = _describe(attribute, whole, _request)
    return found | {"writeOnly": True} if attribute.mutability == "writeOnly" else found


def _describe(attribute: Attribute, whole: str | None, describe: Describe) -> Json:
    if attribute.is_open:
        found: Json = {"type": "object", "additionalProperties": True}
    elif attribute.type == "complex":
        found = {"type": "object", "properties": _properties(attribute.sub, describe, attribute.name)}
    else:
        found = dict(_TYPES[attribute.type])
        if attribute.canonical_values and attribute.type == "string":
            found["examples"] = list(attribute.canonical_values)  # they suggest and do not limit (RFC 7643 §7)
    if attribute.multi_valued:
        found = {"type": "array", "items": found}
    text = attribute.description
    return found | {"description": text} if text and whole is None else found


def _properties(attributes: tuple[Attribute, ...], describe: Describe, whole: str | None = None) -> Json:
    named = ((part.name, describe(part, whole)) for part in attributes if part.stored)
    return {name: found for name, found in named if found is not None}


def _object_of(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _extension(schema: Schema, describe: Describe) -> Json:
    return _object_of(_properties(schema.attributes, describe)) | {"description": schema.description}
