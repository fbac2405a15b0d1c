"""The audit table as this version writes it, and how a database comes to have it.

Whether a table will do is told by its columns, which every role may look at: a role that may only insert has no way to
read a version. Only where it will not do are the steps of `migrations` carried out, in one transaction and under a lock
of the database, since several processes and nodes may start at once. A table of a later version with more columns does.

Knows nothing of records, nor of when they are written.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    MetaData,
    SmallInteger,
    String,
    Table,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import NotSupportedError, ProgrammingError

from scimbridge.observe.audit import Unwritable

VERSIONS = "scimbridge_audit_version"  # the table in which Alembic keeps which step was the last
AUDIT = Table(
    "scimbridge_audit",
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("result", String(16), primary_key=True),
    Column("time", DateTime(timezone=True), nullable=False),
    Column("client", String, nullable=False),
    Column("request", String, nullable=False),
    Column("verb", String(64), nullable=False),
    Column("resource", String(32), nullable=False),
    Column("key", String(64), nullable=False),
    Column("status", SmallInteger),
    Column("details", JSON().with_variant(JSONB, "postgresql"), nullable=False),
    Column("chain", String(32)),
    Column("sequence", BigInteger),
    Column("members", JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")),
)
MEMBERS = Table(  # SQLite's index over `members`, kept by a trigger: it has none for what stands in JSON
    "scimbridge_audit_member",
    MetaData(),
    Column("member", String(64), primary_key=True),
    Column("id", String(64), primary_key=True),
)
# A step may look at every row for a new index; only for a lock it waits no longer than any statement here.
_PATIENT = ("SET LOCAL statement_timeout = 600000", "SET LOCAL lock_timeout = 3000")
# The number is ours alone in this database, as far as anybody can know that.
_LOCKING = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7726430941273)"}

log = logging.getLogger(__name__)  # structlog's own would print into the answer of `check`, where none is configured


def make_ready(connection: Connection) -> None:
    """Have the table there as this version writes it, within the transaction that `connection` has begun.

    Raises `Unwritable` where this role cannot make it so, SQLAlchemyError where the database cannot be asked.
    """
    if _is_ready(connection):
        return
    if connection.dialect.name == "postgresql":
        for statement in _PATIENT:
            connection.execute(text(statement))
    connection.execute(text(_LOCKING[connection.dialect.name]))
    try:
        _upgrade(connection)
    except (ProgrammingError, NotSupportedError) as error:
        raise Unwritable(
            f"the table {AUDIT.name} is not there as this version needs it, and was not made so"
            f" ({type(error.orig).__name__}); run `scimbridge check` once as a role that owns it"
        ) from error
    if not _is_ready(connection):
        raise Unwritable(
            f"the table {AUDIT.name} has other columns than {VERSIONS} says; mend it, or put it away with its indexes"
        )
    log.info("audit table made ready")


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - needed once in the life of a table, and slow to import
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": VERSIONS})
    config.set_main_option("script_location", "scimbridge.observe:migrations")
    try:
        if not inspect(connection).has_table(AUDIT.name):
            command.stamp(config, "base", purge=True)  # of a table that was taken away the version is left
        command.upgrade(config, "head")
    except CommandError as error:
        raise Unwritable(f"{VERSIONS} names a step that this version does not know") from error


def _is_ready(connection: Connection) -> bool:
    """Whether the table has all columns, and none that is too narrow."""
    catalogue = inspect(connection)
    if not catalogue.has_table(AUDIT.name):
        return False
    found: dict[str, Any] = {column["name"]: column["type"] for column in catalogue.get_columns(AUDIT.name)}
    is_enforced = connection.dialect.name != "sqlite"  # which keeps texts of any length
    return all(
        column.name in found and not (is_enforced and _is_narrower(found[column.name], column.type))
        for column in AUDIT.columns
    )


def _is_narrower(found: Any, wanted: Any) -> bool:
    most = getattr(found, "length", None)
    return most is not None and (wanted.length is None or most < wanted.length)
