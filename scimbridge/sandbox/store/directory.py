"""What the pretended environment holds: users, groups, populations, memberships, schema, events.

Knows the state and how to reach it under one lock; what a write means is told by users.py, groups.py and
their like. Records are replaced, never changed, so what was read under the lock stays right after it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Final, Literal

import regex

from scimbridge.sandbox.http.errors import invalid_request, not_found
from scimbridge.sandbox.model.activities import Activities, Subject
from scimbridge.sandbox.model.schema import UserSchema
from scimbridge.sandbox.store.edges import Edges, Listed
from scimbridge.sandbox.store.hanging import Hanging
from scimbridge.sandbox.store.past import Past
from scimbridge.sandbox.store.records import Json, later_stamp, stamp
from scimbridge.sandbox.store.table import Entry, RecordTable
from scimbridge.sandbox.store.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimbridge.sandbox.lists.filters import Node
    from scimbridge.sandbox.lists.matching import Test
    from scimbridge.sandbox.trouble.switches import Switches

Collection = Literal["users", "groups", "populations"]
_ID: Final = regex.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RESULTS_KEPT: Final = 64
_SMALL_RESULTS_KEPT: Final = 1024
_RECORDS_KEPT: Final = 1_000_000
"""Of filters the last 64 results are kept, and the last 1024 where they have no more records than this together."""


@dataclass(frozen=True, slots=True)
class Password:
    """The state of one user's password; `digest` is None for a pre-encoded one that cannot be checked."""

    salt: str
    digest: str | None
    changed_at: str
    force_change: bool = False


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A userFilter, parsed and compiled; `paths` are the attributes it reads."""

    node: Node
    test: Test
    paths: frozenset[str]


class Directory:
    """One environment in memory. Hold `lock` around everything that touches more than one record."""

    def __init__(
        self,
        environment_id: str,
        switches: Switches,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.environment_id = environment_id
        self.switches = switches
        self.new_id = new_id
        self.clock = clock
        self.lock = RLock()
        self.created_at = stamp(clock())
        self.users = RecordTable(("username", "population.id"))
        self.groups = RecordTable(("name",))
        self.populations = RecordTable(("name",))
        self.schema = UserSchema(new_id)
        self.providers: dict[str, Json] = {}
        self.passwords: dict[str, Password] = {}
        self.hanging = Hanging()
        past = Past(monotonic, self.behind)
        self.edges = Edges(past)
        self.listed = Listed(self.edges, past)
        self.dynamic: dict[str, Dynamic] = {}
        self.activities = Activities()
        self.visibility = Visibility(monotonic)
        self.delays: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)
        """How long a new record and a new membership stay unseen, in seconds."""
        self.lag: Callable[[], float] = lambda: 0.0
        """How far lists of memberships, filters on them and their counts are behind, in seconds."""
        self.revision = 0
        self.results: OrderedDict[tuple[Collection, str], tuple[int, list[Entry]]] = OrderedDict()
        self.listeners: list[Callable[[], None]] = []

    def table(self, collection: Collection) -> RecordTable:
        """Return a collection's table."""
        tables = {"users": self.users, "groups": self.groups, "populations": self.populations}
        return tables[collection]

    def behind(self) -> float:
        """Return how far lists of memberships are behind now, in seconds."""
        return self.lag()

    def find(self, collection: Collection, record_id: str) -> Json:
        """Return a record for a write. Raises ApiError 404, or 400 for a malformed id where switched."""
        record = self.table(collection).get(record_id)
        if record is not None:
            return record
        if self.switches.malformed_id_status == 400 and not _ID.fullmatch(record_id):  # noqa: PLR2004
            raise invalid_request("INVALID_PARAMETER", "id", "is not a valid identifier")
        raise not_found()

    def see(self, collection: Collection, record_id: str) -> Json:
        """Return a record for a read: 404 as well while it is too fresh to be seen. Raises ApiError."""
        record = self.find(collection, record_id)
        if self.visibility.hides(record_id):
            raise not_found()
        return record

    def default_population(self) -> Json | None:
        """Return the population that new users get when they name none."""
        return next((p for p in self.populations if p["default"]), None)

    def stamps(self) -> Json:
        """Return createdAt and updatedAt of something made now."""
        now = stamp(self.clock())
        return {"createdAt": now, "updatedAt": now}

    def bumped(self, record: Json) -> Json:
        """Return the record with a later updatedAt."""
        return {**record, "updatedAt": later_stamp(record["updatedAt"], self.clock())}

    def hide_new(self, key: str) -> None:
        """Let a new record show only after the delay that is in force."""
        self.visibility.delay(key, self.delays()[0])

    def changed(self, action: str, subject: Subject, description: str = "") -> None:
        """Note a finished write: the feed, the revision and whoever listens."""
        self.revision += 1
        text = description or f"{action} for {subject.type.title()} {subject.name}"
        self.activities.note(action, subject, text, at=self.clock(), event_id=self.new_id())
        for listener in self.listeners:
            listener()

    def remember(self, key: tuple[Collection, str], entries: list[Entry]) -> None:
        """Keep the result of a filter until the next write, so that its later pages cost nothing."""
        if self.behind():
            return  # it changes by itself
        self.results[key] = (self.revision, entries)
        self.results.move_to_end(key)
        kept = sum(len(found) for _revision, found in self.results.values()) if len(self.results) > _RESULTS_KEPT else 0
        most = _RESULTS_KEPT if kept > _RECORDS_KEPT else _SMALL_RESULTS_KEPT
        while len(self.results) > most:
            self.results.popitem(last=False)

    def recall(self, key: tuple[Collection, str]) -> list[Entry] | None:
        """Return a result that still holds, or None."""
        kept = None if self.behind() else self.results.get(key)
        return kept[1] if kept is not None and kept[0] == self.revision else None


def user_subject(record: Json) -> Subject:
    """Return what an event says of a user."""
    path = f"/users/{record['id']}"
    return Subject("USER", record["id"], record["username"], path, record["population"]["id"])


def group_subject(record: Json) -> Subject:
    """Return what an event says of a group."""
    population = record.get("population")
    level = population["id"] if population else None
    return Subject("GROUP", record["id"], record["name"], f"/groups/{record['id']}", level)


def population_subject(record: Json) -> Subject:
    """Return what an event says of a population."""
    path = f"/populations/{record['id']}"
    return Subject("POPULATION", record["id"], record["name"], path, record["id"])
