"""The audit table and its steps: the same claims for SQLite and for a real PostgreSQL."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from scimbridge.observe import audit_database
from scimbridge.observe.audit import Record, Unwritable, Wanted
from scimbridge.observe.audit_database import AuditDatabase
from scimbridge.observe.audit_table import AUDIT, VERSIONS

LONG = "sendVerificationCode"
RECORD = Record(
    id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb=LONG, result="done", resource="User",
    key="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", changed=("name.familyName",), status=200, seconds=0.25,
)  # fmt: skip
BEFORE = {
    "sqlite": (
        (
            "CREATE TABLE scimbridge_audit (id VARCHAR(64) NOT NULL, result VARCHAR(16) NOT NULL,"
            " time DATETIME NOT NULL, client VARCHAR NOT NULL, request VARCHAR NOT NULL, verb VARCHAR(16) NOT NULL,"
            ' resource VARCHAR(32) NOT NULL, "key" VARCHAR(64) NOT NULL, status SMALLINT, details JSON NOT NULL,'
            " PRIMARY KEY (id, result))"
        ),
        "CREATE INDEX scimbridge_audit_time ON scimbridge_audit (time)",
        (
            "INSERT INTO scimbridge_audit VALUES ('old', 'done', '2026-11-20 10:00:00.123000', 'okta', 'r-0', 'patch',"
            " 'User', 'k', 200, '{}')"
        ),
    ),
    "postgresql": (
        (
            "CREATE TABLE scimbridge_audit (id VARCHAR(64) NOT NULL, result VARCHAR(16) NOT NULL,"
            ' "time" TIMESTAMP WITH TIME ZONE NOT NULL, client VARCHAR NOT NULL, request VARCHAR NOT NULL,'
            " verb VARCHAR(16) NOT NULL, resource VARCHAR(32) NOT NULL, key VARCHAR(64) NOT NULL, status SMALLINT,"
            " details JSONB NOT NULL, PRIMARY KEY (id, result))"
        ),
        'CREATE INDEX scimbridge_audit_time ON scimbridge_audit ("time")',
        (
            "INSERT INTO scimbridge_audit VALUES ('old', 'done', '2026-11-20T10:00:00.123Z', 'okta', 'r-0', 'patch',"
            " 'User', 'k', 200, '{}')"
        ),
    ),
}


@contextmanager
def connected(url: str) -> Iterator[sqlalchemy.Connection]:
    """Give a connection of our own, beside those of the bridge."""
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def run(url: str, *statements: str) -> list[Any]:
    with connected(url) as connection:
        for statement in statements:
            answer = connection.execute(sqlalchemy.text(statement))
        return list(answer) if answer.returns_rows else []


@pytest.fixture
def old(url) -> str:
    """Where a table is that the version before made, with a row in it."""
    run(url, *BEFORE[url.split(":")[0]])
    return url


def ids(database: AuditDatabase) -> list[str]:
    return [record.id for record in database.find(Wanted())]


def test_a_table_of_the_version_before_is_taken_up(old, open_database):
    """It keeps its rows and takes verbs that are longer than it was made for. In SQLite it does so as it is."""
    database = open_database()
    database.write(RECORD)
    assert [(record.id, record.verb) for record in database.find(Wanted())] == [("a1", LONG), ("old", "patch")]
    if old.startswith("postgresql"):
        assert run(old, f"SELECT version_num FROM {VERSIONS}") == [("3",)]


def test_a_new_table_has_the_newest_version(url, open_database):
    """A table that is made here has been through all steps."""
    open_database().write(RECORD)
    assert run(url, f"SELECT version_num FROM {VERSIONS}") == [("3",)]


def test_the_steps_lead_to_the_table_that_is_written(postgres, open_database):
    """The steps and the table of this version say the same, so that no change of it is without a step."""
    postgres.run(f"DROP TABLE IF EXISTS scimbridge_audit, {VERSIONS}")
    open_database(postgres.url).check()
    with connected(postgres.url) as connection:
        seen = MigrationContext.configure(
            connection,
            opts={"version_table": VERSIONS, "include_object": lambda _it, _name, kind, *_more: kind != "index"},
        )
        assert compare_metadata(seen, AUDIT.metadata) == []


def write_one(url: str, name: str, begin: Any) -> None:
    with closing(AuditDatabase(url, time.monotonic)) as database:
        begin.wait(30)
        database.write(replace(RECORD, id=name))


def test_processes_that_find_an_old_table_at_once_all_write(old, open_database):
    """One of them carries out the steps, the others wait for it, and no record is lost."""
    fork = multiprocessing.get_context("fork")
    begin = fork.Barrier(6)
    writers = [fork.Process(target=write_one, args=(old, f"w{number}", begin)) for number in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert sorted(ids(open_database())) == ["old", *(f"w{number}" for number in range(6))]


def test_a_role_that_may_only_insert_is_told_what_an_old_table_needs(postgres, open_database):
    """It cannot carry out steps: records are refused with the cure, and taken once that is done."""
    postgres.run(f"DROP TABLE IF EXISTS scimbridge_audit, {VERSIONS}")
    run(postgres.url, *BEFORE["postgresql"])
    postgres.run(
        "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN; GRANT INSERT ON scimbridge_audit TO writer;"
        " REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
    )
    try:
        database = open_database(postgres.url.replace("postgres:@", "writer:@"))
        for attempt in (database.check, lambda: database.write(RECORD)):
            with pytest.raises(Unwritable, match=r"scimbridge check.*as a role that owns it"):
                attempt()
        open_database(postgres.url).check()
        database.write(RECORD)
    finally:
        postgres.run("REVOKE ALL ON scimbridge_audit FROM writer; DROP ROLE writer;")
    assert ids(open_database(postgres.url)) == ["a1", "old"]


def test_a_table_that_will_do_waits_for_no_lock(postgres, open_database):
    """Who finds the table as it has to be carries out no steps, and is not held up by others that might."""
    open_database(postgres.url).check()
    with connected(postgres.url) as connection:
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(7726430941273)"))
        open_database(postgres.url).write(replace(RECORD, id="at once"))


def test_a_table_that_will_do_costs_no_import(old, open_database):
    """A process that finds the table ready does without Alembic, which is slow to import."""
    open_database().check()
    program = (
        "import sys, time; from scimbridge.observe.audit_database import AuditDatabase;"
        f"AuditDatabase({old!r}, time.monotonic).check(); print('alembic' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_a_table_of_a_later_version_is_used(url, open_database):
    """A node that is one version behind the others goes on writing: what it needs is there."""
    open_database().check()
    run(url, "ALTER TABLE scimbridge_audit ADD COLUMN more VARCHAR", f"UPDATE {VERSIONS} SET version_num = '99'")
    database = open_database()
    database.write(RECORD)
    assert ids(database) == ["a1"]


def test_a_version_that_nobody_knows_is_told(postgres, old, open_database):
    """A table that will not do, with a version of another bridge, is left as it is."""
    if old != postgres.url:
        run(old, "ALTER TABLE scimbridge_audit DROP COLUMN details")
    run(
        old,
        f"CREATE TABLE {VERSIONS} (version_num VARCHAR(32) NOT NULL)",
        f"INSERT INTO {VERSIONS} VALUES ('99')",
    )
    with pytest.raises(Unwritable, match="does not know"):
        open_database().write(RECORD)
    assert run(old, "SELECT id FROM scimbridge_audit") == [("old",)]


def test_a_table_that_is_not_what_its_version_says_is_told(url, open_database):
    """Where steps change nothing more and a column is missing, the sentence says so."""
    open_database().check()
    run(url, "ALTER TABLE scimbridge_audit DROP COLUMN details")
    with pytest.raises(Unwritable, match="mend it"):
        open_database().write(RECORD)


def test_steps_print_nothing(old, open_database, capsys):
    """What `check` prints is its answer: steps are told in the log alone."""
    open_database().check()
    assert capsys.readouterr().out == ""


def test_a_file_that_others_hold_at_the_moment_is_opened_all_the_same(tmp_path):
    """SQLite changes a file's mode while nobody reads it, and waits for nobody there; a later process changes it."""
    with closing(sqlite3.connect(tmp_path / "audit.db", isolation_level=None)) as reader:
        reader.execute("CREATE TABLE held (one INTEGER)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM held").fetchall()
        with closing(sqlite3.connect(tmp_path / "audit.db", timeout=0)) as opened:
            audit_database.share(opened, None)
            assert opened.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            reader.execute("COMMIT")
            audit_database.share(opened, None)
            assert opened.execute("PRAGMA journal_mode").fetchone() == ("wal",)
