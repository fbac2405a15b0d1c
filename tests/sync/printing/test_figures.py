"""What a plan comes to: counted in one pass, with no more lines kept than are shown."""

from __future__ import annotations

from scimbridge.sync.plans.lines import ADOPT, CONFLICT, CREATE, DELETE, JOIN, LEAVE, MOVE, UPDATE, PlanLine
from scimbridge.sync.printing.figures import gather, ordered, population_changes
from tests.sync.plans.conftest import head_of
from tests.sync.printing.conftest import POPULATION


def line(do, **words):
    return PlanLine(do=do, key="1", why="", **words)


def test_only_the_first_lines_of_a_kind_are_kept():
    """Lines are counted to the end, and the memory does not grow with them."""
    figures = gather((line(UPDATE, after={"n": n}) for n in range(1_000)), 3)
    assert figures.counts == {UPDATE: 1_000}
    assert [each.after["n"] for each in figures.first[UPDATE]] == [0, 1, 2]


def test_what_is_only_reported_is_no_change():
    """Conflicts, and lines with faults, are counted by reason and not among the changes."""
    figures = gather(
        [
            line(CONFLICT, reason="two match"),
            line(ADOPT, faults=("x",), reason="not adopted", after={"a": 1}),
            line(ADOPT),
        ],
        5,
    )
    assert (figures.changes, figures.skipped) == (1, 2)
    assert figures.conflicts == {"two match": 1, "not adopted": 1}
    assert not figures.paths


def test_changes_are_counted_by_path_group_and_drift():
    """A create changes nothing that was there; a join is about its group."""
    group = {"id": "g", "name": "HR"}
    drift = {"who": "admin", "paths": ["b"]}
    figures = gather(
        [
            line(CREATE, after={"a": 1}), line(UPDATE, before={"a": 1, "b": 2}, after={"a": 3}, drift=drift),
            line(UPDATE, after={"a": 3}, before={"a": 1}, drift={}), line(JOIN, group=group), line(JOIN, group=group),
            line(LEAVE, group=group),
        ],
        5,
    )  # fmt: skip
    assert figures.paths == {"a": 2, "b": 1}
    assert (figures.groups["HR"].joins, figures.groups["HR"].leaves, figures.groups["HR"].number) == (2, 1, 3)
    assert (figures.drifted, figures.drift_by, figures.drift_paths) == (2, {"admin": 1, "unknown": 1}, {"a": 1, "b": 1})


def test_people_per_population_are_those_of_the_head():
    """The largest change comes first; one without a name goes by its id."""
    head = head_of((), populations={
        "p1": {"name": "Staff", "before": 100, "after": 101}, "p2": {"name": "", "before": 7, "after": 2},
        "": {"name": "", "before": 1, "after": 1},
    })  # fmt: skip
    found = [(each.name, each.before, each.after, each.difference) for each in population_changes(head, gather([], 1))]
    assert found == [("p2", 7, 2, -5), ("Staff", 100, 101, 1), ("no population", 1, 1, 0)]


def test_people_per_population_are_counted_where_the_head_has_none():
    """Creates, moves and deletes tell the difference and nothing more."""
    lines = [
        line(CREATE, after={POPULATION: "p1"}), line(MOVE, before={POPULATION: "p1"}, after={POPULATION: "p2"}),
        line(DELETE, before={POPULATION: "p2"}), line(CREATE, after={POPULATION: "p3"}),
    ]  # fmt: skip
    found = population_changes(head_of((), populations={}), gather(lines, 1))
    assert [(each.name, each.before, each.difference) for each in found] == [("p3", None, 1)]


def test_kinds_have_their_order():
    """As they are listed, and what is not known last."""
    assert ordered({"zzz", CONFLICT, CREATE, "shrink", DELETE}) == [CREATE, DELETE, CONFLICT, "shrink", "zzz"]
