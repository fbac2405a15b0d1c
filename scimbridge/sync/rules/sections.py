"""The sections of a rule file that have names: [source], [scope], [match], [leaver], [groups], [guards]. Pure.

Each is read by itself; what they say together is held to each other in `reading`.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering import trees
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.sync.rules.faults import RuleSection, column, flag, one_of, text, texts
from scimbridge.sync.rules.limits import read_duration, read_limit
from scimbridge.sync.rules.places import FILES, KINDS, read_place
from scimbridge.sync.rules.values import (
    BY_COLUMN,
    BY_NAME,
    DELETE,
    DISABLE,
    GUARDED,
    KEEP,
    MANAGED,
    MTIME,
    REMOVE,
    GroupRules,
    GuardRules,
    LeaverRules,
    MatchRules,
    PeopleRules,
    ScopeRules,
)

SECTIONS = ("source", "scope", "match", "leaver", "groups", "guards")
SOURCE_WORDS = ("key", "key_pattern", "complete", "made")
"""Of `[source]`, beside those of a kind of source."""
SCOPE_WORDS = ("populations", "where", "protect")
MATCH_WORDS = ("by", "adopt")
LEAVER_WORDS = ("missing", "delete_after", "groups")
GROUP_WORDS = ("from", "manage", "extra", "create", "population")
PAIR_WORDS = ("group", "member")
"""Of `from` in `[groups]`, where groups come from a source of their own; else COLUMN_WORDS."""
COLUMN_WORDS = ("column", "separator")
FULL_EVERY = "full_every"
GUARD_WORDS = (*GUARDED, FULL_EVERY)
_OPEN_ENDED = ("grow", "create", "update")  # guards whose share may be above all


def read_people(section: RuleSection, folder: Path) -> PeopleRules | None:
    """Return where people come from; None after reporting a fault that leaves nothing to go on with."""
    key = section.needed("key", column, 'key = "employee_id"')
    pattern = section.read("key_pattern", _pattern, "")
    complete = section.read("complete", flag, True)
    source = read_place(section, SOURCE_WORDS, folder)
    is_file = source is not None and source.kind in FILES
    made = section.read("made", partial(_made, is_file=is_file or source is None), MTIME if is_file else "")
    if key is None or source is None:
        return None
    return PeopleRules(source=source, key=key, complete=complete, made=made, key_pattern=pattern)


def _pattern(value: Any) -> str:
    try:
        re.compile(text(value))
    except re.error as wrong:
        raise ValueError(f"is no regular expression ({wrong}), such as [0-9]{{6}}") from None
    return str(value)


def _made(value: Any, *, is_file: bool) -> str:
    found = text(value)
    if found == MTIME and is_file:
        return found
    if found.startswith(BY_COLUMN) and found != BY_COLUMN:
        return f"{BY_COLUMN}{column(found.removeprefix(BY_COLUMN))}"
    if found.startswith(BY_NAME) and "%" in found and is_file:
        return found
    files = f'"{MTIME}" or "{BY_NAME}people-%Y-%m-%d.csv" (of a file), or ' if is_file else ""
    raise ValueError(f'takes {files}"{BY_COLUMN}exported_at" (the newest value of a column), not {value!r}')


def read_scope(section: RuleSection, table: Table) -> ScopeRules:
    """Return what is never left, with filters that make sense for the users of the table."""
    section.only(SCOPE_WORDS)
    populations = section.read("populations", texts, ())
    where = section.read("where", partial(_filter, table), None)
    protect = section.read("protect", partial(_filters, table), ())
    return ScopeRules(populations=populations, where=where, protect=protect)


def _filter(table: Table, value: Any) -> str:
    try:
        node = trees.parse(text(value))
        compile_filter(node, table.type)
    except InvalidFilter as error:
        raise ValueError(f"{value!r} is no SCIM filter of users: {error.detail}") from None
    for path in trees.paths_of(node):
        found = table.type.find(path)
        if found is None or not (found.attribute.stored and found.leaf.stored):
            raise ValueError(f"{path.attr!r} is no attribute of {table.file}")
    return str(value)


def _filters(table: Table, value: Any) -> tuple[str, ...]:
    return tuple(_filter(table, each) for each in texts(value))


def read_match(section: RuleSection, _table: Table, people: PeopleRules | None) -> MatchRules | None:
    """Return how people are found; without a section by the path that keeps the key, which `reading` looks up."""
    section.only(MATCH_WORDS)
    by = section.needed("by", texts, 'by = ["externalId", "userName"]')
    adopt = section.read("adopt", flag, False)
    return None if by is None or people is None else MatchRules(by=by, adopt=adopt)


def read_leaver(section: RuleSection, *, complete: bool) -> LeaverRules:
    """Return what becomes of who is missing."""
    section.only(LEAVER_WORDS)
    missing = section.read("missing", one_of(KEEP, DISABLE, DELETE), DISABLE)
    after = section.read("delete_after", read_duration, None)
    groups = section.read("groups", one_of(MANAGED, KEEP), MANAGED)
    if not complete and section.words.get("missing", KEEP) != KEEP:
        section.fault("[source] says complete = false, so nobody is known to be missing; leave the section out")
    elif missing == DELETE and "delete_after" not in section.words:
        section.fault(f'missing = "{DELETE}" needs delete_after, such as "90d"; "0d" means at once')
    elif missing == KEEP and "delete_after" in section.words:
        section.fault(f'goes with missing = "{DISABLE}" or "{DELETE}", and not with "{KEEP}"', "delete_after")
    return LeaverRules(missing=missing, delete_after=after, groups=groups)


def read_groups(section: RuleSection, folder: Path) -> GroupRules:
    """Return which group holds whom."""
    section.only(GROUP_WORDS)
    manage = section.needed("manage", texts, 'manage = ["HR-*"]') or ()
    extra = section.read("extra", one_of(KEEP, REMOVE), REMOVE)
    create = section.read("create", flag, False)
    population = section.read("population", text, None)
    found = GroupRules(manage=manage, extra=extra, create=create, population=population)
    example = 'from = { csv = "memberships.csv", group = "group", member = "employee_id" }'
    if "from" not in section.words:
        section.fault(f'from is missing; write {example}, or from = {{ column = "groups", separator = ";" }}')
        return found
    source = section.inner("from")
    if source is None:
        return found
    if "column" in source.words and not any(kind in source.words for kind in KINDS):
        source.only(COLUMN_WORDS)
        return GroupRules(
            column=source.needed("column", column, 'column = "groups"') or "",
            separator=source.read("separator", text, ""),
            manage=manage, extra=extra, create=create, population=population,
        )  # fmt: skip
    return GroupRules(
        group=source.needed("group", column, 'group = "group"') or "",
        member=source.needed("member", column, 'member = "employee_id"') or "",
        source=read_place(source, PAIR_WORDS, folder),
        manage=manage, extra=extra, create=create, population=population,
    )  # fmt: skip


def read_guards(section: RuleSection) -> GuardRules:
    """Return the limits, those that are not written as they are by default."""
    section.only(GUARD_WORDS)
    limits = dict(GUARDED)
    for name in GUARDED:
        limits[name] = section.read(name, read_limit, limits[name])
        share = limits[name].share
        if share is not None and share > 1 and name not in _OPEN_ENDED:
            section.fault("is more than all of them; takes 100% at most", name)
    every = section.read(FULL_EVERY, read_duration, GuardRules().full_every)
    return GuardRules(limits=MappingProxyType(limits), full_every=every)
