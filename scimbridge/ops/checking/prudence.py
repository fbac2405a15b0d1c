"""Settings that are right each by itself and seldom meant: rates, times, addresses, leftovers of trials.

Looks at settings, the clients and the environment's variables alone, and asks nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from scimbridge.access.clients import Client
from scimbridge.ops.checking.exposure import check_quotes
from scimbridge.ops.checking.findings import Finding, note, warn
from scimbridge.settings.declared import Settings
from scimbridge.settings.text import is_plain_and_far

_PINGONE = re.compile(r"https://(?:api|auth)\.(pingone\.[a-z.]+)/?", re.IGNORECASE)
_FASTEST = 100.0  # docs/pingone.md §9: what PingOne's own tools keep to
_PATIENT = 60.0  # seconds that most proxies and clients wait
_HURRIED = 10.0  # seconds in which a call can be repeated once or twice
_OUTER_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def check_prudence(settings: Settings, clients: tuple[Client, ...], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Say what in the settings an operator is likely not to mean."""
    yield from check_quotes("client secret", settings.pingone_client_secret.reveal())
    yield from _check_identity(settings)
    yield from _check_times(settings)
    yield from _check_address(settings)
    yield from _check_state(settings)
    yield from _check_leftovers(settings, clients)
    if settings.mappings is not None:
        yield from _check_folder(settings.mappings)
    outer = next((name for name in _OUTER_PROXIES if environ.get(name)), None)
    if outer is not None and settings.http_proxy is None:
        yield note("proxy", f"{outer} is set and not used; the bridge takes SCIMBRIDGE_HTTP_PROXY alone")


def check_scan(count: int | None, limit: int) -> Iterator[Finding]:
    """Look whether a filter that PingOne cannot answer would read more users than may be read."""
    if count is not None and count > limit:
        yield warn(
            "scan limit",
            f"there are {count} users, and a filter that PingOne cannot answer is refused after {limit} of them",
            "raise SCIMBRIDGE_SCAN_LIMIT, or see that clients filter by what PingOne answers (`scimbridge explain`)",
        )


def _check_folder(folder: Path) -> Iterator[Finding]:
    strays = sorted(each.name for each in folder.iterdir() if not each.name.endswith(".toml") and each.name[0] != ".")
    if strays:
        yield note("tables", f"not read, since only files whose names end in .toml are: {', '.join(strays)}")


def _check_identity(settings: Settings) -> Iterator[Finding]:
    if settings.pingone_client_id == settings.pingone_environment_id:
        yield warn(
            "client id",
            "it is the environment's id",
            "copy the worker application's own from PingOne's console to SCIMBRIDGE_PINGONE_CLIENT_ID",
        )
    regions = {found[1] for url in (settings.api_url, settings.auth_url) if (found := _PINGONE.fullmatch(url))}
    if len(regions) > 1:
        yield warn(
            "region",
            f"the API and the token endpoint are in two regions ({' and '.join(sorted(regions))}), which share nothing",
            "set SCIMBRIDGE_PINGONE_REGION instead of the two URLs",
        )


def _check_times(settings: Settings) -> Iterator[Finding]:
    if settings.pingone_rate > _FASTEST and settings.pingone_api_url is None:
        yield warn(
            "rate",
            f"{settings.pingone_rate:g} calls a second are more than one address usually gets of PingOne; it throttles",
            f"set SCIMBRIDGE_PINGONE_RATE to {_FASTEST:g} at most, unless the licence gives more",
        )
    if settings.request_deadline > _PATIENT:
        yield warn(
            "request deadline",
            f"most clients and proxies wait {_PATIENT:g} s, and a request may take {settings.request_deadline:g} s:"
            " they see a closed connection instead of an answer",
            f"set SCIMBRIDGE_REQUEST_DEADLINE to {_PATIENT - 10:g}, or let them wait longer",
        )
    elif settings.request_deadline < _HURRIED:
        yield warn(
            "request deadline",
            f"{settings.request_deadline:g} s leave no time to repeat a call or to change a large group",
            "set SCIMBRIDGE_REQUEST_DEADLINE to 50, as it is by default",
        )
    if settings.datetime_offset:
        yield note(
            "clock offset", "every time that goes out is shifted (SCIMBRIDGE_DATETIME_OFFSET), and still written with Z"
        )


def _check_address(settings: Settings) -> Iterator[Finding]:
    url = settings.public_url
    if url is None:
        if settings.trusted_proxies:
            yield note("public URL", "none is set, so that locations follow the Host of each request")
        return
    if is_plain_and_far(url):
        yield warn(
            "public URL",
            "it begins with http, so that clients are sent to a place where their secrets travel in clear",
            "write https in SCIMBRIDGE_PUBLIC_URL",
        )
    path = urlsplit(url).path
    if path.rstrip("/").casefold().endswith(("/scim", "/scim/v2", "/users")):
        yield warn(
            "public URL",
            f"it ends in {path}, and the bridge adds /scim/v2 behind it",
            "leave /scim/v2 out of SCIMBRIDGE_PUBLIC_URL",
        )


def _check_state(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.state_url.reveal())
    if parts.scheme == "redis" and is_plain_and_far(f"http://{parts.hostname}"):
        lacks = "no password and no TLS" if parts.password is None else "no TLS"
        yield warn(
            "shared state",
            f"Redis is on another machine and is spoken to with {lacks}",
            "write rediss://:password@host:6379/0 into SCIMBRIDGE_STATE_URL, or keep the network closed to others",
        )


def _check_leftovers(settings: Settings, clients: tuple[Client, ...]) -> Iterator[Finding]:
    if settings.log_level == "debug":
        yield note("log level", "debug writes far more than operation needs")
    if settings.bearer_token is not None and clients:
        yield note(
            "bearer token",
            "it may still do everything beside the clients of the file",
            "take SCIMBRIDGE_BEARER_TOKEN away when every client has a secret of its own",
        )
    if settings.strict and any(client.caller.strict for client in clients):
        yield note("strict", "everybody is held to the letter (SCIMBRIDGE_STRICT); `strict` of a client adds nothing")
