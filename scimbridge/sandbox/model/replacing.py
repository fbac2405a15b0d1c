"""What a PUT of a group or population may not carry, and what it has to (docs/pingone.md §4.4, §5).

Knows the switches; the fields that a PUT sets are told by groups.py and populations.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimbridge.sandbox.http.errors import invalid_value
from scimbridge.sandbox.trouble.switches import ADDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scimbridge.sandbox.store.records import Json
    from scimbridge.sandbox.trouble.switches import Switches


def check_read_only(switches: Switches, body: Json, names: Iterable[str]) -> None:
    """Refuse members that only PingOne writes, where that is how it reads a PUT. Raises ApiError 400."""
    if switches.read_only_in_put == "refuse":
        for name in names:
            if name in body:
                raise invalid_value(name, "is read-only")


def added_field(switches: Switches, old: Json, body: Json) -> Json:
    """Return what a PUT leaves of the member that no document has. Raises ApiError 400 where it cannot be written."""
    if switches.added_field == "read_only":
        if ADDED in body:
            raise invalid_value(ADDED, "is read-only")
        return {ADDED: old[ADDED]} if ADDED in old else {}
    return {ADDED: body[ADDED]} if ADDED in body else {}
