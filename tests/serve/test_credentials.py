"""Whose a request is before its credentials are looked at."""

from __future__ import annotations

from scimbridge.serve.credentials import KnownCredentials


def test_several_credentials_of_one_client_are_one():
    """What was found good stands for its client, and everything else for the place that it comes from."""
    known = KnownCredentials(b"key")
    first, second, made_up = (
        known.digest([("AUTHORIZATION", word)], None) for word in ("Bearer a", "Basic b", "Bearer x")
    )
    known.learn(first, "midpoint")
    known.learn(second, "midpoint")
    assert known.find(first, "192.0.2.1") == known.find(second, "192.0.2.2") == "client midpoint"
    assert known.find(made_up, "192.0.2.1") == "place 192.0.2.1"


def test_the_authorization_header_decides_as_it_does_at_the_login():
    """Beside an Authorization header no certificate counts; else that of a header does, else the connection's."""
    known = KnownCredentials(b"key")
    bearer = [("AUTHORIZATION", "Bearer a")]
    assert known.digest(bearer, None) == known.digest([*bearer, ("CLIENT-CERT", ":x:")], b"certificate")
    assert known.digest([("CLIENT-CERT", ":x:")], None) != known.digest([("CLIENT-CERT", ":y:")], None)
    assert known.digest([], b"one") != known.digest([], b"two")
    assert known.digest([*bearer, *bearer], None) != known.digest(bearer, None)


def test_no_credential_is_kept():
    """What is remembered is a hash that another process would not find, and no more than so many."""
    known = KnownCredentials(b"key", most=2)
    digests = [known.digest([("AUTHORIZATION", f"Bearer {word}")], None) for word in "abc"]
    assert digests[0] != KnownCredentials(b"other").digest([("AUTHORIZATION", "Bearer a")], None)
    for each in digests:
        known.learn(each, "midpoint")
    assert [known.find(each, "p") for each in digests] == ["place p", "client midpoint", "client midpoint"]
