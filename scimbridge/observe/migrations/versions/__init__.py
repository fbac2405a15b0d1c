"""The steps, by number; each file is read by Alembic."""
