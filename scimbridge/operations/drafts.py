"""Sections of `operations.toml`, each made into a value of `rows`; every fault names the section, the row and the cure.

What the functions are that a row can name is handed in. Knows no file and no call.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from scimbridge.operations import fitting
from scimbridge.operations.rows import (
    FIELD,
    LOCATED,
    NEVER,
    REPEAT,
    AnswerField,
    AnswerTable,
    Input,
    Item,
    Operation,
    PingOneCall,
)
from scimbridge.operations.value_types import VALUE_TYPES
from scimbridge.operations.words import Fault, Words, declared_in, read_words

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
CALL_WORDS = declared_in(PingOneCall)
WORDS = declared_in(Operation) | CALL_WORDS
INPUT_WORDS, ITEM_WORDS, ANSWER_WORDS = declared_in(Input), declared_in(Item), declared_in(AnswerField)
NEEDED = ("does", "call", "out", "scope", "again")


@dataclass(frozen=True, slots=True)
class Functions:
    """The names that rows can use: of `code`, of `again`, and of `code` in answers.

    `needs` are the inputs that those of rows read, by name.
    """

    carry: Collection[str]
    settle: Collection[str]
    answer: Collection[str]
    needs: Mapping[str, Collection[str]] = field(default_factory=dict)


def read_operation(
    resource: str,
    name: str,
    right: Mapping[str, Any],
    answers: Mapping[str, AnswerTable],
    functions: Functions,
    file: str,
    fault: Fault,
) -> Operation | None:
    """Read one section. Each fault is told to `fault`; None where the row cannot be used."""
    if not NAME.fullmatch(name):
        fault("the name of an operation has letters and digits only, such as unlock")
        return None
    fitting.check_name(resource, name, fault)
    names = {
        "out": ("", *sorted((*answers, *LOCATED))),
        "code": sorted(functions.carry),
        "again": sorted((*functions.settle, REPEAT, NEVER)),
    }
    said = read_words(WORDS, right, fault, names)
    if said is None:
        return None
    if "refuse" in said:
        if extra := sorted(set(right) - {"does", "refuse"}):
            fault(f"an operation that is refused has no {', '.join(extra)}; it has does and refuse")
    elif missing := [word for word in NEEDED if word not in right]:
        fault(f"{', '.join(missing)} missing; a row says {', '.join(NEEDED)}")
        return None
    of_call = {own: said.pop(own) for own, _word in CALL_WORDS.values() if own in said}
    own = {
        "call": replace(said.get("call", PingOneCall("", "")), **of_call),
        "inputs": tuple(_read_inputs(right.get("in", {}), fault)),
        "item": _read_item(right["item"], functions, fault) if "item" in right else None,
        "answer": answers.get(right.get("out", "")),
    }
    found = Operation(resource=resource, name=name, file=file, **said | own)
    if not found.refuse:
        fitting.check_row(found, functions.needs, fault)
    return found


def read_answer(name: str, right: Mapping[str, Any], functions: Functions, fault: Fault) -> AnswerTable:
    """Read one kind of answer: SCIM-like path -> PingOne's field."""
    hint = "a member is a path such as scope.id, with a PingOne field or a row in braces"
    names = {"type": VALUE_TYPES, "code": sorted(functions.answer)}
    fields = []
    for path, said in right.items():
        found = _read_short(ANSWER_WORDS, FIELD.fullmatch(path), said, hint, names, _told_of(path, fault))
        fields += [] if found is None else [AnswerField(path=tuple(path.split(".")), **found)]
    fitting.check_paths(((".".join(each.path), each.path) for each in fields), fault)
    return AnswerTable(name, tuple(fields))


def _read_item(words: Mapping[str, Any], functions: Functions, fault: Fault) -> Item | None:
    found = read_words(ITEM_WORDS, words, _told_of("item", fault), {"code": sorted(functions.carry)})
    if found is not None and not NAME.fullmatch(found.get("name", "")):
        fault("item: name is what the part is called, such as sessionId")
        return None
    return None if found is None else Item(**found)


def _read_inputs(right: Mapping[str, Any], fault: Fault) -> Iterator[Input]:
    hint = "an input is a name and a row in braces, such as in.reason = { maxLength = 100 }, or a PingOne field"
    for name, said in right.items():
        tell = _told_of(f"in.{name}", fault)
        words = _read_short(INPUT_WORDS, NAME.fullmatch(name), said, hint, {"type": VALUE_TYPES}, tell)
        if words is not None:
            found = Input(**{"name": name, "to": (name,), **words})
            if found.type in VALUE_TYPES:
                fitting.check_input(found, tell)
            yield found


def _read_short(
    words: Words, is_named: object, said: Any, hint: str, names: Mapping[str, Collection[str]], fault: Fault
) -> dict[str, Any] | None:
    """Read a row in braces, or a PingOne field alone."""
    if not is_named or not isinstance(said, str | dict):
        fault(hint)
        return None
    return read_words(words, {"to": said} if isinstance(said, str) else said, fault, names)


def _told_of(place: str, fault: Fault) -> Fault:
    return lambda text: fault(f"{place}: {text}")
