"""User names that look the same are the same: PRECIS preparation and comparison (RFC 7644 §5, RFC 8265 §3).

The mappings of UsernameCasePreserved make the form that is written, those of UsernameCaseMapped the form that is
compared: full-width and half-width characters become plain ones, what was composed of several becomes one (NFC). Of
the profile's refusals none is made: names with spaces and symbols are in use, and clients would lose their people.
Pure; knows no attribute and no directory.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

_PLAIN_WIDTH = ("<wide>", "<narrow>")  # decompositions that PRECIS' width mapping undoes (RFC 8264 §5.2.1)
_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"


def prepare(name: str) -> str:
    """Return a name in its normal form, with its case as it is (RFC 8265 §3.4.1)."""
    return name if name.isascii() else unicodedata.normalize("NFC", "".join(map(_narrow, name)))


def comparable(name: str) -> str:
    """Return what two names that are the same have in common: the normal form in lower case (RFC 8265 §3.3.1).

    A sigma is one at the end of a word too, so that the beginning of a name is a beginning also in capitals.
    """
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", prepare(name).lower().replace("\N{GREEK SMALL LETTER FINAL SIGMA}", _SIGMA))


def forms(name: str) -> tuple[str, ...]:
    """Return the forms in which a directory may hold a name, the normal one first.

    Others may have written it decomposed (NFD), or as it was asked for. Most names have one form.
    """
    if name.isascii():
        return (name,)
    normal = prepare(name)
    return tuple(dict.fromkeys((normal, unicodedata.normalize("NFD", normal), name)))


def _narrow(character: str) -> str:
    kind, _space, plain = unicodedata.decomposition(character).partition(" ")
    return "".join(chr(int(code, 16)) for code in plain.split()) if kind in _PLAIN_WIDTH else character


@dataclass(frozen=True, slots=True)
class Profile:
    """How the texts of an attribute are written, compared and looked for."""

    prepare: Callable[[str], str]
    comparable: Callable[[str], str]
    forms: Callable[[str], tuple[str, ...]]


USERNAME = Profile(prepare, comparable, forms)
