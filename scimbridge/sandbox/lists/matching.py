"""Decide what a parsed filter may ask of a collection, and turn it into a test of records.

Knows vocabularies (attributes with their operators) and records; where the records come from, and which
ids are members of a group, is told by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from scimbridge.sandbox.http.errors import FilterError
from scimbridge.sandbox.lists.filters import AllOf, Comparison, Node, Some, Within
from scimbridge.sandbox.store.records import Json, fold, fold_accents, values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from scimbridge.sandbox.trouble.switches import Switches

    Test = Callable[[Json], bool]
    Find = Callable[[str, Any], AbstractSet[str]]
    Members = Callable[[str, str | None], AbstractSet[str]]

Kind = Literal["string", "boolean", "exact"]
MEMBERSHIP_TYPES: Final = ("DIRECT", "INDIRECT")


@dataclass(frozen=True, slots=True)
class Word:
    """What one attribute takes: `exact` strings (ids) are never compared without case."""

    operators: frozenset[str]
    kind: Kind = "string"
    caseless: bool | None = None
    """True: always without case; None: as the switch says."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The attributes of a collection, and whether `memberOfGroups[...]` can be asked of it."""

    words: Mapping[str, Word]
    member_of_groups: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a compiled filter finds records without reading them all: by a value, by how one begins, by a group."""

    find: Find
    find_beginning: Find
    members: Members


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A compiled filter: `candidates` are ids outside which nothing matches (None: any may)."""

    test: Test
    candidates: AbstractSet[str] | None
    paths: frozenset[str]


class Compiler:
    """Compiles trees for one vocabulary; without `sources` it serves a userFilter."""

    def __init__(self, vocabulary: Vocabulary, switches: Switches, sources: Sources | None = None) -> None:
        self._vocabulary = vocabulary
        self._case_sensitive = switches.case_sensitive_filters
        self._ignored = switches.ignored_filters
        self._fold = fold_accents if switches.accent_blind_filters else fold
        self._sources = sources

    def compile(self, node: Node) -> CompiledFilter:
        """Return the query of a tree. Raises FilterError on what PingOne cannot do (docs/pingone.md §7.3)."""
        match node:
            case Comparison(path) | Within(path) if path in self._ignored:
                return CompiledFilter(lambda _record: True, None, frozenset((path,)))
            case Comparison():
                return self._compare(node)
            case Within():
                return self._within(node)
            case AllOf():
                return _all([self.compile(part) for part in node.parts])
            case Some():
                return _some([self.compile(part) for part in node.parts])

    def _word(self, node: Comparison) -> Word:
        word = self._vocabulary.words.get(node.path)
        if word is None:
            raise FilterError(f"attribute {node.path!r} is not supported", sorted(self._vocabulary.words))
        if node.op not in word.operators:
            raise FilterError(
                f"operator {node.op!r} is not supported for {node.path!r}", operators=sorted(word.operators)
            )
        wanted = bool if word.kind == "boolean" else str
        if not isinstance(node.value, wanted):
            kind = "true or false without quotes" if wanted is bool else "a quoted string"
            raise FilterError(f"{node.path!r} is compared with {kind}")
        return word

    def _compare(self, node: Comparison) -> CompiledFilter:
        word = self._word(node)
        caseless = word.kind == "string" and (word.caseless or not self._case_sensitive)
        path = tuple(node.path.split("."))
        candidates = None
        if node.op in ("eq", "sw") and self._sources is not None and self._fold is fold:
            find = self._sources.find if node.op == "eq" else self._sources.find_beginning
            candidates = find(node.path, node.value)
        return CompiledFilter(
            _text_test(path, node, self._fold if caseless else None), candidates, frozenset((node.path,))
        )

    def _within(self, node: Within) -> CompiledFilter:
        if node.name != "memberOfGroups" or not self._vocabulary.member_of_groups or self._sources is None:
            raise FilterError(f"{node.name}[...] is not supported here", sorted(self._vocabulary.words))
        group_id, kind = _read_membership(node.inner)
        members = self._sources.members(group_id, kind)
        return CompiledFilter(lambda record: record["id"] in members, members, frozenset((node.name,)))


def _read_membership(inner: Node) -> tuple[str, str | None]:
    """Return group id and membership type of `id eq "..."` with or without `type eq "..."`."""
    parts = inner.parts if isinstance(inner, AllOf) else (inner,)
    asked: dict[str, str] = {}
    for part in parts:
        known = isinstance(part, Comparison) and part.path in ("id", "type") and part.op == "eq"
        if not known or not isinstance(part, Comparison) or not isinstance(part.value, str):
            raise FilterError(
                'memberOfGroups takes [id eq "..."] or [id eq "..." and type eq "DIRECT"]',
                ("id", "type"),
                ("eq",),
            )
        asked[part.path] = part.value
    if "id" not in asked or len(asked) != len(parts):
        raise FilterError("memberOfGroups needs exactly one id", ("id", "type"), ("eq",))
    if asked.get("type", "DIRECT") not in MEMBERSHIP_TYPES:
        raise FilterError("type is DIRECT or INDIRECT", ("id", "type"), ("eq",))
    return asked["id"], asked.get("type")


def _text_test(path: tuple[str, ...], node: Comparison, folded: Callable[[Any], Any] | None) -> Test:
    compare = _COMPARISONS[node.op]
    if folded is not None:
        wanted = folded(node.value)
        return lambda record: any(compare(folded(value), wanted) for value in values_at(record, path))
    wanted = node.value
    return lambda record: any(compare(value, wanted) for value in values_at(record, path))


_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": lambda held, wanted: bool(held == wanted and isinstance(held, bool) == isinstance(wanted, bool)),
    "sw": lambda held, wanted: isinstance(held, str) and held.startswith(wanted),
    "ew": lambda held, wanted: isinstance(held, str) and held.endswith(wanted),
    "co": lambda held, wanted: isinstance(held, str) and wanted in held,
}


def _all(parts: list[CompiledFilter]) -> CompiledFilter:
    tests = tuple(part.test for part in parts)
    known = [part.candidates for part in parts if part.candidates is not None]
    return CompiledFilter(
        lambda record: all(test(record) for test in tests),
        min(known, key=len) if known else None,
        frozenset[str]().union(*(part.paths for part in parts)),
    )


def _some(parts: list[CompiledFilter]) -> CompiledFilter:
    tests = tuple(part.test for part in parts)
    known = [part.candidates for part in parts if part.candidates is not None]
    return CompiledFilter(
        lambda record: any(test(record) for test in tests),
        frozenset[str]().union(*known) if len(known) == len(parts) else None,
        frozenset[str]().union(*(part.paths for part in parts)),
    )


def compile_element(node: Node) -> Callable[[Any], bool]:
    """Return a test of one element of a list, for the value filter of a PATCH path (RFC 7644 §3.5.2).

    A plain element is meant by `value`; strings compare with case. Raises FilterError.
    """
    match node:
        case Comparison():
            if node.op not in _COMPARISONS or (node.op != "eq" and not isinstance(node.value, str)):
                raise FilterError(f"operator {node.op!r} does not fit here", operators=sorted(_COMPARISONS))
            compare, path, wanted = _COMPARISONS[node.op], tuple(node.path.split(".")), node.value
            return lambda element: any(compare(held, wanted) for held in values_at(_as_object(element), path))
        case Within():
            raise FilterError(f"{node.name}[...] does not fit inside a value filter")
        case AllOf():
            tests = [compile_element(part) for part in node.parts]
            return lambda element: all(test(element) for test in tests)
        case Some():
            tests = [compile_element(part) for part in node.parts]
            return lambda element: any(test(element) for test in tests)


def _as_object(element: Any) -> Json:
    return element if isinstance(element, dict) else {"value": element}
