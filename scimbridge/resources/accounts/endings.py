"""Sessions that end after a deactivation, where the table says so (`on_deactivate`).

The disable stands whether they end or not. What is still open is remembered, so that the same request sent again
finishes it, also where it finds the user inactive.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scimbridge.mapping.plan import Changes
from scimbridge.mapping.tables.table import END_SESSIONS, Table
from scimbridge.once.unfinished import Unfinished
from scimbridge.pingone.facets import ENABLED
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import Conflict
from scimbridge.sides import Native

ENDINGS = "sessions"  # what `Unfinished` keeps them under


class Endings:
    """What follows a deactivation. `unfinished` remembers whose sessions have still to end."""

    def __init__(self, reach: Reach, table: Table, unfinished: Unfinished) -> None:
        self._reach = reach
        self._wanted = END_SESSIONS in table.on_deactivate
        self._unfinished = unfinished

    def follow(self, changes: Changes) -> bool:
        """Whether the sessions are to end after a change."""
        return self._wanted and changes.facets.get(ENABLED.name) is False

    def resumed(self, changes: Changes, record: Native, wanted: Any) -> Changes:
        """Return the changes with the disable of an earlier try after which sessions were left, if it is asked again.

        `wanted` is what the client says of `enabled`.
        """
        if not self._wanted or wanted is not False or ENABLED.held(record) is not False:
            return changes
        if not self._unfinished.fields(record["id"]):
            return changes
        return replace(changes, facets={**changes.facets, ENABLED.name: False})

    def open(self, key: str) -> None:
        """Remember that sessions are to end."""
        self._unfinished.note(key, {END_SESSIONS: True})

    def end(self, context: RequestContext, key: str) -> None:
        """End the sessions. Raises PingOne's errors, and `Conflict` where new ones came each time."""
        if not self._reach.end_sessions(context, key).is_all:
            msg = "sessions were ended and new ones came each time; send the request again"
            raise Conflict(msg)
        self._unfinished.forget(key)
