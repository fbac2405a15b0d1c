"""Operations in the OpenAPI description: of each client, those that it may call, made from the rows.

Lays paths, schemas and tags over the description of the SCIM API. An example never holds a secret. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scimbridge.mapping.openapi.description import MEDIA
from scimbridge.mapping.openapi.messages import list_of
from scimbridge.operations.describing import Json, path_of
from scimbridge.operations.offering import Offer
from scimbridge.operations.rows import MATCH, NEVER, AnswerTable, Input, Operation

HIDDEN = "********"
"""What stands in examples for a secret."""
KEY = "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
MOMENT = "2030-01-01T00:00:00Z"
_READ = ("400", "401", "403", "404", "429", "500", "502", "503")
_WRITE = (*_READ, "409", "413", "415")
_LOST = "504"
_TEXT: Json = {"type": "string"}
_TYPES: Mapping[str, Json] = {
    "string": _TEXT,
    "strings": {"type": "array", "items": _TEXT},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "dateTime": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "objects": {"type": "array", "items": {"type": "object"}},
}
_MATCH: Json = {
    "type": "object",
    "description": "The one resource that has the identifier in any of these attributes",
    "properties": {
        "attributes": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 10},
        "identifier": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "required": ["attributes", "identifier"],
    "additionalProperties": False,
}
_NAMES = {"User": "userName", "Group": "displayName", "Population": "displayName"}
"""An attribute by which each can be found, for examples."""


def add_operations(api: Json, offers: Iterable[Offer], endpoints: Mapping[str, str]) -> Json:
    """Return a description with operations in it. `endpoints` are the paths of resource types by name."""
    offers = tuple(offers)
    operations = [each.operation for each in offers]
    paths: Json = {}
    for each in offers:
        for path, method, called in _calls(each, endpoints.get(each.operation.resource)):
            paths.setdefault(path, {})[method] = called
    components = api["components"]
    flow = {**components["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]}
    flow["scopes"] = {scope: f"call {', '.join(names)}" for scope, names in _by_scope(offers).items()}
    schemes = components["securitySchemes"] | {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    schemas = components["schemas"] | _answers(operations)
    tags = sorted({_tag(each) for each in operations} - {each["name"] for each in api["tags"]})
    return api | {
        "paths": api["paths"] | paths,
        "components": components | {"schemas": schemas, "securitySchemes": schemes},
        "tags": [*api["tags"], *({"name": tag, "description": f"Operations on {tag}"} for tag in tags)],
    }


def _tag(operation: Operation) -> str:
    """Return what an operation is about, as its scope says."""
    return operation.scope.partition(":")[0]


def _by_scope(offers: Iterable[Offer]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in offers:
        for scope in (each.operation.scope, *([each.operation.write] if each.deletes else [])):
            found.setdefault(scope, []).append(each.operation.name)
    return dict(sorted(found.items()))


# -- calls -------------------------------------------------------------------------------------------------------------


def _calls(offer: Offer, endpoint: str | None) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and call: by id, by `match`, and of one part."""
    operation = offer.operation
    name, path = f"{operation.resource.lower()}_{operation.name}", path_of(operation, endpoint)
    above = [_path("id", {"type": "string", "format": "uuid"})] if operation.is_about_one else []
    own, item = list(above), operation.item
    part = [] if item is None else [_path(item.name, {"type": "string", "minLength": 1, "maxLength": item.max_length})]
    if item is not None and not operation.listed:
        own += part
    if operation.is_posted:
        yield path, "post", _call(operation, name, own, body=_body(operation))
    else:
        yield path, "get", _call(operation, name, [*own, *map(_parameter, operation.inputs)])
    if offer.matches:
        by_match = _call(
            operation, f"{name}_by_match", own[len(above) :], body=_body(operation, matched=True), found=True
        )
        yield path.replace("/{id}", "", 1), "post", by_match
    if item is not None and operation.listed:
        if item.get:
            given = [*own, *part, *map(_parameter, operation.inputs)]  # such as the language of one agreement
            yield f"{path}/{{{item.name}}}", "get", _call(operation, f"{name}_part", given, is_part=True)
        if offer.deletes:
            yield f"{path}/{{{item.name}}}", "delete", _call(operation, f"{name}_delete", [*own, *part], deletes=True)


def _call(
    operation: Operation, name: str, parameters: list[Json], *, body: Json | None = None, is_part: bool = False,
    deletes: bool = False, found: bool = False,
) -> Json:  # fmt: skip
    scopes = [operation.write if deletes else operation.scope]
    if found and (reading := operation.scope_to_find) not in scopes:
        scopes.append(reading)
    changes = deletes or not operation.reads
    shown = [_ref("parameters", word) for word in ("attributes", "excludedAttributes") if operation.shows]
    refusals = [*(_WRITE if changes or body else _READ), *([_LOST] if changes and not deletes else [])]
    call: Json = {
        "operationId": name,
        "summary": f"{operation.does}: {'delete' if deletes else 'read'} one" if deletes or is_part else operation.does,
        "tags": [_tag(operation)],
        "security": [{scheme: scopes} for scheme in ("bearer", "basic", "oauth2")],
        "parameters": [*parameters, *shown, _ref("parameters", "X-Request-Id")],
        "responses": _done(operation, is_part=is_part, deletes=deletes)
        | {status: _ref("responses", status) for status in sorted(refusals)},
    }
    call["description"] = _notes(operation, scopes)
    return call if body is None else call | {"requestBody": body}


def _notes(operation: Operation, scopes: list[str]) -> str:
    notes = [f"Scope: {' and '.join(scopes)}."]
    notes += [f"Deleting needs {operation.write}."] if operation.write else []
    notes += [f"At most {operation.limit.text} for one {operation.resource.lower()}."] if operation.limit else []
    notes += ["A lost answer of PingOne's is 504, and the call is not repeated."] if operation.again == NEVER else []
    notes += [f"The worker application needs {operation.role} in PingOne."] if operation.role else []
    return " ".join(notes)


def _done(operation: Operation, *, is_part: bool, deletes: bool) -> Json:
    headers = {"X-Request-Id": _ref("headers", "X-Request-Id")}
    name = operation.shows or (operation.answer and _named(operation.answer))
    if deletes or not name:
        return {"204": {"description": "Done", "headers": headers}}
    held = f"{name}List" if operation.listed and not is_part else name
    # A function of ours may have made something, and answers 201 then.
    status = "2XX" if operation.code and not operation.reads else "200"
    content = {media: {"schema": _ref("schemas", held)} for media in MEDIA}
    return {status: {"description": f"A {held}", "headers": headers, "content": content}}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _parameter(each: Input) -> Json:
    """Describe an input of what is asked by GET."""
    place, name = ("header", each.header) if each.header else ("query", each.name)
    found = {"name": name, "in": place, "required": each.required, "schema": describe_schema(each)}
    return found | ({"style": "form", "explode": False} if each.type == "strings" else {})


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


# -- bodies ------------------------------------------------------------------------------------------------------------


def _body(operation: Operation, *, matched: bool = False) -> Json:
    inputs = operation.inputs
    properties = {each.name: describe_schema(each) for each in inputs}
    required = [each.name for each in inputs if each.required]
    example = {each.name: example_of(each) for each in inputs if each.required or each.example is not None}
    if matched:
        properties, required = {MATCH: _MATCH, **properties}, [MATCH, *required]
        example = {MATCH: {"attributes": [_NAMES[operation.resource]], "identifier": "ada"}, **example}
    schema: Json = {
        "type": "object",
        "properties": {**properties, "schemas": {"type": "array", "items": _TEXT}},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = required
    content = {media: {"schema": schema, "example": example} for media in MEDIA}
    return {"required": bool(required), "content": content}


def example_of(each: Input) -> Any:
    """Return a value that fits an input, and of a secret nothing but that it is one."""
    if each.secret:
        return HIDDEN
    if each.example is not None:
        return each.example
    if each.values:
        return each.values[0]
    known = {"boolean": True, "integer": each.minimum or 0, "dateTime": MOMENT, "object": {}, "objects": []}
    return known.get(each.type, [KEY] if each.type == "strings" else KEY)


def describe_schema(each: Input) -> Json:
    """Return the JSON Schema of an input."""
    bounds = (("minLength", each.min_length), ("maxLength", each.max_length))
    texts = {word: value for word, value in bounds if value}
    found: Json = {**_TYPES[each.type]}
    if each.type == "string":
        found |= texts
    if each.type == "strings":
        found["items"] = {**_TEXT, "minLength": 1, **texts}
    more = (
        ("minItems", each.min_items), ("maxItems", each.max_items), ("minimum", each.minimum),
        ("maximum", each.maximum), ("enum", list(each.values)), ("default", each.default),
    )  # fmt: skip
    found |= {word: value for word, value in more if value not in (None, 0, []) or value is False}
    if each.secret:
        found |= {"writeOnly": True, "format": "password"}
    return found


# -- answers -----------------------------------------------------------------------------------------------------------


def _named(table: AnswerTable) -> str:
    """Return the name of a schema, which no resource type has."""
    return f"{table.name}Answer"


def _answers(operations: Iterable[Operation]) -> Json:
    found: Json = {}
    for each in operations:
        if each.answer is not None:
            name = _named(each.answer)
            found[name] = describe_answer(each.answer)
            found[f"{name}List"] = list_of(_ref("schemas", name))
    return found


def describe_answer(table: AnswerTable) -> Json:
    """Return the JSON Schema of an answer; every member may be missing."""
    whole: Json = {"type": "object", "properties": {}}
    for each in table.fields:
        held = whole
        for step in each.path[:-1]:
            held = held["properties"].setdefault(step, {"type": "object", "properties": {}})
        held["properties"][each.path[-1]] = {**_TYPES[each.type]}
    return whole
