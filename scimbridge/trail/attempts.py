"""What a change was, and what became of it: one record for each attempt, and for each reading where that is set.

Everything that a record holds is gathered while the request is carried out, masked where it is a value, and written at
its end. Where a record is demanded beforehand, none of PingOne's calls is made before it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from scimbridge.request.context import Ask
from scimbridge.scim.characteristics import ResourceType
from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.filter_dialects import read_filter_text
from scimbridge.scim.filtering.trees import parse, paths_of
from scimbridge.trail.entry import AuditEntry, Keeping, head_of

__all__ = ["UNTRACED", "Keeping", "Trail"]


class Trail:
    """Makes the records. With `keeping` None there are none, and nothing is gathered either."""

    def __init__(self, keeping: Keeping | None) -> None:
        self._keeping = keeping
        self._reads = keeping is not None and keeping.reads

    @contextmanager
    def change(self, ask: Ask, resource: str, verb: str, key: str = "") -> Iterator[Ask]:
        """Record what happens inside, whether it is done or raises. Yields the ask to carry out.

        `resource` is a resource type, `verb` one of the trail's, `key` the id as the client gave it.
        """
        if self._keeping is None:
            yield ask
            return
        entry = AuditEntry(self._keeping, head_of(ask, resource, verb, key))
        try:
            yield replace(ask, call=replace(ask.call, heard=entry.heard), notes=entry)
        except BaseException as error:
            entry.end(error)
            raise
        entry.end(None)

    @contextmanager
    def reading(self, ask: Ask, resource: str, key: str) -> Iterator[Ask]:
        """Record the reading of one resource, where readings are recorded."""
        if not self._reads:
            yield ask
            return
        with self.change(ask, resource, "read", key) as noted:
            yield noted

    @contextmanager
    def searching(self, ask: Ask, types: Iterable[ResourceType], text: str | None) -> Iterator[Ask]:
        """Record a search by a filter, where readings are recorded: the attributes it names, and how many it found."""
        if not self._reads:
            yield ask
            return
        types = tuple(types)
        with self.change(ask, types[0].name if len(types) == 1 else "", "search") as noted:
            noted.notes.filtered(_names_in(text, types))
            yield noted

    @contextmanager
    def refusals(self, ask: Ask, resource: str, verb: str, key: str = "") -> Iterator[None]:
        """Record only what is refused inside: a change that ends before its resource is asked."""
        try:
            yield
        except ScimError as error:
            if self._keeping is not None:
                AuditEntry(self._keeping, head_of(ask, resource, verb, key)).end(error)
            raise


UNTRACED = Trail(None)


def _names_in(text: str | None, types: tuple[ResourceType, ...]) -> tuple[str, ...]:
    """Return the attributes that a filter names, those that exist; what else stands in it may be anything."""
    try:
        urns = [urn for kind in types for urn in kind.urns]
        paths = tuple(paths_of(parse(read_filter_text(text, urns)))) if text else ()
    except ScimError:
        return ()
    found: dict[str, None] = {}
    for path in paths:
        for kind in types:
            if (meant := kind.find(path)) is not None:
                name = meant.attribute.name
                found[name if meant.sub is None else f"{name}.{meant.sub.name}"] = None
                break
    return tuple(found)
