"""What a client is answered: PingOne's record, cut to the members that the row's answer has, or a resource as always.

What a table of answers does not name never leaves, and what PingOne says was not done is no success. Makes no call but
to read a resource of which PingOne told a part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimbridge.mapping.moments import shift_time
from scimbridge.mapping.tables.rows import read_field
from scimbridge.operations.attempt import Attempt, Json
from scimbridge.operations.rows import KIND_OF, AnswerField
from scimbridge.request.context import Reply
from scimbridge.request.rights import veil, veil_reply
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.catalogue import LIST_URN
from scimbridge.scim.errors import BadGateway, Conflict
from scimbridge.sides import Native

Find = Callable[[Attempt, Mapping[str, Any]], Any]
"""A function that finds what no field of the record holds."""
NO_BODY = 204
STATES = (("status",), ("account", "status"), ("lifecycle", "status"), ("block", "status"), ("lock", "status"))
"""Where PingOne's records say in which state something is."""


class Answers:
    """Makes answers for clients that are served `endpoints`, by name; rows of answers name `functions`."""

    def __init__(self, endpoints: Mapping[str, Endpoint], functions: Mapping[str, Find]) -> None:
        self._endpoints = endpoints
        self._functions = functions

    def make(self, attempt: Attempt, found: Any, status: int = 200) -> Reply:
        """Return the answer: a record or several, of a change no more than the client wants (RFC 7240 §4.2).

        Raises `Conflict` for a change of which PingOne says that it was not done.
        """
        operation = attempt.operation
        if isinstance(found, Reply):
            return found
        if isinstance(found, list):
            return self.make_list(attempt, found)
        if not operation.reads:
            _note(attempt, found)
            _check_done(attempt, found)
        minimal = attempt.options.minimal and not operation.reads
        if operation.shows and not (minimal and "id" not in found):
            shown = self._show(attempt, found)
            return Reply(NO_BODY, etag=shown.etag) if minimal else shown
        if operation.answer is None or minimal:
            return Reply(NO_BODY)
        return Reply(status, self.print(attempt, found))

    def make_list(self, attempt: Attempt, found: list[Any], total: int | None = None) -> Reply:
        """Return records as one ListResponse (RFC 7644 §3.4.2); `total` is how many there are, where these are not all.

        Of resources a client is shown what it may read.
        """
        if attempt.operation.shows:
            lists = self._endpoints[attempt.operation.shows].lists
            options = veil(attempt.context.caller, lists.kind, attempt.options)
            resources = lists.resources(attempt.context, options, found)
        else:
            resources = [self.print(attempt, each) for each in found]
        number = len(resources)
        return Reply(200, {
            "schemas": [LIST_URN], "totalResults": number if total is None else total, "itemsPerPage": number,
            "startIndex": 1, "Resources": resources,
        })  # fmt: skip

    def print(self, attempt: Attempt, record: Mapping[str, Any]) -> Json:
        """Return the answer about one record, as the row's table of answers has it."""
        answer: Json = {}
        for each in attempt.operation.answer.fields if attempt.operation.answer else ():
            value = self._value(attempt, each, record)
            if value is not None:
                held = answer
                for step in each.path[:-1]:
                    held = held.setdefault(step, {})
                held[each.path[-1]] = value
        return answer

    def _value(self, attempt: Attempt, each: AnswerField, record: Mapping[str, Any]) -> Any:
        if each.code:
            return self._functions[each.code](attempt, record)
        value = read_field(record, each.to or each.path)
        if each.lower and isinstance(value, str):
            return value.lower()
        return shift_time(value, attempt.around.offset) if each.type == "dateTime" else value

    def _show(self, attempt: Attempt, record: Native) -> Reply:
        """Return a resource as always; who may not read it is told where it is. Raises `BadGateway` for another's."""
        operation, caller = attempt.operation, attempt.context.caller
        if "id" not in record:
            if operation.shows != operation.resource or not attempt.key:
                msg = f"{operation.name}: PingOne's answer is no {operation.shows}, as `out` of its row says"
                raise BadGateway(msg)
            record = attempt.around.reach.of(KIND_OF[operation.shows].collection).read(attempt.context, attempt.key)
        lists = self._endpoints[operation.shows].lists
        return veil_reply(caller, lists.kind, lists.view.show(veil(caller, lists.kind, attempt.options), record))


def _note(attempt: Attempt, made: Json) -> None:
    """Tell the trail what became of it: the states, and the part that was made."""
    states = {".".join(path): read_field(made, path) for path in STATES}
    attempt.context.notes.became({name: state for name, state in states.items() if isinstance(state, str)})
    if attempt.operation.answer is not None and isinstance(key := made.get("id"), str) and key != attempt.key:
        attempt.context.notes.about(key)


def _check_done(attempt: Attempt, made: Json) -> None:
    """Hold a change to the state that PingOne tells. Raises `Conflict`."""
    operation = attempt.operation
    for path, states in operation.undone:
        if (state := read_field(made, path)) in states:
            later = [each.name for each in operation.inputs if each.after_now and each.name not in attempt.values]
            hint = f"; send {later[0]} as well, a time that is still to come" if later else ""
            msg = f"{operation.name}: PingOne took the call, and {'.'.join(path)} is still {state}{hint}"
            raise Conflict(msg)
