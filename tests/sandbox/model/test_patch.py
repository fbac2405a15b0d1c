"""RFC 7644 operations on native names, over HTTP."""

from __future__ import annotations

import pytest

PATCH = "application/vnd.pingidentity.user.scim.patch+json"
SHIRTS = [{"size": "XS", "color": "red"}, {"size": "L", "color": "blue"}]


@pytest.fixture
def patched(api):
    """Return a function that creates a user and applies operations to it."""
    schema = api.good("GET", "/schemas")["_embedded"]["schemas"][0]["id"]
    for body in (
        {"name": "badges", "type": "STRING", "multiValued": True},
        {"name": "shirts", "type": "JSON", "multiValued": True},
        {"name": "prefs", "type": "JSON"},
        {"name": "dept", "type": "STRING"},
    ):
        api.good("POST", f"/schemas/{schema}/attributes", {**body, "enabled": True, "unique": False})

    def patch(user, *operations, ask=api.good):
        made = api.user("a", **user) if "id" not in user else user
        return ask("PATCH", f"/users/{made['id']}", {"Operations": list(operations)}, PATCH)

    patch.api = api
    return patch


def test_replace_add_and_remove_single_values(patched):
    """Single values and members of objects are set and removed; `add` and `replace` do the same there."""
    user = {"title": "T", "nickname": "N", "name": {"given": "G", "family": "F"}}
    after = patched(
        user,
        {"op": "replace", "path": "title", "value": "Lead"},
        {"op": "add", "path": "type", "value": "Staff"},
        {"op": "remove", "path": "nickname"},
        {"op": "remove", "path": "locale"},
        {"op": "replace", "path": "name.given", "value": "H"},
        {"op": "add", "path": "address.locality", "value": "Leeds"},
        {"op": "replace", "path": "dept", "value": None},
    )
    assert (after["title"], after["type"]) == ("Lead", "Staff")
    assert after["name"] == {"given": "H", "family": "F"}
    assert after["address"] == {"locality": "Leeds"}
    assert "nickname" not in after


def test_a_complex_value_keeps_the_members_it_does_not_name(patched):
    """RFC 7644 §3.5.2.3: members that are not named stay; a removed last member takes the object along."""
    after = patched({"name": {"given": "G", "family": "F"}}, {"op": "replace", "path": "name", "value": {"given": "H"}})
    assert after["name"] == {"given": "H", "family": "F"}
    after = patched(after, {"op": "remove", "path": "name.given"}, {"op": "remove", "path": "name.family"})
    assert "name" not in after


def test_without_a_path_each_member_is_an_operation(patched):
    """`value` alone is an object of attributes."""
    after = patched({"title": "T"}, {"op": "replace", "value": {"title": "U", "dept": "D", "unheardOf": 1}})
    assert (after["title"], after["dept"]) == ("U", "D")
    assert "unheardOf" not in after


def test_lists_are_added_to_replaced_and_removed(patched):
    """`add` appends what is not there yet, `replace` sets the whole, `remove` clears."""
    after = patched({"badges": ["red"]}, {"op": "add", "path": "badges", "value": ["blue", "red"]})
    assert after["badges"] == ["red", "blue"]
    after = patched(after, {"op": "replace", "path": "badges", "value": ["green"]})
    assert after["badges"] == ["green"]
    assert "badges" not in patched(after, {"op": "remove", "path": "badges"})


def test_a_value_filter_picks_elements(patched):
    """Elements are changed, replaced and removed by a value filter; plain ones are meant by `value`."""
    after = patched(
        {"shirts": SHIRTS, "badges": ["red", "blue"]},
        {"op": "replace", "path": 'shirts[size eq "XS"].color', "value": "green"},
        {"op": "remove", "path": 'badges[value eq "red"]'},
    )
    assert after["shirts"] == [{"size": "XS", "color": "green"}, SHIRTS[1]]
    assert after["badges"] == ["blue"]
    after = patched(
        after,
        {"op": "replace", "path": 'shirts[size eq "L" and color sw "b"]', "value": {"size": "M"}},
        {"op": "remove", "path": 'shirts[size eq "XS"].color'},
        {"op": "remove", "path": 'badges[value sw "bl" or value ew "x"]'},
    )
    assert after["shirts"] == [{"size": "XS"}, {"size": "M"}]
    assert "badges" not in after


def test_json_objects_take_members(patched):
    """A custom JSON object is set whole or by member."""
    after = patched({"prefs": {"a": 1}}, {"op": "add", "path": "prefs.b", "value": [2]})
    assert after["prefs"] == {"a": 1, "b": [2]}
    assert patched(after, {"op": "replace", "path": "prefs", "value": {"c": 3}})["prefs"] == {"c": 3}


@pytest.mark.parametrize(
    "name",
    ["id", "enabled", "mfaEnabled", "population", "identityProvider", "password", "account", "createdAt",
     "emailVerified", "lifecycle", "memberOfGroupIDs", "verifyStatus"],
)  # fmt: skip
def test_read_only_attributes_and_facets_are_refused(patched, name):
    """In operations they are 400, by path and by member."""
    for operation in (
        {"op": "replace", "path": name, "value": "x"},
        {"op": "replace", "path": f"{name}.id", "value": "x"},
        {"op": "replace", "value": {name: "x"}},
        {"op": "remove", "path": name},
    ):
        user = patched.api.good("GET", "/users")["_embedded"]["users"]
        refusal = patched(user[0] if user else {}, operation, ask=patched.api.fault)
        assert (refusal["status"], refusal["code"], refusal["target"]) == (400, "INVALID_VALUE", name)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "title", "value": "x"},
        {"op": "move", "path": "title"},
        {"path": "title"},
        "x",
        {"op": "replace", "path": "title"},
        {"op": "add"},
        {"op": "remove"},
        {"op": "add", "value": "x"},
        {"op": "remove", "path": "title["},
        {"op": "remove", "path": ""},
        {"op": "remove", "path": 5},
        {"op": "remove", "path": "username"},
        {"op": "remove", "path": 'badges[value eq "none"]'},
        {"op": "replace", "path": 'badges[value eq "none"]', "value": "x"},
        {"op": "remove", "path": "badges[value]"},
        {"op": "add", "path": "badges", "value": "blue"},
        {"op": "add", "path": "badges", "value": [1]},
        {"op": "replace", "path": "shirts.color", "value": "x"},
        {"op": "replace", "path": 'title[value eq "T"]', "value": "x"},
        {"op": "replace", "path": "name", "value": "x"},
        {"op": "replace", "path": "title.part", "value": "x"},
        {"op": "remove", "path": 'badges[value gt "x"]'},
        {"op": "remove", "path": 'badges[a[b eq "c"]]'},
    ],
)
def test_malformed_operations_are_refused_and_change_nothing(patched, operation):
    """Whatever is wrong with an operation, the answer is 400 and the user is as before."""
    user = patched.api.user("a", title="T", badges=["red"], shirts=SHIRTS, name={"given": "G"})
    assert patched(user, operation, ask=patched.api.fault)["status"] == 400
    assert patched.api.good("GET", f"/users/{user['id']}") == user


@pytest.mark.parametrize("body", [{}, {"Operations": []}, {"operations": [{"op": "remove", "path": "title"}]}])
def test_a_request_without_operations_is_refused(patched, body):
    """`Operations` is a list with something in it."""
    user = patched.api.user("a")
    assert patched.api.fault("PATCH", f"/users/{user['id']}", body, PATCH)["target"] == "Operations"


def test_disabled_attributes_are_ignored_in_operations(patched):
    """An operation on a disabled attribute does nothing and says nothing."""
    directory = patched.api.sandbox.directory
    held = directory.schema.get("dept")
    directory.schema.change(held.id, {"enabled": False, "unique": False}, whole=True)
    after = patched({}, {"op": "add", "path": "dept", "value": "D"}, {"op": "add", "path": "title", "value": "T"})
    assert after["title"] == "T"
    assert "dept" not in after
