"""A SCIM filter, split into what PingOne is asked and what is checked here (RFC 7644 §3.4.2.2).

PingOne answers a few operators on a few fields. What it can answer exactly, or with too much, is pushed down; what
comes back is checked against the whole filter, so that the answer is the RFC's and never wider. Pure: the pushed half
leaves here as a tree on PingOne's field names, printed by the room that speaks to PingOne.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from scimbridge.mapping.membership_questions import Check, Questions
from scimbridge.mapping.shapes import Complex, OneOfList, Shape, Single, TypedList
from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.scim import dialects
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.folding import is_folded_alike
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Or, ValuePath, conjuncts, paths_of

PUSHED_LENGTH = 3000  # characters of values in one pushed filter; past that the URL may be too long for PingOne


class KnownFilters(Protocol):
    """What is known of the directory that is asked."""

    def ignores_case(self, row: Row, op: str) -> bool | None:
        """Whether PingOne compares this field without case; None where nobody knows yet."""
        ...

    def answers(self, row: Row, op: str) -> bool:
        """Whether PingOne answers this operator on this field."""
        ...


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
class _Pushed:
    node: Node
    exact: bool


def split_filter(node: Node, table: Table, knowledge: KnownFilters, *, strict: bool) -> Query:
    """Split a filter for one resource type. Raises `InvalidFilter` for what the type has not, or cannot be asked."""
    if not strict:
        node = dialects.rename_country_codes(node, table.type)
    _check_names(node, table, strict=strict)
    questions = Questions(table)
    questions.check_bounded(node)
    splitter = _Splitter(table, knowledge)
    pushed = splitter.push(node)
    top = conjuncts(node)
    ids = [value for part in top if (value := _id_in(part, table)) is not None]
    linked = tuple(found for part in top if (found := questions.ids_of(part)) is not None)
    others = [part for part in top if not questions.is_plain(part)]
    exact_beside = bool(linked) and all(_is_exact(splitter.push(part)) for part in others)
    if pushed is not None and _length(pushed.node) > PUSHED_LENGTH:
        pushed, exact_beside = None, False
    check = questions.compile(node)
    return Query(
        pushed=None if pushed is None else pushed.node,
        exact=_is_exact(pushed),
        check=check,
        id=ids[0] if ids else None,
        doubtful=tuple(splitter.doubtful),
        asked=() if pushed is None else tuple(splitter.asked),
        linked=linked,
        beside=check if len(others) == len(top) else questions.compile(And(tuple(others)) if others else None),
        exact_beside=exact_beside,
        reads=_reads(node, table),
    )


def _is_exact(pushed: _Pushed | None) -> bool:
    return pushed is not None and pushed.exact


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
        if found is None or not (lenient or (found.attribute.stored and found.leaf.stored)):
            name = path.attr if path.sub is None else f"{path.attr}.{path.sub}"
            known = ", ".join(shape.attribute.name for shape in table.shapes.values())
            msg = f"{name[:100]!r} is no attribute of {table.type.name} here; there are {known}"
            raise InvalidFilter(msg)
        if found.attribute.name == "meta" and path.sub is not None and path.sub.casefold() == "version":
            msg = "meta.version cannot be filtered by; read the resource with If-None-Match"
            raise InvalidFilter(msg)


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


class _Splitter:
    """Walks one filter; collects on the way the rows whose case nobody knows."""

    def __init__(self, table: Table, knowledge: KnownFilters) -> None:
        self.table = table
        self.knowledge = knowledge
        self.doubtful: dict[tuple[Row, str], None] = {}
        self.asked: dict[tuple[Row, str], None] = {}

    def push(self, node: Node) -> _Pushed | None:
        """Return what of the node PingOne can answer; everything that satisfies the node is in its answer."""
        match node:
            case And(parts):
                pushed = [found for part in parts if (found := self.push(part)) is not None]
                if not pushed:
                    return None
                whole = len(pushed) == len(parts) and all(part.exact for part in pushed)
                nodes = tuple(part.node for part in pushed)
                return _Pushed(nodes[0] if len(nodes) == 1 else And(nodes), whole)
            case Or(parts):
                branches = [self.push(part) for part in parts]
                held = [part for part in branches if part is not None]
                if len(held) != len(branches):
                    return None
                return _Pushed(Or(tuple(part.node for part in held)), all(part.exact for part in held))
            case Compare(path, op, value):
                shape = self._shape(path)
                return None if shape is None else self._push_leaf(shape, path.sub, None, op, value)
            case ValuePath(path, inner):
                shape = self._shape(path)
                return None if shape is None else self._push_value_path(shape, inner)
        return None

    def _shape(self, path: AttrPath) -> Shape | None:
        found = self.table.type.find(AttrPath(path.urn, path.attr))
        if found is None:
            return None
        return self.table.shape_of(found)

    def _push_value_path(self, shape: Shape, inner: Node) -> _Pushed | None:
        """Push `emails[type eq "work" and value eq "x"]`: the conjunct on the type picks rows, the others go along."""
        if not isinstance(shape, OneOfList | TypedList):
            return None
        parts = conjuncts(inner)
        selector = None
        leaves = []
        for part in parts:
            if not isinstance(part, Compare):
                continue
            if part.op == "eq" and part.path.attr.casefold() == "type" and isinstance(part.value, str):
                selector = part.value
            else:
                leaves.append(part)
        pushed = [
            found
            for leaf in leaves
            if (found := self._push_leaf(shape, leaf.path.attr, selector, leaf.op, leaf.value)) is not None
        ]
        if not pushed:
            return None
        nodes = tuple(part.node for part in pushed)
        return _Pushed(nodes[0] if len(nodes) == 1 else And(nodes), exact=False)

    def _push_leaf(self, shape: Shape, sub: str | None, selector: str | None, op: str, value: Any) -> _Pushed | None:
        # For a type that is not kept nothing will pass the check here; PingOne is asked for few candidates.
        rows = _rows_for(shape, sub, selector) or _rows_for(shape, sub, None)
        pushed = [self._push_row(row, op, value) for row in rows]
        held = [part for part in pushed if part is not None]
        if not held or len(held) != len(pushed):
            return None
        if len(held) == 1:
            return held[0]
        return _Pushed(Or(tuple(part.node for part in held)), all(part.exact for part in held))

    def _push_row(self, row: Row, op: str, value: Any) -> _Pushed | None:
        if row.template is not None or not row.codec.comparable or row.via == "memberships":
            return None
        if op not in row.operators or not self.knowledge.answers(row, op):
            return None
        native = Compare(AttrPath(None, row.native), op, value)
        self.asked[row, op] = None
        if row.attribute.type == "boolean":
            truth = dialects.read_boolean_words(value)
            known = op == "eq" and isinstance(truth, bool)
            return _Pushed(Compare(native.path, op, truth), exact=True) if known else None
        if row.attribute.type not in ("string", "reference") or not isinstance(value, str) or not value:
            return None
        if not row.attribute.case_exact and not is_folded_alike(value):
            return None
        ignores = self.knowledge.ignores_case(row, op)
        pushed = _push_forms(row, native, value)
        if row.attribute.case_exact:
            return replace(pushed, exact=pushed.exact and ignores is False)
        if ignores is None:
            self.doubtful[row, op] = None
        return pushed if ignores else None


def _push_forms(row: Row, native: Compare, value: str) -> _Pushed:
    """Ask for a text in every form in which the directory may hold it.

    A beginning may end in the middle of a letter that is written as several: what comes back is checked here.
    """
    forms = (value,) if row.attribute.profile is None else row.attribute.profile.forms(value)
    nodes = tuple(replace(native, value=form) for form in forms)
    return _Pushed(nodes[0] if len(nodes) == 1 else Or(nodes), exact=native.op == "eq" or len(nodes) == 1)


def _rows_for(shape: Shape, sub: str | None, selector: str | None) -> tuple[Row, ...]:
    wanted = sub.casefold() if sub is not None else None
    if isinstance(shape, Single):
        return shape.rows if wanted is None else ()
    if isinstance(shape, Complex):
        return tuple(row for row in shape.rows if str(row.sub).casefold() == wanted)
    if isinstance(shape, OneOfList | TypedList):
        return tuple(
            row
            for row in shape.rows
            if str(row.sub).casefold() == (wanted or "value")
            and (selector is None or str(row.selector).casefold() == selector.casefold())
        )
    return ()
