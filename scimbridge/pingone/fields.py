"""What PingOne enforces on a field, and which operators it filters it by; and the shapes that fields have in common.

Which kind has which fields stands in `kinds`. A rule says only what PingOne is known to refuse; everything else is left
to PingOne itself. What the sources contradict each other about is a doubt: an environment may enforce it or not, and
shows which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import regex

EQ = frozenset({"eq"})
EQ_SW = frozenset({"eq", "sw"})
EQ_SW_EW = frozenset({"eq", "sw", "ew"})
NAME_PARTS = frozenset({"eq", "sw", "ew", "co"})

TEXT = r"[\p{L}\p{M}\p{Zs}\p{S}\p{N}\p{P}]*"
TEXT_HINT = "letters, marks, digits, spaces, symbols and punctuation, without control characters"
_NAME = r"[\p{L}\p{M}\p{N}' .-]*"
_NAME_HINT = "letters, marks, digits, space, ' . and -"
_STREET = r"[\p{L}\p{M}\p{N}\p{Zs}\p{P}\n\r]*"
_STREET_HINT = "letters, marks, digits, spaces, punctuation and line breaks, without symbols such as + or $"
EMAIL = r'(?:"[^"\r\n]+"|[^\s@"]+)@[^\s@]+'
LANGUAGE_TAG = r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
_RANGE = rf"(?:\*|{LANGUAGE_TAG})(?:[ \t]*;[ \t]*q=(?:0(?:\.[0-9]{{0,3}})?|1(?:\.0{{0,3}})?))?"
LANGUAGES = rf"[ \t]*{_RANGE}(?:[ \t]*,[ \t]*{_RANGE})*[ \t]*"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pattern that an environment may enforce. `hint` says in words what it allows, `trial` is a value it refuses."""

    pattern: str
    hint: str
    trial: str

    def refuses(self, value: Any) -> bool:
        """Whether an environment that enforces the pattern refuses the value; null clears, and is taken."""
        return isinstance(value, str) and not _compile(self.pattern).fullmatch(value)


@lru_cache(maxsize=64)
def _compile(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


@dataclass(frozen=True, slots=True)
class Field:
    """One native field. `pattern` holds for the whole value; `hint` says in words what it allows.

    `operators` are those PingOne can be asked with. `caseless` is True where PingOne is known to compare
    without regard to case, None where nobody knows. `boolean` values stand bare in a filter. `doubt` is a
    pattern that an environment may enforce beside `pattern`; `may_be_required`: it may want a value in every record.
    """

    pattern: str | None = None
    max_length: int | None = None
    min_length: int = 0
    hint: str = ""
    operators: frozenset[str] = field(default_factory=frozenset)
    caseless: bool | None = None
    boolean: bool = False
    doubt: Doubt | None = None
    may_be_required: bool = False

    def refuse(self, value: Any) -> str | None:
        """Return None when PingOne takes the value, else what would be right, as the end of "must be ...".

        None is always taken: it clears the field. Length is counted in characters.
        """
        if value is None:
            return None
        if self.boolean:
            return None if isinstance(value, bool) else "true or false"
        if self.pattern is None and self.max_length is None and not self.min_length:
            return None
        if not isinstance(value, str):
            return "a string"
        if len(value) < self.min_length:
            return "not empty" if self.min_length == 1 else f"at least {self.min_length} characters long"
        if self.max_length is not None and len(value) > self.max_length:
            return f"at most {self.max_length} characters long"
        if self.pattern is None:
            return None
        return None if _compile(self.pattern).fullmatch(value) else self.hint


def text(
    most: int = 256,
    operators: frozenset[str] = EQ_SW,
    *,
    caseless: bool | None = None,
    doubt: Doubt | None = None,
) -> Field:
    """Return the rule of a text of so many characters at most."""
    return Field(TEXT, most, 1, TEXT_HINT, operators, caseless, doubt=doubt)


def one_of(*values: str) -> Field:
    """Return the rule of a text that is one of a few words, which PingOne cannot be asked for."""
    return Field("|".join(map(regex.escape, values)), hint=f"{', '.join(values[:-1])} or {values[-1]}")


PHONE = Field(r"[\s\S]*\d[\s\S]*", 32, 1, "a number with at least one digit", EQ_SW)
STREET = Field(_STREET, 256, 1, _STREET_HINT, EQ_SW)
PLAIN = Field(operators=EQ_SW)
ID = Field(operators=EQ)
FLAG = Field(boolean=True)
UNFILTERED = Field()

PERSON = Doubt(_NAME, _NAME_HINT, "O'Neill & Sons, (Check)")
AREA_AND_PLACE = Doubt(
    r"[A-Za-z0-9_]+/[A-Za-z0-9_]+", "an area and a place such as Europe/Paris", "America/Argentina/Buenos_Aires"
)

CUSTOM = PLAIN
"""A custom attribute of type STRING; further rules of its own stand in the environment's schema."""
