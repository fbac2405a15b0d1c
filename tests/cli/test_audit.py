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


def test_a_name_that_cannot_be_looked_up_is_told_with_what_is_lacking(trail):
    """A user name finds nothing by itself, which looks as if nothing had happened: it is refused, with the cure."""
    result = run("--user", "jane", audit=trail)
    assert result.exit_code == 2
    assert "'jane' is no id" in result.stderr
    assert "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID" in result.stderr


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], ["old", "new", "other"]),
        (["--user", KEY.upper()], ["old", "new"]),
        (["--id", KEY.upper()], ["old", "new"]),
        (["--user", KEY, "--group", "00000000-0000-4000-8000-000000000000"], []),
        (["--client", "entra"], ["other"]),
        (["--since", "2h"], ["new", "other"]),
        (["--since", "3d", "--until", "1d"], ["old"]),
        (["--result", "refused"], ["other"]),
        (["--verb", "delete"], ["new"]),
        (["--verb", "unlock"], []),
        (["--verb", "sessions.delete"], []),
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


# -- who put Jane into Admins ------------------------------------------------------------------------------------------

JANE = "b4ce6c0a-0000-4000-8000-000000000001"


def test_a_member_is_found_and_what_it_is_in(trail):
    """A user's memberships are among what concerns it, and a group narrows that to the one that is meant."""
    AuditFile(trail).write(
        replace(RECORD, id="joined", time=stamp(time.time()), resource="Group", added=1, members_added=(JANE,))
    )
    for words in (["--user", JANE], ["--user", JANE, "--group", KEY], ["--id", JANE]):
        result = run(*words, "--json", audit=trail)
        assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["joined"]


def test_a_record_that_leaves_some_out_is_told(trail):
    """Who searches for a user is told of records that name not all of their members."""
    AuditFile(trail).write(replace(RECORD, id="many", time=stamp(time.time()), added=5000, unnamed=4000))
    result = run("--user", JANE, "--json", audit=trail)
    assert result.stdout == ""
    assert "1 more records name only" in result.stderr


def test_a_name_without_settings_is_told(trail):
    """What is no id is a name, for which PingOne is asked; the sentence says so, and which settings are lacking."""
    result = run("--user", "jane", audit=trail)
    assert result.exit_code == 2
    assert "--user 'jane' is no id" in result.output
    assert "SCIMBRIDGE_PINGONE_CLIENT_ID" in result.output


@pytest.fixture
def live(sandbox, trail) -> dict[str, str | Path]:
    """The settings of a bridge with a trail, in which a user of the sandbox's joined a group of its."""
    user, group = next(iter(sandbox.directory.users)), next(iter(sandbox.directory.groups))
    joined = replace(RECORD, id="joined", time=stamp(time.time()), resource="Group", key=group["id"], added=1)
    AuditFile(trail).write(replace(joined, members_added=(user["id"],)))
    return {
        "audit": trail, "pingone_environment_id": sandbox.environment_id, "pingone_client_id": sandbox.client_id,
        "pingone_client_secret": sandbox.client_secret, "pingone_api_url": sandbox.url, "pingone_auth_url": sandbox.url,
        "bearer_token": "a-token-that-is-long-enough-0123456789",
    }  # fmt: skip


def test_names_are_asked_for_and_shown(live, sandbox):
    """With the settings of PingOne a user and a group are found by name, and shown so unless nobody wants it."""
    user, group = next(iter(sandbox.directory.users)), next(iter(sandbox.directory.groups))
    asked = ["--user", user["username"], "--group", group["name"]]
    row = run(*asked, **live).stdout.splitlines()[1]
    assert f"{group['name']} ({group['id']})" in row
    assert f"[added: {user['username']}]" in row
    told = json.loads(run(*asked, "--json", **live).stdout)
    assert told["names"] == {user["id"]: user["username"], group["id"]: group["name"]}
    assert user["username"] in run(*asked, "--csv", **live).stdout
    assert user["username"] not in run("--user", user["id"], "--no-names", **live).stdout


def test_a_name_that_nobody_has_is_told(live):
    """An unknown name is no empty answer: somebody may have been deleted or renamed."""
    result = run("--user", "nobody.at.all", **live)
    assert result.exit_code == 2
    assert "no user with the name 'nobody.at.all'" in result.output


def test_names_that_cannot_be_had_leave_ids(live, sandbox):
    """Where PingOne cannot be asked, the records are shown all the same, and why there are no names is told beside."""
    sandbox.faults.plan("error", "POST", "/as/token", times=100, status=401)
    user = next(iter(sandbox.directory.users))
    result = run("--user", user["id"], "--json", **live)
    assert json.loads(result.stdout)["members_added"] == [user["id"]]
    assert "not all names could be looked up" in result.stderr


def test_verify_says_by_its_exit_code(trail, tmp_path):
    """0 is whole, 1 is broken with the place, 3 is not all shown; JSON holds the ends, which --against takes."""
    result = run("--verify", audit=trail)
    assert (result.exit_code, result.stdout[:6]) == (0, "whole:")
    kept = tmp_path / "kept.json"
    kept.write_text(run("--verify", "--json", audit=trail).stdout)
    assert json.loads(kept.read_text())["result"] == "whole"
    lines = trail.read_text().splitlines(keepends=True)
    trail.write_text(lines[0] + lines[2])
    result = run("--verify", audit=trail)
    assert (result.exit_code, f"{trail}:2" in result.stdout) == (1, True)
    trail.with_name("audit.jsonl.chain").unlink()
    trail.write_text("".join(lines[:2]))
    assert run("--verify", audit=trail).exit_code == 3
    assert run("--verify", "--against", str(kept), audit=trail).exit_code == 1
    assert run("--verify", audit=tmp_path / "none").exit_code == 2


@pytest.mark.parametrize(
    "words", [["--verify", "--user", KEY], ["--verify", "--csv"], ["--json", "--csv"], ["--against", "kept"]]
)
def test_options_that_do_not_go_together_are_told(trail, words):
    """A search and a look at the whole are two things, and so are two forms."""
    assert run(*words, audit=trail).exit_code == 2
