"""The real resources on a PingOne that is not there: what would be sent is noted, and every answer is a good one.

So that `explain` shows what the bridge does and never what somebody thinks it does. Knows how the resources are joined;
what they send and why is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.lists.knowledge import DirectoryKnowledge
from scimbridge.lists.listing import Listing
from scimbridge.lists.reading import Source
from scimbridge.mapping.query import Query
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.kinds import KINDS, POPULATIONS, kind_named
from scimbridge.pingone.send import Call, Json, Request, Response
from scimbridge.pingone.target import Target
from scimbridge.request.context import Ask
from scimbridge.resources.assembly import Assembly, Parts
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.trees import Node
from scimbridge.scim.reading import Manner
from scimbridge.state.memory import MemoryState

PAGE, SCAN = 100, 250_000
BASE = "/scim/v2"
NOBODY = "token"

# Ids have to look like PingOne's; who reads them is shown the words.
IDS = {
    word: f"00000000-0000-4000-8000-{number:012d}"
    for number, word in enumerate((*(f"{kind.name.upper()}-ID" for kind in KINDS), "NEW-ID"), 1)
}


@dataclass(frozen=True, slots=True)
class Played:
    """What one SCIM request came to: the calls, what was left out, and the refusal if there was one."""

    requests: tuple[Request, ...]
    left_out: tuple[str, ...]
    refusal: ScimError | None
    source: Source | None = None  # of a list: what PingOne is asked, and whether its answer is the answer


class Stage:
    """One resource type of the bridge. `held` is PingOne's record of every resource that is read."""

    def __init__(self, table: Table, held: Mapping[str, Any] | None = None, *, caseless: bool = True) -> None:
        self._table = table
        self._held = held or {}
        self._caseless = caseless

    def play(self, act: Callable[[Endpoint, Ask], object]) -> Played:
        """Let a SCIM request happen, and return what became of it."""
        left_out: dict[str, None] = {}
        recorder = _Recorder(self._table, self._held)
        ask = Ask(Caller(NOBODY), Call(), Manner(strict=False, notice=lambda name: left_out.update({name: None})), BASE)
        refusal = None
        with _join(self._table, recorder) as endpoint:
            listing = endpoint.lists.listing
            listing.knowledge = _Assumed(recorder, caseless=self._caseless)
            try:
                act(endpoint, ask)
            except ScimError as error:
                refusal = error
        source = listing.source if isinstance(listing, _WatchedListing) else None
        return Played(tuple(recorder.requests), tuple(left_out), refusal, source)


def key_of(table: Table) -> str:
    """Return the id that a resource has in a rehearsal."""
    return IDS[f"{table.type.name.upper()}-ID"]


def record_of(table: Table, resource: Mapping[str, Any]) -> Json:
    """Return PingOne's record of a SCIM resource, as its creation would send it."""
    kind = kind_named(table.type.name)
    record: Json = {"directMemberCounts": {"users": 1, "groups": 0}} if kind.has_members else {}
    made = Stage(table).play(lambda endpoint, ask: endpoint.create(ask, resource))
    body = next((request.body for request in made.requests if request.method == "POST"), None)
    record.update(body if isinstance(body, dict) else {})
    return {name: value for name, value in record.items() if name not in kind.secrets}


class _WatchedListing(Listing):
    """A listing that remembers what it decided to ask."""

    source: Source | None = None

    def _source(self, ask: Ask, node: Node | None, query: Query) -> Source:
        self.source = super()._source(ask, node, query)
        return self.source


class _Assumed(DirectoryKnowledge):
    """A directory of which all is known: what PingOne's documents say it answers, with or without case."""

    def __init__(self, recorder: _Recorder, *, caseless: bool) -> None:
        target = Target(recorder, clock=_stand, sleep=_pass)
        super().__init__(target.users, MemoryState(_stand), PAGE)
        self._caseless = caseless

    def ignores_case(self, row: Row, op: str) -> bool | None:
        """Return what is known of the field, else what is assumed."""
        known = super().ignores_case(row, op)
        return self._caseless if known is None else known


class _Recorder:
    """A `Send` that sends nothing: notes each request and answers as PingOne does when all goes well."""

    def __init__(self, table: Table, held: Mapping[str, Any]) -> None:
        self.requests: list[Request] = []
        self._held = held
        self._populations = tuple(rule.use for rule in table.populations)

    def __call__(self, request: Request, _call: Call) -> Response:
        self.requests.append(request)
        steps = request.path.strip("/").split("/")
        body: Json = request.body if isinstance(request.body, dict) else {}
        if len(steps) % 2 and request.method == "GET":
            return Response(200, body=self._list(steps[-1]))
        if len(steps) % 2:
            return Response(201, body={**body, "id": IDS["NEW-ID"]})
        if request.method == "DELETE":
            return Response(204)
        kept = {} if "Operations" in body else body
        return Response(200, body={**self._held, **kept, "id": steps[-1]})

    def _list(self, name: str) -> Json:
        held = self._populations if name == POPULATIONS.collection else ()
        records = [{"id": f"id of {use}", "name": use} for use in held]
        key = "groupMemberships" if name == "memberOfGroups" else name
        return {"_embedded": {key: records}, "count": len(records), "size": len(records)}


@contextmanager
def _join(table: Table, recorder: _Recorder) -> Iterator[Endpoint]:
    """Join one resource type as the application does; one thread, so that the calls come in their order."""
    with ThreadPoolExecutor(1) as pool:
        target = Target(recorder, clock=_stand, sleep=_pass)
        parts = Parts(target, MemoryState(_stand), pool, b"rehearsal", clock=_stand, wall=_stand, sleep=_pass)
        yield Assembly(parts, _WatchedListing).endpoint(table)


def _stand() -> float:
    """No time passes in a rehearsal."""
    return 0.0


def _pass(_seconds: float) -> None:
    """Nobody waits in a rehearsal."""
