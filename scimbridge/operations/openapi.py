"""Operations in the OpenAPI description: of each client, those that it may call, made from the rows.

Lays paths, schemas and tags over the description of the SCIM API. An example never holds a secret. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from scimbridge.mapping.openapi.description import MEDIA, answer_of, headers_of, path_parameter, ref
from scimbridge.mapping.openapi.messages import list_of
from scimbridge.operations.describing import Json, Way, ways_of
from scimbridge.operations.offering import Offer
from scimbridge.operations.rows import MATCH, MATCHING, NEVER, AnswerTable, Input, Operation
from scimbridge.operations.value_types import VALUE_TYPES
from scimbridge.operations.words import said_of

HIDDEN = "********"
"""What stands in examples for a secret."""
_READ = ("400", "401", "403", "404", "429", "500", "502", "503")
_WRITE = (*_READ, "409", "413", "415")
_LOST = "504"
_TEXT: Json = {"type": "string"}
_NAMES = {"User": "userName", "Group": "displayName", "Population": "displayName"}
"""An attribute by which each can be found, for examples."""
_BOUNDS = ("minItems", "maxItems", "minimum", "maximum", "default")


def add_operations(api: Json, offers: Iterable[Offer], endpoints: Mapping[str, str]) -> Json:
    """Return a description with operations in it. `endpoints` are the paths of resource types by name."""
    paths, schemas, scopes, tags = {**api["paths"]}, Json(), dict[str, list[str]](), set[str]()
    for offer in offers:
        operation = offer.operation
        for way in ways_of(offer, endpoints.get(operation.resource)):
            paths[way.path] = {**paths.get(way.path, {}), way.method.lower(): _call(operation, way)}
        for scope in (operation.scope, *([operation.write] if offer.deletes else [])):
            scopes.setdefault(scope, []).append(operation.name)
        if operation.answer is not None:
            name = _named(operation.answer)
            schemas |= {name: describe_answer(operation.answer), f"{name}List": list_of(ref("schemas", name))}
        tags.add(_tag(operation))
    components = api["components"]
    told = {scope: f"call {', '.join(names)}" for scope, names in sorted(scopes.items())}
    flow = {**components["securitySchemes"]["oauth2"]["flows"]["clientCredentials"], "scopes": told}
    schemes = components["securitySchemes"] | {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}}
    new_tags = sorted(tags - {each["name"] for each in api["tags"]})
    return api | {
        "paths": paths,
        "components": components | {"schemas": components["schemas"] | schemas, "securitySchemes": schemes},
        "tags": [*api["tags"], *({"name": tag, "description": f"Operations on {tag}"} for tag in new_tags)],
    }


def _tag(operation: Operation) -> str:
    """Return what an operation is about, as its scope says."""
    return operation.scope.partition(":")[0]


def _named(table: AnswerTable) -> str:
    """Return the name of a schema, which no resource type has."""
    return f"{table.name}Answer"


# -- calls -------------------------------------------------------------------------------------------------------------


def _call(operation: Operation, way: Way) -> Json:
    deletes, posts = way.method == "DELETE", way.method == "POST"
    changes = deletes or not operation.reads
    scopes = [operation.write if deletes else operation.scope]
    if way.by_match and operation.scope_to_find not in scopes:
        scopes.append(operation.scope_to_find)
    words = {"_delete": deletes, "_part": way.is_part and not deletes, "_by_match": way.by_match}
    conditions = ["If-Match", "If-None-Match", *([] if deletes else ["Prefer"])] if changes and operation.on_one else []
    shown = [*(["attributes", "excludedAttributes"] if operation.shows else []), *conditions, "X-Request-Id"]
    given = [_parameter(each) for each in operation.inputs] if way.method == "GET" else []
    refusals = [*(_WRITE if changes or posts else _READ), *([_LOST] if changes and not deletes else [])]
    refusals += ["412"] if conditions else []
    verb = "delete" if deletes else "read"
    call: Json = {
        "operationId": f"{operation.resource.lower()}_{operation.name}{''.join(w for w, has in words.items() if has)}",
        "summary": f"{operation.does}: {verb} one" if way.is_part else operation.does,
        "description": _notes(operation, scopes),
        "tags": [_tag(operation)],
        "security": [{scheme: scopes} for scheme in ("bearer", "basic", "oauth2")],
        "parameters": [*_keys(operation, way), *given, *(ref("parameters", word) for word in shown)],
        "responses": _done(operation, way) | {status: ref("responses", status) for status in sorted(refusals)},
    }
    return call | ({"requestBody": _body(operation, matched=way.by_match)} if posts else {})


def _notes(operation: Operation, scopes: list[str]) -> str:
    notes = (
        (True, f"Scope: {' and '.join(scopes)}."),
        (operation.write, f"Deleting needs {operation.write}."),
        (operation.limit, f"At most {operation.limit and operation.limit.text} for one {operation.resource.lower()}."),
        (operation.again == NEVER, "A lost answer of PingOne's is 504, and the call is not repeated."),
        (operation.role, f"The worker application needs {operation.role} in PingOne."),
    )
    return " ".join(note for is_so, note in notes if is_so)


def _done(operation: Operation, way: Way) -> Json:
    name = operation.shows or (operation.answer and _named(operation.answer))
    if way.method == "DELETE" or not name:
        return {"204": {"description": "Done", "headers": headers_of()}}
    # A function of ours may have made something, and answers 201 then.
    status = "2XX" if operation.code and not operation.reads else "200"
    done = {status: answer_of(f"{name}List" if operation.listed and not way.is_part else name)}
    return done if operation.reads else {**done, "204": {"description": "Done", "headers": headers_of()}}


def _keys(operation: Operation, way: Way) -> list[Json]:
    """Describe what stands in braces in a path: the id, and the name of a part."""
    part = {"type": "string", "minLength": 1, "maxLength": operation.item.max_length if operation.item else 0}
    keys = {"id": {**_TEXT, "format": "uuid"}}
    return [path_parameter(name, keys.get(name, part)) for name in re.findall(r"\{(\w+)\}", way.path)]


def _parameter(each: Input) -> Json:
    """Describe an input of what is asked by GET."""
    place, name = ("header", each.header) if each.header else ("query", each.name)
    found = {"name": name, "in": place, "required": each.required, "schema": describe_schema(each)}
    return found | ({"style": "form", "explode": False} if each.type == "strings" else {})


# -- bodies ------------------------------------------------------------------------------------------------------------


def _body(operation: Operation, *, matched: bool) -> Json:
    example = {each.name: example_of(each) for each in operation.inputs if each.required or each.example is not None}
    schema = _object_of(operation.inputs)
    schema["properties"]["schemas"] = {"type": "array", "items": _TEXT}
    if matched:
        schema["properties"][MATCH] = _object_of(MATCHING)
        schema["required"].append(MATCH)
        example[MATCH] = {"attributes": [_NAMES[operation.resource]], "identifier": "ada"}
    content = {media: {"schema": schema, "example": example} for media in MEDIA}
    return {"required": bool(schema["required"]), "content": content}


def _object_of(inputs: Iterable[Input]) -> Json:
    return {
        "type": "object",
        "properties": {each.name: describe_schema(each) for each in inputs},
        "required": [each.name for each in inputs if each.required],
        "additionalProperties": False,
    }


def example_of(each: Input) -> Any:
    """Return a value that fits an input, and of a secret nothing but that it is one."""
    if each.secret or each.example is not None:
        return HIDDEN if each.secret else each.example
    if each.values:
        return each.values[0]
    return each.minimum or VALUE_TYPES[each.type].example


def describe_schema(each: Input) -> Json:
    """Return the JSON Schema of an input."""
    said = said_of(each)
    texts = {word: said[word] for word in ("minLength", "maxLength") if word in said}
    found: Json = {**VALUE_TYPES[each.type].schema} | (texts if each.type == "string" else {})
    if each.type == "strings":
        found["items"] = {**_TEXT, "minLength": 1, **texts}
    found |= {word: said[word] for word in _BOUNDS if word in said}
    found |= {"enum": list(each.values)} if each.values else {}
    return found | ({"writeOnly": True, "format": "password"} if each.secret else {})


def describe_answer(table: AnswerTable) -> Json:
    """Return the JSON Schema of an answer; every member may be missing."""
    whole: Json = {"type": "object", "properties": {}}
    for each in table.fields:
        held = whole
        for step in each.path[:-1]:
            held = held["properties"].setdefault(step, {"type": "object", "properties": {}})
        held["properties"][each.path[-1]] = {**VALUE_TYPES[each.type].schema}
    return whole
