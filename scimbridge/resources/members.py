"""Members of groups: read by page, one group or several at a time; how they are changed is in `member_changes`.

PingOne has no member list under a group: the members are the users and groups that a filter on the group finds.
"""

from __future__ import annotations

from typing import Any

from scimbridge.mapping.links import Links
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_surely_empty
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.resources.ids import is_id
from scimbridge.resources.member_changes import COLLECTION, IN_FLIGHT, Made, MemberChanges, check_ids, leave_foreign
from scimbridge.resources.together import Together

__all__ = ["IN_FLIGHT", "Made", "Members", "check_ids", "leave_foreign"]

Record = dict[str, Any]


class Members:
    """The members of the groups of one environment."""

    def __init__(self, target: Target, together: Together, *, page_size: int) -> None:
        self._target = target
        self._changes = MemberChanges(target, together.pool)
        self._together = together
        self._page_size = page_size

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, call: Call, group: Record) -> list[Record]:
        """Return all members as `{"id", "type"}`: users, also through nesting and filters, and member groups."""
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        found = [{"id": key, "type": "User"} for key in self._ids(call, self._target.users, asked)]
        if direct_members(group)[1] != 0:
            found += [{"id": key, "type": "Group"} for key in self._ids(call, self._target.groups, asked)]
        return found

    def read_one_page(self, call: Call, group: Record) -> list[Record] | None:
        """Return all members where that costs one page of users, else None."""
        users, _groups = direct_members(group)
        if users is not None and users > self._page_size:
            return None
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        page = self._target.users.page(call, filter=asked, limit=self._page_size)
        if page.next is not None:
            return None
        found = [{"id": record["id"], "type": "User"} for record in page.records]
        if direct_members(group)[1] != 0:
            found += [{"id": key, "type": "Group"} for key in self._ids(call, self._target.groups, asked)]
        return found

    def read_each(self, call: Call, groups: list[Record]) -> list[list[Record]]:
        """Return the members of several groups. Raises `TooMany` where that cannot end in time."""
        calls = sum(self.pages(group) for group in groups)
        self._together.check_time(call, calls, "the members of these groups (excludedAttributes=members)")
        return self._together.read(lambda group: self.read(call, group), groups)

    def pages(self, group: Record) -> int:
        """Return how many calls it costs at least to read the members."""
        if is_surely_empty(group):
            return 0
        users, groups = direct_members(group)
        return max(1, -(-(users or 0) // self._page_size)) + (0 if groups == 0 else 1)

    def users_of(self, call: Call, group_id: str) -> frozenset[str]:
        """Return the ids of a group's users; none where there is no such group."""
        if not is_id(group_id):
            return frozenset()
        try:
            return frozenset(self._ids(call, self._target.users, native.render(native.MemberOf(group_id))))
        except NotThere:
            return frozenset()

    def groups_of(self, call: Call, member_id: str) -> list[Record]:
        """Return the groups that a user or group is in; none where there is no such member."""
        found: dict[str, Record] = {}
        if not is_id(member_id):
            return []
        for kind in COLLECTION.values():
            try:
                for page in self._target.memberships.of(call, kind, member_id, self._page_size):
                    for membership in page.records:
                        embedded = membership.get("_embedded")
                        whole = embedded.get("group") if isinstance(embedded, dict) else None
                        found[membership["id"]] = whole or self._target.groups.read(call, membership["id"])
            except NotThere:
                continue
            break  # an id is a user's or a group's
        return [found[key] for key in sorted(found)]

    def _ids(self, call: Call, collection: Collection, asked: str) -> list[str]:
        ids: dict[str, None] = {}
        for page in collection.pages(call, filter=asked, limit=self._page_size):
            ids.update(dict.fromkeys(record["id"] for record in page.records))
        return list(ids)

    # -- changing --------------------------------------------------------------------------------------------------

    def change(self, call: Call, group_id: str, links: Links, group: Record | None = None) -> Made:
        """Carry out membership changes, as `MemberChanges.make` says."""
        return self._changes.make(call, group_id, links, group)
