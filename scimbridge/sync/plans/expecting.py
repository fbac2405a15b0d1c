"""What a plan has to be to be believed, and to be applied; each way to miss it is refused with its own sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scimbridge import __version__
from scimbridge.sync.plans.encoding import FORMAT, Unknown, decode_format
from scimbridge.sync.plans.lines import PlanEnd, PlanHead
from scimbridge.sync.plans.sealing import is_sealed_by

_AHEAD = 300.0
"""Seconds that the clock of the machine which made a plan may be ahead of this one's."""
_HOUR = 3_600.0


class PlanRefused(Exception):
    """A plan that is not believed, or not applied here and now; nothing was done. The message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What who applies a plan expects of it; what is None is not asked.

    `environment` is the bridge's; `tables`, `rules` and `scope` are the hashes of those in use, as the head has them.
    `max_age` is in seconds at `now`, which is seconds since 1970.
    """

    environment: str | None = None
    tables: str | None = None
    rules: str | None = None
    scope: str | None = None
    max_age: float | None = None
    now: float | None = None


def check_format(path: Path, first: bytes) -> None:
    """Look whether a first line is the head of a plan that this version can read. Raises `PlanRefused`."""
    try:
        number, version = decode_format(first)
    except Unknown:
        raise PlanRefused(
            f"{path} is no plan: its first line is not the head of one; `scimbridge reconcile plan` writes plans"
        ) from None
    if first.endswith(b"\r\n"):
        raise PlanRefused(f"{path} was copied as text: its lines end with CR LF; copy it as it is, byte for byte")
    if number != FORMAT:
        raise PlanRefused(
            f"{path} has the format {_quoted(number)}, and scimbridge {__version__} reads format {FORMAT}; use the"
            f" version that wrote it ({_quoted(version)}), or make the plan anew with this one"
        )


def check_seal(path: Path, end: PlanEnd, secret: bytes) -> None:
    """Look whether who holds `secret` sealed it. Raises `PlanRefused`."""
    if not is_sealed_by(secret, end):
        raise PlanRefused(
            f"{path} is not sealed by this bridge: it was made with another SCIMBRIDGE_PINGONE_CLIENT_SECRET than is"
            " set here, or written by somebody else; make the plan anew with these settings"
        )


def check_environment(path: Path, head: PlanHead, environment: str | None) -> None:
    """Look whether a plan is one for this environment, None for any. Raises `PlanRefused`."""
    if environment is not None and head.environment != environment:
        raise PlanRefused(
            f"{path} was made for the environment {_quoted(head.environment)}, and the settings name"
            f" {environment}; apply it where it was made, or make one for this environment"
        )


def check_expected(path: Path, head: PlanHead, expected: Expected) -> None:
    """Look whether a plan is one for here and now. Raises `PlanRefused`."""
    check_environment(path, head, expected.environment)
    for what, theirs, ours in (
        ("tables", head.tables, expected.tables),
        ("rules", head.rules, expected.rules),
        ("scope", head.scope, expected.scope),
    ):
        if ours is not None and theirs != ours:
            raise PlanRefused(
                f"{path} was made with other {what} ({_quoted(theirs)}) than are in use now ({ours}):"
                f" {_OTHER[what]}, so make the plan anew"
            )
    if expected.max_age is not None and expected.now is not None:
        _check_age(path, head.made, expected.max_age, expected.now)
    if head.masked:
        raise PlanRefused(f"{path} is masked: it has no values and is for reading; apply one made without --masked")


_OTHER = {
    "tables": "the tables were changed since, and with them what each path means",
    "rules": "the rule file was changed since",
    "scope": "what may be changed is not the same any more",
}


def _check_age(path: Path, made: float, max_age: float, now: float) -> None:
    if made > now + _AHEAD:
        raise PlanRefused(
            f"{path} was made at {_moment(made)}, which is not yet: set the clock of this machine, or of the one that"
            " made it, and make the plan anew"
        )
    if now - made > max_age:
        raise PlanRefused(
            f"{path} is too old: it was made at {_moment(made)}, {(now - made) / _HOUR:,.1f} hours ago, and may be"
            f" {max_age / _HOUR:,.1f} hours old (--max-age); make the plan anew"
        )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _quoted(value: object) -> str:
    """Return what a file says, short and without anything that moves a terminal's cursor."""
    return ascii(value)[:80]
