"""Filters on memberships: what is answered, at what cost, and what is refused because it has no bound."""

from __future__ import annotations

import pytest


def ids(message):
    return {resource["id"] for resource in message["Resources"]}


@pytest.fixture
def company(client):
    """The small company as it is read one by one: each group with the ids and kinds of its members."""
    groups = {}
    for each in client.list("/Groups", count=100, excludedAttributes="members")["Resources"]:
        whole = client.good("GET", f"/Groups/{each['id']}")
        groups[each["id"]] = {part["value"]: part["type"] for part in whole.get("members", ())}
    return groups


@pytest.mark.parametrize(
    "text",
    [
        'members[value eq "{user}" and type eq "User"]',
        'members[type eq "User" and value eq "{user}"]',
        'members[value eq "{user}"].type eq "User"',
        'members.value eq "{user}" and members.type eq "User"',
        'members[$ref pr and value eq "{user}"]',
        'members[value eq "{user}" or value eq "nobody"]',
        'members[$ref eq "http://localhost/scim/v2/Users/{user}"]',
        'members.$ref eq "http://localhost/scim/v2/Users/{user}"',
        'members.value eq "{user}" or members.value eq "nobody"',
    ],
)
def test_a_member_in_other_words(client, company, text):
    """However the question for one member is put, it finds the groups that it is in, without a read of all groups."""
    user = next(iter(client.members(client.group("Platform Team"))))
    expected = {group for group, members in company.items() if user in members}
    found = client.list("/Groups", filter=text.format(user=user), excludedAttributes="members")
    assert ids(found) == expected
    assert found["totalResults"] == len(expected)
    assert len(client.calls) <= 4
    assert not [call for call in client.calls if call == "GET /groups"]


def test_a_member_of_another_kind(client):
    """A user is no member group."""
    user = next(iter(client.members(client.group("Platform Team"))))
    text = f'members[value eq "{user}" and type eq "Group"]'
    assert client.list("/Groups", filter=text, excludedAttributes="members")["totalResults"] == 0


def test_groups_with_members(client, company):
    """Whether a group has members costs a read for those alone whose own counts do not say it."""
    filled = {group for group, members in company.items() if members}
    for text, expected in (("members pr", filled), ("not (members pr)", set(company) - filled),
                           ("members eq null", set(company) - filled)):  # fmt: skip
        found = client.list("/Groups", filter=text, excludedAttributes="members")
        assert ids(found) == expected
        assert len(client.calls) <= 4


def test_kinds_of_members(client, company):
    """The kind of members alone is a question as well."""
    nested = {group for group, members in company.items() if "Group" in members.values()}
    assert ids(client.list("/Groups", filter='members.type eq "Group"', excludedAttributes="members")) == nested
    assert nested


@pytest.mark.parametrize("text", ['groups.value eq "{one}" or groups.value eq "{other}"',
                                  'groups[value eq "{one}" or value eq "{other}"]'])  # fmt: skip
def test_users_of_one_of_two_groups(client, company, text):
    """An `or` of groups is one question to PingOne."""
    one, other = client.group("Platform Team"), client.group("Engineering")
    text = text.format(one=one, other=other)
    users = {record["id"] for record in client.sandbox.directory.users}
    found = client.list("/Users", filter=text, count=1000, attributes="id")
    assert ids(found) == users & (set(company[one]) | set(company[other]))
    assert len(client.calls) == 1


def test_users_with_a_group_beside_a_condition(client, company):
    """Whether users have a group costs a read for each that the rest of the filter leaves."""
    grouped = {user for members in company.values() for user in members}
    users = [record for record in client.sandbox.directory.users if record["username"].startswith("a")]
    found = client.list("/Users", filter='userName sw "a" and groups pr', attributes="id")
    assert ids(found) == {record["id"] for record in users if record["id"] in grouped}
    assert len(client.calls) == 1 + len(users)
    none = client.list("/Users", filter='userName sw "a" and not (groups pr)', attributes="id")
    assert ids(none) == {record["id"] for record in users} - ids(found)


@pytest.mark.parametrize(
    "text", ["groups pr", "not (groups pr)", "groups pr or title pr", 'groups.value sw "a"', "groups.$ref pr",
             'groups[not (value eq "x")]', 'groups.value ne "x"', "groups eq null"]
)  # fmt: skip
def test_no_bound(client, text):
    """A question that needs a call for each user there is, is refused before the first, and the answer says why."""
    assert client.fault("GET", "/Users", query_string={"filter": text}) == (400, "invalidFilter")
    assert "groups" in client.detail("GET", "/Users", query_string={"filter": text})
    assert client.calls == []


def test_too_many_calls(make_client):
    """What does not fit into the time of a request is tooMany."""
    client = make_client(250, settings={"pingone_rate": 5.0, "request_deadline": 5.0})
    assert client.fault("GET", "/Users", query_string={"filter": "active eq true and groups pr"}) == (400, "tooMany")
    named = " or ".join(f'members.value eq "{user["id"]}"' for user in client.sandbox.directory.users)
    assert client.fault("GET", "/Groups", query_string={"filter": named}) == (400, "tooMany")
