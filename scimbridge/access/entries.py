"""The values in a clients file, each read by its shape: what is wrong is collected, and nothing is given up.

Knows what a scope, a population id or a certificate's hash looks like, and not how they belong together; that is
`clients`. No sentence repeats what stands where a hash belongs, since it may be the secret itself.
"""

from __future__ import annotations

import datetime as dt
import difflib
import ipaddress
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from scimbridge.access import secrets
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.scim.catalogue import SPC_URN

Value = TypeVar("Value")
Path = tuple[str | int, ...]
"""Where something stands in the file: keys, and numbers counted from 1 within a list of tables."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""What outside issuers may sign with: asymmetric ones only (RFC 7518 section 3.1, RFC 8037)."""
CONFIG = "ServiceProviderConfig"
"""Of what a client may be hidden members beside those of the resource types."""
OPTIONAL = ("documentationUri", "pagination")
"""Members of a ServiceProviderConfig that it may be without (RFC 7643 section 5, RFC 9865 section 4)."""
REQUIRED = ("schemas", "patch", "bulk", "filter", "changePassword", "sort", "etag", "authenticationSchemes", "meta")
MOST_RESULTS = 1000
"""In one list, whatever a client asks for."""
MOST_SKEW = 300
"""Seconds by which an issuer's clock may differ."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class SectionReader:
    """One table of the file: its `path` there, for the sentences that are added to `faults`.

    `line` says in which line of the file a path is written.
    """

    path: Path
    table: Mapping[str, Any]
    faults: list[str]
    line: Callable[[Path], int]

    def fault(self, sentence: str) -> None:
        """Say what is wrong with the section as a whole."""
        self._tell(self.path, sentence)

    def _tell(self, path: Path, sentence: str) -> None:
        self.faults.append(f"{_spell(path) or 'the file'}: {sentence} (at line {self.line(path)})")

    def only(self, *known: str) -> None:
        """Say of every other key that it is not known."""
        for key in self.table:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"; perhaps {near[0]!r} is meant" if near else f"; what is known is {', '.join(known)}"
                sentence = f"{_spell(self.path) or 'the file'}: {_show(key)} is not known{hint}"
                self.faults.append(f"{sentence} (at line {self.line((*self.path, key))})")

    def needed(self, key: str, shape: Callable[[Any], Value], right: str) -> Value | None:
        """Return what `key` holds; None after saying that it is missing (`right` is what it has to hold) or wrong."""
        if key not in self.table:
            self.fault(f"{key} is missing; it has to be {right}")
            return None
        return self.optional(key, shape, None)

    def optional(self, key: str, shape: Callable[[Any], Value], default: Value) -> Value:
        """Return what `key` holds, or `default` where it is missing or, which is said, wrong."""
        if key not in self.table:
            return default
        try:
            return shape(self.table[key])
        except ValueError as wrong:
            self._tell((*self.path, key), str(wrong))
            return default

    def inner(self, key: str) -> SectionReader:
        """Return the table that `key` holds; an empty one where there is none."""
        held = self.table.get(key, {})
        if not isinstance(held, dict):
            self.fault(f"{key} has to be a table")
            held = {}
        return SectionReader((*self.path, key), held, self.faults, self.line)

    def each(self, key: str) -> Iterator[SectionReader]:
        """Yield the tables of the list that `key` holds, counted from 1 in what is said of them."""
        held = self.table.get(key, [])
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            self.fault(f"{key} has to be a list of tables")
            return
        for number, one in enumerate(held, 1):
            yield SectionReader((*self.path, key, number), one, self.faults, self.line)


def _spell(path: Path) -> str:
    """Return a path as it is written in a sentence: `clients.hr.secrets[2].sha256`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def is_name(name: str) -> bool:
    """Whether a client can be called so."""
    return _NAME.fullmatch(name) is not None


def text(value: Any) -> str:
    """Read a text without control characters and without blanks at its edges."""
    if not isinstance(value, str):
        raise ValueError(f"{_show(value)} is no text")
    if not value or value != value.strip() or not value.isprintable():
        raise ValueError(f"{_show(value)} is empty, has blanks at its edges or control characters in it")
    return value


def texts(value: Any) -> frozenset[str]:
    """Read a list of texts."""
    if not isinstance(value, list):
        raise ValueError(f"{_show(value)} is no list of texts")
    return frozenset(text(one) for one in value)


def boolean(value: Any) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{_show(value)} is neither true nor false")
    return value


def scopes(value: Any) -> frozenset[str]:
    """Read rights, at least one."""
    held = texts(value)
    if not held or held - ALL_SCOPES:
        wrong = f"{_all(held - ALL_SCOPES)} is no scope" if held else "a client without any scope can do nothing"
        raise ValueError(f"{wrong}; the scopes are {', '.join(sorted(ALL_SCOPES))}")
    return held


def populations(value: Any) -> frozenset[str]:
    """Read ids of populations, as PingOne writes them; none at all is nowhere."""
    held = texts(value)
    wrong = {one for one in held if not _UUID.fullmatch(one)}
    if wrong:
        raise ValueError(
            f"{_all(wrong)} is no id of a population; it has to be a lower-case UUID"
            " such as 0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70"
        )
    return held


def sha256(value: Any) -> str:
    """Read a SHA-256 in hexadecimal, in lower or upper case and with colons or without; lower case comes out."""
    plain = value.replace(":", "").lower() if isinstance(value, str) else ""
    if not _SHA256.fullmatch(plain):
        raise ValueError("what stands there is no SHA-256; it has to be 64 hexadecimal digits")
    return plain


def certificates(value: Any) -> frozenset[str]:
    """Read hashes of certificates."""
    if not isinstance(value, list):
        raise ValueError("what stands there is no list of SHA-256 values")
    held = [sha256(one) for one in value]
    if len(set(held)) < len(held):
        raise ValueError("one of the certificates stands there twice")
    return frozenset(held)


def secret_id(value: Any) -> str:
    """Read the id of a secret."""
    if not isinstance(value, str) or not secrets.is_id(value):
        raise ValueError("what stands there is no id of a secret; it has 1 to 32 lower-case letters and digits")
    return value


def moment(value: Any) -> float:
    """Read a date and time with an offset, as seconds since 1970."""
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValueError(
            f"{_show(value)} is no date and time with an offset; write it without quotes, as 2026-11-21T10:00:00Z"
        )
    return value.timestamp()


def url(value: Any) -> str:
    """Read an https URL; http is taken for this machine itself."""
    held = text(value)
    # Before an "@" may stand a password.
    shown = "what stands there" if "@" in held else _show(held)
    try:
        parts = urlsplit(held)
        usable = bool(parts.hostname) and parts.port != 0 and parts.username is None and not parts.fragment
    except ValueError:
        raise ValueError(f"{shown} is no URL such as https://login.example.com/keys") from None
    if not usable or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))):
        raise ValueError(
            f"{shown} has to be a URL such as https://login.example.com/keys, without user and fragment;"
            " http is taken for loopback addresses only"
        )
    return held


def algorithms(value: Any) -> tuple[str, ...]:
    """Read what an issuer may sign with, at least one, in the order written."""
    wrong = texts(value) - frozenset(ALGORITHMS)
    if wrong or not value:
        what = f"{_all(wrong)} is not taken" if wrong else "there has to be at least one"
        raise ValueError(f"{what}; the algorithms are {', '.join(ALGORITHMS)}")
    return tuple(dict.fromkeys(value))


def skew(value: Any) -> int:
    """Read by how many seconds an issuer's clock may differ."""
    if type(value) is not int or not 0 <= value <= MOST_SKEW:
        raise ValueError(f"{_show(value)} is no whole number of seconds from 0 to {MOST_SKEW}")
    return value


def rate(value: Any) -> float | None:
    """Read a positive number."""
    if type(value) not in {int, float} or not 0 < value < math.inf:
        raise ValueError(f"{_show(value)} is no number above 0; leave the key out for no limit")
    return float(value)


def count(value: Any) -> int | None:
    """Read a positive whole number."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{_show(value)} is no whole number above 0; leave the key out for no limit")
    return value


def default_count(value: Any) -> int | None:
    """Read how many results a list has for which a client names no count."""
    if type(value) is not int or not 1 <= value <= MOST_RESULTS:
        raise ValueError(f"{_show(value)} is no whole number of results from 1 to {MOST_RESULTS}")
    return value


def config_members(value: Any) -> tuple[str, ...]:
    """Read names of members of a ServiceProviderConfig that it may be without, in any case; sorted, as they are."""
    known = {name.casefold(): name for name in (*OPTIONAL, *REQUIRED)}
    found = set()
    for given in sorted(texts(value)):
        name = known.get(given.casefold().removeprefix(f"{SPC_URN}:".casefold()))
        if name is None:
            near = difflib.get_close_matches(given.casefold(), known, n=1)
            hint = f"perhaps {known[near[0]]!r} is meant" if near else f"what can be hidden is {', '.join(OPTIONAL)}"
            raise ValueError(f"{_show(given)} is no attribute of {CONFIG}; {hint}")
        if name in REQUIRED:
            raise ValueError(f"{name!r} cannot be hidden: it is required; what can be is {', '.join(OPTIONAL)}")
        found.add(name)
    return tuple(sorted(found))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _all(names: frozenset[str] | set[str]) -> str:
    return ", ".join(_show(name) for name in sorted(names))


def _show(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
