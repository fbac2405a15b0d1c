"""How changes of a kind without facets and members are carried out: one PUT. What the changes are is decided before."""

from __future__ import annotations

from scimbridge.mapping.plan import Changes
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import RequestContext
from scimbridge.request.kept_values import KeptValues
from scimbridge.request.progress import Progress
from scimbridge.resources.writer import BODY, UNREAD, Baseline, Written
from scimbridge.sides import Native


class PlainWriter:
    """Writes the records of one kind at PingOne."""

    def __init__(self, records: ReachableRecords, kept: KeptValues) -> None:
        self._records = records
        self.kept = kept

    def write(
        self, context: RequestContext, key: str, changes: Changes, progress: Progress, present: Baseline = UNREAD
    ) -> Written:
        """Make the call, if there is anything to change. Raises PingOne's errors."""
        if not changes.body:
            return Written(present.record or Native({}), wrote=False)
        record = self._records.read(context, key) if present.record is None else present.record
        progress.plan(BODY)
        with progress.step(BODY):
            written = self._records.put(context, record, changes.body)
        self.kept.look(context, changes.body, written)
        return Written(written, wrote=True)

    def delete(self, context: RequestContext, key: str) -> None:
        """Delete a record. Raises PingOne's errors."""
        self._records.delete(context, key)
