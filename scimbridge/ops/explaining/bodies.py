"""What becomes of a body that a client would send: a resource, a PatchOp message, or a bulk request.

Each is played as the bridge would carry it out; where something is refused, every reason is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.all_faults import faults_of_patch, faults_of_resource
from scimbridge.ops.explaining.explanations import (
    BulkExplanation,
    BulkStep,
    Explanation,
    NotExplained,
    PatchExplanation,
    Refusal,
    ResourceExplanation,
)
from scimbridge.ops.explaining.outcomes import describe_outcome, describe_refusal, in_words
from scimbridge.ops.explaining.rehearsal import IDS, Played, Stage, record_of
from scimbridge.ops.explaining.samples import make_resource
from scimbridge.resources.bulk.operations import BulkOperations, refers_to
from scimbridge.scim import verbs
from scimbridge.scim.json_text import read_json
from scimbridge.scim.messages import BulkOperation, read_bulk
from scimbridge.sides import Body


def explain_content(name: str, content: bytes, stage: Stage) -> Explanation:
    """Return what a body leads to; `name` is where it comes from. Raises `ScimError` for one that cannot be read."""
    body = Body(read_json(content))
    operations = next((value for key, value in body.items() if key.lower() == "operations"), None)
    if operations is None:
        return _explain_resource(name, body, replace(stage, table=_type_of(body, stage)))
    if isinstance(operations, list) and any(isinstance(one, dict) and _has(one, "method") for one in operations):
        return _explain_bulk(name, body, stage)
    return _explain_patch(name, body, stage)


def _has(operation: Mapping[str, Any], name: str) -> bool:
    return any(key.lower() == name for key in operation)


def _type_of(body: Mapping[str, Any], stage: Stage) -> Table:
    """Return the table of the resource's own core schema, else the one that was asked for."""
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    told = {str(urn).lower() for urn in schemas} if isinstance(schemas, list) else set()
    tables = stage.tables.whole.values()
    return next((each for each in tables if each.type.schema.urn.lower() in told), stage.table)


def _full(stage: Stage) -> dict[str, Any]:
    """Return a record that has an example in every attribute; a present record is read when it is needed."""
    if stage.present is not None:
        return {}
    return record_of(stage, make_resource(stage.table, stage.table.rows))


def _against(stage: Stage) -> str | None:
    return None if stage.present is None else stage.present.key


def _not_explained(refusal: Refusal, faults: tuple[str, ...]) -> NotExplained:
    return NotExplained(faults[0] if faults else refusal.detail, faults or (refusal.detail,))


# -- a resource --------------------------------------------------------------------------------------------------------


def _explain_resource(name: str, body: Body, stage: Stage) -> Explanation:
    def create(resource: Body) -> Played:
        return stage.play(
            lambda endpoint, context, options: endpoint.do(verbs.CREATE, context, options, read=lambda: resource)
        )

    created = create(body)
    if created.refusal is not None and not created.requests:
        faults = faults_of_resource(stage.table, body, lambda resource: _refusal(create(resource)))
        return _not_explained(describe_refusal(created.refusal), faults)
    replaced = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.REPLACE, context, options, stage.key, read=lambda: body),
        _full(stage),
    )
    if stage.present is not None and replaced.refusal is not None:
        return _not_explained(describe_refusal(replaced.refusal), ())
    return ResourceExplanation(
        stage.table.type.name, name, describe_outcome(created), describe_outcome(replaced), _against(stage)
    )


def _refusal(played: Played) -> Refusal | None:
    return None if played.refusal is None else describe_refusal(played.refusal)


# -- a PatchOp message -------------------------------------------------------------------------------------------------


def _explain_patch(name: str, body: Body, stage: Stage) -> Explanation:
    held = _full(stage)

    def patch(message: Body) -> Played:
        return stage.play(
            lambda endpoint, context, options: endpoint.do(
                verbs.PATCH, context, options, stage.key, read=lambda: message
            ),
            held,
        )

    played = patch(body)
    if played.refusal is not None and not any(request.method != "GET" for request in played.requests):
        faults = faults_of_patch(body, lambda message: _refusal(patch(message)))
        return _not_explained(describe_refusal(played.refusal), faults)
    reads = bool(played.requests) and played.requests[0].method == "GET"
    return PatchExplanation(stage.table.type.name, name, describe_outcome(played), reads, _against(stage))


# -- a bulk request ----------------------------------------------------------------------------------------------------


def _explain_bulk(name: str, body: Body, stage: Stage) -> BulkExplanation:
    request = read_bulk(body, strict=False)
    ids = {each.bulk_id: IDS["NEW-ID"] for each in request.operations if each.bulk_id and each.verb == verbs.CREATE}
    return BulkExplanation(name, tuple(_explain_operation(each, ids, stage) for each in request.operations))


def _explain_operation(operation: BulkOperation, ids: Mapping[str, str], stage: Stage) -> BulkStep:
    first = operation.path.strip("/").split("/")[0].casefold()
    tables = stage.tables.whole.values()
    table = next((each for each in tables if each.type.endpoint.strip("/").casefold() == first), stage.table)
    stage = replace(stage, table=table)
    held = {} if operation.verb == verbs.CREATE else _full(stage)

    def play(data: Any) -> tuple[Played, Refusal | None]:
        entry: dict[str, Any] = {}
        one = replace(operation, data=data)
        played = stage.play(
            lambda endpoint, context, options: entry.update(
                BulkOperations([endpoint]).carry_out(context, options, one, ids, refers_to(one))
            ),
            held,
        )
        return played, _refused(entry.get("response"))

    played, refusal = play(operation.data)
    faults: tuple[str, ...] = ()
    if refusal is not None:
        faults = _faults_of(operation, table, lambda data: play(data)[1]) or (refusal.detail,)
    outcome = replace(describe_outcome(played), refusal=refusal)
    return BulkStep(operation.method, in_words(operation.path), operation.bulk_id, outcome, faults)


def _faults_of(operation: BulkOperation, table: Table, judge: Callable[[Body], Refusal | None]) -> tuple[str, ...]:
    if not isinstance(operation.data, dict):
        return ()
    if operation.verb in (verbs.CREATE, verbs.REPLACE):
        return faults_of_resource(table, Body(operation.data), judge)
    return faults_of_patch(Body(operation.data), judge) if operation.verb == verbs.PATCH else ()


def _refused(message: Mapping[str, Any] | None) -> Refusal | None:
    if message is None:
        return None
    return Refusal(int(message["status"]), message.get("scimType"), in_words(message["detail"]))
