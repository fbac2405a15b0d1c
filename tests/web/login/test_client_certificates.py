"""Where a client's certificate and address come from: a trusted proxy, the TLS connection, and nobody else."""

from __future__ import annotations

import base64
import ssl
from ipaddress import ip_network
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scimbridge.web.login.auth import read_credentials
from scimbridge.web.login.client_certificates import CERTIFICATE, ESCAPED, RFC9440, UNREADABLE, from_header
from scimbridge.web.login.proxies import TrustedProxies

DER = bytes(range(256))
FIELD = f":{base64.b64encode(DER).decode()}:"
PEM = ssl.DER_cert_to_PEM_cert(DER)
PROXY, STRANGER = "10.0.0.7", "192.0.2.1"


def served(environ, header=None):
    """Return the environ that the application sees."""
    seen = []
    layer = TrustedProxies(
        lambda given, _start: seen.append(given) or [], [ip_network("10.0.0.0/8")], certificate_header=header
    )
    layer(environ, None)
    return seen[0]


@pytest.mark.parametrize(
    ("header", "name", "value"),
    [
        (RFC9440, "HTTP_CLIENT_CERT", FIELD),
        (RFC9440, "HTTP_CLIENT_CERT", f"  {FIELD} "),
        (ESCAPED, "HTTP_X_CLIENT_CERT", quote(PEM, safe="")),
        (ESCAPED, "HTTP_X_CLIENT_CERT", quote(PEM.replace("\n", "\r\n"))),
    ],
)
def test_a_trusted_proxy_is_believed_in_its_header(header, name, value):
    """The header that the proxies are configured to write is read, when it comes from one of them."""
    seen = served({"REMOTE_ADDR": PROXY, name: value}, header)
    assert seen[CERTIFICATE] == DER
    assert read_credentials(seen).certificate == DER
    assert name not in seen


@pytest.mark.parametrize("header", [None, RFC9440, ESCAPED])
@pytest.mark.parametrize("address", [STRANGER, "", "unix", "10.0.0.7.example"])
def test_nobody_else_is_believed(header, address):
    """A header from anybody else is taken away, and so is one that no proxy is configured to write."""
    sent = {"HTTP_CLIENT_CERT": FIELD, "HTTP_X_CLIENT_CERT": quote(PEM), "REMOTE_ADDR": address}
    seen = served(sent, header)
    assert seen[CERTIFICATE] is None
    assert not {"HTTP_CLIENT_CERT", "HTTP_X_CLIENT_CERT"} & seen.keys()


@pytest.mark.parametrize(
    ("header", "other"), [(None, "HTTP_CLIENT_CERT"), (RFC9440, "HTTP_X_CLIENT_CERT"), (ESCAPED, "HTTP_CLIENT_CERT")]
)
def test_a_proxy_is_not_believed_in_a_header_that_it_does_not_write(header, other):
    """What a client slips through a proxy in another header does not count."""
    value = FIELD if other == "HTTP_CLIENT_CERT" else quote(PEM)
    assert served({"REMOTE_ADDR": PROXY, other: value}, header)[CERTIFICATE] is None


@pytest.mark.parametrize("value", ["::", ":!:", "abc", f"{FIELD}, {FIELD}", f"{FIELD},{FIELD}", FIELD[:-1], ":A:", PEM])
def test_a_malformed_field_is_a_wrong_certificate(value):
    """A value of another form, or several, is no certificate, and is not passed over either."""
    assert from_header({"HTTP_CLIENT_CERT": value}, RFC9440) == UNREADABLE


@pytest.mark.parametrize(
    "value", ["abc", quote(PEM + PEM), quote(PEM[:-20]), quote(PEM).replace("BEGIN", "END"), FIELD]
)
def test_a_malformed_pem_is_a_wrong_certificate(value):
    """The same for a PEM: one certificate, whole, and nothing beside it."""
    assert from_header({"HTTP_X_CLIENT_CERT": value}, ESCAPED) == UNREADABLE


def test_an_empty_header_says_nothing():
    """Where a client showed no certificate, proxies write an empty header."""
    assert from_header({"HTTP_X_CLIENT_CERT": ""}, ESCAPED) is None
    assert from_header({"HTTP_CLIENT_CERT": " "}, RFC9440) is None


@given(some.binary(max_size=200).map(lambda raw: raw.decode("latin-1")), some.sampled_from([RFC9440, ESCAPED]))
def test_no_header_breaks_anything(text, header):
    """Whatever stands in a header, it is read as a certificate or as none."""
    name = "HTTP_CLIENT_CERT" if header == RFC9440 else "HTTP_X_CLIENT_CERT"
    found = from_header({name: text}, header)
    assert found is None or isinstance(found, bytes)


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        (PROXY, STRANGER, STRANGER),
        (PROXY, f"203.0.113.9, {STRANGER}", STRANGER),
        (PROXY, f"{STRANGER}, 10.1.1.1", STRANGER),
        (PROXY, f"{STRANGER}, nonsense", PROXY),
        (PROXY, "", PROXY),
        (PROXY, "10.1.1.1", PROXY),
        (PROXY, "2001:db8::1", "2001:db8::1"),
        (STRANGER, "203.0.113.9", STRANGER),
    ],
)
def test_whose_failed_logins_are_counted(peer, header, address):
    """The address is what the outermost trusted proxy saw; nobody else says it for himself."""
    seen = served({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": header})
    assert read_credentials(seen).address == address
