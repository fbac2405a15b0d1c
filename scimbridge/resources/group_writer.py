"""How a group's changes are carried out: its own fields in one PUT, then its members by one call each.

Where PingOne refuses a member, the fields are put back as well. What the changes are is decided before.
"""

from __future__ import annotations

from scimbridge.mapping.plan import Changes
from scimbridge.pingone.errors import Refused
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.request.kept_values import KeptValues
from scimbridge.request.progress import Progress
from scimbridge.resources.group_records import GroupRecords
from scimbridge.resources.members.changes import check_ids
from scimbridge.resources.members.current import CurrentMembers
from scimbridge.resources.members.own_changes import OwnMemberships
from scimbridge.resources.writer import BODY, UNREAD, Baseline, Written
from scimbridge.scim.errors import ScimError, Unavailable
from scimbridge.sides import Native

MEMBERS = "members"


class GroupWriter:
    """Writes groups at PingOne."""

    def __init__(
        self,
        groups: ReachableRecords,
        records: GroupRecords,
        members: CurrentMembers,
        own: OwnMemberships,
        kept: KeptValues,
    ) -> None:
        self.own = own
        self.kept = kept
        self._groups = groups
        self._records = records
        self._members = members

    def write(
        self, context: RequestContext, key: str, changes: Changes, progress: Progress, present: Baseline = UNREAD
    ) -> Written:
        """Make the calls: the group's own fields, then the members; a refusal of these takes both back.

        The record is told in any case. Raises PingOne's errors, and what `MemberChanges.make` raises.
        """
        check_ids(changes.links)
        before = present.record
        if before is None and changes.body:
            before = self._records.read(context, key)
        after = before
        progress.plan(*([BODY] if changes.body else []), *([MEMBERS] if changes.links else []))
        if changes.body and before is not None:
            with progress.step(BODY):
                after = self._groups.put(context, before, changes.body)
                self.kept.look(context, changes.body, after)
        if not changes.links:
            return Written(self._records.read(context, key) if after is None else after, bool(changes))
        own = present.own or self.own.of(key)
        try:
            with progress.step(MEMBERS):
                made = self._members.change(context, key, changes.links, own, after, present.members)
        except Unavailable:
            raise
        except (ScimError, Refused):
            if before is not None and after is not None and changes.body:
                with progress.taking_back():
                    self._restore(context, before, after, changes)
            raise
        record = self._records.read(context, key) if after is None else self._records.after(context, after, made)
        return Written(record, True, made)

    def _restore(self, context: RequestContext, before: Native, after: Native, changes: Changes) -> None:
        """Put back those of a group's own fields that still are as this request has set them."""
        now = self._groups.read(context, before["id"])
        ours = [name for name in changes.body if now.get(name) == after.get(name)]
        if ours:
            self._groups.put_back(context, now, before, ours)

    def delete(self, context: RequestContext, key: str) -> None:
        """Delete a group. Raises PingOne's errors."""
        self.own.note_deleted(key)
        self._groups.delete(context, key)
