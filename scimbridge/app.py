"""The only place where the parts are joined: settings in, a WSGI application out.

Making an app checks the tables and starts nothing: no thread, no connection, so that it can be made before a fork.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from flask import Flask, g, request

from scimbridge.access.caller import Caller
from scimbridge.config import Faults, Secret, Settings, default_mappings
from scimbridge.mapping.schemas import describe_resource_types, describe_schemas
from scimbridge.mapping.table import Table, TableFaults
from scimbridge.observe.logs import Once, named
from scimbridge.pingone.connect import connect
from scimbridge.pingone.filters import MemberOf
from scimbridge.pingone.patience import WithPatience
from scimbridge.pingone.target import Target
from scimbridge.resources.bulk import SIDE_BY_SIDE, Bulk
from scimbridge.resources.creation import Creation
from scimbridge.resources.endpoint import Endpoint, Resource
from scimbridge.resources.exclusive import Turns
from scimbridge.resources.groups import Groups
from scimbridge.resources.listing import Links, Listing
from scimbridge.resources.lists import Complete, Everything, Lists
from scimbridge.resources.members import IN_FLIGHT, Members
from scimbridge.resources.placement import Placement
from scimbridge.resources.populations import Populations
from scimbridge.resources.suggestions import Suggestions
from scimbridge.resources.tables import read_tables
from scimbridge.resources.users import Users
from scimbridge.resources.view import View
from scimbridge.scim.cursors import Seal
from scimbridge.state.memory import MemoryState
from scimbridge.web import bulk, discovery, errors, resources
from scimbridge.web.auth import Authenticate, bearer_token
from scimbridge.web.intake import Intake, request_id
from scimbridge.web.proxies import TrustedProxies
from scimbridge.web.slashes import OneSlash

PREFIX = "/scim/v2"

log = named(__name__)


def _read_tables(settings: Settings) -> dict[str, Table]:
    """Read and compile the tables in use. Raises `Faults` with all that is wrong in all of them."""
    try:
        return read_tables(settings.mappings or default_mappings(), settings.datetime_offset)
    except TableFaults as error:
        raise Faults(error.faults) from None


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Flask:
    """Make the bridge. Raises `Faults` where the tables are wrong."""
    tables = _read_tables(settings)
    state = MemoryState(clock)
    connection = connect(
        environment_id=settings.pingone_environment_id,
        client_id=settings.pingone_client_id,
        client_secret=settings.pingone_client_secret.reveal(),
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        state=state,
        verify_tls=settings.verify_tls,
        proxy=_reveal(settings.http_proxy) or None,
        rate=settings.pingone_rate,
        pool=2 * IN_FLIGHT,
        clock=clock,
        wall=wall,
        sleep=sleep,
    )
    target = Target(WithPatience(connection, state, clock=clock, sleep=sleep), clock=clock, sleep=sleep)
    seal = Seal((hashlib.sha256(f"cursors:{settings.pingone_client_secret.reveal()}".encode()).digest(),))
    joiner = _Joiner(settings, tables, target, state, seal, clock, wall, sleep)
    endpoints = [joiner.endpoint(name) for name in ("User", "Group", "Population") if name in tables]
    suggestions = Suggestions(target, state, page_size=settings.page_size)
    once = Once()
    app = Flask("scimbridge", static_folder=None)
    app.url_map.strict_slashes = False
    taking = Intake(clock, settings.request_deadline, PREFIX, lambda name: _notice(once, name))
    everything = Everything(endpoint.lists for endpoint in endpoints)
    app.register_blueprint(resources.blueprint(endpoints, everything, taking), url_prefix=PREFIX)
    many = Bulk(endpoints, ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="bulk"))
    app.register_blueprint(bulk.blueprint(many, taking), url_prefix=PREFIX)
    app.register_blueprint(
        discovery.blueprint(
            lambda base: describe_schemas(tables.values(), suggestions.values, base),
            lambda base: describe_resource_types(tables.values(), base),
            PREFIX,
        ),
        url_prefix=PREFIX,
    )
    _guard(app, bearer_token(_reveal(settings.bearer_token), Caller("token", strict=settings.strict)))
    errors.register(app)
    app.wsgi_app = OneSlash(app.wsgi_app)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    app.add_url_rule("/health/live", "live", lambda: {"status": "live"})
    return app


def _reveal(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()


def _notice(once: Once, name: str) -> None:
    once(log, name, "attribute not stored", attribute=name[:200])


def _guard(app: Flask, authenticate: Authenticate) -> None:
    """Ask every SCIM request who it is, and put its id on every answer."""

    @app.before_request
    def identify() -> None:
        g.request_id = request_id(request.headers.get("X-Request-Id"))
        if request.path.startswith(f"{PREFIX}/") or request.path == PREFIX:
            g.caller = authenticate(request.headers.get("Authorization"))

    @app.after_request
    def mark(response: Any) -> Any:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


class _Joiner:
    """Joins one resource type after the other from the same parts."""

    def __init__(
        self,
        settings: Settings,
        tables: Mapping[str, Table],
        target: Target,
        state: MemoryState,
        seal: Seal,
        clock: Callable[[], float],
        wall: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._settings = settings
        self._tables = tables
        self._target = target
        self._state = state
        self._seal = seal
        self._wall = wall
        self._turns = Turns(state, clock)
        self._creation = partial(Creation, clock=clock, wall=wall, sleep=sleep, page_size=settings.page_size)
        self._pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="members")
        self._members = Members(
            target, self._pool, page_size=settings.page_size, rate=settings.pingone_rate, clock=clock
        )

    def endpoint(self, name: str) -> Endpoint:
        """Join the resource type of that name."""
        table = self._tables[name]
        view = View(table)
        make = {"User": self._users, "Group": self._groups, "Population": self._populations}[name]
        resource, listing, complete = make(view)
        lists = Lists(listing, view, complete, self._seal, self._wall)
        return Endpoint(table.type.endpoint, resource, lists, table.allow)

    def _users(self, view: View) -> tuple[Resource, Listing, Complete | None]:
        placement = Placement(
            view.table, self._target.populations, self._settings.default_population_id, self._state,
            page_size=self._settings.page_size,
        )  # fmt: skip
        users = Users(self._target.users, view, placement, self._creation(self._target.users, "username"), self._turns)
        links = Links(_link_attribute(view), MemberOf, None, self._members.users_of)
        return users, self._listing(self._target.users, view, links), None

    def _groups(self, view: View) -> tuple[Resource, Listing, Complete | None]:
        creation = self._creation(self._target.groups, "name")
        groups = Groups(self._target.groups, view, self._members, creation, self._turns)
        links = Links(
            _link_attribute(view),
            None,
            self._members.groups_of,
            lambda call, member: frozenset(record["id"] for record in self._members.groups_of(call, member)),
        )
        return groups, self._listing(self._target.groups, view, links), groups.complete

    def _populations(self, view: View) -> tuple[Resource, Listing, Complete | None]:
        creation = self._creation(self._target.populations, "name")
        populations = Populations(self._target.populations, view, creation, self._turns)
        return populations, self._listing(self._target.populations, view, None), None

    def _listing(self, collection: Any, view: View, links: Links | None) -> Listing:
        return Listing(
            collection, view, links, self._state,
            page_size=self._settings.page_size, scan_limit=self._settings.scan_limit,
        )  # fmt: skip


def _link_attribute(view: View) -> str:
    """Return the attribute that memberships are seen in: the groups of users, the members of groups."""
    linked = [row.attr for row in view.table.rows if row.include or row.via == "memberships"]
    return linked[0] if linked else ""
