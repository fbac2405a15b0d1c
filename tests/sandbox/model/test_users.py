"""Users over HTTP: what create, PUT, PATCH and DELETE take, keep and refuse."""

from __future__ import annotations

import re
import uuid

import pytest

from scimbridge.sandbox import Switches

IMPORT = "application/vnd.pingidentity.user.import+json"
PATCH = "application/vnd.pingidentity.user.scim.patch+json"
FULL = {
    "username": "jdoe",
    "email": "jane.doe@example.com",
    "externalId": "hr-42",
    "accountId": "a-1",
    "name": {"given": "Jane", "middle": "Q", "family": "O'Doe", "formatted": "Jane O'Doe", "honorificPrefix": "Dr."},
    "nickname": "JD",
    "title": "Lead & friend",
    "type": "Employee",
    "locale": "en-GB",
    "preferredLanguage": "en-gb;q=0.8, en;q=0.7",
    "timezone": "Europe/London",
    "primaryPhone": "+44 20 123",
    "mobilePhone": "+44 7700 900",
    "address": {
        "streetAddress": "1 High St\nFloor 2",
        "locality": "Leeds",
        "region": "Yorkshire",
        "postalCode": "LS1",
        "countryCode": "GB",
    },
    "photo": {"href": "https://example.com/j.png"},
}


def test_a_created_user_has_all_that_was_sent_and_the_defaults(api):
    """POST answers 201 with what was sent, links, environment, defaults and time stamps."""
    answer = api.call("POST", "/users", FULL)
    assert answer.status_code == 201
    shown = answer.json()
    assert {name: shown[name] for name in FULL} == FULL
    assert shown["environment"] == {"id": api.sandbox.environment_id}
    assert shown["account"] == {"canAuthenticate": True, "status": "OK"}
    assert (shown["enabled"], shown["mfaEnabled"], shown["emailVerified"]) == (True, False, False)
    assert shown["identityProvider"] == {"type": "PING_ONE"}
    assert shown["lifecycle"] == {"status": "ACCOUNT_OK"}
    assert shown["verifyStatus"] == "NOT_INITIATED"
    assert shown["createdAt"] == shown["updatedAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown["createdAt"])
    assert shown["_links"]["self"]["href"] == f"{api.base}/users/{shown['id']}"
    assert uuid.UUID(shown["id"]).version == 4
    assert api.good("GET", f"/users/{shown['id']}") == shown


def test_only_the_username_is_needed(api):
    """A user needs a username, and an e-mail address only where switched."""
    shown = api.user("only")
    assert "email" not in shown
    assert "name" not in shown
    assert api.fault("POST", "/users", {"email": "a@b.c"})["code"] == "REQUIRED_VALUE"


def test_the_email_address_can_be_made_required(make_caller):
    """With the switch a create without e-mail is refused."""
    api = make_caller(Switches(email_required=True))
    refusal = api.fault("POST", "/users", {"username": "a"})
    assert (refusal["code"], refusal["target"]) == ("REQUIRED_VALUE", "email")


def test_a_user_gets_the_default_population_or_the_one_named(api):
    """Without a population the default one is taken; an unknown one is refused."""
    other = api.population("Other")
    assert api.user("a")["population"]["id"] != other["id"]
    assert api.user("b", population={"id": other["id"]})["population"] == {"id": other["id"]}
    refusal = api.fault("POST", "/users", {"username": "c", "population": {"id": str(uuid.uuid4())}})
    assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "population.id")


def test_usernames_are_unique_without_case_over_all_populations(api):
    """A second holder is 400 UNIQUENESS_VIOLATION naming the first, never 409."""
    first = api.user("Jane")
    other = api.population("Other")
    refusal = api.fault("POST", "/users", {"username": "jANE", "population": {"id": other["id"]}})
    assert refusal == {
        "status": 400,
        "top": "INVALID_DATA",
        "code": "UNIQUENESS_VIOLATION",
        "target": "username",
        "message": "is unique but a non-unique value is provided",
        "innerError": {"existingId": first["id"]},
    }
    second = api.user("John")
    assert api.fault("PATCH", f"/users/{second['id']}", {"username": "JANE"})["code"] == "UNIQUENESS_VIOLATION"
    assert api.good("PATCH", f"/users/{first['id']}", {"username": "JANE"})["username"] == "JANE"


def test_the_holder_can_be_kept_secret(make_caller):
    """Without the switch no id of the holder is told."""
    api = make_caller(Switches(existing_id=False))
    api.user("a")
    assert "innerError" not in api.fault("POST", "/users", {"username": "a"})


def test_a_plain_create_takes_no_password(api):
    """A password in a plain create is not set."""
    user = api.user("a", password={"value": "long enough 1"})
    assert "password" not in user
    assert api.good("GET", f"/users/{user['id']}/password")["status"] == "NO_PASSWORD"


def test_an_import_takes_password_lifecycle_and_verified_email(api):
    """The import media type sets what a plain create cannot."""
    body = {
        "username": "a",
        "password": {"value": "long enough 1", "forceChange": True},
        "lifecycle": {"status": "VERIFICATION_REQUIRED"},
        "emailVerified": True,
        "enabled": False,
        "mfaEnabled": True,
    }
    user = api.good("POST", "/users", body, IMPORT)
    assert user["lifecycle"] == {"status": "VERIFICATION_REQUIRED"}
    assert (user["emailVerified"], user["enabled"], user["mfaEnabled"]) == (True, False, True)
    assert user["account"]["canAuthenticate"] is False
    assert "password" not in user
    assert api.good("GET", f"/users/{user['id']}/password")["status"] == "MUST_CHANGE_PASSWORD"


def test_a_weak_password_stops_an_import(api):
    """A password below eight characters is refused, and no user is left behind."""
    refusal = api.fault("POST", "/users", {"username": "a", "password": {"value": "short"}}, IMPORT)
    assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "password")
    assert refusal["message"] == "User password did not satisfy password policy requirements"
    assert api.usernames('username eq "a"') == set()


def test_a_plain_create_takes_enabled_as_switched(make_caller):
    """`enabled` of a plain create counts, or is ignored where switched."""
    assert make_caller().user("a", enabled=False)["enabled"] is False
    assert make_caller(Switches(enabled_on_create="ignore")).user("a", enabled=False)["enabled"] is True


def test_a_plain_create_cannot_verify_the_email(api):
    """Only `false` is taken for emailVerified outside an import."""
    assert api.user("a", emailVerified=False)["emailVerified"] is False
    assert api.fault("POST", "/users", {"username": "b", "emailVerified": True})["target"] == "emailVerified"


def test_the_identity_provider_is_set_on_create(company):
    """An identity provider is named by id; an unknown one is refused."""
    provider = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"][0]
    user = company.user("fed", identityProvider={"id": provider["id"]})
    assert user["identityProvider"] == {"id": provider["id"], "type": provider["type"]}
    refusal = company.fault("POST", "/users", {"username": "x", "identityProvider": {"id": "nope"}})
    assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "identityProvider.id")


def test_put_clears_what_is_left_out_and_resets_the_identity_provider(company):
    """PUT removes settable attributes, custom ones too, and the identity provider; facets stay."""
    provider = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"][0]
    body = {**FULL, "department": "Research", "identityProvider": {"id": provider["id"]}, "enabled": False}
    user = company.user(**body)
    other = company.good("GET", "/populations")["_embedded"]["populations"][1]
    changes = {"username": "jdoe2", "enabled": True, "mfaEnabled": True, "population": {"id": other["id"]}}
    after = company.good("PUT", f"/users/{user['id']}", changes)
    assert after["username"] == "jdoe2"
    assert not after.keys() & {"email", "name", "address", "department", "photo", "title"}
    assert after["identityProvider"] == {"type": "PING_ONE"}
    assert (after["enabled"], after["mfaEnabled"]) == (False, False)
    assert after["population"] == user["population"]
    assert company.fault("PUT", f"/users/{user['id']}", {"email": "a@b.c"})["target"] == "username"


def test_merge_patch_merges_objects_and_clears_with_null(api):
    """PATCH leaves what is not named, merges objects by member, and null clears either."""
    user = api.user(**FULL)
    changes = {"name": {"middle": None, "given": "Joan"}, "title": None, "photo": None, "nickname": "Jo"}
    after = api.good("PATCH", f"/users/{user['id']}", changes)
    assert after["name"] == {
        "given": "Joan", "family": "O'Doe", "formatted": "Jane O'Doe", "honorificPrefix": "Dr.",
    }  # fmt: skip
    assert after["nickname"] == "Jo"
    assert not after.keys() & {"title", "photo"}
    assert after["address"] == FULL["address"]
    assert after["updatedAt"] > user["updatedAt"]


def test_merge_patch_can_replace_objects_whole(make_caller):
    """Switched, an object in a merge PATCH replaces the held one."""
    api = make_caller(Switches(nested_merge="whole"))
    user = api.user(**FULL)
    assert api.good("PATCH", f"/users/{user['id']}", {"name": {"given": "Joan", "family": None}})["name"] == {
        "given": "Joan"
    }


def test_merge_patch_ignores_facets_and_read_only_members(api):
    """What has a call of its own, what is read-only and what is unknown is ignored in silence."""
    user = api.user("a")
    body = {
        "enabled": False, "mfaEnabled": True, "population": {"id": "x"}, "identityProvider": {"id": "x"},
        "password": {"value": "x"}, "account": {"status": "LOCKED"}, "id": "x", "createdAt": "x", "unheardOf": 1,
    }  # fmt: skip
    after = api.good("PATCH", f"/users/{user['id']}", body)
    assert {**after, "updatedAt": ""} == {**user, "updatedAt": ""}
    assert after["updatedAt"] > user["updatedAt"]


def test_unknown_attributes_can_be_refused(make_caller):
    """Switched, an unknown attribute is an error instead of being lost."""
    api = make_caller(Switches(unknown_attributes="refuse"))
    assert api.fault("POST", "/users", {"username": "a", "unheardOf": 1})["target"] == "unheardOf"
    assert api.user("a", enabled=True)["username"] == "a"


def test_operations_are_all_or_nothing(api):
    """When one operation is refused none has happened."""
    user = api.user("a", title="Old")
    operations = [
        {"op": "replace", "path": "title", "value": "New"},
        {"op": "replace", "path": "name.family", "value": "Comma, Inc."},
    ]
    refusal = api.fault("PATCH", f"/users/{user['id']}", {"Operations": operations}, PATCH)
    assert (refusal["code"], refusal["target"]) == ("INVALID_VALUE", "name.family")
    assert api.good("GET", f"/users/{user['id']}") == user


def test_updated_at_grows_with_every_accepted_write(api):
    """Two writes within a millisecond still have two times, in order."""
    user = api.user("a")
    seen = [user["updatedAt"]]
    seen += [api.good("PATCH", f"/users/{user['id']}", {"title": "Same"})["updatedAt"] for _ in range(20)]
    assert seen == sorted(set(seen))


def test_a_deleted_user_is_gone_with_memberships_and_password(api):
    """DELETE is 204, then 404 everywhere, and the group counts one less."""
    user, group = api.user("a"), api.group("G")
    api.join(user, group)
    assert api.call("DELETE", f"/users/{user['id']}").status_code == 204
    assert api.call("DELETE", f"/users/{user['id']}").status_code == 404
    assert api.call("GET", f"/users/{user['id']}").status_code == 404
    assert api.good("GET", f"/groups/{group['id']}")["directMemberCounts"]["users"] == 0
    assert api.user("a")["id"] != user["id"]


def test_include_and_expand_work_on_a_single_get_only(company):
    """Memberships come with `include` on GET one; lists refuse it."""
    group = company.group("Mine")
    user = company.user("a")
    company.join(user, group)
    path = f"/users/{user['id']}"
    shown = company.good("GET", f"{path}?include=memberOfGroupIDs,memberOfGroupNames&expand=population")
    assert (shown["memberOfGroupIDs"], shown["memberOfGroupNames"]) == ([group["id"]], ["Mine"])
    assert shown["_embedded"]["population"]["id"] == user["population"]["id"]
    assert "memberOfGroupIDs" not in company.good("GET", path)
    for refused in ("/users?include=memberOfGroupIDs", f"{path}?include=groups", f"{path}?expand=group"):
        assert company.fault("GET", refused)["code"] == "INVALID_PARAMETER"
    listed = company.good("GET", "/users?expand=population&limit=100")["_embedded"]["users"]
    assert all(record["_embedded"]["population"]["id"] == record["population"]["id"] for record in listed)


@pytest.mark.parametrize("size", [1, 20_000])
def test_a_profile_is_limited_to_sixteen_kilobytes(company, size):
    """All settable attributes of a user together take 16 KB at most."""
    body = {"username": "a", "preferences": {"text": "x" * size}}
    if size == 1:
        assert company.user(**body)["preferences"] == {"text": "x"}
    else:
        refusal = company.fault("POST", "/users", body)
        assert (refusal["status"], refusal["code"]) == (400, "SIZE_LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    "values",
    [{"enabled": "yes"}, {"population": "x"}, {"population": {}}, {"identityProvider": "x"}, {"mfaEnabled": 1}],
)
def test_wrong_types_in_a_create_are_refused(api, values):
    """What is not of the right type is 400, and there is no user."""
    assert api.fault("POST", "/users", {"username": "a", **values})["status"] == 400
    assert api.good("GET", "/users")["count"] == 0


def test_an_import_has_two_lifecycles(api):
    """Another lifecycle is refused."""
    body = {"username": "a", "lifecycle": {"status": "NEW"}}
    assert api.fault("POST", "/users", body, IMPORT)["target"] == "lifecycle.status"
