"""A query in a database as a source, through SQLAlchemy: one read-only transaction, rows by a cursor of the server's.

Whatever the query says, nothing is written: the transaction is read-only where the database has such, and is rolled
back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from scimbridge.sync.rules.values import SecretPlace, SourceRules
from scimbridge.sync.sources.extras import import_extra
from scimbridge.sync.sources.faults import SourceFaults, refuse, without_values
from scimbridge.sync.sources.reader import Record
from scimbridge.sync.sources.secrets import Secrets, read_secret

_BATCH = 1000
_QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SELECT|WITH|VALUES|TABLE)\b", re.IGNORECASE | re.DOTALL)
_READ_ONLY: Mapping[str, str] = {
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "mysql": "SET TRANSACTION READ ONLY",
    "mariadb": "SET TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
    "sqlite": "PRAGMA query_only = ON",
}
"""What makes a transaction read-only, by the name of SQLAlchemy's dialect."""
_LONGEST = 200


class SqlQuery:
    """One query. Raises `SourceRefused` where the database cannot be reached or refuses the query."""

    unit = "row"
    is_file = False
    made: float | None = None
    digest: str | None = None

    def __init__(self, rules: SourceRules, environ: Mapping[str, str]) -> None:
        self.name = "the query"
        self._alchemy = import_extra("sqlalchemy", "database", "sql")
        self._query = read_query(rules.place, rules.folder)
        self._url = self._read_url(rules, environ)
        self.name = f"the query at {self._shown()}"
        with self._asking() as result:
            self.columns = tuple(result.keys())
        if len(set(self.columns)) != len(self.columns):
            raise refuse(self.name, "two of its columns have one name; give them names of their own with AS")

    def _read_url(self, rules: SourceRules, environ: Mapping[str, str]) -> Any:
        given = rules.options["url"]
        text = read_secret(given, environ, "sql") if isinstance(given, SecretPlace) else str(given)
        try:
            url = self._alchemy.make_url(text)
        except self._alchemy.exc.ArgumentError:
            raise refuse("sql", "its url is none of SQLAlchemy's, as postgresql+psycopg://reader@host/hr") from None
        password = Secrets(rules.options, environ, "sql").get("password")
        if password is not None:
            url = url.set(password=password)
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            path = Path(rules.folder) / url.database
            if not path.is_file():
                raise refuse(str(path), "is no file of a database")
            url = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
        return url

    def _shown(self) -> str:
        """Return where the database is; what stands behind the question mark may have a password in it."""
        if self._url.get_backend_name() == "sqlite":
            return f"sqlite:///{unquote(str(self._url.database).removeprefix('file:'))}"
        return str(self._url.set(query={}).render_as_string(hide_password=True))

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """Ask the query in a transaction of its own. Raises `SourceRefused`."""
        alchemy = self._alchemy
        try:
            engine = alchemy.create_engine(self._url, poolclass=alchemy.pool.NullPool)
        except (ImportError, alchemy.exc.SQLAlchemyError) as error:
            what = f"its driver is not there ({_said(error)}): install it, or name another one in the url"
            raise refuse(self.name, what) from None
        try:
            with engine.connect() as connection:
                begin = _READ_ONLY.get(connection.dialect.name)
                if begin is not None:
                    connection.exec_driver_sql(begin)
                streamed = connection.execution_options(stream_results=True, max_row_buffer=_BATCH)
                result = streamed.execute(alchemy.text(self._query.replace(":", r"\:")))
                with closing(result):
                    if not result.returns_rows:
                        raise refuse(self.name, "gives no rows; write a SELECT")
                    yield result
                connection.rollback()
        except alchemy.exc.SQLAlchemyError as error:
            raise refuse(self.name, f"the database says: {_said(error)}") from None
        finally:
            engine.dispose()

    def read(self, faults: SourceFaults) -> Iterator[Record]:
        """Yield the rows."""
        number = 0
        with self._asking() as result:
            if tuple(result.keys()) != self.columns:
                raise faults.refusal("has other columns than a moment ago; run again")
            while batch := result.fetchmany(_BATCH):
                for row in batch:
                    number += 1
                    yield number, dict(zip(self.columns, row, strict=True))


def read_query(place: str, folder: str) -> str:
    """Return a query: as it stands in the rules, or of the .sql file that they name. Raises `SourceRefused`."""
    if place.strip().endswith(".sql") and not re.search(r"\s", place.strip()):
        path = Path(folder) / place.strip()
        try:
            place = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            raise refuse(str(path), "the query cannot be read; name a file of UTF-8") from None
    if _QUERY.match(place) is None:
        raise refuse("the query", "does not begin with SELECT, WITH, VALUES or TABLE; a source is only read")
    return place.strip().rstrip(";")


def _said(error: Exception) -> str:
    """Return the first line of what a driver says, which is about the query; of a value it is said without that."""
    origin = getattr(error, "orig", None) or error
    first = (str(origin).strip().splitlines() or [type(origin).__name__])[0]
    return (without_values(first) if type(error).__name__ == "DataError" else first)[:_LONGEST]
