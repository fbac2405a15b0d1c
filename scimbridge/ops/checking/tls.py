"""Whether the TLS files of the bridge's own server can be used: the key fits, the dates hold, the name is right.

Reads PEM files, and opens no socket. Knows nothing of the server that uses them.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from scimbridge.ops.checking.findings import Finding, fault, ok, warn

_OWN, _AUTHORITIES = "certificate", "client authorities"
_SOON = dt.timedelta(days=30)
_LEAST_BITS = 2048


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of the server; without `certfile` it speaks HTTP."""

    certfile: Path | None = None
    keyfile: Path | None = None
    client_ca: Path | None = None


def files_of(settings: object, *, certfile: Path | None, keyfile: Path | None, client_ca: Path | None) -> TlsFiles:
    """Return the files that options of a command name, else those of the settings where these have any."""
    if certfile is not None:
        return TlsFiles(certfile, keyfile, client_ca)
    held = (getattr(settings, name, None) for name in ("certfile", "keyfile", "client_ca"))
    mine = dict(zip(("certfile", "keyfile", "client_ca"), held, strict=True))
    return TlsFiles(mine["certfile"], keyfile or mine["keyfile"], client_ca or mine["client_ca"])


def check_tls(files: TlsFiles, public_url: str | None, now: float) -> Iterator[Finding]:
    """Look at the certificate, its key and the authorities; `now` is seconds since 1970."""
    at = dt.datetime.fromtimestamp(now, dt.UTC)
    if files.certfile is None:
        if files.keyfile or files.client_ca:
            yield fault(_OWN, "a key or client authorities are named and no certificate is", "name the certificate too")
        return
    chain = _read(files.certfile)
    if not chain:
        yield fault(
            _OWN,
            f"{files.certfile} cannot be read, or holds no certificate in PEM",
            "name a file with the certificate first and those that vouch for it behind it",
        )
        return
    pair = list(_check_pair(files.certfile, files.keyfile))
    bad = [*pair, *_check_dates(_OWN, files.certfile, chain, at), *_check_leaf(files.certfile, chain, public_url)]
    yield from bad
    if not bad:
        yield ok(_OWN, f"{files.certfile} and its key fit, until {_day(chain[0])}")
    if files.client_ca is not None:
        yield from _check_authorities(files.client_ca, at)


def _read(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return []


def _check_pair(certfile: Path, keyfile: Path | None) -> Iterator[Finding]:
    try:
        # Without the callback a key with a passphrase would ask whoever sits at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certfile, keyfile, password=lambda: "")
    except ssl.SSLError as error:
        named = keyfile or certfile
        told = (
            f"the key in {named} is not the one of the certificate in {certfile}"
            if error.reason == "KEY_VALUES_MISMATCH"
            else f"the key in {named} cannot be used ({error.reason or 'it is malformed or has a passphrase'})"
        )
        yield fault(_OWN, told, "name the key in PEM that the certificate was made for, without a passphrase")
    except (OSError, ValueError):
        yield fault(_OWN, f"{keyfile or certfile} cannot be read", "name a readable key in PEM, without a passphrase")


def _check_dates(where: str, path: Path, found: list[x509.Certificate], at: dt.datetime) -> Iterator[Finding]:
    for number, each in enumerate(found, 1):
        named = f"{path}{f', certificate {number}' if len(found) > 1 else ''}"
        if each.not_valid_after_utc <= at:
            yield fault(where, f"{named} has expired on {_day(each)}", "renew it")
        elif each.not_valid_before_utc > at:
            yield fault(
                where,
                f"{named} begins on {each.not_valid_before_utc:%Y-%m-%d}",
                "wait until then, or look at this machine's clock",
            )
        elif each.not_valid_after_utc <= at + _SOON:
            yield warn(where, f"{named} ends on {_day(each)}", "renew it; SIGHUP takes the new file up")


def _check_leaf(path: Path, chain: list[x509.Certificate], public_url: str | None) -> Iterator[Finding]:
    leaf = chain[0]
    if _is_authority(leaf) and len(chain) > 1:
        yield fault(_OWN, f"{path} begins with an authority's certificate", "put the server's own certificate first")
        return
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_BITS:
        yield warn(_OWN, f"the key of {path} has {key.key_size} bits", f"make one of {_LEAST_BITS} bits at least")
    host = urlsplit(public_url or "").hostname
    names = _names(leaf)
    if host and not any(_covers(name, host) for name in names):
        yield warn(
            _OWN,
            f"{path} is for {', '.join(names) or 'no host'}, and SCIMBRIDGE_PUBLIC_URL names {host}",
            "have a certificate made for that name, unless a proxy with one of its own stands in front",
        )


def _check_authorities(path: Path, at: dt.datetime) -> Iterator[Finding]:
    found = _read(path)
    if not found:
        yield fault(
            _AUTHORITIES, f"{path} cannot be read, or holds no certificate in PEM", "name the authorities' file"
        )
        return
    bad = list(_check_dates(_AUTHORITIES, path, found, at))
    strangers = [each for each in found if not _is_authority(each)]
    if strangers:
        bad.append(
            warn(
                _AUTHORITIES,
                f"{len(strangers)} of {len(found)} certificates in {path} vouch for nobody (they are no authorities)",
                "name those that signed the clients' certificates",
            )
        )
    yield from bad
    if not bad:
        yield ok(_AUTHORITIES, f"{len(found)} in {path}")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except x509.ExtensionNotFound:
        return False


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*held.get_values_for_type(x509.DNSName), *map(str, held.get_values_for_type(x509.IPAddress))]


def _covers(name: str, host: str) -> bool:
    name, host = name.casefold(), host.casefold()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _day(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"
