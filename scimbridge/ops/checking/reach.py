"""Whether PingOne can be reached and gives an access token: names, connections, certificates, credentials.

Asks the two hosts once each, without repetition, so that what is wrong shows at once. Knows no role and no table.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from urllib3.exceptions import ProxyError

from scimbridge.ops.checking.findings import Finding, explain_failure, fault, ok, warn
from scimbridge.pingone.answers import read_error
from scimbridge.pingone.errors import BadCredentials, PingOneError, Refused, Throttled, Unreachable
from scimbridge.pingone.send import read_http_date
from scimbridge.pingone.sending.token_endpoint import TokenEndpoint
from scimbridge.pingone.wire import Wire, causes

_CONNECTION = "connection"
_TOKEN = "token"  # noqa: S105 - the word at the head of a line
_API = "SCIMBRIDGE_PINGONE_REGION (or SCIMBRIDGE_PINGONE_API_URL)"
_PROXY = "SCIMBRIDGE_HTTP_PROXY"
_AUTH = "SCIMBRIDGE_PINGONE_REGION (or SCIMBRIDGE_PINGONE_AUTH_URL)"
_SUCCESS = range(200, 300)
_PROXY_WANTS_A_NAME = 407
_NOT_FOUND = 404
_SKEW = 60.0  # seconds, as much as tokens of others are given by default


@dataclass(frozen=True, slots=True)
class HostWay:
    """How PingOne is reached; what `check` has to know of it to say what is wrong."""

    api_url: str
    auth_url: str
    environment_id: str
    verified: bool
    proxied: bool


def check_api(wire: Wire, way: HostWay, *, deadline: float, now: float) -> Generator[Finding, None, bool]:
    """Ask the management API without a token: any refusal in PingOne's words shows that it is there."""
    host = _host(way.api_url)
    url = f"{way.api_url}/v1/environments/{quote(way.environment_id, safe='')}"
    try:
        answer = wire.exchange("GET", url, {"Accept": "application/json", "User-Agent": "scimbridge"}, None, deadline)
    except PingOneError as error:
        yield _unreachable(host, error, way, _API)
        return False
    told = read_error(answer, method="GET", now=now)
    if answer.status not in _SUCCESS and told.code and isinstance(told, Refused | BadCredentials | Throttled):
        yield _reached(f"the API at {host}", way.api_url, way)
        yield from _check_clock(read_http_date(answer.headers.get("Date")), now)
        return True
    if answer.status == _PROXY_WANTS_A_NAME:
        yield fault(_CONNECTION, "the proxy asks for a user name", "put name and password into SCIMBRIDGE_HTTP_PROXY")
    elif isinstance(told, Unreachable) and told.code:
        text, remedy = explain_failure(told)
        yield fault(_CONNECTION, f"{host} has a bad moment (status {answer.status}): {text}", remedy)
    else:
        yield fault(
            _CONNECTION,
            f"{host} answers with status {answer.status}, and not as PingOne does",
            f"look at {_API}; a proxy or a sign-in page may stand between",
        )
    return False


def _check_clock(theirs: float | None, ours: float) -> Iterator[Finding]:
    if theirs is not None and abs(theirs - ours) > _SKEW:
        late = "behind" if ours < theirs else "ahead of"
        yield warn(
            "clock",
            f"this machine's clock is {abs(theirs - ours):.0f} s {late} PingOne's, and tokens and certificates of"
            " clients are judged by it",
            "keep it right by NTP",
        )


def check_token(endpoint: TokenEndpoint, way: HostWay, *, deadline: float) -> Generator[Finding, None, bool]:
    """Ask for an access token, which also shows whether its host is there."""
    host = _host(way.auth_url)
    try:
        _value, seconds = endpoint.fetch(deadline)
    except BadCredentials as error:
        yield _reached(f"the token endpoint at {host}", way.auth_url, way)
        yield _refused(host, error)
        return False
    except Throttled as error:
        yield fault(_TOKEN, *explain_failure(error))
        return False
    except PingOneError as error:
        yield _unreachable(host, error, way, _AUTH)
        return False
    yield _reached(f"the token endpoint at {host}", way.auth_url, way)
    yield ok(_TOKEN, f"PingOne gives one, good for {round(seconds / 60)} minutes")
    return True


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.hostname or "" if parts.port is None else f"{parts.hostname}:{parts.port}"


def _reached(host: str, url: str, way: HostWay) -> Finding:
    through = " through the proxy" if way.proxied else ""
    if urlsplit(url).scheme != "https":
        return ok(_CONNECTION, f"{host} answers{through}, over plain HTTP")
    if way.verified:
        return ok(_CONNECTION, f"{host} answers{through}, its certificate is trusted")
    return warn(
        _CONNECTION,
        f"{host} answers{through}, and nobody checks its certificate",
        "take SCIMBRIDGE_VERIFY_TLS=false away outside of a laboratory",
    )


def _refused(host: str, error: BadCredentials) -> Finding:
    reason = error.code or "no reason given"
    if error.status == _NOT_FOUND:
        return fault(
            _TOKEN,
            f"{host} knows no such environment ({error.status} {reason})",
            "compare SCIMBRIDGE_PINGONE_ENVIRONMENT_ID and the region with PingOne's console",
        )
    if error.code in ("unsupported_grant_type", "unauthorized_client"):
        return fault(
            _TOKEN,
            f"the application may not ask with its own credentials ({error.status} {reason})",
            "use an application of type Worker, with the grant type Client Credentials",
        )
    return fault(
        _TOKEN,
        f"PingOne refuses the application ({error.status} {reason}): client id or secret are wrong, the application"
        " is disabled, or it has no role at all",
        "copy both anew from PingOne's console (Applications, the worker, Overview) to SCIMBRIDGE_PINGONE_CLIENT_ID"
        " and SCIMBRIDGE_PINGONE_CLIENT_SECRET, enable it, set Client Secret Basic or Post as its token"
        ' authentication, and assign the role "Identity Data Admin"',
    )


def _unreachable(host: str, error: PingOneError, way: HostWay, setting: str) -> Finding:
    text, remedy = _explain_silence(host, error, way, setting)
    return fault(_CONNECTION, text, remedy)


def _explain_silence(host: str, error: PingOneError, way: HostWay, setting: str) -> tuple[str, str]:
    found = causes(error)
    if any(isinstance(each, ProxyError) for each in found):
        return _explain_proxy(host, error, found)
    certificate = next((each for each in found if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return (
            f"{host} shows a certificate that is not trusted: {certificate.verify_message}",
            "name a private authority in SCIMBRIDGE_CA_BUNDLE, or let a proxy leave its TLS alone; look at the clock",
        )
    if any(isinstance(each, ssl.SSLError) for each in found):
        return f"{host} does not speak TLS here", f"look at {setting}: the scheme and the port"
    if any(isinstance(each, socket.gaierror) for each in found):
        return f"the name {host} is not known", f"look at {setting}, SCIMBRIDGE_HTTP_PROXY and this machine's DNS"
    if any(isinstance(each, ConnectionRefusedError) for each in found):
        return f"{host} refuses the connection", f"look at {setting}, and let this machine out to it (HTTPS, port 443)"
    if error.status:
        return f"{host} answers with status {error.status}, without a token", f"look at {setting}, then run check again"
    other = f"{host}, or the proxy before it," if way.proxied else host
    return (
        f"{other} does not answer: {error.message}",
        f"let this machine out to it (HTTPS, port 443), or set SCIMBRIDGE_HTTP_PROXY; then look at {setting}",
    )


def _explain_proxy(host: str, error: PingOneError, found: list[BaseException]) -> tuple[str, str]:
    """Return what is wrong between here and the proxy, which PingOne's host has nothing to do with."""
    tunnel = next((said for each in found if (said := re.search(r"Tunnel connection failed: (\d+)", str(each)))), None)
    if tunnel is not None and int(tunnel[1]) == _PROXY_WANTS_A_NAME:
        return "the proxy asks for a user name, or refuses the one it is given", f"put name and password into {_PROXY}"
    if tunnel is not None:
        return f"the proxy refuses to connect to {host} (status {tunnel[1]})", f"let the proxy of {_PROXY} pass to it"
    certificate = next((each for each in found if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        text = f"the proxy shows a certificate that is not trusted: {certificate.verify_message}"
        return text, f"name the authority that signed it in SCIMBRIDGE_CA_BUNDLE, or write http:// in {_PROXY}"
    if any(isinstance(each, ssl.SSLError) for each in found):
        return "the proxy does not speak TLS", f"write http:// in {_PROXY}, or its port for TLS"
    if any(isinstance(each, socket.gaierror) for each in found):
        return "the name of the proxy is not known", f"look at the host in {_PROXY} and at this machine's DNS"
    if any(isinstance(each, ConnectionRefusedError) for each in found):
        return "the proxy refuses the connection", f"look at host and port in {_PROXY}"
    return f"the proxy does not answer: {error.message}", f"look at host and port in {_PROXY}"
