"""Client certificates: the exact one, within its dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from scimbridge.access.caller import Caller
from scimbridge.access.certificates import find_by_certificate, fingerprint
from scimbridge.access.clients import Client, Clients
from scimbridge.access.refused import CredentialRefused

STARTS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = STARTS + timedelta(days=30)


def make(name="client"):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(STARTS)
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def certificate():
    return make()


def known(*certificates):
    return Clients((Client(Caller("sailpoint"), certificates=frozenset(map(fingerprint, certificates))),))


@pytest.mark.parametrize("moment", [STARTS, STARTS + timedelta(days=1), ENDS])
def test_a_certificate_stands_for_its_client_within_its_dates(certificate, moment):
    """The certificate that is entered for a client stands for it from its first second to its last."""
    assert find_by_certificate(known(certificate), certificate, moment.timestamp()).name == "sailpoint"


@pytest.mark.parametrize("moment", [STARTS - timedelta(seconds=1), ENDS + timedelta(seconds=1)])
def test_a_certificate_outside_its_dates_is_refused(certificate, moment):
    """Before its dates and after them a certificate stands for nobody."""
    with pytest.raises(CredentialRefused):
        find_by_certificate(known(certificate), certificate, moment.timestamp())


def test_another_certificate_of_the_same_name_is_refused(certificate):
    """The name in a certificate says nothing: only the certificate that was entered is good."""
    with pytest.raises(CredentialRefused):
        find_by_certificate(known(certificate), make(), STARTS.timestamp())
    with pytest.raises(CredentialRefused):
        find_by_certificate(known(certificate), certificate + b"\x00", STARTS.timestamp())


@pytest.mark.parametrize("text", [b"", b"no certificate", bytes(5000)])
def test_what_is_no_certificate_is_refused(text):
    """Bytes that are no certificate are refused, also where somebody entered their hash."""
    with pytest.raises(CredentialRefused):
        find_by_certificate(known(), text, STARTS.timestamp())
    with pytest.raises(CredentialRefused):
        find_by_certificate(known(text), text, STARTS.timestamp())
