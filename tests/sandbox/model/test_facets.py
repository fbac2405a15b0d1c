"""The parts of a user that have calls of their own."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.sandbox import Switches


@pytest.mark.parametrize("name", ["enabled", "mfaEnabled"])
def test_boolean_facets_are_read_and_set(api, name):
    """GET and PUT of a boolean facet answer with links and the value alone."""
    user = api.user("a")
    path = f"/users/{user['id']}/{name}"
    value = not api.good("GET", path)[name]
    shown = api.good("PUT", path, {name: value})
    assert shown[name] is value
    assert shown.keys() == {"_links", name}
    assert shown["_links"]["user"]["href"] == f"{api.base}/users/{user['id']}"
    assert api.good("GET", path)[name] is value
    assert api.good("GET", f"/users/{user['id']}")["updatedAt"] > user["updatedAt"]
    for bad in ({}, {name: None}, {name: "true"}, {name: 1}):
        assert api.fault("PUT", path, bad)["target"] == name


def test_a_disabled_user_cannot_authenticate(api):
    """account.canAuthenticate follows `enabled`."""
    user = api.user("a")
    api.good("PUT", f"/users/{user['id']}/enabled", {"enabled": False})
    after = api.good("GET", f"/users/{user['id']}")
    assert (after["enabled"], after["account"]) == (False, {"canAuthenticate": False, "status": "OK"})


def test_lock_and_unlock_go_by_media_type(api):
    """A POST with the lock media type locks, with or without a body; unlock undoes it."""
    user = api.user("a")
    path = f"/users/{user['id']}"
    lock = "application/vnd.pingidentity.account.lock+json"
    shown = api.good("POST", path, None, lock)
    assert (shown["account"]["status"], shown["account"]["canAuthenticate"]) == ("LOCKED", False)
    assert shown["account"]["lockedAt"]
    until = {"unlockAt": "2099-01-01T00:00:00Z"}
    assert api.good("POST", path, until, lock)["account"]["unlockAt"] == until["unlockAt"]
    after = api.good("POST", path, None, "application/vnd.pingidentity.account.unlock+json")
    assert after["account"] == {"canAuthenticate": True, "status": "OK"}
    assert api.fault("POST", path, {"unlockAt": 5}, lock)["status"] == 400
    assert api.fault("POST", path, {}, "application/json")["status"] == 415


def test_a_lock_without_an_end_can_be_switched_off(make_caller):
    """Switched, a lock without `unlockAt` does nothing."""
    api = make_caller(Switches(empty_lock="ignored"))
    user = api.user("a")
    shown = api.good("POST", f"/users/{user['id']}", None, "application/vnd.pingidentity.account.lock+json")
    assert shown["account"]["status"] == "OK"


def test_a_move_drops_the_memberships_of_the_old_population(api):
    """Population-level groups of the old population are left, environment-level ones are kept."""
    old, new = api.population("Old"), api.population("New")
    user = api.user("a", population={"id": old["id"]})
    inside, everywhere = api.group("In", population={"id": old["id"]}), api.group("All")
    for group in (inside, everywhere):
        assert api.join(user, group).status_code == 201
    shown = api.good("PUT", f"/users/{user['id']}/population", {"id": new["id"]})
    assert (shown["id"], shown.keys()) == (new["id"], {"_links", "id"})
    after = api.good("GET", f"/users/{user['id']}?include=memberOfGroupIDs")
    assert (after["population"]["id"], after["memberOfGroupIDs"]) == (new["id"], [everywhere["id"]])
    assert api.good("GET", f"/groups/{inside['id']}")["directMemberCounts"]["users"] == 0


def test_a_move_to_where_the_user_is_drops_nothing(api):
    """PUT of the present population keeps every membership."""
    home = api.population("Home")
    user = api.user("a", population={"id": home["id"]})
    group = api.group("In", population={"id": home["id"]})
    api.join(user, group)
    api.good("PUT", f"/users/{user['id']}/population", {"id": home["id"]})
    assert api.good("GET", f"/groups/{group['id']}")["directMemberCounts"]["users"] == 1


def test_an_unknown_population_is_refused(api):
    """A population that does not exist is INVALID_VALUE, and the user stays."""
    user = api.user("a")
    for body in ({"id": str(uuid.uuid4())}, {}, {"id": None}, {"id": 5}):
        assert api.fault("PUT", f"/users/{user['id']}/population", body)["code"] == "INVALID_VALUE"
    assert api.good("GET", f"/users/{user['id']}/population")["id"] == user["population"]["id"]


def test_the_identity_provider_is_set_and_given_back(company):
    """PUT names a provider by id; an empty object or null returns the user to PingOne."""
    provider = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"][1]
    user = company.user("a")
    path = f"/users/{user['id']}/identityProvider"
    wanted = {"id": provider["id"], "type": provider["type"]}
    assert company.good("PUT", path, {"identityProvider": {"id": provider["id"]}})["identityProvider"] == wanted
    assert company.good("GET", path)["identityProvider"] == wanted
    for nothing in ({}, None):
        shown = company.good("PUT", path, {"identityProvider": nothing})
        assert shown["identityProvider"] == {"type": "PING_ONE"}
    refusal = company.fault("PUT", path, {"identityProvider": {"id": str(uuid.uuid4())}})
    assert (refusal["status"], refusal["code"]) == (400, "INVALID_VALUE")
    assert company.fault("PUT", path, {})["code"] == "REQUIRED_VALUE"


def test_the_verify_status_takes_its_three_words(api):
    """The verifyStatus is one of three words."""
    path = f"/users/{api.user('a')['id']}/verifyStatus"
    assert api.good("PUT", path, {"verifyStatus": "ENABLED"})["verifyStatus"] == "ENABLED"
    assert "allowedValues" in api.fault("PUT", path, {"verifyStatus": "MAYBE"})["innerError"]


def test_facets_of_nobody_are_404(api):
    """A facet of an unknown user is 404 for GET and PUT."""
    for method, body in (("GET", None), ("PUT", {"enabled": True})):
        assert api.fault(method, f"/users/{uuid.uuid4()}/enabled", body)["status"] == 404


def test_mfa_can_be_on_by_default(make_caller):
    """Newer environments switch MFA on for new users."""
    assert make_caller(Switches(mfa_by_default=True)).user("a")["mfaEnabled"] is True
