"""Where clients reach the bridge: what the operator says, else a trusted proxy, else the Host header.

X-Forwarded-Proto and X-Forwarded-Host decide how locations are written, so nobody but a trusted proxy may set them.
With an address that the operator has set, no header decides. The same holds for X-Forwarded-For, whose failed logins
are counted, and for a header with a client's certificate, who it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from scimbridge.scim.errors import BadRequest
from scimbridge.web.login.client_certificates import CERTIFICATE, HEADERS, from_connection, from_header

Wsgi = Callable[..., Iterable[bytes]]
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")
_LAST_PORT = 65_535


def is_host(text: str) -> bool:
    """Whether this is a name or an address, with a port or without, as a Host header holds it (RFC 9110 §7.2)."""
    match = _HOST.fullmatch(text)
    return match is not None and int(match[1] or 0) <= _LAST_PORT


def check_host(environ: Mapping[str, Any]) -> None:
    """Refuse a request whose Host header names no host, or that has to have one and has none. Raises `BadRequest`."""
    host = environ.get("HTTP_HOST")
    if host is None:
        if environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            raise BadRequest("the Host header is missing (RFC 9112 section 3.2)")
    elif not is_host(host):
        raise BadRequest("the Host header names no host: it has to be a name or an address, with or without a port")


def base_url(environ: Mapping[str, Any]) -> str:
    """Return where the client reached us, without a slash at the end: what locations begin with.

    Read from the environment itself, since the framework knows no host with an underscore, as containers have.
    """
    scheme = environ["wsgi.url_scheme"]
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    host = host.removesuffix(":443" if scheme == "https" else ":80")
    return f"{scheme}://{host}{environ.get('SCRIPT_NAME', '').rstrip('/')}"


class PublicAddress:
    """A WSGI layer that lets all locations begin with one URL, whatever headers say.

    A malformed Host stays as it is, to be refused.
    """

    def __init__(self, app: Wsgi, url: str) -> None:
        parts = urlsplit(url)
        self._app = app
        self._host = parts.netloc
        self._told = {"wsgi.url_scheme": parts.scheme, "SCRIPT_NAME": parts.path.rstrip("/")}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request as if it had been sent to that URL."""
        told = dict(self._told)
        if is_host(environ.get("HTTP_HOST", self._host)):
            told["HTTP_HOST"] = self._host
        return self._app({**environ, **told}, start_response)


class TrustedProxies:
    """A WSGI layer that takes X-Forwarded-* and a client's certificate from trusted addresses and from nobody else.

    It has to stand in front of the application also where no proxy is trusted.
    """

    def __init__(
        self, app: Wsgi, networks: Iterable[IPv4Network | IPv6Network], *, certificate_header: str | None = None
    ) -> None:
        """Take `certificate_header`, the one in which the proxies write the client's certificate; None is in none.

        Only who overwrites a header in every request may be believed in it, and proxies do that for the one that
        they are configured for; so there is one, and the operator names it.
        """
        self._app = app
        self._networks = tuple(networks)
        self._certificate_header = certificate_header

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request as its client sent it to the proxy."""
        environ = dict(environ)
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            # A proxy's own certificate on its connection to us stands for none of its clients.
            header = self._certificate_header
            certificate = None if header is None else from_header(environ, header)
            environ |= self._as_sent(environ)
        else:
            certificate = from_connection(environ)
        for name in HEADERS.values():
            environ.pop(name, None)
        environ[CERTIFICATE] = certificate
        return self._app(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        try:
            client = ip_address(address)
        except ValueError:  # a Unix socket has no address, and nobody is trusted without one
            return False
        return any(client in network for network in self._networks)

    def _as_sent(self, environ: Mapping[str, Any]) -> dict[str, str]:
        """Return what the proxies say: the last value of each header, which the one next to us wrote."""
        told = {}
        came_from = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        client = next((each.strip() for each in reversed(came_from) if not self._is_trusted(each.strip())), "")
        if _is_address(client):
            told["REMOTE_ADDR"] = client
        scheme = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
        if scheme in ("http", "https"):
            told["wsgi.url_scheme"] = scheme
        host = _last(environ, "HTTP_X_FORWARDED_HOST")
        if is_host(host):
            told["HTTP_HOST"] = host
        return told


def _last(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(name, "")).rsplit(",", 1)[-1].strip()


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
