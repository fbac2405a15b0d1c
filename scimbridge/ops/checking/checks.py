"""`scimbridge check`: whether everything fits together, from the network to the last row of a table.

One line for each thing looked at, with what to do about it; it goes on after a fault as far as that makes sense. Reads
only, unless the operator allows a trial. Knows the order of the checks; each stands in a module of its own.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol

from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking import bridge, reach, rights, rows
from scimbridge.ops.checking.comparing import check_comparing
from scimbridge.ops.checking.findings import PATIENCE, Probe, Report, Write
from scimbridge.ops.checking.populations import check_populations
from scimbridge.ops.checking.trial import Trial, try_values
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.sending.connect import Connection, connect
from scimbridge.pingone.sending.token_endpoint import TokenEndpoint
from scimbridge.pingone.target import Target
from scimbridge.resources.tables import open_tables
from scimbridge.state.memory import MemoryState


class Hidden(Protocol):
    """A value that is shown only when asked for."""

    def reveal(self) -> str:
        """Return the value."""
        ...


class Environment(Protocol):
    """What `check` has to be told: the settings of these names."""

    @property
    def pingone_environment_id(self) -> str:
        """The PingOne environment."""

    @property
    def pingone_client_id(self) -> str:
        """The worker application."""

    @property
    def pingone_client_secret(self) -> Hidden:
        """Its secret."""

    @property
    def api_url(self) -> str:
        """Base of the management API, without `/v1`."""

    @property
    def auth_url(self) -> str:
        """Base of the token endpoint."""

    @property
    def verify_tls(self) -> bool:
        """Whether certificates are checked."""

    @property
    def http_proxy(self) -> Hidden | None:
        """Proxy towards PingOne."""

    @property
    def default_population_id(self) -> str | None:
        """Where users go by default."""

    @property
    def datetime_offset(self) -> dt.timedelta:
        """The directory's clock against the clients'."""

    @property
    def page_size(self) -> int:
        """Records asked for per page."""

    @property
    def pingone_rate(self) -> float:
        """Calls per second, at most."""

    @property
    def clients(self) -> Path | None:
        """The clients file."""

    @property
    def state_url(self) -> Hidden:
        """Where nodes keep what they share."""

    @property
    def audit(self) -> str | None:
        """File of records."""

    @property
    def audit_database(self) -> Hidden | None:
        """Database of records."""


def run(
    settings: Environment,
    folder: Traversable,
    write: Write,
    *,
    clock: Callable[[], float] = time.monotonic,
    wall: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    trial: Trial | None = None,
) -> int:
    """Check an environment against the tables of a folder. Returns the exit code: 1 where anything is at fault.

    With a `trial` a user is made and deleted to find out what the environment enforces; else nothing is changed.
    Raises `TableFaults` where the tables are wrong in themselves.
    """
    opened = open_tables(folder, settings.datetime_offset)
    tables = opened.whole
    report = Report(write)
    for origin in opened.origins:
        if not origin.copied:
            report.ok(origin.file, origin.describe())
    clients = bridge.check_clients(report, settings.clients, opened, wall())
    bridge.check_state(report, settings.state_url.reveal(), clock)
    database = settings.audit_database.reveal() if settings.audit_database is not None else ""
    bridge.check_trail(report, settings.audit, database, clock)
    state = MemoryState(clock)
    proxy = settings.http_proxy.reveal() if settings.http_proxy is not None else ""
    connection = connect(
        environment_id=settings.pingone_environment_id,
        client_id=settings.pingone_client_id,
        client_secret=settings.pingone_client_secret.reveal(),
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        state=state,
        verify_tls=settings.verify_tls,
        proxy=proxy or None,
        rate=settings.pingone_rate,
        timeout=PATIENCE / 2,
        clock=clock,
        wall=wall,
        sleep=sleep,
    )
    try:
        if _is_reachable(settings, report, connection, clock=clock, wall=wall):
            probe = Probe(Target(connection, clock=clock, sleep=sleep), report, clock, settings.page_size)
            _check_environment(probe, settings, tables, state)
            bridge.check_client_populations(probe, clients)
            if trial is not None and USERS.name in tables:
                try_values(probe, tables[USERS.name], trial)
        else:
            report.write("      the rest needs a token, and is not looked at before there is one")
    finally:
        connection.close()
    return _end(report)


def _is_reachable(
    settings: Environment,
    report: Report,
    connection: Connection,
    *,
    clock: Callable[[], float],
    wall: Callable[[], float],
) -> bool:
    way = reach.Way(
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        environment_id=settings.pingone_environment_id,
        verified=settings.verify_tls,
        proxied=settings.http_proxy is not None,
    )
    issuer = TokenEndpoint(
        connection.wire,
        auth_url=settings.auth_url,
        environment_id=settings.pingone_environment_id,
        client_id=settings.pingone_client_id,
        client_secret=settings.pingone_client_secret.reveal(),
        clock=clock,
        wall=wall,
    )
    api = reach.check_api(report, connection.wire, way, deadline=clock() + PATIENCE, now=wall())
    token = reach.check_token(report, issuer, way, deadline=clock() + PATIENCE)
    return api and token


def _check_environment(probe: Probe, settings: Environment, tables: Mapping[str, Table], state: MemoryState) -> None:
    seen = rights.look_around(probe, tables)
    probe = replace(probe, page_size=seen.size)
    users = tables.get(USERS.name)
    if seen.pages[POPULATIONS.collection] is not None:
        check_populations(probe, settings.default_population_id, users)
    if GROUPS.name in tables:
        rights.check_groups(probe, seen)
    if users is not None and seen.schema is not None:
        rows.check_users(probe.report, users, seen.schema)
    served = [kind for kind in KINDS if kind.name in tables]
    for kind in served:
        if kind.schema is None:
            rows.check_others(probe.report, tables[kind.name], kind)
    for kind in served:
        if seen.pages[kind.collection] is not None:
            check_comparing(probe, tables[kind.name], probe.target.of(kind.collection), state)


def _end(report: Report) -> int:
    counts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((report.faults, "fault"), (report.warnings, "warning"))
        if count
    ]
    report.write("everything fits" if not counts else " and ".join(counts))
    return 1 if report.faults else 0
