"""Memberships between users and groups that a caller may both know of; what it may not know of is in no group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scimbridge.pingone.memberships import Memberships, Outcome
from scimbridge.reach.confinement import OutOfReach
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native

__all__ = ["Outcome", "ReachableMemberships"]

Json = dict[str, Any]


class ReachableMemberships:
    """`kind` is "users" or "groups": who is the member. Both ends are held to where the caller may go."""

    def __init__(self, memberships: Memberships, users: ReachableRecords, groups: ReachableRecords) -> None:
        self._memberships = memberships
        self._ends = {"users": users, "groups": groups}
        self._groups = groups

    def add(self, context: RequestContext, kind: str, member_id: str, group_id: str) -> Outcome:
        """Make it a member. Raises as `Memberships.add` does."""
        self._hold(context, kind, member_id, group_id)
        return self._memberships.add(context.call, kind, member_id, group_id)

    def remove(self, context: RequestContext, kind: str, member_id: str, group_id: str) -> Outcome:
        """End the membership. Raises as `Memberships.remove` does."""
        self._hold(context, kind, member_id, group_id)
        return self._memberships.remove(context.call, kind, member_id, group_id)

    def read(self, context: RequestContext, kind: str, member_id: str, group_id: str) -> Json:
        """Return one membership. Raises `NotThere`."""
        self._hold(context, kind, member_id, group_id)
        return self._memberships.read(context.call, kind, member_id, group_id)

    def groups_of(self, context: RequestContext, kind: str, member_id: str, limit: int) -> Iterator[Native]:
        """Yield the groups that a member is in. Raises `NotThere` where there is none of that kind and id."""
        for _membership, group in self.of(context, kind, member_id, limit):
            yield group

    def of(self, context: RequestContext, kind: str, member_id: str, limit: int) -> Iterator[tuple[Native, Native]]:
        """Yield the memberships of a member, each with its group. Raises as `groups_of`."""
        self._ends[kind].hold(context, member_id)
        for page in self._memberships.of(context.call, kind, member_id, limit):
            for membership in page.records:
                embedded = membership.get("_embedded")
                whole = embedded.get("group") if isinstance(embedded, dict) else None
                try:
                    group = (
                        self._groups.check(context, whole) if whole else self._groups.read(context, membership["id"])
                    )
                except OutOfReach:
                    continue
                yield membership, group

    def _hold(self, context: RequestContext, kind: str, member_id: str, group_id: str) -> None:
        self._ends[kind].hold(context, member_id)
        self._groups.hold(context, group_id)
