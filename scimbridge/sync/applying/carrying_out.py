"""One line of a plan carried out, as a request of the bridge's own: held against the present record, then the verb.

Every change goes through the same door as a client's: right, lock, audit record, what PingOne is known to enforce, and
the writer of its kind. The trail knows it by the plan's id, which stands where the id of a request does. What passes is
waited for, and after each failure the record is read and judged anew, so that nothing is done twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.mapping.plan import plan_change
from scimbridge.mapping.tables.rows import Row, read_field
from scimbridge.once.creation import FoundRecord
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.facets import POPULATION
from scimbridge.pingone.kinds import GROUPS
from scimbridge.request.context import AnswerOptions, KnownRecord, RequestContext
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import ScimError
from scimbridge.scim.verbs import CREATE, PATCH
from scimbridge.scim.verbs import DELETE as DELETING
from scimbridge.sides import Body, Native, Resource
from scimbridge.sync.applying.judging import Judgement, LineStanding, has_nothing_to_hold, judge
from scimbridge.sync.applying.order import Placed
from scimbridge.sync.applying.patience import LinePatience
from scimbridge.sync.applying.present import PresentRecords
from scimbridge.sync.applying.values import ALREADY, DONE, DRIFTED, FAILED, LineResult
from scimbridge.sync.plans.lines import DELETE
from scimbridge.sync.plans.managed_paths import ManagedPaths

Failure = ScimError | PingOneError
MINIMAL = AnswerOptions("", minimal=True)
KEPT = 1000  # people that were changed of late, some of whom may be forgotten when there are more
FRESH = 5.0  # seconds that a record which was read with its block is believed
_RESULTS = {LineStanding.ALREADY: ALREADY, LineStanding.DRIFTED: DRIFTED}


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record that was read, None where there was none, when, and the mark that it had before."""

    record: Native | None
    at: float
    mark: bytes | None


class ReconciledKind:
    """One resource type as lines speak of it: its endpoint, its paths, its records in SCIM terms."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.table = endpoint.lists.view.table
        self.paths = ManagedPaths(self.table.type)

    @property
    def memberships(self) -> tuple[str, str] | None:
        """How a path of somebody's groups begins, and what PingOne has to include for it; None without such a row."""
        row = next((row for row in self.table.rows if row.include), None)
        if row is None or row.include is None:
            return None
        urn = "" if row.urn == self.table.type.schema.urn else f"{row.urn}:"
        return f"{urn}{row.attr}[", row.include

    def row_of(self, native: str) -> Row | None:
        """Return the row of a PingOne field, None where there is none."""
        return next((row for row in self.table.rows if row.native == native), None)

    def name_of(self, row: Row) -> str:
        """Return the whole path of a row, with its URN in an extension."""
        return row.spelled if row.urn in ("", self.table.type.schema.urn) else f"{row.urn}:{row.spelled}"

    def path_of(self, native: str) -> str | None:
        """Return the whole path of a PingOne field, None where no row has it."""
        row = self.row_of(native)
        return None if row is None else self.name_of(row)

    def view(self, record: Native) -> Resource:
        """Return a record as the bridge shows it."""
        return self.endpoint.lists.view.answer(record, "")

    def version(self, record: Native) -> str:
        """Return the version of a record, which the verbs take as a condition."""
        return self.endpoint.lists.view.version(record)


class PersonChanges:
    """Carries out lines that change people who are there: updates, moves, disables, enables, deletes."""

    def __init__(
        self,
        users: ReconciledKind,
        present: PresentRecords,
        context: Callable[[], RequestContext],
        patience: Callable[[], LinePatience],
        clock: Callable[[], float],
        marks: Callable[[list[str]], list[bytes | None]],
    ) -> None:
        """Take what reads the `marks` of people: they tell whether one was changed since it was read."""
        self._users = users
        self._marks = marks
        self._present = present
        self._context = context
        self._patience = patience
        self._clock = clock
        self._changed: dict[str, float] = {}

    def note_changed(self, key: str) -> None:
        """Be told of a person that a line was about: what was read of him before is not believed any more."""
        if len(self._changed) > KEPT:
            self._changed = {each: at for each, at in self._changed.items() if self._clock() - at < FRESH}
        self._changed[key] = self._clock()

    def change(self, placed: Placed, seen: SeenRecord | None) -> LineResult:
        """Carry out one line; `seen` is the record as it was read with the block. Raises `Halted`."""
        place, line = placed
        if line.id is None or has_nothing_to_hold(line):
            why = "the line names no present record, or nothing that it has to be held against"
            return LineResult(line, place, FAILED, why)
        patience, tried = self._patience(), False
        while True:
            try:
                seen = self._look(line.id, seen)
                found = self._judge(placed, seen.record)
                if found.standing is LineStanding.STANDS and seen.record is not None:
                    tried = True
                    self._carry_out(placed, line.id, KnownRecord(seen.record, seen.mark))
                    return LineResult(line, place, DONE)
                return self._settled(placed, found, tried=tried)
            except (ScimError, PingOneError) as error:
                seen = None
                if not patience.wait(error):
                    return LineResult(line, place, FAILED, told(error))

    def judge_condition(self, placed: Placed, record: Native | None) -> Judgement:
        """Return whether the condition of a membership's line holds of its person. Raises PingOne's errors."""
        place, line = placed
        return self._judge((place, replace(line, before={}, after={})), record)

    def _look(self, key: str, seen: SeenRecord | None) -> SeenRecord:
        if seen is not None and self._clock() - seen.at < FRESH and self._changed.get(key, -math.inf) < seen.at:
            return seen
        at, [mark] = self._clock(), self._marks([key])
        return SeenRecord(self._present.read_one(key), at, mark)

    def _judge(self, placed: Placed, record: Native | None) -> Judgement:
        record = self._present.with_groups(placed[1], record)
        return judge(placed[1], None if record is None else self._users.view(record), self._users.paths)

    def _settled(self, placed: Placed, found: Judgement, *, tried: bool) -> LineResult:
        """Return what became of a line that is not to be carried out, or not any more."""
        place, line = placed
        # What is as it shall be after a try whose answer was lost was done by that try.
        result = DONE if tried and found.standing is LineStanding.ALREADY else _RESULTS.get(found.standing, FAILED)
        return LineResult(line, place, result, found.why)

    def _carry_out(self, placed: Placed, key: str, known: KnownRecord) -> None:
        _place, line = placed
        context, endpoint = self._context(), self._users.endpoint
        if line.do == DELETE:
            # What cannot be taken back is held against the very version that was judged.
            endpoint.do(DELETING, replace(context, if_match=self._users.version(known.record)), MINIMAL, key)
            return
        message = Body(self._users.paths.message(line.after))
        endpoint.do(PATCH, replace(context, known=known), MINIMAL, key, read=lambda: message)


class Creations:
    """Carries out lines that make people or groups: each once, also where an answer or the process was lost."""

    def __init__(
        self,
        kind: ReconciledKind,
        holders: Callable[[Iterable[Mapping[str, Any]]], list[Native]],
        context: Callable[[], RequestContext],
        patience: Callable[[], LinePatience],
    ) -> None:
        """`holders` finds the records that hold a name, or an external id, of any of these new resources."""
        self._kind = kind
        self._holders = holders
        self._context = context
        self._patience = patience

    def resource(self, placed: Placed) -> Resource:
        """Return what a line makes. Raises `ScimError` for what is no value at its path."""
        return self._kind.paths.resource(placed[1].after)

    def find_holders(self, block: Iterable[Placed]) -> list[Native]:
        """Return who holds a name of any line of a block: one call. Raises PingOne's errors, `ScimError`."""
        return self._holders([self.resource(each) for each in block])

    def make(self, placed: Placed, holders: list[Native] | None, *, begun: bool) -> LineResult:
        """Carry out one line. `begun`: an earlier apply may have made it. Raises `Halted`."""
        place, line = placed
        patience, tried = self._patience(), False
        while True:
            try:
                resource = self.resource(placed)
                holders = self._holders([resource]) if holders is None else holders
                same, others = self._sort(placed, holders)
                if same is None and begun and (half := self._find_half_made(placed, holders)) is not None:
                    tried, holders = True, None
                    self._complete(placed, half)
                    continue
                if same is not None:
                    return LineResult(line, place, DONE if tried else ALREADY, id=same["id"])
                if others and not (begun or tried):
                    return LineResult(line, place, DRIFTED, f"made by another hand meanwhile: {others}")
                tried = True
                return LineResult(line, place, DONE, id=self._create(Body(resource)))
            except (ScimError, PingOneError) as error:
                if isinstance(error, ScimError) and error.status == _TAKEN and (others := self._named(placed)):
                    return LineResult(line, place, DRIFTED, f"made by another hand meanwhile: {others}")
                holders = None
                if not patience.wait(error):
                    return LineResult(line, place, FAILED, told(error))

    def _find_half_made(self, placed: Placed, holders: Iterable[Native]) -> Native | None:
        """Return the record that an apply which was killed left half made: nobody has touched it, only facets lack."""
        for record in holders:
            here = self._kind.view(record)
            wanted = self._kind.paths.lay(here, placed[1].after)
            changes = plan_change(self._kind.table, record, here, wanted, self._context().manner)
            if FoundRecord(record).is_untouched and changes.facets and not (changes.body or changes.links):
                return record
        return None

    def _complete(self, placed: Placed, record: Native) -> None:
        message = Body(self._kind.paths.message(placed[1].after))
        context = replace(self._context(), if_match=self._kind.version(record))
        self._kind.endpoint.do(PATCH, context, MINIMAL, record["id"], read=lambda: message)

    def _create(self, body: Body) -> str | None:
        reply = self._kind.endpoint.do(CREATE, self._context(), AnswerOptions(""), read=lambda: body)
        return None if reply.body is None else str(reply.body["id"])

    def _named(self, placed: Placed) -> str:
        """Return by what another record is known as the one that a line makes, "" where none is."""
        same, others = self._sort(placed, self._holders([self.resource(placed)]))
        return "" if same is not None else others

    def _sort(self, placed: Placed, holders: Iterable[Native]) -> tuple[Native | None, str]:
        """Return the record that is all that a line makes, else by what others have its place."""
        paths, after, names = self._kind.paths, placed[1].after, tuple(self._names())
        wanted, taken = self._kind.paths.resource(after), dict[str, None]()
        for record in holders:
            here = self._kind.view(record)
            hits = [name for name, is_one in names if is_one(paths.value(here, name), paths.value(wanted, name))]
            line_holds = self._is_at_level(record, after) and all(
                paths.value(here, path) == paths.value(wanted, path) for path in after
            )
            if hits and line_holds:
                return record, ""
            taken |= dict.fromkeys(hits)
        return None, ", ".join(taken)

    def _is_at_level(self, record: Native, after: Mapping[str, Any]) -> bool:
        """Whether a group is where a line makes one: one of a population is not that of the environment."""
        if self._kind.endpoint.records.kind is not GROUPS:
            return True
        return bool(read_field(record, POPULATION.path) == after.get(self._kind.path_of(POPULATION.field) or ""))

    def _names(self) -> Iterator[tuple[str, Callable[[Any, Any], bool]]]:
        """Yield the paths of names, each with what tells whether two of its values are one there."""
        for field in (self._kind.endpoint.records.kind.unique, "externalId"):
            row = None if field is None else self._kind.row_of(field)
            if row is not None:
                yield self._kind.name_of(row), _is_same_text if row.attribute.case_exact else _is_alike


_TAKEN = 409


def _is_same_text(one: Any, other: Any) -> bool:
    return isinstance(one, str) and one == other


def _is_alike(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()


def told(error: Failure) -> str:
    """Return what a failure says: no value of a person's stands in it."""
    return error.detail if isinstance(error, ScimError) else error.message
