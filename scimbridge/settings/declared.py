"""What the operator has decided: settings from the environment and one optional file.

Knows the names, shapes and defaults of the settings and nothing of what they are used for; only app, cli,
serve and demo read them and hand them down as plain arguments. `Settings` is the one list of what can be
set: variables, parsers, defaults and sentences for README all come from its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.pingone.regions import REGIONS, find_region
from scimbridge.settings import text
from scimbridge.settings.agreement import disagreements
from scimbridge.settings.sources import PREFIX, Names, read
from scimbridge.settings.text import Networks, Secret

__all__ = [
    "SETTINGS",
    "Secret",
    "Setting",
    "Settings",
    "SettingsFaults",
    "default_mappings",
    "load",
    "some",
    "tables",
]


class SettingsFaults(Exception):
    """Everything that is wrong with the configuration, so that it can be mended in one go.

    `faults` are whole sentences, each naming the setting, what is wrong and what would be right. No sentence
    holds the value of a secret.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def _setting(parse: Callable[[str], object], description: str, **default: object) -> Any:
    return field(metadata={"parse": parse, "description": description}, **default)  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, parsed and checked. Made by `load`; tests and demo may make one themselves."""

    pingone_environment_id: str = _setting(text.uuid, "The PingOne environment, a UUID.")
    pingone_client_id: str = _setting(text.word, "Client id of the worker application in that environment.")
    pingone_client_secret: Secret = _setting(text.secret, "Secret of the worker application.")
    pingone_region: str | None = _setting(
        partial(text.choice, allowed=tuple(REGIONS), fold=str.upper),
        "The environment's region: NA, EU, CA, AP, AU or SG.",
        default=None,
    )
    pingone_api_url: str | None = _setting(
        text.base_url, "Instead of the region: base of PingOne's management API, without `/v1`.", default=None
    )
    pingone_auth_url: str | None = _setting(
        text.base_url, "Instead of the region: base of PingOne's token endpoint.", default=None
    )
    default_population_id: str | None = _setting(
        text.uuid,
        "Where a user goes who names no population and fits no rule; without it, PingOne's own default.",
        default=None,
    )
    datetime_offset: timedelta = _setting(
        text.offset,
        "The directory's clock against the clients' clock, as `+05:30`: added to times that go out.",
        default=timedelta(0),
    )
    verify_tls: bool = _setting(
        text.boolean,
        "Whether PingOne's certificate is checked; `false` is for a laboratory, and logged loudly.",
        default=True,
    )
    http_proxy: Secret | None = _setting(
        text.proxy_url, "Proxy for the calls to PingOne, as `http://proxy.example.org:3128`.", default=None
    )
    bearer_token: Secret | None = _setting(text.token, "One token that may do everything.", default=None)
    clients: Path | None = _setting(text.existing_file, "TOML file of the clients and what each may do.", default=None)
    mappings: Path | None = _setting(
        text.existing_directory,
        "Directory whose tables lie over those that ship with the bridge, or replace them.",
        default=None,
    )
    state_url: Secret = _setting(
        text.state_url,
        "Where nodes keep what they share: `memory://` (each node its own) or `redis://host:6379/0`.",
        default=Secret("memory://"),
    )
    strict: bool = _setting(
        text.boolean, "Whether known deviations of clients from RFC 7644 are refused.", default=False
    )
    page_size: int = _setting(
        text.page_size, "Records asked of PingOne per page: 100, 200, ... up to 1000.", default=100
    )
    scan_limit: int = _setting(
        partial(text.whole_number, least=1, most=100_000_000),
        "How many records one query may read here before it is refused with `tooMany`.",
        default=250_000,
    )
    pingone_rate: float = _setting(
        partial(text.number, least=0.1, most=10_000.0),
        "Calls to PingOne per second, at most, of all workers and nodes that share a state.",
        default=50.0,
    )
    request_deadline: float = _setting(
        partial(text.number, least=0.1, most=3_600.0),
        "Seconds after which one SCIM request is answered, finished or not.",
        default=50.0,
    )
    thread_share: float = _setting(
        partial(text.number, least=0.01, most=1.0),
        "The part of a process's threads that one client may hold, up to 1; its further requests wait.",
        default=0.5,
    )
    connections: int = _setting(
        partial(text.whole_number, least=16, most=100_000),
        "Connections of clients that one process keeps open; over it, who has most without a request gives way.",
        default=1000,
    )
    connections_per_address: int = _setting(
        partial(text.whole_number, least=1, most=100_000),
        "Of these, how many without a whole request come from one address that is no trusted proxy.",
        default=256,
    )
    trusted_proxies: Networks = _setting(
        text.networks,
        "Addresses or networks, parted by commas, whose X-Forwarded-* headers are believed.",
        default=(),
    )
    client_certificate_header: str | None = _setting(
        partial(text.choice, allowed=("Client-Cert", "X-Client-Cert"), fold=str.title),
        "Header in which trusted proxies write the client's certificate: `Client-Cert` or `X-Client-Cert`.",
        default=None,
    )
    public_url: str | None = _setting(
        text.base_url,
        "Where clients reach the bridge, as `https://bridge.example.com`; without it, locations follow each Host.",
        default=None,
    )
    token_lifetime: int = _setting(
        partial(text.whole_number, least=60, most=360),
        "Minutes that an access token of `/oauth2/token` lives, from 60 to 360.",
        default=60,
    )
    read_ahead: int = _setting(
        partial(text.whole_number, least=0, most=100),
        "How many pages of long lists may wait fetched ahead, two of one walk at most, in each process; `0` is none.",
        default=16,
    )
    audit: str | None = _setting(text.word, "File for one JSON line per change; `-` is standard output.", default=None)
    audit_database: Secret | None = _setting(
        text.database_url,
        "Database for one row per change, as `sqlite:////var/lib/scimbridge/audit.db` or `postgresql://host/name`.",
        default=None,
    )
    audit_values: bool = _setting(
        text.boolean, "Whether records of changes hold the new values, masked.", default=False
    )
    audit_reads: bool = _setting(text.boolean, "Whether reading is recorded too.", default=False)
    audit_required: bool = _setting(
        text.boolean, "Whether a change is refused that cannot be recorded beforehand.", default=False
    )
    log_level: str = _setting(
        partial(text.choice, allowed=("debug", "info", "warning", "error"), fold=str.lower),
        "The least that is logged: debug, info, warning or error.",
        default="info",
    )

    @property
    def api_url(self) -> str:
        """Base of the management API, as given or by region; no trailing slash, no `/v1`."""
        return self.pingone_api_url or find_region(self.pingone_region or "").api_url

    @property
    def auth_url(self) -> str:
        """Base of the token endpoint, as given or by region; no trailing slash."""
        return self.pingone_auth_url or find_region(self.pingone_region or "").auth_url

    def secrets(self) -> tuple[str, ...]:
        """Return the values that no log, error or answer may ever show."""
        held = (getattr(self, item.name) for item in SETTINGS)
        return tuple(part for value in held if isinstance(value, Secret) for part in value.hidden)


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set: its `name` as in the settings file, and what goes with it."""

    name: str
    parse: Callable[[str], object]
    default: object
    description: str
    secret: bool
    required: bool

    @property
    def variable(self) -> str:
        """The environment variable; a secret has a second one ending in `_FILE`."""
        return PREFIX + self.name.upper()

    def read(self, given: str) -> object:
        """Return the value of what an operator wrote. Raises ValueError saying what would be right."""
        return self.parse(given if self.secret else given.strip())


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(
        name=item.name,
        parse=item.metadata["parse"],
        default=None if item.default is MISSING else item.default,
        description=item.metadata["description"],
        secret="Secret" in str(item.type),
        required=item.default is MISSING,
    )
    for item in fields(Settings)
)
_NAMES = Names(
    known=frozenset(setting.name for setting in SETTINGS),
    secret=frozenset(setting.name for setting in SETTINGS if setting.secret),
)


def load(environ: Mapping[str, str]) -> Settings:
    """Read settings from `environ` and from the file that SCIMBRIDGE_CONFIG names; the environment wins.

    Raises Faults with everything that is missing, wrong or unknown.
    """
    entries, faults = read(environ, _NAMES)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        entry = entries.get(setting.name)
        if entry is None and setting.required:
            faults.append(f"{_spelled(setting)} is not set. It has to hold: {setting.description}")
        if entry is None or entry.text is None:
            continue
        try:
            values[setting.name] = setting.read(entry.text)
        except ValueError as wrong:
            faults.append(f"{entry.label}: {wrong}")
    faults += disagreements(values, entries)
    if faults:
        raise SettingsFaults(faults)
    return Settings(**values)


def some(environ: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Read single settings by name, for a command that needs no others; what is not set has its default.

    Raises Faults where one of them is wrong.
    """
    entries, _ = read(environ, _NAMES)
    values: dict[str, Any] = {}
    faults = []
    for setting in SETTINGS:
        if setting.name not in names:
            continue
        entry = entries.get(setting.name)
        try:
            given = None if entry is None or entry.text is None else setting.read(entry.text)
        except ValueError as wrong:
            faults.append(f"{setting.variable}: {wrong}")
        else:
            values[setting.name] = setting.default if given is None else given
    if faults:
        raise SettingsFaults(faults)
    return values


def tables(environ: Mapping[str, str]) -> Traversable:
    """Return the directory of the tables in use. Raises Faults when SCIMBRIDGE_MAPPINGS is not a directory."""
    chosen: Path | None = some(environ, "mappings")["mappings"]
    return chosen or default_mappings()


def _spelled(setting: Setting) -> str:
    return f"{setting.variable} (or {setting.variable}_FILE)" if setting.secret else setting.variable
