"""`scimbridge explain`: where a path, a filter or a resource goes, with the requests that PingOne would get.

Needs tables and no connection: the real resources are played on a PingOne that is not there. Knows how to tell the
three kinds of expression apart; each is explained in a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.filters import play_filter, tell_filter
from scimbridge.ops.explaining.paths import find_attribute, read_path, tell_path
from scimbridge.ops.explaining.rehearsal import Stage, key_of, record_of
from scimbridge.ops.explaining.samples import make_resource
from scimbridge.ops.explaining.showing import WHERE, Write, show_played
from scimbridge.resources.tables import read_tables
from scimbridge.scim.errors import InvalidPath, InvalidSyntax, ScimError
from scimbridge.scim.json_text import read_json


def run(expression: str, resource: str, folder: Traversable, write: Write) -> int:
    """Explain an expression against the tables of a folder. Returns the exit code: 1 for a wrong expression.

    Raises `TableFaults` where the tables are wrong.
    """
    tables = read_tables(folder)
    named = {name.casefold(): table for name, table in tables.items()}
    table = named.get(resource.strip().casefold())
    if table is None:
        write(f"there is no resource type {resource!r}{nearest(resource, tables)}; there are {', '.join(tables)}")
        return 1
    try:
        _explain(write, expression.strip(), table, tables)
    except ScimError as error:
        write(error.detail)
        return 1
    return 0


def _explain(write: Write, expression: str, table: Table, tables: Mapping[str, Table]) -> None:
    if not expression:
        msg = 'nothing to explain: give a path such as userName, a filter such as userName eq "jdoe", or a file'
        raise InvalidSyntax(msg)
    if not _is_path(expression, table) and FilePath(expression).is_file():
        _tell_file(write, FilePath(expression), table, tables)
    elif _is_filter(expression, table):
        write(expression)
        tell_filter(write, expression, table)
        write(WHERE)
    else:
        tell_path(write, expression, table)


def _is_path(expression: str, table: Table) -> bool:
    """Whether it is the path of an attribute that is known, so that no file of that name is meant."""
    try:
        path = read_path(expression, table)
    except ScimError:
        return False
    return find_attribute(path, table) is not None if path.attr is not None else True


def _is_filter(expression: str, table: Table) -> bool:
    """Whether it is a filter and no path. Raises `ScimError` for one that looks like a filter and is wrong."""
    try:
        path = read_path(expression, table)
    except ScimError as wrong_path:
        refusal = play_filter(expression, table, caseless=True).refusal
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


# -- a resource in a file ----------------------------------------------------------------------------------------------


def _tell_file(write: Write, file: FilePath, table: Table, tables: Mapping[str, Table]) -> None:
    """Write what a SCIM resource or a PatchOp message in a file leads to."""
    body = read_json(file.read_bytes())
    if any(name.lower() == "operations" for name in body):
        _tell_patch(write, file, body, table)
    else:
        _tell_resource(write, file, body, _type_of(body, table, tables))
    write(WHERE)


def _type_of(body: Mapping[str, Any], table: Table, tables: Mapping[str, Table]) -> Table:
    """Return the table of the resource's own core schema, else the one that was asked for."""
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    told = {str(urn).lower() for urn in schemas} if isinstance(schemas, list) else set()
    return next((each for each in tables.values() if each.type.schema.urn.lower() in told), table)


def _full(table: Table) -> dict[str, Any]:
    """Return a record that has an example in every attribute."""
    return record_of(table, make_resource(table, table.rows))


def _tell_resource(write: Write, file: FilePath, body: dict[str, Any], table: Table) -> None:
    create = Stage(table).play(lambda endpoint, ask: endpoint.create(ask, body))
    if create.refusal is not None and not create.requests:
        raise create.refusal
    write(f"{file}: a SCIM {table.type.name}")
    show_played(write, "POST", create)
    replace = Stage(table, _full(table)).play(lambda endpoint, ask: endpoint.replace(ask, key_of(table), body))
    show_played(write, "PUT", replace)
    write("  PUT is the difference to what PingOne holds: shown for one that holds an example in every attribute")


def _tell_patch(write: Write, file: FilePath, body: dict[str, Any], table: Table) -> None:
    played = Stage(table, _full(table)).play(lambda endpoint, ask: endpoint.patch(ask, key_of(table), body))
    if played.refusal is not None and not played.requests:
        raise played.refusal
    write(f"{file}: a PatchOp message for a {table.type.name}")
    show_played(write, "PATCH", played)
    if played.requests and played.requests[0].method == "GET":
        write("  what PingOne holds decides: shown for one that holds an example in every attribute")
