"""Whether new users have a population to go to: the default one, and those that the table's rules name.

Reads all populations once. Knows populations and rules; which user a rule is for is none of its business.
"""

from __future__ import annotations

from typing import Any

from scimbridge.mapping.tables.rows import nearest
from scimbridge.mapping.tables.table import Table
from scimbridge.ops.checking.findings import Probe
from scimbridge.pingone.errors import PingOneError

Json = dict[str, Any]

_DEFAULT = "default population"
_NAMED = 10  # populations that a line names


def check_populations(probe: Probe, default: str | None, users: Table | None) -> None:
    """Look for the default (`default` is the id that is set, if one is), and for those of the rules."""
    try:
        found = [
            record
            for page in probe.target.populations.pages(probe.call(), limit=probe.page_size)
            for record in page.records
        ]
    except PingOneError as error:
        probe.refused(_DEFAULT, "the populations cannot be listed", error)
        return
    _check_default(probe, default, found)
    for number, rule in enumerate(users.populations if users else (), 1):
        where = f"{users.file if users else ''} [[population]] {number}"
        held = next((one for one in found if rule.use in (one.get("id"), one.get("name"))), None)
        if held is not None:
            probe.report.ok(where, f"the population {held.get('name')!r} is there")
        else:
            hint = nearest(rule.use, [str(one.get("name")) for one in found])
            probe.report.fault(
                where,
                f"PingOne has no population of the id or name {rule.use!r}{hint}",
                f"name one that is there ({_names(found)}), or make it; until then these users are refused",
            )


def _check_default(probe: Probe, default: str | None, found: list[Json]) -> None:
    if default is not None:
        held = next((one for one in found if one.get("id") == default), None)
        if held is not None:
            probe.report.ok(_DEFAULT, f"{held.get('name')!r}, by SCIMBRIDGE_DEFAULT_POPULATION_ID")
        else:
            probe.report.fault(
                _DEFAULT,
                "SCIMBRIDGE_DEFAULT_POPULATION_ID names none that this application can see",
                f"set it to the id of one that is there: {_names(found)}",
            )
        return
    held = next((one for one in found if one.get("default") is True), None)
    if held is not None:
        probe.report.ok(_DEFAULT, f"{held.get('name')!r}, PingOne's own")
    else:
        probe.report.fault(
            _DEFAULT,
            "PingOne shows none, so that a user who names no population has nowhere to go",
            f"set SCIMBRIDGE_DEFAULT_POPULATION_ID to the id of one that is there: {_names(found)}",
        )


def _names(found: list[Json]) -> str:
    named = ", ".join(f"{one.get('name')!r} {one.get('id')}" for one in found[:_NAMED])
    return (named or "there is none yet") + (" ..." if len(found) > _NAMED else "")
