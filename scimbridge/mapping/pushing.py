"""The part of a filter that PingOne can answer: found once for a filter, chosen anew as more of PingOne is known.

What a filter and a table say by themselves (which rows a path means, which operators PingOne has for them, which forms
of a value are asked for) is a tree of parts here. What only the directory can tell (case, refused operators) is asked
when a part is chosen. Whatever satisfies the filter satisfies what is chosen. Pure: what leaves here is a tree on
PingOne's field names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from scimbridge.mapping.shapes import Complex, OneOfList, Shape, Single, TypedList
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row
from scimbridge.mapping.tables.table import Table
from scimbridge.scim import dialects
from scimbridge.scim.filtering.folding import is_folded_alike
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Or, ValuePath, conjuncts


class KnownFilters(Protocol):
    """What is known of the directory that is asked."""

    def ignores_case(self, row: Row, op: str) -> bool | None:
        """Whether PingOne compares this field without case; None where nobody knows yet."""
        ...

    def answers(self, row: Row, op: str) -> bool:
        """Whether PingOne answers this operator on this field."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """What PingOne is asked; `exact`: its answer is the part's. `asked` are the rows and operators in it."""

    node: Node
    exact: bool
    asked: tuple[tuple[Row, str], ...]


@dataclass(frozen=True, slots=True)
class RowTest:
    """A comparison of one row, on PingOne's names. `minds`: what it is worth depends on PingOne's way with case."""

    row: Row
    op: str
    node: Node
    exact: bool
    minds: bool


@dataclass(frozen=True, slots=True)
class Every:
    """Parts that all hold; `whole`: nothing of the filter stands beside them."""

    parts: tuple[Part, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Either:
    """Parts of which one holds."""

    parts: tuple[Part, ...]


Part: TypeAlias = RowTest | Every | Either


@dataclass(slots=True)
class Chooser:
    """Chooses by what is known of a directory. `doubtful` rows would be asked for if PingOne ignored case there."""

    knowledge: KnownFilters
    doubtful: dict[tuple[Row, str], None] = field(default_factory=dict)

    def choose(self, part: Part | None) -> Chosen | None:
        """Return what PingOne is asked for a part, None for nothing."""
        match part:
            case RowTest():
                return self._choose_test(part)
            case Every(parts, whole):
                held = [found for inner in parts if (found := self.choose(inner)) is not None]
                exact = whole and len(held) == len(parts) and all(found.exact for found in held)
                return _join(And, held, exact=exact) if held else None
            case Either(parts):
                tried = [self.choose(inner) for inner in parts]
                held = [found for found in tried if found is not None]
                exact = all(found.exact for found in held)
                return _join(Or, held, exact=exact) if len(held) == len(parts) else None
        return None

    def _choose_test(self, test: RowTest) -> Chosen | None:
        row, op = test.row, test.op
        if not self.knowledge.answers(row, op):
            return None
        asked = ((row, op),)
        if not test.minds:
            return Chosen(test.node, test.exact, asked)
        ignores = self.knowledge.ignores_case(row, op)
        if row.attribute.case_exact:
            return Chosen(test.node, test.exact and ignores is False, asked)
        if ignores is None:
            self.doubtful[row, op] = None
        return Chosen(test.node, test.exact, asked) if ignores else None


def _join(kind: type[And | Or], held: list[Chosen], *, exact: bool) -> Chosen:
    nodes = tuple(each.node for each in held)
    asked = tuple(dict.fromkeys(pair for each in held for pair in each.asked))
    return Chosen(nodes[0] if len(nodes) == 1 else kind(nodes), exact, asked)


# -- from a filter to its parts ----------------------------------------------------------------------------------------


def find_part(node: Node, table: Table) -> Part | None:
    """Return the part of a filter that PingOne can answer; None where there is none, whatever is known of it."""
    match node:
        case And():
            return every(find_part(inner, table) for inner in conjuncts(node))
        case Or(parts):
            return _either([find_part(inner, table) for inner in parts])
        case Compare(path, op, value):
            shape = _shape(table, path)
            return None if shape is None else _find_leaf(shape, path.sub, None, op, value)
        case ValuePath(path, inner):
            shape = _shape(table, path)
            return None if shape is None else _find_element(shape, inner)
    return None


def every(parts: Iterable[Part | None]) -> Part | None:
    """Return the part of conjuncts: those of which PingOne can answer something."""
    found = list(parts)
    held = tuple(part for part in found if part is not None)
    return Every(held, whole=len(held) == len(found)) if held else None


def _either(parts: list[Part | None]) -> Part | None:
    held = tuple(part for part in parts if part is not None)
    return Either(held) if held and len(held) == len(parts) else None


def _shape(table: Table, path: AttrPath) -> Shape | None:
    found = table.type.find(AttrPath(path.urn, path.attr))
    return None if found is None else table.shape_of(found)


def _find_element(shape: Shape, inner: Node) -> Part | None:
    """Read `emails[type eq "work" and value eq "x"]`: the conjunct on the type picks rows, the others go along."""
    if not isinstance(shape, OneOfList | TypedList):
        return None
    selector = None
    leaves = []
    for part in conjuncts(inner):
        if not isinstance(part, Compare):
            continue
        if part.op == "eq" and part.path.attr.casefold() == "type" and isinstance(part.value, str):
            selector = part.value
        else:
            leaves.append(part)
    found = [_find_leaf(shape, leaf.path.attr, selector, leaf.op, leaf.value) for leaf in leaves]
    held = tuple(part for part in found if part is not None)
    return Every(held, whole=False) if held else None


def _find_leaf(shape: Shape, sub: str | None, selector: str | None, op: str, value: Any) -> Part | None:
    # For a type that is not kept nothing will pass the check here; PingOne is asked for few candidates.
    rows = _rows_for(shape, sub, selector) or _rows_for(shape, sub, None)
    return _either([_find_test(row, op, value) for row in rows])


def _find_test(row: Row, op: str, value: Any) -> RowTest | None:
    if row.template is not None or not row.codec.comparable or row.via == MEMBERSHIPS or op not in row.operators:
        return None
    path = AttrPath(None, row.native)
    if row.attribute.type == "boolean":
        truth = dialects.read_boolean_words(value)
        known = op == "eq" and isinstance(truth, bool)
        return RowTest(row, op, Compare(path, op, truth), exact=True, minds=False) if known else None
    if row.attribute.type not in ("string", "reference") or not isinstance(value, str) or not value:
        return None
    if not row.attribute.case_exact and not is_folded_alike(value):
        return None
    # A text is asked for in every form in which the directory may hold it. A beginning may end in the middle of a
    # letter that is written as several: what comes back is checked here.
    forms = (value,) if row.attribute.profile is None else row.attribute.profile.forms(value)
    nodes = tuple(Compare(path, op, form) for form in forms)
    node = nodes[0] if len(nodes) == 1 else Or(nodes)
    return RowTest(row, op, node, exact=op == "eq" or len(nodes) == 1, minds=True)


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
