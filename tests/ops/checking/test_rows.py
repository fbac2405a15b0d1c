"""Rows against the schema of a real environment: what PingOne would swallow is told, by file, section and row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.pingone.schema import BESIDE_SCHEMA, read_declared
from scimbridge.sandbox.model.attributes import CORE
from scimbridge.sandbox.model.schema import SchemaAttribute

WHERE = "users.toml [urn:pingidentity:schemas:extension:2.0:PingOneUser]"


@pytest.fixture
def declare(sandbox):
    """Change attributes of the environment's schema, or add one."""

    def change(name, **changes):
        schema = sandbox.directory.schema
        schema.put(replace(schema.get(name) or SchemaAttribute(f"id-of-{name}", name), **changes))

    return change


@pytest.mark.parametrize(
    "row",
    [
        'department = "department"',
        'costCentres = { to = "costCentres", codec = "semicolons" }',
        'costCentres = { to = "costCentres", codec = "list" }',
        'preferences = { to = "preferences", codec = "json" }',
        'preferences = { to = "preferences", codec = "object" }',
    ],
)
def test_rows_that_fit_are_ok(run_check, add_row, row):
    """A custom attribute of each kind, carried by a codec that fits it, is no fault."""
    said = run_check(add_row(row))
    assert said.code == 3
    assert "fit the environment's user schema" in said.text


@pytest.mark.parametrize(
    ("row", "told", "todo"),
    [
        ('desk = "desk"', "has no attribute 'desk'; PingOne takes it and drops it", "add the attribute in PingOne"),
        ('costs = "CostCentres"', "did you mean 'costCentres'?", "case matters"),
        ('desk = { to = "desk", mutability = "readOnly" }', "PingOne never shows one", "take the row out"),
        ('desk = { from = "{department} {desk}" }', "has no attribute 'desk'", "correct the name"),
        ('costCentres = "costCentres"', "holds several values in PingOne, and the row carries one", "semicolons"),
        ('department = { to = "department", codec = "list" }', "holds one value in PingOne", "take the codec away"),
        ('department = { to = "department", codec = "semicolons" }', "'semicolons' carries several", "allow several"),
        ('preferences = "preferences"', "holds JSON, and the row carries a string", 'codec = "json"'),
        ('department = { to = "department", codec = "json" }', "is a STRING in PingOne", "take the codec away"),
        ('department = { to = "department", codec = "object" }', "'object' carries JSON", "type JSON"),
        ('department = { to = "department", type = "integer" }', "the row carries a integer", 'type = "string"'),
        ('department = { to = "department", type = "boolean" }', "the row carries a boolean", 'type = "string"'),
        ('department.code = "department.code"', "is a STRING and has no members", 'to = "department"'),
    ],
)
def test_rows_that_do_not_fit_are_faults(run_check, add_row, row, told, todo):
    """Each misfit is one line that names the row, says what is so, and what to do."""
    said = run_check(add_row(row))
    assert said.code == 1
    (fault,) = said.faults
    assert fault.startswith(f"FAULT     {WHERE} {row.split(' ')[0]}: ")
    text, remedy = fault.split("; do: ")
    assert told in text
    assert todo in remedy


def test_a_disabled_attribute_is_a_fault(run_check, declare):
    """A standard attribute that is switched off loses values without a word: the row is told."""
    declare("nickname", enabled=False)
    (fault,) = run_check().faults
    assert "[urn:ietf:params:scim:schemas:core:2.0:User] nickName: the attribute 'nickname' is disabled" in fault
    assert "put 'nickName' into `disable`" in fault


def test_a_disabled_row_needs_no_attribute(run_check, declare, folder):
    """What the table disables is not looked for."""
    declare("nickname", enabled=False)
    file = folder / "users.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("disable     = []", 'disable = ["nickName"]'))
    assert run_check(folder).code == 3


def test_a_required_attribute_needs_a_row(run_check, declare):
    """PingOne would refuse each new user: a fault of the table, with the row to add."""
    declare("contract", required=True)
    (fault,) = run_check().faults
    assert "requires 'contract' and no row writes it" in fault
    assert 'contract = { to = "contract", required = true }' in fault


def test_a_required_attribute_should_be_told_to_clients(run_check, declare):
    """Where the row does not say `required`, that is worth a warning."""
    declare("email", required=True)
    said = run_check()
    assert said.code == 3
    (warning,) = said.warnings
    assert "PingOne requires 'email', and clients are not told; do: add required = true" in warning


def test_uniqueness_is_compared_both_ways(run_check, declare, add_row):
    """Unique there and not said here, said here and not kept there: a warning each."""
    declare("email", unique=True)
    said = run_check(add_row('department = { to = "department", uniqueness = "server" }'))
    assert said.code == 3
    assert any("'email' is unique in PingOne, and clients are not told" in line for line in said.warnings)
    assert any("PingOne does not keep 'department' so" in line for line in said.warnings)


def test_several_json_values_need_the_json_codec(run_check, declare, add_row):
    """An object cannot carry an array of objects."""
    declare("preferences", multi_valued=True)
    (fault,) = run_check(add_row('preferences = { to = "preferences", codec = "object" }')).faults
    assert 'write codec = "json"' in fault


def test_a_member_of_a_built_in_object_is_looked_at(run_check, declare):
    """An environment whose `address` lacks a member loses that member."""
    declare("address", subs=("streetAddress", "locality", "region", "postalCode"))
    (fault,) = run_check().faults
    assert "'address' has no member 'countryCode'" in fault


def test_pingones_own_fields_need_no_entry_in_the_schema(run_check, sandbox):
    """An environment may list its own read-only fields or not; that is no fault of a row."""
    schema = sandbox.directory.schema
    for name, _type, _subs in CORE:
        if name in BESIDE_SCHEMA and name != "id":
            del schema._attributes[name]
    schema.put(schema.get("id"))
    assert run_check().code == 3


def test_a_group_row_for_a_field_that_groups_have_not_is_a_fault(run_check, folder):
    """Groups have no attributes of the owner's; `customData` is for those."""
    file = folder / "groups.toml"
    file.write_text(file.read_text(encoding="utf-8") + '\nowner = "owner"\n', encoding="utf-8")
    (fault,) = run_check(folder).faults
    assert "groups.toml [urn:pingidentity:schemas:extension:2.0:PingOneGroup] owner" in fault
    assert "customData" in fault


def test_a_declared_attribute_is_read_with_pingones_defaults():
    """What a schema record leaves out is enabled, single, text and optional."""
    declared = read_declared({"name": "desk"})
    assert (declared.type, declared.enabled, declared.several, declared.required) == ("STRING", True, False, False)
    subs = read_declared({"name": "a", "type": "COMPLEX", "subAttributes": [{"name": "b", "enabled": False}, None]})
    assert subs.subs == {"b": False}


def test_values_and_filters_that_pingone_does_not_have(run_check, declare, add_row):
    """Clients are told of values and filters that PingOne refuses."""
    declare("department", enumerated=({"value": "Sales", "archived": False},))
    declare("desk")
    said = run_check(
        add_row(
            'department = { to = "department", canonicalValues = ["Sales", "Legal"] }',
            'desk = { to = "desk", filter = ["eq", "co"] }',
        )
    )
    assert any("clients are told of Legal" in line for line in said.warnings)
    assert any("filters 'desk' by `co`, and it does not" in line for line in said.warnings)


def test_what_no_row_keeps_is_named(run_check, declare):
    """Attributes of the environment without a row are a note; those that are disabled are none."""
    declare("off", enabled=False)
    (line,) = [line for line in run_check().lines_of("note") if "no row keeps" in line]
    assert "department, costCentres, preferences:" in line
    assert "scimbridge tables suggest" in line
