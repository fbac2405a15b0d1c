"""What an apply leaves behind: records of changes, figures, a lease that is free again."""

from __future__ import annotations

import orjson
import pytest

from scimbridge.scim.verbs import PATCH
from scimbridge.sides import Body
from scimbridge.state.memory import MemoryState
from scimbridge.sync.applying.carrying_out import MINIMAL
from scimbridge.sync.applying.figures import note_guard_stop, read_figures
from scimbridge.sync.applying.lease import alone
from scimbridge.sync.applying.values import AlreadyUnderWay
from tests.conftest import Clock
from tests.sync.applying.conftest import Floor, make_plan, open_desk, whole_plan


def test_every_change_has_a_record_with_the_plans_id(make_floor, tmp_path):
    """Each line that is carried out is a change like a client's, known by the plan's id."""
    trail = tmp_path / "audit.jsonl"
    floor = make_floor(settings={"audit": str(trail)})
    floor.apply(whole_plan(floor, "plan-77"))
    records = [orjson.loads(line) for line in trail.read_bytes().splitlines()]
    assert {record["request"] for record in records} == {"plan-77"}
    assert {record["client"] for record in records} == {"reconcile"}
    assert {record["result"] for record in records} == {"done"}
    verbs = [(record["resource"], record["verb"]) for record in records]
    assert verbs.count(("User", "create")) == 6
    assert verbs.count(("User", "patch")) == 16
    assert verbs.count(("User", "delete")) == 2
    joined = [record for record in records if record["resource"] == "Group" and record["verb"] == "patch"]
    assert sum(record.get("added", 0) for record in joined) == 16
    assert sum(record.get("removed", 0) for record in joined) == 2


def test_pingone_sees_the_plans_id_and_no_other(floor):
    """Calls carry the plan's id, by which PingOne's own audit finds them."""
    context = floor.desk.context(trace="plan-1")
    assert context.call.trace == "plan-1"
    assert context.call.background


def test_figures_are_there_for_whoever_serves_beside(floor):
    """What was applied, drifted and stopped stands in /metrics of the bridge that shares the state."""
    users = floor.users()[:3]
    lines = floor.updates(users)
    floor.sandbox.directory.users.put({**users[0], "title": "By hand"})
    floor.apply(make_plan(floor.sandbox, *lines))
    note_guard_stop(floor.desk, "rules.toml")
    assert read_figures(floor.desk)["rules.toml"].success == 0.0
    shown = floor.desk.bridge.metrics.expose().decode()
    for line in (
        'scimbridge_reconcile_changes_total{kind="update",result="done",rules="rules.toml"} 2.0',
        'scimbridge_reconcile_drift_total{rules="rules.toml"} 1.0',
        'scimbridge_reconcile_guard_stops_total{rules="rules.toml"} 1.0',
        'scimbridge_reconcile_last_success_timestamp{rules="rules.toml"} 0.0',
        'scimbridge_reconcile_calls{rules="rules.toml"} 3.0',
    ):
        assert line in shown
    floor.apply(make_plan(floor.sandbox, *floor.updates(floor.users()[:3], "Again"), plan="2"), "2.journal")
    assert read_figures(floor.desk)["rules.toml"].success > 0
    assert read_figures(floor.desk)["rules.toml"].changes["update"]["done"] == 5


def test_the_lease_holds_on_every_machine_that_shares_the_state(make_sandbox, tmp_path):
    """Two desks with one state: while one has a rule file, the other is refused, and has it afterwards."""
    sandbox, clock = make_sandbox(10), Clock()
    around = {"state": MemoryState(clock), "clock": clock}
    with open_desk(sandbox, around=around) as first, open_desk(sandbox, around=around) as second:
        floor = Floor(sandbox, second, tmp_path)
        plan = make_plan(sandbox, *floor.updates(floor.users()[:2]))
        with alone(first, "./rules.toml"), pytest.raises(AlreadyUnderWay):
            floor.apply(plan)
        assert floor.calls == []
        assert floor.apply(plan).exit_code == 0


def test_a_lost_lease_stops_it(make_sandbox, tmp_path):
    """Where the state has forgotten the lease, so that another may hold it, nothing more is sent."""
    sandbox, clock = make_sandbox(60), Clock()
    state = MemoryState(clock)
    with open_desk(sandbox, around={"state": state, "clock": clock}) as desk:
        floor = Floor(sandbox, desk, tmp_path)
        plan = make_plan(sandbox, *floor.updates(floor.users()[:50]))

        def tell(progress):
            state._locks.clear()
            clock.offset += 5.0

        applied = floor.apply(plan, tell=tell, parallel=2)
    assert "lease" in applied.stopped
    assert applied.left
    assert applied.exit_code == 4


def test_a_request_in_between_is_not_overwritten(floor):
    """What a client of this bridge changes after the block was read, and before its line, is seen: the line drifts."""
    users = floor.users()[:10]
    plan = make_plan(floor.sandbox, *floor.updates(users))
    endpoint, changed = floor.desk.endpoint("User"), []

    def stop():
        """Change the last person as soon as the first was changed."""
        if not changed and "PATCH /users/{user}" in floor.calls:
            changed.append(users[-1]["id"])
            message = Body(floor.paths.message({"title": "By a client"}))
            endpoint.do(PATCH, floor.desk.context(), MINIMAL, users[-1]["id"], read=lambda: message)
        return False

    applied = floor.apply(plan, stop=stop, parallel=1)
    assert applied.counts == {"update": {"done": 9, "drifted": 1}}
    assert floor.user(changed[0])["title"] == "By a client"
