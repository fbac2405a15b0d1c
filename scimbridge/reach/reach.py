"""One PingOne environment as its callers may go there: what the verbs are given instead of PingOne's collections."""

from __future__ import annotations

from collections.abc import Iterator

from scimbridge.pingone import sessions
from scimbridge.pingone.collections import quote_id
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.paging import Page
from scimbridge.pingone.send import Request, Response
from scimbridge.pingone.sessions import Ended
from scimbridge.pingone.target import Target
from scimbridge.reach.kept_filters import KeptFilters
from scimbridge.reach.memberships import ReachableMemberships
from scimbridge.reach.records import ReachableRecords, ReachableUsers
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native


class Reach:
    """The records of all kinds, and memberships: each method of theirs is given the request, and asks who calls."""

    def __init__(self, target: Target, filters: KeptFilters | None = None) -> None:
        """Without `filters` nobody is shown, or may write, a filter that a record keeps."""
        filters = filters or KeptFilters()
        self._target = target
        self.users = ReachableUsers(target.users, filters)
        self._records = {
            kind.collection: self.users if kind is USERS else ReachableRecords(target.of(kind.collection), filters)
            for kind in KINDS
        }
        self.groups = self.of(GROUPS.collection)
        self.populations = self.of(POPULATIONS.collection)
        self.memberships = ReachableMemberships(target.memberships, self.users, self.groups)

    def send(self, context: RequestContext, request: Request) -> Response:
        """Send a call about a record that the caller was held to, or about none. Raises PingOne's errors."""
        return self._target.send(request, context.call)

    def pages(self, context: RequestContext, request: Request, member: str) -> Iterator[Page]:
        """Yield the pages of what hangs on a record, or on none. Raises PingOne's errors."""
        return self._target.pages(context.call, request, member)

    def end_sessions(self, context: RequestContext, key: str) -> Ended:
        """End the sessions of a user whom the caller was held to. Raises PingOne's errors."""
        path = sessions.PATH.format(id=quote_id(key))

        def read() -> list[Native]:
            pages = self.pages(context, Request("GET", path), sessions.MEMBER)
            return [each for page in pages for each in page.records]

        return sessions.end_each(
            read, lambda each: self.send(context, Request("DELETE", f"{path}/{quote_id(each)}")), context.notes.came
        )

    def of(self, collection: str) -> ReachableRecords:
        """Return the records of one kind. Raises KeyError where no kind is kept in a collection of that name."""
        return self._records[collection]
