"""References between the operations of a bulk request (RFC 7644 §3.7.1, §3.7.2).

Pure: finds `bulkId:x` in paths and data, puts ids in their place, and takes out what cannot be known yet. Who carries
the operations out is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "bulkId:"


def references(value: Any) -> Iterator[str]:
    """Yield every bulkId that a path or a body refers to."""
    if isinstance(value, str):
        for part in value.split("/"):
            if part.startswith(PREFIX):
                yield part.removeprefix(PREFIX)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def resolve(value: Any, ids: Mapping[str, str]) -> Any:
    """Return a path or body with the ids of what was created in place of its references, as far as they are known."""
    if isinstance(value, str):
        if PREFIX not in value:
            return value
        return "/".join(_resolved(part, ids) for part in value.split("/"))
    if isinstance(value, dict):
        return {name: resolve(inner, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, ids) for inner in value]
    return value


def _resolved(part: str, ids: Mapping[str, str]) -> str:
    return ids.get(part.removeprefix(PREFIX), part) if part.startswith(PREFIX) else part


def postpone(body: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Part a body into what can be created now and the list elements that refer to what is not created yet.

    Returns the body without those elements, and (attribute, element) for each of them, to be added afterwards. A
    reference that stands anywhere else stays in the body.
    """
    now: dict[str, Any] = {}
    later: list[tuple[str, Any]] = []
    for name, value in body.items():
        if not isinstance(value, list):
            now[name] = value
            continue
        now[name] = []
        for element in value:
            if any(references(element)):
                later.append((name, element))
            else:
                now[name].append(element)
    return now, later
