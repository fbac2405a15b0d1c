"""TLS of the bridge's own server: which files, and what they are made into.

Knows the standard library's ssl and how faults are told; nothing of gunicorn and of clients.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from scimbridge.settings.declared import SettingsFaults


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files; `certfile` may hold the key as well, `client_ca` holds who vouches for clients' certificates."""

    certfile: Path
    keyfile: Path | None = None
    client_ca: Path | None = None


def make_context(tls: Tls) -> ssl.SSLContext:
    """Return how connections are secured: TLS 1.2 at least. Raises Faults where a file is no good.

    A client's certificate is asked for where there is somebody to vouch for it. One that nobody vouches for is refused;
    a client without any may still show a token.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    faults = []
    try:
        # Without the callback a key with a passphrase would ask whoever sits at the terminal.
        context.load_cert_chain(tls.certfile, tls.keyfile, password=lambda: "")
    except (OSError, ValueError) as error:
        faults.append(
            f"--certfile or --keyfile: {_reason(error)}; they have to be a certificate chain and its key without a"
            " passphrase, in PEM"
        )
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(tls.client_ca)
        except (OSError, ValueError) as error:
            faults.append(f"--client-ca: {_reason(error)}; it has to hold certificates of authorities in PEM")
        context.verify_mode = ssl.CERT_OPTIONAL
    if faults:
        raise SettingsFaults(faults)
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"the file cannot be used ({error.reason or 'malformed'})"
    return f"the file cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})"
