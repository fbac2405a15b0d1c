"""Plans against a sandbox over HTTP, and carried out by what carries plans out."""

from __future__ import annotations

import pytest

from scimbridge.bridge import Surroundings
from scimbridge.sync.applying.apply import apply_plan
from scimbridge.sync.applying.values import ApplyOptions
from scimbridge.sync.desk import open_sync_desk
from scimbridge.sync.planning.last_applied import LastApplied
from scimbridge.sync.planning.making import make_plan
from tests.conftest import Clock, settings_for

NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def company():
    """A sandbox of 60 people, and a desk in front of it."""
    from scimbridge.sandbox import Sandbox, Switches  # noqa: PLC0415 - started once for this module

    sandbox, clock = Sandbox.start(switches=Switches(), seed=60), Clock()
    around = Surroundings(clock=clock, wall=clock.wall, sleep=clock.sleep)
    with open_sync_desk(settings_for(sandbox), "reconcile", around) as desk:
        yield sandbox, desk
    sandbox.close()


def test_a_plan_reads_alone_and_its_apply_leaves_nothing_to_plan(company, model, tmp_path):
    """Joiners, adoptions, leavers, a group that is made: no call of the plan writes, and the second plan is empty."""
    sandbox, desk = company
    users = sorted(sandbox.directory.users, key=lambda user: user["username"])
    keys = [user.get("externalId") or f"e{n:03}" for n, user in enumerate(users[:50])]
    rows = [model.row(key, user["username"], last="Doe") for key, user in zip(keys, users, strict=False)]
    rows += [model.row(f"n{n}", f"new{n}@example.com") for n in range(5)]
    pairs = [{"group": "HR-all", "member": row["employee_id"]} for row in rows[::2]]
    rows_of = tuple(each for each in model.rows if each.path[:5] not in ("email", "title"))
    rules = model.rules(
        match=model.Match(by=("externalId", "userName"), adopt=True), attributes=rows_of,
        groups=model.Groups(group="group", member="member", manage=("HR-*",), create=True),
        guards=model.Guards(limits={}),
    )  # fmt: skip

    def plan(last):
        sandbox.journal.clear()
        made = make_plan(
            desk, rules, model.ListSource(rows), model.ListSource(pairs), last, now=NOW, new_id=lambda: "plan-1"
        )
        assert {call.split(" ", 1)[0] for call in sandbox.journal.calls if "/as/token" not in call} == {"GET"}
        return made

    with plan(LastApplied()) as first:
        counts = first.head.counts
        assert (counts["create"], counts["join"]) == (6, len(pairs))
        assert counts.get("adopt", 0) + counts.get("update", 0) == 50
        assert counts["disable"] > 0
        applied = apply_plan(desk, first, tmp_path / "journal", ApplyOptions(rate=10_000.0))
        assert applied.exit_code == 0, applied
    with plan(first.applied) as second:
        assert list(second.lines()) == []


def test_lines_are_read_again_by_name_thirty_a_call(company, model):
    """Before a plan is believed, whom it would make is asked for: fifteen a call where two paths are tried."""
    sandbox, desk = company
    rows = [model.row(f"x{n}", f"x{n}@example.com") for n in range(45)]
    people = model.replace(model.rules().people, complete=False)
    sandbox.journal.clear()
    source = model.ListSource(rows)
    rules = model.rules(guards=model.Guards(limits={}), people=people)
    with make_plan(desk, rules, source, None, LastApplied(), now=NOW, new_id=lambda: "plan-2") as made:
        assert made.head.counts == {"create": 45}
    walk = sum(call.startswith("GET /users") for call in sandbox.journal.calls)
    assert walk <= 3 + 3
