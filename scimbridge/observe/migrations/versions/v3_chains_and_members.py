"""The place of a record in its chain, and the ids of all that it is about, with what finds them.

Rows of before have neither. PostgreSQL looks through the table once for each index, and no row is written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "3"
down_revision = "2"

_NAME = "scimbridge_audit"
_MEMBER = "scimbridge_audit_member"
_TRIGGER = """
CREATE TRIGGER scimbridge_audit_member_new AFTER INSERT ON scimbridge_audit WHEN NEW.members IS NOT NULL BEGIN
  INSERT OR IGNORE INTO scimbridge_audit_member (member, id) SELECT value, NEW.id FROM json_each(NEW.members);
END
"""


def upgrade() -> None:
    """Add the columns and the indexes, as far as they are not there."""
    catalogue = sa.inspect(op.get_bind())
    found = {column["name"] for column in catalogue.get_columns(_NAME)}
    json = sa.JSON().with_variant(JSONB, "postgresql")
    for name, kind in (("chain", sa.String(32)), ("sequence", sa.BigInteger()), ("members", json)):
        if name not in found:
            op.add_column(_NAME, sa.Column(name, kind))
    op.create_index(f"{_NAME}_chain", _NAME, ["chain", "sequence"])
    if op.get_context().dialect.name == "postgresql":
        op.create_index(f"{_NAME}_members", _NAME, ["members"], postgresql_using="gin")
        return
    if catalogue.has_table(_MEMBER):  # of a table that was taken away
        op.drop_table(_MEMBER)
    op.create_table(
        _MEMBER,
        sa.Column("member", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.execute(_TRIGGER)
