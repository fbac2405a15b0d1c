"""What a proxy says of the client, believed only from those addresses that the operator trusts.

X-Forwarded-Proto and X-Forwarded-Host decide how locations are written, so nobody else may set them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

Wsgi = Callable[..., Iterable[bytes]]
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class TrustedProxies:
    """A WSGI layer that takes X-Forwarded-* from trusted addresses and from nobody else."""

    def __init__(self, app: Wsgi, networks: Iterable[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._networks = tuple(networks)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve a request as its client sent it to the proxy."""
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            environ = {**environ, **_as_sent(environ)}
        return self._app(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        try:
            client = ip_address(address)
        except ValueError:  # a Unix socket has no address, and nobody is trusted without one
            return False
        return any(client in network for network in self._networks)


def _as_sent(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return what the proxy next to us says: the last value of each header."""
    told = {}
    scheme = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
    if scheme in ("http", "https"):
        told["wsgi.url_scheme"] = scheme
    host = _last(environ, "HTTP_X_FORWARDED_HOST")
    if _HOST.fullmatch(host):
        told["HTTP_HOST"] = host
    return told


def _last(environ: Mapping[str, Any], name: str) -> str:
    return str(environ.get(name, "")).rsplit(",", 1)[-1].strip()
