"""The tables: TOML in, one compiled `Table` for each resource type out, every fault told at once.

Joins the rows of a table with what RFC 7643 knows of attributes and what is known of PingOne's fields. Nothing here
touches a file or speaks to PingOne: texts and limits are handed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from scimbridge.mapping.shapes import Shape
from scimbridge.mapping.tables import attributes, fitting, shaping
from scimbridge.mapping.tables.disabling import Hidden, Wording, check_names, take_out, unmarked
from scimbridge.mapping.tables.drafts import check_heads
from scimbridge.mapping.tables.kinds import KindFacts
from scimbridge.mapping.tables.overlaying import Layered, Origin, lay_over
from scimbridge.mapping.tables.population_rules import read_rules
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Left, Row, Words, nearest
from scimbridge.mapping.tables.table import Table, TableFaults
from scimbridge.scim.catalogue import ResourceType, Schema
from scimbridge.scim.verbs import ALLOWED

COMMON_PATHS = ("id", "externalId", "meta.created", "meta.lastModified")
NO_OFFSET = dt.timedelta(0)
NOTHING_SHIPPED: Mapping[str, str] = MappingProxyType({})

Rows = Mapping[tuple[str, str], tuple[Row, ...]]  # (URN, attribute name) -> rows


def compile_tables(
    texts: Mapping[str, str],
    kinds: Iterable[KindFacts],
    offset: dt.timedelta = NO_OFFSET,
    hidden: Hidden = (),
    shipped: Mapping[str, str] = NOTHING_SHIPPED,
    *,
    others: bool = False,
) -> dict[str, Table]:
    """Compile all tables: file name -> TOML text. `kinds` is what PingOne has.

    `others`: the folder has something else of an operator's, so that it is no wrong one where it has no table.

    `hidden` is taken out as well as what the tables disable; `shipped` are the tables that `texts` lie over. Returns
    resource type name -> Table for all that are served. Raises `TableFaults` with every fault of every file and of
    `hidden`.
    """
    faults: list[str] = []
    if not (texts or others):
        faults.append('mappings: no table at all; at least a table with resource = "User" is needed')
    known = {kind.name: kind for kind in kinds}
    calls = _calls_of(known.values())
    layers = lay_over(texts, shipped, calls, faults)
    check_heads([layer.draft for layer in layers], known)
    served = [layer for layer in layers if layer.origin.served]
    if layers and not served:
        faults.append("mappings: no resource type is served; every table says serve = false")
    endpoints = {layer.draft.resource: str(layer.draft.head.get("endpoint")) for layer in served}
    faults += [
        f"hidden: {name!r} is no resource type; there are {', '.join(endpoints)}{nearest(name, endpoints)}"
        for name, _paths in hidden
        if name not in endpoints
    ]
    tables = {
        name: _TableCompiler(layer, known[name], calls, endpoints, offset, dict(hidden)).compile()
        for layer in layers
        if (name := layer.draft.resource) in known
    }
    if faults:
        raise TableFaults(faults)
    return {name: table for name, table in tables.items() if table.origin.served}


def read_origins(
    texts: Mapping[str, str], kinds: Iterable[KindFacts], shipped: Mapping[str, str]
) -> tuple[Origin, ...]:
    """Return where the tables come from that `compile_tables` makes of the same texts, those not served included."""
    return tuple(layer.origin for layer in lay_over(texts, shipped, _calls_of(kinds), []))


def _calls_of(kinds: Iterable[KindFacts]) -> dict[str, str]:
    """Return the calls that a row can name in `via`, and the collection that each is for."""
    calls: dict[str, str] = {}
    holders: dict[str, str] = {}
    for kind in kinds:
        calls |= {facet.name: kind.collection for facet in kind.facets}
        if kind.has_members:
            holders[MEMBERSHIPS] = kind.collection
    return calls | holders


class _TableCompiler:
    """Compiles one table."""

    def __init__(
        self,
        layer: Layered,
        kind: KindFacts,
        calls: Mapping[str, str],
        endpoints: Mapping[str, str],
        offset: dt.timedelta,
        hidden: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.draft, self.origin = layer.draft, layer.origin
        self.hidden = hidden.get(self.draft.resource, ())
        self.kind = kind
        self.calls = calls
        self.endpoints = endpoints
        self.offset = offset

    def compile(self) -> Table:
        draft = self.draft
        self._check_verbs()
        self._check_core()
        self._check_common()
        rows = [row for left, words in draft.entries if (row := self._row(left, words)) is not None]
        for row in rows:
            fitting.check_row(row, self.kind, self.calls, self._fault_of(row))
        self._check_targets(rows)
        self._check_disabled(rows)
        disabled = tuple(draft.head.get("disable", []))
        enabled = take_out(disabled, rows)
        stored = shaping.group(enabled)
        shapes = dict(self._shapes(stored, stored, unmarked(disabled, rows)))
        whole = self._resource_type(shapes, with_unstored=True)
        rules = tuple(read_rules(draft, whole, self.kind))
        if self.hidden:
            seen = shaping.group(take_out(self.hidden, enabled))
            marks = unmarked((*disabled, *self.hidden), rows)
            stored, shapes = seen, dict(self._shapes(seen, stored, marks))
            whole = self._resource_type(shapes, with_unstored=True)
        kept = tuple(row for members in stored.values() for row in members)
        return Table(
            file=draft.file,
            origin=self.origin,
            type=whole,
            published=self._resource_type(shapes, with_unstored=False),
            rows=kept,
            shapes=shapes,
            allow=frozenset() if self.kind.is_read_only else frozenset(draft.head.get("allow", ALLOWED)),
            populations=rules,
            unnamed=frozenset(row.native for row in enabled if row.to) - frozenset(row.native for row in kept),
            disabled=frozenset(row.native for row in rows if row.to) - frozenset(row.native for row in enabled),
            _by_native={row.native: row for row in reversed(kept) if row.to},
        )

    # -- rows ------------------------------------------------------------------------------------------------------

    def _row(self, left: Left, words: Words) -> Row | None:
        facet = next((facet for facet in self.kind.facets if facet.name == words.via), None)
        fault = partial(self.draft.fault, left.where)
        made = attributes.leaf_of(left, self._held(words, fault), facet, self.offset, fault)
        if made is None:
            return None
        attribute, codec = made
        native = ".".join(words.to)
        limit = self.kind.fields.get(native, self.kind.custom)
        operators = limit.operators if words.operators is None else words.operators
        custom = words.operators is None and native not in self.kind.fields
        if custom and attribute.type not in ("string", "reference"):
            operators = frozenset()  # how PingOne would compare a custom attribute of another type is not known
        return Row(
            urn=left.urn, spelled=left.spelled, attr=left.attr, selector=left.selector, sub=left.sub,
            to=words.to, template=words.template, via=words.via, facet=facet, include=words.include,
            codec=codec, attribute=attribute, refuse=limit.refuse, caseless=limit.caseless, operators=operators,
        )  # fmt: skip

    def _held(self, words: Words, fault: Callable[[str], None]) -> Words:
        """Return the words of a row, read-only where nobody can write what PingOne keeps."""
        if not self.kind.is_read_only:
            return words
        said = words.characteristics.get("mutability", "readOnly")
        if said != "readOnly":
            fault(f"mutability = {said!r}: {self.kind.collection} are only read; leave `mutability` out")
        return replace(words, characteristics={**words.characteristics, "mutability": "readOnly"})

    def _fault_of(self, row: Row) -> Callable[[str], None]:
        return partial(self.draft.fault, _where(row))

    def _check_verbs(self) -> None:
        allowed = self.draft.head.get("allow", [])
        if allowed and self.kind.is_read_only:
            self.draft.fault("", f"allow = {allowed!r}: {self.kind.collection} are only read; leave `allow` out")

    def _is_inherited(self, row: Row) -> bool:
        return _where(row) in self.draft.inherited

    def _check_core(self) -> None:
        """Hold the core schema of users and groups to RFC 7643's, wherever its section stands."""
        draft = self.draft
        core = shaping.CORE.get(draft.resource)
        for resource, urn in shaping.CORE.items():
            if urn in draft.urns and resource != draft.resource:
                draft.fault(f"[{urn}]", f"is the schema of {resource}, and this table is of {draft.resource}")
        if core is not None and draft.urns and core not in draft.urns:
            draft.fault("", f'no section ["{core}"]: it holds the core attributes of {draft.resource}')

    def _check_common(self) -> None:
        lefts = [left for left, _words in self.draft.entries if left.urn == ""]
        for left in lefts:
            if left.spelled not in COMMON_PATHS:
                hint = nearest(left.spelled, COMMON_PATHS)
                self.draft.fault(left.where, f"is not one of {', '.join(COMMON_PATHS)}{hint}")
        if not any(left.spelled == "id" for left in lefts):
            self.draft.fault("[common]", 'id is missing; every table says id = "id"')
        for left, _words in self.draft.entries:
            own_core = left.urn == self._urns()[0] and left.urn not in attributes.KNOWN
            if own_core and attributes.COMMON_SCHEMA.find(left.attr) is not None:
                self.draft.fault(left.where, f"{left.attr} is an attribute of every resource; see [common]")

    def _check_targets(self, rows: list[Row]) -> None:
        """Two rows that write one field, or one of which writes a part of the other's, would undo each other."""
        seen: dict[str, Row] = {}
        for row in sorted(rows, key=lambda row: not self._is_inherited(row)):  # a fault is reported of the own row
            if not row.to or not row.writable or row.via == MEMBERSHIPS:
                continue
            for other in seen.values():
                if _overlap(row, other) and not (row.codec.merge and other.codec.merge):
                    where = _where(other)
                    file = self.draft.inherited.get(where)
                    place = f"{file} {where}" if file else where
                    self._fault_of(row)(
                        f"writes {row.native}, and {place} writes {other.native} already;"
                        ' one of the two has to be mutability = "readOnly"'
                    )
                    break
            seen.setdefault(row.native, row)
        for native in self.kind.required:
            if native not in seen:
                self.draft.fault("", f"no row writes {native!r}, which PingOne needs")

    def _check_disabled(self, rows: list[Row]) -> None:
        draft, required = self.draft, self.kind.required
        disable = draft.head.get("disable", [])
        check_names(disable, rows, required, Wording("this table", "disabled"), partial(draft.fault, "disable"))
        check_names(
            self.hidden, rows, required, Wording(draft.file, "hidden"),
            lambda text: draft.faults.append(f"hidden.{draft.resource}: {text}"),
        )  # fmt: skip

    # -- attributes and schemas ------------------------------------------------------------------------------------

    def _shapes(
        self, seen: Rows, stored: Rows, marks: Mapping[tuple[str, str], frozenset[str]]
    ) -> Iterator[tuple[tuple[str, str], Shape]]:
        for key, members in seen.items():
            fault = self._fault_of(min(members, key=self._is_inherited))
            bare = marks.get((key[0], key[1].casefold()), frozenset())
            shape = shaping.shape_of(members, stored.get(key, members), self.endpoints, fault, bare)
            if shape is not None:
                yield key, shape

    def _urns(self) -> list[str]:
        """Return the URNs of the table, that of the core schema first."""
        urns = self.draft.urns or ["urn:none"]
        core = shaping.CORE.get(self.draft.resource)
        return sorted(urns, key=lambda urn: urn != core) if core in urns else urns

    def _resource_type(self, shapes: Mapping[tuple[str, str], Shape], *, with_unstored: bool) -> ResourceType:
        head, resource = self.draft.head, self.draft.resource
        core, *extensions = self._urns()
        schemas = [self._schema(core, shapes, with_unstored=with_unstored)]
        for urn in extensions:
            schema = self._schema(urn, shapes, with_unstored=with_unstored)
            if schema.attributes:
                schemas.append(schema)
        if with_unstored:
            schemas.extend(shaping.known_extensions(resource, self.draft.urns))
        common = [shape.attribute for (at, _name), shape in shapes.items() if at == ""]
        return ResourceType(
            name=resource,
            endpoint=str(head.get("endpoint")),
            description=str(head.get("description", resource)),
            schema=schemas[0],
            extensions=tuple(schemas[1:]),
            common=shaping.common_of(common, with_unstored=with_unstored),
        )

    def _schema(self, urn: str, shapes: Mapping[tuple[str, str], Shape], *, with_unstored: bool) -> Schema:
        present = [shape.attribute for (at, _name), shape in shapes.items() if at == urn]
        return shaping.schema_of(urn, self.draft.resource, present, with_unstored=with_unstored)


def _where(row: Row) -> str:
    return f"[{row.urn or 'common'}] {row.spelled}"


def _overlap(one: Row, other: Row) -> bool:
    shorter = min(len(one.to), len(other.to))
    return one.to[:shorter] == other.to[:shorter]
