"""What the operator has decided: settings from the environment and one optional file.

Knows the names, shapes and defaults of the settings and nothing of what they are used for; only app, cli,
serve and demo read them and hand them down as plain arguments. `Settings` is the one list of what can be
set: variables, parsers, defaults and sentences for README all come from its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.observe.log_lines import FORMS
from scimbridge.pingone.regions import REGIONS, find_region
from scimbridge.settings import pem, text
from scimbridge.settings.reading import Setting, SettingsFaults, SettingsReading, names_of, read_settings
from scimbridge.settings.sources import read
from scimbridge.settings.text import Networks, Secret

__all__ = [
    "NAMES",
    "SETTINGS",
    "Secret",
    "Setting",
    "Settings",
    "SettingsFaults",
    "SettingsReading",
    "default_mappings",
    "load",
    "look",
    "some",
    "tables",
]


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
    ca_bundle: Path | None = _setting(
        pem.authorities,
        "PEM file of authorities that are trusted towards PingOne and the proxy, beside the public ones.",
        default=None,
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
        default=Secret("memory://", ()),
    )
    strict: bool = _setting(
        text.boolean, "Whether known deviations of clients from RFC 7644 are refused.", default=False
    )
    refuse_dropped_values: bool | None = _setting(
        text.boolean,
        "Whether a change of which PingOne kept not every value is answered with an error; not set: in strict mode.",
        default=None,
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
        text.public_url,
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
    log_format: str | None = _setting(
        partial(text.choice, allowed=FORMS, fold=str.lower),
        "How lines of the log are written: `json` or `text`; without it, text on a terminal and JSON elsewhere.",
        default=None,
    )

    host: str = _setting(
        text.address, "Address that `serve` listens at; `0.0.0.0` is all, `::` all of IPv6 too.", default="127.0.0.1"
    )
    port: int = _setting(
        partial(text.whole_number, least=1, most=65_535), "Port that `serve` listens at.", default=8080
    )
    workers: int = _setting(
        partial(text.whole_number, least=1, most=64),
        "Processes of `serve`. They share token, rate and waymarks, and one uses one core.",
        default=1,
    )
    threads: int = _setting(
        partial(text.whole_number, least=1, most=1024),
        "Requests that one process works on at a time. They mostly wait for PingOne, so many cost little.",
        default=32,
    )
    certfile: Path | None = _setting(
        pem.certificate_chain, "Certificate chain in PEM: `serve` speaks HTTPS instead of HTTP.", default=None
    )
    keyfile: Path | None = _setting(
        pem.private_key, "Key of the certificate in PEM, where it stands in a file of its own.", default=None
    )
    client_ca: Path | None = _setting(
        pem.authorities, "Authorities in PEM whose certificates clients may show to log in.", default=None
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
NAMES = names_of(SETTINGS)


def look(environ: Mapping[str, str], options: Mapping[str, str] | None = None) -> SettingsReading:
    """Read all settings and everything that is wrong with them.

    They stand in `environ` and in the file that SCIMBRIDGE_CONFIG names; the environment wins over the file, and
    `options` of a command, as text, over both.
    """
    return read_settings(SETTINGS, environ, options)


def load(environ: Mapping[str, str], options: Mapping[str, str] | None = None) -> Settings:
    """Return the settings. Raises `SettingsFaults` with everything that is missing, wrong or unknown."""
    reading = look(environ, options)
    if reading.faults:
        raise SettingsFaults(reading.sentences)
    return Settings(**reading.values)


def some(environ: Mapping[str, str], *names: str) -> dict[str, Any]:
    """Read single settings by name, for a command that needs no others; what is not set has its default.

    Raises `SettingsFaults` where one of them is wrong, or the settings file is.
    """
    chosen = tuple(setting for setting in SETTINGS if setting.name in names)
    written = read(environ, NAMES)
    faults = [fault.sentence for fault in written.faults if fault.name is None or fault.name in names]
    values: dict[str, Any] = {}
    for setting in chosen:
        entry = written.entries.get(setting.name)
        try:
            given = None if entry is None or entry.text is None else setting.read(entry.text)
        except ValueError as wrong:
            faults.append(f"{entry.label if entry else setting.variable}: {wrong}")
        else:
            values[setting.name] = setting.default if given is None else given
    if faults:
        raise SettingsFaults(faults)
    return values


def tables(environ: Mapping[str, str]) -> Traversable:
    """Return the directory of the tables in use. Raises `SettingsFaults` when SCIMBRIDGE_MAPPINGS is not one."""
    chosen: Path | None = some(environ, "mappings")["mappings"]
    return chosen or default_mappings()
