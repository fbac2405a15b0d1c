"""A help desk with every right, in front of a PingOne of each reading of what is not documented."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import g, request
from werkzeug.datastructures import Headers

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.pingone.send import Response
from scimbridge.pingone.sending.rate import WithRate
from scimbridge.sandbox import Sandbox, Switches
from scimbridge.sandbox.model import hanging
from scimbridge.sandbox.model.passwords import make_password
from scimbridge.sandbox.store.directory import Password
from tests.conftest import PINGONE_USER, WHO, Client, Clock, make_app, settings_for

READINGS: dict[str, dict[str, Any]] = {
    "one": {},
    "other": {
        "empty_lock": "ignored",
        "past_unlock": "ignore",
        "current_password": "ignored",
        "reset_policy": "skipped",
        "unusable_password": "named",
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

    @property
    def writes(self) -> list[str]:
        """Those of the calls that can change something."""
        return [call for call in self.calls if not call.startswith("GET ")]

    def code(self, name: str) -> str:
        """Return a code that was mailed to the user."""
        return getattr(self.directory.hanging.codes_of(self.user), name)

    def set_password(self, text: str = OLD) -> Password:
        """Give the user a password."""
        made = make_password(self.directory, text, force_change=False)
        self.directory.passwords[self.user] = made
        return made

    @property
    def crowd(self) -> str:
        """A group that has members."""
        edges = self.directory.edges
        return next(each["id"] for each in self.directory.groups if edges.members_of("users", each["id"]))

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


@dataclass
class House:
    """Bridges in front of sandboxes that the tests of one module share; each test has a user of its own."""

    numbers: Iterator[int] = field(default_factory=itertools.count)
    clients: dict[str, Client] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)

    def open(self, reading: str) -> Client:
        """Return a client of the one bridge of a reading."""
        if reading not in self.clients:
            sandbox = Sandbox.start(switches=Switches(**READINGS[reading]), seed=30)
            app = make_app(settings_for(sandbox), self.clock)
            app.before_request_funcs.setdefault(None, []).append(self._identify)
            self.clients[reading] = Client(app, sandbox)
        return self.clients[reading]

    def _identify(self) -> None:
        g.caller = self.callers.get(request.headers.get(WHO, ""), g.caller)

    def desk(self, reading: str, *, scopes=ALL_SCOPES, populations=None, population="Employees", **more) -> Desk:
        """Open a desk about a new user."""
        client, number = self.open(reading), next(self.numbers)
        ids = None if populations is None else frozenset(map(client.population, populations))
        name = f"desk-{number}"
        self.callers[name] = Caller(name, scopes=frozenset(scopes), populations=ids, **more)
        user = {
            "userName": f"visitor.{number}", "emails": [{"type": "work", "value": f"visitor.{number}@example.org"}],
            "name": {"givenName": "Vera", "familyName": "Visitor"},
            PINGONE_USER: {"population": {"id": client.population(population)}},
        }  # fmt: skip
        key = client.good("POST", "/Users", user)["id"]
        return Desk(replace(client, headers={**client.headers, WHO: name}), key, client.group("Empty Room"))

    def close(self) -> None:
        """Stop the sandboxes."""
        for client in self.clients.values():
            client.sandbox.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


@pytest.fixture(params=READINGS)
def reading(request) -> str:
    return request.param


@pytest.fixture
def open_desk(house) -> Iterator[Callable[..., Desk]]:
    """Open desks in the house of the module: `open_desk("one", scopes=..., populations={...})`."""

    def make(reading: str = "one", **more: Any) -> Desk:
        return house.desk(reading, **more)

    yield make
    for client in house.clients.values():
        client.sandbox.faults.clear()


@pytest.fixture
def desk(open_desk, reading) -> Desk:
    return open_desk(reading)


@pytest.fixture
def make_desk(make_client, caller_of):
    """Open a desk in a house of its own: `make_desk(switches..., scopes=..., populations={...})`."""

    def make(*, scopes=ALL_SCOPES, populations=None, settings=None, seed=30, **switches) -> Desk:
        client = make_client(seed, settings=settings, **switches)
        user = client.users_in("Employees")[0]
        return Desk(caller_of(client, scopes=scopes, populations=populations), user, client.group("Empty Room"))

    return make


@dataclass
class Held:
    """Calls that PingOne answers only when it is let: `came` is set by the first, `let` lets all go on."""

    came: threading.Event = field(default_factory=threading.Event)
    let: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def hold_call(monkeypatch) -> Iterator[Callable[..., Held]]:
    """Hold back the calls whose method and path fit: `hold_call(desk, "POST", "/memberOfGroups")`."""
    made: list[Held] = []

    def make(desk: Desk, method: str, path: str) -> Held:
        held, faults = Held(), desk.client.sandbox.faults
        meet = faults.meet

        def wait(asked: str, where: str, **more: Any) -> Any:
            if asked == method and path in where:
                held.came.set()
                held.let.wait(30)
            return meet(asked, where, **more)

        monkeypatch.setattr(faults, "meet", wait)
        made.append(held)
        return held

    yield make
    for held in made:
        held.let.set()


@pytest.fixture
def answer_as(monkeypatch) -> Callable[..., list[str]]:
    """Let PingOne answer calls that fit as told, one after the other, the last again: `answer_as("GET", "/roles", {})`.

    Returns the calls that came so far.
    """

    def make(method: str, path: str, *answers: Any) -> list[str]:
        came: list[str] = []
        enter = WithRate.__call__

        def answer(self: WithRate, asked: Any, call: Any) -> Response:
            if asked.method != method or not asked.path.endswith(path):
                return enter(self, asked, call)
            told = answers[min(len(came), len(answers) - 1)]
            came.append(asked.href or asked.path)
            return Response(200, Headers(), told)

        monkeypatch.setattr(WithRate, "__call__", answer)
        return came

    return make
