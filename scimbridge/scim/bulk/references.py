"""References between the operations of a bulk request (RFC 7644 §3.7.1, §3.7.2).

Pure: finds `bulkId:x` in paths and data, puts ids in their place, and takes out what cannot be known yet. Who carries
the operations out is not known here; in which sequence they go, see `bulk_sequence`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

PREFIX = "bulkId:"

# In the brackets of a PATCH path: a string in quotes, or a value that some clients write without them.
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|(?<![^\s(])' + PREFIX + r'[^\s"()\[\]]+')


def references(value: Any) -> Iterator[str]:
    """Yield every bulkId that a path or a body refers to."""
    if isinstance(value, str):
        if PREFIX in value:
            yield from (part.removeprefix(PREFIX) for part in value.split("/") if part.startswith(PREFIX))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _references_in_brackets(name)
            if _is_patch_path(name, inner):
                yield from _references_in_brackets(inner)
            else:
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
        return {
            _resolve_in_brackets(name, ids): _resolve_in_brackets(inner, ids)
            if _is_patch_path(name, inner)
            else resolve(inner, ids)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [resolve(inner, ids) for inner in value]
    return value


def _resolved(part: str, ids: Mapping[str, str]) -> str:
    return ids.get(part.removeprefix(PREFIX), part) if part.startswith(PREFIX) else part


def _is_patch_path(name: str, value: Any) -> bool:
    """Whether a member is a PATCH path with a filter: `members[value eq "bulkId:x"]`; without a path it is a key."""
    return isinstance(value, str) and "[" in value and name.casefold() == "path"


def _may_refer(path: str) -> bool:
    return "[" in path and (PREFIX in path or "\\" in path)


def _references_in_brackets(path: str) -> Iterator[str]:
    if _may_refer(path):
        for match in _VALUE.finditer(path):
            yield from references(_text_of(match))


def _resolve_in_brackets(path: str, ids: Mapping[str, str]) -> str:
    return _VALUE.sub(partial(_resolved_value, ids), path) if _may_refer(path) else path


def _resolved_value(ids: Mapping[str, str], match: re.Match[str]) -> str:
    text = _text_of(match)
    resolved: str = resolve(text, ids)
    return match[0] if resolved == text else json.dumps(resolved)


def _text_of(match: re.Match[str]) -> str:
    """Return the text that a value in brackets stands for; what is no JSON string is left as it is written."""
    if match[1] is None or "\\" not in match[1]:
        return match[0] if match[1] is None else match[1]
    try:
        return str(json.loads(match[0]))
    except ValueError:
        return match[1]


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
