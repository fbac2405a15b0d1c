"""PingOne's records of groups as a client may see them: read where it may go, held for a change, with their members.

Knows nothing of what is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone import bodies
from scimbridge.pingone.collections import Collection
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask
from scimbridge.request.view import View
from scimbridge.resources.members.outcomes import MadeChanges

Record = dict[str, Any]


class GroupRecords:
    """Reads and holds groups; `view` says what is shown of them."""

    def __init__(self, groups: Collection, view: View, turns: ChangeLocks) -> None:
        self._groups = groups
        self._view = view
        self._turns = turns
        links = view.table.links
        self.attribute = "" if links is None else links.attribute.name
        self._field = "" if links is None else links.rows[0].native

    def read(self, ask: Ask, key: str) -> Record:
        """Return PingOne's record of a group where the client may go. Raises `NotThere` for any other."""
        return Confinement.of(ask.caller, "groups").check(self._groups.read(ask.call, key))

    def after(self, ask: Ask, record: Record, made: MadeChanges) -> Record:
        """Return a record after membership changes, read again only where its counts are not certain."""
        if not made.certain:
            return self.read(ask, record["id"])
        return bodies.recount(record, users=made.users, groups=made.groups)

    def turn(self, ask: Ask, key: str) -> AbstractContextManager[None]:
        """Hold a group. Raises `NotThere` where others hold one that the client may not know of."""
        may_know_all = Confinement.of(ask.caller, "groups").is_open
        return self._turns.of(ask, "group", key, lambda: may_know_all or self.read(ask, key))

    def wants_members(self, ask: Ask) -> bool:
        """Whether the answer about a group is to have its members."""
        return bool(self.attribute) and self._view.projection(ask).wants(self.attribute)

    def settled(self, ask: Ask, record: Record, members: list[Record]) -> Record:
        """Return a record after a change with its members, who are all known: they count where PingOne's counts lag."""
        every = all(Confinement.of(ask.caller, kind).is_open for kind in ("users", "groups"))
        if every and not record.get("userFilter") and all(member["type"] == "User" for member in members):
            record = bodies.counted(record, users=len(members), groups=0)
        return self.joined(record, members)

    def joined(self, record: Record, members: list[Record]) -> Record:
        """Return a record with its members."""
        return {**record, self._field: members}
