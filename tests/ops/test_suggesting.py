"""Rows for what no row keeps: what is printed loads, fits the environment, and carries values both ways."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from scimbridge.ops.printing.suggestions import show_suggestions
from scimbridge.ops.suggesting import HEAD, suggest
from scimbridge.sandbox.model.schema import SchemaAttribute
from scimbridge.settings.declared import default_mappings

ATTRIBUTES = (
    {"name": "badge", "unique": True},
    {"name": "contract", "required": True},
    {"name": "colour", "enumerated": ({"value": "red"}, {"value": "old", "archived": True}, {"value": "blue"})},
    {"name": "profiles", "type": "JSON", "multi_valued": True},
    {"name": "desk-number"},
    {"name": "AccountId"},
    {"name": "off", "enabled": False},
)


@pytest.fixture
def printed(settings, clock):
    """Return what is printed for a folder of tables."""

    def run(folder=None, *, whole=False, as_json=False):
        stream = io.StringIO()
        show_suggestions(stream, suggest(replace(settings, mappings=folder)), whole=whole, as_json=as_json)
        return stream.getvalue()

    return run


@pytest.fixture
def declared(sandbox):
    """An environment with a custom attribute of every kind."""
    for each in ATTRIBUTES:
        sandbox.directory.schema.put(replace(SchemaAttribute(f"id-of-{each['name']}", each["name"]), **each))


def test_rows_have_the_words_that_the_schema_asks_for(declared, printed):
    """Codec from type and number of values, uniqueness, need and values as PingOne has them."""
    lines = [line.split("    #")[0] for line in printed().splitlines()]
    assert 'department = "department"' in lines
    assert 'costCentres = { to = "costCentres", codec = "semicolons" }' in lines
    assert 'preferences = { to = "preferences", codec = "json" }' in lines
    assert 'profiles = { to = "profiles", codec = "json" }' in lines
    assert 'badge = { to = "badge", uniqueness = "server" }' in lines
    assert 'contract = { to = "contract", required = true }' in lines
    assert 'colour = { to = "colour", canonicalValues = ["red","blue"] }' in lines
    assert 'desk-number = "desk-number"' in lines
    assert not [line for line in lines if line.startswith("off")]


def test_what_is_printed_loads_and_fits(declared, printed, run_check, tmp_path):
    """Pasted into an extending table it is without a fault, and nothing is left that no row keeps."""
    file = tmp_path / "mine.toml"
    file.write_text("\n".join(HEAD) + "\n" + printed(), encoding="utf-8")
    said = run_check(tmp_path)
    assert (said.faults, said.warnings) == ([], [])
    assert "every attribute of the environment's user schema has a row" in said.text
    file.write_text(printed(whole=True), encoding="utf-8")
    assert run_check(tmp_path).faults == []


def test_rows_for_a_table_that_has_the_section_already(printed, run_check, tmp_path):
    """The head of a section is not printed twice, and rows that are there are not either."""
    file = tmp_path / "mine.toml"
    section = '["urn:pingidentity:schemas:extension:2.0:PingOneUser"]\n'
    own = "\n".join(HEAD) + "\n" + section + 'department = "department"\n'
    file.write_text(own, encoding="utf-8")
    text = printed(tmp_path)
    assert "mine.toml has this section already" in text
    assert "\n[" not in text
    assert "department" not in text
    file.write_text(own + text, encoding="utf-8")
    assert (
        printed(tmp_path)
        == "# Every attribute of the environment's user schema has a row, or was taken out on purpose.\n"
    )
    assert run_check(tmp_path).faults == []


def test_what_was_taken_out_on_purpose_is_not_suggested(printed, tmp_path):
    """`disable` and `= false` are decisions."""
    core = '["urn:ietf:params:scim:schemas:core:2.0:User"]\nnickName = false\n'
    (tmp_path / "mine.toml").write_text("\n".join(HEAD) + '\ndisable = ["title"]\n' + core, encoding="utf-8")
    text = printed(tmp_path)
    assert "nickname" not in text
    assert '"title"' not in text


def test_a_whole_table_that_lacks_a_core_attribute(printed, tmp_path):
    """What the shipped table keeps is suggested as the shipped table has it."""
    users = (default_mappings() / "users.toml").read_text(encoding="utf-8")
    without = "".join(line for line in users.splitlines(keepends=True) if not line.startswith("nickName"))
    (tmp_path / "users.toml").write_text(without, encoding="utf-8")
    assert 'nickName = "nickname"' in printed(tmp_path)


def test_suggestions_as_a_document(printed):
    """The same rows with their fields."""
    found = json.loads(printed(as_json=True))
    assert {row["native"] for row in found["rows"]} == {"department", "costCentres", "preferences"}
    assert found["rows"][0]["line"] == 'department = "department"'
