"""The only place where the parts are joined: settings in, a WSGI application out.

Making an app checks tables, clients and sinks and starts nothing: no thread, no connection, so that it can be made
before a fork.
"""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask

from scimbridge.access.caller import Caller
from scimbridge.access.clients import ClientFaults, Clients, own_client
from scimbridge.access.issuers import Issuers
from scimbridge.access.jwks import Fetcher, KeySets
from scimbridge.access.register import Register
from scimbridge.access.tokens import OwnTokens
from scimbridge.lists.read_ahead import ReadAhead, Writes
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.observe.audit import Recorder
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.observe.logs import Once, named
from scimbridge.observe.metrics import Metrics, Readings
from scimbridge.observe.threads import InContext
from scimbridge.pingone.send import CallRecord
from scimbridge.pingone.sending.connect import Connection, connect
from scimbridge.pingone.sending.read_after_write import WithReadAfterWrite
from scimbridge.pingone.sending.readiness import Outlook
from scimbridge.pingone.target import Target
from scimbridge.request.parallel import OPERATIONS
from scimbridge.resources.assembly import Assembly, Parts
from scimbridge.resources.members.changes import IN_FLIGHT
from scimbridge.resources.registry import Registry
from scimbridge.resources.suggestions import Suggestions
from scimbridge.resources.tables import Tables, open_tables
from scimbridge.settings.declared import Secret, Settings, SettingsFaults, default_mappings
from scimbridge.state.base import State
from scimbridge.state.memory import MemoryState
from scimbridge.state.opening import open_state
from scimbridge.trail.attempts import UNTRACED, Keeping, Trail
from scimbridge.web import bulk, discovery, errors, health, metrics, request_log, resources
from scimbridge.web.incoming import Incoming
from scimbridge.web.login import auth, guard, oauth
from scimbridge.web.login.failed_logins import FailedLogins
from scimbridge.web.login.limiting import Limiter
from scimbridge.web.login.proxies import PublicAddress, TrustedProxies
from scimbridge.web.slashes import OneSlash

PREFIX = "/scim/v2"
Clock = Callable[[], float]
Learn = Callable[[str], None]

log = named(__name__)


def read_tables(settings: Settings) -> Tables:
    """Read and compile the tables in use. Raises `SettingsFaults` with all that is wrong in all of them."""
    try:
        return open_tables(settings.mappings or default_mappings(), settings.datetime_offset)
    except TableFaults as error:
        raise SettingsFaults(error.faults) from None


def create_app(
    settings: Settings,
    *,
    tables: Tables | None = None,
    node_file: Path | None = None,
    learn: Learn | None = None,
    clock: Clock = time.monotonic,
    wall: Clock = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Flask:
    """Make the bridge. Raises `SettingsFaults` where tables, clients or the place of records are wrong.

    `tables` are those that were read already. `node_file` is where the processes of a node share what they know, with
    those to come as well; None: each keeps to itself. `learn` is told every access token of PingOne's, to be masked.
    """
    tables = tables or read_tables(settings)
    if settings.mappings is not None:
        _tell_tables(tables)
    once, measured = Once(), Metrics(version("scimbridge"))
    register = _read_clients(settings, tables, clock)
    trail = _open_trail(settings, measured.observe_audit_failure, clock, wall)
    state = open_shared_state(settings, node_file, clock)
    writes = Writes(state, lambda: uuid.uuid4().bytes, clock)

    def observe(record: CallRecord) -> None:
        request_log.count(record)
        measured.observe_call(record)
        writes.note(record)

    connection = _reach(settings, state, observe, learn, clock, wall, sleep)
    measured.read = lambda: _readings(connection, state)
    target = Target(WithReadAfterWrite(connection, state, clock=clock, sleep=sleep), clock=clock, sleep=sleep)
    pool = InContext(IN_FLIGHT, thread_name_prefix="pingone")
    parts = Parts(
        target=target,
        state=state,
        pool=pool,
        secret=_derive(settings, "secret"),
        clock=clock,
        wall=wall,
        sleep=sleep,
        rate=settings.pingone_rate,
        page_size=settings.page_size,
        scan_limit=settings.scan_limit,
        default_population=settings.default_population_id,
        notice=lambda reason: _tell_form(once, reason),
        trail=trail,
        ahead=ReadAhead(pool, settings.read_ahead, writes, clock=clock),
        observe_window=measured.observe_window,
    )
    suggestions = Suggestions(target, state, page_size=settings.page_size, clock=clock)
    many = InContext(OPERATIONS, thread_name_prefix="bulk")
    served = Registry(tables, Assembly(parts), suggestions.values, many)
    taking = Incoming(clock, settings.request_deadline, PREFIX, lambda name: _notice(once, name))

    app = Flask("scimbridge", static_folder=None)
    app.url_map.strict_slashes = False
    request_log.register(app, clock)
    limiter = Limiter(state, clock=clock, trouble=lambda error: _tell_limits(once, error))
    failures = FailedLogins(clock)
    tokens = OwnTokens(parts.secret, register.current, wall=wall)
    guard.register(app, _ways_in(settings, register, tokens, failures, clock, wall), limiter, _is_guarded)
    errors.register(app)
    for routes in (resources.blueprint(served, taking), bulk.blueprint(served, taking)):
        app.register_blueprint(routes, url_prefix=PREFIX)
    app.register_blueprint(discovery.blueprint(served, PREFIX), url_prefix=PREFIX)
    app.register_blueprint(discovery.at_root(served, PREFIX))
    lifetime = settings.token_lifetime * 60.0
    endpoint = oauth.OwnTokenEndpoint(register.current, tokens, lifetime, failures, wall)
    app.register_blueprint(oauth.blueprint(endpoint), url_prefix="/oauth2")
    outlook = Outlook(connection.circuit, connection.token, clock)
    app.register_blueprint(health.blueprint(outlook.look, lambda: state.is_cut_off), url_prefix="/health")
    app.register_blueprint(metrics.blueprint(measured))
    _wrap(app, settings, measured, clock)
    return app


def _is_guarded(path: str) -> bool:
    # As routes are found: with a slash at the end or without.
    return f"{path}/".startswith((f"{PREFIX}/", f"{discovery.OPENAPI}/"))


def _wrap(app: Flask, settings: Settings, measured: Metrics, clock: Clock) -> None:
    """Put the WSGI layers around an app, the innermost first."""
    layers = app.wsgi_app
    layers = OneSlash(layers)
    if settings.public_url is not None:
        layers = PublicAddress(layers, settings.public_url)
    # Also where nobody is trusted: it takes away what nobody may say, and reads the certificate of a TLS connection.
    layers = TrustedProxies(layers, settings.trusted_proxies, certificate_header=settings.client_certificate_header)
    app.wsgi_app = metrics.Measured(layers, measured, PREFIX, clock)  # type: ignore[method-assign]


def _read_clients(settings: Settings, tables: Tables, clock: Clock) -> Register:
    """Read who may do what. Raises `SettingsFaults` with all that is wrong."""
    token = _reveal(settings.bearer_token)
    own = own_client(token) if token else None

    def check(clients: Clients) -> list[str]:
        return [
            f"clients.{each.name}: {fault}"
            for each in clients.clients
            for fault in tables.check_hidden(each.caller.hidden)
        ]

    try:
        return Register(settings.clients, own, clock=clock, check=check)
    except ClientFaults as error:
        raise SettingsFaults(f"SCIMBRIDGE_CLIENTS: {fault}" for fault in error.faults) from None


def _ways_in(
    settings: Settings, register: Register, tokens: OwnTokens, failures: FailedLogins, clock: Clock, wall: Clock
) -> guard.Identify:
    """Return what says who sent a request, by whatever it shows."""
    current = register.current
    keys = KeySets(Fetcher(proxy=_reveal(settings.http_proxy) or None), clock)
    issuers = Issuers(current, keys, wall=wall)
    authenticate = auth.by_credentials(
        {
            "bearer": auth.bearer((auth.static_token(current, wall), tokens.check, issuers.check)),
            "basic": auth.basic(current, wall),
        },
        auth.certificate(current, wall),
        failures,
    )

    def identify(environ: Mapping[str, Any]) -> Caller:
        caller = authenticate(auth.read_credentials(environ))
        return replace(caller, strict=True) if settings.strict and not caller.strict else caller

    return identify


def _open_trail(settings: Settings, lost: Callable[[], None], clock: Clock, wall: Clock) -> Trail:
    """Return what records changes. Raises `SettingsFaults` where records cannot be kept."""
    try:
        sinks = open_sinks(settings.audit, _reveal(settings.audit_database), clock)
    except Unopenable as error:
        raise SettingsFaults([str(error)]) from None
    if not sinks:
        return UNTRACED
    keeping = Keeping(
        recorder=Recorder(sinks, clock, lost),
        wall=wall,
        clock=clock,
        new_id=lambda: uuid.uuid4().hex,
        values=settings.audit_values,
        reads=settings.audit_reads,
        required=settings.audit_required,
    )
    return Trail(keeping)


def open_shared_state(settings: Settings, node_file: Path | None, clock: Clock) -> State:
    """Return what is shared with other workers and nodes; nothing is connected yet."""
    prefix = f"scimbridge:{settings.pingone_environment_id}"
    return open_state(
        settings.state_url.reveal(), clock=clock, node_file=node_file, prefix=prefix,
        seal=_derive(settings, "state 1"), tell=_tell_state,
    )  # fmt: skip


def _reach(
    settings: Settings,
    state: State,
    observe: Callable[[CallRecord], None],
    learn: Learn | None,
    clock: Clock,
    wall: Clock,
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
        ledger=None if isinstance(state, MemoryState) else state,
        verify_tls=settings.verify_tls,
        proxy=_reveal(settings.http_proxy) or None,
        rate=settings.pingone_rate,
        pool=2 * IN_FLIGHT,
        clock=clock,
        wall=wall,
        sleep=sleep,
        observe=observe,
        learn=learn,
    )


def _readings(connection: Connection, state: State) -> Readings:
    return Readings(
        circuit_open=connection.circuit.is_open,
        rate_configured=connection.rate.configured,
        rate_effective=connection.rate.rate,
        rate_share=connection.rate.share,
        waiting=connection.rate.waiting,
        state_cut_off=state.is_cut_off,
    )


def _derive(settings: Settings, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, the same on all nodes of this bridge and nowhere else."""
    return hmac.digest(settings.pingone_client_secret.reveal().encode(), f"scimbridge {purpose}".encode(), "sha256")


def _reveal(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()


def _notice(once: Once, name: str) -> None:
    once(log, name, "attribute not stored", attribute=name)


def _tell_tables(tables: Tables) -> None:
    """Log what lies over the shipped tables, and where the shipped one serves: a file that is not there is no fault."""
    for origin in tables.origins:
        log.info("table", resource=origin.resource, file=origin.file, served=origin.served, origin=origin.describe())


def _tell_form(once: Once, reason: str) -> None:
    once(log, reason, "value given in another form", reason=reason)


def _tell_limits(once: Once, error: Exception) -> None:
    once(log, type(error), "state out of reach: limits hold for each process by itself", exc_info=error)


def _tell_state(place: str, is_cut_off: bool) -> None:
    if is_cut_off:
        log.error("shared state does not answer; this node goes on by itself", place=place)
    else:
        log.warning("shared state answers again", place=place)
