"""Whether PingOne compares with or without case: found out by asking, and told with what it costs."""

from __future__ import annotations

from urllib.parse import unquote


def test_a_directory_that_ignores_case_is_as_scim_is(run_check):
    """Fields with a value are told as compared without case, fields without one as not known yet."""
    lines = [line for line in run_check().lines if line[10:].startswith("filters on users")]
    assert 'emails[type eq "work"].value' in lines[0]
    assert "without case, as SCIM does" in lines[0]
    assert "no value there yet" in lines[1]
    assert "name.middleName" in lines[1]


def test_a_directory_that_minds_case_is_warned_of(run_check, make_sandbox):
    """Each field where a filter would read everything is told, with the word that helps."""
    said = run_check(at=make_sandbox(250, case_sensitive_filters=True))
    assert said.code == 3
    warned = [line for line in said.warnings if "minds case" in line]
    assert any('emails[type eq "work"].value' in line for line in warned)
    assert all("caseExact = true" in line for line in warned)


def test_a_known_field_is_not_asked_about(run_check, sandbox):
    """That usernames have no case is documented, so no call is spent on it."""
    run_check()
    asked = [unquote(each["query"]) for each in sandbox.journal.to_json()["entries"]]
    assert any("filter=email eq" in query for query in asked)
    assert not any("filter=username eq" in query for query in asked)


def test_a_field_that_pingone_does_not_filter_by_is_warned_of(run_check, add_row):
    """A row that promises a filter which PingOne refuses costs a call each time it is learnt."""
    said = run_check(add_row('boss = { to = "verifyStatus", mutability = "readOnly", filter = ["eq"] }'))
    (warning,) = said.warnings
    assert "PingOne does not filter by 'verifyStatus'" in warning
    assert "filter = []" in warning


def test_a_failure_while_asking_is_told_once(run_check, sandbox):
    """Where the sample cannot be read any more, nothing is claimed of case."""
    sandbox.faults.plan("error", method="GET", path="/populations", skip=2, status=403)
    said = run_check()
    (fault,) = said.faults
    assert fault.startswith("FAULT     filters on populations: whether PingOne compares with case cannot be found out")
