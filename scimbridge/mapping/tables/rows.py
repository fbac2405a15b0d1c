"""One row of a table: its words, and the faults that it can have.

A row says that a SCIM path and a PingOne field are the same thing. This module reads the right side of one row and
refuses what it does not understand; it does not know which rows stand beside it (see `table`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import methodcaller
from typing import Any

from scimbridge.mapping.codecs import NAMED, Codec
from scimbridge.mapping.tables.kinds import FacetFacts
from scimbridge.scim.catalogue import Attribute

OUR_WORDS = ("to", "from", "else", "via", "include", "read", "codec", "filter")
RFC_WORDS = {
    "type": ("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"),
    "mutability": ("readOnly", "readWrite", "immutable", "writeOnly"),
    "returned": ("always", "never", "default", "request"),
    "uniqueness": ("none", "server", "global"),
}
RFC_FLAGS = ("required", "caseExact", "multiValued")
RFC_LISTS = ("canonicalValues", "referenceTypes")
WORDS = (*OUR_WORDS, *RFC_WORDS, *RFC_FLAGS, *RFC_LISTS, "description")

MEMBERSHIPS = "memberships"  # in `via`, beside the names of facets
PUSHABLE = ("eq", "sw", "ew", "co")

_NATIVE_NAME = r"[A-Za-z][A-Za-z0-9_-]*"
_NATIVE = re.compile(rf"{_NATIVE_NAME}(\.{_NATIVE_NAME})*")
_PART = re.compile(rf"\{{({_NATIVE_NAME}(?:\.{_NATIVE_NAME})*)\}}")


Refuse = Callable[[Any], str | None]  # PingOne's value -> what would be right where it would be refused, else None


@dataclass(frozen=True, slots=True)
class Template:
    """A composed value: literal text and PingOne fields in turn, as `{name.given} {name.family}`.

    `other` is a field that may hold a value of its own instead: one that has nothing of the composed fields in it, as
    the name of a shared mailbox has nothing of its owner's.
    """

    text: str
    pieces: tuple[tuple[str, tuple[str, ...] | None], ...]  # (literal, field path or None)
    other: tuple[str, ...] = ()

    @property
    def parts(self) -> frozenset[tuple[str, ...]]:
        """The fields that the value is composed of."""
        return frozenset(path for _literal, path in self.pieces if path)

    def compose(self, record: Mapping[str, Any]) -> str | None:
        """Return the value of its own, else the text with the record's values, or None where no field has one."""
        own = read_field(record, self.other) if self.other else None
        if isinstance(own, str) and not self.is_echoed(own, record):
            return own
        out: list[str] = []
        found = False
        for literal, path in self.pieces:
            out.append(literal)
            if path is not None and (value := read_field(record, path)) is not None:
                out.append(str(value))
                found = True
        return " ".join("".join(out).split()) if found else None

    def is_echoed(self, value: str, record: Mapping[str, Any]) -> bool:
        """Whether a value has something of the composed fields in it, whole and in any case."""
        held = (read_field(record, path) for path in self.parts)
        words = f" {' '.join(value.casefold().split())} "
        return any(f" {' '.join(part.casefold().split())} " in words for part in held if isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Left:
    """The left side of a row: a SCIM path, taken apart."""

    urn: str  # the schema's URN, "" in [common]
    spelled: str  # as the table has it
    attr: str
    selector: str | None  # the `type` of the list element that this row keeps
    sub: str | None

    @property
    def where(self) -> str:
        """Section and row, as faults name them."""
        return f"[{self.urn or 'common'}] {self.spelled}"


@dataclass(frozen=True, slots=True)
class Row:
    """One correspondence, checked and with everything that the machinery asks of it."""

    urn: str  # the schema's URN, "" in [common]
    spelled: str  # the left side as the table has it
    attr: str
    selector: str | None  # the `type` of the list element that this row keeps
    sub: str | None
    to: tuple[str, ...]
    template: Template | None
    via: str | None
    facet: FacetFacts | None  # that `via` names
    include: str | None
    read: str | None  # the part that a read of its own gives
    codec: Codec
    attribute: Attribute  # of the leaf: of the sub-attribute where there is one
    refuse: Refuse = field(compare=False, repr=False)
    operators: frozenset[str] = frozenset()  # that PingOne answers for this field
    caseless: bool | None = None  # whether PingOne compares it without case; None where nobody knows

    @property
    def native(self) -> str:
        """PingOne's dotted name of the field."""
        return ".".join(self.to)

    @property
    def writable(self) -> bool:
        """Whether a client may set this value."""
        return self.template is None and self.attribute.mutability in ("readWrite", "writeOnly", "immutable")


@dataclass(frozen=True, slots=True)
class Words:
    """The right side of a row, read but not yet joined with what is known of the attribute."""

    to: tuple[str, ...]
    template: Template | None
    via: str | None
    include: str | None
    read: str | None
    codec: Codec | None
    operators: frozenset[str] | None
    characteristics: Mapping[str, Any]


def read_field(record: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a native path, or None where any step is missing."""
    for name in path:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def compile_field(path: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    """Compile `read_field` for one path: a record's value there, or None where any step is missing."""
    if len(path) == 1:
        return methodcaller("get", path[0])
    if len(path) > 2:  # noqa: PLR2004 - nothing of PingOne's own is nested deeper
        return lambda record: read_field(record, path)
    outer, inner = path

    def read(record: Mapping[str, Any]) -> Any:
        held = record.get(outer)
        return held.get(inner) if isinstance(held, dict) else None

    return read


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean X?` for a near miss, else nothing."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""


def read_words(right: Any, vias: Iterable[str], fault: Callable[[str], None]) -> Words | None:
    """Read the right side of a row; `vias` are the calls that a row can name.

    Each fault is told to `fault`; None when the row cannot be used.
    """
    words: Mapping[str, Any] = {"to": right} if isinstance(right, str) else right
    known = True
    for word in words:
        if word not in WORDS:
            fault(f"{word!r} is not a word of a row{nearest(word, WORDS)} (words are {', '.join(WORDS)})")
            known = False
    to, template = _read_target(words, fault)
    via = _read_choice(words, "via", tuple(vias), fault)
    codec = _read_choice(words, "codec", tuple(NAMED), fault)
    include = words.get("include")
    if include is not None and not (isinstance(include, str) and _NATIVE.fullmatch(include)):
        fault('include takes the name that PingOne\'s `include` parameter takes, as include = "memberOfGroupIDs"')
    read = words.get("read")
    if read is not None and not isinstance(read, str):
        fault('read takes the name of what a read of its own gives, as read = "password"')
        read = None
    if template is not None:
        wrong = [word for word in WORDS if word in words and word not in ("from", "else", "returned", "description")]
        if wrong:
            fault(f"a composed row (`from`) is computed here and only read: it takes no {' and no '.join(wrong)}")
    if not known or (not to and template is None):
        return None
    return Words(
        to, template, via, include, read, NAMED.get(codec or ""),
        _read_operators(words, fault), _read_characteristics(words, fault),
    )  # fmt: skip


def _read_target(words: Mapping[str, Any], fault: Callable[[str], None]) -> tuple[tuple[str, ...], Template | None]:
    if ("to" in words) == ("from" in words):
        fault("a row needs `to` (a PingOne field) or `from` (a composed value), and not both")
        return (), None
    if "from" in words:
        return (), _read_template(words["from"], words.get("else"), fault)
    if "else" in words:
        fault("else goes with `from`: it names the field that may hold another value than the composed one")
    to = words["to"]
    if not isinstance(to, str) or not _NATIVE.fullmatch(to):
        fault(f"{to!r} is not the name of a PingOne field, as username or name.given")
        return (), None
    return tuple(to.split(".")), None


def _read_template(text: Any, other: Any, fault: Callable[[str], None]) -> Template | None:
    if not isinstance(text, str) or not _PART.search(text) or set(_PART.sub("", text)) & set("{}"):
        fault(f'{text!r} is not a composed value, as "{{name.given}} {{name.family}}"')
        return None
    pieces: list[tuple[str, tuple[str, ...] | None]] = []
    at = 0
    for part in _PART.finditer(text):
        pieces.append((text[at : part.start()], tuple(part.group(1).split("."))))
        at = part.end()
    pieces.append((text[at:], None))
    if other is not None and not (isinstance(other, str) and _NATIVE.fullmatch(other)):
        fault(f"else: {other!r} is not the name of a PingOne field, as name.formatted")
        return None
    return Template(text, tuple(pieces), tuple(other.split(".")) if other else ())


def _read_choice(
    words: Mapping[str, Any], word: str, choices: tuple[str, ...], fault: Callable[[str], None]
) -> str | None:
    value = words.get(word)
    if value is None:
        return None
    if value not in choices:
        fault(f"{word} = {value!r} is not one of {', '.join(choices)}{nearest(str(value), choices)}")
        return None
    return str(value)


def _read_operators(words: Mapping[str, Any], fault: Callable[[str], None]) -> frozenset[str] | None:
    value = words.get("filter")
    if value is None:
        return None
    if not isinstance(value, list) or not all(item in PUSHABLE for item in value):
        fault(f"filter takes the operators that PingOne answers for this field, a list out of {', '.join(PUSHABLE)}")
        return None
    return frozenset(value)


def _read_characteristics(words: Mapping[str, Any], fault: Callable[[str], None]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for word, choices in RFC_WORDS.items():
        if (value := _read_choice(words, word, choices, fault)) is not None:
            found[word] = value
    for word in RFC_FLAGS:
        if word in words:
            found[word] = words[word] is True
            if not isinstance(words[word], bool):
                fault(f"{word} is true or false, not {words[word]!r}")
    for word in RFC_LISTS:
        if word in words:
            found[word] = _read_strings(words, word, fault)
    if "description" in words:
        found["description"] = str(words["description"])
        if not isinstance(words["description"], str):
            fault(f"description is a string, not {words['description']!r}")
    return found


def _read_strings(words: Mapping[str, Any], word: str, fault: Callable[[str], None]) -> tuple[str, ...]:
    value = words[word]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        fault(f"{word} is a list of strings, not {value!r}")
        return ()
    return tuple(value)
