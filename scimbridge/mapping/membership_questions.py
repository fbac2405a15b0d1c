"""What a filter asks about memberships: the groups of users, the members of groups.

PingOne's lists hold no memberships. A question that names ids (`members.value eq "u"`) is decided by who is linked to
these; any other (`members pr`) only by a resource's whole list, which costs a call for each resource. So a filter is
also compiled with its open questions at their bounds: most resources pass or fail whatever the answer would be. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.shapes import IdList
from scimbridge.mapping.tables.rows import MEMBERSHIPS
from scimbridge.mapping.tables.table import Table
from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Node, Not, Or, Present, ValuePath, conjuncts

Keeps = Callable[[dict[str, Any]], bool]
_ELEMENT = ("value", "$ref", "type")  # what every membership has, so that to have one of these is to be there


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A filter where the questions that only a whole list can answer are answered at best, and at worst."""

    possible: Keeps
    certain: Keeps


@dataclass(frozen=True, slots=True)
class Check:
    """A filter as it is checked on SCIM resources.

    `keeps` needs a resource with its memberships: those with `links` are enough where `bounds` is None. Else those
    decide only where `bounds` agree; `filled` are the bounds for a resource that is known to have some membership.
    """

    keeps: Keeps
    links: tuple[str, ...] = ()
    bounds: Outcomes | None = None
    filled: Outcomes | None = None


class Questions:
    """The questions about memberships in filters of one resource type."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def check_bounded(self, node: Node) -> None:
        """Refuse what needs a call for each resource that there is. Raises `InvalidFilter`, which says so.

        Groups say how many members they have, so that few need a call. Users do not say it of their groups: a question
        about these stands beside a condition by which most users can be left out.
        """
        for atom in self._atoms(node):
            if self.ids_of(atom) is None and self._is_included(atom):
                if any(not self._is_open(part) for part in conjuncts(node)):
                    return
                name = atom.path.attr
                msg = (
                    f"{name}: PingOne tells these for one {self._table.type.name} at a time, so this filter needs a"
                    f' call for each; name one, as {name}.value eq "...", or put "and" and a condition on another'
                    " attribute beside it"
                )
                raise InvalidFilter(msg)

    def ids_of(self, node: Node) -> tuple[str, ...] | None:
        """Return ids, to one of which whatever satisfies the node is linked; None where it names none."""
        match node:
            case Or(parts):
                return _union([self.ids_of(part) for part in parts])
            case And(parts):
                return _fewest([self.ids_of(part) for part in parts])
            case Compare(path, "eq", str(value)) if self._is_list(path):
                return self._named(path.sub or "value", value)
            case ValuePath(path, inner) if self._is_list(path):
                return self._element_ids(inner)
        return None

    def is_plain(self, node: Node) -> bool:
        """Whether the node is about the ids that it names and nothing else, so that links answer all of it."""
        match node:
            case Or(parts):
                return all(self.is_plain(part) for part in parts)
            case Compare(path, "eq", str(value)):
                return self._is_list(path) and (path.sub or "value").lower() == "value" and value == value.lower()
            case ValuePath(path, inner):
                return self._is_list(path) and _is_plain_element(inner)
        return False

    def compile(self, node: Node | None) -> Check:
        """Return the check of a filter, None for one that holds for everything. Raises `InvalidFilter`."""
        if node is None:
            return Check(lambda _resource: True)
        keeps = compile_filter(node, self._table.type)
        atoms = list(self._atoms(node))
        named = [self.ids_of(atom) for atom in atoms]
        links = tuple(dict.fromkeys(link for ids in named for link in ids or ()))
        if None not in named:
            return Check(keeps, links)
        return Check(keeps, links, self._bounds(node, filled=False), self._bounds(node, filled=True))

    # -- questions -------------------------------------------------------------------------------------------------

    def _atoms(self, node: Node) -> Iterator[Compare | Present | ValuePath]:
        match node:
            case And(parts) | Or(parts):
                for part in parts:
                    yield from self._atoms(part)
            case Not(part):
                yield from self._atoms(part)
            case Compare(path) | Present(path) | ValuePath(path) if self._is_question(path):
                yield node

    def _is_open(self, node: Node) -> bool:
        return any(self.ids_of(atom) is None for atom in self._atoms(node))

    def _is_question(self, path: AttrPath) -> bool:
        """Whether a path is about what PingOne's lists do not hold."""
        shape = self._shape(path)
        return shape is not None and any(row.include or row.via == MEMBERSHIPS for row in shape.rows)

    def _is_list(self, path: AttrPath) -> bool:
        return self._is_question(path) and isinstance(self._shape(path), IdList)

    def _is_included(self, atom: Compare | Present | ValuePath) -> bool:
        shape = self._shape(atom.path)
        return shape is not None and any(row.include for row in shape.rows)

    def _shape(self, path: AttrPath) -> Any:
        found = self._table.type.find(AttrPath(path.urn, path.attr))
        return None if found is None else self._table.shape_of(found)

    def _element_ids(self, inner: Node) -> tuple[str, ...] | None:
        match inner:
            case Or(parts):
                return _union([self._element_ids(part) for part in parts])
            case And(parts):
                return _fewest([self._element_ids(part) for part in parts])
            case Compare(path, "eq", str(value)):
                return self._named(path.attr, value)
        return None

    def _named(self, sub: str, value: str) -> tuple[str, ...] | None:
        """Return the id in a value or a `$ref`; without case, since PingOne's ids are in small letters."""
        if sub.lower() == "$ref":
            value = value.rpartition("/")[2]
        return (value.lower(),) if sub.lower() in ("value", "$ref") else None

    # -- bounds ----------------------------------------------------------------------------------------------------

    def _bounds(self, node: Node, *, filled: bool) -> Outcomes:
        best, worst = (self._bound(node, best=best, filled=filled) for best in (True, False))
        return Outcomes(self._compile(best), self._compile(worst))

    def _compile(self, node: Node | bool) -> Keeps:
        return (lambda _resource: node) if isinstance(node, bool) else compile_filter(node, self._table.type)

    def _bound(self, node: Node, *, best: bool, filled: bool) -> Node | bool:
        """Return a filter with its open questions answered at best or at worst; True or False where that decides it."""
        match node:
            case And(parts) | Or(parts):
                neutral = isinstance(node, And)
                bounds = [self._bound(part, best=best, filled=filled) for part in parts]
                left = tuple(part for part in bounds if not isinstance(part, bool))
                if (not neutral) in bounds:
                    return not neutral
                return neutral if not left else left[0] if len(left) == 1 else type(node)(left)
            case Not(part):
                inner = self._bound(part, best=not best, filled=filled)
                return not inner if isinstance(inner, bool) else Not(inner)
            case Compare(path) | Present(path) | ValuePath(path) if self._is_question(path):
                if self.ids_of(node) is not None:
                    return node
                known = self._asks_for_any(node) if filled else None
                if known is not None:
                    return known
                return True if best else node if _is_of_some(node) else False
        return node

    def _asks_for_any(self, node: Compare | Present | ValuePath) -> bool | None:
        """Return what a question is answered by any membership at all; None where it is another question."""
        if isinstance(node, ValuePath) or not self._is_list(node.path):
            return None
        if (node.path.sub or "value").lower() not in _ELEMENT:
            return None
        if isinstance(node, Present):
            return True
        return {"eq": False, "ne": True}.get(node.op) if node.value is None else None


def _is_of_some(node: Node) -> bool:
    """Whether a question that is answered with yes for some memberships is so whatever others there are."""
    match node:
        case Compare(_path, op, value):
            return op != "ne" and value is not None
    return True


def _is_plain_element(inner: Node) -> bool:
    match inner:
        case Or(parts):
            return all(_is_plain_element(part) for part in parts)
        case Compare(path, "eq", str(value)):
            return path.attr.lower() == "value" and value == value.lower()
    return False


def _union(found: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [ids for ids in found if ids is not None]
    return tuple(dict.fromkeys(key for ids in known for key in ids)) if len(known) == len(found) else None


def _fewest(found: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    return min((ids for ids in found if ids is not None), key=len, default=None)
