"""Each row of a table tried on one throw-away: written through the bridge, and read back from PingOne.

What PingOne drops without a word shows here and nowhere else. Knows one resource at a time, and who made it not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, fault, not_tried, note, ok, refused, warn
from scimbridge.ops.checking.rows import locate
from scimbridge.ops.checking.trying.values import Values, choose, expected, make_body, names_others
from scimbridge.ops.explaining.samples import make_patch, spell_path
from scimbridge.pingone.errors import NoPermission, PingOneError, Refused
from scimbridge.pingone.kinds import kind_named
from scimbridge.pingone.schema import Declared
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import ScimError
from scimbridge.scim.reading import Manner
from scimbridge.sides import Body

MISSING = ("REQUIRED_VALUE", "EMPTY_VALUE")
_OPTIONS = AnswerOptions("/scim/v2")
_CALLER = Caller("scimbridge-check")
_MANNER = Manner(strict=False, notice=lambda _name: None)
_WRONG = {
    "allowedValues": "PingOne takes only {}",
    "allowedPattern": "PingOne takes only values that match {}",
    "rangeMaximumValue": "PingOne takes at most {} characters",
}
"""Members of `innerError` (docs/pingone.md §8), and what they say of a row."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """One kind under trial: its table, the bridge's own verbs on it, and what the schema says of its attributes."""

    probe: Probe
    table: Table
    endpoint: Endpoint
    declared: Mapping[str, Declared]

    def context(self) -> RequestContext:
        """Return a request of nobody's but the check's, with time of its own."""
        return RequestContext(_CALLER, self.probe.call(), _MANNER)

    def choose(self, row: Row, name: str) -> Any:
        """Return a value to try a row with, None where nothing fits."""
        return choose(self.table, row, name, self.declared)

    def create(self, values: Values, name: str) -> tuple[str, frozenset[str]]:
        """Make a resource. Returns its id, and PingOne's names of what this environment wants beside `values`.

        Raises PingOne's errors, and `ScimError` where the bridge refuses by itself.
        """
        needed: frozenset[str] = frozenset()
        while True:
            try:
                reply = self.endpoint.resource.create(self.context(), _OPTIONS, make_body(self.table, values))
            except ScimError as error:
                lacking = [row for row in _lacking(self.table, error) if row not in values]
                more = {row: self.choose(row, name) for row in lacking}
                if not more or None in more.values():
                    raise cause_of(error) or error from error
                values |= more
                needed |= {row.native for row in more}
            else:
                return str((reply.body or {})["id"]), needed

    def patch(self, key: str, body: Body) -> None:
        """Change it by a PatchOp message. Raises `ScimError`."""
        self.endpoint.resource.patch(self.context(), _OPTIONS, key, body)

    def delete(self, key: str) -> None:
        """Delete it. Raises PingOne's errors, and `ScimError`."""
        try:
            self.endpoint.resource.delete(self.context(), key)
        except ScimError as error:
            raise cause_of(error) or error from error

    def try_rows(self, key: str, rows: list[Row], name: str, held: Values) -> Iterator[Finding]:
        """Write each row and read all of them back, with those that it is made with; tell by row what goes wrong."""
        written = dict(held)
        fine = len(held)
        for row in rows:
            where = locate(self.table, row)
            value = None if names_others(self.table, row) else self.choose(row, name)
            if value is None and not names_others(self.table, row):
                yield not_tried(where, "no example value fits this row", "try it with a value of your own")
                continue
            path = spell_path(self.table, row)
            try:
                self.patch(key, make_patch("remove", path) if value is None else make_patch("replace", path, value))
            except ScimError as error:
                yield _tell_refusal(where, row, error)
            else:
                fine += 1
                written |= {row: value} if value is not None else {}
        lost = list(self._compare(key, written))
        yield from lost
        if fine > len(lost):
            of = len(rows) + len(held)
            yield ok(f"values of {self.table.file}", f"{fine - len(lost)} of {of} rows take a value and keep it")

    def _compare(self, key: str, written: Values) -> Iterator[Finding]:
        record = self.probe.target.of(kind_named(self.table.type.name).collection).read(self.probe.call(), key)
        for row, value in written.items():
            if row.facet is not None and row.facet.secret:
                continue
            held, wanted = read_field(record, row.to), expected(row, value)
            if held is None:
                yield fault(
                    locate(self.table, row),
                    f"PingOne takes a value for {row.native!r} and keeps none: what clients write there is lost",
                    "see that the attribute is there, enabled and not read-only in PingOne, or take the row out",
                )
            elif held != wanted and row.codec.merge is None:
                yield warn(
                    locate(self.table, row),
                    f"PingOne keeps another value in {row.native!r} than the one that it was given",
                    "look at the codec of the row; a client that compares will write it again and again",
                )


def cause_of(error: ScimError) -> PingOneError | None:
    """Return PingOne's failure behind a SCIM error, None where the bridge refused by itself."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, PingOneError):
        found = found.__cause__
    return found


def _lacking(table: Table, error: ScimError) -> list[Row]:
    cause = cause_of(error)
    named = {fault.target for fault in cause.faults if fault.code in MISSING} if isinstance(cause, Refused) else set()
    return [row for row in table.rows if row.writable and named.intersection((row.native, row.to[0] if row.to else ""))]


def _tell_refusal(where: str, row: Row, error: ScimError) -> Finding:
    cause = cause_of(error)
    match cause:
        case None:
            return warn(where, f"the bridge refuses its own example value: {error.detail}", "look at the row's words")
        case NoPermission():
            return refused(where, "it cannot be written", cause)
        case Refused():
            return _tell_reason(where, row, cause)
    raise cause


def _tell_reason(where: str, row: Row, error: Refused) -> Finding:
    told: list[tuple[str, Any]] = [item for each in error.faults for item in each.inner.items() if item[0] in _WRONG]
    for word, value in told:
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        return note(where, f"{_WRONG[word].format(shown)}; the example value was refused")
    codes = ", ".join(dict.fromkeys(each.code for each in error.faults if each.code)) or error.code or str(error.status)
    return warn(
        where,
        f"PingOne refuses the example value for {row.native!r} ({codes})",
        "see in PingOne's console what it wants there, and say so to those who set up clients",
    )
