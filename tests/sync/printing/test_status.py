"""How it stands with a rule file: from the runs before."""

from __future__ import annotations

import io

import orjson

from scimbridge.sync.plans.past_runs import DONE, NOTHING, STOPPED, PastRun, ReconcileStatus
from scimbridge.sync.printing.status import last_success, show_status

RUNS = (
    PastRun(when=0.0, seconds=2.5, result=NOTHING),
    PastRun(
        when=86_400.0,
        seconds=75.0,
        result=DONE,
        counts={"update": 3, "create": 1, "move": 0},
        done={"update": 2},
        drifted=1,
    ),
    PastRun(when=172_800.0, seconds=9.0, result=STOPPED, counts={"delete": 40}, why="40 deletes, at most 10"),
)


def shown(status, *, as_json=False):
    stream = io.StringIO()
    show_status(stream, status, as_json=as_json)
    return stream.getvalue()


def test_the_last_runs_are_shown_newest_first():
    """When, how it ended, how long it took, what was left, and what was done of what was planned."""
    text = shown(ReconcileStatus(rules_file="people.toml", runs=RUNS, applied={"name": "p.csv", "rows": 5, "made": 0.0},
                                 next_full=604_800.0, delta_trusted=False, delta_why="no check yet"))  # fmt: skip
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "rules people.toml",
        "last success 1970-01-02 00:00 UTC",
        "source p.csv: 5 rows, made 1970-01-01 00:00 UTC",
        "drift 0 lines of the last run: changed elsewhere, left as found",
        "next full from 1970-01-08 00:00 UTC",
        "delta not trusted: no check yet; each plan reads the whole directory",
        "",
        "began result took drifted done of planned",
        "1970-01-03 00:00 UTC stopped 9.0 s 0 delete 0/40",
        "1970-01-02 00:00 UTC done 1 min 15 s 1 create 0/1, update 2/3",
        "1970-01-01 00:00 UTC nothing to do 2.5 s 0 -",
        "last run 40 deletes, at most 10",
    ]


def test_rules_that_never_ran_say_so():
    """Nothing is known yet, and that is an answer."""
    text = shown(ReconcileStatus(rules_file="people.toml", is_running=True))
    assert "runs         none yet" in text
    assert "source       none was applied yet" in text
    assert "a run is under way" in text
    assert "there is no index of changes" in text


def test_a_success_is_one_after_which_nothing_is_left():
    """Applied whole, or nothing to do."""
    assert last_success(ReconcileStatus(rules_file="x", runs=RUNS)) == RUNS[1]
    assert last_success(ReconcileStatus(rules_file="x", runs=RUNS[2:])) is None
    assert "none of the last runs" in shown(ReconcileStatus(rules_file="x", runs=RUNS[2:]))


def test_status_as_json_has_the_fields_of_the_value():
    """One document, for scripts."""
    document = orjson.loads(shown(ReconcileStatus(rules_file="people.toml", runs=RUNS), as_json=True))
    assert document["runs"][2]["result"] == "stopped"
    assert document["delta_trusted"] is None
