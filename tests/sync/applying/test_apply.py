"""A plan is applied: exactly what it says, in as few calls as can be, and none of it twice."""

from __future__ import annotations

import pytest

from scimbridge.sync.plans.lines import PlanLine
from tests.sync.applying.conftest import POPULATION, make_plan


def test_updates_cost_little_more_than_a_call_each(floor):
    """A hundred updates cost a hundred writes and a read for each block of fifty, where ids cannot be filtered."""
    floor = floor
    lines = floor.updates(floor.users()[:50])
    applied = floor.apply(make_plan(floor.sandbox, *lines))
    assert applied.counts == {"update": {"done": 50}}
    assert applied.exit_code == 0
    assert {floor.user(line.id)["title"] for line in lines} == {"Planned"}
    print(floor.calls[:5], len(floor.calls), applied)
