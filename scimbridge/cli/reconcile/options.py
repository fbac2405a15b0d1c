"""Options that several words of reconciling have, and how their texts are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

RULES = click.Path(dir_okay=False, path_type=Path)
PLAN = click.Path(path_type=Path)


class Duration(click.ParamType[float]):
    """A duration such as 24h, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        from scimbridge.sync.rules.limits import read_duration  # noqa: PLC0415 - no other command needs it

        if isinstance(value, float):
            return value
        try:
            return read_duration(value)
        except ValueError as wrong:
            self.fail(f"{wrong}", param, ctx)


def read_allowed(given: tuple[str, ...]) -> dict[str, int]:
    """Read `delete=340` of --allow. Raises click's usage error."""
    allowed: dict[str, int] = {}
    for each in given:
        for pair in each.split(","):
            name, parted, number = (part.strip() for part in pair.partition("="))
            if not (name and parted and number.isascii() and number.isdigit()):
                raise click.UsageError(f"--allow {each}: takes a guard and the number in the plan, as delete=340")
            if name in allowed:
                raise click.UsageError(f"--allow {name} is given twice; keep one")
            allowed[name] = int(number)
    return allowed


def read_kinds(given: tuple[str, ...]) -> tuple[str, ...]:
    """Read `create,update` of --just. Raises click's usage error."""
    from scimbridge.sync.plans.lines import CONFLICT, KINDS  # noqa: PLC0415 - no other command needs it

    known = [each for each in KINDS if each != CONFLICT]
    kinds = [each.strip() for some in given for each in some.split(",")]
    for each in kinds:
        if each not in known:
            raise click.UsageError(f"--just {each or given[0]}: is no kind of line; kinds are {', '.join(known)}")
    return tuple(dict.fromkeys(kinds))


def refuse_delta(*, delta: bool) -> None:
    """Refuse --delta: it needs an index of changes, which this version has not."""
    if delta:
        raise click.UsageError(
            "--delta needs an index of what changed in the directory, and this version has none; leave it out: the"
            " whole directory is read"
        )
