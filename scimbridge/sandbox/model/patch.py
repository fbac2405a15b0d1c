"""Change the settable attributes of a user: JSON merge, and RFC 7644 §3.5.2 operations on native names.

Knows attributes and values (docs/pingone.md §2.5). Nothing here is stored: the caller gets a new record or an
error, so a request is atomic.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import regex

from scimbridge.sandbox.http.errors import FilterError, invalid_data, invalid_request, invalid_value
from scimbridge.sandbox.lists import filters, matching
from scimbridge.sandbox.model.attributes import FACETS, OBJECTS, READ_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimbridge.sandbox.model.schema import UserSchema
    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.trouble.switches import Switches

_PATH: Final = regex.compile(r"([A-Za-z_][\w-]*)(?:\[(.*)\])?(?:\.([A-Za-z_][\w-]*))?")
_VERBS: Final = ("add", "replace", "remove")


def merge(record: Json, changes: Json, schema: UserSchema, switches: Switches) -> Json:
    """Return the record with cleaned changes in it: None clears, lists are replaced as a whole."""
    result = dict(record)
    for name, value in changes.items():
        merged = value
        attribute = schema.settable[name]
        mergeable = name in OBJECTS or (attribute.type == "JSON" and not attribute.multi_valued)
        if isinstance(value, dict) and mergeable:
            old = record.get(name) if switches.nested_merge == "members" else None
            merged = _merge_members(old if isinstance(old, dict) else {}, value)
        if merged is None or (merged == {} and name in OBJECTS):
            result.pop(name, None)
        else:
            result[name] = merged
    return result


def _merge_members(old: Json, changes: Json) -> Json:
    """Merge as RFC 7396 does: the documents are silent about depth, so members of members merge too."""
    result = dict(old)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            held = result.get(name)
            result[name] = _merge_members(held if isinstance(held, dict) else {}, value)
        else:
            result[name] = value
    return result


@dataclass(frozen=True, slots=True)
class _OperationTarget:
    """Where an operation points: attribute, the test of a value filter, member."""

    path: str
    name: str
    test: Callable[[Any], bool] | None
    member: str | None


def operate(record: Json, body: Json, schema: UserSchema) -> Json:
    """Return the settable attributes that the operations touched, with their new values (None: gone).

    Attributes that are unknown or disabled are ignored in silence, read-only ones and those with a call of
    their own are refused. The values still have to be cleaned. Raises ApiError 400.
    """
    operations = body.get("Operations")
    if not isinstance(operations, list) or not operations:
        raise invalid_request("REQUIRED_VALUE", "Operations", "must be a list of operations")
    touched: Json = {}
    for operation in operations:
        if not isinstance(operation, dict) or operation.get("op") not in _VERBS:
            raise invalid_value("op", "must be add, replace or remove", allowedValues=list(_VERBS))
        for verb, target, value in _expand(operation):
            attribute = schema.settable.get(target.name)
            if attribute is None or not attribute.enabled:
                continue
            if target.name not in touched:
                touched[target.name] = copy.deepcopy(record.get(target.name))
            listed = attribute.multi_valued
            touched[target.name] = _apply(verb, target, touched[target.name], value, listed=listed)
    return touched


def _expand(operation: Json) -> list[tuple[str, _OperationTarget, Any]]:
    """Return the single steps: an operation without a path is one step for each member of its value."""
    verb, path = operation["op"], operation.get("path")
    if verb != "remove" and "value" not in operation:
        raise invalid_data("REQUIRED_VALUE", "value", f"{verb} needs a value")
    value = operation.get("value")
    if path is not None:
        return [(verb, _parse_target(path), value)]
    if verb == "remove":
        raise invalid_data("REQUIRED_VALUE", "path", "remove needs a path")
    if not isinstance(value, dict):
        raise invalid_value("value", "must be an object when there is no path")
    return [(verb, _guarded(_OperationTarget(name, name, None, None)), part) for name, part in value.items()]


def _parse_target(path: Any) -> _OperationTarget:
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    if match is None:
        raise invalid_value("path", f"{path!r} is not a path")
    name, inner, member = match.groups()
    test = None
    if inner is not None:
        try:
            test = matching.compile_element(filters.parse(inner))
        except FilterError as error:
            raise error.to_api_error("INVALID_DATA", "path") from error
    return _guarded(_OperationTarget(path, name, test, member))


def _guarded(target: _OperationTarget) -> _OperationTarget:
    if target.name in FACETS or target.name in READ_ONLY:
        raise invalid_value(target.name, "is read-only here")
    return target


def _apply(verb: str, target: _OperationTarget, held: Any, value: Any, *, listed: bool) -> Any:
    if listed:
        return _apply_listed(verb, target, held or [], value)
    if target.test is not None:
        raise invalid_value(target.path, "a value filter needs a multi-valued attribute")
    if target.member is not None:
        return _apply_member(verb, target, held, value)
    if verb == "remove" or value is None:
        return None
    if target.name in OBJECTS and isinstance(value, dict):
        # RFC 7644 §3.5.2.3: the members of a complex attribute that are not named stay.
        return {**(held or {}), **value}
    return value


def _apply_member(verb: str, target: _OperationTarget, held: Any, value: Any) -> Any:
    if held is not None and not isinstance(held, dict):
        raise invalid_value(target.path, "has no members")
    result = dict(held or {})
    if verb == "remove" or value is None:
        result.pop(target.member, None)
    else:
        result[target.member] = value
    return result or None


def _apply_listed(verb: str, target: _OperationTarget, held: list[Any], value: Any) -> Any:
    if target.test is not None:
        return _apply_elements(verb, target, held, value)
    if target.member is not None:
        raise invalid_value(target.path, "a member of a multi-valued attribute needs a value filter")
    if verb == "remove" or value is None:
        return None
    if not isinstance(value, list):
        raise invalid_value(target.name, "must be an array")
    if verb == "replace":
        return value
    return held + [element for element in value if element not in held]


def _apply_elements(verb: str, target: _OperationTarget, held: list[Any], value: Any) -> Any:
    test = target.test
    chosen = [test is not None and test(element) for element in held]
    if not any(chosen):
        raise invalid_value(target.path, "the path matches no value")
    if verb == "remove" and target.member is None:
        return [element for element, hit in zip(held, chosen, strict=True) if not hit] or None
    if target.member is not None:
        return [
            (_apply_member(verb, target, element, value) or {}) if hit else element
            for element, hit in zip(held, chosen, strict=True)
        ]
    return [value if hit else element for element, hit in zip(held, chosen, strict=True)]
