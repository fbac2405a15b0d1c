"""Laws: whatever source, rules and directory there are, a plan brings about what it says, and nothing else."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

KEYS = ["k0", "k1", "k2", "k3", "k4", "k5"]
NAMES = ["k0@example.com", "k1@example.com", "K2@Example.com", "svc-1", "k4@example.com", "other@example.com"]
FIRST_GROUP = "10000000-0000-4000-8000-000000000001"
UNMANAGED = ("mobilePhone", "type", "locale")

users = st.fixed_dictionaries(
    {
        "username": st.sampled_from(NAMES),
        "population": st.sampled_from(["p1", "p2"]),
        "externalId": st.sampled_from([None, *KEYS, "gone"]),
        "enabled": st.booleans(),
        "title": st.sampled_from([None, "boss", "clerk"]),
        "nickname": st.sampled_from([None, "Bo"]),
        "type": st.sampled_from(["employee", "guest"]),
        "mobilePhone": st.sampled_from([None, "+49.1"]),
    }
)
rows = st.fixed_dictionaries(
    {
        "employee_id": st.sampled_from(KEYS),
        "mail": st.sampled_from([*NAMES, ""]),
        "last": st.sampled_from(["Doe", "Roe"]),
        "job": st.sampled_from(["", "boss", "clerk"]),
        "nick": st.sampled_from(["", "Bo", "Al"]),
        "lang": st.sampled_from(["", "de"]),
        "status": st.sampled_from(["A", "A", "T", "X", ""]),
        "grp": st.sampled_from(["", "HR-a", "HR-a;HR-b", "IT-c"]),
    }
)
worlds = st.fixed_dictionaries(
    {
        "users": st.lists(users, max_size=5, unique_by=lambda user: user["username"].casefold()),
        "rows": st.lists(rows, min_size=1, max_size=5, unique_by=lambda row: row["employee_id"]),
        "members": st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=6),
        "level": st.sampled_from([None, None, "p1"]),
        "populations": st.sampled_from([(), ("Employees",), ("Employees", "p2")]),
        "where": st.sampled_from([None, 'userType eq "employee"']),
        "protect": st.sampled_from([(), ('userName sw "svc-"',), (f'groups.value eq "{FIRST_GROUP}"',)]),
        "adopt": st.booleans(),
        "by": st.sampled_from([("externalId", "userName"), ("userName", "externalId"), ("externalId",)]),
        "complete": st.sampled_from([True, True, False]),
        "missing": st.sampled_from([("keep", None), ("disable", None), ("disable", 86_400.0), ("delete", 0.0)]),
        "leaver_groups": st.sampled_from(["managed", "keep"]),
        "extra": st.sampled_from(["remove", "keep"]),
        "create": st.booleans(),
    }
)  # fmt: skip


def build(model, world):
    """Return the directory and the rules of a world."""
    directory = model.Directory()
    level = {} if world["level"] is None else {"population": {"id": world["level"]}}
    groups = [directory.add_group(name, **level) for name in ("HR-a", "HR-b", "IT-c")]
    keys = [directory.add(**user) for user in world["users"]]
    for group, member in world["members"]:
        if member < len(keys) and (
            world["level"] is None or directory.users[keys[member]]["population"]["id"] == world["level"]
        ):
            directory.edges[groups[group]].add(keys[member])
    base = model.rules()
    missing, after = world["missing"]
    return directory, model.rules(
        people=model.replace(base.people, complete=world["complete"]),
        scope=model.Scope(populations=world["populations"], where=world["where"], protect=world["protect"]),
        match=model.Match(by=world["by"], adopt=world["adopt"]),
        leaver=model.Leaver(missing=missing, delete_after=after, groups=world["leaver_groups"]),
        groups=model.Groups(
            column="grp", separator=";", manage=("HR-*",), extra=world["extra"], create=world["create"],
            population=world["level"],
        ),
        guards=model.Guards(limits={}),
    )  # fmt: skip


@pytest.mark.parametrize("order", ["as it is", "the other way round"])
@settings(max_examples=25)
@given(world=worlds)
def test_a_plan_brings_about_what_it_says_and_nothing_else(model, order, world):
    """Carried out, the next plan has nothing to do but for rows that were in conflict; all else is as it was."""
    directory, rules = build(model, world)
    source = world["rows"] if order == "as it is" else world["rows"][::-1]
    before, edges = copy.deepcopy(directory.users), copy.deepcopy(directory.edges)
    first = model.plan(directory, source, rules, table=model.placed())
    assert (directory.users, directory.edges) == (before, edges)
    seen = {person.id: person for person in first.people}
    model.carry_out(directory, first.lines, rules, model.placed())
    second = model.plan(directory, source, rules, last=first.applied, table=model.placed())

    doubtful = {line.key for line in first.lines if line.faults}
    left = [line for line in second.lines if not line.faults and line.key not in doubtful]
    assert not left
    for key, record in before.items():
        now, person = directory.users.get(key), seen[key]
        if not person.in_scope:
            assert now == record
            assert {g for g, each in edges.items() if key in each} == {
                g for g, each in directory.edges.items() if key in each
            }
        if person.protected:
            assert now is not None
            assert (now["enabled"] or not record["enabled"], now["population"]) == (True, record["population"])
        if now is not None:
            assert [now.get(name) for name in UNMANAGED] == [record.get(name) for name in UNMANAGED]
    unmanaged = next(key for key, record in directory.group_records.items() if record["name"] == "IT-c")
    moved = {line.id for line in first.lines if line.do in ("move", "delete")}
    assert directory.edges[unmanaged] ^ edges[unmanaged] <= moved
    made = {directory.users[key]["population"]["id"] for key in directory.users.keys() - before.keys()}
    assert not world["populations"] or made <= {"p1" if name == "Employees" else name for name in world["populations"]}


@settings(max_examples=15)
@given(world=worlds)
def test_the_same_inputs_give_the_same_lines(model, world):
    """Whatever order PingOne and the source give people in, the plan has the same lines in the same order."""
    directory, rules = build(model, world)
    first = model.plan(directory, world["rows"], rules)
    again = model.plan(directory, world["rows"], rules)
    assert (again.lines, again.head) == (first.lines, first.head)
    directory.users = dict(reversed(directory.users.items()))
    directory.group_records = dict(reversed(directory.group_records.items()))
    assert model.plan(directory, world["rows"], rules).lines == first.lines


@settings(max_examples=15)
@given(
    world=worlds, kinds=st.sets(st.sampled_from(["create", "adopt", "update", "disable", "move", "join"]), min_size=1)
)
def test_a_plan_of_some_kinds_can_be_carried_out_by_itself(model, world, kinds):
    """With `just`, no line waits for one that the plan does not have, and no other kind is in it."""
    directory, rules = build(model, world)
    found = model.plan(directory, world["rows"], rules, just=kinds, table=model.placed())
    assert {line.do for line in found.lines} <= {*kinds, "conflict"}
    model.carry_out(directory, found.lines, rules, model.placed())
