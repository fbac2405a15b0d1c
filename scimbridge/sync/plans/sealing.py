"""The seal of a plan: a hash of all its lines, and a MAC of that by a secret that only the bridge has. Pure.

The hash tells what was cut, edited or appended by accident; the MAC tells what somebody else wrote.
"""

from __future__ import annotations

import hashlib
import hmac

from scimbridge.sync.plans.lines import PlanEnd

_PURPOSE = "scimbridge plan 1"


class Sealing:
    """Takes head and lines, as bytes, in their order, and ends with what stands in the end line."""

    __slots__ = ("_hash", "_lines")

    def __init__(self, head: bytes) -> None:
        self._hash = hashlib.sha256(head)
        self._lines = 0

    def add(self, line: bytes) -> None:
        """Take the next line of a change."""
        self._hash.update(line)
        self._lines += 1

    @property
    def lines(self) -> int:
        """How many lines there were, the head not counted."""
        return self._lines

    @property
    def digest(self) -> str:
        """The hash of all that was taken, in hex."""
        return self._hash.hexdigest()

    def end(self, secret: bytes) -> PlanEnd:
        """Return the end."""
        return PlanEnd(self._lines, self.digest, make_mac(secret, self._lines, self.digest))


def make_mac(secret: bytes, lines: int, digest: str) -> str:
    """Return the MAC of a plan with so many lines and this hash, in hex."""
    return hmac.digest(secret, f"{_PURPOSE}\n{lines}\n{digest}".encode(), "sha256").hex()


def is_sealed_by(secret: bytes, end: PlanEnd) -> bool:
    """Whether who holds this secret made this end."""
    return hmac.compare_digest(make_mac(secret, end.lines, end.digest).encode(), end.mac.encode())
