"""Keys of outside issuers: fetched, and held against the algorithms that are allowed."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey, RSAKey

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, Issuer
from scimbridge.access.jwks import Unfetched
from scimbridge.ops.checking.findings import Grade
from scimbridge.ops.checking.issuers import check_issuers

ISSUER = "https://login.example.com/"
KEYS = {"EC": ECKey.generate_key("P-256").as_dict(private=False)}
NAMED = (Client(Caller("hr"), subjects=frozenset({(ISSUER, "hr")})),)


def look(algorithms, keys, clients=NAMED):
    issuer = Issuer(ISSUER, "bridge", "https://login.example.com/keys", algorithms)
    body = keys if isinstance(keys, bytes) else json.dumps({"keys": keys}).encode()
    return list(check_issuers([issuer], clients, lambda _url: body))


def test_keys_that_fit():
    """A key for each algorithm is right."""
    (finding,) = look(("ES256",), [KEYS["EC"]])
    assert finding.grade is Grade.OK


@pytest.mark.parametrize(
    ("algorithms", "keys", "grade", "told"),
    [
        (("RS256",), [KEYS["EC"]], Grade.FAULT, "none of its 1 keys fits RS256"),
        (("ES384",), [KEYS["EC"]], Grade.FAULT, "none of its 1 keys fits ES384"),
        (("ES256", "RS256"), [KEYS["EC"]], Grade.WARNING, "no key of it fits RS256"),
        (("ES256",), [], Grade.FAULT, "no key at"),
        (("ES256",), [{**KEYS["EC"], "use": "enc"}], Grade.FAULT, "no key at"),
        (("ES256",), b"<html>sign in</html>", Grade.FAULT, "not a JWK set"),
    ],
)
def test_keys_that_do_not_fit(algorithms, keys, grade, told):
    """A key set that vouches for nobody is a fault, with its address."""
    (finding,) = look(algorithms, keys)
    assert finding.grade is grade
    assert told in finding.what


def test_short_keys_are_no_keys():
    """A key that the bridge will not believe is not counted."""
    with pytest.warns():
        key = RSAKey.generate_key(1024).as_dict(private=False)
    (finding,) = look(("RS256",), [key])
    assert finding.grade is Grade.FAULT


def test_an_address_that_does_not_answer():
    """Tokens would be refused, so that it is a fault."""

    def fetch(_url):
        raise Unfetched("the key set cannot be reached")

    issuer = Issuer(ISSUER, "bridge", "https://login.example.com/keys", ("ES256",))
    (finding,) = check_issuers([issuer], NAMED, fetch)
    assert finding.grade is Grade.FAULT
    assert "https://login.example.com/keys" in finding.what


def test_an_issuer_that_vouches_for_no_client():
    """Without a subject each of its tokens is refused."""
    finding = look(("ES256",), [KEYS["EC"]], clients=())[-1]
    assert finding.grade is Grade.WARNING
    assert "no client is a subject" in finding.what
