"""A client loses its connection to the bridge while it waits for its answer, and sends its request again."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from contextlib import closing

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
ADA = {"schemas": [USER], "userName": "ada.lovelace", "emails": [{"value": "ada@example.org", "type": "work"}]}
TEAM = {"schemas": [GROUP], "displayName": "Team"}
BASE = "/scim/v2"
HEADERS = {"Authorization": "Bearer the-token-of-the-tests", "Content-Type": "application/scim+json"}


@pytest.fixture
def certfile(tmp_path):
    """A certificate of the bridge's own, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bridge")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "both.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file


@pytest.fixture(params=["plain", "TLS"])
def node(request, make_pingone, start_nodes, certfile):
    pingone = make_pingone(20)
    [node] = start_nodes(1, pingone.settings, certfile=certfile if request.param == "TLS" else None)
    return pingone, node


@pytest.mark.parametrize("ahead", [b"", b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"])
@pytest.mark.parametrize(("path", "name", "body"), [("/Users", "users", ADA), ("/Groups", "groups", TEAM)])
def test_a_create_is_answered_when_it_is_repeated(node, wait_until, path, name, body, ahead):
    """Who hangs up, also with a further request sent ahead, and repeats its create is given what was made."""
    pingone, bridge = node
    with pingone.holding("POST", name) as held, closing(bridge.connect()) as connection:
        connection.request("POST", BASE + path, json.dumps(body), HEADERS)
        assert held.wait(60)
        connection.sock.sendall(ahead)
        connection.sock.close()
    wait_until(lambda: any(line["event"] == "request" and line["method"] == "POST" for line in bridge.log))
    again = bridge.scim("POST", path, body)
    assert again.status == 201, again.content
    assert bridge.scim("POST", path, body).status == 409


def test_a_bulk_is_answered_when_it_is_repeated(node, wait_until):
    """What a bulk request had made before its client hung up is found again as well."""
    pingone, bridge = node
    operations = [{"method": "POST", "path": "/Users", "bulkId": "a", "data": ADA},
                  {"method": "POST", "path": "/Groups", "bulkId": "b", "data": TEAM}]  # fmt: skip
    body = {"schemas": [BULK], "Operations": operations}
    with pingone.holding("POST", "groups") as held, closing(bridge.connect()) as connection:
        connection.request("POST", f"{BASE}/Bulk", json.dumps(body), HEADERS)
        assert held.wait(60)
        wait_until(lambda: len(pingone.user_ids()) == 21)
        connection.sock.close()
    wait_until(lambda: any(line["event"] == "request" and line["method"] == "POST" for line in bridge.log))
    again = bridge.scim("POST", "/Bulk", body)
    assert [each["status"] for each in again.json["Operations"]] == ["201", "201"], again.content
