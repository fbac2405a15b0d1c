from __future__ import annotations

import base64
import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.access.secrets import digest, is_id, make_secret, parse_id


def test_a_secret_is_32_random_bytes_behind_its_id():
    """What is made depends on the random bytes alone, and all 32 of them stand in it."""
    asked = []

    def random(size):
        asked.append(size)
        return bytes(range(size))

    made = make_secret(random)
    assert asked == [5, 32]
    assert made.text == f"scb_{made.id}_{base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip('=')}"
    assert len(made.text.rpartition("_")[2]) == 43
    assert made.digest == hashlib.sha256(made.text.encode()).digest()


@given(st.binary(min_size=5, max_size=5), st.binary(min_size=32, max_size=32))
def test_the_id_is_read_back_whatever_the_bytes(name, rest):
    """Every secret has the form of one, also where its characters hold underscores and hyphens."""
    made = make_secret(lambda size: name if size == 5 else rest)
    assert parse_id(made.text) == made.id
    assert is_id(made.id)
    assert made.text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scb_",
        "scb_a_",
        *(f"scb_{name}_{'x' * 43}" for name in ("", "A", "a-", "a" * 33, "ä")),
        *(f"scb_a_{'x' * length}" for length in (42, 44)),
        *(form.format(f"scb_a_{'x' * 43}") for form in (" {}", "{} ", "{}\n", "\n{}")),
        f"SCB_a_{'x' * 43}",
        f"scb_a_{'x' * 42}=",
    ],
)
def test_what_has_another_form_has_no_id(text):
    """Only the whole form gives an id."""
    assert parse_id(text) is None


def test_neither_secret_nor_digest_is_in_the_representation():
    """A traceback or a log that shows what was made shows its id only."""
    made = make_secret(os.urandom)
    assert made.id in repr(made)
    assert made.text not in repr(made)
    assert made.digest.hex() not in repr(made)
    assert repr(made.digest) not in repr(made)


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_every_text_has_a_digest_of_its_own(one, other):
    """No text breaks the digest, and different texts have different ones."""
    assert (digest(one) == digest(other)) == (one == other)
