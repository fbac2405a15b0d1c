"""The types of inputs and of members of answers: as a check, in words, in a schema and as an example.

No sentence here ever holds a value: it may be a secret. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scimbridge.mapping.moments import read_time
from scimbridge.operations.rows import Input

FIRST_YEAR, LAST_YEAR = 1970, 9999
DIGITS = 18
"""Of a whole number in an address."""
KEY, MOMENT = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", "2030-01-01T00:00:00Z"
_ZONED = re.compile(r".{1,64}(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})")


@dataclass(frozen=True, slots=True)
class ValueType:
    """One type: what a value is, and what each element, where it is a list; what would be right, in words.

    `schema` is JSON Schema, without the bounds of an input.
    """

    whole: type
    one: type
    words: str
    schema: Mapping[str, Any]
    example: Any


VALUE_TYPES: Mapping[str, ValueType] = {
    "string": ValueType(str, str, "a text of {texts}", {"type": "string"}, KEY),
    "strings": ValueType(
        list, str, "a list of {items}, each of {texts}", {"type": "array", "items": {"type": "string"}}, [KEY]
    ),
    "boolean": ValueType(bool, bool, "true or false", {"type": "boolean"}, example=True),
    "integer": ValueType(int, int, "a whole number{numbers}", {"type": "integer"}, 0),
    "dateTime": ValueType(
        str, str, f"a dateTime with its zone{{moments}}, such as {MOMENT}",
        {"type": "string", "format": "date-time"}, MOMENT,
    ),
    "object": ValueType(dict, dict, "an object", {"type": "object"}, {}),
    "objects": ValueType(list, dict, "a list of objects", {"type": "array", "items": {"type": "object"}}, []),
}  # fmt: skip


def is_fitting(each: Input, value: Any) -> bool:
    """Whether a value is of an input's type, and within its bounds."""
    kind = VALUE_TYPES[each.type]
    ones: list[Any] = value if kind.whole is list and isinstance(value, list) else [value]
    if type(value) is not kind.whole or any(type(one) is not kind.one for one in ones):  # a boolean is a number too
        return False
    if kind.whole is list and not _is_within(len(ones), each.min_items, each.max_items):
        return False
    if each.type == "dateTime":
        return read_moment(value) is not None
    if kind.one is str:
        least = 1 if kind.whole is list else each.min_length
        return all(_is_within(len(one), least, each.max_length) and "\0" not in one for one in ones)
    return kind.one is not int or all(_is_within(one, each.minimum, each.maximum) for one in ones)


def wanted(each: Input) -> str:
    """Return in words what would be right."""
    is_list, has_range = each.type == "strings", None not in (each.minimum, each.maximum)
    return VALUE_TYPES[each.type].words.format(
        texts=_between(1 if is_list else each.min_length, each.max_length, "characters"),
        items=_between(each.min_items, each.max_items, "texts"),
        numbers=f", {each.minimum} to {each.maximum}" if has_range else "",
        moments=" that is still to come" if each.after_now else "",
    )


def parse_text(each: Input, text: str) -> Any:
    """Return what a text of an address means; what cannot be read stays a text."""
    if each.type == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if each.type == "integer":
        return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else text
    return text.split(",") if each.type == "strings" else text


def read_moment(value: Any) -> datetime | None:
    """Return the moment that a value is, with its zone, or None."""
    moment = read_time(value) if isinstance(value, str) and _ZONED.fullmatch(value) else None
    return moment if moment and FIRST_YEAR <= moment.year < LAST_YEAR else None


def _is_within(number: int, least: int | None, most: int | None) -> bool:
    return (least is None or least <= number) and (most is None or number <= most)


def _between(least: int | None, most: int | None, what: str) -> str:
    if least and most:
        return f"{least} to {most} {what}"
    return f"at most {most} {what}" if most else f"at least {least or 1} {what}"
