"""Whether the words of a row fit each other: each may be right by itself, and the row could still never work.

Looks at what was compiled and tells each fault. Knows no file and no call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import combinations

from scimbridge.operations.rows import KIND_OF, MATCH, SERVICE, Input, Operation

Fault = Callable[[str], None]
TAKEN = (MATCH, "schemas")
"""Members of a body that mean something in every operation."""


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
    if row.reads and row.secrets:
        fault(f"{', '.join(sorted(row.secrets))}: a secret of what reads would stand in an address, which logs keep")
    for word, field, fits in (
        ("tells", row.tells, row.reads),
        ("changes", row.changes, not row.reads or row.deletes_parts),
    ):
        resource, _dot, native = field.partition(".")
        if field and not (resource in KIND_OF and native):
            fault(f"{word} = {field!r} is not a resource type and a PingOne field, as 'Group.members'")
        elif field and not fits:
            fault(f"{word} is of what {'reads' if word == 'tells' else 'changes something or deletes a part'}")
    if not row.code:
        for text in _faults_of_call(row):
            fault(text)


def _faults_of_call(row: Operation) -> Iterator[str]:
    """Yield what is wrong where the row's call is all that is sent."""
    path, item = row.call.path, row.item
    if path and not (row.is_service or row.on_all) and "{id}" not in path:
        yield f"its call names no {{id}}, and it stands on one {row.resource}"
    if row.listed and not row.reads:
        yield f"list is of what reads, and its call is {row.call.method}"
    if row.listed and "{item}" in path:
        yield "the call of a list has no {item}: the part is put behind it"
    if item is not None and not (row.listed or item.code or "{item}" in path):
        yield f"item names {item.name}, and its call has no {{item}}"
    if item is not None and not row.listed and (item.get or item.delete):
        yield "item: get and delete are of a list, and list is missing"


def check_input(each: Input, fault: Fault) -> None:
    """Hold the words of an input to each other."""
    if each.name in TAKEN:
        fault(f"{each.name} means something in every operation; name it otherwise, and the field with to")
    if each.values and each.type != "string":
        fault(f"values are texts, and the type is {each.type}")
    for word, is_there in (("now", each.after_now), ("codec", each.milliseconds)):
        if is_there and each.type != "dateTime":
            fault(f'{word} is of a moment, so type is "dateTime"')
    if each.secret and each.default is not None:
        fault("a secret has no default: every description would tell it")


def check_paths(named: Iterable[tuple[str, tuple[str, ...]]], fault: Fault) -> None:
    """Hold paths to each other: where one ends, no other goes on or ends too."""
    for (one, path), (other, longer) in combinations([(name, path) for name, path in named if path], 2):
        least = min(len(path), len(longer))
        if path[:least] == longer[:least]:
            shown = ".".join(path[:least])
            fault(f"{one} and {other} both fill {shown}, which can hold one of them")
