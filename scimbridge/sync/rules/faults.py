"""What is wrong with a rule file: every fault in one answer, each with file, line, section and word.

Knows sections and words as such, and not what any of them means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from scimbridge.access.sections import find_line
from scimbridge.mapping.tables.rows import nearest

Value = TypeVar("Value")
Default = TypeVar("Default")


class RuleFaults(Exception):
    """What is wrong with a rule file, a sentence each: `FILE:LINE: [section] word: what is wrong; what is right`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class RuleText:
    """The text of one rule file, by its name, and what was found wrong in it so far."""

    file: str
    text: str
    found: list[tuple[int, str]]

    @property
    def faults(self) -> list[str]:
        """What was found, in the order of the lines."""
        return [sentence for _line, sentence in sorted(self.found, key=lambda each: each[0])]

    def fault(self, path: tuple[str, ...], where: str, what: str) -> None:
        """Report a fault at the line in which `path` is written."""
        line = find_line(self.text, path)
        self.found.append((line, ": ".join(part for part in (f"{self.file}:{line}", where, what) if part)))


@dataclass(frozen=True, slots=True)
class RuleSection:
    """One section, or one table in braces: its words, and where it stands."""

    rules: RuleText
    path: tuple[str, ...]
    words: Mapping[str, Any]

    @property
    def where(self) -> str:
        """How the section is named to people."""
        head, *rest = self.path
        return " ".join((f"[{head}]", *rest))

    def fault(self, what: str, word: str = "") -> None:
        """Report what is wrong with the section, or with one of its words."""
        path = (*self.path, word) if word else self.path
        self.rules.fault(path, f"{self.where} {word}".strip(), what)

    def only(self, known: Iterable[str]) -> None:
        """Report every other word."""
        names = list(known)
        for word in self.words:
            if word not in names:
                hint = nearest(word, names) or f"; words are {', '.join(names)}"
                self.fault(f"is not a word that stands here{hint}", word)

    def needed(self, word: str, shape: Callable[[Any], Value], example: str) -> Value | None:
        """Return what a word says, None after reporting that it is missing or wrong."""
        if word not in self.words:
            self.fault(f"{word} is missing; write {example}")
            return None
        return self.read(word, shape, None)

    def read(self, word: str, shape: Callable[[Any], Value], default: Default) -> Value | Default:
        """Return what a word says, `default` where it is missing or, which is reported, wrong."""
        if word not in self.words:
            return default
        try:
            return shape(self.words[word])
        except ValueError as wrong:
            self.fault(str(wrong), word)
            return default

    def inner(self, word: str) -> RuleSection | None:
        """Return the table that a word holds; None after reporting that it is none."""
        held = self.words.get(word)
        if not isinstance(held, dict):
            self.fault('takes words in braces, such as { csv = "memberships.csv" }', word)
            return None
        return RuleSection(self.rules, (*self.path, word), held)


# -- shapes of values --------------------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Read a text that is not empty."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError(f"takes a text that is not empty, not {value!r}")
    return value


def column(value: Any) -> str:
    """Read the name of a column, which has no blanks at its edges: a header is read without them."""
    if text(value) != value.strip():
        raise ValueError(f"takes the name of a column without blanks at its edges, not {value!r}")
    return str(value)


def character(value: Any) -> str:
    """Read one character."""
    if not isinstance(value, str) or len(value) != 1 or value in "\r\n\0":
        raise ValueError(f'takes one character, such as ";" or "\\t", not {value!r}')
    return value


def flag(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"takes true or false, not {value!r}")
    return value


def whole_number(value: Any) -> int:
    """Read a number above 0."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"takes a whole number above 0, not {value!r}")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts, each once."""
    if not isinstance(value, list) or not value or not all(isinstance(each, str) and each.strip() for each in value):
        raise ValueError(f'takes a list of texts that are not empty, such as ["one", "two"], not {value!r}')
    return tuple(dict.fromkeys(value))


def one_of(*choices: str) -> Callable[[Any], str]:
    """Make the shape of a text out of a few."""

    def read(value: Any) -> str:
        if value not in choices:
            hint = nearest(value, choices) if isinstance(value, str) else ""
            raise ValueError(f"takes {' or '.join(map(repr, choices))}, not {value!r}{hint}")
        return str(value)

    return read


def walk(table: Mapping[str, Any], is_leaf: Callable[[str, Any], bool], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give TOML's dotted keys back as paths: a mapping that is no leaf is a step of a path."""
    for key, value in table.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and not is_leaf(path, value):
            yield from walk(value, is_leaf, path)
        else:
            yield path, value
