"""startIndex, count and the pages behind them."""

from __future__ import annotations

import pytest

from scimbridge.scim.errors import InvalidCount, InvalidValue
from scimbridge.scim.paging import Window, parse_cursor_count, parse_window


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (None, None, Window(1, 100)),
        ("1", "10", Window(1, 10)),
        ("-5", "10", Window(1, 10)),
        ("0", "0", Window(1, 0)),
        (" 7 ", "-1", Window(7, 0)),
        ("101", "5000", Window(101, 1000)),
        (3, 4, Window(3, 4)),
        ("+2", None, Window(2, 100)),
    ],
)
def test_windows_are_clamped(start, count, expected):
    """A startIndex below 1 is 1, a negative count is 0, a large one is the maximum (RFC 7644 §3.4.2.4)."""
    assert parse_window(start, count, default=100, maximum=1000) == expected


@pytest.mark.parametrize("value", ["", "x", "1.5", "1e3", "٣", "9" * 19, "1 2", True, 1.5, [], 10**30])
def test_what_is_no_whole_number_is_refused(value):
    """The refusal is invalidValue for a window and invalidCount for a cursor walk (RFC 9865 §2.1)."""
    with pytest.raises(InvalidValue):
        parse_window(value, None, default=100, maximum=1000)
    with pytest.raises(InvalidValue):
        parse_window(None, value, default=100, maximum=1000)
    with pytest.raises(InvalidCount):
        parse_cursor_count(value, default=100, maximum=1000)


def test_cursor_counts_are_clamped():
    """A negative count is 0 and a large one the maximum with cursors too (RFC 9865 §2)."""
    counts = [parse_cursor_count(count, default=100, maximum=1000) for count in (None, "-3", "7", "7000")]
    assert counts == [100, 0, 7, 1000]
