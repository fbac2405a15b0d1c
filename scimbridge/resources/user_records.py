"""PingOne's records of users as a client may see them: where it may go, and with the groups that it may know of.

PingOne shows a user's groups for one user at a time, and then all of them. Knows nothing of what is written.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from scimbridge.once.locks import ChangeLocks
from scimbridge.pingone.collections import UserCollection as NativeUsers
from scimbridge.pingone.errors import NotThere
from scimbridge.reach.confinement import Confinement
from scimbridge.request.context import Ask
from scimbridge.request.parallel import Parallel
from scimbridge.resources.members.reading import Members

Record = dict[str, Any]
OF_GROUPS = {"memberOfGroupIDs": "id", "memberOfGroupNames": "name"}  # what a user includes, and where groups say it


class UserRecords:
    """Reads users. `include` names what a record shall have beside its own fields, in PingOne's words."""

    def __init__(self, users: NativeUsers, members: Members, together: Parallel, turns: ChangeLocks) -> None:
        self._users = users
        self._turns = turns
        self._members = members
        self._together = together

    def read(self, ask: Ask, key: str, include: tuple[str, ...] = ()) -> Record:
        """Return one record: a call, and one for the groups of a client that is confined. Raises `NotThere`."""
        within = Confinement.of(ask.caller, "users")
        if within.is_open:
            return self._users.read(ask.call, key, include)
        return self._with_groups(ask, within.check(self._users.read(ask.call, key)), include)

    def turn(self, ask: Ask, key: str) -> AbstractContextManager[None]:
        """Hold a user. Raises `NotThere` where others hold one that the client may not know of."""
        may_know_all = Confinement.of(ask.caller, "users").is_open
        return self._turns.of(ask, "user", key, lambda: may_know_all or self.read(ask, key))

    def complete(self, ask: Ask, records: list[Record], include: tuple[str, ...]) -> list[Record]:
        """Return the records of a list with what lists do not hold: a call for each.

        Raises `TooMany` before the first where they cannot end in time.
        """
        if not include:
            return records

        def read(record: Record) -> Record:
            try:
                return self._with_groups(ask, record, include)
            except NotThere:
                return record  # deleted since the page was read

        self._together.check_time(ask.call, len(records), "the groups of these users (excludedAttributes=groups)")
        return self._together.read(read, records)

    def _with_groups(self, ask: Ask, record: Record, include: tuple[str, ...]) -> Record:
        if not include:
            return record
        if Confinement.of(ask.caller, "groups").is_open:
            return self._users.read(ask.call, record["id"], include)
        groups = list(self._members.joined(ask, "users", record["id"]))
        return record | {name: [group[OF_GROUPS[name]] for group in groups] for name in include if name in OF_GROUPS}
