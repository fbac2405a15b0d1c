"""Where a source is: the words of `[source]` and of `from` in `[groups]` that say it, by kind.

Paths become absolute here, and a secret that stands in the rules is a fault. Opens nothing.
"""

from __future__ import annotations

import codecs
import glob
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scimbridge.mapping.tables.rows import nearest
from scimbridge.sync.rules.faults import RuleSection, character, flag, one_of, text, texts, whole_number
from scimbridge.sync.rules.values import SecretPlace, SourceRules

Shape = Callable[[Any], Any]
_ENV, _FILE = "env", "file"
_SECRET = re.compile(r"pass(?!file)|pwd|secret|token", re.IGNORECASE)
_SECRET_INSIDE = re.compile(r"(?:password|pwd)\s*=", re.IGNORECASE)


def secret_place(value: Any) -> SecretPlace:
    """Read where a secret stands: `{ env = "NAME" }` or `{ file = "PATH" }`."""
    if isinstance(value, dict) and len(value) == 1 and all(isinstance(each, str) and each for each in value.values()):
        if _ENV in value:
            return SecretPlace(env=value[_ENV])
        if _FILE in value:
            return SecretPlace(file=value[_FILE])
    raise ValueError(
        'is a secret, and rules hold none: write { env = "NAME" } for a variable or { file = "/run/secrets/NAME" }'
    )


def open_url(value: Any) -> str | SecretPlace:
    """Read an URL without a password in it, or where one with a password stands."""
    if isinstance(value, dict):
        return secret_place(value)
    found = text(value)
    try:
        parts = urlsplit(found)
    except ValueError:
        raise ValueError("takes an URL such as postgresql+psycopg://reader@db.example.org/hr") from None
    if not parts.scheme:
        raise ValueError("takes an URL with its scheme, such as postgresql+psycopg://reader@db.example.org/hr")
    if parts.password is not None or _holds_secret(parts.query):
        raise ValueError(
            'has a password in it, and rules hold none: take it out, and write password = { env = "NAME" }'
        )
    return found


def _holds_secret(query: str) -> bool:
    """Whether what stands behind the question mark has a password in it, also one in a driver's own words."""
    return any(
        _SECRET.search(name) is not None or _SECRET_INSIDE.search(value) is not None
        for name, value in parse_qsl(query, keep_blank_values=True)
    )


def encoding(value: Any) -> str:
    """Read the name of an encoding."""
    try:
        name = codecs.lookup(text(value)).name
        b"-".decode(name, errors="ignore")
    except (LookupError, UnicodeError):
        raise ValueError(f'takes an encoding such as "utf-8", "utf-16" or "cp1252", not {value!r}') from None
    return name


def _file(value: Any) -> str:
    return text(value)


def _s3(value: Any) -> Mapping[str, Any]:
    words: Mapping[str, Shape] = {
        "key_id": secret_place, "secret": secret_place, "session_token": secret_place, "region": text, "endpoint": text,
        "url_style": one_of("path", "vhost"), "use_ssl": flag,
    }  # fmt: skip
    if not isinstance(value, dict) or not value:
        raise ValueError(
            'takes words in braces, such as { key_id = { env = "S3_KEY" }, secret = { env = "S3_SECRET" } }'
        )
    for word in value:
        if word not in words:
            raise ValueError(f"has {word!r}, which is not one of {', '.join(words)}{nearest(word, words)}")
    return {word: words[word](each) for word, each in value.items()}


_NETWORK: Mapping[str, Shape] = {"password": secret_place, "user": text, "ca_file": _file, "page_size": whole_number}
KINDS: Mapping[str, Mapping[str, Shape]] = {
    "csv": {"encoding": encoding, "delimiter": character, "quote": character},
    "jsonl": {},
    "sql": {"url": open_url, "password": secret_place},
    "duckdb": {"memory": text, "extensions": texts, "s3": _s3},
    "ldap": {
        "base": text, "filter": text, "scope": one_of("subtree", "one"), "start_tls": flag,
        "referrals": one_of("refuse", "ignore"), **_NETWORK,
    },
    "scim": {"token": secret_place, "resource": text, "filter": text, **_NETWORK},
}  # fmt: skip
"""The kinds of sources, each with its words beside the one that names it."""
NEEDED: Mapping[str, Mapping[str, str]] = {
    "sql": {"url": 'url = "postgresql+psycopg://reader@db.example.org/hr"'},
    "ldap": {"base": 'base = "ou=people,dc=example,dc=org"'},
}
"""Words without which a source of a kind cannot be opened, each with an example."""
FILES = ("csv", "jsonl")


def read_place(section: RuleSection, others: tuple[str, ...], folder: Path) -> SourceRules | None:
    """Return where a source is; `others` are the words that may stand beside. None after reporting a fault."""
    named = [kind for kind in KINDS if kind in section.words]
    if len(named) != 1:
        both = f", not {' and '.join(named)}" if named else ""
        section.only((*KINDS, *others, *dict.fromkeys(word for words in KINDS.values() for word in words)))
        section.fault(f"names one source by one of {', '.join(KINDS)}{both}")
        return None
    kind = named[0]
    shapes = KINDS[kind]
    section.only((kind, *others, *shapes))
    for word, example in NEEDED.get(kind, {}).items():
        if word not in section.words:
            section.fault(f"{word} is missing beside {kind}; write {example}")
    place = section.read(kind, open_url if kind in ("ldap", "scim") else text, None)
    options = {word: section.read(word, shape, None) for word, shape in shapes.items() if word in section.words}
    if not isinstance(place, str):
        if place is not None:
            section.fault("takes an URL; only its password is a secret", kind)
        return None
    if kind in FILES:
        # A folder whose own name looks like a pattern is none.
        place = str(Path(glob.escape(str(folder)) if glob.has_magic(place) else folder) / place)
    if options.get("delimiter", ",") == options.get("quote", '"'):
        section.fault("is the delimiter too", "quote")
    found = {word: _absolute(word, value, folder) for word, value in options.items() if value is not None}
    return SourceRules(kind=kind, place=place, options=found, folder=str(folder))


def _absolute(word: str, value: Any, folder: Path) -> Any:
    if isinstance(value, SecretPlace) and value.file:
        return SecretPlace(file=str(folder / value.file))
    return str(folder / value) if word == "ca_file" else value
