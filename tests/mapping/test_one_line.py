"""One line in a table: the attribute works everywhere; one word in `disable`: it is nowhere."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from scimbridge.mapping.native import plan_operations
from scimbridge.mapping.plan import plan_change, plan_create
from scimbridge.mapping.query import split_filter
from scimbridge.mapping.schemas import describe_schemas
from scimbridge.mapping.translate import compile_answer
from scimbridge.scim.errors import InvalidFilter, InvalidPath
from scimbridge.scim.filtering import trees
from scimbridge.scim.messages import PatchOperation
from scimbridge.scim.patching.operations import read_operations
from scimbridge.scim.reading import read_resource

OWN = "urn:example:params:scim:schemas:extension:2.0:Own"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BASE = "https://scim.example.org/scim/v2"


class Anything:
    """A PingOne that answers every filter without regard to case."""

    def ignores_case(self, _row, _op):
        """Say whether PingOne minds case."""
        return True

    def answers(self, _row, _op):
        """Say whether PingOne answers the operator."""
        return True


@dataclass(frozen=True)
class Line:
    """An attribute: its path, a SCIM value, the PingOne fields that it makes, a filter that finds it."""

    path: str
    scim: object
    native: dict
    filter: str
    pushed: bool
    kind: str = "string"


LINES = [
    Line(f"{OWN}:badge", "B7", {"badge": "B7"}, 'badge eq "b7"', True),
    Line(f"{OWN}:costCentres", "[a;; b]", {"costCentres": ["a", "b"]}, 'costCentres co "A;;"', False),
    Line(f"{OWN}:skills", ["x", "y"], {"skills": ["x", "y"]}, 'skills eq "y"', True),
    Line(f"{OWN}:profile", '{"p":[1]}', {"profile": {"p": [1]}}, 'profile co "[1]"', False),
    Line(f"{OWN}:settings", {"p": {"q": 1}}, {"settings": {"p": {"q": 1}}}, "settings pr", False, "complex"),
    Line(f"{OWN}:remote", True, {"remote": True}, "remote eq true", False, "boolean"),
    Line(f"{OWN}:grade", 3, {"grade": 3}, "grade gt 2", False, "integer"),
    Line(
        f"{OWN}:hiredAt",
        "2025-03-01T09:15:27Z",
        {"hiredAt": "2025-03-01T09:15:27Z"},
        'hiredAt lt "2025-03-01T10:16:00+01:00"',
        False,
        "dateTime",
    ),
    Line(f"{OWN}:desk.floor", "2", {"desk": {"place": {"floor": "2"}}}, 'desk.floor eq "2"', True),
    Line(f"{OWN}:desk.room", "2.17", {"desk": {"room": "2.17"}}, 'desk[room sw "2."]', False),
    Line(f"{ENTERPRISE}:department", "Ops", {"department": "Ops"}, f'{ENTERPRISE}:department eq "ops"', True),
    Line(f"{ENTERPRISE}:manager.value", "m1", {"managerId": "m1"}, 'manager eq "m1"', False),
]
ALL = pytest.mark.parametrize("line", LINES, ids=[line.path.rpartition(":")[2] for line in LINES])


def body_of(line):
    """Make the resource that has the line's value."""
    urn, _colon, path = line.path.rpartition(":")
    attr, _dot, sub = path.partition(".")
    return {"userName": "u", urn: {attr: {sub: line.scim} if sub else line.scim}}


@ALL
def test_it_is_created(custom, manner, line):
    """A POST with the attribute makes PingOne's field."""
    changes = plan_create(custom, read_resource(body_of(line), custom.type, manner), manner)
    assert changes.body == {"username": "u", **line.native}


@ALL
def test_it_is_answered(custom, line):
    """PingOne's field is the attribute, and its URN is among the schemas."""
    answer = compile_answer(custom)({"id": "1", "username": "u", **line.native}, BASE)
    body = body_of(line)
    urn = next(name for name in body if name.startswith("urn:"))
    assert answer[urn] == body[urn] | ({"label": answer[urn]["label"]} if "label" in answer[urn] else {})
    assert urn in answer["schemas"]


@ALL
def test_it_is_patched_without_a_read(custom, manner, line):
    """A PATCH by path is one operation of PingOne's own, and a removal is another; only an object is read before."""
    operations = read_operations([PatchOperation("replace", line.path, line.scim, True)], custom.type, manner)
    native = plan_operations(custom, operations, manner)
    if any(isinstance(value, dict) and name in ("profile", "settings") for name, value in line.native.items()):
        assert native is None
        return
    (field,) = native.operations
    assert field["op"] == "replace"
    assert field["value"] == flat(line.native)[field["path"]]
    gone = read_operations([PatchOperation("remove", line.path, None, False)], custom.type, manner)
    removal = plan_operations(custom, gone, manner)
    assert removal is None or removal.operations == ({"op": "remove", "path": field["path"]},)


def flat(native):
    """Give PingOne's fields by dotted path, as far as a row may name them."""
    found = {}
    for name, value in native.items():
        found[name] = value
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": part for inner, part in flat(value).items()}
    return found


@ALL
def test_it_is_changed_by_difference(custom, manner, line):
    """A PUT that brings it writes it, and one that leaves it out clears it."""
    bare = {"id": "1", "username": "u"}
    answer = compile_answer(custom)
    resource = read_resource(body_of(line), custom.type, manner)
    added = plan_change(custom, bare, answer(bare, BASE), resource, manner)
    assert added.body == line.native | {top: added.body[top] for top in added.body if top == "desk"}
    held = {**bare, **line.native}
    removed = plan_change(custom, held, answer(held, BASE), {"userName": "u"}, manner)
    assert removed.body == dict.fromkeys(line.native)


@ALL
def test_it_is_found(custom, line):
    """A filter keeps the resource that has it and no other, and is pushed where PingOne can answer it."""
    query = split_filter(trees.parse(line.filter), custom, Anything(), strict=False)
    answer = compile_answer(custom)
    assert query.keeps(answer({"id": "1", "username": "u", **line.native}, BASE))
    assert not query.keeps(answer({"id": "2", "username": "v"}, BASE))
    assert (query.pushed is not None) is line.pushed


@ALL
def test_it_is_published(custom, line):
    """/Schemas has it with its type."""
    urn, _colon, path = line.path.rpartition(":")
    attr, _dot, sub = path.partition(".")
    (schema,) = [part for part in describe_schemas([custom], lambda *_: (), BASE) if part["id"] == urn]
    (attribute,) = [part for part in schema["attributes"] if part["name"] == attr]
    if sub:
        (attribute,) = [part for part in attribute["subAttributes"] if part["name"] == sub]
    assert attribute["type"] == line.kind
    assert attribute["multiValued"] is isinstance(line.scim, list)


def test_a_composed_attribute_is_read_only_everywhere(custom, manner, told):
    """It is answered, found and published; a client's own value is ignored and told."""
    record = {"id": "1", "username": "u", "badge": "B7", "name": {"family": "Roe"}}
    assert compile_answer(custom)(record, BASE)[OWN]["label"] == "Roe, B7"
    query = split_filter(trees.parse('label eq "roe, b7"'), custom, Anything(), strict=False)
    assert query.pushed is None
    assert query.keeps(compile_answer(custom)(record, BASE))
    resource = read_resource({"userName": "u", OWN: {"label": "mine"}}, custom.type, manner)
    assert plan_create(custom, resource, manner).body == {"username": "u"}
    assert told == ["label"]
    (schema,) = [part for part in describe_schemas([custom], lambda *_: (), BASE) if part["id"] == OWN]
    assert [part["mutability"] for part in schema["attributes"] if part["name"] == "label"] == ["readOnly"]


def test_a_list_of_plain_values_is_an_array_at_pingone(compile_rows, manner):
    """`roles.value` without a selector keeps every value of the list, and only the values."""
    table = compile_rows('roles.value = "roles"')
    body = {"userName": "u", "roles": [{"value": "a", "primary": True}, "b"]}
    changes = plan_create(table, read_resource(body, table.type, manner), manner)
    assert changes.body == {"username": "u", "roles": ["a", "b"]}
    answer = compile_answer(table)({"id": "1", "username": "u", "roles": ["a", "b"]}, BASE)
    assert answer["roles"] == [{"value": "a"}, {"value": "b"}]


ROWS = """
title = "title"
name.givenName = "name.given"
name.familyName = "name.family"
displayName = { from = "{name.given} {name.family}" }
'emails[type eq "work"].value' = "email"
["urn:example:own"]
badge = "badge"
"""
RECORD = {
    "id": "1",
    "username": "u",
    "title": "Baker",
    "name": {"given": "Greta", "family": "Falk"},
    "email": "greta@example.org",
    "badge": "B7",
}


@pytest.mark.parametrize(
    ("name", "body", "filter_text", "gone"),
    [
        ("title", {"title": "X"}, "title pr", "title"),
        ("TITLE", {"title": "X"}, "title pr", "title"),
        ("emails", {"emails": [{"value": "a@x.org"}]}, "emails pr", "email"),
        ("emails.value", {"emails": [{"value": "a@x.org"}]}, "emails.value pr", "email"),
        ("name", {"name": {"givenName": "X"}}, "name.givenName pr", "name"),
        ("urn:example:own:badge", {"urn:example:own": {"badge": "X"}}, "urn:example:own:badge pr", "badge"),
        ("urn:example:own", {"urn:example:own": {"badge": "X"}}, "urn:example:own:badge pr", "badge"),
    ],
)
def test_disable_takes_an_attribute_out_everywhere(compile_rows, manner, name, body, filter_text, gone):
    """A disabled attribute is in no schema, request, answer or filter."""
    table = compile_rows(ROWS, head=f'disable = ["{name}"]\n')
    whole = compile_rows(ROWS)
    assert gone in {row.to[0] for row in whole.rows if row.to}
    assert gone not in {row.to[0] for row in table.rows if row.to}
    resource = read_resource({"userName": "u", **body}, table.type, manner)
    assert plan_create(table, resource, manner).body == {"username": "u"}
    hidden = RECORD[gone].values() if isinstance(RECORD[gone], dict) else [RECORD[gone]]
    answer = str(compile_answer(table)(RECORD, BASE))
    assert not [value for value in hidden if value in answer]
    (attr,) = body
    published = {
        part["name"] for schema in describe_schemas([table], lambda *_: (), BASE) for part in schema["attributes"]
    }
    assert not {attr, *(body[attr] if attr.startswith("urn:") else ())} & published
    with pytest.raises(InvalidFilter):
        split_filter(trees.parse(filter_text), table, Anything(), strict=False)


def test_what_is_disabled_is_in_no_composed_value(compile_rows):
    """A name that nobody shall see does not come back through `displayName`."""
    table = compile_rows(ROWS, head='disable = ["name.familyName"]\n')
    assert compile_answer(table)(RECORD, BASE)["displayName"] == "Greta"
    hidden = compile_rows(ROWS, head='disable = ["name"]\n')
    assert "displayName" not in compile_answer(hidden)(RECORD, BASE)


def test_a_disabled_core_attribute_is_dropped_as_any_that_is_not_kept(compile_rows, manner, told):
    """Clients go on sending it: by path it is ignored and told; one of a section of one's own is unknown."""
    table = compile_rows(ROWS, head='disable = ["title", "badge"]\n')
    assert read_operations([PatchOperation("replace", "title", "X", True)], table.type, manner) == ()
    assert told == ["title"]
    with pytest.raises(InvalidPath):
        read_operations([PatchOperation("replace", "badge", "X", True)], table.type, manner)


def test_values_that_cannot_be_joined_are_told(custom):
    """An array whose values would run together in one string is given as an array, and somebody hears of it."""
    told: list[str] = []
    answer = compile_answer(custom, told.append)
    assert answer({"id": "1", "costCentres": ["a;;b", "c"]}, BASE)[OWN]["costCentres"] == ["a;;b", "c"]
    assert len(told) == 1
    assert "costCentres" in told[0]
    assert "a;;b" not in told[0]
    assert answer({"id": "1", "costCentres": ["a", "c"]}, BASE)[OWN]["costCentres"] == "[a;; c]"
    assert len(told) == 1
