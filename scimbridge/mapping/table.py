"""The tables: TOML in, one compiled `Table` for each resource type out, every fault told at once.

A table is the only place that says how SCIM and PingOne correspond. Reading it ends here: the rest of the room sees
`Table`, `Row` and shapes. Nothing here touches a file; `app` hands in the texts.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from scimbridge.mapping import attributes
from scimbridge.mapping.rows import (
    MEMBERSHIPS,
    OUR_WORDS,
    RFC_WORDS,
    WORDS,
    Limit,
    Row,
    Words,
    nearest,
    read_words,
)
from scimbridge.mapping.shapes import IdList, Shape
from scimbridge.scim import filters
from scimbridge.scim.catalogue import ResourceType
from scimbridge.scim.errors import InvalidFilter

VERBS = ("create", "change", "delete")
HEAD_WORDS = ("resource", "endpoint", "description", "disable", "allow", "common", "population")
COMMON_PATHS = ("id", "externalId", "meta.created", "meta.lastModified")

_LEFT = re.compile(
    r'(?P<attr>[A-Za-z][\w-]*)(?:\[type eq "(?P<selector>[^"\[\]]+)"\])?(?:\.(?P<sub>\$?[A-Za-z][\w-]*))?'
)
_URN = re.compile(r"urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:[A-Za-z0-9()+,\-.:=@;$_!*'%/?#]+", re.IGNORECASE)


class TableFaults(Exception):
    """What is wrong with the tables, each sentence with file, section and row."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class PopulationRule:
    """`[[population]]`: users for whom the filter holds, and who name no population, go to `use` (id or name)."""

    when: filters.Node
    use: str


@dataclass(frozen=True, slots=True)
class Table:
    """One resource type: what the machinery needs of its table."""

    file: str
    type: ResourceType  # all attributes that are known, also those that are not stored
    published: ResourceType  # those that are stored
    rows: tuple[Row, ...]
    shapes: Mapping[tuple[str, str], Shape]  # (URN, attribute name) -> shape
    allow: frozenset[str]
    populations: tuple[PopulationRule, ...] = ()
    _by_native: Mapping[str, Row] = field(default_factory=dict, repr=False)

    def scim_name(self, native: str) -> str | None:
        """Return the SCIM path of a PingOne field, in the table's spelling, or None where no row has it."""
        row = self._by_native.get(native) or self._by_native.get(native.split(".", 1)[0])
        return None if row is None else row.spelled

    def shape(self, urn: str, attr: str) -> Shape | None:
        """Return the shape of a stored attribute, both names in canonical spelling."""
        return self.shapes.get((urn, attr))

    @property
    def links(self) -> IdList | None:
        """The attribute that membership calls change, if this type has one."""
        return next((s for s in self.shapes.values() if isinstance(s, IdList) and s.linked), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """What PingOne's fields take: by native name, and for attributes that the environment's owner added."""

    fields: Mapping[str, Limit]
    custom: Limit
    required: tuple[str, ...]
    check: Callable[[Any, Any], str | None]  # (limit, PingOne's value) -> what would be right, or None


@dataclass(frozen=True, slots=True)
class _Left:
    urn: str
    spelled: str
    attr: str
    selector: str | None
    sub: str | None


@dataclass(slots=True)
class _Draft:
    """A table while it is being read."""

    file: str
    faults: list[str]
    head: dict[str, Any]
    entries: list[tuple[_Left, Words]]
    urns: list[str]

    def fault(self, where: str, text: str) -> None:
        self.faults.append(f"{self.file}: {where}: {text}" if where else f"{self.file}: {text}")


def compile_tables(
    texts: Mapping[str, str], limits: Mapping[str, Limits], offset: dt.timedelta = dt.timedelta(0)
) -> dict[str, Table]:
    """Compile all tables: file name -> TOML text, resource type name -> PingOne's limits.

    Returns resource type name -> Table. Raises `TableFaults` with every fault of every file.
    """
    faults: list[str] = []
    drafts = [_read(file, text, faults) for file, text in sorted(texts.items())]
    whole = [draft for draft in drafts if draft is not None]
    if not texts:
        faults.append('mappings: no table at all; at least a table with resource = "User" is needed')
    for word in ("resource", "endpoint"):
        seen: dict[str, str] = {}
        for draft in whole:
            value = str(draft.head.get(word)).casefold()
            if value in seen:
                draft.fault("", f"{word} = {draft.head.get(word)!r} is in {seen[value]} already; each has one table")
            seen[value] = draft.file
    endpoints = {str(d.head.get("resource")): str(d.head.get("endpoint")) for d in whole}
    tables = {}
    for draft in whole:
        known = limits.get(str(draft.head.get("resource")))
        if known is None:
            draft.fault("", f"resource = {draft.head.get('resource')!r} is not one of {', '.join(limits)}")
        else:
            table = _Compiler(draft, known, endpoints, offset).compile()
            tables[table.type.name] = table
    if faults:
        raise TableFaults(faults)
    return tables


def _read(file: str, text: str, faults: list[str]) -> _Draft | None:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{file}: not valid TOML: {error}")
        return None
    draft = _Draft(file, faults, {}, [], [])
    for key, value in content.items():
        if key in HEAD_WORDS or not isinstance(value, dict):
            if key not in HEAD_WORDS:
                draft.fault(
                    "",
                    f"{key!r} is not a word of a table's head{nearest(key, HEAD_WORDS)}"
                    " (a row stands below a section, which is a schema URN in brackets and quotes)",
                )
            draft.head[key] = value
        elif not _URN.fullmatch(key):
            draft.fault(f"[{key}]", "a section is headed by a schema URN in quotes, or is [common]")
        else:
            draft.urns.append(key)
    _read_head(draft)
    common = draft.head.get("common", {})
    for urn, section in (("", common), *((urn, content[urn]) for urn in draft.urns)):
        if isinstance(section, dict):
            draft.entries.extend(_read_section(draft, urn, section))
        else:
            draft.fault("[common]", "is a section of rows")
    return draft


def _read_head(draft: _Draft) -> None:
    head = draft.head
    for word, example in (("resource", "User"), ("endpoint", "/Users")):
        if not isinstance(head.get(word), str) or not head[word]:
            draft.fault("", f'{word} is missing; the head of a table says {word} = "{example}"')
    if isinstance(head.get("endpoint"), str) and not re.fullmatch(r"/[A-Za-z][A-Za-z0-9]*", head["endpoint"]):
        draft.fault("", f"endpoint = {head['endpoint']!r} is not a path such as /Users")
    for word in ("disable", "allow"):
        value = head.get(word, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            draft.fault("", f"{word} is a list of strings")
            head[word] = []
    for verb in head.get("allow", []):
        if verb not in VERBS:
            draft.fault("", f"allow has {verb!r}, which is not one of {', '.join(VERBS)}{nearest(verb, VERBS)}")
    if not draft.urns:
        draft.fault("", "no schema: a section headed by a URN holds the rows")


def _read_section(draft: _Draft, urn: str, section: Mapping[str, Any]) -> Iterator[tuple[_Left, Words]]:
    where = f"[{urn or 'common'}]"
    seen: dict[str, str] = {}
    for spelled, right in _flatten(section, ""):
        row = f"{where} {spelled}"
        left = _LEFT.fullmatch(spelled)
        if left is None:
            draft.fault(row, "is not a SCIM path such as title, name.givenName or 'emails[type eq \"work\"].value'")
            continue
        if spelled.casefold() in seen:
            draft.fault(row, f"is the same attribute as {seen[spelled.casefold()]}; names have no case in SCIM")
        seen[spelled.casefold()] = spelled
        if not isinstance(right, str | dict):
            draft.fault(row, f"the right side is a PingOne field or a row in braces, not {right!r}")
            continue
        words = read_words(right, partial(draft.fault, row))
        if words is not None:
            yield _Left(urn, spelled, left["attr"], left["selector"], left["sub"]), words


def _flatten(section: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Give back TOML's dotted keys as paths: a mapping is a row where it has our words, else a step of a path."""
    for key, value in section.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, dict) and not _is_row(value):
            yield from _flatten(value, path)
        else:
            yield path, value


def _is_row(value: Mapping[str, Any]) -> bool:
    if not value or any(isinstance(value.get(word), str) for word in ("to", "from")):
        return True
    if any(word in value for word in OUR_WORDS if word not in ("to", "from")):
        return True
    return all(word in WORDS and (word not in RFC_WORDS or kind in RFC_WORDS[word]) for word, kind in value.items())


class _Compiler:
    """Joins the rows of one table with what is known of attributes and fields."""

    def __init__(self, draft: _Draft, limits: Limits, endpoints: Mapping[str, str], offset: dt.timedelta) -> None:
        self.draft = draft
        self.limits = limits
        self.endpoints = endpoints
        self.offset = offset
        self.disabled: set[str] = set()

    def compile(self) -> Table:
        draft = self.draft
        self._check_common()
        rows = [row for left, words in draft.entries if (row := self._row(left, words)) is not None]
        self._check_targets(rows)
        self._check_disabled(rows)
        stored = attributes.group(row for row in rows if not self._is_disabled(row))
        kept = [row for members in stored.values() for row in members]
        shapes = {}
        for key, members in stored.items():
            shape = attributes.shape_of(members, self.endpoints, self._fault_of(members[0]))
            if shape is not None:
                shapes[key] = shape
        published = self._resource_type(shapes, with_unstored=False)
        whole = self._resource_type(shapes, with_unstored=True)
        return Table(
            file=draft.file,
            type=whole,
            published=published,
            rows=tuple(kept),
            shapes=shapes,
            allow=frozenset(draft.head.get("allow", VERBS)),
            populations=tuple(self._population_rules(whole)),
            _by_native={row.native: row for row in reversed(kept) if row.to},
        )

    def _fault_of(self, row: Row) -> Callable[[str], None]:
        where = f"[{row.urn or 'common'}] {row.spelled}"
        return partial(self.draft.fault, where)

    def _check_common(self) -> None:
        lefts = [left for left, _words in self.draft.entries if left.urn == ""]
        for left in lefts:
            if left.spelled not in COMMON_PATHS:
                hint = nearest(left.spelled, COMMON_PATHS)
                self.draft.fault(f"[common] {left.spelled}", f"is not one of {', '.join(COMMON_PATHS)}{hint}")
        if not any(left.spelled == "id" for left in lefts):
            self.draft.fault("[common]", 'id is missing; every table says id = "id"')

    def _row(self, left: _Left, words: Words) -> Row | None:
        where = f"[{left.urn or 'common'}] {left.spelled}"
        limit = self.limits.fields.get(".".join(words.to), self.limits.custom)
        made = attributes.leaf_of(
            left.urn,
            left.attr,
            left.sub,
            left.selector,
            words,
            self.offset,
            partial(self.draft.fault, where),
        )
        if made is None:
            return None
        attribute, codec = made
        return Row(
            urn=left.urn, spelled=left.spelled, attr=left.attr, selector=left.selector, sub=left.sub,
            to=words.to, template=words.template, via=words.via, include=words.include,
            codec=codec, attribute=attribute, refuse=partial(self.limits.check, limit), caseless=limit.caseless,
            operators=limit.operators if words.operators is None else words.operators,
        )  # fmt: skip

    def _check_targets(self, rows: list[Row]) -> None:
        """Two rows that write one field would undo each other."""
        seen: dict[str, Row] = {}
        for row in rows:
            if row.to and row.writable and row.via != MEMBERSHIPS:
                other = seen.setdefault(row.native, row)
                if other is not row:
                    self._fault_of(row)(
                        f"writes {row.native}, which [{other.urn or 'common'}] {other.spelled} writes already;"
                        ' one of the two has to be mutability = "readOnly"'
                    )
        for native in self.limits.required:
            if native not in seen:
                self.draft.fault("", f"no row writes {native!r}, which PingOne needs")

    def _is_disabled(self, row: Row) -> bool:
        names = {name.casefold() for name in self.draft.head.get("disable", [])}
        spellings = {
            row.attr,
            row.spelled,
            f"{row.attr}.{row.sub}",
            f"{row.urn}:{row.attr}",
            f"{row.urn}:{row.spelled}",
        }
        hit = {spelling.casefold() for spelling in spellings} & names
        self.disabled |= hit
        return bool(hit)

    def _check_disabled(self, rows: list[Row]) -> None:
        for name in self.draft.head.get("disable", []):
            if name.casefold() not in self.disabled:
                hint = nearest(name, {row.attr for row in rows})
                self.draft.fault("disable", f"{name!r} is no attribute of this table{hint}")
        for row in rows:
            if self._is_disabled(row) and (row.attribute.required or row.spelled == "id"):
                self.draft.fault("disable", f"{row.spelled!r} cannot be disabled: it is required")

    def _resource_type(self, shapes: Mapping[tuple[str, str], Shape], *, with_unstored: bool) -> ResourceType:
        head, urns = self.draft.head, self.draft.urns or ["urn:none"]
        schemas = []
        for urn in urns:
            present = [shape.attribute for (at, _name), shape in shapes.items() if at == urn]
            schemas.append(attributes.schema_of(urn, str(head.get("resource")), present, with_unstored=with_unstored))
        if with_unstored:
            schemas.extend(attributes.known_extensions(str(head.get("resource")), urns))
        return ResourceType(
            name=str(head.get("resource")),
            endpoint=str(head.get("endpoint")),
            description=str(head.get("description", head.get("resource"))),
            schema=schemas[0],
            extensions=tuple(schemas[1:]),
            common=attributes.common_of([s.attribute for (at, _name), s in shapes.items() if at == ""]),
        )

    def _population_rules(self, resource: ResourceType) -> Iterator[PopulationRule]:
        rules = self.draft.head.get("population", [])
        if not isinstance(rules, list):
            self.draft.fault("population", "rules are written [[population]], in double brackets")
            return
        for number, rule in enumerate(rules, 1):
            where = f"[[population]] {number}"
            if set(rule) != {"when", "use"} or not all(isinstance(text, str) and text for text in rule.values()):
                self.draft.fault(where, "needs `when` (a SCIM filter) and `use` (a population's id or name), no more")
                continue
            try:
                node = filters.parse(rule["when"])
            except InvalidFilter as error:
                self.draft.fault(where, f"when = {rule['when']!r}: {error.detail}")
                continue
            lost = [path.attr for path in filters.paths_of(node) if not _stored(resource, path)]
            for name in lost:
                self.draft.fault(where, f"when: {name!r} is no attribute of this table")
            if not lost:
                yield PopulationRule(node, rule["use"])


def _stored(resource: ResourceType, path: filters.AttrPath) -> bool:
    found = resource.find(path)
    return found is not None and found.attribute.stored and (found.sub is None or found.sub.stored)
