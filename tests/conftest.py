"""The bridge in front of a sandbox, over real HTTP: settings, sandbox, app, client and a clock that can be put forward.

`client` speaks SCIM to the app and tells which calls to PingOne its last request cost.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from flask import Flask, g, request
from hypothesis import settings as laws
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from scimbridge.access.caller import SCOPES, Caller
from scimbridge.app import create_app
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.resources.tables import Tables, open_tables
from scimbridge.sandbox import Sandbox, Switches
from scimbridge.settings.declared import Secret, Settings

Json = dict[str, Any]

# The same examples in every run, so that a red test is about the change at hand; HYPOTHESIS_PROFILE=exploring looks
# for new ones.
laws.register_profile("settled", derandomize=True, deadline=None)
laws.register_profile("exploring", deadline=None)
laws.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "settled"))
BASE = "/scim/v2"
TOKEN = "the-token-of-the-tests"
WHO = "X-Test-Caller"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PINGONE_GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"


class Clock:
    """The real clock, which can be put forward; who sleeps by it does so, and nobody waits."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        """Return seconds, as time.monotonic counts them."""
        return time.monotonic() + self.offset

    def wall(self) -> float:
        """Return seconds since 1970."""
        return time.time() + self.offset

    def sleep(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.offset += seconds


@dataclass
class Client:
    """A SCIM client. `calls` are PingOne's calls of the last request, such as "GET /users/{user}", tokens left out."""

    app: Flask
    sandbox: Sandbox
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": f"Bearer {TOKEN}"})
    tokens: int = 0

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> TestResponse:
        """Send a request and return the answer, whatever it is."""
        self.sandbox.journal.clear()
        headers = {**self.headers, **more.pop("headers", {})}
        if body is not None:
            more["json"] = body
        answer = self.app.test_client().open(path if path.startswith("/scim") else BASE + path, method=method,
                                             headers=headers, **more)  # fmt: skip
        self.tokens += sum(call.endswith("/as/token") for call in self.sandbox.journal.calls)
        return answer

    def good(self, method: str, path: str, body: Any = None, **more: Any) -> Json:
        """Return the body of an answer that has to be a success."""
        answer = self.send(method, path, body, **more)
        assert answer.status_code < 300, answer.text
        return answer.json if answer.data else {}

    def fault(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str | None]:
        """Return status and scimType of a refusal, which has to be a SCIM error."""
        answer = self.send(method, path, body, **more)
        error = answer.json
        assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"], error
        assert error["status"] == str(answer.status_code)
        assert error["detail"]
        return answer.status_code, error.get("scimType")

    def detail(self, method: str, path: str, body: Any = None, **more: Any) -> str:
        """Return the sentence of a refusal."""
        answer = self.send(method, path, body, **more)
        assert answer.status_code >= 400, answer.text
        return answer.json["detail"]

    def list(self, path: str, **parameters: Any) -> Json:
        """Return the ListResponse to a query."""
        return self.good("GET", path, query_string=parameters)

    def patch(self, path: str, *operations: Json, **more: Any) -> TestResponse:
        """Send a PatchOp message and return the answer."""
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        return self.send("PATCH", path, {"schemas": schemas, "Operations": list(operations)}, **more)

    @property
    def calls(self) -> list[str]:
        """PingOne's calls of the last request, without those for tokens."""
        return [call for call in self.sandbox.journal.calls if not call.endswith("/as/token")]

    @property
    def writes(self) -> list[str]:
        """Those of the calls that can change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def population(self, name: str) -> str:
        """Return the id of a population of the small company."""
        return next(each["id"] for each in self.sandbox.directory.populations if each["name"] == name)

    def group(self, name: str, population: str | None = None) -> str:
        """Return the id of a group of the small company."""
        wanted = None if population is None else {"id": self.population(population)}
        return next(
            each["id"]
            for each in self.sandbox.directory.groups
            if each["name"] == name and each.get("population") == wanted
        )

    def users_in(self, population: str) -> list[str]:
        """Return the ids of the users of a population."""
        wanted = {"id": self.population(population)}
        return [each["id"] for each in self.sandbox.directory.users if each["population"] == wanted]

    def members(self, group: str, kind: str = "users") -> set[str]:
        """Return what PingOne holds as the direct members of a group."""
        return set(self.sandbox.directory.edges.members_of(kind, group))


@pytest.fixture(scope="session", autouse=True)
def state_directory(tmp_path_factory) -> Iterator[None]:
    """Let every bridge that a test starts keep what it knows where it goes with the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATE_DIRECTORY", str(tmp_path_factory.mktemp("nodes")))
        yield


@pytest.fixture(scope="session", autouse=True)
def routes_built_late() -> Iterator[None]:
    """Let a route make what turns it into an address when somebody asks for that, and nobody does.

    It is half of what an application costs to make, and tests make thousands.
    """
    build_now = Rule._compile_builder

    def build_late(self, append_unknown=True):
        @cache
        def built():
            return build_now(self, append_unknown)

        def build(rule, **values):
            return built()(rule, **values)

        return build

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", build_late)
        yield


@cache
def shipped_tables() -> Tables:
    """Return the tables that ship, compiled once for all tests: nothing changes them."""
    return open_tables(default_mappings())


def make_app(settings: Settings, clock: Clock) -> Flask:
    """Make an application whose time is the test's, with the tables that ship where the settings name no others."""
    is_shipped = settings.mappings is None and not settings.datetime_offset
    return create_app(
        settings,
        tables=shipped_tables() if is_shipped else None,
        clock=clock,
        wall=clock.wall,
        sleep=clock.sleep,
    )


@pytest.fixture(scope="session")
def pem_files(tmp_path_factory) -> Path:
    """A folder with an authority (ca.pem), a server's certificate and key, another's key, and a key that is locked."""
    folder = tmp_path_factory.mktemp("pem")
    now, name = dt.datetime.now(dt.UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    authority, key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))

    def sign(public: ec.EllipticCurvePublicKey, *, is_authority: bool) -> bytes:
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        made = builder.add_extension(address, critical=False).sign(authority, hashes.SHA256())
        return made.public_bytes(Encoding.PEM)

    def write(file: str, held: ec.EllipticCurvePrivateKey, lock: KeySerializationEncryption) -> None:
        (folder / file).write_bytes(held.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))

    (folder / "ca.pem").write_bytes(sign(authority.public_key(), is_authority=True))
    (folder / "server.pem").write_bytes(sign(key.public_key(), is_authority=False))
    write("server.key", key, NoEncryption())
    write("other.key", other, NoEncryption())
    write("locked.key", key, BestAvailableEncryption(b"passphrase"))
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with whatever switches and number of users, and stop them all at the end."""
    started: list[Sandbox] = []

    def make(seed: int | None = 250, **switches: Any) -> Sandbox:
        started.append(Sandbox.start(switches=Switches(**switches), seed=seed))
        return started[-1]

    yield make
    for sandbox in started:
        sandbox.close()


@pytest.fixture
def sandbox(make_sandbox) -> Sandbox:
    """A PingOne with the small company: 250 users, three populations, nine groups."""
    return make_sandbox()


def settings_for(sandbox: Sandbox, **changes: Any) -> Settings:
    """Return settings that point the bridge at a sandbox."""
    settings = Settings(
        pingone_environment_id=sandbox.environment_id,
        pingone_client_id=sandbox.client_id,
        pingone_client_secret=Secret(sandbox.client_secret),
        pingone_api_url=sandbox.url,
        pingone_auth_url=sandbox.url,
        bearer_token=Secret(TOKEN),
        pingone_rate=10_000.0,
        read_ahead=0,  # so that calls can be counted request by request
    )
    return replace(settings, **changes)


@pytest.fixture
def settings(sandbox) -> Settings:
    return settings_for(sandbox)


@pytest.fixture
def app(settings, clock) -> Flask:
    return make_app(settings, clock)


@pytest.fixture
def client(app, sandbox) -> Client:
    return Client(app, sandbox)


@pytest.fixture
def make_client(make_sandbox, clock) -> Callable[..., Client]:
    """Make clients of bridges in front of sandboxes of their own: `make_client(seed, switches..., settings={...})`."""

    def make(seed: int | None = 250, *, settings: Json | None = None, **switches: Any) -> Client:
        sandbox = make_sandbox(seed, **switches)
        chosen = settings_for(sandbox, **(settings or {}))
        return Client(make_app(chosen, clock), sandbox)

    return make


# --- clients with rights of their own, and what a test of rights compares ---------------------------------------------


@pytest.fixture
def caller_of() -> Callable[..., Any]:
    """Give a client rights: `caller_of(client, populations={"Partners"}, scopes={"users:read"})`.

    Populations are named, or given by id as `keys`.
    """
    known: dict[str, Caller] = {}
    numbers = itertools.count()

    def identify() -> None:
        g.caller = known.get(request.headers.get(WHO, ""), g.caller)

    def make(client, *, name="hr", scopes=SCOPES, populations=None, keys=None, **more):
        hooks = client.app.before_request_funcs.setdefault(None, [])
        if identify not in hooks:
            hooks.append(identify)
        ids = keys if populations is None else [client.population(each) for each in populations]
        key = f"{name}-{next(numbers)}"
        known[key] = Caller(name, scopes=frozenset(scopes), populations=None if ids is None else frozenset(ids), **more)
        return replace(client, headers={**client.headers, WHO: key})

    return make


@pytest.fixture
def held() -> Callable[..., Any]:
    """Return all that a sandbox holds, to be compared with what it holds later."""

    def hold(client):
        directory = client.sandbox.directory
        edges = {
            (kind, group["id"]): sorted(directory.edges.members_of(kind, group["id"]))
            for kind in ("users", "groups")
            for group in directory.groups
        }
        groups = [{**group, "updatedAt": ""} for group in directory.groups]  # a rename that is taken back counts there
        return list(directory.users), groups, list(directory.populations), edges, dict(directory.passwords)

    return hold
