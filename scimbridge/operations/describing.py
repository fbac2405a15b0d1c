"""An operation in words: what `.operations` tells a client, and what pages and commands print of it. Pure."""

from __future__ import annotations

import json
from typing import Any

from scimbridge.operations.offering import Offer
from scimbridge.operations.rows import KIND_OF, MATCH, Input, Operation

Json = dict[str, Any]
_ENDPOINTS = {name: f"/{kind.collection[0].upper()}{kind.collection[1:]}" for name, kind in KIND_OF.items()}


def path_of(operation: Operation, endpoint: str | None = None) -> str:
    """Return the path below the SCIM base URL, with {id} and the name of the part in braces."""
    base = "" if operation.is_service else endpoint or _ENDPOINTS[operation.resource]
    own = "" if operation.is_service or operation.on_all else "/{id}"
    part = "" if operation.item is None or operation.listed else f"/{{{operation.item.name}}}"
    return f"{base}{own}/.{operation.name}{part}"


def describe_offer(offer: Offer, endpoint: str | None = None) -> Json:
    """Return what a client has to know to call an operation; what it may not do and defaults are left out."""
    operation = offer.operation
    told: Json = {
        "name": operation.name,
        "resourceType": operation.resource,
        "description": operation.does,
        "method": "POST" if operation.is_posted else "GET",
        "path": path_of(operation, endpoint),
        "scope": operation.scope,
        "inputs": [describe_input(each) for each in operation.inputs],
    }
    if offer.deletes and operation.write:
        told["deleteScope"] = operation.write
    if operation.item is not None:
        told["item"] = operation.item.name
    if operation.limit is not None:
        told["limit"] = operation.limit.text
    if offer.matches:
        told[MATCH] = True
    return told


def describe_input(each: Input) -> Json:
    """Return what a client has to know of an input."""
    words = (
        ("secret", each.secret), ("minLength", each.min_length), ("maxLength", each.max_length),
        ("minItems", each.min_items), ("maxItems", each.max_items), ("minimum", each.minimum),
        ("maximum", each.maximum), ("canonicalValues", list(each.values)), ("default", each.default),
        ("header", each.header), ("example", each.example),
    )  # fmt: skip
    told: Json = {"name": each.name, "type": each.type, "required": each.required}
    return told | {word: value for word, value in words if value not in (None, False, 0, "", [])}


def words_of(each: Input) -> list[str]:
    """Return what a reader has to know of an input, a word or two each."""
    words = [each.type, *(["required"] if each.required else []), *(["secret"] if each.secret else [])]
    words += [f"one of {', '.join(each.values)}"] if each.values else []
    return words + ([] if each.default is None else [f"default {json.dumps(each.default)}"])
