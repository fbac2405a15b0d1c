"""Reads the tables of a folder and joins them with what PingOne's fields take.

The one place where the engine's tables and the target's limits meet; app and operators' commands read them here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from scimbridge.mapping.compiling import compile_tables
from scimbridge.mapping.table import Limits, Table
from scimbridge.pingone import fields

LIMITS: Mapping[str, Limits] = {
    "User": Limits(fields.USERS, fields.CUSTOM, ("username",), fields.check, fields.OWN["User"]),
    "Group": Limits(fields.GROUPS, fields.Field(), ("name",), fields.check, fields.OWN["Group"]),
    "Population": Limits(fields.POPULATIONS, fields.Field(), ("name",), fields.check, fields.OWN["Population"]),
}


def read_tables(folder: Traversable, offset: dt.timedelta = dt.timedelta(0)) -> dict[str, Table]:
    """Read and compile the tables of a folder: resource type name -> Table.

    `offset` is the directory's clock against the clients' clock. Raises `TableFaults` with all that is wrong in all of
    them.
    """
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")
    }
    return compile_tables(texts, LIMITS, offset)
