"""Whether a line still stands: path by path, and nobody else's value is ever given up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sync.applying.judging import ALREADY, STANDS, LineStanding, judge
from scimbridge.sync.plans.lines import PlanLine
from scimbridge.sync.plans.managed_paths import ManagedPaths
from tests.conftest import shipped_tables

PATHS = ManagedPaths(shipped_tables().whole["User"].type)
NAMES = ("title", "nickName", "name.givenName")
_states = st.fixed_dictionaries({name: st.sampled_from([None, "a", "b", "c"]) for name in NAMES})


def _resource(values):
    return PATHS.resource({"userName": "x", **values})


@given(before=_states, after=_states, here=_states, condition=_states.map(lambda values: {"title": values["title"]}))
def test_only_what_is_as_before_is_changed(before, after, here, condition):
    """A line stands exactly where each path is as before or as after, and its condition holds."""
    line = PlanLine(do="update", key="k", id="1", why="", before=before, after=after, condition=condition)
    found = judge(line, _resource(here), PATHS).standing
    if all(here[name] == after[name] for name in NAMES):
        assert found is LineStanding.ALREADY
    elif here["title"] == condition["title"] and all(here[name] in (before[name], after[name]) for name in NAMES):
        assert found is LineStanding.STANDS
    else:
        assert found is LineStanding.DRIFTED


@given(before=_states, here=_states)
def test_a_deletion_stands_where_all_is_as_before(before, here):
    """What is to be deleted has to be wholly as it was; what is gone is deleted."""
    line = PlanLine(do="delete", key="k", id="1", why="", before=before)
    assert (judge(line, _resource(here), PATHS) == STANDS) == (here == before)
    assert judge(line, None, PATHS) == ALREADY


def test_a_yes_is_no_one():
    """True and 1 are two values, and the reason names attributes and no values."""
    line = PlanLine(do="update", key="k", id="1", why="", before={"active": 1, "title": "b"}, after={"active": False})
    found = judge(line, {"active": True, "title": "secret"}, PATHS)
    assert found.why == "changed by another hand: active, title"
