"""How a value is written on each side: the `codec` word of a table row.

A codec turns one SCIM value into one PingOne value and back. It knows nothing of attributes, tables or requests;
what it cannot turn exactly it refuses with a `ValueError` whose text says what would be right.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from scimbridge.mapping.countries import COUNTRIES
from scimbridge.mapping.moments import read_time, shift_time
from scimbridge.mapping.spellings import find_country, hyphenate
from scimbridge.scim.characteristics import Kind
from scimbridge.scim.dialects import unwrap_scalar

Turn = Callable[[Any], Any]


def keep(value: Any) -> Any:
    """Return the value as it is."""
    return value


@dataclass(frozen=True, slots=True)
class Codec:
    """Two directions of one correspondence, and what the SCIM side publishes for it.

    `lenient` runs before `to_native` for clients that are not held to the letter of the RFC.
    `forgiving` values are left out, not refused, when PingOne would not take them (such clients only).
    """

    name: str
    to_scim: Turn
    to_native: Turn
    lenient: Turn = keep
    type: str | None = None
    multi_valued: bool = False
    forgiving: bool = False
    takes: tuple[Kind, ...] = ()  # kinds of JSON that `to_native` reads beside those of the type
    comparable: bool = True  # PingOne's value can be compared with the SCIM value in a filter
    merge: Callable[[Any, Any], Any] | None = None  # (what the field holds, this row's part or None) -> both


# -- plain values, by SCIM type (RFC 7643 §2.3) ----------------------------------------------------------------


def _string(value: Any) -> Any:
    if not isinstance(value, str):
        msg = f"a string, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _country_code(value: Any) -> Any:
    code = _string(value).upper()
    if not value.isascii() or code not in COUNTRIES:
        msg = "an ISO 3166-1 alpha-2 code such as DE"
        raise ValueError(msg)
    return code


def name_country(value: Any) -> Any:
    """Return the ISO 3166-1 alpha-2 code for an alpha-3 code or an English name, as clients have it."""
    return (find_country(value) or value) if isinstance(value, str) else value


def _boolean(value: Any) -> Any:
    if not isinstance(value, bool):
        msg = f"true or false, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _integer(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"a whole number, not {_kind(value)}"
        raise ValueError(msg)
    return exact(value)


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        msg = f"a number, not {_kind(value)}"
        raise ValueError(msg)
    return exact(value)


def exact(value: Any) -> Any:
    """Refuse whole numbers that have no 64 bits, in which JSON goes on to PingOne, wherever they stand in a value."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        msg = "whole numbers that fit into 64 bits"
        raise ValueError(msg)
    if isinstance(value, dict):
        return {name: exact(part) for name, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    return float(value) if isinstance(value, float) else value  # a number goes out as a plain one


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    for kind, name in ((str, "a string"), (list, "an array"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return "a number"


def _date_time(value: Any) -> Any:
    text = _string(value)
    if read_time(text) is None:
        msg = "a dateTime such as 2025-03-01T09:15:27Z"
        raise ValueError(msg)
    return text


def times(offset: dt.timedelta) -> Codec:
    """Make the codec of dateTime values for a directory whose clock is `offset` off the clients' clock."""
    if not offset:
        return Codec("dateTime", keep, _date_time, type="dateTime")
    return Codec(
        "dateTime",
        lambda value: shift_time(value, offset),
        lambda value: shift_time(_date_time(value), -offset),
        type="dateTime",
    )


PLAIN: Mapping[str, Codec] = {
    "string": Codec("string", keep, _string, lenient=unwrap_scalar, type="string"),
    "reference": Codec("reference", keep, _string, type="reference"),
    "binary": Codec("binary", keep, _string, type="binary"),
    "boolean": Codec("boolean", keep, _boolean, type="boolean"),
    "integer": Codec("integer", keep, _integer, type="integer"),
    "decimal": Codec("decimal", keep, _decimal, type="decimal"),
}


# -- several values ------------------------------------------------------------------------------------------------

SEPARATOR = ";;"


def join_semicolons(values: Any) -> Any:
    """Write PingOne's array as one string `[a;; b;; c]`; what could not be told apart again stays an array."""
    if not isinstance(values, list):
        values = [values]
    if not all(isinstance(value, str) and _joinable(value) for value in values):
        return list(values)
    return "[" + f"{SEPARATOR} ".join(values) + "]"


def split_semicolons(value: Any) -> Any:
    """Read `[a;; b;; c]`, one bare value, or a plain JSON array of strings as PingOne's array."""
    if isinstance(value, list):
        for item in value:
            if not isinstance(item, str) or not item.strip():
                msg = "an array of strings that are not empty"
                raise ValueError(msg)
            if not _joinable(item):
                msg = f"values without {SEPARATOR!r} in them, a bracket or a blank at an edge or a ';' at an end"
                raise ValueError(msg)
        return list(value)
    text = _string(value).strip()
    if text.startswith("[") != text.endswith("]"):
        msg = "a string such as [abcd;; efgh], with both brackets or none"
        raise ValueError(msg)
    if not text.startswith("["):
        if not _joinable(text):
            msg = f"brackets around values that are joined with {SEPARATOR!r}, as in [abcd;; efgh]"
            raise ValueError(msg)
        return [text]
    inner = text[1:-1].strip()
    if not inner:
        return []
    values = [part.strip() for part in inner.split(SEPARATOR)]
    if not all(_joinable(part) for part in values):
        msg = f"values that are not empty, without brackets or ';' at their edges, joined with {SEPARATOR!r}"
        raise ValueError(msg)
    return values


def _joinable(value: str) -> bool:
    return (
        bool(value) and SEPARATOR not in value and value == value.strip() and not set(value[0] + value[-1]) & set("[];")
    )


def _array(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    for item in values:
        if not isinstance(item, str) or not item:
            msg = "an array of strings that are not empty"
            raise ValueError(msg)
    return list(values)


def _as_array(value: Any) -> Any:
    return list(value) if isinstance(value, list) else [value]


# -- one array for an identifier of the client's and for others ----------------------------------------------------

MARK = "externalId="


def _is_marked(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(MARK)


def find_marked(values: Any) -> Any:
    """Return the text that is kept marked in an array, or None."""
    return next((value[len(MARK) :] for value in _as_array(values) if _is_marked(value)), None)


def mark(value: Any) -> Any:
    """Write a text so that it is found again among others."""
    return [MARK + _string(value)]


def merge_marked(held: Any, new: Any) -> Any:
    """Put a marked text, or none, beside what the array holds otherwise."""
    return [*(new or ()), *(value for value in held or () if not _is_marked(value))] or None


def leave_marked(values: Any) -> Any:
    """Return the array without the marked text."""
    return [value for value in _as_array(values) if not _is_marked(value)] or None


def _unmarked(value: Any) -> Any:
    values = _array(value)
    if any(_is_marked(item) for item in values):
        msg = f"values that do not begin with {MARK!r}"
        raise ValueError(msg)
    return values


def merge_others(held: Any, new: Any) -> Any:
    """Put an array beside the marked text that is held with it."""
    return [*(value for value in held or () if _is_marked(value)), *(new or ())] or None


# -- JSON ----------------------------------------------------------------------------------------------------------


def _read_json(value: Any) -> Any:
    if isinstance(value, dict | list):
        return exact(value)
    try:
        return orjson.loads(_string(value))
    except orjson.JSONDecodeError:
        msg = 'JSON written as a string, such as "{\\"key\\": 1}"'
        raise ValueError(msg) from None


def _write_json(value: Any) -> Any:
    return orjson.dumps(value).decode()


def _object(value: Any) -> Any:
    if not isinstance(value, dict):
        msg = f"a JSON object, not {_kind(value)}"
        raise ValueError(msg)
    return exact(value)


NAMED: Mapping[str, Codec] = {
    "semicolons": Codec(
        "semicolons", join_semicolons, split_semicolons, type="string", takes=(list,), comparable=False
    ),
    "list": Codec("list", _as_array, _array, type="string", multi_valued=True),
    "marked": Codec("marked", find_marked, mark, type="string", comparable=False, merge=merge_marked),
    "others": Codec(
        "others", leave_marked, _unmarked, type="string", multi_valued=True, comparable=False, merge=merge_others
    ),
    "json": Codec("json", _write_json, _read_json, type="string", takes=(list, dict), comparable=False),
    "object": Codec("object", keep, _object, type="complex", comparable=False),
    "country": Codec(
        "country", keep, _country_code, lenient=lambda value: name_country(unwrap_scalar(value)), type="string"
    ),
    "language": Codec("language", keep, _string, lenient=lambda value: hyphenate(unwrap_scalar(value)), type="string"),
    "derived": Codec("derived", keep, _string, lenient=unwrap_scalar, type="string", forgiving=True),
}
