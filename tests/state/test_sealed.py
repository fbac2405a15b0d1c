"""Sealed values: what stands in the shared state says nothing and cannot be forged."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.state.memory import MemoryState
from scimbridge.state.sealed import Sealed

KEY = bytes(range(32))


@pytest.fixture
def inner():
    return MemoryState(time.monotonic)


@pytest.fixture
def sealed(inner):
    return Sealed(inner, KEY)


@given(st.text(max_size=20), st.binary(max_size=200))
def test_what_is_kept_is_given_back(key, value):
    """Any value under any key comes back as it was, and does not stand where it is kept."""
    inner = MemoryState(time.monotonic)
    sealed = Sealed(inner, KEY)
    sealed.set(key, value, 10)
    assert sealed.get(key) == value
    assert sealed.get_many([key, "other" + key]) == [value, None]
    held = inner.get(key)
    assert held != value
    assert len(value) < 4 or value not in held


@pytest.mark.parametrize("forged", [b"", b"1", b"x" * 11, b"x" * 12, b"x" * 60])
def test_what_others_wrote_is_not_there(inner, sealed, forged):
    """A value that no node of this bridge wrote counts as none."""
    inner.set("k", forged, 10)
    assert sealed.get("k") is None


def test_a_value_is_bound_to_its_key_and_to_the_seal(inner, sealed):
    """A value that is moved to another key, or sealed by another bridge, counts as none."""
    sealed.set("mine", b"v", 10)
    inner.set("yours", inner.get("mine"), 10)
    assert sealed.get("yours") is None
    assert Sealed(inner, bytes(32)).get("mine") is None


def test_the_same_value_looks_different_each_time(inner, sealed):
    """Nobody can tell that a value was written again."""
    sealed.set("k", b"v", 10)
    first = inner.get("k")
    sealed.set("k", b"v", 10)
    assert inner.get("k") != first
