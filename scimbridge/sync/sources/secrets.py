"""Secrets of sources, read where the rules say that they stand. No sentence holds one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scimbridge.sync.rules.values import SecretPlace
from scimbridge.sync.sources.faults import refuse


def read_secret(place: SecretPlace, environ: Mapping[str, str], source: str) -> str:
    """Return a secret. Raises `SourceRefused` where there is none."""
    if place.env:
        value = environ.get(place.env, "")
        if not value:
            raise refuse(source, f"{place.described} is not set; it holds the secret of this source")
        return value
    try:
        value = Path(place.file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise refuse(source, f"{place.described} cannot be read; it holds the secret of this source") from None
    if not value:
        raise refuse(source, f"{place.described} is empty; it holds the secret of this source")
    return value


class Secrets:
    """The secrets that the options of one source name."""

    def __init__(self, options: Mapping[str, object], environ: Mapping[str, str], source: str) -> None:
        self._options, self._environ, self._source = options, environ, source

    def get(self, word: str) -> str | None:
        """Return the secret of a word, None where the rules have none. Raises `SourceRefused`."""
        place = self._options.get(word)
        return read_secret(place, self._environ, self._source) if isinstance(place, SecretPlace) else None
