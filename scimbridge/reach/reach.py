"""One PingOne environment as its callers may go there: what the verbs are given instead of PingOne's collections."""

from __future__ import annotations

from scimbridge.pingone.target import Target
from scimbridge.reach.memberships import ReachableMemberships
from scimbridge.reach.records import ReachableRecords, ReachableUsers


class Reach:
    """users, groups, populations, memberships: each method of theirs is given the request, and asks who calls."""

    def __init__(self, target: Target) -> None:
        self.users = ReachableUsers(target.users)
        self.groups = ReachableRecords(target.groups)
        self.populations = ReachableRecords(target.populations)
        self.memberships = ReachableMemberships(target.memberships, self.users, self.groups)

    def of(self, kind: str) -> ReachableRecords:
        """Return users, groups or populations."""
        return {each.name: each for each in (self.users, self.groups, self.populations)}[kind]
