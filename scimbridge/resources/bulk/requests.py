"""Bulk: many operations in one request, each answered by itself (RFC 7644 §3.7).

The result is that of one after the other, in the sequence that the client gave. What is tied together keeps that
sequence; everything else is carried out side by side, since latency to PingOne is the cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from scimbridge.request.context import AnswerOptions, RequestContext
from scimbridge.request.parallel import OPERATIONS, each_in_turn, side_by_side
from scimbridge.request.rights import check_any, may_write
from scimbridge.resources.bulk.operations import BulkOperations, refers_to
from scimbridge.resources.bulk.ties import Touch, Traits, find_cells
from scimbridge.resources.endpoint import Endpoint
from scimbridge.scim.bulk.names import NONE, Named, named_in_resource
from scimbridge.scim.bulk.references import PREFIX, postpone, references, resolve
from scimbridge.scim.bulk.sequence import Step, find_waits, put_in_sequence
from scimbridge.scim.catalogue import BULK_RESPONSE_URN, PATCH_URN
from scimbridge.scim.errors import Conflict, InvalidSyntax, ScimError
from scimbridge.scim.messages import BulkOperation, BulkRequest
from scimbridge.scim.verbs import CREATE, PATCH, WRITE
from scimbridge.trail.attempts import UNTRACED, Trail

MOST_OPERATIONS = 1000  # in one request


@dataclass(slots=True)
class _Job:
    """One operation on its way: what it refers to, what it had to leave out, and how it ended."""

    operation: BulkOperation
    refers: frozenset[str]
    later: list[tuple[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None

    @property
    def makes(self) -> str | None:
        """The bulkId by which others refer to what this creates."""
        return self.operation.bulk_id if self.operation.verb == CREATE else None

    @property
    def failed(self) -> bool:
        """Whether it was tried, and ended with an error."""
        return self.result is not None and "response" in self.result


class Bulk:
    """Bulk requests over all resource types. The pool is its own: what it waits for may use others."""

    def __init__(self, endpoints: Iterable[Endpoint], pool: Executor, trail: Trail = UNTRACED) -> None:
        self.trail = trail
        endpoints = tuple(endpoints)
        self._kinds = [endpoint.kind for endpoint in endpoints]
        self._traits = {endpoint.path: Traits.of(endpoint) for endpoint in endpoints}
        self._operations = BulkOperations(endpoints, trail)
        self._pool = pool

    def check_allowed(self, context: RequestContext) -> None:
        """Refuse a client that may write nothing at all, before anything of the request is looked at.

        Raises `Forbidden`.
        """
        check_any(context.caller, self._kinds, WRITE)

    def run(self, context: RequestContext, options: AnswerOptions, request: BulkRequest) -> dict[str, Any]:
        """Return the BulkResponse.

        Raises `InvalidSyntax` where the request as a whole makes no sense, and `Forbidden`.
        """
        self.check_allowed(context)
        jobs = [_Job(operation, refers_to(operation)) for operation in request.operations]
        makers = {job.makes: number for number, job in enumerate(jobs) if job.makes}
        if len(makers) != sum(1 for job in jobs if job.makes):
            msg = "Operations: each bulkId may stand once"
            raise InvalidSyntax(msg)
        steps = put_in_sequence([{makers[name] for name in job.refers if name in makers} for job in jobs])
        run = _BulkRun(self._operations, context, options, jobs)
        if request.fail_on_errors is not None:
            run.one_by_one(steps, request.fail_on_errors)  # after how many to stop can only be held one by one
        else:
            waits = find_waits(find_cells(self._touches(jobs, steps), partial(self._look, context, options)))
            each_in_turn(self._pool, OPERATIONS, lambda number: run.go(steps[number]), waits)
        results = [job.result for job in jobs if job.result is not None]
        return {"schemas": [BULK_RESPONSE_URN], "Operations": results}

    def _touches(self, jobs: Sequence[_Job], steps: Sequence[Step]) -> list[Touch]:
        """Return what each step of a request touches; what closes a circle names nothing that is unique."""
        each = [self._touch(job) for job in jobs]
        return [
            replace(each[step.number], named=NONE, frees=False) if step.closes else each[step.number] for step in steps
        ]

    def _touch(self, job: _Job) -> Touch:
        try:
            endpoint, key = self._operations.target(job.operation.path)
        except ScimError:  # which it is answered when it is carried out
            return Touch.of(job.operation, None, None, job.refers)
        return Touch.of(job.operation, self._traits[endpoint.path], key, job.refers)

    def _look(
        self, context: RequestContext, options: AnswerOptions, endpoint: Endpoint, keys: Sequence[str]
    ) -> dict[str, Named]:
        """Read what resources hold of unique values. The client is shown none of it."""
        if not may_write(context.caller, endpoint.kind):
            return {}  # whatever it asks for is refused
        unique = self._traits[endpoint.path].unique
        context = replace(context, if_match=None, if_none_match=None)
        options = replace(options, attributes=",".join(unique), excluded=None)

        def read(key: str) -> Named | None:
            try:
                return named_in_resource(endpoint.resource.get(context, options, key).body, unique)
            except ScimError:
                return None  # it may hold anything: what could concern it waits for it

        found = side_by_side(self._pool, OPERATIONS, read, keys)
        return {key: named for key, named in zip(keys, found, strict=True) if named is not None}


class _BulkRun:
    """One bulk request while it is carried out; safe to be called by several threads for different operations."""

    def __init__(
        self, operations: BulkOperations, context: RequestContext, options: AnswerOptions, jobs: Sequence[_Job]
    ) -> None:
        self._operations = operations
        self._context = context
        self._options = options
        self._jobs = jobs
        self._ids: dict[str, str] = {}

    def one_by_one(self, steps: Iterable[Step], most_errors: int) -> None:
        """Go through the steps until so many have failed; what was created is completed as far as it can be."""
        for step in steps:
            if step.closes or sum(job.failed for job in self._jobs) < most_errors:
                self.go(step)

    def go(self, step: Step) -> None:
        """Carry out one step."""
        job = self._jobs[step.number]
        if step.closes:
            if job.result is not None and not job.failed and job.later:
                self._close_circle(job, job.result)
            return
        if step.opens:
            self._open_circle(job)
        job.result = self._operations.carry_out(self._context, self._options, job.operation, self._ids, job.refers)
        if job.makes and "location" in job.result:
            self._ids[job.makes] = job.result["location"].rsplit("/", 1)[-1]

    def _open_circle(self, job: _Job) -> None:
        """Make a create ready to go without what is not there yet."""
        data = resolve(job.operation.data, self._ids)
        if isinstance(data, dict):
            data, job.later = postpone(data)
        job.operation = replace(job.operation, data=data)
        job.refers = refers_to(job.operation)

    def _close_circle(self, job: _Job, result: Mapping[str, Any]) -> None:
        """Add what a create had to leave out; where that fails, the create's answer says so."""
        names = {name for _attribute, element in job.later for name in references(element)}
        missing = sorted(name for name in names if name not in self._ids)
        operations = [
            {"op": "add", "path": attribute, "value": [resolve(element, self._ids)]}
            for attribute, element in job.later
            if not set(references(element)) & set(missing)
        ]
        path = f"{job.operation.path.rstrip('/')}/{PREFIX}{job.operation.bulk_id}"
        patch = BulkOperation(PATCH.method, path, None, None, {"schemas": [PATCH_URN], "Operations": operations})
        added = self._operations.carry_out(self._context, self._options, patch, self._ids, ()) if operations else {}
        if missing:
            conflict = Conflict(f"created, but without {PREFIX}{missing[0][:100]}, which was not created")
            added = {"status": str(conflict.status), "response": conflict.to_message()}
        if "response" in added:
            job.result = {**result, "status": added["status"], "response": added["response"]}
        elif "version" in added:
            job.result = {**result, "version": added["version"]}
