"""Queries in real databases: SQLite and PostgreSQL, in a transaction that cannot write."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from scimbridge.sync.rules.values import SecretPlace
from scimbridge.sync.sources.rows import SourceRefused

ROWS = "('1', 'kim', 3, 1.50, NULL), ('2', 'lee', NULL, 2, '2026-03-31')"
QUERY = "SELECT id, mail, level, share, hired FROM people ORDER BY id"


@pytest.fixture
def sqlite(opener):
    """An SQLite of two people."""
    source = opener(kind="sql", place=QUERY, columns=("id", "mail", "level"), made="")
    source.options = {"url": "sqlite:///people.db"}
    with sqlite3.connect(source.folder / "people.db") as database:
        database.execute("CREATE TABLE people (id TEXT, mail TEXT, level INTEGER, share NUMERIC, hired TEXT)")
        database.execute(f"INSERT INTO people VALUES {ROWS}")
    database.close()
    return source


def count(source) -> int:
    with sqlite3.connect(source.folder / "people.db") as database:
        found = database.execute("SELECT count(*) FROM people").fetchone()[0]
    database.close()
    return found


def test_sqlite(sqlite):
    """The rows of a query, by its columns; the file is found beside the rules."""
    opened = sqlite.open()
    assert opened.columns == ("id", "mail", "level", "share", "hired")
    assert [row.values for row in opened.rows()] == [
        {"id": "1", "mail": "kim", "level": "3"},
        {"id": "2", "mail": "lee", "level": ""},
    ]
    assert (opened.provenance().rows, opened.provenance().made) == (2, None)


def test_the_digest_knows_no_order(sqlite):
    """The same rows in another order are the same source; another value is another."""

    def digest(query: str) -> str:
        opened = sqlite.open(query)
        assert sum(1 for _row in opened.rows()) == 2
        return opened.provenance().digest

    assert digest(QUERY) == digest(QUERY + " DESC")
    assert digest(QUERY) != digest(QUERY.replace("mail,", "upper(mail) AS mail,"))


def test_a_file_of_sql(sqlite):
    """A query may stand in a file of its own, with comments and an end."""
    (sqlite.folder / "people.sql").write_text(f"-- people\n/* of HR */ {QUERY};\n")
    assert len(sqlite.rows("people.sql")) == 2
    assert "cannot be read" in sqlite.faults("other.sql")[0]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("DELETE FROM people", "does not begin with SELECT"),
        ("SELECT surname FROM people", "the database says: no such column"),
        ("SELECT id, mail AS id, level FROM people", "two of its columns have one name"),
        ("SELECT id, mail FROM people", "no column 'level'"),
        ("SELECT id, mail, level FROM people WHERE 1 = 0", "has no row"),
        ("SELECT x'00ff' AS id, mail, level FROM people", "row 1: column 'id' is binary"),
        ("SELECT 1.5 AS id, mail, level FROM people", "row 1: the key 'id' is a number and no whole number"),
        ("SELECT 7 AS id, mail, level FROM people; DELETE FROM people", "the database says"),
        ("WITH x AS (SELECT 1) DELETE FROM people RETURNING id, mail, level", "the database says"),
    ],
)
def test_queries_that_are_refused(sqlite, query, told):
    """A query that writes, fails or gives no rows refuses the source, and nothing is written."""
    found = sqlite.faults(query)
    assert any(told in each for each in found), found
    assert count(sqlite) == 2


def test_a_colon_is_no_parameter(sqlite):
    """A time in a query stays one."""
    assert len(sqlite.rows("SELECT id, mail, level FROM people WHERE '09:15' <> ':x'")) == 2


def test_no_database(sqlite, monkeypatch):
    """A file that is not there is not made; a driver and a library that are not there are named."""
    sqlite.options = {"url": "sqlite:///nothing.db"}
    assert "is no file of a database" in sqlite.faults()[0]
    assert not (sqlite.folder / "nothing.db").exists()
    sqlite.options = {"url": "oracle+nothing://hr@db/hr"}
    assert "its driver is not there" in sqlite.faults()[0]
    sqlite.options = {"url": "no url"}
    assert "its url is none of SQLAlchemy's" in sqlite.faults()[0]
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert "pip install 'scimbridge[database]'" in sqlite.faults()[0]


def test_secrets(sqlite):
    """An URL or a password of a variable or a file; what is not set is said, and no fault holds a secret."""
    sqlite.options = {"url": SecretPlace(env="HR_URL")}
    assert "the variable HR_URL is not set" in sqlite.faults()[0]
    sqlite.environ = {"HR_URL": "sqlite:///people.db"}
    assert len(sqlite.rows()) == 2
    secret = sqlite.folder / "secret"
    sqlite.options = {
        "url": "postgresql+psycopg://hr@127.0.0.1:1/hr?connect_timeout=2",
        "password": SecretPlace(file=str(secret)),
    }
    assert "cannot be read" in sqlite.faults()[0]
    secret.write_text("\n")
    assert "is empty" in sqlite.faults()[0]
    secret.write_text("hunter2\n")
    (found,) = sqlite.faults()
    assert "the database says: " in found
    assert "hr:***@127.0.0.1" in found
    assert "hunter2" not in found


@pytest.fixture(scope="module")
def postgres():
    """A PostgreSQL of two people."""
    if sys.version_info >= (3, 13):
        pytest.skip("no PostgreSQL comes as a wheel for this Python (pgserver)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where the system names no directory for sockets
        import pgserver  # noqa: PLC0415
    # Not below pytest's own directory, which is root's alone, while the server runs as another user.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        server.psql("CREATE TABLE people (id text, mail text, level int, share numeric, hired date, roles text[])")
        rows = ROWS.replace(", '2026-03-31'", ", date '2026-03-31'")
        server.psql(f"INSERT INTO people SELECT *, '{{a,b}}' FROM (VALUES {rows}) AS v")
        server.psql("CREATE FUNCTION takes() RETURNS text LANGUAGE sql AS 'DELETE FROM people RETURNING id'")
        yield server
        server.cleanup()


def test_postgresql(opener, postgres):
    """Types become texts: numbers, dates, arrays."""
    source = opener(kind="sql", place="SELECT * FROM people ORDER BY id", made="")
    source.columns = ("id", "level", "share", "hired", "roles")
    source.options = {"url": SecretPlace(env="HR_URL")}
    source.environ = {"HR_URL": postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")}
    assert [row for _line, row in source.rows()] == [
        {"id": "1", "level": "3", "share": "1.50", "hired": "", "roles": ("a", "b")},
        {"id": "2", "level": "", "share": "2", "hired": "2026-03-31", "roles": ("a", "b")},
    ]


def test_postgresql_cannot_be_written(opener, postgres):
    """A SELECT that deletes is refused by the transaction."""
    source = opener(kind="sql", place="SELECT takes() AS id, '' AS mail", made="")
    source.options = {"url": SecretPlace(env="HR_URL")}
    source.environ = {"HR_URL": postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")}
    assert "read-only transaction" in source.faults()[0]
    assert "2" in postgres.psql("SELECT count(*) FROM people")


def test_rows_come_by_a_cursor(opener, postgres):
    """Of many rows few are held: the first is there long before the last is made."""
    source = opener(kind="sql", made="")
    source.place = "SELECT generate_series(1, 100000000)::text AS id, 'x' AS mail"
    source.options = {"url": SecretPlace(env="HR_URL")}
    source.environ = {"HR_URL": postgres.get_uri().replace("postgresql://", "postgresql+psycopg://")}
    rows = source.open().rows()
    assert [next(rows).values["id"] for _ in range(3)] == ["1", "2", "3"]
    rows.close()


def test_half_an_answer(sqlite, monkeypatch):
    """A connection that breaks in the middle refuses the source."""
    import sqlalchemy  # noqa: PLC0415

    fetch = sqlalchemy.CursorResult.fetchmany
    calls = []

    def break_off(self, size=None):
        calls.append(size)
        if len(calls) > 1:
            raise sqlalchemy.exc.OperationalError("fetch", {}, Exception("server closed the connection"))
        return fetch(self, 1)

    monkeypatch.setattr(sqlalchemy.CursorResult, "fetchmany", break_off)
    with pytest.raises(SourceRefused, match="server closed the connection"):
        sqlite.rows()


@pytest.mark.parametrize("name", ["a#b.db", "a?b.db", "100%20.db"])
def test_names_that_mean_something_in_a_url(sqlite, name):
    """A file is found by its name, whatever is in it, and none is made beside it."""
    (sqlite.folder / "people.db").rename(sqlite.folder / name)
    sqlite.options = {"url": f"sqlite:///{name.replace('%', '%25').replace('?', '%3F')}"}
    assert len(sqlite.rows()) == 2
    assert [each.name for each in sqlite.folder.iterdir()] == [name]
    opened = sqlite.open()
    assert [*opened.rows()]
    assert opened.provenance().name.endswith(f"/{name}")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://hr@localhost:1/hr?password=hunter2",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BPWD%3Dhunter2",
        "postgresql+psycopg://hr:hunter2@localhost:1/hr",
    ],
)
def test_no_password_is_told(sqlite, url):
    """Wherever a URL has its password, neither a fault nor the name of the source has it."""
    sqlite.options, sqlite.environ = {"url": SecretPlace(env="URL")}, {"URL": url}
    (fault,) = sqlite.faults()
    assert "hunter2" not in fault
