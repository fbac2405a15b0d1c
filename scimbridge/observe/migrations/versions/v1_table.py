"""The table and its indexes. One that is there without a version was made before there were steps, and is this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "1"
down_revision = None

_NAME = "scimbridge_audit"


def upgrade() -> None:
    """Make them, unless they are there."""
    if sa.inspect(op.get_bind()).has_table(_NAME):
        return
    op.create_table(
        _NAME,
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("result", sa.String(16), primary_key=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("request", sa.String, nullable=False),
        sa.Column("verb", sa.String(16), nullable=False),
        sa.Column("resource", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("details", sa.JSON().with_variant(JSONB, "postgresql"), nullable=False),
    )
    op.create_index("scimbridge_audit_time", _NAME, ["time"])
    op.create_index("scimbridge_audit_client", _NAME, ["client", "time"])
    op.create_index("scimbridge_audit_key", _NAME, ["key", "time"])
    op.create_index("scimbridge_audit_request", _NAME, ["request"])
