"""One row against what PingOne has: what it would swallow in silence is refused before anything is sent.

Sees one row and one kind. Knows neither the rows beside it nor TOML.
"""

from __future__ import annotations

from collections.abc import Mapping

from scimbridge.mapping.tables.attributes import Fault, known_attribute
from scimbridge.mapping.tables.kinds import KindFacts
from scimbridge.mapping.tables.rows import MEMBERSHIPS, Row, nearest


def check_row(row: Row, kind: KindFacts, calls: Mapping[str, str], fault: Fault) -> None:
    """Report what is wrong with a row to `fault`. `calls` says for which collection each word of `via` is."""
    _check_call(row, kind, calls, fault)
    _check_read(row, kind, fault)
    _check_list(row, kind, fault)
    _check_native(row, kind, fault)


def _check_call(row: Row, kind: KindFacts, calls: Mapping[str, str], fault: Fault) -> None:
    """Hold `via` to the field that its call writes: in the body of another call PingOne ignores it in silence."""
    facet = row.facet
    if row.via == MEMBERSHIPS:
        if not kind.has_members or row.selector is not None or row.sub is None:
            fault(f'via = "{MEMBERSHIPS}" is for the members of {calls[row.via]}, as members.value')
    elif row.via is not None and facet is None:
        fault(f"via = {row.via!r} is for {calls[row.via]}")
    elif facet is not None and row.native != facet.field:
        fault(f'via = "{row.via}" writes {facet.field}, so the row says to = "{facet.field}"')
    elif facet is None and row.writable:
        for each in kind.facets:
            if row.native in (each.field, each.field.split(".", 1)[0]):
                fault(f'{each.field} has a call of its own at PingOne: the row says via = "{each.name}"')


def _check_read(row: Row, kind: KindFacts, fault: Fault) -> None:
    """Hold `read` to the field that its read gives: no other answer of PingOne has it."""
    parts = {part.name: part for part in kind.parts}
    if row.read is None:
        for each in parts.values():
            if row.native in each.fields:
                fault(f'{row.native} has a read of its own at PingOne: the row says read = "{each.name}"')
    elif row.read not in parts:
        known = ", ".join(parts) or f"none for {kind.collection}"
        fault(f"read = {row.read!r} is not one of {known}{nearest(row.read, parts)}")
    elif row.native not in parts[row.read].fields:
        told = " or ".join(parts[row.read].fields)
        fault(f'read = "{row.read}" gives {told}, so the row says so in `to`')


def _check_list(row: Row, kind: KindFacts, fault: Fault) -> None:
    base = known_attribute(row.urn, row.attr)
    single = row.selector is None and row.via is None and row.read is None
    plain = base is not None and base.multi_valued and single
    if base is not None and plain and row.writable and row.native in kind.fields:
        fault(f'PingOne keeps one value in {row.native}: say which, as {base.name}[type eq "work"].{row.sub}')


def _check_native(row: Row, kind: KindFacts, fault: Fault) -> None:
    """Refuse writes of fields that only PingOne writes, and parts that its objects have not."""
    known = {*kind.fields, *kind.own}
    if row.urn == "" and row.spelled == "id" and row.native != "id":
        fault('every table says id = "id": locations are made of it')
    if row.to and row.writable and row.native in kind.own and row.urn + row.spelled != "id":
        fault(f'only PingOne writes {row.native}; the row says mutability = "readOnly"')
    parts = {name for name in known if name.startswith(f"{row.to[0]}.")} if len(row.to) > 1 else set()
    if parts and row.native not in known:
        fault(f"{row.to[0]} has no {row.to[1]!r} at PingOne{nearest(row.native, parts)}")
