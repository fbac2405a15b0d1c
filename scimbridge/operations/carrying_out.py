"""The one way of an operation: right, inputs, reach, limit, turn, audit entry, call, answer.

Whoever asks for one, over HTTP or from a terminal, comes through `Room.do`. What the call of a row cannot say is a
named function; what became of a call whose answer was lost is decided by the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from scimbridge.access.caller import Caller
from scimbridge.once.locks import ChangeLocks
from scimbridge.operations.answers import NO_BODY, Answers
from scimbridge.operations.attempt import Attempt, Json, OperationParts
from scimbridge.operations.inputs import native_body, query_of, read_inputs
from scimbridge.operations.limiting import free_places, take_place
from scimbridge.operations.matching import find_match
from scimbridge.operations.offering import Offer, check_offered, is_served, offered
from scimbridge.operations.reading import Catalogue
from scimbridge.operations.refusing import lost_answer, refusing_parts
from scimbridge.operations.rows import KIND_OF, MATCH, NEVER, REPEAT, Operation
from scimbridge.pingone.errors import PingOneError
from scimbridge.pingone.settling import Look, settle
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.ids import is_id
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.errors import InvalidValue, NotFound, NotImplementedByDesign
from scimbridge.scim.verbs import READ, WRITE, Verb
from scimbridge.sides import Native
from scimbridge.trail.attempts import Trail

Carry = Callable[[Attempt, "Room"], Any]
"""A function of `code`: makes the calls, returns PingOne's record, or records, or a Reply."""
Settle = Callable[[Attempt], Look]
"""A function of `again`, called before the call: returns what looks whether that was carried out."""

HANGING = frozenset({"agreementConsents", "devices", "linkedAccounts", "memberOfGroups", "roleAssignments", "sessions"})
"""Lists that hang on a resource: what is done there does not meet a change of the resource."""
LIMIT = ("limit",)
"""The parameter of PingOne's that says how many a page has; of the bridge a client wants no more by it."""


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

    @property
    def reads(self) -> bool:
        """Whether nothing is to be changed."""
        return self.operation.reads and not self.deletes


class Room:
    """All operations as one client is served them: `endpoints` are its resource types by name."""

    def __init__(
        self,
        catalogue: Catalogue,
        endpoints: Mapping[str, Endpoint],
        around: OperationParts,
        turns: ChangeLocks,
        trail: Trail,
        answers: Answers,
        carry: Mapping[str, Carry],
        settle: Mapping[str, Settle],
    ) -> None:
        self.catalogue = catalogue
        self.endpoints = endpoints
        self.around = around
        self._turns = turns
        self._trail = trail
        self.answers = answers
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
        verb = Verb(operation.verbs[asked.deletes], asked.method, READ if asked.reads else WRITE)
        with self._trail.attempt(context, operation.resource, verb, asked.key) as noted, refusing_parts(operation):
            check_offered(operation, self.endpoints, noted.caller, deletes=asked.deletes)
            if operation.shows:
                self.endpoints[operation.shows].lists.view.projection(options)  # what is wrong there is said beforehand
            body = read()
            others = (MATCH,) if operation.on_one and not asked.key else ()
            values = read_inputs(operation, body, self.around.wall(), self.around.offset, others)
            attempt = Attempt(
                operation=operation, context=noted, options=options, around=self.around,
                key=asked.key.lower(), item=asked.item, values=values,
            )  # fmt: skip
            given = tuple(name for name in values if body.get(name) is not None)  # and not what is so without it
            noted.notes.asked(given, attempt.key if is_id(attempt.key) else "")
            noted.notes.about(attempt.item)
            attempt = self._reach(attempt, body.get(MATCH))
            noted.notes.asked(given, attempt.key)
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
        take_place(operation, attempt.key, self.around.state, self.around.wall)
        if asked.reads:
            return self.answers.make(attempt, self._read(attempt))
        attempt.context.notes.begin()
        if operation.urgent or asked.deletes:
            attempt = attempt.hurried()
        with self._turn(attempt):
            self._hold(attempt)
            if not asked.deletes:
                return self.answers.make(attempt, self._write(attempt))
            if operation.item is not None and operation.item.code:
                self._carry[operation.item.code](attempt, self)
            else:
                attempt.send("DELETE", operation.part_path, again=REPEAT)
            return Reply(NO_BODY)

    def _turn(self, attempt: Attempt) -> AbstractContextManager[None]:
        """Hold the resource, where what is changed stands in it: what hangs on it keeps no change of it waiting."""
        operation = attempt.operation
        if not attempt.key or HANGING & set(operation.call.path.split("/")):
            return nullcontext()
        return self.hold(attempt.context, operation.resource, attempt.key)

    def _hold(self, attempt: Attempt) -> None:
        """Hold a change to the conditions of its request, and a confined client to parts of its own resources.

        Raises `PreconditionFailed`, and `NotThere` before anything changes.
        """
        operation, context = attempt.operation, attempt.context
        if context.is_conditional:
            if not attempt.key:
                msg = f"If-Match, If-None-Match: {operation.name} is about no single resource that has a version"
                raise InvalidValue(msg)
            self.endpoints[operation.resource].resource.look(context, attempt.key)
        if attempt.is_confined and attempt.item and not (operation.item and operation.item.code):
            attempt.read_part()

    def count(self, attempt: Attempt, name: str) -> None:
        """Count an attempt at another operation, which this one is as well. Raises `TooManyRequests`, `Unavailable`."""
        other = self.catalogue.operations.get((attempt.operation.resource, name))
        if other is not None:
            take_place(other, attempt.key, self.around.state, self.around.wall)

    def count_anew(self, attempt: Attempt, name: str) -> None:
        """Forget how often another operation was asked."""
        other = self.catalogue.operations.get((attempt.operation.resource, name))
        if other is not None:
            free_places(other, attempt.key, self.around.state)

    def hold(self, context: RequestContext, resource: str, key: str, part: str = "") -> AbstractContextManager[None]:
        """Hold a resource for one change, as PUT and PATCH hold it, or what hangs on it. Raises `Unavailable`."""
        records = self.around.reach.of(KIND_OF[resource].collection)
        return self._turns.of(context, f"{resource.lower()}{part}", key, lambda: records.look(context, key))

    def _read(self, attempt: Attempt) -> Any:
        operation = attempt.operation
        if operation.code:
            return self._carry[operation.code](attempt, self)
        call = operation.call
        if attempt.item and operation.listed:
            return attempt.read_part()
        query = (*call.query, *query_of(operation, attempt.values))
        if operation.listed:
            return self._read_list(attempt, query)
        return attempt.send("GET", call.path, query=query).body

    def _read_list(self, attempt: Attempt, query: tuple[tuple[str, str], ...]) -> Any:
        """Return a list: all of it, or what the client wants at most, and then no page is read that is not needed."""
        operation = attempt.operation
        bound = next((each for each in operation.inputs if each.to == LIMIT and each.name in attempt.values), None)
        found, total, most = list[Native](), 0, math.inf if bound is None else attempt.values[bound.name]
        for page in attempt.pages(operation.call.path, operation.listed, query):
            found += page.records
            total = max(len(found) + (page.next is not None), page.count or 0)
            if len(found) >= most:
                return self.answers.make_list(attempt, found[: int(most)], total)
        return found

    def _write(self, attempt: Attempt) -> Any:
        if attempt.operation.code:
            return self._carry[attempt.operation.code](attempt, self)
        return self._seen(attempt, self.send(attempt))

    def send(self, attempt: Attempt) -> Json:
        """Send the call of the row with what the client sent. Raises as `settled` does."""
        call, body = attempt.operation.call, native_body(attempt.operation, attempt.values)
        # A PUT always has a body, of which nothing may be left; a POST without one says all by its type.
        sent = body if body or call.method == "PUT" else None
        return self.settled(
            attempt,
            lambda: attempt.send(call.method, call.path, body=sent, media=call.media, query=call.query).body,
        )

    def _seen(self, attempt: Attempt, made: Json) -> Any:
        """Return what a change has made: read it, where PingOne said no more than that it is done.

        What must not happen twice is done then, whether it can be read or not: who is told of a failure asks again.
        """
        operation = attempt.operation
        is_whole = operation.shows == operation.resource
        is_told = str(made.get("id", "")).lower() == attempt.key if is_whole else bool(made)
        is_wanted = bool(operation.undone) or not attempt.options.minimal
        if is_told or not (is_wanted and (operation.shows or operation.answer)):
            return made
        try:
            if is_whole:
                return self.around.reach.of(KIND_OF[operation.shows].collection).read(attempt.context, attempt.key)
            return attempt.send("GET", operation.call.path).body
        except PingOneError:
            if operation.again != NEVER:
                raise
            return Reply(NO_BODY)

    def settled(self, attempt: Attempt, send: Callable[[], Json], again: str | None = None) -> Json:
        """Send what changes something, and decide by the row, or by `again`, what a lost answer means.

        Raises `GatewayTimeout` where it cannot be known, and PingOne's errors.
        """
        again = again or attempt.operation.again
        try:
            return send() if again in (REPEAT, NEVER) else settle(send, self._settle[again](attempt))
        except PingOneError as error:
            if again == REPEAT or not error.maybe_done:
                raise
            raise lost_answer(attempt.operation) from error

    def serves(self, operation: Operation) -> bool:
        """Whether what an operation is about is served."""
        return is_served(operation, self.endpoints)

    def offered(self, caller: Caller) -> Iterator[Offer]:
        """Yield what a client may call."""
        return offered(self.catalogue, self.endpoints, caller)

    def paths(self) -> dict[str, str]:
        """Return where the resource types stand: name -> path."""
        return {name: endpoint.path for name, endpoint in self.endpoints.items()}
