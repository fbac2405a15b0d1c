"""Letters without case: in pairs, as every directory folds them."""

from __future__ import annotations

import sys

import pytest

from scimbridge.scim.filtering.folding import fold, is_folded_alike

WAYS = (str.lower, str.upper, str.casefold, lambda text: text.upper().lower(), lambda text: text.lower().upper())


def test_every_way_agrees_on_a_pair():
    """Two letters that are one here are one to whoever folds, letter by letter, in any way."""
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if fold(letter) != letter and is_folded_alike(letter):
            assert all(way(letter) == way(fold(letter)) for way in WAYS), hex(code)


@pytest.mark.parametrize(("one", "other"), [("Émile", "éMILE"), ("ЖУК", "жук"), ("ΟΔΟΣ", "οδος"), ("Łuk", "łUK")])
def test_pairs(one, other):
    """Capital and small letters are one, the sigmas too."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("ß", "ss"), ("\u017f", "s"), ("\ufb01", "fi"), ("\u212a", "k"), ("İ", "i"), ("\u0131", "i")]
)
def test_no_pairs(one, other):
    """What directories disagree on is only itself."""
    assert fold(one) != fold(other)
    assert fold(one) == one
