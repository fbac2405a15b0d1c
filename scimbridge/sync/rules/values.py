"""A rule file, compiled: frozen values that sources, planning and applying read.

How its text becomes these stands in `reading`. Knows no file and no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEEP, DISABLE, DELETE, CLEAR, REMOVE, MANAGED = "keep", "disable", "delete", "clear", "remove", "managed"
CREATE = "create"
MTIME, BY_COLUMN, BY_NAME = "mtime", "column:", "name:"
"""What `made` says: the time of the file, or the beginning of what names a column or a pattern of the file's name."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret of a source stands: in a variable of the environment, or alone in a file. Never in the rules."""

    env: str = ""
    file: str = ""

    @property
    def described(self) -> str:
        """How it is named to people."""
        return f"the variable {self.env}" if self.env else f"the file {self.file}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """One source: its kind (csv, jsonl, sql, ldap, scim, duckdb), where it is, and what else its section says.

    `place` is a path with patterns, an URL, or a query, as the kind wants; `options` are the other words of the
    section, such as `url`, `encoding`, `delimiter`, a secret as its `SecretPlace`. Paths are relative to the rule file,
    and are absolute here; `folder` is where the rule file is.
    """

    kind: str
    place: str
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRules:
    """`[source]`: the source of people. `key` is the column whose value names one person for ever.

    `complete`: who is missing has left. `made` is how old it is: "mtime", "column:NAME", "name:PATTERN", or "" where
    nothing tells. `key_pattern` is what every key has to look like as a whole, a regular expression; "" for anything
    that no spreadsheet has rewritten.
    """

    source: SourceRules
    key: str
    complete: bool = True
    made: str = MTIME
    key_pattern: str = ""

    @property
    def made_column(self) -> str:
        """The column that says how old it is, "" where none does."""
        return self.made.removeprefix(BY_COLUMN) if self.made.startswith(BY_COLUMN) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRules:
    """`[scope]`: nothing outside is ever changed; who is protected is never disabled, moved or deleted.

    `populations` are ids or names, () for all; `where` and `protect` are SCIM filters.
    """

    populations: tuple[str, ...] = ()
    where: str | None = None
    protect: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRules:
    """`[match]`: SCIM paths that are tried in turn, and whether a match by anything but the key is applied."""

    by: tuple[str, ...]
    adopt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAttribute:
    """One row: a SCIM path and the column that it comes from.

    `path` is the path as the table spells it, `urn` the extension that it is in, "" for none. `codec` are names of
    `codecs` with a blank between, applied in turn, "" for none; `format` and `separator` go with those that want one.
    `type` is SCIM's type of the value, `many`: it is a list. `empty`: what an empty value does, `keep` or `clear`.
    `only_at_creation`: it is ours only then. `values` maps what the column has to what is written, None for as it is; a
    value that is not in it is a conflict. How a value is read stands in `decoding`.
    """

    urn: str
    path: str
    column: str
    codec: str = ""
    empty: str = KEEP
    only_at_creation: bool = False
    values: Mapping[str, Any] | None = None
    format: str = ""
    separator: str = ""
    type: str = "string"
    many: bool = False

    @property
    def name(self) -> str:
        """The whole name: URN and path in an extension, else the path."""
        return f"{self.urn}:{self.path}" if self.urn else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaverRules:
    """`[leaver]`: what becomes of who is missing: keep, disable or delete.

    `delete_after` is seconds from the first time that somebody was missing, None for never. `groups`: "managed" takes
    leavers out of managed groups at once, "keep" leaves them.
    """

    missing: str = DISABLE
    delete_after: float | None = None
    groups: str = MANAGED


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """`[groups]`: which group holds whom, from a source of pairs or from a column of people.

    `source` with the columns `group` and `member` (a key of a person), or `column` with `separator`. `manage` are
    names of groups with patterns at their level. `extra`: what becomes of members whom the source does not name.
    `population` is where groups are made, None for the environment.
    """

    source: SourceRules | None = None
    group: str = ""
    member: str = ""
    column: str = ""
    separator: str = ""
    manage: tuple[str, ...] = ()
    extra: str = REMOVE
    create: bool = False
    population: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A guard: a number of lines, a share of people from 0 to 1, or both, of which the smaller holds."""

    number: int | None = None
    share: float | None = None


GUARDED: Mapping[str, Limit] = {
    "create": Limit(share=0.20), "update": Limit(share=0.30), "disable": Limit(25, 0.02), "delete": Limit(10, 0.005),
    "move": Limit(share=0.05), "leave": Limit(share=0.10), "leave_one_group": Limit(share=0.50),
    "shrink": Limit(share=0.05), "grow": Limit(share=0.20),
}  # fmt: skip
"""What holds where a rule file says nothing."""
FULL_EVERY = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """`[guards]`: limits by their names, and after how many seconds a plan reads everything anew."""

    limits: Mapping[str, Limit] = field(default_factory=lambda: GUARDED)
    full_every: float = FULL_EVERY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """A whole rule file. `file` is its path as given, `digest` the SHA-256 of all that it says, in hex."""

    file: str
    digest: str
    people: PeopleRules
    scope: ScopeRules = field(default_factory=ScopeRules)
    match: MatchRules
    attributes: tuple[ManagedAttribute, ...]
    leaver: LeaverRules = field(default_factory=LeaverRules)
    groups: GroupRules | None = None
    guards: GuardRules = field(default_factory=GuardRules)

    @property
    def key_attribute(self) -> ManagedAttribute:
        """The attribute that the key is kept in; there is one."""
        return next(each for each in self.attributes if each.column == self.people.key)

    def managed(self, name: str) -> ManagedAttribute | None:
        """Return the attribute of this whole name, None where it is not managed."""
        return next((each for each in self.attributes if each.name == name), None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the source of people has to have, each once."""
        groups = self.groups.column if self.groups is not None else ""
        named = (self.people.key, *(each.column for each in self.attributes), groups, self.people.made_column)
        return tuple(dict.fromkeys(name for name in named if name))
