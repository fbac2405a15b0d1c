"""The sinks that settings name: which there are, and what is told before anything is served."""

from __future__ import annotations

import sys

import pytest

from scimbridge.observe.audit_opening import Unopenable, open_sinks


def no_time() -> float:
    return 0.0


def test_every_sink_that_is_set_is_opened(tmp_path):
    """A file and a database may be set together; nothing set is no sink."""
    file, database = str(tmp_path / "audit.jsonl"), f"sqlite:///{tmp_path}/audit.db"
    assert open_sinks(None, None, no_time) == []
    assert [sink.name for sink in open_sinks(file, database, no_time)] == [file, "sqlite"]
    assert [sink.name for sink in open_sinks("-", None, no_time)] == ["-"]


def test_a_file_that_cannot_be_written_is_told_at_the_start(tmp_path):
    """A path in a directory that is not there names setting, path and reason."""
    with pytest.raises(Unopenable, match=r"SCIMBRIDGE_AUDIT: .*nowhere.* \(No such file"):
        open_sinks(str(tmp_path / "nowhere" / "audit.jsonl"), None, no_time)


@pytest.mark.parametrize(
    ("where", "told"),
    [("nowhere/audit.jsonl", "name a file in a folder that is there"), ("", "for standard output")],
)
def test_what_would_be_right_is_told_too(tmp_path, where, told):
    """The sentence about a file ends with the cure."""
    with pytest.raises(Unopenable, match=told):
        open_sinks(str(tmp_path / where), None, no_time)


def test_the_folder_of_sqlite_is_looked_at_at_the_start(tmp_path):
    """SQLite's file does not come later by itself: a path with three slashes is told before records are lost."""
    with pytest.raises(Unopenable, match=r"SCIMBRIDGE_AUDIT_DATABASE: the folder .*nowhere is not there; make it"):
        open_sinks(None, f"sqlite:///{tmp_path}/nowhere/audit.db?timeout=3", no_time)


def test_a_database_that_is_down_is_no_fault_at_the_start():
    """The bridge starts before its database does."""
    assert len(open_sinks(None, "postgresql://nobody@127.0.0.1:1/audit", no_time)) == 1


def test_missing_packages_are_told(monkeypatch):
    """Without the extra the sentence says how to install it."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.delitem(sys.modules, "scimbridge.observe.audit_database", raising=False)
    with pytest.raises(Unopenable, match=r"scimbridge\[database\]"):
        open_sinks(None, "sqlite:////tmp/audit.db", no_time)
