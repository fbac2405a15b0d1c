"""The OpenAPI 3.1 description of the SCIM API, made from the tables: every path, verb, parameter and answer.

Compiled once for what one kind of client may see. Nothing in it names an attribute; those come from the tables by way
of `openapi_schemas`. Pure: where the paths stand is said by who serves it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.openapi.messages import MESSAGES, bulk_request, list_of
from scimbridge.mapping.openapi.schemas import describe_answer, describe_request
from scimbridge.mapping.tables.table import Table
from scimbridge.scim import verbs
from scimbridge.scim.verbs import Verb

Json = dict[str, Any]

MEDIA = ("application/scim+json", "application/json")
TOKEN_URL = "/oauth2/token"  # noqa: S105 - an address

_STATUSES: Mapping[int, str] = {
    304: "The client has the present version already",
    400: "The request is wrong; scimType and detail say where",
    401: "Nobody that we know asks",
    403: "The client is known and may not do this",
    404: "No such resource",
    405: "The table of the resource type does not allow this verb",
    409: "The present state forbids the change, or a value that has to be unique is taken",
    412: "If-Match or If-None-Match does not fit the resource as it is",
    413: "The body, or the number of operations, is above the limit",
    414: "The request line is too long; long queries go by POST to /.search",
    415: "The body is not sent as JSON",
    429: "Too many requests",
    500: "A fault of the bridge itself",
    502: "PingOne refuses the bridge, or answers what cannot be read",
    503: "PingOne cannot be reached, or not in time; the request may be sent again",
    504: "PingOne's answer was lost: it is not known whether the operation was carried out",
}
_READ = (400, 401, 403, 404, 414, 429, 500, 502, 503)
_WRITE = (400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 502, 503)
_LOST = (504,)  # of operations beside SCIM's verbs, which are laid over this description
_WAIT = (429, 503)

_HEADERS: Mapping[str, tuple[str, Json]] = {
    "ETag": ("The version of the resource (weak)", {"type": "string"}),
    "Location": ("Where the resource is", {"type": "string"}),
    "Retry-After": ("Seconds to wait", {"type": "integer", "minimum": 0}),
    "WWW-Authenticate": ("How to say who one is", {"type": "string"}),
    "X-Request-Id": ("The id of the request, as the client gave it or a new one", {"type": "string"}),
}
_QUERY: Mapping[str, tuple[str, Json]] = {
    "filter": ("RFC 7644 section 3.4.2.2", {"type": "string"}),
    "startIndex": ("The first result, from 1", {"type": "integer"}),
    "count": ("How many results at most", {"type": "integer"}),
    "cursor": ("Empty to begin, then nextCursor (RFC 9865)", {"type": "string"}),
    "attributes": ("Only these attributes, with commas between", {"type": "string"}),
    "excludedAttributes": ("All but these, with commas between", {"type": "string"}),
}
_CHANGES: Mapping[Verb, str] = {
    verbs.CREATE: "Make one {}",
    verbs.REPLACE: "Make one {} what the body says",
    verbs.PATCH: "Change one {}",
    verbs.DELETE: "Delete one {}",
}
_REQUEST_HEADERS: Mapping[str, tuple[str, Json]] = {
    "If-Match": ("Only if the resource is as the client knows it (RFC 7644 section 3.14)", {"type": "string"}),
    "If-None-Match": ("Only if the resource is not as the client knows it", {"type": "string"}),
    "Prefer": ("return=minimal asks for no body (RFC 7240)", {"type": "string"}),
    "X-Request-Id": ("Said again in the answer, in logs and in the audit", {"type": "string"}),
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Numbers of the API: results in a list that names no count, most results, most operations of a bulk request."""

    default_count: int
    most_results: int
    most_operations: int


def describe_api(tables: Iterable[Table], bounds: Bounds) -> Json:
    """Return the description without `servers`: its paths stand below the SCIM base URL."""
    tables = tuple(tables)
    paths: Json = {}
    for table in tables:
        paths |= _tagged(_paths_of(table), _tag(table))
    paths["/"] = {"get": _query("queryAll", "Query all resource types at once", "Everything")}
    paths["/.search"] = {"post": _search("searchAll", "Query all resource types at once, by POST", "Everything")}
    paths["/Bulk"] = {
        "post": _operation(
            "bulk", "Carry out many operations in one request",
            body="BulkRequest", answers={200: answer_of("BulkResponse")}, refusals=_WRITE,
        )
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SCIM 2.0 for PingOne",
            "version": "2.0",
            "description": "System for Cross-domain Identity Management (RFC 7643, RFC 7644, RFC 9865).",
        },
        "tags": [{"name": _tag(table), "description": table.type.description} for table in tables],
        "paths": paths | _discovery(),
        "components": _components(tables, bounds),
        "security": [{"bearer": []}, {"basic": []}, {"oauth2": []}],
    }


def tailor_api(api: Json, default_count: int, hidden_config: Collection[str]) -> Json:
    """Return a description as it is for one client: its own page size, and a configuration without what it lacks."""
    parameters, schemas = api["components"]["parameters"], api["components"]["schemas"]
    count, config = parameters["count"], schemas["ServiceProviderConfig"]
    shown = {name: member for name, member in config["properties"].items() if name not in hidden_config}
    return api | {
        "components": api["components"]
        | {
            "parameters": parameters | {"count": count | {"schema": count["schema"] | {"default": default_count}}},
            "schemas": schemas | {"ServiceProviderConfig": config | {"properties": shown}},
        }
    }


def _tag(table: Table) -> str:
    """Return what calls are about: the endpoint without its slash, as rights name it where it is the shipped one."""
    name = table.type.endpoint.strip("/")
    return name[:1].lower() + name[1:]


def _tagged(paths: Json, tag: str) -> Json:
    for calls in paths.values():
        for name, call in calls.items():
            if name != "parameters":
                call["tags"] = [tag]
    return paths


# -- paths -------------------------------------------------------------------------------------------------------------


def _paths_of(table: Table) -> Json:
    name, endpoint = table.type.name, table.type.endpoint
    collection: Json = {"get": _query(f"list{name}", f"Query {endpoint}", f"{name}List")}
    one: Json = {
        "parameters": [path_parameter("id", {"type": "string", "format": "uuid"})],
        "get": _operation(
            f"read{name}", f"Read one {name}", parameters=(*_projection(), "If-None-Match"),
            answers={200: answer_of(name, "ETag", "Location"), 304: _empty(304)}, refusals=_READ,
        ),
    }  # fmt: skip
    for verb in verbs.CHANGES:
        if verb.allow in table.allow:
            (one if verb.on_one else collection)[verb.method.lower()] = _change(verb, name)
    return {
        endpoint: collection,
        f"{endpoint}/.search": {"post": _search(f"search{name}", f"Query {endpoint} by POST", f"{name}List")},
        f"{endpoint}/{{id}}": one,
    }


def _change(verb: Verb, name: str) -> Json:
    """Describe a verb that changes something, on the resource type of that name."""
    parameters = (
        *(_projection() if verb.shows else ()),
        *(("If-Match", "If-None-Match") if verb.on_one else ()),
        *(("Prefer",) if verb.on_one and verb.shows else ()),
    )
    answers = {verb.success: answer_of(name, "ETag", "Location")} if verb.shows else {}
    if verb.on_one:
        answers[verbs.DELETE.success] = _empty(verbs.DELETE.success)  # a change may be answered without a body too
    return _operation(
        f"{verb.name}{name}", _CHANGES[verb].format(name), parameters=parameters,
        body=f"{name}Request" if verb.whole else "PatchOp" if verb.shows else None, answers=answers, refusals=_WRITE,
    )  # fmt: skip


def _discovery() -> Json:
    def read(name: str, text: str, schema: str) -> Json:
        return _operation(name, text, answers={200: answer_of(schema)}, refusals=_READ)

    def one(name: str, text: str, schema: str) -> Json:
        return {
            "parameters": [path_parameter("id", {"type": "string", "minLength": 1})],
            "get": read(name, text, schema),
        }

    return {
        "/ServiceProviderConfig": {
            "get": read("readServiceProviderConfig", "What the server supports", "ServiceProviderConfig")
        },
        "/ResourceTypes": {"get": read("listResourceTypes", "Which resource types there are", "ResourceTypeList")},
        "/ResourceTypes/{id}": one("readResourceType", "One resource type", "ResourceType"),
        "/Schemas": {"get": read("listSchemas", "Which schemas there are", "SchemaList")},
        "/.operations": {"get": read("listOperations", "Which operations the client may call", "OperationList")},
        "/Schemas/{id}": one("readSchema", "One schema, by its URN", "Schema"),
    }


def _query(name: str, text: str, answer: str) -> Json:
    return _operation(name, text, parameters=tuple(_QUERY), answers={200: answer_of(answer)}, refusals=_READ)


def _search(name: str, text: str, answer: str) -> Json:
    return _operation(
        name, text, body="SearchRequest", answers={200: answer_of(answer)}, refusals=(*_READ, 413, 415)
    )  # fmt: skip


def _operation(
    name: str,
    summary: str,
    *,
    answers: Mapping[int, Json],
    refusals: Sequence[int],
    parameters: Sequence[str] = (),
    body: str | None = None,
) -> Json:
    found: Json = {
        "operationId": name,
        "summary": summary,
        "parameters": [ref("parameters", part) for part in (*parameters, "X-Request-Id")],
        "responses": {
            **{str(status): answer for status, answer in answers.items()},
            **{str(status): ref("responses", str(status)) for status in refusals},
        },
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": _content(body)}
    return found


def path_parameter(name: str, schema: Json) -> Json:
    """Describe what stands in braces in a path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _projection() -> tuple[str, ...]:
    return ("attributes", "excludedAttributes")


def answer_of(schema: str, *headers: str) -> Json:
    """Describe an answer whose body has a schema of that name."""
    return {"description": f"A {schema}", "headers": headers_of(*headers), "content": _content(schema)}


def _empty(status: int) -> Json:
    return {"description": _STATUSES.get(status, "Done"), "headers": headers_of("ETag")}


def headers_of(*names: str) -> Json:
    """Describe the headers of an answer."""
    return {name: ref("headers", name) for name in (*names, "X-Request-Id")}


def _content(schema: str) -> Json:
    return {media: {"schema": ref("schemas", schema)} for media in MEDIA}


def ref(kind: str, name: str) -> Json:
    """Return the reference to a part of the description."""
    return {"$ref": f"#/components/{kind}/{name}"}


# -- components --------------------------------------------------------------------------------------------------------


def _components(tables: tuple[Table, ...], bounds: Bounds) -> Json:
    return {
        "schemas": _schemas(tables, bounds),
        "parameters": {
            name: {"name": name, "in": place, "description": text, "schema": _bounded(name, schema, bounds)}
            for place, known in (("query", _QUERY), ("header", _REQUEST_HEADERS))
            for name, (text, schema) in known.items()
        },
        "headers": {name: {"description": text, "schema": schema} for name, (text, schema) in _HEADERS.items()},
        "responses": {str(status): _refusal(status) for status in sorted({*_READ, *_WRITE, *_LOST})},
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "basic": {"type": "http", "scheme": "basic"},
            "oauth2": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": {}}}},
        },
    }


def _schemas(tables: tuple[Table, ...], bounds: Bounds) -> Json:
    found: Json = {**MESSAGES, "BulkRequest": bulk_request(bounds.most_operations)}
    names = [table.type.name for table in tables]
    for table in tables:
        found[table.type.name] = describe_answer(table)
        if any(verb.whole and verb.allow in table.allow for verb in verbs.CHANGES):
            found[f"{table.type.name}Request"] = describe_request(table)
    for name in (*names, "ResourceType", "Schema"):
        found[f"{name}List"] = list_of(ref("schemas", name))
    found["Everything"] = list_of({"anyOf": [ref("schemas", name) for name in names]})
    return found


def _bounded(name: str, schema: Json, bounds: Bounds) -> Json:
    if name == "count":
        return schema | {
            "default": bounds.default_count,
            "description": f"more than {bounds.most_results} are never given",
        }
    return schema


def _refusal(status: int) -> Json:
    headers = [*(["Retry-After"] if status in _WAIT else []), *(["WWW-Authenticate"] if status == 401 else [])]  # noqa: PLR2004
    return {"description": _STATUSES[status], "headers": headers_of(*headers), "content": _content("Error")}
