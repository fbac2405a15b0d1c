"""The real resources on a PingOne that is not there: what would be sent is noted, and every answer is a good one.

So that `explain` shows what the bridge does and never what somebody thinks it does. The bridge is a real one, with
something in PingOne's place; what its resources send and why is theirs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.bridge import open_rehearsal
from scimbridge.lists.knowledge import DirectoryKnowledge
from scimbridge.lists.listing import Listing
from scimbridge.lists.reading import Source
from scimbridge.mapping.query import Query
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.pingone.kinds import KINDS, POPULATIONS, kind_named
from scimbridge.pingone.send import Call, Json, Request, Response
from scimbridge.pingone.target import Target
from scimbridge.reach.unconfined import UnconfinedRecords
from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.resources.endpoint import Endpoint
from scimbridge.resources.tables import Tables
from scimbridge.scim import verbs
from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.trees import Node
from scimbridge.scim.reading import Manner
from scimbridge.sides import Body
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


@dataclass(frozen=True, slots=True)
class PresentRecord:
    """A record of a real environment, by its id; `read` sends what reads, and is given nothing else."""

    key: str
    read: Callable[[Request], Response]


@dataclass(frozen=True, slots=True)
class Stage:
    """One resource type of a bridge with these tables.

    With a `present` record, what is read is read from its environment; what is written is never sent.
    """

    tables: Tables
    table: Table
    present: PresentRecord | None = None

    @property
    def key(self) -> str:
        """The id of the resource that is changed."""
        return IDS[f"{self.table.type.name.upper()}-ID"] if self.present is None else self.present.key

    def play(
        self,
        act: Callable[[Endpoint, RequestContext, AnswerOptions], object],
        held: Mapping[str, Any] | None = None,
        *,
        caseless: bool = True,
    ) -> Played:
        """Let a SCIM request happen, and return what became of it.

        `held` is PingOne's record of every resource that is read; `caseless` is how it compares where nobody knows.
        """
        left_out: dict[str, None] = {}
        recorder = _CallRecorder(self.table, held or {}, self.present)
        context = RequestContext(
            Caller(NOBODY), Call(), Manner(strict=False, notice=lambda name: left_out.update({name: None}))
        )
        refusal = None
        with closing(open_rehearsal(self.tables, recorder, _WatchedListing)) as bridge:
            endpoint = bridge.registry.whole.endpoints[self.table.type.endpoint]
            listing = endpoint.lists.listing
            listing.knowledge = _Assumed(bridge.parts.target, caseless=caseless)
            try:
                act(endpoint, context, AnswerOptions(BASE))
            except ScimError as error:
                refusal = error
        source = listing.source if isinstance(listing, _WatchedListing) else None
        return Played(tuple(recorder.requests), tuple(left_out), refusal, source)


def record_of(stage: Stage, resource: Body) -> Json:
    """Return PingOne's record of a SCIM resource, as its creation would send it."""
    kind = kind_named(stage.table.type.name)
    record: Json = {"directMemberCounts": {"users": 1, "groups": 0}} if kind.has_members else {}
    made = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.CREATE, context, options, read=lambda: resource)
    )
    body = next((request.body for request in made.requests if request.method == "POST"), None)
    record.update(body if isinstance(body, dict) else {})
    return {name: value for name, value in record.items() if name not in kind.secrets}


class _WatchedListing(Listing):
    """A listing that remembers what it decided to ask."""

    source: Source | None = None

    def _source(self, context: RequestContext, options: AnswerOptions, node: Node | None, query: Query) -> Source:
        self.source = super()._source(context, options, node, query)
        return self.source


class _Assumed(DirectoryKnowledge):
    """A directory of which all is known: what PingOne's documents say it answers, with or without case."""

    def __init__(self, target: Target, *, caseless: bool) -> None:
        super().__init__(UnconfinedRecords(target.users), MemoryState(lambda: 0.0), PAGE)
        self._caseless = caseless

    def ignores_case(self, row: Row, op: str) -> bool | None:
        """Return what is known of the field, else what is assumed."""
        known = super().ignores_case(row, op)
        return self._caseless if known is None else known


class _CallRecorder:
    """A `Send` that sends nothing: notes each request and answers as PingOne does when all goes well."""

    def __init__(self, table: Table, held: Mapping[str, Any], present: PresentRecord | None) -> None:
        self.requests: list[Request] = []
        self._present = present
        self._held = held
        self._populations = tuple(rule.use for rule in table.populations)

    def __call__(self, request: Request, _call: Call) -> Response:
        steps = request.path.strip("/").split("/")
        if self._present is not None and steps[1:] == [self._present.key] and request.method in ("PATCH", "PUT"):
            # PingOne would refuse to change what is not there; so does this, and the rest is played on what is.
            self._held = self._present.read(Request("GET", request.path)).body
        self.requests.append(request)
        if self._present is not None and request.method == "GET":
            return self._present.read(request)
        body: Json = request.body if isinstance(request.body, dict) else {}
        if len(steps) % 2 and request.method == "GET":
            return Response(200, body=self._list(steps[-1]))
        if len(steps) % 2:
            return Response(201, body={"id": IDS["NEW-ID"], **body})  # a membership has the id of its group
        if request.method == "DELETE":
            return Response(204)
        kept = _operated(self._held, body["Operations"]) if "Operations" in body else body
        return Response(200, body={**self._held, **kept, "id": steps[-1]})

    def _list(self, name: str) -> Json:
        held = self._populations if name == POPULATIONS.collection else ()
        records = [{"id": f"id of {use}", "name": use} for use in held]
        key = "groupMemberships" if name == "memberOfGroups" else name
        return {"_embedded": {key: records}, "count": len(records), "size": len(records)}


def _operated(held: Mapping[str, Any], operations: Iterable[Mapping[str, Any]]) -> Json:
    """Return a record after PingOne's operations, each on a field or on a member of one."""
    record = copy.deepcopy(dict(held))
    for operation in operations:
        *outer, last = operation["path"].split(".")
        place = record
        for name in outer:
            place = place.setdefault(name, {})
        place.pop(last, None)
        if operation["op"] != "remove":
            place[last] = operation["value"]
    return record
