"""What a row's column means: its text or texts, by codec and `values`, as the value that SCIM has. Pure.

Knows one attribute and one row; whether PingOne takes the value is the table's business.
"""

from __future__ import annotations

from typing import Any

from scimbridge.sync.rules.codecs import CODECS, SPLIT
from scimbridge.sync.rules.values import ManagedAttribute

Held = str | tuple[str, ...]
_NAMED = 12  # values of a map that a sentence names


class UnreadableValue(Exception):
    """A value that a rule cannot read: which attribute, and what would be right. Holds no value of a person's."""


def decode(managed: ManagedAttribute, value: Held) -> Any:
    """Return what a column means for its attribute, None where it is empty. Raises `UnreadableValue`."""
    texts = _texts_of(managed, value)
    if not texts:
        return None if managed.values is None else managed.values.get("")
    if not managed.many:
        if len(texts) > 1:
            raise UnreadableValue(f"{managed.name}: {managed.column!r} has several values, and one is taken")
        return _read(managed, texts[0])
    return list(dict.fromkeys(texts)) if not (managed.codec or managed.values) else _all(managed, texts)


def _texts_of(managed: ManagedAttribute, value: Held) -> tuple[str, ...]:
    """Return the texts that are not blank, those of a text that is split without blanks at their edges."""
    if not isinstance(value, str):
        return tuple(text for text in value if text.strip())
    if managed.separator:
        return tuple(part.strip() for part in value.split(managed.separator) if part.strip())
    return (value,) if value.strip() else ()


def _all(managed: ManagedAttribute, texts: tuple[str, ...]) -> list[Any]:
    found: list[Any] = []
    for each in texts:
        if (read := _read(managed, each)) not in found:
            found.append(read)
    return found


def _read(managed: ManagedAttribute, text: str) -> Any:
    value: Any = text
    for name in managed.codec.split():
        if name != SPLIT:
            try:
                value = CODECS[name].turn(value, managed.format)
            except ValueError as wrong:
                raise UnreadableValue(f"{managed.name}: {managed.column!r} {wrong}") from None
    if managed.values is None:
        return value
    try:
        return managed.values[value]
    except KeyError:
        known = [repr(each) for each in managed.values]
        some = ", ".join(known[:_NAMED]) + (" ..." if len(known) > _NAMED else "")
        raise UnreadableValue(
            f"{managed.name}: {managed.column!r} has a value that `values` has not ({some})"
        ) from None
