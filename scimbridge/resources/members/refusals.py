"""Why PingOne refused membership changes: the cause is read once, and said in SCIM's words. Changes nothing."""

from __future__ import annotations

from scimbridge.pingone.errors import NoPermission, NotThere, PingOneError
from scimbridge.reach.reach import Reach
from scimbridge.request.context import RequestContext
from scimbridge.request.rights import may_read
from scimbridge.resources.members.outcomes import COLLECTION, NAMED, Run, names
from scimbridge.scim.errors import InvalidValue, Mutability, NotFound, ScimError, Uniqueness
from scimbridge.sides import Native


class Refusals:
    """Words the refusals of one environment."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def explain(self, context: RequestContext, group_id: str, run: Run, group: Native | None, kept: str) -> ScimError:
        """Return the refusal; `kept` says what of the request stands.

        Raises PingOne's `NoPermission` where that is the cause.
        """
        if run.unknown:
            kept += f"; perhaps done: {names([change.member for change in run.unknown])}"
        for _change, error in run.refused:
            if isinstance(error, NoPermission):
                raise error
        try:
            group = group or self._reach.groups.read(context, group_id)
        except NotThere:
            return NotFound("no Group of that id")
        removals = [change.member for change, _error in run.refused if not change.add]
        if removals:
            return Mutability(
                "members: these stem from a dynamic filter or from a member group and cannot be removed by hand:"
                f" {names(removals)}{kept}"
            )
        unknown = [change.member for change, error in run.refused if isinstance(error, NotThere)]
        if unknown:
            return InvalidValue(f"members: there is no such user or group: {names(unknown)}{kept}")
        doubled = [change.member for change, error in run.refused if error.has("UNIQUENESS_VIOLATION")]
        if doubled and self._reach.groups.is_open(context):
            return Uniqueness(f"members: these are in another group of the same name already: {names(doubled)}{kept}")
        if doubled:  # PingOne looks at all groups, of which the other may be one that the client may not know of
            return Uniqueness(f"members: PingOne does not take these into the group: {names(doubled)}{kept}")
        return InvalidValue(f"members: {self._reason(context, group, run)}{kept}")

    def _reason(self, context: RequestContext, group: Native, run: Run) -> str:
        own = _population(group)
        refused = [change.member for change, _error in run.refused]
        strangers = []
        if own is not None and may_read(context.caller, "users") and may_read(context.caller, "groups"):
            for member in refused[:NAMED]:
                try:
                    record = self._reach.of(COLLECTION[member.kind or "User"]).read(context, member.id)
                except PingOneError:
                    continue
                if _population(record) != own:
                    strangers.append(f"{member.id} is of population {_population(record)}")
        if not strangers:
            return f"PingOne does not take these into the group: {names(refused)}"
        return f"the group takes members of its own population {own} only; {', '.join(strangers)}"


def _population(record: Native) -> str | None:
    held = record.get("population")
    return held.get("id") if isinstance(held, dict) else None
