"""This process's share of the one rate: leased for a second, and renewed by whoever calls when half of it is over.

Joins the ledger (what each may have) and the state that nodes share. Knows no calls and no pace. No clock of one
process is compared with another's: what an entry holds counts until it has not changed for as long as its lease and
the second after it last, by the clock of the one who looks.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import orjson

from scimbridge.pingone.sending.rate_ledger import LearntRate, Ledger, LedgerEntry, divide
from scimbridge.state.base import State

LEASE = 1.0  # seconds
_RENEW = LEASE / 2
_HUNGRY = LEASE / 4  # ... while others still hold what is due to this one
_HURRY = LEASE / 10  # ... when calls begin to wait though there is more
_WINDOW = 1.0  # the second in which calls are counted
_MARGIN = 0.1
_PASSED = _WINDOW + _MARGIN
_SILENT = LEASE + _PASSED
_LOCK_LIFE = 2.0
_LOCK_WAIT = 0.2
_LOCK_AGAIN = 0.05
_LITTLE = 1.25  # of what was needed lately is asked for, and one call more
_FADING = 0.6
_ROSTER_AGAIN = 60.0
_ROSTER_LIFE = 180.0  # a process that has made no call for so long is not counted when all are on their own


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a process tells when it renews: calls made so far, calls waiting, 429s of its own so far, its limit.

    `background`: nobody waits for the answers to its calls; then it wants `most` calls per second and no more.
    """

    taken: int
    waiting: int
    cuts: int
    limit: LearntRate
    background: bool = False
    most: float = float("inf")


@dataclass(frozen=True, slots=True)
class RateLease:
    """What may be sent per second until `ends_at`, what it will come to, and what others have learnt (or None)."""

    share: float
    due: float
    ends_at: float
    limit: LearntRate | None = None


class Share:
    """One process's place in the ledger. Not safe for threads: one renews at a time.

    `look_at` is when it wants to be renewed.
    """

    def __init__(
        self,
        state: State,
        rate: float,
        *,
        name: str,
        member: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        """`rate` is what all may send together, per second.

        `name` tells this application from others in the same state, `member` this process from others of its kind.
        """
        self._state = state
        self._rate = rate
        self._key = f"pingone:rate:{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        self._clock = clock
        self._wall = wall
        self._member = member
        self.look_at = float("-inf")
        self._renewed_at = float("-inf")
        self._number = 0
        self._wanted = 0.0
        self._taken = 0
        self._lease = RateLease(0.0, 0.0, float("-inf"))
        self._more = False
        self._past: deque[tuple[float, float]] = deque()  # until when, what share
        self._seen: dict[str, tuple[int, float]] = {}  # which number of each entry, and since when
        self._heard = self._cuts = 0
        self._members = 1
        self._enrolled_at = float("-inf")
        self._careful_until = float("-inf")

    @property
    def members(self) -> int:
        """How many processes there are, as far as is known."""
        return self._members

    @property
    def hurried_at(self) -> float:
        """When to renew should calls be waiting: soon, where more is free."""
        return min(self.look_at, self._renewed_at + _HURRY) if self._more else self.look_at

    def renew(self, standing: Renewal) -> RateLease | None:
        """Return the next lease; None when the ledger is busy: what is leased goes on until its end."""
        now = self._clock()
        if self._is_alone():
            return self._go_alone(now)
        with self._state.lock(f"{self._key}:lock", ttl=_LOCK_LIFE, wait=_LOCK_WAIT) as taken:
            lease = self._enter(now, standing) if taken else None
        if self._is_alone():
            return self._go_alone(now)
        if lease is None:
            self.look_at = now + _LOCK_AGAIN
            return None
        return self._take(lease, now + (_HUNGRY if lease.share < lease.due else _RENEW))

    # -- with the others -------------------------------------------------------------------------------------------

    def _enter(self, now: float, standing: Renewal) -> RateLease | None:
        """Write this process's entry anew, within what the others leave."""
        ledger = Ledger.load(self._state.get(self._key))
        name = f"{self._member}.{os.getpid()}"  # a copy of this process is another one
        others = self._living(now, ledger.entries, name)
        wanted, last = self._want(now, standing), ledger.background & others.keys()
        if standing.background:
            wanted, last = min(wanted, standing.most), last | {name}
        present = self._lease.share if now < self._lease.ends_at else 0.0
        portion = divide(self._rate, others, name, wanted, present, last)
        share = portion.share
        if now < self._careful_until:
            share = min(share, self._rate / self._members)
        held = max([share, *self._recent(now)])
        others[name] = LedgerEntry(self._number + 1, held, wanted, later=share)
        limit, news = self._learn(ledger, standing)
        if self._clock() - now > _LOCK_LIFE / 2:
            return None  # so late that the lock may be somebody else's
        ledger = Ledger(others, limit or standing.limit, news, frozenset(last))
        self._state.set(self._key, ledger.dump(), ttl=LEASE + _WINDOW)
        self._enrol(now, name)
        self._number += 1
        self._wanted, self._taken, self._renewed_at = wanted, standing.taken, now
        self._heard, self._cuts = news, standing.cuts
        self._more = portion.more
        return RateLease(share, portion.due, now + LEASE, limit)

    def _living(self, now: float, entries: Mapping[str, LedgerEntry], own: str) -> dict[str, LedgerEntry]:
        """Return the entries that count, with what they hold by now: who has stopped calling does not write it down."""
        seen, living = {}, {}
        for name, entry in entries.items():
            number, since = self._seen.get(name, (0, now))
            seen[name] = (entry.number, since if number == entry.number else now)
            silent = now - seen[name][1]
            if name != own and silent < _SILENT:
                living[name] = entry if silent < _PASSED else replace(entry, held=entry.later)
        self._seen = seen
        return living

    def _want(self, now: float, standing: Renewal) -> float:
        """Return how many calls per second this process could use, from what it did since it was here last.

        Where the share is used and calls wait, nobody knows how many more would come: then it is the whole rate.
        """
        passed, made, share = now - self._renewed_at, standing.taken - self._taken, self._lease.share
        lately = made / max(passed, _HUNGRY) * _LITTLE + standing.waiting + 1.0
        before: float = self._wanted * _FADING ** (passed / _RENEW)
        is_used = standing.waiting and made >= share * passed / 2
        return min(self._rate, max(before, lately, self._rate if is_used else 0.0))

    def _recent(self, now: float) -> list[float]:
        while self._past and self._past[0][0] < now - _PASSED:
            self._past.popleft()
        held = [share for _until, share in self._past]
        return [*held, self._lease.share] if now < self._lease.ends_at + _WINDOW else held

    def _learn(self, ledger: Ledger, standing: Renewal) -> tuple[LearntRate | None, int]:
        """Return what others have learnt, where that is new here, and the number of the news that is then the last."""
        told = ledger.limit if ledger.news != self._heard else None
        news = max(ledger.news, self._heard)
        if standing.cuts == self._cuts:
            return told, news
        own = standing.limit
        if told is not None:
            own = LearntRate(min(own.rate, told.rate), min(own.ceiling, told.ceiling), max(own.pause, told.pause))
        return own, news + 1

    # -- alone -----------------------------------------------------------------------------------------------------

    def _is_alone(self) -> bool:
        return self._state.is_cut_off

    def _go_alone(self, now: float) -> RateLease:
        """Go on within this process's part of the rate, for as long as the others cannot be seen."""
        self._careful_until = now + _SILENT
        part = self._rate / self._members
        # As long as a lease from before may count for somebody, nobody has more than it.
        share = min(part, self._lease.share) if now < self._renewed_at + _SILENT else part
        self._more = False
        return self._take(RateLease(share, part, now + LEASE), now + _RENEW)

    def _enrol(self, now: float, name: str) -> None:
        """Count the processes, now and then: only how many there were helps when they cannot be seen."""
        if now - self._enrolled_at < _ROSTER_AGAIN and self._members >= len(self._seen):
            return
        key, today = f"{self._key}:members", self._wall()
        kept = self._state.get(key)
        roster: dict[str, float] = {} if kept is None else orjson.loads(kept)
        roster = {member: seen for member, seen in roster.items() if abs(today - seen) < _ROSTER_LIFE}
        roster[name] = today
        self._state.set(key, orjson.dumps(roster), ttl=_ROSTER_LIFE)
        self._members, self._enrolled_at = len(roster), now

    def _take(self, lease: RateLease, look_at: float) -> RateLease:
        # The old share was in force until this moment, or until its end.
        self._past.append((min(self._clock(), self._lease.ends_at), self._lease.share))
        self._lease = lease
        self.look_at = look_at
        return lease
