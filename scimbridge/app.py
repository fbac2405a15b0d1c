"""The only place where the parts are joined: settings in, a WSGI application out.

Making an app checks the tables and starts nothing: no thread, no connection, so that it can be made before a fork.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask, g, request

from scimbridge.access.caller import Caller
from scimbridge.config import Faults, Secret, Settings, default_mappings
from scimbridge.mapping.schemas import describe_resource_types, describe_schemas
from scimbridge.mapping.table import Table, TableFaults
from scimbridge.observe.logs import Once, named
from scimbridge.pingone.connect import Connection, connect
from scimbridge.pingone.patience import WithPatience
from scimbridge.pingone.target import Target
from scimbridge.resources.assembly import Assembly, Parts
from scimbridge.resources.bulk import SIDE_BY_SIDE, Bulk
from scimbridge.resources.lists import Everything
from scimbridge.resources.members import IN_FLIGHT
from scimbridge.resources.suggestions import Suggestions
from scimbridge.resources.tables import read_tables
from scimbridge.state.base import State
from scimbridge.state.memory import MemoryState
from scimbridge.web import bulk, discovery, errors, health, resources
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
    connection = _reach(settings, state, clock, wall, sleep)
    target = Target(WithPatience(connection, state, clock=clock, sleep=sleep), clock=clock, sleep=sleep)
    once = Once()
    parts = Parts(
        target=target,
        state=state,
        pool=ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="pingone"),
        secret=hashlib.sha256(f"scimbridge:{settings.pingone_client_secret.reveal()}".encode()).digest(),
        clock=clock,
        wall=wall,
        sleep=sleep,
        rate=settings.pingone_rate,
        page_size=settings.page_size,
        scan_limit=settings.scan_limit,
        default_population=settings.default_population_id,
        notice=lambda reason: _tell_form(once, reason),
    )
    endpoints = Assembly(parts).endpoints(tables)
    suggestions = Suggestions(target, state, page_size=settings.page_size, clock=clock)
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
    app.register_blueprint(health.blueprint(lambda: connection.circuit.is_open), url_prefix="/health")
    return app


def _reach(
    settings: Settings,
    state: State,
    clock: Callable[[], float],
    wall: Callable[[], float],
    sleep: Callable[[float], None],
) -> Connection:
    """Return the way to the environment that the settings name; nothing is sent yet."""
    if not settings.verify_tls:
        log.warning("PingOne's certificate is not checked: anybody on the way can read and change what is provisioned")
    return connect(
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


def _reveal(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()


def _notice(once: Once, name: str) -> None:
    once(log, name, "attribute not stored", attribute=name[:200])


def _tell_form(once: Once, reason: str) -> None:
    once(log, reason, "value given in another form", reason=reason)


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
