"""Populations: names, the default, deletion."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Switches


def test_a_population_is_created_read_replaced_and_deleted(api):
    """All verbs, and what PUT leaves out is gone."""
    body = {
        "name": "P", "description": "D", "alternativeIdentifiers": ["p1"], "preferredLanguage": "en",
        "passwordPolicy": {"id": "x"}, "theme": {"id": "y"},
    }  # fmt: skip
    made = api.population(**body)
    assert {name: made[name] for name in body} == body
    assert (made["default"], made["userCount"]) == (False, 0)
    path = f"/populations/{made['id']}"
    assert api.good("GET", path) == made
    after = api.good("PUT", path, {"name": "Q"})
    assert (after["name"], after["createdAt"]) == ("Q", made["createdAt"])
    assert not after.keys() & {"description", "theme", "alternativeIdentifiers"}
    assert after["updatedAt"] > made["updatedAt"]
    assert [api.call("DELETE", path).status_code for _ in range(2)] == [204, 404]


def test_users_are_counted(api):
    """The userCount follows creation, move and deletion."""
    p, q = api.population("P"), api.population("Q")
    user = api.user("a", population={"id": p["id"]})

    def counts():
        return [api.good("GET", f"/populations/{one['id']}")["userCount"] for one in (p, q)]

    assert counts() == [1, 0]
    api.good("PUT", f"/users/{user['id']}/population", {"id": q["id"]})
    assert counts() == [0, 1]
    api.call("DELETE", f"/users/{user['id']}")
    assert counts() == [0, 0]


def test_there_is_exactly_one_default(api):
    """The flag moves by create and by PUT, and cannot be given up."""
    made = [api.population("A", default=True), api.population("B")]
    api.good("PUT", f"/populations/{made[1]['id']}", {"name": "B", "default": True})
    listed = api.good("GET", "/populations")["_embedded"]["populations"]
    assert [one["name"] for one in listed if one["default"]] == ["B"]
    refusal = api.fault("PUT", f"/populations/{made[1]['id']}", {"name": "B", "default": False})
    assert refusal["target"] == "default"
    assert api.good("PUT", f"/populations/{made[1]['id']}", {"name": "B"})["default"] is True
    assert api.user("a")["population"]["id"] == made[1]["id"]


def test_names_are_unique_without_case(api):
    """A second population of a name is UNIQUENESS_VIOLATION, on create and on PUT."""
    api.population("Sales")
    other = api.population("Other")
    assert api.fault("POST", "/populations", {"name": "sales"})["code"] == "UNIQUENESS_VIOLATION"
    assert api.fault("PUT", f"/populations/{other['id']}", {"name": "SALES"})["code"] == "UNIQUENESS_VIOLATION"


def test_what_cannot_be_deleted(make_caller):
    """The last, the default, and one with users are CONSTRAINT_VIOLATION; the latter 409 where switched."""
    for switches, status in ((Switches(), 400), (Switches(population_with_users_status=409), 409)):
        api = make_caller(switches)
        only = api.good("GET", "/populations")["_embedded"]["populations"][0]
        last = api.fault("DELETE", f"/populations/{only['id']}")
        assert (last["status"], last["code"]) == (400, "CONSTRAINT_VIOLATION")
        assert "at least one population" in last["message"]
        full = api.population("Full")
        assert api.fault("DELETE", f"/populations/{only['id']}")["code"] == "CONSTRAINT_VIOLATION"
        api.user("a", population={"id": full["id"]})
        refusal = api.fault("DELETE", f"/populations/{full['id']}")
        assert (refusal["status"], refusal["code"]) == (status, "CONSTRAINT_VIOLATION")


def test_a_deleted_population_takes_its_groups_along(api):
    """Population-level groups go with their population."""
    home = api.population("P")
    group = api.group("G", population={"id": home["id"]})
    assert api.call("DELETE", f"/populations/{home['id']}").status_code == 204
    assert api.call("GET", f"/groups/{group['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 5},
        {"name": "P", "default": "yes"},
        {"name": "P", "theme": "x"},
        {"name": "P", "alternativeIdentifiers": "x"},
        {"name": "P", "alternativeIdentifiers": [1]},
        {"name": "P", "description": 1},
    ],
)
def test_bad_populations_are_refused(api, body):
    """A refusal is 400 INVALID_DATA and nothing is stored."""
    assert api.fault("POST", "/populations", body)["top"] == "INVALID_DATA"
    assert api.good("GET", "/populations")["count"] == 1
