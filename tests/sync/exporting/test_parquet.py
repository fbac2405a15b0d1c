"""Parquet made of lines: of these lines alone, whatever their file is called, and for their owner alone meanwhile."""

from __future__ import annotations

import json
import os

import pytest

from scimbridge.sync.exporting import parquet
from scimbridge.sync.exporting.orders import Column, ExportFailed
from scimbridge.sync.exporting.parquet import write_parquet

duckdb = pytest.importorskip("duckdb", reason="the extra `sources` is not installed")
COLUMNS = (Column("id", "VARCHAR", lambda each: each), Column("name", "VARCHAR", lambda each: each))


def write_lines(path, ids, name="Zoë"):
    """Write lines with these ids."""
    path.write_text("".join(json.dumps({"id": key, "name": name}) + "\n" for key in ids))
    return path


def read(path):
    """Return the columns and the ids of a Parquet file, whatever it is called."""
    with path.open("rb") as file, duckdb.connect() as database:
        table = database.execute(f"SELECT * FROM read_parquet('/dev/fd/{file.fileno()}')")
        return [each[0] for each in table.description], [row[0] for row in table.fetchall()]


@pytest.mark.parametrize("name", ["users[1]", "u*", "users?", "users's"])
def test_names_that_are_patterns(tmp_path, name):
    """Lines of another export beside it, which a name means as a pattern, are not taken for its own."""
    write_lines(tmp_path / ".usersX.parquet.part", ["another"])
    lines = write_lines(tmp_path / f".{name}.parquet.part", ["one", "two"])
    made = tmp_path / f".{name}.parquet.made"
    write_parquet(COLUMNS, lines, made)
    assert read(made) == (["id", "name"], ["one", "two"])


def test_folders_that_are_columns_elsewhere(tmp_path):
    """A folder that is called as partitions are adds no column."""
    folder = tmp_path / "day=2026-01-01"
    folder.mkdir()
    write_parquet(COLUMNS, write_lines(folder / "lines", ["one"]), folder / "made")
    assert read(folder / "made") == (["id", "name"], ["one"])


def test_written_where_it_is(tmp_path):
    """It is written into the file that is there, so that its rights hold from the first byte on."""
    lines, made = write_lines(tmp_path / "lines", ["one"]), tmp_path / "made"
    os.close(os.open(made, os.O_CREAT | os.O_RDWR, 0o600))
    before = made.stat()
    write_parquet(COLUMNS, lines, made)
    assert (made.stat().st_ino, made.stat().st_mode) == (before.st_ino, before.st_mode)


def test_wide_lines(tmp_path, monkeypatch):
    """Lines far larger than the memory in all are written, however wide each is."""
    monkeypatch.setattr(parquet, "MEMORY", "64MB")
    lines = write_lines(tmp_path / "lines", range(500), name="x" * 120_000)
    write_parquet(COLUMNS, lines, tmp_path / "made")
    assert len(read(tmp_path / "made")[1]) == 500


def test_no_value_is_told(tmp_path):
    """Why a value cannot be written is told without the value."""
    lines = write_lines(tmp_path / "lines", ["one"], name="Zoë Müller")
    with pytest.raises(ExportFailed, match="cannot be written as Parquet") as caught:
        write_parquet((Column("name", "BIGINT", lambda each: each),), lines, tmp_path / "made")
    assert "Zoë" not in str(caught.value)
