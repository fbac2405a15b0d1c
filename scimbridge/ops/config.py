"""`scimbridge config`: what holds for each setting, and where that comes from. Nothing secret is ever among it.

Takes settings as they were read; knows no environment and no file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

_MASK = "***"


class SecretText(Protocol):
    """A secret of which parts may be shown: all but `hidden`."""

    @property
    def hidden(self) -> tuple[str, ...]:
        """The parts that nobody may see."""

    def reveal(self) -> str:
        """Return the value itself."""


class SettingOrigins(Protocol):
    """A setting as it was read."""

    @property
    def name(self) -> str:
        """Its name in the settings file."""

    @property
    def variable(self) -> str:
        """Its variable."""

    @property
    def value(self) -> object:
        """What holds."""

    @property
    def source(self) -> str:
        """Where it comes from: default, file, environment or option."""

    @property
    def label(self) -> str:
        """The variable, the option, or key and file."""

    @property
    def faulty(self) -> bool:
        """Whether it has no value, since what is written is wrong, or nothing is written where something has to be."""

    @property
    def secret(self) -> bool:
        """Whether its value is a secret."""


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """What holds for one setting: its value as an operator writes it, None where none is set.

    `source` is default, file, environment or option, `where` the variable, the option, or key and file.
    """

    name: str
    variable: str
    value: str | None
    source: str
    where: str
    faulty: bool


@dataclass(frozen=True, slots=True)
class ConfigReport:
    """All settings, what is wrong with them, and the variables with our prefix that are no settings."""

    settings: tuple[SettingFacts, ...]
    faults: tuple[str, ...]
    unknown: tuple[str, ...]


def report(held: Iterable[SettingOrigins], faults: Iterable[str], unknown: Iterable[str]) -> ConfigReport:
    """Return what holds."""
    facts = tuple(
        SettingFacts(
            one.name, one.variable, None if one.faulty else _spell(one.value, secret=one.secret), one.source, one.label,
            one.faulty,
        )
        for one in held
    )  # fmt: skip
    return ConfigReport(facts, tuple(faults), tuple(unknown))


def _spell(value: object, *, secret: bool) -> str | None:
    """Return a value as an operator writes it, masked where it is secret."""
    if value is None or value == ():
        return None
    if secret:
        return _masked(value)  # type: ignore[arg-type] # the settings say so
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        minutes = abs(int(value.total_seconds())) // 60
        sign = "-" if value < timedelta(0) else "+"
        return f"{sign}{minutes // 60:02}:{minutes % 60:02}" if minutes else "Z"
    if isinstance(value, tuple):
        return ",".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _masked(secret: SecretText) -> str:
    """Return a secret without its hidden parts; where one cannot be found in it, nothing is shown."""
    text, parted, _query = secret.reveal().partition("?")  # a query may hold a password as well
    for part in secret.hidden:
        if part == secret.reveal() or f":{part}@" not in text:
            return _MASK
        text = text.replace(f":{part}@", f":{_MASK}@")
    return f"{text}?{_MASK}" if parted else text
