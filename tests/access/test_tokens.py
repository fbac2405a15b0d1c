"""The bridge's own access tokens: good on every node, for as long as their secret is, and for nothing more."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import OctKey

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, Clients, StoredSecret
from scimbridge.access.refused import CredentialRefused, Expired
from scimbridge.access.tokens import BRIDGE, OwnTokens

NOW = 1_800_000_000.0
SECRET = b"a secret that all nodes have"
READS = frozenset({"users:read", "groups:read"})
CLIENT = Client(
    Caller("sailpoint", scopes=READS | {"users:write"}, populations=frozenset({"p"})),
    (StoredSecret("k1", bytes(32)), StoredSecret("k2", b"2" * 32, NOW + 600)),
)


class World:
    """The clients and the time, which a test changes."""

    def __init__(self):
        self.clients = Clients((CLIENT,))
        self.now = NOW

    def change(self, **changes):
        """Change the client."""
        self.clients = Clients((replace(CLIENT, **changes),))

    def node(self, secret=SECRET):
        """Return the tokens of a node of its own."""
        return OwnTokens(secret, lambda: self.clients, wall=lambda: self.now)


@pytest.fixture
def world():
    return World()


def parts(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def test_what_one_node_issues_another_takes(world):
    """A token stands for its client on every node that has the same secret, with all that the client may do."""
    grant = world.node().issue(CLIENT, "k1", CLIENT.caller.scopes, 3600)
    assert grant.seconds == 3600
    assert world.node().check(grant.token) == CLIENT.caller
    with pytest.raises(CredentialRefused):
        world.node(b"another secret").check(grant.token)


def test_a_token_says_what_it_is_and_no_secret(world):
    """A token is an at+jwt for the bridge alone; no two are the same, and nothing in it opens anything."""
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    header, claims = parts(grant.token)
    assert header == {"typ": "at+jwt", "alg": "HS256"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == (BRIDGE, BRIDGE, "sailpoint")
    assert claims["exp"] - claims["iat"] == 3600
    assert bytes(32).hex() not in json.dumps(claims)
    assert grant.token != world.node().issue(CLIENT, "k1", READS, 3600).token
    assert grant.token not in repr(grant)


def test_an_expired_token_is_expired_to_the_second(world):
    """A token is good until its last second and not at it, without any skew."""
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    world.now = NOW + 3599.9
    assert world.node().check(grant.token) is not None
    world.now = NOW + 3600
    with pytest.raises(Expired):
        world.node().check(grant.token)


def test_a_token_of_a_node_whose_clock_is_ahead_is_good(world):
    """A node takes a token that another one, a second ahead, has just issued."""
    world.now = NOW + 1
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    world.now = NOW
    assert world.node().check(grant.token) is not None


def test_a_token_does_not_outlive_its_secret(world):
    """A token ends with the secret that it was issued for, and says so when it is issued."""
    grant = world.node().issue(CLIENT, "k2", READS, 3600)
    assert grant.seconds == 600
    world.now = NOW + 600
    with pytest.raises(CredentialRefused):
        world.node().check(grant.token)
    with pytest.raises(CredentialRefused):
        world.node().issue(CLIENT, "k2", READS, 3600)


@pytest.mark.parametrize(
    "changes",
    [
        {"secrets": CLIENT.secrets[1:]},
        {"secrets": (replace(CLIENT.secrets[0], ends_at=NOW),)},
        {"secrets": (replace(CLIENT.secrets[0], digest=b"3" * 32),)},
        {"caller": replace(CLIENT.caller, name="renamed")},
    ],
    ids=["secret gone", "secret ended", "another secret under the same id", "client gone"],
)
def test_a_token_dies_with_its_secret(world, changes):
    """Revoking the secret or the client ends every token that was issued for it."""
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    world.change(**changes)
    with pytest.raises(CredentialRefused) as told:
        world.node().check(grant.token)
    assert not isinstance(told.value, Expired)


def test_a_token_lives_on_while_another_secret_goes(world):
    """Taking away one of two secrets leaves the tokens of the other."""
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    world.change(secrets=CLIENT.secrets[:1])
    assert world.node().check(grant.token) is not None


def test_a_token_gives_what_both_it_and_the_client_have(world):
    """A narrowed token stays narrow, and a right that is taken from the client is taken from its tokens."""
    grant = world.node().issue(CLIENT, "k1", READS, 3600)
    assert world.node().check(grant.token).scopes == READS
    world.change(caller=replace(CLIENT.caller, scopes=frozenset({"users:read", "users:write"}), populations=None))
    caller = world.node().check(grant.token)
    assert caller.scopes == {"users:read"}
    assert caller.populations is None


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "scb_k1_" + "x" * 43, "..", "e30.e30.e30", "x" * 100_000])
def test_what_is_no_token_of_ours_is_left_to_others(world, text):
    """Other kinds of tokens are not judged here."""
    assert world.node().check(text) is None


def forge(header, claims):
    return jwt.encode(header, claims, OctKey.import_key(b"k" * 32), algorithms=["HS256"], default_type=None)


def test_what_says_that_it_is_ours_and_is_not_is_refused(world):
    """Another signature, algorithm, kind or header makes a token of ours a wrong one."""
    good = world.node().issue(CLIENT, "k1", READS, 3600).token
    claims = parts(good)[1]
    body = good.split(".")[1]

    def unsigned(header):
        return base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + f".{body}."

    forged = [
        forge({"typ": "at+jwt", "alg": "HS256"}, claims),
        forge({"alg": "HS256"}, claims),
        unsigned({"alg": "none", "typ": "at+jwt"}),
        unsigned({"alg": "HS256", "typ": "at+jwt"}),
        unsigned({"alg": ["HS256"], "typ": "at+jwt"}),
        unsigned({"alg": "HS256", "typ": "at+jwt", "crit": 5}),
        unsigned({"typ": "at+jwt"}),
        good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
        good + "AAAA",
        f"{good.split('.')[0]}.{body}.",
    ]
    for token in forged:
        with pytest.raises(CredentialRefused):
            world.node().check(token)


@given(some.data())
def test_a_changed_token_never_stands_for_anybody(data):
    """Whatever byte of a token is changed, it is refused or is no token of ours."""
    node = World().node()
    good = node.issue(CLIENT, "k1", READS, 3600).token
    at = data.draw(some.integers(0, len(good) - 1))
    mark = data.draw(some.characters(codec="ascii"))
    changed = good[:at] + mark + good[at + 1 :]
    if changed == good:
        return
    with suppress(CredentialRefused):
        assert node.check(changed) is None
