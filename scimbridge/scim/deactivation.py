"""Whether a request takes a person's access away, seen before anybody reads it: such a request must not wait.

Pure, and only a hint: it decides who goes first, never what is done. So it needs neither tables nor the client's
manner, and a request that it takes for something else is carried out all the same, in its turn.

Whoever asks has not looked at credentials yet and serves everybody meanwhile, so what is looked at is bounded: its time
grows with the bytes and no faster, and no body makes it raise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from scimbridge.scim.dialects import read_boolean_words, read_json_text, unwrap_scalar, wrap_operations
from scimbridge.scim.errors import InvalidSyntax
from scimbridge.scim.json_text import read_json

LARGEST = 16 * 1024
"""Bytes of a body that is looked at: a change of one person is smaller."""
MOST_OPERATIONS = 10
"""Operations of a bulk request that goes before others, where each of them takes access away."""
MOST_OF_PATCH = 100
"""Operations of a PATCH among which one that takes access away is looked for."""
_LONGEST_FALSE = 64
"""Characters of a text that may say false: `false`, `[false]`, `{"value": "False"}`, and blanks."""
_ACTIVE = "active"


def takes_access_away(method: str, path: str, body: bytes) -> bool:
    """Whether this is a deletion, a change that sets `active` to false, or a small bulk of nothing else.

    In every spelling that clients are known for: with a path or without, `"False"`, `[false]`, the schema's URN before
    the name, any case.
    """
    if method == "DELETE":
        return True
    if method not in ("PUT", "PATCH", "POST") or len(body) > LARGEST or not _may_take(body):
        return False
    is_bulk = path.rstrip("/").lower().endswith("/bulk")
    if method == "POST" and not is_bulk:
        return False
    try:
        read = read_json(body)
    except InvalidSyntax:
        return False
    if not is_bulk:
        return _deactivates(read)
    operations = _member(read, "operations")
    return (
        isinstance(operations, list)
        and 0 < len(operations) <= MOST_OPERATIONS
        and all(isinstance(each, dict) and _takes(each) for each in operations)
    )


def _may_take(body: bytes) -> bool:
    """Whether the words are there at all, which costs next to nothing."""
    lower = body.lower()
    return (b"active" in lower and b"false" in lower) or b'"delete"' in lower


def _takes(operation: Mapping[str, Any]) -> bool:
    """Whether one operation of a bulk takes access away."""
    method = str(_member(operation, "method")).upper()
    data = wrap_operations(read_json_text(_member(operation, "data")))
    return method == "DELETE" or (method in ("PUT", "PATCH") and isinstance(data, dict) and _deactivates(data))


def _deactivates(body: Mapping[str, Any]) -> bool:
    """Whether a whole resource, or the operations of a PATCH, set `active` to false."""
    operations = _member(body, "operations")
    if isinstance(operations, dict):
        operations = [operations]
    if not isinstance(operations, list):
        return _is_inactive(body)
    return any(_is_deactivation(each) for each in operations[:MOST_OF_PATCH] if isinstance(each, dict))


def _is_deactivation(operation: Mapping[str, Any]) -> bool:
    if str(_member(operation, "op")).strip().lower() not in ("add", "replace"):
        return False
    path, value = _member(operation, "path"), _member(operation, "value")
    if isinstance(path, str) and path.strip():
        if _is_active(path):
            return _is_false(value)
        return path.strip().lower().startswith("urn:") and _is_inactive(value)
    return _is_inactive(value)


def _is_inactive(value: object) -> bool:
    """Whether an object has an `active` that is false, in itself or under a schema's URN."""
    inner = read_json_text(unwrap_scalar(value))
    if not isinstance(inner, dict):
        return False
    return any(
        (_is_active(name) and _is_false(held)) or (name.lower().startswith("urn:") and _is_inactive(held))
        for name, held in inner.items()
    )


def _is_active(name: str) -> bool:
    return name.strip().lower().rpartition(":")[2] == _ACTIVE


def _is_false(value: object) -> bool:
    inner = unwrap_scalar(value)
    if isinstance(inner, str) and len(inner) <= _LONGEST_FALSE:
        try:
            inner = json.loads(inner.strip().lower())
        except ValueError:
            return False
        inner = unwrap_scalar(inner)
    return read_boolean_words(inner) is False


def _member(body: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in body.items() if key.lower() == name), None)
