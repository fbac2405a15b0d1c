"""What was asked of the sandbox: every request in order, and counts by method and template.

Knows requests and statuses. Bodies are kept as they came: this is a test's witness, not a log.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import orjson

KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One request; `status` is 0 when the connection was closed, `fault` names what was done to it.

    `template` is the path below the environment with the ids taken out: `/users/{user}`.
    """

    serial: int
    method: str
    path: str
    query: str
    template: str
    content_type: str
    body: bytes
    status: int
    fault: str = "none"
    correlation: str = ""

    @property
    def json(self) -> Any:
        """The body, parsed; None when there is none."""
        return orjson.loads(self.body) if self.body else None

    def to_json(self) -> dict[str, Any]:
        """Return the entry for `GET /_sandbox/journal`."""
        return {
            "serial": self.serial,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "template": self.template,
            "contentType": self.content_type,
            "body": self.body.decode(errors="replace"),
            "status": self.status,
            "fault": self.fault,
            "correlationId": self.correlation,
        }


class Journal:
    """The last 20,000 requests and the counts of all since the last `clear`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._serial = 0
        self._entries: deque[JournalEntry] = deque(maxlen=KEPT)
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, **values: Any) -> None:
        """Add a request; the names are those of Entry, without `serial`."""
        with self._lock:
            self._serial += 1
            entry = JournalEntry(serial=self._serial, **values)
            self._entries.append(entry)
            self._counts[entry.method, entry.template] += 1

    @property
    def entries(self) -> list[JournalEntry]:
        """The requests that are kept, oldest first."""
        with self._lock:
            return list(self._entries)

    @property
    def calls(self) -> list[str]:
        """The requests as "GET /users/{user}", oldest first."""
        return [f"{entry.method} {entry.template}" for entry in self.entries]

    def count(self, method: str | None = None, template: str | None = None) -> int:
        """Return how many requests fit, since the last clear."""
        with self._lock:
            return sum(
                number
                for (held_method, held_template), number in self._counts.items()
                if method in (None, held_method) and template in (None, held_template)
            )

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()

    def to_json(self) -> dict[str, Any]:
        """Return entries and counts for `GET /_sandbox/journal`."""
        with self._lock:
            counts = {f"{method} {template}": number for (method, template), number in self._counts.items()}
            return {"counts": counts, "entries": [entry.to_json() for entry in self._entries]}
