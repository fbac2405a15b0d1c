"""Members of groups: read by page, one group or several at a time; how they are changed is in `member_changes`.

PingOne has no member list under a group: the members are the users and groups that a filter on the group finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scimbridge.mapping.links import Links
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_surely_empty
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.target import Target
from scimbridge.resources.ask import Ask
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.ids import is_id
from scimbridge.resources.member_changes import IN_FLIGHT, Made, MemberChanges, check_ids, leave_foreign
from scimbridge.resources.together import Together

__all__ = ["IN_FLIGHT", "Made", "Members", "check_ids", "leave_foreign", "only_needed", "settled"]

Record = dict[str, Any]


class Members:
    """The members of the groups of one environment, as far as the client that asks may go."""

    def __init__(self, target: Target, together: Together, *, page_size: int) -> None:
        self._target = target
        self._changes = MemberChanges(target, together.pool)
        self._together = together
        self._page_size = page_size

    # -- reading ---------------------------------------------------------------------------------------------------

    def read(self, ask: Ask, group: Record) -> list[Record]:
        """Return all members as `{"id", "type"}`: users, also through nesting and filters, and member groups."""
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        found = [{"id": key, "type": "User"} for key in self._ids(ask, self._target.users, asked)]
        return found + self._groups_in(ask, group, asked)

    def read_one_page(self, ask: Ask, group: Record) -> list[Record] | None:
        """Return all members where that costs one page of users, else None."""
        users, _groups = direct_members(group)
        if users is not None and users > self._page_size:
            return None
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        page = self._target.users.page(ask.call, filter=asked, limit=self._page_size)
        if page.next is not None:
            return None
        page = Confinement.of(ask.caller, "users").cut(page)
        return [{"id": record["id"], "type": "User"} for record in page.records] + self._groups_in(ask, group, asked)

    def _groups_in(self, ask: Ask, group: Record, asked: str) -> list[Record]:
        if direct_members(group)[1] == 0:
            return []
        return [{"id": key, "type": "Group"} for key in self._ids(ask, self._target.groups, asked)]

    def read_each(self, ask: Ask, groups: list[Record]) -> list[list[Record]]:
        """Return the members of several groups. Raises `TooMany` where that cannot end in time."""
        calls = sum(self.pages(group) for group in groups)
        self._together.check_time(ask.call, calls, "the members of these groups (excludedAttributes=members)")
        return self._together.read(lambda group: self.read(ask, group), groups)

    def pages(self, group: Record) -> int:
        """Return how many calls it costs at least to read the members."""
        if is_surely_empty(group):
            return 0
        users, groups = direct_members(group)
        return max(1, -(-(users or 0) // self._page_size)) + (0 if groups == 0 else 1)

    def shows_group(self, ask: Ask, group_id: str) -> bool:
        """Whether the client may know of a group; a call where it is confined to populations, else none."""
        within = Confinement.of(ask.caller, "groups")
        if within.is_open:
            return True
        try:
            return is_id(group_id) and within.keeps(self._target.groups.read(ask.call, group_id))
        except NotThere:
            return False

    def users_of(self, ask: Ask, group_id: str) -> frozenset[str]:
        """Return the ids of a group's users; none where there is no such group."""
        if not is_id(group_id) or not self.shows_group(ask, group_id):
            return frozenset()
        try:
            return frozenset(self._ids(ask, self._target.users, native.render(native.MemberOf(group_id))))
        except NotThere:
            return frozenset()

    def groups_of(self, ask: Ask, member_id: str) -> list[Record]:
        """Return the groups that a user or group is in; none where there is no such member."""
        found: dict[str, Record] = {}
        if not is_id(member_id):
            return []
        for kind, collection in (("users", self._target.users), ("groups", self._target.groups)):
            within = Confinement.of(ask.caller, kind)
            try:
                if not within.is_open:
                    within.check(collection.read(ask.call, member_id))
                found.update((group["id"], group) for group in self.joined(ask, kind, member_id))
            except NotThere:
                continue
            break  # an id is a user's or a group's
        return [found[key] for key in sorted(found)]

    def joined(self, ask: Ask, kind: str, member_id: str) -> Iterator[Record]:
        """Yield the groups that a member out of users or groups is in. Raises `NotThere` where there is none of it."""
        within = Confinement.of(ask.caller, "groups")
        for page in self._target.memberships.of(ask.call, kind, member_id, self._page_size):
            for membership in page.records:
                embedded = membership.get("_embedded")
                whole = embedded.get("group") if isinstance(embedded, dict) else None
                group = whole or self._target.groups.read(ask.call, membership["id"])
                if within.keeps(group):
                    yield group

    def _ids(self, ask: Ask, collection: Collection, asked: str) -> list[str]:
        within = Confinement.of(ask.caller, collection.name)
        ids: dict[str, None] = {}
        for page in collection.pages(ask.call, filter=asked, limit=self._page_size):
            ids.update(dict.fromkeys(record["id"] for record in within.cut(page).records))
        return list(ids)

    # -- changing --------------------------------------------------------------------------------------------------

    def change(
        self,
        ask: Ask,
        group_id: str,
        links: Links,
        group: Record | None = None,
        members: Iterable[Record] | None = None,
    ) -> Made:
        """Carry out membership changes, as `MemberChanges.make` says; `members` are those that were read just now."""
        return self._changes.make(ask, group_id, links, group, frozenset(member["id"] for member in members or ()))


def only_needed(links: Links, members: list[Record]) -> Links:
    """Return the changes that members who were read leave to be made."""
    held = {member["id"] for member in members}
    return Links(
        tuple(member for member in links.add if member.id not in held),
        tuple(member for member in links.remove if member.id in held),
    )


def settled(record: Record, members: list[Record] | None, links: Links, made: Made) -> list[Record] | None:
    """Return the members of a group after changes, or None where only reading them can tell.

    With a member group its users come and go; and who is removed by hand may stay in through a filter or such a group.
    """
    if members is None or not links:
        return members
    nested = "Group" in made.kinds.values() or any(member["type"] == "Group" for member in members)
    if nested or record.get("userFilter"):
        return None
    gone = {member.id for member in links.remove}
    kept = [member for member in members if member["id"] not in gone]
    return kept + [{"id": member.id, "type": made.kinds[member.id]} for member in links.add]
