"""Filters as small frozen trees: parse a text, print a tree (RFC 7644 §3.4.2.2).

Pure: knows the grammar and nothing of schemas, so every name is kept as the client spelled it.
What a filter means for a resource is in `matching`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from scim2_filter_parser import ast
from scim2_filter_parser.parser import SCIMParser, SCIMParserError

from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.tokens import FilterToken, Literal, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator

# Longer texts are parsed anew each time, so that hostile ones cannot fill the memory.
_CACHED_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class AttrPath:
    """An attribute path in a client's own spelling: URN, attribute, sub-attribute (RFC 7644 §3.10)."""

    urn: str | None
    attr: str
    sub: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """`path op value`; `op` is one of eq ne co sw ew gt ge lt le, in lower case."""

    path: AttrPath
    op: str
    value: Literal


@dataclass(frozen=True, slots=True)
class Present:
    """`path pr`."""

    path: AttrPath


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts, two or more; a part that is an And itself was in parentheses."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts, two or more; a part that is an Or itself was in parentheses."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class ValuePath:
    """`path[inner]`: one element of the list satisfies `inner` whole; its names are sub-attributes."""

    path: AttrPath
    inner: Node


Node: TypeAlias = Compare | Present | And | Or | Not | ValuePath


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Return the parts that must all hold, nested Ands flattened; a node of another kind is its only part."""
    if isinstance(node, And):
        return tuple(leaf for part in node.parts for leaf in conjuncts(part))
    return (node,)


def leaves_of(node: Node) -> Iterator[Compare | Present]:
    """Yield every test in order; inside a value path its sub-attribute is joined to the list's name."""
    match node:
        case Compare() | Present():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves_of(part)
        case Not(part):
            yield from leaves_of(part)
        case ValuePath(path, inner):
            for test in leaves_of(inner):
                yield replace(test, path=AttrPath(path.urn, path.attr, test.path.attr))


def paths_of(node: Node) -> Iterator[AttrPath]:
    """Yield the path of every test in order."""
    return (test.path for test in leaves_of(node))


def parse(text: str) -> Node:
    """Return the tree of a filter (RFC 7644 §3.4.2.2, figure 1).

    Precedence is grouping, not, and, or. Operators and true, false, null are taken in any case.
    `emails[type eq "work"].value eq "x"`, which is not in the RFC but is sent by Microsoft Entra,
    means `emails[type eq "work" and value eq "x"]`. Raises InvalidFilter, saying what is wrong and
    where, for everything else that does not fit the grammar, and for texts of more than 32,760
    characters or 50 levels.
    """
    return _parse_cached(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def _parse(text: str) -> Node:
    last: FilterToken | None = None

    def feed() -> Iterator[FilterToken]:
        nonlocal last
        for token in tokenize(text):
            last = token
            yield token
        last = None

    try:
        tree = SCIMParser().parse(feed())
    except SCIMParserError as error:
        if last is None:
            raise InvalidFilter("The filter is empty or ends too early.") from error
        raise InvalidFilter(f"The filter is malformed at character {last.index + 1}.") from error
    return _lift(tree)


_parse_cached = lru_cache(maxsize=512)(_parse)


def _lift(tree: Any) -> Node:
    """Turn the library's tree into ours; it is as deep as the text has brackets, joints aside."""
    negated = tree.negated
    match tree.expr:
        case ast.LogExpr():
            node = _regroup(tree)
        case ast.AttrExpr() as expression:
            node = _lift_expression(expression)
        case inner if tree.namespace is not None:
            node = _lift_value_path(tree.namespace, inner)
        case inner:
            node = _lift(inner)
    return Not(node) if negated else node


def _regroup(tree: Any) -> Node:
    """Give `and` its precedence over `or`: the library reads both from left to right.

    A part in parentheses is a filter around a filter, so whatever hangs directly on the left is
    part of the same row of joints.
    """
    row: list[tuple[str, Any]] = []
    while isinstance(tree.expr, ast.LogExpr):
        row.append((tree.expr.op, tree.expr.expr2))
        tree = tree.expr.expr1
    groups: list[list[Node]] = [[_lift(tree)]]
    for joint, operand in reversed(row):
        if joint == "or":
            groups.append([])
        groups[-1].append(_lift(operand))
    parts = tuple(group[0] if len(group) == 1 else And(tuple(group)) for group in groups)
    return parts[0] if len(parts) == 1 else Or(parts)


def _lift_expression(expression: Any) -> Node:
    named = expression.attr_path.attr_name
    if isinstance(named, ast.Filter):
        return _lift_selected(named, expression)
    return _lift_test(AttrPath(*named), expression)


def _lift_test(path: AttrPath, expression: Any) -> Node:
    if expression.comp_value is None:
        return Present(path)
    return Compare(path, expression.value, expression.comp_value.value)


def _lift_selected(selection: Any, expression: Any) -> Node:
    """Lift `emails[type eq "work"].value eq "x"`: the comparison joins the filter in the brackets.

    The library has hung the sub-attribute onto the list's name by now.
    """
    selected = _lift_value_path(selection.namespace, selection.expr)
    condition = _lift_test(AttrPath(None, selection.namespace.sub_attr.value), expression)
    return ValuePath(selected.path, And((*conjuncts(selected.inner), condition)))


def _lift_value_path(namespace: Any, inner: Any) -> ValuePath:
    if isinstance(namespace.attr_name, ast.Filter):
        raise InvalidFilter("A value filter in brackets stands behind an attribute name.")
    node = _lift(inner)
    _check_inner(node)
    return ValuePath(AttrPath(*namespace.attr_name), node)


def _check_inner(node: Node) -> None:
    match node:
        case Compare(path) | Present(path):
            if path.urn is not None or path.sub is not None:
                raise InvalidFilter("Inside brackets only names of sub-attributes stand.")
        case And(parts) | Or(parts):
            for part in parts:
                _check_inner(part)
        case Not(part):
            _check_inner(part)
        case ValuePath():
            raise InvalidFilter("A value filter in brackets cannot hold another one.")


def render_name(path: AttrPath) -> str:
    """Return `urn:attr.sub`, leaving out what is not there."""
    name = path.attr if path.sub is None else f"{path.attr}.{path.sub}"
    return name if path.urn is None else f"{path.urn}:{name}"


def _render_literal(value: Literal) -> str:
    if isinstance(value, str | bool | None):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    if isinstance(value, Decimal) and text.lstrip("-").isdigit():
        return f"{text}.0"  # 0.0E1 is a decimal still
    return text


def _render_part(node: Node, *loose: type[Node]) -> str:
    text = render(node)
    return f"({text})" if isinstance(node, loose) else text


def render(node: Node) -> str:
    """Return the text of a filter, with no more parentheses than its shape needs.

    parse(render(node)) == node for every tree that parse can return.
    """
    match node:
        case Compare(path, op, value):
            return f"{render_name(path)} {op} {_render_literal(value)}"
        case Present(path):
            return f"{render_name(path)} pr"
        case And(parts):
            return " and ".join(_render_part(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_render_part(part, Or) for part in parts)
        case Not(part):
            return f"not ({render(part)})"
        case ValuePath(path, inner):
            return f"{render_name(path)}[{render(inner)}]"
