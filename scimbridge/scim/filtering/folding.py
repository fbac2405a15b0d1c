"""Text without case: which letters are one letter (RFC 7643 §2.2 caseExact, RFC 7644 §3.4.2.2).

A filter may be evaluated here or by the directory, and must mean the same in both places. Directories fold case in
several ways: by small letters, by capitals, by one and then the other. They agree on pairs, as é and É, and on nothing
else: ß is SS or itself, the long s is s or itself, İ is i, i with a dot or itself. So pairs fold here, everything else
is only itself, and a directory's answer is at most wider. One letter needs more: Greek has two small sigmas, which mean
the same; text that holds one is compared here alone. Pure.
"""

from __future__ import annotations

_SIGMAS = "\u03a3\u03c3\u03c2"  # capital, small, small at the end of a word


class _Folded(dict[int, str]):
    """The folded form of each character that was met, by code point."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        small = "\u03c3" if character in _SIGMAS else character.lower()
        paired = len(small) == 1 and (small.upper() == character or character in _SIGMAS)
        self[code] = folded = small if paired else character
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Return the form in which texts are compared without case; as many characters as before."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)


def is_folded_alike(text: str) -> bool:
    """Whether every directory that compares without case finds with this text whatever it equals here."""
    return text.isascii() or not any(sigma in text for sigma in _SIGMAS)
