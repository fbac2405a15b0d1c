"""A short name for what something is made of: the same on every node and in every version that means the same by it.

Knows frozen objects, containers and plain values. Of functions and of other objects only the name counts.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

_LENGTH = 12


def digest(value: Any, key: bytes = b"digest") -> str:
    """Return twelve hexadecimal digits. With a secret `key` they give nothing away, also of what can be guessed."""
    return hmac.digest(key, write(value).encode("utf-8", "backslashreplace"), "sha256").hex()[:_LENGTH]


def write(value: Any) -> str:
    """Return a text that is the same for what is equal: sets and mappings are sorted."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return repr(value)
    if isinstance(value, Enum):
        return f"{type(value).__qualname__}.{value.name}"
    if is_dataclass(value) and not isinstance(value, type):
        parts = (f"{each.name}={write(getattr(value, each.name))}" for each in fields(value) if each.compare)
        return f"{type(value).__qualname__}({', '.join(parts)})"
    if isinstance(value, Mapping):
        return f"{{{', '.join(sorted(f'{write(name)}: {write(held)}' for name, held in value.items()))}}}"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(map(write, value)))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(write, value))}]"
    return str(getattr(value, "__qualname__", type(value).__qualname__))
