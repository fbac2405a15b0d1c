"""The bridge and its edge: settings in, a WSGI application out.

Making an app starts nothing, as opening a bridge does not: it can be done before a fork. Knows the order of what a
request passes; what is behind the edge is `bridge`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from scimbridge.access.tokens import OwnTokens
from scimbridge.bridge import Bridge, Clock, Surroundings, open_bridge, reveal
from scimbridge.observe.logs import Once, named
from scimbridge.pingone.sending.readiness import Outlook
from scimbridge.resources.tables import Tables
from scimbridge.settings.declared import Settings
from scimbridge.web import bulk, discovery, errors, health, metrics, operations, request_log, resources
from scimbridge.web.incoming import Incoming
from scimbridge.web.login import guard, identifying, oauth
from scimbridge.web.login.failed_logins import FailedLogins
from scimbridge.web.login.limiting import Limiter
from scimbridge.web.login.proxies import PublicAddress, TrustedProxies
from scimbridge.web.slashes import OneSlash

PREFIX = "/scim/v2"

log = named(__name__)


def create_app(
    settings: Settings,
    *,
    tables: Tables | None = None,
    node_file: Path | None = None,
    learn: Callable[[str], None] | None = None,
    clock: Clock = time.monotonic,
    wall: Clock = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Flask:
    """Make the application of a bridge. Raises `SettingsFaults` as `open_bridge` does.

    `tables` are those that were read already; the rest is as in `Surroundings`.
    """
    around = Surroundings(
        clock=clock, wall=wall, sleep=sleep, node_file=node_file, learn=learn, observers=(request_log.count,)
    )
    return put_edge(open_bridge(settings, tables, around))


def put_edge(bridge: Bridge) -> Flask:
    """Return the application in front of a bridge."""
    app, once = Flask("scimbridge", static_folder=None), Once()
    app.url_map.strict_slashes = False
    request_log.register(app, bridge.around.clock)
    _add_login(app, bridge, once)
    errors.register(app)
    _add_scim(app, bridge, once)
    _add_watching(app, bridge)
    _wrap(app, bridge)
    return app


def _add_login(app: Flask, bridge: Bridge, once: Once) -> None:
    """Let in who may come in, and give access tokens."""
    settings, current = bridge.settings, bridge.register.current
    clock, wall = bridge.around.clock, bridge.around.wall
    failures = FailedLogins(clock)
    tokens = OwnTokens(bridge.parts.secret, current, wall=wall)
    identify = identifying.identify_by_all_ways(
        current, tokens, failures,
        proxy=reveal(settings.http_proxy) or None, strict=settings.strict, clock=clock, wall=wall,
    )  # fmt: skip
    limiter = Limiter(bridge.parts.state, clock=clock, trouble=lambda error: _tell_limits(once, error))
    guard.register(app, identify, limiter, _is_guarded)
    endpoint = oauth.OwnTokenEndpoint(current, tokens, settings.token_lifetime * 60.0, failures, wall)
    app.register_blueprint(oauth.blueprint(endpoint), url_prefix="/oauth2")


def _is_guarded(path: str) -> bool:
    # As routes are found: with a slash at the end or without.
    return f"{path}/".startswith((f"{PREFIX}/", f"{discovery.OPENAPI}/"))


def _add_scim(app: Flask, bridge: Bridge, once: Once) -> None:
    """Add the endpoints of SCIM, and the description of all of them."""
    registry = bridge.registry
    incoming = Incoming(
        bridge.around.clock, bridge.settings.request_deadline, PREFIX, lambda name: _tell_left_out(once, name)
    )
    edges = (
        resources.blueprint(registry, incoming),
        bulk.blueprint(registry, incoming),
        operations.blueprint(registry, bridge.rooms, incoming),
    )
    for routes in edges:
        app.register_blueprint(routes, url_prefix=PREFIX)
    app.register_blueprint(discovery.blueprint(registry, bridge.rooms, PREFIX), url_prefix=PREFIX)
    app.register_blueprint(discovery.at_root(registry, bridge.rooms, PREFIX))


def _add_watching(app: Flask, bridge: Bridge) -> None:
    """Add what machines ask that watch over the bridge."""
    outlook = Outlook(bridge.connection.circuit, bridge.connection.token, bridge.around.clock)
    state = bridge.parts.state
    app.register_blueprint(health.blueprint(outlook.look, lambda: state.is_cut_off), url_prefix="/health")
    app.register_blueprint(metrics.blueprint(bridge.metrics))


def _wrap(app: Flask, bridge: Bridge) -> None:
    """Put the WSGI layers around an app, the innermost first."""
    settings = bridge.settings
    layers = app.wsgi_app
    layers = OneSlash(layers)
    if settings.public_url is not None:
        layers = PublicAddress(layers, settings.public_url)
    # Also where nobody is trusted: it takes away what nobody may say, and reads the certificate of a TLS connection.
    layers = TrustedProxies(layers, settings.trusted_proxies, certificate_header=settings.client_certificate_header)
    app.wsgi_app = metrics.Measured(layers, bridge.metrics, PREFIX, bridge.around.clock)  # type: ignore[method-assign]


def log_settings(settings: Settings, tables: Tables) -> None:
    """Log what is worth knowing of the settings, once the log is configured.

    That is what lies over the shipped tables, and what is not safe.
    """
    if settings.mappings is not None:
        for origin in tables.origins:
            log.info(
                "table", resource=origin.resource, file=origin.file, served=origin.served, origin=origin.describe()
            )
    if not settings.verify_tls:
        log.warning("PingOne's certificate is not checked: anybody on the way can read and change what is provisioned")


def _tell_left_out(once: Once, name: str) -> None:
    once(log, name, "attribute not stored", attribute=name)


def _tell_limits(once: Once, error: Exception) -> None:
    once(log, type(error), "state out of reach: limits hold for each process by itself", exc_info=error)
