"""The words below `scimbridge client`: options in, one call of `ops.clients` and one printer each.

Knows how options are spelled and where the file is named; no secret is ever an option.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scimbridge.access.clients import ClientFaults
from scimbridge.settings.declared import NAMES, SettingsFaults, load, tables
from scimbridge.settings.sources import read

if TYPE_CHECKING:
    from scimbridge.access.last_use import LastUses, Used
    from scimbridge.ops.clients import ClientsFile
    from scimbridge.ops.printing.paper import Paper

_FILE = click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The clients file; without it, the one that SCIMBRIDGE_CLIENTS names.",
)
_MINUTES = click.IntRange(0, 60 * 24 * 365)


class _Undone(click.ClickException):
    """What could not be done: every fault is a sentence of its own, exit code 2."""

    exit_code = 2


@click.group()
def client() -> None:
    """Make, list, rotate and revoke clients. Running bridges take changes up within two seconds."""


@client.command()
@click.argument("name")
@_FILE
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="A right, as users:read; may be repeated. Passwords, mfaEnabled and identityProvider need passwords:write.",
)
@click.option("--all-scopes", is_flag=True, help="All rights but those to check passwords and to give roles.")
@click.option("--population", "populations", multiple=True, metavar="ID", help="Confine it to this one, and others.")
@click.option("--hide", "hidden", multiple=True, metavar="TYPE:ATTRIBUTE", help="As User:phoneNumbers.")
@click.option("--strict", is_flag=True, help="Hold it to the letter of RFC 7644.")
@click.option("--default-count", type=int, metavar="N", help="Results in a list for which it names no count.")
@click.option("--rate", type=float, metavar="N", help="Requests per second, at most.")
@click.option("--concurrent", type=int, metavar="N", help="Requests at once, at most.")
@click.option("--body", type=int, metavar="BYTES", help="Size of a request's body, at most.")
@click.option("--bulk", type=int, metavar="N", help="Operations in one bulk request, at most.")
@click.option(
    "--certificate", "certificates", multiple=True, metavar="FILE|SHA256", help="Its certificate, PEM or SHA-256."
)
@click.option(
    "--subject", "subjects", multiple=True, nargs=2, metavar="ISSUER SUBJECT", help="Whom tokens of an issuer name."
)
@click.option("--no-secret", is_flag=True, help="Make no secret: certificates and subjects only.")
def add(file: Path | None, **wished: Any) -> None:
    """Add a client and show its secret once; the file is made where there is none."""
    from scimbridge.ops.clients import Wish  # noqa: PLC0415 - needed by this command alone
    from scimbridge.ops.printing.clients import print_added  # noqa: PLC0415 - the same

    with _faults_shown():
        print_added(_paper(), _clients(file).add(Wish(**wished), _check_hidden))


@client.command(name="list")
@_FILE
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_all(file: Path | None, *, as_json: bool) -> None:
    """Show what each client may do and which secrets it has, without anything secret."""
    from scimbridge.ops.printing.clients import show_clients  # noqa: PLC0415 - needed by this command alone

    with _faults_shown():
        show_clients(sys.stdout, _clients(file).list_all(), as_json=as_json)


@client.command()
@click.argument("name")
@_FILE
@click.option("--keep-old", type=_MINUTES, metavar="MINUTES", help="How long the old secret stays; 0 ends it at once.")
@click.option("--keep-old-until", metavar="TIME", help="Until when the old secret stays, as 2026-11-21T10:00:00Z.")
def rotate(name: str, file: Path | None, keep_old: int | None, keep_old_until: str | None) -> None:
    """Give a client a new secret and show it once; the old one stays valid until it is revoked."""
    from scimbridge.ops.printing.clients import print_rotated  # noqa: PLC0415 - needed by this command alone

    with _faults_shown():
        print_rotated(_paper(), _clients(file).rotate(name, _old_until(keep_old, keep_old_until)))


@client.command()
@click.argument("name")
@_FILE
@click.option("--secret", metavar="ID", help="End this secret only, by its id; the client stays.")
def revoke(name: str, file: Path | None, secret: str | None) -> None:
    """Take a client out of the file: all of its secrets end at once."""
    from scimbridge.ops.printing.clients import print_revoked  # noqa: PLC0415 - needed by this command alone

    with _faults_shown():
        print_revoked(_paper(), _clients(file).revoke(name, secret))


def _clients(given: Path | None) -> ClientsFile:
    from scimbridge.ops.clients import ClientsFile  # noqa: PLC0415 - needed by these commands alone

    if given is None:
        written = read(os.environ, NAMES)
        faults = [fault.sentence for fault in written.faults if fault.name in (None, "clients")]
        if faults:
            raise SettingsFaults(faults)
        entry = written.entries.get("clients")
        if entry is None or not entry.text:
            raise ClientFaults(["no file is named; write --file PATH, or set SCIMBRIDGE_CLIENTS"])
        given = Path(entry.text.strip())
    return ClientsFile(given, time.time, os.urandom, _look_at_last_uses)


def _look_at_last_uses(secrets: Sequence[Used]) -> LastUses:
    """Return when secrets were last used, from the state that the bridge of this environment shares."""
    from scimbridge.access.last_use import LastUses, read_last_uses  # noqa: PLC0415 - needed by these commands alone

    try:
        settings = load(os.environ)
    except SettingsFaults:
        return LastUses({}, "this environment does not have the whole settings of the bridge, which keeps it")
    if settings.state_url.reveal().startswith("memory:"):
        return LastUses(
            {},
            "with SCIMBRIDGE_STATE_URL=memory:// each node keeps it to itself; the field secret_id of the log's request"
            " lines says which secrets are in use",
        )
    from scimbridge.bridge import open_shared_state  # noqa: PLC0415 - the bridge is needed where there is such a state

    return read_last_uses(open_shared_state(settings, None, time.monotonic, lambda _place, _cut_off: None), secrets)


def _paper() -> Paper:
    from scimbridge.ops.printing.paper import open_paper  # noqa: PLC0415 - needed by these commands alone

    return open_paper(sys.stdout)


def _check_hidden(hidden: Any) -> list[str]:
    """Return what the tables in use say against hiding attributes."""
    from scimbridge.mapping.tables.table import TableFaults  # noqa: PLC0415 - the engine is needed by this option alone
    from scimbridge.resources.tables import open_tables  # noqa: PLC0415 - the same

    try:
        return open_tables(tables(os.environ)).check_hidden(hidden)
    except TableFaults as error:
        return error.faults


def _old_until(minutes: int | None, moment: str | None) -> float | None:
    """Return until when an old secret stays, seconds since 1970; None is until it is revoked."""
    if minutes is not None and moment is not None:
        raise ClientFaults(["--keep-old and --keep-old-until exclude each other"])
    if minutes is not None:
        return time.time() + 60 * minutes
    if moment is None:
        return None
    try:
        parsed = dt.datetime.fromisoformat(moment)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise ClientFaults([f"--keep-old-until {moment!r} is no time with an offset such as 2026-11-21T10:00:00Z"])
    return parsed.timestamp()


@contextmanager
def _faults_shown() -> Iterator[None]:
    try:
        yield
    except (ClientFaults, SettingsFaults) as error:
        raise _Undone("\n".join(error.faults)) from None
