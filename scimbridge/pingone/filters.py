"""Prints the filters that PingOne is asked to evaluate (docs/pingone.md §7).

Knows PingOne's grammar only. What may be pushed down, and what has to be checked afterwards, is decided
elsewhere. A value is always quoted here and never spliced, so no value can end its own quotes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z][A-Za-z0-9_-]*)*")
_OPERATORS = frozenset({"eq", "sw", "ew", "co"})


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison. ValueError for a field that is no dotted name and for an operator PingOne lacks."""

    field: str
    op: str
    value: str | bool | int | float

    def __post_init__(self) -> None:
        if not _FIELD.fullmatch(self.field):
            raise ValueError(f"{self.field!r} is not the name of a field")
        if self.op not in _OPERATORS:
            raise ValueError(f"PingOne has no operator {self.op!r}: eq, sw, ew or co")


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The members of a group; `direct` leaves out those through nesting or a dynamic filter."""

    group_id: str
    direct: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]

    def __post_init__(self) -> None:
        _refuse_none(self.parts)


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - Any is taken by typing, and PingOne's word is "or"
    """At least one part holds."""

    parts: tuple[Node, ...]

    def __post_init__(self) -> None:
        _refuse_none(self.parts)


Node = Term | MemberOf | All | Any_


def _refuse_none(parts: tuple[Node, ...]) -> None:
    if not parts:
        raise ValueError("a filter of no parts cannot be printed: it would mean everything, or nothing")


def render(node: Node) -> str:
    """Return the text for `filter=`, not yet URL-encoded."""
    if isinstance(node, Term):
        return f"{node.field} {node.op} {quote_value(node.value)}"
    if isinstance(node, MemberOf):
        only = ' and type eq "DIRECT"' if node.direct else ""
        return f"memberOfGroups[id eq {quote_value(node.group_id)}{only}]"
    word = " and " if isinstance(node, All) else " or "
    return word.join(_within(part) for part in node.parts)


def _within(node: Node) -> str:
    if isinstance(node, All | Any_) and len(node.parts) > 1:
        return f"({render(node)})"
    return render(node)


def quote_value(value: str | bool | float) -> str:
    """Return a value as PingOne reads it: a JSON string, or a bare boolean or number.

    Letters go out as they are. Half a surrogate pair, which no encoding can carry, goes out escaped.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
