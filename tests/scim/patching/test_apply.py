"""What operations do to a resource (RFC 7644 §3.5.2), beside the laws of `tests/properties/test_patch_laws.py`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.catalogue import CORE_GROUP, CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER
from scimbridge.scim.characteristics import Attribute, ResourceType, Schema
from scimbridge.scim.errors import Mutability, NoTarget
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import PathChange, read_operations
from scimbridge.scim.patching.paths import parse_path
from scimbridge.scim.reading import Manner

OWN_URN = "urn:example:params:scim:schemas:extension:2.0:Own"
OWN = Schema(
    OWN_URN,
    "Own",
    "Own",
    (
        Attribute("home", type="complex", sub=(Attribute("id", mutability="immutable"), Attribute("room"))),
        Attribute("born", mutability="immutable"),
        Attribute("tags", multi_valued=True),
        Attribute("open", type="complex"),
    ),
)
USER = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, OWN))
GROUP = ResourceType("Group", "/Groups", "Groups", CORE_GROUP)
WORK = {"value": "w@x.org", "type": "work", "primary": True}
HOME = {"value": "h@x.org", "type": "home"}


def patch(resource, *operations, strict=False, type_=USER):
    """Patch a resource by operations written as (op, path, value)."""
    sent = [PatchOperation(op, path, value[0] if value else None, bool(value)) for op, path, *value in operations]
    read = read_operations(sent, type_, Manner(strict, lambda _name: None))
    return apply_operations(resource, read, strict=strict)


@pytest.mark.parametrize(
    ("operation", "emails"),
    [
        (("add", "emails", [HOME]), [WORK, HOME]),
        (("add", "emails", [{"value": "w@x.org"}]), [WORK]),
        (
            ("add", "emails", [{**HOME, "primary": True}]),
            [{"value": "w@x.org", "type": "work"}, {**HOME, "primary": True}],
        ),
        (("replace", "emails", [HOME]), [HOME]),
        (("replace", "emails", HOME), [HOME]),
        (("replace", 'emails[type eq "work"].value', "n@x.org"), [{**WORK, "value": "n@x.org"}]),
        (("replace", 'emails[type eq "WORK" and value sw "w"].value', "n@x.org"), [{**WORK, "value": "n@x.org"}]),
        (("replace", 'emails[type eq "work"]', {"value": "n@x.org"}), [{"type": "work", "value": "n@x.org"}]),
        (("add", 'emails[type eq "work"]', {"value": "n@x.org"}), [{**WORK, "value": "n@x.org"}]),
        (("replace", "emails.value", "n@x.org"), [{**WORK, "value": "n@x.org"}]),
        (("replace", 'emails[type eq "home"].value', "h@x.org"), [WORK, HOME]),
        (
            ("add", 'emails[primary eq "True" and type eq "home"].value', "h@x.org"),
            [{"value": "w@x.org", "type": "work"}, {**HOME, "primary": True}],
        ),
        (("remove", 'emails[type eq "work"]'), None),
        (("remove", 'emails[type eq "home"]'), [WORK]),
        (("remove", 'emails[type eq "work"].value'), None),
        (("remove", 'emails[type eq "work"].primary'), [{"value": "w@x.org", "type": "work"}]),
        (("remove", "emails", [{"value": "w@x.org"}]), None),
        (("remove", "emails", [{"value": "w@x.org", "type": "home"}]), [WORK]),
        (("remove", "emails", [{"type": "work"}]), None),
        (("remove", "emails"), None),
        (("replace", "emails", []), None),
    ],
)
def test_lists(operation, emails):
    """Each operation on a list with one value leaves this."""
    assert patch({"userName": "u", "emails": [WORK]}, operation).get("emails") == emails


def test_a_filter_that_selects_nothing_is_no_target_for_the_strict():
    """RFC 7644 §3.5.2.3 wants noTarget; Entra needs the value made, with the filter's type."""
    operation = ("replace", 'addresses[type eq "work"].locality', "Ulm")
    with pytest.raises(NoTarget):
        patch({"userName": "u"}, operation, strict=True)
    assert patch({"userName": "u"}, operation)["addresses"] == [{"type": "work", "locality": "Ulm"}]


def test_complex_attributes_keep_what_is_not_named():
    """Sub-attributes that the value leaves out stay (RFC 7644 §3.5.2.3)."""
    resource = {"name": {"givenName": "A", "familyName": "B"}}
    assert patch(resource, ("replace", "name", {"givenName": "C"}))["name"] == {"givenName": "C", "familyName": "B"}
    assert patch(resource, ("replace", "name", {"givenName": ""}))["name"] == {"familyName": "B"}
    assert patch(resource, ("add", "name", {"middleName": "M"}))["name"] == {**resource["name"], "middleName": "M"}
    assert "name" not in patch(resource, ("remove", "name"))
    assert "name" not in patch(resource, ("replace", "name", {"givenName": None, "familyName": ""}))


def test_open_objects_are_replaced_whole():
    """An object without a schema is one value."""
    assert patch({OWN_URN: {"open": {"a": 1}}}, ("replace", f"{OWN_URN}:open", {"b": 2}))[OWN_URN] == {"open": {"b": 2}}


def test_an_extension_comes_and_goes_with_its_attributes():
    """The last attribute takes the extension along."""
    made = patch({"userName": "u"}, ("add", f"{ENTERPRISE_URN}:department", "D"))
    assert made == {"userName": "u", ENTERPRISE_URN: {"department": "D"}}
    assert patch(made, ("remove", ENTERPRISE_URN)) == {"userName": "u"}
    assert patch({"userName": "u"}, ("remove", f"{ENTERPRISE_URN}:department")) == {"userName": "u"}


@pytest.mark.parametrize(
    "operation",
    [
        ("replace", f"{OWN_URN}:born", "2001"),
        ("remove", f"{OWN_URN}:born"),
        ("remove", OWN_URN),
        ("replace", f"{OWN_URN}:home.id", "h2"),
        ("replace", f"{OWN_URN}:home", {"id": "h2"}),
        ("remove", f"{OWN_URN}:home"),
        ("remove", f"{OWN_URN}:home.id"),
    ],
)
def test_what_is_immutable_stays(operation):
    """An immutable value is set once; the same value again is no change."""
    resource = {OWN_URN: {"born": "2000", "home": {"id": "h1", "room": "1"}}}
    with pytest.raises(Mutability):
        patch(resource, operation)
    again = patch(resource, ("replace", OWN_URN, {"born": "2000", "home": {"id": "h1", "room": "2"}}))
    assert again == {OWN_URN: {"born": "2000", "home": {"id": "h1", "room": "2"}}}
    assert patch({}, ("add", f"{OWN_URN}:born", "2000")) == {OWN_URN: {"born": "2000"}}


def test_plain_lists():
    """A list of plain values adds what is new and removes what is listed."""
    resource = {OWN_URN: {"tags": ["a", "b"]}}
    assert patch(resource, ("add", "tags", ["b", "c"]))[OWN_URN]["tags"] == ["a", "b", "c"]
    assert patch(resource, ("remove", "tags", ["a"]))[OWN_URN]["tags"] == ["b"]
    assert patch(resource, ("remove", "tags", "a"))[OWN_URN]["tags"] == ["b"]
    assert patch(resource, ("replace", "tags", "c"))[OWN_URN]["tags"] == ["c"]


MEMBERS = {
    "displayName": "g",
    "members": [{"value": "u1", "type": "User", "$ref": "x/u1"}, {"value": "u2", "type": "User"}],
}


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        (("remove", 'members[value eq "u1"]'), ["u2"]),
        (("remove", 'members[value eq "u1" or value eq "u2"]'), []),
        (("remove", 'members[value eq "u9"]'), ["u1", "u2"]),
        (("remove", "members", [{"value": "u1"}]), ["u2"]),
        (("remove", "members", []), ["u1", "u2"]),
        (("remove", "members"), []),
        (("add", "members", [{"value": "u1"}]), ["u1", "u2"]),
        (("add", "members", [{"value": "u3", "display": "C"}, {"value": "u3"}]), ["u1", "u2", "u3"]),
        (("add", "members", ["u3"]), ["u1", "u2", "u3"]),
        (("replace", "members", [{"value": "u2"}, {"value": "u4"}]), ["u2", "u4"]),
        (("replace", None, {"members": [{"value": "u4"}], "id": "1"}), ["u4"]),
    ],
)
def test_members(operation, left):
    """Every form in which clients change members."""
    after = patch(MEMBERS, operation, type_=GROUP)
    assert [part["value"] for part in after.get("members", [])] == left


def test_the_id_of_a_member_is_immutable():
    """A membership is made and ended, never turned into another one."""
    for operation in (
        ("replace", 'members[value eq "u1"].value', "u3"),
        ("replace", 'members[value eq "u1"]', {"value": "u3"}),
    ):
        with pytest.raises(Mutability):
            patch(MEMBERS, operation, type_=GROUP)


def test_order_counts():
    """Operations see what those before them left."""
    after = patch({"userName": "u"}, ("add", "title", "a"), ("remove", "title"), ("add", "title", "b"))
    assert after["title"] == "b"
    after = patch(MEMBERS, ("remove", "members"), ("add", "members", ["u7"]), type_=GROUP)
    assert after["members"] == [{"value": "u7"}]


ELEMENTS = st.fixed_dictionaries(
    {}, optional={
        "value": st.sampled_from(["a", "b", 1, None, ["a"]]),
        "type": st.sampled_from(["work", "WORK", "home", None]),
        "primary": st.booleans(),
    },
)  # fmt: skip


def same_element(one, other):
    """Whether two elements are the same: by value and type where both have a value, else in everything."""
    if "value" in one and "value" in other:
        kinds = {str(part["type"]).casefold() for part in (one, other) if part.get("type") is not None}
        return one["value"] == other["value"] and len(kinds) < 2
    return one == other


def is_listed(element, gone):
    return same_element(element, gone) if "value" in gone else all(element.get(name) == gone[name] for name in gone)


@given(st.lists(ELEMENTS, max_size=6), st.lists(ELEMENTS, min_size=1, max_size=6))
def test_removing_looks_up_what_comparing_would_find(before, gone):
    """What is removed are the elements that one of those that are listed means."""
    operation = PathChange("remove", USER.find(parse_path("emails", USER.urns).name), None, gone)
    expected = [element for element in before if not any(is_listed(element, one) for one in gone)]
    after = apply_operations({"emails": before}, [operation], strict=False)
    assert after.get("emails", []) == expected


@given(st.lists(ELEMENTS, max_size=6), st.lists(ELEMENTS, min_size=1, max_size=6))
def test_adding_looks_up_what_comparing_would_find(before, new):
    """What is added are the elements that none before them is the same as, and the last primary one is the only one."""
    expected, primary = list(before), None
    for element in new:
        if not any(same_element(element, held) for held in expected):
            primary = len(expected) if element.get("primary") is True else primary
            expected.append(element)
    if primary is not None:
        expected = [
            each if place == primary else {name: value for name, value in each.items() if name != "primary"}
            for place, each in enumerate(expected)
        ]
    operation = PathChange("add", USER.find(parse_path("emails", USER.urns).name), None, new)
    assert apply_operations({"emails": before}, [operation], strict=False)["emails"] == expected


def test_very_many_elements():
    """Adding and removing thirty thousand elements costs what each of them does, and not what all pairs would."""
    emails = [{"value": f"{number}@x.org", "type": f"t{number}"} for number in range(30_000)]
    assert patch({"emails": emails}, ("add", "emails", emails))["emails"] == emails
    gone = [{"type": element["type"]} for element in emails]
    assert patch({"emails": emails}, ("remove", "emails", gone)) == {}
    gone = [{"value": f"not {element['value']}"} for element in emails]
    assert patch({"emails": emails}, ("remove", "emails", gone))["emails"] == emails
