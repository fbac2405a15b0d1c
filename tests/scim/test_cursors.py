"""Sealed cursors."""

from __future__ import annotations

import string

import pytest

from scimbridge.scim.cursors import Seal
from scimbridge.scim.errors import ExpiredCursor, InvalidCursor

SEAL = Seal((b"first key", b"older key"))
PAYLOAD = {"page": 3, "mark": "ö/+?"}


def test_a_cursor_opens_to_its_payload():
    """What was sealed comes back, in unreserved characters of RFC 3986 only."""
    text = SEAL.seal(PAYLOAD, "query and client", 100.0)
    assert set(text) <= set(string.ascii_letters + string.digits + "-._~")
    assert SEAL.open(text, "query and client", 99.9) == PAYLOAD


def test_a_cursor_belongs_to_its_query_and_client():
    """The same cursor with another query is invalidCursor."""
    text = SEAL.seal(PAYLOAD, "one", 100.0)
    with pytest.raises(InvalidCursor):
        SEAL.open(text, "other", 0.0)


def test_a_cursor_expires():
    """From its time on it is expiredCursor (RFC 9865 §2.1), but a forged one is invalid at any time."""
    text = SEAL.seal(PAYLOAD, "one", 100.0)
    with pytest.raises(ExpiredCursor):
        SEAL.open(text, "one", 100.0)
    with pytest.raises(InvalidCursor):
        SEAL.open(text, "other", 100.0)


def test_keys_can_be_changed():
    """A cursor of an older key still opens, one of an unknown key does not, and the first key signs."""
    old = Seal((b"older key",)).seal(PAYLOAD, "one", 100.0)
    assert SEAL.open(old, "one", 0.0) == PAYLOAD
    assert Seal((b"first key",)).open(SEAL.seal(PAYLOAD, "one", 100.0), "one", 0.0) == PAYLOAD
    with pytest.raises(InvalidCursor):
        Seal((b"stranger",)).open(old, "one", 0.0)


@pytest.mark.parametrize("text", ["", "abc", "a", "!!!!", "ä", "A" * 20_000, "AAAA====", "AA\nAA"])
def test_any_other_text_is_invalid(text):
    """A text that was never sealed is invalidCursor and no other exception."""
    with pytest.raises(InvalidCursor):
        SEAL.open(text, "one", 0.0)


@pytest.mark.parametrize("keys", [(), (b"",), (b"key", b"")])
def test_a_seal_needs_keys(keys):
    """Without a key everybody could sign."""
    with pytest.raises(ValueError, match="key"):
        Seal(keys)


def test_a_cursor_needs_a_time_to_expire():
    """An endless cursor is refused when it is made."""
    with pytest.raises(ValueError, match="expire"):
        SEAL.seal(PAYLOAD, "one", float("inf"))


def test_keys_are_not_printed():
    """A seal in a log line shows no key."""
    assert "key" not in repr(SEAL).replace("keys", "")


def test_a_cursor_has_one_form():
    """Other spare bits in a last character, padding and foreign characters are invalidCursor."""
    text = SEAL.seal(PAYLOAD, "one", 100.0)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    others = [f"{text[:-1]}{letter}" for letter in alphabet if letter != text[-1]]
    for other in (*others, f"{text}=", f"{text}::", f"{text}\n", f" {text}", text.replace(".", ".."), f"{text}."):
        with pytest.raises(InvalidCursor):
            SEAL.open(other, "one", 0.0)
