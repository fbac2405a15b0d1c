"""Members of groups as PingOne lists them: read by page, one group or several at a time.

PingOne has no member list under a group: the members are the users and groups that a filter on the group finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.links import Member
from scimbridge.pingone import filters as native
from scimbridge.pingone.bodies import direct_members, is_surely_empty
from scimbridge.pingone.errors import NotThere, Refused
from scimbridge.pingone.send import Call
from scimbridge.reach.reach import Reach
from scimbridge.reach.records import ReachedPage
from scimbridge.reach.unconfined import Unconfined
from scimbridge.request.context import RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.parallel import Parallel
from scimbridge.resources.members.outcomes import KIND
from scimbridge.sides import Native

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _ReadMembers:
    """Members that a client sees, and of each kind how many came of how many that the group says it has."""

    members: list[Record]
    numbers: list[tuple[str, int, int | None]]

    def __add__(self, other: _ReadMembers) -> _ReadMembers:
        return _ReadMembers(self.members + other.members, self.numbers + other.numbers)


class Members:
    """The members of the groups of one environment, as far as the client that asks may go.

    No record shows whether it is a member, so `check_numbers` is told for each kind how many came of how many that
    groups say they have, and raises where PingOne does not mind the filter.
    """

    def __init__(
        self,
        reach: Reach,
        whole: Unconfined,
        together: Parallel,
        check_numbers: Callable[[Call, str, list[tuple[int, int | None]]], None],
        *,
        page_size: int,
    ) -> None:
        self._reach = reach
        self._whole = whole
        self._together = together
        self._check_numbers = check_numbers
        self._page_size = page_size

    def read(self, context: RequestContext, group: Native) -> list[Record]:
        """Return all members as `{"id", "type"}`: users, also through nesting and filters, and member groups."""
        return self._held_to_filter(context, [self._read(context, group)])[0]

    def _read(self, context: RequestContext, group: Native) -> _ReadMembers:
        if is_surely_empty(group):
            return _ReadMembers([], [])
        asked = native.render(native.MemberOf(group["id"]))
        users, groups = direct_members(group)
        found = self._ids(context, "users", asked, users)
        return found if groups == 0 else found + self._ids(context, "groups", asked, groups)

    def _held_to_filter(self, context: RequestContext, answers: list[_ReadMembers]) -> list[list[Record]]:
        """Return the members in answers. Raises `Misconfigured` where these may be everybody."""
        for kind in KIND:
            numbers = [(came, expected) for answer in answers for of, came, expected in answer.numbers if of == kind]
            self._check_numbers(context.call, kind, numbers)
        return [answer.members for answer in answers]

    def read_one_page(self, context: RequestContext, group: Native) -> list[Record] | None:
        """Return all members where that costs one page of users, else None."""
        users, _groups = direct_members(group)
        if users is not None and users > self._page_size:
            return None
        if is_surely_empty(group):
            return []
        asked = native.render(native.MemberOf(group["id"]))
        page = self._reach.users.page(context, filter=asked, limit=self._page_size)
        if page.page.next is not None:
            return None
        answer = _ReadMembers(_seen("users", page), [("users", page.records, users)])
        if direct_members(group)[1] != 0:
            answer += self._ids(context, "groups", asked, direct_members(group)[1])
        return self._held_to_filter(context, [answer])[0]

    def read_each(self, context: RequestContext, groups: list[Native]) -> list[list[Record]]:
        """Return the members of several groups. Raises `TooMany` where that cannot end in time."""
        calls = sum(self.pages(group) for group in groups)
        self._together.check_time(context.call, calls, "the members of these groups (excludedAttributes=members)")
        return self._held_to_filter(context, self._together.read(lambda group: self._read(context, group), groups))

    def pages(self, group: Native) -> int:
        """Return how many calls it costs at least to read the members."""
        if is_surely_empty(group):
            return 0
        users, groups = direct_members(group)
        return max(1, -(-(users or 0) // self._page_size)) + (0 if groups == 0 else 1)

    def shows_group(self, context: RequestContext, group_id: str) -> bool:
        """Whether the client may know of a group; a call where it is confined to populations, else none."""
        if self._reach.groups.is_open(context):
            return True
        if not is_id(group_id):
            return False
        try:
            self._reach.groups.look(context, group_id)
        except NotThere:
            return False
        return True

    def users_of(self, context: RequestContext, group_id: str) -> frozenset[str]:
        """Return the ids of a group's users; none where there is no such group."""
        if not is_id(group_id) or not self.shows_group(context, group_id):
            return frozenset()
        try:
            found = self._ids(context, "users", native.render(native.MemberOf(group_id)), None)
        except NotThere:
            return frozenset()
        [members] = self._held_to_filter(context, [found])
        return frozenset(member["id"] for member in members)

    def groups_of(self, context: RequestContext, member_id: str) -> tuple[str, list[Native]]:
        """Return of what kind a member is, and the groups that it is in; none where there is no such member."""
        found: dict[str, Native] = {}
        for kind in KIND:
            try:
                if not is_id(member_id):
                    break
                self._reach.of(kind).look(context, member_id)
                found.update((group["id"], group) for group in self.joined(context, kind, member_id))
            except NotThere:
                continue
            return KIND[kind], [found[key] for key in sorted(found)]  # an id is a user's or a group's
        return KIND["users"], []

    def joined(self, context: RequestContext, kind: str, member_id: str) -> Iterator[Native]:
        """Return the groups that a member out of users or groups is in. Raises `NotThere` where there is none of it."""
        return self._reach.memberships.groups_of(context, kind, member_id, self._page_size)

    def memberships_of(self, context: RequestContext, kind: str, member_id: str) -> Iterator[tuple[Native, Native]]:
        """Return the memberships of a member, each with its group. Raises as `joined`."""
        return self._reach.memberships.of(context, kind, member_id, self._page_size)

    def _ids(self, context: RequestContext, kind: str, asked: str, expected: int | None) -> _ReadMembers:
        members: list[Record] = []
        came = 0
        for page in self._reach.of(kind).pages(context, filter=asked, limit=self._page_size):
            members += _seen(kind, page)
            came += page.records
        return _ReadMembers(members, [(kind, came, expected)])

    def has_others(self, context: RequestContext, group: Native, members: Iterable[Member]) -> bool:
        """Whether a group has direct members besides these, also where PingOne does not say.

        Reads as far as the first of them.
        """
        ours = {member.id.lower() for member in members}
        asked = native.render(native.MemberOf(group["id"], direct=True))
        try:
            return any(
                record["id"] not in ours
                for collection in (self._whole.users, self._whole.groups)
                for page in collection.pages(context.call, filter=asked, limit=self._page_size)
                for record in page.records
            )
        except Refused:
            return True


def _seen(kind: str, page: ReachedPage) -> list[Record]:
    """Return as members what a client may see of a page."""
    return [{"id": record["id"], "type": KIND[kind]} for record in page.page.records]
