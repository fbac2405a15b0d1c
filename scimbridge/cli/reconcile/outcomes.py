"""How reconciling tells what ended it: sentences on standard error, a document where one was asked for, an exit code.

0 done or nothing to do, 1 failed, 2 usage or configuration, 3 a guard stopped it, 4 partly applied, 5 there are
changes, 6 the source was refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import click

from scimbridge.settings.declared import SettingsFaults

DONE, FAILED, FAULTY, GUARDED, PARTLY, CHANGES, REFUSED = range(7)
_RESULTS = {FAILED: "failed", FAULTY: "not done", GUARDED: "stopped", REFUSED: "refused"}


class WordEnded(click.ClickException):
    """What ended a command: a sentence that says what came to nothing, and every fault on a line of its own."""

    def __init__(self, exit_code: int, sentence: str, faults: list[str], *, as_json: bool) -> None:
        super().__init__("\n  ".join([sentence, *faults]))
        self.exit_code = exit_code  # type: ignore[misc]  # click takes the one of the instance, too
        self.sentence = sentence
        self.faults = faults
        self.as_json = as_json

    def show(self, file: IO[str] | None = None) -> None:
        """Write it to standard error, and the document to standard output."""
        click.echo(f"scimbridge: {self.message}", file=file or sys.stderr)
        if self.as_json:
            from scimbridge.ops.printing.documents import write_document  # noqa: PLC0415 - few commands need it

            result, code = _RESULTS[self.exit_code], self.exit_code
            write_document(
                sys.stdout, {"result": result, "exit_code": code, "why": self.sentence, "faults": self.faults}
            )


@contextmanager
def ends_told(*, as_json: bool) -> Iterator[None]:
    """Tell whatever may end a command of reconciling, with its exit code."""
    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        found = _refusal(error) or _failure(error)
        if found is None:
            raise
        code, sentence, faults = found
        raise WordEnded(code, sentence, faults, as_json=as_json) from None


_End = tuple[int, str, list[str]]


def _refusal(error: Exception) -> _End | None:
    """Return what a refusal of sources, rules or plans comes to, None for anything else."""
    from scimbridge.sync.applying.values import ApplyRefused  # noqa: PLC0415 - the engine is not needed by all
    from scimbridge.sync.planning.last_applied import UnreadableState  # noqa: PLC0415 - the same
    from scimbridge.sync.planning.rules_in_use import Unplannable  # noqa: PLC0415 - the same
    from scimbridge.sync.plans.expecting import PlanRefused  # noqa: PLC0415 - the same
    from scimbridge.sync.plans.writing import PlanNotWritten  # noqa: PLC0415 - the same
    from scimbridge.sync.rules.faults import RuleFaults  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.history import UnreadableHistory  # noqa: PLC0415 - the same
    from scimbridge.sync.sources.rows import SourceRefused  # noqa: PLC0415 - the same

    match error:
        case SettingsFaults():
            return FAULTY, "the configuration is faulty, so nothing was started.", list(error.faults)
        case SourceRefused():
            return REFUSED, _SOURCE, error.faults
        case RuleFaults():
            return FAULTY, "the rules are faulty, so nothing was changed:", error.faults
        case Unplannable():
            return FAULTY, _RULES, error.faults
        case PlanRefused() | UnreadableState() | UnreadableHistory():
            return FAULTY, str(error), []
        case PlanNotWritten():
            return FAULTY, f"there is no plan: {error}", []
        case ApplyRefused():
            return error.exit_code, str(error), []
    return None


def _failure(error: Exception) -> _End | None:
    """Return what a failure comes to, None for what nobody has foreseen."""
    from scimbridge.pingone.causes import facts_of  # noqa: PLC0415 - an HTTP client is not needed by all commands
    from scimbridge.pingone.errors import PingOneError  # noqa: PLC0415 - the same
    from scimbridge.scim.errors import ScimError  # noqa: PLC0415 - the same
    from scimbridge.sync.runs.values import KeepingFailed, RunStopped  # noqa: PLC0415 - the same

    match error:
        case RunStopped():
            return FAILED, "stopped before anything was changed; there is no plan", []
        case KeepingFailed():
            return FAILED, str(error), []
        case PingOneError():
            facts = facts_of(error)
            told = ", ".join(str(value) if name == "cause" else f"{name} {value}" for name, value in facts.items())
            return FAILED, f"the directory cannot be read, so nothing was changed: {told}. {_LATER}", []
        case ScimError():
            return FAILED, f"the directory cannot be read, so nothing was changed: {error.detail}. {_LATER}", []
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return FAILED, f"{where}{error.strerror or error}", []
    return None


_SOURCE = (
    "the source is refused, so there is no plan and nothing was changed. Mend it where it is written, or give the right"
    " one, and run the same command again:"
)
_RULES = "the rules do not fit this environment, so nothing was changed. Mend rules, tables or environment:"
_LATER = "Try again later; `scimbridge check` says whether connection and rights are as they should be"
