"""What a SCIM path means: its row, the PingOne field, what each side takes, and the requests that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.mapping.shapes import OneOfList, TypedList
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row, nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.rows import locate
from scimbridge.ops.explaining.explanations import (
    Example,
    FilterExplanation,
    PathExplanation,
    RowField,
    SchemaExplanation,
)
from scimbridge.ops.explaining.filters import explain_filter
from scimbridge.ops.explaining.outcomes import describe_outcome, describe_refusal, in_words, json_text, value_in_words
from scimbridge.ops.explaining.rehearsal import IDS, Stage, record_of
from scimbridge.ops.explaining.row_facts import describe_attribute, describe_row, field_of
from scimbridge.ops.explaining.samples import choose_value, make_patch, make_resource, spell_path
from scimbridge.pingone.kinds import kind_named
from scimbridge.scim import dialects, verbs
from scimbridge.scim.catalogue import Attribute, Found
from scimbridge.scim.errors import InvalidPath, ScimError
from scimbridge.scim.filtering.filter_dialects import read_path_text
from scimbridge.scim.filtering.trees import AttrPath, Compare, Node
from scimbridge.scim.patching.paths import Path, parse_path
from scimbridge.sides import Body


def explain_path(stage: Stage, text: str) -> PathExplanation | SchemaExplanation:
    """Return what a path means. Raises `InvalidPath` for one that means nothing here."""
    table = stage.table
    path = read_path(text, table)
    if path.attr is None:
        return _explain_schema(table, path)
    found = find_attribute(path, table)
    if found is None:
        raise InvalidPath(_unknown(text, path, table))
    shape = table.shape_of(found)
    rows = _rows_of(path, found, table)
    if not rows:
        return _explain_rowless(table, text, found, stored=shape is not None or found.attribute.name == "schemas")
    # A value filter other than on the type is for the engine to see through: it gets the path as it was written.
    plain = path.where is None or (shape is not None and shape.select(_sub_of(found), path.where) is not None)
    example = _find_example(stage, rows, None if plain else text)
    return PathExplanation(
        resource=table.type.name,
        path=text,
        taken_away=_taken_away(found.attribute, table),
        rows=tuple(describe_row(row, table) for row in rows),
        example=None if isinstance(example, str) else example,
        no_example=example if isinstance(example, str) else None,
        filter=_find_filter(stage, rows[0]) if len(rows) == 1 else None,
    )


def read_path(text: str, table: Table) -> Path:
    """Return the path that a text spells, in whatever way clients write it. Raises `InvalidPath`, `InvalidFilter`."""
    return parse_path(read_path_text(text, table.type.urns), table.type.urns)


def find_attribute(path: Path, table: Table) -> Found | None:
    """Return what a path means, PingOne's own name of `country` included."""
    whole = table.type.find(AttrPath(path.urn, path.attr or ""))
    if whole is None or path.sub is None:
        return whole
    return table.type.find(AttrPath(path.urn, path.attr or "", dialects.rename_country_code(whole.attribute, path.sub)))


def _unknown(text: str, path: Path, table: Table) -> str:
    whole = table.type.find(AttrPath(path.urn, path.attr or ""))
    if whole is not None:
        subs = [part.name for part in whole.attribute.sub]
        if not subs:
            return f"{text!r}: {whole.attribute.name} has no sub-attributes"
        hint = nearest(path.sub or "", subs)
        return f"{text!r}: {whole.attribute.name} has no sub-attribute {path.sub!r}, it has {', '.join(subs)}{hint}"
    schemas = (table.type.schema, *table.type.extensions)
    several = [schema.urn for schema in schemas if path.urn is None and schema.find(path.attr or "")]
    if several:
        spelled = " or ".join(f"{urn}:{path.attr}" for urn in several)
        return f"{text!r} is an attribute of more than one schema; write {spelled}"
    names = [part.name for schema in schemas for part in schema.attributes]
    names += [part.name for part in table.type.common]
    known = dict.fromkeys(shape.attribute.name for shape in table.shapes.values())
    hint = nearest(path.attr or "", names)
    return f"{text!r} is no attribute of {table.type.name}; the table {table.file} has {', '.join(known)}{hint}"


def _rows_of(path: Path, found: Found, table: Table) -> tuple[Row, ...]:
    """Return the rows that a path means; those of all types where it names none. Raises `InvalidPath`."""
    shape = table.shape_of(found)
    if shape is None:
        return ()
    sub = _sub_of(found)
    rows = shape.select(sub, path.where)
    if rows:
        return rows
    if isinstance(shape, OneOfList | TypedList) and _is_about_type(path.where):
        kept = ", ".join(dict.fromkeys(spell_path(table, row) for row in shape.rows))
        msg = f"PingOne keeps no such element of {found.attribute.name}; what is kept is {kept}"
        raise InvalidPath(msg)
    return tuple(row for row in shape.rows if sub in (None, row.sub))


def _sub_of(found: Found) -> str | None:
    return None if found.sub is None else found.sub.name


def _is_about_type(where: Node | None) -> bool:
    return isinstance(where, Compare) and where.op == "eq" and where.path.attr.casefold() == "type"


def _explain_schema(table: Table, path: Path) -> SchemaExplanation:
    schema = table.published.find_schema(path.urn or "")
    if schema is None:
        msg = f"{path.urn!r} is no schema that {table.file} keeps anything of"
        raise InvalidPath(msg)
    rows = tuple(RowField(locate(table, row), field_of(row)) for row in table.rows if row.urn == schema.urn)
    return SchemaExplanation(table.type.name, schema.urn, rows)


def _explain_rowless(table: Table, text: str, found: Found, *, stored: bool) -> PathExplanation:
    if stored and found.leaf.stored:
        why = "none: it is made here from what the bridge knows of the resource"
    else:
        why = "none: clients may send it, and it is left out and logged once (no row keeps it)"
    return PathExplanation(
        resource=table.type.name,
        path=text,
        taken_away=_taken_away(found.attribute, table),
        rowless=why,
        characteristics=describe_attribute(found.leaf),
    )


def _taken_away(attribute: Attribute, table: Table) -> tuple[str, ...]:
    """Return the rows of the attribute that the shipped table has and this one does not keep."""
    origin = table.origin
    return tuple(f"{origin.shipped} {row}" for row in origin.removed_of(attribute.name))


# -- what it leads to --------------------------------------------------------------------------------------------------


def _find_example(stage: Stage, rows: tuple[Row, ...], written: str | None) -> Example | str:
    """Play a create, a replacing PATCH and a removing one with example values; a text says why none can be played.

    `written` is the path for PATCH where the rows' own would not say the same.
    """
    table = stage.table
    if not any(row.writable for row in rows):
        return "none: a client cannot write it"
    rows = _with_companions(table, rows)
    try:
        resource = make_resource(table, rows)
    except ScimError as error:
        refusal = describe_refusal(error)
        kind = f" {refusal.scim_type}" if refusal.scim_type else ""
        return f"no example fits; refused with {refusal.status}{kind}: {refusal.detail}"
    path = written or (spell_path(table, rows[0]) if len(rows) == 1 else _whole_path(table, rows[0]))
    value = choose_value(table, rows[0]) if len(rows) == 1 else _value_at(table, rows[0], resource)
    if value is None:
        return "no example value is known that PingOne would take here"
    key = stage.key
    create = stage.play(
        lambda endpoint, context, options: endpoint.do(verbs.CREATE, context, options, read=lambda: resource)
    )
    replace = stage.play(
        lambda endpoint, context, options: endpoint.do(
            verbs.PATCH, context, options, key, read=lambda: make_patch("replace", path, value)
        ),
        _without(rows, record_of(stage, make_resource(table, ()))),
    )
    remove = stage.play(
        lambda endpoint, context, options: endpoint.do(
            verbs.PATCH, context, options, key, read=lambda: _removal(rows[0], path)
        ),
        record_of(stage, resource),
    )
    return Example(
        in_words(path), value_in_words(value), *(describe_outcome(played) for played in (create, replace, remove))
    )


def _with_companions(table: Table, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows with those whose calls they go along with: the end of a lock is nothing without the lock."""
    kind = kind_named(table.type.name)
    along = {facet.along for facet in kind.facets if facet.along and any(row.via == facet.name for row in rows)}
    return (*(row for row in table.rows if row.via in along and row not in rows), *rows)


def _whole_path(table: Table, row: Row) -> str:
    return row.attr if row.urn in ("", table.type.schema.urn) else f"{row.urn}:{row.attr}"


def _value_at(table: Table, row: Row, resource: Mapping[str, Any]) -> Any:
    place = resource if row.urn in ("", table.type.schema.urn) else resource.get(row.urn, {})
    return place.get(row.attr)


def _removal(row: Row, path: str) -> Body:
    if row.via == MEMBERSHIPS:
        return make_patch("remove", f"{path}[value eq {json_text(IDS['USER-ID'])}]")
    return make_patch("remove", path)


def _without(rows: tuple[Row, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that holds nothing of these rows, so that writing them is a change."""
    ours = {row.to[0] for row in rows if row.to}
    return {name: value for name, value in record.items() if name not in ours}


def _find_filter(stage: Stage, row: Row) -> FilterExplanation | None:
    """Explain a filter on the path with an example value; None where no filter can name it."""
    table = stage.table
    value = choose_value(table, row)
    if row.attribute.type == "complex" or (value is None and row.template is None):
        return None
    if row.via == MEMBERSHIPS or row.include:
        text = f'{row.attr}.value eq "{value[0]["value"]}"'
    else:
        one = value[0] if isinstance(value, list) else value
        text = f"{_filter_path(table, row)} eq {json_text(one if row.template is None else 'Jane Doe')}"
    return explain_filter(stage, text)


def _filter_path(table: Table, row: Row) -> str:
    if row.selector is None:
        return spell_path(table, row)
    return f"{_whole_path(table, row)}.{row.sub}"
