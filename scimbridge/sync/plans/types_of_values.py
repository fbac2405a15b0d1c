"""Whether a value that was read from JSON has the type that a field says. Pure.

A file that nobody has sealed may have anything in it; what shows plans relies on types alone, and never on good will.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

Fits = Callable[[Any], bool]


def fitting(hint: Any) -> Fits:
    """Return what tells whether a value is of a type: texts, numbers, and mappings and tuples of them."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is Any:
        return lambda _value: True
    if kind in (Union, UnionType):
        return _any_of([fitting(each) for each in inner])
    if kind is Mapping:
        return _mapping_of(None if inner[1] is Any else fitting(inner[1]))
    if kind is tuple:
        each = fitting(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(each, value))
    if kind is float:
        return lambda value: isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return lambda value: isinstance(value, int) and not isinstance(value, bool)
    return lambda value: isinstance(value, kind)


def _any_of(several: list[Fits]) -> Fits:
    return lambda value: any(fits(value) for fits in several)


def _mapping_of(fits: Fits | None) -> Fits:
    if fits is None:
        return lambda value: isinstance(value, Mapping)
    return lambda value: isinstance(value, Mapping) and all(map(fits, value.values()))
