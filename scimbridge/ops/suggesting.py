"""`scimbridge tables suggest`: rows for what the environment's user schema has and no row of the table keeps.

Each row is tried on the table reader together with the tables in use before anybody is shown it. Reads one schema of
PingOne's, and writes nothing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from typing import Any

import orjson

from scimbridge.bridge import Surroundings, load_tables, open_connection, open_target
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.mapping.tables.table import Table, TableFaults
from scimbridge.ops.checking.findings import PATIENCE
from scimbridge.ops.checking.unkept import Unkept, find_unkept
from scimbridge.pingone.kinds import USERS
from scimbridge.pingone.send import Call
from scimbridge.resources.tables import OPERATIONS, Tables, read_tables
from scimbridge.settings.declared import Settings
from scimbridge.state.memory import MemoryState

SECTION = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
HEAD = (f'resource = "{USERS.name}"', 'extends  = "shipped"')
_BARE = re.compile(r"[A-Za-z0-9_.-]+")
_FILE = "suggested.toml"


@dataclass(frozen=True, slots=True)
class SuggestedRow:
    """One row: `name` is its SCIM path, `line` its TOML, `remark` what else could stand there."""

    section: str
    name: str
    line: str
    native: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class TableSuggestion:
    """Rows to paste. `file` is the operator's own table of users, "" where there is none.

    `sections` are those that this file has already; `refused` are attributes of which no row can be made, with why.
    """

    file: str
    sections: tuple[str, ...]
    rows: tuple[SuggestedRow, ...]
    refused: tuple[tuple[str, str], ...] = ()


def suggest(settings: Settings, around: Surroundings | None = None) -> TableSuggestion:
    """Read the user schema and return rows for what no row keeps.

    Raises `SettingsFaults` where the tables are faulty, and PingOne's errors where it does not answer.
    """
    around = replace(around or Surroundings(), timeout=PATIENCE / 2)
    tables = load_tables(settings)
    state = MemoryState(around.clock)
    with closing(open_connection(settings, state, around)) as connection:
        target = open_target(connection, state, around)
        schema = target.schema_attributes(Call(deadline=around.clock() + PATIENCE, trace="scimbridge-tables"))
    return suggest_rows(tables, schema, settings.mappings or default_mappings())


def suggest_rows(tables: Tables, schema: Iterable[Mapping[str, Any]], folder: Traversable) -> TableSuggestion:
    """Return rows for what no row of the tables of a folder keeps."""
    table = tables.whole.get(USERS.name)
    if table is None:
        return TableSuggestion("", (), ())
    shipped = read_tables(default_mappings()).get(USERS.name)
    draft = _Pasting.into(table, folder)
    missing = find_unkept(table, schema, shipped)
    rows = [draft.suggest(each, shipped) for each in missing]
    good = [row for row in rows if isinstance(row, SuggestedRow)]
    refused = tuple((each.native, row) for each, row in zip(missing, rows, strict=True) if isinstance(row, str))
    return TableSuggestion(draft.file, draft.sections, tuple(good), refused)


@dataclass(frozen=True, slots=True)
class _Pasting:
    """The operator's own table, into which rows are pasted to try them."""

    table: Table
    file: str
    text: str
    sections: tuple[str, ...]
    others: Mapping[str, str]  # the other tables of the folder
    shipped: Mapping[str, str]

    @classmethod
    def into(cls, table: Table, folder: Traversable) -> _Pasting:
        shipped = _texts(default_mappings())
        own = table.origin.own
        if not own or (table.origin.copied and folder == default_mappings()):
            return cls(table, "", "\n".join(HEAD) + "\n", (), {}, shipped)
        texts = _texts(folder)
        text = texts.pop(own)
        sections = tuple(name for name in tomllib.loads(text) if name.startswith("urn:"))
        return cls(table, own, text, sections, texts, shipped)

    def suggest(self, missing: Unkept, shipped: Table | None) -> SuggestedRow | str:
        """Return the row of an attribute, or why none can be made."""
        offers = list(_offers(missing, shipped))
        faults = [self._fault(row) for row in offers]
        return next((row for row, fault in zip(offers, faults, strict=True) if not fault), faults[0])

    def _fault(self, row: SuggestedRow) -> str:
        if self._replaces(row):
            return "another attribute has that name, but for capital letters"
        try:
            Tables({**self.others, self.file or _FILE: self._paste(row)}, shipped=self.shipped)
        except TableFaults as error:
            return error.faults[0]
        return ""

    def _replaces(self, row: SuggestedRow) -> bool:
        name = row.name.casefold()
        there = [held for held in self.table.rows if held.urn == row.section]
        return any(name in (held.spelled.casefold(), held.attr.casefold()) for held in there) or any(
            held.sub is None and name.startswith(f"{held.attr.casefold()}.") for held in there
        )

    def _paste(self, row: SuggestedRow) -> str:
        head = re.compile(rf"^\s*\[\s*[\"']{re.escape(row.section)}[\"']\s*\].*$", re.MULTILINE)
        place = head.search(self.text)
        if place is None:
            return f'{self.text}\n["{row.section}"]\n{row.line}\n'
        return f"{self.text[: place.end()]}\n{row.line}{self.text[place.end() :]}"


def _texts(folder: Traversable) -> dict[str, str]:
    files = [each for each in folder.iterdir() if each.name.endswith(".toml") and each.name != OPERATIONS]
    return {each.name: each.read_text(encoding="utf-8-sig") for each in files}


def _offers(missing: Unkept, shipped: Table | None) -> Iterable[SuggestedRow]:
    """Yield the rows that would do, the best first: as the shipped table has it, by its own name, by a longer one."""
    words, remark = _words(missing)
    for row in shipped.rows if shipped else ():
        if row.to == missing.path and row.urn:
            codec = {} if row.codec.name not in ("country", "language", "derived") else {"codec": row.codec.name}
            yield SuggestedRow(
                row.urn, row.spelled, _line(row.spelled, missing.native, words | codec), missing.native, remark
            )
    for name in (missing.native, f"{missing.path[0]}Attribute{missing.native[len(missing.path[0]) :]}"):
        yield SuggestedRow(SECTION, name, _line(name, missing.native, words), missing.native, remark)


def _words(missing: Unkept) -> tuple[dict[str, Any], str]:
    """Return the words of a row beside `to`, from what the schema says, and a remark where there is a choice."""
    declared, remark = missing.declared, ""
    words: dict[str, Any] = {}
    if len(missing.path) > 1:
        return {}, ""
    if declared.type == "JSON":
        words["codec"], remark = "json", "JSON as a string"
        remark += "" if declared.several else '; codec = "object" gives a JSON object'
    elif declared.several:
        words["codec"], remark = "semicolons", 'several values as "[a;; b]"; codec = "list" gives an array'
    if declared.type == "BOOLEAN":
        words["type"] = "boolean"
    if declared.values and not declared.several:
        words["canonicalValues"] = list(declared.values)
    if declared.unique:
        words["uniqueness"] = "server"
    if declared.required:
        words["required"] = True
    return words, remark


def _line(name: str, native: str, words: Mapping[str, Any]) -> str:
    left = name if _BARE.fullmatch(name) else f"'{name}'"
    if not words:
        return f'{left} = "{native}"'
    right = ", ".join(f"{word} = {_toml(value)}" for word, value in {"to": native, **words}.items())
    return f"{left} = {{ {right} }}"


def _toml(value: Any) -> str:
    """Return a text, a flag or a list of texts as TOML, which writes them as JSON does."""
    return orjson.dumps(value).decode().replace("\x7f", "\\u007f")
