"""JSON read strictly: what one of two readers could take for something else is refused.

Pure: bytes in, one object out. What the object's members mean is not known here (see `messages` and `reading`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn, Self

from scimbridge.scim.errors import InvalidSyntax

DEPTH = 32  # levels of arrays and objects; the deepest SCIM body has about six
DIGITS = 32  # of a number
_SURROGATE = re.compile("[\ud800-\udfff]")


class WrittenNumber(float):
    """A JSON number that Python would write in other digits, such as 1.10: `text` is how it stands in the body."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Make the number that a text is."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def read_json(body: bytes) -> dict[str, Any]:
    """Read a request body as one JSON object.

    Raises `InvalidSyntax` for what is no JSON object, for a member that stands twice in one object (which of the two
    is meant?), for nesting past 32 levels and for numbers that JSON has no exact value for.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = "the body is not UTF-8 text"
        raise InvalidSyntax(msg) from None
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_decimal,
        )
    except json.JSONDecodeError as error:
        msg = f"the body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise InvalidSyntax(msg) from None
    if not isinstance(value, dict):
        msg = "the body has to be one JSON object"
        raise InvalidSyntax(msg)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for name, value in pairs:
        if name in seen:
            msg = f"the member {name[:60]!r} stands twice in one object"
            raise InvalidSyntax(msg)
        seen[name] = value
    if any(_SURROGATE.search(text) for name, value in pairs for text in (name, *_strings(value))):
        msg = "the body holds half of a surrogate pair, which is no character"
        raise InvalidSyntax(msg)
    return seen


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings of a value; objects in it have been read before."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _no_constant(word: str) -> NoReturn:
    msg = f"{word} is no JSON number"
    raise InvalidSyntax(msg)


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        msg = f"a number of more than {DIGITS} digits"
        raise InvalidSyntax(msg)
    return int(text)


def _decimal(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = "a number that is too large"
        raise InvalidSyntax(msg)
    return value if repr(value) == text else WrittenNumber(text)


# Brackets, and strings whole so that brackets in them do not count; a string that is not closed goes to the end.
_BRACKETS = re.compile(r'[\[{]|[\]}]|"(?:[^"\\]|\\.)*"?', re.DOTALL)


def _check_depth(text: str) -> None:
    """Count brackets outside of strings, so that no parser has to recurse into a hostile body."""
    if text.count("[") + text.count("{") <= DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        mark = match[0]
        if mark in ("[", "{"):
            depth += 1
            if depth > DEPTH:
                msg = f"the body is nested deeper than {DEPTH} levels"
                raise InvalidSyntax(msg)
        elif mark in ("]", "}"):
            depth -= 1
