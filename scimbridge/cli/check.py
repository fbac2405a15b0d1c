"""The word `scimbridge check`: options in, one call of `ops.checking` and one printer.

Knows signals: whoever is stopped in the middle deletes what was made before it ends.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType

import click

from scimbridge.cli.faults import faults_told

_FILE = click.Path(dir_okay=False, path_type=Path)
_STOPPED = 128  # and the number of the signal, as shells say it


class _Stopped(Exception):
    """A signal came."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@click.command()
@click.option("--write", is_flag=True, help="Make a user and a group and delete them, to learn what PingOne takes.")
@click.option("--population", metavar="NAME", help="Where --write may make them: name or id of a population.")
@click.option("--certfile", type=_FILE, help="Certificate that `serve` will have, to be looked at.")
@click.option("--keyfile", type=_FILE, help="Key of that certificate.")
@click.option("--client-ca", type=_FILE, help="Authorities whose certificates clients may show.")
@click.option(
    "--rules", type=_FILE, help="Look at this rule file of `reconcile` instead, its sources and what it names."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document of all findings, at the end.")
def check(
    *,
    write: bool,
    population: str | None,
    certfile: Path | None,
    keyfile: Path | None,
    client_ca: Path | None,
    rules: Path | None,
    as_json: bool,
) -> None:
    """Test connection, rights and tables against PingOne; exit code 1 on a fault, 3 where not all was tried."""
    from scimbridge.configuration import load_configuration  # noqa: PLC0415 - the engine is not needed by all commands
    from scimbridge.ops.checking import checks as checking  # noqa: PLC0415 - an HTTP client is not needed by all commands
    from scimbridge.ops.checking.machine import this_machine  # noqa: PLC0415 - the same
    from scimbridge.ops.checking.tls import files_of  # noqa: PLC0415 - the same
    from scimbridge.ops.checking.variables import check_variables  # noqa: PLC0415 - the same
    from scimbridge.ops.printing.findings import show_findings  # noqa: PLC0415 - the same

    if write != (population is not None):
        raise click.UsageError("--write and --population go together: a user is made, and has to be somewhere")
    if rules is not None:
        if write or certfile or keyfile or client_ca:
            raise click.UsageError("--rules looks at a rule file alone; run check without it for the rest")
        sys.exit(_check_rules(rules, as_json=as_json))
    try:
        with faults_told(), _stopping():
            configuration = load_configuration(os.environ, with_clients=False)
            settings = configuration.settings
            tls = files_of(settings, certfile=certfile, keyfile=keyfile, client_ca=client_ca)
            machine = this_machine(os.environ, tls, _tell)
            looking = checking.check(settings, population, machine=machine)
            with closing(check_variables(configuration.unknown, looking)) as findings:
                report = show_findings(sys.stdout, findings, as_json=as_json)
    except _Stopped as stopped:
        made = "; what was made for it is deleted, or is named above" if write else ""
        _tell(f"stopped before everything was looked at{made}")
        sys.exit(_STOPPED + stopped.number)
    sys.exit(report.exit_code)


def _check_rules(rules: Path, *, as_json: bool) -> int:
    """Look at a rule file, and return the exit code."""
    from scimbridge.configuration import load_configuration  # noqa: PLC0415 - the same as above
    from scimbridge.ops.printing.findings import show_findings  # noqa: PLC0415 - the same
    from scimbridge.sync.checking.rule_files import check_rule_file  # noqa: PLC0415 - the same

    with faults_told():
        settings = load_configuration(os.environ, with_clients=False).settings
        return show_findings(sys.stdout, check_rule_file(settings, rules), as_json=as_json).exit_code


def _tell(sentence: str) -> None:
    """Say at once what is waited for, beside the findings, so that a document of them stays one."""
    click.echo(f"scimbridge: {sentence}", err=True)


@contextmanager
def _stopping() -> Iterator[None]:
    """Turn signals that end a process into an exception; what is cleaned up then is not stopped by the next one."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise _Stopped(number)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
