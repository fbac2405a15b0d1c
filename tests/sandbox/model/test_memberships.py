"""Memberships: direct, nested, dynamic; what is refused."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.sandbox import Switches


def of(user):
    return f"/users/{user['id']}/memberOfGroups"


def test_a_membership_shows_the_group(api):
    """POST answers 201 with the group's id, its name, the type and four links."""
    user, group = api.user("a"), api.group("G")
    answer = api.join(user, group)
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["id"], shown["name"], shown["type"]) == (group["id"], "G", "DIRECT")
    assert shown["environment"] == {"id": api.sandbox.environment_id}
    assert shown["_links"].keys() == {"self", "user", "environment", "group"}
    assert api.good("GET", f"{of(user)}/{group['id']}") == shown
    listed = api.good("GET", of(user))
    assert listed["_embedded"]["groupMemberships"] == [shown]
    assert (listed["count"], listed["size"]) == (1, 1)


def test_a_second_time_is_a_violation_or_fine_as_switched(make_caller):
    """A membership that is there already is 400 UNIQUENESS_VIOLATION, or 201 where switched."""
    for switches, status in ((Switches(), 400), (Switches(duplicate_membership="accept"), 201)):
        api = make_caller(switches)
        user, group = api.user("a"), api.group("G")
        api.join(user, group)
        answer = api.join(user, group)
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["code"] == "INVALID_DATA"
            assert answer.json()["details"][0]["code"] == "UNIQUENESS_VIOLATION"
        assert api.good("GET", f"/groups/{group['id']}")["directMemberCounts"]["users"] == 1


def test_a_membership_is_removed_once(api):
    """DELETE is 204, a second one 404, of an unknown group 404."""
    user, group = api.user("a"), api.group("G")
    api.join(user, group)
    path = f"{of(user)}/{group['id']}"
    assert [api.call("DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert api.call("GET", path).status_code == 404
    assert api.call("DELETE", f"{of(user)}/{uuid.uuid4()}").status_code == 404


def test_unknown_users_and_groups(make_caller):
    """An unknown user is 404; an unknown group in the body is 400, or 404 where switched."""
    api = make_caller()
    user, group = api.user("a"), api.group("G")
    assert api.join({"id": str(uuid.uuid4())}, group).status_code == 404
    refusal = api.fault("POST", of(user), {"id": str(uuid.uuid4())})
    assert (refusal["status"], refusal["code"], refusal["target"]) == (400, "INVALID_VALUE", "id")
    assert api.fault("POST", of(user), {})["code"] == "REQUIRED_VALUE"
    api = make_caller(Switches(unknown_group_status=404))
    assert api.join(api.user("a"), {"id": str(uuid.uuid4())}).status_code == 404


def test_a_population_level_group_takes_users_of_its_population_only(api):
    """A user of another population is refused."""
    home = {"id": api.population("P")["id"]}
    group = api.group("G", population=home)
    assert api.join(api.user("in", population=home), group).status_code == 201
    stranger = api.user("out")
    refusal = api.fault("POST", of(stranger), {"id": group["id"]})
    assert (refusal["status"], refusal["code"]) == (400, "INVALID_VALUE")


def test_members_are_found_by_filter(api):
    """memberOfGroups[...] finds direct and indirect members, and each kind alone."""
    parent, child = api.group("P"), api.group("C")
    direct, nested = api.user("direct"), api.user("nested")
    api.join(direct, parent)
    api.join(nested, child)
    api.good("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]})
    inside = f'id eq "{parent["id"]}"'
    assert api.usernames(f"memberOfGroups[{inside}]") == {"direct", "nested"}
    assert api.usernames(f'memberOfGroups[{inside} and type eq "DIRECT"]') == {"direct"}
    assert api.usernames(f'memberOfGroups[type eq "INDIRECT" and {inside}]') == {"nested"}
    assert api.usernames(f'memberOfGroups[{inside}] and username eq "nested"') == {"nested"}
    both = f'memberOfGroups[{inside} and type eq "DIRECT"] or memberOfGroups[id eq "{child["id"]}"]'
    assert api.usernames(both) == {"direct", "nested"}
    assert api.usernames(f'memberOfGroups[id eq "{uuid.uuid4()}"]') == set()
    children = api.good("GET", "/groups", params={"filter": f"memberOfGroups[{inside}]"})
    assert [group["id"] for group in children["_embedded"]["groups"]] == [child["id"]]


def test_nested_members_are_indirect_and_cannot_be_removed(make_caller):
    """An indirect membership shows as such; removing it is 400 REQUEST_FAILED, or nothing where switched."""
    for switches, status in ((Switches(), 400), (Switches(indirect_removal="ignore"), 204)):
        api = make_caller(switches)
        user, child, parent = api.user("a"), api.group("C"), api.group("P")
        api.join(user, child)
        api.good("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]})
        types = {item["name"]: item["type"] for item in api.good("GET", of(user))["_embedded"]["groupMemberships"]}
        assert types == {"C": "DIRECT", "P": "INDIRECT"}
        answer = api.call("DELETE", f"{of(user)}/{parent['id']}")
        assert answer.status_code == status
        if status == 400:
            assert answer.json()["code"] == "REQUEST_FAILED"
        assert api.good("GET", f"{of(user)}/{parent['id']}")["type"] == "INDIRECT"


def test_a_dynamic_group_follows_its_filter(api):
    """Members of a userFilter are INDIRECT, come and go with their attributes, and stay within the level."""
    home = {"id": api.population("P")["id"]}
    group = api.group("Leads", userFilter='title eq "lead" and enabled eq true')
    inside = api.group("Leads of P", userFilter='title eq "Lead"', population=home)
    user = api.user("a", title="Lead")
    api.user("b", title="Lead", population=home)
    assert api.usernames(f'memberOfGroups[id eq "{group["id"]}" and type eq "INDIRECT"]') == {"a", "b"}
    assert api.usernames(f'memberOfGroups[id eq "{inside["id"]}"]') == {"b"}
    assert api.good("GET", f"{of(user)}/{group['id']}")["type"] == "INDIRECT"
    assert api.call("DELETE", f"{of(user)}/{group['id']}").status_code == 400
    assert api.good("GET", f"/groups/{group['id']}")["directMemberCounts"]["users"] == 0
    api.good("PATCH", f"/users/{user['id']}", {"title": "Clerk"})
    assert api.usernames(f'memberOfGroups[id eq "{group["id"]}"]') == {"b"}
    assert api.call("GET", f"{of(user)}/{group['id']}").status_code == 404


def test_direct_beats_indirect(api):
    """A user who is in a group both ways is DIRECT there, and stays indirectly when taken out."""
    group = api.group("Leads", userFilter='title eq "Lead"')
    user = api.user("a", title="Lead")
    assert api.join(user, group).status_code == 201
    assert api.good("GET", f"{of(user)}/{group['id']}")["type"] == "DIRECT"
    assert api.call("DELETE", f"{of(user)}/{group['id']}").status_code == 204
    assert api.good("GET", f"{of(user)}/{group['id']}")["type"] == "INDIRECT"


def test_cycles_end(api):
    """Groups may be nested in a circle; nobody is in a group because of itself."""
    groups = [api.group(name) for name in "ABC"]
    for child, parent in zip(groups, groups[1:] + groups[:1], strict=True):
        api.good("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]})
    user = api.user("a")
    api.join(user, groups[0])
    shown = api.good("GET", f"/users/{user['id']}?include=memberOfGroupNames")
    assert sorted(shown["memberOfGroupNames"]) == ["A", "B", "C"]
    listed = api.good("GET", f"/groups/{groups[0]['id']}/memberOfGroups")["_embedded"]["groupMemberships"]
    assert {item["name"]: item["type"] for item in listed} == {"B": "DIRECT", "C": "INDIRECT"}


def test_levels_limit_nesting(api):
    """No environment-level group goes into a population-level one, no group into itself."""
    p, q = ({"id": api.population(name)["id"]} for name in "PQ")
    outer, inner, other = api.group("E"), api.group("I", population=p), api.group("O", population=q)
    near = api.group("N", population=p)
    for child, parent in ((outer, inner), (other, inner), (inner, inner)):
        refusal = api.fault("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]})
        assert (refusal["status"], refusal["code"]) == (400, "INVALID_VALUE")
    for child, parent in ((inner, outer), (near, inner)):
        assert api.call("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]}).status_code == 201
    assert api.call("DELETE", f"/groups/{near['id']}/memberOfGroups/{inner['id']}").status_code == 204


def test_a_user_is_in_one_group_of_a_name_only(api):
    """A second group of the same name is refused, though the first comes by nesting."""
    p, q = ({"id": api.population(name)["id"]} for name in "PQ")
    first, second = api.group("Sales", population=p), api.group("Sales", population=q)
    user = api.user("a", population=p)
    api.sandbox.directory.edges.add("users", user["id"], second["id"])
    refusal = api.fault("POST", of(user), {"id": first["id"]})
    assert (refusal["code"], refusal["target"]) == ("UNIQUENESS_VIOLATION", "name")


def test_lists_expand_filter_and_page(make_caller):
    """The list of memberships takes expand=group, filters and pages."""
    api = make_caller(Switches(page_step=1))
    user = api.user("a")
    groups = [api.group(f"G{number}") for number in range(5)]
    for group in groups:
        api.join(user, group)
    full = api.good("GET", f"{of(user)}?expand=group")["_embedded"]["groupMemberships"]
    assert [item["_embedded"]["group"]["id"] for item in full] == [group["id"] for group in groups]
    assert api.good("GET", of(user), params={"filter": 'name eq "g3"'})["count"] == 1
    assert api.good("GET", of(user), params={"filter": 'type eq "INDIRECT"'})["count"] == 0
    assert api.fault("GET", of(user), params={"filter": 'name sw "G"'})["code"] == "INVALID_FILTER"
    names, url = [], f"{of(user)}?limit=2"
    while url:
        page = api.good("GET", url)
        names += [item["name"] for item in page["_embedded"]["groupMemberships"]]
        url = page["_links"].get("next", {}).get("href")
    assert names == [f"G{number}" for number in range(5)]
    assert api.fault("GET", f"{of(user)}?expand=user")["code"] == "INVALID_PARAMETER"


def test_a_user_has_a_limit_of_groups(api, monkeypatch):
    """Above the limit a membership is SIZE_LIMIT_EXCEEDED."""
    monkeypatch.setattr("scimbridge.sandbox.model.memberships.GROUPS_PER_USER", 2)
    user = api.user("a")
    answers = [api.join(user, api.group(f"G{number}")).status_code for number in range(3)]
    assert answers == [201, 201, 400]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_memberships_have_no_other_verbs(api, method):
    """There is no bulk call."""
    user = api.user("a")
    assert api.call(method, of(user), {}).status_code == 405
