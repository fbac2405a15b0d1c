"""PingOne's records of users as a client may see them: where it may go, and with the groups that it may know of.

PingOne shows a user's groups for one user at a time, and then all of them. Knows nothing of what is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone.errors import NotThere
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.request.parallel import Parallel
from scimbridge.resources.members.reading import Members
from scimbridge.sides import Native

OF_GROUPS = {"memberOfGroupIDs": "id", "memberOfGroupNames": "name"}  # what a user includes, and where groups say it
GROUP_IDS = "memberOfGroupIDs"


class UserRecords:
    """Reads users. `include` names what a record shall have beside its own fields, in PingOne's words."""

    def __init__(self, reach: Reach, members: Members, together: Parallel, turns: ChangeLocks) -> None:
        self._reach = reach
        self._turns = turns
        self._members = members
        self._together = together

    def read(self, context: RequestContext, key: str, include: tuple[str, ...] = ()) -> Native:
        """Return one record: a call, and one for the groups of a client that is confined. Raises `NotThere`."""
        record = self._reach.users.read(context, key, include)
        return record if self._reach.users.is_open(context) else self._with_groups(context, record, include)

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

        def read(record: Native) -> Native:
            try:
                return self._with_groups(context, record, include)
            except NotThere:
                return record  # deleted since the page was read

        self._together.check_time(context.call, len(records), "the groups of these users (excludedAttributes=groups)")
        return self._together.read(read, records)

    def _with_groups(self, context: RequestContext, record: Native, include: tuple[str, ...]) -> Native:
        if not include:
            return record
        if self._reach.groups.is_open(context):
            return self._reach.users.read(context, record["id"], include)
        groups = list(self._members.joined(context, "users", record["id"]))
        named = {name: [group[OF_GROUPS[name]] for group in groups] for name in include if name in OF_GROUPS}
        return Native({**record, **named})
