"""Records as lines: several processes, rotation, full disks, and files that are no trail."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from scimbridge.observe.audit import Record, Unwritable
from scimbridge.observe.audit_lines import AuditFile, AuditStream, RecordLines

RECORD = Record(id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="delete", result="done")


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_is_a_line(tmp_path):
    """Each record is one JSON object on a line of its own, behind what was there."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    sink.write(RECORD)
    sink.write(replace(RECORD, id="a2"))
    assert [line.items() >= RECORD.to_json().items() for line in lines_of(path)] == [True, False]
    assert list(RecordLines(path)) == [RECORD, replace(RECORD, id="a2")]


def test_the_file_is_its_owners(tmp_path):
    """A new file can be read by nobody but its owner, whatever the umask; one that is there keeps its mode."""
    before = os.umask(0)
    try:
        AuditFile(tmp_path / "new").write(RECORD)
        shared = tmp_path / "shared"
        shared.touch(mode=0o640)
        AuditFile(shared).write(RECORD)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    assert stat.S_IMODE(shared.stat().st_mode) == 0o640


def write_many(path: Path, name: str, count: int) -> None:
    sink = AuditFile(path)
    for number in range(count):
        sink.write(
            replace(RECORD, id=f"{name}-{number}", changed=tuple(f"attribute{part}" for part in range(number % 400)))
        )


def test_two_processes_never_tear_each_others_lines(tmp_path):
    """Processes that write to one file at once, some lines being of several kilobytes, lose and mix nothing."""
    path = tmp_path / "audit.jsonl"
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=write_many, args=(path, name, 1500)) for name in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    written = RecordLines(path)
    assert {record.id for record in written} == {f"{n}-{i}" for n in ("one", "two", "three") for i in range(1500)}
    assert written.broken == 0


def test_threads_share_a_sink(tmp_path):
    """One sink serves any number of threads, also while the file is rotated under them."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)

    def work(name: int) -> None:
        for number in range(300):
            sink.write(replace(RECORD, id=f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for turn in range(20):
        if path.exists():
            path.rename(tmp_path / f"audit.{turn}")
    for thread in threads:
        thread.join()
    kept = [record.id for file in tmp_path.iterdir() for record in RecordLines(file)]
    assert sorted(kept) == sorted(f"{name}-{number}" for name in range(8) for number in range(300))


def test_a_rotated_file_is_left_alone(tmp_path):
    """After log rotation the next record goes into a new file of the old name."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    sink.write(RECORD)
    path.rename(tmp_path / "audit.1")
    sink.write(replace(RECORD, id="a2"))
    assert [line["id"] for line in lines_of(tmp_path / "audit.1")] == ["a1"]
    assert [line["id"] for line in lines_of(path)] == ["a2"]


def test_a_deleted_file_is_made_again(tmp_path):
    """A file that somebody deleted is not written to for ever where nobody sees it."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    sink.write(RECORD)
    path.unlink()
    sink.write(replace(RECORD, id="a2"))
    assert [line["id"] for line in lines_of(path)] == ["a2"]


def test_a_truncated_file_goes_on_from_its_start(tmp_path):
    """Rotation that copies and truncates leaves no hole in the file."""
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    sink.write(RECORD)
    os.truncate(path, 0)
    sink.write(replace(RECORD, id="a2"))
    assert [line["id"] for line in lines_of(path)] == ["a2"]


def test_a_full_disk_is_told():
    """A record for which there is no room raises, with the system's reason and nothing of the record."""
    with pytest.raises(Unwritable, match="No space left"):
        AuditFile(Path("/dev/full")).write(RECORD)


def test_a_line_that_was_cut_off_costs_no_other(tmp_path):
    """Behind half a line, left by a disk that was full, the next record stands on a line of its own."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'{"id":"half","time":"2026-1')
    AuditFile(path).write(RECORD)
    written = RecordLines(path)
    assert list(written) == [RECORD]
    assert written.broken == 1


def test_a_short_write_is_a_failure(tmp_path, monkeypatch):
    """A line of which the system took only a part counts as not written."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:10]))
    path = tmp_path / "audit.jsonl"
    sink = AuditFile(path)
    with pytest.raises(Unwritable, match="in part"):
        sink.write(RECORD)
    monkeypatch.undo()
    sink.write(RECORD)
    assert list(RecordLines(path)) == [RECORD]


def test_a_directory_that_is_not_there_is_told(tmp_path):
    """A path that cannot be made raises at the check, so that a start can be refused, and at each record."""
    sink = AuditFile(tmp_path / "nowhere" / "audit.jsonl")
    with pytest.raises(FileNotFoundError):
        sink.check()
    with pytest.raises(Unwritable, match="No such file"):
        sink.write(RECORD)


def test_a_stream_has_the_same_lines():
    """Standard output gets each record as one line."""
    reading, writing = os.pipe()
    AuditStream(writing).write(RECORD)
    os.close(writing)
    with os.fdopen(reading) as stream:
        assert [Record.from_json(json.loads(line)) for line in stream] == [RECORD]


def test_a_stream_that_nobody_reads_is_told():
    """A closed pipe is a failure of the sink, and no end of the process."""
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(Unwritable, match="Broken pipe"):
        AuditStream(writing).write(RECORD)
    os.close(writing)


def test_reading_passes_over_what_is_no_record(tmp_path):
    """Blank lines, other JSON and garbage are counted and passed over."""
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b'\n{"id": 1}\n[]\n\xff\xfe\nnull\n' + json.dumps(RECORD.to_json()).encode() + b"\n")
    written = RecordLines(path)
    assert list(written) == [RECORD]
    assert written.broken == 4
