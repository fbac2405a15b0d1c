"""From what is written to what holds: each setting's text is read, and everything that is wrong is collected.

Knows what a setting is and where it may stand; which settings there are is `declared`, and which go together is
`agreement`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scimbridge.settings.agreement import disagreements, tls_disagreements
from scimbridge.settings.sources import PREFIX, Names, SettingSource, SourceFault, read


class SettingsFaults(Exception):
    """Everything that is wrong with the configuration, so that it can be mended in one go.

    `faults` are whole sentences, each naming the setting, what is wrong and what would be right. No sentence
    holds the value of a secret.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set: its `name` as in the settings file, and what goes with it."""

    name: str
    parse: Callable[[str], object]
    default: object
    description: str
    secret: bool
    required: bool

    @property
    def variable(self) -> str:
        """The environment variable; a secret has a second one ending in `_FILE`."""
        return PREFIX + self.name.upper()

    @property
    def spelled(self) -> str:
        """The variables by which it can be set."""
        return f"{self.variable} (or {self.variable}_FILE)" if self.secret else self.variable

    def read(self, given: str) -> object:
        """Return the value of what an operator wrote. Raises ValueError saying what would be right."""
        return self.parse(given if self.secret else given.strip())


@dataclass(frozen=True, slots=True)
class HeldSetting:
    """What holds for one setting, and where it comes from; `label` is the variable, the option, or key and file.

    A faulty setting has no value.
    """

    setting: Setting
    value: object
    source: SettingSource
    label: str
    faulty: bool = False

    @property
    def name(self) -> str:
        """Its name in the settings file."""
        return self.setting.name

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return self.setting.variable

    @property
    def secret(self) -> bool:
        """Whether its value is a secret."""
        return self.setting.secret


@dataclass(frozen=True, slots=True)
class SettingsReading:
    """All settings as they are written. `unknown` has a sentence for each variable that is no setting."""

    held: tuple[HeldSetting, ...]
    faults: tuple[SourceFault, ...]
    unknown: tuple[str, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The values of what is set, and right; what has its default is not among them."""
        return {one.name: one.value for one in self.held if one.source is not SettingSource.DEFAULT and not one.faulty}

    @property
    def sentences(self) -> list[str]:
        """What is wrong, in whole sentences."""
        return [fault.sentence for fault in self.faults]


def read_settings(
    settings: tuple[Setting, ...], environ: Mapping[str, str], options: Mapping[str, str] | None = None
) -> SettingsReading:
    """Read all settings; `options` are those of a command, as text, and win over all else."""
    written = read(environ, names_of(settings), options)
    faults, held, values = list(written.faults), [], {}
    for setting in settings:
        entry = written.entries.get(setting.name)
        if entry is None:
            if setting.required:
                sentence = f"{setting.spelled} is not set. It has to hold: {setting.description}"
                faults.append(SourceFault(setting.name, sentence))
            held.append(HeldSetting(setting, setting.default, SettingSource.DEFAULT, "", faulty=setting.required))
            continue
        try:
            value = None if entry.text is None else setting.read(entry.text)
        except ValueError as wrong:
            value = None
            faults.append(SourceFault(setting.name, f"{entry.label}: {wrong}"))
        if value is not None:
            values[setting.name] = value
        held.append(HeldSetting(setting, value, entry.source, entry.label, faulty=value is None))
    faults += [SourceFault(None, sentence) for sentence in disagreements(values, written.entries)]
    faults += [SourceFault("certfile", sentence) for sentence in tls_disagreements(values, written.entries)]
    return SettingsReading(tuple(held), tuple(faults), tuple(written.unknown))


def names_of(settings: tuple[Setting, ...]) -> Names:
    """Return the names of settings, as they are looked for."""
    return Names(
        known=frozenset(setting.name for setting in settings),
        secret=frozenset(setting.name for setting in settings if setting.secret),
    )
