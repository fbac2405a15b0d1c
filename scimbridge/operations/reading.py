"""`operations.toml` in, all operations out, compiled once at the start with every fault of the table told at once.

A table of the operator's lies over the shipped one: its rows replace those of the same name, `disable` takes operations
out. Touches no file: texts are handed in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.operations.drafts import Functions, read_answer, read_operation
from scimbridge.operations.rows import KIND_OF, LOCATED, SERVICE, AnswerTable, Operation
from scimbridge.resources.tables import OPERATIONS

HEAD_WORDS = ("extends", "disable")
ANSWERS = "answer"
RESOURCES = (*KIND_OF, SERVICE)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All operations: (resource, name) -> operation, in the order of the table."""

    operations: Mapping[tuple[str, str], Operation]

    def of(self, resource: str) -> Iterator[Operation]:
        """Yield those of one resource type, or of "Service"."""
        return (each for each in self.operations.values() if each.resource == resource)

    def __iter__(self) -> Iterator[Operation]:
        """Yield all."""
        return iter(self.operations.values())

    @property
    def scopes(self) -> frozenset[str]:
        """Every right that an operation needs."""
        return frozenset(scope for each in self for scope in (each.scope, each.write) if scope)


def compile_operations(shipped: str, own: str | None, functions: Functions, file: str = OPERATIONS) -> Catalogue:
    """Compile the shipped table and what lies over it. Raises `TableFaults` with all that is wrong in both."""
    faults: list[str] = []
    sections: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
    disabled: list[str] = []
    for name, text in ((f"shipped {OPERATIONS}", shipped), (file, own)):
        if text is not None:
            disabled += _lay(sections, name, text, faults)
    answers = {
        name: read_answer(name, right, functions, _teller(faults, source, ANSWERS, name))
        for (resource, name), (source, right) in sections.items()
        if resource == ANSWERS
    }
    operations = dict(_read_all(sections, answers, functions, faults))
    for name in disabled:
        found = [key for key in operations if key[1] == name or f"{key[0]}.{key[1]}" == name]
        if not found:
            known = [key[1] for key in operations]
            faults.append(f"{file}: disable has {name!r}, which is no operation{nearest(name, known)}")
        for key in found:
            del operations[key]
    if faults:
        raise TableFaults(faults)
    return Catalogue(operations)


def _lay(
    sections: dict[tuple[str, str], tuple[str, Mapping[str, Any]]], file: str, text: str, faults: list[str]
) -> Iterable[str]:
    """Put the sections of a text over those that are there; return what it disables."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{file}: not valid TOML: {error}")
        return ()
    head = {word: content.pop(word) for word in HEAD_WORDS if word in content}
    if head.get("extends", "shipped") != "shipped":
        faults.append(f'{file}: extends = {head["extends"]!r}: a table can extend "shipped", and does so anyway')
    disabled = head.get("disable", [])
    if not isinstance(disabled, list) or not all(isinstance(name, str) for name in disabled):
        faults.append(f'{file}: disable is a list of operations, as ["checkPassword"], not {disabled!r}')
        disabled = []
    for resource, rows in content.items():
        if resource not in (*RESOURCES, ANSWERS) or not isinstance(rows, dict):
            hint = nearest(resource, (*RESOURCES, ANSWERS))
            faults.append(
                f"{file}: [{resource}]: a section is headed by {', '.join(RESOURCES)} or {ANSWERS},"
                f" a dot and a name, as [User.unlock]{hint}"
            )
            continue
        for name, right in rows.items():
            if isinstance(right, dict):
                sections[resource, name] = (file, right)
            else:
                faults.append(f"{file}: [{resource}] {name}: an operation is a section, as [{resource}.{name}]")
    return disabled


def _read_all(
    sections: Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]],
    answers: Mapping[str, AnswerTable],
    functions: Functions,
    faults: list[str],
) -> Iterator[tuple[tuple[str, str], Operation]]:
    for (resource, name), (file, right) in sections.items():
        if resource == ANSWERS:
            if name in LOCATED:
                faults.append(f"{file}: [{ANSWERS}.{name}]: {name} is a resource type, and answered as always")
            continue
        tell = _teller(faults, file, resource, name)
        found = read_operation(resource, name, right, answers, functions, file, tell)
        if found is not None:
            yield (resource, name), found


def _teller(faults: list[str], file: str, resource: str, name: str) -> Any:
    return lambda text: faults.append(f"{file}: [{resource}.{name}]: {text}")
