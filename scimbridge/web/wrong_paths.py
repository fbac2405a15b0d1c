"""What may be said in the log of a path that leads nowhere: its first words, and nothing that could be somebody's.

An operator sees by them which base URL a client was given. A path may hold a user name, an id or a secret; so a word is
shown only where it looks like one of an API's, the second only where it is one that SCIM clients send, and `*` stands
for every other.
"""

from __future__ import annotations

import re

from scimbridge.pingone.kinds import KINDS

SHOWN = 2
"""How many parts of a path are shown; what follows them is `...`."""
PREFIX = ("scim", "v2")
_WORD = re.compile(r"[A-Za-z]{1,16}\d?")
_VERSION = re.compile(r"v?\d(?:\.\d)?", re.IGNORECASE)
_KNOWN = frozenset(
    {kind.collection.lower() for kind in KINDS}
    | {"scim", "scim2", "api", "rest", "bulk", "me", "self", "schemas", "resourcetypes", "serviceproviderconfig"}
    | {"serviceproviderconfigs", ".search", ".well-known", "oauth2", "token", "health", "metrics", "openapi.json"}
    | {"roles", "entitlements", "devices", "agents", "user", "group", "live", "ready"}
)


def clean(path: str) -> str:
    """Return the first parts of a path; below /scim/v2 those that follow it."""
    parts = [part for part in path.split("/") if part]
    start = len(PREFIX) if tuple(part.lower() for part in parts[: len(PREFIX)]) == PREFIX else 0
    shown = parts[:start]
    for place, part in enumerate(parts[start : start + SHOWN]):
        is_shown = _is_known(part) or (place == 0 and _WORD.fullmatch(part) is not None)
        shown.append(part if is_shown else "*")
    if len(parts) > start + SHOWN:
        shown.append("...")
    return "/" + "/".join(shown)


def _is_known(part: str) -> bool:
    return part.lower() in _KNOWN or _VERSION.fullmatch(part) is not None
