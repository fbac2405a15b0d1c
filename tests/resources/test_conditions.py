"""Changes under a condition: If-Match and If-None-Match, and changes that change nothing (RFC 9110 §13.1)."""

from __future__ import annotations

import pytest

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def patch(*operations):
    return {"schemas": [PATCH], "Operations": list(operations)}


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


@pytest.fixture(params=["/Users", "/Groups", "/Populations"])
def thing(client, request):
    """A path of each type, what names it, and a change of it."""
    name = "userName" if request.param == "/Users" else "displayName"
    made = client.send("POST", request.param, {name: "kept"})
    assert made.status_code == 201, made.text
    return f"{request.param}/{made.json['id']}", {name: "other"}, made.headers["ETag"]


@pytest.mark.parametrize("verb", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("header", ["*", "tag", 'W/"old", tag'])
def test_if_none_match_forbids_to_change_what_it_names(client, thing, verb, header):
    """A resource as it is, or any at all: 412, nothing is written. Where only others are named, the change is made."""
    path, body, tag = thing
    body = {"PATCH": patch({"op": "replace", "value": body}), "PUT": body, "DELETE": None}[verb]
    headers = {"If-None-Match": header.replace("tag", tag)}
    assert client.fault(verb, path, body, headers=headers) == (412, None)
    assert client.writes == []
    assert client.send("GET", path).headers["ETag"] == tag
    assert client.send(verb, path, body, headers={"If-None-Match": 'W/"old"'}).status_code in (200, 204)
    assert len(client.writes) == 1


def test_what_is_not_there_is_404_whatever_the_condition(client):
    """A condition is looked at for what can be changed at all (RFC 9110 §13.2.1)."""
    nobody = "/Users/00000000-0000-4000-8000-000000000000"
    for header in ("If-Match", "If-None-Match"):
        assert client.fault("DELETE", nobody, headers={header: "*"}) == (404, None)
        assert client.fault("PATCH", nobody, patch(replace("title", "x")), headers={header: "*"}) == (404, None)


def test_both_versions_of_a_group_are_its_own(client):
    """A client knows a group with its members or without them; If-None-Match takes either, for members alone too."""
    group = client.good("POST", "/Groups", {"displayName": "two"})["id"]
    user = client.users_in("Employees")[0]
    client.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": user}]})
    tags = {
        client.send("GET", f"/Groups/{group}{query}").headers["ETag"] for query in ("", "?excludedAttributes=members")
    }
    assert len(tags) == 2
    leave = patch({"op": "remove", "path": f"members[value eq {user}]"})
    for tag in tags:
        assert client.fault("PATCH", f"/Groups/{group}", leave, headers={"If-None-Match": tag}) == (412, None)
        assert client.fault("DELETE", f"/Groups/{group}", headers={"If-None-Match": tag}) == (412, None)
    assert client.members(group) == {user}
    assert client.send("PATCH", f"/Groups/{group}", leave, headers={"If-None-Match": 'W/"old"'}).status_code == 200
    assert client.members(group) == set()


def test_a_condition_of_a_bulk_request_is_not_one_of_its_operations(client):
    """Operations have `version`; a header of the request is about no resource."""
    user = client.users_in("Employees")[0]
    operation = {"method": "PATCH", "path": f"/Users/{user}", "data": patch(replace("title", "x"))}
    body = {"schemas": [BULK], "Operations": [operation]}
    answer = client.good("POST", "/Bulk", body, headers={"If-None-Match": "*", "If-Match": 'W/"old"'})
    assert [part["status"] for part in answer["Operations"]] == ["200"]


# -- changes that change nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [replace(f"{ENTERPRISE}:loginName", "x")],
        [{"op": "remove", "path": f"{ENTERPRISE}:loginName"}, replace("urn:example:else:2.0:User.a.b", "x")],
        [{"op": "add", "value": {f"{ENTERPRISE}.loginName": "x", "unheardOf": 1}}],
    ],
)
def test_a_patch_of_which_nothing_is_left_answers_and_changes_nothing(client, operations):
    """No operations, and none but of attributes that are not kept here: 200, the same version, and nothing written."""
    user = f"/Users/{client.users_in('Employees')[0]}"
    before = client.send("GET", user)
    after = client.send("PATCH", user, patch(*operations))
    assert (after.status_code, after.headers["ETag"]) == (200, before.headers["ETag"])
    assert after.json["userName"] == before.json["userName"]
    assert client.writes == []
    assert client.send("PATCH", user, patch(*operations), headers={"Prefer": "return=minimal"}).status_code == 204
    tag = {"If-Match": before.headers["ETag"]}
    assert client.send("PATCH", user, patch(*operations), headers=tag).status_code == 200
    assert client.fault("PATCH", user, patch(*operations), headers={"If-Match": 'W/"old"'}) == (412, None)
    assert client.fault("PATCH", user, patch(*operations), headers={"If-None-Match": "*"}) == (412, None)
    assert client.fault("PATCH", "/Users/00000000-0000-4000-8000-000000000000", patch(*operations)) == (404, None)


def test_a_group_patch_without_operations_keeps_the_group(client):
    """The same for groups: members stay, and the answer has them."""
    group = f"/Groups/{client.good('POST', '/Groups', {'displayName': 'g'})['id']}"
    before = client.send("GET", group)
    after = client.send("PATCH", group, patch())
    assert (after.status_code, after.json) == (200, before.json)
    assert client.writes == []


def test_a_leaver_is_disabled_whatever_stands_beside(client):
    """One attribute of an application does not keep an account open."""
    user = client.users_in("Employees")[0]
    answer = client.patch(f"/Users/{user}", replace(f"{ENTERPRISE}:loginName", "x"), replace("active", "False"))
    assert answer.json["active"] is False
    assert client.sandbox.directory.users.get(user)["enabled"] is False


@pytest.mark.parametrize("path", [f"{USER_URN}:tilte", f"{USER_URN}.tilte", "tilte",
                                  "urn:pingidentity:schemas:extension:2.0:PingOneUser:acountId"])  # fmt: skip
def test_a_typing_error_in_what_is_kept_here_is_refused_whole(client, path):
    """Under the URNs whose attributes are kept here, an unknown name is a mistake, and nothing beside it is done."""
    user = client.users_in("Employees")[0]
    body = patch(replace("active", False), replace(path, "x"))
    assert client.fault("PATCH", f"/Users/{user}", body) == (400, "invalidPath")
    assert client.calls == []


def test_strict_clients_are_held_to_the_letter(make_client):
    """No empty PATCH, no unknown attribute, no dot behind a URN, no value without quotes."""
    client = make_client(20, settings={"strict": True})
    user = f"/Users/{client.users_in('Employees')[0]}"
    assert client.fault("PATCH", user, patch()) == (400, "invalidSyntax")
    for path in (f"{ENTERPRISE}:loginName", f"{USER_URN}.title"):
        assert client.fault("PATCH", user, patch(replace(path, "x"))) == (400, "invalidPath")
    assert client.fault("PATCH", user, patch(replace("emails[type eq work].value", "a@b.c"))) == (400, "invalidFilter")
    assert client.fault("PATCH", user, patch(replace("title", "x")), headers={"If-None-Match": "*"}) == (412, None)
    assert client.writes == []
