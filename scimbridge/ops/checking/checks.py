"""`scimbridge check`: whether everything fits together, from the network to the last row of a table.

A finding for each thing looked at, with what to do about it; it goes on after a fault as far as that makes sense. Reads
only, unless the operator allows a trial. Knows the order of the checks; each stands in a module of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from scimbridge.bridge import Surroundings, load_tables, open_connection, open_shared_state, open_target, reveal
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking import needs, reach, rights, rows
from scimbridge.ops.checking.comparing import check_comparing
from scimbridge.ops.checking.findings import PATIENCE, Finding, Probe, note, ok
from scimbridge.ops.checking.populations import check_populations
from scimbridge.ops.checking.trial import Trial, try_values
from scimbridge.pingone.kinds import GROUPS, KINDS, POPULATIONS, USERS
from scimbridge.pingone.sending.connect import Connection
from scimbridge.settings.declared import Settings
from scimbridge.state.base import State
from scimbridge.state.memory import MemoryState


def _new_name() -> str:
    return uuid.uuid4().hex


def check(
    settings: Settings,
    population: str | None = None,
    around: Surroundings | None = None,
    new_name: Callable[[], str] = _new_name,
) -> Generator[Finding, None, None]:
    """Look at everything, and yield each finding as it comes.

    With a `population` (id or name) a user is made there and deleted, to find out what the environment enforces; else
    nothing is changed. `new_name` makes 32 hexadecimal digits that were never used. Raises `SettingsFaults` where the
    tables are wrong in themselves. Who stops half way closes the iterator, so that what was made is deleted.
    """
    around = replace(around or Surroundings(), timeout=PATIENCE / 2)
    tables = load_tables(settings)
    yield from (ok(origin.file, origin.describe()) for origin in tables.origins if not origin.copied)
    clients = yield from needs.check_clients(settings.clients, tables, around.wall())
    yield from needs.check_state(settings.state_url.reveal(), around.clock)
    yield from needs.check_trail(settings.audit, reveal(settings.audit_database), around.clock)
    state = MemoryState(around.clock)  # of its own: what the bridges know of PingOne is not believed here
    connection = open_connection(settings, state, around)
    try:
        if not (yield from _check_way(settings, connection, around)):
            yield note("token", "the rest needs a token, and is not looked at before there is one")
            return
        probe = Probe(open_target(connection, state, around), around.clock, settings.page_size)
        yield from _check_environment(probe, settings, tables.whole, state)
        yield from needs.check_client_populations(probe, clients)
        if population is not None and USERS.name in tables.whole:
            trial = _open_trial(settings, population, around, new_name)
            if trial is not None:
                yield from try_values(probe, tables.whole[USERS.name], trial)
    finally:
        connection.close()


def _open_trial(settings: Settings, population: str, around: Surroundings, new_name: Callable[[], str]) -> Trial | None:
    """Return what may be tried; what it finds is kept where the bridges of these settings look.

    None where these settings name no such place, which is a finding already.
    """
    try:
        state = around.state or open_shared_state(settings, None, around.clock, lambda *_change: None)
    except ValueError:
        return None
    shared = urlsplit(settings.state_url.reveal()).scheme != "memory"
    return Trial(population, state, shared, new_name)


def _check_way(settings: Settings, connection: Connection, around: Surroundings) -> Generator[Finding, None, bool]:
    way = reach.Way(
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


def _check_environment(
    probe: Probe, settings: Settings, tables: Mapping[str, Table], state: State
) -> Iterator[Finding]:
    seen = yield from rights.look_around(probe, tables)
    probe = replace(probe, page_size=seen.size)
    users = tables.get(USERS.name)
    if seen.pages[POPULATIONS.collection] is not None:
        yield from check_populations(probe, settings.default_population_id, users)
    if GROUPS.name in tables:
        yield from rights.check_groups(probe, seen)
    if users is not None and seen.schema is not None:
        yield from rows.check_users(users, seen.schema)
    served = [kind for kind in KINDS if kind.name in tables]
    for kind in served:
        if kind.schema is None:
            yield from rows.check_others(tables[kind.name], kind)
    for kind in served:
        if seen.pages[kind.collection] is not None:
            yield from check_comparing(probe, tables[kind.name], probe.target.of(kind.collection), state)
