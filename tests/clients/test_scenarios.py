"""What real clients send, in their order and spelling, against the bridge as it is by default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = sorted(path.name for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_client_gets_what_it_needs(play, name):
    """Each scenario of the folder passes from its first step to its last."""
    play(name)


def test_every_scenario_says_whose_it_is_and_asks_for_something():
    """A file names client, scenario, source and confidence, and each of its steps expects a status."""
    assert len(SCENARIOS) >= 25
    for name in SCENARIOS:
        scenario = json.loads((FOLDER / name).read_text("utf-8"))
        assert all(scenario[word] for word in ("client", "scenario", "source", "confidence", "steps")), name
        assert all(step["name"] and step["expect"]["status"] for step in scenario["steps"]), name
        asked = sum(len(step["expect"].get("assertions", ())) for step in scenario["steps"])
        assert asked, name


@pytest.mark.parametrize(
    ("assertion", "body"),
    [
        ({"path": "$.a", "equals": 1}, {"a": True}),
        ({"path": "$.a", "equals": 1}, {}),
        ({"path": "$.a", "exists": True}, {}),
        ({"path": "$.a", "absent": True}, {"a": None}),
        ({"path": "$.a", "empty": True}, {"a": [0]}),
        ({"path": "$.a", "length": 2}, {"a": [1]}),
        ({"path": "$.a", "contains": {"b": 1}}, {"a": [{"b": 2}]}),
        ({"path": "$.a", "not_contains": "x"}, {"a": ["x"]}),
        ({"path": "$.a[?b=c].d", "equals": 1}, {"a": [{"b": "x", "d": 1}]}),
        ({"path": "$.a[*].b", "contains": 2}, {"a": [{"b": 1}]}),
        ({"path": "$.a", "type": "integer"}, {"a": True}),
        ({"path": "$.a", "matches": "^x"}, {"a": "yx"}),
        ({"path": "$.a", "one_of": ["1"]}, {"a": 1}),
        ({"path": "$.a", "gte": 2}, {"a": 1}),
        ({"path": "$.a", "lte": 2}, {"a": 3}),
        ({"path": "$.a", "equals_ci": "X"}, {"a": "y"}),
    ],
)
def test_an_assertion_that_does_not_hold_fails(runner, assertion, body):
    """The runner sees each kind of wrong answer."""
    with pytest.raises(runner.Failed):
        runner.check(body, [assertion])
