"""Which elements of a list hold a value, and which of those that hold none may be left out.

The one place for all lists: a malformed one is refused and changes nothing. An element that holds no value could mean
that there is none or that the client lost it, and whoever takes the first for the second empties a group. Pure; knows
no resource. What an element's members are is read in `reading`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from scimbridge.scim.characteristics import Attribute

_MARKS = ("type", "primary", "display")  # what is said of a value and is none (RFC 7643 §2.4)


class Lack(Enum):
    """Why an element holds no value."""

    NOTHING = auto()  # null, "" or {}, or an object whose value is null
    EMPTIED = auto()  # an object whose value is the empty text
    TYPED = auto()  # an object that names a type alone
    UNSAID = auto()  # anything else: {"display": "x"}, a blank


def lack_of(attribute: Attribute, item: Any, read: Any) -> Lack | None:
    """Return why an element, sent as `item` and read as `read`, holds no value; None where it holds one."""
    if item is None or item in ("", {}):
        return Lack.NOTHING
    if not isinstance(read, dict):
        return None if _is_value(read) else Lack.UNSAID
    value = attribute.find_sub("value")
    if value is not None and value.stored and _is_value(read.get("value")):
        return None  # nearly every element, and a group may have very many
    names = contents(attribute)
    if any(_is_value(read.get(name)) for name in names):
        return None
    known = {name.casefold() for name in names}
    given = [value for name, value in item.items() if name.casefold() in known] if isinstance(item, dict) else []
    if "" in given:
        return Lack.UNSAID if any(isinstance(value, str) and value.isspace() for value in given) else Lack.EMPTIED
    if given:
        return Lack.NOTHING if all(value in (None, [], {}) for value in given) else Lack.UNSAID
    return Lack.TYPED if _is_value(read.get("type")) else Lack.UNSAID


def contents(attribute: Attribute) -> tuple[str, ...]:
    """Return the sub-attributes that make an element a value: `value` where it is kept, else all but its marks."""
    value = attribute.find_sub("value")
    if value is not None and value.stored:
        return (value.name,)
    return tuple(part.name for part in attribute.sub if part.name not in _MARKS)


def stand_in(attribute: Attribute) -> str | None:
    """Return the sub-attribute that a bare text stands for without doubt: `value`, or the only one to be written."""
    names = [part.name for part in attribute.sub if part.mutability != "readOnly" and part.name not in _MARKS]
    if "value" in names:
        return "value"
    return names[0] if len(names) == 1 else None


def spared(attribute: Attribute, *, strict: bool, making: bool) -> frozenset[Lack]:
    """Return which elements without a value are left out and not refused.

    Some clients mean by the empty text that there is no value of that type, and fill what is new with nulls, where
    there is nothing to be lost. Neither goes for references to other resources, and for strict clients.
    """
    if strict or names_resources(attribute):
        return frozenset()
    return frozenset({Lack.NOTHING, Lack.EMPTIED} if making else {Lack.EMPTIED})


def spared_in_removal(attribute: Attribute) -> frozenset[Lack]:
    """Return what may be listed as going without a value: all elements of a type, though no references to resources."""
    return frozenset() if names_resources(attribute) else frozenset({Lack.TYPED})


def names_resources(attribute: Attribute) -> bool:
    """Whether the elements of a list are references to other resources, as the members of a group are."""
    reference = attribute.find_sub("$ref")
    return attribute.multi_valued and reference is not None and reference.type == "reference"


def _is_value(value: Any) -> bool:
    return not (value is None or value in ("", [], {}) or (isinstance(value, str) and value.isspace()))
