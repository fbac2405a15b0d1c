"""What became of trying one thing, and how a tool is run. Knows no thing that is tried."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_LAST = 12


class NotTried(Exception):
    """The machine has not what is needed; the text says what."""


class Fault(Exception):
    """What was tried does not hold; the text says what came instead."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line of the report: `grade` is "ok", "not tried" or "fault"."""

    grade: str
    name: str
    said: str


def need(*tools: str) -> str:
    """Return the first of `tools` that is here. Raises `NotTried`."""
    for tool in tools:
        if found := shutil.which(tool):
            return found
    raise NotTried(f"{' or '.join(tools)} is not on this machine")


def run(words: Sequence[str | Path], environ: Mapping[str, str] | None = None, seconds: float = 900) -> str:
    """Return what a command says on both of its outputs. Raises `Fault` where it fails."""
    done = subprocess.run(  # noqa: S603 - the words are those of this folder
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env=environ,
        text=True,
        check=False,
        timeout=seconds,
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-_LAST:])
        raise Fault(f"{Path(words[0]).name} ended with {done.returncode}:\n{said}")
    return done.stdout


def expect(*, holds: bool, otherwise: str) -> None:
    """Raise `Fault` unless something holds."""
    if not holds:
        raise Fault(otherwise)
