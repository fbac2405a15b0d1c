"""Members of groups: read by page, one group or several at a time; how they are changed is in `member_changes`.

PingOne has no member list under a group: the members are the users and groups that a filter on the group finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_surely_empty
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.target import Target
from scimbridge.resources.ask import Ask
from scimbridge.resources.confinement import Confinement
from scimbridge.resources.ids import is_id
from scimbridge.resources.member_changes import IN_FLIGHT, MemberChanges, check_ids, leave_foreign
from scimbridge.resources.member_outcomes import COLLECTION, KIND, Made
from scimbridge.resources.own_memberships import Laid, Recent
from scimbridge.resources.together import Together

__all__ = ["IN_FLIGHT", "Made", "Members", "check_ids", "leave_foreign", "may_have_indirect"]

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

    def read_laid(self, ask: Ask, group: Record, own: Recent, seen: Iterable[str] = ()) -> Laid:
        """Return all members, with what the bridge changed of late over PingOne's list: calls as for `read`."""
        return self.lay(ask, group, self.read(ask, self._counted(group, own)), own, seen)

    def lay(self, ask: Ask, group: Record, listed: list[Record], own: Recent, seen: Iterable[str] = ()) -> Laid:
        """Lay late changes of the bridge over a list of the group's members; `seen` are ids that the client may know.

        Costs a call for each member that PingOne shows although it was taken out, where it may be in through another
        group or a filter; and where a client is confined, one for each that it may not know of.
        """
        kept, hidden = frozenset[str](), frozenset[str]()
        out = own.listed_though_out(listed)
        if out and (group.get("userFilter") or any(member["type"] == "Group" for member in listed)):
            still = self._together.read(lambda member: self._is_in(ask, group, member), out)
            kept = frozenset(member["id"] for member, stays in zip(out, still, strict=True) if stays)
        if not all(Confinement.of(ask.caller, kind).is_open for kind in KIND):
            known = frozenset(seen)
            unknown = [Member(key, kind or None) for key, kind in own.unlisted(listed).items() if key not in known]
            hidden = frozenset(member.id for member in unknown if not self._changes.is_visible(ask, member))
        return own.lay(listed, bound=group.get("population") is not None, kept=kept, hidden=hidden)

    def _is_in(self, ask: Ask, group: Record, member: Record) -> bool:
        try:
            self._target.memberships.read(ask.call, COLLECTION[member["type"]], member["id"], group["id"])
        except NotThere:
            return False
        return True

    def read_page_laid(self, ask: Ask, group: Record, own: Recent, seen: Iterable[str]) -> list[Record] | None:
        """Return what `read_laid` does where that costs one page of users, else None."""
        listed = self.read_one_page(ask, self._counted(group, own))
        return None if listed is None else self.lay(ask, group, listed, own, seen).shown

    def _counted(self, group: Record, own: Recent) -> Record:
        """Return a group whose counts can be believed: with a member group come users that they do not show yet."""
        if not own.may_hold("Group"):
            return group
        return {name: value for name, value in group.items() if name != "directMemberCounts"}

    def has_others(self, ask: Ask, group: Record, members: Iterable[Member]) -> bool:
        """Whether a group has direct members besides these, also where PingOne does not say.

        Reads as far as the first of them.
        """
        ours = {member.id.lower() for member in members}
        asked = native.render(native.MemberOf(group["id"], direct=True))
        try:
            return any(
                record["id"] not in ours
                for collection in (self._target.users, self._target.groups)
                for page in collection.pages(ask.call, filter=asked, limit=self._page_size)
                for record in page.records
            )
        except Refused:
            return True

    def change(
        self, ask: Ask, group_id: str, links: Links, own: Recent, group: Record | None = None, laid: Laid | None = None
    ) -> Made:
        """Carry out membership changes, as `MemberChanges.make` says; `laid`: the members that were read just now."""
        return self._changes.make(ask, group_id, links, group, own, _ids_of(laid))

    def add(self, ask: Ask, group: Record, links: Links, own: Recent, laid: Laid | None = None) -> Made:
        """Add members to a group that is being created, as `MemberChanges.add` says."""
        return self._changes.add(ask, group, links, own, _ids_of(laid))


def _ids_of(laid: Laid | None) -> frozenset[str] | None:
    return None if laid is None else frozenset(member["id"] for member in laid.listed)


def may_have_indirect(record: Record, members: list[Record] | None, made: Made) -> bool:
    """Whether members come and go with others, so that only reading them tells who is left after a change.

    With a member group its users come and go; and who is removed by hand may stay in through a filter or such a group.
    """
    nested = "Group" in made.kinds.values() or any(member.get("type") == "Group" for member in members or ())
    return nested or bool(record.get("userFilter"))
