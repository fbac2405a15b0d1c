"""A user whose account has states, and a client that may set them, in front of a PingOne of each reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from scimbridge.access.scopes import ALL_SCOPES

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
LATER, LATER_STILL, OVER = "2999-01-01T00:00:00.000Z", "2999-06-01T00:00:00.000Z", "2001-01-01T00:00:00.000Z"
READ, ACT = "GET /users/{user}", "POST /users/{user}"


@dataclass
class Account:
    """A client, and the user that everything is tried with."""

    client: Any
    user: str

    @property
    def directory(self) -> Any:
        """What PingOne holds."""
        return self.client.sandbox.directory

    @property
    def record(self) -> dict[str, Any]:
        """What PingOne holds of the user."""
        return self.directory.users.get(self.user)

    @property
    def calls(self) -> list[str]:
        """PingOne's calls of the last request, without what hangs on the query."""
        return [call.replace(self.user, "{user}").split("?")[0] for call in self.client.calls]

    def get(self, *names: str, **more: Any) -> Any:
        """Read the user; `names` are what is asked for by name."""
        query = f"?attributes={','.join(f'{URN}:{name}' for name in names)}" if names else ""
        return self.client.good("GET", f"/Users/{self.user}{query}", **more)

    def patch(self, path: str, value: Any = None, *, op: str = "replace", **more: Any) -> Any:
        """Change one attribute of the extension."""
        operation = {"op": op, "path": f"{URN}:{path}", **({} if value is None else {"value": value})}
        return self.operate(operation, **more)

    def operate(self, *operations: dict[str, Any], **more: Any) -> Any:
        """Change the user by operations."""
        return self.client.patch(f"/Users/{self.user}", *operations, **more)

    def put(self, resource: dict[str, Any], **extension: Any) -> Any:
        """Send a whole user back, with some of its extension."""
        body = {**resource, URN: {**resource.get(URN, {}), **extension}}
        return self.client.send("PUT", f"/Users/{self.user}", body)


@pytest.fixture
def make_account(make_client, caller_of):
    """Open an account: `make_account(switches..., scopes=..., settings=...)`."""

    def make(*, scopes=ALL_SCOPES, settings=None, strict=False, **switches) -> Account:
        client = make_client(30, settings=settings, **switches)
        user = client.users_in("Employees")[0]
        return Account(caller_of(client, scopes=scopes, strict=strict), user)

    return make


@pytest.fixture
def account(make_account) -> Account:
    return make_account()
