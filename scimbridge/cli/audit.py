"""The word `scimbridge audit`: options in, one search of the trail, one printer.

Knows how options are spelled and which settings name the trail; needs no other setting.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from scimbridge.cli.call import faults_told, read_catalogue
from scimbridge.observe.audit import RESULTS, Wanted
from scimbridge.scim.verbs import AUDITED
from scimbridge.settings.declared import Secret, SettingsFaults, some

_MOMENT = "A time (2026-11-21T10:00, UTC unless it says else) or an age (90s, 15m, 2h, 3d, 1w)."


class _Unsearchable(click.ClickException):
    """A trail that cannot be searched: every fault on a line of its own, exit code 2."""

    exit_code = 2


@click.command()
@click.option("--user", "--id", "key", metavar="ID", help="What was done to the user, or other resource, of this id.")
@click.option("--client", metavar="NAME", help="What this client did.")
@click.option("--since", metavar="TIME", help=_MOMENT)
@click.option("--until", metavar="TIME", help="The same; records of that very moment are left out.")
@click.option("--result", type=click.Choice(RESULTS), help="How it ended.")
@click.option("--verb", metavar="VERB", help=f"What was attempted: {', '.join(AUDITED)}, or an operation's name.")
@click.option("--request", metavar="ID", help="What one request did: its X-Request-Id.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each record instead of a table.")
@click.option(
    "--file", type=click.Path(dir_okay=False, path_type=Path), help="Search this file instead, as one that was rotated."
)
def audit(  # noqa: PLR0913 - every option of a command is an argument
    *,
    key: str | None,
    client: str | None,
    since: str | None,
    until: str | None,
    result: str | None,
    verb: str | None,
    request: str | None,
    limit: int,
    as_json: bool,
    file: Path | None,
) -> None:
    """Search the trail of changes: the database of SCIMBRIDGE_AUDIT_DATABASE, else the file of SCIMBRIDGE_AUDIT."""
    from scimbridge.ops import audit as searching  # noqa: PLC0415 - no other command needs it
    from scimbridge.ops.printing.records import show_records  # noqa: PLC0415 - the same

    _check_verb(verb)
    now = datetime.now(UTC)
    try:
        moments = [None if text is None else searching.read_moment(text, now) for text in (since, until)]
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    wanted = Wanted(
        key=None if key is None else key.lower(), client=client, request=request, verb=verb, result=result,
        since=moments[0], until=moments[1],
    )  # fmt: skip
    try:
        found = searching.search(searching.Where(*_trail(file)), wanted, limit)
    except SettingsFaults as faults:
        raise _Unsearchable("\n".join(faults.faults)) from None
    except searching.Unsearchable as wrong:
        raise _Unsearchable(str(wrong)) from None
    show_records(sys.stdout, sys.stderr, found, as_json=as_json)


def _check_verb(verb: str | None) -> None:
    """Hold a verb to SCIM's and to the operations of the tables in use; what was never attempted finds nothing."""
    if verb is None or verb in AUDITED:
        return
    with faults_told():
        known = {each.name for each in read_catalogue()}
    if verb not in known:
        from scimbridge.mapping.tables.rows import nearest  # noqa: PLC0415 - needed by this fault alone

        raise click.UsageError(f"--verb {verb!r} is no verb and no operation{nearest(verb, (*AUDITED, *known))}")


def _trail(file: Path | None) -> tuple[str | None, str | None]:
    """Return the URL of the database and the file to search. Raises `SettingsFaults` where a setting is wrong."""
    if file is not None:
        return None, str(file)
    chosen = some(os.environ, "audit", "audit_database")
    database: Secret | None = chosen["audit_database"]
    return None if database is None else database.reveal(), chosen["audit"]
