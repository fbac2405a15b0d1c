"""What is known of the last plan that was applied whole: what the next one is held against.

Kept beside the rule file, as RULES.state.json. A file that cannot be read is an error and never a first time, since
most guards hold a source against the one before.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

LAYOUT = 1


class UnreadableState(Exception):
    """What is kept beside the rules cannot be read: which file, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedSource:
    """A source that was applied: as its provenance says, with its header, and since when it is the same one."""

    digest: str
    rows: int
    name: str = ""
    made: float | None = None
    columns: tuple[str, ...] = ()
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LastApplied:
    """What the last plan was made of; all empty where there was none.

    `at` is when that plan was made, seconds since 1970. `key_type` is what most keys looked like, `filled` how many
    rows had a value for each managed attribute. `missing` says since when each person of the directory is missing in
    the source, by PingOne's id.
    """

    at: float | None = None
    environment: str = ""
    rules: str = ""
    tables: str = ""
    scope: str = ""
    people: AppliedSource | None = None
    groups: AppliedSource | None = None
    key_type: str = ""
    filled: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)

    def as_object(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"layout": LAYOUT, **asdict(self)}

    @classmethod
    def from_object(cls, held: Mapping[str, Any]) -> LastApplied:
        """Read what `as_object` gave. Raises `UnreadableState`."""
        if not isinstance(held, Mapping) or held.get("layout") != LAYOUT:
            raise UnreadableState(f"its layout is not {LAYOUT}, which this version reads")
        values = {name: value for name, value in held.items() if name != "layout"}
        try:
            for name in ("people", "groups"):
                if values.get(name) is not None:
                    source = dict(values[name])
                    values[name] = AppliedSource(**{**source, "columns": tuple(source.get("columns", ()))})
            return cls(**values)
        except (TypeError, ValueError) as error:
            raise UnreadableState(f"it is not what this version writes ({error})") from None

    def same_environment(self, environment: str) -> LastApplied:
        """Return it as far as it says anything of an environment: nothing, where it is of another one."""
        return self if self.environment in ("", environment) else LastApplied()


def note_missing(last: LastApplied, applied: LastApplied) -> LastApplied:
    """Return what is to be kept of a plan that was applied in part: since when people are missing, and nothing else.

    That is the source's word, whatever became of the lines. Were it kept of whole applies alone, whoever came back
    while some line fails at each of them would be deleted without a grace when they leave again.
    """
    if not applied.environment:
        return last
    known = last.same_environment(applied.environment)
    return replace(known, environment=applied.environment, missing=applied.missing)


def note_source(before: AppliedSource | None, now: AppliedSource) -> AppliedSource:
    """Return a source as it is to be kept: with the time since which it is the same, if it was applied before."""
    return replace(now, since=before.since) if before is not None and before.digest == now.digest else now


def place_of(rules_file: str | Path) -> Path:
    """Return where the state of a rule file is kept: `people.toml` has `people.state.json` beside it."""
    path = Path(rules_file)
    return path.with_name(f"{path.stem}.state.json")


def read_last_applied(path: Path) -> LastApplied:
    """Return what is kept there, and what stands for a first time where there is no file. Raises `UnreadableState`."""
    try:
        return LastApplied.from_object(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return LastApplied()
    except (OSError, orjson.JSONDecodeError, UnreadableState) as error:
        raise UnreadableState(
            f"{path}: what was applied last cannot be read ({error}). Put the file back from a copy; or move it away,"
            " and the next plan is a first one: nothing is held against the last source, and who is missing is missing"
            " since then"
        ) from None


def write_last_applied(path: Path, applied: LastApplied) -> None:
    """Put it there whole, for its owner only: who reads the file sees the one before or this one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    text = orjson.dumps(applied.as_object(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
