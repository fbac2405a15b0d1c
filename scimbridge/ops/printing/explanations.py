"""Explanations as text: a heading, and labels with what belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import orjson

from scimbridge.ops.explaining.explanations import (
    BulkExplanation,
    Characteristics,
    Consequence,
    Explanation,
    FilterExplanation,
    FilterReading,
    NotExplained,
    OperationExplanation,
    PatchExplanation,
    PathExplanation,
    Refusal,
    ResourceExplanation,
    RowFacts,
    SchemaExplanation,
    SentRequest,
    TableExplanation,
)
from scimbridge.ops.explaining.operations import BESIDE
from scimbridge.ops.explaining.rehearsal import SCAN
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import Paper, open_paper

WIDTH = 17
WHERE = "(paths of requests are below /v1/environments/<environment id>; ids and values are examples)"
_CASES = {
    "ignored": "where PingOne compares without case (`scimbridge check` tells):",
    "minded": "where PingOne minds case:",
}
_HEADING, _LABEL = "bold", "cyan"

Labelled = Iterator[tuple[str, str]]
"""Labels and texts; an empty label is for what belongs to the text above."""


def show_explanation(stream: TextIO, explanation: Explanation, *, as_json: bool) -> None:
    """Write an explanation as text or as one document."""
    if as_json:
        write_document(stream, explanation)
    else:
        print_explanation(open_paper(stream), explanation)


def print_explanation(paper: Paper, explanation: Explanation) -> None:
    """Write an explanation of whatever kind."""
    match explanation:
        case NotExplained():
            for sentence in explanation.faults or (explanation.detail,):
                paper.line(sentence)
        case TableExplanation():
            _print_table(paper, explanation)
        case BulkExplanation():
            _print_bulk(paper, explanation)
            paper.line(WHERE)
        case OperationExplanation():
            paper.line(f"{explanation.operation}: {explanation.does}", _HEADING)
            _print(paper, _operation(explanation))
            _print_where(paper, is_needed=explanation.request is not None)
        case PathExplanation():
            paper.line(explanation.path, _HEADING)
            _print(paper, _path(explanation))
            _print_where(paper, is_needed=bool(explanation.rows))
        case SchemaExplanation():
            paper.line(explanation.schema, _HEADING)
            _print(paper, (("row", f"{each.row} -> {each.field}") for each in explanation.rows))
        case FilterExplanation():
            paper.line(explanation.filter, _HEADING)
            _print(paper, _filter(explanation))
            paper.line(WHERE)
        case ResourceExplanation() | PatchExplanation():
            _print_file(paper, explanation)
            paper.line(WHERE)


def _print_where(paper: Paper, *, is_needed: bool) -> None:
    if is_needed:
        paper.line(WHERE)


def _print(paper: Paper, labelled: Iterable[tuple[str, str]]) -> None:
    for label, text in labelled:
        paper.item(f"  {label:<{WIDTH}}", text, _LABEL)


def _print_file(paper: Paper, explanation: ResourceExplanation | PatchExplanation) -> None:
    if isinstance(explanation, PatchExplanation):
        paper.line(f"{explanation.file}: a PatchOp message for a {explanation.resource}", _HEADING)
        _print(paper, _outcome("PATCH", explanation.patch))
        if explanation.reads:
            paper.line(f"  what PingOne holds decides: shown for {_base(explanation)}")
        return
    paper.line(f"{explanation.file}: a SCIM {explanation.resource}", _HEADING)
    _print(paper, _outcome("POST", explanation.create))
    _print(paper, _outcome("PUT", explanation.replace))
    paper.line(f"  PUT is the difference to what PingOne holds: shown for {_base(explanation)}")


def _base(explanation: ResourceExplanation | PatchExplanation) -> str:
    if explanation.against is None:
        return "one that holds an example in every attribute"
    return f"{explanation.against} as it is now; nothing was written"


def _print_table(paper: Paper, explanation: TableExplanation) -> None:
    paper.line(f"{explanation.resource}, by {explanation.file}", _HEADING)
    rows = (
        (
            row.row,
            row.field,
            _short_type(row.characteristics),
            row.characteristics.mutability,
            row.filters.partition(":")[0],
        )
        for row in explanation.rows
    )
    paper.table((("row", 64), ("PingOne field", 24), ("type", 10), ("mutability", 10), ("PingOne filters", 0)), rows)


def _short_type(attribute: Characteristics) -> str:
    return f"{attribute.type}[]" if attribute.multi_valued else attribute.type


def _print_bulk(paper: Paper, explanation: BulkExplanation) -> None:
    paper.line(f"{explanation.file}: a bulk request of {len(explanation.operations)} operations", _HEADING)
    for number, step in enumerate(explanation.operations, 1):
        made = "" if step.bulk_id is None else f" ({step.bulk_id})"
        paper.line(f"  {number}. {step.method} {step.path}{made}", _HEADING)
        if step.faults:
            _print(paper, (("" if place else "refused", fault) for place, fault in enumerate(step.faults)))
        if not step.faults or step.outcome.requests:
            _print(paper, _outcome("requests", step.outcome))


# -- paths -------------------------------------------------------------------------------------------------------------


def _path(explanation: PathExplanation) -> Labelled:
    for place, gone in enumerate(explanation.taken_away):
        yield "" if place else "taken away", gone
    if explanation.rowless is not None:
        yield "PingOne field", explanation.rowless
    if explanation.characteristics is not None:
        yield "characteristics", _characteristics(explanation.characteristics)
    for row in explanation.rows:
        yield from _row(row)
    if explanation.no_example is not None:
        yield "requests", explanation.no_example
    if (example := explanation.example) is not None:
        yield "example", f"{example.path} = {orjson.dumps(example.value).decode()}"
        yield from _outcome("POST", example.create)
        yield from _outcome("PATCH replace", example.replace)
        yield from _outcome("PATCH remove", example.remove)
    if explanation.filter is not None:
        yield from _filter(explanation.filter)


def _row(facts: RowFacts) -> Labelled:
    yield "row", facts.row
    yield "PingOne field", facts.field
    yield "carried", facts.carried
    yield "codec", facts.codec
    yield "limits", facts.limits
    yield "PingOne filters", facts.filters
    yield "characteristics", _characteristics(facts.characteristics)


def _characteristics(attribute: Characteristics) -> str:
    said = [
        f"type {attribute.type}",
        f"multiValued {str(attribute.multi_valued).lower()}",
        f"required {str(attribute.required).lower()}",
        f"caseExact {str(attribute.case_exact).lower()}",
        f"mutability {attribute.mutability}",
        f"returned {attribute.returned}",
        f"uniqueness {attribute.uniqueness}",
    ]
    if attribute.canonical_values:
        said.append(f"canonicalValues {', '.join(attribute.canonical_values)}")
    return ", ".join(said)


# -- filters -----------------------------------------------------------------------------------------------------------


def _filter(explanation: FilterExplanation) -> Labelled:
    yield "filter", explanation.filter
    if explanation.refusal is not None:
        yield "", _refusal(explanation.refusal)
    for reading in explanation.readings:
        if reading.case is not None:
            yield "", _CASES[reading.case]
        yield from _reading(reading)


def _reading(reading: FilterReading) -> Labelled:
    match reading.asks:
        case "nothing":
            yield "PingOne is asked", "nothing: no record can match, since ids are UUIDs"
            return
        case "few":
            asked, checked = "for the few records that it can hold for, not for a list", "the whole filter"
        case "all":
            asked = f"for all {reading.collection}: it cannot answer any of it"
            checked = f"the whole filter, over at most {SCAN:,} records (SCIMBRIDGE_SCAN_LIMIT)"
        case "filter":
            asked = reading.native or ""
            checked = (
                "that PingOne's answer has nothing else"
                if reading.exact
                else "the whole filter, over what PingOne answers"
            )
    yield "PingOne is asked", asked
    yield "checked here", checked
    yield from _outcome("requests", reading.outcome)


# -- operations --------------------------------------------------------------------------------------------------------


def _operation(explanation: OperationExplanation) -> Labelled:
    yield "row", explanation.row
    if explanation.request is None:
        yield "refused", f"with 501: {explanation.refused}"
        return
    yield "called", f"{explanation.method} {explanation.path}"
    yield from (("", part) for part in explanation.parts)
    deleting = f"; to delete a part: {explanation.delete_scope}" if explanation.delete_scope else ""
    yield "scope", f"{explanation.scope}{deleting}"
    if explanation.role is not None:
        yield "role at PingOne", explanation.role
    for place, each in enumerate(explanation.inputs):
        yield "" if place else "inputs", _input(each)
    for place, line in enumerate(_request(explanation.request)):
        yield "" if place else "PingOne's call", line
    if explanation.request.path.startswith(f"{BESIDE}/"):
        yield "", "beside the environments, and not below one"
    if explanation.function is not None:
        yield "", f"made by the function `{explanation.function}`, which may send more than the row says"
    yield "answer", explanation.answer or ""
    yield "lost answer", explanation.lost_answer or ""
    if explanation.limit is not None:
        yield "limit", explanation.limit


def _input(each: dict[str, Any]) -> str:
    words = [str(each["type"]), *(word for word in ("required", "secret") if each.get(word))]
    rest = {name: held for name, held in each.items() if name not in ("name", "type", "required", "secret")}
    return f"{each['name']}: {', '.join(words + [f'{name} {_shown(held)}' for name, held in rest.items()])}"


def _shown(held: Any) -> str:
    return held if isinstance(held, str) else orjson.dumps(held).decode()


# -- requests ----------------------------------------------------------------------------------------------------------


def _outcome(label: str, outcome: Consequence) -> Labelled:
    lines = [line for request in outcome.requests for line in _request(request)]
    if outcome.refusal is not None:
        lines.append(f"{'then ' if lines else ''}{_refusal(outcome.refusal)}")
    lines.extend(f"left out, since nothing of that name is kept: {name}" for name in outcome.left_out)
    for place, line in enumerate(lines or ["nothing is sent"]):
        yield "" if place else label, line


def _request(request: SentRequest) -> Iterator[str]:
    yield f"{request.method} {request.path}"
    if request.media is not None:
        yield f"    Content-Type: {request.media}"
    if request.body is not None:
        yield f"    {orjson.dumps(request.body).decode()}"


def _refusal(refusal: Refusal) -> str:
    kind = f" {refusal.scim_type}" if refusal.scim_type else ""
    return f"refused with {refusal.status}{kind}: {refusal.detail}"
