"""`scimbridge check`: whether everything fits together, from the network to the last row of a table.

A finding for each thing looked at, and for each that was not, with what to do about it; it goes on after a fault as far
as that makes sense. Reads only, unless the operator allows a trial. Knows the order of the checks; each stands in a
module of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.access.clients import Clients, own_client
from scimbridge.access.jwks import Fetcher
from scimbridge.bridge import (
    Bridge,
    Surroundings,
    load_tables,
    open_bridge,
    open_connection,
    open_shared_state,
    open_target,
    reveal,
)
from scimbridge.operations.reading import Catalogue
from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.checking import exposure, needs, prudence, reach, rights, rows
from scimbridge.ops.checking.comparing import check_comparing
from scimbridge.ops.checking.findings import PATIENCE, Finding, Probe, fault, not_tried, ok
from scimbridge.ops.checking.issuers import check_issuers
from scimbridge.ops.checking.machine import Machine
from scimbridge.ops.checking.operations.reading import check_reading, leave_changes
from scimbridge.ops.checking.operations.standing import Standing, roles_of
from scimbridge.ops.checking.operations.trying import material, try_operations
from scimbridge.ops.checking.patience import BOUND, GivenUp, Patience
from scimbridge.ops.checking.populations import check_populations
from scimbridge.ops.checking.roles import check_roles
from scimbridge.ops.checking.tls import check_tls
from scimbridge.ops.checking.trying.trial import Trial
from scimbridge.ops.checking.unkept import check_unkept
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.schema import read_declared
from scimbridge.pingone.sending.connect import Connection
from scimbridge.pingone.target import Target
from scimbridge.resources.tables import Tables, read_tables
from scimbridge.settings.declared import Secret, Settings, default_mappings
from scimbridge.state.memory import MemoryState

_REST = "everything else"


def check(
    settings: Settings,
    population: str | None = None,
    around: Surroundings | None = None,
    machine: Machine | None = None,
) -> Generator[Finding, None, None]:
    """Look at everything, and yield each finding as it comes.

    With a `population` (id or name) a user and a group are made there and deleted, to find out what the environment
    takes and keeps; else nothing is changed. Raises `SettingsFaults` where the tables are wrong in themselves. Whoever
    stops half way closes the iterator, so that what was made is deleted.
    """
    around, machine = around or Surroundings(), machine or Machine()
    patience = Patience(around.sleep, machine.tell)
    around = replace(
        around, timeout=PATIENCE / 2, sleep=patience.sleep, observers=(*around.observers, patience.observe)
    )
    tables = load_tables(settings)
    yield from (ok(origin.file, origin.describe()) for origin in tables.origins if not origin.copied)
    clients = yield from _check_here(settings, tables, machine, around)
    yield from check_issuers(
        clients.issuers, clients.clients, machine.fetch or Fetcher(proxy=reveal(settings.http_proxy) or None)
    )
    state = MemoryState(around.clock)  # of its own: what the bridges know of PingOne is not believed here
    connection = open_connection(settings, state, around, around.observers)
    looking = _Looking(settings, tables, clients, machine, around, patience, state)
    try:
        if (yield from _check_way(settings, connection, around)):
            yield from looking.look(connection, population)
        else:
            told = "the rest needs an access token, and is not looked at before there is one"
            yield not_tried(_REST, told, "mend the fault above, then run check again")
    except GivenUp as given_up:
        yield from _give_up(given_up)
    finally:
        connection.close()


def _give_up(given_up: GivenUp) -> Iterator[Finding]:
    again = "in a few minutes" if given_up.seconds is None else f"in {max(1, round(given_up.seconds))} s"
    yield fault(
        "rate",
        f"PingOne throttles this application (429) for longer than check waits: {PATIENCE:g} s for one call,"
        f" {BOUND:g} s in all",
        f"run check again {again}; if it comes back, lower SCIMBRIDGE_PINGONE_RATE, and look who else calls PingOne"
        " from this address or for this environment",
    )
    yield not_tried(_REST, "what comes after this was not looked at", f"run check again {again}")


def _check_here(
    settings: Settings, tables: Tables, machine: Machine, around: Surroundings
) -> Generator[Finding, None, Clients]:
    """Look at what needs no PingOne."""
    token = reveal(settings.bearer_token)
    own = own_client(token) if token else None
    clients = yield from needs.check_clients(settings.clients, own, tables, around.wall())
    by_proxy = settings.client_certificate_header is not None
    yield from needs.check_ways_in(clients, certificates=by_proxy or machine.tls.client_ca is not None)
    yield from exposure.check_token_strength(settings)
    log = Path(settings.audit) if settings.audit not in (None, "-") else None
    named = (("SCIMBRIDGE_CLIENTS", settings.clients), ("SCIMBRIDGE_AUDIT", log), ("private key", machine.tls.keyfile))
    yield from exposure.check_files((*machine.files, *((label, path) for label, path in named if path is not None)))
    yield from exposure.check_proxies(settings.trusted_proxies, certificates=by_proxy)
    yield from prudence.check_prudence(settings, clients.clients, machine.environ)
    yield from check_tls(machine.tls, settings.public_url, around.wall())
    yield from needs.check_state(settings.state_url.reveal(), around.clock)
    yield from needs.check_trail(settings.audit, reveal(settings.audit_database), around.clock)
    return clients


def _check_way(settings: Settings, connection: Connection, around: Surroundings) -> Generator[Finding, None, bool]:
    way = reach.HostWay(
        api_url=settings.api_url,
        auth_url=settings.auth_url,
        environment_id=settings.pingone_environment_id,
        verified=settings.verify_tls,
        proxied=settings.http_proxy is not None,
    )
    deadline = around.clock() + PATIENCE
    api = yield from reach.check_api(connection.wire, way, deadline=deadline, now=around.wall())
    deadline = around.clock() + PATIENCE
    token = yield from reach.check_token(connection.token_endpoint, way, deadline=deadline)
    return api and token


@dataclass(frozen=True, slots=True)
class _Looking:
    """What is known before the environment itself is looked at."""

    settings: Settings
    tables: Tables
    clients: Clients
    machine: Machine
    around: Surroundings
    patience: Patience
    state: MemoryState

    def look(self, connection: Connection, population: str | None) -> Iterator[Finding]:
        """Look at the environment, and try what may be tried."""
        settings, tables, around = self.settings, self.tables.whole, self.around
        send = self.patience.over(open_target(connection, self.state, around).send)
        probe = Probe(Target(send, clock=around.clock, sleep=around.sleep), around.clock, settings.page_size)
        seen = yield from rights.look_around(probe, tables, settings.pingone_region)
        catalogue = open_catalogue(self.tables.operations)
        roles = yield from check_roles(probe, settings.pingone_client_id, roles_of(catalogue))
        yield from prudence.check_scan(seen.count(USERS.collection), settings.scan_limit)
        yield from self._compare(replace(probe, page_size=seen.size), seen)
        yield from needs.check_client_populations(probe, self.clients.clients)
        standing = Standing(roles, tuple(each.caller for each in self.clients.everybody))
        yield from check_reading(probe, catalogue, seen, standing)
        if population is None:
            if GROUPS.name in tables:
                yield from rights.check_groups(probe, rights.some_group(seen), seen.first(USERS.collection))
            yield from _leave_writing(self.tables)
            yield from leave_changes(catalogue, standing)
        elif seen.schema is not None:
            declared = {each.name: each for each in map(read_declared, seen.schema)}
            yield from self._trial(population, probe, catalogue, standing).run(probe, tables, declared)
        else:
            yield not_tried("writing", "without the user schema nothing is tried", "mend the fault above")
            yield from leave_changes(catalogue, standing, "mend the fault above")

    def _compare(self, probe: Probe, seen: rights.FirstPages) -> Iterator[Finding]:
        tables = self.tables.whole
        users = tables.get(USERS.name)
        if seen.pages[POPULATIONS.collection] is not None:
            yield from check_populations(probe, self.settings.default_population_id, users)
        if users is not None and seen.schema is not None:
            yield from rows.check_users(users, seen.schema)
            yield from check_unkept(users, seen.schema, read_tables(default_mappings()).get(USERS.name))
        served = [kind for kind in KINDS if kind.name in tables]
        for kind in served:
            if kind.schema is None:
                yield from rows.check_others(tables[kind.name], kind)
        for kind in served:
            if seen.pages[kind.collection] is not None:
                yield from check_comparing(probe, tables[kind.name], probe.target.of(kind.collection), self.state)

    def _trial(self, population: str, probe: Probe, catalogue: Catalogue, standing: Standing) -> Trial:
        settings, around = self.settings, self.around
        try:
            findings = around.state or open_shared_state(settings, None, around.clock, lambda *_change: None)
        except ValueError:
            findings = self.state  # the settings name no such place, which is a finding already

        def open_own(home: str) -> Bridge:
            # No audit log: nobody asked over SCIM. No clients file: it may be what is at fault.
            own = replace(
                settings, clients=None, bearer_token=Secret(self.machine.signature.sign()), audit=None,
                audit_database=None, audit_required=False, read_ahead=0, default_population_id=home,
            )  # fmt: skip
            fresh = MemoryState(around.clock)
            return open_bridge(own, self.tables, replace(around, send=probe.target.send, state=fresh, observers=()))

        signature = self.machine.signature

        def call_operations(bridge: Bridge | None, user: str | None, group: str | None) -> Iterator[Finding]:
            if bridge is None or user is None:
                return leave_changes(catalogue, standing, "mend the fault above, then run check again")
            return try_operations(bridge, probe, standing, user, material(signature.digits(), around.wall(), group))

        return Trial(
            population, open_own, call_operations, findings, urlsplit(settings.state_url.reveal()).scheme != "memory",
            signature, self.patience, around.wall, self.machine.tell,
        )  # fmt: skip


def _leave_writing(tables: Tables) -> Iterator[Finding]:
    """Say what reading cannot show, so that nobody takes it for tried."""
    written = [
        kind.collection for kind in (USERS, GROUPS) if kind.name in tables.whole and tables.whole[kind.name].allow
    ]
    if not written:
        return
    yield not_tried("writing", f"whether the application may make, change and delete {' and '.join(written)}")
    yield not_tried("values", "which values the environment refuses, and which it takes and drops")
