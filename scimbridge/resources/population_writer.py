"""How a population's changes are carried out: one PUT. What the changes are is decided before."""

from __future__ import annotations

from scimbridge.mapping.plan import Changes
from scimbridge.reach.records import ReachableRecords
from scimbridge.request.context import Ask
from scimbridge.request.progress import Progress
from scimbridge.resources.writer import BODY, UNREAD, Present, Written


class PopulationWriter:
    """Writes populations at PingOne."""

    def __init__(self, populations: ReachableRecords) -> None:
        self._populations = populations

    def write(self, ask: Ask, key: str, changes: Changes, progress: Progress, present: Present = UNREAD) -> Written:
        """Make the call, if there is anything to change. Raises PingOne's errors."""
        if not changes.body:
            return Written(present.record or {}, wrote=False)
        record = self._populations.read(ask, key) if present.record is None else present.record
        progress.plan(BODY)
        with progress.step(BODY):
            return Written(self._populations.put(ask, record, changes.body), wrote=True)

    def delete(self, ask: Ask, key: str) -> None:
        """Delete a population. Raises PingOne's errors."""
        self._populations.delete(ask, key)
