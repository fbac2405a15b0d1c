"""An operation as its row was compiled: where it is called, what it takes, and PingOne's call that comes of it.

The call is the row's own, with examples for inputs and with secrets masked; nothing is sent or played. What a function
of a row does besides is named and not known here.
"""

from __future__ import annotations

import re
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.operations.describing import describe_input, ways_of
from scimbridge.operations.inputs import native_body, query_of
from scimbridge.operations.offering import Offer
from scimbridge.operations.reading import RESOURCES, Catalogue
from scimbridge.operations.rooms import open_catalogue
from scimbridge.operations.rows import NEVER, REPEAT, Input, Operation
from scimbridge.ops.explaining.explanations import Explanation, NotExplained, OperationExplanation, SentRequest

MASKED = "***"
BESIDE = "/v1"
"""How the path of a request begins that stands beside the environments."""
_EXPRESSION = re.compile(rf"(?P<resource>{'|'.join(RESOURCES)})?\.(?P<name>[A-Za-z][A-Za-z0-9]*)")
"""Types as they are spelled: population.id is an attribute."""
_IDS = {"User": "USER-ID", "Group": "GROUP-ID", "Population": "POPULATION-ID"}
_EXAMPLES: dict[str, Any] = {
    "string": "text", "strings": ["text"], "boolean": True, "integer": 1, "dateTime": "2030-01-01T00:00:00.000Z",
    "object": {}, "objects": [{}],
}  # fmt: skip
_LOST = {
    REPEAT: "sent again: twice is as good as once",
    NEVER: "never sent again: the client is answered 504, which says what is not known",
}


def names_operation(expression: str) -> bool:
    """Whether an expression is the name of an operation: User.unlock, or .unlock as it stands in addresses."""
    return _EXPRESSION.fullmatch(expression) is not None


def explain_operation(expression: str, resource: str, own: str | None) -> Explanation:
    """Explain an operation, of the resource type that it names or else of `resource`.

    `own` is the text of the operator's table, None for none. Raises `TableFaults` where that is wrong.
    """
    found = _EXPRESSION.fullmatch(expression)
    said, name = ("", expression) if found is None else (found["resource"] or "", found["name"])
    catalogue = open_catalogue(own)
    meant = _find(catalogue, said, resource, name)
    if meant is not None:
        return _explain(meant)
    shipped = _find(open_catalogue(None), said, resource, name)
    if shipped is not None:
        return NotExplained(f"{shipped.resource}.{shipped.name} is taken out: operations.toml has it in `disable`")
    whole = [f"{each.resource}.{each.name}" for each in catalogue]
    hint = nearest(f"{said or resource}.{name}", whole) or nearest(name, [each.name for each in catalogue])
    return NotExplained(f"there is no operation {expression!r}{hint}; `scimbridge call --list` shows all")


def _find(catalogue: Catalogue, said: str, resource: str, name: str) -> Operation | None:
    """Return the operation of a name: of the type that was said, else of the usual one, else the only one there is."""
    named = [each for each in catalogue if each.name.casefold() == name.casefold()]
    wanted = (said or resource).casefold()  # as `--resource` is read
    found = next((each for each in named if each.resource.casefold() == wanted), None)
    return found if found is not None or said or len(named) != 1 else named[0]


def _explain(operation: Operation) -> Explanation:
    if operation.refuse:
        return OperationExplanation(
            operation=f"{operation.resource}.{operation.name}", row=f"{operation.file} {operation.where}",
            does=operation.does, refused=operation.refuse,
        )  # fmt: skip
    way, *parts = ways_of(Offer(operation, matches=False))
    return OperationExplanation(
        operation=f"{operation.resource}.{operation.name}",
        row=f"{operation.file} {operation.where}",
        does=operation.does,
        method=way.method,
        path=way.path,
        parts=tuple(f"{part.method} {part.path}" for part in parts),
        scope=operation.scope,
        delete_scope=operation.scope_to_delete or None,
        role=operation.role or None,
        inputs=tuple(describe_input(each) for each in operation.inputs),
        request=_request(operation),
        function=operation.code or None,
        answer=_answer(operation),
        lost_answer=_LOST.get(operation.again, f"looked at first: `{operation.again}` finds out whether it was done"),
        limit=operation.limit.text if operation.limit is not None else None,
    )  # fmt: skip


def _request(operation: Operation) -> SentRequest:
    call = operation.call
    path = call.path.format(id=_IDS.get(operation.resource, ""), item="PART-ID")
    path = f"{BESIDE}{path}" if call.is_root else f"/{path}"
    values = {each.name: _example(each) for each in operation.inputs if _is_sent(each, operation)}
    query = [*call.query, *(query_of(operation, values) if operation.reads and not operation.code else ())]
    if query:
        path += "?" + "&".join(f"{name}={value}" for name, value in query)
    body = {} if operation.reads else native_body(operation, values)
    media = None if operation.reads else call.media or "application/json"
    return SentRequest(call.method, path, media, body if body or call.method == "PUT" else None)


def _is_sent(each: Input, operation: Operation) -> bool:
    """Whether an example has an input: all are sent with a change, and what is looked for only where it has to be."""
    return not operation.reads or each.required or each.default is not None


def _example(each: Input) -> Any:
    """Return a value that fits an input; of a secret none is shown."""
    if each.secret:
        return MASKED
    if each.default is not None:
        return each.default
    return each.values[0] if each.values else _EXAMPLES[each.type]


def _answer(operation: Operation) -> str:
    if operation.shows:
        what = f"the {operation.shows}, as always"
    elif operation.answer is None:
        return "204, without a body"
    else:
        what = f"{operation.answer.name}: {', '.join('.'.join(each.path) for each in operation.answer.fields)}"
    return f"a list of {what}" if operation.listed else what
