"""The word `scimbridge audit`: options in, one search of the trail or one look whether it is whole, one printer.

Knows how options are spelled and which settings name the trail; needs other settings only to look up names at PingOne.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scimbridge.cli.call import faults_told, read_catalogue
from scimbridge.observe.audit import RESULTS, Wanted
from scimbridge.scim.verbs import AUDITED
from scimbridge.settings.declared import Secret, SettingsFaults, load, some

if TYPE_CHECKING:
    from scimbridge.ops.audit import FoundRecords, Where
    from scimbridge.ops.names import NameLookup

_MOMENT = "A time (2026-11-21T10:00, UTC unless it says else) or an age (90s, 15m, 2h, 3d, 1w)."
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Unsearchable(click.ClickException):
    """A trail that cannot be searched: every fault on a line of its own, exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was typed, save where the trail is."""

    user: str | None
    group: str | None
    key: str | None
    client: str | None
    since: str | None
    until: str | None
    result: str | None
    verb: str | None
    request: str | None
    limit: int
    as_json: bool
    as_csv: bool
    names: bool | None

    @property
    def narrows(self) -> bool:
        """Whether anything is asked for that only a search can answer."""
        searched = (self.user, self.group, self.key, self.client, self.until, self.result, self.verb, self.request)
        return any(each is not None for each in searched) or self.as_csv or self.names is not None


@click.command()
@click.option("--user", metavar="ID|NAME", help="What concerns this user, its memberships included.")
@click.option("--group", metavar="ID|NAME", help="What concerns this group, its members included.")
@click.option("--id", "key", metavar="ID", help="What concerns the resource of this id, whatever it is.")
@click.option("--client", metavar="NAME", help="What this client did.")
@click.option("--since", metavar="TIME", help=_MOMENT)
@click.option("--until", metavar="TIME", help="The same; records of that very moment are left out.")
@click.option("--result", type=click.Choice(RESULTS), help="How it ended.")
@click.option("--verb", metavar="VERB", help=f"What was attempted: {', '.join(AUDITED)}, or an operation's name.")
@click.option("--request", metavar="ID", help="What one request did: its X-Request-Id.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1_000_000), help="The newest so many.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each record instead of a table.")
@click.option("--csv", "as_csv", is_flag=True, help="A line of CSV for each record, below one with their names.")
@click.option(
    "--names/--no-names", default=None, help="Look up the names of ids at PingOne; done where its settings are there."
)
@click.option(
    "--file", "files", multiple=True, type=_FILE, help="Read this file instead, as one put away; may be repeated."
)
@click.option("--verify", is_flag=True, help="See whether records were changed, moved or taken away.")
@click.option("--against", type=_FILE, help="With --verify: what --verify --json wrote before, kept elsewhere.")
def audit(*, files: tuple[Path, ...], verify: bool, against: Path | None, **options: str | int | bool | None) -> None:
    """Search the trail of changes, or see whether it is whole.

    The trail is the database of SCIMBRIDGE_AUDIT_DATABASE, else the file of SCIMBRIDGE_AUDIT with those that were
    rotated from it.
    """
    from scimbridge.ops.audit import Unsearchable  # noqa: PLC0415 - no other command needs it

    asked = _Asked(**options)  # type: ignore[arg-type]
    if asked.as_json and asked.as_csv:
        raise click.UsageError("--json and --csv are two forms of one answer; use one of them")
    if verify and asked.narrows:
        raise click.UsageError("--verify looks at every record, so it goes with --since, --file, --against and --json")
    if against is not None and not verify:
        raise click.UsageError("--against belongs to --verify")
    _check_verb(asked.verb)
    try:
        if verify:
            sys.exit(_verify(asked, _trail(files), against))
        _search(asked, _trail(files))
    except SettingsFaults as faults:
        raise _Unsearchable("\n".join(faults.faults)) from None
    except Unsearchable as wrong:
        raise _Unsearchable(str(wrong)) from None


def _check_verb(verb: str | None) -> None:
    """Hold a verb to SCIM's and to the operations of the tables in use; what was never attempted finds nothing."""
    if verb is None or verb in AUDITED:
        return
    with faults_told():
        known = {verb for each in read_catalogue() for verb in each.verbs}
    if verb not in known:
        from scimbridge.mapping.tables.rows import nearest  # noqa: PLC0415 - needed by this fault alone

        raise click.UsageError(f"--verb {verb!r} is no verb and no operation{nearest(verb, (*AUDITED, *known))}")


def _search(asked: _Asked, where: Where) -> None:
    from scimbridge.ops import audit as searching  # noqa: PLC0415 - no other command needs it
    from scimbridge.ops.printing.records import Form, show_records  # noqa: PLC0415 - the same

    since, until = _moment(asked.since), _moment(asked.until)
    form = Form.JSON if asked.as_json else Form.CSV if asked.as_csv else Form.TABLE
    with ExitStack() as stack:
        names = _open_names(asked, stack)
        wanted = Wanted(
            about=tuple(_about(asked, names)), client=asked.client, request=asked.request, verb=asked.verb,
            result=asked.result, since=since, until=until,
        )  # fmt: skip
        found = searching.search(where, wanted, asked.limit)
        shown = {} if names is None else _look_up(names, found)
    show_records(sys.stdout, sys.stderr, found, form, shown)


def _verify(asked: _Asked, where: Where, against: Path | None) -> int:
    from scimbridge.ops import verification as verifying  # noqa: PLC0415 - no other command needs it
    from scimbridge.ops.printing.verification import show_verification  # noqa: PLC0415 - the same

    kept = [] if against is None else verifying.read_kept(against)
    found = verifying.verify(where, kept, _moment(asked.since))
    show_verification(sys.stdout, found, as_json=asked.as_json)
    return found.grade


def _moment(text: str | None) -> datetime | None:
    from scimbridge.ops.audit import read_moment  # noqa: PLC0415 - no other command needs it

    try:
        return None if text is None else read_moment(text, datetime.now(UTC))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None


def _open_names(asked: _Asked, stack: ExitStack) -> NameLookup | None:
    """Return what looks up names, None where nobody asked for them and the settings for it are not there."""
    from scimbridge.request.ids import is_id  # noqa: PLC0415 - no other command needs it

    typed = [f"--{word} {text!r}" for word, text in (("user", asked.user), ("group", asked.group))
             if text is not None and not is_id(text)]  # fmt: skip
    if asked.names is False and not typed:
        return None
    try:
        settings = load(os.environ)
    except SettingsFaults as faults:
        if not typed and not asked.names:
            return None
        why = f"{typed[0]} is no id (a UUID), and a name" if typed else "--names: a name"
        lines = (f"{why} is looked up at PingOne, for which settings are wrong or lacking:", *faults.faults)
        raise _Unsearchable("\n  ".join(lines)) from None
    from scimbridge.ops.names import looking_up  # noqa: PLC0415 - an HTTP client is needed for this alone

    return stack.enter_context(looking_up(settings))


def _about(asked: _Asked, names: NameLookup | None) -> list[frozenset[str]]:
    """Return the ids that records have to be about: one of each set."""
    from scimbridge.request.ids import is_id  # noqa: PLC0415 - no other command needs it

    about = [] if asked.key is None else [frozenset({asked.key.lower()})]
    for kind, text in (("User", asked.user), ("Group", asked.group)):
        if text is not None and is_id(text):
            about.append(frozenset({text.lower()}))
        elif text is not None and names is not None:
            about.append(_ids_of(names, kind, text))
    return about


def _ids_of(names: NameLookup, kind: str, name: str) -> frozenset[str]:
    from scimbridge.ops.names import Nameless  # noqa: PLC0415 - no other command needs it

    try:
        return names.ids_of(kind, name)
    except Nameless as wrong:
        raise _Unsearchable(str(wrong)) from None


def _look_up(names: NameLookup, found: FoundRecords) -> dict[str, str]:
    looked = names.look_up(found.records)
    if looked.trouble is not None:
        click.echo(f"not all names could be looked up: {looked.trouble}", err=True)
    return looked.names


def _trail(files: tuple[Path, ...]) -> Where:
    """Return where the records are. Raises `SettingsFaults` where a setting is wrong."""
    from scimbridge.ops.audit import Where  # noqa: PLC0415 - no other command needs it

    if files:
        return Where(files=files)
    chosen = some(os.environ, "audit", "audit_database")
    database: Secret | None = chosen["audit_database"]
    return Where(None if database is None else database.reveal(), chosen["audit"])
