"""What a JWT says of itself, before anything of it is believed.

Needed to choose who has to vouch for it; nothing that is read here proves anything.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any

LONGEST = 16 * 1024
"""Characters; a longer text is no token of anybody's."""

_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Said:
    """The header and the claims of a JWT (RFC 7519 §3), unproven."""

    header: dict[str, Any] = field(repr=False)
    claims: dict[str, Any] = field(repr=False)

    @property
    def issuer(self) -> str | None:
        """Who is said to have issued it."""
        issuer = self.claims.get("iss")
        return issuer if isinstance(issuer, str) else None

    @property
    def algorithm(self) -> str | None:
        """How it is said to be signed."""
        name = self.header.get("alg")
        return name if isinstance(name, str) else None

    @property
    def is_extended(self) -> bool:
        """Whether it demands to be understood in a way that is not ours (RFC 7515 §4.1.11, RFC 7797 §7)."""
        return "crit" in self.header or "b64" in self.header


def look_at(token: str) -> Said | None:
    """Return what a text says if it has the form of a signed JWT, else None."""
    form = _COMPACT.fullmatch(token) if len(token) <= LONGEST else None
    if form is None:
        return None
    header, claims = _object(form[1]), _object(form[2])
    return None if header is None or claims is None else Said(header, claims)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
