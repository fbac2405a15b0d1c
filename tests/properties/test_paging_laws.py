"""Laws of windows and sealed cursors."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.cursors import Seal
from scimbridge.scim.errors import InvalidCursor
from scimbridge.scim.paging import Window, parse_window

SEAL = Seal((b"a key for tests",))
PAYLOADS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]), max_size=10) | st.none(),
    max_size=4,
)
UNRESERVED = string.ascii_letters + string.digits + "-._~"


@given(st.integers(0, 300), st.integers(1, 40))
def test_walking_windows_sees_every_item_once(total, count):
    """Adding count to startIndex again and again reads a list whole and in order."""
    items = list(range(total))
    seen = []
    for start in range(1, total + 1, count):
        seen.extend(Window(start, count).cut(items))
    assert seen == items


@given(st.integers(-(10**17), 10**17), st.integers(-(10**17), 10**17), st.integers(1, 1000))
def test_windows_stay_in_their_bounds(start, count, maximum):
    """Numbers and their texts give the same window, with start at least 1 and count within bounds."""
    window = parse_window(str(start), str(count), default=10, maximum=maximum)
    assert window == parse_window(start, count, default=10, maximum=maximum)
    assert window.start == max(1, start)
    assert window.count == sorted((0, count, maximum))[1]


@given(PAYLOADS, st.text(max_size=20), st.floats(1, 1e12))
def test_a_sealed_payload_comes_back(payload, bound_to, expires):
    """open(seal(p)) == p before its time, in unreserved characters only."""
    text = SEAL.seal(payload, bound_to, expires)
    assert set(text) <= set(UNRESERVED)
    assert SEAL.open(text, bound_to, 0.0) == payload


@given(PAYLOADS, st.data())
def test_a_flipped_character_is_noticed(payload, data):
    """A cursor with any one character changed, dropped or added is invalidCursor."""
    text = SEAL.seal(payload, "query", 1.0)
    spot = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(UNRESERVED) | st.characters())
    forged = data.draw(
        st.sampled_from(
            [
                text[:spot] + other + text[spot + 1 :],
                text[:spot] + text[spot + 1 :],
                text[:spot] + other + text[spot:],
            ]
        )
    )
    if forged == text:
        assert SEAL.open(forged, "query", 0.0) == payload
        return
    with pytest.raises(InvalidCursor):
        SEAL.open(forged, "query", 0.0)


@given(st.text(max_size=80), st.text(max_size=5))
def test_no_text_opens_by_chance(text, bound_to):
    """A text from elsewhere is invalidCursor and no other exception."""
    with pytest.raises(InvalidCursor):
        SEAL.open(text, bound_to, 0.0)


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_cursor_opens_for_its_binding_only(one, other):
    """The binding is part of the signature."""
    text = SEAL.seal({"page": 1}, one, 1.0)
    if one == other:
        assert SEAL.open(text, other, 0.0) == {"page": 1}
        return
    with pytest.raises(InvalidCursor):
        SEAL.open(text, other, 0.0)
