"""The codecs of rules: how the text of a column becomes the text or the value that SCIM has.

One way only, and one value at a time; what a text cannot be read as raises a `ValueError` that says what would be
right, and never holds the text. A codec that the tables have too has the same name and means the same. Pure.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from scimbridge.mapping.codecs import exact
from scimbridge.mapping.countries import COUNTRIES
from scimbridge.mapping.spellings import find_country, hyphenate

SPLIT = "split"
"""The one that makes several values of one: see `decoding`."""
_YES = frozenset({"true", "yes", "y", "t", "1", "on"})
_NO = frozenset({"false", "no", "n", "f", "0", "off"})
_DISABLED = 2  # ACCOUNTDISABLE of Active Directory's userAccountControl
_COMMON_NAME = re.compile(r"cn=((?:\\.|[^,+\\])+)", re.IGNORECASE | re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class RuleCodec:
    """What a codec does with one text, given the `format` of its row, and SCIM's type of what comes out.

    `formatted`: the word `format` may stand beside it.
    """

    turn: Callable[[str, str], Any]
    type: str = "string"
    formatted: bool = False


def _boolean(text: str, _format: str) -> bool:
    word = text.strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError("is neither true nor false (nor yes, no, y, n, t, f, 1, 0, on, off)")


def _integer(text: str, _format: str) -> int:
    try:
        if text.strip().lstrip("+-").isascii():
            return int(exact(int(text.strip().replace("_", "?"))))
    except ValueError:
        pass
    raise ValueError("is not a whole number of 64 bits")


def _decimal(text: str, _format: str) -> float | int:
    try:
        number = Decimal(text.strip().replace("_", "?"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not text.isascii() or not math.isfinite(float(number)):
        raise ValueError("is not a number such as 12.5")
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else float(number)


def _date(text: str, form: str) -> str:
    try:
        if form:
            return dt.datetime.strptime(text.strip(), form).date().isoformat()  # noqa: DTZ007 - a date has no zone
        return dt.date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValueError(f"is not a date such as {dt.date(2026, 3, 31).strftime(form or '%Y-%m-%d')}") from None


def _date_time(text: str, form: str) -> str:
    try:
        moment = dt.datetime.strptime(text.strip(), form) if form else dt.datetime.fromisoformat(text.strip())  # noqa: DTZ007 - UTC below
    except ValueError:
        example = dt.datetime(2026, 3, 31, 9, 15, 27, tzinfo=dt.UTC)
        raise ValueError(f"is not a time such as {example.strftime(form or '%Y-%m-%dT%H:%M:%SZ')}") from None
    try:
        moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError:
        raise ValueError("is a time outside the calendar") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _country(text: str, _format: str) -> str:
    code = find_country(text) or text.strip().upper()
    if code not in COUNTRIES:
        raise ValueError("is neither an ISO 3166-1 code nor the English name of a country")
    return code


def _enabled(text: str, form: str) -> bool:
    try:
        return not _integer(text, form) & _DISABLED
    except ValueError:
        raise ValueError("is not a number of flags, as Active Directory's userAccountControl") from None


def _common_name(text: str, _format: str) -> str:
    found = _COMMON_NAME.match(text.strip())
    if found is None:
        raise ValueError("is not a distinguished name that begins with CN=")
    name = unescape(found[1])
    if "\ufffd" in name:
        raise ValueError("has bytes in its CN that are no UTF-8")
    return name


def unescape(text: str) -> str:
    """Return a value of a distinguished name as it is meant (RFC 4514 §2.4)."""
    raw = _ESCAPED.sub(lambda each: bytes.fromhex(each[1].decode()) if each[1] else each[2], text.encode())
    return raw.decode(errors="replace")


def _object(text: str, _format: str) -> Any:
    try:
        held = orjson.loads(text)
    except orjson.JSONDecodeError:
        held = None
    if not isinstance(held, dict):
        raise ValueError("is not a JSON object")
    return exact(held)


CODECS: Mapping[str, RuleCodec] = {
    "strip": RuleCodec(lambda text, _format: text.strip()),
    "lower": RuleCodec(lambda text, _format: text.lower()),
    "upper": RuleCodec(lambda text, _format: text.upper()),
    SPLIT: RuleCodec(lambda text, _format: text),
    "boolean": RuleCodec(_boolean, "boolean"),
    "integer": RuleCodec(_integer, "integer"),
    "decimal": RuleCodec(_decimal, "decimal"),
    "date": RuleCodec(_date, formatted=True),
    "dateTime": RuleCodec(_date_time, "dateTime", formatted=True),
    "country": RuleCodec(_country),
    "language": RuleCodec(lambda text, _format: hyphenate(text.strip())),
    "cn": RuleCodec(_common_name),
    "userAccountControl": RuleCodec(_enabled, "boolean"),
    "object": RuleCodec(_object, "complex"),
}
"""By the names that rules use."""
OF_TYPES: Mapping[str, str] = {
    "boolean": "boolean", "integer": "integer", "decimal": "decimal", "dateTime": "dateTime", "complex": "object",
}  # fmt: skip
"""What reads a text for a type where a row names no codec; a text stays as it is."""
