"""Verbs beside SCIM's: what a client can do with a resource beyond writing its attributes.

One row of `operations.toml` is one operation, and what is here reads the row: rights, checks of the body, calls,
answer, limits, audit, what a lost answer means. May know reach, resources and the target; knows no web framework and no
setting.
"""
