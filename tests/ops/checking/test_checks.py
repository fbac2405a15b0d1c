"""A whole check over real HTTP: what is told, in which order, and that nothing is changed by it."""

from __future__ import annotations

import pytest

from scimbridge.observe.logs import configure
from scimbridge.sandbox import Sandbox
from scimbridge.settings.declared import Secret, SettingsFaults
from scimbridge.state.memory import MemoryState

PERSONAL = ("externalId", "email", "username", "mobilePhone", "primaryPhone")


def test_an_environment_in_order_has_no_fault(run_check):
    """The default tables and a good environment: every subject is told, nothing is at fault, and what was not tried."""
    said = run_check()
    assert said.code == 3
    assert said.faults == []
    assert said.warnings == []
    untried = "3 things were not tried (writing, values, operations): run with --write --population NAME"
    assert untried in said.lines[-1]
    assert said.lines[-1].startswith("everything that was looked at fits")
    subjects = [line[10:].split(":", 1)[0] for line in (*said.lines_of("ok"), *said.lines_of("note"))]
    expected = [
        "clients", "shared state", "records of changes",
        "connection", "token", "environment", "rights", "page size", "default population", "group rights",
        "users.toml", "groups.toml", "populations.toml",
        "filters on users", "filters on groups", "filters on populations", "operations",
    ]  # fmt: skip
    assert set(expected) <= set(subjects)


def test_all_that_was_tried_and_fits(run_check, sandbox, clock):
    """With a trial in a good environment nothing is left untried: exit code 0, and only then."""
    said = run_check(population="Partners", state=MemoryState(clock))
    assert (said.code, said.faults, said.warnings, said.lines_of("not tried")) == (0, [], [], [])
    assert said.lines[-1].startswith("everything fits: ")
    assert not [user for user in sandbox.directory.users if user["username"].startswith("scimbridge-check-")]
    assert not [group for group in sandbox.directory.groups if group["name"].startswith("scimbridge-check-")]


def test_check_changes_nothing(run_check, sandbox):
    """Every request but the one for a token is a GET."""
    run_check()
    methods = {call.split()[0] for call in sandbox.journal.calls if not call.endswith("/as/token")}
    assert methods == {"GET"}


def test_no_secret_and_nothing_personal_is_written(run_check, sandbox):
    """Neither the secret nor a value of any user stands in a line, whatever goes wrong."""
    secret = sandbox.client_secret
    users = list(sandbox.directory.users)
    values = {user[name] for user in users for name in PERSONAL if name in user} | {user["id"] for user in users}
    for said in (run_check(), run_check(pingone_client_secret=Secret("another-secret")), run_check(page_size=1000)):
        assert secret not in said.text
        assert "another-secret" not in said.text
        assert not [value for value in values if value in said.text]


def test_faults_of_every_kind_are_told_at_once(run_check, add_row):
    """A fault does not end the check: what comes behind it is looked at as well."""
    folder = add_row('desk = "desk"', tail='\n[[population]]\nwhen = "active eq true"\nuse = "Nowhere"\n')
    said = run_check(folder, default_population_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70")
    assert said.code == 1
    assert [line.split(":")[0] for line in said.faults] == [
        "FAULT     default population",
        "FAULT     users.toml [[population]] 1",
        "FAULT     users.toml [urn",
    ]
    assert said.lines[-1].startswith("3 faults in ")


def test_every_fault_says_what_to_do(run_check, add_row):
    """A line that is not ok ends with what to do about it."""
    said = run_check(add_row('desk = "desk"', 'costCentres = "costCentres"'), page_size=1000)
    assert len(said.faults) == 2
    assert said.warnings
    for line in said.faults + said.warnings:
        assert "; do: " in line
        assert line.split("; do: ")[1]


def test_warnings_alone_do_not_fail(run_check):
    """A page size that PingOne does not give is worth a warning, and no exit code of its own."""
    said = run_check(page_size=1000)
    assert said.code == 3
    assert said.lines[-1].startswith("1 warning in ")


def test_tables_that_are_wrong_in_themselves_are_not_checked(run_check, folder, sandbox):
    """Faulty tables are raised before anything is sent, for the command line to tell."""
    (folder / "users.toml").write_text('resource = "User"\n', encoding="utf-8")
    with pytest.raises(SettingsFaults):
        run_check(folder)
    assert sandbox.journal.calls == []


def test_a_type_that_is_not_served_is_not_checked(run_check, folder):
    """Where groups are not served nothing is said of their rows, rights and filters, but that they are not served."""
    (folder / "groups.toml").write_text('resource = "Group"\nextends = "shipped"\nserve = false', encoding="utf-8")
    said = run_check(folder)
    assert said.code == 3
    assert [line for line in said.lines if "groups.toml" in line] == [
        "ok        groups.toml: lies over shipped groups.toml: its head sets serve; Group is not served (serve = false)"
    ]
    assert "group rights" not in said.text


def test_what_lies_over_the_shipped_tables_is_told(run_check, tmp_path):
    """Which rows of which file differ, and where the shipped table serves since the directory has none."""
    (tmp_path / "mine.toml").write_text(
        'resource = "User"\nextends = "shipped"\n'
        '["urn:ietf:params:scim:schemas:core:2.0:User"]\nnickName = false\ntitle = "nosuch"\n',
        encoding="utf-8",
    )
    said = run_check(tmp_path)
    core = "[urn:ietf:params:scim:schemas:core:2.0:User]"
    over = f"lies over shipped users.toml: it replaces {core} title; it takes away {core} nickName"
    assert f"ok        mine.toml: {over}" in said.lines
    told = "the directory has no table of Population, so the shipped one serves"
    assert f"ok        shipped populations.toml: {told}" in said.lines
    (fault,) = said.faults
    assert fault.startswith(f"FAULT     mine.toml {core} title (in place of the row in shipped users.toml): ")


def test_shipped_tables_lie_over_nothing(run_check, folder):
    """Neither they nor a copy of them are worth a line."""
    for tables in (None, folder):
        assert "shipped" not in run_check(tables).text


def test_check_is_quiet_in_the_log(run_check, capsys):
    """What check finds is on its own lines only, also where PingOne is not there."""
    configure("warning")
    run_check(pingone_api_url="http://127.0.0.1:1")
    assert capsys.readouterr().err == ""


def test_an_empty_environment_can_be_checked(run_check, make_sandbox):
    """Without users and groups it is said what could not be tried; that is no fault."""
    bare: Sandbox = make_sandbox(None)
    said = run_check(at=bare)
    assert said.code == 3
    assert any("there is no group and user to read" in line for line in said.lines_of("not tried"))
    assert any("no value there yet" in line for line in said.lines)


def test_a_type_that_is_only_read_is_checked(run_check, folder_with_providers):
    """A table beside the shipped ones is checked as they are: what of it can be read, and how it is filtered."""
    said = run_check(folder_with_providers)
    assert (said.code, said.faults, said.warnings) == (3, [], [])
    (rights,) = [line for line in said.lines_of("ok") if line.startswith("ok        rights:")]
    assert "users, groups, populations, identityProviders, the user schema can be read" in rights
    assert any("identityProviders.toml: " in line for line in said.lines_of("ok"))


def test_what_is_not_served_may_be_forbidden(run_check, folder_with_providers, sandbox):
    """A worker that may not read identity providers is at fault only where a table serves them."""
    sandbox.faults.plan("error", path="/identityProviders", times=99, status=403)
    assert run_check().code == 3
    said = run_check(folder_with_providers)
    assert said.code == 1
    (fault,) = said.faults
    assert "identityProviders cannot be read" in fault
