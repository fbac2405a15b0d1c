"""Sources that planning refuses: nothing is planned by them, and every fault is told with its line."""

from __future__ import annotations

import pytest


def refused(model, rows, **more):
    """Return the faults of a source."""
    directory = model.Directory()
    with pytest.raises(model.Refused) as caught:
        model.plan(directory, rows, **more)
    assert "walk" not in directory.calls
    return caught.value.faults


def test_a_key_that_stands_twice_refuses_the_source(model):
    """Keys are compared as the attribute that keeps them is; the lines are named."""
    [fault] = refused(model, [model.row("a"), model.row("b"), model.row("a", "x@example.com")])
    assert fault.startswith("people.csv: lines 2, 4: the key 'a' (employee_id)")


def test_a_row_without_a_key_refuses_the_source(model):
    """An empty key, a blank one and one of several texts are none."""
    found = refused(model, [model.row("a"), model.row(""), model.row(" "), model.row(("a", "b"), "x@example.com")])
    assert [fault.split(":")[1] for fault in found] == [" line 3", " line 4", " line 5"]


def test_an_empty_source_is_refused(model):
    """A source of nobody is a mistake."""
    assert "empty" in refused(model, [])[0]


def test_an_older_source_than_the_last_applied_is_refused(model):
    """It would undo what came since; both times are told."""
    new, old = (model.ListSource([model.row("a")], made=made) for made in (2_000_000.0, 1_999_999.0))
    last = model.plan(model.Directory(), new).applied
    [fault] = refused(model, old, last=last)
    assert "1970-01-24 03:33:19 UTC" in fault
    assert model.plan(model.Directory(), new, last=last).head.counts == {"create": 1}


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (
            {"populations": ("Nobody",)},
            "no population 'Nobody', or several of that name (it has 'Employees', 'Partners')",
        ),
        ({"where": "userType eq"}, "[scope] where"),
        ({"protect": ('groups.display eq "Root"',)}, "name a group by its id"),
    ],
)
def test_rules_that_do_not_fit_the_environment_plan_nothing(model, scope, said):
    """A population that is not there, a filter that is none, one that needs a call a person."""
    with pytest.raises(model.Unplannable) as caught:
        model.plan(model.Directory(), [model.row("a")], model.rules(scope=model.Scope(**scope)))
    assert said in caught.value.faults[0]
