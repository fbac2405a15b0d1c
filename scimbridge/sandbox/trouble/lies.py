"""Answers that are well-formed JSON and not true: a PingOne, or what stands before it, that is not in order.

Each lie takes the body of a success and returns another one. Knows the shape of lists and records (docs/pingone.md §6),
and nothing of requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimbridge.sandbox.store.records import Json

OTHER_ID: Final = "99999999-9999-4999-8999-999999999999"
_NOTHING: Final = object()


def _with_links(links: Any) -> Callable[[Json], Json]:
    """Give a page other links; what is no page stays as it is."""

    def tell(body: Json) -> Json:
        if "_embedded" not in body:
            return body
        rest = {name: value for name, value in body.items() if name != "_links"}
        return rest if links is _NOTHING else {"_links": links, **rest}

    return tell


def _with_next(link: Any) -> Callable[[Json], Json]:
    """Give a page another link to the next one, where it has one."""

    def tell(body: Json) -> Json:
        links = body.get("_links")
        if not isinstance(links, dict) or "next" not in links:
            return body
        rest = {name: value for name, value in links.items() if name != "next"}
        return {**body, "_links": rest if link is _NOTHING else {**rest, "next": link}}

    return tell


def _with_id(value: Any) -> Callable[[Json], Json]:
    """Give the record, or the last one of a page, another id."""

    def change(record: Json) -> Json:
        rest = {name: held for name, held in record.items() if name != "id"}
        return rest if value is _NOTHING else {"id": value, **rest}

    def tell(body: Json) -> Json:
        embedded = body.get("_embedded")
        if "id" in body or not isinstance(embedded, dict):
            return change(body) if "id" in body else body
        return {**body, "_embedded": {name: [*each[:-1], *map(change, each[-1:])] for name, each in embedded.items()}}

    return tell


def _twice(body: Json) -> Json:
    """Give the first record of a page in the place of the last."""
    embedded = body.get("_embedded")
    if "id" in body or not isinstance(embedded, dict):
        return body
    return {**body, "_embedded": {name: [*each[:-1], *each[:1]] for name, each in embedded.items()}}


def _fewer(body: Json) -> Json:
    """Give a record lists without their last value."""
    if "id" not in body:
        return body
    return {name: held[:-1] if isinstance(held, list) else held for name, held in body.items()}


LIES: Final[dict[str, Callable[[Json], Json]]] = {
    "no_links": _with_links(_NOTHING),
    "links_list": _with_links([]),
    "links_text": _with_links("none"),
    "links_null": _with_links(None),
    "no_next": _with_next(_NOTHING),
    "next_null": _with_next(None),
    "next_text": _with_next("more"),
    "next_empty": _with_next({"href": ""}),
    "no_id": _with_id(_NOTHING),
    "null_id": _with_id(None),
    "number_id": _with_id(5),
    "empty_id": _with_id(""),
    "other_id": _with_id(OTHER_ID),
    "twice": _twice,
    "fewer_values": _fewer,
}
