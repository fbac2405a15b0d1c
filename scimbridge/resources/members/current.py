"""Members of groups as they are: PingOne's lists with what the bridge changed of late over them, and their changes.

PingOne's lists lag behind what was written. How a change is carried out is in `member_changes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scimbridge.mapping.links import Links, Member
from scimbridge.pingone.bodies import is_dynamic
from scimbridge.pingone.errors import NotThere
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.request.parallel import Parallel
from scimbridge.resources.members.changes import MemberChanges
from scimbridge.resources.members.outcomes import COLLECTION, MadeChanges
from scimbridge.resources.members.own_changes import Laid, Recent
from scimbridge.resources.members.reading import Members
from scimbridge.sides import Native

Record = dict[str, Any]


class CurrentMembers:
    """The members of the groups of one environment; `lists` are PingOne's."""

    def __init__(self, reach: Reach, lists: Members, together: Parallel) -> None:
        self.lists = lists
        self._reach = reach
        self._changes = MemberChanges(reach, together.pool)
        self._together = together

    def read_laid(self, context: RequestContext, group: Native, own: Recent, seen: Iterable[str] = ()) -> Laid:
        """Return all members, with what the bridge changed of late over PingOne's list: calls as for `read`."""
        return self.lay(context, group, self.lists.read(context, self._counted(group, own)), own, seen)

    def lay(
        self, context: RequestContext, group: Native, listed: list[Record], own: Recent, seen: Iterable[str] = ()
    ) -> Laid:
        """Lay late changes of the bridge over a list of the group's members; `seen` are ids that the client may know.

        Costs a call for each member that PingOne shows although it was taken out, where it may be in through another
        group or a filter; and where a client is confined, one for each that it may not know of.
        """
        kept, hidden = frozenset[str](), frozenset[str]()
        out = own.listed_though_out(listed)
        if out and (is_dynamic(group) or any(member["type"] == "Group" for member in listed)):
            still = self._together.read(lambda member: self._is_in(context, group, member), out)
            kept = frozenset(member["id"] for member, stays in zip(out, still, strict=True) if stays)
        if not self._reach.users.is_open(context):
            known = frozenset(seen)
            unknown = [Member(key, kind or None) for key, kind in own.unlisted(listed).items() if key not in known]
            hidden = frozenset(member.id for member in unknown if not self._changes.is_visible(context, member))
        return own.lay(listed, bound=group.get("population") is not None, kept=kept, hidden=hidden)

    def _is_in(self, context: RequestContext, group: Native, member: Record) -> bool:
        try:
            self._reach.memberships.read(context, COLLECTION[member["type"]], member["id"], group["id"])
        except NotThere:
            return False
        return True

    def read_page_laid(
        self, context: RequestContext, group: Native, own: Recent, seen: Iterable[str]
    ) -> list[Record] | None:
        """Return what `read_laid` does where that costs one page of users, else None."""
        listed = self.lists.read_one_page(context, self._counted(group, own))
        return None if listed is None else self.lay(context, group, listed, own, seen).shown

    def _counted(self, group: Native, own: Recent) -> Native:
        """Return a group whose counts can be believed: with a member group come users that they do not show yet."""
        if not own.may_hold("Group"):
            return group
        return Native({name: value for name, value in group.items() if name != "directMemberCounts"})

    def change(
        self,
        context: RequestContext,
        group_id: str,
        links: Links,
        own: Recent,
        group: Native | None = None,
        laid: Laid | None = None,
    ) -> MadeChanges:
        """Carry out membership changes, as `MemberChanges.make` says; `laid`: the members that were read just now."""
        return self._changes.make(context, group_id, links, group, own, _ids_of(laid))

    def add(
        self, context: RequestContext, group: Native, links: Links, own: Recent, laid: Laid | None = None
    ) -> MadeChanges:
        """Add members to a group that is being created, as `MemberChanges.add` says."""
        return self._changes.add(context, group, links, own, _ids_of(laid))


def _ids_of(laid: Laid | None) -> frozenset[str] | None:
    return None if laid is None else frozenset(member["id"] for member in laid.listed)


def may_have_indirect(record: Native, members: list[Record] | None, made: MadeChanges) -> bool:
    """Whether members come and go with others, so that only reading them tells who is left after a change.

    With a member group its users come and go; and who is removed by hand may stay in through a filter or such a group.
    """
    nested = "Group" in made.kinds.values() or any(member.get("type") == "Group" for member in members or ())
    return nested or is_dynamic(record)
