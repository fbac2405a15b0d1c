"""The word `scimbridge health`: finds the bridges of this machine, asks each, and says it in one line each.

Knows how options are spelled and what a supervisor makes of exit codes; how is asked stands in `serve`.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import click

_NOBODY = (
    "scimbridge: no bridge of this user listens on this machine. Start one with `scimbridge serve`,"
    " or name its address: scimbridge health --url http://127.0.0.1:8080"
)


@click.command()
@click.option("--ready", is_flag=True, help="Ask whether PingOne is in reach as well, and not only whether it lives.")
@click.option("--url", "given", metavar="URL", help="Ask there, as https://127.0.0.1:8443, and nowhere else.")
@click.option("--timeout", default=4.0, show_default=True, type=click.FloatRange(0.1, 60), help="Seconds to wait.")
def health(given: str | None, timeout: float, *, ready: bool) -> None:
    """Ask the bridges that this user runs on this machine how they are; exit code 1 where one is not well.

    `serve` leaves word where it listens, so that this finds it at any port, with TLS and without.
    """
    from scimbridge.serve import addresses, probing  # noqa: PLC0415 - TLS and HTTP are needed by few commands

    if given is not None and (urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).hostname):
        raise click.BadParameter("it has to be as http://127.0.0.1:8080", param_hint="--url")
    asked = addresses.find(os.environ) if given is None else (given,)
    if not asked:
        click.echo(_NOBODY, err=True)
        sys.exit(1)
    pulses = [probing.probe(base, probing.READY if ready else probing.LIVE, timeout) for base in asked]
    for pulse in pulses:
        click.echo(f"{pulse.url}: {pulse.said}", err=not pulse.is_well)
    sys.exit(0 if all(pulse.is_well for pulse in pulses) else 1)
