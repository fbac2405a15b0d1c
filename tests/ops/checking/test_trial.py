"""`check --write`: what an environment enforces is found out with a user of its own, which is gone afterwards."""

from __future__ import annotations

import uuid

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.ops.checking.checks import check
from scimbridge.ops.checking.machine import Machine
from scimbridge.resources.enforced import NEED, PATTERN, Findings
from scimbridge.sandbox.model.groups import create_group
from scimbridge.sandbox.model.users import create_user
from scimbridge.state.memory import MemoryState
from tests.conftest import settings_for

DOUBTFUL = ("name.family", "name.formatted", "timezone")


@pytest.fixture
def try_out(run_check, clock):
    """Check an environment with a trial. Returns exit code, lines and what was found."""

    def run(sandbox, population="Partners", state=None, **changes):
        state = state or MemoryState(clock)
        said = run_check(at=sandbox, population=population, state=state, **changes)
        return said.code, said.text, Findings(state)

    return run


def names(sandbox):
    return {user["username"] for user in sandbox.directory.users}


@pytest.mark.parametrize("enforced", [True, False])
@pytest.mark.parametrize("needed", [True, False])
def test_what_is_enforced_is_found_out(make_sandbox, try_out, enforced, needed):
    """Each value in question is told and kept for the bridges; the directory is as it was."""
    sandbox = make_sandbox(5, strict_patterns=enforced, email_required=needed)
    before = names(sandbox)
    code, text, findings = try_out(sandbox)
    assert code == 0, text
    assert [findings.enforces(native, PATTERN) for native in DOUBTFUL] == [enforced] * 3
    assert findings.enforces("email", NEED) is needed
    assert text.count("PingOne takes only") == (3 if enforced else 0)
    assert text.count("PingOne takes more than") == (0 if enforced else 3)
    assert ("PingOne requires a value here" in text) is needed
    assert names(sandbox) == before


def test_what_was_learnt_wrongly_is_forgotten(make_sandbox, try_out, clock):
    """An environment that no longer enforces something is found to take it."""
    state = MemoryState(clock)
    Findings(state).learn("timezone", PATTERN, enforced=True)
    _code, _text, findings = try_out(make_sandbox(5, strict_patterns=False), state=state)
    assert not findings.enforces("timezone", PATTERN)


def test_what_an_earlier_run_left_behind_is_deleted(make_sandbox, try_out):
    """By its whole name and in the population named; users of like names, and in other populations, stay."""
    sandbox = make_sandbox(5)
    populations = {each["name"]: each["id"] for each in sandbox.directory.populations}
    left = Machine().signature.sign()
    stay = [(f"scimbridge-check-{uuid.uuid4().hex}", "Employees"), ("scimbridge-check-me", "Partners"),
            (f"scimbridge-check-{uuid.uuid4().hex}-2", "Partners")]  # fmt: skip
    for name, population in [(left, "Partners"), *stay]:
        create_user(sandbox.directory, {"username": name, "population": {"id": populations[population]}})
    create_group(sandbox.directory, {"name": left, "population": {"id": populations["Partners"]}})
    code, text, _findings = try_out(sandbox, populations["Partners"])
    assert code == 0, text
    assert "left behind is deleted" in text
    assert left not in names(sandbox)
    assert left not in {group["name"] for group in sandbox.directory.groups}
    assert {name for name, _population in stay} <= names(sandbox)


def test_a_population_that_is_not_there(make_sandbox, try_out):
    """Nothing is written where it may not be."""
    sandbox = make_sandbox(5)
    code, text, _findings = try_out(sandbox, "Nowhere")
    assert code == 1
    assert "no population of the id or name 'Nowhere'" in text
    assert not [call for call in sandbox.journal.calls if call.startswith(("POST /users", "DELETE"))]


def test_a_worker_that_may_not_write(make_sandbox, try_out):
    """That no user can be made is told as a fault, with the role that is missing."""
    code, text, _findings = try_out(make_sandbox(5, rights="read"))
    assert code == 1
    assert "FAULT     writing: no user can be made" in text
    assert "Identity Data Admin" in text


def test_a_user_that_cannot_be_deleted_is_told(make_sandbox, try_out):
    """That is a fault, and the next run deletes it."""
    sandbox = make_sandbox(5)
    before = names(sandbox)
    sandbox.faults.plan("error", method="DELETE", times=50)
    code, text, findings = try_out(sandbox)
    assert code == 1
    assert "made to try them, cannot be deleted" in text
    assert findings.enforces("timezone", PATTERN)
    assert len(names(sandbox) - before) == 1
    sandbox.faults.clear()
    code, text, _findings = try_out(sandbox)
    assert code == 0, text
    assert names(sandbox) == before


def test_who_stops_asking_leaves_nobody_behind(make_sandbox, clock):
    """Whatever finding is the last that somebody wants, the user is deleted when the iterator is closed."""
    sandbox = make_sandbox(5)
    before, around = names(sandbox), Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
    found = check(settings_for(sandbox), "Partners", around)
    made = next(finding for finding in found if names(sandbox) != before)
    assert made.what == "PingOne takes users without a value"
    found.close()
    assert names(sandbox) == before
