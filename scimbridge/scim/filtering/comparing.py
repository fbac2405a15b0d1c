"""Tests on one value: what `eq`, `co`, `gt` and the rest mean for each attribute type.

Pure: a compiled test sees a single JSON value (or None for an absent one) and nothing of where it
came from. RFC 7644 §3.4.2.2 table 3, RFC 7643 §2.3 for the types.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from scimbridge.scim.errors import InvalidFilter

if TYPE_CHECKING:
    from collections.abc import Collection

    from scimbridge.scim.characteristics import Attribute
    from scimbridge.scim.filtering.tokens import Literal

Test: TypeAlias = Callable[[Any], bool]
Instant: TypeAlias = tuple[datetime, str]  # and the digits of its second behind the sixth, without zeros at the end

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_DATE_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}T)(?P<hour>[0-9]{2})(?P<rest>:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]+))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
_LENGTH = len("2025-03-01T09:15:27.114000")  # one that is not longer has at most six digits of a second
_MICRO = 6  # digits of a second that a datetime keeps
_BOOLEANS = {"true": True, "false": False}


def has_value(value: Any) -> bool:
    """Say whether `pr` holds: null, "", [] and {} are absent, false and 0 are not (RFC 7643 §2.5).

    A list has a value when an element has one, an object when a member is none of the four.
    """
    if isinstance(value, list):
        return any(_has_element(element) for element in value)
    return _has_element(value)


def _has_element(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_something(member) for member in value.values())
    return _is_something(value)


def _is_something(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def parse_instant(text: str) -> Instant | None:
    """Return the instant of a dateTime, or None when it is none (RFC 7643 §2.3.5: xsd:dateTime).

    `T` and `Z` may be lower case; a fraction has any number of digits; 24:00:00 is the first instant of the next day.
    A time without an offset is UTC.
    """
    match = _DATE_TIME.fullmatch(text.upper())
    if match is None:
        return None
    fraction = (match["fraction"] or "").rstrip("0")
    midnight = match["hour"] == "24"
    if midnight and (match["rest"] != ":00:00" or fraction):
        return None
    hour = "00" if midnight else match["hour"]
    try:
        moment = datetime.fromisoformat(f"{match['day']}{hour}{match['rest']}{match['zone'] or 'Z'}")
        moment += timedelta(days=midnight, microseconds=int(fraction[:_MICRO].ljust(_MICRO, "0")))
    except (ValueError, OverflowError):
        return None
    return moment, fraction[_MICRO:]


def compile_test(attribute: Attribute, operator_name: str, value: Literal, name: str) -> Test:
    """Return the test of one value of `attribute` against `value`, which is not null.

    `name` is the attribute as the client wrote it. Raises InvalidFilter when the operator or the
    literal does not fit the attribute's type. An absent value passes `ne` and nothing else; so does
    a value of a type that the schema does not promise.
    """
    match attribute.type:
        case "string" | "reference":
            return _test_string(attribute, operator_name, value, name)
        case "dateTime":
            return _test_instant(operator_name, value, name)
        case "boolean":
            return _test_boolean(operator_name, value, name)
        case "integer" | "decimal":
            return _test_number(operator_name, value, name)
        case "binary":
            return _test_binary(operator_name, value, name)
        case _:
            raise InvalidFilter(f"'{name}' is complex: compare one of its sub-attributes.")


def compile_membership(attribute: Attribute, values: Collection[str]) -> Test:
    """Return the test whether a string equals any of `values`, as fast for many as for one."""
    if attribute.case_exact and attribute.profile is None:
        exact = frozenset(values)
        return lambda found: isinstance(found, str) and found in exact
    fold = attribute.fold
    folded = frozenset(map(fold, values))
    return lambda found: isinstance(found, str) and fold(found) in folded


def _refuse_operator(operator_name: str, name: str, kind: str) -> InvalidFilter:
    return InvalidFilter(f"The operator '{operator_name}' does not work on '{name}', which is {kind}.")


def _refuse_literal(name: str, wanted: str) -> InvalidFilter:
    return InvalidFilter(f"'{name}' is compared with {wanted}.")


def _test_string(attribute: Attribute, operator_name: str, value: Literal, name: str) -> Test:
    if not isinstance(value, str):
        raise _refuse_literal(name, "a string in double quotes")
    if attribute.case_exact and attribute.profile is None:
        return _test_exact(operator_name, value)
    return _test_folded(operator_name, value, attribute.fold)


def _test_exact(operator_name: str, want: str) -> Test:
    match operator_name:
        case "eq":
            return lambda found: found == want
        case "ne":
            return lambda found: found != want
        case "co":
            return lambda found: isinstance(found, str) and want in found
        case "sw":
            return lambda found: isinstance(found, str) and found.startswith(want)
        case "ew":
            return lambda found: isinstance(found, str) and found.endswith(want)
    order = _ORDER[operator_name]
    return lambda found: isinstance(found, str) and order(found, want)


def _test_folded(operator_name: str, value: str, fold: Callable[[str], str]) -> Test:
    want = fold(value)
    match operator_name:
        case "eq":
            return lambda found: isinstance(found, str) and fold(found) == want
        case "ne":
            return lambda found: not isinstance(found, str) or fold(found) != want
        case "co":
            return lambda found: isinstance(found, str) and want in fold(found)
        case "sw":
            return lambda found: isinstance(found, str) and fold(found).startswith(want)
        case "ew":
            return lambda found: isinstance(found, str) and fold(found).endswith(want)
    order = _ORDER[operator_name]
    return lambda found: isinstance(found, str) and order(fold(found), want)


def _test_instant(operator_name: str, value: Literal, name: str) -> Test:
    if operator_name in {"co", "sw", "ew"}:
        raise _refuse_operator(operator_name, name, "a dateTime")
    want = parse_instant(value) if isinstance(value, str) else None
    if want is None:
        raise _refuse_literal(name, 'a dateTime such as "2026-05-13T04:42:34Z"')
    if operator_name == "ne":
        return lambda found: _read_instant(found) != want
    order = _ORDER[operator_name]

    def test(found: Any) -> bool:
        instant = _read_instant(found)
        return instant is not None and order(instant, want)

    return test


def _read_instant(value: Any) -> Instant | None:
    """Return the instant of a record's own value; quicker than parse_instant, and less particular."""
    if not isinstance(value, str):
        return None
    if len(value) > _LENGTH:
        return parse_instant(value)
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return parse_instant(value)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC), ""


def _test_boolean(operator_name: str, value: Literal, name: str) -> Test:
    if operator_name not in {"eq", "ne"}:
        raise _refuse_operator(operator_name, name, "a boolean")
    want = _BOOLEANS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(want, bool):
        raise _refuse_literal(name, "true or false")
    if operator_name == "eq":
        return lambda found: found is want
    return lambda found: found is not want


def _test_number(operator_name: str, value: Literal, name: str) -> Test:
    if operator_name in {"co", "sw", "ew"}:
        raise _refuse_operator(operator_name, name, "a number")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _refuse_literal(name, "a number")
    # JSON fractions arrive as floats: 0.1 in the filter has to be the float that 0.1 in the body is.
    want = value if isinstance(value, int) else float(value)
    if operator_name == "ne":
        return lambda found: not _is_number(found) or found != want
    order = _ORDER[operator_name]
    return lambda found: _is_number(found) and order(found, want)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _test_binary(operator_name: str, value: Literal, name: str) -> Test:
    if operator_name not in {"eq", "ne"}:
        raise _refuse_operator(operator_name, name, "binary")
    if not isinstance(value, str):
        raise _refuse_literal(name, "a base64 string in double quotes")
    # Whatever the schema says of case: folded base64 would be other bytes (RFC 7643 §2.3.6).
    return _test_exact(operator_name, value)
