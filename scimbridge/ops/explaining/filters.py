"""What becomes of a filter: what PingOne is asked, what is checked here, and whether the first is the whole answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from scimbridge.ops.explaining.explanations import FilterExplanation, FilterReading
from scimbridge.ops.explaining.outcomes import describe_outcome, describe_refusal, in_words
from scimbridge.ops.explaining.rehearsal import Played, Stage
from scimbridge.pingone.kinds import kind_named
from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.filter_dialects import read_filter_text
from scimbridge.scim.filtering.trees import And, Node, Not, Or, parse, render


def play_filter(stage: Stage, text: str, *, caseless: bool) -> Played:
    """Play a list request with a filter; `caseless` is how PingOne compares where nobody knows."""
    return stage.play(
        lambda endpoint, context, options: endpoint.lists.answer(context, options, {"filter": text}), caseless=caseless
    )


def explain_filter(stage: Stage, text: str) -> FilterExplanation:
    """Return what becomes of a filter; where case decides, for both ways of comparing."""
    resource, shown = stage.table.type.name, in_words(text)
    caseless = play_filter(stage, text, caseless=True)
    minding = play_filter(stage, text, caseless=False)
    if caseless.refusal is not None and not caseless.requests:
        return FilterExplanation(resource, shown, describe_refusal(caseless.refusal), ())
    if caseless.requests == minding.requests:
        return FilterExplanation(resource, shown, None, (_read(stage, None, caseless),))
    readings = (_read(stage, "ignored", caseless), _read(stage, "minded", minding))
    return FilterExplanation(resource, shown, None, readings)


def _read(stage: Stage, case: Literal["ignored", "minded"] | None, played: Played) -> FilterReading:
    collection = kind_named(stage.table.type.name).collection
    source, outcome = played.source, describe_outcome(played)
    if source is None:
        asks: Literal["few", "nothing"] = "few" if played.requests else "nothing"
        return FilterReading(case, asks, collection, None, exact=False, outcome=outcome)
    if source.asked is None:
        return FilterReading(case, "all", collection, None, exact=False, outcome=outcome)
    return FilterReading(case, "filter", collection, in_words(source.asked), exact=source.exact, outcome=outcome)


def faults_of_filter(stage: Stage, text: str) -> tuple[str, ...]:
    """Return every reason for which a filter is refused, by each of its tests; none where it cannot be taken apart."""
    try:
        tree = parse(read_filter_text(text, stage.table.type.urns))
    except ScimError:
        return ()
    refusals = (play_filter(stage, render(test), caseless=True).refusal for test in _tests(tree))
    return tuple(dict.fromkeys(in_words(refusal.detail) for refusal in refusals if refusal is not None))


def _tests(node: Node) -> Iterator[Node]:
    match node:
        case And() | Or():
            for part in node.parts:
                yield from _tests(part)
        case Not():
            yield from _tests(node.part)
        case _:
            yield node
