"""How hard a secret is to guess, as far as its text shows: a bound from above, in bits.

No text shows that it is random; many show that they are not: short, of few characters, repeated, in order, or a word
that stands in an example. Pure, and repeats nothing of what it is given.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

ENOUGH = 64.0
"""Bits below which a secret is called weak; 32 random hexadecimal digits have more."""
GUESSED = 40.0
"""Bits below which it falls to somebody who tries for an afternoon."""

_WORDS = (
    "password", "passwort", "passwd", "secret", "token", "bearer", "changeme", "change", "replace", "admin", "default",
    "example", "sample", "test", "demo", "dummy", "todo", "fixme", "here", "insert", "your", "scimbridge", "bridge",
    "scim", "pingone", "ping", "welcome", "letmein", "qwertyuiop", "qwertz", "qwerty", "asdfgh", "please", "long",
    "and", "make", "random", "value", "key", "my", "the", "me", "is", "a", "of", "client", "api", "super", "this",
)  # fmt: skip
_KNOWN = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)))


def estimate_bits(text: str) -> float:
    """Return how many bits of surprise a text has at most: of its characters, of their steps, of one repetition."""
    folded = _KNOWN.sub("", text.casefold())
    rest = re.sub(r"[^a-z0-9]+", "", folded)
    if len(rest) <= 6:  # noqa: PLR2004 - a word of an example, and perhaps a year behind it
        return 3.3 * len(rest)
    return min(_bits_of(text), _bits_of(rest))


def _bits_of(text: str) -> float:
    once = text[: _period(text)]
    steps = [ord(after) - ord(before) for before, after in pairwise(once)]
    return min(_surprise(once), _surprise(steps) + math.log2(128))


def _period(text: str) -> int:
    """Return the length of what a text repeats, its own where it repeats nothing."""
    lengths = range(1, len(text) // 2 + 1)
    return next((n for n in lengths if (text[:n] * (len(text) // n + 1)).startswith(text)), len(text))


def _surprise(marks: Sequence[object]) -> float:
    """Return Shannon's entropy of all marks together."""
    return -sum(count * math.log2(count / len(marks)) for count in Counter(marks).values())
