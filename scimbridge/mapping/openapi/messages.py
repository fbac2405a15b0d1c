"""JSON Schemas of SCIM's own messages for the OpenAPI description: they are the same whatever the tables say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.scim.catalogue import (
    BULK_RESPONSE_URN,
    BULK_URN,
    ERROR_URN,
    LIST_URN,
    PATCH_URN,
    RESOURCE_TYPE_URN,
    SCHEMA_URN,
    SEARCH_URN,
    SPC_URN,
)
from scimbridge.scim.verbs import CHANGES

Json = dict[str, Any]

SCIM_TYPES = (
    "invalidFilter", "tooMany", "uniqueness", "mutability", "invalidSyntax", "invalidPath", "noTarget", "invalidValue",
    "invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount",
)  # fmt: skip
_TEXT: Json = {"type": "string"}
_FLAG: Json = {"type": "boolean"}
_NAMES: Json = {"type": "array", "items": _TEXT}


def schemas_of(urn: str) -> Json:
    """Return the schema of a message's `schemas` member."""
    return {"type": "array", "items": {"const": urn}, "minItems": 1}


def message(urn: str, required: tuple[str, ...] = (), /, **properties: Json) -> Json:
    """Return the schema of a message with that URN, which always names it."""
    return {
        "type": "object",
        "properties": {"schemas": schemas_of(urn), **properties},
        "required": ["schemas", *required],
    }


def list_of(items: Json) -> Json:
    """Return the schema of a ListResponse (RFC 7644 §3.4.2, RFC 9865 §2)."""
    whole: Json = {"type": "integer", "minimum": 0}
    return message(
        LIST_URN, ("totalResults",),
        totalResults=whole, itemsPerPage=whole, startIndex={"type": "integer", "minimum": 1},
        nextCursor=_TEXT, Resources={"type": "array", "items": items},
    )  # fmt: skip


def bulk_request(most_operations: int) -> Json:
    """Return the schema of a BulkRequest (RFC 7644 §3.7)."""
    operation = {
        "type": "object",
        "properties": {
            "method": {"enum": [verb.method for verb in CHANGES]},
            "path": {"type": "string", "examples": ["/Users", "/Users/bulkId:1"]},
            "bulkId": {"type": "string", "minLength": 1},
            "version": _TEXT,
            "data": {"type": "object"},
        },
        "required": ["method", "path"],
    }
    operations = {"type": "array", "items": operation, "minItems": 1, "maxItems": most_operations}
    return message(
        BULK_URN, ("Operations",), failOnErrors={"type": "integer", "minimum": 1}, Operations=operations
    )  # fmt: skip


_OFFERED = ("name", "resourceType", "description", "method", "path", "scope", "deleteScope", "item", "limit")
MESSAGES: Mapping[str, Json] = {
    "OperationList": {
        "type": "object",
        "properties": {
            "operations": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        **dict.fromkeys(_OFFERED, _TEXT),
                        "inputs": {"type": "array", "items": {"type": "object"}},
                        "match": _FLAG,
                    },
                },
            },
        },
        "required": ["operations"],
    },
    "Error": message(
        ERROR_URN, ("status",), status={"type": "string", "pattern": "^[45][0-9]{2}$"},
        scimType={"enum": list(SCIM_TYPES)}, detail=_TEXT,
    ),
    "PatchOp": message(
        PATCH_URN, ("Operations",),
        Operations={
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"op": {"enum": ["add", "remove", "replace"]}, "path": _TEXT, "value": {}},
                "required": ["op"],
            },
        },
    ),
    "SearchRequest": message(
        SEARCH_URN, attributes=_NAMES, excludedAttributes=_NAMES, filter=_TEXT, startIndex={"type": "integer"},
        count={"type": "integer"}, cursor=_TEXT, sortBy=_TEXT, sortOrder={"enum": ["ascending", "descending"]},
    ),
    "BulkResponse": message(
        BULK_RESPONSE_URN, ("Operations",),
        Operations={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "method": _TEXT, "bulkId": _TEXT, "location": _TEXT, "version": _TEXT,
                    "status": {"type": "string", "pattern": "^[2-5][0-9]{2}$"},
                    "response": {"type": "object"},
                },
                "required": ["method", "status"],
            },
        },
    ),
    "ServiceProviderConfig": message(
        SPC_URN, ("patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes"),
        documentationUri=_TEXT,
        **{name: {"type": "object", "properties": {"supported": _FLAG}, "required": ["supported"]}
           for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag")},
        pagination={"type": "object", "properties": {"cursor": _FLAG, "index": _FLAG}},
        authenticationSchemes={"type": "array", "items": {"type": "object"}},
        meta={"type": "object"},
    ),
    "ResourceType": message(
        RESOURCE_TYPE_URN, ("name", "endpoint", "schema"),
        id=_TEXT, name=_TEXT, description=_TEXT, endpoint=_TEXT, schema=_TEXT,
        schemaExtensions={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"schema": _TEXT, "required": _FLAG},
                "required": ["schema", "required"],
            },
        },
        meta={"type": "object"},
    ),
    "Schema": message(
        SCHEMA_URN, ("id", "attributes"),
        id=_TEXT, name=_TEXT, description=_TEXT, attributes={"type": "array", "items": {"type": "object"}},
        meta={"type": "object"},
    ),
}  # fmt: skip
