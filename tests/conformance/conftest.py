"""A bridge over a sandbox of a few users, for the outside judges and for the demands of the RFCs.

The clients here speak WSGI in this process; between bridge and sandbox is real HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from scimbridge.app import create_app
from scimbridge.sandbox import Sandbox
from scimbridge.settings.declared import Secret, Settings

Json = dict[str, Any]
TOKEN = "conformance-token-0123456789"
SCIM = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Answer:
    """One response: what a test looks at."""

    status: int
    body: Any
    headers: Any
    raw: bytes

    def __getitem__(self, name: str) -> Any:
        """Return a member of the body."""
        return self.body[name]


@dataclass(frozen=True, slots=True)
class Scim:
    """A client that sends what it is told and asserts nothing."""

    client: FlaskClient
    sandbox: Sandbox

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; underscores in header names stand for hyphens, and bytes go out as they are."""
        given = {"Authorization": f"Bearer {TOKEN}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        if body is not None:
            given.setdefault("Content-Type", SCIM)
        sent = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        response = self.client.open(f"/scim/v2{path}", method=method, headers=given, **sent)
        return Answer(response.status_code, response.get_json(silent=True), response.headers, response.data)

    def get(self, path: str, **headers: str) -> Answer:
        """GET."""
        return self.send("GET", path, **headers)

    def find(self, path: str, text: str, **parameters: Any) -> Answer:
        """GET a list with a filter."""
        query = {"filter": text, **{name: str(value) for name, value in parameters.items()}}
        response = self.client.get(f"/scim/v2{path}", query_string=query, headers={"Authorization": f"Bearer {TOKEN}"})
        return Answer(response.status_code, response.get_json(silent=True), response.headers, response.data)

    def names(self, text: str) -> list[str]:
        """Return the user names that a filter finds."""
        return [found["userName"] for found in self.find("/Users", text)["Resources"]]

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST."""
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        """PUT."""
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, *operations: Json, **headers: str) -> Answer:
        """PATCH with the operations."""
        return self.send("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)}, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        """DELETE."""
        return self.send("DELETE", path, **headers)

    def user(self, **attributes: Any) -> Json:
        """Make a user of a name of its own and return what the server answered."""
        body = {"schemas": [USER], "userName": f"u{uuid.uuid4().hex}@example.com", **attributes}
        answer = self.post("/Users", body)
        assert answer.status == 201, answer.body
        return answer.body  # type: ignore[no-any-return]

    def group(self, **attributes: Any) -> Json:
        """Make a group of a name of its own and return what the server answered."""
        answer = self.post("/Groups", {"schemas": [GROUP], "displayName": f"g{uuid.uuid4().hex}", **attributes})
        assert answer.status == 201, answer.body
        return answer.body  # type: ignore[no-any-return]


@contextmanager
def serving(*, strict: bool, users: int) -> Iterator[tuple[Flask, Sandbox]]:
    """Join a bridge and a sandbox with so many users."""
    with Sandbox.start(seed=users) as sandbox:
        settings = Settings(
            pingone_environment_id=sandbox.environment_id,
            pingone_client_id=sandbox.client_id,
            pingone_client_secret=Secret(sandbox.client_secret),
            pingone_api_url=sandbox.url,
            pingone_auth_url=sandbox.url,
            pingone_rate=5000,
            bearer_token=Secret(TOKEN),
            strict=strict,
        )
        yield create_app(settings), sandbox


@pytest.fixture(scope="module")
def scim() -> Iterator[Scim]:
    """A strict bridge with 30 users behind it."""
    with serving(strict=True, users=30) as (app, sandbox):
        yield Scim(app.test_client(), sandbox)


@pytest.fixture(scope="module")
def tolerant() -> Iterator[Scim]:
    """A bridge as it is by default, with 30 users behind it."""
    with serving(strict=False, users=30) as (app, sandbox):
        yield Scim(app.test_client(), sandbox)


@pytest.fixture(params=["tolerant", "strict"])
def served(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The bridge as it is by default, and as it is to the letter of the RFC."""
    with serving(strict=request.param == "strict", users=30) as (app, _sandbox):
        yield app


@pytest.fixture
def schemas(scim: Scim) -> Callable[[str], dict[str, Json]]:
    """Return what /Schemas says of a schema: attribute name -> definition."""
    return lambda urn: {part["name"]: part for part in scim.get(f"/Schemas/{urn}")["attributes"]}
