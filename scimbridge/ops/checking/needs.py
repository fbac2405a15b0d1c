"""Whether what the bridge itself needs is there: clients and their populations, the shared state, the place of records.

Tries each of them as the bridge would, and changes nothing: a value that is put into the state is taken out again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import redis
from redis.exceptions import RedisError

from scimbridge.access.caller import SCOPES
from scimbridge.access.clients import Client, ClientFaults, Clients, read_clients
from scimbridge.access.register import nobody
from scimbridge.observe.audit import Unwritable
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.ops.checking.findings import Finding, Probe, fault, note, ok, refused, warn
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.kinds import KINDS
from scimbridge.resources.tables import Tables
from scimbridge.state.base import StateUnavailable
from scimbridge.state.redis import TIMEOUT, RedisState

_CLIENTS = "clients"
_STATE = "shared state"
_TRAIL = "records of changes"
_SOON = 30 * 24 * 3600.0  # seconds before the end of a client's last secret from which on it is told


def check_clients(
    path: Path | None, own: Client | None, tables: Tables, now: float
) -> Generator[Finding, None, Clients]:
    """Read the clients file as a start does, and return the clients; `now` is seconds since 1970.

    `own` is the client of the one bearer token, if there is one.
    """
    if path is None:
        yield note(_CLIENTS, "one bearer token, which may do everything; `scimbridge client add` makes others")
        return Clients(own=own)
    try:
        found = replace(read_clients(path.read_bytes().decode("utf-8-sig")), own=own)
    except (OSError, UnicodeDecodeError, ClientFaults) as error:
        wrong = error.faults if isinstance(error, ClientFaults) else ["it cannot be read"]
        faults = [f"{path}: {one}" for one in wrong]
        for sentence in faults:
            yield fault(_CLIENTS, sentence, f"mend {path}, which SCIMBRIDGE_CLIENTS names")
        return Clients(own=own)
    lacking = nobody(found)
    for sentence in lacking:
        yield fault(_CLIENTS, f"{path}: {sentence}; without one `serve` does not start", "scimbridge client add NAME")
    if not lacking:
        yield ok(_CLIENTS, f"{len(found.clients)} in the file")
    for client in found.clients:
        yield from _check_client(client, tables, now)
    return found


def _check_client(client: Client, tables: Tables, now: float) -> Iterator[Finding]:
    where = f"client {client.name}"
    for sentence in tables.check_hidden(client.caller.hidden):
        yield fault(where, sentence, "mend `hidden` in the clients file")
    yield from _check_rights(where, client, tables)
    if client.certificates or client.subjects:
        return
    ends = [secret.ends_at for secret in client.secrets]
    last = max((end for end in ends if end is not None), default=0.0)
    if None not in ends and last < now + _SOON:
        told = "has no valid secret left" if last <= now else "has no secret that is valid for another month"
        yield warn(where, told, f"scimbridge client rotate {client.name}")
    elif ends.count(None) > 1:
        yield note(where, "has two secrets without an end; `scimbridge client revoke` ends the rotation")


def _check_rights(where: str, client: Client, tables: Tables) -> Iterator[Finding]:
    """Look for rights that open nothing: on what no table serves, and to write what no table lets write."""
    scopes = client.caller.scopes
    for kind in KINDS:
        held = sorted(scopes.intersection(kind.scopes))
        table = tables.whole.get(kind.name)
        if held and table is None and scopes < SCOPES:
            yield warn(
                where, f"has {', '.join(held)}, and no table serves {kind.name}", "serve it, or take the scope out"
            )
        elif f"{kind.collection}:write" in scopes and f"{kind.collection}:read" not in scopes:
            yield note(
                where, f"has {kind.collection}:write without {kind.collection}:read: it finds nothing it has made"
            )
        elif table is not None and not table.allow and f"{kind.collection}:write" in scopes:
            yield note(where, f"has {kind.collection}:write, and the table of {kind.name} allows reading only")


def check_ways_in(clients: Clients, *, certificates: bool) -> Iterator[Finding]:
    """Look whether certificates of clients are asked for anywhere: by the server, or by proxies that are believed."""
    for client in clients.clients:
        if client.certificates and not certificates:
            yield warn(
                f"client {client.name}",
                "is known by a certificate, and nobody asks for one",
                "serve with --certfile and --client-ca, or set SCIMBRIDGE_CLIENT_CERTIFICATE_HEADER and the proxies",
            )


def check_client_populations(probe: Probe, clients: Iterable[Client]) -> Iterator[Finding]:
    """Look whether the populations that clients are confined to are there."""
    named = {key: client.name for client in clients for key in client.caller.populations or ()}
    if not named:
        return
    try:
        pages = probe.target.populations.pages(probe.call(), limit=probe.page_size)
        found = {record.get("id") for page in pages for record in page.records}
    except PingOneError as error:
        yield refused(_CLIENTS, "the populations cannot be listed", error)
        return
    for key, name in named.items():
        if key not in found:
            yield fault(
                f"client {name}",
                f"PingOne shows no population {key}, so this client sees nothing there",
                "write the id of one that is there into `populations`",
            )


def check_state(url: str, clock: Callable[[], float]) -> Iterator[Finding]:
    """Put a value into the shared state and take it out again, where there is one."""
    if urlsplit(url).scheme == "memory":
        yield note(_STATE, "one node keeps it by itself; several need a Redis (SCIMBRIDGE_STATE_URL)")
        return
    try:
        state = RedisState(url, prefix="scimbridge:check", clock=clock, sleep=time.sleep)
    except ValueError:
        yield fault(
            _STATE,
            "SCIMBRIDGE_STATE_URL names no place that a state can be kept in",
            "write memory:// for one node, or redis://host:6379/0 (rediss:// with TLS) for several",
        )
        return
    if _keeps(state):
        yield ok(_STATE, "Redis answers and can be written to")
        yield from _check_eviction(url)
    else:
        yield fault(
            _STATE,
            "Redis does not answer, or cannot be written to; each node goes on by itself within its part of the rate",
            "compare SCIMBRIDGE_STATE_URL with where Redis listens, and its password",
        )


def _check_eviction(url: str) -> Iterator[Finding]:
    """Look whether Redis throws away what it keeps when its memory is full: locks and what creates remember."""
    try:
        with closing(redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)) as asked:
            held = asked.info("memory")
    except RedisError:
        return  # a Redis that does not say so is no fault
    policy = str(held.get("maxmemory_policy", "noeviction"))
    if held.get("maxmemory") and policy != "noeviction":
        yield warn(
            _STATE,
            f"Redis throws keys away when its memory is full ({policy}): locks, and what is remembered of creates",
            "set maxmemory-policy to noeviction for the Redis of the bridge",
        )


def _keeps(state: RedisState) -> bool:
    key = secrets.token_hex(8)
    try:
        state.set(key, b"1", 10.0)
        kept = state.get(key) == b"1"
        state.delete(key)
    except StateUnavailable:
        return False
    return kept


def check_trail(file: str | None, database: str, clock: Callable[[], float]) -> Iterator[Finding]:
    """Open the places of records as the bridge does, and try each."""
    try:
        sinks = open_sinks(file, database, clock)
    except Unopenable as error:
        yield fault(_TRAIL, str(error), "mend the setting")
        return
    if not sinks:
        yield note(_TRAIL, "none are kept; SCIMBRIDGE_AUDIT or SCIMBRIDGE_AUDIT_DATABASE would")
    for sink in sinks:
        try:
            sink.check()
        except (Unwritable, OSError) as error:
            yield fault(_TRAIL, f"{sink.name}: {error}", "see that it is there and that the bridge may write to it")
        else:
            yield ok(_TRAIL, f"{sink.name} can be written to")
