"""What PEM files have to hold: certificates of authorities, a certificate chain, a private key.

Path in, path out, or a ValueError that names the file and says what is wrong with it. Knows PEM and certificates; not
which setting names the file. No sentence repeats what stands in a file. The library is loaded where a file is read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_LARGEST = 10_000_000  # bytes
_CERTIFICATE = "CERTIFICATE"
_KEY = "PRIVATE KEY"


def authorities(given: str) -> Path:
    """Return the path of a file with at least one certificate, each of them well-formed."""
    path, text = _read(given, "certificates of authorities")
    _certificates(path, text)
    return path


def certificate_chain(given: str) -> Path:
    """Return the path of a file with a certificate chain, the server's own first."""
    path, text = _read(given, "a certificate chain")
    _certificates(path, text)
    return path


def private_key(given: str) -> Path:
    """Return the path of a file with a private key that needs no passphrase."""
    path, text = _read(given, "the private key of the certificate")
    if not _has(text, _KEY):
        other = " but a certificate" if _has(text, _CERTIFICATE) else ""
        raise ValueError(f"{path} holds no private key{other}; write the key in PEM there ({_begins(_KEY)})")
    _load_key(path, text)
    return path


def unfitting(certificate: Path, key: Path | None) -> str | None:
    """Return why a chain and its key do not belong together; without `key` it has to stand beside the chain.

    Both were read before.
    """
    text = (key or certificate).read_bytes()
    if key is None and not _has(text, _KEY):
        return f"{certificate} holds no private key, and no other file is named for it; set SCIMBRIDGE_KEYFILE"
    try:
        held = _load_key(key or certificate, text)
        own = _certificates(certificate, certificate.read_bytes())[0]
    except ValueError as wrong:
        return str(wrong)
    if own.public_key() == held.public_key():
        return None
    return (
        f"the private key in {key or certificate} is not that of the first certificate in {certificate};"
        " put the server's own certificate first, and name the key that it was made with"
    )


def _read(given: str, what: str) -> tuple[Path, bytes]:
    path = Path(given).absolute()
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST)
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}); name a PEM file with {what}") from None
    if not text.strip():
        raise ValueError(f"{path} is empty; it has to hold {what} in PEM")
    return path, text


def _has(text: bytes, label: str) -> bool:
    return any(found[1].decode().endswith(label) for found in _BLOCK.finditer(text))


def _begins(label: str) -> str:
    return f"it begins with -----BEGIN {label}-----"


def _certificates(path: Path, text: bytes) -> list[x509.Certificate]:
    from cryptography import x509  # noqa: PLC0415 - only who names a file needs it

    blocks = [found[0] for found in _BLOCK.finditer(text) if found[1].decode() in (_CERTIFICATE, "X509 CERTIFICATE")]
    if not blocks:
        raise ValueError(f"{path} {_instead(text)}; write certificates in PEM there ({_begins(_CERTIFICATE)})")
    found = []
    for number, block in enumerate(blocks, 1):
        try:
            found.append(x509.load_pem_x509_certificate(block))
        except ValueError:
            raise ValueError(f"certificate {number} in {path} is malformed; copy the file once more") from None
    if text.count(b"-----BEGIN CERTIFICATE-----") > len(blocks):
        raise ValueError(f"{path} ends in the middle of a certificate; copy the file once more")
    return found


def _instead(text: bytes) -> str:
    if _has(text, _KEY):
        return "holds a private key and no certificate"
    if text[:1] == b"\x30":
        return "is DER and not PEM (openssl x509 -inform der turns it into PEM)"
    return "holds no whole certificate"


def _load_key(path: Path, text: bytes) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only who names a file needs it
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415 - the same

    block = next(found[0] for found in _BLOCK.finditer(text) if found[1].decode().endswith(_KEY))
    try:
        return load_pem_private_key(block, None)
    except TypeError:
        raise ValueError(
            f"the private key in {path} has a passphrase, which nobody can type at a start;"
            " take it away with `openssl pkey`"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"the private key in {path} is malformed or of an unknown kind; copy it once more") from None
