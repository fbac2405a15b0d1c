"""`check --write`: what the environment enforces where PingOne's documents leave it open, found out by trying.

Makes a throw-away user in the population that the operator names, gives it the values in question, and deletes it. What
an earlier run could not delete is deleted first. No user that anybody else made is touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, fault, note, ok, refused
from scimbridge.ops.checking.rows import locate
from scimbridge.pingone.errors import NotThere, PingOneError, Refused
from scimbridge.pingone.fields import Field
from scimbridge.pingone.filters import Term, render
from scimbridge.pingone.kinds import USERS
from scimbridge.resources.enforced import NEED, PATTERN, Findings
from scimbridge.state.base import State

_WHERE = "values in question"
_PREFIX = "scimbridge-check-"
_OWN = re.compile(rf"{_PREFIX}[0-9a-f]{{32}}")
_MAIL = "email"  # of all fields the one that may be required (docs/pingone.md §2.2)
_MISSING = ("REQUIRED_VALUE", "EMPTY_VALUE")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """What an operator allows: users in `population` (id or name). `state` keeps what is found for the bridges.

    `new_name` makes 32 hexadecimal digits that were never used. `shared`: the running bridges see the same state.
    """

    population: str
    state: State
    shared: bool
    new_name: Callable[[], str]


def try_values(probe: Probe, table: Table, trial: Trial) -> Iterator[Finding]:
    """Find out and remember. Each failure is a fault, and the user is deleted whatever happens."""
    try:
        population = _find_population(probe, trial.population)
        if population is None:
            yield _no_population(trial.population)
            return
        yield from _tidy_up(probe, population)
        user, needed = _make_user(probe, population, f"{_PREFIX}{trial.new_name()}")
    except PingOneError as error:
        yield refused(_WHERE, "no user can be made to try them", error)
        return
    try:
        findings = Findings(trial.state)
        yield from _learn_need(findings, table, needed=needed)
        for row, field in _doubtful(table):
            yield from _try_pattern(probe, findings, table, user, row, field)
    except PingOneError as error:
        yield refused(_WHERE, "they cannot be tried", error)
    finally:
        left_behind = _delete(probe, user)
    yield from left_behind
    if not trial.shared:
        yield ok(_WHERE, "with SCIMBRIDGE_STATE_URL=memory:// bridges do not see this; each learns by itself")


def _doubtful(table: Table) -> list[tuple[Row, Field]]:
    known = ((row, USERS.fields.get(row.native)) for row in table.rows if row.writable)
    return [(row, field) for row, field in known if field is not None and field.doubt is not None]


def _find_population(probe: Probe, wanted: str) -> str | None:
    for page in probe.target.populations.pages(probe.call(), limit=probe.page_size):
        for record in page.records:
            if wanted in (record["id"], record.get("name")):
                return str(record["id"])
    return None


def _no_population(wanted: str) -> Finding:
    return fault(_WHERE, f"PingOne has no population of the id or name {wanted!r}", "name one that is there")


def _tidy_up(probe: Probe, population: str) -> Iterator[Finding]:
    """Delete what earlier runs left behind: by the whole of a name that only this module gives, and only there."""
    users, asked = probe.target.users, render(Term("username", "sw", _PREFIX))
    pages = users.pages(probe.call(), filter=asked, limit=probe.page_size)
    left = [record for page in pages for record in page.records]
    for record in left:
        home = record.get("population")
        inside = isinstance(home, dict) and home.get("id") == population
        if inside and _OWN.fullmatch(str(record.get("username"))):
            failed = _delete(probe, record["id"])
            yield from failed or [ok(_WHERE, "a user that an earlier run left behind is deleted")]


def _make_user(probe: Probe, population: str, name: str) -> tuple[str, bool]:
    """Make the user with what every environment takes, and with more where this one wants it.

    Returns its id, and whether it needs an e-mail address.
    """
    body: Json = {"username": name, "enabled": False, "population": {"id": population}}
    try:
        record, needed = probe.target.users.create(probe.call(), body), False
    except Refused as error:
        needed = any(each.code in _MISSING and each.target == _MAIL for each in error.faults)
        if not needed:
            raise
        record = probe.target.users.create(probe.call(), {**body, _MAIL: f"{name}@example.com"})
    return str(record["id"]), needed


def _learn_need(findings: Findings, table: Table, *, needed: bool) -> Iterator[Finding]:
    findings.learn(_MAIL, NEED, enforced=needed)
    for row in table.rows:
        if row.native == _MAIL and row.writable:
            said = "PingOne requires a value here" if needed else "PingOne takes users without a value"
            yield ok(locate(table, row), said)


def _try_pattern(
    probe: Probe, findings: Findings, table: Table, user: str, row: Row, field: Field
) -> Iterator[Finding]:
    if field.doubt is None:
        return
    body: Any = field.doubt.trial
    for name in reversed(row.to):
        body = {name: body}
    try:
        probe.target.users.merge(probe.call(), user, body)
    except Refused as error:
        if not any(each.code == "INVALID_VALUE" and each.target == row.native for each in error.faults):
            raise
        findings.learn(row.native, PATTERN, enforced=True)
        yield ok(locate(table, row), f"PingOne takes only {field.doubt.hint}")
    else:
        findings.learn(row.native, PATTERN, enforced=False)
        yield ok(locate(table, row), f"PingOne takes more than {field.doubt.hint}")


def _delete(probe: Probe, user: str) -> list[Finding]:
    """Delete a user. Returns what is to be known where that cannot be done, else nothing."""
    try:
        probe.target.users.delete(probe.call(), user)
    except NotThere:
        return []
    except PingOneError as error:
        return [
            refused(_WHERE, f"the user {user}, made to try them, cannot be deleted", error),
            note(_WHERE, "the next `check --write` with this population deletes it"),
        ]
    return []
