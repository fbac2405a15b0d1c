"""Verbs of up to 64 characters: 16 are fewer than operations such as sendVerificationCode have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"


def upgrade() -> None:
    """Widen the column. PostgreSQL changes its catalogue for that, and no row."""
    if op.get_context().dialect.name == "sqlite":
        return  # it keeps texts of any length; to change the word, the whole table would have to be copied
    op.alter_column(
        "scimbridge_audit", "verb", type_=sa.String(64), existing_type=sa.String(16), existing_nullable=False
    )
