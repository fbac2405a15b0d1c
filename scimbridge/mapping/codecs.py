"""How a value is written on each side: the `codec` word of a table row.

A codec turns one SCIM value into one PingOne value and back. It knows nothing of attributes, tables or requests;
what it cannot turn exactly it refuses with a `ValueError` whose text says what would be right.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
import pycountry

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
    comparable: bool = True  # PingOne's value can be compared with the SCIM value in a filter


# -- plain values, by SCIM type (RFC 7643 §2.3) ----------------------------------------------------------------


def _string(value: Any) -> Any:
    if not isinstance(value, str):
        msg = f"a string, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _boolean(value: Any) -> Any:
    if not isinstance(value, bool):
        msg = f"true or false, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _integer(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"a whole number, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        msg = f"a number, not {_kind(value)}"
        raise ValueError(msg)
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    for kind, name in ((str, "a string"), (list, "an array"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return "a number"


def shift_time(text: Any, offset: dt.timedelta) -> Any:
    """Move an instant by the offset; it is still written in UTC with milliseconds and `Z`."""
    if not isinstance(text, str):
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    moved = moment.astimezone(dt.UTC) + offset
    return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _date_time(value: Any) -> Any:
    text = _string(value)
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:
        msg = "a dateTime such as 2025-03-01T09:15:27Z"
        raise ValueError(msg) from None
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
    "string": Codec("string", keep, _string, type="string"),
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


# -- JSON ----------------------------------------------------------------------------------------------------------


def _read_json(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
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
    return value


# -- words that clients spell in their own way ---------------------------------------------------------------------

# Short names that people write and the ISO list does not carry.
_OTHER_NAMES = {
    "america": "US", "bosnia": "BA", "brunei": "BN", "burma": "MM", "cape verde": "CV", "cote d'ivoire": "CI",
    "côte d’ivoire": "CI", "england": "GB", "great britain": "GB", "holland": "NL", "ivory coast": "CI",
    "macedonia": "MK", "northern ireland": "GB", "palestine": "PS", "republic of ireland": "IE", "russia": "RU",
    "scotland": "GB", "swaziland": "SZ", "the bahamas": "BS", "the gambia": "GM", "the netherlands": "NL",
    "the philippines": "PH", "turkey": "TR", "u.k.": "GB", "u.s.": "US", "u.s.a.": "US", "uk": "GB",
    "united states of america": "US", "usa": "US", "vatican": "VA", "vatican city": "VA", "wales": "GB",
}  # fmt: skip


def _country_names() -> Mapping[str, str]:
    known = dict(_OTHER_NAMES)
    for country in pycountry.countries:
        for word in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            if spelled := getattr(country, word, None):
                known[spelled.casefold()] = country.alpha_2
    return known


_COUNTRIES = _country_names()


def country_code(value: Any) -> Any:
    """Return the ISO 3166-1 alpha-2 code for a code or an English name of a country."""
    code = _COUNTRIES.get(" ".join(_string(value).casefold().split()))
    if code is None:
        msg = "an ISO 3166-1 alpha-2 code such as DE, an alpha-3 code or the English name of a country"
        raise ValueError(msg)
    return code


_UNDERSCORED_TAG = re.compile(r"^[A-Za-z]{2,3}(_[A-Za-z0-9]{2,8})+$")


def hyphenate(value: Any) -> Any:
    """Return `en-US` for `en_US`, the POSIX spelling that some clients send for a language tag."""
    if isinstance(value, str) and _UNDERSCORED_TAG.match(value):
        return value.replace("_", "-")
    return value


NAMED: Mapping[str, Codec] = {
    "semicolons": Codec("semicolons", join_semicolons, split_semicolons, type="string", comparable=False),
    "list": Codec("list", _as_array, _array, type="string", multi_valued=True),
    "json": Codec("json", _write_json, _read_json, type="string", comparable=False),
    "object": Codec("object", keep, _object, type="complex", comparable=False),
    "country": Codec("country", keep, country_code, type="string"),
    "language": Codec("language", keep, _string, lenient=hyphenate, type="string"),
    "derived": Codec("derived", keep, _string, type="string", forgiving=True),
}
