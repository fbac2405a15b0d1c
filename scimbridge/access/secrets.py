"""The secret of a client: how one is made, what it looks like, and the digest that is kept instead of it.

A secret reads `scb_<id>_<43 characters>`: the id finds the entry, the characters are 32 random bytes in base64url
(RFC 4648 section 5). Knows nothing of clients and of where digests stand. Why one SHA-256 is enough is told in
docs/decisions/0012.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

RANDOM_BYTES = 32
"""What nobody guesses: 256 bits."""
_ID_BYTES = 5  # eight characters of base32, none of them filling
_FORM = re.compile(r"scb_([a-z0-9]{1,32})_[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[a-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret just made: `text` is told once to whom it is for, `id` and `digest` are what is kept."""

    text: str = field(repr=False)
    id: str
    digest: bytes = field(repr=False)


def make_secret(random: Callable[[int], bytes]) -> NewSecret:
    """Make a secret; `random` gives so many bytes that nobody can foretell (`os.urandom`)."""
    name = base64.b32encode(random(_ID_BYTES)).decode("ascii").lower()
    text = f"scb_{name}_{base64.urlsafe_b64encode(random(RANDOM_BYTES)).decode('ascii').rstrip('=')}"
    return NewSecret(text, name, digest(text))


def parse_id(text: str) -> str | None:
    """Return the id that stands in a secret, or None where `text` has not the form of one."""
    found = _FORM.fullmatch(text)
    return found[1] if found else None


def is_id(text: str) -> bool:
    """Whether `text` can be the id of a secret."""
    return _ID.fullmatch(text) is not None


def digest(text: str) -> bytes:
    """Return the SHA-256 of the whole text as it is written, so that no second spelling of the same bytes fits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
