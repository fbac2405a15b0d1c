"""Parquet, made of JSON lines by DuckDB, within bounded memory. Knows columns and files."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from scimbridge.sync.exporting.orders import Column, ExportFailed, ExportRefused
from scimbridge.sync.sources.duckdb_query import said_by

MEMORY = "256MB"
GROUP = 16 << 20
"""Bytes of lines that are packed together, however many lines that are; so wide ones fit into the memory too."""


def check_parquet() -> None:
    """Look whether Parquet can be written here. Raises `ExportRefused`."""
    if importlib.util.find_spec("duckdb") is None:
        raise ExportRefused("Parquet is written by DuckDB, which is not here: pip install 'scimbridge[sources]'")


def write_parquet(columns: Sequence[Column], lines: Path, file: Path) -> None:
    """Write JSON lines with these columns as Parquet. Raises `ExportFailed`."""
    import duckdb  # noqa: PLC0415 - an extra, needed for this alone

    types = ", ".join(f"{_quote(each.name)}: '{each.type}'" for each in columns)
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY, "threads": 1, "temp_directory": "", "preserve_insertion_order": False,
    }  # fmt: skip
    try:
        with lines.open("rb") as opened, duckdb.connect(config=options) as database:
            # A name could be a pattern, and its folders columns; a file beside the target would have other rights.
            source = f"'/dev/fd/{opened.fileno()}', format = 'newline_delimited', columns = {{{types}}}"
            target = f"{_quote(str(file))} (FORMAT parquet, ROW_GROUP_SIZE_BYTES {GROUP}, USE_TMP_FILE false)"
            database.execute(f"COPY (SELECT * FROM read_json({source})) TO {target}")  # noqa: S608 - quoted
    except duckdb.Error as error:
        raise ExportFailed(f"the lines that were read cannot be written as Parquet: {said_by(error)}") from None


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
