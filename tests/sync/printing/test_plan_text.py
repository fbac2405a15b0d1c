"""A plan as text and as JSON: the same values, for people and for scripts."""

from __future__ import annotations

import io

import orjson
import pytest

from scimbridge.sync.plans.encoding import line_object
from scimbridge.sync.plans.lines import UPDATE, PlanLine
from scimbridge.sync.printing.plan_text import FIRST
from scimbridge.sync.printing.plans import show_person, show_plan
from tests.sync.plans.conftest import LINES
from tests.sync.printing.conftest import EVIL, PAST, lines_of, words_of_head


def shown(plan, key=None, *, as_json=False, past=PAST):
    stream = io.StringIO()
    if key is None:
        show_plan(stream, plan, as_json=as_json, past=past)
    else:
        show_person(stream, plan, key, as_json=as_json)
    return stream.getvalue()


def cells(text):
    """Return each line with its blanks made one."""
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.parametrize(
    "line",
    [
        "plan 7d0c, made 2026-11-18 11:06 UTC by scimbridge 0.1.0",
        "source people.csv: 300 rows, made 2026-11-18 11:05 UTC",
        "directory 290 users, read in one row; 288 people in scope",
        "read what has changed",
        "seal is this bridge's",
        "STOPPED delete: 12 deletes, at most 10",
        "Nothing of it is applied, save with: scimbridge reconcile apply PLAN --allow delete=12",
        "create 2 57 4, 4, 4",
        "update 1 - 0, 1, 2",
        "Employees 288 289 +1",
        "two users match 1",
        "admin 1",
        "HR-Basel 1 0",
        "create (2)",
        "HR-Basel is managed and is not there",
        '1007 (eva@example.org) active true, userName "eva@example.org"',
        '1001 (ann@example.org) title none → "Head of \\"Ships\\" & <Boats>"',
        "1007 into HR-Basel",
        "1009 a2 and a3 match",
        "4 changes, 1 line that is only reported; stopped by 1 guard",
    ],
)
def test_a_plan_as_text_says(plan, line):
    """What it was made of, what stops it, how much it is, and the first lines."""
    assert line in cells(shown(plan()))


def test_of_each_kind_the_first_lines_are_text(plan):
    """And how many there are beside them."""
    text = shown(plan([PlanLine(do=UPDATE, key=str(n), why="x", after={"n": n}) for n in range(FIRST + 3)]))
    assert f"n {FIRST - 1}\n  and 3 more\n" in text


def test_no_text_moves_the_cursor(plan):
    """Whatever stands in source or directory, what is printed is printable."""
    opened = plan(lines_of(EVIL), **words_of_head(EVIL))
    for text in (shown(opened), shown(opened, EVIL)):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "\\u202e\\x1b[2J\\x00" in text


def test_one_person_is_found_by_key_and_by_id(plan):
    """All lines about the person, with all that is known of each."""
    opened = plan()
    assert cells(shown(opened, "1007"))[0] == "create User 1007 (eva@example.org)"
    assert "join User 1007" in cells(shown(opened, "1007"))
    told = cells(shown(opened, "a1"))
    assert told == [
        "update User 1001 (ann@example.org)", "why title differs", "id a1", "only if active is true",
        'drift {"at":1.5,"who":"admin"}', "path before after", 'title none "Head of \\"Ships\\" & <Boats>"',
    ]  # fmt: skip


def test_a_person_without_a_line_is_said_to_have_none(plan):
    """Nothing to change is an answer; it says what else it may be."""
    assert "is as the source says, is out of scope, or is not in the source" in shown(plan(), "1")
    assert orjson.loads(shown(plan(), "1", as_json=True))["lines"] == []


def test_who_has_no_secret_is_told(plan):
    """In text, of a plan and of a person, and in JSON."""
    opened = plan(secret=None)
    assert "seal was not looked at, since SCIMBRIDGE_PINGONE_CLIENT_SECRET is not set" in "\n".join(
        cells(shown(opened))
    )
    assert "seal was not looked at, since" in cells(shown(opened, "1007"))[-1]
    assert orjson.loads(shown(opened, as_json=True))["seal"] == "not checked"


def test_a_plan_as_json_is_one_document(plan):
    """Head and lines as they stand in the file, and the figures."""
    document = orjson.loads(shown(plan(), as_json=True))
    assert list(document) == ["plan", "seal", "end", "figures", "lines"]
    assert document["lines"] == [orjson.loads(orjson.dumps(line_object(line))) for line in LINES]
    assert document["plan"]["stopped"][0]["name"] == "delete"
    assert document["end"]["lines"] == 5
    assert document["figures"] == {
        "changes": 4, "skipped": 1, "counts": {"create": 2, "update": 1, "join": 1, "conflict": 1},
        "conflicts": {"two users match": 1}, "drift": {"lines": 1, "by": {"admin": 1}, "paths": {"title": 1}},
        "paths": {"title": 1}, "groups": {"HR-Basel": {"join": 1, "leave": 0}},
    }  # fmt: skip
    assert orjson.loads(shown(plan(()), as_json=True))["lines"] == []


def test_one_person_as_json_has_the_lines_of_the_file(plan):
    """With the plan that they are of."""
    document = orjson.loads(shown(plan(), "1007", as_json=True))
    assert (document["plan"], document["seal"], document["key"]) == ("7d0c", "verified", "1007")
    assert [line["do"] for line in document["lines"]] == ["create", "join"]
