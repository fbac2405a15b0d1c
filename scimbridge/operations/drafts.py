"""Sections of `operations.toml`, each made into a value of `rows`; every fault names the section, the row and the cure.

What the functions are that a row can name is handed in. Knows no file and no call.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
from scimbridge.operations.words import Fault, read_words, words_of

NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
CALL_WORDS = words_of(PingOneCall)
WORDS = words_of(Operation) | CALL_WORDS
INPUT_WORDS, ITEM_WORDS, ANSWER_WORDS = words_of(Input), words_of(Item), words_of(AnswerField)
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
    inputs = [_read_input(key, words, fault) for key, words in right.get("in", {}).items()]
    own = {
        "call": replace(said.get("call", PingOneCall("", "")), **of_call),
        "inputs": tuple(each for each in inputs if each is not None),
        "item": _read_item(right["item"], functions, fault) if "item" in right else None,
        "answer": answers.get(right.get("out", "")),
    }
    found = Operation(resource=resource, name=name, file=file, **said | own)
    if not found.refuse:
        fitting.check_row(found, functions.needs, fault)
    return found


def read_answer(name: str, right: Mapping[str, Any], functions: Functions, fault: Fault) -> AnswerTable:
    """Read one kind of answer: SCIM-like path -> PingOne's field."""
    fields = [_read_field(path, said, functions, fault) for path, said in right.items()]
    found = AnswerTable(name, tuple(each for each in fields if each is not None))
    fitting.check_paths(((".".join(each.path), each.path) for each in found.fields), fault)
    return found


def _read_field(path: str, said: Any, functions: Functions, tell: Fault) -> AnswerField | None:
    def fault(text: str) -> None:
        tell(f"{path}: {text}")

    if not FIELD.fullmatch(path) or not isinstance(said, str | dict):
        fault("a member is a path such as scope.id, with a PingOne field or a row in braces")
        return None
    names = {"type": VALUE_TYPES, "code": sorted(functions.answer)}
    found = read_words(ANSWER_WORDS, {"to": said} if isinstance(said, str) else said, fault, names)
    return None if found is None else AnswerField(path=tuple(path.split(".")), **found)


def _read_item(words: Mapping[str, Any], functions: Functions, fault: Fault) -> Item | None:
    names = {"code": sorted(functions.carry)}
    found = read_words(ITEM_WORDS, words, lambda text: fault(f"item: {text}"), names)
    if found is not None and not NAME.fullmatch(found.get("name", "")):
        fault("item: name is what the part is called, such as sessionId")
        return None
    return None if found is None else Item(**found)


def _read_input(name: str, said: Any, tell: Fault) -> Input | None:
    def fault(text: str) -> None:
        tell(f"in.{name}: {text}")

    if not NAME.fullmatch(name) or not isinstance(said, str | dict):
        fault("an input is a name and a row in braces, such as in.reason = { maxLength = 100 }, or a PingOne field")
        return None
    words = read_words(INPUT_WORDS, {"to": said} if isinstance(said, str) else said, fault, {"type": VALUE_TYPES})
    if words is None:
        return None
    found = Input(**{"name": name, "to": (name,), **words})
    if found.type in VALUE_TYPES:
        fitting.check_input(found, fault)
    return found
