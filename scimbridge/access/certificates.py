"""Client certificates: which client one stands for.

The chain was checked by whoever took the TLS connection, a trusted proxy or the server; here the exact certificate
chooses the client, within its dates. Knows no header and no socket.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from cryptography import x509

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Clients
from scimbridge.access.refused import CredentialRefused, Reason


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a certificate in DER, in lower-case hex, as a clients file holds it."""
    return hashlib.sha256(certificate).hexdigest()


def find_by_certificate(clients: Clients, certificate: bytes, now: float) -> Caller:
    """Return who a certificate in DER stands for; `now` is seconds since 1970. Raises Refused."""
    client = clients.by_certificate(fingerprint(certificate))
    if client is None:
        raise CredentialRefused(Reason.CERTIFICATE)
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        starts, ends = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except ValueError as error:
        raise CredentialRefused(Reason.CERTIFICATE_UNREADABLE) from error
    if not starts <= datetime.fromtimestamp(now, UTC) <= ends:
        raise CredentialRefused(Reason.CERTIFICATE_DATES)
    return client.caller
