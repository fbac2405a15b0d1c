"""`scimbridge explain`: where a path, a filter or a resource goes, with the requests that PingOne would get.

Needs tables and no connection: the real resources are played on a PingOne that is not there. Knows how to part the
kinds of expression; each is explained in a module of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.bodies import explain_content
from scimbridge.ops.explaining.explanations import Explanation, NotExplained, TableExplanation
from scimbridge.ops.explaining.filters import explain_filter, faults_of_filter, play_filter
from scimbridge.ops.explaining.paths import explain_path, find_attribute, read_path
from scimbridge.ops.explaining.rehearsal import PresentRecord, Stage
from scimbridge.ops.explaining.row_facts import describe_row
from scimbridge.resources.tables import open_tables
from scimbridge.scim.errors import InvalidFilter, InvalidPath, InvalidSyntax, ScimError

_LIKE_A_FILE = re.compile(r"[^\s\"]*(?:/[^\s\"]*|\.json)", re.IGNORECASE)
_SHOWN = 200  # characters


def explain(expression: str, resource: str, folder: Traversable, present: PresentRecord | None = None) -> Explanation:
    """Explain an expression against the tables of a folder. Raises `TableFaults` where the tables are wrong.

    A `present` record is what the expression is held against.
    """

    def of(stage: Stage) -> Explanation:
        return _explain(expression.strip(), stage)

    return _on_stage(resource, folder, present, of)


def explain_body(
    name: str, content: bytes, resource: str, folder: Traversable, present: PresentRecord | None = None
) -> Explanation:
    """Explain a resource, a PatchOp message or a bulk request. Raises `TableFaults` where the tables are wrong."""
    return _on_stage(resource, folder, present, lambda stage: explain_content(name, content, stage))


def explain_table(resource: str, folder: Traversable) -> Explanation:
    """Explain every row of a table. Raises `TableFaults` where the tables are wrong."""

    def of(stage: Stage) -> Explanation:
        table = stage.table
        rows = tuple(describe_row(row, table) for row in table.rows)
        return TableExplanation(table.type.name, table.file, rows)

    return _on_stage(resource, folder, None, of)


def _on_stage(
    resource: str, folder: Traversable, present: PresentRecord | None, of: Callable[[Stage], Explanation]
) -> Explanation:
    tables = open_tables(folder)
    named = {name.casefold(): table for name, table in tables.whole.items()}
    table = named.get(resource.strip().casefold())
    if table is None:
        hint, known = nearest(resource, tables.whole), ", ".join(tables.whole)
        return NotExplained(f"there is no resource type {resource!r}{hint}; there are {known}")
    try:
        return of(Stage(tables, table, present))
    except ScimError as error:
        return NotExplained(error.detail, (error.detail,))


def _explain(expression: str, stage: Stage) -> Explanation:
    if not expression:
        msg = 'nothing to explain: give a path such as userName, a filter such as userName eq "jdoe", or a file'
        raise InvalidSyntax(msg)
    if not _is_path(expression, stage.table) and (content := _read_file(expression)) is not None:
        return explain_content(expression, content, stage)
    try:
        is_filter = _is_filter(expression, stage)
    except InvalidFilter as error:
        faults = faults_of_filter(replace(stage, present=None), expression)
        return NotExplained(faults[0] if faults else error.detail, faults or (error.detail,))
    if is_filter:
        if stage.present is not None:
            msg = "a filter is about all records; hold a path or a body against one"
            raise InvalidSyntax(msg)
        return explain_filter(stage, expression)
    return explain_path(stage, expression)


def _read_file(expression: str) -> bytes | None:
    """Return what a file holds, None where no file is meant. Raises `ScimError` for a file that cannot be read."""
    is_meant = _LIKE_A_FILE.fullmatch(expression) is not None
    try:
        return FilePath(expression).read_bytes() if is_meant or FilePath(expression).is_file() else None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can have that name"
        msg = f"the file {expression[:_SHOWN]} cannot be read ({why}); name one that is there, or - for standard input"
        raise InvalidSyntax(msg) from None


def _is_path(expression: str, table: Table) -> bool:
    """Whether it is the path of an attribute that is known, so that no file of that name is meant."""
    try:
        path = read_path(expression, table)
    except ScimError:
        return False
    return find_attribute(path, table) is not None if path.attr is not None else True


def _is_filter(expression: str, stage: Stage) -> bool:
    """Whether it is a filter and no path. Raises `ScimError` for one that looks like a filter and is wrong."""
    table = stage.table
    try:
        path = read_path(expression, table)
    except ScimError as wrong_path:
        refusal = play_filter(replace(stage, present=None), expression, caseless=True).refusal
        if refusal is None:
            return True
        if any(character.isspace() for character in expression.split('"', 1)[0].strip()):
            raise refusal from None
        raise InvalidPath(wrong_path.detail) from None
    if path.where is None or path.sub is not None:
        return False
    found = find_attribute(path, table)  # emails[value eq "x"] may be either; without a row of its own it is a filter
    shape = None if found is None else table.shape_of(found)
    return shape is not None and not shape.select(None, path.where)
