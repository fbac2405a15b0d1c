"""`check --write`: what the environment enforces where PingOne's documents leave it open, found out by trying.

Makes a throw-away user in the population that the operator names, gives it the values in question, and deletes it. What
an earlier run could not delete is deleted first. No user that anybody else made is touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Probe, Report
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


def try_values(probe: Probe, table: Table, trial: Trial) -> None:
    """Find out, remember and tell. Each failure is a fault, and the user is deleted whatever happens."""
    try:
        population = _find_population(probe, trial.population)
        if population is None:
            return
        _tidy_up(probe, population)
        findings = Findings(trial.state)
        user = _make_user(probe, table, findings, population, f"{_PREFIX}{trial.new_name()}")
    except PingOneError as error:
        probe.refused(_WHERE, "no user can be made to try them", error)
        return
    try:
        for row, field in _doubtful(table):
            _try_pattern(probe, findings, table, user, row, field)
    except PingOneError as error:
        probe.refused(_WHERE, "they cannot be tried", error)
    finally:
        _delete(probe, user)
    if not trial.shared:
        probe.report.ok(_WHERE, "with SCIMBRIDGE_STATE_URL=memory:// bridges do not see this; each learns by itself")


def _doubtful(table: Table) -> list[tuple[Row, Field]]:
    known = ((row, USERS.fields.get(row.native)) for row in table.rows if row.writable)
    return [(row, field) for row, field in known if field is not None and field.doubt is not None]


def _find_population(probe: Probe, wanted: str) -> str | None:
    for page in probe.target.populations.pages(probe.call(), limit=probe.page_size):
        for record in page.records:
            if wanted in (record["id"], record.get("name")):
                return str(record["id"])
    probe.report.fault(_WHERE, f"PingOne has no population of the id or name {wanted!r}", "name one that is there")
    return None


def _tidy_up(probe: Probe, population: str) -> None:
    """Delete what earlier runs left behind: by the whole of a name that only this module gives, and only there."""
    users, asked = probe.target.users, render(Term("username", "sw", _PREFIX))
    pages = users.pages(probe.call(), filter=asked, limit=probe.page_size)
    left = [record for page in pages for record in page.records]
    for record in left:
        home = record.get("population")
        inside = isinstance(home, dict) and home.get("id") == population
        if inside and _OWN.fullmatch(str(record.get("username"))) and _delete(probe, record["id"]):
            probe.report.ok(_WHERE, "a user that an earlier run left behind is deleted")


def _make_user(probe: Probe, table: Table, findings: Findings, population: str, name: str) -> str:
    """Make the user with what every environment takes, and with more where this one wants it. Returns its id."""
    body: Json = {"username": name, "enabled": False, "population": {"id": population}}
    try:
        record, needed = probe.target.users.create(probe.call(), body), False
    except Refused as error:
        needed = any(fault.code in _MISSING and fault.target == _MAIL for fault in error.faults)
        if not needed:
            raise
        record = probe.target.users.create(probe.call(), {**body, _MAIL: f"{name}@example.com"})
    findings.learn(_MAIL, NEED, enforced=needed)
    for row in table.rows:
        if row.native == _MAIL and row.writable:
            said = "PingOne requires a value here" if needed else "PingOne takes users without a value"
            probe.report.ok(locate(table, row), said)
    return str(record["id"])


def _try_pattern(probe: Probe, findings: Findings, table: Table, user: str, row: Row, field: Field) -> None:
    if field.doubt is None:
        return
    body: Any = field.doubt.trial
    for name in reversed(row.to):
        body = {name: body}
    try:
        probe.target.users.merge(probe.call(), user, body)
    except Refused as error:
        if not any(fault.code == "INVALID_VALUE" and fault.target == row.native for fault in error.faults):
            raise
        findings.learn(row.native, PATTERN, enforced=True)
        probe.report.ok(locate(table, row), f"PingOne takes only {field.doubt.hint}")
    else:
        findings.learn(row.native, PATTERN, enforced=False)
        probe.report.ok(locate(table, row), f"PingOne takes more than {field.doubt.hint}")


def _delete(probe: Probe, user: str) -> bool:
    report: Report = probe.report
    try:
        probe.target.users.delete(probe.call(), user)
    except NotThere:
        return True
    except PingOneError as error:
        probe.refused(_WHERE, f"the user {user}, made to try them, cannot be deleted", error)
        report.write("      the next `check --write` with this population deletes it")
        return False
    return True
