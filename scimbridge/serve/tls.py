"""TLS of the bridge's own server: which files, what they are made into, and when their certificates end.

Knows the standard library's ssl and how faults are told; nothing of gunicorn and of clients.
"""

from __future__ import annotations

import datetime as dt
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from scimbridge.observe.logs import named
from scimbridge.settings.declared import SettingsFaults

OWN, CHAIN, CLIENT_CA = "own", "chain", "client_ca"
"""What a certificate is for: to show who we are, to vouch for that, to vouch for clients."""
_CERTFILE, _KEYFILE, _CLIENT_CA = (
    f"SCIMBRIDGE_{name} (or --{name.lower().replace('_', '-')})" for name in ("CERTFILE", "KEYFILE", "CLIENT_CA")
)
_MISMATCH = "KEY_VALUES_MISMATCH"
_SMALL = {"EE_KEY_TOO_SMALL": "the key", "CA_KEY_TOO_SMALL": "an authority's key", "CA_MD_TOO_WEAK": "a signature"}

log = named(__name__)


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files; `certfile` may hold the key as well, `client_ca` holds who vouches for clients' certificates."""

    certfile: Path
    keyfile: Path | None = None
    client_ca: Path | None = None


def make_context(tls: Tls, wall: Callable[[], float] = time.time) -> ssl.SSLContext:
    """Return how connections are secured: TLS 1.2 at least. Raises Faults where a file is no good.

    The own certificate has to hold now, by `wall` (seconds since 1970). A client's certificate is asked for where there
    is somebody to vouch for it. One that nobody vouches for is refused; a client without any may still show a token.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    faults = []
    try:
        # Without the callback a key with a passphrase would ask whoever sits at the terminal.
        context.load_cert_chain(tls.certfile, tls.keyfile, password=lambda: "")
    except (OSError, ValueError) as error:
        faults.append(_explain(tls, error))
    else:
        faults += _find_faults(tls.certfile, wall())
    if tls.client_ca is not None:
        try:
            context.load_verify_locations(tls.client_ca)
        except (OSError, ValueError) as error:
            faults.append(
                f"{_CLIENT_CA}: {tls.client_ca}: {_reason(error)}; it has to hold certificates of authorities in PEM"
            )
        context.verify_mode = ssl.CERT_OPTIONAL
    if faults:
        raise SettingsFaults(faults)
    return context


def read_ends(tls: Tls) -> Mapping[str, float]:
    """Return when the certificates end, by what they are for: of several the one that ends first.

    Seconds since 1970. To be called with files that `make_context` has taken; raises as reading them does.
    """
    own, *chain = _read_certificates(tls.certfile)
    held = {OWN: [own], CHAIN: chain, CLIENT_CA: [] if tls.client_ca is None else _read_certificates(tls.client_ca)}
    return {use: min(each.not_valid_after_utc for each in some).timestamp() for use, some in held.items() if some}


def _find_faults(certfile: Path, now: float) -> list[str]:
    """Return what is wrong with the dates of the own certificate; of its chain that is only logged.

    Clients may know another way to an authority than the chain's, so one of its certificates decides nothing.
    """
    own, *chain = _read_certificates(certfile)
    moment = dt.datetime.fromtimestamp(now, dt.UTC)
    for each in chain:
        if moment > each.not_valid_after_utc:
            log.warning(
                "a certificate of the chain has ended", file=str(certfile), ended=_date(each.not_valid_after_utc)
            )
    if moment > own.not_valid_after_utc:
        ended = _date(own.not_valid_after_utc)
        return [f"{_CERTFILE}: {certfile}: the certificate ended on {ended}, so no client would take it; renew it"]
    if moment < own.not_valid_before_utc:
        begins = _date(own.not_valid_before_utc)
        cure = f"look whether this machine's clock is right (it says {_date(moment)}), or name one that holds now"
        return [f"{_CERTFILE}: {certfile}: the certificate begins on {begins}, so no client would take it yet; {cure}"]
    return []


def _read_certificates(file: Path) -> Sequence[x509.Certificate]:
    """Return the certificates of a PEM file in their order; what else stands in it, such as a key, is passed over."""
    return x509.load_pem_x509_certificates(file.read_bytes())


def _explain(tls: Tls, error: Exception) -> str:
    """Say what is wrong with certificate or key, in which file, and what would be right."""
    files = str(tls.certfile) if tls.keyfile is None else f"{tls.certfile}, {_KEYFILE} {tls.keyfile}"
    if isinstance(error, ssl.SSLError) and error.reason == _MISMATCH:
        return (
            f"{_CERTFILE}: {files}: the key does not belong to the certificate; name the key that the certificate was"
            " made for, and let the bridge's own certificate be the first in its file"
        )
    if isinstance(error, ssl.SSLError) and error.reason in _SMALL:
        return (
            f"{_CERTFILE}: {files}: {_SMALL[error.reason]} is too weak for TLS here ({error.reason});"
            " have a certificate made with RSA of 2048 bits or more, or with a P-256 key, and signed with SHA-256"
        )
    return (
        f"{_CERTFILE}: {files}: {_reason(error)}; they have to be a certificate chain and its key without a passphrase,"
        " in PEM"
    )


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"the file cannot be used ({error.reason or 'malformed'})"
    return f"the file cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})"


def _date(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
