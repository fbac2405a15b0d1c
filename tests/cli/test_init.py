"""`scimbridge init` and `scimbridge tables copy`: what they write starts the bridge, and nothing is written over."""

from __future__ import annotations

import os
import stat
import tomllib

import pytest
from click.testing import CliRunner

from scimbridge.access.clients import read_clients
from scimbridge.cli import commands
from scimbridge.configuration import load_configuration
from scimbridge.sandbox import Sandbox


@pytest.fixture(scope="module")
def pingone():
    sandbox = Sandbox.start(seed=5)
    yield sandbox
    sandbox.close()


@pytest.fixture
def run(pingone):
    """The command, with the sandbox in the environment where a test says so."""

    def invoke(*words, answers="", **settings):
        nothing = dict.fromkeys(name for name in os.environ if name.startswith("SCIMBRIDGE_"))
        return CliRunner().invoke(commands.command, words, input=answers, env={**nothing, **settings})

    return invoke


@pytest.fixture
def words(pingone, tmp_path):
    """All that has to be said, as options."""
    secret = tmp_path / "secret"
    secret.write_text(pingone.client_secret)
    return [
        "init", str(tmp_path / "new"), "--environment-id", pingone.environment_id, "--client-id", pingone.client_id,
        "--client-secret-file", str(secret), "--api-url", pingone.url, "--auth-url", pingone.url,
    ]  # fmt: skip


def test_what_is_written_starts_the_bridge(run, words, tmp_path, pingone):
    """Settings, a client and a table are written, are right together, and name what was answered."""
    result = run(*words, "--no-input", "--default-population", "Customers", "--client", "okta")
    assert result.exit_code == 0, result.output
    settings = load_configuration({"SCIMBRIDGE_CONFIG": str(tmp_path / "new" / "scimbridge.toml")}).settings
    population = next(one["id"] for one in pingone.directory.populations if one["name"] == "Customers")
    assert settings.default_population_id == population
    assert settings.pingone_client_secret.reveal() == pingone.client_secret
    secret = next(line.split()[1] for line in result.stdout.splitlines() if line.startswith("Secret:"))
    clients = read_clients((tmp_path / "new" / "clients.toml").read_text())
    assert clients.by_secret(secret, 0.0)[0].name == "okta"
    assert tomllib.loads((tmp_path / "new" / "tables" / "users.toml").read_text())["extends"] == "shipped"


def test_what_is_secret_is_for_its_owner_alone(run, words, tmp_path, pingone):
    """The worker's secret stands in a file of its own that nobody else may read, and nowhere else."""
    result = run(*words, "--no-input")
    secret = tmp_path / "new" / "pingone-client-secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert pingone.client_secret not in result.output
    assert pingone.client_secret not in (tmp_path / "new" / "scimbridge.toml").read_text()


def test_what_is_not_given_is_asked(run, words, tmp_path, pingone):
    """Questions take the place of options, a wrong answer is asked again, and populations are offered."""
    answers = f"production\n{pingone.environment_id}\n{pingone.client_id}\n{pingone.client_secret}\nPartners\nhr\n"
    result = run("init", str(tmp_path / "new"), *words[-4:], answers=answers)
    assert result.exit_code == 0, result.output
    assert "lower-case UUID" in result.stderr
    assert "Employees (default)" in result.stderr
    assert "Client:  hr" in result.stdout


def test_questions_without_answers_write_nothing(run, tmp_path):
    """Where nobody answers, nothing is written, and the other way is told."""
    result = run("init", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert "--no-input" in result.stderr
    assert not (tmp_path / "new").exists()


def test_what_is_missing_is_told_whole(run, tmp_path):
    """Without questions, all that is missing is one list."""
    result = run("init", str(tmp_path / "new"), "--no-input")
    assert result.exit_code == 2
    for name in ("ENVIRONMENT_ID", "CLIENT_ID", "CLIENT_SECRET", "REGION"):
        assert f"SCIMBRIDGE_PINGONE_{name}" in result.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--client-id", "somebody-else"], "PingOne refuses the application"),
        (["--default-population", "Nowhere"], "there is no population 'Nowhere'; there is 'Employees'"),
        (["--auth-url", "http://127.0.0.1:1"], "refuses the connection"),
    ],
)
def test_answers_that_pingone_does_not_take_write_nothing(run, words, tmp_path, more, told):
    """What PingOne refuses is told with its cure, and no file is there afterwards."""
    result = run(*words, "--no-input", *more)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (tmp_path / "new").exists()


def test_nothing_is_written_over(run, words, tmp_path):
    """Files that are there stay as they are, unless they are to be written over."""
    assert run(*words, "--no-input").exit_code == 0
    before = (tmp_path / "new" / "clients.toml").read_text()
    result = run(*words, "--no-input", "--client", "other")
    assert result.exit_code == 2
    assert f"{tmp_path}/new/scimbridge.toml" in result.stderr
    assert (tmp_path / "new" / "clients.toml").read_text() == before
    assert run(*words, "--no-input", "--client", "other", "--force").exit_code == 0
    assert "clients.other" in (tmp_path / "new" / "clients.toml").read_text()


@pytest.mark.parametrize("more", [["--client", "no name!"], ["--scope", "users:reed"]])
def test_a_client_that_cannot_be_made_costs_no_file(run, words, tmp_path, more):
    """Where the client is refused, what is there stays whole although it may be written over, and nothing is left."""
    place = tmp_path / "new"
    assert run(*words, "--no-input").exit_code == 0
    before = {each: each.read_bytes() for each in place.rglob("*") if each.is_file()}
    result = run(*words, "--no-input", "--force", *more)
    assert result.exit_code == 2
    assert result.stderr.startswith("scimbridge: clients.")
    assert {each: each.read_bytes() for each in place.rglob("*") if each.is_file()} == before
    assert run(*words, "--no-input", "--force").exit_code == 0
    assert {each for each in place.rglob("*") if each.is_file()} == before.keys()


def test_files_that_cannot_all_be_written_take_nothing_away(run, words, tmp_path):
    """Where one of the files cannot be written, those that are there stay as they are."""
    place = tmp_path / "new"
    assert run(*words, "--no-input").exit_code == 0
    before = (place / "clients.toml").read_bytes()
    (place / "tables" / ".users.toml.new").mkdir()
    assert run(*words, "--no-input", "--force").exit_code == 2
    assert (place / "clients.toml").read_bytes() == before
    assert not list(place.glob(".*.new"))


def test_a_shipped_table_is_copied(run, tmp_path):
    """A table is copied by the name of its file or of its type; with --extend only what lies over it begins."""
    assert run("tables", "copy", "User", str(tmp_path / "whole")).stdout == f"{tmp_path}/whole/users.toml\n"
    assert tomllib.loads((tmp_path / "whole" / "users.toml").read_text())["endpoint"] == "/Users"
    assert run("tables", "copy", "groups.toml", str(tmp_path / "over"), "--extend").exit_code == 0
    assert tomllib.loads((tmp_path / "over" / "groups.toml").read_text()) == {"resource": "Group", "extends": "shipped"}
    assert run("explain", "members", "--resource", "Group", SCIMBRIDGE_MAPPINGS=str(tmp_path / "over")).exit_code == 0


def test_a_table_is_never_copied_over_another(run, tmp_path):
    """A file of that name stays as it is, and a table that is not shipped is told with those that are."""
    (tmp_path / "users.toml").write_text("mine")
    result = run("tables", "copy", "users", str(tmp_path))
    assert (result.exit_code, (tmp_path / "users.toml").read_text()) == (2, "mine")
    assert "is there already" in result.stderr
    assert "there are groups, populations, users" in run("tables", "copy", "roles", str(tmp_path)).stderr
