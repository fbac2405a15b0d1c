"""The first lines of a start, and what a reload takes up: what this bridge works with, by name and digest.

Written by the process that reads the configuration, before others are forked. Knows settings, tables and clients; no
secret is in a line, and of addresses neither user names nor passwords.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.access.clients import Clients
from scimbridge.app import PREFIX
from scimbridge.observe.digests import digest
from scimbridge.observe.logs import named
from scimbridge.resources.tables import Tables
from scimbridge.settings.declared import Secret, Settings
from scimbridge.settings.fingerprint import fingerprint

_MOST_NAMED = 50
_OF_A_START = frozenset({
    "host", "port", "workers", "threads", "thread_share", "connections", "connections_per_address",
    "certfile", "keyfile", "client_ca",
})  # fmt: skip
"""Settings that the master is made with: what a reload reads of them holds from the next start on."""

log = named(__name__)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a bridge is reached, with how many processes and threads. Without `certfile` it is plain HTTP."""

    host: str
    port: int
    workers: int = 1
    threads: int = 1
    certfile: Path | None = None
    client_ca: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Listening:
        """Return what settings say of it."""
        return cls(
            settings.host, settings.port, settings.workers, settings.threads, settings.certfile, settings.client_ca
        )

    @property
    def base_url(self) -> str:
        """The address that follows from it, where no other is set."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.certfile is None else 'https'}://{host}:{self.port}"

    @property
    def tls(self) -> str:
        """How connections are secured."""
        if self.certfile is None:
            return "none: plain HTTP"
        return f"certificate {self.certfile}{'' if self.client_ca is None else f', clients by {self.client_ca}'}"


@dataclass(frozen=True, slots=True)
class InForce:
    """What a bridge works with, each thing with what tells it from another.

    What stands under `hidden` and `clients` are digests under a key that nobody else has: only whether they differ is
    worth anything.
    """

    settings: Mapping[str, str]
    hidden: Mapping[str, str]
    tables: Mapping[str, str]
    clients: Mapping[str, str]
    issuers: Mapping[str, str]
    certificates: Mapping[str, str]


def take_stock(
    settings: Settings, tables: Tables, clients: Clients, listening: Listening | None = None, *, key: bytes
) -> InForce:
    """Return what is in force; `key` is secret."""
    given = {each.name: getattr(settings, each.name) for each in fields(settings)}
    files = [] if listening is None else [each for each in (listening.certfile, listening.client_ca) if each]
    return InForce(
        settings={name: str(value) for name, value in given.items() if not isinstance(value, Secret)},
        hidden={name: digest(value.reveal(), key) for name, value in given.items() if isinstance(value, Secret)},
        tables=digests_of(tables, settings),
        clients={each.name: digest(each, key) for each in (*clients.clients, clients.own) if each is not None},
        issuers={each.issuer: digest(each, key) for each in clients.issuers},
        certificates={str(each): hashlib.sha256(each.read_bytes()).hexdigest()[:12] for each in files},
    )


def digests_of(tables: Tables, settings: Settings) -> dict[str, str]:
    """Return a digest of what each table means, wherever its rows stand: resource type name -> digest."""
    return {
        name: digest([
            table.type, table.published, table.rows, table.shapes, table.allow, table.populations,
            str(settings.datetime_offset),
        ])
        for name, table in tables.whole.items()
    }  # fmt: skip


class StartLog:
    """Writes the lines of a start the first time, and of a reload from then on. `key` is random."""

    def __init__(self, listening: Listening | None = None, key: bytes | None = None) -> None:
        self._listening = listening
        self._key = os.urandom(32) if key is None else key
        self._before: InForce | None = None
        self._name = ""

    def write(self, settings: Settings, tables: Tables, clients: Clients) -> None:
        """Log what is in force from now on; to be called once nothing can be refused any more."""
        present = take_stock(settings, tables, clients, self._listening, key=self._key)
        before, self._before = self._before, present if self._before is None else _keep_of_start(self._before, present)
        earlier, self._name = self._name, fingerprint(settings, tables.digest)
        if before is None:
            _log_start(settings, tables, present, self._listening, self._name)
        else:
            _log_reload(before, present, f"{earlier} -> {self._name}")
        if not settings.verify_tls:
            log.warning(
                "PingOne's certificate is not checked: anybody on the way can read and change what is provisioned"
            )


def _log_start(settings: Settings, tables: Tables, present: InForce, listening: Listening | None, name: str) -> None:
    behind = "as the server before it says"
    served = {} if listening is None else {"workers": listening.workers, "threads": listening.threads}
    base = settings.public_url or (None if listening is None else listening.base_url)
    log.info(
        "bridge starts",
        version=version("scimbridge"),
        base_url=behind if base is None else base + PREFIX,
        environment=settings.pingone_environment_id,
        region=settings.pingone_region or "by its addresses",
        api=_place(settings.api_url),
        auth=_place(settings.auth_url),
        tls=behind if listening is None else listening.tls,
        rate=settings.pingone_rate,
        strict=settings.strict,
        configuration=name,
        **served,
    )
    for origin in tables.origins:
        log.info(
            "table", resource=origin.resource, digest=present.tables.get(origin.resource), file=origin.file,
            served=origin.served, origin="shipped" if settings.mappings is None else origin.describe(),
        )  # fmt: skip
    names = sorted(present.clients)
    file = None if settings.clients is None else str(settings.clients)
    log.info("clients", count=len(names), ids=names[:_MOST_NAMED], issuers=len(present.issuers), file=file)
    log.info("kept", state=_place(settings.state_url.reveal()), records=_records(settings))


def _keep_of_start(before: InForce, present: InForce) -> InForce:
    """Return what is in force, with those settings that only a start takes up as they were then."""
    kept = {name: value for name, value in before.settings.items() if name in _OF_A_START}
    return replace(present, settings={**present.settings, **kept})


def _log_reload(before: InForce, present: InForce, names: str) -> None:
    """Log once what a reload has changed, what it has not, and what waits for the next start."""
    in_force = _keep_of_start(before, present)
    changes = {
        "settings": differ(before.settings, in_force.settings) + differ(before.hidden, present.hidden, shown=False),
        "tables": differ(before.tables, present.tables),
        "clients": differ(before.clients, present.clients, shown=False),
        "issuers": differ(before.issuers, present.issuers, shown=False),
        "certificates": differ(before.certificates, present.certificates),
    }
    log.info(
        "configuration taken up",
        configuration=names,
        changed={name: changed for name, changed in changes.items() if changed},
        unchanged=[name for name, changed in changes.items() if not changed],
        at_next_start=differ(in_force.settings, present.settings),
        tables={name: held for name, held in present.tables.items() if before.tables.get(name) == held},
        clients=f"{len(before.clients)} -> {len(present.clients)}",
    )


def differ(before: Mapping[str, str], after: Mapping[str, str], *, shown: bool = True) -> list[str]:
    """Return what differs, a short text each: `User: 1f0c -> 9ab3`, `hr: new`, `Group: gone`.

    Where the values are not to be shown: `hr: another`.
    """
    told = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None:
            told.append(f"{name}: new")
        elif new is None:
            told.append(f"{name}: gone")
        elif old != new:
            told.append(f"{name}: {old} -> {new}" if shown else f"{name}: another")
    return told


def _records(settings: Settings) -> list[str]:
    """Return where records of changes go."""
    database = settings.audit_database
    places = [] if settings.audit is None else ["standard output" if settings.audit == "-" else settings.audit]
    return [*places, *([] if database is None else [_place(database.reveal())])]


def _place(url: str) -> str:
    """Return an address without user name, password and parameters, any of which may be secret."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"
