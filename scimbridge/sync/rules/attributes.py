"""The rows of a rule file: which SCIM path comes from which column, held against the table of users in use. Pure.

A row that could not be carried out, or that would carry out what rules may not, is a fault: an unknown path, one that
is only read, a secret, a population.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from scimbridge.mapping.tables.rows import Row, nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.scim.catalogue import Attribute
from scimbridge.sync.rules.codecs import CODECS, OF_TYPES, SPLIT
from scimbridge.sync.rules.faults import RuleSection, RuleText, character, column, one_of, text, walk
from scimbridge.sync.rules.values import CLEAR, CREATE, KEEP, ManagedAttribute

WORDS = ("from", "codec", "format", "separator", "empty", "on", "values")
"""The words of a row in braces."""
ALWAYS = "always"
_PLACE = "population"  # the facet that the table's rules set
_LARGEST = 2**63
_TEXTS = ("string", "reference", "binary")
_PYTHON: Mapping[str, tuple[type, ...]] = {"boolean": (bool,), "integer": (int,), "decimal": (int, float)}


def read_attributes(
    rules: RuleText, sections: Mapping[str, Mapping[str, Any]], table: Table
) -> tuple[ManagedAttribute, ...]:
    """Return what the sections manage, in their order; `sections` are headed by URNs. Faults go into `rules`."""
    found: list[ManagedAttribute] = []
    for heading, section in sections.items():
        urn = next((each for each in table.type.urns if each.casefold() == heading.casefold()), None)
        if urn is None:
            hint = nearest(heading, table.type.urns)
            rules.fault((heading,), f"[{heading}]", f"{table.file} has no schema of this URN{hint}")
            continue
        for path, right in walk(section, _is_row):
            row = _find_row(rules, table, (heading, urn), path)
            if row is not None and (managed := _Reading(rules, heading, table, row).read(path, right)) is not None:
                found.append(managed)
    seen: dict[str, ManagedAttribute] = {}
    for each in found:
        if (first := seen.setdefault(each.name, each)) is not each:
            what = f"has two rows, from {first.column!r} and {each.column!r}; keep one"
            rules.fault((each.urn or table.type.schema.urn, each.path), each.name, what)
    return tuple(found)


def _is_row(_path: str, value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a row in braces and no step of a path: it has a word of a row that is no mapping."""
    return not value or any(word in WORDS and (word == "values" or not isinstance(value[word], dict)) for word in value)


def _paths(table: Table, urn: str) -> Iterator[Row]:
    core = urn == table.type.schema.urn
    return (row for row in table.rows if row.urn == urn or (core and row.urn == ""))


def _find_row(rules: RuleText, table: Table, headed: tuple[str, str], path: str) -> Row | None:
    heading, urn = headed
    rows = {row.spelled.casefold(): row for row in _paths(table, urn)}
    found = rows.get(path.casefold())
    if found is None:
        parts = [row.spelled for row in rows.values() if row.attr.casefold() == path.casefold()]
        hint = (
            f"; its rows there are {', '.join(parts)}"
            if parts
            else nearest(path, [row.spelled for row in rows.values()])
        )
        rules.fault((heading, path), f"[{heading}] {path}", f"is no row of {table.file}{hint}")
    return found


class _Reading:
    """One row of the rules, and the row of the table that it is for."""

    def __init__(self, rules: RuleText, heading: str, table: Table, row: Row) -> None:
        self._rules, self._heading, self._table, self._row = rules, heading, table, row

    def read(self, path: str, right: Any) -> ManagedAttribute | None:
        """Return what the row manages, None after reporting what is wrong with it."""
        before = len(self._rules.found)
        where = (self._heading, path)
        for what in self._forbidden():
            self._rules.fault(where, f"[{self._heading}] {path}", what)
        if isinstance(right, str):
            right = {"from": right}
        if not isinstance(right, dict):
            what = f'takes a column, or a row in braces such as {{ from = "mail", codec = "lower" }}, not {right!r}'
            self._rules.fault(where, f"[{self._heading}] {path}", what)
            return None
        managed = self._read_words(RuleSection(self._rules, where, right))
        return managed if len(self._rules.found) == before else None

    def _forbidden(self) -> Iterator[str]:
        """Yield why this row of the table cannot be managed from a source."""
        row = self._row
        if row.attribute.returned == "never" or (row.facet is not None and row.facet.secret):
            yield "is a secret, and no source writes secrets; take the row out, people set it themselves"
        elif row.template is not None:
            parts = " and ".join(sorted(".".join(part) for part in row.template.parts))
            yield f"is composed of {parts}; give those a row each"
        elif row.facet is not None and row.facet.name == _PLACE:
            yield "follows the [[population]] rules of the table of users, which count moves; write a rule there"
        elif not row.writable:
            yield f"is {row.attribute.mutability} in {self._table.file}, so that nothing can write it"

    def _read_words(self, section: RuleSection) -> ManagedAttribute | None:
        section.only(WORDS)
        leaf = self._row.attribute
        many = leaf.multi_valued
        came_from = section.needed("from", column, 'from = "COLUMN"')
        names: tuple[str, ...] = section.read("codec", _codecs, ())
        values = section.read("values", partial(_values, leaf), None)
        form = section.read("format", text, "")
        separator = section.read("separator", character, "")
        self._check_together(section, names, values, many=many)
        if not names and values is None and leaf.type in OF_TYPES:
            names = (OF_TYPES[leaf.type],)
        on = section.read("on", one_of(CREATE, ALWAYS), ALWAYS)
        if leaf.mutability == "immutable" and on != CREATE:
            section.fault(f'is given at creation only; write on = "{CREATE}" beside it')
        empty = section.read("empty", one_of(KEEP, CLEAR), KEEP)
        if empty == CLEAR and (leaf.required or not leaf.removable):
            section.fault("always has a value, so an empty one cannot clear it; leave the word out", "empty")
        if came_from is None:
            return None
        return ManagedAttribute(
            urn=self._row.urn if self._row.urn in (each.urn for each in self._table.type.extensions) else "",
            path=self._row.spelled, column=came_from, codec=" ".join(names), empty=empty,
            only_at_creation=on == CREATE, values=values, format=form, separator=separator, type=leaf.type, many=many,
        )  # fmt: skip

    def _check_together(
        self, section: RuleSection, names: tuple[str, ...], values: Mapping[str, Any] | None, *, many: bool
    ) -> None:
        """Hold the words of a row to each other."""
        words = section.words
        kind = self._row.attribute.type
        if (SPLIT in names) != ("separator" in words):
            section.fault(f'codec = "{SPLIT}" and separator = ";" go together')
        if SPLIT in names and not many:
            section.fault(f'"{SPLIT}" makes several values, and one is kept here', "codec")
        if "format" in words and not any(CODECS[name].formatted for name in names):
            section.fault('goes with codec = "date" or codec = "dateTime"', "format")
        last = CODECS[names[-1]].type if names else "string"
        if values is not None and last != "string":
            section.fault(f'takes texts, and codec = "{names[-1]}" makes none; leave the codec out', "values")
        wrong = last != kind and not (last == "string" and kind in _TEXTS)
        if names and values is None and wrong:
            section.fault(f'"{names[-1]}" makes a {last}, and this is a {kind}', "codec")


def _codecs(value: Any) -> tuple[str, ...]:
    """Read one codec or several in turn; only the last may make something else than a text."""
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str) or name not in CODECS:
            hint = nearest(name, CODECS) if isinstance(name, str) else ""
            raise ValueError(f"takes {', '.join(CODECS)}, one or a list of them in turn, not {name!r}{hint}")
    if not names or any(CODECS[name].type != "string" for name in names[:-1]):
        raise ValueError("takes codecs in turn, of which only the last may make something else than a text")
    return tuple(names)


def _values(leaf: Attribute, value: Any) -> Mapping[str, Any]:
    """Read a map of values, each of which has to be of the attribute's type."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"takes a map in braces, such as {{ A = true, T = false }}, not {value!r}")
    right = _PYTHON.get(leaf.type, (str,))
    for name, each in value.items():
        fits = isinstance(each, right) and (bool in right or not isinstance(each, bool)) and each != ""
        if not fits or (isinstance(each, int | float) and not abs(each) < _LARGEST):  # also for what is no number
            raise ValueError(f"{name!r} maps to {each!r}, and this is a {leaf.type}")
    return value
