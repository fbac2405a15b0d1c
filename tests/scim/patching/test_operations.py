"""PATCH operations of clients in canonical form (RFC 7644 §3.5.2)."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import CORE_GROUP, CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER, USER_URN
from scimbridge.scim.characteristics import Attribute, ResourceType, Schema
from scimbridge.scim.errors import InvalidFilter, InvalidPath, InvalidValue, Mutability, NoTarget
from scimbridge.scim.filtering.trees import parse
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import Manner

OWN_URN = "urn:example:params:scim:schemas:extension:2.0:Own"
OWN = Schema(
    OWN_URN,
    "Own",
    "Own",
    (
        Attribute("grade", type="integer"),
        Attribute("hidden", stored=False),
        Attribute("kept", mutability="readOnly"),
        Attribute("label", mutability="readOnly", composed=True),
        Attribute("must", required=True),
    ),
)
USER = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, OWN))
GROUP = ResourceType("Group", "/Groups", "Groups", CORE_GROUP)
NOTHING = object()


@pytest.fixture
def told():
    """What was noticed."""
    return []


@pytest.fixture
def read(told):
    """Read one operation and give back what it comes to, as short tuples."""

    def run(op, path, value=NOTHING, *, strict=False, type_=USER):
        sent = PatchOperation(op, path, None if value is NOTHING else value, value is not NOTHING)
        return [
            (part.op, part.name, part.value) for part in read_operations([sent], type_, Manner(strict, told.append))
        ]

    return run


@pytest.mark.parametrize("strict", [False, True])
def test_paths_in_every_form(read, strict):
    """Plain, dotted, filtered, URN-qualified, in any case: all mean their attribute."""
    assert read("replace", "TITLE", "x", strict=strict) == [("replace", "title", "x")]
    assert read("replace", "Name.givenname", "x", strict=strict) == [("replace", "name.givenName", "x")]
    assert read("add", 'Emails[TYPE eq "work"].VALUE', "x", strict=strict) == [("add", "emails[...].value", "x")]
    assert read("replace", f"{USER_URN.upper()}:title", "x", strict=strict) == [("replace", "title", "x")]
    assert read("replace", f"{ENTERPRISE_URN}:department", "x", strict=strict) == [("replace", "department", "x")]
    assert read("replace", "department", "x", strict=strict) == [("replace", "department", "x")]


@pytest.mark.parametrize(
    "path", ['ims[value eq "ada"].value', 'x:y:z[value eq "ada"].a', 'emails[value eq "ada"].label']
)
def test_what_is_noticed_of_a_path_has_no_value_in_it(read, told, path):
    """What is not stored is noticed by its name, once for all the values that select it."""
    try:
        read("replace", path, "x")
    except InvalidPath as error:
        told.append(str(error))
    read("add", None, {path: "x", "Ada Lovelace": "x"})
    assert "ada" not in " ".join(told).lower()
    assert told


def test_a_path_less_value_is_an_operation_for_each_member(read):
    """Okta, Entra and authentik put all into one value, with keys that are paths."""
    value = {
        "name.givenName": "G",
        "title": "T",
        'emails[type eq "work"].value': "a@x.org",
        f"{ENTERPRISE_URN}:department": "D",
        OWN_URN: {"grade": 1},
        "schemas": [USER_URN],
        "id": "9",
        "meta": {},
        "groups": [],
    }
    assert read("replace", None, value) == [
        ("replace", "name.givenName", "G"),
        ("replace", "title", "T"),
        ("replace", "emails[...].value", "a@x.org"),
        ("replace", "department", "D"),
        ("replace", "grade", 1),
    ]
    assert read("add", None, '{"title": "T"}') == [("add", "title", "T")]


@pytest.mark.parametrize("value", [NOTHING, None, "x", 5, [], [{"title": "x"}, {"title": "y"}], [{}], ["x"]])
def test_a_path_less_value_is_an_object(read, value):
    """Without a path nobody knows what a plain value is for."""
    with pytest.raises(InvalidValue, match="needs an object"):
        read("replace", None, value)


def test_remove_needs_a_path(read):
    """RFC 7644 §3.5.2.2: noTarget."""
    with pytest.raises(NoTarget):
        read("remove", None, {"title": "x"})


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("id", Mutability),
        ("meta.created", Mutability),
        ("groups", Mutability),
        (f"{OWN_URN}:kept", Mutability),
        ("nothing", InvalidPath),
        ("name.nothing", InvalidPath),
        (f"{USER_URN}:nothing", InvalidPath),
        (f"{USER_URN}.nothing", InvalidPath),
        (f"{OWN_URN}:nothing", InvalidPath),
        (f"{OWN_URN}.kept", Mutability),
        ("title[value eq 1]", InvalidPath),
        ("na me", InvalidPath),
        ('name[givenName eq "x"]', InvalidPath),
        ('emails[type eq "work"', InvalidPath),
        ('emails[type xx "work"].value', InvalidFilter),
        ("", InvalidPath),
        ('emails[colour eq "red"].value', InvalidFilter),
        ("emails[type eq 5].value", InvalidFilter),
        ("emails[type].value", InvalidFilter),
    ],
)
def test_a_path_that_cannot_be_changed_or_means_nothing_is_refused(read, path, error):
    """Named by path, a read-only attribute is mutability and an unknown one invalidPath (RFC 7644 §3.12)."""
    with pytest.raises(error):
        read("replace", path, "x")


@pytest.mark.parametrize(
    "path",
    [
        f"{ENTERPRISE_URN}:nothing",
        f"{ENTERPRISE_URN.upper()}:nothing.here",
        f"{ENTERPRISE_URN}:nothing.here.nor.there",
        f"{ENTERPRISE_URN}.nothing",
        f"{ENTERPRISE_URN}:manager.nothing",
        f'{ENTERPRISE_URN}:nothing[type eq "x"].value',
        "urn:example:else:2.0:User:nothing",
        "urn:example:else:2.0:User.nothing.here",
        "urn:example:else:2.0:User.nothing[type eq work].here",
    ],
)
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_an_attribute_of_other_servers_is_left_out(read, told, op, path):
    """Under the enterprise URN and under unknown ones stand attributes of one application: dropped and noticed."""
    assert read(op, path, "x") == []
    assert len(told) == 1
    with pytest.raises((InvalidPath, InvalidFilter)):
        read(op, path, "x", strict=True)


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        (f"{USER_URN}.title", "title"),
        (f"{USER_URN.upper()}.TITLE", "title"),
        (f"{USER_URN}.name.givenName", "name.givenName"),
        (f'{USER_URN}.emails[type eq "work"].value', "emails[...].value"),
        (f"{USER_URN}.emails[type eq work].value", "emails[...].value"),
        (f"{ENTERPRISE_URN}.department", "department"),
        (f"{OWN_URN}.grade", "grade"),
    ],
)
def test_a_urn_with_a_dot_behind_it_is_a_urn(read, dotted, name):
    """ConnId and Syncope write a dot before the attribute, in paths and in the keys of a value."""
    assert read("replace", dotted, "x") == [("replace", name, "x")]
    assert read("add", None, {dotted: "x"}) == [("add", name, "x")]
    with pytest.raises((InvalidPath, InvalidFilter)):
        read("replace", dotted, "x", strict=True)


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("members[value eq 5c2d7f1e-0d6c-4a3e-9a57-1b1f7d1c9b21]", 'value eq "5c2d7f1e-0d6c-4a3e-9a57-1b1f7d1c9b21"'),
        ("members[value eq 1e5d7f1e or value eq 7-seven]", 'value eq "1e5d7f1e" or value eq "7-seven"'),
        ("members[value EQ o'brien@example.com]", 'value eq "o\'brien@example.com"'),
        ('members[type eq User and value eq "a b"]', 'type eq "User" and value eq "a b"'),
    ],
)
def test_values_in_brackets_may_lack_their_quotes(path, where):
    """What is unquoted and no word of JSON is a text, in a path as in a URL; the strict want the quotes."""
    sent = [PatchOperation("remove", path, None, has_value=False)]
    (read,) = read_operations(sent, GROUP, Manner(False, print))
    assert read.where == parse(where)
    with pytest.raises(InvalidFilter):
        read_operations(sent, GROUP, Manner(True, print))


@pytest.mark.parametrize("value", ["12345", "true", "two words", "'a'", "\u201ca\u201d", "a(b)", r"a\b"])
def test_unquoted_values_that_may_mean_something_else_are_refused(read, value):
    """A number, a word of JSON, several words and other quotes are not guessed at."""
    with pytest.raises(InvalidFilter):
        read("remove", f"members[value eq {value}]", type_=GROUP)


def test_the_same_members_of_a_value_are_ignored(read, told):
    """Inside a value they are ignored: clients send whole resources."""
    assert (
        read("replace", None, {"id": "1", "kept": "x", "nothing": "x", "na me": "x", "": "x", "urn:a:1.0": {"b": 1}})
        == []
    )
    assert told == ["nothing", "...", "...", "urn:a:1.0"]


@pytest.mark.parametrize(
    "path", [f"{OWN_URN}:label", f"{OWN_URN}:hidden", "urn:foreign:thing", "urn:foreign:2.0:User:thing"]
)
def test_what_is_not_kept_is_ignored_and_told(read, told, path):
    """Composed, unstored and foreign attributes do not fail a request of a kind client."""
    assert read("replace", path, "x") == []
    assert told == [path]
    with pytest.raises((InvalidPath, Mutability)):
        read("replace", path, "x", strict=True)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_value_clears_on_replace_and_is_nothing_to_add(read, empty):
    """Null is absence (RFC 7643 §2.5), and so is the empty text where one value belongs."""
    assert read("replace", "title", empty) == [("remove", "title", None)]
    assert read("replace", None, {"title": empty}) == [("remove", "title", None)]
    assert read("add", "title", empty) == []
    assert read("replace", f"{ENTERPRISE_URN}:manager", empty) == [("remove", "manager", None)]


def test_members_of_a_complex_value_without_value_are_cleared(read, told):
    """Only what a value names is changed; what it names and leaves empty is cleared."""
    value = {"givenName": "", "familyName": "F", "middleName": None, "x": ""}
    assert read("replace", "name", value) == [
        ("replace", "name", {"familyName": "F"}),
        ("remove", "name.givenName", None),
        ("remove", "name.middleName", None),
    ]
    assert told == ["name.x"]
    assert read("replace", "name", {"x": 1}) == []
    assert read("add", "name", {"givenName": ""}) == []
    assert read("replace", 'addresses[type eq "work"]', {"countryCode": "", "locality": "L"}) == [
        ("replace", "addresses[...]", {"locality": "L"}),
        ("remove", "addresses[...].country", None),
    ]


def test_what_is_required_stays(read):
    """A required attribute is neither removed nor emptied."""
    for path in ("userName", f"{OWN_URN}:must", OWN_URN):
        with pytest.raises(Mutability, match="required"):
            read("remove", path)
    with pytest.raises(InvalidValue, match="userName is required"):
        read("replace", "userName", "")
    with pytest.raises(Mutability, match="what the resource is"):
        read("remove", USER_URN)


def test_an_operation_needs_its_value(read):
    """`add` and `replace` without a value say nothing."""
    for op in ("add", "replace"):
        for path in ("title", ENTERPRISE_URN):
            with pytest.raises(InvalidValue, match="needs a value"):
                read(op, path)


def test_whole_extensions(read, told):
    """A path may be the URN of an extension: its members are those of the value, or all."""
    assert read("add", ENTERPRISE_URN.upper(), {"department": "D", "x": 1}) == [("add", "department", "D")]
    assert told == [f"{ENTERPRISE_URN}:x"]
    names = [part.name for part in ENTERPRISE_USER.attributes]
    assert [name for _op, name, _value in read("remove", ENTERPRISE_URN)] == names
    assert [name for _op, name, _value in read("replace", ENTERPRISE_URN, None)] == names
    assert [name for _op, name, _value in read("replace", None, {ENTERPRISE_URN: None})] == names
    assert read("replace", ENTERPRISE_URN, {}) == read("add", ENTERPRISE_URN, None) == []
    for value in ("x", "", [], [{}]):
        for path, sent in ((None, {ENTERPRISE_URN: value}), (ENTERPRISE_URN, value)):
            with pytest.raises(InvalidValue, match="object with the attributes"):
                read("replace", path, sent)


@pytest.mark.parametrize("path", ["name.givenName", 'emails[type eq "work"].value', "emails.value"])
def test_a_refusal_names_the_attribute_and_its_part(read, path):
    """The part alone could be that of any attribute."""
    name = path.partition(".")[0].partition("[")[0]
    with pytest.raises(InvalidValue, match=rf"^{name}\.\w+: one value"):
        read("replace", path, {})


def test_removal_of_listed_values(read):
    """Entra and JumpCloud remove members by value: only those; an empty list removes nobody."""
    listed = [{"$ref": None, "value": "u1"}]
    assert read("remove", "members", listed, type_=GROUP) == [("remove", "members", [{"value": "u1"}])]
    assert read("remove", "members", {"value": "u1"}, type_=GROUP) == [("remove", "members", [{"value": "u1"}])]
    assert read("remove", "members", "u1", type_=GROUP) == [("remove", "members", [{"value": "u1"}])]
    assert read("remove", "members", [], type_=GROUP) == []
    assert read("remove", "members", type_=GROUP) == [("remove", "members", None)]
    assert read("remove", "emails", [{"type": "work"}]) == [("remove", "emails", [{"type": "work"}])]
    assert read("remove", "emails", None) == [("remove", "emails", None)]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "nobody",
    [
        None, "", " ", {}, 5, "null", "[]", [None], [""], [" "], [{}], [[]], [5], [True],
        [{"value": ""}], [{"value": None}], [{"value": " "}], [{"display": "x"}], [{"type": "User"}],
    ],
)  # fmt: skip
def test_a_removal_that_names_nobody_is_refused(read, nobody, strict):
    """Taken for "all of them" it would empty a group, and taken for "none" it would revoke nothing with 200."""
    with pytest.raises(InvalidValue, match="members"):
        read("remove", "members", nobody, type_=GROUP, strict=strict)


def test_country_code_is_another_name_of_country(read):
    """In paths, in brackets and in values."""
    assert read("replace", 'addresses[type eq "work"].countryCode', "DE") == [
        ("replace", "addresses[...].country", "DE")
    ]
    assert read("add", "addresses", [{"countryCode": "DE"}]) == [("add", "addresses", [{"country": "DE"}])]
    sent = PatchOperation("remove", 'addresses[CountryCode eq "DE"]', None, False)
    (found,) = read_operations([sent], USER, Manner(False, print))
    assert found.where == parse('country eq "DE"')


def test_country_code_is_no_name_to_the_letter(read):
    """In a value it is not stored; a path and a value filter name nothing."""
    assert read("add", "addresses", [{"countryCode": "DE", "locality": "L"}], strict=True) == [
        ("add", "addresses", [{"locality": "L"}])
    ]
    with pytest.raises(InvalidPath, match="countryCode"):
        read("replace", 'addresses[type eq "work"].countryCode', "DE", strict=True)
    with pytest.raises(InvalidFilter, match="CountryCode"):
        read("remove", 'addresses[CountryCode eq "DE"]', strict=True)


def test_values_of_clients_are_read(read):
    """Words for booleans, wrapped scalars and JSON in strings are read by the attribute's type."""
    assert read("replace", "active", "False") == [("replace", "active", False)]
    assert read("replace", None, {"active": {"value": "true"}}) == [("replace", "active", True)]
    assert read("add", "roles", '{"value": "r"}') == [("add", "roles", [{"value": "r"}])]
    assert read("add", 'emails[type eq "work"]', "a@x.org") == [("add", "emails[...]", {"value": "a@x.org"})]
    assert read("replace", 'roles[primary eq "True"].value', "r") == [("replace", "roles[...].value", "r")]
