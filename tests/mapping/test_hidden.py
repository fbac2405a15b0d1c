"""What is hidden from a client is out of its tables as if it were disabled, and never stands in for something else."""

from __future__ import annotations

import pytest

from scimbridge.mapping.native import plan_operations
from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import compile_answer
from scimbridge.pingone.kinds import KINDS
from scimbridge.resources.tables import Tables
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource

BASE = "https://scim.example/scim/v2"
RECORD = {
    "id": "1",
    "username": "u",
    "name": {"given": "Greta", "family": "Falk", "honorificPrefix": "Dr."},
    "primaryPhone": "+49 30 1",
    "mobilePhone": "+49 151 2",
}


@pytest.fixture
def hide(shipped):
    """Return the table of users with some attributes hidden."""

    def compile_hidden(*names: str) -> Table:
        return compile_tables(shipped, KINDS, hidden=(("User", names),))["User"]

    return compile_hidden


def change(table, manner, make):
    """Return what a change of RECORD is at PingOne."""
    before = compile_answer(table)(RECORD, BASE)
    return plan_change(table, RECORD, before, make(before), manner).body


@pytest.mark.parametrize("name", ["phoneNumbers", "PHONENUMBERS.value",
                                  "urn:ietf:params:scim:schemas:core:2.0:User:title",
                                  'phoneNumbers[type eq "mobile"].value', "name.honorificPrefix",
                                  "urn:pingidentity:schemas:extension:2.0:PingOneUser"])  # fmt: skip
def test_hidden_and_disabled_are_the_same_attributes(shipped, name):
    """What a name means in `hidden` it means in `disable`."""
    text = shipped["users.toml"].replace("disable     = []", f"disable = ['{name}']")
    disabled = compile_tables({**shipped, "users.toml": text}, KINDS)["User"]
    hidden = compile_tables(shipped, KINDS, hidden=(("User", (name,)),))["User"]
    whole = compile_tables(shipped, KINDS)["User"]
    assert [row.spelled for row in hidden.rows] == [row.spelled for row in disabled.rows] != [
        row.spelled for row in whole.rows
    ]  # fmt: skip


def test_a_put_leaves_what_is_hidden(hide, manner):
    """A client that puts back what it sees changes nothing that it does not see, not even beside it."""
    table = hide("phoneNumbers", "name.honorificPrefix")
    body = {"userName": "u", "name": {"familyName": "Neu"}, "phoneNumbers": [], "title": "T"}
    resource = read_resource(body, table.type, manner)
    assert change(table, manner, lambda before: keep_unmentioned(table, body, before, resource)) == {
        "name": {"given": None, "family": "Neu", "honorificPrefix": "Dr."} | {"middle": None, "honorificSuffix": None,
                                                                             "formatted": None},
        "title": "T",
    }  # fmt: skip


@pytest.mark.parametrize(
    "operation",
    [
        PatchOperation("replace", "phoneNumbers", [{"type": "mobile", "value": "+1"}], True),
        PatchOperation("replace", 'phoneNumbers[type eq "mobile"].value', "+1", True),
        PatchOperation("remove", 'phoneNumbers[type eq "mobile"]', None, False),
        PatchOperation("remove", "phoneNumbers", None, False),
        PatchOperation("add", None, {"phoneNumbers": [{"type": "mobile", "value": "+1"}]}, True),
        PatchOperation("add", None, {"urn:ietf:params:scim:schemas:core:2.0:User:title": "X"}, True),
        PatchOperation("replace", "urn:ietf:params:scim:schemas:core:2.0:User:title", "X", True),
        PatchOperation("add", None, {"urn:pingidentity:schemas:extension:2.0:PingOneUser": {"accountId": "a"}}, True),
        PatchOperation("remove", "urn:pingidentity:schemas:extension:2.0:PingOneUser", None, False),
        PatchOperation("replace", "urn:pingidentity:schemas:extension:2.0:PingOneUser:accountId", "a", True),
    ],
)
def test_a_patch_touches_nothing_hidden(hide, manner, operation):
    """By path, without one, by URN: nothing that is hidden is written, on either way to PingOne."""
    table = hide("phoneNumbers", "title", "urn:pingidentity:schemas:extension:2.0:PingOneUser")
    operations = read_operations([operation], table.type, manner)
    native = plan_operations(table, operations, manner)
    assert native is None or (native.operations, native.facets) == ((), {})
    assert change(table, manner, lambda before: apply_operations(before, operations, strict=False)) == {}


def test_removing_an_object_leaves_its_hidden_members(hide, manner):
    """`remove name` takes the parts that the client sees."""
    table = hide("name.honorificPrefix")
    operations = read_operations([PatchOperation("remove", "name", None, False)], table.type, manner)
    native = plan_operations(table, operations, manner)
    assert native is not None
    assert "name" not in {operation["path"] for operation in native.operations}
    assert "name.honorificPrefix" not in {operation["path"] for operation in native.operations}


@pytest.mark.parametrize(
    "element", [{"type": "mobile", "value": "+1"}, {"type": "mobile", "value": "+1", "primary": True}]
)
def test_a_hidden_type_takes_no_other_ones_place(hide, manner, element):
    """Where mobile numbers are hidden, a mobile number that is sent does not become the one of work."""
    table = hide('phoneNumbers[type eq "mobile"].value')
    body = {"userName": "u", "phoneNumbers": [element]}
    assert plan_create(table, read_resource(body, table.type, manner), manner).body == {"username": "u"}
    operations = read_operations([PatchOperation("add", "phoneNumbers", [element], True)], table.type, manner)
    native = plan_operations(table, operations, manner)
    assert native is not None
    assert native.operations == ()
    assert compile_answer(table)(RECORD, BASE)["phoneNumbers"] == [{"type": "work", "value": "+49 30 1"}]


MAILED = {**RECORD, "email": "g@example.org", "address": {"locality": "Ulm"}}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("emails.type", "emails.primary"), {"value": "g@example.org"}),
        (("EMAILS.Type",), {"value": "g@example.org", "primary": True}),
        (("urn:ietf:params:scim:schemas:core:2.0:User:emails.primary",), {"value": "g@example.org", "type": "work"}),
        (("addresses.type",), {"value": "g@example.org", "type": "work", "primary": True}),
    ],
)
def test_a_client_may_do_without_what_it_does_not_send(shipped, hide, manner, names, expected):
    """The type and mark of the one value of a list are hidden, or disabled for all; so an echo changes nothing."""
    text = shipped["users.toml"].replace("disable     = []", f"disable = {list(names)}")
    disabled = compile_tables({**shipped, "users.toml": text}, KINDS)["User"]
    for table in (hide(*names), disabled):
        answer = compile_answer(table)(MAILED, BASE)
        assert answer["emails"] == [expected]
        published = {part.name for part in table.published.schema.find("emails").sub}
        assert published & {"type", "primary"} == expected.keys() - {"value"}
        after = read_resource({"userName": "u", "emails": [{"value": "g@example.org"}]}, table.type, manner)
        assert plan_change(table, MAILED, answer, {**answer, **after}, manner).body == {}


@pytest.mark.parametrize("value", ["new@example.org", None])
def test_a_value_without_its_type_is_still_changed(hide, manner, value):
    """A path by type, a whole list and a removal reach the one value, whatever its answer shows."""
    table = hide("emails.type", "emails.primary")
    op = ("replace", value) if value else ("remove", None)
    for path, given in (('emails[type eq "work"].value', op[1]), ("emails", value and [{"value": value}])):
        operations = read_operations([PatchOperation(op[0], path, given, bool(value))], table.type, manner)
        before = compile_answer(table)(MAILED, BASE)
        native = plan_operations(table, operations, manner)
        assert native is not None
        assert [operation.get("value") for operation in native.operations] == [value]
        assert before["emails"] == [{"value": "g@example.org"}]


def test_the_types_of_several_values_stay(shipped):
    """Without its type a number would be nobody knows which: that is a fault of the clients file, and of a table."""
    faults = Tables(shipped).check_hidden((("User", ("phoneNumbers.type", "phoneNumbers.primary", "title.type")),))
    assert faults == [
        "hidden.User: 'phoneNumbers.type' cannot be hidden: it says which of several values of phoneNumbers one is",
        "hidden.User: 'phoneNumbers.primary' cannot be hidden: it says which of several values of phoneNumbers one is",
        "hidden.User: 'title.type' is no attribute of users.toml; did you mean 'title'?",
    ]


def test_a_rule_is_about_what_was_sent(shipped, manner):
    """A rule that looks at a hidden attribute is kept: for this client nobody has one."""
    rule = '\n[[population]]\nwhen = "not (urn:example:own:badge pr)"\nuse = "Guests"\n'
    text = shipped["users.toml"].replace("[common]", '["urn:example:own"]\nbadge = "badge"\n[common]', 1) + rule
    table = compile_tables({**shipped, "users.toml": text}, KINDS, hidden=(("User", ("urn:example:own",)),))["User"]
    assert table.type.find_schema("urn:example:own") is None
    (kept,) = table.populations
    assert kept.type.find_schema("urn:example:own") is not None


@pytest.mark.parametrize(
    ("native", "hidden"),
    [
        ("primaryPhone", True), ("mobilePhone", True), ("name.honorificPrefix", True), ("name", False),
        ("name.family", False), ("address", True), ("address.locality", True), ("email", False), ("nobody", False),
    ],
)  # fmt: skip
def test_pingones_name_of_what_is_hidden_is_known(hide, native, hidden):
    """Also that of an object of which all is hidden, and of no other."""
    assert hide("phoneNumbers", "name.honorificPrefix", "addresses").is_hidden(native) is hidden
    assert not hide().is_hidden(native)


@pytest.mark.parametrize(
    ("hidden", "told"),
    [
        ((("User", ("phoneNumber",)),),
         ["hidden.User: 'phoneNumber' is no attribute of users.toml; did you mean 'phoneNumbers'?"]),
        ((("User", ("userName",)),), ["hidden.User: 'userName' cannot be hidden: it is required"]),
        ((("Group", ("displayName", "id")),), ["hidden.Group: 'displayName' cannot be hidden: it is required",
                                               "hidden.Group: 'id' cannot be hidden: it is required"]),
        ((("Usr", ("title",)),),
         ["hidden: 'Usr' is no resource type; there are Group, Population, User; did you mean 'User'?"]),
        ((("Group", ("members",)), ("User", ("emails", "name.givenName"))), []),
        ((), []),
    ],
)  # fmt: skip
def test_what_is_wrong_with_hidden_attributes_is_told(shipped, hidden, told):
    """Every fault at once, each a sentence that names the resource type and the attribute; none where there is none."""
    assert Tables(shipped).check_hidden(hidden) == told
