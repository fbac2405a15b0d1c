"""The audit feed: one event for each write, newest kept (docs/pingone.md §11.1).

Knows events and how to show them; the directory records them, listing.py pages them.
"""

from __future__ import annotations

from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from scimbridge.sandbox.http.errors import FilterError
from scimbridge.sandbox.lists.filters import AllOf, Comparison, Node
from scimbridge.sandbox.store.records import Json, parse_instant, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 50_000
CORRELATION: Final[ContextVar[str]] = ContextVar("sandbox_correlation", default="")
"""The Correlation-Id of the request that is being answered."""

_TIMES: Final = ("recordedAt", "createdAt", "createdat")
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "gt": lambda held, wanted: held > wanted,
    "ge": lambda held, wanted: held >= wanted,
    "lt": lambda held, wanted: held < wanted,
    "le": lambda held, wanted: held <= wanted,
}
_EQUAL: Final = ("correlationid", "resources.id", "resources.type", "resources.population.id", "action.type")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about; `path` is relative to the environment."""

    type: str
    id: str
    name: str
    path: str
    population: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One activity; `at` in seconds since 1970."""

    serial: int
    id: str
    at: float
    action: str
    subject: Subject
    description: str
    correlation: str

    def value(self, name: str) -> str | None:
        """Return the value of a filterable attribute."""
        values = {
            "correlationid": self.correlation,
            "resources.id": self.subject.id,
            "resources.type": self.subject.type,
            "resources.population.id": self.subject.population,
            "action.type": self.action,
        }
        return values[name]

    def to_json(self, base: str, environment_id: str, client_id: str) -> Json:
        """Return the activity as the API shows it; `base` is the environment's address."""
        words = self.action.replace("_", " ").replace(".", " ").title()
        resource: Json = {
            "type": self.subject.type,
            "id": self.subject.id,
            "name": self.subject.name,
            "environment": {"id": environment_id},
            "href": base + self.subject.path,
        }
        if self.subject.population is not None:
            resource["population"] = {"id": self.subject.population}
        client = {"id": client_id, "name": "worker", "environment": {"id": environment_id}, "type": "CLIENT"}
        return {
            "_links": {"self": {"href": f"{base}/activities/{self.id}"}},
            "id": self.id,
            "recordedAt": stamp(self.at),
            "createdAt": stamp(self.at),
            "correlationId": self.correlation,
            "actors": {"client": client},
            "action": {"type": self.action, "description": words},
            "resources": [resource],
            "result": {"status": "SUCCESS", "description": self.description},
        }


class Activities:
    """The last 50,000 events, oldest first. The caller holds the lock."""

    def __init__(self) -> None:
        self.events: deque[Event] = deque(maxlen=KEPT)
        self._serial = 0

    def note(self, action: str, subject: Subject, description: str, *, at: float, event_id: str) -> None:
        """Add an event."""
        self._serial += 1
        self.events.append(Event(self._serial, event_id, at, action, subject, description, CORRELATION.get()))


def compile_feed_filter(node: Node) -> Callable[[Event], bool]:
    """Return the test of a feed filter: a range of recordedAt is a must, the rest is `eq` only.

    Raises FilterError.
    """
    parts = node.parts if isinstance(node, AllOf) else (node,)
    lower = upper = False
    tests = []
    for part in parts:
        if not isinstance(part, Comparison):
            raise FilterError("activities take comparisons joined with and", [*_TIMES, *_EQUAL])
        tests.append(_compile_part(part))
        lower |= part.path in _TIMES and part.op in ("gt", "ge")
        upper |= part.path in _TIMES and part.op in ("lt", "le")
    if not (lower and upper):
        raise FilterError("a range of recordedAt is required", ["recordedAt"], ["gt", "ge", "lt", "le"])
    return lambda event: all(test(event) for test in tests)


def _compile_part(part: Comparison) -> Callable[[Event], bool]:
    if part.path in _TIMES:
        moment = parse_instant(part.value) if isinstance(part.value, str) else None
        compare = _COMPARISONS.get(part.op)
        if compare is None or moment is None:
            raise FilterError(f"{part.path} is compared with an instant", ["recordedAt"], sorted(_COMPARISONS))
        return lambda event: compare(round(event.at, 3), moment)
    if part.path not in _EQUAL or part.op != "eq":
        raise FilterError(f"{part.path} {part.op} is not supported", [*_TIMES, *_EQUAL], ["eq"])
    return lambda event: event.value(part.path) == part.value
