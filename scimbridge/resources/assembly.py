"""How the parts of each resource type fit together: collection, view, lists and verbs.

Users and groups have verbs of their own; every other kind, whatever it is, gets the plain ones, so that none which has
a table is without an endpoint.

Plain arguments in, endpoints out. Knows no settings and no web framework, so that the application and a rehearsal
without a PingOne join the very same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from scimbridge.lists.knowledge import DirectoryKnowledge
from scimbridge.lists.listing import Listing
from scimbridge.lists.lists import Complete, Lists
from scimbridge.lists.membership_questions import NOBODY, Holders, Membership
from scimbridge.lists.read_ahead import ReadAhead
from scimbridge.mapping.tables.rows import MEMBERSHIPS
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import silent
from scimbridge.once.change_marks import ChangeMarks
from scimbridge.once.creation import Creation
from scimbridge.once.intents import Intents
from scimbridge.once.locks import ChangeLocks
from scimbridge.once.recent_names import RecentNames
from scimbridge.once.unfinished import Unfinished
from scimbridge.pingone.bodies import direct_members
from scimbridge.pingone.filters import MemberOf
from scimbridge.pingone.kinds import GROUPS, KINDS, USERS, kind_named
from scimbridge.pingone.send import Call
from scimbridge.pingone.target import Target
from scimbridge.reach.kept_filters import KeptFilters, ShownFields
from scimbridge.reach.reach import Reach
from scimbridge.reach.records import ReachableRecords
from scimbridge.reach.unconfined import Unconfined
from scimbridge.request.context import RequestContext
from scimbridge.request.kept_values import KeptValues, ObserveDropped
from scimbridge.request.parallel import Parallel
from scimbridge.request.rendered import Rendered
from scimbridge.request.view import View
from scimbridge.resources.accounts.endings import ENDINGS, Endings
from scimbridge.resources.accounts.states import States
from scimbridge.resources.endpoint import Endpoint, ResourceHandler
from scimbridge.resources.enforced import Enforced, Findings
from scimbridge.resources.group_creation import GroupCreation
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.group_writer import GroupWriter
from scimbridge.resources.groups import Groups
from scimbridge.resources.lookalikes import Lookalikes
from scimbridge.resources.members.current import CurrentMembers
from scimbridge.resources.members.own_changes import OwnMemberships
from scimbridge.resources.members.reading import Members
from scimbridge.resources.placement import Placement
from scimbridge.resources.plain import Plain
from scimbridge.resources.plain_writer import PlainWriter
from scimbridge.resources.user_creation import UserCreation
from scimbridge.resources.user_records import UserRecords
from scimbridge.resources.user_writer import UserWriter
from scimbridge.resources.users import Users
from scimbridge.scim.cursors import Seal
from scimbridge.scim.reading import Notice
from scimbridge.sides import Native
from scimbridge.state.base import State
from scimbridge.trail.attempts import UNTRACED, Trail


@dataclass(frozen=True, slots=True)
class Parts:
    """What all resource types share.

    `pool` carries calls side by side; `secret` keys cursors and the hashes of creates; `rate` is calls per second,
    `page_size` and `scan_limit` are numbers of records, `default_population` an id. `notice` is told of values that are
    given to clients in another form than their type. `trail` records changes. `ahead` fetches pages before they are
    asked for; `observe_window` is told where windows of lists begin, `observe_dropped` what PingOne did not keep, and
    `refuse_dropped` says whether clients are refused then.
    """

    target: Target
    state: State
    pool: Executor
    secret: bytes
    clock: Callable[[], float]
    wall: Callable[[], float]
    sleep: Callable[[float], None]
    rate: float = 50.0
    page_size: int = 100
    scan_limit: int = 250_000
    default_population: str | None = None
    notice: Notice = silent
    trail: Trail = UNTRACED
    ahead: ReadAhead | None = None
    observe_window: Callable[[str], None] = silent
    observe_dropped: ObserveDropped = lambda _resource, _attribute, _count: None
    refuse_dropped: bool | None = None


Joined = tuple[ReachableRecords, ResourceHandler, Membership | None, Complete | None]
"""The records of a resource type, its verbs, what links it to others, and what completes its lists."""


class Assembly:
    """Joins one resource type after the other from the same parts; `listing` makes their lists.

    `fields` says what of PingOne's each client is shown.
    """

    def __init__(self, parts: Parts, fields: ShownFields, listing: Callable[..., Listing] = Listing) -> None:
        self.parts = parts
        self.reach = Reach(parts.target, KeptFilters(fields))
        self._whole = Unconfined(parts.target)
        self.trail = parts.trail
        self._listing = partial(
            listing, page_size=parts.page_size, scan_limit=parts.scan_limit,
            wall=parts.wall, vouches=parts.state.vouches, ahead=parts.ahead, observe_window=parts.observe_window,
        )  # fmt: skip
        self._seal = Seal((parts.secret,))
        self._rendered = Rendered()
        self.turns = ChangeLocks(parts.state, parts.clock)
        self._intents = Intents(parts.state, self.turns, parts.secret, wall=parts.wall)
        self._fresh = {
            kind.collection: RecentNames(
                parts.state, self.reach.of(kind.collection), clock=parts.clock, sleep=parts.sleep
            )
            for kind in KINDS
        }
        self._together = Parallel(parts.pool, rate=parts.rate, clock=parts.clock)
        self._known = {
            kind.collection: DirectoryKnowledge(self._whole.of(kind.collection), parts.state, parts.page_size)
            for kind in KINDS
        }
        self._members = Members(self.reach, self._whole, self._together, self._check_numbers, page_size=parts.page_size)
        self._own = OwnMemberships(parts.state, parts.wall)

    def _check_numbers(self, call: Call, kind: str, numbers: list[tuple[int, int | None]]) -> None:
        self._known[kind].check_numbers(call, MemberOf(NOBODY), numbers)

    def endpoints(self, tables: Mapping[str, Table]) -> list[Endpoint]:
        """Join every resource type that has a table."""
        return [self.endpoint(tables[kind.name]) for kind in KINDS if kind.name in tables]

    def endpoint(self, table: Table) -> Endpoint:
        """Join the resource type of a table."""
        view = View(table, self.parts.notice, self._rendered)
        own = {USERS.name: self._users, GROUPS.name: self._groups}
        kept = KeptValues(table, self.parts.observe_dropped, refuse=self.parts.refuse_dropped)
        records, resource, links, complete = own.get(table.type.name, self._plain)(view, kept)
        listing = self._listing(
            records, self._known[records.name], view, links, self._fresh[records.name], self.parts.state
        )
        lists = Lists(listing, view, complete, self._seal, self.parts.wall)
        return Endpoint(table.type.endpoint, records, resource, lists, table.allow, kept, self.trail)

    def _creation(self, records: ReachableRecords) -> Creation:
        parts = self.parts
        return Creation(
            records, self._whole.of(records.name), self._fresh[records.name], self._intents,
            clock=parts.clock, wall=parts.wall, sleep=parts.sleep, page_size=parts.page_size,
        )  # fmt: skip

    def _users(self, view: View, kept: KeptValues) -> Joined:
        parts, users = self.parts, self.reach.users
        placement = Placement(
            view.table, users, self._whole.populations, parts.default_population, parts.state, page_size=parts.page_size
        )
        marks = ChangeMarks(parts.state, users.name)
        records = UserRecords(self.reach, self._members, self._together, self.turns, marks)
        endings = Endings(self.reach, view.table, Unfinished(parts.state, ENDINGS))
        writer = UserWriter(
            users, self._own, Lookalikes(self._whole.users, view.table, parts.page_size),
            Enforced(Findings(parts.state), view.table), kept, States(self.reach, view.table, parts.wall), endings,
            marks,
        )  # fmt: skip
        creation = UserCreation(
            view, records, placement, self._creation(users), writer, Unfinished(parts.state, users.name)
        )
        resource = Users(view, records, placement, creation, writer)
        members, field = self._members, _linked(view)

        def holders(context: RequestContext, group: str) -> Holders:
            return Holders(group, members.users_of(context, group))

        def whole(context: RequestContext, found: list[Native]) -> list[Native]:
            return records.complete(context, found, view.includes)

        links = Membership(
            field, MemberOf, self._each(holders), whole, members.shows_group, lambda _context, _record: False
        )
        return users, resource, links if field else None, resource.complete

    def _groups(self, view: View, kept: KeptValues) -> Joined:
        groups, members = self.reach.groups, self._members

        field = _linked(view)

        def holders(context: RequestContext, member: str) -> Holders:
            # Who may not know of a member is told of no group that it is in.
            kind, found = members.groups_of(context, member)
            return Holders({"id": member, "type": kind}, frozenset(group["id"] for group in found), tuple(found))

        def whole(context: RequestContext, found: list[Native]) -> list[Native]:
            return [
                Native({**group, field: each})
                for group, each in zip(found, members.read_each(context, found), strict=True)
            ]

        def has_members(context: RequestContext, group: Native) -> bool:
            # A group's own counts say so to who may know of all its members.
            return groups.is_open(context) and any(direct_members(group))

        records = GroupRecords(groups, view, self.turns)
        current = CurrentMembers(self.reach, members, self._together)
        writer = GroupWriter(groups, records, current, self._own, kept)
        creation = GroupCreation(groups, view, records, current, self._creation(groups), writer)
        resource = Groups(groups, view, records, current, creation, writer, self._own)
        links = Membership(field, None, self._each(holders), whole, lambda _context, _member: True, has_members)
        return groups, resource, links if field else None, resource.complete

    def _each(
        self, read: Callable[[RequestContext, str], Holders]
    ) -> Callable[[RequestContext, tuple[str, ...]], list[Holders]]:
        """Return what reads for several ids, side by side where that can end in time. Raises `TooMany`."""

        def read_each(context: RequestContext, ids: tuple[str, ...]) -> list[Holders]:
            self._together.check_time(context.call, len(ids), "the memberships that the filter names")
            return self._together.read(lambda key: read(context, key), ids)

        return read_each

    def _plain(self, view: View, kept: KeptValues) -> Joined:
        records = self.reach.of(kind_named(view.table.type.name).collection)
        writer = PlainWriter(records, kept)
        return records, Plain(records, view, self._creation(records), writer, self.turns), None, None


def _linked(view: View) -> str:
    """Return the field that memberships are laid into: the groups of users, the members of groups; "" for none."""
    return next((row.native for row in view.table.rows if row.include or row.via == MEMBERSHIPS), "")
