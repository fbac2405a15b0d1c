"""Reads the tables of a folder, lays them over the shipped ones and joins them with the kinds that PingOne has.

The one place where the engine's tables and the target's kinds meet; app and operators' commands read them here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from importlib.resources.abc import Traversable

from scimbridge.mapping.tables.compiling import NO_OFFSET, NOTHING_SHIPPED, compile_tables, read_origins
from scimbridge.mapping.tables.disabling import Hidden
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.tables.table import Table, TableFaults
from scimbridge.pingone.kinds import KINDS, find_faults, kind_of

OPERATIONS = "operations.toml"
"""The one table of a folder that is none of attributes; see `operations.reading`."""


class Tables:
    """The tables of a folder, read once: what changes on the disk later is not half taken.

    `whole` are the tables as they stand: resource type name -> Table. `origins` say where each comes from. `shipped`
    are the texts that those of the folder lie over, and `operations` the text of the folder's own operations, None for
    none.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        offset: dt.timedelta = NO_OFFSET,
        shipped: Mapping[str, str] = NOTHING_SHIPPED,
        operations: str | None = None,
    ) -> None:
        self.operations = operations
        self._texts, self._shipped = dict(texts), dict(shipped)
        self._offset = offset
        if faults := find_faults(KINDS):
            raise TableFaults(faults)
        self.whole = self.without(())
        self.origins = read_origins(texts, KINDS, shipped)

    @property
    def digest(self) -> str:
        """Twelve characters that are the same for the same tables, over the same shipped ones and offset."""
        texts = [*sorted(self._texts.items()), *sorted(self._shipped.items()), ("offset", str(self._offset))]
        return hashlib.sha256(repr(texts).encode()).hexdigest()[:12]

    def without(self, hidden: Hidden) -> dict[str, Table]:
        """Compile the tables as a client sees them from whom attributes are hidden.

        Raises `TableFaults` with all that is wrong in the tables and in `hidden`.
        """
        others = self.operations is not None
        return compile_tables(self._texts, KINDS, self._offset, hidden, self._shipped, others=others)

    def shown_fields(self, hidden: Hidden, collection: str) -> dict[str, str]:
        """Return PingOne's names of what a client is shown of a collection, each with its SCIM path."""
        table = (self.without(hidden) if hidden else self.whole).get(kind_of(collection).name)
        return {} if table is None else table.shown_fields

    def check_hidden(self, hidden: Hidden) -> list[str]:
        """Return what is wrong with hidden attributes, a sentence each: unknown ones, and those that are required."""
        try:
            self.without(hidden)
        except TableFaults as error:
            return error.faults
        return []


def open_tables(folder: Traversable, offset: dt.timedelta = NO_OFFSET) -> Tables:
    """Read and compile the tables of a folder, over the shipped ones.

    `offset` is the directory's clock against the clients' clock. Raises `TableFaults` with all that is wrong in all of
    them.
    """
    return Tables(_read_texts(folder), offset, _read_texts(default_mappings()), read_operations(folder))


def read_operations(folder: Traversable) -> str | None:
    """Return the text of a folder's own operations, None where there is none, and for the shipped ones.

    Raises `TableFaults` for what is no text.
    """
    own = folder.joinpath(OPERATIONS)
    if folder == default_mappings() or not own.is_file():
        return None
    try:
        return own.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableFaults([f"{OPERATIONS}: it cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError:
        raise TableFaults([f"{OPERATIONS}: it is not UTF-8, which TOML is written in; save it so"]) from None


def read_tables(folder: Traversable, offset: dt.timedelta = NO_OFFSET) -> dict[str, Table]:
    """Read and compile the tables of a folder: resource type name -> Table. Raises as `open_tables`."""
    return open_tables(folder, offset).whole


def _read_texts(folder: Traversable) -> dict[str, str]:
    texts, faults = {}, []
    for entry in folder.iterdir():
        if entry.name.endswith(".toml") and entry.name != OPERATIONS:
            try:
                texts[entry.name] = entry.read_text(encoding="utf-8-sig")
            except OSError as error:
                faults.append(
                    f"{entry.name}: it cannot be read ({error.strerror}); every .toml there has to be a table"
                )
            except UnicodeDecodeError:
                faults.append(f"{entry.name}: it is not UTF-8, which TOML is written in; save it so")
    if faults:
        raise TableFaults(sorted(faults))
    return texts
