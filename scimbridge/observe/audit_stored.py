"""Records as a database holds them: found by what is asked for, or all of them in the order of their chains.

Reads only, also from a table that an earlier version of the bridge made. Knows how rows are read and not how they are
written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Engine, Select, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from scimbridge.observe.audit import Record, Unwritable, Wanted
from scimbridge.observe.audit_chain import ChainEnd
from scimbridge.observe.audit_rows import PARTLY, conditions, found_by, record_of, told_by
from scimbridge.observe.audit_table import AUDIT, MEMBERS

_COUNTED = (  # what records name, and what is found by
    f"SELECT count(*) FROM (SELECT DISTINCT value, {AUDIT.name}.id FROM {AUDIT.name}, json_each(members))",  # noqa: S608
    f"SELECT count(*) FROM {MEMBERS.name}",  # noqa: S608 - both are constants
)


class StoredRecords:
    """The rows of the audit table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, wanted: Wanted, limit: int | None = None) -> Iterator[Record]:
        """Yield what is wanted, the newest first, one for each id: its result where there is one.

        Rows are read as they are needed. Raises `Unwritable` where the database cannot be read.
        """
        try:
            columns = self._columns()
            if not columns:
                return
            shown = select(*columns.values()).where(*conditions(wanted, self._engine.dialect.name, columns))
            yield from map(record_of, self._rows(shown.order_by(AUDIT.c.time.desc(), AUDIT.c.id).limit(limit)))
        except SQLAlchemyError as error:
            raise Unwritable(reason_of(error)) from error

    def count_partly_named(self, wanted: Wanted) -> int:
        """Return how many records may be wanted by members that they do not name. Raises `Unwritable`."""
        partly = replace(wanted, about=(frozenset({PARTLY}),))
        return sum(wanted.may_fit(record) for record in self.find(partly)) if wanted.about else 0

    def linked(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Yield all records as JSON, chain by chain and in order, and whether each is found by all that it names.

        Those without a chain come first or last. Raises `Unwritable` where the database cannot be read.
        """
        try:
            columns = self._columns()
            if not columns:
                return
            order = [columns[name] for name in ("chain", "sequence") if name in columns]
            for row in self._rows(select(*columns.values()).order_by(*order)):
                yield told_by(row), _is_found(row)
        except SQLAlchemyError as error:
            raise Unwritable(reason_of(error)) from error

    def index_faults(self) -> Iterator[str]:
        """Yield what is wrong with what finds records by their members. Raises `Unwritable`."""
        if self._engine.dialect.name != "sqlite" or "members" not in self._columns():
            return  # PostgreSQL's index is its own
        try:
            with self._engine.connect() as connection:
                named, found = (connection.execute(text(asked)).scalar_one() for asked in _COUNTED)
        except SQLAlchemyError as error:
            raise Unwritable(reason_of(error)) from error
        if named != found:
            yield f"the table {MEMBERS.name} has {found} entries for {named} that records name, so a search misses some"

    def _rows(self, statement: Select[Any]) -> Iterator[Mapping[str, Any]]:
        with self._engine.connect().execution_options(yield_per=1000) as connection:
            for row in connection.execute(statement).mappings():
                yield dict(row)

    def _columns(self) -> dict[str, Column[Any]]:
        """Return the columns of the table as it is, maybe one of an earlier version: who searches changes none."""
        catalogue = inspect(self._engine)
        if not catalogue.has_table(AUDIT.name):
            return {}
        found = {column["name"] for column in catalogue.get_columns(AUDIT.name)}
        return {column.name: column for column in AUDIT.columns if column.name in found}

    def latest_ends(self, rows: int) -> list[ChainEnd]:
        """Return where the chains of the latest rows end. Raises SQLAlchemyError."""
        wanted = (AUDIT.c.chain, AUDIT.c.sequence, AUDIT.c.details)
        latest = select(*wanted).where(AUDIT.c.chain.is_not(None)).order_by(AUDIT.c.time.desc()).limit(rows)
        ends: dict[str, ChainEnd] = {}
        for row in self._rows(latest):
            end = ChainEnd(row["chain"], row["sequence"], row["details"].get("hash", ""))
            if end.chain not in ends or ends[end.chain].sequence < end.sequence:
                ends[end.chain] = end
        return list(ends.values())


def _is_found(row: Mapping[str, Any]) -> bool:
    """Whether the members by which a row is found are those that its record names; a record of before names none."""
    try:
        return set(row.get("members") or ()) == set(found_by(record_of(row)))
    except (ValueError, TypeError):
        return False


def reason_of(error: SQLAlchemyError) -> str:
    """Return what kind of failure it was: SQLAlchemy's sentences hold the row."""
    return f"{type(error).__name__} of the database"
