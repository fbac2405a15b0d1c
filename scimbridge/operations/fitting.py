"""Whether the words of a row fit each other: each may be right by itself, and the row could still never work.

Looks at what was compiled and tells each fault. Knows no file and no call.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations

from scimbridge.operations.inputs import fault_of
from scimbridge.operations.rows import KIND_OF, MATCH, SERVICE, Input, Item, Operation
from scimbridge.operations.words import Fault, said_of

TAKEN = (MATCH, "schemas")
"""Members of a body that mean something in every operation."""
BOUNDS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"))
BEGINNING = 0.0
"""A time before any that a table may give as an example."""


def check_name(resource: str, name: str, fault: Fault) -> None:
    """Hold a name to those that no endpoint of the bridge's own has."""
    if name == "search" or (name == "operations" and resource == SERVICE):
        fault(f"the bridge answers .{name} itself, so that nobody could call it; it needs another name")


def check_row(row: Operation, needs: Mapping[str, Collection[str]], fault: Fault) -> None:
    """Hold the words of a row to each other. `needs` are the inputs that functions read, by the function's name."""
    for word, function in (("code", row.code), ("again", row.again)):
        for name in needs.get(function, ()):
            if name not in row.named or not (row.named[name].required or row.named[name].default is not None):
                fault(f"{word} = {function!r} reads the input {name}, so in.{name} is required or has a default")
    check_paths(((f"in.{each.name}", each.to) for each in row.inputs), fault)
    for text in (*_faults_of_place(row), *_faults_of_rights(row)):
        fault(text)
    if row.call.path:
        for text in (
            *(_faults_of_call(row) if not row.code else ()),
            *(_faults_of_item(row, row.item) if row.item is not None else ()),
        ):
            fault(text)


def _faults_of_place(row: Operation) -> Iterator[str]:
    """Yield what is wrong with where a row stands, and what it names there."""
    if row.on and (row.is_service or row.on != KIND_OF[row.resource].collection):
        whole = ", ".join(f"{kind.collection!r} for a {kind.name}" for kind in KIND_OF.values())
        yield f"on = {row.on!r}: an operation without an id stands on {whole}"
    if not row.on_one and "{id}" in row.call.path:
        yield "its call names {id}, and it stands on no single resource"
    if not row.on_one and row.limit is not None:
        yield "a limit holds for each resource, and it stands on none"
    if "{item}" in row.call.path and row.item is None and not row.code:
        yield "its call names {item}, so item says what is named behind the operation"


def _faults_of_rights(row: Operation) -> Iterator[str]:
    """Yield what is wrong with who may ask."""
    if row.deletes_parts and not row.write:
        yield "parts can be deleted, so write names the right for that, such as sessions:write"
    if row.write and not row.deletes_parts:
        yield "write is the right to delete a part, and no part can be deleted: item says delete = true where one can"
    if row.tells and not row.reads:
        yield "tells is of what reads; what it changes is said by changes"
    if row.changes and row.reads and not row.deletes_parts:
        yield "changes is of what changes something or deletes a part; what it tells is said by tells"
    if row.reads and row.secrets:
        yield f"{', '.join(sorted(row.secrets))}: a secret of what reads would stand in an address, which logs keep"


def _faults_of_item(row: Operation, item: Item) -> Iterator[str]:
    """Yield what is wrong with the part of a row."""
    if row.listed and row.is_posted:
        yield "item: parts hang on a list that is asked by GET, and this one is asked by POST"
    if row.listed and not (item.get or item.delete):
        yield f"item: nothing can be done with {item.name}; say get = true, or delete = true"
    if not row.listed and (item.get or item.delete):
        yield "item: get and delete are of a list, and list is missing"
    if not (row.listed or row.code or item.code or "{item}" in row.call.path):
        yield f"item names {item.name}, and its call has no {{item}}"


def _faults_of_call(row: Operation) -> Iterator[str]:
    """Yield what is wrong where the row's call is all that is sent."""
    if row.on_one and "{id}" not in row.call.path:
        yield f"its call names no {{id}}, and it stands on one {row.resource}"
    if row.listed and not row.reads:
        yield f"list is of what reads, and its call is {row.call.method}"
    if row.listed and "{item}" in row.call.path:
        yield "the call of a list has no {item}: the part is put behind it"


def check_input(each: Input, fault: Fault) -> None:
    """Hold the words of an input to each other, and what stands for a value to what a client's would be held to."""
    said = said_of(each)
    if each.name in TAKEN:
        fault(f"{each.name} means something in every operation; name it otherwise, and the field with to")
    if each.values and each.type != "string":
        fault(f"values are texts, and the type is {each.type}")
    if each.after_now and each.type != "dateTime":
        fault('now is of a moment, so type is "dateTime"')
    for word in {"default", "example"} & said.keys() if each.secret else ():
        fault(f"a secret has no {word}: every description would tell it")
    for least, most in BOUNDS:
        if said.get(most) is not None and said.get(least, 0) > said[most]:
            fault(f"{least} = {said[least]} is above {most} = {said[most]}, so that nothing fits")
    for word in ("default", "example"):
        if word in said and (wrong := fault_of(each, said[word], BEGINNING)) is not None:
            fault(f"{word} {wrong}")


def check_paths(named: Iterable[tuple[str, tuple[str, ...]]], fault: Fault) -> None:
    """Hold paths to each other: where one ends, no other goes on or ends too."""
    for (one, path), (other, longer) in combinations([(name, path) for name, path in named if path], 2):
        least = min(len(path), len(longer))
        if path[:least] == longer[:least]:
            fault(f"{one} and {other} both fill {'.'.join(path[:least])}, which can hold one of them")
