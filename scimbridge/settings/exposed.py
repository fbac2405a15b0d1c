"""Which files hold what nobody else may read: the settings file where it holds a secret, and those that hold one each.

Knows where settings are written, and looks at no file but the settings file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from scimbridge.settings.declared import SETTINGS
from scimbridge.settings.sources import CONFIG, FILE, PREFIX

_SECRETS = frozenset(setting.name for setting in SETTINGS if setting.secret)


def secret_files(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Yield the label and the path of each file that holds a secret: as the operator knows it, and where it is."""
    named = environ.get(CONFIG, "").strip()
    held = _read(named) if named else {}
    if any(name in _SECRETS for name in held):
        yield CONFIG, Path(named)
    for name in sorted(_SECRETS):
        spelled = f"{PREFIX}{name.upper()}{FILE.upper()}"
        path = environ.get(spelled, "").strip()
        inside = held.get(f"{name}{FILE}")
        if path:
            yield spelled, Path(path)
        elif isinstance(inside, str) and inside.strip():
            yield f"{name}{FILE} in {named}", Path(inside.strip())


def _read(path: str) -> dict[str, object]:
    """Return what the settings file holds by name; what is wrong with it was reported when the settings were read."""
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    return {key.lower().removeprefix(PREFIX.lower()): value for key, value in document.items()}
