"""`scimbridge config`: what holds, from where, and nothing secret."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scimbridge.cli import commands

WHOLE = {
    "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    "SCIMBRIDGE_PINGONE_CLIENT_ID": "worker",
    "SCIMBRIDGE_PINGONE_CLIENT_SECRET": "s3cr3t-of-the-worker",
    "SCIMBRIDGE_BEARER_TOKEN": "t0ken-of-the-client",
}


@pytest.fixture
def run():
    """The command with no settings but those given."""

    def invoke(*words, **settings):
        nothing = dict.fromkeys(name for name in commands.os.environ if name.startswith("SCIMBRIDGE_"))
        return CliRunner().invoke(commands.command, ["config", *words], env={**nothing, **WHOLE, **settings})

    return invoke


def test_each_setting_says_what_holds_and_where_from(run, tmp_path):
    """Default, file, environment and option are told apart, each with its place."""
    file = tmp_path / "scimbridge.toml"
    file.write_text('pingone_region = "EU"\nport = 9000\nthreads = 8\n')
    result = run("--json", "--threads", "4", SCIMBRIDGE_CONFIG=str(file), SCIMBRIDGE_PORT="9001")
    assert result.exit_code == 0
    held = {one["name"]: (one["value"], one["source"], one["where"]) for one in json.loads(result.stdout)["settings"]}
    assert held["pingone_region"] == ("EU", "file", f"pingone_region in {file}")
    assert held["port"] == ("9001", "environment", "SCIMBRIDGE_PORT")
    assert held["threads"] == ("4", "option", "--threads")
    assert held["strict"] == ("false", "default", "")
    assert held["datetime_offset"] == ("Z", "default", "")
    assert held["default_population_id"] == (None, "default", "")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_no_secret_is_shown(run, words):
    """Secrets are masked, passwords in URLs alone, and wrong ones not at all."""
    urls = {
        "SCIMBRIDGE_HTTP_PROXY": "http://joe:pr0xy-pass@proxy:3128",
        "SCIMBRIDGE_STATE_URL": "redis://redis:6379/0?password=r3dis-pass",
        "SCIMBRIDGE_AUDIT_DATABASE": "postgresql://joe@host/name?password=tra%2Dil-pass",
    }
    result = run(*words, SCIMBRIDGE_PINGONE_REGION="EU", **urls)
    assert result.exit_code == 0
    assert "http://joe:***@proxy:3128" in result.output
    assert "redis://redis:6379/0?***" in result.output
    for secret in ("s3cr3t", "t0ken", "pr0xy-pass", "r3dis-pass", "il-pass"):
        assert secret not in result.output
    wrong = run(*words, SCIMBRIDGE_PINGONE_REGION="EU", SCIMBRIDGE_BEARER_TOKEN="two w0rds")
    assert wrong.exit_code == 2
    assert "w0rds" not in wrong.output


def test_faults_and_unknown_variables_are_told_beside_what_holds(run):
    """All settings are shown, also where some are wrong; what is wrong follows, and the exit code is 2."""
    result = run(SCIMBRIDGE_STRICT="maybe", SCIMBRIDGE_COLOUR="blue", SCIMBRIDGE_PINGONE_REGION="EU")
    assert result.exit_code == 2
    assert "page_size" in result.stdout
    assert "fault: SCIMBRIDGE_STRICT: 'maybe' is neither true nor false" in result.stderr
    assert "warning: SCIMBRIDGE_COLOUR is not a setting" in result.stderr
