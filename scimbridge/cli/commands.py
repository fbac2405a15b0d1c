"""The command `scimbridge`: a few lines for each word, and imports only where the word needs them.

Knows how settings are read and faults are told to an operator; what a command does stands elsewhere.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

import click

from scimbridge import __version__
from scimbridge.cli.audit import audit
from scimbridge.cli.call import call
from scimbridge.cli.check import check
from scimbridge.cli.client import client
from scimbridge.cli.config import config
from scimbridge.cli.explain import explain
from scimbridge.cli.export import export
from scimbridge.cli.faults import faults_told
from scimbridge.cli.health import health
from scimbridge.cli.init import init
from scimbridge.cli.node import find_node_file
from scimbridge.cli.reconcile.words import reconcile
from scimbridge.cli.serving import serve_options, written
from scimbridge.cli.tables import tables

if TYPE_CHECKING:
    from scimbridge.configuration import Configuration
    from scimbridge.observe.server_load import ServerLoad
    from scimbridge.serve.server import Factory
    from scimbridge.serve.tls import Tls
    from scimbridge.start_log import StartLog
    from scimbridge.state.node_file import NodeFiles

_PORT = click.IntRange(1, 65535)


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
@serve_options
def serve(**given: Any) -> None:
    """Serve SCIM under gunicorn until SIGTERM; SIGHUP reads the configuration, and the TLS files, anew."""
    from scimbridge.observe.server_load import ServerLoad  # noqa: PLC0415 - the same
    from scimbridge.serve import server as serving  # noqa: PLC0415 - gunicorn is needed by this command alone
    from scimbridge.serve.listening import CannotListen, check_address  # noqa: PLC0415 - the same
    from scimbridge.serve.tls import Tls  # noqa: PLC0415 - the same
    from scimbridge.start_log import Listening, StartLog  # noqa: PLC0415 - the same
    from scimbridge.state.node_file import node_files  # noqa: PLC0415 - the same

    options = written(given)
    with faults_told(), node_files(os.environ) as files:
        settings, server_load = _configuration(options).settings, ServerLoad()
        tls = None if settings.certfile is None else Tls(settings.certfile, settings.keyfile, settings.client_ca)
        lines = StartLog(Listening.of(settings))
        prepare = partial(_prepare, files, options, lines, tls, server_load)
        try:
            check_address(settings.host, settings.port)  # before a line of the start is logged
            serving.run(prepare, serving.choose(settings, tls, server_load))
        except CannotListen as error:
            raise click.ClickException(str(error)) from None


def _configuration(options: dict[str, str]) -> Configuration:
    from scimbridge.configuration import load_configuration  # noqa: PLC0415 - the engine is not needed by all commands

    return load_configuration(os.environ, options, look_at_tls=_look_at_tls)


def _look_at_tls(certfile: Path, keyfile: Path | None, client_ca: Path | None) -> None:
    from scimbridge.serve.tls import Tls, make_context  # noqa: PLC0415 - gunicorn is needed by this command alone

    make_context(Tls(certfile, keyfile, client_ca))


def _prepare(
    files: NodeFiles, options: dict[str, str], lines: StartLog, tls: Tls | None, server_load: ServerLoad
) -> Factory:
    """Read and check the whole configuration, so that nothing listens before it is right."""
    from scimbridge.app import create_app  # noqa: PLC0415 - Flask is needed by this command alone
    from scimbridge.observe import logs, spans  # noqa: PLC0415 - the same
    from scimbridge.serve.tls import read_ends  # noqa: PLC0415 - the same

    configuration = _configuration(options)
    # The tables that were checked are the tables of every worker, also of one that is made anew much later.
    settings, tables = configuration.settings, configuration.tables
    checked = create_app(settings, tables=tables)
    # Last of all: where anything above is refused, what is logged and masked stays as it was.
    mask = logs.configure(settings.log_level, settings.secrets(), None, settings.log_format)
    lines.write(settings, tables, checked.extensions["scimbridge"].register.current())
    for sentence in configuration.unknown:
        logs.named(__name__).warning("unknown variable", reason=sentence)
    node_file = find_node_file(files, settings)
    return partial(
        create_app,
        settings,
        tables=tables,
        node_file=node_file,
        learn=mask.learn,
        spans=spans.open_spans(os.environ, __version__),
        certificates={} if tls is None else read_ends(tls),
        is_at_work=True,
        load=server_load,
        start=uuid.uuid4().hex,
    )


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
    from scimbridge.serve.listening import explain_refusal  # noqa: PLC0415 - the same

    trouble = playing.Faults()
    try:
        trouble.set(**_named(faults))
        readings = playing.Switches(**_checked(_named(switches), get_type_hints(playing.Switches)))
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from None
    try:
        playing.run(port, host, data=data, seed=users, faults=trouble.settings, switches=readings)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        msg = f"cannot listen at {host}:{port}: {explain_refusal(error)}"
        raise click.ClickException(msg) from None


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


command.add_command(check)
command.add_command(client)
command.add_command(audit)
command.add_command(call)
command.add_command(config)
command.add_command(explain)
command.add_command(export)
command.add_command(health)
command.add_command(init)
command.add_command(reconcile)
command.add_command(tables)


if __name__ == "__main__":
    main()
