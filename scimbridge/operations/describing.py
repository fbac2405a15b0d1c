"""An operation in words: what `.operations` tells a client, and what pages and commands print of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.operations.offering import Offer
from scimbridge.operations.rows import KIND_OF, MATCH, Input
from scimbridge.operations.words import said_of

Json = dict[str, Any]
_UNTOLD = ("to", "type", "required", "now")
"""Words of an input that say nothing to a client, or are always told."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask for an operation. `path` stands below the SCIM base URL, with {id} and the part's name in braces.

    `is_part`: it is about one part of a list. `by_match`: whom it is about is found by an attribute.
    """

    method: str
    path: str
    is_part: bool = False
    by_match: bool = False


def ways_of(offer: Offer, endpoint: str | None = None) -> Iterator[Way]:
    """Yield the ways to ask: by id, of one part, and without an id. `endpoint` is the path of the resource type."""
    operation, item, base = offer.operation, offer.operation.item, ""
    if not operation.is_service:
        collection = KIND_OF[operation.resource].collection
        base = endpoint or f"/{collection[0].upper()}{collection[1:]}"
    path = f"{base}{'/{id}' if operation.on_one else ''}/.{operation.name}"
    part = path if item is None else f"{path}/{{{item.name}}}"
    ways = [Way("POST" if operation.is_posted else "GET", path if operation.listed else part)]
    if item is not None and operation.listed:
        ways += [Way("GET", part, is_part=True)] if item.get else []
        ways += [Way("DELETE", part, is_part=True)] if offer.deletes and item.delete else []
    yield from ways
    for way in ways if offer.matches and operation.on_one else ():
        if way.method != "DELETE":
            yield Way("POST", way.path.replace("/{id}", "", 1), way.is_part, by_match=True)


def describe_offer(offer: Offer, endpoint: str | None = None) -> Json:
    """Return what a client has to know to call an operation; what it may not do and defaults are left out."""
    operation = offer.operation
    way = next(ways_of(offer, endpoint))
    more = {
        "deleteScope": operation.write if offer.deletes else "",
        "item": operation.item and operation.item.name,
        "limit": operation.limit and operation.limit.text,
        MATCH: offer.matches,
    }
    return {
        "name": operation.name,
        "resourceType": operation.resource,
        "description": operation.does,
        "method": way.method,
        "path": way.path,
        "scope": operation.scope,
        "inputs": [describe_input(each) for each in operation.inputs],
    } | {name: value for name, value in more.items() if value}


def describe_input(each: Input) -> Json:
    """Return what a client has to know of an input."""
    said = {word: value for word, value in said_of(each).items() if word not in _UNTOLD}
    if "values" in said:
        said["canonicalValues"] = list(said.pop("values"))
    return {"name": each.name, "type": each.type, "required": each.required, **said}


def words_of(each: Input) -> list[str]:
    """Return what a reader has to know of an input, a word or two each."""
    words = [each.type, *(["required"] if each.required else []), *(["secret"] if each.secret else [])]
    words += [f"one of {', '.join(each.values)}"] if each.values else []
    return words + ([] if each.default is None else [f"default {json.dumps(each.default)}"])
