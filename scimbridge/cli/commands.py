"""The command `scimbridge`: a few lines for each word, and imports only where the word needs them.

Knows how settings are read and faults are told to an operator; what a command does stands elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import click

from scimbridge.cli.audit import audit
from scimbridge.cli.call import call
from scimbridge.cli.client import client
from scimbridge.settings.declared import SettingsFaults, load, tables

if TYPE_CHECKING:
    from scimbridge.serve.server import Factory
    from scimbridge.settings.declared import Settings
    from scimbridge.state.node_file import NodeFiles

_PORT = click.IntRange(1, 65535)
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


class _Unstartable(click.ClickException):
    """A configuration that nothing can be started with: every fault on a line of its own, exit code 2."""

    exit_code = 2

    def __init__(self, faults: SettingsFaults) -> None:
        super().__init__("\n".join(faults.faults))

    def show(self, file: IO[str] | None = None) -> None:
        """Write the faults to standard error."""
        lines = (
            "scimbridge: the configuration is faulty, so nothing was started.",
            *self.message.splitlines(),
        )
        click.echo("\n  ".join(lines), file=file or sys.stderr)


def main() -> None:
    """Run the command line; the entry point of the package."""
    command(prog_name="scimbridge")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scimbridge", prog_name="scimbridge", message="%(prog)s %(version)s")
def command() -> None:
    """Provision into PingOne over SCIM 2.0.

    Settings come from SCIMBRIDGE_... variables and the file that SCIMBRIDGE_CONFIG names.
    """


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 is all.")
@click.option("--port", default=8080, show_default=True, type=_PORT, help="Port to listen at.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes. They share token, rate and waymarks, and one uses one core.",
)
@click.option(
    "--threads",
    default=32,
    show_default=True,
    type=click.IntRange(1, 1024),
    help="Requests that one process works on at a time. They mostly wait for PingOne, so many cost little.",
)
@click.option("--certfile", type=_FILE, help="Certificate chain in PEM: serves HTTPS instead of HTTP.")
@click.option("--keyfile", type=_FILE, help="Key of the certificate in PEM, where it stands in a file of its own.")
@click.option("--client-ca", type=_FILE, help="Authorities in PEM whose certificates clients may show to log in.")
def serve(
    host: str,
    port: int,
    workers: int,
    threads: int,
    certfile: Path | None,
    keyfile: Path | None,
    client_ca: Path | None,
) -> None:
    """Serve SCIM under gunicorn until SIGTERM; SIGHUP reads the configuration, and the TLS files, anew."""
    from scimbridge.serve import server as serving  # noqa: PLC0415 - gunicorn is needed by this command alone
    from scimbridge.serve.tls import Tls  # noqa: PLC0415 - the same
    from scimbridge.state.node_file import node_files  # noqa: PLC0415 - the same

    if certfile is None and (keyfile or client_ca):
        raise click.UsageError("--keyfile and --client-ca need --certfile, the bridge's own certificate")
    tls = None if certfile is None else Tls(certfile, keyfile, client_ca)
    with _faults_told(), node_files(os.environ) as files:
        graceful = int(load(os.environ).request_deadline) + 5
        options = serving.Options(host, port, workers, threads, graceful, tls)
        serving.run(partial(_prepare, files, (host, port)), options)


def _prepare(files: NodeFiles, address: tuple[str, int]) -> Factory:
    """Read and check the whole configuration, so that nothing listens before it is right."""
    from scimbridge.app import create_app, log_settings  # noqa: PLC0415 - Flask is needed by this command alone
    from scimbridge.bridge import load_tables  # noqa: PLC0415 - the same
    from scimbridge.observe import logs  # noqa: PLC0415 - the same

    settings = load(os.environ)
    # The tables that were checked are the tables of every worker, also of one that is made anew much later.
    tables = load_tables(settings)
    create_app(settings, tables=tables)
    # Last of all: where anything above is refused, what is logged and masked stays as it was.
    mask = logs.configure(settings.log_level, settings.secrets())
    log_settings(settings, tables)
    node_file = _find_node_file(files, settings, address)
    return partial(create_app, settings, tables=tables, node_file=node_file, learn=mask.learn)


def _find_node_file(files: NodeFiles, settings: Settings, address: tuple[str, int]) -> Path | None:
    """Return where the bridge at this address keeps what it knows; what is wrong with the place is logged.

    A file is one bridge's at one environment: what belongs to another is never found. At port 0 nobody comes back.
    """
    from scimbridge.observe import logs  # noqa: PLC0415 - the application is needed by this command alone

    identity = (settings.pingone_environment_id, settings.pingone_client_id, settings.api_url, *address)
    found = files.of(identity, urlsplit(settings.state_url.reveal()).scheme, lasting=address[1] != 0)
    for trouble in found.troubles:
        logs.named(__name__).warning("node file", trouble=trouble)
    return found.path


@command.command()
@click.option("--port", default=8080, show_default=True, type=_PORT, help="First port to try.")
def demo(port: int) -> None:
    """Run the bridge and a PingOne of its own on this machine, with a small company in it."""
    from scimbridge import demo as showing  # noqa: PLC0415 - the sandbox is needed by few commands

    sys.exit(showing.run(port, os.environ, click.echo))


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=9090, show_default=True, type=_PORT, help="Port to listen at.")
@click.option("--data", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps everything.")
@click.option("--users", default=250, show_default=True, type=click.IntRange(0), help="Size of the company.")
@click.option("--fault", "faults", multiple=True, metavar="NAME=VALUE", help="As latency=0.2 or rate=50.")
@click.option("--switch", "switches", multiple=True, metavar="NAME=VALUE", help="As email_required=true.")
def sandbox(
    host: str, port: int, data: Path | None, users: int, faults: tuple[str, ...], switches: tuple[str, ...]
) -> None:
    """Serve a PingOne of our own, with a small company in it, until SIGTERM."""
    from scimbridge import sandbox as playing  # noqa: PLC0415 - it is needed by few commands

    trouble = playing.Faults()
    try:
        trouble.set(**_named(faults))
        readings = playing.Switches(**_checked(_named(switches), get_type_hints(playing.Switches)))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    playing.run(port, host, data=data, seed=users, faults=trouble.settings, switches=readings)


def _named(pairs: tuple[str, ...]) -> dict[str, Any]:
    """Read NAME=VALUE pairs; a value is JSON where it can be (200, true, [500,503]), else text."""
    found: dict[str, Any] = {}
    for pair in pairs:
        name, parted, value = pair.partition("=")
        if not parted:
            raise ValueError(f"{pair!r} has not the form NAME=VALUE")
        try:
            found[name.replace("-", "_")] = json.loads(value)
        except ValueError:
            found[name.replace("-", "_")] = value
    return found


def _checked(values: dict[str, Any], hints: dict[str, Any]) -> dict[str, Any]:
    """Return `values` if each has a name and a type, or one of the texts, that `hints` knows."""
    for name, value in values.items():
        if name not in hints:
            raise ValueError(f"{name!r} is not one of {', '.join(hints)}")
        allowed = get_args(hints[name]) or (hints[name],)
        literal = get_origin(hints[name]) is Literal
        if not (value in allowed if literal else type(value) in allowed):
            right = [repr(one) if literal else one.__name__ for one in allowed]
            raise ValueError(f"{name} is {value!r} and has to be one of {', '.join(right)}")
    return values


@command.command()
@click.option("--write", is_flag=True, help="Make a user and delete it, to learn what the environment enforces.")
@click.option("--population", metavar="NAME", help="Where --write may make that user: name or id of a population.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document of all findings, at the end.")
def check(*, write: bool, population: str | None, as_json: bool) -> None:
    """Test connection, rights and tables against the PingOne environment; exit code 1 on any fault."""
    from scimbridge.ops.checking import checks as checking  # noqa: PLC0415 - an HTTP client is not needed by all commands
    from scimbridge.ops.printing.findings import show_findings  # noqa: PLC0415 - the same

    if write != (population is not None):
        raise click.UsageError("--write and --population go together: a user is made, and has to be somewhere")
    with _faults_told(), closing(checking.check(load(os.environ), population)) as findings:
        report = show_findings(sys.stdout, findings, as_json=as_json)
    sys.exit(1 if report.faults else 0)


@command.command()
@click.argument("expression")
@click.option("--resource", default="User", show_default=True, help="Resource type the expression is about.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def explain(expression: str, resource: str, *, as_json: bool) -> None:
    """Show where a path, a filter or a resource (a file) goes, with the request that would be sent."""
    from scimbridge.ops.explaining import explain as explaining  # noqa: PLC0415 - the engine is not needed by all commands
    from scimbridge.ops.printing.explanations import show_explanation  # noqa: PLC0415 - the same

    with _faults_told(), _table_faults_told():
        explanation = explaining.explain(expression, resource, tables(os.environ))
    show_explanation(sys.stdout, explanation, as_json=as_json)
    sys.exit(1 if explanation.kind == "error" else 0)


command.add_command(client)
command.add_command(audit)
command.add_command(call)


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except SettingsFaults as faults:
        raise _Unstartable(faults) from None


@contextmanager
def _table_faults_told() -> Iterator[None]:
    """Tell what is wrong with the tables as what is wrong with the configuration, which they are part of."""
    from scimbridge.mapping.tables.table import TableFaults  # noqa: PLC0415 - the engine is not needed by all commands

    try:
        yield
    except TableFaults as faults:
        raise SettingsFaults(faults.faults) from None


if __name__ == "__main__":
    main()
