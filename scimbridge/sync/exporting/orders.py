"""What is to be exported, in which form, and what came of it: plain values. Knows no file and no call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USERS, GROUPS, MEMBERS, POPULATIONS = "users", "groups", "members", "populations"
EXPORTED = (USERS, GROUPS, MEMBERS, POPULATIONS)
RESOURCES = {USERS: "User", GROUPS: "Group", MEMBERS: "Group", POPULATIONS: "Population"}
"""The resource type that a filter is about."""
SCIM, NATIVE, COLUMNS = "scim", "native", "columns"
FORMS = (SCIM, NATIVE, COLUMNS)
JSONL, CSV, PARQUET = "jsonl", "csv", "parquet"
FORMATS = (JSONL, CSV, PARQUET)

Told = Callable[[int, int | None], None]
"""Told after each page: how many records were read, and of how many, None where that is not known."""


class ExportRefused(Exception):
    """An export that was not begun; the sentence says why, and what would be right."""


class ExportFailed(Exception):
    """An export that did not come to its end; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What is wanted. `file` None is standard output; `where` is a SCIM filter; `parallel` None goes by the rate."""

    what: str
    file: Path | None
    format: str
    form: str
    where: str | None = None
    parallel: int | None = None
    resume: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What was exported: lines written, records read for them, and how many PingOne counts of these at the end.

    `how` says how they were read; `resumed` is how many lines an earlier run had written, None where there was none.
    """

    what: str
    file: Path | None
    rows: int
    read: int
    counted: int | None
    how: str
    seconds: float
    calls: int
    resumed: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A flat column: its name, the type that a file with types gives it, and its value in a resource."""

    name: str
    type: str
    read: Callable[[Any], Any]
