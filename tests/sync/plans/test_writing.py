"""Plans on the disk: whole or not at all, for their owner alone, the same bytes each time."""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import orjson
import pytest

from scimbridge.sync.plans.lines import CREATE, PlanLine
from scimbridge.sync.plans.writing import PlanNotWritten, write_plan
from tests.sync.plans.conftest import LINES, SECRET, head_of


def one(**words):
    return PlanLine(do=CREATE, key="1", why="is new", **words)


@pytest.mark.parametrize("name", ["plan.jsonl", "plan.jsonl.gz"])
def test_the_same_plan_is_the_same_bytes(written, name):
    """Neither the order of keys in a value nor the time of writing is seen in the file."""
    first = written([one(after={"a": 1, "b": {"c": 2, "d": 3}})], name).read_bytes()
    assert written([one(after={"b": {"d": 3, "c": 2}, "a": 1})], name).read_bytes() == first


def test_a_file_is_a_head_a_line_a_change_and_an_end(written):
    """Each stands on a line of its own as JSON; the condition of a line is called `if`, and defaults are left out."""
    head, *lines, end = map(orjson.loads, written().read_bytes().splitlines())
    assert head["plan"]["id"] == "7d0c"
    assert [line["do"] for line in lines] == ["create", "create", "update", "join", "conflict"]
    assert lines[2]["if"] == {"active": True}
    assert set(lines[1]) == {"do", "key", "why", "after"}
    assert end["end"]["lines"] == 5
    assert set(end["end"]) == {"lines", "digest", "mac"}


def test_a_name_that_ends_with_gz_is_packed(written):
    """What is packed is what would stand there plainly, and the time is not kept."""
    packed = written(name="plan.jsonl.gz").read_bytes()
    assert gzip.decompress(packed) == written().read_bytes()
    assert packed[4:8] == bytes(4)


def test_only_its_owner_reads_a_plan(written):
    """The mode is 0600 whatever the umask, also where a file that all could read was there."""
    before = os.umask(0)
    try:
        path = written()
        path.chmod(0o666)
        written()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def failing():
    yield LINES[0]
    raise RuntimeError("the directory is gone")


def test_a_plan_that_breaks_off_leaves_what_was_there(written, tmp_path):
    """Where lines end with an error, the old file stays and no other is left."""
    path = written()
    old = path.read_bytes()
    with pytest.raises(RuntimeError):
        write_plan(path, head_of(LINES), failing(), SECRET)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("nan"), "after.x: nan is no number in JSON"),
        ([float("-inf")], "after.x: -inf"),
        (2**64, "after.x: a number of more than 64 bits"),
        ({1: 2}, "after.x: a name that is no text"),
        ({"y": b"bytes"}, "after.x.y: a bytes is no value of JSON"),
        ("\ud800", "surrogates"),
    ],
)
def test_a_value_that_would_come_back_as_another_is_refused(tmp_path, value, said):
    """JSON has no such value, or loses it; the message names the person and the path."""
    lines = [one(after={"x": value})]
    with pytest.raises(PlanNotWritten, match=said) as refused:
        write_plan(tmp_path / "plan", head_of(lines), lines, SECRET)
    assert str(refused.value).startswith("the line of '1' (create)")
    assert list(tmp_path.iterdir()) == []


def test_a_line_without_bounds_is_refused(tmp_path, monkeypatch):
    """No line is written that would not be read."""
    monkeypatch.setattr("scimbridge.sync.plans.writing.LONGEST", 1_000)
    lines = [one(after={"x": "y" * 1_000})]
    with pytest.raises(PlanNotWritten, match="'1'"):
        write_plan(tmp_path / "plan", head_of(lines), lines, SECRET)


def test_a_head_that_counts_otherwise_is_refused(tmp_path):
    """Who reads the head alone knows how much it is."""
    with pytest.raises(PlanNotWritten, match="the head counts"):
        write_plan(tmp_path / "plan", head_of(LINES[:-1]), LINES, SECRET)
    with pytest.raises(PlanNotWritten, match="format 2"):
        write_plan(tmp_path / "plan", head_of(LINES, format=2), LINES, SECRET)
    write_plan(tmp_path / "plan", head_of(LINES[1:], counts=head_of(LINES[1:]).counts | {"move": 0}), LINES[1:], SECRET)


def test_a_link_stays_one(written, tmp_path):
    """A plan that is written through a link is found where the link leads."""
    there = tmp_path / "plan.jsonl"
    (tmp_path / "there").mkdir()
    there.symlink_to(tmp_path / "there" / "kept.jsonl")
    assert written() == there
    assert there.is_symlink()
    assert there.read_bytes()


def test_a_link_of_somebody_else_is_not_followed(written, tmp_path, monkeypatch):
    """What another user has put into a folder of all does not say where a plan goes."""
    (tmp_path / "plan.jsonl").symlink_to(tmp_path / "kept.jsonl")
    (tmp_path / "kept.jsonl").write_text("kept")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    monkeypatch.setattr(Path, "lstat", lambda self: os.stat_result((0o120777, 1, 1, 1, 4712, 1, 0, 0, 0, 0)))
    with pytest.raises(PlanNotWritten, match="a link that somebody else has made"):
        written()
    assert (tmp_path / "kept.jsonl").read_text() == "kept"


def test_a_place_that_is_no_file_is_refused(tmp_path):
    """A pipe or a folder is not put away, and the message says what is there."""
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(PlanNotWritten, match="is no file"):
            write_plan(place, head_of(()), (), SECRET)
    with pytest.raises(PlanNotWritten, match="No such file"):
        write_plan(tmp_path / "nowhere" / "plan", head_of(()), (), SECRET)
    assert (tmp_path / "pipe").is_fifo()
