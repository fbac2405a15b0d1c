"""An operation in words: what `.operations` tells a client, and what pages and commands print of it. Pure."""

from __future__ import annotations

from typing import Any

from scimbridge.operations.rows import KIND_OF, MATCH, Input, Operation

_ENDPOINTS = {name: f"/{kind.collection[0].upper()}{kind.collection[1:]}" for name, kind in KIND_OF.items()}


def path_of(operation: Operation, endpoint: str | None = None) -> str:
    """Return the path below the SCIM base URL, with {id} and the name of the part in braces."""
    base = "" if operation.is_service else endpoint or _ENDPOINTS[operation.resource]
    own = "" if operation.is_service or operation.on_all else "/{id}"
    part = "" if operation.item is None or operation.listed else f"/{{{operation.item.name}}}"
    return f"{base}{own}/.{operation.name}{part}"


def describe_operation(operation: Operation) -> dict[str, Any]:
    """Return what a client has to know to call an operation; defaults are left out."""
    told: dict[str, Any] = {
        "name": operation.name,
        "resourceType": operation.resource,
        "description": operation.does,
        "method": "POST" if operation.is_posted else "GET",
        "path": path_of(operation),
        "scope": operation.scope,
        "inputs": [describe_input(each) for each in operation.inputs],
    }
    if operation.write:
        told["deleteScope"] = operation.write
    if operation.item is not None:
        told["item"] = operation.item.name
    if operation.limit is not None:
        told["limit"] = operation.limit.text
    if operation.resource == "User" and not operation.on_all:
        told[MATCH] = True
    return told


def describe_input(each: Input) -> dict[str, Any]:
    """Return what a client has to know of an input."""
    words = (
        ("secret", each.secret), ("minLength", each.min_length), ("maxLength", each.max_length),
        ("minItems", each.min_items), ("maxItems", each.max_items), ("minimum", each.minimum),
        ("maximum", each.maximum), ("canonicalValues", list(each.values)), ("default", each.default),
        ("header", each.header),
    )  # fmt: skip
    told: dict[str, Any] = {"name": each.name, "type": each.type, "required": each.required}
    return told | {word: value for word, value in words if value not in (None, False, 0, "", [])}
