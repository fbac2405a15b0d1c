"""The bridge and its edge: settings in, a WSGI application out.

Making an app starts nothing unless it is at work, as opening a bridge does not: it can be done before a fork. Knows the
order of what a request passes; what is behind the edge is `bridge`'s.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from flask import Flask

from scimbridge.access.caller import Caller
from scimbridge.access.last_use import LastUse
from scimbridge.access.refused import Reason
from scimbridge.access.tokens import OwnTokens
from scimbridge.bridge import Bridge, Clock, Surroundings, open_bridge, reveal
from scimbridge.observe.logs import Once, named
from scimbridge.observe.server_load import ServerLoad
from scimbridge.observe.spans import Spans
from scimbridge.ops.lacking_rows import SchemaLook
from scimbridge.pingone.sending.readiness import Outlook
from scimbridge.resources.tables import Tables
from scimbridge.settings.declared import Settings
from scimbridge.state.base import State
from scimbridge.web import bulk, discovery, errors, health, metrics, operations, request_log, resources, tracing
from scimbridge.web.incoming import Incoming
from scimbridge.web.login import guard, identifying, oauth
from scimbridge.web.login.failed_logins import FailedLogins
from scimbridge.web.login.limiting import Limiter
from scimbridge.web.login.proxies import PublicAddress, TrustedProxies
from scimbridge.web.slashes import OneSlash

PREFIX = "/scim/v2"
NO_CERTIFICATES: Mapping[str, float] = MappingProxyType({})
_ONE_START = 86_400.0  # seconds for which a start is remembered
LATE = 10.0  # seconds that an answer may take beyond the deadline of its request

log = named(__name__)


def create_app(  # noqa: PLR0913 - one argument for each thing that is around it
    settings: Settings,
    *,
    tables: Tables | None = None,
    node_file: Path | None = None,
    learn: Callable[[str], None] | None = None,
    spans: Spans | None = None,
    certificates: Mapping[str, float] = NO_CERTIFICATES,
    is_at_work: bool = False,
    load: ServerLoad | None = None,
    clock: Clock = time.monotonic,
    wall: Clock = time.time,
    sleep: Callable[[float], None] = time.sleep,
    start: str | None = None,
) -> Flask:
    """Make the application of a bridge. Raises `SettingsFaults` as `open_bridge` does.

    `tables` are those that were read already, `certificates` says when those of the own TLS end (`serve.tls`).
    `is_at_work`: it is one of the workers of a server, and its metrics are theirs; `load` is where that server says
    what it has to do. Where `start` names the start or reload that it is made for, the first process that makes an
    application of it looks in the background how PingOne stands, and whether PingOne has an attribute for each row. The
    rest is as in `Surroundings`.
    """
    around = Surroundings(
        clock=clock, wall=wall, sleep=sleep, node_file=node_file, learn=learn, observers=(request_log.count,),
        spans=spans,
    )  # fmt: skip
    bridge = open_bridge(settings, tables, around)
    bridge.metrics.note_certificates(certificates)
    bridge.metrics.server = load or bridge.metrics.server
    if is_at_work:
        bridge.metrics.watch()
    if start is None:
        return put_edge(bridge)
    look = SchemaLook(
        bridge.tables.whole, bridge.parts.target, bridge.parts.state, start,
        observe=lambda row: bridge.metrics.observe_lacking(row.resource, row.attribute, row.why),
        clock=clock, sleep=sleep,
    )  # fmt: skip
    app = put_edge(bridge, look, start)
    look.begin()
    return app


def put_edge(bridge: Bridge, look: SchemaLook | None = None, start: str = "") -> Flask:
    """Return the application in front of a bridge, which is under `scimbridge` among its extensions.

    Its health page has what `look` finds; `start` is as in `create_app`.
    """
    app, once = Flask("scimbridge", static_folder=None), Once()
    app.extensions["scimbridge"] = bridge
    app.url_map.strict_slashes = False
    request_log.register(app, bridge.around.clock)
    tracing.register(app, bridge.around.spans, request_log.QUIET)
    _add_login(app, bridge, once)
    errors.register(app, PREFIX)
    _add_scim(app, bridge, once)
    _add_watching(app, bridge, look, start)
    _wrap(app, bridge)
    return app


def _add_login(app: Flask, bridge: Bridge, once: Once) -> None:
    """Let in who may come in, and give access tokens."""
    settings, current = bridge.settings, bridge.register.current
    clock, wall = bridge.around.clock, bridge.around.wall
    observed = bridge.metrics
    observed.expect_refused_logins(Reason)
    failures = FailedLogins(clock, observed.observe_refused_login)
    last_use = LastUse(bridge.parts.state, wall=wall, trouble=lambda error: _tell_uses(once, error))
    tokens = OwnTokens(bridge.parts.secret, current, wall=wall)
    identify = identifying.identify_by_all_ways(
        current, tokens, failures,
        proxy=reveal(settings.http_proxy) or None, strict=settings.strict, clock=clock, wall=wall,
    )  # fmt: skip
    limiter = Limiter(
        bridge.parts.state, clock=clock, trouble=lambda error: _tell_limits(once, error),
        longest=settings.request_deadline + LATE, observe=observed.observe_limited,
    )  # fmt: skip

    def welcome(caller: Caller) -> None:
        request_log.know(caller)
        last_use.note(caller.name, caller.secret_id)

    guard.register(app, identify, limiter, _is_guarded, welcome)
    endpoint = oauth.OwnTokenEndpoint(current, tokens, settings.token_lifetime * 60.0, failures, wall, welcome)
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


def _add_watching(app: Flask, bridge: Bridge, look: SchemaLook | None, start: str) -> None:
    """Add what machines ask that watch over the bridge."""
    outlook = Outlook(bridge.connection, bridge.around.clock)
    state = bridge.parts.state
    looked = dict if look is None else look.standing
    app.register_blueprint(health.blueprint(outlook.look, lambda: state.is_cut_off, looked), url_prefix="/health")
    app.register_blueprint(metrics.blueprint(bridge.metrics))
    if start:
        threading.Thread(target=_report, args=(state, outlook, start), name="first look", daemon=True).start()


def _report(state: State, outlook: Outlook, start: str) -> None:
    """Log how PingOne stands at a start, unless another process of the same start does."""
    if not state.add(f"start:{start}", b"1", _ONE_START):
        return
    standing, cause = outlook.look_now()
    if standing.is_ready and not cause:
        log.info("PingOne is reachable, and the token is good")
    else:
        log.error(
            "PingOne cannot be worked with at the start; the bridge goes on trying",
            pingone=standing.pingone, standing=f"token {standing.token}", cause=cause,
        )  # fmt: skip


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


def _tell_left_out(once: Once, name: str) -> None:
    once(log, name, "attribute not stored", attribute=name)


def _tell_uses(once: Once, error: Exception) -> None:
    once(log, ("uses", type(error)), "state out of reach: the last use of secrets is not noted", exc_info=error)


def _tell_limits(once: Once, error: Exception) -> None:
    once(log, type(error), "state out of reach: limits hold for each process by itself", exc_info=error)
