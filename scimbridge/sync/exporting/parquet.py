"""Parquet, made of JSON lines by DuckDB, within bounded memory. Knows columns and files."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from scimbridge.sync.exporting.orders import Column, ExportFailed, ExportRefused

MEMORY = "256MB"


def check_parquet() -> None:
    """Look whether Parquet can be written here. Raises `ExportRefused`."""
    if importlib.util.find_spec("duckdb") is None:
        raise ExportRefused("Parquet is written by DuckDB, which is not here: pip install 'scimbridge[sources]'")


def write_parquet(columns: Sequence[Column], lines: Path, file: Path) -> None:
    """Write JSON lines with these columns as Parquet. Raises `ExportFailed`."""
    import duckdb  # noqa: PLC0415 - an extra, needed for this alone

    types = ", ".join(f"{_quote(each.name)}: '{each.type}'" for each in columns)
    source = f"read_json({_quote(str(lines))}, format = 'newline_delimited', columns = {{{types}}})"
    try:
        with duckdb.connect(config={"memory_limit": MEMORY, "threads": 1}) as database:
            database.execute(f"COPY (SELECT * FROM {source}) TO {_quote(str(file))} (FORMAT parquet)")  # noqa: S608 - quoted
    except duckdb.Error as error:
        raise ExportFailed(f"the lines that were read cannot be written as Parquet: {error}") from None


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
