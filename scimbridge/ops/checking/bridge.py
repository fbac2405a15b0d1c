"""Whether what the bridge itself needs is there: clients and their populations, the shared state, the place of records.

Tries each of them as the bridge would, and changes nothing: a value that is put into the state is taken out again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from scimbridge.access.clients import Client, ClientFaults, read_clients
from scimbridge.observe.audit import Unwritable
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.ops.checking.findings import Probe, Report
from scimbridge.pingone.errors import PingOneError
from scimbridge.resources.tables import Tables
from scimbridge.state.base import StateUnavailable
from scimbridge.state.redis import RedisState

_CLIENTS = "clients"
_STATE = "shared state"
_TRAIL = "records of changes"
_SOON = 30 * 24 * 3600.0  # seconds before the end of a client's last secret from which on it is told


def check_clients(report: Report, path: Path | None, tables: Tables, now: float) -> tuple[Client, ...]:
    """Read the clients file and return its clients; `now` is seconds since 1970."""
    if path is None:
        report.ok(_CLIENTS, "one bearer token, which may do everything; `scimbridge client add` makes others")
        return ()
    try:
        clients = tuple(read_clients(path.read_text(encoding="utf-8")).clients)
    except (OSError, UnicodeDecodeError, ClientFaults) as error:
        faults = error.faults if isinstance(error, ClientFaults) else [f"{path} cannot be read"]
        for fault in faults:
            report.fault(_CLIENTS, fault, "mend the file that SCIMBRIDGE_CLIENTS names")
        return ()
    report.ok(_CLIENTS, f"{len(clients)} in the file")
    for client in clients:
        _check_client(report, client, tables, now)
    return clients


def _check_client(report: Report, client: Client, tables: Tables, now: float) -> None:
    where = f"client {client.name}"
    for fault in tables.check_hidden(client.caller.hidden):
        report.fault(where, fault, "mend `hidden` in the clients file")
    if client.certificates or client.subjects:
        return
    ends = [secret.ends_at for secret in client.secrets]
    last = max((end for end in ends if end is not None), default=0.0)
    if None not in ends and last < now + _SOON:
        told = "has no valid secret left" if last <= now else "has no secret that is valid for another month"
        report.warn(where, told, f"scimbridge client rotate {client.name}")


def check_client_populations(probe: Probe, clients: Iterable[Client]) -> None:
    """Look whether the populations that clients are confined to are there."""
    named = {key: client.name for client in clients for key in client.caller.populations or ()}
    if not named:
        return
    try:
        pages = probe.target.populations.pages(probe.call(), limit=probe.page_size)
        found = {record.get("id") for page in pages for record in page.records}
    except PingOneError as error:
        probe.refused(_CLIENTS, "the populations cannot be listed", error)
        return
    for key, name in named.items():
        if key not in found:
            probe.report.fault(
                f"client {name}",
                f"PingOne shows no population {key}, so this client sees nothing there",
                "write the id of one that is there into `populations`",
            )


def check_state(report: Report, url: str, clock: Callable[[], float]) -> None:
    """Put a value into the shared state and take it out again, where there is one."""
    if url.startswith("memory:"):
        report.ok(_STATE, "one node, which keeps it by itself")
        return
    state = RedisState(url, prefix="scimbridge:check", clock=clock, sleep=time.sleep)
    key = secrets.token_hex(8)
    try:
        state.set(key, b"1", 10.0)
        answered = state.get(key) == b"1"
        state.delete(key)
    except StateUnavailable:
        answered = False
    if answered:
        report.ok(_STATE, "Redis answers and can be written to")
    else:
        report.fault(
            _STATE,
            "Redis does not answer, or cannot be written to; each node goes on by itself within its part of the rate",
            "compare SCIMBRIDGE_STATE_URL with where Redis listens, and its password",
        )


def check_trail(report: Report, file: str | None, database: str, clock: Callable[[], float]) -> None:
    """Open the places of records as the bridge does, and try each."""
    try:
        sinks = open_sinks(file, database, clock)
    except Unopenable as error:
        report.fault(_TRAIL, str(error), "mend the setting")
        return
    if not sinks:
        report.ok(_TRAIL, "none are kept; SCIMBRIDGE_AUDIT or SCIMBRIDGE_AUDIT_DATABASE would")
    for sink in sinks:
        try:
            sink.check()
        except (Unwritable, OSError) as error:
            report.fault(_TRAIL, f"{sink.name}: {error}", "see that it is there and that the bridge may write to it")
        else:
            report.ok(_TRAIL, f"{sink.name} can be written to")
