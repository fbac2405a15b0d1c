"""`scimbridge explain`: where a path, a filter or a resource goes, with the requests that PingOne would get.

Needs tables and no connection: the real resources are played on a PingOne that is not there. Knows how to part the
three kinds of expression; each is explained in a module of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path as FilePath
from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.explaining.explanations import Explanation, NotExplained, PatchExplanation, ResourceExplanation
from scimbridge.ops.explaining.filters import explain_filter, play_filter
from scimbridge.ops.explaining.outcomes import describe_outcome
from scimbridge.ops.explaining.paths import explain_path, find_attribute, read_path
from scimbridge.ops.explaining.rehearsal import Stage, key_of, record_of
from scimbridge.ops.explaining.samples import make_resource
from scimbridge.resources.tables import open_tables
from scimbridge.scim import verbs
from scimbridge.scim.errors import InvalidPath, InvalidSyntax, ScimError
from scimbridge.scim.json_text import read_json
from scimbridge.sides import Body


def explain(expression: str, resource: str, folder: Traversable) -> Explanation:
    """Explain an expression against the tables of a folder. Raises `TableFaults` where the tables are wrong."""
    tables = open_tables(folder)
    named = {name.casefold(): table for name, table in tables.whole.items()}
    table = named.get(resource.strip().casefold())
    if table is None:
        hint, known = nearest(resource, tables.whole), ", ".join(tables.whole)
        return NotExplained(f"there is no resource type {resource!r}{hint}; there are {known}")
    try:
        return _explain(expression.strip(), Stage(tables, table))
    except ScimError as error:
        return NotExplained(error.detail)


def _explain(expression: str, stage: Stage) -> Explanation:
    if not expression:
        msg = 'nothing to explain: give a path such as userName, a filter such as userName eq "jdoe", or a file'
        raise InvalidSyntax(msg)
    if not _is_path(expression, stage.table) and FilePath(expression).is_file():
        return _explain_file(FilePath(expression), stage)
    if _is_filter(expression, stage):
        return explain_filter(stage, expression)
    return explain_path(stage, expression)


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
        refusal = play_filter(stage, expression, caseless=True).refusal
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


def _explain_file(file: FilePath, stage: Stage) -> Explanation:
    """Return what a SCIM resource or a PatchOp message in a file leads to."""
    body = Body(read_json(file.read_bytes()))
    if any(name.lower() == "operations" for name in body):
        return _explain_patch(file, body, stage)
    return _explain_resource(file, body, Stage(stage.tables, _type_of(body, stage)))


def _type_of(body: Mapping[str, Any], stage: Stage) -> Table:
    """Return the table of the resource's own core schema, else the one that was asked for."""
    schemas = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    told = {str(urn).lower() for urn in schemas} if isinstance(schemas, list) else set()
    tables = stage.tables.whole.values()
    return next((each for each in tables if each.type.schema.urn.lower() in told), stage.table)


def _full(stage: Stage) -> dict[str, Any]:
    """Return a record that has an example in every attribute."""
    return record_of(stage, make_resource(stage.table, stage.table.rows))


def _explain_resource(file: FilePath, body: Body, stage: Stage) -> Explanation:
    create = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.CREATE, context, options, read=lambda: body)
    )
    if create.refusal is not None and not create.requests:
        raise create.refusal
    key = key_of(stage.table)
    replace = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.REPLACE, context, options, key, read=lambda: body),
        _full(stage),
    )
    return ResourceExplanation(stage.table.type.name, str(file), describe_outcome(create), describe_outcome(replace))


def _explain_patch(file: FilePath, body: Body, stage: Stage) -> Explanation:
    key = key_of(stage.table)
    played = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.PATCH, context, options, key, read=lambda: body),
        _full(stage),
    )
    if played.refusal is not None and not played.requests:
        raise played.refusal
    reads = bool(played.requests) and played.requests[0].method == "GET"
    return PatchExplanation(stage.table.type.name, str(file), describe_outcome(played), reads)
