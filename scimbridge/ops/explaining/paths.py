"""What a SCIM path means: its row, the PingOne field, what each side takes, and the requests that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimbridge.mapping.shapes import OneOfList, TypedList
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row, nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.rows import locate
from scimbridge.ops.explaining.filters import tell_filter
from scimbridge.ops.explaining.rehearsal import IDS, Stage, key_of, record_of
from scimbridge.ops.explaining.samples import choose_value, make_patch, make_resource, spell_path
from scimbridge.ops.explaining.showing import WHERE, Write, say_refusal, show, show_played, write_json
from scimbridge.pingone.kinds import kind_named
from scimbridge.scim import dialects
from scimbridge.scim.catalogue import Attribute, Found
from scimbridge.scim.errors import InvalidPath, ScimError
from scimbridge.scim.filtering.filter_dialects import read_path_text
from scimbridge.scim.filtering.trees import AttrPath, Compare, Node
from scimbridge.scim.patching.paths import Path, parse_path

_CODECS = {
    "semicolons": 'an array in PingOne, one string "[a;; b]" for SCIM clients (an array is taken too)',
    "list": "an array on both sides",
    "json": "JSON in PingOne, JSON written as a string for SCIM clients",
    "object": "a JSON object on both sides",
    "country": "two letters in PingOne; a code of two or three letters or an English name from clients",
    "language": "a language tag; en_US is taken for en-US",
    "derived": "left out, and logged, where PingOne would refuse it",
    "marked": "one marked text in PingOne's array, a string for SCIM clients",
    "others": "PingOne's array without the marked text",
}


def tell_path(write: Write, text: str, table: Table) -> None:
    """Write what a path means. Raises `InvalidPath` for one that means nothing here."""
    path = read_path(text, table)
    if path.attr is None:
        _tell_extension(write, table, path)
        return
    found = find_attribute(path, table)
    if found is None:
        raise InvalidPath(_unknown(text, path, table))
    shape = table.shape_of(found)
    rows = _rows_of(path, found, table)
    write(text)
    _tell_removed(write, found.attribute, table)
    if not rows:
        _tell_rowless(write, found, stored=shape is not None or found.attribute.name == "schemas")
        return
    for row in rows:
        _tell_row(write, row, table)
    # A value filter other than on the type is for the engine to see through: it gets the path as it was written.
    plain = path.where is None or (shape is not None and shape.select(_sub_of(found), path.where) is not None)
    _tell_requests(write, rows, table, None if plain else text)
    if len(rows) == 1:
        _tell_filter(write, rows[0], table)
    write(WHERE)


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


def _tell_extension(write: Write, table: Table, path: Path) -> None:
    schema = table.published.find_schema(path.urn or "")
    if schema is None:
        msg = f"{path.urn!r} is no schema that {table.file} keeps anything of"
        raise InvalidPath(msg)
    write(schema.urn)
    for row in table.rows:
        if row.urn == schema.urn:
            show(write, "row", f"{locate(table, row)} -> {_field_of(row)}")


def _tell_rowless(write: Write, found: Found, *, stored: bool) -> None:
    if stored and found.leaf.stored:
        show(write, "PingOne field", "none: it is made here from what the bridge knows of the resource")
    else:
        show(write, "PingOne field", "none: clients may send it, and it is left out and logged once (no row keeps it)")
    show(write, "characteristics", _characteristics(found.leaf))


def _tell_removed(write: Write, attribute: Attribute, table: Table) -> None:
    origin = table.origin
    show(write, "taken away", *(f"{origin.shipped} {row}" for row in origin.removed_of(attribute.name)))


# -- one row -----------------------------------------------------------------------------------------------------------


def _tell_row(write: Write, row: Row, table: Table) -> None:
    show(write, "row", locate(table, row))
    show(write, "PingOne field", _field_of(row))
    show(write, "carried", _carriage(row, table))
    show(write, "codec", _CODECS.get(row.codec.name, f"{row.codec.name}, the same on both sides"))
    show(write, "limits", _limits(row, table))
    show(write, "PingOne filters", _operators(row))
    show(write, "characteristics", _characteristics(row.attribute))


def _field_of(row: Row) -> str:
    return row.native if row.template is None else f'none: composed here as "{row.template.text}"'


def _carriage(row: Row, table: Table) -> str:
    collection = kind_named(table.type.name).collection
    if row.template is not None:
        own = "" if not row.template.other else f", but for a value of its own: {'.'.join(row.template.other)}"
        return f"never sent; what a client sends for it is left out{own}"
    if row.via == MEMBERSHIPS:
        return "by a call of its own for each member, and read by a filter on users and on groups"
    if row.via is not None:
        return f"by a call of its own, PUT /{collection}/ID/{row.via}; at creation together with the rest"
    if row.include is not None:
        return f"read only where include={row.include} is asked for, which lists cannot"
    if not row.writable:
        return "only read: in every answer of PingOne"
    return "together with the other attributes"


def _limits(row: Row, table: Table) -> str:
    kind = kind_named(table.type.name)
    rule = kind.fields.get(row.native)
    if rule is None:
        return f"none known here{'' if kind.schema is None else '; those of the user schema hold'}"
    said = []
    if rule.min_length or rule.max_length:
        said.append(f"{rule.min_length} to {rule.max_length or 'any number of'} characters")
    if rule.hint:
        said.append(rule.hint)
    if rule.boolean:
        said.append("true or false")
    return "; ".join(said) or "none known"


def _operators(row: Row) -> str:
    if row.attribute.returned == "never":
        return "none: what is never shown cannot be asked for"
    if row.via == MEMBERSHIPS or row.include:
        return "eq on one id, by way of memberships"
    if row.template is not None or not row.codec.comparable or not row.operators:
        return "none: a filter on it is checked here, over every record that the rest of the filter leaves"
    known = {True: "compared without case", False: "compared with case", None: "with or without case as `check` tells"}
    case = "true or false" if row.attribute.type == "boolean" else known[row.caseless]
    if row.attribute.case_exact and row.caseless is not False:
        case += "; what differs in case is left out here"
    return f"{', '.join(sorted(row.operators))}, {case}"


def _characteristics(attribute: Attribute) -> str:
    said = [
        f"type {attribute.type}",
        f"multiValued {str(attribute.multi_valued).lower()}",
        f"required {str(attribute.required).lower()}",
        f"caseExact {str(attribute.case_exact).lower()}",
        f"mutability {attribute.mutability}",
        f"returned {attribute.returned}",
        f"uniqueness {attribute.uniqueness}",
    ]
    if attribute.canonical_values:
        said.append(f"canonicalValues {', '.join(attribute.canonical_values)}")
    return ", ".join(said)


# -- what it leads to --------------------------------------------------------------------------------------------------


def _tell_requests(write: Write, rows: tuple[Row, ...], table: Table, written: str | None) -> None:
    """Play a create, a replacing PATCH and a removing one with example values, and write what is sent.

    `written` is the path for PATCH where the rows' own would not say the same.
    """
    if not any(row.writable for row in rows):
        show(write, "requests", "none: a client cannot write it")
        return
    try:
        resource = make_resource(table, rows)
    except ScimError as error:
        show(write, "requests", f"no example fits; {say_refusal(error)}")
        return
    path = written or (spell_path(table, rows[0]) if len(rows) == 1 else _whole_path(table, rows[0]))
    value = choose_value(table, rows[0]) if len(rows) == 1 else _value_at(table, rows[0], resource)
    if value is None:
        show(write, "requests", "no example value is known that PingOne would take here")
        return
    key = key_of(table)
    show(write, "example", f"{path} = {write_json(value)}")
    create = Stage(table).play(lambda endpoint, ask: endpoint.create(ask, resource))
    show_played(write, "POST", create)
    replace = Stage(table, _without(rows, record_of(table, make_resource(table, ())))).play(
        lambda endpoint, ask: endpoint.patch(ask, key, make_patch("replace", path, value))
    )
    show_played(write, "PATCH replace", replace)
    remove = Stage(table, record_of(table, resource)).play(
        lambda endpoint, ask: endpoint.patch(ask, key, _removal(rows[0], path))
    )
    show_played(write, "PATCH remove", remove)


def _whole_path(table: Table, row: Row) -> str:
    return row.attr if row.urn in ("", table.type.schema.urn) else f"{row.urn}:{row.attr}"


def _value_at(table: Table, row: Row, resource: Mapping[str, Any]) -> Any:
    place = resource if row.urn in ("", table.type.schema.urn) else resource.get(row.urn, {})
    return place.get(row.attr)


def _removal(row: Row, path: str) -> dict[str, Any]:
    if row.via == MEMBERSHIPS:
        return make_patch("remove", f"{path}[value eq {write_json(IDS['USER-ID'])}]")
    return make_patch("remove", path)


def _without(rows: tuple[Row, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record that holds nothing of these rows, so that writing them is a change."""
    ours = {row.to[0] for row in rows if row.to}
    return {name: value for name, value in record.items() if name not in ours}


def _tell_filter(write: Write, row: Row, table: Table) -> None:
    value = choose_value(table, row)
    if row.attribute.type == "complex" or (value is None and row.template is None):
        return
    if row.via == MEMBERSHIPS or row.include:
        text = f'{row.attr}.value eq "{value[0]["value"]}"'
    else:
        one = value[0] if isinstance(value, list) else value
        text = f"{_filter_path(table, row)} eq {write_json(one if row.template is None else 'Jane Doe')}"
    tell_filter(write, text, table)


def _filter_path(table: Table, row: Row) -> str:
    if row.selector is None:
        return spell_path(table, row)
    return f"{_whole_path(table, row)}.{row.sub}"
