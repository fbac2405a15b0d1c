"""Tests on one value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scimbridge.scim.catalogue import Attribute
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.comparing import compile_membership, compile_test, has_value, parse_instant


@pytest.mark.parametrize("value", [0, False, "x", " ", [0], [{"a": 1}], {"a": False}, [None, "x"]])
def test_what_counts_as_a_value(value):
    """False, zero and blanks are values, and so is anything that holds one."""
    assert has_value(value)


@pytest.mark.parametrize("value", [None, "", [], {}, [None], [""], [{}], {"a": None}, {"a": [], "b": ""}, [{"a": {}}]])
def test_what_counts_as_absent(value):
    """Null, empty text, empty lists and objects are one state (RFC 7643 §2.5), also one level down."""
    assert not has_value(value)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-13T04:42:34Z",
        "2026-05-13t04:42:34z",
        "2026-05-13T04:42:34.000000000Z",
        "2026-05-13T10:12:34+05:30",
        "2026-05-12T23:42:34-05:00",
        "2026-05-13T04:42:34",
    ],
)
def test_one_instant_has_many_spellings(text):
    """Offset, zeros and case do not matter; without an offset a time is UTC."""
    assert parse_instant(text) == (datetime(2026, 5, 13, 4, 42, 34, tzinfo=UTC), "")


def test_fractions_of_a_second_count():
    """All of their digits are kept, however many there are."""
    second = datetime(2026, 5, 13, 4, 42, 34, tzinfo=UTC)
    assert parse_instant("2026-05-13T04:42:34.001Z") == (second + timedelta(milliseconds=1), "")
    assert parse_instant("2026-05-13T04:42:34.00000000000000000001Z") == (second, "00000000000001")
    assert parse_instant("2026-05-13T04:42:34.0000010000000000000") == (second + timedelta(microseconds=1), "")


def test_midnight_at_the_end_of_a_day_is_that_of_the_next():
    """24:00:00 is a time of xsd:dateTime, on the last day of a year too."""
    assert parse_instant("2026-12-31T24:00:00Z") == (datetime(2027, 1, 1, tzinfo=UTC), "")
    assert parse_instant("2026-05-13T24:00:00.000+02:00") == (datetime(2026, 5, 13, 22, tzinfo=UTC), "")


def test_digits_behind_the_microsecond_decide():
    """A record of a whole microsecond is before one of a nanosecond more, and no other test says so."""
    times = ["2026-05-13T04:42:34.123456Z", "2026-05-13T04:42:34.1234567Z", "2026-05-13T06:42:34.12345670+02:00"]
    for operator, passed in (("lt", [True, False, False]), ("eq", [False, True, True]), ("ge", [False, True, True])):
        test = compile_test(Attribute("at", type="dateTime"), operator, times[1], "at")
        assert [test(each) for each in times] == passed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-05-13",
        "2026-05-13 04:42:34Z",
        "2026-02-30T00:00:00Z",
        "20260513T044234Z",
        "2026-05-13T25:00:00Z",
        "2026-05-13T24:00:01Z",
        "2026-05-13T24:00:00.0000001Z",
        "2026-05-13T24:01:00Z",
        "9999-12-31T24:00:00Z",
        "2026-05-13T04:42:34.Z",
        "2026-05-13T23:59:60Z",
    ],
)
def test_what_is_no_datetime_is_none(text):
    """Other forms of ISO 8601 and impossible times are no dateTime (RFC 7643 §2.3.5)."""
    assert parse_instant(text) is None


@pytest.mark.parametrize(("case_exact", "hits"), [(True, [True, False, False]), (False, [True, True, False])])
def test_membership_follows_the_case_of_the_attribute(case_exact, hits):
    """Many alternatives are compared by caseExact like one, and a value that is no text is none of them."""
    matches = compile_membership(Attribute("a", case_exact=case_exact), ["Xy", "z"])
    assert [matches(value) for value in ("Xy", "xY", None)] == hits


def test_a_complex_value_is_not_compared():
    """Only sub-attributes have values to compare."""
    with pytest.raises(InvalidFilter, match="sub-attributes"):
        compile_test(Attribute("a", type="complex"), "eq", "x", "a")
