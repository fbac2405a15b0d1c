"""What the worker may do, as PingOne says where it says so: a worker that only reads is never called good."""

from __future__ import annotations

import pytest


def roles(said):
    (line,) = [line for line in said.lines if line[10:].startswith("roles:")]
    return line


def test_a_worker_that_may_only_read_is_not_called_good(run_check, make_sandbox):
    """Where PingOne shows no roles, writing is what was not tried: exit code 3, and how it is tried."""
    said = run_check(at=make_sandbox(5, rights="read"))
    assert said.code == 3
    assert "everything fits" not in said.text
    assert "not tried (writing, values, operations): run with --write --population NAME" in said.lines[-1]
    assert roles(said).startswith("note")


def test_a_role_that_only_reads_is_a_fault(run_check, make_sandbox):
    """Where PingOne shows the roles, that is known without writing."""
    said = run_check(at=make_sandbox(5, rights="read", shows_roles=True))
    assert said.code == 1
    assert "Identity Data Read Only" in roles(said)
    assert "Identity Data Admin" in roles(said).split("; do: ")[1]


def test_a_role_that_writes_is_right(run_check, make_sandbox):
    """It is said where it holds; what values are taken is still to be tried."""
    said = run_check(at=make_sandbox(5, shows_roles=True))
    assert said.code == 3
    assert roles(said).startswith("ok        roles: Identity Data Admin (environment)")


@pytest.mark.parametrize(("kind", "noted"), [("SANDBOX", False), ("PRODUCTION", True)])
def test_the_type_of_the_environment_is_told(run_check, make_sandbox, kind, noted):
    """Name and type stand there; in production it is said that what is changed is real."""
    said = run_check(at=make_sandbox(None, environment_type=kind))
    assert f"environment: 'Sandbox' can be read ({kind}, EU)" in said.text
    assert ("is of type PRODUCTION" in said.text) is noted


def test_another_region_than_the_one_that_is_set(run_check, make_sandbox):
    """The environment's own record says where it lies."""
    said = run_check(at=make_sandbox(None), pingone_region="NA")
    assert any("lies in region EU" in line for line in said.warnings)
