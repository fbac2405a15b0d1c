"""Lines that take people into groups and out of them: those of one group that follow each other go out as one change.

Where PingOne refuses one of them, the bridge takes the others back, as for every client; then each is tried alone, so
that one person who is gone keeps nobody else out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from scimbridge.pingone.bodies import is_dynamic
from scimbridge.pingone.errors import NotThere, PingOneError
from scimbridge.pingone.kinds import GROUPS
from scimbridge.request.context import RequestContext
from scimbridge.scim.errors import NotFound, ScimError
from scimbridge.scim.verbs import PATCH
from scimbridge.sides import Body
from scimbridge.sync.applying.carrying_out import MINIMAL, Failure, PersonChanges, ReconciledKind, told
from scimbridge.sync.applying.judging import GONE, Judgement, LineStanding
from scimbridge.sync.applying.order import Placed
from scimbridge.sync.applying.patience import LinePatience
from scimbridge.sync.applying.present import PresentRecords
from scimbridge.sync.applying.values import DONE, DRIFTED, FAILED, SKIPPED, LineResult
from scimbridge.sync.plans.lines import JOIN
from scimbridge.sync.plans.managed_paths import PATCH_OP

_SERVER_FAULT = 500
_TOO_MANY = 429
NO_GROUP, RENAMED = "its group is not there any more", "its group has another name by now"
OWN_FILTER = "the members of its group come from its own filter by now"
NOT_MADE = "its person or its group was to be made by this plan, and was not"


class Made:
    """The ids of who was made by this plan, and of its groups: later lines name them by key and by name."""

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self.groups: dict[str, str] = {}

    def person(self, placed: Placed) -> str | None:
        """Return the id of a line's person, None where it was not made."""
        return placed[1].id or self.people.get(placed[1].key)

    def group(self, placed: Placed) -> str | None:
        """Return the id of a line's group, None where it was not made."""
        group: Mapping[str, str | None] = placed[1].group or {}
        return group.get("id") or self.groups.get(group.get("name") or "")


def by_group(block: Iterable[Placed]) -> Iterator[list[Placed]]:
    """Yield the lines of a block, those together that are of one group and follow each other."""
    for _group, lines in groupby(block, key=lambda placed: dict(placed[1].group or {})):
        yield list(lines)


class MembershipChanges:
    """Carries out joins and leaves."""

    def __init__(
        self,
        groups: ReconciledKind,
        people: PersonChanges,
        present: PresentRecords,
        made: Made,
        context: Callable[[], RequestContext],
        patience: Callable[[], LinePatience],
    ) -> None:
        self._groups = groups
        self._people = people
        self._present = present
        self._made = made
        self._context = context
        self._patience = patience

    def change(self, lines: list[Placed]) -> list[LineResult]:
        """Carry out the lines of one group, as long as it is the one that the plan means. Raises `Halted`."""
        if (changed := self._judge_group(lines)) is not None:
            return changed
        return self._change(lines)

    def _judge_group(self, lines: list[Placed]) -> list[LineResult] | None:
        """Return what becomes of lines whose group is gone, renamed or a dynamic one by now; None where it stands."""
        group: Mapping[str, str | None] = lines[0][1].group or {}
        key, patience = group.get("id"), self._patience()
        while key is not None:
            try:
                record = self._groups.endpoint.records.read(self._context(), key)
            except NotThere:
                return [LineResult(line, place, DRIFTED, NO_GROUP) for place, line in lines]
            except PingOneError as error:
                if not patience.wait(error):
                    return [LineResult(line, place, FAILED, told(error)) for place, line in lines]
            else:
                renamed = str(record.get(GROUPS.unique or "")).casefold() != str(group.get("name")).casefold()
                why = RENAMED if renamed else OWN_FILTER if is_dynamic(record) else ""
                return [LineResult(line, place, DRIFTED, why) for place, line in lines] if why else None
        return None

    def _change(self, lines: list[Placed]) -> list[LineResult]:
        results, ready = self._sort_out(lines)
        if not ready:
            return results
        failure = self._carry_out(ready)
        if failure is None or isinstance(failure, NotFound) or _passes(failure):
            return [*results, *(self._result(each, failure) for each in ready)]
        if len(ready) == 1:
            return [*results, self._refused(ready[0], failure)]
        for each in ready:
            results += self._change([each])
        return results

    def _sort_out(self, lines: list[Placed]) -> tuple[list[LineResult], list[Placed]]:
        """Return what became of lines that are not to be carried out, and the others."""
        results, ready = list[LineResult](), list[Placed]()
        conditional = [placed for placed in lines if placed[1].condition and placed[1].id]
        present = self._judge_people(conditional) if conditional else {}
        if isinstance(present, PingOneError):
            return [LineResult(line, place, FAILED, told(present)) for place, line in lines], []
        for placed in lines:
            place, line = placed
            key = self._made.person(placed)
            if key is None or self._made.group(placed) is None:
                results.append(LineResult(line, place, SKIPPED, NOT_MADE))
                continue
            found = present.get(key)
            if found is not None and found.standing is LineStanding.DRIFTED:
                results.append(LineResult(line, place, DRIFTED, found.why))
            else:
                ready.append(placed)
        return results, ready

    def _judge_people(self, lines: list[Placed]) -> dict[str, Judgement] | PingOneError:
        """Return whether the conditions of lines hold of their people, by id, or why that cannot be had."""
        patience = self._patience()
        while True:
            try:
                present = self._present.read(line for _place, line in lines)
                return {
                    line.id or "": self._people.judge_condition((place, line), present[line.id or ""])
                    for place, line in lines
                }
            except PingOneError as error:
                if not patience.wait(error):
                    return error

    def _carry_out(self, lines: list[Placed]) -> Failure | None:
        """Make one change of the group; return why it was not made, None where it was."""
        patience, group = self._patience(), self._made.group(lines[0]) or ""
        message = Body(self._message(lines))
        while True:
            try:
                self._groups.endpoint.do(PATCH, self._context(), MINIMAL, group, read=lambda: message)
            except (ScimError, PingOneError) as error:
                if not patience.wait(error):
                    return error
            else:
                return None

    def _message(self, lines: list[Placed]) -> dict[str, object]:
        links = self._groups.table.links
        name = "members" if links is None else links.attribute.name
        op = "add" if lines[0][1].do == JOIN else "remove"
        members = [{"value": self._made.person(placed), "type": "User"} for placed in lines]
        return {"schemas": [PATCH_OP], "Operations": [{"op": op, "path": name, "value": members}]}

    def _result(self, placed: Placed, failure: Failure | None) -> LineResult:
        place, line = placed
        if failure is None:
            return LineResult(line, place, DONE)
        if isinstance(failure, NotFound):
            return LineResult(line, place, DRIFTED, NO_GROUP)
        return LineResult(line, place, FAILED, told(failure))

    def _refused(self, placed: Placed, failure: Failure) -> LineResult:
        place, line = placed
        key = self._made.person(placed) or ""
        try:
            if self._present.read_one(key) is None:
                return LineResult(line, place, DRIFTED, GONE.why)
        except PingOneError as error:
            failure = error
        return LineResult(line, place, FAILED, told(failure))


def _passes(failure: Failure) -> bool:
    """Whether a failure says nothing of the single lines."""
    return not 0 < failure.status < _SERVER_FAULT or failure.status == _TOO_MANY
