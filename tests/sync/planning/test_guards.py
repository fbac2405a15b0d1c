"""What stops a plan: pure functions over what was counted, and a plan that is written all the same."""

from __future__ import annotations

import pytest

from scimbridge.sync.planning import guards
from scimbridge.sync.planning.last_applied import AppliedSource, LastApplied
from scimbridge.sync.rules.values import GUARDED, Limit

DAY = 86_400.0


def source(rows, digest="one", columns=("id", "mail"), since=0.0):
    """Return a source that was applied, or is to be."""
    return AppliedSource(digest=digest, rows=rows, columns=columns, since=since)


@pytest.mark.parametrize(
    ("limit", "of", "most"),
    [
        (Limit(25, 0.02), 10_000, 25), (Limit(25, 0.02), 1_000, 20), (Limit(25, 0.02), 49, 25),
        (Limit(share=0.2), 49, None), (Limit(share=0.2), 50, 10), (Limit(), 1_000, None), (Limit(0), 1_000, 0),
    ],
)  # fmt: skip
def test_the_smaller_of_number_and_share_holds_and_of_few_people_the_number_alone(limit, of, most):
    """Under fifty people a share says nothing."""
    assert guards.most_of(limit, of) == most


def test_each_kind_is_held_to_its_limit():
    """A guard tells number, limit and base, and says how to allow it; adoptions are held as updates are."""
    found = {each.name: each for each in guards.count_kinds({"delete": 11, "adopt": 31}, GUARDED, 100)}
    assert [(each.number, each.most, each.of, each.stops) for each in (found["delete"], found["adopt"])] == [
        (11, 0, 100, True), (31, 30, 100, True),
    ]  # fmt: skip
    assert "--allow delete=11" in found["delete"].text
    assert not found["create"].stops


def test_memberships_are_held_as_a_whole_and_group_by_group():
    """The guard of one group tells of the worst."""
    found = {each.name: each for each in guards.count_leaves([("a", 60, 100), ("b", 0, 900), ("c", 30, 40)], GUARDED)}
    assert [(each.number, each.most, each.stops) for each in found.values()] == [(90, 104, False), (60, 50, True)]
    assert "'a'" in found["leave_one_group"].text


@pytest.mark.parametrize(("rows", "stops"), [(95, []), (94, ["shrink"]), (120, []), (121, ["grow"])])
def test_a_source_that_shrinks_or_grows_too_much_stops(rows, stops):
    """Both are held against the rows of the last applied source."""
    found = guards.compare_rows(source(rows), source(100), GUARDED)
    assert [each.name for each in found if each.stops] == stops


def test_a_changed_header_stops_and_another_order_does_not():
    """Columns that are gone and new ones are named."""
    guard = guards.compare_header(source(1, columns=("id", "e-mail")), source(1))
    assert guard.stops
    assert "without 'mail' and with 'e-mail'" in guard.text
    assert not guards.compare_header(source(1, columns=("mail", "id")), source(1)).stops


@pytest.mark.parametrize(("days", "stops"), [(0, False), (6.9, False), (7, True), (30, True)])
def test_a_source_that_stays_the_same_for_too_long_stops(days, stops):
    """Whoever writes it may have stopped to."""
    assert guards.compare_digest(source(1), source(1), days * DAY, 7 * DAY).stops is stops
    assert guards.compare_digest(source(1, "two"), source(1), days * DAY, 7 * DAY) is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [("0042", "number"), ("a@b", "e-mail address"), ("3F1C0000-0000-4000-8000-00000000000a", "UUID"), ("E-7", "text")],
)
def test_keys_of_another_type_stop(key, kind):
    """Where most keys no longer look like those that were applied, the column is another one."""
    assert guards.key_type(key) == kind
    last = LastApplied(key_type="number")
    assert guards.compare_keys({"text": 51, "number": 49}, last).stops
    assert not guards.compare_keys({"text": 50, "number": 50}, last).stops


def test_an_attribute_that_becomes_empty_for_many_stops():
    """For more than 10 % of people, by what would be cleared or by what the last source had."""
    first = LastApplied()
    assert not guards.count_emptied({"title": 10}, 100, 100, {}, first).stops
    assert guards.count_emptied({"title": 11}, 100, 100, {}, first).stops
    last = LastApplied(people=source(100), filled={"title": 100})
    assert guards.count_emptied({}, 100, 200, {"title": 179}, last).stops
    assert not guards.count_emptied({}, 100, 200, {"title": 180}, last).stops
    assert guards.count_emptied({"title": 20}, 20, 20, {}, first).stops


def test_more_than_half_in_conflict_stop():
    """Then it is not the rows that are wrong."""
    assert not guards.count_conflicts(50, 100).stops
    assert guards.count_conflicts(51, 100).stops


@pytest.mark.parametrize(
    ("walked", "before", "after", "stops"),
    [(9, 9, 9, False), (8, 9, 9, True), (10, 9, 11, False), (12, 9, 11, True), (5, None, None, False)],
)
def test_a_walk_with_another_number_of_people_stops(walked, before, after, stops):
    """A number between those before and after is of a directory that changed, and who it is about is read again."""
    assert guards.compare_directory(walked, before, after).stops is stops


def test_a_plan_that_a_guard_stops_is_there_to_be_read(model):
    """It has all of its lines, says what stopped it, and nobody is read again for it."""
    directory = model.Directory()
    for number in range(60):
        directory.add(f"{number}@example.com", externalId=f"gone{number}")
    found = model.plan(directory, [model.row("a")])
    assert found.head.counts == {"create": 1, "disable": 60}
    assert [(each.name, each.number, each.most) for each in found.head.stopped] == [("disable", 60, 1)]
    assert "60 people would be disabled, and at most 1 may be, of 60 in scope" in found.head.stopped[0].text
    assert not [call for call in directory.calls if call.startswith("find")]


def test_what_changed_since_the_last_apply_is_said(model):
    """Other rules, tables or scope make a plan say so."""
    last = model.plan(model.Directory(), [model.row("a")]).applied
    assert model.plan(model.Directory(), [model.row("a")], last=last).head.full == "the whole directory was read"
    rules = model.rules(digest="e" * 64, scope=model.Scope(populations=("Employees",)))
    found = model.plan(model.Directory(), [model.row("a")], rules, last)
    assert found.head.full == "the rules and the scope changed since the last apply"


def test_what_is_only_reported_stops_nothing(model):
    """With `adopt = false` nobody is adopted, whatever the limit says; with `adopt = true` the limit holds."""
    directory = model.Directory()
    for number in range(60):
        directory.add(f"{number}@example.com")
    rows = [model.row(f"{number}") for number in range(60)]
    assert model.plan(directory, rows).head.stopped == ()
    rules = model.rules(match=model.Match(by=("externalId", "userName"), adopt=True))
    assert [each.name for each in model.plan(directory, rows, rules).head.stopped] == ["adopt"]
