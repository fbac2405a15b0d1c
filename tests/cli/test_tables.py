"""The words below `tables`: what is printed, and what is said where PingOne does not answer."""

from __future__ import annotations

from contextlib import closing

import pytest
from click.testing import CliRunner

from scimbridge.cli.commands import command
from scimbridge.sandbox import Sandbox, describe


@pytest.fixture(scope="module")
def environ():
    with closing(Sandbox.start(seed=5)) as sandbox:
        yield {**describe(sandbox), "SCIMBRIDGE_BEARER_TOKEN": "Vb7qG2-wzXo9LkR4tYp1NsD8uFhJ3mCe"}


def test_suggest_prints_rows(environ):
    """Rows in their section, as TOML to paste."""
    result = CliRunner().invoke(command, ["tables", "suggest"], env=environ)
    assert result.exit_code == 0
    assert '["urn:pingidentity:schemas:extension:2.0:PingOneUser"]\ndepartment = "department"\n' in result.output


def test_suggest_without_pingone(environ):
    """Why there is nothing to print is told with what to do, exit code 2."""
    result = CliRunner().invoke(
        command, ["tables", "suggest"], env={**environ, "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "wrong"}
    )
    assert result.exit_code == 2
    assert "the user schema cannot be read" in result.output
