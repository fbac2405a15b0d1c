"""How changes of a kind without facets and members are carried out: one PUT. What the changes are is decided before."""

from __future__ import annotations

from scimbridge.mapping.plan import Changes
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import Ask
from scimbridge.request.progress import Progress
from scimbridge.resources.writer import BODY, UNREAD, Present, Written


class PlainWriter:
    """Writes the records of one kind at PingOne."""

    def __init__(self, records: ReachableRecords) -> None:
        self._records = records

    def write(self, ask: Ask, key: str, changes: Changes, progress: Progress, present: Present = UNREAD) -> Written:
        """Make the call, if there is anything to change. Raises PingOne's errors."""
        if not changes.body:
            return Written(present.record or {}, wrote=False)
        record = self._records.read(ask, key) if present.record is None else present.record
        progress.plan(BODY)
        with progress.step(BODY):
            return Written(self._records.put(ask, record, changes.body), wrote=True)

    def delete(self, ask: Ask, key: str) -> None:
        """Delete a record. Raises PingOne's errors."""
        self._records.delete(ask, key)
