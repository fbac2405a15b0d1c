"""What a client sends with an operation, held to its row: all faults at once, before any call.

Values leave here as PingOne takes them. No sentence here ever holds a value: it may be a secret. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from scimbridge.mapping.codecs import exact
from scimbridge.mapping.moments import read_time, shift_time
from scimbridge.mapping.tables.rows import nearest
from scimbridge.operations.rows import Input, Operation
from scimbridge.scim.errors import InvalidValue

SKEW = 5.0
"""Seconds by which clocks may differ: a moment that is over by no more has not come yet for somebody."""
FIRST_YEAR, LAST_YEAR = 1970, 9999
DIGITS = 18
"""Of a whole number in a query."""
_ZONED = re.compile(r".{1,64}(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})")
TOP = 64
"""Names of members that are not known and are told."""


def read_inputs(
    operation: Operation, body: Mapping[str, Any], now: float, offset: timedelta, others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return name -> value for what was sent and for defaults. `now` is seconds since 1970, by PingOne's clock.

    `offset` is that clock against the client's, and taken off as it is from the value of an attribute. `others` are
    names that are read elsewhere. Null is the same as not sent (RFC 7643 §2.5). Raises `InvalidValue` that names every
    fault.
    """
    faults = list(_unknown(operation, body, others))
    found: dict[str, Any] = {}
    for each in operation.inputs:
        value = body.get(each.name)
        if value is None:
            if each.required:
                faults.append(f"{each.name}: is required: {_wanted(each)}")
            elif each.default is not None:
                found[each.name] = each.default
            continue
        fault = fault_of(each, value, now + offset.total_seconds())
        if fault is None:
            found[each.name] = shift_time(value, -offset) if each.type == "dateTime" else exact(value)
        else:
            faults.append(f"{each.name}: {fault}")
    if faults:
        raise InvalidValue("; ".join(faults))
    return found


def parse_texts(operation: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a query as the values that a body would hold; what cannot be read stays a text."""
    return {name: _parse(operation.named[name], text) if name in operation.named else text
            for name, text in given.items()}  # fmt: skip


def native_body(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the row's call: the inputs that have a PingOne field."""
    body: dict[str, Any] = {}
    for each in operation.inputs:
        if each.name not in values or not each.to:
            continue
        held = body
        for step in each.to[:-1]:
            held = held.setdefault(step, {})
        held[each.to[-1]] = values[each.name]
    return body


def query_of(operation: Operation, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the inputs of a row that reads as parameters of its call."""
    return tuple(
        (".".join(each.to), str(values[each.name]))
        for each in operation.inputs
        if each.name in values and each.to and not each.header
    )


def _unknown(operation: Operation, body: Mapping[str, Any], others: tuple[str, ...]) -> Iterator[str]:
    known = (*operation.named, *others)
    told = ", ".join(known) or "nothing"
    for name in list(body)[:TOP]:
        if name not in known and name != "schemas":
            yield f"{name[:TOP]!r} is no input of {operation.name}; it takes {told}{nearest(name[:TOP], known)}"


def _wanted(each: Input) -> str:
    """Return in words what would be right."""
    if each.values:
        return f"one of {', '.join(each.values)}"
    if each.after_now:
        return "a dateTime with its zone that is still to come, such as 2030-01-01T00:00:00Z"
    return _WORDS[each.type](each)


def _between(least: int | None, most: int | None, what: str) -> str:
    if least and most:
        return f"{least} to {most} {what}"
    return f"at most {most} {what}" if most else f"at least {least or 1} {what}"


_WORDS: Mapping[str, Callable[[Input], str]] = {
    "string": lambda each: f"a text of {_between(each.min_length, each.max_length, 'characters')}",
    "strings": lambda each: (
        f"a list of {_between(each.min_items, each.max_items, 'texts')}, each of"
        f" {_between(1, each.max_length, 'characters')}"
    ),
    "boolean": lambda _each: "true or false",
    "integer": lambda each: (
        "a whole number"
        + ("" if each.minimum is None or each.maximum is None else f", {each.minimum} to {each.maximum}")
    ),
    "dateTime": lambda _each: "a dateTime with its zone, such as 2030-01-01T00:00:00Z",
    "object": lambda _each: "an object",
    "objects": lambda _each: "a list of objects",
}


def fault_of(each: Input, value: Any, now: float) -> str | None:
    """Return what is wrong with a value and what would be right, None where it fits."""
    if not _FITS[each.type](each, value) or (each.values and value not in each.values):
        return f"has to be {_wanted(each)}"
    if each.after_now:
        moment = _moment(value)
        if moment is None or moment.timestamp() <= now + SKEW:
            return f"is over, or as good as over: {_wanted(each)}"
    return _fault_of_numbers(value)


def _fault_of_numbers(value: Any) -> str | None:
    """Return what is wrong with the numbers of a value, wherever they stand in it."""
    try:
        exact(value)
    except ValueError as error:
        return f"{error} are needed"
    return None


def _is_text(value: Any, least: int, most: int | None) -> bool:
    return isinstance(value, str) and least <= len(value) and (most is None or len(value) <= most) and "\0" not in value


def _moment(value: Any) -> datetime | None:
    moment = read_time(value) if isinstance(value, str) and _ZONED.fullmatch(value) else None
    return moment if moment and FIRST_YEAR <= moment.year < LAST_YEAR else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_FITS: Mapping[str, Callable[[Input, Any], bool]] = {
    "string": lambda each, value: _is_text(value, each.min_length, each.max_length),
    "strings": lambda each, value: (
        isinstance(value, list)
        and each.min_items <= len(value) <= (each.max_items or len(value))
        and all(_is_text(one, 1, each.max_length) for one in value)
    ),
    "boolean": lambda _each, value: isinstance(value, bool),
    "integer": lambda each, value: (
        _is_number(value)
        and (each.minimum is None or value >= each.minimum)
        and (each.maximum is None or value <= each.maximum)
    ),
    "dateTime": lambda _each, value: _moment(value) is not None,
    "object": lambda _each, value: isinstance(value, dict),
    "objects": lambda _each, value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
}


def _parse(each: Input, text: str) -> Any:
    if each.type == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if each.type == "integer":
        return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS else text
    return text.split(",") if each.type == "strings" else text
