"""The checks of one rule file in their order: what it says, its sources, and what of it is in the directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from scimbridge.bridge import Surroundings
from scimbridge.ops.checking.findings import Finding, fault, not_tried, ok, refused
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.kinds import GROUPS, POPULATIONS, USERS
from scimbridge.settings.declared import Settings
from scimbridge.sides import Native
from scimbridge.sync.checking.naming import check_groups, check_populations, check_protection, protecting_groups
from scimbridge.sync.checking.sampling import check_pairs, check_people
from scimbridge.sync.desk import SyncDesk, open_sync_desk
from scimbridge.sync.directory.walking import walk
from scimbridge.sync.rules.faults import RuleFaults
from scimbridge.sync.rules.reading import read_rules
from scimbridge.sync.rules.values import Rules
from scimbridge.sync.sources.opening import open_pairs, open_people

_AGAIN = "mend it, then run check again"
_CLIENT = "check"


def check_rule_file(
    settings: Settings,
    path: Path,
    around: Surroundings | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Finding]:
    """Look at a rule file, and yield each finding as it comes. Raises `SettingsFaults`. Reads only."""
    around = around or Surroundings()
    with open_sync_desk(settings, _CLIENT, around) as desk:
        users = desk.bridge.tables.whole.get(USERS.name)
        if users is None:
            yield fault(
                str(path), "the tables serve no User, so there is nobody to reconcile", "serve users by a table"
            )
            return
        try:
            rules = read_rules(path, users)
        except RuleFaults as error:
            for each in error.faults:
                where, _colon, what = each.partition(": ")
                yield fault(where, what, _AGAIN)
            yield not_tried("sources and directory", "what the rules name was not looked at", "mend the faults above")
            return
        yield ok(str(path), _describe(rules))
        yield from check_people(
            rules, partial(open_people, rules, environ=environ, wall=around.wall, sleep=around.sleep)
        )
        yield from check_pairs(rules, partial(open_pairs, rules, environ=environ, wall=around.wall, sleep=around.sleep))
        yield from _check_directory(desk, rules)


def _check_directory(desk: SyncDesk, rules: Rules) -> Iterator[Finding]:
    try:
        populations = _read(desk, POPULATIONS.name)
        is_asked = rules.groups is not None or protecting_groups(rules)
        groups = _read(desk, GROUPS.name) if is_asked else []
    except KeyError as error:
        yield fault("the directory", f"the tables serve no {error.args[0]}", "serve it by a table")
        return
    except PingOneError as error:
        yield refused("the directory", "it cannot be read", error)
        return
    yield from check_populations(rules, populations)
    if rules.groups is not None:
        yield from check_groups(rules.groups, groups, populations)
    yield from check_protection(rules, groups)


def _read(desk: SyncDesk, resource: str) -> list[Native]:
    return [record for page in walk(desk, desk.context(), resource).pages for record in page]


def _describe(rules: Rules) -> str:
    """Return in one sentence what the rules come to."""
    leaver = {"keep": "stay as they are", "disable": "are disabled", "delete": "are deleted"}[rules.leaver.missing]
    after = rules.leaver.delete_after
    later = f", and deleted {after / 86_400:g} days after they were missed first" if after is not None else ""
    columns = len(rules.columns)
    return f"{len(rules.attributes)} attributes from {columns} columns; who is missing: they {leaver}{later}"
