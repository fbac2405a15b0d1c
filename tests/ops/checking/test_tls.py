"""TLS files of the server: certificate and key, dates, names and authorities."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scimbridge.ops.checking.findings import Grade
from scimbridge.ops.checking.tls import TlsFiles, check_tls, files_of

NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def certificate(start=-30, end=300, host="bridge.example.com", authority=False):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + dt.timedelta(days=start)).not_valid_after(NOW + dt.timedelta(days=end))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )  # fmt: skip
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.fixture
def look(tmp_path):
    """Check files with these contents."""

    def check(chain, key=None, ca=None, url="https://bridge.example.com"):
        contents = {"chain.pem": chain, "key.pem": pem(KEY) if key is None else key, "ca.pem": ca}
        paths = {}
        for name, content in contents.items():
            if content is not None:
                paths[name] = tmp_path / name
                paths[name].write_bytes(content)
        files = TlsFiles(paths.get("chain.pem"), paths.get("key.pem"), paths.get("ca.pem"))
        return list(check_tls(files, url, NOW.timestamp()))

    return check


def test_files_that_fit(look):
    """A certificate with its key, in time, for the public host, and authorities that are some."""
    found = look(certificate(), ca=certificate(authority=True))
    assert [each.grade for each in found] == [Grade.OK, Grade.OK]


@pytest.mark.parametrize(
    ("chain", "key", "grade", "told"),
    [
        (certificate(), pem(OTHER), Grade.FAULT, "is not the one of the certificate"),
        (certificate(), b"no key", Grade.FAULT, "cannot be used"),
        (b"no certificate", None, Grade.FAULT, "holds no certificate"),
        (certificate(end=-1), None, Grade.FAULT, "has expired on 2026-05-31"),
        (certificate(start=2), None, Grade.FAULT, "begins on 2026-06-03"),
        (certificate(end=7), None, Grade.WARNING, "ends on 2026-06-08"),
        (certificate(host="other.example.com"), None, Grade.WARNING, "SCIMBRIDGE_PUBLIC_URL names bridge.example.com"),
        (certificate() + certificate(end=-1), None, Grade.FAULT, "certificate 2 has expired"),
        (certificate(authority=True) + certificate(), None, Grade.FAULT, "begins with an authority's"),
    ],
)
def test_files_that_do_not_fit(look, chain, key, grade, told):
    """Each is told with the file, and what is right is not claimed beside it."""
    (finding,) = look(chain, key)
    assert finding.grade is grade
    assert told in finding.what


def test_authorities_that_vouch_for_nobody(look):
    """A certificate that is no authority's lets no client in; an empty file neither."""
    assert look(certificate(), ca=certificate())[-1].grade is Grade.WARNING
    assert look(certificate(), ca=b"")[-1].grade is Grade.FAULT


def test_a_name_with_a_star_covers_one_step(look):
    """`*.example.com` is for bridge.example.com and not for a.bridge.example.com."""
    chain = certificate(host="*.example.com")
    assert look(chain)[0].grade is Grade.OK
    assert look(chain, url="https://a.bridge.example.com")[0].grade is Grade.WARNING


def test_options_win_over_settings(tmp_path):
    """Files of the command are looked at, else those of the settings where these have any."""

    class Held:
        certfile, keyfile, client_ca = tmp_path / "a", tmp_path / "b", None

    assert files_of(Held, certfile=None, keyfile=None, client_ca=None) == TlsFiles(tmp_path / "a", tmp_path / "b")
    assert files_of(Held, certfile=tmp_path / "c", keyfile=None, client_ca=None) == TlsFiles(tmp_path / "c")
    assert files_of(object(), certfile=None, keyfile=None, client_ca=None) == TlsFiles()
