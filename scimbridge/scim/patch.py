"""What PATCH operations do to a resource in memory (RFC 7644 §3.5.2).

Used where the operations cannot be handed to PingOne as they are: the resource is read, patched here, and the
difference is written. Pure: the input is left untouched, and a refusal leaves nothing half done.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.errors import Mutability, NoTarget
from scimbridge.scim.filters import And, Compare, Node
from scimbridge.scim.matching import compile_element_filter
from scimbridge.scim.operations import Operation
from scimbridge.scim.reading import is_empty

Element = dict[str, Any]


def apply_operations(resource: dict[str, Any], operations: Iterable[Operation], *, strict: bool) -> dict[str, Any]:
    """Return the resource as it is after all operations, in order.

    Raises `NoTarget` where a strict client replaces through a value filter that selects nothing, `Mutability` where an
    immutable value would change.
    """
    after = copy.deepcopy(resource)
    for operation in operations:
        _apply(after, operation, strict=strict)
    return after


def _apply(resource: dict[str, Any], operation: Operation, *, strict: bool) -> None:
    found = operation.found
    place = resource.setdefault(found.urn, {}) if found.in_extension else resource
    attribute = found.attribute
    before = place.get(attribute.name)
    if attribute.multi_valued:
        after: Any = _patch_list(before or [], operation, strict=strict)
    elif found.sub is not None or (attribute.type == "complex" and attribute.sub):
        after = _patch_complex(before or {}, operation)
    else:
        after = operation.value
    if attribute.mutability == "immutable" and not is_empty(before) and after != before:
        msg = f"{operation.name} cannot be changed once it is set"
        raise Mutability(msg)
    if is_empty(after):
        place.pop(attribute.name, None)
    else:
        place[attribute.name] = after
    if found.in_extension and not place:
        del resource[found.urn]


def _patch_complex(before: Element, operation: Operation) -> Element:
    sub = operation.found.sub
    if sub is not None:
        return _set(before, sub, operation.value)
    if operation.op == "remove":
        return {}
    value: Any = operation.value
    if isinstance(value, str):  # a reference as a bare string is the first sub-attribute
        value = {operation.found.attribute.sub[0].name: value}
    _keep_immutable(before, value, operation.found.attribute)
    return {**before, **value}


def _keep_immutable(before: Element, value: Element, attribute: Attribute) -> None:
    for sub in attribute.sub:
        if sub.mutability == "immutable" and before.get(sub.name) is not None:
            if value.get(sub.name, before[sub.name]) != before[sub.name]:
                msg = f"{attribute.name}.{sub.name} cannot be changed once it is set"
                raise Mutability(msg)


def _set(element: Element, sub: Attribute, value: Any) -> Element:
    if sub.mutability == "immutable" and element.get(sub.name) not in (None, value):
        msg = f"{sub.name} cannot be changed once it is set"
        raise Mutability(msg)
    after = {name: old for name, old in element.items() if name != sub.name}
    if not is_empty(value):
        after[sub.name] = value
    return after


def _patch_list(before: list[Any], operation: Operation, *, strict: bool) -> list[Any]:
    if operation.op == "remove":
        return list(_remove(before, operation))
    if operation.where is None and operation.found.sub is None:
        new = operation.value if isinstance(operation.value, list) else [operation.value]
        return list(new) if operation.op == "replace" else _add(before, new)
    return _change_elements(before, operation, strict=strict)


def _remove(before: list[Any], operation: Operation) -> Iterator[Any]:
    selects = selector(operation)
    listed = operation.value
    for element in before:
        if listed is not None:
            if not any(same_element(element, gone) for gone in listed):
                yield element
        elif not selects(element):
            yield element
        elif operation.found.sub is not None:
            rest = _set(element, operation.found.sub, None)
            if set(rest) - {"type", "primary"}:
                yield rest


def _add(before: list[Any], new: list[Any]) -> list[Any]:
    after = list(before)
    for element in new:
        if any(same_element(element, held) for held in after):
            continue
        if isinstance(element, dict) and element.get("primary") is True:
            after = [_not_primary(held) for held in after]
        after.append(element)
    return after


def _change_elements(before: list[Any], operation: Operation, *, strict: bool) -> list[Any]:
    selects = selector(operation)
    hits = [place for place, element in enumerate(before) if selects(element)]
    after = list(before)
    if not hits:
        if strict and operation.op == "replace" and operation.where is not None:
            msg = f"{operation.name}: the filter selects nothing"
            raise NoTarget(msg)
        after.append(dict(_equalities(operation.where)))  # Entra: the value is made, with the filter's own type
        hits = [len(before)]
    for place in hits:
        after[place] = _changed(after[place], operation)
        if after[place].get("primary") is True:
            after = [held if at in hits else _not_primary(held) for at, held in enumerate(after)]
    return after


def _changed(element: Element, operation: Operation) -> Element:
    if operation.found.sub is not None:
        return _set(element, operation.found.sub, operation.value)
    value = operation.value if isinstance(operation.value, dict) else {"value": operation.value}
    return {**element, **value}


def _not_primary(element: Any) -> Any:
    return (
        {name: value for name, value in element.items() if name != "primary"} if isinstance(element, dict) else element
    )


def _equalities(where: Node | None) -> Iterator[tuple[str, Any]]:
    parts = where.parts if isinstance(where, And) else (where,)
    for part in parts:
        if isinstance(part, Compare) and part.op == "eq":
            yield part.path.attr, part.value


def same_element(one: Any, other: Any) -> bool:
    """Whether two elements of a list are the same value: by id or value and type, whatever else is written beside."""
    if isinstance(one, dict) and isinstance(other, dict) and "value" in one and "value" in other:
        kinds = {str(part["type"]).casefold() for part in (one, other) if part.get("type") is not None}
        return one["value"] == other["value"] and len(kinds) < 2  # noqa: PLR2004  one type, or one without
    return bool(one == other)


def selector(operation: Operation) -> Callable[[Any], bool]:
    """Compile which elements of a list an operation means; all of them where it has no filter.

    Raises `InvalidFilter` for a filter that does not fit the attribute.
    """
    if operation.where is None:
        return lambda _element: True
    return compile_element_filter(operation.where, operation.found.attribute)
