"""A rule file's text becomes `Rules`: every section held against the table of users in use, every fault at once.

The only module of this room that reads a file, and no other than the rule file itself. Opens no source and asks no
directory: whether populations and groups are there is found by `scimbridge check --rules`.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.sync.rules.attributes import read_attributes
from scimbridge.sync.rules.faults import RuleFaults, RuleSection, RuleText
from scimbridge.sync.rules.sections import (
    SECTIONS,
    read_groups,
    read_guards,
    read_leaver,
    read_match,
    read_people,
    read_scope,
)
from scimbridge.sync.rules.values import KEEP, LeaverRules, ManagedAttribute, MatchRules, PeopleRules, Rules

_URN = re.compile(r"urn:", re.IGNORECASE)


def read_rules(path: Path, table: Table) -> Rules:
    """Read a rule file for the users of a table. Raises `RuleFaults` with everything that is wrong in it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise RuleFaults([f"{path}: it is not UTF-8, which TOML is written in; save it so"]) from None
    except OSError as error:
        raise RuleFaults([f"{path}: it cannot be read ({error.strerror}); name a rule file"]) from None
    return compile_rules(text, str(path), path.absolute().parent, table)


def compile_rules(text: str, file: str, folder: Path, table: Table) -> Rules:
    """Compile the text of a rule file, whose relative paths begin at `folder`. Raises `RuleFaults`."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RuleFaults([f"{file}: it is not TOML: {error}"]) from None
    rules = RuleText(file, text, [])
    sections = _sections_of(rules, document)
    people = read_people(_section(rules, document, "source"), folder)
    scope = read_scope(_section(rules, document, "scope"), table)
    attributes = read_attributes(rules, sections, table)
    match = read_match(_section(rules, document, "match"), table, people)
    leaver = read_leaver(_section(rules, document, "leaver"), complete=people is None or people.complete)
    groups = read_groups(_section(rules, document, "groups"), folder) if "groups" in document else None
    guards = read_guards(_section(rules, document, "guards"))
    if people is not None and match is not None:
        match = _check_whole(rules, table, people, match, attributes, creates=guards.limits["create"].number != 0)
    if rules.found or people is None or match is None:
        raise RuleFaults(rules.faults)
    if not people.complete:
        leaver = LeaverRules(missing=KEEP)
    digest = hashlib.sha256(json.dumps(document, sort_keys=True, default=str).encode()).hexdigest()
    return Rules(
        file=file, digest=digest, people=people, scope=scope, match=match, attributes=attributes, leaver=leaver,
        groups=groups, guards=guards,
    )  # fmt: skip


def _sections_of(rules: RuleText, document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the sections that are headed by URNs; report those that are nothing."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, held in document.items():
        if _URN.match(name):
            if isinstance(held, dict):
                found[name] = held
            else:
                rules.fault((name,), name, "is a section, headed by the URN in brackets and quotes")
        elif name not in SECTIONS:
            known = ", ".join(f"[{each}]" for each in SECTIONS)
            hint = nearest(name, SECTIONS) or f"; there are {known} and those of schema URNs"
            what = f"is no section of a rule file{hint}"
            rules.fault((name,), f"[{name}]" if isinstance(held, dict) else name, what)
        elif not isinstance(held, dict):
            rules.fault((name,), f"[{name}]", f"is a section of words, not {held!r}")
    if not found:
        rules.fault((), "", "no attribute is managed; a section headed by a schema URN holds SCIM path = column")
    return found


def _section(rules: RuleText, document: Mapping[str, Any], name: str) -> RuleSection:
    held = document.get(name, {})
    return RuleSection(rules, (name,), held if isinstance(held, dict) else {})


def _check_whole(
    rules: RuleText,
    table: Table,
    people: PeopleRules,
    match: MatchRules,
    attributes: tuple[ManagedAttribute, ...],
    *,
    creates: bool,
) -> MatchRules | None:
    """Hold the sections to each other: the key is kept, people are found by what is managed, and can be made."""
    named = {each.name: each for each in attributes}
    folded = {name.casefold(): name for name in named}
    key = next((each for each in attributes if each.column == people.key), None)
    if key is None:
        rules.fault(
            ("source", "key"), "[source] key", f"{people.key!r} is kept nowhere; a row says where, as externalId = "
            f'"{people.key}", so that who has left is known by it')  # fmt: skip
    elif key.values is not None or key.only_at_creation or key.empty != KEEP or key.many:
        rules.fault(
            (key.urn or table.type.schema.urn, key.path), key.name, "keeps the key, so it is one text, as it is"
        )
    by: list[str] = []
    for each in match.by:
        bare = each[len(table.type.schema.urn) + 1 :] if each.startswith(f"{table.type.schema.urn}:") else each
        name = folded.get(bare.casefold())
        if name is None:
            hint = nearest(bare, named)
            rules.fault(
                ("match", "by"), "[match] by", f"{each!r} has no row here, so nothing is compared with it{hint}"
            )
        else:
            by.append(name)
    if key is not None and key.name not in by and len(by) == len(match.by):
        rules.fault(("match", "by"), "[match] by", f"{key.name!r} keeps the key and is not named; name it first")
    for row in table.rows:
        spelled = row.spelled if row.urn in ("", table.type.schema.urn) else f"{row.urn}:{row.spelled}"
        if creates and row.attribute.required and row.writable and spelled not in named and not row.facet:
            what = f"{spelled} has no row, and nobody can be made without it; write one, or say create = 0 in [guards]"
            rules.fault((row.urn,), f"[{row.urn}]", what)
    return MatchRules(by=tuple(dict.fromkeys(by)), adopt=match.adopt)
