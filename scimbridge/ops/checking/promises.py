"""What a row tells clients of an attribute, held against what PingOne does with it: uniqueness, need, values, filters.

Pure: a row and PingOne's schema record in, findings out.
"""

from __future__ import annotations

from collections.abc import Iterator

from scimbridge.mapping.tables.rows import Row
from scimbridge.ops.checking.findings import Finding, note, warn
from scimbridge.pingone.schema import Declared

_SHOWN = 10  # values in one line


def check_promises(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    """Hold one row against its attribute."""
    yield from _check_uniqueness(where, row, attribute)
    if attribute.required and not row.attribute.required:
        yield warn(
            where, f"PingOne requires {attribute.name!r}, and clients are not told", "add required = true to the row"
        )
    yield from _check_values(where, row, attribute)
    if "co" in row.operators and not attribute.contains:
        yield warn(
            where,
            f"the row says that PingOne filters {attribute.name!r} by `co`, and it does not",
            'take "co" out of `filter`, or allow Contains in PingOne\'s console (Directory, User Attributes)',
        )


def _check_uniqueness(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    promised = row.attribute.uniqueness != "none"
    if attribute.unique and not promised:
        yield warn(
            where, f"{attribute.name!r} is unique in PingOne, and clients are not told", 'add uniqueness = "server"'
        )
    elif promised and not attribute.unique and attribute.changeable:
        yield warn(
            where,
            f"clients are told that it is unique, and PingOne does not keep {attribute.name!r} so",
            "set Unique in PingOne's console (Directory, User Attributes), or take `uniqueness` away",
        )


def _check_values(where: str, row: Row, attribute: Declared) -> Iterator[Finding]:
    told = row.attribute.canonical_values
    strange = [value for value in told if attribute.values and value not in attribute.values]
    if strange:
        yield warn(
            where,
            f"clients are told of {_some(strange)}, which PingOne refuses in {attribute.name!r}",
            f"write canonicalValues as PingOne has them: {_some(attribute.values)}",
        )
    elif attribute.values and not told:
        yield note(
            where,
            f"PingOne takes only {_some(attribute.values)} in {attribute.name!r}, and clients are not told",
            "add canonicalValues to the row",
        )
    if attribute.pattern is not None:
        yield note(where, f"PingOne takes only values of {attribute.name!r} that match {attribute.pattern}")


def _some(values: list[str] | tuple[str, ...]) -> str:
    return ", ".join(values[:_SHOWN]) + (" ..." if len(values) > _SHOWN else "")
