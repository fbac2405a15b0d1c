"""Records as rows: the same claims for SQLite and for a real PostgreSQL, which runs for these tests alone."""

from __future__ import annotations

import multiprocessing
import stat
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy

from scimbridge.observe import audit_database
from scimbridge.observe.audit import Record, Unwritable, Wanted
from scimbridge.observe.audit_chain import digest
from scimbridge.observe.audit_database import AuditDatabase

RECORD = Record(
    id="a1", time="2026-11-21T10:00:00.123Z", client="okta", request="r-1", verb="patch", result="done",
    resource="User", key="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", changed=("name.familyName", "active"), status=200,
    values={"active": False, "name.familyName": "L***e"}, seconds=0.25, correlations=("c-1",), added=3,
)  # fmt: skip


PATIENCE = audit_database.PATIENCE


@pytest.fixture(autouse=True)
def patient(monkeypatch) -> None:
    """Let nobody here be given up because the machine is busy."""
    monkeypatch.setattr(audit_database, "PATIENCE", 60)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        """Return seconds."""
        return self.now


def ids(database: AuditDatabase, limit: int | None = None, **wanted: Any) -> list[str]:
    return [record.id for record in database.find(Wanted(**wanted), limit)]


def test_a_record_comes_back_as_it_was(open_database):
    """The table is made at first use, and what is written is found again whole."""
    database = open_database()
    assert ids(database) == []
    database.write(RECORD)
    assert list(database.find(Wanted())) == [RECORD]


def test_the_result_stands_for_what_was_begun(open_database):
    """Of one id only the result is found; what was begun and has no result is found as begun."""
    database = open_database()
    database.write(replace(RECORD, result="begun", status=None))
    assert [record.result for record in database.find(Wanted())] == ["begun"]
    database.write(RECORD)
    database.write(replace(RECORD, id="a2", result="begun"))
    assert {(record.id, record.result) for record in database.find(Wanted())} == {("a1", "done"), ("a2", "begun")}
    assert ids(database, result="begun") == ["a2"]


def test_searches_are_by_what_is_asked(open_database):
    """Client, resource, verb, result, request and time each narrow a search; the newest comes first."""
    database = open_database()
    for number in range(10):
        database.write(
            replace(
                RECORD,
                id=f"a{number}",
                time=f"2026-11-21T1{number}:00:00.000Z",
                client=f"c{number % 2}",
                key=f"k{number % 5}",
                verb="delete" if number < 3 else "patch",
                request=f"r{number}",
                result="refused" if number == 7 else "done",
            )
        )
    assert ids(database) == [f"a{number}" for number in range(9, -1, -1)]
    assert ids(database, limit=2) == ["a9", "a8"]
    assert ids(database, client="c1", limit=2) == ["a9", "a7"]
    assert ids(database, key="k3") == ["a8", "a3"]
    assert ids(database, verb="delete", client="c0") == ["a2", "a0"]
    assert ids(database, result="refused") == ["a7"]
    assert ids(database, request="r4") == ["a4"]
    since, until = datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 21, 14, tzinfo=UTC)
    assert ids(database, since=since, until=until) == ["a3", "a2"]
    assert ids(database, client="' OR 1=1 --") == []


def write_some(url: str, name: str) -> None:
    with closing(AuditDatabase(url, time.monotonic)) as database:
        for number in range(50):
            database.write(replace(RECORD, id=f"{name}-{number}"))


def test_processes_that_come_at_once_lose_nothing(url, open_database):
    """Several processes find no table, each makes it, and every record of each is there."""
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=write_some, args=(url, name)) for name in ("one", "two", "three", "four")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert sorted(ids(open_database())) == sorted(
        f"{name}-{number}" for name in ("one", "two", "three", "four") for number in range(50)
    )


def test_threads_share_a_bounded_pool(open_database):
    """More threads than there are connections all have their records written."""
    database = open_database()

    def work(name: int) -> None:
        for number in range(10):
            database.write(replace(RECORD, id=f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(database)) == 240


def test_the_same_record_twice_is_there_once(open_database):
    """A record that is sent again after a lost answer is no failure and no second row."""
    database = open_database()
    database.write(RECORD)
    database.write(RECORD)
    assert ids(database) == ["a1"]


def test_a_table_that_was_dropped_is_made_again(open_database, url):
    """A record goes into a new table where somebody took the old one away."""
    database = open_database()
    database.write(RECORD)
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE scimbridge_audit"))
    engine.dispose()
    database.write(replace(RECORD, id="a2"))
    assert ids(database) == ["a2"]


def test_a_database_that_is_down_is_left_alone_and_found_again(postgres, url, open_database):
    """While PostgreSQL is down records are refused, soon without a wait; after it is back they are written."""
    if url != postgres.url:
        url = postgres.url
    clock = Clock()
    database = open_database(url, clock)
    database.write(RECORD)
    postgres.stop()
    try:
        with pytest.raises(Unwritable, match="of the database") as refused:
            database.write(replace(RECORD, id="lost"))
        assert RECORD.key not in str(refused.value)
        for _each in range(100):
            # It would be "of the database" had that been asked, which is what takes time.
            with pytest.raises(Unwritable, match="a moment ago"):
                database.write(replace(RECORD, id="lost"))
    finally:
        postgres.start()
    clock.now += audit_database.REST
    database.write(replace(RECORD, id="back"))
    assert "back" in ids(database)
    assert "lost" not in ids(database)


def test_a_connection_that_died_is_made_anew(postgres):
    """A restart of PostgreSQL between two records costs neither of them."""
    with closing(AuditDatabase(postgres.url, time.monotonic)) as database:
        database.write(replace(RECORD, id="before"))
        postgres.stop()
        postgres.start()
        database.write(replace(RECORD, id="after"))
        assert {"before", "after"} <= set(ids(database))


def test_a_locked_table_holds_nobody_for_long(postgres, monkeypatch):
    """A row that has to wait for a lock is given up after three seconds; this one would wait for ever."""
    assert PATIENCE <= 3
    monkeypatch.setattr(audit_database, "PATIENCE", PATIENCE)
    with closing(AuditDatabase(postgres.url, time.monotonic)) as database:
        database.write(replace(RECORD, id="unlocked"))
        engine = sqlalchemy.create_engine(postgres.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("LOCK TABLE scimbridge_audit"))
            with pytest.raises(Unwritable):
                database.write(replace(RECORD, id="locked"))
        engine.dispose()


def test_a_role_that_may_only_insert_is_enough(postgres):
    """Where the table is there, the bridge's role needs no right but to insert into it."""
    with closing(AuditDatabase(postgres.url, time.monotonic)) as database:
        database.write(replace(RECORD, id="owner"))
    postgres.run(
        "DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN; GRANT INSERT ON scimbridge_audit TO writer;"
        " REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
    )
    try:
        with closing(AuditDatabase(postgres.url.replace("postgres:@", "writer:@"), time.monotonic)) as database:
            database.write(replace(RECORD, id="insert-only"))
    finally:
        postgres.run("REVOKE ALL ON scimbridge_audit FROM writer; DROP ROLE writer;")
    with closing(AuditDatabase(postgres.url, time.monotonic)) as database:
        assert "insert-only" in ids(database)


def test_the_columns_that_are_searched_are_indexed(postgres):
    """A search by time, client, resource or request in a large table reads no other rows."""
    with closing(AuditDatabase(postgres.url, time.monotonic)) as database:
        database.write(replace(RECORD, id="indexed"))
    found = postgres.run("SELECT indexdef FROM pg_indexes WHERE tablename = 'scimbridge_audit'")
    for columns in ('("time")', '(client, "time")', '(key, "time")', "(request)"):
        assert columns in found


def test_the_file_of_sqlite_is_its_owners(tmp_path):
    """A new database file can be read by nobody but its owner."""
    with closing(AuditDatabase(f"sqlite:///{tmp_path}/audit.db", time.monotonic)) as database:
        database.write(RECORD)
    assert stat.S_IMODE((tmp_path / "audit.db").stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_told(tmp_path):
    """Records do not vanish into SQLite's file after somebody took it away, nor into another that has its log."""
    with closing(AuditDatabase(f"sqlite:///{tmp_path}/audit.db", time.monotonic)) as database:
        database.write(RECORD)
        (tmp_path / "audit.db").rename(tmp_path / "archive.db")
        for _each in range(2):
            with pytest.raises(Unwritable, match="moved or deleted"):
                database.write(replace(RECORD, id="a2"))
        (tmp_path / "audit.db").touch()
        with pytest.raises(Unwritable, match="moved or deleted"):
            database.write(replace(RECORD, id="a2"))


def test_a_database_that_cannot_be_made_is_told(tmp_path):
    """A path below a directory that is not there is refused at each record, with the system's reason."""
    with (
        closing(AuditDatabase(f"sqlite:///{tmp_path}/nowhere/audit.db", time.monotonic)) as database,
        pytest.raises(Unwritable, match="No such file"),
    ):
        database.write(RECORD)


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "nonsense", "sqlite+pysqlcipher:///x"])
def test_other_databases_are_refused(url):
    """Only SQLite in a file and PostgreSQL are taken, since only these are tested."""
    with pytest.raises(ValueError, match="database"):
        AuditDatabase(url, time.monotonic)


MEMBER, OTHER = "b4ce6c0a-0000-4000-8000-000000000001", "b4ce6c0a-0000-4000-8000-000000000002"
GROUP = replace(RECORD, resource="Group", added=1, members_added=(MEMBER,), members_not_done=(OTHER,), not_done=1)


def test_records_are_found_by_those_that_they_concern(open_database):
    """A group's record is found by its members, added or not, and by all of several ids together."""
    database = open_database()
    database.write(GROUP)
    database.write(replace(RECORD, id="a2", key=MEMBER))
    database.write(replace(RECORD, id="a3", key=OTHER, groups_left=(RECORD.key,)))
    assert set(ids(database, about=(frozenset({MEMBER}),))) == {"a1", "a2"}
    assert ids(database, about=(frozenset({MEMBER}), frozenset({RECORD.key}))) == ["a1"]
    assert set(ids(database, about=(frozenset({RECORD.key}),))) == {"a1", "a3"}
    assert set(ids(database, about=(frozenset({OTHER, "none"}),))) == {"a1", "a3"}


def test_a_record_that_does_not_name_all_is_counted(open_database):
    """Who is searched for may be among those that it leaves out."""
    database = open_database()
    database.write(replace(GROUP, added=5000, unnamed=4999))
    database.write(replace(GROUP, id="a2"))
    stranger = frozenset({"b4ce6c0a-0000-4000-8000-000000000009"})
    assert database.stored.count_partly_named(Wanted(about=(stranger,))) == 1
    assert database.stored.count_partly_named(Wanted(about=(frozenset({MEMBER}),))) == 0
    assert database.stored.count_partly_named(Wanted(about=(stranger, frozenset({"no-such-group"})))) == 0


def test_members_are_found_by_an_index(url, open_database):
    """A search for a member does not look at every row."""
    database = open_database()
    database.write(GROUP)
    engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        if url.startswith("postgresql"):
            connection.execute(sqlalchemy.text("SET LOCAL enable_seqscan = off"))
            asked = f"EXPLAIN SELECT id FROM scimbridge_audit WHERE key = 'k' OR members ?| ARRAY['{MEMBER}']"
        else:
            asked = (
                "EXPLAIN QUERY PLAN SELECT id FROM scimbridge_audit WHERE key = 'k' OR id IN"
                f" (SELECT id FROM scimbridge_audit_member WHERE member = '{MEMBER}')"
            )
        plan = str(list(connection.execute(sqlalchemy.text(asked.replace(":", r"\:")))))
    engine.dispose()
    assert "scimbridge_audit_key" in plan
    assert "scimbridge_audit_members" in plan or "USING PRIMARY KEY (member=?)" in plan, plan


def test_a_record_costs_no_statement_more(open_database):
    """Being linked costs nothing at the database: one insert for each record, in its transaction."""
    database = open_database()
    database.write(RECORD)
    seen = []
    engine = database._engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *told: seen.append(told[2].split()[0]))
    database.write(replace(RECORD, id="a2"))
    assert [word for word in seen if word != "SET"] == ["INSERT"]


def test_a_role_that_may_only_insert_has_whole_chains(postgres, open_database):
    """It cannot see where the chains of others end, and writes its own without that."""
    postgres.run("DROP TABLE IF EXISTS scimbridge_audit, scimbridge_audit_version")
    open_database(postgres.url).check()
    postgres.run("DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN; GRANT INSERT ON scimbridge_audit TO clerk;")
    try:
        database = open_database(postgres.url.replace("postgres:@", "clerk:@"))
        database.write(GROUP)
        database.write(replace(GROUP, id="a2"))
    finally:
        postgres.run("REVOKE ALL ON scimbridge_audit FROM clerk; DROP ROLE clerk;")
    linked = [(told["sequence"], digest(told) == told["hash"], is_found)
              for told, is_found in open_database(postgres.url).stored.linked()]  # fmt: skip
    assert linked == [(1, True, True), (2, True, True)]


def test_a_chain_is_whole_after_a_double(open_database):
    """A record that is there already takes no number of the chain."""
    database = open_database()
    for name in ("a1", "a1", "a2"):
        database.write(replace(RECORD, id=name))
    assert [told["sequence"] for told, _ in database.stored.linked()] == [1, 2]
