"""What is kept beside the rules: read back as it was, for its owner only, and never taken for a first time."""

from __future__ import annotations

import stat
from dataclasses import replace

import pytest

from scimbridge.sync.planning.last_applied import (
    AppliedSource,
    LastApplied,
    UnreadableState,
    note_missing,
    note_source,
    place_of,
    read_last_applied,
    write_last_applied,
)

KEPT = LastApplied(
    at=5.0, environment="env", rules="r", tables="t", scope="s", key_type="number", filled={"title": 3},
    people=AppliedSource(digest="d", rows=4, made=1.5, columns=("id", "mail"), since=2.0), missing={"id": 1.0},
)  # fmt: skip


def test_it_is_read_as_it_was_written_and_is_its_owners_alone(tmp_path):
    """It stands beside the rules, with mode 0600, and nothing else is left there."""
    path = place_of(tmp_path / "people.toml")
    assert path.name == "people.state.json"
    assert read_last_applied(path) == LastApplied()
    write_last_applied(path, KEPT)
    assert read_last_applied(path) == KEPT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"layout": 2}', '{"layout": 1, "what": 1}', '{"layout": 1, "people": {}}']
)
def test_a_file_that_cannot_be_read_is_no_first_time(tmp_path, text):
    """Else the guards would have nothing to hold a source against, and say nothing."""
    path = tmp_path / "people.state.json"
    path.write_text(text)
    with pytest.raises(UnreadableState, match="move it away"):
        read_last_applied(path)


def test_another_environment_begins_anew():
    """Who is missing in one environment is nobody in another."""
    assert KEPT.same_environment("env") == KEPT
    assert KEPT.same_environment("other") == LastApplied()


def test_a_source_that_stays_the_same_keeps_its_first_day():
    """Only another digest begins a new day."""
    again = AppliedSource(digest="d", rows=4, since=9.0)
    assert note_source(KEPT.people, again).since == 2.0
    assert note_source(AppliedSource(digest="e", rows=4, since=2.0), again).since == 9.0


def test_of_a_plan_applied_in_part_it_is_kept_who_is_missing_and_nothing_else():
    """Who came back is not missing any more, whatever else failed; what the next source is held against stays."""
    applied = LastApplied(at=9.0, environment="env", rules="new", missing={"other": 9.0})
    assert note_missing(KEPT, applied) == replace(KEPT, missing={"other": 9.0})
    assert note_missing(LastApplied(), applied) == LastApplied(environment="env", missing={"other": 9.0})
    assert note_missing(replace(KEPT, environment="old"), applied).people is None
    assert note_missing(KEPT, LastApplied()) == KEPT
