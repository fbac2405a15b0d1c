"""What PATCH operations do to a resource in memory (RFC 7644 §3.5.2).

Used where the operations cannot be handed to PingOne as they are: the resource is read, patched here, and the
difference is written. Pure: the input is left untouched, and a refusal leaves nothing half done.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.dialects import read_boolean_words
from scimbridge.scim.errors import Mutability, NoTarget
from scimbridge.scim.filtering.matching import compile_element_filter
from scimbridge.scim.filtering.trees import Compare, conjuncts
from scimbridge.scim.patching.operations import PathChange
from scimbridge.scim.reading import has_no_value, is_empty, is_same
from scimbridge.sides import Resource

Element = dict[str, Any]


def apply_operations(resource: Resource, operations: Iterable[PathChange], *, strict: bool) -> Resource:
    """Return the resource as it is after all operations, in order.

    Raises `NoTarget` where a strict client replaces through a value filter that selects nothing, `Mutability` where an
    immutable value would change.
    """
    after = copy.deepcopy(resource)
    for operation in operations:
        _apply(after, operation, strict=strict)
    return after


def _apply(resource: dict[str, Any], operation: PathChange, *, strict: bool) -> None:
    found = operation.found
    place = resource.setdefault(found.urn, {}) if found.in_extension else resource
    attribute = found.attribute
    before = place.get(attribute.name)
    if attribute.multi_valued:
        after: Any = _patch_list(before or [], operation, strict=strict)
    elif found.sub is not None or (attribute.type == "complex" and attribute.sub):
        after = _patch_complex(before or {}, operation)
    elif operation.op == "add" and isinstance(before, dict) and isinstance(operation.value, dict):
        after = {**before, **operation.value}  # an open object: what is added stands beside what is there
    else:
        after = operation.value
    if attribute.mutability == "immutable" and not is_empty(before) and not is_same(after, before):
        msg = f"{operation.name} cannot be changed once it is set"
        raise Mutability(msg)
    if has_no_value(attribute, after):
        place.pop(attribute.name, None)
    else:
        place[attribute.name] = after
    if found.in_extension and not place:
        del resource[found.urn]


def _patch_complex(before: Element, operation: PathChange) -> Element:
    sub = operation.found.sub
    if sub is not None:
        return _set(before, sub, operation.value)
    attribute = operation.found.attribute
    if operation.op == "remove":
        _keep_immutable(before, dict.fromkeys(before), attribute)
        return {}
    _keep_immutable(before, operation.value, attribute)
    return {**before, **operation.value}


def _keep_immutable(before: Element, value: Element, attribute: Attribute) -> None:
    for sub in attribute.sub:
        held = before.get(sub.name)
        if sub.mutability == "immutable" and held is not None and not is_same(value.get(sub.name, held), held):
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


def _patch_list(before: list[Any], operation: PathChange, *, strict: bool) -> list[Any]:
    if operation.op == "remove":
        return list(_remove(before, operation))
    if operation.where is None and operation.found.sub is None:
        new = operation.value if isinstance(operation.value, list) else [operation.value]
        return list(new) if operation.op == "replace" else _add(before, new)
    return _change_elements(before, operation, strict=strict)


def _remove(before: list[Any], operation: PathChange) -> Iterator[Any]:
    selects = selector(operation)
    listed = None if operation.value is None else _Listed(operation.value)
    for element in before:
        if listed is not None:
            if element not in listed:
                yield element
        elif not selects(element):
            yield element
        elif operation.found.sub is not None:
            rest = _set(element, operation.found.sub, None)
            if set(rest) - {"type", "primary"}:
                yield rest


def _add(before: list[Any], new: list[Any]) -> list[Any]:
    after, primary = list(before), None
    known = _Elements(before)
    for element in new:
        if element in known:
            continue
        known.add(element)
        if isinstance(element, dict) and element.get("primary") is True:
            primary = len(after)
        after.append(element)
    if primary is None:
        return after
    return [held if place == primary else _not_primary(held) for place, held in enumerate(after)]


def _change_elements(before: list[Any], operation: PathChange, *, strict: bool) -> list[Any]:
    selects = selector(operation)
    hits = [place for place, element in enumerate(before) if selects(element)]
    after = list(before)
    if not hits:
        if strict and operation.op == "replace" and operation.where is not None:
            msg = f"{operation.name}: the filter selects nothing"
            raise NoTarget(msg)
        after.append(dict(_equalities(operation)))  # Entra: the value is made, with the filter's own type
        hits = [len(before)]
    for place in hits:
        after[place] = _changed(after[place], operation)
    primary = next((place for place in hits if after[place].get("primary") is True), None)
    if primary is None:
        return after
    return [held if place == primary else _not_primary(held) for place, held in enumerate(after)]


def _changed(element: Element, operation: PathChange) -> Element:
    if operation.found.sub is not None:
        return _set(element, operation.found.sub, operation.value)
    _keep_immutable(element, operation.value, operation.found.attribute)
    if operation.op == "replace":  # RFC 7644 §3.5.2.3: the record, and not only what the new one names
        return {**dict(_equalities(operation)), **operation.value}
    return {**element, **operation.value}


def _not_primary(element: Any) -> Any:
    return (
        {name: value for name, value in element.items() if name != "primary"} if isinstance(element, dict) else element
    )


def _equalities(operation: PathChange) -> Iterator[tuple[str, Any]]:
    """Yield the members that an element has to have for the operation's filter to select it."""
    for part in () if operation.where is None else conjuncts(operation.where):
        if isinstance(part, Compare) and part.op == "eq" and part.value is not None:
            sub = operation.found.attribute.find_sub(part.path.attr)
            if sub is not None:
                yield sub.name, read_boolean_words(part.value) if sub.type == "boolean" else part.value


class _Elements:
    """Elements of a list, found by what makes two the same: id or value and type, whatever else is written beside.

    They are looked up and not compared one by one: a body may have a hundred thousand.
    """

    def __init__(self, elements: Iterable[Any] = ()) -> None:
        self._kinds: dict[str, set[str | None]] = {}
        for element in elements:
            self.add(element)

    def add(self, element: Any) -> None:
        key, kind = self._identify(element)
        self._kinds.setdefault(key, set()).add(kind)

    def __contains__(self, element: Any) -> bool:
        key, kind = self._identify(element)
        kinds = self._kinds.get(key, set())
        return bool(kinds) and (kind is None or kind in kinds or None in kinds)  # one type, or one without

    def _identify(self, element: Any) -> tuple[str, str | None]:
        if not isinstance(element, dict) or "value" not in element:
            return _text(element), ""
        kind = element.get("type")
        return f"value:{_text(element['value'])}", None if kind is None else str(kind).casefold()


class _Listed(_Elements):
    """The elements that a removal lists: the same value, or, without one, all members that are named."""

    def __init__(self, elements: Iterable[Any]) -> None:
        self._parts: dict[tuple[str, ...], set[str]] = {}
        super().__init__(elements)

    def add(self, element: Any) -> None:
        if isinstance(element, dict) and "value" not in element:
            names = tuple(sorted(element))
            self._parts.setdefault(names, set()).add(_text([element[name] for name in names]))
        else:
            super().add(element)

    def __contains__(self, element: Any) -> bool:
        if super().__contains__(element):
            return True
        return isinstance(element, dict) and any(
            _text([element.get(name) for name in names]) in texts for names, texts in self._parts.items()
        )


def _text(value: Any) -> str:
    """Return JSON that is one text for values that are the same (see `is_same`); numbers may be of any length."""
    return json.dumps(value, sort_keys=True)


def selector(operation: PathChange) -> Callable[[Any], bool]:
    """Compile which elements of a list an operation means; all of them where it has no filter.

    Raises `InvalidFilter` for a filter that does not fit the attribute.
    """
    if operation.where is None:
        return lambda _element: True
    return compile_element_filter(operation.where, operation.found.attribute)
