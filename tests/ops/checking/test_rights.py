"""What may be read, told by what is missing; pages of the size that is set; reading memberships."""

from __future__ import annotations

import pytest


def forbid(sandbox, path: str, times: int = 20) -> None:
    """Let PingOne answer 403 to reads of a path."""
    sandbox.faults.plan("error", method="GET", path=path, status=403, times=times)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/users", "users cannot be read"),
        ("/groups", "groups cannot be read"),
        ("/populations", "populations cannot be read"),
        ("/schemas", "the user schema cannot be read"),
    ],
)
def test_a_missing_right_names_the_role(run_check, sandbox, path, told):
    """What cannot be read is told with the role that is missing, and the rest is still looked at."""
    forbid(sandbox, path)
    said = run_check()
    assert said.code == 1
    fault = next(line for line in said.faults if told in line)
    assert "lacks the right" in fault
    assert 'assign the role "Identity Data Admin"' in fault
    assert said.lines_of("ok        groups.toml")


def test_rows_are_not_compared_with_a_schema_that_is_not_shown(run_check, sandbox):
    """Without the schema nothing is claimed of the rows of users."""
    forbid(sandbox, "/schemas")
    said = run_check()
    assert not said.lines_of("ok        users.toml")
    assert len(said.faults) == 1


def test_nothing_to_read_at_all_points_at_the_environment_too(run_check, sandbox):
    """Where PingOne refuses everything, a wrong environment id is as likely as a missing role."""
    sandbox.faults.plan("error", method="GET", path="/v1/", status=403, times=200)
    said = run_check()
    fault = next(line for line in said.faults if line.startswith("FAULT     environment"))
    assert "SCIMBRIDGE_PINGONE_ENVIRONMENT_ID" in fault
    assert "Identity Data Admin" in fault


def test_an_environment_that_does_not_show_itself_is_no_fault(run_check, sandbox):
    """The bridge does not need the environment's own record."""
    sandbox.faults.plan("error", method="GET", path=f"/environments/{sandbox.environment_id}", status=403, skip=6)
    said = run_check()
    assert said.code == 3
    assert any("its own record is not shown" in line for line in said.lines)


def test_an_error_of_pingone_is_told_with_its_correlation_id(run_check, sandbox):
    """What only Ping can explain is told with what their support asks for."""
    sandbox.faults.plan("error", method="GET", path="/users", status=418, times=1)
    said = run_check()
    fault = next(line for line in said.faults if "users cannot be read" in line)
    assert "418" in fault
    assert "Correlation-Id" in fault


@pytest.mark.parametrize(
    ("size", "switches", "told", "code"),
    [
        (100, {}, "ok        page size: 100 asked for and given (users)", 3),
        (200, {}, "ok        page size: 200 asked for and given (users)", 3),
        (1000, {}, "do: set SCIMBRIDGE_PAGE_SIZE to 200", 3),
        (1000, {"oversized_limit": "refuse"}, "do: set SCIMBRIDGE_PAGE_SIZE to 200", 1),
        (100, {"page_ceiling": 50}, "ok        page size: PingOne gives 50 users a page and not 100", 3),
    ],
)
def test_the_page_size_is_tried(run_check, make_sandbox, size, switches, told, code):
    """Whether PingOne gives the pages that are set is told, with the size that would be right."""
    said = run_check(at=make_sandbox(250, **switches), page_size=size)
    assert said.code == code
    assert told in said.text


def test_after_a_refused_page_size_the_check_goes_on_with_another(run_check, make_sandbox):
    """Only the setting is at fault, not the populations, groups and filters that are asked for next."""
    said = run_check(at=make_sandbox(250, oversized_limit="refuse"), page_size=1000)
    assert [line for line in said.faults if "page size" not in line] == []


def test_a_few_records_say_nothing_of_the_page_size(run_check, make_sandbox):
    """What fits on one page shows no size."""
    said = run_check(at=make_sandbox(3))
    assert "all there is fits on one page" in said.text


def test_members_that_cannot_be_read_are_a_fault(run_check, sandbox):
    """The filter by membership is what groups are read with."""
    sandbox.faults.plan("error", method="GET", path="/memberOfGroups", status=403, times=5)
    said = run_check()
    fault = next(line for line in said.faults if line.startswith("FAULT     group rights"))
    assert "the groups of a user cannot be read" in fault
    assert "the members of a group can be read" in said.text
