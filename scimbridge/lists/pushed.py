"""What PingOne is asked: the pushed part of a filter as PingOne's own tree, and several conditions in one text."""

from __future__ import annotations

from scimbridge.pingone import filters as native
from scimbridge.scim.filtering import trees


def render_all(parts: list[native.Node]) -> str:
    """Return the text of a filter for which all parts have to hold."""
    return native.render(parts[0] if len(parts) == 1 else native.All(tuple(parts)))


def to_native(node: trees.Node) -> native.Node:
    """Return a pushed filter, which is on PingOne's names, as PingOne's tree. TypeError for what is never pushed."""
    match node:
        case trees.And(parts):
            return native.All(tuple(to_native(part) for part in parts))
        case trees.Or(parts):
            return native.Any_(tuple(to_native(part) for part in parts))
        case trees.Compare(path, op, value):
            return native.Term(path.attr, op, value if isinstance(value, bool) else str(value))
    raise TypeError(node)
