"""The word `scimbridge call`: an operation by name, whom it is about, and what it is given.

Knows how options are spelled and where secrets come from: a terminal or a file, never an argument, which other users of
the machine could read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scimbridge.settings.declared import SettingsFaults, load, tables

if TYPE_CHECKING:
    from scimbridge.operations.reading import Catalogue
    from scimbridge.operations.rows import Input, Operation
    from scimbridge.ops.calling import CallTarget

_PAIR = "NAME=VALUE"


class _Uncallable(click.ClickException):
    """A configuration with which nothing can be called: every fault on a line of its own, exit code 2."""

    exit_code = 2


@click.command()
@click.argument("name", required=False)
@click.option("--user", metavar="ID", help="The user: an id, a user name or an address.")
@click.option("--group", metavar="ID", help="The group: an id or its name.")
@click.option("--population", metavar="ID", help="The population, by its id.")
@click.option("--item", metavar="ID", help="The part that is meant, such as the id of a session.")
@click.option("--delete", is_flag=True, help="Delete that part.")
@click.option("--in", "given", multiple=True, metavar=_PAIR, help="What the operation is given; JSON, or else text.")
@click.option("--from", "files", multiple=True, metavar="NAME=FILE", help="The same, from a file: for secrets.")
@click.option("--ask", "asked", multiple=True, metavar="NAME", help="The same, asked for at the terminal.")
@click.option("--list", "listing", is_flag=True, help="Show all operations, and what each is given.")
@click.option("--json", "as_json", is_flag=True, help="The answer as one JSON document.")
def call(  # noqa: PLR0913 - every option of a command is an argument
    *,
    name: str | None,
    user: str | None,
    group: str | None,
    population: str | None,
    item: str | None,
    delete: bool,
    given: tuple[str, ...],
    files: tuple[str, ...],
    asked: tuple[str, ...],
    listing: bool,
    as_json: bool,
) -> None:
    """Call an operation, such as: scimbridge call unlock --user ada; exit code 1 where it is refused."""
    from scimbridge.ops import calling  # noqa: PLC0415 - no other command needs it
    from scimbridge.ops.printing.operations import show_operations, show_refusal, show_reply  # noqa: PLC0415 - the same
    from scimbridge.scim.errors import ScimError  # noqa: PLC0415 - the same

    with faults_told():
        catalogue = read_catalogue()
        if listing:
            show_operations(sys.stdout, catalogue, as_json=as_json)
            return
        if name is None:
            raise click.UsageError("say which operation, or --list")
        try:
            target = _target({"User": user, "Group": group, "Population": population}, item, deletes=delete)
            operation = calling.find_operation(catalogue, name, target)
        except calling.Uncallable as wrong:
            raise click.UsageError(str(wrong)) from None
        settings = load(os.environ)
        body = _read_inputs(operation, given, files, asked)
        try:
            with calling.open_desk(settings) as desk:
                reply = desk.call(operation, target, body)
        except ScimError as refusal:
            show_refusal(sys.stdout if as_json else sys.stderr, refusal, as_json=as_json)
            sys.exit(1)
    show_reply(sys.stdout, reply, as_json=as_json)


def read_catalogue() -> Catalogue:
    """Return the operations of the tables in use, for which no environment has to be named.

    Raises `SettingsFaults` and `TableFaults`.
    """
    from scimbridge.operations.rooms import open_catalogue  # noqa: PLC0415 - needed by this command alone
    from scimbridge.resources.tables import read_operations  # noqa: PLC0415 - the same

    return open_catalogue(read_operations(tables(os.environ)))


def _target(named: Mapping[str, str | None], item: str | None, *, deletes: bool) -> CallTarget:
    from scimbridge.ops.calling import CallTarget  # noqa: PLC0415 - needed by this command alone

    given = [(resource, text) for resource, text in named.items() if text]
    if len(given) > 1:
        raise click.UsageError("--user, --group and --population exclude each other")
    return CallTarget(*(given[0] if given else ("Service", "")), item or "", deletes)


@contextmanager
def faults_told() -> Iterator[None]:
    """Tell what is wrong with settings and tables as what the command failed of."""
    from scimbridge.mapping.tables.table import TableFaults  # noqa: PLC0415 - the engine is not needed by all commands

    try:
        yield
    except (SettingsFaults, TableFaults) as faults:
        raise _Uncallable("\n".join(faults.faults)) from None


def _read_inputs(
    operation: Operation, given: tuple[str, ...], files: tuple[str, ...], asked: tuple[str, ...]
) -> dict[str, Any]:
    """Return what the operation is given. Secrets that are required and not given are asked for."""
    found: dict[str, Any] = {}
    for pair in given:
        name, value = _split("--in", pair)
        if name in operation.secrets:
            msg = f"{name} is a secret, and arguments can be read by others: use --ask {name} or --from {name}=FILE"
            raise click.UsageError(msg)
        found[name] = _parse(operation.named.get(name), value)
    for pair in files:
        name, file = _split("--from", pair)
        try:
            text = Path(file).read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, ValueError) as error:
            raise click.UsageError(f"--from {pair}: {getattr(error, 'strerror', None) or 'it is no text'}") from None
        found[name] = _parse(operation.named.get(name), text)
    needed = [each.name for each in operation.inputs if each.secret and each.required and each.name not in found]
    for name in dict.fromkeys((*needed, *asked)):
        found[name] = click.prompt(name, hide_input=True, err=True)
    return found


def _split(option: str, pair: str) -> tuple[str, str]:
    name, parted, value = pair.partition("=")
    if not parted:
        raise click.UsageError(f"{option} has the form NAME=...")  # what was written may be a secret
    return name, value


def _parse(known: Input | None, text: str) -> Any:
    """Return a value: a text stays one where the operation wants a text, all else is JSON where it can be."""
    if known is not None and known.type in ("string", "dateTime"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text.split(",") if known is not None and known.type == "strings" else text
    return value if not isinstance(value, Mapping) or known is None or known.type == "object" else text
