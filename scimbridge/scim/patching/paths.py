"""PATCH paths: parse and print `urn:attr[filter].sub` (RFC 7644 §3.5.2, figure 7).

Pure: knows the notation and, as an argument, the URNs of the resource type, since a URN that has
dots and colons of its own cannot be told from an attribute name without them. What a path means
for a resource is not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from scimbridge.scim.errors import InvalidPath
from scimbridge.scim.filtering.tokens import MAX_LENGTH, read_name
from scimbridge.scim.filtering.trees import AttrPath, Node, ValuePath, parse, render

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["AttrPath", "Path", "name_of", "parse_path", "render_path"]

_CACHED_LENGTH = 512
_SUB = re.compile(r"\s*\.([A-Za-z$_][\w$-]*)", re.ASCII)
# What names look like, with a URN or without, and what says nothing of a person in brackets: a type.
_NAMES = re.compile(r"[A-Za-z$_][\w$:./-]*", re.ASCII)
_COMPARISON = re.compile(
    rf"({_NAMES.pattern}\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr))\b.*", re.ASCII | re.IGNORECASE | re.DOTALL
)
_TYPE = re.compile(r'type eq "[A-Za-z]{1,20}"', re.IGNORECASE)
_TOLD = 120  # characters, so that it fits into one sentence


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. `attr` is None for a whole extension; `where` selects elements of a list.

    A known URN is spelled as the resource type spells it; names are as the client spelled them.
    """

    urn: str | None
    attr: str | None
    where: Node | None = None
    sub: str | None = None

    @property
    def name(self) -> AttrPath | None:
        """The path without its value filter, as a resource type looks it up; None for an extension."""
        return None if self.attr is None else AttrPath(self.urn, self.attr, self.sub)


def parse_path(text: str, urns: Collection[str]) -> Path:
    """Return the path that `text` spells, `urns` being those of the resource type, in any case.

    Another URN ends at the last colon before the attribute name. Raises InvalidPath for what is no
    path, and InvalidFilter for a bad filter in brackets (RFC 7644 §3.12, table 9).
    """
    known = tuple(sorted(urns))
    return _parse_cached(text, known) if len(text) <= _CACHED_LENGTH else _parse(text, known)


def _parse(text: str, urns: tuple[str, ...]) -> Path:
    if len(text) > MAX_LENGTH:
        raise InvalidPath(f"The path is longer than {MAX_LENGTH} characters.")
    text = text.strip()
    urn, rest = _take_urn(text, urns)
    if urn is not None and not rest:
        return Path(urn, None)
    head, bracket, _ = rest.partition("[")
    name = read_name(head.rstrip() if bracket else head)
    if name is None:
        raise InvalidPath(f"'{name_of(text)}' is not an attribute path.")
    if urn is None:
        urn = name.urn
    elif name.urn is not None:
        raise InvalidPath(f"'{name_of(text)}' has a colon behind its URN.")
    if not bracket:
        return Path(urn, name.attr, None, name.sub)
    if name.sub is not None:
        raise InvalidPath(f"'{name_of(text)}' has brackets behind a sub-attribute.")
    where, sub = _read_selection(name.attr, rest[len(head) :], text)
    return Path(urn, name.attr, where, sub)


_parse_cached = lru_cache(maxsize=1024)(_parse)


def _take_urn(text: str, urns: tuple[str, ...]) -> tuple[str | None, str]:
    """Split a known URN off the front; the longest first, in case one begins another."""
    lower = text.lower()
    for urn in sorted(urns, key=len, reverse=True):
        if lower == urn.lower():
            return urn, ""
        if lower.startswith(urn.lower() + ":") and len(text) > len(urn) + 1:
            return urn, text[len(urn) + 1 :]
    return None, text


def _read_selection(attr: str, selection: str, text: str) -> tuple[Node, str | None]:
    """Read `[filter]` and what follows; a bracket inside a string is never the last one."""
    end = selection.rfind("]")
    match = _SUB.fullmatch(selection, end + 1)
    if end < 0 or (match is None and end + 1 != len(selection)):
        raise InvalidPath(f"'{name_of(text)}' has brackets that are not closed, or more than a name behind them.")
    node = parse(attr + selection[: end + 1])
    if not isinstance(node, ValuePath):
        raise InvalidPath(f"'{name_of(text)}' is a filter and not a path.")
    return node.inner, None if match is None else match[1]


def name_of(text: str) -> str:
    """Return what a log or an error may tell of a path, or of a key, as a client wrote it.

    Names stay. The filter in brackets, what stands behind an operator and what is no name at all may be of a person:
    it becomes `...`.
    """
    head, bracket, rest = text.strip().partition("[")
    name = head.rstrip()
    if not _NAMES.fullmatch(name):
        comparison = _COMPARISON.match(name)
        return f"{_cut(comparison[1])} ..." if comparison else "..."
    if not bracket:
        return _cut(name)
    where, closed, behind = rest.rpartition("]")
    if not closed:
        return f"{_cut(name)}[..."
    sub = _SUB.fullmatch(behind)
    told = where if _TYPE.fullmatch(where) else "..."
    return f"{_cut(name)}[{told}]" + (f".{_cut(sub[1])}" if sub else "..." if behind else "")


def _cut(name: str) -> str:
    return name if len(name) <= _TOLD else f"{name[:_TOLD]}..."


def render_path(path: Path) -> str:
    """Return the text of a path; parse_path(render_path(path), urns) == path."""
    if path.attr is None:
        return path.urn or ""
    text = path.attr if path.urn is None else f"{path.urn}:{path.attr}"
    if path.where is not None:
        text += f"[{render(path.where)}]"
    return text if path.sub is None else f"{text}.{path.sub}"
