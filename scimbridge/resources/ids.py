"""What an id of PingOne looks like: a UUID (reference.md §1.1).

What cannot be one is not even asked for: it names nothing, and it can reach no other path.
"""

from __future__ import annotations

import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_id(text: str) -> bool:
    """Whether PingOne could have a resource of that id."""
    return _UUID.fullmatch(text) is not None
