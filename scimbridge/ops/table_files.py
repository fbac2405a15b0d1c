"""Tables as files of an operator's own: a copy of a shipped one, or the beginning of one that lies over it.

Knows the shipped tables and where new files go; what stands in a table is the engine's business. No file that is there
is ever written over.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from scimbridge.mapping.tables.rows import nearest

_SKELETON = """\
# What differs from the shipped table of {resource}; docs/tables/over-shipped.md has every word.

resource = "{resource}"
extends  = "shipped"
"""
_OPERATIONS_SKELETON = """\
# What differs from the shipped operations. A section such as [User.unlock] replaces the shipped one of that name, a new
# one is added, and those in `disable` are taken out; docs/tables/over-shipped.md has an example.

extends = "shipped"
disable = []
"""


class NotCopied(Exception):
    """A table that was not copied; the sentence says why, and what would be right."""


@dataclass(frozen=True, slots=True)
class ShippedTable:
    """A table that ships with the bridge: the name of its file, its resource type, its text.

    The table of operations has no one type: `resource` is "".
    """

    file: str
    resource: str
    text: str


def find_shipped(name: str, folder: Traversable) -> ShippedTable:
    """Return the shipped table of a name: that of its file, with or without ending, or its resource type.

    Raises `NotCopied`.
    """
    tables = []
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".toml"):
            text = entry.read_text(encoding="utf-8")
            tables.append(ShippedTable(entry.name, str(tomllib.loads(text).get("resource", "")), text))
    for table in tables:
        if name and name.casefold() in (table.file, table.file.removesuffix(".toml"), table.resource.casefold()):
            return table
    known = [table.file.removesuffix(".toml") for table in tables]
    raise NotCopied(f"there is no shipped table {name!r}{nearest(name, known)}; there are {', '.join(known)}")


def skeleton(resource: str) -> str:
    """Return a table that lies over the shipped one of a resource type, "" for operations, and changes nothing yet."""
    return _SKELETON.format(resource=resource) if resource else _OPERATIONS_SKELETON


def copy_table(name: str, target: Path, folder: Traversable, *, extending: bool) -> Path:
    """Write a shipped table, or with `extending` the beginning of one over it. Returns the file; raises `NotCopied`."""
    table = find_shipped(name, folder)
    file = target / table.file
    try:
        target.mkdir(parents=True, exist_ok=True)
        write_new(file, skeleton(table.resource) if extending else table.text)
    except FileExistsError:
        raise NotCopied(
            f"{file} is there already, and is not written over; name another directory, or move it"
        ) from None
    except OSError as error:
        raise NotCopied(f"{file}: {error.strerror}; name a directory that this user may write in") from None
    return file


def write_new(file: Path, text: str, rights: int = 0o644) -> None:
    """Write a file that was not there. Raises FileExistsError where it is, and OSError."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, rights)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(text)
