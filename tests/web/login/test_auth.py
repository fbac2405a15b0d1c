"""The ways in: each finds its client, none finds anybody else, and every refusal is a 401 that reads the same."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, Clients, StoredSecret, own_client
from scimbridge.access.refused import CredentialRefused, Expired
from scimbridge.access.secrets import digest, make_secret
from scimbridge.scim.errors import Unauthorized
from scimbridge.web.login import auth
from scimbridge.web.login.auth import Credentials, by_credentials
from scimbridge.web.login.failed_logins import FailedLogins

NOW = 1_800_000_000.0
FIRST, SECOND, ENDED, OTHER = (make_secret(lambda size, mark=mark: bytes([mark]) * size) for mark in (1, 2, 3, 4))
OWN = "the/own+token=="


def entry(made, ends=None):
    return StoredSecret(made.id, made.digest, ends)


CLIENTS = Clients(
    (
        Client(Caller("sailpoint"), (entry(FIRST), entry(SECOND, NOW + 10), entry(ENDED, NOW))),
        Client(Caller("okta"), (entry(OTHER),)),
        Client(Caller("nobody")),
    ),
    own=own_client(OWN),
)


def own_kind(token):
    """Stand for the bridge's own access tokens and those of outside issuers."""
    if token == "access":
        return Caller("by-access-token")
    if token == "expired":
        raise Expired("an access token that has expired")
    if token.startswith("mine"):
        raise CredentialRefused("an access token that was not issued here")
    return None


def read_certificate(der):
    if der == b"der":
        return Caller("by-certificate")
    raise CredentialRefused("a certificate that is not known")


@pytest.fixture
def enter(monkeypatch):
    """Authenticate at NOW, with what was noted of failures."""
    noted = []
    failures = FailedLogins(lambda: 0.0)
    monkeypatch.setattr(failures, "note", lambda address, reason: noted.append((address, reason)))
    authenticate = make(CLIENTS, failures)

    def go(authorization=None, certificate=None):
        return authenticate(Credentials(authorization, certificate, "192.0.2.1"))

    go.noted = noted
    return go


def make(clients, failures):
    current, wall = (lambda: clients), (lambda: NOW)
    schemes = {
        "bearer": auth.bearer((auth.static_token(current, wall), own_kind)),
        "basic": auth.basic(current, wall),
    }
    return by_credentials(schemes, read_certificate, failures)


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        (f"Bearer {FIRST.text}", "sailpoint"),
        (f"bearer   {SECOND.text}  ", "sailpoint"),
        (f"BEARER {OTHER.text}", "okta"),
        (f"Bearer {OWN}", "token"),
        ("Bearer access", "by-access-token"),
        (basic("sailpoint", FIRST.text), "sailpoint"),
        (basic("sailpoint", SECOND.text), "sailpoint"),
        (basic("token", OWN), "token"),
        (basic("okta", OTHER.text).replace("Basic", "bAsIc"), "okta"),
    ],
)
def test_each_way_finds_its_client(enter, authorization, name):
    """A secret as a token, a name with a secret, and an access token each stand for their client."""
    assert enter(authorization).name == name
    assert enter.noted == []


def test_a_certificate_finds_its_client(enter):
    """Where there is no Authorization header, or an empty one, the certificate says who it is."""
    assert enter(certificate=b"der").name == "by-certificate"
    assert enter("", b"der").name == "by-certificate"


WRONG = [
    "Bearer wrong",
    f"Bearer {ENDED.text}",
    f"Bearer {FIRST.text[:-1]}",
    f"Bearer {FIRST.text.upper()}",
    f"Bearer {FIRST.digest.hex()}",
    "Bearer mine.but.wrong",
    "Bearer",
    "Bearer ",
    "Bearer ü",
    "Bearer \xc3\xbc",
    "Bearer \x00",
    f"Bearer {FIRST.text}, Bearer {FIRST.text}",
    f"Bearer {FIRST.text},{basic('sailpoint', FIRST.text)}",
    f"Bearer {FIRST.text}\x00",
    FIRST.text,
    f"Token {FIRST.text}",
    f"Negotiate {FIRST.text}",
    f"Bearer\t{FIRST.text}",
    "Bearer " + "x" * 100_000,
    "Basic",
    "Basic !!!",
    "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
    "Basic " + base64.b64encode(FIRST.text.encode()).decode(),
    basic("sailpoint", ""),
    basic("", ""),
    basic("", FIRST.text),
    basic("okta", FIRST.text),
    basic("nobody", ""),
    basic("nobody", FIRST.text),
    basic("Sailpoint", FIRST.text),
    basic("sailpoint", OWN),
    basic("token", FIRST.text),
    basic("sailpoint", f"{FIRST.text}ü"),
    basic("sailpöint", FIRST.text),
    basic("unknown", "wrong"),
    basic("sailpoint", ENDED.text),
]


@pytest.mark.parametrize("authorization", WRONG, ids=lambda text: ascii(text)[:40])
def test_what_is_wrong_is_wrong(enter, authorization):
    """An unknown client, a wrong secret, one that ended and a malformed header are told apart by nobody outside."""
    with pytest.raises(Unauthorized) as told:
        enter(authorization)
    assert told.value.detail == auth.WRONG
    first, second = (value for name, value in told.value.headers if name == "WWW-Authenticate")
    expected = 'Bearer realm="scim"'
    if authorization.partition(" ")[0].lower() == "bearer":
        expected += ', error="invalid_token"'
    assert first == expected
    assert second.startswith('Basic realm="scim"')
    assert [address for address, _ in enter.noted] == ["192.0.2.1"]


@pytest.mark.parametrize("authorization", WRONG, ids=lambda text: ascii(text)[:40])
def test_a_wrong_header_is_not_mended_by_a_certificate(enter, authorization):
    """Who sends a wrong Authorization header is refused, however good the certificate is."""
    with pytest.raises(Unauthorized):
        enter(authorization, b"der")


def test_nothing_is_missing_credentials(enter):
    """Nothing sent is told as missing, without an error code, and is no failed login."""
    for nothing in (None, "", "   "):
        with pytest.raises(Unauthorized) as told:
            enter(nothing)
        assert told.value.detail == auth.MISSING
        assert told.value.headers[0] == ("WWW-Authenticate", 'Bearer realm="scim"')
    assert enter.noted == []


def test_an_unknown_certificate_is_refused(enter):
    """A certificate that stands for nobody is a failed login."""
    with pytest.raises(Unauthorized) as told:
        enter(certificate=b"other")
    assert told.value.detail == auth.WRONG
    assert len(enter.noted) == 1


def test_an_expired_access_token_is_told_so(enter):
    """Only a token that was once good is called expired, so that its client fetches another one."""
    with pytest.raises(Unauthorized) as told:
        enter("Bearer expired")
    challenge = told.value.headers[0][1]
    assert challenge == 'Bearer realm="scim", error="invalid_token", error_description="The access token expired"'


def test_nobody_enters_where_there_are_no_clients():
    """Without clients there is no way in, and least of all for an empty token."""
    authenticate = make(Clients(), FailedLogins(lambda: 0.0))
    for text in ("Bearer ", "Bearer x", "Basic " + base64.b64encode(b":").decode(), basic("token", "")):
        with pytest.raises(Unauthorized):
            authenticate(Credentials(text, None, ""))


ANYTHING = some.binary(max_size=400).map(lambda raw: raw.decode("latin-1"))
HEADERS = some.one_of(
    ANYTHING,
    ANYTHING.map(lambda text: f"Bearer {text}"),
    ANYTHING.map(lambda text: f"Basic {text}"),
    some.binary(max_size=200).map(lambda raw: "Basic " + base64.b64encode(raw).decode()),
    some.tuples(some.sampled_from(["sailpoint", "okta", "token", ""]), some.text(max_size=40)).map(
        lambda pair: "Basic " + base64.b64encode(":".join(pair).encode("utf-8", "surrogatepass")).decode()
    ),
    some.tuples(some.text("abc._-=", max_size=30), some.sampled_from([FIRST.text, OWN])).map(
        lambda pair: f"Bearer {pair[0]}{pair[1]}"
    ),
)
RIGHT = {f"Bearer {FIRST.text}": "sailpoint", f"Bearer {OWN}": "token", "Bearer access": "by-access-token"}


@given(HEADERS)
@example(f"Bearer {OWN}")
@example("Basic " + base64.b64encode(b":").decode())
def test_whatever_is_sent_is_401_or_the_right_caller(header):
    """No bytes in an Authorization header do anything but fail, unless they are a client's own."""
    authenticate = make(CLIENTS, FailedLogins(lambda: 0.0))
    try:
        caller = authenticate(Credentials(header, None, "192.0.2.1"))
    except Unauthorized:
        assert header not in RIGHT
    else:
        assert RIGHT[header] == caller.name


def test_credentials_show_nothing():
    """What was sent does not stand in a representation, which a traceback or a log may hold."""
    assert "secret" not in repr(Credentials("Bearer secret", b"secret", "192.0.2.1"))
    assert digest(OWN) == CLIENTS.own.secrets[0].digest
