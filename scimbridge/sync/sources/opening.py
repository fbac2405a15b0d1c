"""Opens the sources that rules name: the one place that knows every kind."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from scimbridge.sync.rules.places import FILES
from scimbridge.sync.rules.values import MTIME, Rules, SourceRules
from scimbridge.sync.sources.checked import CheckedSource, Demands, PairSource
from scimbridge.sync.sources.csv_files import CsvFile
from scimbridge.sync.sources.duckdb_query import DuckdbQuery
from scimbridge.sync.sources.files import choose_file
from scimbridge.sync.sources.json_lines import JsonLinesFile
from scimbridge.sync.sources.ldap_search import LdapSearch
from scimbridge.sync.sources.reader import SourceReader
from scimbridge.sync.sources.scim_server import ScimServer, Sleep
from scimbridge.sync.sources.sql import SqlQuery

Clock = Callable[[], float]


def open_people(
    rules: Rules, *, environ: Mapping[str, str], wall: Clock = time.time, sleep: Sleep = time.sleep
) -> CheckedSource:
    """Open the source of people, held to the columns that the rules name. Raises `SourceRefused`."""
    people = rules.people
    demands = Demands(rules.columns, people.key, key_pattern=people.key_pattern, made=people.made_column)
    return open_source(people.source, demands, made=people.made, environ=environ, wall=wall, sleep=sleep)


def open_pairs(
    rules: Rules, *, environ: Mapping[str, str], wall: Clock = time.time, sleep: Sleep = time.sleep
) -> PairSource | None:
    """Open the source of who is in which group, None where there is none of its own. Raises `SourceRefused`."""
    groups = rules.groups
    if groups is None or groups.source is None:
        return None
    demands = Demands((groups.group, groups.member), groups.member, groups.group, rules.people.key_pattern)
    made = MTIME if groups.source.kind in FILES else ""
    opened = open_source(groups.source, demands, made=made, environ=environ, wall=wall, sleep=sleep)
    return PairSource(opened, groups.group, groups.member)


def open_source(
    rules: SourceRules,
    demands: Demands,
    *,
    made: str,
    environ: Mapping[str, str],
    wall: Clock = time.time,
    sleep: Sleep = time.sleep,
) -> CheckedSource:
    """Open one source, held to what is demanded of it; `made` as in `PeopleRules`. Raises `SourceRefused`."""
    now = wall()
    if rules.kind in FILES:
        file = choose_file(rules.place, made, now)
        is_csv = rules.kind == "csv"
        return CheckedSource(CsvFile(rules, file) if is_csv else JsonLinesFile(file, demands.columns), demands, now)
    return CheckedSource(_open_reader(rules, demands.columns, environ, sleep), demands, now)


def _open_reader(rules: SourceRules, needed: tuple[str, ...], environ: Mapping[str, str], sleep: Sleep) -> SourceReader:
    match rules.kind:
        case "sql":
            return SqlQuery(rules, environ)
        case "duckdb":
            return DuckdbQuery(rules, environ)
        case "ldap":
            return LdapSearch(rules, needed, environ)
        case "scim":
            return ScimServer(rules, needed, environ, sleep)
    raise ValueError(f"{rules.kind!r} is no kind of source")
