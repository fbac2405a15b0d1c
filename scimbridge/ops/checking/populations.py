"""Whether new users have a population to go to: the default one, and those that the table's rules name.

Reads all populations once. Knows populations and rules; which user a rule is for is none of its business.
"""

from __future__ import annotations

from collections.abc import Iterator

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Finding, Probe, fault, ok, refused
from scimbridge.pingone.errors import PingOneError
from scimbridge.sides import Native

_DEFAULT = "default population"
_NAMED = 10  # populations that a line names


def check_populations(probe: Probe, default: str | None, users: Table | None) -> Iterator[Finding]:
    """Look for the default (`default` is the id that is set, if one is), and for those of the rules."""
    try:
        found = [
            record
            for page in probe.target.populations.pages(probe.call(), limit=probe.page_size)
            for record in page.records
        ]
    except PingOneError as error:
        yield refused(_DEFAULT, "the populations cannot be listed", error)
        return
    yield _check_default(default, found)
    for number, rule in enumerate(users.populations if users else (), 1):
        where = f"{users.file if users else ''} [[population]] {number}"
        held = next((one for one in found if rule.use in (one.get("id"), one.get("name"))), None)
        if held is not None:
            yield ok(where, f"the population {held.get('name')!r} is there")
        else:
            hint = nearest(rule.use, [str(one.get("name")) for one in found])
            yield fault(
                where,
                f"PingOne has no population of the id or name {rule.use!r}{hint}",
                f"name one that is there ({_names(found)}), or make it; until then these users are refused",
            )


def _check_default(default: str | None, found: list[Native]) -> Finding:
    if default is not None:
        held = next((one for one in found if one.get("id") == default), None)
        if held is not None:
            return ok(_DEFAULT, f"{held.get('name')!r}, by SCIMBRIDGE_DEFAULT_POPULATION_ID")
        return fault(
            _DEFAULT,
            "SCIMBRIDGE_DEFAULT_POPULATION_ID names none that this application can see",
            f"set it to the id of one that is there: {_names(found)}",
        )
    held = next((one for one in found if one.get("default") is True), None)
    if held is not None:
        return ok(_DEFAULT, f"{held.get('name')!r}, PingOne's own")
    return fault(
        _DEFAULT,
        "PingOne shows none, so that a user who names no population has nowhere to go",
        f"set SCIMBRIDGE_DEFAULT_POPULATION_ID to the id of one that is there: {_names(found)}",
    )


def _names(found: list[Native]) -> str:
    named = ", ".join(f"{one.get('name')!r} {one.get('id')}" for one in found[:_NAMED])
    return (named or "there is none yet") + (" ..." if len(found) > _NAMED else "")
