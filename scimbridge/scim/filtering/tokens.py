"""Cut the text of a filter into tokens for the grammar of scim2-filter-parser (RFC 7644 §3.4.2.2).

Pure text work in one pass, linear in the length. The library's own lexer loses the type of
literals, refuses escapes, signs and fractions, and takes `true` out of `trueName`; therefore words
and literals are told apart here, by where they stand, and its parser gets tokens with finished
values. Knows nothing of the tree that comes out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from scimbridge.scim.errors import InvalidFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 4 * 8190
MAX_DEPTH = 50

Literal: TypeAlias = str | int | Decimal | bool | None


class Name(NamedTuple):
    """The parts of an attribute path as written: URN, attribute, sub-attribute."""

    urn: str | None
    attr: str
    sub: str | None


@dataclass(slots=True)
class FilterToken:
    """A token as the parser wants it: type, finished value, and where it stands (from 0)."""

    type: str
    value: str | Name | Literal
    index: int
    end: int
    lineno: int = 1


_COMPARE = frozenset({"EQ", "NE", "CO", "SW", "EW", "GT", "GE", "LT", "LE"})
_BRACKETS = {"(": "LPAREN", ")": "RPAREN", "[": "LBRACKET", "]": "RBRACKET"}
_CONSTANTS: dict[str, Literal] = {"true": True, "false": False, "null": None}

_PIECE = re.compile(r'\s*+(?:(?P<mark>[()\[\]])|(?P<string>"(?:[^"\\]|\\.)*+")|(?P<word>[^\s()\[\]"]++))', re.DOTALL)
_NAME = re.compile(r"([A-Za-z$_][\w$-]*)(?:\.([A-Za-z$_][\w$-]*))?", re.ASCII)
_URN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/?#@!&'*+,;=._~%-]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?P<rest>(?:\.[0-9]++)?(?:[eE][+-]?[0-9]{1,6})?)")
_MAX_DIGITS = 100
_MAX_EXPONENT = 9999


def _refuse(what: str, index: int) -> InvalidFilter:
    return InvalidFilter(f"The filter is malformed at character {index + 1}: {what}.")


def _short(word: str) -> str:
    return word if len(word) <= 40 else word[:37] + "..."  # noqa: PLR2004  (fits into one sentence)


def read_name(word: str) -> Name | None:
    """Split `[urn:]attr[.sub]` at the last colon, or return None when it is no attribute path."""
    urn, colon, rest = word.rpartition(":")
    match = _NAME.fullmatch(rest)
    if match is None or (colon and not _URN.fullmatch(urn)):
        return None
    return Name(urn if colon else None, match[1], match[2])


def _read_string(text: str, index: int) -> str:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _refuse("the string is not valid JSON", index) from error
    if not isinstance(value, str) or any("\ud800" <= char <= "\udfff" for char in value):
        raise _refuse("the string has half of a surrogate pair", index)
    return value


def _read_literal(word: str, index: int) -> Literal:
    """Return the value of an unquoted literal; true, false and null are taken in any case."""
    if word.lower() in _CONSTANTS:
        return _CONSTANTS[word.lower()]
    match = _NUMBER.fullmatch(word)
    if match is None:
        raise _refuse("a value is a JSON string in double quotes, a number, true, false or null", index)
    number = Decimal(word)
    if len(number.as_tuple().digits) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_EXPONENT:
        raise _refuse("the number is too large or too long", index)
    return number if match["rest"] else int(word)


def _pieces(text: str) -> Iterator[re.Match[str]]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _PIECE.match(text, position)
        if match is None:
            raise _refuse("a string is not closed", text.index('"', position))
        yield match
        position = match.end()


def _operator(word: str, index: int) -> FilterToken:
    kind = word.upper()
    if kind != "PR" and kind not in _COMPARE:
        raise _refuse(f"the operator '{_short(word)}' is not supported; eq ne co sw ew gt ge lt le pr are", index)
    return FilterToken(kind, kind.lower(), index, index + len(word))


def _path(word: str, index: int) -> FilterToken:
    if word.lower() == "not":
        return FilterToken("NOT", "not", index, index + 3)
    name = read_name(word)
    if name is None:
        raise _refuse(f"'{_short(word)}' is not an attribute name", index)
    return FilterToken("ATTRNAME", name, index, index + len(word))


def _joint(word: str, index: int) -> FilterToken:
    """Read the word behind a finished expression: and, or, or the sub-attribute behind a bracket."""
    kind = word.upper()
    if kind in {"AND", "OR"}:
        return FilterToken(kind, kind.lower(), index, index + len(word))
    sub = _NAME.fullmatch(word[1:])
    if word.startswith(".") and sub is not None and sub[2] is None:
        return FilterToken("SUBATTR", sub[1], index, index + len(word))
    # The word is not repeated: it may be the second of a value that has no quotes.
    raise _refuse("'and' or 'or' is expected; a value with blanks in it stands in double quotes", index)


def tokenize(text: str) -> Iterator[FilterToken]:
    """Yield the tokens of `text`.

    Raises InvalidFilter for a text that is too long or nested too deeply, for what is no word of
    the grammar, and for a literal that is not JSON. Whether the order makes sense is the parser's
    to judge.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilter(f"The filter is longer than {MAX_LENGTH} characters.")
    depth = 0
    before = ""
    for match in _pieces(text):
        if mark := match["mark"]:
            depth += 1 if mark in "([" else -1
            if depth > MAX_DEPTH:
                raise InvalidFilter(f"The filter is nested deeper than {MAX_DEPTH} brackets.")
            token = FilterToken(_BRACKETS[mark], mark, match.start("mark"), match.end())
        elif before in _COMPARE:
            kind = "string" if match["string"] else "word"
            index = match.start(kind)
            read = _read_string if kind == "string" else _read_literal
            token = FilterToken("COMP_VALUE", read(match[kind], index), index, match.end())
        elif match["string"]:
            raise _refuse("a string stands only behind an operator", match.start("string"))
        elif before in {"ATTRNAME", "SUBATTR"}:
            token = _operator(match["word"], match.start("word"))
        elif before in {"COMP_VALUE", "PR", "RPAREN", "RBRACKET"}:
            token = _joint(match["word"], match.start("word"))
        else:
            token = _path(match["word"], match.start("word"))
        before = token.type
        yield token
