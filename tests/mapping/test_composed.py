"""Composed values that are replaced: when the field of `else` is written, and when the value is composed anew."""

from __future__ import annotations

import pytest

from scimbridge.mapping.links import Links
from scimbridge.mapping.plan import Changes, plan_change
from scimbridge.mapping.translate import compile_answer
from scimbridge.scim.errors import InvalidValue
from scimbridge.scim.reading import read_resource

BASE = "https://scim.example.org/scim/v2"
PARTS = {"givenName": "Ann", "familyName": "Roe"}
ROWS = """
name.formatted  = "name.formatted"
name.givenName  = "name.given"
name.familyName = "name.family"
displayName     = { from = "{name.given} {name.family}", else = "name.formatted" }
"""


@pytest.fixture
def formatted(compile_rows, manner):
    """Plan a PUT of a name and a display name, and return what `name.formatted` becomes; "unchanged" where nothing."""

    def run(shown, parts, held, rows=ROWS):
        table = compile_rows(rows)
        record = {"id": "1", "username": "u", "name": held}
        body = {"userName": "u", "name": parts or None, **({} if shown is None else {"displayName": shown})}
        after = read_resource(body, table.type, manner)
        changes = plan_change(table, record, compile_answer(table)(record, BASE), after, manner)
        return changes.body.get("name", {}).get("formatted", held.get("formatted"))

    return run


HELD = {"given": "Ann", "family": "Roe"}


@pytest.mark.parametrize(
    ("shown", "parts", "held", "kept"),
    [
        ("Help Desk", PARTS, HELD, "Help Desk"),  # a value of its own
        ("Ann Roe", PARTS, HELD, None),  # what was composed comes back
        ("Ann Miller", PARTS, HELD, None),  # it has something of the parts in it
        ("Help Desk", {**PARTS, "givenName": "Eve"}, HELD, None),  # the parts change too: it is composed anew
        ("Help Desk", {}, {}, "Help Desk"),  # there is nothing to compose it from
        ("Help Desk", {"formatted": "Dr. Roe", **PARTS}, HELD, "Dr. Roe"),  # the field itself is named
        ("Help Desk", PARTS, {**HELD, "formatted": "Help Desk"}, "Help Desk"),  # the one that it has comes back
        (None, PARTS, {**HELD, "formatted": "Help Desk"}, None),  # left out, it goes
        ("Help Desk", {}, HELD, "Help Desk"),  # the parts go, and leave nothing to compose it from
    ],
)
def test_when_the_field_of_else_is_written(formatted, shown, parts, held, kept):
    """A value of its own is kept, one that is made of the parts is not."""
    assert formatted(shown, parts, held) == kept


def test_without_else_nothing_is_written(formatted):
    """A composed value alone is never written."""
    assert formatted("Help Desk", PARTS, HELD, ROWS.replace(', else = "name.formatted"', "")) is None


def test_a_field_that_clients_may_not_write_is_not_written(formatted):
    """Where the row of the field is read-only, `else` only reads it."""
    rows = ROWS.replace(
        'formatted  = "name.formatted"', 'formatted = { to = "name.formatted", mutability = "readOnly" }'
    )
    assert formatted("Help Desk", PARTS, HELD, rows) is None


def test_what_is_refused_names_the_composed_value(compile_rows, manner):
    """A number is no name."""
    table = compile_rows(ROWS)
    before = compile_answer(table)({"id": "1", "username": "u"}, BASE)
    with pytest.raises(InvalidValue, match="displayName: a string is needed"):
        plan_change(table, {"id": "1", "username": "u"}, before, {"userName": "u", "displayName": 5}, manner)


@pytest.mark.parametrize(
    "changes", [Changes({"a": 1}), Changes(facets={"enabled": False}), Changes(links=Links(add=({"value": "u1"},)))]
)
def test_one_change_of_any_kind_is_a_change(changes):
    """A field, a facet or a membership alone is worth a call."""
    assert changes
