"""The last runs of a rule file: bounded, whole, for their owner only, and never in the way of a run."""

from __future__ import annotations

import json
import stat

import pytest

from scimbridge.sync.plans.past_runs import DONE, PastRun
from scimbridge.sync.runs.history import KEPT, UnreadableHistory, note_run, read_history
from scimbridge.sync.runs.plan_applying import remember
from scimbridge.sync.runs.rule_places import (
    KEPT_PLANS,
    history_of,
    name_rules,
    scheduled_plan,
    scheduled_plans,
    tidy_plans,
)

RUN = PastRun(when=1, seconds=2.5, result=DONE, counts={"update": 3}, done={"update": 2}, drifted=1, plan="p", why="w")


def test_a_run_comes_back_as_it_was(tmp_path):
    """With every field, in its order."""
    place = tmp_path / "people.runs.json"
    note_run(place, RUN)
    note_run(place, PastRun(when=2.0, seconds=0.0, result=DONE))
    assert read_history(place) == (RUN, PastRun(when=2.0, seconds=0.0, result=DONE))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_no_file_is_no_runs(tmp_path):
    """As before the first one."""
    assert read_history(tmp_path / "people.runs.json") == ()


def test_only_the_newest_are_kept(tmp_path):
    """However long a schedule goes on."""
    place = tmp_path / "people.runs.json"
    place.write_text(
        json.dumps({"layout": 1, "runs": [{"when": n, "seconds": 0, "result": DONE} for n in range(KEPT)]})
    )
    note_run(place, PastRun(when=1_000.0, seconds=0.0, result=DONE))
    kept = read_history(place)
    assert (len(kept), kept[0].when, kept[-1].when) == (KEPT, 1, 1_000.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"layout": 2, "runs": []}', '{"layout": 1, "runs": 3}', '{"layout": 1, "runs": [{}]}',
        '{"layout": 1, "runs": [{"when": "x", "seconds": 0, "result": "done"}]}', '{"layout": 1, "runs": [3]}',
        '{"layout": 1, "runs": [{"when": 1, "seconds": 0, "result": "done", "counts": 7}]}',
        '{"layout": 1, "runs": [{"when": 1, "seconds": 0, "result": "done", "done": {"update": "x"}}]}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_reported_and_left(tmp_path, text):
    """A run goes on without it, and nobody writes over it."""
    place = tmp_path / "people.runs.json"
    place.write_text(text)
    with pytest.raises(UnreadableHistory, match=r"people\.runs\.json: the last runs cannot be read"):
        read_history(place)
    said: list[str] = []
    remember(tmp_path / "people.toml", RUN, said.append)
    assert (len(said), place.read_text()) == (1, text)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    """As something that nothing hangs on."""
    said: list[str] = []
    remember(tmp_path / "nowhere" / "people.toml", RUN, said.append)
    assert "cannot be remembered" in said[0]


def test_a_rule_file_has_one_name(tmp_path, monkeypatch):
    """From wherever it is named; a link is not followed, since what it leads to changes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real.toml").touch()
    (tmp_path / "people.toml").symlink_to("real.toml")
    for spelled in ("people.toml", "./people.toml", "x/../people.toml", tmp_path / "people.toml"):
        assert name_rules(spelled) == tmp_path / "people.toml"
    assert history_of(tmp_path / "people.toml") == tmp_path / "people.runs.json"


def test_the_oldest_plans_of_a_schedule_go_with_their_journals(tmp_path):
    """And nothing else that lies there, also what looks alike."""
    rules = tmp_path / "people.toml"
    others = [tmp_path / name for name in ("people.plan.jsonl", "people.monday.plan.jsonl", "staff.plan.jsonl")]
    plans = [scheduled_plan(rules, 1_000_000.0 + 86_400 * day) for day in range(KEPT_PLANS + 2)]
    for each in (*others, *plans):
        each.touch()
        each.with_name(f"{each.name}.journal").touch()
    assert scheduled_plans(rules) == plans
    tidy_plans(rules)
    assert scheduled_plans(rules) == plans[2:]
    left = {each.name for each in tmp_path.iterdir()}
    assert left == {name for each in (*others, *plans[2:]) for name in (each.name, f"{each.name}.journal")}
