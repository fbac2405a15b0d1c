"""A run for a schedule: held from the first row to the last line, remembered whatever it comes to, ended when asked."""

from __future__ import annotations

import json
import stat

import pytest

from scimbridge.observe.reconcile_figures import ReconcileFigures
from scimbridge.pingone.errors import PingOneError
from scimbridge.sync.applying.figures import read_figures
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.applying.values import AlreadyUnderWay
from scimbridge.sync.planning.last_applied import place_of, read_last_applied
from scimbridge.sync.plans.expecting import PlanRefused
from scimbridge.sync.plans.past_runs import DONE, FAILED, NOTHING, PARTLY, REFUSED, STOPPED
from scimbridge.sync.runs import plan_applying
from scimbridge.sync.runs.history import read_history
from scimbridge.sync.runs.rule_places import KEPT_PLANS, history_of, scheduled_plans
from scimbridge.sync.runs.standing import find_rule_files, read_status
from scimbridge.sync.runs.values import KeepingFailed, RunStopped
from scimbridge.sync.sources.rows import SourceRefused

COLUMNS = ("id", "mail", "family", "job")
RULES = """
[source]
csv = "people.csv"
key = "id"
[match]
by = ["externalId"]
["urn:ietf:params:scim:schemas:core:2.0:User"]
externalId = "id"
userName = "mail"
name.familyName = "family"
'emails[type eq "work"].value' = "mail"
title = "job"
"""


def rows(*numbers, job="Engineer"):
    return [{"id": f"e{n}", "mail": f"p{n}@example.com", "family": "Rossi", "job": job} for n in numbers]


@pytest.fixture
def bench(make_bench):
    """Four people in the source and nobody in the directory."""
    bench = make_bench()
    bench.put(RULES, rows(1, 2, 3, 4), COLUMNS)
    return bench


def results(bench):
    return [run.result for run in read_history(history_of(bench.rules))]


def figures(bench) -> ReconcileFigures:
    (found,) = read_figures(bench.desk).values()
    return found


def test_each_end_is_remembered(bench):
    """Done, nothing to do, refused, stopped by a guard, and the figures of each."""
    assert bench.run().exit_code == 0
    assert bench.run().is_kept is False
    first = figures(bench).success
    assert first > 0
    bench.put(RULES, [], COLUMNS)
    with pytest.raises(SourceRefused):
        bench.run()
    bench.put(RULES + "[guards]\ndisable = 0\n", rows(1, 2, 3), COLUMNS)
    stopped = bench.run()
    assert (stopped.exit_code, stopped.applied, bench.writes) == (3, None, [])
    assert results(bench) == [DONE, NOTHING, REFUSED, STOPPED]
    assert (figures(bench).success, figures(bench).guard_stops) == (first, 1)
    assert str(stopped.plan.path) in read_history(history_of(bench.rules))[-1].why
    status = read_status(bench.desk, bench.rules)
    assert (status.applied["rows"], status.is_running, len(status.runs)) == (4, False, 4)
    assert find_rule_files(bench.desk, bench.folder) == [bench.rules]


def test_a_first_run_that_fails_is_known(bench):
    """So that an alert on the age of the last success sees it."""
    bench.put(RULES.replace("people.csv", "nothing.csv"), rows(1), COLUMNS)
    with pytest.raises(SourceRefused):
        bench.run()
    assert figures(bench).success == 0
    assert results(bench) == [REFUSED]


def test_a_slip_in_the_name_of_the_rules_leaves_nothing_behind(bench):
    """Neither a file nor figures."""
    before = sorted(bench.folder.iterdir())
    bench.rules.rename(bench.folder / "other.toml")
    with pytest.raises(Exception, match="cannot be read"):
        bench.run()
    (bench.folder / "other.toml").rename(bench.rules)
    assert (sorted(bench.folder.iterdir()), read_figures(bench.desk)) == (before, {})


def test_a_directory_that_does_not_answer_fails_the_run(bench):
    """And nothing stays of a plan that was never made."""
    bench.sandbox.faults.set(error_share=1.0)
    with pytest.raises(PingOneError):
        bench.run()
    bench.sandbox.faults.set(error_share=0.0)
    assert results(bench) == [FAILED]
    assert scheduled_plans(bench.rules) == []


def test_who_is_asked_to_stop_while_planning_changes_nothing(bench):
    """There is no plan, and the run is remembered."""
    with pytest.raises(RunStopped):
        bench.make(stop=lambda: True)
    with pytest.raises(RunStopped):
        bench.run(stop=lambda: True)
    assert (bench.plan.exists(), scheduled_plans(bench.rules), results(bench)) == (False, [], [FAILED])
    assert not [each for each in bench.folder.iterdir() if each.name.startswith(".")]


def test_who_is_asked_to_stop_while_applying_leaves_lines(bench):
    """Exit code 4; what was applied last is not taken for applied, and the next run does the rest."""
    bench.make()
    order = plan_applying.ApplyOrder(plan=bench.plan)
    ready = plan_applying.ready_plan(bench.desk, order)
    applied = plan_applying.apply_ready(bench.desk, ready, order, lambda _progress: None, lambda: True)
    assert (applied.exit_code, applied.left) == (4, 4)
    assert (results(bench), place_of(bench.rules).exists()) == ([PARTLY], False)
    assert bench.run().exit_code == 0
    assert len(bench.users()) == 4


def test_two_runs_of_one_rule_file_never_meet(bench):
    """The second is refused before it reads anything."""
    with alone(bench.desk, str(bench.rules)):
        assert read_status(bench.desk, bench.rules).is_running
        with pytest.raises(AlreadyUnderWay):
            bench.run()
    assert bench.sandbox.journal.calls == []


def test_what_was_applied_is_kept_after_a_success_alone(bench):
    """For its owner, and only where all of it was applied; a part of a plan is not all of the source."""
    place = place_of(bench.rules)
    bench.make()
    assert not place.exists()
    assert bench.apply().exit_code == 0
    kept = read_last_applied(place)
    assert (kept.people.rows, kept.people.name) == (4, str(bench.folder / "people.csv"))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_state_that_cannot_be_kept_is_a_failure(bench, monkeypatch):
    """All was applied and it says so; the same plan again writes it and nothing else."""
    bench.make()

    def full(_path, _applied):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(plan_applying, "write_last_applied", full)
        with pytest.raises(KeepingFailed, match="everything was applied"):
            bench.apply()
    assert bench.apply().exit_code == 0
    assert bench.writes == []
    assert read_last_applied(place_of(bench.rules)).people.rows == 4


def test_a_plan_that_changes_between_look_and_apply_is_refused(bench):
    """What was confirmed is what is carried out, or nothing."""
    bench.make()
    order = plan_applying.ApplyOrder(plan=bench.plan)
    ready = plan_applying.ready_plan(bench.desk, order)
    bench.put(RULES, rows(7, 8), COLUMNS)
    bench.make()
    with pytest.raises(PlanRefused):
        plan_applying.apply_ready(bench.desk, ready, order, lambda _progress: None)
    assert bench.users() == {}


def test_plans_of_a_schedule_are_bounded(bench):
    """The newest stay, and a run without changes leaves none."""
    for number in range(KEPT_PLANS + 2):
        bench.put(RULES, rows(1, 2, 3, 4, job=f"Job {number}"), COLUMNS)
        bench.clock.offset += 3_600
        assert bench.run().exit_code == 0
    assert len(scheduled_plans(bench.rules)) == KEPT_PLANS
    bench.run()
    assert len(scheduled_plans(bench.rules)) == KEPT_PLANS
    assert len(json.loads(history_of(bench.rules).read_text())["runs"]) == KEPT_PLANS + 3


def test_since_when_somebody_is_missing_is_kept_of_a_part_too(bench):
    """The grace of who came back begins anew when they leave again, also where some line never gets through."""

    def stopped_at_once(people):
        bench.put(f'{RULES}[leaver]\nmissing = "delete"\ndelete_after = "90d"\n', people, COLUMNS)
        bench.make()
        order = plan_applying.ApplyOrder(plan=bench.plan)
        ready = plan_applying.ready_plan(bench.desk, order)
        assert plan_applying.apply_ready(bench.desk, ready, order, lambda _progress: None, lambda: True).exit_code == 4
        return read_last_applied(place_of(bench.rules))

    assert bench.run().exit_code == 0
    whole = read_last_applied(place_of(bench.rules))
    gone = stopped_at_once(rows(1, 2, 3))
    (fourth,) = (key for key, user in bench.users().items() if user["externalId"] == "e4")
    assert (set(gone.missing), gone.people) == ({fourth}, whole.people)
    back = stopped_at_once(rows(1, 2, 3, 4, job="Director"))
    assert (back.missing, back.people) == ({}, whole.people)
