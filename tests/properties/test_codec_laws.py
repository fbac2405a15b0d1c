"""Laws of codecs: what goes in and is not refused comes out again; nothing is ever split in silence."""

from __future__ import annotations

import contextlib
import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.mapping.codecs import NAMED, PLAIN, join_semicolons, split_semicolons, times
from scimbridge.mapping.moments import shift_time

TEXTS = st.text(max_size=8) | st.text(";[] ab", max_size=6)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_joined_values_come_apart_the_same_or_stay_an_array(values):
    """PingOne's array is one string that reads back as the array, or it stays an array: never other values."""
    joined = join_semicolons(values)
    if isinstance(joined, str):
        assert split_semicolons(joined) == values
    else:
        assert joined == values


@given(st.lists(TEXTS, max_size=4))
def test_an_array_of_a_client_is_kept_or_refused(values):
    """A client's JSON array is what PingOne gets, and can be shown as one string; else it is refused."""
    with contextlib.suppress(ValueError):
        native = split_semicolons(values)
        assert native == values
        assert not native or isinstance(join_semicolons(native), str)


@given(TEXTS.map(lambda text: f"[{text}]") | TEXTS)
def test_a_string_of_a_client_is_stable_or_refused(text):
    """What is read from a string is shown as a string that means the same: nothing wanders on the second trip."""
    with contextlib.suppress(ValueError):
        native = split_semicolons(text)
        assert not native or split_semicolons(join_semicolons(native)) == native


@given(JSON)
def test_json_survives_the_trip_as_text(value):
    """What PingOne holds as JSON reads back as that from the string that SCIM clients see."""
    codec = NAMED["json"]
    assert codec.to_native(codec.to_scim(value)) == value


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_objects_pass_unchanged(value):
    """An open object is the same on both sides, and so is one that stands for JSON text."""
    assert NAMED["object"].to_native(NAMED["object"].to_scim(value)) == value
    assert NAMED["json"].to_native(value) == value


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4))
def test_lists_pass_unchanged(values):
    """A real array is the same array on both sides."""
    assert NAMED["list"].to_native(NAMED["list"].to_scim(values)) == values


MOMENTS = st.datetimes(dt.datetime(1980, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001  made UTC below
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timedelta(minutes=minutes))


@given(MOMENTS, OFFSETS)
def test_times_come_back_from_the_clients_clock(moment, offset):
    """A time that went out shifted and comes back is the instant that PingOne holds, to the millisecond."""
    text = moment.replace(tzinfo=dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    codec = times(offset)
    assert codec.to_native(codec.to_scim(text)) == text
    assert shift_time(shift_time(text, offset), -offset) == text


@pytest.mark.parametrize("name", sorted(PLAIN))
@given(value=JSON)
def test_plain_values_are_kept_or_refused(name, value):
    """A plain value is what it was, or is refused."""
    with contextlib.suppress(ValueError):
        assert PLAIN[name].to_native(value) is value


@pytest.mark.parametrize("name", sorted(NAMED))
@given(value=JSON | st.integers() | st.lists(st.integers()) | st.dictionaries(st.text(max_size=2), st.integers()))
def test_every_codec_answers_any_json(name, value):
    """Whatever JSON comes, a codec gives a value or refuses it, and nothing else goes wrong."""
    codec = NAMED[name]
    with contextlib.suppress(ValueError):
        native = codec.to_native(codec.lenient(value))
        assert json.dumps(codec.to_scim(native))
