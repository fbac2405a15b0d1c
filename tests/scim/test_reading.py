"""Resources as clients send them, read into the schemas' spelling."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.scim.catalogue import (
    CORE_GROUP,
    CORE_USER,
    ENTERPRISE_URN,
    ENTERPRISE_USER,
    USER_URN,
    Attribute,
    ResourceType,
    Schema,
)
from scimbridge.scim.errors import InvalidSyntax, InvalidValue
from scimbridge.scim.json_text import read_json
from scimbridge.scim.reading import Manner, is_same, read_resource, read_value

OWN_URN = "urn:example:params:scim:schemas:extension:2.0:Own"
OWN = Schema(
    OWN_URN,
    "Own",
    "Own",
    (
        Attribute("population", type="complex", sub=(Attribute("id"), Attribute("name", mutability="readOnly"))),
        Attribute("tags", multi_valued=True),
        Attribute("open", type="complex"),
        Attribute("grade", type="integer"),
        Attribute("hidden", stored=False),
        Attribute("label", mutability="readOnly", composed=True),
    ),
)
TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, OWN))


@pytest.fixture
def told():
    """What was noticed."""
    return []


@pytest.fixture
def kind(told):
    """Read a client kindly."""
    return Manner(False, told.append)


@pytest.fixture
def strict(told):
    """Read a client to the letter."""
    return Manner(True, told.append)


def test_names_and_urns_come_in_any_case(kind):
    """What comes out is spelled as the schemas spell it."""
    body = {
        "USERNAME": "u",
        "Name": {"GIVENNAME": "G"},
        "EMAILS": [{"VALUE": "a@x.org", "Type": "work"}],
        ENTERPRISE_URN.upper(): {"DEPARTMENT": "D"},
        f"{USER_URN}:TITLE": "T",
        f"{OWN_URN}:Grade": 1,
        "Schemas": [USER_URN],
    }
    assert read_resource(body, TYPE, kind) == {
        "userName": "u",
        "name": {"givenName": "G"},
        "emails": [{"value": "a@x.org", "type": "work"}],
        "title": "T",
        ENTERPRISE_URN: {"department": "D"},
        OWN_URN: {"grade": 1},
    }


def test_an_extension_attribute_is_known_by_its_name_alone(kind):
    """A name that only one extension has needs no URN (RFC 7644 §3.10)."""
    assert read_resource({"grade": 1}, TYPE, kind) == {OWN_URN: {"grade": 1}}


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_no_value_is_absence_in_what_is_new(kind, empty):
    """A new resource has nothing to lose: null, empty text, array and object are absence there (RFC 7643 §2.5)."""
    body = {
        "userName": "u",
        "title": empty,
        "name": {"givenName": empty},
        "emails": [{"value": empty}],
        ENTERPRISE_URN: empty,
    }
    assert read_resource(body, TYPE, replace(kind, making=True)) == {"userName": "u"}


def test_false_and_zero_are_values(kind):
    """Neither is absence."""
    assert read_resource({"active": False, "grade": 0}, TYPE, kind) == {"active": False, OWN_URN: {"grade": 0}}


def test_read_only_members_are_ignored(kind, told):
    """A client that sends back an answer sends id, meta and groups too (RFC 7644 §3.5.1)."""
    body = {
        "id": "1",
        "meta": {"location": "x"},
        "groups": [{"value": "g"}],
        OWN_URN: {"population": {"id": "p", "name": "n"}},
    }
    assert read_resource(body, TYPE, kind) == {OWN_URN: {"population": {"id": "p"}}}
    assert told == []


def test_what_is_not_kept_is_told(kind, told):
    """Unknown attributes, sub-attributes and schemas, and what is computed here, are left out and named."""
    body = {
        "x": 1,
        "name": {"y": 2},
        "urn:foreign:1.0": {"a": 1},
        "urn:foreign:a": 1,
        "http://old/schema": {},
        "": 1,
        OWN_URN: {"hidden": 1, "label": "l", "z": 1},
    }
    assert read_resource(body, TYPE, kind) == {}
    assert told == [
        "x",
        "name.y",
        "urn:foreign:1.0",
        "urn:foreign:a",
        "http://old/schema",
        "...",
        f"{OWN_URN}:hidden",
        "label",
        f"{OWN_URN}:z",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "u", "USERNAME": "v"},
        {"title": "a", f"{USER_URN}:title": "b"},
        {"name": {"givenName": "a", "givenname": "b"}},
    ],
)
def test_an_attribute_twice_is_refused(kind, body):
    """Which of two values was meant nobody can say."""
    with pytest.raises(InvalidSyntax, match="stands twice"):
        read_resource(body, TYPE, kind)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"active": "True"}, {"active": True}),
        ({"active": {"value": "False"}}, {"active": False}),
        ({"emails": {"value": "a@x.org"}}, {"emails": [{"value": "a@x.org"}]}),
        ({"emails": "a@x.org"}, {"emails": [{"value": "a@x.org"}]}),
        (
            {"emails": ["a@x.org", {"value": "b@x.org", "primary": "TRUE"}]},
            {"emails": [{"value": "a@x.org"}, {"value": "b@x.org", "primary": True}]},
        ),
        ({"roles": [{"value": "r"}, '{"value": "s"}']}, {"roles": [{"value": "r"}, {"value": "s"}]}),
        ({OWN_URN: {"population": " p "}}, {OWN_URN: {"population": {"id": "p"}}}),
        ({"manager": "m"}, {ENTERPRISE_URN: {"manager": {"value": "m"}}}),
        ({"manager": '{"value": "m"}'}, {ENTERPRISE_URN: {"manager": {"value": "m"}}}),
        ({"addresses": [{"countryCode": "DE"}]}, {"addresses": [{"country": "DE"}]}),
        ({"tags": "one"}, {OWN_URN: {"tags": ["one"]}}),
        ({"open": {"value": {"a": None}}}, {OWN_URN: {"open": {"value": {"a": None}}}}),
    ],
)
def test_forms_of_known_clients(kind, body, read):
    """What clients send that RFC 7644 does not say is read as what it means."""
    assert read_resource(body, TYPE, kind) == read


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"emails": {"value": "a@x.org"}}, "emails"),
        ({"emails": ["a@x.org"]}, "emails"),
        ({"manager": "m"}, "manager"),
        ({"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]}, "emails"),
    ],
)
def test_strict_clients_are_held_to_the_letter(strict, body, name):
    """The same forms are refused, with the attribute's name, where the RFC is followed to the letter."""
    with pytest.raises(InvalidValue, match=name):
        read_resource({"schemas": [USER_URN], **body}, TYPE, strict)


def test_words_stay_words_for_strict_clients(strict):
    """The codec then says that a string is no boolean."""
    assert read_resource({"schemas": [USER_URN], "active": "True"}, TYPE, strict) == {"active": "True"}
    with pytest.raises(InvalidSyntax, match="schemas"):
        read_resource({"userName": "u"}, TYPE, strict)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"name": 5}, "name"),
        ({"name": [["a"]]}, "name"),
        ({"name": [{"givenName": "a"}, {"givenName": "b"}]}, "name"),
        ({"name": True}, "name"),
        ({"emails": [5]}, "emails"),
        ({"emails": [[{"value": "a"}]]}, "emails"),
        ({"emails": True}, "emails"),
        ({ENTERPRISE_URN: "x"}, "enterprise"),
        ({ENTERPRISE_URN: ""}, "enterprise"),
        ({ENTERPRISE_URN: []}, "enterprise"),
        ({ENTERPRISE_URN: [1]}, "enterprise"),
        ({"name": "  "}, "name"),
        ({"open": 5}, "open"),
        ({"open": "x"}, "open"),
    ],
)
def test_a_wrong_shape_is_refused(kind, body, name):
    """A number for an object, an array for an object: the sentence names the attribute."""
    with pytest.raises(InvalidValue, match=name):
        read_resource(body, TYPE, kind)


def test_two_primary_values_are_told(kind, told):
    """Ping's own provisioner sends the same address twice, both primary: the first counts."""
    read_resource({"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]}, TYPE, kind)
    assert told == ["emails: several elements are primary, the first counts"]


def test_only_what_may_be_json_stays_for_its_codec(kind, strict):
    """A codec reads arrays and objects that a text may be sent as; anywhere else there is one value."""
    title = CORE_USER.find("title")
    for takes, value in (((dict,), {"value": 1}), ((list, dict), [1]), ((list,), ["a", "b"])):
        assert read_value(replace(title, takes=takes), value, kind) == value
        with pytest.raises(InvalidValue, match="title"):
            read_value(title, value if value != [1] else [[1]], strict)
    with pytest.raises(InvalidValue, match="title"):
        read_value(title, {"a": 1}, kind)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ({"active": [False]}, {"active": False}),
        ({"active": ["False"]}, {"active": False}),
        ({"userName": ["u"]}, {"userName": "u"}),
        ({"name": [{"givenName": ["G"]}]}, {"name": {"givenName": "G"}}),
        ({"emails": [{"value": ["a@x.org"], "type": ["work"]}]}, {"emails": [{"value": "a@x.org", "type": "work"}]}),
        ({OWN_URN: [{"grade": [1], "open": [{"a": 1}]}]}, {OWN_URN: {"grade": 1, "open": {"a": 1}}}),
        ({"manager": ["m"]}, {ENTERPRISE_URN: {"manager": {"value": "m"}}}),
    ],
)
def test_one_value_may_stand_in_an_array(kind, strict, body, read):
    """A Java client sends all values so; strict clients are refused."""
    assert read_resource(body, TYPE, kind) == read
    with pytest.raises(InvalidValue):
        read_resource({"schemas": [USER_URN], **body}, TYPE, strict)


@pytest.mark.parametrize("name", ["title", "active", "name", "grade"])
@pytest.mark.parametrize("value", [["a", "b"], [["a"]], [None], [""], [{}], [[]], []])
def test_another_array_is_no_value(kind, name, value):
    """Of two values nobody knows which was meant, and an empty one may be what a client lost."""
    with pytest.raises(InvalidValue, match=name):
        read_resource({name: value}, TYPE, kind)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("10115", "10115"),
        ("0", "0"),
        ("-7", "-7"),
        ("1.5", "1.5"),
        ("4711.10", "4711.10"),
        ("12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("0.1000000000000000000001", "0.1000000000000000000001"),
        ("1.2345678E7", "12345678"),
        ("1e3", "1000"),
    ],
)
def test_numbers_are_texts_of_their_digits(kind, strict, written, text):
    """HR systems hold postal codes and personnel numbers as numbers; no digit is lost."""
    body = read_json(
        f'{{"schemas": ["{USER_URN}"], "externalId": {written}, "tags": [{written}], "active": true,'
        f' "addresses": [{{"postalCode": {written}}}]}}'.encode()
    )
    read = read_resource(body, TYPE, kind)
    assert (read["externalId"], read["addresses"], read[OWN_URN]) == (text, [{"postalCode": text}], {"tags": [text]})
    assert not isinstance(read_resource(body, TYPE, strict)["externalId"], str)


def test_a_number_is_no_secret_and_no_id(kind):
    """It stays a number, and whoever writes it refuses it before a call."""
    assert read_resource({"password": 12345678}, TYPE, kind)["password"] == 12345678
    assert read_value(CORE_GROUP.find("members"), [{"value": 5}], kind) == [{"value": 5}]
    assert read_value(Attribute("id", removable=False), 7, kind) == 7


@pytest.mark.parametrize("value", [True, False, 1e300])
def test_what_is_no_number_of_digits_is_no_text(kind, value):
    """A boolean in a text is a mistake, and so is a number that has to be written out; the codec refuses both."""
    assert read_resource({"title": value}, TYPE, kind)["title"] is value


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("https://x.org/scim/v2/Users/5c2d", "5c2d"),
        ("../Groups/5c2d/", "5c2d"),
        ("/users/5c2d", "5c2d"),
        ("Users/5c2d", "5c2d"),
        ("https://x.org/scim/v2/Populations/5c2d", None),
        ("https://x.org/scim/v2/Users/", None),
        ("https://x.org/scim/v2/Users/5c2d?x=1", None),
        ("https://x.org/scim/v2/Users/5%2Fc", None),
        ("5c2d", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_a_member_without_value_is_the_one_of_its_reference(kind, strict, reference, key):
    """`$ref` says who it is where it ends in an endpoint and an id; else, and for strict clients, nobody does."""
    members = CORE_GROUP.find("members")
    for element in ({"$ref": reference}, {"value": None, "$REF": reference, "display": "x"}):
        if key is None:
            with pytest.raises(InvalidValue, match="members"):
                read_value(members, [element], kind)
        else:
            assert read_value(members, [element], kind)[0]["value"] == key
        with pytest.raises(InvalidValue, match="members"):
            read_value(members, [element], strict)
    assert read_value(members, [{"value": "a", "$ref": "/Users/b"}], kind)[0]["value"] == "a"


def test_the_body_is_left_alone(kind):
    """Reading makes something new."""
    body = {"emails": {"value": "a"}, "name": {"givenName": ""}}
    read_resource(body, TYPE, kind)
    assert body == {"emails": {"value": "a"}, "name": {"givenName": ""}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0, False, False),
        (1, True, False),
        (1, 1.0, True),
        (None, False, False),
        ({"a": [0]}, {"a": [False]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        ("a", ["a"], False),
    ],
)
def test_the_same_json(one, other, same):
    """A client that turns 0 into false has changed something, whatever Python says of it."""
    assert is_same(one, other) is same
    assert is_same(other, one) is same
