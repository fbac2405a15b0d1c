"""Operations of one bulk request that depend on each other end as if one came after the other, at any latency."""

from __future__ import annotations

import time
import uuid

import pytest

from scimbridge.app import create_app
from scimbridge.sandbox import Sandbox
from tests.conftest import Client, settings_for

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PINGONE_GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
LATENCIES = pytest.mark.parametrize("latency", [0, 0.03], ids=["0 ms", "30 ms"])
pytestmark = LATENCIES
SLOW = 0.06  # seconds that a call takes which the others are faster than


class Company:
    """A client, names that nobody else has, and how bulk requests end."""

    def __init__(self, client, slow):
        self.client = client
        self._slow = slow  # calls to PingOne that take longest, as (method, part of the path)
        self._mark = uuid.uuid4().hex[:12]

    def name(self, text):
        """Return a name of this test's own."""
        return f"{text.replace(' ', '.')}-{self._mark}"

    def user(self, name=None, **more):
        """Make a user and return its id."""
        body = {"schemas": [USER], "userName": name or str(uuid.uuid4()), **more}
        return self.client.good("POST", "/Users", body)["id"]

    def group(self, name=None, **more):
        """Make a group and return its id."""
        return self.client.good("POST", "/Groups", {"displayName": name or str(uuid.uuid4()), **more})["id"]

    def population(self):
        """Make a population and return its id."""
        return self.client.good("POST", "/Populations", {"displayName": str(uuid.uuid4())})["id"]

    def run(self, *operations, slow=()):
        """Return the statuses of a bulk request."""
        self._slow[:] = slow
        body = {"schemas": [BULK], "Operations": list(operations)}
        answer = self.client.good("POST", "/Bulk", body)
        self._slow.clear()
        return [each["status"] for each in answer["Operations"]]

    def holder(self, name):
        """Return the id of the user who has a name."""
        return next((user["id"] for user in self.client.sandbox.directory.users if user["username"] == name), None)


@pytest.fixture(scope="module")
def house():
    """One bridge for all races, the calls of its PingOne that are slow at the moment, and what every call takes."""
    sandbox = Sandbox.start(seed=10)
    slow, latency, real = [], [0.0], sandbox.faults.meet

    def meet(method, path, **more):
        time.sleep(latency[0] + SLOW * any(method == verb and part in path for verb, part in slow))
        return real(method, path, **more)

    sandbox.faults.meet = meet
    yield Client(create_app(settings_for(sandbox)), sandbox), slow, latency
    sandbox.close()


@pytest.fixture
def company(house, latency):
    client, slow, in_force = house
    in_force[0] = latency
    return Company(client, slow)


def operation(method, path, data=None, bulk_id=None):
    made = {"method": method, "path": path}
    return made | ({} if data is None else {"data": data}) | ({} if bulk_id is None else {"bulkId": bulk_id})


def patch(path, *operations):
    return operation("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})


def create_user(name, bulk_id="new", **more):
    return operation("POST", "/Users", {"schemas": [USER], "userName": name, **more}, bulk_id)


def create_group(name, bulk_id="new", **more):
    return operation("POST", "/Groups", {"schemas": [GROUP], "displayName": name, **more}, bulk_id)


def put_user(key, name):
    return operation("PUT", f"/Users/{key}", {"schemas": [USER], "userName": name})


# Every way to write a new name into a PATCH, of users and of groups.
SPELLINGS = {
    "path": lambda urn, attribute, name: {"op": "replace", "path": attribute, "value": name},
    "capitals": lambda urn, attribute, name: {"OP": "Replace", "PATH": attribute.upper(), "VALUE": name},
    "URN and path": lambda urn, attribute, name: {"op": "replace", "path": f"{urn}:{attribute}", "value": name},
    "spaces": lambda urn, attribute, name: {"op": "replace", "path": f" {attribute} ", "value": name},
    "add": lambda urn, attribute, name: {"op": "add", "path": attribute, "value": name},
    "no path": lambda urn, attribute, name: {"op": "replace", "value": {attribute: name}},
    "no path, capitals": lambda urn, attribute, name: {"op": "replace", "value": {attribute.upper(): name}},
    "no path, URN": lambda urn, attribute, name: {"op": "replace", "value": {f"{urn}:{attribute}": name}},
    "a schema": lambda urn, attribute, name: {"op": "replace", "value": {urn: {attribute: name}}},
    "a schema as path": lambda urn, attribute, name: {"op": "replace", "path": urn, "value": {attribute: name}},
    "an object": lambda urn, attribute, name: {"op": "replace", "path": attribute, "value": {"value": name}},
    "text": lambda urn, attribute, name: {"op": "replace", "value": f'{{"{attribute}": "{name}"}}'},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_group_gives_up_its_name(company, spelling):
    """A group that is renamed, however that is spelled, goes before the group that is made with its name."""
    old, new = company.name("Old"), company.name("New")
    key = company.group(old)
    rename = patch(f"/Groups/{key}", SPELLINGS[spelling](GROUP, "displayName", new))
    assert company.run(rename, create_group(old), slow=[("PUT", key)]) == ["200", "201"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_user_gives_up_its_name(company, spelling):
    """A user that is renamed, however that is spelled, goes before the user that is made with its name."""
    old, new = company.name("old"), company.name("new")
    key = company.user(old)
    rename = patch(f"/Users/{key}", SPELLINGS[spelling](USER, "userName", new))
    assert company.run(rename, create_user(old), slow=[("PATCH", key)]) == ["200", "201"]


def test_a_put_gives_up_a_name(company):
    """A user that a PUT renames goes before the user that is made with its name, in other letters too."""
    name = company.name("before")
    key = company.user(name)
    operations = [put_user(key, company.name("after")), create_user(name.upper())]
    assert company.run(*operations, slow=[("PATCH", key)]) == ["200", "201"]


@pytest.mark.parametrize("kind", ["Users", "Groups", "Populations"])
def test_who_is_deleted_gives_up_a_name(company, kind):
    """The holder is deleted before its name is taken, though the request does not say the name where it deletes."""
    name = company.name(f"Holder of {kind}")
    body = {"userName": name} if kind == "Users" else {"displayName": name}
    key = company.client.good("POST", f"/{kind}", body)["id"]
    operations = [operation("DELETE", f"/{kind}/{key}"), operation("POST", f"/{kind}", body, "again")]
    assert company.run(*operations, slow=[("DELETE", key)]) == ["204", "201"]


def test_many_who_are_rehired(company):
    """Each of many is deleted before somebody is made with its name, side by side with the others."""
    names = [company.name(f"rehired-{number}") for number in range(12)]
    keys = [company.user(name) for name in names]
    operations = []
    for name, key in zip(names, keys, strict=True):
        operations += [operation("DELETE", f"/Users/{key}"), create_user(name, name)]
    assert company.run(*operations, slow=[("DELETE", key) for key in keys[::2]]) == ["204", "201"] * 12


@pytest.mark.parametrize("free", ["delete", "put", "patch"])
def test_what_takes_a_name_before_it_is_free_is_refused(company, free):
    """A create that stands before what frees its name is a 409, as it is one after the other."""
    held, free_name = company.name("held"), company.name("let go")
    key = company.user(held)
    frees = {
        "delete": operation("DELETE", f"/Users/{key}"),
        "put": put_user(key, free_name),
        "patch": patch(f"/Users/{key}", {"op": "replace", "path": "userName", "value": free_name}),
    }[free]
    statuses = company.run(create_user(held), frees, slow=[("POST", "/users")])
    assert statuses == ["409", "204" if free == "delete" else "200"]


def test_a_swap_through_a_third_name(company):
    """Two users swap their names by way of a third."""
    first, second, third = company.name("one"), company.name("two"), company.name("three")
    one, two = company.user(first), company.user(second)
    names = [(one, third), (two, first), (one, second)]
    renames = [patch(f"/Users/{key}", {"op": "replace", "path": "userName", "value": name}) for key, name in names]
    assert company.run(*renames, slow=[("PATCH", one)]) == ["200"] * 3
    assert (company.holder(first), company.holder(second)) == (two, one)


def test_a_long_chain_of_names(company):
    """Each of many users takes the name that the one before it gives up, in PUTs that do not say what that was."""
    names = [company.name(f"chain-{number}") for number in range(14)]
    keys = [company.user(name) for name in names]
    puts = [put_user(key, name) for key, name in zip(keys, [company.name("out"), *names[:-1]], strict=True)]
    assert company.run(*puts, slow=[("PATCH", key) for key in keys[::3]]) == ["200"] * 14
    backwards = [put_user(key, name) for key, name in zip(keys, names, strict=True)]  # each is held by the next
    assert company.run(*backwards, slow=[("PATCH", key) for key in keys[::3]]) == ["409"] * 13 + ["200"]


@pytest.mark.parametrize("written", ["as it is", "in capitals"])
def test_a_member_that_is_deleted(company, written):
    """A user is added to a group before it is deleted, and not after it, whatever letters its id is written in."""
    key, group = company.user(), company.group()
    named = key.upper() if written == "in capitals" else key
    add = patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": key}]})
    gone = operation("DELETE", f"/Users/{named}")
    assert company.run(add, gone, slow=[("POST", key), ("GET", group)])[0] == "200"
    other = company.user()
    add = patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": other}]})
    assert company.run(operation("DELETE", f"/Users/{other}"), add, slow=[("DELETE", other)]) == ["204", "400"]


MEMBERS = {
    "value": lambda key: {"op": "remove", "path": f'members[value eq "{key}"]'},
    "capitals": lambda key: {"op": "remove", "path": f'members[value eq "{key.upper()}"]'},
    "list": lambda key: {"op": "remove", "path": "members", "value": [{"value": key}]},
    "key": lambda key: {"op": "remove", "path": "members", "value": [{"value": key, "$ref": f"../Users/{key}"}]},
}


@pytest.mark.parametrize("spelling", MEMBERS)
def test_a_user_that_leaves_a_group_before_another_population(company, spelling):
    """A user leaves a group of its population before it moves away, though a filter in a path alone names it."""
    here, there = company.population(), company.population()
    key = company.user(**{PINGONE_USER: {"population": {"id": here}}})
    group = company.group(**{PINGONE_GROUP: {"population": {"id": here}}, "members": [{"value": key}]})
    leave = patch(f"/Groups/{group}", MEMBERS[spelling](key))
    move = patch(f"/Users/{key}", {"op": "replace", "path": f"{PINGONE_USER}:population.id", "value": there})
    enter = patch(f"/Users/{key}", {"op": "replace", "path": f"{PINGONE_USER}:population.id", "value": here})
    add = patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": key}]})
    slow = [("DELETE", group), ("GET", group), ("PUT", "population")]
    assert set(company.run(leave, move, enter, add, slow=slow)) <= {"200", "204"}
    assert company.client.members(group) == {key}


def test_a_user_moves_then_joins_a_group_of_its_population(company):
    """A user is moved to a population before it is added to a group of that population."""
    there = company.population()
    key, group = company.user(), company.group(**{PINGONE_GROUP: {"population": {"id": there}}})
    move = patch(f"/Users/{key}", {"op": "replace", "path": f"{PINGONE_USER}:population.id", "value": there})
    add = patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": key}]})
    assert company.run(move, add, slow=[("PUT", "population")]) == ["200", "200"]
    assert company.client.members(group) == {key}


@pytest.mark.parametrize("leave", ["move", "put", "delete"])
def test_the_last_user_leaves_before_its_population_goes(company, leave):
    """A population is deleted behind the operations that empty it, though none of these names it."""
    old, new = company.population(), company.population()
    name = company.name("last")
    key = company.user(name, **{PINGONE_USER: {"population": {"id": old}}})
    away = {PINGONE_USER: {"population": {"id": new}}}
    leaves = {
        "move": patch(f"/Users/{key}", {"op": "replace", "path": f"{PINGONE_USER}:population.id", "value": new}),
        "put": operation("PUT", f"/Users/{key}", {"schemas": [USER], "userName": name, **away}),
        "delete": operation("DELETE", f"/Users/{key}"),
    }[leave]
    statuses = company.run(leaves, operation("DELETE", f"/Populations/{old}"), slow=[("PUT", key), ("DELETE", key)])
    assert statuses == ["204" if leave == "delete" else "200", "204"]


def test_a_population_goes_before_a_user_comes(company):
    """A user is not made in a population that an operation before it deletes; one made before it keeps it there."""
    old = company.population()
    gone, within = operation("DELETE", f"/Populations/{old}"), {PINGONE_USER: {"population": {"id": old}}}
    assert company.run(gone, create_user(company.name("late"), **within), slow=[("DELETE", old)]) == ["204", "400"]
    kept = company.population()
    within = {PINGONE_USER: {"population": {"id": kept}}}
    operations = [create_user(company.name("soon"), **within), operation("DELETE", f"/Populations/{kept}")]
    assert company.run(*operations, slow=[("POST", "/users")]) == ["201", "409"]


def test_a_group_is_deleted_then_joined(company):
    """Nobody is added to a group that an operation before it deletes, and no group is put into one."""
    key, group, parent = company.user(), company.group(), company.group()
    gone = operation("DELETE", f"/Groups/{group}")
    add = patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": key}]})
    nest = patch(f"/Groups/{parent}", {"op": "add", "path": "members", "value": [{"value": group, "type": "Group"}]})
    assert company.run(gone, add, nest, slow=[("DELETE", group)]) == ["204", "404", "400"]


def test_what_was_made_is_deleted_then_made_again(company):
    """A user made here and deleted by its bulkId gives up its name before it is taken again, also if renamed."""
    first, second = company.name("first"), company.name("second")
    operations = [
        create_user(first, "a"),
        patch("/Users/bulkId:a", {"op": "replace", "path": "userName", "value": second}),
        operation("DELETE", "/Users/bulkId:a"),
        create_user(second, "b"),
        create_user(first, "c"),
    ]
    slow = [("DELETE", "/users/"), ("PATCH", "/users/")]
    assert company.run(*operations, slow=slow) == ["201", "200", "204", "201", "201"]


@pytest.mark.parametrize(
    "path", ['members[value eq "bulkId:u"]', "members[value eq bulkId:u]", 'MEMBERS[value eq "\\u0062ulkId:u"]']
)
def test_a_reference_in_the_filter_of_a_path(company, path):
    """A bulkId within the brackets of a PATCH path is the id of what was created."""
    group = company.group()
    operations = [
        create_user(company.name("in and out"), "u"),
        patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": "bulkId:u"}]}),
        patch(f"/Groups/{group}", {"op": "remove", "path": path}),
    ]
    assert company.run(*operations, slow=[("GET", group)]) == ["201", "200", "200"]
    assert company.client.members(group) == set()


def test_a_version_that_a_deletion_ends(company):
    """A change that is held to a group's version comes before the deletion of a member that would end it."""
    key = company.user()
    made = company.client.good("POST", "/Groups", {"displayName": company.name("Held"), "members": [{"value": key}]})
    change = patch(
        f"/Groups/{made['id']}", {"op": "replace", "path": "displayName", "value": company.name("Held still")}
    )
    change["version"] = company.client.good("GET", f"/Groups/{made['id']}")["meta"]["version"]
    slow = [("GET", f"/groups/{made['id']}")]
    assert company.run(change, operation("DELETE", f"/Users/{key}"), slow=slow) == ["200", "204"]
