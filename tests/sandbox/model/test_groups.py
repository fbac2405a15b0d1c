"""Groups: levels, names, PUT."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.sandbox import Switches


def test_a_group_shows_what_was_sent_and_its_counts(api):
    """POST answers 201 with the fields, a displayName, counts and a checksum."""
    body = {"name": "R", "description": "D", "externalId": "e", "customData": {"owner": "it", "n": [1, None]}}
    answer = api.call("POST", "/groups", {**body, "unheardOf": 1, "displayName": "other"})
    assert answer.status_code == 201
    shown = answer.json()
    assert {name: shown[name] for name in body} == body
    assert (shown["displayName"], shown["directMemberCounts"]) == ("R", {"users": 0, "groups": 0})
    assert shown["checkSum"]
    assert not shown.keys() & {"population", "unheardOf", "totalMemberCounts", "userFilter"}
    assert api.good("GET", f"/groups/{shown['id']}") == shown


def test_the_checksum_is_a_switch(make_caller):
    """Newer environments show no checkSum."""
    assert "checkSum" not in make_caller(Switches(group_checksum=False)).group("R")


def test_put_replaces_and_keeps_the_level(api):
    """What a PUT leaves out is gone, the population and createdAt stay."""
    home = {"id": api.population("P")["id"]}
    group = api.group("R", description="D", externalId="e", customData={"a": 1}, population=home)
    after = api.good("PUT", f"/groups/{group['id']}", {"name": "S", "population": home})
    assert (after["name"], after["displayName"], after["population"]) == ("S", "S", home)
    assert not after.keys() & {"description", "externalId", "customData"}
    assert after["createdAt"] == group["createdAt"]
    assert after["updatedAt"] > group["updatedAt"]
    assert after["checkSum"] != group["checkSum"]


def test_put_without_its_user_filter_makes_a_group_static(api):
    """Leaving out `userFilter` empties a dynamic group."""
    api.user("a", title="Lead")
    group = api.group("Leads", userFilter='title eq "Lead"')
    members = f'memberOfGroups[id eq "{group["id"]}"]'
    assert api.usernames(members) == {"a"}
    after = api.good("PUT", f"/groups/{group['id']}", {"name": "Leads"})
    assert "userFilter" not in after
    assert api.usernames(members) == set()


def test_put_has_to_carry_the_population_exactly_when_there_is_one(api):
    """Population-level: the same id, or 400; environment-level: no such member at all, or 400."""
    home, other = api.population("P"), api.population("Q")
    inside, outside = api.group("R", population={"id": home["id"]}), api.group("E")
    for body in (
        {"name": "R"}, {"name": "R", "population": {"id": other["id"]}}, {"name": "R", "population": None},
        {"name": "R", "population": home["id"]},
    ):  # fmt: skip
        refusal = api.fault("PUT", f"/groups/{inside['id']}", body)
        assert (refusal["status"], refusal["code"], refusal["target"]) == (400, "INVALID_VALUE", "population")
    for population in ({"id": home["id"]}, None, {}):
        refusal = api.fault("PUT", f"/groups/{outside['id']}", {"name": "E", "population": population})
        assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "population")
    assert api.good("PUT", f"/groups/{outside['id']}", {"name": "E2"})["name"] == "E2"


def test_the_population_of_a_put_can_be_ignored(make_caller):
    """Switched, a PUT's population means nothing and the level stays."""
    api = make_caller(Switches(group_population="ignore"))
    home = {"id": api.population("P")["id"]}
    group = api.group("R", population=home)
    assert api.good("PUT", f"/groups/{group['id']}", {"name": "R"})["population"] == home


def test_names_are_unique_by_level(api):
    """Two populations may share a name; a population and the environment may not; case does not count."""
    p, q = ({"id": api.population(name)["id"]} for name in "PQ")
    first = api.group("Sales", population=p)
    api.group("sales", population=q)
    for values in ({}, {"population": p}):
        refusal = api.fault("POST", "/groups", {"name": "SALES", **values})
        assert (refusal["code"], refusal["target"]) == ("UNIQUENESS_VIOLATION", "name")
    assert refusal["innerError"]["existingId"] == first["id"]
    api.group("Everyone")
    for values in ({}, {"population": p}):
        assert api.fault("POST", "/groups", {"name": "everyone", **values})["code"] == "UNIQUENESS_VIOLATION"
    rename = {"name": "Everyone", "population": p}
    assert api.fault("PUT", f"/groups/{first['id']}", rename)["code"] == "UNIQUENESS_VIOLATION"
    assert api.good("PUT", f"/groups/{first['id']}", {"name": "SALES", "population": p})["name"] == "SALES"


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a", "customData": "x"}, "customData"),
        ({"name": "a", "description": 1}, "description"),
        ({"name": "a", "population": {"id": "x"}}, "population.id"),
        ({"name": "a", "userFilter": "x"}, "userFilter"),
        ({"name": "a", "userFilter": 'memberOfGroups[id eq "x"]'}, "userFilter"),
        ({"name": "a", "userFilter": 5}, "userFilter"),
        ({"name": "a", "userFilter": 'title co "x"'}, "userFilter"),
    ],
)
def test_bad_groups_are_refused(api, body, target):
    """A refusal names the member that is wrong; nothing is stored."""
    refusal = api.fault("POST", "/groups", body)
    assert (refusal["status"], refusal["target"]) == (400, target)
    assert api.good("GET", "/groups")["count"] == 0


def test_a_deleted_group_is_gone_with_its_memberships(api):
    """DELETE is 204, then 404; members and parents lose the membership."""
    user, group, parent = api.user("a"), api.group("G"), api.group("P")
    api.join(user, group)
    api.good("POST", f"/groups/{group['id']}/memberOfGroups", {"id": parent["id"]})
    assert api.call("DELETE", f"/groups/{group['id']}").status_code == 204
    assert api.call("DELETE", f"/groups/{group['id']}").status_code == 404
    assert api.good("GET", f"/users/{user['id']}?include=memberOfGroupIDs")["memberOfGroupIDs"] == []
    assert api.good("GET", f"/groups/{parent['id']}")["directMemberCounts"] == {"users": 0, "groups": 0}
    assert api.call("GET", f"/groups/{uuid.uuid4()}").status_code == 404


def test_totals_come_on_request_for_one_group(api):
    """`include=totalMemberCounts` counts indirect members too, on GET one only."""
    user, child, parent = api.user("a", title="Lead"), api.group("C"), api.group("P", userFilter='title eq "Lead"')
    other = api.user("b")
    api.join(other, child)
    api.good("POST", f"/groups/{child['id']}/memberOfGroups", {"id": parent["id"]})
    shown = api.good("GET", f"/groups/{parent['id']}?include=totalMemberCounts")
    assert shown["totalMemberCounts"] == {"users": 2, "groups": 1}
    assert shown["directMemberCounts"] == {"users": 0, "groups": 1}
    assert user["id"] != other["id"]
    assert api.fault("GET", "/groups?include=totalMemberCounts")["code"] == "INVALID_PARAMETER"
    assert api.fault("GET", f"/groups/{parent['id']}?include=members")["code"] == "INVALID_PARAMETER"
