"""A create that happens once, also where PingOne's answer to it is lost.

PingOne has no idempotency keys. What is unique there shows whether a lost create was carried out: the create is sent
again, and where the value is taken, the holder is read. It is ours if it agrees with all that was sent, is where the
client may go, and was not made before our first try by PingOne's own clock. What is found is not made: others may have
seen and changed it since, so that nothing is set on it again and it is never taken back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from scimbridge.once.intents import Intent, Intents
from scimbridge.once.recent_names import RecentNames
from scimbridge.pingone import filters as native
from scimbridge.pingone.errors import NotThere, PingOneError, Refused, Unreachable
from scimbridge.pingone.media import JSON
from scimbridge.reach.records import ReachableRecords
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.request.context import RequestContext
from scimbridge.sides import Native

PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2, 3.2)  # seconds between the tries after a lost answer
CLOCK_GRAIN = 2.0  # seconds: an HTTP date has no part of a second, and an answer takes its time


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that a call of this request made; its client was not told of it yet."""

    record: Native


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record that a try with a lost answer made, of this request or of an earlier one."""

    record: Native

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has changed its own fields since it was made, by PingOne's word."""
        made, changed = self.record.get("createdAt"), self.record.get("updatedAt")
        return isinstance(made, str) and made == changed


Created = NewRecord | FoundRecord


class Creation:
    """Creates in one collection. Who holds what is unique there is found by the field that its kind says.

    Who holds a value is asked of the whole environment, since that is where it is unique.
    """

    def __init__(
        self,
        records: ReachableRecords,
        holders: UnconfinedRecords,
        fresh: RecentNames,
        intents: Intents,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        sleep: Callable[[float], None],
        page_size: int,
    ) -> None:
        self._records = records
        self._holders = holders
        self._kind = records.kind
        self._fresh = fresh
        self._intents = intents
        self._clock = clock
        self._wall = wall
        self._sleep = sleep
        self._page_size = page_size

    def intent(self, context: RequestContext, body: Mapping[str, Any]) -> AbstractContextManager[Intent]:
        """Note what a client asks to be created, until it has its answer; all calls for it are made inside."""
        return self._intents.of(context, self._records.name, body)

    def create(
        self,
        context: RequestContext,
        intent: Intent,
        body: Mapping[str, Any],
        media: str = JSON,
        own: Mapping[str, Any] | None = None,
    ) -> Created:
        """Make a record, or find the one that a lost try of this intent has made.

        `own` is what such a record has to hold, all of `body` unless it says less. Raises PingOne's errors;
        `Unreachable` only where nobody can say whether it was made.
        """
        own = body if own is None else own
        lost: Unreachable | None = None
        for pause in (0.0, *PAUSES):
            if not self._wait(context, pause):
                break
            try:
                record = self._records.create(context, dict(body), media)
            except Unreachable as error:
                if not error.maybe_done:
                    raise
                lost = error
            except Refused as error:
                taken = error.has("UNIQUENESS_VIOLATION")
                if not lost and not (taken and intent.again):
                    raise
                # A lost try may be what the next one was refused for, whatever PingOne says: the licence is used up.
                error.maybe_done = error.maybe_done or (lost is not None and not taken)
                pauses = (0.0, *PAUSES) if taken else (0.0,)
                return self._find_own(context, own, self._since(intent, error), error, pauses)
            else:
                self._fresh.note(record)
                context.notes.made(record["id"])
                return NewRecord(record)
        raise lost or Unreachable("PingOne was not asked in time")

    def _wait(self, context: RequestContext, pause: float) -> bool:
        if pause and self._clock() + pause >= context.call.deadline:
            return False
        if pause:
            self._sleep(pause)
        return True

    def _since(self, intent: Intent, refusal: Refused) -> float | None:
        """Return when the first try began, by PingOne's own clock."""
        return None if refusal.server_date is None else intent.began + refusal.server_date - self._wall()

    def _find_own(
        self,
        context: RequestContext,
        own: Mapping[str, Any],
        since: float | None,
        refusal: Refused,
        pauses: Iterable[float],
    ) -> FoundRecord:
        """Return the record that holds the value, if a lost try of ours made it; else the refusal stands."""
        for pause in pauses:
            if not self._wait(context, pause):
                break
            holder = self._holder(context, own, refusal)
            if holder is not None:
                ours = self._records.keeps(context, holder) and self._agrees(context, own, holder)
                if ours and not _made_before(holder, since):
                    context.notes.found(holder["id"])
                    return FoundRecord(self._records.check(context, holder))
                break
        raise refusal

    def _holder(self, context: RequestContext, own: Mapping[str, Any], refusal: PingOneError) -> Native | None:
        for fault in refusal.faults:
            existing = fault.inner.get("existingId")
            if isinstance(existing, str):
                try:
                    return self._holders.read(context.call, existing)
                except NotThere:
                    return None
        (unique,) = self._kind.required
        asked = native.render(native.Term(unique, "eq", str(own[unique])))
        for page in self._holders.pages(context.call, filter=asked, limit=self._page_size):
            for record in page.records:
                if self._agrees(context, own, record):
                    return record
        return None

    def _agrees(self, context: RequestContext, own: Mapping[str, Any], record: Native) -> bool:
        return agrees(own, self._records.seen(context, record), self._kind.secrets)


def agrees(sent: Any, held: Any, unseen: frozenset[str]) -> bool:
    """Whether a record holds all that was sent; `unseen` is never shown, a null is the same as nothing."""
    if isinstance(sent, dict):
        if not isinstance(held, dict):
            return False
        return all(agrees(value, held.get(name), unseen) for name, value in sent.items() if name not in unseen)
    return sent is None or bool(sent == held)


def _made_before(record: Mapping[str, Any], since: float | None) -> bool:
    created = record.get("createdAt")
    if since is None or not isinstance(created, str):
        return False
    return dt.datetime.fromisoformat(created).timestamp() + CLOCK_GRAIN < since
