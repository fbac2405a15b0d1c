"""Groups and memberships: of managed groups, and of people in scope."""

from __future__ import annotations

import pytest

PAIRS = [{"group": "HR-a", "member": "a"}, {"group": "HR-a", "member": "n"}]


def company(model, **fields):
    """Return a directory of two people, the first of them in a managed group, and the ids."""
    directory = model.Directory()
    a = directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"})
    b = directory.add("b@example.com", externalId="b", email="b@example.com", name={"family": "Doe"}, **fields)
    return directory, a, b


def groups_of(model, **changes):
    """Return rules with managed groups."""
    base = {"group": "group", "member": "member", "manage": ("HR-*",)}
    return model.rules(groups=model.Groups(**{**base, **changes}), guards=model.Guards(limits={}))


def links(found):
    """Return joins and leaves in short."""
    return [(line.do, line.key, line.group["name"]) for line in found.lines if line.do in ("join", "leave")]


def test_members_are_what_the_source_says(model):
    """Who is named joins, also somebody whom this plan makes; who is not named leaves."""
    directory, _a, b = company(model)
    group = directory.add_group("HR-a", b)
    rows = [model.row("a"), model.row("b"), model.row("n")]
    found = model.plan(directory, rows, groups_of(model), pairs=PAIRS)
    assert links(found) == [("leave", "b", "HR-a"), ("join", "a", "HR-a"), ("join", "n", "HR-a")]
    assert found.lines[-1].group == {"id": group, "name": "HR-a"}
    assert found.lines[-1].id is None


def test_extra_members_stay_where_the_rules_keep_them(model):
    """With `extra = "keep"` only leavers are taken out."""
    directory, _a, b = company(model)
    directory.add_group("HR-a", b)
    rows = [model.row("a"), model.row("b"), model.row("n")]
    assert ("leave", "b", "HR-a") not in links(model.plan(directory, rows, groups_of(model, extra="keep"), pairs=PAIRS))


def test_leavers_are_taken_out_of_managed_groups_at_once_or_kept(model):
    """`[leaver] groups` decides, whatever `extra` says of others."""
    directory, _a, b = company(model)
    directory.add_group("HR-a", b)
    directory.add_group("IT-x", b)
    for word, extra, left in (("managed", "keep", [("leave", "b", "HR-a")]), ("keep", "remove", [])):
        rules = model.replace(groups_of(model, extra=extra), leaver=model.Leaver(groups=word))
        found = model.plan(directory, [model.row("a")], rules, pairs=PAIRS[:1])
        assert [each for each in links(found) if each[0] == "leave"] == left


def test_members_out_of_scope_stay(model):
    """Somebody in a managed group whom the rules are not about is left there."""
    directory, a, b = company(model, population="p2")
    directory.add_group("HR-a", a, b)
    rules = model.replace(groups_of(model), scope=model.Scope(populations=("Employees",)))
    assert links(model.plan(directory, [model.row("a")], rules, pairs=PAIRS[:1])) == []


def test_a_group_that_is_not_there_is_made_or_a_conflict(model):
    """`create` decides; people join a group that the plan makes by its name."""
    directory, _a, _b = company(model)
    rows = [model.row("a"), model.row("b")]
    found = model.plan(directory, rows, groups_of(model, create=True), pairs=PAIRS[:1])
    assert [(line.do, line.on, line.key) for line in found.lines] == [
        ("create", "Group", "HR-a"),
        ("join", "User", "a"),
    ]
    assert found.lines[1].group == {"id": None, "name": "HR-a"}
    [line] = model.plan(directory, rows, groups_of(model), pairs=PAIRS[:1]).lines
    assert (line.do, line.on, line.reason) == ("conflict", "Group", "no such group")


@pytest.mark.parametrize(("fields", "reason"), [({"userFilter": 'title eq "x"'}, "dynamic group"), ({}, "not managed")])
def test_groups_that_nobody_may_manage_are_left_as_they_are(model, fields, reason):
    """A dynamic group, and one whose name no pattern has, are conflicts and no changes."""
    directory, _a, b = company(model)
    name = "HR-a" if fields else "IT-x"
    directory.add_group(name, b, **fields)
    pairs = [{"group": name, "member": "a"}]
    [line] = model.plan(directory, [model.row("a"), model.row("b")], groups_of(model), pairs=pairs).lines
    assert (line.do, line.on, line.key, line.reason) == ("conflict", "Group", name, reason)


def test_groups_are_managed_at_their_level(model):
    """A group of the same name in a population is another one, and one of another population takes nobody in.

    PingOne has no group of an environment beside one of that name in a population (docs/pingone.md §4.3).
    """
    directory, _a, b = company(model)
    directory.add_group("HR-a", b, population={"id": "p2"})
    rows = [model.row("a"), model.row("b")]
    environment = model.plan(directory, rows, groups_of(model, create=True), pairs=PAIRS[:1])
    assert [(line.do, line.reason) for line in environment.lines] == [("conflict", "name of a group elsewhere")]
    lines = model.plan(directory, rows, groups_of(model, population="Partners"), pairs=PAIRS[:1]).lines
    assert [(line.do, line.reason) for line in lines] == [("leave", ""), ("conflict", "group of another population")]


def test_a_membership_of_nobody_is_a_conflict(model):
    """A pair whose key no row has is told, and joins nobody."""
    directory, _a, b = company(model)
    directory.add_group("HR-a", b)
    pairs = [*PAIRS[:1], {"group": "HR-a", "member": "b"}, {"group": "HR-a", "member": "who"}]
    lines = model.plan(directory, [model.row("a"), model.row("b")], groups_of(model), pairs=pairs).lines
    assert [(line.do, line.key) for line in lines] == [("join", "a"), ("conflict", "who")]


def test_a_membership_whose_key_is_written_otherwise_ends_nothing(model):
    """A pair whose key no row has but in another case is told, and whom it perhaps means stays in the group."""
    directory, _a, b = company(model)
    directory.add_group("HR-a", b)
    pairs = [PAIRS[0], {"group": "HR-a", "member": "B"}]
    lines = model.plan(directory, [model.row("a"), model.row("b")], groups_of(model), pairs=pairs).lines
    assert [(line.do, line.key) for line in lines] == [("join", "a"), ("conflict", "B")]
    rows = [model.row("a"), model.row("b"), model.row("B", "other@example.com")]
    lines = model.plan(directory, rows, groups_of(model), pairs=pairs).lines
    assert ("leave", "b") in [(line.do, line.key) for line in lines]


def test_who_is_in_conflict_neither_joins_nor_leaves(model):
    """While a row cannot be carried out, the memberships of its person stay as they are."""
    directory, _a, b = company(model)
    directory.add_group("HR-a", b)
    rows = [model.row("a", status="Z"), model.row("b", status="Z"), model.row("n")]
    assert links(model.plan(directory, rows, groups_of(model), pairs=PAIRS)) == [("join", "n", "HR-a")]


def test_memberships_of_a_source_of_changes_end_for_who_has_a_row(model):
    """With `complete = false` who has no row stays in its groups, and can be named by its key."""
    directory, a, b = company(model)
    c = directory.add("c@example.com", externalId="c")
    directory.add_group("HR-a", a, b)
    people = model.replace(model.rules().people, complete=False)
    pairs = [{"group": "HR-a", "member": "c"}]
    found = model.plan(directory, [model.row("a")], model.replace(groups_of(model), people=people), pairs=pairs)
    assert links(found) == [("leave", "a", "HR-a"), ("join", "c", "HR-a")]
    assert found.lines[-1].id == c


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "the memberships are empty"),
        ([{"group": "HR-a", "member": name} for name in ("x", "y", "a")], "only 1 of its 3 members have a row"),
        ([{"group": "HR-a", "member": ""}], "line 2: a pair needs a 'group' and a 'member'"),
    ],
)
def test_memberships_that_are_empty_or_of_others_are_refused(model, pairs, said):
    """Nothing is planned by them: all groups would be emptied."""
    directory, _a, _b = company(model)
    with pytest.raises(model.Refused, match=said):
        model.plan(directory, [model.row("a")], groups_of(model), pairs=pairs)
