"""PATCH as PingOne's own operations: when it needs no read, and what it then is."""

from __future__ import annotations

import pytest

from scimbridge.mapping.native import plan_operations, removed_facets, settle
from scimbridge.scim.errors import InvalidValue, Mutability
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.apply import apply_operations
from scimbridge.scim.patching.operations import read_operations

PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture
def read(tables, manner):
    """Read operations written as (op, path, value)."""

    def run(*operations):
        sent = [PatchOperation(op, path, value[0] if value else None, bool(value)) for op, path, *value in operations]
        return read_operations(sent, tables["User"].type, manner)

    return run


@pytest.fixture
def plan(tables, manner, read):
    """Plan such operations; the result as short strings, None where the present state is needed."""

    def run(*operations):
        native = plan_operations(tables["User"], read(*operations), manner)
        if native is None:
            return None
        told = [
            f"{part['op']} {part['path']}{' ' + str(part['value']) if 'value' in part else ''}"
            for part in native.operations
        ]
        return told, native.facets

    return run


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (("replace", "title", "x"), ["replace title x"]),
        (("add", "title", "x"), ["replace title x"]),
        (("remove", "title"), ["remove title"]),
        (("replace", "title", ""), ["remove title"]),
        (("replace", "name.givenName", "x"), ["replace name.given x"]),
        (("replace", "name", {"givenName": "x", "familyName": ""}), ["replace name.given x", "remove name.family"]),
        (("replace", 'emails[type eq "WORK"].value', "a@x.org"), ["replace email a@x.org"]),
        (("add", "emails[primary eq true].value", "a@x.org"), ["replace email a@x.org"]),
        (("add", "emails", [{"value": "a@x.org", "type": "work"}]), ["replace email a@x.org"]),
        (("add", "emails", [{"value": "h@x.org", "type": "home"}, {"value": "b@x.org"}]), ["replace email b@x.org"]),
        (("replace", "emails", [{"value": "h@x.org", "type": "home"}]), ["replace email h@x.org"]),
        (("replace", "emails", []), ["remove email"]),
        (("remove", "emails"), ["remove email"]),
        (("remove", 'emails[type eq "work"]'), ["remove email"]),
        (("add", 'phoneNumbers[type eq "mobile"].value', "+1 2"), ["replace mobilePhone +1 2"]),
        (("add", 'phoneNumbers[type eq "fax"].value', "+1 2"), []),
        (
            ("add", "phoneNumbers", [{"type": "mobile", "value": "+1 2"}, {"type": "fax", "value": "+1 3"}]),
            ["replace mobilePhone +1 2"],
        ),
        (("remove", "phoneNumbers"), ["remove primaryPhone", "remove mobilePhone"]),
        (
            ("replace", 'addresses[type eq "work"]', {"locality": "Ulm", "countryCode": "Germany"}),
            [
                "remove address.streetAddress",
                "replace address.locality Ulm",
                "remove address.region",
                "remove address.postalCode",
                "replace address.countryCode DE",
            ],
        ),
        (
            ("add", 'addresses[type eq "work"]', {"locality": "Ulm", "countryCode": "Germany"}),
            ["replace address.locality Ulm", "replace address.countryCode DE"],
        ),
        (("replace", 'addresses[type eq "work"].region', ""), ["remove address.region"]),
        (("replace", "name.formatted", "Roe\nAnn"), ["remove name.formatted"]),
        (("replace", "name.formatted", "Roe, Ann"), ["replace name.formatted Roe, Ann"]),
        (("replace", "roles", [{"value": "x"}]), []),
    ],
)
def test_one_call_without_a_read(plan, operation, expected):
    """These operations mean the same at PingOne, whatever it holds."""
    assert plan(operation) == (expected, {})


@pytest.mark.parametrize(
    "operation",
    [
        ("add", 'emails[type eq "home"].value', "h@x.org"),
        ("add", "emails", [{"value": "h@x.org", "type": "home"}]),
        ("replace", 'emails[value eq "a@x.org"].value', "b@x.org"),
        ("remove", "emails", [{"value": "a@x.org"}]),
        ("remove", 'emails[value eq "a@x.org"]'),
        ("add", "phoneNumbers", [{"value": "+1 2"}]),
        ("replace", 'phoneNumbers[type eq "work"].type', "mobile"),
        ("remove", "phoneNumbers.value"),
        ("replace", 'phoneNumbers[type eq "work"]', {"type": "mobile", "value": "+1 2"}),
        ("replace", "displayName", "x"),
        ("remove", "photos"),
        ("remove", 'photos[type eq "photo"].value'),
    ],
)
def test_the_present_state_decides(plan, operation):
    """For these the user is read first."""
    assert plan(operation) is None


def test_a_composed_value_whose_parts_change_needs_no_read(plan):
    """It is composed anew, whatever the client says it is; other values in the same PATCH go by themselves."""
    told, facets = plan(("replace", None, {"displayName": "Jo Low", "name": {"givenName": "Jo"}, "title": "x"}))
    assert (told, facets) == (["replace name.given Jo", "replace title x"], {})


def test_operations_that_build_on_each_other_need_the_state(plan):
    """A filter may select what the operation before it made; parts of different types never do."""
    assert plan(("add", "emails", [{"value": "a@x.org"}]), ("remove", "emails[primary eq true].value")) is None
    assert plan(
        ("add", 'phoneNumbers[type eq "work"].value', "+1 1"), ("add", 'phoneNumbers[type eq "mobile"].value', "+1 2")
    ) == (["replace primaryPhone +1 1", "replace mobilePhone +1 2"], {})


def test_facets_stand_beside_the_operations(plan):
    """Fields with a call of their own are no part of PingOne's PATCH."""
    value = {
        "active": "False",
        "title": "x",
        f"{PING}:mfaEnabled": True,
        f"{PING}:population": "p2",
        "password": "Pa55word!",
    }
    told, facets = plan(("replace", None, value))
    assert told == ["replace title x"]
    assert facets == {"enabled": False, "mfaEnabled": True, "population": "p2", "password": "Pa55word!"}


@pytest.mark.parametrize(
    "path", ["active", "password", f"{PING}:population", f"{PING}:population.id", f"{PING}:mfaEnabled"]
)
@pytest.mark.parametrize("form", [("remove",), ("replace", None), ("replace", "")])
def test_what_a_user_always_has_cannot_be_removed(tables, manner, read, path, form):
    """On both ways: with and without a read."""
    op, *value = form
    found = read((op, path, *value))
    with pytest.raises(Mutability, match="cannot be removed"):
        plan_operations(tables["User"], found, manner)
    with pytest.raises(Mutability, match="cannot be removed"):
        removed_facets(tables["User"], found)


def test_the_last_word_on_a_facet_counts(tables, read):
    """An identity provider that is given up and then named is named."""
    gone = ("remove", f"{PING}:identityProvider")
    named = ("replace", f"{PING}:identityProvider.id", "i2")
    assert removed_facets(tables["User"], read(named, gone)) == {"identityProvider": None}
    assert removed_facets(tables["User"], read(gone, named)) == {}


def test_wrong_values_are_refused_without_a_call(plan):
    """What PingOne would refuse is refused here, by its SCIM name."""
    with pytest.raises(InvalidValue, match="timezone"):
        plan(("replace", "timezone", "\x07"))
    with pytest.raises(InvalidValue, match=r"name\.givenName"):
        plan(("replace", "name", {"givenName": True}))


@pytest.mark.parametrize(
    ("held", "operation", "left"),
    [
        ([{"value": "a", "type": "work", "primary": True}], ("add", "emails", [{"value": "b"}]), [{"value": "b"}]),
        (
            [{"value": "a", "type": "work", "primary": True}],
            ("add", "emails", [{"value": "b", "type": "home"}]),
            [{"value": "a", "type": "work", "primary": True}, {"value": "b", "type": "home"}],
        ),
        ([], ("add", "emails", [{"value": "b", "type": "home"}]), [{"value": "b", "type": "home"}]),
    ],
)
def test_an_added_value_takes_the_one_place(tables, read, held, operation, left):
    """Beside the present value it would be lost each time it is sent."""
    settled = settle(tables["User"], read(operation))
    assert apply_operations({"emails": held}, settled, strict=False)["emails"] == left


def test_an_added_value_takes_the_place_of_its_type(tables, read):
    """Values of other types stay; one without a type fills what is empty."""
    held = [{"value": "+1 1", "type": "work"}, {"value": "+1 2", "type": "mobile"}]
    added = [{"value": "+1 3", "type": "mobile"}, {"value": "+1 4"}]
    settled = settle(tables["User"], read(("add", "phoneNumbers", added)))
    after = apply_operations({"phoneNumbers": held}, settled, strict=True)["phoneNumbers"]
    assert after == [held[0], added[0], added[1]]
