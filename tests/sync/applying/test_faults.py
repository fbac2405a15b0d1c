"""Whatever goes wrong on the way, the end is the one that the plan says, and nothing is done twice."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Sandbox
from scimbridge.sync.plans.lines import PlanLine
from tests.sync.applying.conftest import POPULATION, Floor, apply_and_die, make_plan, open_desk, whole_plan


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What PingOne holds after a plan with lines of every kind, where nothing goes wrong."""
    with Sandbox.start(seed=60) as sandbox, open_desk(sandbox) as desk:
        floor = Floor(sandbox, desk, tmp_path_factory.mktemp("undisturbed"))
        assert floor.apply(whole_plan(floor)).exit_code == 0
        return floor.held()


@pytest.mark.parametrize("calls", [2, 17, 35, 53])
def test_a_process_that_is_killed_is_carried_on_by_the_next(floor, undisturbed, calls):
    """Killed after any call, and applied again: record for record as without, and a third time nothing is written."""
    plan = whole_plan(floor)
    apply_and_die(floor, plan, calls, parallel=4)
    rest = floor.apply(plan)
    assert rest.exit_code == 0, rest.told
    assert floor.held() == undisturbed
    again = floor.apply(plan)
    assert floor.calls == []
    assert again.count("already") == 43


def test_errors_and_lost_answers_are_got_over(floor, undisturbed):
    """With every twentieth call failing and every thirtieth answer lost, all is as without, and done once."""
    plan = whole_plan(floor)
    floor.sandbox.faults.set(error_share=0.025, error_after_share=0.025, drop_after_share=0.03)
    applied = floor.apply(plan)
    floor.sandbox.faults.clear()
    assert applied.exit_code == 0, applied.told
    assert floor.held() == undisturbed
    assert floor.apply(plan).exit_code == 0
    assert floor.calls == []


def test_a_lost_create_makes_nobody_twice(floor, undisturbed):
    """Where the answer to each creation is lost once, and the process then killed, there is one of each."""
    plan = whole_plan(floor)
    floor.sandbox.faults.plan("drop_after", "POST", "/users", times=3)
    floor.sandbox.faults.plan("drop_after", "POST", "/groups", times=1)
    apply_and_die(floor, plan, 24, parallel=2)
    assert floor.apply(plan).exit_code == 0
    assert floor.held() == undisturbed


def test_a_journal_that_was_cut_in_a_line_is_read_as_far_as_it_goes(floor):
    """What was not wholly written is judged by reading; a line in the middle that is none is refused."""
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:10]))
    floor.apply(plan)
    journal = floor.folder / "plan.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rindex(b'{"do"') + 9])
    applied = floor.apply(plan)
    assert applied.counts == {"update": {"already": 10}}
    assert floor.writes == []
    assert floor.calls == ["GET /users"]


def test_while_pingone_is_down_it_waits_and_says_so(floor):
    """An outage is waited for and told, and then the plan goes on to its end; nothing is given up."""
    plan = make_plan(floor.sandbox, *floor.updates(floor.users()[:20]))
    heard = []

    def tell(progress):
        heard.append(progress.waiting)
        if len([each for each in heard if each]) == 3:
            floor.sandbox.faults.clear()

    floor.sandbox.faults.set(error_share=1.0, error_statuses=[502])
    applied = floor.apply(plan, tell=tell, parallel=4)
    assert applied.counts == {"update": {"done": 20}}
    assert "waiting" in next(each for each in heard if each)
    assert heard[-1] == ""


def test_a_person_who_was_left_half_made_is_completed(make_floor):
    """Killed between a creation and the call that makes the new person inactive, the next apply makes that call."""
    floor = make_floor(enabled_on_create="ignore")
    after = {"userName": "kim@example.org", "externalId": "k1", "active": False, POPULATION: floor.home}
    plan = make_plan(floor.sandbox, PlanLine(do="create", key="k1", why="new", after=after))
    apply_and_die(floor, plan, 4)  # the token, two looks, the creation
    assert [user["enabled"] for user in floor.users() if user["username"] == "kim@example.org"] == [True]
    applied = floor.apply(plan)
    assert applied.counts == {"create": {"done": 1}}, applied.told
    assert floor.writes == ["PUT /users/{user}/enabled"]
    assert [user["enabled"] for user in floor.users() if user["username"] == "kim@example.org"] == [False]
