"""Time stamps of records."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sandbox.store.records import later_stamp, parse_instant, stamp

SECONDS = st.integers(min_value=0, max_value=4_000_000_000_000).map(lambda number: number / 1000)


@given(SECONDS, SECONDS)
def test_a_later_stamp_is_later(previous, now):
    """Whatever the clock says, the new stamp is after the old one, and not before the clock."""
    after = later_stamp(stamp(previous), now)
    assert after > stamp(previous)
    assert after >= stamp(now)


@given(SECONDS)
def test_stamps_come_back(seconds):
    """A stamp is read back to the millisecond."""
    assert abs((parse_instant(stamp(seconds)) or 0.0) - seconds) < 0.0006


def test_stamps_have_milliseconds_and_z():
    """UTC, three digits, Z; text that is no instant is None."""
    assert stamp(1_740_820_527.114) == "2025-03-01T09:15:27.114Z"
    assert stamp(0.9996) == "1970-01-01T00:00:01.000Z"
    assert parse_instant("yesterday") is None
    assert parse_instant("2025-03-01T10:15:27+01:00") == parse_instant("2025-03-01T09:15:27")
