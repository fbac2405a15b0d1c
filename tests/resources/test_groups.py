"""Groups at both levels, and their members: direct, nested, dynamic, refused and taken back."""

from __future__ import annotations

import uuid

import pytest

CORE = "urn:ietf:params:scim:schemas:core:2.0:Group"
URN = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
LEVELS = (None, "Employees")


def op(verb, path=None, value=None):
    return {"op": verb, **({} if path is None else {"path": path}), **({} if value is None else {"value": value})}


def member_values(resource):
    return {member["value"] for member in resource.get("members", [])}


@pytest.fixture(params=LEVELS)
def level(request):
    return request.param


@pytest.fixture
def group(client, level):
    """A group of either level with everything that a group can have."""
    extension = {
        "description": "Looks into things",
        "customData": {"securityGroup": True, "owner": {"name": "it"}},
        **({} if level is None else {"population": {"id": client.population(level)}}),
    }
    return client.good("POST", "/Groups", {"displayName": "Lab", "externalId": "g-1", URN: extension})


def record(client, group):
    return client.sandbox.directory.groups.get(group["id"])


def without(mapping, name):
    return {key: value for key, value in mapping.items() if key != name}


# -- the group's own fields ------------------------------------------------------------------------------------------


def test_created(client, group, level):
    """Every attribute arrives; a group that names no population is made at the level of the environment."""
    held = record(client, group)
    assert held["name"] == "Lab"
    assert held["externalId"] == "g-1"
    assert held["customData"] == {"securityGroup": True, "owner": {"name": "it"}}
    assert held.get("population") == (None if level is None else {"id": client.population(level)})


def test_put_carries_the_level(client, group, level):
    """An update carries the population of a population-level group and none otherwise, whatever the client sent."""
    wanted = None if level is None else {"id": client.population(level)}
    for number, extension in enumerate((group[URN], without(group[URN], "population"))):
        body = {**group, "displayName": f"Lab {number}", URN: extension}
        client.good("PUT", f"/Groups/{group['id']}", body)
        sent = next(entry for entry in client.sandbox.journal.entries if entry.method == "PUT").json
        assert sent.get("population") == wanted
        assert ("population" in sent) is (level is not None)
    assert record(client, group)["customData"] == {"securityGroup": True, "owner": {"name": "it"}}


def test_population_is_immutable(client, group, level):
    """Asking for another population is 400 mutability by PUT and by PATCH, and nothing is written."""
    other = {"id": client.population("Partners")}
    body = {**group, URN: {**group[URN], "population": other}}
    refused = (400, "mutability") if level else None
    for method, sent in (
        ("PUT", body),
        ("PATCH", {"Operations": [op("replace", f"{URN}:population", other)]}),
        ("PATCH", {"Operations": [op("replace", f"{URN}:population.id", other["id"])]}),
    ):
        assert client.fault(method, f"/Groups/{group['id']}", sent) == (refused or (400, "mutability"))
        assert client.writes == []


def test_rename(client, group):
    """A renamed group keeps its description, external id, custom data and level."""
    before = record(client, group)
    answer = client.patch(f"/Groups/{group['id']}", op("replace", "displayName", "Laboratory"))
    assert answer.json["displayName"] == "Laboratory"
    after = record(client, group)
    assert without(without(after, "name"), "updatedAt") == without(without(before, "name"), "updatedAt")
    assert after["name"] == "Laboratory"


def test_put_with_less(client, group):
    """PUT clears what it omits, and keeps level, members and what only those who ask are shown."""
    answer = client.good("PUT", f"/Groups/{group['id']}", {"displayName": "Lab", URN: {}})
    held = record(client, group)
    assert not {"description", "externalId", "userFilter"} & set(held)
    assert held["customData"] == group[URN]["customData"]
    client.good("PUT", f"/Groups/{group['id']}", {"displayName": "Lab", URN: {"customData": None}})
    assert "customData" not in record(client, group)
    assert set(answer.get(URN, {})) <= {"population", "customData"}


def test_put_by_a_client_that_knows_no_extension(client, group):
    """A PUT that names our extension nowhere leaves it as it is: a dynamic group stays one, with its members."""
    before = record(client, group)
    core = {"schemas": [CORE], "displayName": "Lab", "externalId": group["externalId"]}
    client.good("PUT", f"/Groups/{group['id']}", core)
    assert {**record(client, group), "name": "", "updatedAt": ""} == {**before, "name": "", "updatedAt": ""}
    dynamic = client.group("Berlin Office")
    whole = client.good("GET", f"/Groups/{dynamic}")
    body = {"schemas": [CORE], "displayName": whole["displayName"], "members": whole["members"]}
    assert member_values(client.good("PUT", f"/Groups/{dynamic}", body)) == member_values(whole) != set()
    assert "userFilter" in client.sandbox.directory.groups.get(dynamic)
    static = client.good("PUT", f"/Groups/{dynamic}", {**body, URN: {}, "members": None})
    assert "members" not in static


def test_rename_beside_a_membership(client):
    """Okta's rename of every membership change costs the group and the member, and no reading of members."""
    group = client.group("All Hands")
    name = client.good("GET", f"/Groups/{group}?excludedAttributes=members")["displayName"]
    new = next(user for user in client.users_in("Employees") if user not in client.members(group))
    client.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": name}},
                 op("add", "members", [{"value": new}]), headers={"Prefer": "return=minimal"})  # fmt: skip
    assert client.calls == ["GET /groups/{group}", "POST /users/{user}/memberOfGroups"]


def test_user_filter_is_kept(client):
    """A dynamic group that is renamed stays dynamic; its members stand in the answer."""
    group = client.group("Berlin Office")
    members = member_values(client.good("GET", f"/Groups/{group}"))
    assert members
    answer = client.patch(f"/Groups/{group}", op("replace", "displayName", "Berlin"))
    assert member_values(answer.json) == members
    assert client.sandbox.directory.groups.get(group)["userFilter"].startswith("address.locality")
    made = client.good("POST", "/Groups", {"displayName": "Leeds", URN: {"userFilter": 'address.locality eq "Leeds"'}})
    assert member_values(made) == member_values(client.good("GET", f"/Groups/{made['id']}")) != set()


def test_names_are_unique(client, group):
    """A name that is taken is 409 uniqueness at creation and at a rename."""
    assert client.fault("POST", "/Groups", {"displayName": "all hands"}) == (409, "uniqueness")
    body = {"Operations": [op("replace", "displayName", "All Hands")]}
    assert client.fault("PATCH", f"/Groups/{group['id']}", body) == (409, "uniqueness")


def test_if_match(client, group):
    """A group's version is that of the answer it came with, with members or without."""
    user = client.users_in("Employees")[0]
    client.patch(f"/Groups/{group['id']}", op("add", "members", [{"value": user}]))
    path = f"/Groups/{group['id']}"
    for query in ("", "?excludedAttributes=members"):
        tag = client.send("GET", path + query).headers["ETag"]
        answer = client.patch(path, op("replace", "displayName", f"Lab{len(query)}"), headers={"If-Match": tag})
        assert answer.status_code == 200
        assert client.patch(path, op("replace", "externalId", "n"), headers={"If-Match": tag}).status_code == 412
        assert client.send("DELETE", path, headers={"If-Match": tag}).status_code == 412


# -- members ---------------------------------------------------------------------------------------------------------


def test_add_remove_replace(client, group):
    """Members are added, removed in every form, and replaced; adding and removing twice changes nothing."""
    users = client.users_in("Employees")[:5]
    path, key = f"/Groups/{group['id']}", group["id"]
    for _ in range(2):
        client.patch(path, op("add", "members", [{"value": users[0]}, {"value": users[1]}]))
        assert client.members(key) == set(users[:2])
    client.patch(path, op("add", None, {"members": [{"value": users[2]}]}))
    for _ in range(2):
        client.patch(path, op("remove", f'members[value eq "{users[0]}"]'))
        assert client.members(key) == {users[1], users[2]}
    client.patch(path, op("remove", "members", [{"value": users[1]}]))
    assert client.members(key) == {users[2]}
    client.patch(path, op("replace", "members", [{"value": user} for user in users[2:]]))
    assert client.members(key) == set(users[2:])
    client.patch(path, op("remove", "members"))
    assert client.members(key) == set()


def test_put_members(client, group):
    """PUT without `members` keeps them, with an empty list takes all out."""
    users = client.users_in("Employees")[:3]
    body = {"displayName": "Lab", "members": [{"value": user} for user in users]}
    path = f"/Groups/{group['id']}"
    assert member_values(client.good("PUT", path, body)) == set(users)
    assert member_values(client.good("PUT", path, {"displayName": "Lab"})) == set(users)
    core = "urn:ietf:params:scim:schemas:core:2.0:Group:members"
    assert member_values(client.good("PUT", path, {"displayName": "Lab", core: [{"value": users[0]}]})) == {users[0]}
    assert client.good("PUT", path, {"displayName": "Lab", "members": []}).get("members") is None
    assert client.members(group["id"]) == set()


def test_nested_groups(client, group):
    """A member group needs no type; with it come and go its users, and the answers say who is what."""
    child, users = client.group("Sales", "Employees"), client.members(client.group("Sales", "Employees"))
    answer = client.patch(f"/Groups/{group['id']}", op("add", "members", [{"value": child}]))
    kinds = {member["value"]: member["type"] for member in answer.json["members"]}
    assert kinds == {child: "Group", **dict.fromkeys(users, "User")}
    assert client.members(group["id"], "groups") == {child}
    answer = client.patch(f"/Groups/{group['id']}", op("remove", "members", [{"value": child}]))
    assert "members" not in answer.json
    made = client.good("POST", "/Groups", {"displayName": "Outer", "members": [{"value": child}]})
    assert {member["value"]: member["type"] for member in made["members"]} == kinds
    body = {"displayName": "Outer", "members": []}
    assert "members" not in client.good("PUT", f"/Groups/{made['id']}", body)
    assert client.members(made["id"], "groups") == set()
    body = {"displayName": "Outer", "members": [{"value": child, "type": "Group"}]}
    answer = client.good("PUT", f"/Groups/{made['id']}", body)
    assert {member["value"]: member["type"] for member in answer["members"]} == kinds


def test_direct_member_of_nested_group_stays(client):
    """Who is taken out of a group and is in through a member group is still a member, and shown as one."""
    outer, inner = client.group("Engineering"), client.group("Platform Team")
    user = next(iter(client.members(outer) & client.members(inner)))
    answer = client.patch(f"/Groups/{outer}", op("remove", f'members[value eq "{user}"]'))
    assert user not in client.members(outer)
    assert user in member_values(answer.json)
    client.patch(f"/Groups/{outer}", op("add", "members", [{"value": user}]))
    assert user in client.members(outer)
    shown = client.good("GET", f"/Groups/{outer}")["members"]
    gone = {"displayName": "Engineering", "members": [each for each in shown if each["value"] != user]}
    assert user in member_values(client.good("PUT", f"/Groups/{outer}", gone))
    assert user not in client.members(outer)


def test_dynamic_members_cannot_be_removed(client):
    """Taking out a member that a filter brings is 400 mutability naming it; what else was asked is taken back."""
    group = client.group("Berlin Office")
    dynamic = next(iter(member_values(client.good("GET", f"/Groups/{group}"))))
    stranger = next(user for user in client.users_in("Employees") if user not in client.members(group))
    body = {"Operations": [op("add", "members", [{"value": stranger}]), op("remove", f'members[value eq "{dynamic}"]')]}
    assert client.fault("PATCH", f"/Groups/{group}", body) == (400, "mutability")
    assert dynamic in client.detail("PATCH", f"/Groups/{group}", body)
    assert client.members(group) == set()


def test_wrong_population(client):
    """A user of another population is 400 naming it and both populations, and everything is taken back."""
    group, own = client.group("Research", "Employees"), client.population("Employees")
    before = client.members(group)
    good = next(user for user in client.users_in("Employees") if user not in before)
    bad = client.users_in("Partners")[0]
    body = {"Operations": [op("add", "members", [{"value": good}, {"value": bad}])]}
    assert client.fault("PATCH", f"/Groups/{group}", body) == (400, "invalidValue")
    detail = client.detail("PATCH", f"/Groups/{group}", body)
    assert all(word in detail for word in (bad, own, client.population("Partners")))
    assert client.members(group) == before


@pytest.mark.parametrize("status", [400, 404])
def test_unknown_members(make_client, status):
    """Unknown ids are 400 naming each; members, name and a new group are as they were before."""
    client = make_client(unknown_group_status=status)
    group = client.group("Empty Room")
    users, ghosts = client.users_in("Employees")[:3], [str(uuid.uuid4()) for _ in range(2)]
    members = [{"value": each} for each in (*users, *ghosts)]
    for method, path, body in (
        ("PATCH", f"/Groups/{group}", {"Operations": [op("add", "members", members)]}),
        ("PUT", f"/Groups/{group}", {"displayName": "Renamed", "members": members}),
        ("POST", "/Groups", {"displayName": "Brand New", "members": members}),
    ):
        assert client.fault(method, path, body) == (400, "invalidValue")
        detail = client.detail(method, path, body)
        assert all(ghost in detail for ghost in ghosts)
        assert not any(user in detail for user in users)
        assert client.members(group) == set()
        assert client.sandbox.directory.groups.get(group)["name"] == "Empty Room"
        assert not client.sandbox.directory.groups.find("name", "Brand New")


def test_existing_members_stay_when_others_are_refused(client):
    """Taking back touches only what this request added: who was a member before stays one."""
    group, (old, new) = client.group("Empty Room"), client.users_in("Employees")[:2]
    client.patch(f"/Groups/{group}", op("add", "members", [{"value": old}]))
    members = [{"value": each} for each in (old, new, str(uuid.uuid4()))]
    answer = client.patch(f"/Groups/{group}", op("add", "members", members))
    assert answer.status_code == 400
    assert client.members(group) == {old}


def test_unknown_group(client):
    """A group that is not there is 404 for every verb, also where only members change."""
    ghost, user = str(uuid.uuid4()), client.users_in("Employees")[0]
    for body in (
        {"Operations": [op("add", "members", [{"value": user}])]},
        {"Operations": [op("remove", f'members[value eq "{user}"]')]},
        {"Operations": [op("remove", "members", [{"value": user}])]},
        {"Operations": [op("replace", "displayName", "x")]},
    ):
        assert client.fault("PATCH", f"/Groups/{ghost}", body) == (404, None)
        assert client.fault("PATCH", f"/Groups/{ghost}", body, headers={"Prefer": "return=minimal"}) == (404, None)
    assert client.fault("PUT", f"/Groups/{ghost}", {"displayName": "x"}) == (404, None)
    assert client.fault("DELETE", f"/Groups/{ghost}") == (404, None)
    assert client.fault("GET", f"/Groups/{ghost}") == (404, None)


def test_same_name_twice(client):
    """PingOne lets nobody into two groups of one name: 409 uniqueness naming who."""
    employees, partners = client.group("Sales", "Employees"), client.group("Sales", "Partners")
    user = next(iter(client.members(employees)))
    record = client.sandbox.directory.users.get(user)
    client.sandbox.directory.users.put({**record, "population": {"id": client.population("Partners")}})
    body = {"Operations": [op("add", "members", [{"value": user}])]}
    assert client.fault("PATCH", f"/Groups/{partners}", body) == (409, "uniqueness")
    assert user in client.detail("PATCH", f"/Groups/{partners}", body)


def test_missing_right(client):
    """A 403 of PingOne on a membership is a 403, not a wrong value."""
    group, user = client.group("Empty Room"), client.users_in("Employees")[0]
    client.sandbox.faults.plan("error", "POST", "/memberOfGroups", status=403)
    assert client.fault("PATCH", f"/Groups/{group}", {"Operations": [op("add", "members", [{"value": user}])]}) == (
        403, None,
    )  # fmt: skip


def test_large_group(client):
    """A change of a group with more members than one page is 204, of one with fewer 200; who asks gets a body."""
    group, users = client.group("All Hands"), client.users_in("Employees")
    change = op("add", "members", [{"value": users[0]}])
    answer = client.patch(f"/Groups/{group}", change)
    assert (answer.status_code, answer.data) == (204, b"")
    answer = client.patch(f"/Groups/{group}?excludedAttributes=members", change)
    assert (answer.status_code, "members" in answer.json) == (200, False)
    answer = client.patch(f"/Groups/{group}?attributes=members", change)
    assert (answer.status_code, len(answer.json["members"])) == (200, len(client.members(group)))
    answer = client.patch(f"/Groups/{group}?attributes=displayName", change)
    assert set(answer.json) == {"schemas", "id", "displayName"}
    small = client.group("Empty Room")
    assert client.patch(f"/Groups/{small}", change).status_code == 200


def test_failure_half_way_is_finished_by_the_same_request(client, clock):
    """Where PingOne fails in the middle, the answer counts what is done, and the same request does the rest."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:60]
    body = {"Operations": [op("add", "members", [{"value": user} for user in users])]}
    client.sandbox.faults.plan("error", "POST", "/memberOfGroups", times=10_000, skip=20)
    answer = client.send("PATCH", f"/Groups/{group}", body)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    done = len(client.members(group))
    assert f"{done} of 60 membership changes are done" in answer.json["detail"]
    assert 0 < done < 60
    client.sandbox.faults.clear()
    clock.offset += 120  # the circuit closes again
    assert client.send("PATCH", f"/Groups/{group}", body).status_code == 200
    assert client.members(group) == set(users)


def test_partial_failure_of_put(client, clock):
    """A PUT whose members fail says that the attributes are done; sent again it finishes."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:3]
    body = {"displayName": "Filled", "members": [{"value": user} for user in users]}
    client.sandbox.faults.plan("error", "POST", "/memberOfGroups", times=10_000)
    detail = client.detail("PUT", f"/Groups/{group}", body)
    assert "done before: attributes; perhaps done: members" in detail
    client.sandbox.faults.clear()
    clock.offset += 120
    assert member_values(client.good("PUT", f"/Groups/{group}", body)) == set(users)


def test_lost_answers_are_no_error(client):
    """A membership whose answer was lost is made once, and the count in the answer is right."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:4]
    client.sandbox.faults.plan("drop_after", "POST", "/memberOfGroups", times=2)
    add = op("add", "members", [{"value": user} for user in users])
    answer = client.patch(f"/Groups/{group}?attributes=members,{URN}:directMemberCounts", add)
    assert answer.json[URN]["directMemberCounts"]["users"] == 4
    assert client.members(group) == set(users)
