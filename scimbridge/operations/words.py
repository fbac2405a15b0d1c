"""The words of a section: each declared once, as a field of what the section becomes, with all that it can hold.

Reads a section by them and tells every fault. Knows no word itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from scimbridge.mapping.tables.rows import nearest

Fault = Callable[[str], None]
NO_NAMES: Mapping[str, Collection[str]] = {}
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", dict: "a table", list: "a list of texts"}


@dataclass(frozen=True, slots=True)
class RowWord:
    """What a word can hold: of a `kind`, one of the texts `among`, or of a `form`, which is `told` in words.

    `turn` makes the field's value of it. `name` is how tables spell it, where that is not the field's name.
    """

    kind: type
    name: str = ""
    among: Collection[str] = ()
    form: Callable[[Any], object] | None = None
    told: str = ""
    turn: Callable[[Any], Any] | None = None


Words = Mapping[str, tuple[str, RowWord]]
"""As tables spell each word -> the field that it is, and what it can hold."""


def word(kind: type, default: Any = MISSING, **more: Any) -> Any:
    """Declare a field that is a word of tables."""
    return field(default=default, metadata={"word": RowWord(kind, **more)})


def declared_in(row: type) -> dict[str, tuple[str, RowWord]]:
    """Return the words of a section."""
    words = {each.name: each.metadata["word"] for each in fields(row) if each.metadata}
    return {told.name or _camel(name): (name, told) for name, told in words.items()}


def read_words(
    words: Words,
    said: Mapping[str, Any],
    fault: Fault,
    names: Mapping[str, Collection[str]] = NO_NAMES,
) -> dict[str, Any] | None:
    """Return field -> value of a section, None where it cannot be read. `names`: word -> what there is of that name."""
    found: dict[str, Any] | None = {}
    for name, value in said.items():
        if name not in words:
            fault(f"{name!r} is not one of {', '.join(words)}{nearest(name, words)}")
            found = None
            continue
        own, told = words[name]
        among = names.get(name, told.among)
        if told.kind is not object and type(value) is not told.kind:  # a boolean is a number in Python
            fault(f"{name} is {_KINDS[told.kind]}, not {value!r}")
            found = None
        elif among and value not in among:
            fault(f"{name} = {value!r} is not one of {', '.join(filter(None, among))}{nearest(value, among)}")
            if name not in names:  # other words hang on the names that are handed in
                continue
        elif told.form is not None and not told.form(value):
            fault(f"{name} = {value!r} is not {told.told}")
            continue
        if found is not None:
            found[own] = told.turn(value) if told.turn else value
    return found


def said_of(row: Any) -> dict[str, Any]:
    """Return the words of a compiled section that say more than without them, each with its field's value."""
    defaults = {each.name: each.default for each in fields(row)}
    values = {name: (own, getattr(row, own)) for name, (own, _word) in declared_in(type(row)).items()}
    return {name: value for name, (own, value) in values.items() if value != defaults[own]}


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))
