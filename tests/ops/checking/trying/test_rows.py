"""Rows that are written and read back: what PingOne drops, refuses or keeps otherwise is told by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.sandbox.model.schema import SchemaAttribute
from scimbridge.state.memory import MemoryState


@pytest.fixture
def try_out(run_check, add_row, clock):
    """Try rows in an environment with attributes of a test's own. Returns the lines about them."""

    def run(sandbox, *rows, **attributes):
        for name, words in attributes.items():
            schema = sandbox.directory.schema
            schema.put(replace(SchemaAttribute(f"id-of-{name}", name), **words))
        return run_check(add_row(*rows), at=sandbox, population="Partners", state=MemoryState(clock))

    return run


def about(said, row):
    return [line for line in said.lines if f"PingOneUser] {row}:" in line]


def test_each_row_with_what_the_environment_says_of_it(make_sandbox, try_out):
    """One trial of many rows: what is dropped is a fault, what is enforced a note, what is kept right."""
    said = try_out(
        make_sandbox(5),
        'desk = "desk"',
        'colour = "colour"',
        'code = "code"',
        'costCentres = { to = "costCentres", codec = "semicolons" }',
        'preferences = { to = "preferences", codec = "json" }',
        'badge = { to = "badge", uniqueness = "server" }',
        'room = { to = "room", uniqueness = "server" }',
        colour={"enumerated": ({"value": "red", "archived": False},)},
        code={"pattern": "[0-9]{4}"},
        badge={"unique": True},
        room={},
    )
    (_schema, dropped) = about(said, "desk")
    assert dropped.startswith("FAULT")
    assert "takes a value for 'desk' and keeps none" in dropped
    assert not [line for line in about(said, "colour") if line.startswith(("FAULT", "warning"))]
    assert any("PingOne takes only values that match [0-9]{4}; the example" in line for line in about(said, "code"))
    assert any("PingOne keeps it unique" in line for line in about(said, "badge"))
    assert any("takes the same value twice" in line for line in about(said, "room"))
    assert about(said, "costCentres") == about(said, "preferences") == []


def test_what_one_call_refuses_is_told_by_row(make_sandbox, try_out):
    """A call of its own that PingOne forbids names its row and the role; the others are tried all the same."""
    sandbox = make_sandbox(5)
    sandbox.faults.plan("error", method="PUT", path="/mfaEnabled", status=403, times=9)
    said = try_out(sandbox)
    (line,) = [line for line in about(said, "mfaEnabled") if line.startswith("FAULT")]
    assert "it cannot be written" in line
    assert "values of users.toml: 28 of 29 rows" in said.text


def test_what_is_required_is_given(make_sandbox, try_out):
    """An environment that wants an attribute of its own gets one, and the trial goes on."""
    sandbox = make_sandbox(5)
    said = try_out(sandbox, 'contract = { to = "contract", required = true }', contract={"required": True})
    assert said.faults == []
    assert "values of users.toml: 30 of 30 rows" in said.text


def test_groups_are_tried_too(make_sandbox, try_out):
    """A group is made, filled, emptied and changed; where that is forbidden, it is told."""
    sandbox = make_sandbox(5)
    sandbox.faults.plan("error", method="POST", path="/groups", status=403, times=9)
    said = try_out(sandbox)
    assert any("no group can be made" in line for line in said.faults)
    assert any("values of groups" in line for line in said.lines_of("not tried"))
    assert "a user could be made, changed and deleted" in said.text
