"""The whole configuration in one look: settings, tables, clients and the place of records, and all that is wrong there.

So that it is mended in one go and not in as many as it has parts. Starts nothing and connects to nothing. Knows which
parts a configuration has; what is right in each of them is its own business.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from scimbridge.bridge import open_register, reveal
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.observe.audit_opening import Unopenable, open_sinks
from scimbridge.operations.rooms import open_all_tables
from scimbridge.resources.tables import Tables
from scimbridge.settings.declared import SETTINGS, Secret, Settings, SettingsFaults, default_mappings, look

Part = TypeVar("Part")
LookAtTls = Callable[[Path, Path | None, Path | None], object]
"""Looks at certificate chain, key and clients' authorities of the server. Raises `SettingsFaults`."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that is right, and a sentence for each variable with our prefix that is no setting."""

    settings: Settings
    tables: Tables
    unknown: tuple[str, ...]


def load_configuration(
    environ: Mapping[str, str],
    options: Mapping[str, str] | None = None,
    *,
    with_clients: bool = True,
    look_at_tls: LookAtTls | None = None,
) -> Configuration:
    """Read everything. Raises `SettingsFaults` with all that is wrong in all parts.

    `look_at_tls` is asked where TLS files are named and well-formed, for a command that serves with them.

    Without `with_clients`, clients and the place of records are looked at only where the rest is wrong anyway: for a
    command that tells about them by itself.
    """
    reading = look(environ, options)
    faults, values = reading.sentences, _Values(reading.values, frozenset(fault.name for fault in reading.faults))
    tables = _gather(faults, lambda: _open_tables(values)) if values.holds("mappings") else None
    if with_clients or faults:
        if values.holds("clients") and (values.get("clients") or values.get("bearer_token")):
            _gather(faults, lambda: open_register(values.get("clients"), values.get("bearer_token"), tables, _clock))
        if values.holds("audit") and values.holds("audit_database"):
            _gather(faults, lambda: _check_trail(values.get("audit"), values.get("audit_database")))
    if look_at_tls is not None and values.get("certfile") and all(map(values.holds, _TLS)):
        certfile, keyfile, client_ca = map(values.get, _TLS)
        _gather(faults, lambda: look_at_tls(certfile, keyfile, client_ca))
    if faults or tables is None:
        raise SettingsFaults([*faults, *reading.unknown])  # the same hand has written them
    return Configuration(Settings(**reading.values), tables, reading.unknown)


_TLS = ("certfile", "keyfile", "client_ca")
_clock = time.monotonic


@dataclass(frozen=True, slots=True)
class _Values:
    """What is set, by name; the `faulty` have no value that anything could be read by."""

    given: Mapping[str, Any]
    faulty: frozenset[str | None]

    def holds(self, name: str) -> bool:
        """Whether it is known what holds for a setting."""
        return name not in self.faulty

    def get(self, name: str) -> Any:
        """Return what holds for a setting."""
        return self.given[name] if name in self.given else _DEFAULTS[name]


_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def _open_tables(values: _Values) -> Tables:
    mappings: Path | None = values.get("mappings")
    try:
        return open_all_tables(mappings or default_mappings(), values.get("datetime_offset"))
    except TableFaults as error:
        raise SettingsFaults(error.faults) from None


def _check_trail(audit: str | None, database: Secret | None) -> None:
    """Look whether records of changes can be kept. Raises `SettingsFaults` where they cannot."""
    try:
        open_sinks(audit, reveal(database), _clock)
    except Unopenable as error:
        raise SettingsFaults([str(error)]) from None


def _gather(faults: list[str], look_at: Callable[[], Part]) -> Part | None:
    """Return a part of the configuration; None where it is wrong, which is added to `faults`."""
    try:
        return look_at()
    except SettingsFaults as error:
        faults += error.faults
        return None
