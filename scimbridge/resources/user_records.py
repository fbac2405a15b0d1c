"""PingOne's records of users as a client may see them: where it may go, and with the groups that it may know of.

PingOne shows a user's groups for one user at a time, and then all of them. Knows nothing of what is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from scimbridge.once.change_marks import ChangeMarks
from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.kinds import USERS
from scimbridge.pingone.parts import GROUPS_OF_USER, Part
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.request.parallel import Parallel
from scimbridge.request.rights import check_shown
from scimbridge.resources.members.reading import Members
from scimbridge.scim.errors import PreconditionFailed
from scimbridge.sides import Native

OF_GROUPS = {"memberOfGroupIDs": "id", "memberOfGroupNames": "name"}  # what a user includes, and where groups say it
GROUP_IDS = "memberOfGroupIDs"

OF_MEMBERSHIPS = {"DIRECT": "direct", "INDIRECT": "indirect"}  # RFC 7643 §4.1.2


class UserRecords:
    """Reads users. `include` names what a record shall have beside its own fields: what PingOne includes, and parts."""

    def __init__(
        self, reach: Reach, members: Members, together: Parallel, turns: ChangeLocks, marks: ChangeMarks
    ) -> None:
        self._marks = marks
        self._reach = reach
        self._turns = turns
        self._members = members
        self._together = together

    def read(self, context: RequestContext, key: str, include: tuple[str, ...] = ()) -> Native:
        """Return one record: a call, one for the groups of a client that is confined, and one for each part.

        Raises `NotThere`, and `Forbidden` for a part that the client may not see.
        """
        parts, include = _split(include)
        check_shown(context.caller, (part.scope for part in parts))
        record = self._reach.users.read(context, key, include)
        record = record if self._reach.users.is_open(context) else self._with_groups(context, record, include)
        return self._with_parts(context, record, parts)

    def read_to_change(self, context: RequestContext, key: str, include: tuple[str, ...]) -> Native:
        """Return one record as `read` does, or the one that the request brings along, which costs no call.

        Raises `PreconditionFailed` where another request has changed that since it was read.
        """
        if context.known is None or include:
            return self.read(context, key, include)
        if self._marks.read([key]) != [context.known.mark]:
            msg = "another request has changed this resource since it was read; read it again"
            raise PreconditionFailed(msg)
        return self._reach.users.check(context, context.known.record)

    def read_before_end(self, context: RequestContext, key: str) -> Native:
        """Return one record as `read` does, with its groups where these cost no call more."""
        return self.read(context, key, (GROUP_IDS,) if self._reach.users.is_open(context) else ())

    def look(self, context: RequestContext, key: str) -> None:
        """Hold a client to where it may go: a call where it is confined. Raises `NotThere`."""
        self._reach.users.look(context, key)

    def turn(self, context: RequestContext, key: str) -> AbstractContextManager[None]:
        """Hold a user. Raises `NotThere` where others hold one that the client may not know of."""
        return self._turns.of(context, "user", key, lambda: self._reach.users.look(context, key))

    def complete(self, context: RequestContext, records: list[Native], include: tuple[str, ...]) -> list[Native]:
        """Return the records of a list with what lists do not hold: a call for each.

        Raises `TooMany` before the first where they cannot end in time.
        """
        if not include:
            return records
        parts, include = _split(include)
        check_shown(context.caller, (part.scope for part in parts))

        def read(record: Native) -> Native:
            try:
                return self._with_parts(context, self._with_groups(context, record, include), parts)
            except NotThere:
                return record  # deleted since the page was read

        calls = len(records) * (len(parts) + bool(include))
        self._together.check_time(context.call, calls, _told(parts, include))
        return self._together.read(read, records)

    def _with_parts(self, context: RequestContext, record: Native, parts: tuple[Part, ...]) -> Native:
        """Return a record with what reads of their own give, as if it stood there."""
        for part in parts:
            if part is GROUPS_OF_USER:
                held: Any = self._groups_of(context, record["id"])
            else:
                held = self._reach.users.read_part(context, record["id"], part.name)
            record = Native({**record, part.name: held})
        return record

    def _groups_of(self, context: RequestContext, key: str) -> list[dict[str, Any]]:
        """Return the groups of a user, and whether it is in them itself: an id and its name come from one record."""
        return [
            {"id": group["id"], "name": group.get("name"), "type": OF_MEMBERSHIPS.get(str(membership.get("type")))}
            for membership, group in self._members.memberships_of(context, "users", key)
        ]

    def _with_groups(self, context: RequestContext, record: Native, include: tuple[str, ...]) -> Native:
        if not include:
            return record
        if self._reach.groups.is_open(context):
            return self._reach.users.read(context, record["id"], include)
        groups = list(self._members.joined(context, "users", record["id"]))
        named = {name: [group[OF_GROUPS[name]] for group in groups] for name in include if name in OF_GROUPS}
        return Native({**record, **named})


def _split(include: tuple[str, ...]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Return what takes a read of its own, and what PingOne includes."""
    parts = tuple(part for part in USERS.parts if part.name in include)
    return parts, tuple(name for name in include if all(name != part.name for part in parts))


def _told(parts: tuple[Part, ...], include: tuple[str, ...]) -> str:
    """Return in words what costs a call for each user of a list."""
    if any(part is not GROUPS_OF_USER for part in parts):
        return "the states of these users' passwords (leave them out of `attributes`)"
    return "the groups of these users (excludedAttributes=groups)" if include else "the groups of these users"
