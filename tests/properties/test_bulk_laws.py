"""Laws of bulk requests: what goes side by side cannot be told from one after the other."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.app import create_app
from scimbridge.resources.bulk import ties
from scimbridge.sandbox import Sandbox
from tests.conftest import PINGONE_GROUP, PINGONE_USER, Client, settings_for

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BASE = "/scim/v2"
NAMES = st.sampled_from(["ann", "Ann", "bo", "cy", "dí"])
ROUNDS = itertools.count()

# What operations are about: "u0" and the like are there before, "c3" is what operation 3 creates.
USERS, GROUPS, POPULATIONS = ("u0", "u1", "u2"), ("g0", "g1"), ("p0", "p1")


@dataclass
class House:
    """A bridge and its PingOne, which takes some time for each call."""

    client: Client
    delays: list[float] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    mark: str = ""

    def start(self, mark: str) -> None:
        """Make what is there before: two populations, three users, two groups."""
        self.mark, self.delays = mark, []
        for label in POPULATIONS:
            self._make(label, "/Populations", {"displayName": f"{mark} {label}"})
        for label, name, population in (("u0", "ann", "p0"), ("u1", "bo", "p1"), ("u2", "cy", "p0")):
            self._make(label, "/Users", self.fill({"userName": f"<{name}>", PINGONE_USER: at(f"@{population}")}))
        within = {PINGONE_GROUP: at("@p0")}
        self._make(
            "g0",
            "/Groups",
            self.fill({"displayName": "<ann>", "members": [{"value": "@u0"}, {"value": "@u2"}], **within}),
        )
        self._make("g1", "/Groups", self.fill({"displayName": "<bo>", "members": [{"value": "@u1"}]}))

    def _make(self, label: str, path: str, body: Any) -> None:
        self.ids[label] = self.client.good("POST", path, body)["id"]

    def fill(self, value: Any) -> Any:
        """Put names of this round for <name>, and ids for @label; what is created later is referred to by bulkId."""
        if isinstance(value, dict):
            return {name: self.fill(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner) for inner in value]
        if not isinstance(value, str):
            return value
        head, at_sign, rest = value.partition("@")
        if at_sign:
            label, tail = rest[:2], rest[2:]
            value = f"{head}{self.ids.get(label, f'bulkId:{label}')}{tail}"
        return value.replace("<", "").replace(">", f"-{self.mark}") if "<" in value else value

    def together(self, operations: list[dict[str, Any]], delays: list[float]) -> list[str]:
        """Send operations as one bulk request; return their statuses."""
        self.delays = delays
        body = {"schemas": [BULK], "Operations": self.fill(operations)}
        results = self.client.good("POST", "/Bulk", body)["Operations"]
        for result in results:
            if result["method"] == "POST" and result["status"] == "201":
                self.ids[result["bulkId"]] = result["location"].rsplit("/", 1)[-1]
        return [result["status"] for result in results]

    def one_by_one(self, operations: list[dict[str, Any]]) -> list[str]:
        """Send each operation as a request of its own; return the statuses."""
        statuses = []
        for each in operations:
            method, path, data = each["method"], self.fill(each["path"]), self.fill(each.get("data"))
            if "bulkId:" in f"{path}{data}":
                statuses.append("409")  # what it refers to was not created
                continue
            answer = self.client.send(method, path, data)
            statuses.append(str(answer.status_code))
            if method == "POST" and answer.status_code == 201:
                self.ids[each["bulkId"]] = answer.json["id"]
        return statuses

    def state(self) -> Any:
        """Return what PingOne holds of this round, ids as labels."""
        directory, labels = self.client.sandbox.directory, {key: label for label, key in self.ids.items()}
        users = {
            labels[user["id"]]: (
                user["username"],
                labels.get(user["population"]["id"]),
                user.get("title"),
                user["enabled"],
            )
            for user in directory.users
            if user["id"] in labels
        }
        groups = {
            labels[group["id"]]: (
                group["name"],
                labels.get(group.get("population", {}).get("id")),
                sorted(labels[key] for key in directory.edges.members_of("users", group["id"])),
                sorted(labels[key] for key in directory.edges.members_of("groups", group["id"])),
            )
            for group in directory.groups
            if group["id"] in labels
        }
        populations = {labels[each["id"]]: each["name"] for each in directory.populations if each["id"] in labels}
        text = repr([sorted(held.items()) for held in (users, groups, populations)])
        return text.replace(self.mark, "")

    def stop(self) -> None:
        """Forget this round; its users go, so that the next one finds few."""
        self.delays = []
        for label, key in self.ids.items():
            self.client.send("DELETE", f"/Groups/{key}" if "g" in label else f"/Users/{key}")
        self.ids = {}


def open_house() -> House:
    sandbox = Sandbox.start(seed=3)
    house = House(Client(create_app(settings_for(sandbox)), sandbox))
    real, calls = sandbox.faults.meet, itertools.count()

    def meet(method: str, path: str, **more: Any) -> Any:
        if house.delays:
            time.sleep(house.delays[next(calls) % len(house.delays)])
        return real(method, path, **more)

    sandbox.faults.meet = meet  # type: ignore[method-assign]
    return house


@pytest.fixture(scope="module")
def houses():
    both = open_house(), open_house()
    yield both
    for house in both:
        house.client.sandbox.close()


def at(label: str) -> Any:
    return {"population": {"id": label}}


def change(*operations: Any) -> Any:
    return {"schemas": [PATCH], "Operations": list(operations)}


def set_to(path: str, value: Any) -> Any:
    return change({"op": "replace", "path": path, "value": value})


class Draft:
    """Operations that stand in each other's way, drawn one by one: each method without a _ adds one."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw
        self.operations: list[dict[str, Any]] = []
        self._users, self._groups, self._populations = list(USERS), list(GROUPS), list(POPULATIONS)

    def make_user(self) -> None:
        """Make a user with some name, perhaps in a population."""
        body = {"schemas": [USER], "userName": self._name(), **self._place(PINGONE_USER)}
        self._add("POST", "/Users", body, self._users)

    def put_user(self) -> None:
        """Give a user a name, perhaps its own, by PUT."""
        body = {"schemas": [USER], "userName": self._name(), **self._place(PINGONE_USER)}
        self._add("PUT", self._user(), body)

    def rename_user(self) -> None:
        """Give a user a name by PATCH, in one of several spellings."""
        self._add("PATCH", self._user(), self._rename(USER, "userName"))

    def entitle_user(self) -> None:
        """Change what is not unique."""
        self._add("PATCH", self._user(), set_to("title", self._name()))

    def move_user(self) -> None:
        """Move a user to a population."""
        self._add("PATCH", self._user(), set_to(f"{PINGONE_USER}:population.id", self._one(self._populations)))

    def delete_user(self) -> None:
        """Delete a user."""
        self._add("DELETE", self._user())

    def make_group(self) -> None:
        """Make a group with members, perhaps in a population."""
        body = {"displayName": self._name(), "members": self._members(), **self._place(PINGONE_GROUP)}
        self._add("POST", "/Groups", body, self._groups)

    def put_group(self) -> None:
        """Give a group a name and members by PUT."""
        self._add("PUT", self._group(), {"displayName": self._name(), "members": self._members()})

    def rename_group(self) -> None:
        """Give a group a name by PATCH."""
        self._add("PATCH", self._group(), self._rename(GROUP, "displayName"))

    def add_members(self) -> None:
        """Add members to a group."""
        self._add("PATCH", self._group(), change({"op": "add", "path": "members", "value": self._members()}))

    def remove_member(self) -> None:
        """Remove a member that only a path names."""
        path = f'members[value eq "{self._one(self._users)}"]'
        self._add("PATCH", self._group(), change({"op": "remove", "path": path}))

    def replace_members(self) -> None:
        """Replace the members of a group."""
        self._add("PATCH", self._group(), set_to("members", self._members()))

    def delete_group(self) -> None:
        """Delete a group."""
        self._add("DELETE", self._group())

    def delete_population(self) -> None:
        """Delete a population."""
        self._add("DELETE", f"/Populations/{self._one(self._populations)}")

    def _add(self, method: str, path: str, data: Any = None, made: list[str] | None = None) -> None:
        operation = {"method": method, "path": path} | ({} if data is None else {"data": data})
        if made is not None:
            made.append(f"{'abcdefhijklmno'[len(self.operations)]}{path[1].lower()}")
            operation["bulkId"] = made[-1]
        self.operations.append(operation)

    def _one(self, labels: list[str]) -> str:
        return f"@{self._draw(st.sampled_from(labels))}"

    def _user(self) -> str:
        return f"/Users/{self._one(self._users)}"

    def _group(self) -> str:
        return f"/Groups/{self._one(self._groups)}"

    def _members(self) -> list[Any]:
        chosen = self._draw(st.lists(st.sampled_from([*self._users, *self._groups]), max_size=2, unique=True))
        return [{"value": f"@{label}", "type": "Group" if "g" in label else "User"} for label in chosen]

    def _name(self) -> str:
        return f"<{self._draw(NAMES)}>"

    def _place(self, urn: str) -> Any:
        return {urn: at(self._one(self._populations))} if self._draw(st.booleans()) else {}

    def _rename(self, urn: str, attribute: str) -> Any:
        value = self._name()
        spellings = [set_to(attribute, value), set_to(f"{urn}:{attribute.upper()}", value)]
        return self._draw(st.sampled_from([*spellings, change({"op": "add", "value": {urn: {attribute: value}}})]))


WAYS = sorted(name for name in vars(Draft) if not name.startswith("_"))


@st.composite
def requests(draw: Any) -> list[dict[str, Any]]:
    """Draw two operations, or some more."""
    draft = Draft(draw)
    for way in draw(st.lists(st.sampled_from(WAYS), min_size=2, max_size=14)):
        getattr(draft, way)()
    return draft.operations


@given(requests(), st.lists(st.sampled_from([0.0, 0.001, 0.004, 0.012]), min_size=3, max_size=9), st.booleans())
@settings(max_examples=15)
def test_side_by_side_is_one_after_the_other(houses, operations, delays, asked):
    """A bulk request has the statuses, and leaves the directory, of its operations sent one after the other.

    Whether the names that operations may free are `asked` for, or all wait that could take one, makes no difference.
    """
    here, there = houses
    mark = f"r{next(ROUNDS)}"
    few, ties.FEW_TURNS = ties.FEW_TURNS, 0 if asked else 1000
    try:
        here.start(mark)
        there.start(mark)
        found = here.together(operations, delays)
        assert found == there.one_by_one(operations)
        assert here.state() == there.state()
    finally:
        ties.FEW_TURNS = few
        here.stop()
        there.stop()
