"""Whether a bridge of this machine answers: one question over HTTP, as a supervisor asks it.

Knows sockets and the two paths of health; nothing of gunicorn, of settings and of how it is shown.
"""

from __future__ import annotations

import ssl
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

LIVE = "/health/live"
READY = "/health/ready"
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Pulse:
    """What came back: whether all is well, where it was asked, and what was said or what went wrong."""

    is_well: bool
    url: str
    said: str


def probe(base: str, path: str, seconds: float) -> Pulse:
    """Ask the bridge at `base`, past every proxy.

    Its certificate is not checked: it has the name that clients know, and this asks at an address of the machine.
    """
    url = f"{base.rstrip('/')}{path}"
    parts = urlsplit(url)
    try:
        with closing(_connect(parts.scheme, parts.hostname or "", parts.port, seconds)) as connection:
            connection.request("GET", parts.path)
            answer = connection.getresponse()
            body = answer.read(_LONGEST).decode(errors="replace").strip()
    except (OSError, HTTPException) as error:
        return Pulse(False, url, f"no answer ({getattr(error, 'strerror', None) or type(error).__name__})")
    return Pulse(answer.status == HTTPStatus.OK, url, f"{answer.status} {body}".rstrip())


def _connect(scheme: str, host: str, port: int | None, seconds: float) -> HTTPConnection:
    if scheme != "https":
        return HTTPConnection(host, port, timeout=seconds)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=seconds, context=context)
