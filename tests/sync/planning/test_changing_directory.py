"""A directory that changes while the plan is made: found, and never a wrong line."""

from __future__ import annotations

import pytest

from scimbridge.pingone.errors import Unreachable


def company(model, number=6):
    """Return a directory of people with titles, and their ids."""
    directory = model.Directory()
    return directory, [directory.add(f"{n}@example.com", externalId=f"{n}", title="old") for n in range(number)]


def test_somebody_who_came_while_the_walk_was_on_is_not_made_twice(model):
    """Who would be made is asked for before the plan is believed, by all that rows are matched by."""
    directory, _keys = company(model)
    directory.while_walked = lambda: directory.users.update({"0-first": {
        "id": "0-first", "username": "other@example.com", "externalId": "new", "enabled": True,
        "population": {"id": "p1"},
    }})  # fmt: skip
    found = model.plan(directory, [model.row(f"{n}") for n in range(6)] + [model.row("new")])
    assert "create" not in found.head.counts
    assert [line.id for line in found.lines if line.key == "new"] == ["0-first"]


def test_somebody_who_went_meanwhile_has_no_line(model):
    """Who would be disabled and is not there any more is left out; a row for one who went makes that person."""
    directory, keys = company(model)
    directory.while_walked = lambda: [directory.users.pop(key) for key in keys[:2]]
    found = model.plan(directory, [model.row("1"), *(model.row(f"{n}") for n in range(2, 6))])
    assert [line.key for line in found.lines if line.do == "create"] == ["1"]
    assert "disable" not in found.head.counts


@pytest.mark.parametrize("change", [{"title": "by hand"}, {"username": "by-hand@example.com"}, {"enabled": False}])
def test_a_line_is_made_of_what_is_there_when_the_plan_is_ready(model, change):
    """Somebody who is changed after having been read is read again, under a new name too."""
    directory, keys = company(model)
    directory.while_walked = lambda: directory.users[keys[0]].update(change)
    found = model.plan(directory, [model.row(f"{n}") for n in range(6)])
    model.carry_out(directory, found.lines, model.rules())
    assert not model.plan(directory, [model.row(f"{n}") for n in range(6)]).lines


def test_somebody_who_leaves_the_scope_meanwhile_is_left_alone(model):
    """A person who is moved out of the scope after having been read is not changed."""
    directory, keys = company(model)
    directory.while_walked = lambda: directory.users[keys[0]].update(population={"id": "p2"})
    rules = model.rules(scope=model.Scope(populations=("Employees",)))
    found = model.plan(directory, [model.row(f"{n}") for n in range(6)], rules)
    assert [(line.do, line.reason) for line in found.lines if line.key == "0"] == [("conflict", "outside of the scope")]


def test_a_walk_that_is_short_is_made_again_and_then_stops_the_plan(model):
    """PingOne says one more before and after: the plan is written, and stopped."""
    directory, _keys = company(model)
    directory.count = lambda: 7
    directory.first_count = 7
    found = model.plan(directory, [model.row(f"{n}") for n in range(6)])
    assert directory.calls.count("walk") == 2
    assert [each.name for each in found.head.stopped] == ["directory"]


def test_a_group_whose_number_does_not_come_out_is_told_of(model):
    """Members that PingOne lists have to be as many as the group says, within three readings."""
    directory, keys = company(model)
    directory.add_group("HR-a", *keys[:2])
    directory.members = lambda group, direct: iter([keys[:1]])
    rules = model.rules(groups=model.Groups(group="group", member="member", manage=("HR-*",)))
    with pytest.raises(Unreachable, match="2 direct members, and PingOne lists 1"):
        model.plan(directory, [model.row("0")], rules, pairs=[{"group": "HR-a", "member": "0"}])
