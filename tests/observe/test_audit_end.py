"""The end of a file's chain, kept beside it: across processes, rotation, crashes, and where it cannot be kept."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from scimbridge.observe import audit_end
from scimbridge.observe.audit import Record
from scimbridge.observe.audit_chain import CUT, FILE
from scimbridge.observe.audit_end import path_of_end, read_end
from scimbridge.observe.audit_lines import AuditFile, RecordLines

RECORD = Record(id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="delete", result="done")


def places(*paths: Path) -> list[tuple[int, str]]:
    """Return number and beginning of each record, which have to be of one chain and each behind the one before."""
    records = [record for path in paths for record in RecordLines(path)]
    assert len({record.chain for record in records}) == 1
    pairs = [pair for pair in itertools.pairwise(records) if pair[1].begins != CUT]
    assert all(later.previous == record.hash for record, later in pairs)
    return [(record.sequence, record.begins) for record in records]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "audit.jsonl"


def write(path: Path, count: int = 1) -> None:
    """Write as a process that has just started."""
    sink = AuditFile(path)
    for _ in range(count):
        sink.write(RECORD)


def test_a_restart_goes_on_with_the_chain(path):
    """What comes later is behind what was there, and the end beside says what is the last."""
    write(path, 2)
    write(path)
    assert places(path) == [(1, "chain"), (2, ""), (3, "")]
    kept = read_end(path)
    assert kept is not None
    assert (kept.end.sequence, kept.size) == (3, path.stat().st_size)
    assert stat.S_IMODE(path_of_end(path).stat().st_mode) == 0o600


def write_many(path: Path, name: str) -> None:
    sink = AuditFile(path)
    for number in range(200):
        sink.write(replace(RECORD, id=f"{name}-{number}"))


def test_processes_share_one_chain(path):
    """Workers that write to one file at once leave one chain without a gap."""
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=write_many, args=(path, name)) for name in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert [number for number, _ in places(path)] == list(range(1, 601))


@pytest.mark.parametrize("restarts", [False, True])
def test_a_new_file_goes_on_where_the_old_one_ended(path, restarts):
    """After a rotation the first record says that it begins a file, and is behind the last of the old one."""
    sink = AuditFile(path)
    sink.write(RECORD)
    old = path.rename(path.with_name("audit.jsonl.1"))
    (AuditFile(path) if restarts else sink).write(RECORD)
    assert places(old, path) == [(1, "chain"), (2, FILE)]


def test_a_copied_and_emptied_file_goes_on(path):
    """So it is where logrotate copies and truncates."""
    write(path)
    copy = path.with_name("audit.jsonl.1")
    copy.write_bytes(path.read_bytes())
    os.truncate(path, 0)
    write(path)
    assert places(copy, path) == [(1, "chain"), (2, FILE)]


@pytest.mark.parametrize("rotates", [False, True])
def test_a_crash_behind_the_line_leaves_no_fork(path, rotates):
    """Where a process died before it kept the end, the file says what the last record is, also once rotated away."""
    write(path)
    before = path_of_end(path).read_bytes()
    write(path)
    path_of_end(path).write_bytes(before)
    old = path.rename(path.with_name("audit.jsonl.1")) if rotates else path
    write(path)
    assert [number for number, _ in places(*dict.fromkeys((old, path)))] == [1, 2, 3]


def test_a_line_that_was_never_whole_is_no_record(path):
    """Behind a line that a crash cut off half way, the chain goes on as if it had never begun."""
    write(path)
    with path.open("ab") as file:
        file.write(b'{"id":"half","time":"2026-1')
    write(path)
    assert places(path) == [(1, "chain"), (2, "")]


def test_a_record_that_was_cut_off_is_named_by_the_next(path):
    """Where the end was kept and the line has lost its own, as by a power failure, the next record says so."""
    write(path, 2)
    os.truncate(path, path.stat().st_size - 10)
    write(path)
    assert places(path) == [(1, "chain"), (3, CUT)]


def test_a_lost_end_is_found_in_the_file(path):
    """Somebody may delete the file beside; the chain goes on all the same."""
    write(path, 2)
    path_of_end(path).unlink()
    write(path)
    assert places(path) == [(1, "chain"), (2, ""), (3, "")]


def test_lines_that_were_taken_are_not_made_up_for(path):
    """The end that is kept says that there were more, and the next record stands behind those."""
    write(path, 3)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    write(path)
    assert [record.sequence for record in RecordLines(path)] == [1, 4]


def test_a_folder_of_somebody_elses_is_no_obstacle(path, monkeypatch):
    """Where no file can be made beside, the chain goes on by the file itself, and by what the process remembers."""
    write(path)
    path_of_end(path).unlink()
    really = os.open

    def refuse(name, *more, **options):
        if str(name).endswith(audit_end.SUFFIX):
            raise PermissionError(13, "Permission denied")
        return really(name, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
    sink = AuditFile(path)
    sink.write(RECORD)
    old = path.rename(path.with_name("audit.jsonl.1"))
    sink.write(RECORD)
    assert places(old, path) == [(1, "chain"), (2, ""), (3, FILE)]


def test_a_file_of_before_is_taken_up(path):
    """Behind records without a hash a chain begins."""
    path.write_text('{"id":"a0","time":"2026-11-21T10:00:00.123Z"}\n')
    write(path)
    assert places(path) == [(1, "chain")]
