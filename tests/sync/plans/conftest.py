from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scimbridge.sync.plans.lines import CONFLICT, CREATE, GROUP, JOIN, UPDATE, PlanHead, PlanLine, StoppedGuard
from scimbridge.sync.plans.writing import write_plan

SECRET = b"of one bridge" + bytes(19)
ENVIRONMENT = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
MADE = 1_795_000_000.0
LINES = (
    PlanLine(do=CREATE, on=GROUP, key="HR-Basel", why="is managed and is not there", after={"displayName": "HR-Basel"}),
    PlanLine(do=CREATE, key="1007", why="is new", after={"userName": "eva@example.org", "active": True}),
    PlanLine(
        do=UPDATE, key="1001", id="a1", user_name="ann@example.org", why="title differs", condition={"active": True},
        before={"title": None}, after={"title": 'Head of "Ships" & <Boats>'}, drift={"who": "admin", "at": 1.5},
    ),
    PlanLine(do=JOIN, key="1007", why="is a member", group={"id": None, "name": "HR-Basel"}),
    PlanLine(do=CONFLICT, key="1009", why="two users match", faults=("a2 and a3 match",), reason="two users match"),
)  # fmt: skip


def head_of(lines, **others):
    """Return the head that a plan of these lines has."""
    head = PlanHead(
        format=1, id="7d0c", made=MADE, version="0.1.0", environment=ENVIRONMENT, tables="aa", rules="bb", scope="cc",
        rules_file="people.toml", source={"name": "people.csv", "digest": "dd", "rows": 300, "made": MADE - 60},
        directory={"how": "in one row", "users": 290}, people=288, counts=dict(Counter(line.do for line in lines)),
        guards={"create": {"number": 2, "most": 57, "of": 288}},
        stopped=(StoppedGuard("delete", 12, 10, "12 deletes, at most 10"),),
        populations={"p1": {"name": "Employees", "before": 288, "after": 289}},
    )  # fmt: skip
    return replace(head, **others)


@pytest.fixture
def written(tmp_path):
    """Writes a plan and returns its path."""

    def write(lines=LINES, name="plan.jsonl", secret=SECRET, **others):
        path = tmp_path / name
        write_plan(path, head_of(lines, **others), iter(lines), secret)
        return path

    return write
