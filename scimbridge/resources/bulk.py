"""Bulk: many operations in one request, each answered by itself (RFC 7644 §3.7).

Order is kept where it matters: between operations on one resource, on one unique value, and where one refers to what
another creates. Everything else is carried out side by side, since latency to PingOne is the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.resources.ask import Ask, Reply
from scimbridge.resources.endpoint import Endpoint
from scimbridge.resources.rights import WRITE, check_any
from scimbridge.resources.together import side_by_side
from scimbridge.resources.trail import UNTRACED, Trail
from scimbridge.scim.bulk import PREFIX, postpone, references, resolve
from scimbridge.scim.catalogue import BULK_RESPONSE_URN, PATCH_URN
from scimbridge.scim.errors import BadRequest, Conflict, InvalidSyntax, InvalidValue, NotFound, ScimError
from scimbridge.scim.messages import BulkOperation, BulkRequest

VERBS = {"POST": "create", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
RECORDED = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}  # the trail's words
MOST_OPERATIONS = 1000  # in one request
SIDE_BY_SIDE = 16  # operations carried out at a time, of all requests together


@dataclass(frozen=True, slots=True)
class Served:
    """A resource type in bulk: its verbs, and the attributes whose values have to be unique, in lower case."""

    endpoint: Endpoint
    unique: frozenset[str]

    @classmethod
    def of(cls, endpoint: Endpoint) -> Served:
        """Read what has to be unique from the table of an endpoint."""
        shapes = endpoint.lists.view.table.shapes.values()
        unique = (shape.attribute.name.casefold() for shape in shapes if shape.attribute.uniqueness != "none")
        return cls(endpoint, frozenset(unique))

    def check_allowed(self, ask: Ask, method: str) -> None:
        """Hold the client to its rights. Raises `Forbidden`, and `MethodNotAllowed` for what the table forbids."""
        self.endpoint.check_allowed(ask, VERBS[method])

    def carry_out(self, ask: Ask, method: str, key: str | None, body: Mapping[str, Any]) -> Reply:
        """Carry out one operation. Raises what it gets wrong."""
        if key is None:
            return self.endpoint.create(ask, body)
        match method:
            case "PUT":
                return self.endpoint.replace(ask, key, body)
            case "PATCH":
                return self.endpoint.patch(ask, key, body)
        return self.endpoint.delete(ask, key)


@dataclass(slots=True)
class _Job:
    """One operation on its way: what it refers to, and the unique values that it names."""

    operation: BulkOperation
    needs: frozenset[str]
    unique: frozenset[str]
    later: list[tuple[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None


class Bulk:
    """Bulk requests over all resource types. The pool is its own: what it waits for may use others."""

    def __init__(self, endpoints: Iterable[Endpoint], pool: Executor, trail: Trail = UNTRACED) -> None:
        self.trail = trail
        self._served = {endpoint.path.casefold(): Served.of(endpoint) for endpoint in endpoints}
        self._pool = pool

    def check_allowed(self, ask: Ask) -> None:
        """Refuse a client that may write nothing at all, before anything of the request is looked at.

        Raises `Forbidden`.
        """
        check_any(ask.caller, [served.endpoint.kind for served in self._served.values()], WRITE)

    def run(self, ask: Ask, request: BulkRequest) -> dict[str, Any]:
        """Return the BulkResponse.

        Raises `InvalidSyntax` where the request as a whole makes no sense, and `Forbidden`.
        """
        self.check_allowed(ask)
        jobs = [
            _Job(operation, self._needs(operation), self._unique_values(operation)) for operation in request.operations
        ]
        made = [job.operation.bulk_id for job in jobs if job.operation.method == "POST"]
        if len({name for name in made if name}) != len([name for name in made if name]):
            msg = "Operations: each bulkId may stand once"
            raise InvalidSyntax(msg)
        run = _Run(self, ask, jobs, request.fail_on_errors)
        run.carry_out()
        results = [job.result for job in jobs if job.result is not None]
        return {"schemas": [BULK_RESPONSE_URN], "Operations": results}

    def _needs(self, operation: BulkOperation) -> frozenset[str]:
        return frozenset([*references(operation.path), *references(operation.data)])

    def side_by_side(self, ask: Ask, jobs: list[_Job], ids: Mapping[str, str]) -> list[dict[str, Any]]:
        """Carry out jobs that do not touch each other; the results are in their order."""
        if len(jobs) == 1:
            return [self.one(ask, jobs[0].operation, ids)]
        return side_by_side(self._pool, SIDE_BY_SIDE, lambda job: self.one(ask, job.operation, ids), jobs)

    def one(self, ask: Ask, operation: BulkOperation, ids: Mapping[str, str]) -> dict[str, Any]:
        """Carry out one operation. Returns its entry in the response, an error included."""
        entry: dict[str, Any] = {"method": operation.method}
        if operation.bulk_id is not None:
            entry["bulkId"] = operation.bulk_id
        try:
            reply = self._reply(ask, operation, ids)
        except ScimError as error:
            path = resolve(operation.path, ids)
            if operation.method != "POST":
                entry["location"] = f"{ask.base}{path}"
            return entry | {"status": str(error.status), "response": error.to_message()}
        location = reply.location or f"{ask.base}{resolve(operation.path, ids)}"
        entry |= {"location": location, "status": str(reply.status)}
        if reply.etag is not None:
            entry["version"] = reply.etag
        return entry

    def _reply(self, ask: Ask, operation: BulkOperation, ids: Mapping[str, str]) -> Reply:
        ask = replace(ask, if_match=operation.version, bulk=True)
        with self.trail.refusals(ask, *self._about(operation, ids)):
            kind, key, data = self._read(ask, operation, ids)
        return kind.carry_out(ask, operation.method, key, data)

    def _about(self, operation: BulkOperation, ids: Mapping[str, str]) -> tuple[str, str, str]:
        """Return the resource type, the verb and the id that an operation names, empty where it names none."""
        verb = RECORDED.get(operation.method, "bulk")
        try:
            kind, key = self.target(resolve(operation.path, ids))
        except NotFound:
            return "", verb, ""
        return kind.endpoint.name, verb, key or ""

    def _read(
        self, ask: Ask, operation: BulkOperation, ids: Mapping[str, str]
    ) -> tuple[Served, str | None, dict[str, Any]]:
        kind, key = self.target(resolve(operation.path, ids))
        if operation.method not in VERBS:
            msg = f"method {operation.method[:20]!r} is not one of {', '.join(VERBS)}"
            raise BadRequest(msg)
        kind.check_allowed(ask, operation.method)
        if operation.method == "POST" and operation.bulk_id is None:
            msg = "bulkId: a POST needs one, so that its answer can be told from others"
            raise InvalidSyntax(msg)
        unknown = sorted({*references(operation.path), *references(operation.data)} - set(ids))
        if unknown:
            msg = f"{PREFIX}{unknown[0][:100]} refers to nothing that this request has created"
            raise Conflict(msg)
        if (key is None) != (operation.method == "POST"):
            msg = f"path {operation.path[:100]!r} does not fit {operation.method}"
            raise InvalidValue(msg)
        data = resolve(operation.data, ids)
        if operation.method != "DELETE" and not isinstance(data, dict):
            msg = "data: an object is needed"
            raise InvalidValue(msg)
        return kind, key, data or {}

    def target(self, path: str) -> tuple[Served, str | None]:
        """Return the resource type and the id that a path names. Raises `NotFound`."""
        steps = path.strip("/").split("/")
        kind = self._served.get(f"/{steps[0]}".casefold())
        if kind is None or len(steps) > 2:  # noqa: PLR2004  a collection, or a resource in it
            msg = f"path {path[:100]!r} is no endpoint of a resource type"
            raise NotFound(msg)
        return kind, steps[1] if len(steps) > 1 else None

    def _unique_values(self, operation: BulkOperation) -> frozenset[str]:
        name = operation.path.casefold().strip("/").split("/", 1)[0]
        kind = self._served.get(f"/{name}")
        unique = frozenset() if kind is None else kind.unique
        return frozenset(f"{name}={value}" for value in _unique_values(operation.data, unique))


def _claims(job: _Job, ids: Mapping[str, str]) -> frozenset[str]:
    """Return what an operation may not share with another at the same time: its resource, its unique values."""
    if job.operation.method == "POST":
        return job.unique
    return job.unique | {resolve(job.operation.path, ids).casefold().strip("/")}


def _unique_values(data: Any, names: frozenset[str]) -> Iterable[str]:
    """Yield the values under unique names, wherever a client may have put them: also in PATCH operations."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name.rsplit(":", 1)[-1].casefold() in names and isinstance(value, str):
                yield value.casefold()
            elif name.casefold() == "path" and isinstance(value, str) and value.casefold() in names:
                yield str(data.get("value")).casefold()
            else:
                yield from _unique_values(value, names)
    elif isinstance(data, list):
        for value in data:
            yield from _unique_values(value, names)


class _Run:
    """One bulk request while it is carried out."""

    def __init__(self, bulk: Bulk, ask: Ask, jobs: list[_Job], fail_on_errors: int | None) -> None:
        self._bulk = bulk
        self._ask = ask
        self._jobs = jobs
        self._most_errors = fail_on_errors
        self._ids: dict[str, str] = {}

    def carry_out(self) -> None:
        """Carry out all jobs, or as many as `failOnErrors` allows; then what circles of references left open."""
        while (waiting := [job for job in self._jobs if job.result is None]) and not self._is_over():
            batch = self._next_batch(waiting) or [self._open_circle(waiting)]
            for job, result in zip(batch, self._bulk.side_by_side(self._ask, batch, self._ids), strict=True):
                job.result = result
                if job.operation.bulk_id is not None and job.operation.method == "POST" and "response" not in result:
                    self._ids[job.operation.bulk_id] = result["location"].rsplit("/", 1)[-1]
        for job in self._jobs:
            if job.later and job.result is not None and "response" not in job.result:
                self._close_circle(job, job.result)

    def _is_over(self) -> bool:
        errors = sum(1 for job in self._jobs if job.result is not None and "response" in job.result)
        return self._most_errors is not None and errors >= self._most_errors

    def _next_batch(self, waiting: list[_Job]) -> list[_Job]:
        """Return the first jobs that wait for nothing and share nothing with any job before them."""
        pending = {job.operation.bulk_id for job in waiting if job.operation.method == "POST"}
        batch: list[_Job] = []
        taken: set[str] = set()
        for job in waiting:
            claims = _claims(job, self._ids)
            if not job.needs & pending and not claims & taken:
                batch.append(job)
                if self._most_errors is not None:
                    break  # after how many errors to stop can only be held one by one
            taken |= claims
        return batch

    def _open_circle(self, waiting: list[_Job]) -> _Job:
        """Return the first create of a circle, made ready to go without what is not there yet."""
        job = next((one for one in waiting if one.operation.method == "POST"), waiting[0])
        data = resolve(job.operation.data, self._ids)
        if isinstance(data, dict):
            now, job.later = postpone(data)
            job.operation = replace(job.operation, data=now)
        job.needs = frozenset()
        return job

    def _close_circle(self, job: _Job, result: dict[str, Any]) -> None:
        """Add what a create had to leave out; where that fails, the create's answer says so."""
        missing = sorted({name for _attribute, element in job.later for name in references(element)} - set(self._ids))
        operations = [
            {"op": "add", "path": attribute, "value": [resolve(element, self._ids)]}
            for attribute, element in job.later
            if not set(references(element)) & set(missing)
        ]
        path = f"{job.operation.path.rstrip('/')}/{PREFIX}{job.operation.bulk_id}"
        patch = BulkOperation("PATCH", path, None, None, {"schemas": [PATCH_URN], "Operations": operations})
        added = self._bulk.one(self._ask, patch, self._ids) if operations else {}
        if missing:
            conflict = Conflict(f"created, but without {PREFIX}{missing[0][:100]}, which was not created")
            added = {"status": str(conflict.status), "response": conflict.to_message()}
        if "response" in added:
            job.result = result | {"status": added["status"], "response": added["response"]}
        elif "version" in added:
            job.result = result | {"version": added["version"]}
