"""The word `scimbridge init`: asks what a first start needs, tries it at PingOne, and writes the files.

Knows how to ask; what is not asked comes as an option or from the environment. No secret is ever an option.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scimbridge.access.clients import ClientFaults
from scimbridge.cli.faults import Undone, faults_told
from scimbridge.settings.declared import SETTINGS, Settings, load, look

if TYPE_CHECKING:
    from scimbridge.ops.setup import EnvironmentFacts

_CLIENT = "provisioning"
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_SCOPES = ("users:read", "users:write", "groups:read", "groups:write", "populations:read")
_ASKED = {
    "pingone_environment_id": "Id of the PingOne environment",
    "pingone_client_id": "Client id of the worker application",
    "pingone_client_secret": "Secret of the worker application",
    "pingone_region": "Region of the environment (NA, EU, CA, AP, AU, SG)",
}
_TAKEN = (
    *_ASKED,
    "pingone_api_url",
    "pingone_auth_url",
    "http_proxy",
    "ca_bundle",
    "verify_tls",
    "default_population_id",
)


@click.command()
@click.argument("directory", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--environment-id", "pingone_environment_id", metavar="UUID", help="Id of the PingOne environment.")
@click.option("--client-id", "pingone_client_id", metavar="UUID", help="Client id of the worker application.")
@click.option("--client-secret-file", type=click.Path(path_type=Path), help="File with the secret of the worker.")
@click.option("--region", "pingone_region", help="Region of the environment: NA, EU, CA, AP, AU or SG.")
@click.option("--api-url", "pingone_api_url", metavar="URL", help="Instead of the region, with --auth-url.")
@click.option("--auth-url", "pingone_auth_url", metavar="URL", help="Instead of the region, with --api-url.")
@click.option("--ca-bundle", metavar="FILE", help="Authorities in PEM to trust beside the public ones.")
@click.option("--default-population", metavar="NAME|ID", help="Where a user goes who names no population.")
@click.option("--client", "client_name", metavar="NAME", help="Name of the first SCIM client.")
@click.option("--scope", "scopes", multiple=True, metavar="SCOPE", help="A right of that client; may be repeated.")
@click.option("--no-input", is_flag=True, help="Ask nothing: what is missing is a fault.")
@click.option("--untested", is_flag=True, help="Do not ask PingOne whether the answers are right.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def init(directory: Path, client_name: str | None, scopes: tuple[str, ...], *, force: bool, **given: Any) -> None:
    """Ask for what a first start needs, try it at PingOne, and write settings, a client and a table into a directory.

    What is neither an option nor set in the environment is asked. SCIMBRIDGE_PINGONE_CLIENT_SECRET may hold the secret.
    """
    from scimbridge.ops import setup  # noqa: PLC0415 - needed by this command alone
    from scimbridge.ops.clients import Wish  # noqa: PLC0415 - the same

    place, ask = setup.SetupPlace(directory.absolute()), not given["no_input"]
    try:
        if not force:
            place.check_free()
        with faults_told():
            settings = _settle(ask=ask, **given)
        if client_name is None:
            client_name = click.prompt("Name of the first SCIM client", _CLIENT, err=True) if ask else _CLIENT
        made = setup.write_files(place, settings, Wish(name=client_name, scopes=scopes or _SCOPES), over=force)
        _look_back(made.settings)
    except (setup.SetupFaults, ClientFaults) as error:
        raise Undone("\n  ".join(error.faults)) from None
    except click.Abort:
        msg = (
            "not every question was answered, so nothing was written; answers may be options, and --no-input asks none"
        )
        raise Undone(msg) from None
    _show(made)


def _settle(
    *, ask: bool, untested: bool, client_secret_file: Path | None, default_population: str | None, **given: Any
) -> Settings:
    """Return the settings that the answers come to, tried at PingOne. Raises `SettingsFaults` and `SetupFaults`."""
    from scimbridge.ops.setup import try_answers  # noqa: PLC0415 - needed by this command alone

    given.pop("no_input")
    answers = _answers(given, client_secret_file, ask=ask)
    if untested:
        return _read(answers | ({"default_population_id": default_population} if default_population else {}))
    settings = _read(answers)
    key = _choose_population(try_answers(settings), settings, default_population, ask=ask)
    return replace(settings, default_population_id=key)


def _answers(given: dict[str, str | None], secret_file: Path | None, *, ask: bool) -> dict[str, str]:
    """Return what was given, set in the environment, or is answered now; what is missing stays missing."""
    answers = {name: value for name, value in given.items() if value is not None}
    for held in look(os.environ).held:
        if held.name in _TAKEN and held.source != "default" and not held.faulty:
            reveal = getattr(held.value, "reveal", None)
            answers.setdefault(held.name, str(held.value) if reveal is None else reveal())
    if {"pingone_api_url", "pingone_auth_url"} & {name for name, value in given.items() if value}:
        answers.pop("pingone_region", None)
    if secret_file is not None:
        answers["pingone_client_secret_file"] = str(secret_file)
    for name, question in _ASKED.items():
        known = {name, f"{name}_file"} & answers.keys() or (name == "pingone_region" and "pingone_api_url" in answers)
        if ask and not known:
            answers[name] = _ask(name, question)
    return answers


def _ask(name: str, question: str) -> str:
    def check(answer: str) -> str:
        try:
            _BY_NAME[name].read(answer)
        except ValueError as wrong:
            raise click.UsageError(str(wrong)) from None
        return answer.strip()

    hidden = _BY_NAME[name].secret and sys.stdin.isatty()
    answer: str = click.prompt(question, value_proc=check, hide_input=hidden, err=True)
    return answer


def _read(answers: dict[str, str]) -> Settings:
    """Return the answers as settings; nobody can log in by the token that stands in for the client to come."""
    environ = {f"SCIMBRIDGE_{name.upper()}": value for name, value in answers.items()}
    environ["SCIMBRIDGE_BEARER_TOKEN"] = os.urandom(16).hex()
    environ["SCIMBRIDGE_VERIFY_TLS"] = environ.get("SCIMBRIDGE_VERIFY_TLS", "true").lower()
    return load(environ)


def _choose_population(found: EnvironmentFacts, settings: Settings, wanted: str | None, *, ask: bool) -> str | None:
    """Return the id of the default population, None for PingOne's own."""
    wanted = wanted or settings.default_population_id
    if wanted is None and ask:
        click.echo(f"Environment: {found.name or 'its name is hidden from this worker'}. Its populations:", err=True)
        for one in found.populations:
            click.echo(f"  {one.id}  {one.name}{' (default)' if one.default else ''}", err=True)
        wanted = click.prompt("Population of users who name none, name or id; empty for PingOne's own", "", err=True)
    return found.find(wanted).id if wanted else None


def _look_back(settings: Path) -> None:
    """Read what was written as `serve` will."""
    from scimbridge.configuration import load_configuration  # noqa: PLC0415 - needed by this command alone

    with faults_told():
        load_configuration({"SCIMBRIDGE_CONFIG": str(settings)})


def _show(made: Any) -> None:
    for file in made.files:
        click.echo(f"written: {file}")
    click.echo(f"\nClient:  {made.client}\nSecret:  {made.secret}\nIt is shown this once.\n")
    click.echo(f"export SCIMBRIDGE_CONFIG={made.settings}\nscimbridge check\nscimbridge serve")
