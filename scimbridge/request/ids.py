"""What an id of PingOne looks like: a UUID (docs/pingone.md §1.1).

What cannot be one is not even asked for: it names nothing, and it can reach no other path.
"""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,256}")


def is_id(text: str) -> bool:
    """Whether PingOne could have a resource of that id."""
    return UUID.fullmatch(text) is not None


def is_token(text: str) -> bool:
    """Whether this is a plain word, as the ids of other servers are, and neither a path nor a sentence."""
    return _TOKEN.fullmatch(text) is not None and set(text) != {"."}
