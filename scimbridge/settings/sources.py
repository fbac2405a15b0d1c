"""Where settings are written: the environment, one optional TOML file, and files that hold one secret each.

Knows how names are spelled in each place and which wins; not what a setting means or how its text is read.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "SCIMBRIDGE_"
CONFIG = f"{PREFIX}CONFIG"
"""The variable that names the optional settings file."""
FILE = "_file"
"""What the name of a secret ends in when the text is the path of a file that holds it."""

# Kubernetes puts such variables into every pod beside a service called `scimbridge` or `scimbridge-...`.
_SERVICE_LINK = re.compile(r"_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$")


@dataclass(frozen=True, slots=True)
class SettingText:
    """The text of one setting, and the `label` by which the operator knows it: a variable, or key and file.

    `text` is None when it is named in a file that could not be read, which is a fault already told.
    """

    label: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """The names that can be set, in lower case without prefix; `secret` ones also exist with `_file`."""

    known: Collection[str]
    secret: Collection[str]

    def nearest(self, name: str) -> str | None:
        """Return the name that `name` was probably meant to be."""
        spellings = [*self.known, *(held + FILE for held in self.secret)]
        found = difflib.get_close_matches(name, spellings, n=1, cutoff=0.7)
        return found[0] if found else None


def read(environ: Mapping[str, str], names: Names) -> tuple[dict[str, SettingText], list[str]]:
    """Return what is written for each name, the environment before the file, and every fault on the way."""
    faults: list[str] = []
    written = {**_from_file(environ, names, faults), **_from_environment(environ, names, faults)}
    return written, faults


def _from_environment(environ: Mapping[str, str], names: Names, faults: list[str]) -> dict[str, SettingText]:
    given = {
        variable.removeprefix(PREFIX).lower(): SettingText(variable, value)
        for variable, value in environ.items()
        if variable.startswith(PREFIX) and variable != CONFIG and value.strip()
        if not _is_service_link(variable, value)
    }
    return _gather(given, names, faults)


def _is_service_link(variable: str, value: str) -> bool:
    return bool(_SERVICE_LINK.search(variable)) or (variable.endswith("_PORT") and "://" in value)


def _from_file(environ: Mapping[str, str], names: Names, faults: list[str]) -> dict[str, SettingText]:
    where = environ.get(CONFIG, "").strip()
    if not where:
        return {}
    try:
        document = tomllib.loads(Path(where).read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{CONFIG}: {where} cannot be read ({error.strerror}); name a readable TOML file")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The sentence of the decoder says where it stopped, and quotes no value of the file.
        faults.append(f"{CONFIG}: {where} is not TOML: {error}")
        return {}
    given = {}
    for key, value in document.items():
        label = f"{key} in {where}"
        text = _as_text(value)
        if text is None:
            faults.append(f"{label} is a {type(value).__name__}; write text, a number, true or false")
        elif text.strip():
            given[key] = SettingText(label, text)
    return _gather(given, names, faults)


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ",".join(value)
    return None


def _gather(given: Mapping[str, SettingText], names: Names, faults: list[str]) -> dict[str, SettingText]:
    gathered: dict[str, SettingText] = {}
    for name, entry in sorted(given.items()):
        held = name.removesuffix(FILE)
        if name in names.known:
            gathered[name] = entry
        elif held == name or held not in names.secret:
            # A variable that resembles nothing may be another program's; a near miss is a slip of ours.
            if names.nearest(name) is not None or not entry.label.startswith(PREFIX):
                faults.append(f"{entry.label} is not a setting{_hint(name, entry, names)}")
        elif held in gathered:
            faults.append(f"{entry.label} and {gathered[held].label} are both set; keep one")
        else:
            gathered[held] = SettingText(entry.label, _read_secret(entry, faults))
    return gathered


def _hint(name: str, entry: SettingText, names: Names) -> str:
    nearest = names.nearest(name)
    if nearest is None:
        return "; take it away"
    return f"; did you mean {PREFIX + nearest.upper() if entry.label.startswith(PREFIX) else nearest}?"


def _read_secret(entry: SettingText, faults: list[str]) -> str | None:
    path = (entry.text or "").strip()
    try:
        held = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        faults.append(f"{entry.label}: {path} cannot be read ({reason}); name a file with the secret in it")
        return None
    if not held.strip():
        faults.append(f"{entry.label}: {path} is empty; it has to hold the secret and nothing else")
        return None
    return held
