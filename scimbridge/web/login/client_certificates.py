"""Where a client's certificate comes from: a trusted proxy's header, or the TLS connection itself.

It is put into the environ under a name that no header can have, so that what is found there was put there by us.
"""

from __future__ import annotations

import base64
import binascii
import re
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

CERTIFICATE = "scimbridge.certificate"
"""The environ's key for the certificate in DER; empty bytes stand for one that cannot be read."""
RFC9440 = "Client-Cert"
"""`:base64 of the DER:`, a structured field (RFC 9440 §2.2)."""
ESCAPED = "X-Client-Cert"
"""A URL-encoded PEM, as nginx writes $ssl_client_escaped_cert."""
HEADERS = {RFC9440: "HTTP_CLIENT_CERT", ESCAPED: "HTTP_X_CLIENT_CERT"}
UNREADABLE = b""

_BYTES = re.compile(r":([A-Za-z0-9+/]+={0,2}):")
_PEM = re.compile(rb"\s*-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


def from_header(environ: Mapping[str, Any], header: str) -> bytes | None:
    """Return what the proxy says in the header that it is configured to write, None where it says nothing."""
    text = str(environ.get(HEADERS[header], "")).strip()
    if not text:
        return None
    found = _BYTES.fullmatch(text) if header == RFC9440 else _PEM.fullmatch(unquote_to_bytes(text))
    if found is None:
        return UNREADABLE
    try:
        return base64.b64decode(found[1], validate=header == RFC9440)
    except binascii.Error:
        return UNREADABLE


def from_connection(environ: Mapping[str, Any]) -> bytes | None:
    """Return the certificate that the client proved to have when it connected, None where there is none."""
    connection = environ.get("gunicorn.socket")
    if not isinstance(connection, ssl.SSLSocket):
        return None
    try:
        return connection.getpeercert(binary_form=True)
    except (OSError, ValueError):  # the client is gone, and so is the answer
        return None
