"""What a client sends with an operation, held to its row: all faults at once, before any call.

Values leave here as PingOne takes them. No sentence here ever holds a value: it may be a secret. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from scimbridge.mapping.codecs import exact
from scimbridge.mapping.moments import shift_time
from scimbridge.mapping.tables.rows import nearest
from scimbridge.operations.rows import Input, Operation
from scimbridge.operations.value_types import is_fitting, parse_text, read_moment, wanted
from scimbridge.scim.errors import InvalidValue

SKEW = 5.0
"""Seconds by which clocks may differ: a moment that is over by no more has not come yet for somebody."""
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
        elif fault := fault_of(each, value, now + offset.total_seconds()):
            faults.append(f"{each.name}: {fault}")
        else:
            found[each.name] = shift_time(value, -offset) if each.type == "dateTime" else exact(value)
    if faults:
        raise InvalidValue("; ".join(faults))
    return found


def fault_of(each: Input, value: Any, now: float) -> str | None:
    """Return what is wrong with a value and what would be right, None where it fits."""
    if not is_fitting(each, value) or (each.values and value not in each.values):
        return f"has to be {_wanted(each)}"
    if each.after_now and (moment := read_moment(value)) is not None and moment.timestamp() <= now + SKEW:
        return f"is over, or as good as over: {_wanted(each)}"
    try:
        exact(value)  # the numbers, wherever they stand in it
    except ValueError as error:
        return f"{error} are needed"
    return None


def parse_texts(operation: Operation, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of a query as the values that a body would hold; what cannot be read stays a text."""
    named = operation.named
    return {key: parse_text(named[key], text) if key in named else text for key, text in given.items()}


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
    return f"one of {', '.join(each.values)}" if each.values else wanted(each)
