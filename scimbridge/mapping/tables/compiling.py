"""The tables: TOML in, one compiled `Table` for each resource type out, every fault told at once.

Joins the rows of a table with what RFC 7643 knows of attributes and what is known of PingOne's fields. Nothing here
touches a file or speaks to PingOne: texts and limits are handed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from scimbridge.mapping.shapes import Shape
from scimbridge.mapping.tables import attributes, shaping
from scimbridge.mapping.tables.disabling import Hidden, Wording, check_names, take_out, unmarked
from scimbridge.mapping.tables.drafts import VERBS, Draft, read_draft
from scimbridge.mapping.tables.population_rules import read_rules
from scimbridge.mapping.tables.rows import FACETS, MEMBERSHIPS, Left, Row, Words, nearest
from scimbridge.mapping.tables.table import FieldLimits, Table, TableFaults
from scimbridge.scim.catalogue import ResourceType, Schema

COMMON_PATHS = ("id", "externalId", "meta.created", "meta.lastModified")
NO_OFFSET = dt.timedelta(0)

Rows = Mapping[tuple[str, str], tuple[Row, ...]]  # (URN, attribute name) -> rows


def compile_tables(
    texts: Mapping[str, str],
    limits: Mapping[str, FieldLimits],
    offset: dt.timedelta = NO_OFFSET,
    hidden: Hidden = (),
) -> dict[str, Table]:
    """Compile all tables: file name -> TOML text, resource type name -> PingOne's limits.

    `hidden` is taken out as well as what the tables disable. Returns resource type name -> Table. Raises `TableFaults`
    with every fault of every file and of `hidden`.
    """
    faults: list[str] = []
    if not texts:
        faults.append('mappings: no table at all; at least a table with resource = "User" is needed')
    drafts = [draft for file, text in sorted(texts.items()) if (draft := read_draft(file, text, faults)) is not None]
    _check_heads(drafts, limits)
    endpoints = {draft.resource: str(draft.head.get("endpoint")) for draft in drafts}
    faults += [
        f"hidden: {name!r} is no resource type; there are {', '.join(endpoints)}{nearest(name, endpoints)}"
        for name, _paths in hidden
        if name not in endpoints
    ]
    tables = {
        draft.resource: _TableCompiler(draft, limits[draft.resource], endpoints, offset, dict(hidden)).compile()
        for draft in drafts
        if draft.resource in limits
    }
    if faults:
        raise TableFaults(faults)
    return tables


def _check_heads(drafts: list[Draft], limits: Mapping[str, FieldLimits]) -> None:
    for word in ("resource", "endpoint"):
        seen: dict[str, str] = {}
        for draft in drafts:
            value = draft.head.get(word)
            if not isinstance(value, str):
                continue
            if value.casefold() in seen:
                draft.fault("", f"{word} = {value!r} is in {seen[value.casefold()]} already; each has one table")
            seen[value.casefold()] = draft.file
    for draft in drafts:
        if draft.resource and draft.resource not in limits:
            hint = nearest(draft.resource, limits)
            draft.fault("", f"resource = {draft.resource!r} is not one of {', '.join(limits)}{hint}")


class _TableCompiler:
    """Compiles one table."""

    def __init__(
        self,
        draft: Draft,
        limits: FieldLimits,
        endpoints: Mapping[str, str],
        offset: dt.timedelta,
        hidden: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.draft = draft
        self.hidden = hidden.get(draft.resource, ())
        self.limits = limits
        self.endpoints = endpoints
        self.offset = offset

    def compile(self) -> Table:
        draft = self.draft
        self._check_core()
        self._check_common()
        rows = [row for left, words in draft.entries if (row := self._row(left, words)) is not None]
        for row in rows:
            self._check_call(row)
        self._check_targets(rows)
        self._check_disabled(rows)
        disabled = tuple(draft.head.get("disable", []))
        enabled = take_out(disabled, rows)
        stored = shaping.group(enabled)
        shapes = dict(self._shapes(stored, stored, unmarked(disabled, rows)))
        whole = self._resource_type(shapes, with_unstored=True)
        rules = tuple(read_rules(draft, whole))
        if self.hidden:
            seen = shaping.group(take_out(self.hidden, enabled))
            marks = unmarked((*disabled, *self.hidden), rows)
            stored, shapes = seen, dict(self._shapes(seen, stored, marks))
            whole = self._resource_type(shapes, with_unstored=True)
        kept = tuple(row for members in stored.values() for row in members)
        return Table(
            file=draft.file,
            type=whole,
            published=self._resource_type(shapes, with_unstored=False),
            rows=kept,
            shapes=shapes,
            allow=frozenset(draft.head.get("allow", VERBS)),
            populations=rules,
            unnamed=frozenset(row.native for row in enabled if row.to) - frozenset(row.native for row in kept),
            _by_native={row.native: row for row in reversed(kept) if row.to},
        )

    # -- rows ------------------------------------------------------------------------------------------------------

    def _row(self, left: Left, words: Words) -> Row | None:
        made = attributes.leaf_of(left, words, self.offset, partial(self.draft.fault, left.where))
        if made is None:
            return None
        attribute, codec = made
        native = ".".join(words.to)
        limit = self.limits.fields.get(native, self.limits.custom)
        operators = limit.operators if words.operators is None else words.operators
        custom = words.operators is None and native not in self.limits.fields
        if custom and attribute.type not in ("string", "reference"):
            operators = frozenset()  # how PingOne would compare a custom attribute of another type is not known
        return Row(
            urn=left.urn, spelled=left.spelled, attr=left.attr, selector=left.selector, sub=left.sub,
            to=words.to, template=words.template, via=words.via, include=words.include,
            codec=codec, attribute=attribute, refuse=partial(self.limits.check, limit), caseless=limit.caseless,
            operators=operators,
        )  # fmt: skip

    def _fault_of(self, row: Row) -> Callable[[str], None]:
        return partial(self.draft.fault, _where(row))

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

    def _check_call(self, row: Row) -> None:
        """Hold `via` to the field that its call writes: in the body of another call PingOne ignores it in silence."""
        fault, resource = self._fault_of(row), self.draft.resource
        called = FACETS.get(row.via or "")
        if row.via == MEMBERSHIPS and (resource != "Group" or row.selector is not None or row.sub is None):
            fault(f'via = "{MEMBERSHIPS}" is for the members of groups, as members.value')
        elif called is not None and resource != "User":
            fault(f"via = {row.via!r} is for users")
        elif called is not None and row.native != called:
            fault(f'via = "{row.via}" writes {called}, so the row says to = "{called}"')
        elif row.via is None and row.writable and resource == "User":
            for via, native in FACETS.items():
                if row.native in (native, native.split(".", 1)[0]):
                    fault(f'{native} has a call of its own at PingOne: the row says via = "{via}"')
        self._check_list(row)
        self._check_native(row)

    def _check_native(self, row: Row) -> None:
        """Refuse what PingOne would swallow in silence: writes of its own fields, parts that its objects have not."""
        fault, known = self._fault_of(row), {*self.limits.fields, *self.limits.own}
        if row.urn == "" and row.spelled == "id" and row.native != "id":
            fault('every table says id = "id": locations are made of it')
        if row.to and row.writable and row.native in self.limits.own and row.urn + row.spelled != "id":
            fault(f'only PingOne writes {row.native}; the row says mutability = "readOnly"')
        parts = {name for name in known if name.startswith(f"{row.to[0]}.")} if len(row.to) > 1 else set()
        if parts and row.native not in known:
            fault(f"{row.to[0]} has no {row.to[1]!r} at PingOne{nearest(row.native, parts)}")

    def _check_list(self, row: Row) -> None:
        base = attributes.known_attribute(row.urn, row.attr)
        plain = base is not None and base.multi_valued and row.selector is None and row.via is None
        if base is not None and plain and row.writable and row.native in self.limits.fields:
            text = f'PingOne keeps one value in {row.native}: say which, as {base.name}[type eq "work"].{row.sub}'
            self._fault_of(row)(text)

    def _check_targets(self, rows: list[Row]) -> None:
        """Two rows that write one field, or one of which writes a part of the other's, would undo each other."""
        seen: dict[str, Row] = {}
        for row in rows:
            if not row.to or not row.writable or row.via == MEMBERSHIPS:
                continue
            for other in seen.values():
                if _overlap(row, other) and not (row.codec.merge and other.codec.merge):
                    self._fault_of(row)(
                        f"writes {row.native}, and {_where(other)} writes {other.native} already;"
                        ' one of the two has to be mutability = "readOnly"'
                    )
                    break
            seen.setdefault(row.native, row)
        for native in self.limits.required:
            if native not in seen:
                self.draft.fault("", f"no row writes {native!r}, which PingOne needs")

    def _check_disabled(self, rows: list[Row]) -> None:
        draft, required = self.draft, self.limits.required
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
            fault = self._fault_of(members[0])
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
