"""Elements of a list: which hold a value, and which of those that hold none a client may send."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import CORE_GROUP, CORE_USER, USER_URN, Attribute, ResourceType
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.patching.elements import Lack, lack_of
from scimbridge.scim.reading import Manner, read_resource, read_selected, read_value

EMAILS, ADDRESSES = CORE_USER.find("emails"), CORE_USER.find("addresses")
MEMBERS = CORE_GROUP.find("members")
TAGS = Attribute("tags", multi_valued=True)
CENTRES = Attribute("centres", takes=(list,))
KIND, STRICT = Manner(False, lambda _name: None), Manner(True, lambda _name: None)
MAKING = Manner(False, lambda _name: None, making=True)


@pytest.mark.parametrize(
    ("attribute", "item", "lack"),
    [
        (EMAILS, {"value": "a@x.org"}, None),
        (EMAILS, None, Lack.NOTHING),
        (EMAILS, "", Lack.NOTHING),
        (EMAILS, {"type": "work", "value": None}, Lack.NOTHING),
        (EMAILS, {"type": "work", "value": ""}, Lack.EMPTIED),
        (EMAILS, {"type": "work"}, Lack.TYPED),
        (EMAILS, {"display": "x"}, Lack.UNSAID),
        (EMAILS, {"primary": True}, Lack.UNSAID),
        (EMAILS, {"value": " "}, Lack.UNSAID),
        (ADDRESSES, {"locality": "Ulm"}, None),
        (ADDRESSES, {"type": "work", "locality": "", "region": None}, Lack.EMPTIED),
        (ADDRESSES, {"locality": None, "region": None}, Lack.NOTHING),
        (ADDRESSES, {"locality": "", "region": " "}, Lack.UNSAID),
        (TAGS, " ", Lack.UNSAID),
        (TAGS, 0, None),
        (TAGS, False, None),
    ],
)
def test_why_an_element_holds_no_value(attribute, item, lack):
    """`value` is the value, else whatever is no mark of one."""
    assert lack_of(attribute, item, item) is lack


@pytest.mark.parametrize("manner", [KIND, STRICT, MAKING])
@pytest.mark.parametrize("attribute", [EMAILS, ADDRESSES, MEMBERS, TAGS])
@pytest.mark.parametrize("value", ["", " ", {}, "[]", "{}", "null", [[]], [" "], [[{"value": "a"}]]])
def test_a_list_without_values_is_refused(attribute, manner, value):
    """Whatever is no list of values names the attribute and changes nothing, also in what is new."""
    with pytest.raises(InvalidValue, match=attribute.name):
        read_value(attribute, value, manner)


@pytest.mark.parametrize("manner", [KIND, STRICT])
@pytest.mark.parametrize(
    ("attribute", "element"),
    [
        *((attribute, empty) for attribute in (EMAILS, ADDRESSES, MEMBERS, TAGS) for empty in (None, "", {})),
        *((EMAILS, element) for element in ({"type": "work"}, {"display": "x"}, {"value": None}, {"label": "x"}, 5)),
        *((ADDRESSES, element) for element in ({"type": "work"}, {"locality": None}, True)),
        *((MEMBERS, element) for element in ({"value": ""}, {"display": "x"}, {"type": "User", "value": ""}, 5)),
    ],
)
def test_an_element_without_a_value_is_refused(attribute, element, manner):
    """One among others is enough: which of them the client lost nobody can say."""
    for value in ([element], [{"value": "a", "locality": "L"} if attribute.sub else "a", element]):
        with pytest.raises(InvalidValue, match=attribute.name):
            read_value(attribute, value, manner)


def test_the_empty_text_is_none_of_its_type():
    """Clients send every type that they know, those without a value as empty texts."""
    phones = [{"type": "mobile", "value": ""}, {"type": "work", "value": "1"}]
    assert read_value(EMAILS, phones, KIND) == [{"type": "work", "value": "1"}]
    assert read_value(EMAILS, phones[:1], KIND) == []
    assert read_value(ADDRESSES, [{"type": "home", "locality": "", "country": ""}], KIND) == []
    for attribute, manner in ((EMAILS, STRICT), (MEMBERS, KIND), (MEMBERS, MAKING)):
        with pytest.raises(InvalidValue, match=attribute.name):
            read_value(attribute, [{"value": ""}], manner)


def test_what_is_new_may_carry_empty_elements():
    """Serialisers fill a new user with nulls: there is nothing that they could take away."""
    body = {"schemas": [USER_URN], "userName": "u", "addresses": [None], "photos": [{}], "emails": [{"value": None}]}
    resource_type = ResourceType("User", "/Users", "Users", CORE_USER)
    assert read_resource(body, resource_type, MAKING) == {"userName": "u"}
    for manner in (KIND, STRICT, Manner(True, lambda _name: None, making=True)):
        with pytest.raises(InvalidValue, match="addresses"):
            read_resource(body, resource_type, manner)
    for element in (None, {}, {"value": ""}, {"display": "x"}):
        with pytest.raises(InvalidValue, match="members"):
            read_value(MEMBERS, [element], MAKING)


@pytest.mark.parametrize("attribute", [EMAILS, ADDRESSES, MEMBERS, TAGS])
@pytest.mark.parametrize("manner", [KIND, STRICT])
def test_the_empty_list_is_a_list(attribute, manner):
    """`[]` has no elements, and null is no value (RFC 7643 §2.5)."""
    assert read_value(attribute, [], manner) == []
    assert read_value(attribute, None, manner) is None


@pytest.mark.parametrize("manner", [KIND, STRICT])
@pytest.mark.parametrize("name", ["name", "title", "active"])
def test_one_value_is_no_empty_array_or_object(name, manner):
    """Null is how one value is cleared; what holds nothing clears nothing by mistake."""
    for value in ([], {}, [None], [{}], [""]) if name == "name" else ([], {}):
        with pytest.raises(InvalidValue, match=name):
            read_value(CORE_USER.find(name), value, manner)


def test_the_empty_text_is_no_name():
    """A text stands for an object only where it is certain for which part: it is for a manager, not for a name."""
    with pytest.raises(InvalidValue, match="name"):
        read_value(CORE_USER.find("name"), "", KIND)
    manager = Attribute("manager", type="complex", sub=(Attribute("value"), Attribute("displayName")))
    assert read_value(manager, "", KIND) is None
    with pytest.raises(InvalidValue, match="manager"):
        read_value(manager, "", STRICT)


def test_a_text_that_may_be_sent_as_a_list():
    """Its codec reads the list; an object is none."""
    assert read_value(CENTRES, [], STRICT) is None
    assert read_value(CENTRES, ["a"], STRICT) == ["a"]
    with pytest.raises(InvalidValue, match="centres"):
        read_value(CENTRES, {}, KIND)


@pytest.mark.parametrize("manner", [KIND, STRICT])
@pytest.mark.parametrize("value", [{}, [], [None], [{}], " ", 5, {"type": "work"}, {"display": "x"}, {"value": None}])
def test_what_takes_the_place_of_an_element_holds_a_value(value, manner):
    """`replace` at `emails[type eq "work"]` with a mere mark would leave an element without an address."""
    with pytest.raises(InvalidValue, match="emails"):
        read_selected(EMAILS, value, manner, whole=True)


def test_an_element_can_be_emptied_and_added_to():
    """Null and the empty text take its value, and `add` may name a part of it."""
    assert read_selected(EMAILS, None, STRICT, whole=True) is read_selected(EMAILS, "", KIND, whole=True) is None
    assert read_selected(EMAILS, {"type": "home"}, STRICT, whole=False) == {"type": "home"}
    with pytest.raises(InvalidValue, match="emails"):
        read_selected(EMAILS, {}, KIND, whole=False)
