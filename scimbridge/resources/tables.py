"""Reads the tables of a folder and joins them with what PingOne's fields take.

The one place where the engine's tables and the target's limits meet; app and operators' commands read them here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from scimbridge.mapping.tables.compiling import NO_OFFSET, compile_tables
from scimbridge.mapping.tables.disabling import Hidden
from scimbridge.mapping.tables.table import FieldLimits, Table, TableFaults
from scimbridge.pingone import fields

LIMITS: Mapping[str, FieldLimits] = {
    "User": FieldLimits(fields.USERS, fields.CUSTOM, ("username",), fields.check, fields.OWN["User"]),
    "Group": FieldLimits(fields.GROUPS, fields.Field(), ("name",), fields.check, fields.OWN["Group"]),
    "Population": FieldLimits(fields.POPULATIONS, fields.Field(), ("name",), fields.check, fields.OWN["Population"]),
}


class Tables:
    """The tables of a folder, read once: what changes on the disk later is not half taken.

    `whole` are the tables as they stand: resource type name -> Table.
    """

    def __init__(self, texts: Mapping[str, str], offset: dt.timedelta = NO_OFFSET) -> None:
        self._texts = dict(texts)
        self._offset = offset
        self.whole = self.without(())

    def without(self, hidden: Hidden) -> dict[str, Table]:
        """Compile the tables as a client sees them from whom attributes are hidden.

        Raises `TableFaults` with all that is wrong in the tables and in `hidden`.
        """
        return compile_tables(self._texts, LIMITS, self._offset, hidden)

    def check_hidden(self, hidden: Hidden) -> list[str]:
        """Return what is wrong with hidden attributes, a sentence each: unknown ones, and those that are required."""
        try:
            self.without(hidden)
        except TableFaults as error:
            return error.faults
        return []


def open_tables(folder: Traversable, offset: dt.timedelta = NO_OFFSET) -> Tables:
    """Read and compile the tables of a folder.

    `offset` is the directory's clock against the clients' clock. Raises `TableFaults` with all that is wrong in all of
    them.
    """
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")
    }
    return Tables(texts, offset)


def read_tables(folder: Traversable, offset: dt.timedelta = NO_OFFSET) -> dict[str, Table]:
    """Read and compile the tables of a folder: resource type name -> Table. Raises as `open_tables`."""
    return open_tables(folder, offset).whole
