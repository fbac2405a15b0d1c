"""What a change was, and what became of it: one record for each attempt, and for each reading where that is set.

Everything that a record holds is gathered while the request is carried out, masked where it is a value, and written at
its end. Where a record is demanded beforehand, none of PingOne's calls is made before it is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from scimbridge.request.context import RequestContext
from scimbridge.scim.characteristics import ResourceType
from scimbridge.scim.errors import ScimError
from scimbridge.scim.filtering.filter_dialects import read_filter_text
from scimbridge.scim.filtering.trees import parse, paths_of
from scimbridge.scim.verbs import SEARCH, WRITE, Verb
from scimbridge.trail.entry import AuditEntry, Keeping, head_of

__all__ = ["UNTRACED", "Keeping", "Trail"]


class Trail:
    """Makes the records. With `keeping` None there are none, and nothing is gathered either."""

    def __init__(self, keeping: Keeping | None) -> None:
        self._keeping = keeping
        self._reads = keeping is not None and keeping.reads

    @contextmanager
    def attempt(self, context: RequestContext, resource: str, verb: Verb, key: str = "") -> Iterator[RequestContext]:
        """Record what happens inside, whether it is done or raises; readings, where these are recorded.

        `resource` is a resource type, `key` the id as the client gave it. Yields the request to carry out.
        """
        if self._keeping is None or not (self._reads or verb.scope == WRITE):
            yield context
            return
        entry = AuditEntry(self._keeping, head_of(context, resource, verb.name, key))
        try:
            yield replace(context, call=replace(context.call, heard=entry.heard), notes=entry)
        except BaseException as error:
            entry.end(error)
            raise
        entry.end(None)

    @contextmanager
    def searching(
        self, context: RequestContext, types: Iterable[ResourceType], text: str | None
    ) -> Iterator[RequestContext]:
        """Record a search by a filter, where readings are recorded: the attributes it names, and how many it found."""
        if not self._reads:
            yield context
            return
        types = tuple(types)
        with self.attempt(context, types[0].name if len(types) == 1 else "", SEARCH) as noted:
            noted.notes.filtered(_names_in(text, types))
            yield noted

    @contextmanager
    def refusals(self, context: RequestContext, resource: str, verb: Verb, key: str = "") -> Iterator[None]:
        """Record only what is refused inside: a change that ends before its resource is asked."""
        try:
            yield
        except ScimError as error:
            if self._keeping is not None:
                AuditEntry(self._keeping, head_of(context, resource, verb.name, key)).end(error)
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
