"""Who asks: a client as one frozen value that the resources take as an argument.

Made at the edge from the credentials; nothing behind the edge asks about credentials again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A client. `strict`: it is held to the letter of RFC 7644."""

    name: str
    strict: bool = False
