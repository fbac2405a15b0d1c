"""The User schema over HTTP."""

from __future__ import annotations

import uuid

import pytest

FLAGS = {"enabled": True, "unique": False}


@pytest.fixture
def attributes(api):
    """Return a function that calls the schema's attributes."""
    schema = api.good("GET", "/schemas")["_embedded"]["schemas"][0]
    assert schema["name"] == "User"
    assert api.good("GET", f"/schemas/{schema['id']}")["id"] == schema["id"]

    def call(method="GET", body=None, attribute="", ask=api.good):
        return ask(method, f"/schemas/{schema['id']}/attributes{attribute}", body)

    call.api = api
    call.id = lambda name: "/" + next(a["id"] for a in call()["_embedded"]["attributes"] if a["name"] == name)
    return call


def test_all_built_in_attributes_are_listed(attributes):
    """CORE and STANDARD attributes with their types and members."""
    rows = {row["name"]: row for row in attributes()["_embedded"]["attributes"]}
    kinds = {
        "username": ("CORE", "STRING"), "enabled": ("CORE", "BOOLEAN"), "population": ("CORE", "COMPLEX"),
        "email": ("STANDARD", "STRING"), "name": ("STANDARD", "COMPLEX"), "photo": ("STANDARD", "COMPLEX"),
    }  # fmt: skip
    assert {name: (rows[name]["schemaType"], rows[name]["type"]) for name in kinds} == kinds
    assert {sub["name"] for sub in rows["address"]["subAttributes"]} == {
        "streetAddress", "locality", "region", "postalCode", "countryCode",
    }  # fmt: skip
    assert rows["username"]["unique"] is True
    assert all(
        {"id", "enabled", "multiValued", "required", "schema", "displayName"} <= row.keys() for row in rows.values()
    )


def test_a_custom_attribute_works_at_once(attributes):
    """A new attribute is created, listed, written, read and filtered."""
    made = attributes("POST", {"name": "floor", "type": "STRING", "displayName": "Floor", "required": True, **FLAGS})
    assert (made["schemaType"], made["displayName"], made["required"]) == ("CUSTOM", "Floor", False)
    assert attributes(attribute=f"/{made['id']}") == made
    assert attributes.api.user("a", floor="3")["floor"] == "3"
    assert attributes.api.usernames('floor eq "3"') == {"a"}


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ({"name": "1st", **FLAGS}, "name"),
        ({"name": "a_b", **FLAGS}, "name"),
        ({**FLAGS}, "name"),
        ({"name": "Title", **FLAGS}, "name"),
        ({"name": "x", "type": "BOOLEAN", **FLAGS}, "type"),
        ({"name": "x", "unique": False}, "enabled"),
        ({"name": "x", "enabled": True}, "unique"),
        ({"name": "x", "type": "JSON", "enabled": True, "unique": True}, "unique"),
        ({"name": "x", "enumeratedValues": ["a"], **FLAGS}, "enumeratedValues"),
        ({"name": "x", "regexValidation": {"pattern": "("}, **FLAGS}, "regexValidation.pattern"),
        ({"name": "x", "multiValued": "yes", **FLAGS}, "multiValued"),
        ({"name": "x", "displayName": "", **FLAGS}, "displayName"),
    ],
)
def test_bad_attributes_are_refused(attributes, body, target):
    """A refusal names the field."""
    refusal = attributes("POST", body, ask=attributes.api.fault)
    assert (refusal["status"], refusal["target"]) == (400, target)


def test_a_disabled_attribute_is_ignored_and_hidden(attributes):
    """Disabled: writes are lost in silence, reads do not show it, filters do not know it."""
    api = attributes.api
    user = api.user("a", title="Old")
    attributes("PATCH", {"enabled": False}, attributes.id("title"))
    assert "title" not in api.good("GET", f"/users/{user['id']}")
    assert "title" not in api.good("PATCH", f"/users/{user['id']}", {"title": "New"})
    assert api.fault("GET", "/users", params={"filter": 'title eq "Old"'})["code"] == "INVALID_FILTER"
    attributes("PATCH", {"enabled": True}, attributes.id("title"))
    assert api.good("GET", f"/users/{user['id']}")["title"] == "Old"


def test_any_string_can_be_unique(attributes):
    """The unique flag of a standard attribute holds over all populations and without case."""
    api = attributes.api
    attributes("PATCH", {"unique": True}, attributes.id("email"))
    first = api.user("a", email="x@example.com")
    refusal = api.fault("POST", "/users", {"username": "b", "email": "X@example.com"})
    assert (refusal["code"], refusal["target"]) == ("UNIQUENESS_VIOLATION", "email")
    assert refusal["innerError"]["existingId"] == first["id"]


def test_what_is_fixed_cannot_be_changed(attributes):
    """CORE attributes, names, types and the multi-valued flag of a list are fixed."""
    ask = attributes.api.fault
    assert attributes("PATCH", {"enabled": False}, attributes.id("username"), ask=ask)["top"] == "REQUEST_FAILED"
    made = attributes("POST", {"name": "list", "multiValued": True, **FLAGS})
    for body, target in (
        ({"name": "other"}, "name"),
        ({"type": "JSON"}, "type"),
        ({"multiValued": False}, "multiValued"),
    ):
        assert attributes("PATCH", body, f"/{made['id']}", ask=ask)["target"] == target
    assert attributes("PUT", {"enabled": True}, f"/{made['id']}", ask=ask)["target"] == "unique"


def test_a_deleted_attribute_takes_its_values_along(attributes):
    """DELETE works for custom attributes only; users lose the value."""
    api = attributes.api
    made = attributes("POST", {"name": "floor", **FLAGS})
    user = api.user("a", floor="3")
    ask = api.fault
    assert attributes("DELETE", None, attributes.id("title"), ask=ask)["code"] == "CONSTRAINT_VIOLATION"
    attributes("DELETE", None, f"/{made['id']}")
    assert attributes("GET", None, f"/{made['id']}", ask=ask)["status"] == 404
    assert "floor" not in api.good("GET", f"/users/{user['id']}")


def test_an_attribute_in_a_user_filter_stays(attributes):
    """What a dynamic group reads can be neither disabled nor deleted."""
    api = attributes.api
    api.group("G", userFilter='address.locality eq "Leeds"')
    refusal = attributes("PATCH", {"enabled": False}, attributes.id("address"), ask=api.fault)
    assert refusal["code"] == "CONSTRAINT_VIOLATION"


def test_enumerations_grow_and_never_shrink(attributes):
    """Values are declared at creation, may be added and archived, not dropped."""
    values = [{"value": "S"}, {"value": "L"}]
    made = attributes("POST", {"name": "size", "enumeratedValues": values, **FLAGS})
    more = [{"value": "S", "archived": True}, {"value": "L"}, {"value": "M"}]
    changed = attributes("PATCH", {"enumeratedValues": more}, f"/{made['id']}")
    assert [value["value"] for value in changed["enumeratedValues"] if not value["archived"]] == ["L", "M"]
    refusal = attributes("PATCH", {"enumeratedValues": [{"value": "S"}]}, f"/{made['id']}", ask=attributes.api.fault)
    assert refusal["target"] == "enumeratedValues"


def test_limits_of_the_schema_hold(attributes, monkeypatch):
    """So many attributes of a type, so many with `contains`."""
    monkeypatch.setattr("scimbridge.sandbox.model.schema.CUSTOM_LIMIT", 3)
    monkeypatch.setattr("scimbridge.sandbox.model.schema.CONTAINS_LIMIT", 1)
    attributes("POST", {"name": "a", "allowsContainsOperator": True, **FLAGS})
    body = {"name": "b", "allowsContainsOperator": True, **FLAGS}
    assert attributes("POST", body, ask=attributes.api.fault)["code"] == "SIZE_LIMIT_EXCEEDED"
    for name in "bc":
        attributes("POST", {"name": name, **FLAGS})
    assert attributes("POST", {"name": "d", **FLAGS}, ask=attributes.api.fault)["code"] == "SIZE_LIMIT_EXCEEDED"
    assert attributes("POST", {"name": "d", "type": "JSON", **FLAGS})["type"] == "JSON"


def test_an_unknown_schema_is_404(attributes):
    """There is one schema only."""
    assert attributes.api.fault("GET", f"/schemas/{uuid.uuid4()}/attributes")["status"] == 404
