"""Who came of a list that is read in parts: each record once, and how many of them were there when it began.

Pure. Whoever was there at the start and has come is counted as `old`; where as many have come as PingOne counted at the
start, nobody who was there all the time is missing, whatever moved from part to part meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scimbridge.sides import Native


@dataclass(frozen=True, slots=True)
class Begun:
    """How a walk began: how many PingOne counted, when by its clock, and how large parts were to be at most.

    `count` is None where it does not say, `at` is seconds since 1970.
    """

    count: int | None
    at: float
    most: int = 0


class Tally:
    """The ids of one list. `field` is where a record says since when it is as it is, "" where that says nothing."""

    def __init__(self, field: str = "", seen: Iterable[str] = (), old: int = 0) -> None:
        self._field = field
        self._seen = {_key(each) for each in seen}
        self._before = ""
        self.old = old

    def __len__(self) -> int:
        return len(self._seen)

    def begin(self, at: float) -> None:
        """Say when the list began to be read, by PingOne's clock; what is of that very second counts as later."""
        self._before = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def take(self, records: Iterable[Native]) -> list[Native]:
        """Return those records that have not come before."""
        fresh = []
        for record in records:
            key = _key(record["id"])
            if key not in self._seen:
                self._seen.add(key)
                self.old += self._is_old(record)
                fresh.append(record)
        return fresh

    def find_doubt(self, begun: int | None, now: int | None) -> str:
        """Return why somebody may not have come, "" where nobody can be missing."""
        if begun is None:
            return "PingOne does not say how many there are"
        if self.old < begun:
            return f"{begun - self.old} of {begun} who were counted at the start did not come"
        return self.find_surplus(now)

    def find_surplus(self, now: int | None) -> str:
        """Return that PingOne counts more by now than have come, "" where it does not."""
        if now is not None and now > len(self):
            return f"PingOne counts {now}, and {len(self)} came"
        return ""

    def _is_old(self, record: Native) -> bool:
        """Whether it was there, and as it is, before the list began to be read; whoever does not say so was not."""
        if not self._field:
            return True
        since = record.get(self._field)
        return isinstance(since, str) and since.endswith("Z") and since < self._before


def _key(key: str) -> Any:
    """Return what stands for an id, in a third of its size where it is a UUID."""
    try:
        return int(key.replace("-", ""), 16)
    except ValueError:
        return key
