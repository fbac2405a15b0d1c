"""Who carries out which lines: a block of lines in, what is to be done for each of them out.

The present records of a block are read here, one call for all of them, before its tasks are handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, TypeVar

from scimbridge.once.change_marks import ChangeMarks
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.kinds import GROUPS, USERS
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import ScimError
from scimbridge.sides import Native
from scimbridge.state.leases import Lease
from scimbridge.sync.applying.carrying_out import Creations, PersonChanges, ReconciledKind, SeenRecord
from scimbridge.sync.applying.joining import Made, MembershipChanges, by_group
from scimbridge.sync.applying.order import ApplyStage, Placed
from scimbridge.sync.applying.patience import LinePatience
from scimbridge.sync.applying.present import PAGE, PresentRecords
from scimbridge.sync.applying.values import LineResult
from scimbridge.sync.desk import SyncDesk
from scimbridge.sync.plans.lines import CREATE, GROUP, JOIN, LEAVE

Task = Callable[[], list[LineResult]]
Tasks = Iterator[tuple[tuple[str, ...], Task]]
"""What is to be done for a block, each with the ids that it is about."""
Found = TypeVar("Found")


class Crew:
    """The tasks of one apply. `halted` says why nothing more is to be begun, `tell` hears why nothing goes on."""

    def __init__(
        self,
        desk: SyncDesk,
        plan: str,
        halted: Callable[[], str],
        tell: Callable[[str], None],
        pool: Executor,
        lease: Lease,
    ) -> None:
        self._desk = desk
        self._plan = plan
        self._halted = halted
        self._tell = tell
        self._lease = lease
        self._clock = desk.bridge.parts.clock
        self._made = Made()
        users, groups = ReconciledKind(desk.endpoint(USERS.name)), ReconciledKind(desk.endpoint(GROUPS.name))
        self._users, self._groups = users, groups
        self._present = PresentRecords(
            users.endpoint.records, self._context, partial(_side_by_side, pool), users.memberships
        )
        self._marks = ChangeMarks(desk.bridge.parts.state, users.endpoint.records.name)
        self._people = PersonChanges(users, self._present, self._context, self._patience, self._clock, self._marks.read)
        self._creations = {
            USERS.name: Creations(users, self._holders_of_users, self._context, self._patience),
            GROUPS.name: Creations(groups, self._holders_of_groups, self._context, self._patience),
        }
        self._memberships = MembershipChanges(
            groups, self._people, self._present, self._made, self._context, self._patience
        )

    def remember(self, lines: Iterable[Placed], made: Mapping[int, str]) -> None:
        """Be told what earlier applies have made."""
        for place, line in lines:
            if place in made:
                (self._made.groups if line.on == GROUP else self._made.people)[line.key] = made[place]

    def note(self, result: LineResult) -> None:
        """Be told what became of a line: whom it made, later ones name by his key."""
        line = result.line
        if line.id is not None:
            self._people.note_changed(line.id)
        if line.do == CREATE and result.id is not None:
            (self._made.groups if line.on == GROUP else self._made.people)[line.key] = result.id

    def tasks(self, stage: ApplyStage, block: list[Placed], begun: set[int]) -> Tasks:
        """Return what is to be done for a block. Raises `Halted`."""
        if stage.do in (JOIN, LEAVE):
            return ((_group_of(lines), partial(self._memberships.change, lines)) for lines in by_group(block))
        if stage.do == CREATE:
            creations = self._creations[stage.on]
            holders = self._read(lambda: creations.find_holders(block))
            return (((), partial(_alone, creations.make, each, holders, begun=each[0] in begun)) for each in block)
        seen = self._see(block)
        return ((_ids_of(each), partial(_alone, self._people.change, each, seen.get(each[1].id))) for each in block)

    def _see(self, block: list[Placed]) -> dict[str | None, SeenRecord]:
        """Return the records of the people of a block, as far as these can be read together. Raises `Halted`."""
        keys = [line.id for _place, line in block if line.id is not None]
        at, marks = self._clock(), dict(zip(keys, self._marks.read(keys), strict=True))
        found = self._read(lambda: self._present.read(line for _place, line in block)) or {}
        return {key: SeenRecord(record, at, marks[key]) for key, record in found.items()}

    def _read(self, read: Callable[[], Found]) -> Found | None:
        """Read for a whole block, None where that cannot be done: then each line reads for itself. Raises `Halted`."""
        patience = self._patience()
        while True:
            try:
                return read()
            except (ScimError, PingOneError) as error:
                if not patience.wait(error):
                    return None

    def _holders_of_users(self, resources: Iterable[Mapping[str, Any]]) -> list[Native]:
        name, external = (self._users.path_of(each) or each for each in (USERS.unique or "", "externalId"))
        value = self._users.paths.value
        return self._present.holders((str(value(each, name)), value(each, external)) for each in resources)

    def _holders_of_groups(self, resources: Iterable[Mapping[str, Any]]) -> list[Native]:
        unique = GROUPS.unique or ""
        name, records = self._groups.path_of(unique) or unique, self._groups.endpoint.records
        found: list[Native] = []
        for each in resources:
            asked = native.render(native.Term(unique, "eq", str(self._groups.paths.value(each, name))))
            for page in records.pages(self._context(), filter=asked, limit=PAGE):
                found += page.page.records
        return found

    def _context(self) -> RequestContext:
        context = self._desk.context(trace=self._plan)
        context.call.turns.append(self._lease.is_lost)
        return context

    def _patience(self) -> LinePatience:
        bridge = self._desk.bridge
        return LinePatience(self._halted, lambda: bridge.connection.circuit.is_open, bridge.parts.sleep, self._tell)


def _alone(do: Callable[..., LineResult], *given: Any, **named: Any) -> list[LineResult]:
    return [do(*given, **named)]


def _ids_of(placed: Placed) -> tuple[str, ...]:
    return () if placed[1].id is None else (placed[1].id,)


def _group_of(lines: list[Placed]) -> tuple[str, ...]:
    group: Mapping[str, str | None] = lines[0][1].group or {}
    return (group.get("id") or f"name:{group.get('name')}",)


def _side_by_side(pool: Executor, do: Callable[[str], Native | None], keys: Sequence[str]) -> list[Native | None]:
    return list(pool.map(do, keys))
