"""Changes: what is written in which call, and what is refused before the first one."""

from __future__ import annotations

import pytest

from scimbridge.mapping.plan import Changes, plan_change, plan_create
from scimbridge.mapping.translate import compile_answer
from scimbridge.scim.errors import InvalidValue, Mutability
from scimbridge.scim.reading import read_resource

BASE = "https://scim.example.org/scim/v2"
PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
RECORD = {
    "id": "1",
    "username": "u",
    "enabled": True,
    "mfaEnabled": False,
    "population": {"id": "p1"},
    "identityProvider": {"id": "i1", "type": "PING_ONE"},
    "name": {"given": "A", "family": "B"},
    "email": "a@x.org",
    "address": {"countryCode": "DE", "locality": "Ulm", "unmapped": 1},
    "photo": {"href": "https://x.org/a.png"},
    "primaryPhone": "+1 555 1",
    "mobilePhone": "+1 555 2",
    "unmapped": "x",
}


@pytest.fixture
def change(tables, manner):
    """Plan a PUT of a body on the record."""

    def run(body, record=RECORD):
        table = tables["User"]
        after = read_resource(body, table.type, manner)
        return plan_change(table, record, compile_answer(table)(record, BASE), after, manner)

    return run


def test_a_new_user_is_body_and_facets(tables, manner):
    """Plain fields make one body; those with a call of their own stand beside it."""
    body = {
        "userName": "u",
        "name": {"givenName": "A"},
        "active": "false",
        "password": "Pa55word!",
        "externalId": "e",
        "emails": [{"value": "h@x.org", "type": "home"}, {"value": "w@x.org", "type": "Work"}],
        "phoneNumbers": [{"value": "+1 1", "type": "fax"}, {"value": "+1 2"}, {"value": "+1 3", "type": "mobile"}],
        PING: {"population": "p1", "mfaEnabled": True, "account": {"status": "LOCKED"}},
    }
    table = tables["User"]
    changes = plan_create(table, read_resource(body, table.type, manner), manner)
    assert changes.body == {
        "username": "u",
        "name": {"given": "A"},
        "externalId": "e",
        "email": "w@x.org",
        "primaryPhone": "+1 2",
        "mobilePhone": "+1 3",
    }
    assert changes.facets == {
        "enabled": False, "password": "Pa55word!", "population": "p1", "mfaEnabled": True, "account": "LOCKED",
    }  # fmt: skip


def test_what_has_no_place_is_told(tables, manner, told):
    """A fax number and a second address are accepted, kept nowhere, and told."""
    table = tables["User"]
    body = {
        "userName": "u",
        "emails": [{"value": "w@x.org", "type": "work"}, {"value": "h@x.org", "type": "home"}],
        "phoneNumbers": [{"value": "+1 1", "type": "fax"}],
    }
    plan_create(table, read_resource(body, table.type, manner), manner)
    assert told == ['emails[type eq "home"]', 'phoneNumbers[type eq "fax"]']


def test_a_put_writes_nested_objects_whole(change):
    """Each missing member is null, what no row names goes along: right however PingOne reads it."""
    changes = change({"userName": "u", "addresses": [{"type": "work", "country": "France"}]})
    assert changes.body["address"] == {
        "countryCode": "FR",
        "locality": None,
        "streetAddress": None,
        "region": None,
        "postalCode": None,
        "unmapped": 1,
    }
    assert changes.body["name"] is None
    assert changes.body["photo"] is None
    assert {changes.body[name] for name in ("email", "primaryPhone", "mobilePhone")} == {None}
    assert "unmapped" not in changes.body
    assert "username" not in changes.body


def test_facets_that_a_put_leaves_out_stay(change):
    """No client disables or moves anyone by saying nothing."""
    assert change({"userName": "u"}).facets == {}
    changes = change({"userName": "u", "active": False, PING: {"population": {"id": "p2"}, "mfaEnabled": None}})
    assert changes.facets == {"enabled": False, "population": "p2"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"title": True}, "title"),
        ({"title": ["a", "b"]}, "title"),
        ({"title": {"a": 1}}, "title"),
        ({"active": "maybe"}, "active"),
        ({"name": {"givenName": {"a": 1}}}, "name.givenName"),
        ({"name": {"familyName": "Roe\nAnn"}}, "name.familyName"),
        ({"emails": [{"value": "no address"}]}, "emails"),
        ({"emails": [{"value": 7}]}, "emails"),
        ({"timezone": "UTC\n"}, "timezone"),
        ({"phoneNumbers": [{"type": "work", "value": "+1 " + "5" * 33}]}, "phoneNumbers"),
        ({"addresses": [{"country": "Atlantis"}]}, "country"),
        ({"userName": "x" * 129}, "userName"),
        ({"userName": ""}, "userName"),
        ({"externalId": False}, "externalId"),
        ({PING: {"population": {"id": 5}}}, "population.id"),
        ({"title": "a\x07b"}, "title"),
    ],
)
def test_what_pingone_would_refuse_is_refused_first(tables, manner, change, body, name):
    """The sentence names the SCIM attribute, not PingOne's, and repeats no value."""
    table = tables["User"]
    with pytest.raises(InvalidValue, match=name.replace(".", r"\.")):
        plan_create(table, read_resource({"userName": "u", **body}, table.type, manner), manner)
    with pytest.raises(InvalidValue, match=name.replace(".", r"\.")):
        change({"userName": "v", **body})


def test_a_formatted_name_that_pingone_refuses_is_left_out(tables, manner, strict, told):
    """Clients derive it; one that no environment takes is refused to the strict only."""
    table = tables["User"]
    body = {"schemas": [table.type.schema.urn], "userName": "u", "name": {"formatted": "Roe\nAnn", "givenName": "Ann"}}
    assert plan_create(table, read_resource(body, table.type, manner), manner).body["name"] == {"given": "Ann"}
    assert told[0].startswith("name.formatted: left out")
    with pytest.raises(InvalidValue, match=r"name\.formatted"):
        plan_create(table, read_resource(body, table.type, strict), strict)


def test_what_is_equal_is_not_judged(change):
    """A value that PingOne holds and would not take again does not fail a change of something else."""
    record = {**RECORD, "timezone": "UTC", "name": {"family": "Roe, Ann"}}
    body = {"userName": "u", "timezone": "UTC", "name": {"familyName": "Roe, Ann"}, "title": "x"}
    assert change(body, record).body["title"] == "x"


def test_a_group_keeps_its_population(tables, manner):
    """It may be given again or left out; another one is mutability."""
    table = tables["Group"]
    record = {"id": "g", "name": "n", "population": {"id": "p1"}, "description": "d"}
    before = compile_answer(table)(record, BASE)

    def put(extension):
        after = read_resource({"displayName": "n", GROUP: {"description": "d", **extension}}, table.type, manner)
        return plan_change(table, record, before, after, manner)

    assert not put({})
    assert not put({"population": {"id": "p1"}})
    for other in ({"id": "p2"}, "p2"):
        with pytest.raises(Mutability, match="population"):
            put({"population": other})


def test_an_open_object_is_kept_as_it_is(tables, manner):
    """The open `customData` goes over whole, also as an empty object."""
    table = tables["Group"]
    record = {"id": "g", "name": "n", "customData": {"a": {"b": 1}}}
    before = compile_answer(table)(record, BASE)
    for value in ({"value": 1}, {"a": {}}, {}):
        after = read_resource({"displayName": "n", GROUP: {"customData": value}}, table.type, manner)
        changes = plan_change(table, record, before, after, manner)
        assert changes == Changes({"customData": value}, shrunk=frozenset({"customData"}))
    after = read_resource({"displayName": "n"}, table.type, manner)
    assert plan_change(table, record, before, after, manner) == Changes({"customData": None})


def test_nothing_to_do_is_false(change, tables):
    """Resources make no call for changes that are none."""
    assert not change(compile_answer(tables["User"])(RECORD, BASE))
    assert not Changes()
