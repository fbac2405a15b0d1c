"""What a client is answered: PingOne's record, cut to the members that the row's answer has, under SCIM-like names.

What a table of answers does not name never leaves. Pure but for the named functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.moments import shift_time
from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt
from scimbridge.operations.rows import AnswerField, AnswerTable
from scimbridge.scim.catalogue import LIST_URN

Json = dict[str, Any]
Find = Callable[[Attempt, Mapping[str, Any]], Any]
"""A function that finds what no field of the record holds."""


class Printer:
    """Makes answers of records."""

    def __init__(self, functions: Mapping[str, Find]) -> None:
        self._functions = functions

    def one(self, attempt: Attempt, table: AnswerTable, record: Mapping[str, Any]) -> Json:
        """Return the answer about one record."""
        answer: Json = {}
        for each in table.fields:
            value = self._value(attempt, each, record)
            if value is None:
                continue
            held = answer
            for step in each.path[:-1]:
                held = held.setdefault(step, {})
            held[each.path[-1]] = value
        return answer

    def _value(self, attempt: Attempt, each: AnswerField, record: Mapping[str, Any]) -> Any:
        if each.code:
            return self._functions[each.code](attempt, record)
        value = read_field(record, each.to or each.path)
        if each.lower and isinstance(value, str):
            return value.lower()
        return shift_time(value, attempt.around.offset) if each.type == "dateTime" else value


def list_of(resources: list[Any], total: int | None = None) -> Json:
    """Return a list as one ListResponse (RFC 7644 §3.4.2), whole where `total` does not say otherwise."""
    return {
        "schemas": [LIST_URN],
        "totalResults": len(resources) if total is None else total,
        "itemsPerPage": len(resources),
        "startIndex": 1,
        "Resources": resources,
    }
