"""What is taken out of a table: for everybody by `disable`, for one client by what is hidden from it.

Both name attributes alike and mean the same: the attribute is in no schema, request, answer and filter, and in no
composed value. Knows rows and names; who is hidden what is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from scimbridge.mapping.tables.rows import Row, Template, nearest

Hidden = tuple[tuple[str, tuple[str, ...]], ...]
"""Attribute names as in `disable`, by resource type name."""

_MADE = ("type", "primary")


@dataclass(frozen=True, slots=True)
class Wording:
    """How a fault speaks of a name: of which `table` it is no attribute, and what cannot be `done` to it."""

    table: str
    done: str


def check_names(
    names: Iterable[str],
    rows: Sequence[Row],
    required: Sequence[str],
    wording: Wording,
    refuse: Callable[[str], None],
) -> None:
    """Hold names to the rows of a table: each means one at least, and none that a resource cannot be without.

    `required` are PingOne's own names of such fields. Each fault is told to `refuse`.
    """
    for name in names:
        hit = [row for row in rows if _is_meant(row, name)]
        marked = [row for row in rows if _mark(row, name) is not None]
        if len({row.selector for row in marked}) > 1:
            refuse(f"{name!r} cannot be {wording.done}: it says which of several values of {marked[0].attr} one is")
        if not hit and not marked:
            hint = nearest(name, {row.attr for row in rows} | {row.spelled for row in rows})
            refuse(f"{name!r} is no attribute of {wording.table}{hint}")
        for row in hit:
            if row.attribute.required or row.spelled == "id" or row.native in required:
                refuse(f"{row.spelled!r} cannot be {wording.done}: it is required")


def take_out(names: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Return the rows that no name means; what is taken out is in no composed value either."""
    gone = {row.to for row in rows if row.to and any(_is_meant(row, name) for name in names)}
    return [
        row if row.template is None else replace(row, template=_without(row.template, gone))
        for row in rows
        if not any(_is_meant(row, name) for name in names)
    ]


def unmarked(names: Sequence[str], rows: Sequence[Row]) -> dict[tuple[str, str], frozenset[str]]:
    """Return which of `type` and `primary` the one value of a list shall not have: (URN, folded attribute) -> names.

    No row keeps them: they are made from the row's selector, and a client that did not send them may not want them.
    """
    found: dict[tuple[str, str], frozenset[str]] = {}
    for row in rows:
        marks = {mark for name in names if (mark := _mark(row, name)) is not None}
        if marks:
            found[row.urn, row.attr.casefold()] = frozenset(marks)
    return found


def _mark(row: Row, name: str) -> str | None:
    """Return which of the sub-attributes that are made from a row's selector a name means, or None."""
    if row.selector is None:
        return None
    spellings = {f"{prefix}{row.attr}.{mark}".casefold(): mark for prefix in ("", f"{row.urn}:") for mark in _MADE}
    return spellings.get(name.casefold())


def _is_meant(row: Row, name: str) -> bool:
    listed = f'{row.attr}[type eq "{row.selector}"]'
    spellings = {row.attr, row.spelled, f"{row.attr}.{row.sub}", listed}
    spellings |= {f"{row.urn}:{spelling}" for spelling in spellings} | ({row.urn} if row.urn else set())
    return name.casefold() in {spelling.casefold() for spelling in spellings}


def _without(template: Template, gone: set[tuple[str, ...]]) -> Template:
    pieces = tuple((text, None if path in gone else path) for text, path in template.pieces)
    return replace(template, pieces=pieces, other=() if template.other in gone else template.other)
