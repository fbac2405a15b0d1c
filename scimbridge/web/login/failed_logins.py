"""Failed logins in the log: one line a minute for each address, with a count, and nothing that was sent.

The line is `login refused`; every refusal is counted for the metrics too, by its reason.

Nobody is locked out, since a lock-out is a way to shut others out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from scimbridge.observe.logs import named

MINUTE = 60.0  # seconds
MOST = 1000
"""Addresses that are counted at a time; past it the oldest count is written out."""
_OWN_NETWORK = 64  # bits: one customer has at least these of IPv6 to himself

log = named(__name__)


@dataclass(slots=True)
class _Count:
    since: float
    reason: str
    unsaid: int = 0


def _nobody(_reason: str) -> None:
    pass


class FailedLogins:
    """Counts refusals by address. The first is told at once, those of the next minute together after it.

    `observe` hears the reason of each.
    """

    def __init__(self, clock: Callable[[], float], observe: Callable[[str], object] = _nobody) -> None:
        self._observe = observe
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, _Count] = {}  # the oldest first
        self._due: float | None = None

    def note(self, address: str, reason: str) -> None:
        """Count a refusal. `reason` is constant text."""
        self._observe(reason)
        source = _source(address)
        now = self._clock()
        with self._lock:
            over = self._take_over(now)
            known = self._counts.get(source)
            if known is not None:
                known.unsaid += 1
                known.reason = reason
            else:
                over.append((source, _Count(now, reason, 1)))
                self._counts[source] = _Count(now, reason)
                if len(self._counts) > MOST:
                    oldest = next(iter(self._counts))
                    over.append((oldest, self._counts.pop(oldest)))
            self._due = next(iter(self._counts.values())).since + MINUTE
        _tell(over)

    def settle(self) -> None:
        """Tell what was counted in minutes that are over; costs nothing where there is nothing."""
        due = self._due
        if due is None or self._clock() < due:
            return
        with self._lock:
            over = self._take_over(self._clock())
        _tell(over)

    def _take_over(self, now: float) -> list[tuple[str, _Count]]:
        """Take out the counts whose minute is over; who went on failing begins a new one, so a minute has one line."""
        over = []
        while self._counts:
            source, count = next(iter(self._counts.items()))
            if now - count.since < MINUTE:
                break
            del self._counts[source]
            if count.unsaid:
                over.append((source, count))
                self._counts[source] = _Count(now, count.reason)
        first = next(iter(self._counts.values()), None)
        self._due = None if first is None else first.since + MINUTE
        return over


def _tell(counts: list[tuple[str, _Count]]) -> None:
    for source, count in counts:
        if count.unsaid:
            log.warning("login refused", address=source, count=count.unsaid, reason=count.reason)


def _source(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:  # a Unix socket has none
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed.packed, _OWN_NETWORK), strict=False))
    return str(parsed)
