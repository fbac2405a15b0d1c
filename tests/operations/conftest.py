"""A help desk with every right, in front of a PingOne of each reading of what is not documented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.sandbox.model import hanging
from scimbridge.sandbox.model.passwords import make_password
from scimbridge.sandbox.store.directory import Password

READINGS: dict[str, dict[str, Any]] = {
    "one": {},
    "other": {
        "empty_lock": "ignored",
        "past_unlock": "ignore",
        "current_password": "ignored",
        "wrong_recovery_code": "INVALID_VALUE",
        "mail_limit_status": 429,
        "consents_listed": "all",
        "revoked_status": "PENDING",
        "accepted_code": 201,
        "agreement_text": "host",
        "device_action_code": 200,
        "second_link": "accept",
        "group_names_order": "same",
    },
}
OLD, NEW = "2Federate-Old!", "2Federate-New!"
LATER = "2999-01-01T00:00:00.000Z"


@dataclass
class Desk:
    """A client with every right, and the user that everything is tried with."""

    client: Any
    user: str
    group: str
    session: str = ""
    device: str = ""
    provider: str = ""

    @property
    def directory(self) -> Any:
        """What PingOne holds."""
        return self.client.sandbox.directory

    @property
    def calls(self) -> list[str]:
        """PingOne's calls of the last request."""
        return self.client.calls

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request about the user: `.lock` stands below it."""
        whole = f"/Users/{self.user}/{path}" if path.startswith(".") else path
        return self.client.send(method, whole, body, **more)

    def code(self, name: str) -> str:
        """Return a code that was mailed to the user."""
        return getattr(self.directory.hanging.codes_of(self.user), name)

    def set_password(self, text: str = OLD) -> Password:
        """Give the user a password."""
        made = make_password(self.directory, text, force_change=False)
        self.directory.passwords[self.user] = made
        return made

    def add_session(self) -> str:
        """Let the user sign on."""
        return hanging.add_session(self.directory, self.user)["id"]

    def add_device(self, **more: Any) -> str:
        """Give the user a device."""
        key = self.directory.new_id()
        record = {"id": key, "type": "TOTP", "status": "ACTIVE", "block": {"status": "UNBLOCKED"}, **more}
        self.directory.hanging.of("devices", self.user)[key] = record
        return key

    def role(self, name: str) -> str:
        """Return the id of a role."""
        return next(key for key, role in self.directory.hanging.roles.items() if role["name"] == name)

    def agreement(self, name: str = "Terms") -> str:
        """Return the id of an agreement."""
        return next(key for key, held in self.directory.hanging.agreements.items() if held["name"] == name)


@pytest.fixture(params=READINGS)
def reading(request) -> dict[str, Any]:
    return READINGS[request.param]


@pytest.fixture
def make_desk(make_client, caller_of):
    """Open a desk: `make_desk(switches..., scopes=..., populations={...})`."""

    def make(*, scopes=ALL_SCOPES, populations=None, settings=None, seed=30, **switches) -> Desk:
        client = make_client(seed, settings=settings, **switches)
        user = client.users_in("Employees")[0]
        return Desk(caller_of(client, scopes=scopes, populations=populations), user, client.group("Empty Room"))

    return make


@pytest.fixture
def desk(make_desk, reading) -> Desk:
    return make_desk(**reading)
