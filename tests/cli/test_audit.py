"""`scimbridge audit`: what an operator types, and what it needs of the settings."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scimbridge.cli.commands import command
from scimbridge.observe.audit import Record, stamp
from scimbridge.observe.audit_lines import AuditFile

KEY = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
RECORD = Record(id="a0", time="", client="okta", request="r-1", verb="patch", result="done", resource="User", key=KEY)


@pytest.fixture
def trail(tmp_path) -> Path:
    """A file with a record of an hour ago, one of two days ago and one of another client's."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    now = time.time()
    sink.write(replace(RECORD, id="old", time=stamp(now - 2 * 86_400)))
    sink.write(replace(RECORD, id="new", time=stamp(now - 3_600), request="r-2", verb="delete"))
    sink.write(replace(RECORD, id="other", time=stamp(now - 60), client="entra", result="refused", key=""))
    return path


def run(*words: str, **settings: str | Path) -> Result:
    given = {f"SCIMBRIDGE_{name.upper()}": str(value) for name, value in settings.items()}
    return CliRunner(env={"SCIMBRIDGE_CONFIG": None, "SCIMBRIDGE_AUDIT": None, **given}).invoke(
        command, ["audit", *words]
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["old", "new", "other"]),
        (["--user", KEY.upper()], ["old", "new"]),
        (["--client", "entra"], ["other"]),
        (["--since", "2h"], ["new", "other"]),
        (["--since", "3d", "--until", "1d"], ["old"]),
        (["--result", "refused"], ["other"]),
        (["--verb", "delete"], ["new"]),
        (["--verb", "unlock"], []),
        (["--request", "r-2"], ["new"]),
        (["--limit", "1"], ["other"]),
        (["--client", "nobody"], []),
    ],
)
def test_a_search_needs_no_other_setting(trail, words, found):
    """With the file alone set, each option narrows the search, and finding nothing is no failure."""
    result = run(*words, "--json", audit=trail)
    assert result.exit_code == 0, result.output
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == found


def test_a_table_is_what_people_get(trail):
    """Without --json there is a head line and a line for each record; nothing found is said."""
    assert len(run(audit=trail).stdout.splitlines()) == 4
    assert run("--client", "nobody", audit=trail).stdout == "nothing found\n"


def test_broken_lines_are_told_beside_the_json(trail):
    """What is no record is counted below the table; with --json on standard error, so that every line stays JSON."""
    trail.write_text(trail.read_text() + "{\n")
    told = "1 lines of the file are no records; a full disk may have cut them off\n"
    assert run(audit=trail).stdout.endswith(told)
    result = run("--json", audit=trail)
    assert (len(result.stdout.splitlines()), result.stderr) == (3, told)


def test_a_rotated_file_can_be_named(trail):
    """A file that was rotated away is searched by naming it, without any setting."""
    assert len(run("--file", str(trail), "--json").stdout.splitlines()) == 3


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "SCIMBRIDGE_AUDIT"),
        ({"audit": "-"}, "standard output"),
        ({"audit": "/nowhere/audit.jsonl"}, "cannot be read"),
        ({"audit_database": "mysql://host/name"}, "SCIMBRIDGE_AUDIT_DATABASE"),
        ({"audit_database": "sqlite:////nowhere/audit.db"}, "cannot be read"),
    ],
)
def test_a_faulty_configuration_is_told(settings, says):
    """Where there is nothing to search, the exit code is 2 and the sentence says what to set."""
    result = run(**settings)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.parametrize(
    "words", [["--since", "yesterday"], ["--result", "fine"], ["--verb", "look"], ["--limit", "0"]]
)
def test_a_wrong_option_is_told(trail, words):
    """What cannot be meant is exit code 2, with what would be right."""
    assert run(*words, audit=trail).exit_code == 2
