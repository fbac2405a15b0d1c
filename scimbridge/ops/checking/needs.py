"""Whether what the bridge itself needs is there: clients and their populations, the shared state, the place of records.

Tries each of them as the bridge would, and changes nothing: a value that is put into the state is taken out again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.access.clients import Client, ClientFaults, read_clients
from scimbridge.observe.audit import Unwritable
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.ops.checking.findings import Finding, Probe, fault, ok, refused, warn
from scimbridge.pingone.errors import PingOneError
from scimbridge.resources.tables import Tables
from scimbridge.state.base import StateUnavailable
from scimbridge.state.redis import RedisState

_CLIENTS = "clients"
_STATE = "shared state"
_TRAIL = "records of changes"
_SOON = 30 * 24 * 3600.0  # seconds before the end of a client's last secret from which on it is told


def check_clients(path: Path | None, tables: Tables, now: float) -> Generator[Finding, None, tuple[Client, ...]]:
    """Read the clients file and return its clients; `now` is seconds since 1970."""
    if path is None:
        yield ok(_CLIENTS, "one bearer token, which may do everything; `scimbridge client add` makes others")
        return ()
    try:
        clients = tuple(read_clients(path.read_text(encoding="utf-8")).clients)
    except (OSError, UnicodeDecodeError, ClientFaults) as error:
        wrong = error.faults if isinstance(error, ClientFaults) else ["it cannot be read"]
        faults = [f"{path}: {one}" for one in wrong]
        for sentence in faults:
            yield fault(_CLIENTS, sentence, "mend the file that SCIMBRIDGE_CLIENTS names")
        return ()
    yield ok(_CLIENTS, f"{len(clients)} in the file")
    for client in clients:
        yield from _check_client(client, tables, now)
    return clients


def _check_client(client: Client, tables: Tables, now: float) -> Iterator[Finding]:
    where = f"client {client.name}"
    for sentence in tables.check_hidden(client.caller.hidden):
        yield fault(where, sentence, "mend `hidden` in the clients file")
    if client.certificates or client.subjects:
        return
    ends = [secret.ends_at for secret in client.secrets]
    last = max((end for end in ends if end is not None), default=0.0)
    if None not in ends and last < now + _SOON:
        told = "has no valid secret left" if last <= now else "has no secret that is valid for another month"
        yield warn(where, told, f"scimbridge client rotate {client.name}")


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
        yield ok(_STATE, "one node, which keeps it by itself")
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
    else:
        yield fault(
            _STATE,
            "Redis does not answer, or cannot be written to; each node goes on by itself within its part of the rate",
            "compare SCIMBRIDGE_STATE_URL with where Redis listens, and its password",
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
        yield ok(_TRAIL, "none are kept; SCIMBRIDGE_AUDIT or SCIMBRIDGE_AUDIT_DATABASE would")
    for sink in sinks:
        try:
            sink.check()
        except (Unwritable, OSError) as error:
            yield fault(_TRAIL, f"{sink.name}: {error}", "see that it is there and that the bridge may write to it")
        else:
            yield ok(_TRAIL, f"{sink.name} can be written to")
