"""`operations.toml` in, all operations out, compiled once at the start with every fault of the table told at once.

A table of the operator's lies over the shipped one: its rows replace those of the same name, `disable` takes operations
out. Touches no file: texts are handed in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import TableFaults
from scimbridge.operations.drafts import Functions, read_answer, read_operation
from scimbridge.operations.rows import KIND_OF, LOCATED, SERVICE, AnswerTable, Operation
from scimbridge.operations.words import Fault
from scimbridge.resources.tables import OPERATIONS

ANSWERS = "answer"
RESOURCES = (*KIND_OF, SERVICE)
Sections = dict[tuple[str, str], tuple[str, Mapping[str, Any]]]
"""What stands over a section, and its name -> the file that it comes from, and its content."""


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
    sections: Sections = {}
    disabled = _lay(sections, f"shipped {OPERATIONS}", shipped, faults)
    disabled += [] if own is None else _lay(sections, file, own, faults)
    answers: dict[str, AnswerTable] = {}
    operations: dict[tuple[str, str], Operation] = {}
    for (resource, name), (source, right) in sorted(sections.items(), key=lambda each: each[0][0] != ANSWERS):
        fault = _teller(faults, f"{source}: [{resource}.{name}]")
        if resource == ANSWERS and name in LOCATED:
            fault(f"{name} is a resource type, and answered as always")
        elif resource == ANSWERS:
            answers[name] = read_answer(name, right, functions, fault)
        elif (found := read_operation(resource, name, right, answers, functions, source, fault)) is not None:
            operations[resource, name] = found
    for name in disabled:
        gone = [key for key in operations if name in (key[1], ".".join(key))]
        if not gone:
            known = [key[1] for key in operations]
            faults.append(f"{file}: disable has {name!r}, which is no operation{nearest(name, known)}")
        for key in gone:
            del operations[key]
    if faults:
        raise TableFaults(faults)
    return Catalogue(operations)


def _lay(sections: Sections, file: str, text: str, faults: list[str]) -> list[str]:
    """Put the sections of a text over those that are there; return what it disables."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{file}: not valid TOML: {error}")
        return []
    extends, disabled = content.pop("extends", "shipped"), content.pop("disable", [])
    if extends != "shipped":
        faults.append(f'{file}: extends = {extends!r}: a table can extend "shipped", and does so anyway')
    if not isinstance(disabled, list) or not all(isinstance(name, str) for name in disabled):
        faults.append(f'{file}: disable is a list of operations, as ["checkPassword"], not {disabled!r}')
        disabled = []
    heads = (*RESOURCES, ANSWERS)
    for resource, rows in content.items():
        if resource not in heads or not isinstance(rows, dict):
            faults.append(
                f"{file}: [{resource}]: a section is headed by {', '.join(RESOURCES)} or {ANSWERS},"
                f" a dot and a name, as [User.unlock]{nearest(resource, heads)}"
            )
            continue
        for name, right in rows.items():
            if isinstance(right, dict):
                sections[resource, name] = (file, right)
            else:
                faults.append(f"{file}: [{resource}] {name}: an operation is a section, as [{resource}.{name}]")
    return disabled


def _teller(faults: list[str], place: str) -> Fault:
    return lambda text: faults.append(f"{place}: {text}")
