"""Whether a client is still there is seen at its connection, with TLS and without, whatever it has sent already."""

from __future__ import annotations

import datetime as dt
import select
import socket
import ssl
import struct
import threading
from contextlib import suppress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from scimbridge.web import presence

USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada.lovelace"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of its own with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bridge")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


def pair():
    """Return both ends of a connection, the server's first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        return listening.accept()[0], client


def secure_pair(certificate, version):
    server, client = pair()
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
    theirs.maximum_version = version
    made = []
    agreeing = threading.Thread(target=lambda: made.append(ours.wrap_socket(server, server_side=True)))
    agreeing.start()
    client = theirs.wrap_socket(client)
    agreeing.join()
    return made[0], client


@pytest.fixture(params=["plain", "TLS 1.2", "TLS 1.3"])
def ends(request, certificate):
    """Both ends of a connection over which a request has come and was read."""
    versions = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
    version = versions.get(request.param)
    server, client = pair() if version is None else secure_pair(certificate, version)
    client.sendall(b"POST")
    assert server.recv(4) == b"POST"
    yield server, client
    server.close()
    client.close()


def wait_for(connection, holds):
    """Wait until what the client did has come."""
    for _time in range(6000):
        if holds(connection):
            return True
        threading.Event().wait(0.01)
    return False


def gone(connection):
    return not presence.is_present(connection)


def test_who_waits_is_present(ends):
    """A client that waits for its answer is there, also one that has sent its next request already."""
    server, client = ends
    assert presence.is_present(server)
    client.sendall(b"GET")
    select.select([server], [], [], 20)
    assert presence.is_present(server)
    assert server.recv(3) == b"GET", "nothing was taken from what it sent"


@pytest.mark.parametrize("sent_before", [b"", b"GET / HTTP/1.1\r\n"])
def test_who_closed_is_gone(ends, sent_before):
    """A client that has closed its connection is gone, whether it had sent more before or not."""
    server, client = ends
    client.sendall(sent_before) if sent_before else None
    client.close()
    assert wait_for(server, gone)


def test_who_said_goodbye_is_gone(ends):
    """A client that ends TLS in due form before it closes is gone as well."""
    server, client = ends
    if isinstance(client, ssl.SSLSocket):
        client.settimeout(0.2)
        with pytest.raises((OSError, ValueError)):
            client.unwrap()
    client.close()
    assert wait_for(server, gone)


def test_who_was_reset_is_gone(ends):
    """A client whose connection was reset is gone."""
    server, client = ends
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    assert wait_for(server, gone)


def test_without_the_kernels_word(ends, monkeypatch):
    """Where the kernel does not tell of an end behind other bytes, an end is seen all the same."""
    monkeypatch.setattr(presence, "_LEFT", 0)
    server, client = ends
    assert presence.is_present(server)
    client.close()
    assert wait_for(server, gone)


def test_who_is_not_shown_is_there(ends):
    """Where the server shows no connection, the client is taken to be there and to have its answer."""
    assert presence.is_present(None)
    assert not presence.has_missed(None)
    server, _client = ends
    server.close()
    assert not presence.is_present(server)


def test_who_read_the_answer_has_it(ends):
    """A client that has read its answer has not missed it, whether it closes then or stays."""
    server, client = ends
    server.sendall(b"answer")
    assert client.recv(6) == b"answer"
    assert not presence.has_missed(server)
    client.close()
    assert wait_for(server, gone)
    assert not presence.has_missed(server)


def test_who_closed_before_the_answer_has_missed_it(ends):
    """A client that was gone when the answer was written, or left it unread, has missed it."""
    server, client = ends
    client.close()
    assert wait_for(server, gone)
    with suppress(OSError):
        server.sendall(b"answer")
    assert wait_for(server, presence.has_missed)


def test_who_left_the_answer_unread_has_missed_it(ends):
    """A client that ends with the answer in its hands unread has missed it."""
    server, client = ends
    server.sendall(b"answer")
    assert not presence.has_missed(server)
    client.close()
    assert wait_for(server, presence.has_missed)


def test_a_create_whose_answer_was_missed_is_201_again(client):
    """Who is gone in the moment of its answer is given what was made when it asks again, and who has it is told 409."""
    for name, reads, status in (("ada", False, 201), ("eve", True, 409)):
        server, theirs = pair()
        body, headers = USER | {"userName": name}, client.headers
        with server:
            answer = client.app.test_client().post(
                "/scim/v2/Users", json=body, headers=headers, environ_overrides={"gunicorn.socket": server}
            )  # it is not at its end before it is closed
            assert answer.status_code == 201, answer.text
            server.sendall(b"answer")
            if reads:
                theirs.recv(6)
            theirs.close()
            assert wait_for(server, gone)
            answer.close()
        assert client.send("POST", "/Users", body).status_code == status
