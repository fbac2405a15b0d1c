"""How the parts of each resource type fit together: collection, view, lists and verbs of User, Group, Population.

Plain arguments in, endpoints out. Knows no settings and no web framework, so that the application and a rehearsal
without a PingOne join the very same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from scimbridge.mapping.rows import MEMBERSHIPS
from scimbridge.mapping.table import Table
from scimbridge.mapping.translate import silent
from scimbridge.pingone.collections import Collection
from scimbridge.pingone.filters import MemberOf
from scimbridge.pingone.target import Target
from scimbridge.resources.ahead import Ahead
from scimbridge.resources.ask import Ask
from scimbridge.resources.creation import Creation
from scimbridge.resources.endpoint import Endpoint, Resource
from scimbridge.resources.enforced import Enforced, Findings
from scimbridge.resources.exclusive import Turns
from scimbridge.resources.fresh import Fresh
from scimbridge.resources.group_creation import GroupCreation
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.groups import Groups
from scimbridge.resources.intents import Intents
from scimbridge.resources.listing import Links, Listing
from scimbridge.resources.lists import Complete, Lists
from scimbridge.resources.lookalikes import Lookalikes
from scimbridge.resources.members import Members
from scimbridge.resources.own_memberships import OwnMemberships
from scimbridge.resources.placement import Placement
from scimbridge.resources.populations import Populations
from scimbridge.resources.rendered import Rendered
from scimbridge.resources.together import Together
from scimbridge.resources.trail import UNTRACED, Trail
from scimbridge.resources.unfinished import Unfinished
from scimbridge.resources.user_creation import UserCreation
from scimbridge.resources.user_records import UserRecords
from scimbridge.resources.user_writer import UserWriter
from scimbridge.resources.users import Users
from scimbridge.resources.view import View
from scimbridge.scim.cursors import Seal
from scimbridge.scim.reading import Notice
from scimbridge.state.base import State

RESOURCES = ("User", "Group", "Population")
NAMES = {"users": "username", "groups": "name", "populations": "name"}  # what is unique in each collection


@dataclass(frozen=True, slots=True)
class Parts:
    """What all resource types share.

    `pool` carries calls side by side; `secret` keys cursors and the hashes of creates; `rate` is calls per second,
    `page_size` and `scan_limit` are numbers of records, `default_population` an id. `notice` is told of values that are
    given to clients in another form than their type. `trail` records changes. `ahead` fetches pages before they are
    asked for; `observe_window` is told where windows of lists begin.
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
    ahead: Ahead | None = None
    observe_window: Callable[[str], None] = silent


class Assembly:
    """Joins one resource type after the other from the same parts; `listing` makes their lists."""

    def __init__(self, parts: Parts, listing: Callable[..., Listing] = Listing) -> None:
        self._parts = parts
        self.trail = parts.trail
        self._listing = partial(
            listing, page_size=parts.page_size, scan_limit=parts.scan_limit,
            ahead=parts.ahead, observe_window=parts.observe_window,
        )  # fmt: skip
        self._seal = Seal((parts.secret,))
        self._rendered = Rendered()
        self._turns = Turns(parts.state, parts.clock)
        self._intents = Intents(parts.state, self._turns, parts.secret, wall=parts.wall)
        self._fresh = {
            kind: Fresh(parts.state, kind, name, clock=parts.clock, sleep=parts.sleep) for kind, name in NAMES.items()
        }
        self._together = Together(parts.pool, rate=parts.rate, clock=parts.clock)
        self._members = Members(parts.target, self._together, page_size=parts.page_size)
        self._own = OwnMemberships(parts.state, parts.wall)

    def endpoints(self, tables: Mapping[str, Table]) -> list[Endpoint]:
        """Join every resource type that has a table."""
        return [self.endpoint(tables[name]) for name in RESOURCES if name in tables]

    def endpoint(self, table: Table) -> Endpoint:
        """Join the resource type of a table."""
        view = View(table, self._parts.notice, self._rendered)
        make = {"User": self._users, "Group": self._groups, "Population": self._populations}[table.type.name]
        collection, resource, links, complete = make(view)
        listing = self._listing(collection, view, links, self._fresh[collection.name], self._parts.state)
        lists = Lists(listing, view, complete, self._seal, self._parts.wall)
        return Endpoint(table.type.endpoint, resource, lists, table.allow, self.trail)

    def _creation(self, collection: Collection) -> Creation:
        parts, kind = self._parts, collection.name
        return Creation(
            collection, NAMES[kind], self._fresh[kind], self._intents,
            clock=parts.clock, wall=parts.wall, sleep=parts.sleep, page_size=parts.page_size,
        )  # fmt: skip

    def _users(self, view: View) -> tuple[Collection, Resource, Links | None, Complete | None]:
        parts, users = self._parts, self._parts.target.users
        placement = Placement(
            view.table, parts.target.populations, parts.default_population, parts.state, page_size=parts.page_size
        )
        records = UserRecords(users, self._members, self._together, self._turns)
        writer = UserWriter(
            users, self._own, Lookalikes(users, view.table, parts.page_size),
            Enforced(Findings(parts.state), view.table),
        )  # fmt: skip
        creation = UserCreation(
            view, records, placement, self._creation(users), writer, Unfinished(parts.state, users.name)
        )
        resource = Users(view, records, placement, creation, writer)
        links = Links(_linked(view), MemberOf, None, self._members.users_of, self._members.shows_group)
        return users, resource, links, resource.complete

    def _groups(self, view: View) -> tuple[Collection, Resource, Links | None, Complete | None]:
        groups, members = self._parts.target.groups, self._members

        def ids(ask: Ask, member: str) -> frozenset[str]:
            return frozenset(record["id"] for record in members.groups_of(ask, member))

        records = GroupRecords(groups, view, self._turns)
        creation = GroupCreation(groups, view, records, members, self._creation(groups), self._own)
        resource = Groups(groups, view, records, members, creation, self._own)
        # Who may not know of a member is told of no group that it is in, see `groups_of`.
        links = Links(_linked(view), None, members.groups_of, ids, lambda _ask, _member: True)
        return groups, resource, links, resource.complete

    def _populations(self, view: View) -> tuple[Collection, Resource, Links | None, Complete | None]:
        populations = self._parts.target.populations
        resource = Populations(populations, view, self._creation(populations), self._turns)
        return populations, resource, None, None


def _linked(view: View) -> str:
    """Return the attribute that memberships are seen in: the groups of users, the members of groups."""
    return next((row.attr for row in view.table.rows if row.include or row.via == MEMBERSHIPS), "")
