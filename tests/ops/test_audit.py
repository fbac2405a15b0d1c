"""Searching the trail: in a file of any size or a database, by everything that records are asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scimbridge.observe.audit import Record, Wanted, stamp
from scimbridge.observe.audit_database import AuditDatabase
from scimbridge.observe.audit_lines import AuditFile
from scimbridge.ops import audit

KEY = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
RECORD = Record(
    id="a0", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done",
    resource="User", key=KEY, changed=("name.familyName", "active"), status=200,
)  # fmt: skip
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(params=["file", "database"])
def keep(request, tmp_path):
    """Return a function that keeps records and returns where they are."""

    def keep_all(*records: Record) -> audit.Where:
        if request.param == "file":
            sink = AuditFile(tmp_path / "audit.jsonl")
            for record in records:
                sink.write(record)
            return audit.Where(file=str(tmp_path / "audit.jsonl"))
        url = f"sqlite:///{tmp_path}/audit.db"
        with closing(AuditDatabase(url, lambda: 0.0)) as database:
            for record in records:
                database.write(record)
        return audit.Where(database=url, file="/nowhere")

    return keep_all


def found(where: audit.Where, wanted: Wanted = Wanted(), limit: int = 100) -> list[str]:  # noqa: B008 - it is frozen
    return [f"{record.id} {record.result}" for record in audit.search(where, wanted, limit).records]


def test_the_newest_are_shown_the_oldest_first(keep):
    """Of many records the last ones are shown, in the order of time."""
    where = keep(*(replace(RECORD, id=f"a{n}", time=f"2026-11-21T10:0{n}:00.000Z") for n in (0, 2, 1, 3, 4)))
    assert found(where) == ["a0 done", "a1 done", "a2 done", "a3 done", "a4 done"]
    assert found(where, limit=2) == ["a3 done", "a4 done"]


def test_each_attempt_is_shown_once(keep):
    """Of one that was begun only the result is shown; one without a result is shown as begun."""
    begun = replace(RECORD, result="begun", status=None)
    where = keep(
        begun, RECORD, replace(begun, id="a1"), replace(begun, id="a2"), replace(RECORD, id="a2", result="failed")
    )
    assert sorted(found(where)) == ["a0 done", "a1 begun", "a2 failed"]
    assert found(where, Wanted(result="begun")) == ["a1 begun"]
    assert found(where, Wanted(result="failed")) == ["a2 failed"]


def test_searches_narrow_by_everything(keep):
    """User, client, verb, request and time each leave out what is not meant."""
    where = keep(
        RECORD,
        replace(RECORD, id="a1", client="entra"),
        replace(RECORD, id="a2", key="another"),
        replace(RECORD, id="a3", verb="delete"),
        replace(RECORD, id="a4", request="r-2"),
        replace(RECORD, id="a5", time="2026-11-20T10:00:00.000Z"),
    )
    assert found(where, Wanted(client="entra")) == ["a1 done"]
    assert found(where, Wanted(key="another")) == ["a2 done"]
    assert found(where, Wanted(verb="delete")) == ["a3 done"]
    assert found(where, Wanted(request="r-2")) == ["a4 done"]
    assert found(where, Wanted(until=NOW - timedelta(days=1))) == ["a5 done"]
    assert len(found(where, Wanted(since=NOW - timedelta(days=1)))) == 5


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("90s", NOW - timedelta(seconds=90)),
        ("15m", NOW - timedelta(minutes=15)),
        ("1w", NOW - timedelta(weeks=1)),
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T10:30", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("2026-11-21T10:30:00Z", datetime(2026, 11, 21, 10, 30, tzinfo=UTC)),
        ("2026-11-21T10:30:00+02:00", datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_times_or_ages(text, moment):
    """A time without a zone is UTC; a number with a unit is that long ago."""
    assert audit.read_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2", "h", "-2h", "2026-13-01", "999999w"])
def test_what_is_no_moment_is_told(text):
    """Anything else raises, and says what would be right or why not."""
    with pytest.raises(ValueError, match=r"2h or 3d|too long ago"):
        audit.read_moment(text, NOW)


def test_broken_lines_are_counted(tmp_path):
    """Lines that are no records are passed over, and their number is told."""
    path = tmp_path / "audit.jsonl"
    path.write_text("{\n" + json.dumps(RECORD.to_json()) + "\n")
    found = audit.search(audit.Where(file=str(path)), Wanted(), 100)
    assert (len(found.records), found.broken) == (1, 1)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        (audit.Where(), "SCIMBRIDGE_AUDIT"),
        (audit.Where(file="-"), "standard output"),
        (audit.Where(file="/nowhere/audit.jsonl"), "cannot be read"),
        (audit.Where(database="sqlite:////nowhere/audit.db"), "cannot be read"),
        (audit.Where(database="postgresql://nobody:hidden-word@127.0.0.1:1/audit"), "cannot be read"),
    ],
)
def test_a_trail_that_cannot_be_searched_is_told(where, says):
    """Without a file or a database that can be read, the sentence says what to set, and no password."""
    with pytest.raises(audit.Unsearchable, match=says) as told:
        audit.search(where, Wanted(), 100)
    assert "hidden-word" not in str(told.value)


SEARCH = """
import resource, sys
from scimbridge.observe.audit import Wanted
from scimbridge.ops import audit
from scimbridge.ops.printing.records import write_records
write_records(sys.stdout, audit.search(audit.Where(file=sys.argv[1]), Wanted(client="okta"), 10).records)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def test_memory_does_not_grow_with_the_file(tmp_path):
    """A file of 100,000 records is searched in the memory that one of 1,000 takes, give or take two megabytes."""
    peaks = []
    for count in (1_000, 100_000):
        path = tmp_path / f"{count}.jsonl"
        with path.open("w") as file:
            for number in range(count):
                told = RECORD.to_json() | {"id": f"a{number}", "time": stamp(1_795_000_000 + number)}
                for result in ("begun", "done"):
                    file.write(json.dumps(told | {"result": result}) + "\n")
        done = subprocess.run([sys.executable, "-c", SEARCH, str(path)], capture_output=True, text=True, check=True)
        assert len(done.stdout.splitlines()) == 10
        assert json.loads(done.stdout.splitlines()[-1])["id"] == f"a{count - 1}"
        peaks.append(int(done.stderr.split()[-1]))
    assert peaks[1] - peaks[0] < 2_048, peaks
