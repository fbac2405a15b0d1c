"""The bridge without its edge: settings in, a working bridge out.

Opening one checks tables, clients and the place of records and starts nothing: no thread, no connection, and the state
is asked nothing, so that it can be done before a fork. The only place where these parts are joined: the application,
`check` and `explain` take theirs from here. Knows no web framework and no request.
"""

from __future__ import annotations

import hmac
import platform
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from scimbridge import __version__
from scimbridge.access.clients import ClientFaults, Clients, own_client
from scimbridge.access.register import Register
from scimbridge.access.sections import find_line
from scimbridge.lists.listing import Listing
from scimbridge.lists.read_ahead import ReadAhead, Writes
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.observe import reconcile_figures
from scimbridge.observe.audit import Recorder
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.observe.logs import Once, named
from scimbridge.observe.metrics import Metrics, Readings
from scimbridge.observe.spans import Spans
from scimbridge.observe.threads import InContext
from scimbridge.operations.rooms import Rooms, open_all_tables, open_rooms
from scimbridge.pingone.agreement_texts import AgreementTexts
from scimbridge.pingone.send import CallRecord, Send
from scimbridge.pingone.sending.announcements import announce
from scimbridge.pingone.sending.conditions import Tell, untold
from scimbridge.pingone.sending.connect import TIMEOUT, Approach, Connection, connect
from scimbridge.pingone.sending.read_after_write import WithReadAfterWrite
from scimbridge.pingone.target import Target
from scimbridge.reach.unconfined import Unconfined
from scimbridge.request.parallel import OPERATIONS
from scimbridge.resources.assembly import Assembly, Parts
from scimbridge.resources.members.changes import IN_FLIGHT
from scimbridge.resources.registry import Registry
from scimbridge.resources.suggestions import Suggestions
from scimbridge.resources.tables import Tables
from scimbridge.settings.declared import Secret, Settings, SettingsFaults, default_mappings
from scimbridge.settings.fingerprint import fingerprint
from scimbridge.state.base import State
from scimbridge.state.memory import MemoryState
from scimbridge.state.opening import open_state
from scimbridge.trail.attempts import UNTRACED, Keeping, Trail

Clock = Callable[[], float]
Observe = Callable[[CallRecord], None]

log = named(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around a bridge, and what a test, a check or a rehearsal puts in its place.

    `clock` counts seconds, `wall` is seconds since 1970. `node_file` is where the processes of a node share what they
    know, with those to come as well; None: each keeps to itself. `state` is used instead of the one that the settings
    name, and `send` instead of the connection to PingOne. `learn` hears every access token of PingOne's, to mask it;
    `observers` every call, of which `spans` makes spans. `timeout` is how many seconds PingOne may stay silent.
    `threads` carry calls side by side.
    """

    clock: Clock = time.monotonic
    wall: Clock = time.time
    sleep: Callable[[float], None] = time.sleep
    node_file: Path | None = None
    state: State | None = None
    send: Send | None = None
    learn: Callable[[str], None] | None = None
    observers: tuple[Observe, ...] = ()
    timeout: float = TIMEOUT
    threads: int = IN_FLIGHT
    listing: Callable[..., Listing] = Listing
    spans: Spans | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """A working bridge: what the edge, `check` and `explain` ask it. `parts` are what its verbs share."""

    settings: Settings
    around: Surroundings
    tables: Tables
    register: Register
    connection: Connection
    parts: Parts
    registry: Registry
    rooms: Rooms
    metrics: Metrics
    pools: tuple[Executor, ...] = field(repr=False)

    def close(self) -> None:
        """End what was started since the bridge was opened: threads and connections."""
        for pool in self.pools:
            pool.shutdown()
        self.connection.close()


def open_bridge(settings: Settings, tables: Tables | None = None, around: Surroundings | None = None) -> Bridge:
    """Open a bridge, with tables that were read already. Raises `SettingsFaults` for what is wrong in its settings."""
    around = around or Surroundings()
    tables = tables or load_tables(settings)
    register = open_register(settings.clients, settings.bearer_token, tables, around.clock)
    metrics = Metrics(__version__, wall=around.wall)
    metrics.note_configuration(fingerprint(settings, tables.digest))
    trail = _open_trail(settings, metrics, around)
    state = around.state or open_shared_state(settings, around.node_file, around.clock)
    writes = Writes(state, lambda: uuid.uuid4().bytes, around.clock)
    observers = (*around.observers, metrics.observe_call, writes.note)
    connection = open_connection(settings, state, around, observers, announce)
    metrics.read = lambda: _read_gauges(connection, state)
    metrics.read_reconcile = lambda: reconcile_figures.load(state.get(reconcile_figures.KEY))
    parts = _join_parts(settings, around, open_target(connection, state, around), state, trail, writes, metrics)
    bulk = InContext(OPERATIONS, thread_name_prefix="bulk")
    suggestions = Suggestions(Unconfined(parts.target), state, page_size=parts.page_size, clock=around.clock)
    assembly = Assembly(parts, tables.shown_fields, around.listing)
    registry = Registry(tables, assembly, suggestions.values, bulk)
    texts = AgreementTexts(connection.wire, settings.api_url, settings.pingone_environment_id)
    rooms = open_rooms(tables.operations, registry, assembly, texts, settings.datetime_offset)
    return Bridge(settings, around, tables, register, connection, parts, registry, rooms, metrics, (parts.pool, bulk))


def open_rehearsal(tables: Tables, send: Send, listing: Callable[..., Listing] = Listing) -> Bridge:
    """Open a bridge to no environment: `send` answers for PingOne, no time passes, and all that is known is forgotten.

    It has one thread, so that calls come in their order.
    """
    nowhere = Settings(
        pingone_environment_id="00000000-0000-4000-8000-000000000000",
        pingone_client_id="rehearsal",
        pingone_client_secret=Secret("rehearsal"),
        pingone_api_url="http://rehearsal.invalid",
        pingone_auth_url="http://rehearsal.invalid",
        bearer_token=Secret("rehearsal"),
        read_ahead=0,
    )
    around = Surroundings(
        clock=lambda: 0.0, wall=lambda: 0.0, sleep=lambda _seconds: None, send=send, threads=1, listing=listing
    )
    return open_bridge(nowhere, tables, around)


# -- parts that stand by themselves ------------------------------------------------------------------------------------


def load_tables(settings: Settings) -> Tables:
    """Read and compile the tables in use. Raises `SettingsFaults` with all that is wrong in all of them."""
    try:
        return open_all_tables(settings.mappings or default_mappings(), settings.datetime_offset)
    except TableFaults as error:
        raise SettingsFaults(error.faults) from None


def _tell_state(place: str, is_cut_off: bool) -> None:
    if is_cut_off:
        log.error("shared state does not answer; this node goes on by itself", place=place)
    else:
        log.warning("shared state answers again", place=place)


def open_shared_state(
    settings: Settings, node_file: Path | None, clock: Clock, tell: Callable[[str, bool], None] = _tell_state
) -> State:
    """Return what is shared with others; nothing is connected yet. `tell` hears where and whether it is cut off."""
    prefix = f"scimbridge:{settings.pingone_environment_id}"
    return open_state(
        settings.state_url.reveal(), clock=clock, node_file=node_file, prefix=prefix,
        seal=_derive(settings, "state 1"), tell=tell,
    )  # fmt: skip


def open_connection(
    settings: Settings, state: State, around: Surroundings, observers: tuple[Observe, ...] = (), tell: Tell = untold
) -> Connection:
    """Return the way to the environment that the settings name; nothing is sent yet. `tell` as in `Approach`."""

    def observe(record: CallRecord) -> None:
        for each in observers:
            each(record)

    way = Approach(
        environment_id=settings.pingone_environment_id,
        client_id=settings.pingone_client_id,
        client_secret=settings.pingone_client_secret.reveal(),
        api_url=settings.api_url, auth_url=settings.auth_url,
        state=state, ledger=None if isinstance(state, MemoryState) else state,
        verify_tls=settings.verify_tls, authorities=settings.ca_bundle,
        proxy=reveal(settings.http_proxy) or None,
        rate=settings.pingone_rate,
        timeout=around.timeout,
        pool=2 * around.threads,
        clock=around.clock, wall=around.wall, sleep=around.sleep,
        observe=observe, learn=around.learn, spans=around.spans,
        node=platform.node(),
        tell=tell,
    )  # fmt: skip
    return connect(way)


def reveal(secret: Secret | None) -> str:
    """Return the value of a secret, "" where it is not set."""
    return "" if secret is None else secret.reveal()


def open_register(path: Path | None, token: Secret | None, tables: Tables | None, clock: Clock) -> Register:
    """Read who may do what, hidden attributes held against `tables`. Raises `SettingsFaults` with all that is wrong."""

    def check(clients: Clients) -> list[str]:
        if tables is None or path is None:
            return []
        text, hidden = (
            path.read_text(encoding="utf-8-sig"),
            ((each.name, each.caller.hidden) for each in clients.clients),
        )
        return [
            f"clients.{name}: {fault} (at line {find_line(text, ('clients', name, 'hidden'))})"
            for name, paths in hidden
            for fault in tables.check_hidden(paths)
        ]

    try:
        return Register(path, own_client(token.reveal()) if token else None, clock=clock, check=check)
    except ClientFaults as error:
        raise SettingsFaults(f"SCIMBRIDGE_CLIENTS: {fault}" for fault in error.faults) from None


def _open_trail(settings: Settings, metrics: Metrics, around: Surroundings) -> Trail:
    """Return what records changes. Raises `SettingsFaults` where records cannot be kept."""
    try:
        sinks = open_sinks(settings.audit, reveal(settings.audit_database), around.clock)
    except Unopenable as error:
        raise SettingsFaults([str(error)]) from None
    if not sinks:
        return UNTRACED
    keeping = Keeping(
        recorder=Recorder(sinks, around.clock, metrics.observe_audit_failure, metrics.observe_audit_record),
        wall=around.wall, clock=around.clock,
        new_id=lambda: uuid.uuid4().hex,
        values=settings.audit_values, reads=settings.audit_reads, required=settings.audit_required,
    )  # fmt: skip
    return Trail(keeping)


def open_target(connection: Connection, state: State, around: Surroundings) -> Target:
    """Return the environment's collections, which show what was written through any node of this bridge."""
    clock, sleep = around.clock, around.sleep
    send = around.send or WithReadAfterWrite(connection, state, clock=clock, sleep=sleep)
    return Target(send, clock=clock, sleep=sleep)


def _join_parts(
    settings: Settings,
    around: Surroundings,
    target: Target,
    state: State,
    trail: Trail,
    writes: Writes,
    metrics: Metrics,
) -> Parts:
    once, pool = Once(), InContext(around.threads, thread_name_prefix="pingone")
    return Parts(
        target=target,
        state=state,
        pool=pool,
        secret=_derive(settings, "secret"),
        clock=around.clock,
        wall=around.wall,
        sleep=around.sleep,
        rate=settings.pingone_rate,
        page_size=settings.page_size,
        scan_limit=settings.scan_limit,
        default_population=settings.default_population_id,
        notice=lambda reason: _tell_form(once, reason),
        trail=trail,
        ahead=ReadAhead(pool, settings.read_ahead, writes, clock=around.clock),
        observe_window=metrics.observe_window,
        observe_dropped=metrics.observe_dropped,
        refuse_dropped=settings.refuse_dropped_values,
    )


def _read_gauges(connection: Connection, state: State) -> Readings:
    rate = connection.rate
    return Readings(
        circuit_open=connection.circuit.is_open, rate_configured=rate.configured, rate_effective=rate.rate,
        rate_share=rate.share, waiting=rate.waiting, state_cut_off=state.is_cut_off,
    )  # fmt: skip


def plan_secret(client_secret: Secret) -> bytes:
    """Return what seals the plans of this bridge, by the secret of the worker alone."""
    return _derive_from(client_secret, "plan 1")


def _derive(settings: Settings, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, the same on all nodes of this bridge and nowhere else."""
    return _derive_from(settings.pingone_client_secret, purpose)


def _derive_from(client_secret: Secret, purpose: str) -> bytes:
    return hmac.digest(client_secret.reveal().encode(), f"scimbridge {purpose}".encode(), "sha256")


def _tell_form(once: Once, reason: str) -> None:
    once(log, reason, "value given in another form", reason=reason)
