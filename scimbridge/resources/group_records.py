"""PingOne's records of groups as a client may see them: read where it may go, held for a change, with their members.

Knows nothing of what is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone import bodies
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.view import View
from scimbridge.resources.members.outcomes import MadeChanges
from scimbridge.sides import Native

Record = dict[str, Any]


class GroupRecords:
    """Reads and holds groups; `view` says what is shown of them."""

    def __init__(self, groups: ReachableRecords, view: View, turns: ChangeLocks) -> None:
        self._groups = groups
        self._view = view
        self._turns = turns
        links = view.table.links
        self.attribute = "" if links is None else links.attribute.name
        self._field = "" if links is None else links.rows[0].native

    def read(self, context: RequestContext, key: str) -> Native:
        """Return PingOne's record of a group where the client may go. Raises `NotThere` for any other."""
        return self._groups.read(context, key)

    def after(self, context: RequestContext, record: Native, made: MadeChanges) -> Native:
        """Return a record after membership changes, read again only where its counts are not certain."""
        if not made.certain:
            return self.read(context, record["id"])
        return bodies.recount(record, users=made.users, groups=made.groups)

    def turn(self, context: RequestContext, key: str) -> AbstractContextManager[None]:
        """Hold a group. Raises `NotThere` where others hold one that the client may not know of."""
        return self._turns.of(context, "group", key, lambda: self._groups.look(context, key))

    def wants_members(self, options: AnswerOptions) -> bool:
        """Whether the answer about a group is to have its members."""
        return bool(self.attribute) and self._view.projection(options).wants(self.attribute)

    def settled(self, context: RequestContext, record: Native, members: list[Record]) -> Native:
        """Return a record after a change with its members, who are all known: they count where PingOne's counts lag."""
        if (
            self._groups.is_open(context)
            and not bodies.is_dynamic(record)
            and all(member["type"] == "User" for member in members)
        ):
            record = bodies.counted(record, users=len(members), groups=0)
        return self.joined(record, members)

    def joined(self, record: Native, members: list[Record]) -> Native:
        """Return a record with its members."""
        return Native({**record, self._field: members})
