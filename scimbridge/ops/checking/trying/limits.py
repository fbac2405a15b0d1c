"""What an environment enforces on single fields where PingOne's documents leave it open: patterns, lengths, uniqueness.

Asked of PingOne itself, past the bridge, which would refuse some of these values before they were sent. What is found
of doubtful patterns is kept for the bridges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, note, ok, warn
from scimbridge.ops.checking.rows import locate
from scimbridge.ops.checking.trying.throwaways import Throwaways
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.fields import Field
from scimbridge.pingone.kinds import USERS
from scimbridge.pingone.schema import Declared
from scimbridge.resources.enforced import NEED, PATTERN, Findings

_UNKNOWN = 256  # characters tried where nobody says how long a value may be
_LENGTHS = "lengths"

Json = dict[str, Any]


def learn_need(findings: Findings, table: Table, needed: frozenset[str]) -> Iterator[Finding]:
    """Say and remember which of the fields that may be required this environment requires."""
    for row in table.rows:
        field = USERS.fields.get(row.native)
        if field is None or not field.may_be_required or not row.writable:
            continue
        findings.learn(row.native, NEED, enforced=row.native in needed)
        said = "PingOne requires a value here" if row.native in needed else "PingOne takes users without a value"
        yield ok(locate(table, row), said)


def try_patterns(probe: Probe, findings: Findings, table: Table, user: str) -> Iterator[Finding]:
    """Give the user a value that each doubtful pattern refuses, and remember what becomes of it."""
    for row in table.rows:
        field = USERS.fields.get(row.native)
        if field is None or field.doubt is None or not row.writable:
            continue
        refusal = _write(probe, user, row, field.doubt.trial)
        if refusal is not None and not any(
            each.code == "INVALID_VALUE" and each.target == row.native for each in refusal.faults
        ):
            raise refusal
        findings.learn(row.native, PATTERN, enforced=refusal is not None)
        said = "more than" if refusal is None else "only"
        yield ok(locate(table, row), f"PingOne takes {said} {field.doubt.hint}")


def try_lengths(probe: Probe, table: Table, user: str, declared: Mapping[str, Declared]) -> Iterator[Finding]:
    """Give the user texts as long as the bridge lets them through, and say which PingOne refuses."""
    taken = 0
    for row in table.rows:
        field = USERS.fields.get(row.native, USERS.custom)
        length = field.max_length or _UNKNOWN
        if not _is_plain_text(row, field, length, declared.get(row.to[0] if row.to else "")):
            continue
        refusal = _write(probe, user, row, "x" * length)
        if refusal is None:
            taken += 1
        elif not refusal.has("SIZE_LIMIT_EXCEEDED"):
            most = next((each.inner.get("rangeMaximumValue") for each in refusal.faults), None)
            least = f"at most {most}" if most is not None else f"fewer than {length}"
            yield note(locate(table, row), f"PingOne takes {least} characters, and the bridge lets {length} through")
    if taken:
        yield ok(_LENGTHS, f"{taken} rows take texts as long as the bridge lets them through")


def _is_plain_text(row: Row, field: Field, length: int, attribute: Declared | None) -> bool:
    if not row.writable or row.facet is not None or row.attribute.type != "string" or row.codec.name != "string":
        return False
    if attribute is not None and (attribute.values or attribute.pattern or attribute.several or attribute.unique):
        return False
    return row.native != USERS.unique and field.refuse("x" * length) is None and field.doubt is None


def _write(probe: Probe, user: str, row: Row, value: str) -> Refused | None:
    """Write one field and return PingOne's refusal, if it refuses."""
    body: Any = value
    for name in reversed(row.to):
        body = {name: body}
    try:
        probe.target.users.merge(probe.call(), user, body)
    except Refused as error:
        return error
    return None


def try_unique(
    throwaways: Throwaways, table: Table, declared: Mapping[str, Declared], record: Json, needed: frozenset[str]
) -> Iterator[Finding]:
    """Make a second user with a value of the first, for each field that is said to be unique."""
    for row in table.rows:
        attribute = declared.get(row.to[0]) if row.to else None
        said = row.attribute.uniqueness != "none" or (attribute is not None and attribute.unique)
        if not said or not row.writable or len(row.to) > 1 or not isinstance(record.get(row.native), str):
            continue
        name = throwaways.plan(USERS.collection)
        also = {field: record.get(field) for field in {each.split(".")[0] for each in needed}}
        body = {**also, "username": name, "enabled": False, "population": {"id": throwaways.population}}
        try:
            made = throwaways.probe.target.users.create(
                throwaways.probe.call(), {**body, row.native: record[row.native]}
            )
        except Refused as error:
            throwaways.forget(name)
            if error.has("UNIQUENESS_VIOLATION"):
                yield ok(locate(table, row), "PingOne keeps it unique")
            else:
                yield note(
                    locate(table, row), "whether PingOne keeps it unique does not show: it refuses something else"
                )
        else:
            throwaways.note(name, str(made["id"]))
            yield warn(
                locate(table, row),
                "clients are told that it is unique, and PingOne takes the same value twice",
                "set Unique in PingOne's console (Directory, User Attributes), or take `uniqueness` away",
            )
