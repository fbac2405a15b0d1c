"""Whether a trail is whole: what was done to it is told, and what crashes and rotation leave is not taken for that."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scimbridge.observe.audit import Record
from scimbridge.observe.audit_database import AuditDatabase
from scimbridge.observe.audit_end import path_of_end
from scimbridge.observe.audit_lines import AuditFile, AuditStream
from scimbridge.ops.audit import Unsearchable, Where
from scimbridge.ops.verification import BROKEN, OPEN, WHOLE, Verification, read_kept, verify

RECORD = Record(
    id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done",
    resource="Group", key="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", changed=("members",), seconds=0.25, added=1,
    members_added=("b4ce6c0a-0000-4000-8000-000000000001",), values={"members": None, "displayName": "A***s"},
)  # fmt: skip


def write(sink, *names: str) -> None:
    for name in names:
        sink.write(replace(RECORD, id=name, time=f"2026-11-2{name[1]}T10:00:00.000Z"))


@pytest.fixture
def path(tmp_path) -> Path:
    """A file of six records."""
    write(AuditFile(tmp_path / "audit.jsonl"), *(f"a{number}" for number in range(1, 7)))
    return tmp_path / "audit.jsonl"


def in_file(path: Path) -> Verification:
    return verify(Where(file=str(path)))


def words(found: Verification) -> str:
    return "\n".join([*(f"{fault.where}: {fault.what}" for fault in found.faults), *found.unproven, *found.remarks])


def test_an_untouched_file_is_whole(path):
    """All records are counted, and the end is given to be kept."""
    found = in_file(path)
    assert (found.grade, found.records, words(found)) == (WHOLE, 6, "")
    assert [(end.sequence, end.time) for end in found.ends] == [(6, "2026-11-26T10:00:00.000Z")]


@pytest.mark.parametrize("number", range(6))
def test_a_line_that_was_taken_is_missed(path, number):
    """Whichever line it was, the first and the last too, the place is told."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
    found = in_file(path)
    assert found.grade == BROKEN
    assert f"record {number + 1} of chain" in words(found)
    assert str(path) in words(found)


LINES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": lambda lines: [*lines[:2], lines[2].replace(b'"okta"', b'"hr"'), *lines[3:]],
    "another member": lambda lines: [*lines[:2], lines[2].replace(b"000001", b"000002"), *lines[3:]],
    "moved": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "twice": lambda lines: [*lines[:3], lines[2], *lines[3:]],
    "no hash": lambda lines: [*lines[:2], lines[2].replace(b'"hash"', b'"hush"'), *lines[3:]],
    "no JSON": lambda lines: [*lines[:2], b"xx\n", *lines[3:]],
    "without a chain": lambda lines: [*lines[:2], json.dumps(RECORD.to_json()).encode() + b"\n", *lines[3:]],
    "two taken": lambda lines: [lines[0], *lines[3:]],
    "the rest taken": lambda lines: lines[:2],
    "all taken": lambda _lines: [],
}


@pytest.mark.parametrize("how", LINES)
def test_what_was_done_to_a_file_is_told(path, how):
    """A record that is changed, moved, doubled, stripped or overwritten breaks the chain."""
    path.write_bytes(b"".join(LINES[how](path.read_bytes().splitlines(keepends=True))))
    assert in_file(path).grade == BROKEN


def test_a_record_with_a_new_hash_does_not_fit_the_next(path):
    """Who changes a record and computes its hash anew has to do so for all that follow."""
    from scimbridge.observe.audit_chain import digest  # noqa: PLC0415 - as an attacker would

    lines = path.read_bytes().splitlines(keepends=True)
    told = json.loads(lines[2]) | {"client": "hr"}
    lines[2] = json.dumps(told | {"hash": digest(told)}).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    found = in_file(path)
    assert (found.grade, [fault.where for fault in found.faults]) == (BROKEN, [f"{path}:4"])


@pytest.mark.parametrize(("size", "grade"), [(-10, OPEN), (-1, WHOLE)])
def test_a_last_line_without_its_end_is_no_tampering(path, size, grade):
    """It is told as what it is: unproven where its record is lost, and whole once the bridge has gone on behind it."""
    os.truncate(path, path.stat().st_size + size)
    assert in_file(path).grade == grade
    assert "not finished" in words(in_file(path))
    write(AuditFile(path), "a7")
    assert in_file(path).grade == WHOLE


def test_a_crash_between_two_writes_is_no_tampering(path):
    """A record whose end was not kept beside any more is whole, and so is what follows."""
    before = path_of_end(path).read_bytes()
    write(AuditFile(path), "a7")
    path_of_end(path).write_bytes(before)
    assert in_file(path).grade == WHOLE
    write(AuditFile(path), "a8")
    assert in_file(path).grade == WHOLE


def test_rotated_files_are_one_chain(path):
    """By default those that were rotated are looked at too, packed or not; one that is gone from between is missed."""
    for number, name in ((3, "a7"), (2, "a8"), (1, "a9")):
        path.rename(path.with_name(f"audit.jsonl.{number}"))
        write(AuditFile(path), name)
    packed = path.with_name("audit.jsonl.3")
    path.with_name("audit.jsonl.3.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    assert (in_file(path).grade, in_file(path).records) == (WHOLE, 9)
    path.with_name("audit.jsonl.2").unlink()
    assert "record 7 of chain" in words(in_file(path))
    assert in_file(path).grade == BROKEN


def test_a_file_that_is_kept_elsewhere_is_told(path):
    """Without the oldest files nothing is broken, but not all is shown; with an end that was kept, it is."""
    before = in_file(path)
    path.rename(path.with_name("audit.jsonl.1"))
    write(AuditFile(path), "a7")
    path.with_name("audit.jsonl.1").unlink()
    found = in_file(path)
    assert found.grade == OPEN
    assert "records 1 to 6 of chain" in words(found)
    assert verify(Where(file=str(path)), before.ends).grade == WHOLE


def test_a_first_line_of_a_new_file_is_missed(path):
    """The first record of a file says that it is the first, so the second cannot pass for it."""
    path.rename(path.with_name("audit.jsonl.1"))
    write(AuditFile(path), "a7", "a8")
    path.with_name("audit.jsonl.1").unlink()
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[1])
    assert in_file(path).grade == BROKEN


def test_a_file_that_was_just_rotated_is_whole(path):
    """Nothing has been written since, whether an empty file is there or none."""
    path.rename(path.with_name("audit.jsonl.1"))
    assert in_file(path).grade == WHOLE
    path.touch()
    assert in_file(path).grade == WHOLE


def test_an_end_that_is_not_kept_is_told(path):
    """Without the file beside, lines could have been taken from the end; so not all is shown."""
    path_of_end(path).unlink()
    assert in_file(path).grade == OPEN


def test_records_of_before_are_told(tmp_path):
    """Records without a hash are counted, and prove nothing."""
    path = tmp_path / "audit.jsonl"
    path.write_text(json.dumps(RECORD.to_json()) + "\n")
    write(AuditFile(path), "a2")
    found = in_file(path)
    assert (found.grade, found.records, found.unlinked) == (OPEN, 1, 1)


def test_a_stream_has_chains_of_its_writers(tmp_path):
    """What processes wrote to standard output is whole together, and a line that was taken from it is missed."""
    path = tmp_path / "kept"
    with path.open("ab") as file:
        streams = AuditStream(file.fileno()), AuditStream(file.fileno())
        for number in range(1, 7):
            write(streams[number % 2], f"a{number}")
    found = verify(Where(files=(path,)))
    assert (found.grade, found.records, len(found.ends)) == (WHOLE, 6, 2)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert verify(Where(files=(path,))).grade == BROKEN


def test_a_kept_end_misses_what_was_taken_since(path, tmp_path):
    """What --verify --json said, kept elsewhere, shows that lines were taken from the end, or put in others' place."""
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps({"ends": [{"chain": end.chain, "sequence": end.sequence, "hash": end.hash,
                                          "time": end.time} for end in in_file(path).ends]}))  # fmt: skip
    path_of_end(path).unlink()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    assert verify(Where(file=str(path)), read_kept(kept)).grade == BROKEN
    path.unlink()
    write(AuditFile(path), *(f"a{number}" for number in range(1, 8)))
    assert verify(Where(file=str(path)), read_kept(kept)).grade == BROKEN


def test_what_was_not_kept_by_this_is_told(path):
    """A file that is none of --verify's is refused in a sentence."""
    with pytest.raises(Unsearchable, match="--verify --json"):
        read_kept(path)


def test_since_begins_in_the_middle(path):
    """Where older records were put away on purpose, a chain may begin in the middle, and no later one may go."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[2:]))
    since = datetime(2026, 11, 23, tzinfo=UTC)
    assert verify(Where(file=str(path)), since=since).grade == WHOLE
    path.write_bytes(b"".join([*lines[2:4], *lines[5:]]))
    assert verify(Where(file=str(path)), since=since).grade == BROKEN


# -- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(tmp_path) -> Path:
    """A database of six records, which two processes wrote one after the other."""
    path = tmp_path / "audit.db"
    for names in (("a1", "a2", "a3"), ("a4", "a5", "a6")):
        with closing(AuditDatabase(f"sqlite:///{path}", lambda: 0.0)) as sink:
            write(sink, *names)
    return path


def in_database(path: Path) -> Verification:
    return verify(Where(database=f"sqlite:///{path}"))


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_database_is_whole(database):
    """Each process has a chain, and the later names where the earlier ended."""
    found = in_database(database)
    assert (found.grade, found.records, len(found.ends)) == (WHOLE, 6, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM scimbridge_audit WHERE id = 'a1'",
        "DELETE FROM scimbridge_audit WHERE id = 'a2'",
        "DELETE FROM scimbridge_audit WHERE id = 'a3'",  # the end of a chain that the next one names
        "DELETE FROM scimbridge_audit WHERE id IN ('a1', 'a2', 'a3')",
        "UPDATE scimbridge_audit SET client = 'hr' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET time = '2026-11-25 11:00:00.000000' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET status = 200 WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET details = json_set(details, '$.added', 2) WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET details = json_remove(details, '$.hash') WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET details = '5' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET details = '{' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET time = 'then' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET members = '[]' WHERE id = 'a5'",
        "UPDATE scimbridge_audit SET sequence = 9 WHERE id = 'a6'",
        "DELETE FROM scimbridge_audit_member WHERE id = 'a5'",
    ],
)
def test_what_was_done_to_a_database_is_told(database, statement):
    """A row that was deleted or changed, and one that a search would no longer find, breaks it."""
    run(database, statement)
    assert in_database(database).grade == BROKEN


def test_threads_leave_whole_chains(tmp_path):
    """Rows that are written at the same moment are linked without waiting for each other."""
    path = tmp_path / "audit.db"
    with closing(AuditDatabase(f"sqlite:///{path}", lambda: 0.0)) as sink:
        threads = [
            threading.Thread(
                target=lambda name=name: [sink.write(replace(RECORD, id=f"{name}-{n}")) for n in range(10)]
            )
            for name in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = in_database(path)
    assert (found.grade, found.records) == (WHOLE, 80)


def test_a_database_of_before_is_told(tmp_path):
    """Rows of a version without chains are counted, whether the table has been brought up to date or not."""
    path = tmp_path / "audit.db"
    run(
        path,
        "CREATE TABLE scimbridge_audit (id VARCHAR(64), result VARCHAR(16), time DATETIME, client VARCHAR,"
        ' request VARCHAR, verb VARCHAR(16), resource VARCHAR(32), "key" VARCHAR(64), status SMALLINT, details JSON,'
        " PRIMARY KEY (id, result))",
        "INSERT INTO scimbridge_audit VALUES ('old', 'done', '2026-11-20 10:00:00.123000', 'okta', 'r-0', 'patch',"
        " 'User', 'k', 200, '{}')",
    )
    assert (in_database(path).grade, in_database(path).unlinked) == (OPEN, 1)
    with closing(AuditDatabase(f"sqlite:///{path}", lambda: 0.0)) as sink:
        write(sink, "a2")
    found = in_database(path)
    assert (found.grade, found.records, found.unlinked) == (OPEN, 1, 1)
