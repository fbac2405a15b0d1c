"""The word `scimbridge reconcile demo`: three days of a small company, command by command, against a sandbox.

Every command is run as a person would type it, in a process of its own. Knows the sandbox and the files of the example.
"""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import click

from scimbridge.cli.reconcile.outcomes import DONE, FAILED, GUARDED, REFUSED
from scimbridge.demo import bridge_environment
from scimbridge.sandbox import Sandbox

MONDAY, TUESDAY, WEDNESDAY = (f"people-2026-03-0{day}.csv" for day in (2, 3, 4))
BAD, MENDED = "Lead, Tools", '"Lead, Tools"'
_UNCHANGED = ("people.toml", "tables/users.toml")


@dataclass(frozen=True, slots=True)
class ExampleDay:
    """What happens to the files, what is said of it, and the command lines that follow, each with its exit code."""

    text: str
    prepare: Callable[[Path], None]
    commands: tuple[tuple[int, str], ...]


def _bring(file: str) -> Callable[[Path], None]:
    return lambda folder: _copy(file, folder)


def _mend(folder: Path) -> None:
    """Put the quotes around the value that has a comma."""
    file = folder / TUESDAY
    file.write_text(file.read_text("utf-8").replace(BAD, MENDED), "utf-8")


def _cut_off(folder: Path) -> None:
    """Write a third file, which breaks off in the middle, at the end of a line."""
    lines = (folder / TUESDAY).read_text("utf-8").splitlines(keepends=True)
    (folder / WEDNESDAY).write_text("".join(lines[: len(lines) // 2]), "utf-8")


DAYS = (
    ExampleDay(
        f"Monday. The directory is empty, and {MONDAY} has 300 people: they come in by a run, as from a schedule.",
        _bring(MONDAY),
        ((DONE, "check --rules people.toml"), (DONE, "reconcile run people.toml")),
    ),
    ExampleDay(
        f"Tuesday. {TUESDAY} has joiners, movers and leavers, and one bad line: the whole file is refused.",
        _bring(TUESDAY),
        ((REFUSED, "reconcile plan people.toml -o plan.jsonl"),),
    ),
    ExampleDay(
        "The line is mended. Now there is a plan: people look at it, as text, as a page, and person by person.",
        _mend,
        (
            (DONE, "reconcile plan people.toml -o plan.jsonl"),
            (DONE, "reconcile show plan.jsonl"),
            (DONE, "reconcile show plan.jsonl --why 1030"),
            (DONE, "reconcile show plan.jsonl --html plan.html"),
        ),
    ),
    ExampleDay(
        "It is applied. A second plan is empty, but for the conflict, which waits for a person.",
        lambda _folder: None,
        ((DONE, "reconcile apply plan.jsonl --yes"), (DONE, "reconcile plan people.toml -o second.jsonl --exit-code")),
    ),
    ExampleDay(
        f"Wednesday. {WEDNESDAY} breaks off in the middle. Guards stop the run, and its plan stays for a person.",
        _cut_off,
        ((GUARDED, "reconcile run people.toml"), (DONE, "reconcile status people.toml")),
    ),
)


def run(folder: Path) -> int:
    """Show the example; its files go to a folder, which is made. Returns the exit code."""
    if folder.is_dir() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty; name a folder that is, or one that is not there")
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for file in _UNCHANGED:
        _copy(file, folder)
    # The company without its people: three populations and groups of others.
    with Sandbox.start(seed=0) as sandbox, tempfile.TemporaryDirectory(prefix="scimbridge-demo-") as state:
        environ = bridge_environment(os.environ, sandbox, secrets.token_urlsafe(24)) | {
            "SCIMBRIDGE_MAPPINGS": "tables",
            "SCIMBRIDGE_PINGONE_RATE": "1000",
            "STATE_DIRECTORY": state,
        }
        for day in DAYS:
            click.secho(f"\n{day.text}", bold=True)
            day.prepare(folder)
            for expected, words in day.commands:
                if _run(words, folder, environ) != expected:
                    click.echo(f"The exit code should be {expected}: the example is not as it was meant.", err=True)
                    return FAILED
    click.secho(f"\nThe page of the plan: {(folder / 'plan.html').absolute()}", bold=True)
    click.echo(f"Rules, sources and plans: {folder.absolute()}; docs/reconcile/index.md goes on from here.")
    return DONE


def _run(words: str, folder: Path, environ: dict[str, str]) -> int:
    click.secho(f"\n$ scimbridge {words}", fg="cyan")
    line = [sys.executable, "-m", "scimbridge.cli", *shlex.split(words)]
    code = subprocess.run(line, cwd=folder, env=environ, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603 - the command is ours
    click.secho(f"exit code {code}", dim=True)
    return code


def _copy(file: str, folder: Path) -> None:
    text = (files("scimbridge.sync.runs") / "example" / file).read_bytes()
    (folder / file).write_bytes(text)
