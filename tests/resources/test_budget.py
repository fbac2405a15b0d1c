"""What each SCIM request costs: the calls to PingOne, counted in the sandbox's journal (docs/exactness.md)."""

from __future__ import annotations

import pytest

from scimbridge.pingone.collections import UserCollection as NativeUsers

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GET, PATCH, POST, DELETE = "GET /users/{user}", "PATCH /users/{user}", "POST /users", "DELETE /users/{user}"
GROUP, PUT_GROUP = "GET /groups/{group}", "PUT /groups/{group}"
JOIN, LEAVE = "POST /users/{user}/memberOfGroups", "DELETE /users/{user}/memberOfGroups/{parent}"
MINIMAL = {"Prefer": "return=minimal"}


def facet(name):
    return f"PUT /users/{{user}}/{name}"


@pytest.fixture
def person(client):
    """A user who has most of what a user can have, as the client reads it."""
    made = client.good("POST", "/Users", {
        "userName": "pat", "active": True, "name": {"givenName": "Pat", "familyName": "Low"}, "title": "Lead",
        "emails": [{"value": "pat@example.com", "type": "work"}],
        URN: {"population": {"id": client.population("Employees")}},
    })  # fmt: skip
    return client.good("GET", f"/Users/{made['id']}")


def op(verb, path=None, value=None):
    return {"op": verb, **({} if path is None else {"path": path}), **({} if value is None else {"value": value})}


# -- users ---------------------------------------------------------------------------------------------------------


def test_get_user(client, person):
    """One user with its groups is one call, which asks for the groups only where they are wanted."""
    client.good("GET", f"/Users/{person['id']}")
    assert client.calls == [GET]
    assert client.sandbox.journal.entries[-1].query == "include=memberOfGroupIDs"
    client.good("GET", f"/Users/{person['id']}?excludedAttributes=groups")
    assert client.calls == [GET]
    assert client.sandbox.journal.entries[-1].query == ""


def test_post_user_with_everything(client):
    """A user with state, population, identity provider, MFA and password is made in one call."""
    provider = next(iter(client.sandbox.directory.providers))
    made = client.good("POST", "/Users", {
        "userName": "whole", "active": False, "password": "S3cret-start!",
        URN: {"population": {"id": client.population("Partners")}, "mfaEnabled": True,
              "identityProvider": {"id": provider}},
    })  # fmt: skip
    assert client.calls == [POST]
    assert client.sandbox.journal.entries[-1].content_type == "application/vnd.pingidentity.user.import+json"
    record = client.sandbox.directory.users.get(made["id"])
    assert record["enabled"] is False
    assert record["mfaEnabled"] is True
    assert record["identityProvider"]["id"] == provider
    assert record["population"] == {"id": client.population("Partners")}
    assert made["id"] in client.sandbox.directory.passwords


def test_put_user(client, person):
    """A PUT of plain attributes reads and merges; one that changes nothing only reads."""
    client.good("PUT", f"/Users/{person['id']}", person)
    assert client.calls == [GET]
    client.good("PUT", f"/Users/{person['id']}", {**person, "title": "Boss"})
    assert client.calls == [GET, PATCH]
    answer = client.send("PUT", f"/Users/{person['id']}", {**person, "title": "Chief"}, headers=MINIMAL)
    assert answer.status_code == 204
    assert answer.data == b""
    assert client.calls == [GET, PATCH]


@pytest.mark.parametrize(
    ("change", "steps", "last"),
    [
        ({"active": False}, ["enabled"], GET),
        ({URN: {"mfaEnabled": True}}, ["mfaEnabled"], GET),
        ({"password": "S3cret-later!"}, ["password"], GET),
        ({"active": False, "title": "Out"}, ["enabled", PATCH], None),
        ({"password": "S3cret-later!", "title": "In"}, [PATCH, "password"], GET),
    ],
)
def test_put_user_with_facets(client, person, change, steps, last):
    """Each facet changed is one write more; the user is read again only where the last write did not return it."""
    merged = {**person, **change}
    merged[URN] = {**person[URN], **change.get(URN, {})}
    writes = [step if step == PATCH else facet(step) for step in steps]
    client.good("PUT", f"/Users/{person['id']}", merged)
    assert client.calls == [GET, *writes, *([last] if last else [])]


def test_order_of_facets(client, person):
    """All at once: disable, population, identity provider, attributes, MFA, password; and an enable comes last."""
    provider = next(iter(client.sandbox.directory.providers))
    other = {"population": {"id": client.population("Partners")}, "identityProvider": {"id": provider},
             "mfaEnabled": True}  # fmt: skip
    whole = {**person, "active": False, "title": "Boss", "password": "S3cret-later!", URN: other}
    client.good("PUT", f"/Users/{person['id']}", whole)
    middle = [facet("population"), facet("identityProvider"), PATCH, facet("mfaEnabled"), facet("password")]
    assert client.calls == [GET, facet("enabled"), *middle, GET]
    again = {"population": person[URN]["population"], "identityProvider": {"id": list(
        client.sandbox.directory.providers)[1]}, "mfaEnabled": False}  # fmt: skip
    newer = {**whole, "active": True, "title": "Lead", "password": "S3cret-newer!", URN: again}
    client.good("PUT", f"/Users/{person['id']}", newer)
    assert client.calls == [GET, *middle, facet("enabled"), GET]


def test_patch_plain_attributes(client, person):
    """A PATCH of plain attributes is one call, whatever its operations are, and none reads before."""
    operations = [
        op("replace", "title", "A"),
        op("add", "nickName", "P"),
        op("remove", "name.familyName"),
        op("replace", 'emails[type eq "work"].value', "p@example.org"),
        op("add", None, {"locale": "de-DE"}),
    ]
    answer = client.patch(f"/Users/{person['id']}", *operations)
    assert answer.json["title"] == "A"
    assert client.calls == [PATCH]
    assert client.patch(f"/Users/{person['id']}", *operations, headers=MINIMAL).status_code == 204
    assert client.calls == [PATCH]


def test_patch_active_alone(client, person):
    """Switching a user on or off is one write, and one read where the answer has a body."""
    for value in (False, "True", "false"):
        answer = client.patch(f"/Users/{person['id']}", op("replace", "active", value))
        assert answer.json["active"] is (value == "True")
        assert client.calls == [facet("enabled"), GET]
    answer = client.patch(f"/Users/{person['id']}", op("replace", "active", True), headers=MINIMAL)
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.calls == [facet("enabled")]


def test_disable_is_urgent(client, person, monkeypatch):
    """A disable goes before other calls that wait for their turn; an enable does not."""
    seen = []
    original = NativeUsers.set_facet

    def note(self, call, key, name, value, along):
        seen.append((name, value, call.urgent))
        return original(self, call, key, name, value, along)

    monkeypatch.setattr(NativeUsers, "set_facet", note)
    client.patch(f"/Users/{person['id']}", op("replace", "active", False))
    client.patch(f"/Users/{person['id']}", op("replace", "active", True), op("replace", f"{URN}:mfaEnabled", True))
    assert seen == [("enabled", False, True), ("mfaEnabled", True, False), ("enabled", True, False)]


def test_patch_password(client, person):
    """A password by PATCH is one write and one read, and never comes back."""
    before = client.sandbox.directory.passwords.get(person["id"])
    answer = client.patch(f"/Users/{person['id']}", op("replace", "password", "S3cret-later!"))
    assert client.calls == [facet("password"), GET]
    assert "password" not in answer.json
    assert client.sandbox.directory.passwords[person["id"]] != before


def test_patch_identity_provider(client, person):
    """An identity provider is set and given up again in one write each; PingOne then is the authority."""
    provider = next(iter(client.sandbox.directory.providers))
    path = f"{URN}:identityProvider"
    answer = client.patch(f"/Users/{person['id']}", op("replace", f"{path}.id", provider))
    assert client.calls == [facet("identityProvider"), GET]
    assert answer.json[URN]["identityProvider"]["id"] == provider
    answer = client.patch(f"/Users/{person['id']}", op("remove", f"{path}.id"))
    assert client.calls == [facet("identityProvider"), GET]
    assert "id" not in answer.json[URN].get("identityProvider", {})
    client.patch(f"/Users/{person['id']}", op("replace", f"{path}.id", provider))
    client.patch(f"/Users/{person['id']}", op("remove", path))
    assert client.sandbox.directory.users.get(person["id"])["identityProvider"] == {"type": "PING_ONE"}


@pytest.mark.parametrize("gone", ["active", "password", f"{URN}:population", f"{URN}:mfaEnabled"])
def test_other_facets_stay(client, person, gone):
    """A facet that PingOne cannot be without is not removed: 400 mutability, and nothing is written."""
    assert client.patch(f"/Users/{person['id']}", op("remove", gone)).json["scimType"] == "mutability"
    assert client.writes == []
    etag = client.send("GET", f"/Users/{person['id']}").headers["ETag"]
    answer = client.patch(f"/Users/{person['id']}", op("remove", gone), headers={"If-Match": etag})
    assert answer.json["scimType"] == "mutability"


def test_identity_provider_given_up_with_if_match(client, person):
    """Where the user is read first, a removed identity provider is given up as well; set again it is not."""
    first, second = client.sandbox.directory.providers
    path = f"{URN}:identityProvider.id"
    client.patch(f"/Users/{person['id']}", op("replace", path, first))
    tag = {"If-Match": "*"}
    answer = client.patch(f"/Users/{person['id']}", op("remove", path), op("add", path, second), headers=tag)
    assert answer.json[URN]["identityProvider"]["id"] == second
    client.patch(f"/Users/{person['id']}", op("add", path, first), op("remove", path), headers=tag)
    assert client.sandbox.directory.users.get(person["id"])["identityProvider"] == {"type": "PING_ONE"}


def test_move(client):
    """A move to another population costs one read more, and its answer has the groups that are left."""
    user = next(iter(client.members(client.group("Research", "Employees"))))
    kept, lost = client.group("Newsletter", "Customers"), client.group("Research", "Employees")
    before = client.good("GET", f"/Users/{user}")
    assert lost in {group["value"] for group in before["groups"]}
    path = f"{URN}:population.id"
    answer = client.patch(f"/Users/{user}", op("replace", path, client.population("Customers")))
    assert client.calls == [facet("population"), GET]
    groups = {group["value"] for group in answer.json.get("groups", [])}
    assert groups == {group["value"] for group in before["groups"]} - {lost} - {client.group("Sales", "Employees")}
    assert kept not in groups
    body = {**before, "title": "Moved", URN: {**before[URN], "population": {"id": client.population("Partners")}}}
    client.good("PUT", f"/Users/{user}", body)
    assert client.calls == [GET, facet("population"), PATCH, GET]
    answer = client.patch(f"/Users/{user}", op("replace", path, client.population("Employees")), headers=MINIMAL)
    assert (answer.status_code, client.calls) == (204, [facet("population")])


def test_asked_for_groups(client, person):
    """Who names `groups` gets them from a change too, for one read more."""
    group = client.group("All Hands")
    client.patch(f"/Groups/{group}", op("add", "members", [{"value": person["id"]}]))
    answer = client.patch(f"/Users/{person['id']}?attributes=groups", op("replace", "title", "T"))
    assert [each["value"] for each in answer.json["groups"]] == [group]
    assert client.calls == [PATCH, GET]
    answer = client.good("PUT", f"/Users/{person['id']}?attributes=groups,title", {**person, "title": "T"})
    assert [each["value"] for each in answer["groups"]] == [group]
    assert client.calls == [GET]
    made = client.good("POST", "/Users?attributes=groups", {
        "userName": "berliner", "addresses": [{"type": "work", "locality": "Berlin"}]})  # fmt: skip
    assert [each["value"] for each in made["groups"]] == [client.group("Berlin Office")]
    assert client.calls == [POST, GET]


def test_strict_patch_reads_first(make_client):
    """A strict client's `add` of what is there writes nothing."""
    client = make_client(settings={"strict": True})
    user = client.users_in("Employees")[0]
    title = client.patch(f"/Users/{user}", op("replace", "title", "Lead")).json["title"]
    assert client.calls == [GET, PATCH]
    client.patch(f"/Users/{user}", op("add", "title", title))
    assert client.calls == [GET]


def test_delete_user(client, person):
    """A delete is one call."""
    assert client.send("DELETE", f"/Users/{person['id']}").status_code == 204
    assert client.calls == [DELETE]


# -- groups --------------------------------------------------------------------------------------------------------


def test_get_group(client):
    """A group without members is one call; with members one more for each hundred of them."""
    group = client.group("All Hands")
    client.good("GET", f"/Groups/{group}?excludedAttributes=members")
    assert client.calls == [GROUP]
    found = client.good("GET", f"/Groups/{group}")
    assert len(found["members"]) == 125
    assert client.calls == [GROUP, "GET /users", "GET /users"]
    client.good("GET", f"/Groups/{client.group('Empty Room')}")
    assert client.calls == [GROUP]


def test_patch_members(client):
    """Each member that comes or goes is a call, and one is to know the group; a small group is read for the answer."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:3]
    members = [{"value": user, "type": "User"} for user in users]
    answer = client.patch(f"/Groups/{group}", op("add", "members", members))
    assert {each["value"] for each in answer.json["members"]} == set(users)
    assert sorted(client.calls) == sorted([*[JOIN] * 3, GROUP, "GET /users"])
    answer = client.patch(f"/Groups/{group}", op("remove", f'members[value eq "{users[0]}"]'), headers=MINIMAL)
    assert answer.status_code == 204
    assert sorted(client.calls) == sorted([LEAVE, GROUP])
    client.patch(f"/Groups/{group}?excludedAttributes=members", op("remove", f'members[value eq "{users[1]}"]'))
    assert sorted(client.calls) == sorted([LEAVE, GROUP])


def test_patch_many_members(client):
    """Where reading the members is cheaper, they are read and only the difference is made."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:40]
    members = [{"value": user} for user in users]
    answer = client.patch(f"/Groups/{group}", op("add", "members", members[:30]))
    assert len(answer.json["members"]) == 30
    assert sorted(client.calls) == sorted([GROUP, *[JOIN] * 30])
    answer = client.patch(f"/Groups/{group}", op("add", "members", members))
    assert len(answer.json["members"]) == 40
    assert sorted(client.calls) == sorted([GROUP, "GET /users", *[JOIN] * 10])
    client.patch(f"/Groups/{group}", op("add", "members", members))
    assert client.calls == [GROUP, "GET /users"]


def test_put_group(client):
    """A PUT makes the difference only: members read, one call for each that changes, one for the group itself."""
    group, users = client.group("Empty Room"), client.users_in("Employees")[:4]
    body = {"displayName": "Empty Room", "members": [{"value": user} for user in users[:3]]}
    client.good("PUT", f"/Groups/{group}", body)
    assert sorted(client.calls) == sorted([GROUP, *[JOIN] * 3])
    client.good("PUT", f"/Groups/{group}", body)
    assert client.calls == [GROUP, "GET /users"]
    body = {"displayName": "Full Room", "members": [{"value": user} for user in users[1:]]}
    found = client.good("PUT", f"/Groups/{group}", body)
    assert sorted(client.calls) == sorted([GROUP, "GET /users", PUT_GROUP, JOIN, LEAVE])
    assert {each["value"] for each in found["members"]} == set(users[1:])


def test_post_group(client):
    """A group is one call, with members one more for each; the answer reads nothing."""
    users = client.users_in("Employees")[:3]
    found = client.good("POST", "/Groups", {"displayName": "New", "members": [{"value": user} for user in users]})
    assert [each["type"] for each in found["members"]] == ["User"] * 3
    assert sorted(client.calls) == sorted(["POST /groups", *[JOIN] * 3])
    client.good("POST", "/Groups?excludedAttributes=members", {"displayName": "N2", "members": [{"value": users[0]}]})
    assert sorted(client.calls) == sorted(["POST /groups", JOIN])


def test_delete_group(client):
    """A delete of a group is one call, whatever its members."""
    assert client.send("DELETE", f"/Groups/{client.group('All Hands')}").status_code == 204
    assert client.calls == ["DELETE /groups/{group}"]


# -- lists and tokens ----------------------------------------------------------------------------------------------


def test_list_users(client):
    """A list is one call for each PingOne page that it touches, at any depth of a walk."""
    for start, calls in ((1, 1), (101, 1), (201, 1)):
        client.list("/Users", startIndex=start)
        assert client.calls == ["GET /users"] * calls
    client.list("/Users", startIndex=251)
    assert client.calls == ["GET /users"]
    client.list("/Users", count=1000)
    assert client.calls == ["GET /users"] * 3
    client.list("/Users", count=0)
    assert client.calls == ["GET /users"]


@pytest.mark.parametrize(
    "text", ['userName eq "ADA.x"', 'userName sw "a"', "active eq true", 'externalId eq "hr-000001"',
             'groups.value eq "{group}"', 'userName sw "a" and groups.value eq "{group}"', 'id eq "{user}"']
)  # fmt: skip
def test_filters_that_pingone_answers(client, text):
    """A filter that PingOne answers is one call for its one page."""
    text = text.format(group=client.group("Engineering"), user=client.users_in("Partners")[0])
    client.list("/Users", filter=text)
    assert len(client.calls) == 1


def test_list_groups(client):
    """Members of listed groups cost calls for each group that can have some, and none where they are not wanted."""
    client.list("/Groups", excludedAttributes="members")
    assert client.calls == ["GET /groups"]
    found = client.list("/Groups")
    held = sum(1 for group in found["Resources"] if group.get("members"))
    assert client.calls[0] == "GET /groups"
    assert client.calls.count("GET /users") == held + 1  # All Hands has two pages
    assert client.calls.count("GET /groups") == 2  # the list, and the one group with a group in it


def test_tokens(client, clock):
    """One token serves all requests until shortly before its end, and then a new one is fetched once."""
    for _ in range(5):
        client.list("/Users", count=1)
    assert client.tokens == 1
    clock.offset += 1000
    client.list("/Users", count=1)
    assert client.tokens == 1
    clock.offset += 3000
    client.list("/Users", count=1)
    assert client.tokens == 2
