"""JWTs of outside issuers: only what the configured issuer signed, for us, now, stands for a client.

The keys come over real HTTP from a server in a thread.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from scimbridge.access import jwks
from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client, Clients, Issuer
from scimbridge.access.compact import look_at
from scimbridge.access.issuers import Issuers
from scimbridge.access.jwks import BETWEEN, FRESH, LARGEST, MOST_KEYS, STALE, Fetcher, KeySets, Unfetched, read_keys
from scimbridge.access.refused import CredentialRefused

NOW = 1_800_000_000
ISSUER = "https://login.example.com/"
AUDIENCE = "api://scimbridge"
SKEW = 60

RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig", "alg": "RS256"})
NEXT = RSAKey.generate_key(2048, {"kid": "rsa-2"})
ELLIPTIC = ECKey.generate_key("P-256", {"kid": "ec-1"})
EDWARDS = OKPKey.generate_key("Ed25519", {"kid": "ed-1"})
ALL = ("RS256", "PS256", "ES256", "EdDSA")


class Host:
    """A server of key sets. `keys` are served; `answer` in their place, where it is set."""

    def __init__(self):
        self.keys = [RSA, ELLIPTIC, EDWARDS]
        self.answer = None
        self.asked = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                host.asked.append(self.path)
                status, headers, body = host.answer or (200, {}, host.body())
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def body(self):
        """Return the key set."""
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()

    def down(self):
        """Answer 503 from now on."""
        self.answer = (503, {}, b"")


class World:
    """Issuers over a host, with a clock for the keys and one for the tokens."""

    def __init__(self, host, algorithms=("RS256",), fetch=None):
        self.host = host
        self.at = 0.0
        self.wall = NOW
        self.clients = Clients(
            (
                Client(Caller("sailpoint"), subjects=frozenset({(ISSUER, "abc")})),
                Client(Caller("entra"), subjects=frozenset({(ISSUER, "app-1"), ("https://other/", "abc")})),
            ),
            (Issuer(ISSUER, AUDIENCE, f"{host.base}/keys", algorithms, SKEW),),
        )
        keys = KeySets(fetch or Fetcher(), lambda: self.at)
        self.issuers = Issuers(lambda: self.clients, keys, wall=lambda: self.wall)

    def name(self, token):
        """Return the name of the client that a token stands for."""
        caller = self.issuers.check(token)
        return None if caller is None else caller.name

    def refuses(self, token):
        """Expect a token to be refused, with a reason that quotes nothing of it."""
        with pytest.raises(CredentialRefused) as told:
            self.issuers.check(token)
        assert token[:20] not in told.value.reason
        return True


@pytest.fixture
def host():
    started = Host()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def world(host, monkeypatch):
    monkeypatch.setattr(jwks, "_READ", 60.0)  # a machine that is busy is no host that says nothing
    return World(host)


def claims(**changes):
    made = {"iss": ISSUER, "aud": AUDIENCE, "sub": "abc", "exp": NOW + 3600, "iat": NOW, "nbf": NOW} | changes
    return {name: value for name, value in made.items() if value is not None}


def sign(key=RSA, algorithm="RS256", header=None, **changes):
    head = {"alg": algorithm, "kid": key.kid} | (header or {})
    head = {name: value for name, value in head.items() if value is not None}
    with warnings.catch_warnings(action="ignore"):  # joserfc tells issuers, which we play here, of EdDSA's newer name
        return jwt.encode(head, claims(**changes), key, algorithms=[algorithm])


def written(header, payload, signature=b""):
    """Write a token by hand, as no library would."""
    return ".".join(
        base64.urlsafe_b64encode(part if isinstance(part, bytes) else json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, payload, signature)
    )


def test_a_token_stands_for_the_client_of_its_subject(world):
    """A token that holds stands for the client whose subject it names, in any of the claims that name one."""
    assert world.name(sign()) == "sailpoint"
    assert world.name(sign(aud=["api://other", AUDIENCE])) == "sailpoint"
    assert world.name(sign(header={"typ": "at+jwt"})) == "sailpoint"
    assert world.name(sign(header={"typ": None})) == "sailpoint"
    for claim in ("azp", "client_id", "appid"):
        assert world.name(sign(sub="somebody", **{claim: "app-1"})) == "entra"
    assert world.host.asked == ["/keys"]


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (NEXT, "PS256"), (ELLIPTIC, "ES256"), (EDWARDS, "EdDSA")],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_every_algorithm_of_the_list(host, key, algorithm):
    """What the operator lists is taken, and what is left out is not, though the key is there."""
    host.keys.append(NEXT)
    token = sign(key, algorithm)
    assert World(host, ALL).name(token) == "sailpoint"
    others = tuple(set(ALL) - {algorithm})
    assert World(host, others).refuses(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://login.example.com"},
        {"iss": ISSUER.upper()},
        {"iss": None},
        {"iss": [ISSUER]},
    ],
)
def test_another_issuer_is_not_judged_here(world, changes):
    """A token whose issuer is not configured is nobody's, and nobody is asked about it."""
    assert world.name(sign(**changes)) is None
    assert world.host.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://other"},
        {"aud": None},
        {"aud": []},
        {"aud": ["api://other"]},
        {"aud": {"a": AUDIENCE}},
        {"aud": f"{AUDIENCE} "},
        {"exp": NOW - SKEW},
        {"exp": None},
        {"exp": str(NOW + 3600)},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": True},
        {"nbf": NOW + SKEW + 1},
        {"nbf": "soon"},
        {"iat": NOW + SKEW + 1},
        {"sub": "unknown"},
        {"sub": None},
        {"sub": ["abc"]},
        {"sub": "abc", "azp": "app-1"},
        {"cnf": {"jkt": "x"}},
    ],
    ids=str,
)
def test_claims_that_do_not_hold_are_refused(world, changes):
    """A token for somebody else, for another time, without an end, or for nobody or two clients is refused."""
    assert world.refuses(sign(**changes))


def test_the_clocks_may_differ_by_the_skew(world):
    """A token is good the configured seconds before its time and after it, and no longer."""
    assert world.name(sign(exp=NOW - SKEW + 1)) == "sailpoint"
    assert world.name(sign(nbf=NOW + SKEW, iat=NOW + SKEW)) == "sailpoint"


def test_the_public_key_is_no_secret(host):
    """A token that is signed with the public key as if it were a shared secret is refused (RFC 8725 §2.1)."""
    public = RSA.as_pem(private=False)
    world = World(host, ALL)
    head = {"alg": "HS256", "kid": "rsa-1", "typ": "JWT"}
    for secret in (public, RSA.as_der(private=False), json.dumps(RSA.as_dict(private=False)).encode()):
        signing = OctKey(secret, secret)
        assert world.refuses(jwt.encode(head, claims(), signing, algorithms=["HS256"]))
    host.keys.append(OctKey.import_key(b"k" * 32, {"kid": "shared"}))
    shared = jwt.encode({"alg": "HS256", "kid": "shared"}, claims(), OctKey.import_key(b"k" * 32))
    assert World(host, (*ALL, "HS256")).refuses(shared)


@pytest.mark.parametrize(
    "token",
    [
        written({"alg": "none"}, claims()),
        written({"alg": "None", "kid": "rsa-1"}, claims()),
        written({"alg": "RS256", "kid": "rsa-1"}, claims()),
        written({"alg": "RS256", "kid": "rsa-1"}, claims(), bytes(256)),
        written({"alg": ["RS256"], "kid": "rsa-1"}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": 5}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": ["rsa-1"]}, claims(), bytes(256)),
        written({"kid": "rsa-1"}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": "rsa-1", "typ": "logout+jwt"}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": "rsa-1", "typ": ["JWT"]}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": "rsa-1", "crit": ["b64"], "b64": False}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": "rsa-1", "b64": False}, claims(), bytes(256)),
        written({"alg": "RS256", "kid": "rsa-1", "crit": 5}, claims(), bytes(256)),
        sign(NEXT, header={"kid": "rsa-1"}),
        sign(NEXT, header={"kid": None}),
        sign(NEXT, header={"kid": "rsa-2"}),
        sign(NEXT, header={"kid": "rsa-1", "jwk": NEXT.as_dict(private=False)}),
        sign()[:-4],
        sign() + "AAAA",
    ],
    ids=lambda token: token[:30],
)
def test_what_the_issuer_did_not_sign_is_refused(world, token):
    """No signature, another one, or a header that wants to be believed by itself is refused."""
    assert world.refuses(token)


def test_no_critical_header_is_understood(host):
    """A token that demands what we do not know is refused, though its signature is right (RFC 7515 §4.1.11)."""

    def signed(**more):
        text = written({"alg": "RS256", "kid": "rsa-1"} | more, claims()).rpartition(".")[0]
        signature = RSA.private_key.sign(text.encode(), PKCS1v15(), SHA256())
        return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    world = World(host)
    assert world.refuses(signed(crit=["unknown"], unknown=True))
    assert world.refuses(signed(crit=["b64"], b64=True))
    assert world.refuses(signed(crit=[]))
    assert world.name(signed(unknown="not critical")) == "sailpoint"


def test_no_address_of_a_token_is_asked(world):
    """Where a token says that its key can be had is ignored: only the configured address is asked."""
    other = Host()
    try:
        token = sign(NEXT, header={"jku": f"{other.base}/jku", "x5u": f"{other.base}/x5u", "kid": f"{other.base}/kid"})
        assert world.refuses(token)
        assert other.asked == []
        assert world.host.asked == ["/keys"]
    finally:
        other.server.shutdown()
        other.server.server_close()


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c",
        "....",
        written(b"[1]", claims()),
        written(b"\xff", claims()),
        written({"alg": "RS256"}, b"[" * 11_000),
        written({"alg": "RS256"}, b"1"),
        written({"alg": "RS256"}, {"iss": ISSUER, "x": "x" * 100_000}),
        written({"alg": "RS256"}, b'{"iss":' + b"1" * 10_000 + b"}"),
        sign() + "\n",
        sign().replace(".", "..", 1),
    ],
    ids=lambda token: token[:30],
)
def test_what_is_no_token_is_nobody(world, token):
    """Text of another form, huge or deep, is no token, and no key is fetched for it."""
    assert world.name(token) is None
    assert world.host.asked == []


def test_keys_turn(world):
    """A new key is found as soon as a token names it, and a key that was withdrawn is believed no longer."""
    assert world.name(sign()) == "sailpoint"
    world.host.keys = [NEXT]
    assert world.refuses(sign(NEXT))  # asked a moment ago
    world.at += BETWEEN
    assert world.name(sign(NEXT)) == "sailpoint"
    assert world.refuses(sign())
    assert len(world.host.asked) == 2


def test_a_withdrawn_key_is_forgotten_without_a_new_one_being_used(world):
    """Keys are fetched anew after a while by themselves."""
    assert world.name(sign()) == "sailpoint"
    world.host.keys = [NEXT]
    world.at += FRESH
    assert world.refuses(sign())


def test_unknown_keys_cost_one_request_in_half_a_minute(world):
    """However many tokens name unknown keys, the issuer is asked once in 30 seconds."""
    for number in range(200):
        assert world.refuses(sign(header={"kid": f"unknown-{number}"}))
    assert len(world.host.asked) == 1
    world.at += BETWEEN - 1
    assert world.refuses(sign(header={"kid": "unknown"}))
    assert len(world.host.asked) == 1
    world.at += 1
    assert world.refuses(sign(header={"kid": "unknown"}))
    assert len(world.host.asked) == 2


class Slow:
    """A fetch that is under way until the test lets it end; who waits for it is not held by its own time-outs."""

    def __init__(self, host):
        self.host = host
        self.asked = 0
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def __call__(self, _url):
        """Return the key set."""
        self.asked += 1
        self.begun.set()
        assert self.go_on.wait(60)
        return self.host.body()


def test_many_threads_make_one_request(host):
    """Threads that need the keys at the same time wait for one fetch, and all go on with what it brings."""
    fetch = Slow(host)
    world = World(host, fetch=fetch)
    token = sign()
    gate = threading.Barrier(12)
    found = []
    fetch.go_on.clear()

    def enter():
        gate.wait()
        found.append(world.name(token))

    threads = [threading.Thread(target=enter) for _ in range(12)]
    for thread in threads:
        thread.start()
    assert fetch.begun.wait(60)
    time.sleep(0.3)  # for the others to come; should they not, nothing is shown this time
    fetch.go_on.set()
    for thread in threads:
        thread.join()
    assert found == ["sailpoint"] * 12
    assert fetch.asked == 1


def test_nobody_waits_for_a_renewal_while_the_keys_will_do(host):
    """While one thread renews the keys, the others go on with those that are there."""
    fetch = Slow(host)
    world = World(host, fetch=fetch)
    token = sign()
    assert world.name(token) == "sailpoint"
    world.at += FRESH
    fetch.begun.clear()
    fetch.go_on.clear()
    renewing = threading.Thread(target=world.name, args=(token,))
    renewing.start()
    assert fetch.begun.wait(60)
    assert world.name(token) == "sailpoint"
    assert renewing.is_alive(), "the renewal is under way still"
    fetch.go_on.set()
    renewing.join()
    assert fetch.asked == 2


def test_keys_outlive_their_address_for_an_hour(world):
    """While the address is down, the keys are believed for an hour, and not longer."""
    assert world.name(sign()) == "sailpoint"
    world.host.down()
    for at in (FRESH, FRESH + BETWEEN, STALE - 1):
        world.at = at
        assert world.name(sign()) == "sailpoint"
    asked = len(world.host.asked)
    assert asked == 4
    world.at = STALE + BETWEEN
    assert world.refuses(sign())
    world.host.answer = None
    world.at += BETWEEN
    assert world.name(sign()) == "sailpoint"


def test_without_keys_nobody_is_believed(world):
    """An address that is down from the beginning lets nobody in, and is asked twice a minute at most."""
    world.host.down()
    for _ in range(5):
        assert world.refuses(sign())
    assert len(world.host.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"Location": "/elsewhere"}, b""),
        (404, {}, b'{"keys": []}'),
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {}, b'{"keys": {}}'),
        (200, {}, b"[" * 100_000),
        (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"),
        (200, {}, b" " * (LARGEST + 1)),
        (200, {"Content-Length": "1000"}, b"{"),
    ],
    ids=lambda answer: f"{answer[0]} {answer[2][:12]!r} {answer[1]}",
)
def test_an_answer_that_is_no_key_set_is_none(world, answer):
    """A redirect, an error, something else than a key set or a huge one leaves things as they are."""
    world.host.answer = answer
    assert world.refuses(sign())
    assert world.host.asked == ["/keys"]


def test_a_fetch_ends_in_time(host):
    """An address that trickles or says nothing is given up."""
    moments = iter([0.0, 100.0, 100.0])
    with pytest.raises(Unfetched):
        Fetcher(clock=lambda: next(moments))(f"{host.base}/keys")
    host.server.shutdown()
    host.server.server_close()
    with pytest.raises(Unfetched):
        Fetcher()(f"{host.base}/keys")


def test_only_keys_that_can_check_signatures_are_read():
    """Secret, short, malformed and other keys are left out, and do not spoil the good ones."""
    short = {**RSA.as_dict(private=False), "n": "AQAB" * 40, "kid": "short"}
    listed = [
        5,
        None,
        {},
        {"kty": "oct", "k": "AAAA", "kid": "o"},
        {"kty": "AKP", "kid": "post-quantum"},
        {"kty": "RSA", "kid": "r"},
        {"kty": ["RSA"], "kid": "l"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "e"},
        {"kty": "EC", "crv": "none", "x": 5, "y": 5, "kid": "f"},
        {**RSA.as_dict(private=False), "use": "enc", "kid": "enc"},
        short,
        {**ELLIPTIC.as_dict(private=False), "kid": 5},
        RSA.as_dict(private=False),
    ]
    assert [key.kid for key in read_keys(json.dumps({"keys": listed}).encode())] == ["rsa-1"]
    many = [{**RSA.as_dict(private=False), "kid": str(number)} for number in range(MOST_KEYS + 5)]
    assert len(read_keys(json.dumps({"keys": many}).encode())) == MOST_KEYS


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HEADERS = some.fixed_dictionaries(
    {},
    optional={
        name: JSON | some.sampled_from(["RS256", "none", "HS256", "rsa-1", "JWT", ["b64"]])
        for name in ("alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "jku")
    },
)


@given(HEADERS, some.dictionaries(some.text(max_size=5), JSON, max_size=3), some.binary(max_size=300))
def test_whatever_a_token_says_it_is_refused_or_nobody(header, extra, signature):
    """No header, claim or signature that the issuer did not make does anything but fail."""

    class Nowhere:
        base = "http://127.0.0.1:9"

    body = json.dumps({"keys": [RSA.as_dict(private=False), ELLIPTIC.as_dict(private=False)]}).encode()
    world = World(Nowhere(), ALL, fetch=lambda _url: body)
    token = written(header, claims(**extra), signature)
    try:
        assert world.issuers.check(token) is None
    except CredentialRefused:
        assert look_at(token) is not None


@given(some.text(max_size=200))
def test_any_text_can_be_looked_at(text):
    """Looking at a text never fails."""
    said = look_at(text)
    assert said is None or isinstance(said.header, dict)
