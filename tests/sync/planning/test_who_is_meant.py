"""Who may be meant by a row, by whatever path: is never taken for missing, and never gets the key of somebody else."""

from __future__ import annotations

import pytest

NAME_FIRST = ("userName", "externalId")


def changes(found):
    """Return what a plan changes, as kinds and ids."""
    return [(line.do, line.id) for line in found.lines if not line.faults]


def test_a_row_whose_name_is_of_another_key_leaves_the_person_of_its_own_key_alone(model):
    """Found by name is somebody with another key: a conflict, and whoever has the row's key is not missing."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="z")
    directory.add("old@example.com", externalId="a")
    rows = [model.row("a"), model.row("z", "z@example.com")]
    found = model.plan(directory, rows, model.rules(match=model.Match(by=NAME_FIRST)))
    assert "disable" not in {line.do for line in found.lines}


@pytest.mark.parametrize("adopt", [True, False])
def test_nobody_is_adopted_for_a_key_that_somebody_has(model, adopt):
    """Found by name is somebody without a key, and another has it: a conflict, and neither is missing."""
    directory = model.Directory()
    directory.add("a@example.com")
    directory.add("old@example.com", externalId="a")
    found = model.plan(directory, [model.row("a")], model.rules(match=model.Match(by=NAME_FIRST, adopt=adopt)))
    assert [(line.do, line.reason) for line in found.lines] == [("conflict", "somebody else has the key")]


def test_two_people_with_the_key_of_a_row_are_a_conflict_by_whatever_path_it_is_found(model):
    """The name fits one of two people who both have the key: nobody knows which, and neither is missing."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a")
    directory.add("twin@example.com", externalId="a")
    found = model.plan(directory, [model.row("a")], model.rules(match=model.Match(by=NAME_FIRST)))
    assert [(line.do, line.reason) for line in found.lines] == [("conflict", "somebody else has the key")]


def test_of_many_with_one_key_none_is_missing(model):
    """Five people have the key of a row: a conflict, and all five stay."""
    directory = model.Directory()
    for number in range(5):
        directory.add(f"{number}@example.com", externalId="a")
    found = model.plan(directory, [model.row("a")])
    assert [line.do for line in found.lines] == ["conflict"]


@pytest.mark.parametrize("name", ["new@example.com", "without-key@example.com"])
@pytest.mark.parametrize(("there", "here"), [("ab7", "AB7"), ("00123", "123"), ("Jos\u00e9", "Jose\u0301")])
def test_a_key_that_is_written_otherwise_by_now_disables_nobody(model, name, there, here):
    """The row of a person has its key in capitals of late: a conflict, and neither is anybody missing nor made."""
    directory = model.Directory()
    directory.add("b@example.com", externalId=there)
    directory.add("without-key@example.com")
    rules = model.rules(match=model.Match(by=("externalId", "userName"), adopt=True))
    lines = model.plan(directory, [model.row(here, name)], rules).lines
    assert [(line.do, line.reason) for line in lines if line.key != "without-key@example.com"] == [
        ("conflict", "the key is written otherwise")
    ]


@pytest.mark.parametrize(("key", "does"), [(None, []), ("z", ["disable"])])
def test_who_has_the_name_of_a_row_and_no_key_is_not_missing(model, key, does):
    """The rules match by the key alone: the row is a conflict, and who has its name stays unless it is another's."""
    directory = model.Directory()
    directory.add("a@example.com", externalId=key)
    found = model.plan(directory, [model.row("a")], model.rules(match=model.Match(by=("externalId",))))
    assert [line.do for line in found.lines] == [*does, "conflict"]


def test_a_row_whose_name_cannot_be_read_may_mean_another_than_it_is_found_by(model):
    """The name is unreadable, and the address fits one without a key: others without one are not missing either."""
    directory = model.Directory()
    directory.add("x@example.com", nickname="Bo")
    directory.add("meant@example.com")
    by = ("externalId", "userName", "nickName")
    rows = [model.row("a", mail=("meant@example.com", "y@example.com"), nick="Bo")]
    found = model.plan(directory, rows, model.rules(match=model.Match(by=by, adopt=True)))
    assert [line.do for line in found.lines] == ["conflict"]


def test_a_membership_of_a_key_that_two_people_have_takes_neither_in(model):
    """In a source of changes only, a key without a row that two people have names nobody."""
    directory = model.Directory()
    directory.add("x@example.com", externalId="b")
    directory.add("y@example.com", externalId="b")
    directory.add_group("HR-a")
    rules = model.rules(
        people=model.replace(model.rules().people, complete=False),
        groups=model.Groups(group="group", member="member", manage=("HR-*",)),
    )
    found = model.plan(directory, [model.row("a")], rules, pairs=[{"group": "HR-a", "member": "b"}])
    assert [(line.do, line.key) for line in found.lines if line.do != "create"] == [("conflict", "b")]


# -- who leaves a scope by being disabled ------------------------------------------------------------------------------


def test_a_disable_may_take_somebody_out_of_a_scope_of_active_people(model):
    """With `where = 'active eq true'` a row that says so disables, also by a line that finds the groups unchanged."""
    directory = model.Directory()
    key = directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"})
    group = directory.add_group("HR-a", key)
    rules = model.rules(
        scope=model.Scope(where="active eq true"),
        groups=model.Groups(column="grp", separator=";", manage=("HR-*",)), guards=model.Guards(limits={}),
    )  # fmt: skip
    source = [model.row("a", status="T", grp="")]
    found = model.plan(directory, source, rules)
    assert changes(found) == [("disable", key), ("leave", key)]
    model.carry_out(directory, found.lines, rules)
    assert directory.edges[group] == set()
    assert model.plan(directory, source, rules).lines == []


def test_a_leaver_of_a_scope_of_active_people_leaves_the_groups_too(model):
    """The leave is held against the person as the disable before it leaves them."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"})
    key = directory.add("b@example.com", externalId="b")
    group = directory.add_group("HR-a", key)
    rules = model.rules(
        scope=model.Scope(where="active eq true"),
        groups=model.Groups(column="grp", separator=";", manage=("HR-*",)), guards=model.Guards(limits={}),
    )  # fmt: skip
    found = model.plan(directory, [model.row("a", grp="")], rules)
    assert changes(found) == [("disable", key), ("leave", key)]
    model.carry_out(directory, found.lines, rules)
    assert directory.edges[group] == set()
