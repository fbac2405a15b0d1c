"""How present records are asked for: in calls that PingOne takes."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.pingone.filters import Term, render
from scimbridge.sync.applying.present import LONGEST, _any, _parts
from tests.sync.applying.conftest import make_plan


@given(st.lists(st.sampled_from(["a", "jane.doe@example.org", "名" * 100, "ü" * 128, 'say "x"']), max_size=120))
def test_no_filter_is_too_long_and_none_is_left_out(names):
    """Whatever names people have, each is asked for once, and no filter that has several is longer than goes out."""
    terms = [Term("username", "eq", name) for name in names]
    parts = list(_parts(terms))
    assert [term for part in parts for term in part] == terms
    for part in parts:
        assert len(part) == 1 or len(quote(render(_any(part)), safe="")) <= LONGEST


def test_long_names_are_read_in_several_calls(floor):
    """Names of a hundred letters that take three bytes each are still asked for together, as far as that goes."""
    users = floor.users()[:20]
    for number, user in enumerate(users):
        floor.sandbox.directory.users.put({**user, "username": f"{'名' * 100}{number}"})
    lines = floor.updates([floor.user(user["id"]) for user in users])
    assert floor.apply(make_plan(floor.sandbox, *lines)).counts == {"update": {"done": 20}}
    assert "GET /users/{user}" not in floor.calls
