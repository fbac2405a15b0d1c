"""The token endpoint: RFC 6749 §4.4 by the letter, with the leniency that clients need, and no more."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as some

from scimbridge.access.caller import SCOPES, Caller
from scimbridge.access.clients import Client, Clients, StoredSecret, own_client
from scimbridge.access.refused import CredentialRefused, Expired
from scimbridge.access.secrets import make_secret
from scimbridge.access.tokens import OwnTokens
from scimbridge.web.login import oauth
from scimbridge.web.login.failed_logins import FailedLogins

NOW = 1_800_000_000.0
FIRST, SECOND, OTHER = (make_secret(lambda size, mark=mark: bytes([mark]) * size) for mark in (1, 2, 3))
OWN = "own+token/with%2Bmarks=="
READS = frozenset({"users:read", "groups:read"})
GRANT = {"grant_type": "client_credentials"}


class World:
    """An app with nothing but the endpoint, clients that a test changes, and a clock."""

    def __init__(self):
        self.now = NOW
        self.noted = []
        self.client = Client(
            Caller("sailpoint", scopes=READS),
            (StoredSecret(FIRST.id, FIRST.digest), StoredSecret(SECOND.id, SECOND.digest, NOW + 90.5)),
        )
        self.clients = Clients(
            (self.client, Client(Caller("okta", scopes=READS), (StoredSecret(OTHER.id, OTHER.digest),))),
            own=own_client(OWN),
        )
        failures = FailedLogins(lambda: 0.0)
        failures.note = lambda address, reason: self.noted.append((address, reason))
        self.tokens = OwnTokens(b"shared", lambda: self.clients, wall=lambda: self.now)
        self.came = []
        endpoint = oauth.OwnTokenEndpoint(
            lambda: self.clients, self.tokens, 3600.0, failures, lambda: self.now, self.came.append
        )
        app = Flask("test")
        app.register_blueprint(oauth.blueprint(endpoint), url_prefix="/oauth2")
        self.http = app.test_client()

    def ask(self, form=None, authorization=None, *, body=None, content_type=oauth.FORM, path="/oauth2/token"):
        """Ask for a token, and check what every answer carries."""
        answer = self.http.post(
            path,
            data=body if body is not None else urlencode(form or {}),
            content_type=content_type,
            headers={} if authorization is None else {"Authorization": authorization},
        )
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.content_type == "application/json"
        return SimpleNamespace(status=answer.status_code, json=answer.json, headers=answer.headers)

    def refuses(self, error, status, *args, **kwargs):
        """Expect a refusal in OAuth's words, and return its description."""
        answer = self.ask(*args, **kwargs)
        assert (answer.json["error"], answer.status) == (error, status)
        assert set(answer.json) == {"error", "error_description"}
        if status == 401:
            assert answer.headers["WWW-Authenticate"].startswith('Basic realm="scim"')
        return answer.json["error_description"]


@pytest.fixture
def world():
    return World()


def posted(name="sailpoint", secret=FIRST.text, **more):
    return GRANT | {"client_id": name, "client_secret": secret} | more


def basic(name="sailpoint", secret=FIRST.text):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    ("form", "authorization"),
    [
        (posted(), None),
        (posted(secret=SECOND.text), None),
        (posted(scope=""), None),
        (posted(scope="  "), None),
        (posted(unknown="x", resource="y"), None),
        (GRANT, basic()),
        (GRANT, basic().replace("Basic", "basic  ")),
        (GRANT, basic(secret=SECOND.text)),
        (GRANT | {"client_id": "sailpoint"}, basic()),
    ],
)
def test_a_client_gets_a_token(world, form, authorization):
    """A client gets a token by either way of showing its secret, and with either of two secrets."""
    answer = world.ask(form, authorization)
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert answer.json["scope"] == "groups:read users:read"
    assert world.tokens.check(answer.json["access_token"]) == world.client.caller
    assert world.noted == []


def test_the_life_of_a_token(world):
    """A token lives for the set time, but not longer than its secret, and is expired afterwards."""
    answer = world.ask(posted())
    assert answer.json["expires_in"] == 3600
    assert world.ask(posted(secret=SECOND.text)).json["expires_in"] == 90
    world.now += 3600
    with pytest.raises(Expired):
        world.tokens.check(answer.json["access_token"])
    with pytest.raises(CredentialRefused):
        world.tokens.check(answer.json["access_token"] + "A")


def test_the_own_bearer_token_is_a_secret_too(world):
    """The one bearer token is the secret of the client `token`, form-encoded or as it is."""
    for authorization in (basic("token", OWN), basic("token", quote(OWN, safe=""))):
        assert world.ask(GRANT, authorization).json["scope"].split() == sorted(SCOPES)
    assert world.ask(posted("token", OWN)).status == 200


@pytest.mark.parametrize("asked", ["users:read", " users:read  users:read "])
def test_a_scope_narrows_a_token(world, asked):
    """A token that is asked for with fewer scopes has these only."""
    answer = world.ask(posted(scope=asked))
    assert answer.json["scope"] == "users:read"
    assert world.tokens.check(answer.json["access_token"]).scopes == {"users:read"}


@pytest.mark.parametrize(
    "asked", ["users:write", "users:read users:write", "all", "USERS:READ", "users:read,groups:read"]
)
def test_a_scope_never_widens(world, asked):
    """A scope that is unknown or more than the client has is invalid_scope."""
    world.refuses("invalid_scope", 400, posted(scope=asked))


WRONG = [
    (posted(secret="wrong"), None),
    (posted("unknown"), None),
    (posted("okta"), None),
    (posted("Sailpoint"), None),
    (posted(secret=FIRST.text.upper()), None),
    (posted(""), None),
    (posted(secret=""), None),
    (GRANT, None),
    (GRANT | {"client_id": "sailpoint"}, None),
    (GRANT | {"client_secret": FIRST.text}, None),
    (GRANT, basic(secret="wrong")),
    (GRANT, basic("unknown")),
    (GRANT, basic("okta")),
    (GRANT, basic("", "")),
    (GRANT, "Basic"),
    (GRANT, "Basic !!!"),
    (GRANT, "Basic \xc3\xbc"),
    (GRANT, f"Bearer {FIRST.text}"),
    (GRANT, "x" * 5000),
    ({}, None),
]


@pytest.mark.parametrize(("form", "authorization"), WRONG)
def test_an_unknown_client_and_a_wrong_secret_read_the_same(world, form, authorization):
    """Who is not known and who shows a wrong secret is told the same: 401 invalid_client, noted as a failed login."""
    assert world.refuses("invalid_client", 401, form, authorization) == oauth._NOT_KNOWN
    assert len(world.noted) == 1


def test_a_revoked_secret_gets_no_token(world):
    """A secret that has ended or was taken away is a wrong one."""
    world.now += 91
    world.refuses("invalid_client", 401, posted(secret=SECOND.text))
    world.clients = Clients()
    world.refuses("invalid_client", 401, posted())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "sailpoint", "client_secret": FIRST.text}, "invalid_request"),
        (posted(grant_type="password", username="a", password="b"), "unsupported_grant_type"),
        (posted(grant_type="authorization_code"), "unsupported_grant_type"),
        (posted(grant_type="refresh_token"), "unsupported_grant_type"),
        (posted(grant_type=""), "invalid_request"),
    ],
)
def test_there_is_one_grant(world, form, error):
    """Another grant than client_credentials is not given."""
    world.refuses(error, 400, form)


@pytest.mark.parametrize(
    ("kwargs", "status"),
    [
        ({"form": posted(), "authorization": basic()}, 400),
        ({"form": GRANT | {"client_secret": "x"}, "authorization": basic()}, 400),
        ({"form": GRANT | {"client_id": "okta"}, "authorization": basic()}, 400),
        ({"body": urlencode(posted()) + "&grant_type=client_credentials"}, 400),
        ({"body": urlencode(posted()) + "&client_secret=x"}, 400),
        ({"body": urlencode(posted()) + "&x=1&x=2"}, 400),
        ({"body": "{}", "content_type": "application/json"}, 400),
        ({"body": urlencode(posted()), "content_type": ""}, 400),
        ({"body": "&".join(f"p{n}=x" for n in range(100))}, 400),
        ({"body": b"\xff=1"}, 400),
        ({"body": b"a=%ff"}, 400),
        ({"body": urlencode(posted(x="x" * oauth.LARGEST_BODY))}, 413),
    ],
)
def test_a_malformed_request_is_told_so(world, kwargs, status):
    """Two ways at once, a parameter twice, another media type and a huge body are invalid_request."""
    world.refuses("invalid_request", status, **kwargs)


def test_nothing_is_taken_from_the_url(world):
    """Parameters in the URL, which stands in logs, do not count (RFC 6749 §2.3.1)."""
    world.refuses("invalid_client", 401, GRANT, path="/oauth2/token?" + urlencode(posted()))


def test_only_post(world):
    """A token is asked for with POST."""
    assert world.http.get("/oauth2/token").status_code == 405


@given(some.binary(max_size=300), some.binary(max_size=100).map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_sent_gets_no_token_and_no_500(body, authorization):
    """No body and no header that holds no secret does anything but fail."""
    world = World()
    header = "".join(mark for mark in authorization if mark not in "\r\n")
    for sent in (header, f"Basic {header}", None):
        assert world.ask(body=body, authorization=sent).status in (400, 401)
        assert world.ask(body=b"grant_type=client_credentials&" + body, authorization=sent).status in (400, 401)
