"""The creation of groups: the group, then its members; taken back only where this request made it and it is alone.

A group that an earlier try made may have been found and filled by others since: to that, members are only added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from scimbridge.mapping.links import Links
from scimbridge.mapping.plan import Changes, plan_create
from scimbridge.mapping.tables.rows import read_field
from scimbridge.once.creation import Created, Creation, FoundRecord, NewRecord
from scimbridge.pingone.bodies import is_dynamic
from scimbridge.pingone.errors import Refused
from scimbridge.pingone.kinds import GROUPS
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.member_results import MemberResults
from scimbridge.request.progress import Progress
from scimbridge.request.refusals import refusing
from scimbridge.request.view import View
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.group_writer import GroupWriter
from scimbridge.resources.members.changes import check_ids
from scimbridge.resources.members.current import CurrentMembers, may_have_indirect
from scimbridge.resources.members.outcomes import MadeChanges
from scimbridge.resources.members.own_changes import Recent
from scimbridge.scim.errors import ScimError, Unavailable
from scimbridge.scim.reading import read_resource
from scimbridge.scim.verbs import CREATE
from scimbridge.sides import Body, Native

Record = dict[str, Any]


class GroupCreation:
    """Creates groups."""

    def __init__(
        self,
        groups: ReachableRecords,
        view: View,
        records: GroupRecords,
        members: CurrentMembers,
        creation: Creation,
        writer: GroupWriter,
    ) -> None:
        self._groups = groups
        self._view = view
        self._table = view.table
        self._records = records
        self._members = members
        self._creation = creation
        self._own = writer.own
        self._kept = writer.kept

    def create(self, context: RequestContext, options: AnswerOptions, body: Body) -> Reply:
        """Make a group, then its members. Where these are refused, a group that this request made is taken back."""
        resource = read_resource(body, self._table.type, context.manner)
        changes = self._place(context, plan_create(self._table, resource, context.manner))
        check_ids(changes.links)
        context.notes.planned(self._table, changes)
        progress = context.notes.follow(Progress())
        with self._creation.intent(context, body) as intent, refusing(self._table, progress):
            created = self._creation.create(context, intent, changes.body)
            record = created.record
            if isinstance(created, NewRecord):
                self._kept.look(context, changes.body, record)
            is_empty = isinstance(created, NewRecord) and not is_dynamic(record)
            members: list[Record] | None = [] if is_empty else None
            if changes.links:
                record, members = self._fill(context, created, changes.links, progress)
            if self._records.wants_members(options):
                if members is None:
                    members = self._members.read_laid(context, record, self._own.of(record["id"])).shown
                record = self._records.settled(context, record, members)
        return self._view.show(options, record, CREATE.success)

    def _place(self, context: RequestContext, changes: Changes) -> Changes:
        """Put a new group where the client may go: one that it names no population for is else the environment's.

        Raises `InvalidValue`.
        """
        within = self._groups.within(context)
        top, *rest = home = GROUPS.home_path
        spelled = self._table.scim_name(".".join(home)) or top
        named = read_field(changes.body, home)
        population = within.choose(None, spelled) if named is None else within.check_named(named, spelled)
        if population is None:
            return changes
        return replace(changes, body=changes.body | {top: dict.fromkeys(rest, population)})

    def _fill(
        self, context: RequestContext, created: Created, links: Links, progress: Progress
    ) -> tuple[Native, list[Record] | None]:
        """Add the members. Returns the record and all members, None for these where only reading them can tell."""
        key = created.record["id"]
        progress.finish(f"created as {key}" if isinstance(created, NewRecord) else f"exists as {key}")
        with self._records.turn(context, key):
            own = self._own.of(key)
            match created:
                case NewRecord(record):
                    made, listed = self._fill_new(context, record, links, own, progress), []
                case FoundRecord(record):
                    laid = self._members.read_laid(context, record, own)
                    with progress.step("members"):
                        made, listed = self._members.add(context, record, laid.needed(links), own, laid), laid.listed
            record = self._records.after(context, record, made)
            if may_have_indirect(record, listed, made):
                return record, None
            return record, self._members.lay(context, record, listed, own, made.kinds).shown

    def _fill_new(
        self, context: RequestContext, record: Native, links: Links, own: Recent, progress: Progress
    ) -> MadeChanges:
        """Give a new group its members; where PingOne refuses one, the group is taken back, unless others are in it."""
        try:
            with progress.step("members"):
                return self._members.add(context, record, links, own)
        except Unavailable:
            raise
        except (ScimError, Refused):
            if not self._members.lists.has_others(context, record, links.add):
                with progress.taking_back():
                    self._groups.delete(context, record["id"])
                if progress.taken_back:  # and with the group who was in it
                    context.notes.joined(MemberResults(not_done=tuple(member.id for member in links.add)))
            raise
