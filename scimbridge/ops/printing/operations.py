"""Prints operations and what they answered: lines for people, or one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

import orjson

from scimbridge.operations.describing import describe_offer, ways_of, words_of
from scimbridge.operations.offering import Offer
from scimbridge.operations.rows import Operation
from scimbridge.ops.printing.documents import write_document
from scimbridge.ops.printing.paper import open_paper
from scimbridge.request.context import Reply
from scimbridge.scim.errors import ScimError


def show_operations(stream: TextIO, operations: Iterable[Operation], *, as_json: bool) -> None:
    """Show what can be called, and what each is given."""
    offered = [each for each in operations if not each.refuse]
    if as_json:
        write_document(stream, {"operations": [describe_offer(Offer(each)) for each in offered]})
        return
    paper = open_paper(stream)
    for each in offered:
        paper.line(f"{each.name}  ({each.resource}, {each.scope})", "bold")
        paper.item("    ", each.does)
        for way in ways_of(Offer(each, matches=False)):
            paper.item("    ", f"{way.method} {way.path}{f'  ({each.write})' * (way.method == 'DELETE')}")
        for one in each.inputs:
            paper.item("    ", f"{one.name}: {', '.join(words_of(one))}")


def show_reply(stream: TextIO, reply: Reply, *, as_json: bool) -> None:
    """Show an answer: each value behind its path."""
    body = None if reply.body is None else orjson.loads(orjson.dumps(reply.body))  # lists come as text already
    if as_json:
        write_document(stream, {"status": reply.status, "answer": body})
        return
    paper = open_paper(stream)
    if body is None:
        paper.line("done")
        return
    for path, value in _values(body, ""):
        paper.item(f"{path}: ", str(value))


def show_refusal(stream: TextIO, refusal: ScimError, *, as_json: bool) -> None:
    """Show why an operation was not carried out."""
    if as_json:
        write_document(stream, {"status": refusal.status, "answer": refusal.to_message()})
        return
    open_paper(stream).item("Error: ", f"{refusal.status}: {refusal.detail}")


def _values(held: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(held, Mapping):
        for name, value in held.items():
            if name != "schemas":
                yield from _values(value, f"{path}.{name}" if path else str(name))
    elif isinstance(held, list):
        for place, value in enumerate(held):
            yield from _values(value, f"{path}[{place}]")
    elif held is not None:
        yield path, held
