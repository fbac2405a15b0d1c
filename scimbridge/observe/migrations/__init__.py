"""How the audit table came to be what it is: one step for each change of it, carried out by Alembic.

A step says what it found and what it leaves, in words of its own: it does not import the table of today.
"""
