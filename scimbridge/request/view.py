"""What a client sees of a record: translated, tagged with its version, and cut to what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import orjson

from scimbridge.mapping.tables.rows import Row
from scimbridge.mapping.tables.table import Table
from scimbridge.mapping.translate import Answer, compile_answer, silent
from scimbridge.pingone.bodies import HELD
from scimbridge.pingone.kinds import kind_named
from scimbridge.request.context import AnswerOptions, Reply, RequestContext
from scimbridge.request.rendered import Rendered
from scimbridge.scim.characteristics import Attribute, ResourceType, Schema
from scimbridge.scim.projection import Projection, compile_projection
from scimbridge.scim.reading import Notice
from scimbridge.scim.versions import check_conditions, etag
from scimbridge.sides import Native, Resource

NOT_VERSIONED = ("_links", "_embedded", HELD)


class View:
    """The SCIM side of one resource type, compiled from its table once."""

    def __init__(self, table: Table, notice: Notice = silent, rendered: Rendered | None = None) -> None:
        self.table = table
        self.answer = compile_answer(table, notice)
        self._rendered = rendered or Rendered()
        self._section = self._rendered.section()
        self._listed = lru_cache(maxsize=64)(partial(_narrow, table, notice))
        self._filtered = lru_cache(maxsize=64)(lambda names: _narrow(table, silent, names, None, "")[1])
        self.includes = tuple(dict.fromkeys(row.include for row in table.rows if row.include))
        self._included = {row.include: row.attr for row in table.rows if row.include}
        self._read = tuple(row for row in table.rows if row.read)
        self._unversioned = (*NOT_VERSIONED, *(row.to[0] for row in table.rows if row.include or row.read))
        self._parts = {part.name: part for part in kind_named(table.type.name).parts}
        states = frozenset((row.urn, row.attr) for row in table.rows if row.facet is not None and row.facet.state)
        self._alone = _returned_alone(table.published, frozenset(self._included.values()), states)

    def list_projection(self, options: AnswerOptions) -> Projection:
        """Compile what a list has of each resource."""
        return compile_projection(options.attributes, options.excluded, self.table.published, options.also)

    def projection(self, options: AnswerOptions) -> Projection:
        """Compile what the answer about one resource has: also what a list only gives when it is asked for."""
        return compile_projection(options.attributes, options.excluded, self._alone, options.also)

    def includes_for(self, projection: Projection) -> tuple[str, ...]:
        """Return what a record has to have beside its own fields, so that the projection can be filled.

        That is what PingOne has to be asked to include, and what it gives by a read of its own.
        """
        return (
            *(name for name in self.includes if projection.wants(self._included[name])),
            *dict.fromkeys(row.read for row in self._read if row.read and _wants(projection, row)),
        )

    def full_name(self, native: str) -> str | None:
        """Return the attribute of a PingOne field as `attributes` names it, None where the client sees no such row."""
        row = next((row for row in self.table.rows if row.native == native), None)
        return None if row is None else f"{row.urn}:{row.spelled}" if row.urn else row.spelled

    def scopes_for(self, options: AnswerOptions) -> tuple[str, ...]:
        """Return the rights that a client needs for what it asks to see, beside that to read the resource."""
        names = self.includes_for(self.list_projection(options)) if self._read else ()
        return tuple(self._parts[name].scope for name in names if name in self._parts)

    def includes_named(self, options: AnswerOptions) -> tuple[str, ...]:
        """Return what a record has to have beside its fields because the client named it in a change: the groups."""
        return () if options.minimal else self.includes_for(self.list_projection(options))

    def version(self, record: Native) -> str:
        """Return the weak entity tag of PingOne's record."""
        return etag(record, self._unversioned)

    def resource(self, record: Native, base: str) -> Resource:
        """Return the whole SCIM resource of a record, with its version."""
        resource = self.answer(record, base)
        resource["meta"]["version"] = self.version(record)
        return resource

    def in_list(self, options: AnswerOptions) -> Callable[[Native], Any]:
        """Return what turns a record into what a list shows of it: JSON, translated once for each version."""
        projection, answer = self._listed(options.attributes, options.excluded, options.also)
        apply, version, base = projection.apply, self.version, options.base
        find, keep = self._rendered.find, self._rendered.keep
        # By `repr`, so that a client that asks for "None" is not taken for one that asks for nothing.
        key = f"{self._section}{base}\0{options.attributes!r}\0{options.excluded!r}\0{options.also!r}\0"

        def translate(record: Native, tag: str) -> dict[str, Any]:
            resource = answer(record, base)
            resource["meta"]["version"] = tag
            return apply(resource)

        def render(record: Native) -> Any:
            tag = version(record)
            text = find(key + tag)
            if text is None:
                text = orjson.dumps(translate(record, tag))
                keep(key + tag, text)
            return orjson.Fragment(text)

        if self.includes_for(projection):  # the version does not cover what is included
            return lambda record: translate(record, version(record))
        return render

    def for_filter(self, names: tuple[str, ...]) -> Answer:
        """Return what translates of a record the attributes that a filter looks at, and nothing else."""
        return self._filtered(",".join(names))

    def show(self, options: AnswerOptions, record: Native, status: int = 200) -> Reply:
        """Return the answer about one resource; without a tag where it has what the version does not cover."""
        projection, resource = self.projection(options), self.resource(record, options.base)
        meta: Mapping[str, Any] = resource["meta"]
        is_whole = not any(_wants(projection, row) for row in self._read)
        return Reply(status, projection.apply(resource), meta["location"], meta["version"] if is_whole else None)

    def check_match(self, context: RequestContext, record: Native) -> None:
        """Hold a change to the version that the client knows. Raises `PreconditionFailed` (RFC 7644 §3.14)."""
        check_conditions(context.if_match, context.if_none_match, map(self.version, (record,)))


def _narrow(
    table: Table, notice: Notice, attributes: str | None, excluded: str | None, also: str
) -> tuple[Projection, Answer]:
    projection = compile_projection(attributes, excluded, table.published, also)
    return projection, compile_answer(table, notice, projection)


def _wants(projection: Projection, row: Row) -> bool:
    return projection.wants_part(row.attr, row.sub, row.urn or None)


def _returned_alone(
    resource_type: ResourceType, costly: frozenset[str], states: frozenset[tuple[str, str]]
) -> ResourceType:
    """Let a single answer give what lists give on request only: what costs calls there, and what clients write.

    States stay out: a client sends back by PUT what a plain GET gave it, and must not set by that what others moved.
    """

    def lift(urn: str, attribute: Attribute) -> Attribute:
        if attribute.returned != "request" or (attribute.mutability == "readOnly" and attribute.name not in costly):
            return attribute
        return attribute if (urn, attribute.name) in states else replace(attribute, returned="default")

    def lift_all(schema: Schema) -> Schema:
        return replace(schema, attributes=tuple(lift(schema.urn, part) for part in schema.attributes))

    return replace(
        resource_type,
        schema=lift_all(resource_type.schema),
        extensions=tuple(lift_all(part) for part in resource_type.extensions),
    )
