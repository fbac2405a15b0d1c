"""Joiners, movers and changes: who is meant by a row, and what is done of it."""

from __future__ import annotations

import pytest


def one(lines, do):
    """Return the one line of a kind."""
    [line] = [each for each in lines if each.do == do]
    return line


def test_only_what_differs_is_changed(model):
    """An update holds the managed paths that differ, and what is managed and equal is not in it."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, title="old")
    line = one(model.plan(directory, [model.row("a", job="new", nick="Al")]).lines, "update")
    assert (line.before, line.after) == ({"title": "old", "nickName": None}, {"title": "new", "nickName": "Al"})
    assert (line.condition, line.user_name) == ({"externalId": "a"}, "a@example.com")


def test_an_empty_value_is_kept_or_cleared_as_its_row_says(model):
    """`empty = "clear"` takes the value away; without it, what is there stays."""
    directory = model.Directory()
    directory.add(
        "a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, title="x", nickname="y"
    )
    line = one(model.plan(directory, [model.row("a")]).lines, "update")
    assert (line.before, line.after) == ({"title": "x"}, {"title": None})


def test_what_is_ours_at_creation_only_is_never_changed(model):
    """`on = "create"` counts for who is new, and for nobody else."""
    directory = model.Directory()
    directory.add(
        "a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, preferredLanguage="fr"
    )
    found = model.plan(directory, [model.row("a", lang="de"), model.row("b", lang="de")])
    assert [line.do for line in found.lines] == ["create"]
    assert found.lines[0].after["preferredLanguage"] == "de"


def test_values_are_compared_as_pingone_would_keep_them(model):
    """`en_US` is `en-US` there already, so that no line says otherwise."""
    directory = model.Directory()
    directory.add(
        "a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, preferredLanguage="en-US"
    )
    rows = tuple(model.replace(each, only_at_creation=False) for each in model.rows)
    assert not model.plan(directory, [model.row("a", lang="en_US")], model.rules(attributes=rows)).lines


def test_an_unknown_value_is_a_conflict_and_changes_nothing_of_the_person(model):
    """A status that `values` has not is reported with its line; neither the rest nor the absence is acted upon."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", title="old")
    [line] = model.plan(directory, [model.row("a", status="Z", job="new")]).lines
    assert (line.do, line.key, line.reason) == ("conflict", "a", "unreadable value of active")
    assert "line 2" in line.faults[0]


@pytest.mark.parametrize("name", ["A@EXAMPLE.COM", "a@example.com"])
def test_a_user_name_matches_in_any_case_and_an_external_id_does_not(model, name):
    """Each path is compared by the rules of its attribute (RFC 7643 §2.2)."""
    directory = model.Directory()
    directory.add(name)
    directory.add("other@example.com", externalId="A")
    rules = model.rules(match=model.Match(by=("externalId", "userName"), adopt=True))
    lines = model.plan(directory, [model.row("a"), model.row("A", "other@example.com")], rules).lines
    adopted = one(lines, "adopt")
    assert adopted.after["externalId"] == "a"
    assert adopted.before["externalId"] is None


def test_an_adoption_is_only_reported_where_the_rules_do_not_say_otherwise(model):
    """With `adopt = false` the line has a reason why it is skipped, and the person is not missing either."""
    directory = model.Directory()
    directory.add("a@example.com")
    [line] = model.plan(directory, [model.row("a")]).lines
    assert line.do == "adopt"
    assert "adopt = false" in line.faults[0]


def test_who_has_another_key_is_nobody_elses(model):
    """A row that finds by name somebody with another key is a conflict, and that person is not missing."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="z")
    [line] = model.plan(directory, [model.row("a")]).lines
    assert (line.do, line.reason) == ("conflict", "who matches by userName has another key")


def test_two_people_with_one_value_are_a_conflict(model):
    """Two hits are a conflict, and neither of them is taken for missing."""
    directory = model.Directory()
    directory.add("x@example.com", email="a@example.com")
    directory.add("y@example.com", email="a@example.com")
    rules = model.rules(match=model.Match(by=("externalId", 'emails[type eq "work"].value'), adopt=True))
    [line] = model.plan(directory, [model.row("a")], rules).lines
    assert (line.do, line.reason) == ("conflict", 'several people match by emails[type eq "work"].value')


def test_two_rows_for_one_person_are_conflicts_both(model):
    """Who is found by two rows is changed by none."""
    directory = model.Directory()
    directory.add("a@example.com", email="b@example.com")
    rules = model.rules(match=model.Match(by=("externalId", "userName", 'emails[type eq "work"].value'), adopt=True))
    lines = model.plan(directory, [model.row("a"), model.row("b")], rules).lines
    assert [(line.do, line.key) for line in lines] == [("conflict", "a"), ("conflict", "b")]


def test_a_name_that_is_somebody_elses_is_a_conflict(model):
    """A user name that another person holds, or another row wants, is not asked of PingOne at all."""
    directory = model.Directory()
    directory.add("old@example.com", externalId="a")
    directory.add("taken@example.com", externalId="b")
    rows = [model.row("a", "taken@example.com"), model.row("b", "taken@example.com")]
    rows += [model.row("c", "new@example.com"), model.row("d", "new@example.com")]
    conflicts = [line for line in model.plan(directory, rows).lines if line.do == "conflict"]
    assert [line.key for line in conflicts] == ["a", "c", "d"]
    assert {line.reason for line in conflicts} == {"userName is somebody else's"}


def test_who_is_to_be_disabled_is_disabled_whatever_else_is_wrong_with_the_row(model):
    """By the key alone: the rest is a conflict. The protected, and who was found by another path, stay as they are."""
    directory = model.Directory()
    directory.add("old@example.com", externalId="a")
    directory.add("taken@example.com", externalId="b")
    directory.add("named@example.com")
    rows = [model.row("a", "taken@example.com", status="T"), model.row("b", "taken@example.com")]
    rows.append(model.row("c", "named@example.com", status="T"))
    rules = model.rules(match=model.Match(by=("externalId", "userName"), adopt=False))
    lines = model.plan(directory, rows, rules).lines
    assert [(line.do, line.key) for line in lines if line.do in ("disable", "conflict")] == [
        ("disable", "a"), ("conflict", "a"),
    ]  # fmt: skip
    shielded = model.rules(scope=model.Scope(protect=('userName sw "old"',)))
    assert "disable" not in {line.do for line in model.plan(directory, rows, shielded).lines}


def test_active_has_lines_of_its_own_the_disable_before_and_the_enable_after_the_rest(model):
    """An update never holds `active`; the later lines hold for the person as the earlier ones leave it."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", title="old")
    directory.add("old-b@example.com", externalId="b", enabled=False)
    scope = model.Scope(protect=('userName sw "svc-"',))
    found = model.plan(directory, [model.row("a", status="T", job="x"), model.row("b")], model.rules(scope=scope))
    assert [(line.do, line.key) for line in found.lines] == [
        ("disable", "a"), ("update", "a"), ("update", "b"), ("enable", "b"),
    ]  # fmt: skip
    enable = found.lines[-1]
    assert enable.condition["userName"] == enable.user_name == "b@example.com"


def test_a_population_rule_moves_and_places(model):
    """Whom a rule puts elsewhere is moved by a line of its own; who is new comes to where the rules say."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, title="boss")
    found = model.plan(directory, [model.row("a", job="boss"), model.row("b", job="boss")], table=model.placed())
    assert [line.do for line in found.lines] == ["create", "move"]
    create, move = found.lines
    assert create.after[model.POPULATION] == "p2"
    assert (move.before, move.after) == ({model.POPULATION: "p1"}, {model.POPULATION: "p2"})
    assert found.head.populations == {
        "p1": {"name": "Employees", "before": 1, "after": 0}, "p2": {"name": "Partners", "before": 0, "after": 2},
    }  # fmt: skip


def test_nobody_is_taken_out_of_scope_or_made_outside_of_it(model):
    """A move, a change or a creation that ends outside of [scope] is a conflict."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"}, title="clerk")
    rules = model.rules(scope=model.Scope(populations=("Employees",)))
    rows = [model.row("a", job="boss"), model.row("b", job="boss")]
    lines = model.plan(directory, rows, rules, table=model.placed()).lines
    assert [(line.do, line.reason) for line in lines] == [
        ("conflict", "would leave the scope"), ("conflict", "would be made outside of the scope"),
    ]  # fmt: skip


def test_a_line_is_held_to_what_put_the_person_in_scope(model):
    """Whoever leaves the scope between plan and apply is not changed: population and filters are conditions."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", type="employee")
    scope = model.Scope(populations=("p1",), where='userType eq "employee"', protect=('nickName eq "root"',))
    line = one(model.plan(directory, [model.row("a")], model.rules(scope=scope)).lines, "update")
    assert line.condition == {"externalId": "a", "userType": "employee", "nickName": None, model.POPULATION: "p1"}


def test_who_is_protected_is_neither_disabled_nor_moved(model):
    """A protected person is changed otherwise, and a line says what is not done."""
    directory = model.Directory()
    directory.add("svc-a@example.com", externalId="a", email="svc-a@example.com", name={"family": "Doe"}, title="clerk")
    rules = model.rules(scope=model.Scope(protect=('userName sw "svc-"',)))
    row = model.row("a", "svc-a@example.com", job="boss", status="T")
    lines = model.plan(directory, [row], rules, table=model.placed()).lines
    reasons = {line.reason for line in lines if line.do == "conflict"}
    assert reasons == {"protected, not disabled", "protected, not moved"}
    assert [line.do for line in lines if line.do != "conflict"] == ["update"]


def test_a_group_protects_whom_it_holds(model):
    """`groups.value eq` in a filter is answered by the members of that group, read once."""
    directory = model.Directory()
    boss, _other = directory.add("a@example.com", externalId="a"), directory.add("b@example.com", externalId="b")
    group = directory.add_group("Root", boss)
    scope = model.Scope(protect=(f'groups.value eq "{group}"',))
    lines = model.plan(directory, [model.row("c")], model.rules(scope=scope)).lines
    assert [(line.do, line.key) for line in lines] == [("disable", "b"), ("create", "c"), ("conflict", "a")]


def test_a_line_is_held_to_the_memberships_that_a_scope_asks_for(model):
    """What protects is a condition of lines that disable, move or delete, what is in scope one of every line."""
    directory = model.Directory()
    keys = [directory.add(f"{key}@example.com", externalId=key) for key in "ab"]
    group, shield = directory.add_group("Staff", *keys), directory.add_group("Root")
    staff, root = (f'groups[value eq "{key}"].value' for key in (group, shield))
    scope = model.Scope(where=f'groups.value eq "{group.upper()}"', protect=(f'groups.value eq "{shield}"',))
    disable, update = model.plan(directory, [model.row("a")], model.rules(scope=scope)).lines
    assert (disable.do, disable.condition) == ("disable", {"externalId": "b", staff: group, root: None})
    assert (update.do, update.condition) == ("update", {"externalId": "a", staff: group})


def test_a_plan_of_some_keys_is_about_nobody_else(model):
    """`only` takes keys of the source and of people who are missing in it; a key of nobody is a mistake."""
    directory = model.Directory()
    directory.add("b@example.com", externalId="b")
    found = model.plan(directory, [model.row("a"), model.row("c")], only=["a", "b"])
    assert [(line.do, line.key) for line in found.lines] == [("disable", "b"), ("create", "a")]
    assert found.applied.at is None
    with pytest.raises(Exception, match="'nobody': neither the source nor the directory"):
        model.plan(directory, [model.row("a")], only=["nobody"])


def test_somebody_without_a_required_value_is_not_made(model):
    """Nobody is asked for whom PingOne would refuse: the row is a conflict."""
    [line] = model.plan(model.Directory(), [model.row("a", mail="")]).lines
    assert (line.do, line.reason) == ("conflict", "no value where one is required")


def test_a_new_person_is_built_as_a_patch_would_build_it(model):
    """What is quick for a million rows gives the same resource as the paths by which it is applied."""
    values = {
        "externalId": "a", "userName": "a", "name.givenName": "A", "name.familyName": "B",
        'phoneNumbers[type eq "work"].value': "+49.1", 'phoneNumbers[type eq "mobile"].value': "+49.2",
        'addresses[type eq "work"].locality': "Ulm", 'addresses[type eq "work"].country': "DE", "active": False,
        "urn:pingidentity:schemas:extension:2.0:PingOneUser:accountId": "4",
    }  # fmt: skip
    rules = model.in_use(model.rules())
    assert rules.new_resource(values) == rules.paths.resource(values)
