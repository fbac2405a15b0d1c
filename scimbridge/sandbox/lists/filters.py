"""Parse PingOne's filter language into a small frozen tree (docs/pingone.md §7).

Knows the grammar only: which attribute may be used where, and what it means, is matching.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import orjson
import regex

from scimbridge.sandbox.http.errors import FilterError

Value = str | bool | float | None

OPERATORS: Final = ("eq", "sw", "ew", "co")
DEPTH: Final = 50
_WORDS_AND: Final = ("and", "AND")
_WORDS_OR: Final = ("or", "OR")
_LITERALS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}
_TOKEN: Final = regex.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<mark>[()\[\]])
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.-]))
    | (?P<word>[A-Za-z_$][\w.$:-]*)
    )""",
    regex.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path op value`; the path as spelled."""

    path: str
    op: str
    value: Value


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part has to hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """One part has to hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """`name[inner]`: one element has to satisfy the whole inner filter."""

    name: str
    inner: Node


Node = Comparison | AllOf | Some | Within


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _scan(text: str) -> list[_Token]:
    tokens = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise FilterError(f"unexpected text at character {position + 1}", operators=OPERATORS)
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match.group(kind)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _scan(text)
        self._next = 0

    def _peek(self) -> _Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else _Token("end", "")

    def _take(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token

    def _expect(self, mark: str) -> None:
        token = self._take()
        if token != _Token("mark", mark):
            raise FilterError(f"expected {mark!r}, found {token.text or 'the end of the filter'!r}")

    def parse(self) -> Node:
        node = self._any_of(DEPTH)
        if self._peek().kind != "end":
            raise FilterError(f"unexpected {self._peek().text!r} after a complete filter")
        return node

    def _any_of(self, depth: int) -> Node:
        if depth == 0:
            raise FilterError("the filter is nested too deeply")
        parts = [self._all_of(depth)]
        while self._peek().kind == "word" and self._peek().text in _WORDS_OR:
            self._take()
            parts.append(self._all_of(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all_of(self, depth: int) -> Node:
        parts = [self._term(depth)]
        while self._peek().kind == "word" and self._peek().text in _WORDS_AND:
            self._take()
            parts.append(self._term(depth))
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _term(self, depth: int) -> Node:
        token = self._take()
        if token == _Token("mark", "("):
            node = self._any_of(depth - 1)
            self._expect(")")
            return node
        if token.kind != "word":
            raise FilterError(f"expected an attribute, found {token.text or 'the end of the filter'!r}")
        if token.text.lower() == "not":
            raise FilterError("the operator 'not' is not supported", operators=OPERATORS)
        if self._peek() == _Token("mark", "["):
            self._take()
            inner = self._any_of(depth - 1)
            self._expect("]")
            return Within(token.text, inner)
        return self._compare(token.text)

    def _compare(self, path: str) -> Node:
        token = self._take()
        if token.kind != "word":
            raise FilterError(f"expected an operator after {path}", operators=OPERATORS)
        if token.text.lower() == "pr":
            raise FilterError("the operator 'pr' is not supported", operators=OPERATORS)
        return Comparison(path, token.text, self._value(path, token.text))

    def _value(self, path: str, operator: str) -> Value:
        token = self._take()
        if token.kind == "string":
            try:
                return str(orjson.loads(token.text))
            except orjson.JSONDecodeError as error:
                raise FilterError(f"the string after '{path} {operator}' is not a JSON string") from error
        if token.kind == "number":
            return float(token.text)
        if token.kind == "word" and token.text in _LITERALS:
            return _LITERALS[token.text]
        raise FilterError(f"expected a quoted string or a boolean after '{path} {operator}'")


@lru_cache(maxsize=2048)
def parse(text: str) -> Node:
    """Return the tree of a filter; `and` binds closer than `or`.

    Raises FilterError on anything outside the grammar, `not` and `pr` among it.
    """
    return _Parser(text).parse()
