"""A SCIM filter, split into what PingOne is asked and what is checked here (RFC 7644 §3.4.2.2).

PingOne answers a few operators on a few fields. What it can answer exactly, or with too much, is pushed down; what
comes back is checked against the whole filter, so that the answer is the RFC's and never wider. A filter is planned
once; the plan is split again as more is known of PingOne. Pure: the pushed half leaves here as a tree on PingOne's
field names, printed by the room that speaks to PingOne.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.membership_questions import Check, Questions
from scimbridge.mapping.pushing import Chooser, KnownFilters, Part, every, find_part
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.scim import dialects
from scimbridge.scim.catalogue import Found
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Or, conjuncts, paths_of

PUSHED_LENGTH = 3000  # characters of values in one pushed filter; past that the URL may be too long for PingOne


@dataclass(frozen=True, slots=True)
class Query:
    """A filter, ready to be asked.

    `pushed` is what PingOne is asked (native names), None for everything. `exact`: its answer is the filter's answer.
    `id`: the filter can only hold for the resource of that id. `doubtful` rows would be pushed if PingOne ignored case
    there; `asked` are the rows and operators that PingOne is asked for. `reads` are the names of the attributes that
    the filter looks at, with their URN in extensions.

    `check` checks a whole SCIM resource. `linked`: a resource has to be linked to one id of each of these; `beside`
    is the check where PingOne was asked for exactly that, and `exact_beside` says that its answer is the whole then.
    """

    pushed: Node | None
    exact: bool
    check: Check
    id: str | None
    doubtful: tuple[tuple[Row, str], ...]
    asked: tuple[tuple[Row, str], ...]
    linked: tuple[tuple[str, ...], ...]
    beside: Check
    exact_beside: bool
    reads: tuple[str, ...]

    @property
    def keeps(self) -> Callable[[dict[str, Any]], bool]:
        """The filter over whole resources, with their memberships."""
        return self.check.keeps


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What a filter means for one resource type, whatever is known of PingOne.

    `part` is what PingOne can answer of it; `others` the same for each conjunct that is not about linked ids alone.
    """

    part: Part | None
    others: tuple[Part | None, ...]
    check: Check
    id: str | None
    linked: tuple[tuple[str, ...], ...]
    beside: Check
    reads: tuple[str, ...]

    def split(self, knowledge: KnownFilters) -> Query:
        """Return the filter ready to be asked, by what is known now."""
        chooser = Chooser(knowledge)
        chosen = chooser.choose(self.part)
        exact_beside = bool(self.linked) and all(
            found is not None and found.exact for found in map(chooser.choose, self.others)
        )
        if chosen is not None and _length(chosen.node) > PUSHED_LENGTH:
            chosen, exact_beside = None, False
        return Query(
            pushed=None if chosen is None else chosen.node,
            exact=chosen is not None and chosen.exact,
            check=self.check,
            id=self.id,
            doubtful=tuple(chooser.doubtful),
            asked=() if chosen is None else chosen.asked,
            linked=self.linked,
            beside=self.beside,
            exact_beside=exact_beside,
            reads=self.reads,
        )


def plan_filter(node: Node, table: Table, *, strict: bool) -> QueryPlan:
    """Plan a filter for one resource type. Raises `InvalidFilter` for what the type has not, or cannot be asked."""
    if not strict:
        node = dialects.rename_country_codes(node, table.type)
    _check_names(node, table, strict=strict)
    questions = Questions(table)
    questions.check_bounded(node)
    top = conjuncts(node)
    parts = [find_part(part, table) for part in top]
    others = [place for place, part in enumerate(top) if not questions.is_plain(part)]
    beside = And(tuple(top[place] for place in others)) if others else None
    check = questions.compile(node)
    return QueryPlan(
        part=parts[0] if len(parts) == 1 else every(parts),
        others=tuple(parts[place] for place in others),
        check=check,
        id=next((value for part in top if (value := _id_in(part, table)) is not None), None),
        linked=tuple(found for part in top if (found := questions.ids_of(part)) is not None),
        beside=check if len(others) == len(top) else questions.compile(beside),
        reads=_reads(node, table),
    )


def split_filter(node: Node, table: Table, knowledge: KnownFilters, *, strict: bool) -> Query:
    """Plan a filter and split it at once, for who asks it a single time. Raises as `plan_filter`."""
    return plan_filter(node, table, strict=strict).split(knowledge)


def _reads(node: Node, table: Table) -> tuple[str, ...]:
    """Return the names of the attributes that a filter looks at, as `attributes` has them."""
    found = [table.type.find(AttrPath(path.urn, path.attr)) for path in paths_of(node)]
    names = [
        f"{each.urn}:{each.attribute.name}" if each.in_extension else each.attribute.name for each in found if each
    ]
    return tuple(dict.fromkeys(names))


def _check_names(node: Node, table: Table, *, strict: bool) -> None:
    lenient = not strict and dialects.is_reference_check(node)
    for path in paths_of(node):
        found = table.type.find(path)
        name = path.attr if path.sub is None else f"{path.attr}.{path.sub}"
        if found is None or not (lenient or (found.attribute.stored and found.leaf.stored)):
            known = ", ".join(shape.attribute.name for shape in table.shapes.values())
            msg = f"{name[:100]!r} is no attribute of {table.type.name} here; there are {known}"
            raise InvalidFilter(msg)
        if _is_read_alone(found, table):
            msg = f"{name}: PingOne tells it for one {table.type.name} at a time, so it cannot be filtered by"
            raise InvalidFilter(msg)
        if found.attribute.name == "meta" and path.sub is not None and path.sub.casefold() == "version":
            msg = "meta.version cannot be filtered by; read the resource with If-None-Match"
            raise InvalidFilter(msg)


def _is_read_alone(found: Found, table: Table) -> bool:
    """Whether what a path means, or all there is of it, takes a read of its own for each resource."""
    shape = table.shape_of(found)
    rows = [] if shape is None else [row for row in shape.rows if found.sub is None or row.sub == found.sub.name]
    return bool(rows) and all(row.read is not None for row in rows)


def _id_in(part: Node, table: Table) -> str | None:
    if not isinstance(part, Compare) or part.op != "eq" or not isinstance(part.value, str):
        return None
    found = table.type.find(part.path)
    plain = found is not None and found.attribute.name == "id" and not found.in_extension and found.sub is None
    return part.value if plain else None


def _length(node: Node) -> int:
    if isinstance(node, And | Or):
        return sum(_length(part) for part in node.parts)
    return len(str(node.value)) + len(node.path.attr) + 10 if isinstance(node, Compare) else 0
