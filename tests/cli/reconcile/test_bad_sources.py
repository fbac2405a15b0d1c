"""Bad sources, each as it comes in real life: no call that writes, exit code 6 or 3, the reason and what to do."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Sandbox
from tests.cli.reconcile.conftest import HEADER, MADE, open_office, person, written

PEOPLE = 60
ROWS = [person(number) for number in range(PEOPLE)]
TEXT = written(ROWS)
LINES = TEXT.splitlines(keepends=True)


def changed(**changes):
    """Return the source with the same values in every row."""
    return written([{**row, **changes} for row in ROWS])


def with_row(number, **changes):
    """Return the source with one row otherwise."""
    return written([*ROWS[:number], {**ROWS[number], **changes}, *ROWS[number + 1 :]])


def without(column):
    """Return the source without a column."""
    place = HEADER.index(column)
    lines = (line.rstrip("\n").split(",") for line in LINES)
    return "".join(",".join(cells[:place] + cells[place + 1 :]) + "\n" for cells in lines)


REFUSED = {
    "empty": ("", "empty"),
    "header only": (LINES[0], "has no row"),
    "half, in the middle of a line": (TEXT[: len(TEXT) // 2 - 20], "line"),
    "doubled keys": (with_row(30, id="e7"), "'e7'"),
    "an empty key": (with_row(30, id=""), "line 32"),
    "blanks around a key": (with_row(30, id=" e30 "), "line 32"),
    "a key that a spreadsheet wrote": (with_row(30, id="1.2E+11"), "line 32"),
    "a line with too few values": ("".join([*LINES[:20], "e19,p19@example.org\n", *LINES[21:]]), "line 21"),
    "a line with too many values": (TEXT.replace("Ada,RossiH", "Ada,Rossi, H", 1), "line"),
    "older than the last applied": (changed(made="2026-03-01T06:00:00Z"), "2026-03-01"),
    "another file": ("sku,price\n" + "a,1\n" * PEOPLE, "'id'"),
    "a lost column": (without("job"), "'job'"),
    "a column twice": (TEXT.replace(",job,", ",family,", 1), "family"),
    "another encoding": (TEXT.replace("Ada", "Zoë").encode("latin-1"), "UTF-8"),
    "UTF-16": (TEXT.encode("utf-16"), "UTF-"),
    "another delimiter": (TEXT.replace(",", ";"), "delimiter"),
    "a quote that never ends": (with_row(30, given='"Ada').replace('"""Ada"', '"Ada'), "quote"),
    "NUL": (with_row(30, given="A\0a"), "line 32"),
    "a page of a proxy": ("<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n", "'id'"),
    "no header": ("".join(LINES[1:]), "'id'"),
    "an attribute that is empty for all": (changed(given=""), "'given'"),
    "no time": (changed(made=""), "'made'"),
}
STOPPED = {
    "half, at the end of a line": ("".join(LINES[: PEOPLE // 2]), "shrink"),
    "three times as many": (written([person(number) for number in range(3 * PEOPLE)]), "grow"),
    "a new column": (LINES[0].replace(",made", ",made,new") + "".join(LINES[1:]).replace(MADE, f"{MADE},x"), "header"),
    "titles that are gone": (written([row | ({} if n % 5 else {"job": ""}) for n, row in enumerate(ROWS)]), "emptied"),
    "everybody has left": (changed(status="T"), "disable"),
    "a status that nobody knows": (changed(status="Q"), "conflicts"),
    "everybody in one group": (changed(teams="HR-0"), "leave"),
    "others with the same number of rows": (
        written([person(number + 500) for number in range(PEOPLE)]), "disable"),
}  # fmt: skip


@pytest.fixture(scope="module")
def brought_in(tmp_path_factory):
    """An office whose directory is as the source says; no bad source may change that, so that one is enough."""
    with Sandbox.start(seed=0) as sandbox:
        office = open_office(sandbox, tmp_path_factory.mktemp("offices") / "office", PEOPLE)
        office.bring_in()
        yield office, office.held()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(brought_in, name):
    """There is no plan, and the state beside the rules stays."""
    office, before = brought_in
    text, said = REFUSED[name]
    assert text != TEXT
    office.put(text=text)
    state = (office.folder / "people.state.json").read_bytes()
    bad = office.folder / "bad.jsonl"
    bad.unlink(missing_ok=True)
    result = office.say("plan", office.rules, "-o", bad)
    assert (result.exit_code, office.writes, result.stdout) == (6, [], ""), result.output
    assert said in result.stderr
    assert "people.csv" in result.stderr
    assert "Mend it" in result.stderr
    assert not bad.exists()
    assert (office.folder / "people.state.json").read_bytes() == state
    assert office.held() == before


@pytest.mark.parametrize("name", STOPPED)
def test_it_is_stopped(brought_in, name):
    """The plan is there for a person, marked as stopped, and is not applied."""
    office, before = brought_in
    text, guard = STOPPED[name]
    office.put(text=text)
    plan = office.folder / "stopped.jsonl"
    result = office.say("plan", office.rules, "-o", plan, "--exit-code")
    assert (result.exit_code, office.writes) == (3, []), result.output
    assert f"STOPPED      {guard}" in result.stdout
    assert f"--allow {guard}=" in result.stdout
    assert office.say("apply", plan, "--yes").exit_code == 3
    assert (office.writes, office.held()) == ([], before)


def test_a_source_that_is_gone_is_refused(brought_in):
    """As one that is not there yet."""
    office, before = brought_in
    (office.folder / "people.csv").unlink()
    result = office.say("run", office.rules)
    assert (result.exit_code, office.writes, office.held()) == (6, [], before)
    assert "people.csv" in result.stderr


def test_a_refused_source_is_one_document_for_scripts(brought_in):
    """Every fault, with the exit code."""
    office, _before = brought_in
    office.put(text="")
    result = office.say("run", office.rules, "--json")
    answer = result.stdout
    assert result.exit_code == 6
    assert '"exit_code": 6' in answer
    assert '"result": "refused"' in answer
    assert MADE not in answer
