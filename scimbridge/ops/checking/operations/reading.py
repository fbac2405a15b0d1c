"""Whether the worker may do what rows say that only read: the path of each is asked once; and what is left untried.

PingOne answers 403 to a path that it does not know as to a missing right (docs/pingone.md §15.1), so both are said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scimbridge.operations.reading import Catalogue
from scimbridge.operations.rows import KIND_OF, Operation
from scimbridge.ops.checking.findings import WRITE, Finding, Grade, Probe, explain_failure, note
from scimbridge.ops.checking.operations.harmless import place_of
from scimbridge.ops.checking.operations.standing import (
    WHERE,
    RowFound,
    Standing,
    carried_out,
    forbidden,
    role_of,
    tell,
    tell_table,
    tell_unoffered,
)
from scimbridge.ops.checking.rights import FirstPages
from scimbridge.pingone.collections import quote_id
from scimbridge.pingone.errors import NoPermission, NotThere, PingOneError
from scimbridge.pingone.send import Request

Query = tuple[tuple[str, str], ...]

MOST_CALLS = 30
"""Paths that are asked at most, however many rows an operator's table has."""
_AGREEMENTS: tuple[tuple[str, Query], ...] = (("agreements", ()),)
_ALSO = {"consents": _AGREEMENTS, "presented": _AGREEMENTS}
"""What functions of rows read beside the path of their row."""
_CALL_IT = "see for yourself: `scimbridge call NAME`"


@dataclass(frozen=True, slots=True)
class PathReading:
    """What paths are asked with. `answers` are those of paths that were asked: None, or why there was none."""

    probe: Probe
    seen: FirstPages
    standing: Standing
    answers: dict[str, PingOneError | None]

    def look(self, operation: Operation) -> RowFound:
        """Ask what a row would ask, unless another row has."""
        call = operation.call
        listed = call.path.partition("/{item}")[0]  # nobody knows a part to ask for
        asked = [(listed, call.query), *_ALSO.get(operation.code, ())]
        for path, query in asked:
            failed = self._look(operation, path, query)
            if failed is not None:
                return failed
        return RowFound(operation, Grade.OK, "PingOne answers the application what these read: ", "")

    def _look(self, operation: Operation, path: str, query: Query) -> RowFound | None:
        asked = path
        if "{id}" in path:
            collection = KIND_OF[operation.resource].collection
            if collection not in self.seen.pages:
                told = f": the tables in use do not serve a {operation.resource}"
                return RowFound(operation, Grade.NOTE, "not asked: ", told)
            record = self.seen.first(collection)
            if record is None:
                told = f": there is no {operation.resource} to ask about"
                return RowFound(operation, Grade.NOT_TRIED, "not asked: ", told, "run check again when there is one")
            asked = path.format(id=quote_id(str(record["id"])))
        if path in self.seen.pages and path not in self.answers:
            return self._of_page(operation, path)
        if asked not in self.answers:
            if len(self.answers) >= MOST_CALLS:
                told = f": more than {MOST_CALLS} paths are not asked"
                return RowFound(operation, Grade.NOT_TRIED, "not asked: ", told, _CALL_IT)
            self.answers[asked] = self._ask(asked, query)
        error = self.answers[asked]
        return None if error is None else _tell(operation, error, self.standing)

    def _of_page(self, operation: Operation, path: str) -> RowFound | None:
        if self.seen.pages[path] is not None:
            return None
        told = f": {path} cannot be read, as is said above"
        return RowFound(operation, self.standing.grade(operation), "not possible: ", told, "mend the fault above")

    def _ask(self, path: str, query: Query) -> PingOneError | None:
        request = Request("GET", f"/{path.lstrip('/')}", query, root=path.startswith("/"))
        try:
            self.probe.target.send(request, self.probe.call())
        except PingOneError as error:
            return error
        return None


def _tell(operation: Operation, error: PingOneError, standing: Standing) -> RowFound:
    if isinstance(error, NoPermission):
        return forbidden(operation, standing)
    if isinstance(error, NotThere):
        told = ": PingOne answers 404, so this environment may not have that path"
        return RowFound(operation, standing.grade(operation), "cannot be read: ", told, _CALL_IT)
    why, cure = explain_failure(error)
    return RowFound(operation, standing.grade(operation), "cannot be read: ", f": {why}", cure)


def check_reading(probe: Probe, catalogue: Catalogue, seen: FirstPages, standing: Standing) -> Iterator[Finding]:
    """Ask once for each path that rows read, and say what came of each row. Changes nothing."""
    reading = PathReading(probe, seen, standing, {})
    outcomes = [reading.look(each) for each in carried_out(catalogue) if each.reads]
    calls = len(reading.answers)
    yield note(WHERE, f"{tell_table(catalogue)}; {calls} {'call' if calls == 1 else 'calls'} to see what can be read")
    yield from tell_unoffered(catalogue, standing)
    yield from tell(outcomes)


def leave_changes(catalogue: Catalogue, standing: Standing, cure: str = WRITE) -> Iterator[Finding]:
    """Say of the rows that change something what the roles say, that nobody tried, and how it is tried."""
    rows = [each for each in carried_out(catalogue) if not each.reads]
    tried = (_untried(each, standing, cure) for each in rows if place_of(each) is not None)
    yield from tell([*tried, *_all_never(rows, standing, frozenset())])


def leave_harm(rows: Iterable[Operation], standing: Standing, proved: Iterable[str]) -> Iterator[Finding]:
    """Say of the rows that are never tried what is known. `proved` are roles that the worker was seen to have."""
    yield from tell(_all_never(rows, standing, frozenset(proved)))


def _all_never(rows: Iterable[Operation], standing: Standing, proved: frozenset[str]) -> Iterator[RowFound]:
    return (_never(each, standing, proved) for each in rows if place_of(each) is None)


def _untried(operation: Operation, standing: Standing, cure: str) -> RowFound:
    may = standing.may(operation)
    if may is False:
        return _by_roles(operation, standing)
    after = "; by its roles it may" if may else ""
    return RowFound(operation, Grade.NOT_TRIED, "whether PingOne lets the application do these: ", after, cure)


def _never(operation: Operation, standing: Standing, proved: frozenset[str]) -> RowFound:
    may = standing.may(operation)
    if may is False:
        return _by_roles(operation, standing)
    if may:
        after = "; by its roles the application may"
    elif role_of(operation) in proved:
        after = "; they need the same role as what was tried"
    else:
        after = f'; they need a role such as "{role_of(operation)}"'
    before = "never tried, since what they do is real, or needs what the trial has not: "
    return RowFound(operation, Grade.NOTE, before, after)


def _by_roles(operation: Operation, standing: Standing) -> RowFound:
    cure = f'assign the role "{role_of(operation)}" for this environment to the worker application'
    told = ", since by its roles it only reads"
    return RowFound(operation, standing.grade(operation), "the application may not do these: ", told, cure)
