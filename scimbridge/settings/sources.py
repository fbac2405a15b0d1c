"""Where settings are written: options, the environment, one optional TOML file, and files that hold one secret each.

Knows how names are spelled in each place and which wins; not what a setting means or how its text is read.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

PREFIX = "SCIMBRIDGE_"
CONFIG = f"{PREFIX}CONFIG"
"""The variable that names the optional settings file."""
FILE = "_file"
"""What the name of a secret ends in when the text is the path of a file that holds it."""

# Kubernetes puts such variables into every pod beside a service called `scimbridge` or `scimbridge-...`.
_SERVICE_LINK = re.compile(r"_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$")
_SLIP, _LIKELY = 0.7, 0.5  # how much alike names are: a slip of ours, and what may have been meant


class SettingSource(StrEnum):
    """Where a value comes from, the weakest first."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    OPTION = "option"


@dataclass(frozen=True, slots=True)
class SettingText:
    """The text of one setting, and the `label` by which the operator knows it: a variable, an option, or key and file.

    `text` is None when it is named in a file that could not be read, which is a fault already told.
    """

    label: str
    text: str | None
    source: SettingSource


@dataclass(frozen=True, slots=True)
class SourceFault:
    """What is wrong with where settings are written; `name` is the setting that it is about, None for all of them."""

    name: str | None
    sentence: str


@dataclass(slots=True)
class WrittenSettings:
    """What is written for each name, every fault on the way, and a sentence for each variable that is no setting."""

    entries: dict[str, SettingText] = field(default_factory=dict)
    faults: list[SourceFault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that can be set, in lower case without prefix; `secret` ones also exist with `_file`."""

    known: Collection[str]
    secret: Collection[str]

    def nearest(self, name: str, alike: float = _SLIP) -> str | None:
        """Return the name that `name` was probably meant to be."""
        spellings = [*self.known, *(held + FILE for held in self.secret)]
        found = difflib.get_close_matches(name, spellings, n=1, cutoff=alike)
        return found[0] if found else None


def read(environ: Mapping[str, str], names: Names, options: Mapping[str, str] | None = None) -> WrittenSettings:
    """Return what is written: an option wins over the environment, and the environment over the file."""
    written = WrittenSettings()
    file = _from_file(environ, names, written)
    variables = _from_environment(environ, names, written)
    chosen = {
        name: SettingText(f"--{name.replace('_', '-')}", text, SettingSource.OPTION)
        for name, text in (options or {}).items()
    }
    written.entries = {**file, **variables, **chosen}
    return written


# -- the environment ---------------------------------------------------------------------------------------------------


def _from_environment(environ: Mapping[str, str], names: Names, written: WrittenSettings) -> dict[str, SettingText]:
    given = {}
    for variable, value in sorted(environ.items()):
        if not variable.upper().startswith(PREFIX) or variable == CONFIG or not value.strip():
            continue
        if _is_service_link(variable, value):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and (_is_known(name, names) or names.nearest(name)):
            given[name] = SettingText(variable, value, SettingSource.ENVIRONMENT)
        else:
            written.unknown.append(_unknown(variable, names))
    return _gather(given, names, written)


def _is_known(name: str, names: Names) -> bool:
    return name in names.known or name.removesuffix(FILE) in names.secret


def _unknown(variable: str, names: Names) -> str:
    """Return what is said of a variable with our prefix that is no setting; it may be another program's."""
    near = names.nearest(variable.lower().removeprefix(PREFIX.lower()), _LIKELY)
    meant = "`scimbridge config` shows all settings" if near is None else f"perhaps {PREFIX}{near.upper()} is meant"
    return f"{variable} is not a setting and changes nothing; {meant}"


def _is_service_link(variable: str, value: str) -> bool:
    return bool(_SERVICE_LINK.search(variable)) or (variable.endswith("_PORT") and "://" in value)


# -- the file ----------------------------------------------------------------------------------------------------------


def _from_file(environ: Mapping[str, str], names: Names, written: WrittenSettings) -> dict[str, SettingText]:
    where = environ.get(CONFIG, "").strip()
    if not where:
        return {}
    try:
        document = tomllib.loads(Path(where).read_text(encoding="utf-8-sig"))
    except OSError as error:
        sentence = f"{CONFIG}: {where} cannot be read ({error.strerror}); name a readable TOML file"
        written.faults.append(SourceFault(None, sentence))
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The sentence of the decoder says where it stopped, and quotes no value of the file.
        written.faults.append(SourceFault(None, f"{CONFIG}: {where} is not TOML: {error}"))
        return {}
    given: dict[str, SettingText] = {}
    for key, value in document.items():
        # A key may also be spelled as its variable is, as where the lines of an environment file were copied.
        name, label = key.lower().removeprefix(PREFIX.lower()), f"{key} in {where}"
        text = _as_text(value)
        if text is None:
            sentence = f"{label} is a {type(value).__name__}; write text, a number, true or false"
            written.faults.append(SourceFault(name, sentence))
        elif name in given:
            sentence = f"{given[name].label} and {label} are one setting; keep one of them"
            written.faults.append(SourceFault(name, sentence))
        elif text.strip():
            given[name] = SettingText(label, text, SettingSource.FILE)
    return _gather(given, names, written)


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return None


# -- both --------------------------------------------------------------------------------------------------------------


def _gather(given: Mapping[str, SettingText], names: Names, written: WrittenSettings) -> dict[str, SettingText]:
    gathered: dict[str, SettingText] = {}
    for name, entry in sorted(given.items()):
        held = name.removesuffix(FILE)
        if name in names.known:
            gathered[name] = entry
        elif held == name or held not in names.secret:
            sentence = f"{entry.label} is not a setting{_hint(name, entry, names)}"
            written.faults.append(SourceFault(names.nearest(name), sentence))
        elif held in gathered:
            sentence = f"{entry.label} and {gathered[held].label} are both set; keep one"
            written.faults.append(SourceFault(held, sentence))
        else:
            gathered[held] = SettingText(entry.label, _read_secret(held, entry, written), entry.source)
    return gathered


def _hint(name: str, entry: SettingText, names: Names) -> str:
    if PREFIX + name.upper() == CONFIG:
        return f"; {CONFIG} names this file, and is taken from the environment only"
    nearest = names.nearest(name)
    if nearest is None:
        return "; take it away"
    return f"; did you mean {nearest if entry.source is SettingSource.FILE else PREFIX + nearest.upper()}?"


def _read_secret(name: str, entry: SettingText, written: WrittenSettings) -> str | None:
    path = (entry.text or "").strip()
    try:
        held = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        sentence = f"{entry.label}: {path} cannot be read ({reason}); name a file with the secret in it"
        written.faults.append(SourceFault(name, sentence))
        return None
    if not held.strip():
        sentence = f"{entry.label}: {path} is empty; it has to hold the secret and nothing else"
        written.faults.append(SourceFault(name, sentence))
        return None
    return held
