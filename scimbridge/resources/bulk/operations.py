"""One operation of a bulk request: what it is about, carried out by the verbs of its resource type, and its answer.

Knows nothing of the operations beside it; what those have created comes as `ids`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim import dialects
from scimbridge.scim.bulk.references import PREFIX, references, resolve
from scimbridge.scim.errors import BadRequest, Conflict, InvalidSyntax, InvalidValue, NotFound, ScimError
from scimbridge.scim.messages import BulkOperation
from scimbridge.scim.verbs import BULK, BY_METHOD, CREATE, DELETE, PATCH, Verb
from scimbridge.sides import Body
from scimbridge.trail.attempts import UNTRACED, Trail


class BulkOperations:
    """Carries out operations on the resource types of some endpoints."""

    def __init__(self, endpoints: Iterable[Endpoint], trail: Trail = UNTRACED) -> None:
        self._trail = trail
        self._endpoints = {endpoint.path.casefold(): endpoint for endpoint in endpoints}

    def target(self, path: str) -> tuple[Endpoint, str | None]:
        """Return the resource type and the id that a path names.

        Raises `InvalidValue` for one that does not begin with a slash, and `NotFound`.
        """
        if not path.startswith("/"):
            msg = f"path {path[:100]!r} has to begin with '/', as in '/Users'"
            raise InvalidValue(msg)
        steps = path.strip("/").split("/")
        endpoint = self._endpoints.get(f"/{steps[0]}".casefold())
        if endpoint is None or len(steps) > 2:  # noqa: PLR2004  a collection, or a resource in it
            msg = f"path {path[:100]!r} is no endpoint of a resource type"
            raise NotFound(msg)
        return endpoint, steps[1] if len(steps) > 1 else None

    def carry_out(
        self,
        context: RequestContext,
        options: AnswerOptions,
        operation: BulkOperation,
        ids: Mapping[str, str],
        refers: Collection[str],
    ) -> dict[str, Any]:
        """Carry out one operation, which refers to what `refers` names. Returns its entry, an error included."""
        entry: dict[str, Any] = {"method": operation.method}
        if operation.bulk_id is not None:
            entry["bulkId"] = operation.bulk_id
        path = resolve(operation.path, ids)
        try:
            reply = self._reply(context, options, operation, path, ids, refers)
        except ScimError as error:
            # What was made is somewhere, also where not all of it was kept.
            location = dict(error.headers).get("Location") if operation.verb == CREATE else f"{options.base}{path}"
            if location is not None:
                entry["location"] = location
            return entry | {"status": str(error.status), "response": error.to_message()}
        entry |= {"location": reply.location or f"{options.base}{path}", "status": str(reply.status)}
        if reply.etag is not None:
            entry["version"] = reply.etag
        return entry

    def _reply(
        self,
        context: RequestContext,
        options: AnswerOptions,
        operation: BulkOperation,
        path: str,
        ids: Mapping[str, str],
        refers: Collection[str],
    ) -> Reply:
        # The headers are of the request as a whole, and what one operation was shown is no other's.
        context = replace(context, if_match=operation.version, if_none_match=None, bulk=True, reached=set())
        with self._trail.refusals(context, *self._about(operation, path)):
            endpoint, key = self.target(path)
            verb = _verb_of(operation)

        def read() -> Body:
            _check_references(operation, key, ids, refers)
            return _body(context, operation, ids)

        return endpoint.do(verb, context, options, key or "", read=read)

    def _about(self, operation: BulkOperation, path: str) -> tuple[str, Verb, str]:
        """Return the resource type, the verb and the id that an operation names, empty where it names none."""
        verb = operation.verb or BULK
        try:
            endpoint, key = self.target(path)
        except ScimError:
            return "", verb, ""
        return endpoint.name, verb, key or ""


def _verb_of(operation: BulkOperation) -> Verb:
    if operation.verb is None:
        msg = f"method {operation.method[:20]!r} is not one of {', '.join(BY_METHOD)}"
        raise BadRequest(msg)
    return operation.verb


def _check_references(
    operation: BulkOperation, key: str | None, ids: Mapping[str, str], refers: Collection[str]
) -> None:
    if operation.verb == CREATE and operation.bulk_id is None:
        msg = "bulkId: a POST needs one, so that its answer can be told from others"
        raise InvalidSyntax(msg)
    unknown = sorted(name for name in refers if name not in ids)
    if unknown:
        msg = f"{PREFIX}{unknown[0][:100]} refers to nothing that this request has created"
        raise Conflict(msg)
    if (key is None) != (operation.verb == CREATE):
        msg = f"path {operation.path[:100]!r} does not fit {operation.method}"
        raise InvalidValue(msg)


def _body(context: RequestContext, operation: BulkOperation, ids: Mapping[str, str]) -> Body:
    data = resolve(operation.data, ids)
    if operation.verb == PATCH and not context.manner.strict:
        data = dialects.wrap_operations(data)
    if isinstance(data, dict):
        return Body(data)
    if operation.verb == DELETE:
        return Body({})
    msg = "data: an object is needed"
    raise InvalidValue(msg)


def refers_to(operation: BulkOperation) -> frozenset[str]:
    """Return the bulkIds that an operation refers to, in its path or anywhere in its data."""
    return frozenset([*references(operation.path), *references(operation.data)])
