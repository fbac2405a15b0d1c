"""What DuckDB reads as a source: Parquet, Excel, files in S3, and joins over them. In memory of its own, and bounded.

A place without blanks is a file; everything else is a query.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from scimbridge.sync.rules.values import SecretPlace, SourceRules
from scimbridge.sync.sources.extras import import_extra
from scimbridge.sync.sources.faults import SourceFaults, refuse, without_values
from scimbridge.sync.sources.reader import Record
from scimbridge.sync.sources.secrets import read_secret

MEMORY = "128MB"
_BATCH = 1000
_LONGEST = 200
_EXTENSION = re.compile(r"[a-z0-9_]+")
_OF_NAMES = ("Binder Error", "Catalog Error", "IO Error", "HTTP Error", "Parser Error", "Out of Memory Error")
_CSV = (".csv", ".csv.gz", ".tsv", ".tsv.gz")


class DuckdbQuery:
    """One query. Raises `SourceRefused` where DuckDB refuses it, or where it is no query."""

    unit = "row"
    is_file = False
    made: float | None = None
    digest: str | None = None

    def __init__(self, rules: SourceRules, environ: Mapping[str, str]) -> None:
        self.name = rules.place if not re.search(r"\s", rules.place.strip()) else "the query of DuckDB"
        self._duckdb = import_extra("duckdb", "sources", self.name)
        self._rules, self._environ = rules, environ
        self._query = rules.place if re.search(r"\s", rules.place.strip()) else _of_file(rules.place.strip())
        with self._asking("DESCRIBE ") as cursor:
            self.columns = tuple(each[0] for each in cursor.fetchall())
        if len(set(self.columns)) != len(self.columns):
            raise refuse(self.name, "two of its columns have one name; give them names of their own with AS")

    @contextmanager
    def _asking(self, before: str = "") -> Iterator[Any]:
        """Ask the query in a database of its own, with a word `before` it. Raises `SourceRefused`."""
        with tempfile.TemporaryDirectory(prefix="scimbridge-") as folder:
            try:
                database = self._duckdb.connect(":memory:")
            except self._duckdb.Error as error:
                raise refuse(self.name, f"DuckDB says: {said_by(error)}") from None
            try:
                self._prepare(database, folder)
                statements = database.extract_statements(self._query)
                if [each.type for each in statements] != [self._duckdb.StatementType.SELECT]:
                    raise refuse(self.name, "is not one SELECT; a source is only read")
                yield database.execute(before + self._query)
            except self._duckdb.Error as error:
                raise refuse(self.name, f"DuckDB says: {said_by(error)}") from None
            finally:
                database.close()

    def _prepare(self, database: Any, folder: str) -> None:
        options = self._rules.options
        settings = {
            "memory_limit": options.get("memory", MEMORY), "threads": 2, "temp_directory": folder,
            "file_search_path": self._rules.folder, "autoinstall_known_extensions": False, "enable_progress_bar": False,
        }  # fmt: skip
        for name, value in settings.items():
            database.execute(f"SET {name} = {_quoted(str(value)) if isinstance(value, str) else value}")
        for name in options.get("extensions", ()):
            if _EXTENSION.fullmatch(name) is None:
                raise refuse(self.name, f"{name!r} is no name of an extension of DuckDB's")
            try:
                database.load_extension(name)
            except self._duckdb.Error:
                how = f"python -c \"import duckdb; duckdb.sql('INSTALL {name}')\""
                raise refuse(self.name, f"DuckDB's extension {name!r} is not there; install it once: {how}") from None
        if "s3" in options:
            database.execute(f"CREATE SECRET (TYPE s3, {', '.join(self._s3(options['s3']))})")

    def _s3(self, given: Mapping[str, Any]) -> Iterator[str]:
        for word, value in given.items():
            text = read_secret(value, self._environ, self.name) if isinstance(value, SecretPlace) else str(value)
            yield f"{word.upper()} {_quoted(text)}"

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the rows."""
        number = 0
        with self._asking() as cursor:
            if tuple(each[0] for each in cursor.description) != self.columns:
                raise faults.refusal("has other columns than a moment ago; run again")
            while batch := cursor.fetchmany(_BATCH):
                for row in batch:
                    number += 1
                    yield number, dict(zip(self.columns, row, strict=True))


def _of_file(place: str) -> str:
    """Return the query of a file; of Excel every cell is read as the text that it is shown as, of CSV every value."""
    if place.lower().endswith(_CSV):
        return f"SELECT * FROM read_csv({_quoted(place)}, all_varchar = true, header = true)"  # noqa: S608 - quoted
    if place.lower().endswith(".xlsx"):
        return f"SELECT * FROM read_xlsx({_quoted(place)}, all_varchar = true)"  # noqa: S608 - quoted
    return f"SELECT * FROM {_quoted(place)}"  # noqa: S608 - quoted


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def said_by(error: Exception) -> str:
    """Return the first line of what DuckDB says, about the query and the file; what it quotes may be a person's value.

    Where it speaks of names, as of columns and files, they are told.
    """
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return (first if first.startswith(_OF_NAMES) else without_values(first))[:_LONGEST]
