"""The one way of an operation: right, inputs, reach, limit, turn, audit entry, call, answer.

Whoever asks for one, over HTTP or from a terminal, comes through `Room.do`. What the call of a row cannot say is a
named function; what became of a call whose answer was lost is decided by the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.mapping.tables.rows import read_field
from scimbridge.once.locks import ChangeLocks
from scimbridge.operations.answers import Printer, list_of
from scimbridge.operations.attempt import Attempt, Json, OperationParts
from scimbridge.operations.inputs import native_body, query_of, read_inputs
from scimbridge.operations.limiting import take_place
from scimbridge.operations.matching import find_match
from scimbridge.operations.offering import Offer, check_offered, is_served, offered
from scimbridge.operations.reading import Catalogue
from scimbridge.operations.refusing import lost_answer, refusing_parts
from scimbridge.operations.rows import KIND_OF, MATCH, NEVER, REPEAT, Operation
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.settling import Look, settle
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.request.rights import veil, veil_reply
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import BadGateway, NotFound, NotImplementedByDesign
from scimbridge.scim.verbs import READ, WRITE, Verb
from scimbridge.sides import Native
from scimbridge.trail.attempts import Trail

Carry = Callable[[Attempt, "Room"], Any]
"""A function of `code`: makes the calls, returns PingOne's record, or records, or a Reply."""
Settle = Callable[[Attempt], Look]
"""A function of `again`, called before the call: returns what looks whether that was carried out."""

DELETED = 204
STATES = (("status",), ("account", "status"), ("lifecycle", "status"), ("block", "status"), ("lock", "status"))
"""Where PingOne's records say in which state something is."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: the operation, of whom, which part, and how. `method` is HTTP's."""

    operation: Operation
    method: str
    key: str = ""
    item: str = ""

    @property
    def deletes(self) -> bool:
        """Whether the part is to be deleted."""
        return self.method == "DELETE"


class Room:
    """All operations as one client is served them: `endpoints` are its resource types by name."""

    def __init__(
        self,
        catalogue: Catalogue,
        endpoints: Mapping[str, Endpoint],
        around: OperationParts,
        turns: ChangeLocks,
        trail: Trail,
        printer: Printer,
        carry: Mapping[str, Carry],
        settle: Mapping[str, Settle],
    ) -> None:
        self.catalogue = catalogue
        self.endpoints = endpoints
        self.around = around
        self._turns = turns
        self._trail = trail
        self.printer = printer
        self._carry = carry
        self._settle = settle

    # -- the one way -----------------------------------------------------------------------------------------------

    def do(
        self, asked: Asked, context: RequestContext, options: AnswerOptions, read: Callable[[], Mapping[str, Any]]
    ) -> Reply:
        """Carry an operation out. `read` gives what the client sends, once it is known that it may ask.

        Raises `Forbidden`, `InvalidValue`, `NotFound` and whatever else is wrong or goes wrong.
        """
        operation = asked.operation
        if operation.refuse:
            raise NotImplementedByDesign(operation.refuse)
        verb = Verb(operation.name, asked.method, READ if operation.reads and not asked.deletes else WRITE)
        with self._trail.attempt(context, operation.resource, verb, asked.key) as noted, refusing_parts(operation):
            check_offered(operation, self.endpoints, noted.caller, deletes=asked.deletes)
            if operation.shows:
                self.endpoints[operation.shows].lists.view.projection(options)  # what is wrong there is said beforehand
            body = read()
            others = () if asked.key or not operation.on_one else (MATCH,)
            values = read_inputs(operation, body, self.around.wall(), self.around.offset, others)
            attempt = Attempt(
                operation=operation, context=noted, options=options, around=self.around,
                key=asked.key.lower(), item=asked.item, values=values,
            )  # fmt: skip
            noted.notes.asked(tuple(values), attempt.key if is_id(attempt.key) else "")
            attempt = self._reach(attempt, body.get(MATCH))
            noted.notes.asked(tuple(values), attempt.key)
            return noted.notes.answered(self._carry_out(attempt, asked))

    def _reach(self, attempt: Attempt, match: Any) -> Attempt:
        """Find the resource, and hold the caller to it: what it may not know of is not there."""
        operation, context = attempt.operation, attempt.context
        if operation.item is not None and len(attempt.item) > operation.item.max_length:
            msg = f"{operation.item.name}: {operation.name} has no part with an id of that length"
            raise NotFound(msg)
        if not operation.on_one:
            return attempt
        if not attempt.key:
            return replace(attempt, key=find_match(self.endpoints[operation.resource], context, attempt.options, match))
        if not is_id(attempt.key):
            msg = f"no {operation.resource} has an id like that: they are UUIDs"
            raise NotFound(msg)
        self.around.reach.of(KIND_OF[operation.resource].collection).hold(context, attempt.key)
        return attempt

    def _carry_out(self, attempt: Attempt, asked: Asked) -> Reply:
        operation = attempt.operation
        if operation.reads and not asked.deletes:
            return self._answer(attempt, self._read(attempt))
        take_place(operation, attempt.key, self.around.state, self.around.wall)
        attempt.context.notes.begin()
        with self.hold(attempt.context, operation.resource, attempt.key) if attempt.key else nullcontext():
            if not asked.deletes:
                return self._answer(attempt, self._write(attempt))
            if operation.item is not None and operation.item.code:
                self._carry[operation.item.code](attempt, self)
            else:
                attempt.send("DELETE", f"{operation.call.path}/{{item}}", again=REPEAT)
            return Reply(DELETED)

    def count(self, attempt: Attempt, name: str) -> None:
        """Count an attempt at another operation, which this one is as well. Raises `TooManyRequests`, `Unavailable`."""
        other = self.catalogue.operations.get((attempt.operation.resource, name))
        if other is not None:
            take_place(other, attempt.key, self.around.state, self.around.wall)

    def hold(self, context: RequestContext, resource: str, key: str) -> AbstractContextManager[None]:
        """Hold a resource for one change, as PUT and PATCH hold it. Raises `Unavailable`."""
        records = self.around.reach.of(KIND_OF[resource].collection)
        return self._turns.of(context, resource.lower(), key, lambda: records.look(context, key))

    def _read(self, attempt: Attempt) -> Any:
        operation = attempt.operation
        if operation.code:
            return self._carry[operation.code](attempt, self)
        call = operation.call
        if attempt.item and operation.listed:
            return attempt.send("GET", f"{call.path}/{{item}}", query=call.query).body
        query = (*call.query, *query_of(operation, attempt.values))
        if operation.listed:
            return attempt.read_all(call.path, operation.listed, query)
        return attempt.send("GET", call.path, query=query).body

    def _write(self, attempt: Attempt) -> Any:
        operation = attempt.operation
        if operation.code:
            return self._carry[operation.code](attempt, self)
        body = native_body(operation, attempt.values)
        # A PUT always has a body, of which nothing may be left; a POST without one says all by its type.
        sent = body if body or operation.call.method == "PUT" else None
        return self._seen(attempt, self.settled(attempt, lambda: attempt.send_row(sent).body))

    def _seen(self, attempt: Attempt, made: Json) -> Any:
        """Return what a change has made: read it, where PingOne said no more than that it is done.

        What must not happen twice is done then, whether it can be read or not: who is told of a failure asks again.
        """
        operation = attempt.operation
        is_whole = operation.shows == operation.resource
        is_told = str(made.get("id", "")).lower() == attempt.key if is_whole else bool(made)
        if is_told or not (operation.shows or operation.answer):
            return made
        try:
            if is_whole:
                return self.around.reach.of(KIND_OF[operation.shows].collection).read(attempt.context, attempt.key)
            return attempt.send("GET", operation.call.path).body
        except PingOneError:
            if operation.again != NEVER:
                raise
            return Reply(DELETED)

    def settled(self, attempt: Attempt, send: Callable[[], Json]) -> Json:
        """Send what changes something, and decide by the row what a lost answer means.

        Raises `GatewayTimeout` where it cannot be known, and PingOne's errors.
        """
        again = attempt.operation.again
        try:
            return send() if again in (REPEAT, NEVER) else settle(send, self._settle[again](attempt))
        except PingOneError as error:
            if again == REPEAT or not error.maybe_done:
                raise
            raise lost_answer(attempt.operation) from error

    # -- the answer ------------------------------------------------------------------------------------------------

    def _answer(self, attempt: Attempt, found: Any) -> Reply:
        operation = attempt.operation
        if isinstance(found, Reply):
            return found
        if isinstance(found, dict) and not operation.reads:
            states = {".".join(path): read_field(found, path) for path in STATES}
            attempt.context.notes.became({name: state for name, state in states.items() if isinstance(state, str)})
        if operation.shows:
            return self.show_all(attempt, found) if isinstance(found, list) else self._show(attempt, found)
        if operation.answer is None:
            return Reply(DELETED)
        table = operation.answer
        if isinstance(found, list):
            return Reply(200, list_of([self.printer.one(attempt, table, each) for each in found]))
        return Reply(200, self.printed(attempt, found))

    def printed(self, attempt: Attempt, record: Mapping[str, Any]) -> Json:
        """Return the answer about one record, as the row's table of answers has it."""
        table = attempt.operation.answer
        return {} if table is None else self.printer.one(attempt, table, record)

    def show_all(self, attempt: Attempt, records: list[Native], total: int | None = None) -> Reply:
        """Return resources as a list shows them, to a client that may read them; `total` is how many there are."""
        lists = self.endpoints[attempt.operation.shows].lists
        options = veil(attempt.context.caller, lists.kind, attempt.options)
        return Reply(200, list_of(lists.resources(attempt.context, options, records), total))

    def _show(self, attempt: Attempt, record: Native) -> Reply:
        """Return a resource as always; who may not read it is told where it is."""
        operation, record = attempt.operation, self._whole(attempt, record)
        lists, caller = self.endpoints[operation.shows].lists, attempt.context.caller
        return veil_reply(caller, lists.kind, lists.view.show(veil(caller, lists.kind, attempt.options), record))

    def _whole(self, attempt: Attempt, record: Native) -> Native:
        """Return the resource, which PingOne's answer may only have a part of. Raises `BadGateway` for another's."""
        operation = attempt.operation
        if "id" in record:
            return record
        if operation.shows != operation.resource or not attempt.key:
            msg = f"{operation.name}: PingOne's answer is no {operation.shows}, as `out` of its row says"
            raise BadGateway(msg)
        return self.around.reach.of(KIND_OF[operation.shows].collection).read(attempt.context, attempt.key)

    def serves(self, operation: Operation) -> bool:
        """Whether what an operation is about is served."""
        return is_served(operation, self.endpoints)

    def offered(self, caller: Caller) -> Iterator[Offer]:
        """Yield what a client may call."""
        return offered(self.catalogue, self.endpoints, caller)

    def paths(self) -> dict[str, str]:
        """Return where the resource types stand: name -> path."""
        return {name: endpoint.path for name, endpoint in self.endpoints.items()}
