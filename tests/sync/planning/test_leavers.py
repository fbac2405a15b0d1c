"""Who is missing in the source: disabled, and deleted once a grace is over that is written down."""

from __future__ import annotations

import pytest

from scimbridge.mapping.tables.shipped import default_mappings


def gone(model, **fields):
    """Return a directory with one person who is missing, and one who is not."""
    directory = model.Directory()
    directory.add("a@example.com", externalId="a", email="a@example.com", name={"family": "Doe"})
    return directory, directory.add("b@example.com", externalId="b", **fields)


def test_who_is_missing_is_disabled_and_the_day_is_written_down(model):
    """The first plan disables; what is kept of it says since when."""
    directory, key = gone(model)
    rules = model.rules(leaver=model.Leaver(delete_after=90 * model.day))
    found = model.plan(directory, [model.row("a")], rules)
    assert [(line.do, line.id) for line in found.lines] == [("disable", key)]
    assert found.applied.missing == {key: 1_000 * model.day}


def test_nobody_is_deleted_before_the_grace_is_over_or_who_can_sign_in(model):
    """Deleted is who is disabled, and missing for as long as the grace, by what was written down."""
    rules = model.rules(leaver=model.Leaver(delete_after=90 * model.day))
    for enabled, since, does in ((False, 911, []), (False, 910, ["delete"]), (True, 910, ["disable"])):
        directory, key = gone(model, enabled=enabled)
        last = model.Last(missing={key: since * model.day})
        found = model.plan(directory, [model.row("a")], rules, last)
        assert [line.do for line in found.lines] == does
        assert found.applied.missing == {key: since * model.day}
    assert found.lines[0].before == {"active": True}


def test_the_grace_begins_anew_for_who_came_back(model):
    """Whoever has a row again is no longer written down."""
    directory, key = gone(model)
    rules = model.rules(leaver=model.Leaver(delete_after=90 * model.day))
    last = model.Last(missing={key: 1.0})
    assert model.plan(directory, [model.row("a"), model.row("b")], rules, last).applied.missing == {}


def test_a_delete_at_once_has_to_be_said(model):
    """`missing = "delete"` with a grace of nothing deletes who can still sign in."""
    directory, _key = gone(model)
    rules = model.rules(leaver=model.Leaver(missing="delete", delete_after=0.0))
    [line] = model.plan(directory, [model.row("a")], rules).lines
    assert (line.do, line.before, line.condition) == ("delete", {"active": True}, {"externalId": "b"})


def test_nobody_leaves_where_the_source_is_of_changes_only(model):
    """With `complete = false` nobody is missing, and nothing is written down."""
    directory, _key = gone(model)
    people = model.replace(model.rules().people, complete=False)
    rules = model.rules(people=people, leaver=model.Leaver(delete_after=0.0))
    found = model.plan(directory, [model.row("a")], rules)
    assert (found.lines, found.applied.missing) == ([], {})


def test_who_may_be_meant_by_a_row_that_cannot_be_read_is_not_missing(model):
    """Somebody without a key stays, while the name in some row cannot be read; who has a key of nobody leaves."""
    directory, key = gone(model)
    directory.add("without-key@example.com")
    rows = [model.row("a"), model.row("c", mail=("x@example.com", "y@example.com"))]
    found = model.plan(directory, rows)
    assert [(line.do, line.id) for line in found.lines if line.do != "conflict"] == [("disable", key)]


@pytest.mark.parametrize("external", ["b", None])
def test_who_is_protected_stays_and_is_told_of_where_they_had_a_key(model, external):
    """A service account that was never in a source makes no line; somebody who was makes one that says so."""
    directory = model.Directory()
    directory.add("svc-b", externalId=external)
    rules = model.rules(scope=model.Scope(protect=('userName sw "svc-"',)))
    lines = [line for line in model.plan(directory, [model.row("a")], rules).lines if line.do != "create"]
    assert [line.reason for line in lines] == (["protected, missing in the source"] if external else [])


@pytest.mark.parametrize("row", ["", 'active = { to = "enabled", via = "enabled", mutability = "readOnly" }'])
def test_rules_that_could_disable_nobody_are_refused(model, row):
    """Where the table lets nobody be disabled, leavers would stay and no line would say so."""
    text = default_mappings().joinpath("users.toml").read_text()
    lines = [row if line.startswith("active ") else line for line in text.splitlines()]
    directory, key = gone(model)
    rules = model.rules(attributes=tuple(each for each in model.rows if each.path != "active"))
    table = model.table("\n".join(lines))
    with pytest.raises(model.Unplannable, match="nobody could be disabled"):
        model.plan(directory, [model.row("a")], rules, table=table)
    at_once = model.replace(rules, leaver=model.Leaver(missing="delete", delete_after=0.0))
    assert [line.id for line in model.plan(directory, [model.row("a")], at_once, table=table).lines] == [key]
