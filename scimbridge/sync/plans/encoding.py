"""Head, lines and end of a plan as canonical JSON, and back: the same values are always the same bytes. Pure.

Keys are sorted, nothing is padded, and what has its default is left out. In the file a line's `condition` is `if`.
Knows no file and no secret.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar, get_type_hints

import orjson

from scimbridge.sync.plans.lines import PlanEnd, PlanHead, PlanLine, StoppedGuard
from scimbridge.sync.plans.types_of_values import fitting

T = TypeVar("T")

FORMAT = 1
"""The only format that there is; a change of words, also a new one, is another."""
HEAD, END, CONDITION = "plan", "end", "if"
_GUARD = (("number", fitting(int | None)), ("most", fitting(int | None)))
_POPULATION = (("name", fitting(str | None)), ("before", fitting(int)), ("after", fitting(int)))
END_MARK = b'{"end":'
"""What an end line begins with, and no other: each of its words comes later in the alphabet, or before it."""


class NotInJson(ValueError):
    """A value that JSON cannot keep as it is; the message says where."""


class Unknown(ValueError):
    """What is no head, line or end of this format; the message says why."""


def encode_head(head: PlanHead) -> bytes:
    """Return the first line. Raises `NotInJson`."""
    return _dump({HEAD: _written(head)})


def encode_line(line: PlanLine) -> bytes:
    """Return the line of one change. Raises `NotInJson`."""
    return _dump(line_object(line))


def encode_end(end: PlanEnd) -> bytes:
    """Return the last line."""
    return _dump({END: _written(end)})


def line_object(line: PlanLine) -> dict[str, Any]:
    """Return a line as the object that stands in the file. Raises `NotInJson`."""
    found = _written(line)
    if "condition" in found:
        found[CONDITION] = found.pop("condition")
    return found


def head_object(head: PlanHead) -> dict[str, Any]:
    """Return a head as the object that stands in the file. Raises `NotInJson`."""
    return _written(head)


def decode_head(raw: bytes) -> PlanHead:
    """Read the first line. Raises `Unknown`."""
    words = _load(raw, HEAD)
    stopped = words.get("stopped", [])
    if not isinstance(stopped, list):
        raise Unknown("its `stopped` is of another type")
    head = _made(PlanHead, words | {"stopped": tuple(_made(StoppedGuard, each) for each in stopped)})
    for name, counted, places in (("guards", head.guards, _GUARD), ("populations", head.populations, _POPULATION)):
        if not all(fits(each.get(place)) for each in counted.values() for place, fits in places):
            raise Unknown(f"its `{name}` is of another type")
    return head


def decode_format(raw: bytes) -> tuple[Any, Any]:
    """Return format and version that a first line names, whatever else it says. Raises `Unknown` for no plan at all."""
    words = _load(raw, HEAD)
    if "format" not in words:
        raise Unknown("its head names no format")
    return words["format"], words.get("version")


def decode_line(raw: bytes) -> PlanLine:
    """Read the line of one change. Raises `Unknown`."""
    words = _load(raw)
    if CONDITION in words:
        words["condition"] = words.pop(CONDITION)
    if isinstance(words.get("faults"), list):
        words["faults"] = tuple(words["faults"])
    return _made(PlanLine, words)


def decode_end(raw: bytes) -> PlanEnd:
    """Read the last line. Raises `Unknown`, also where it is written in another way than `encode_end` does."""
    end = _made(PlanEnd, _load(raw, END))
    if encode_end(end) != raw:
        raise Unknown("it is written in another way")
    return end


# -- both ways, by the fields of a value -------------------------------------------------------------------------------


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return MISSING if field.default_factory is MISSING else field.default_factory()


_FIELDS: Mapping[type, tuple[tuple[str, Any], ...]] = {
    each: tuple((one.name, _default(one)) for one in fields(each))
    for each in (PlanHead, PlanLine, PlanEnd, StoppedGuard)
}
_FITS = {each: {name: fitting(hint) for name, hint in get_type_hints(each).items()} for each in _FIELDS}
_REQUIRED = {each: frozenset(name for name, default in known if default is MISSING) for each, known in _FIELDS.items()}
_NAMES = {each: frozenset(name for name, _default in known) for each, known in _FIELDS.items()}


def _written(value: Any) -> dict[str, Any]:
    found = {}
    for name, default in _FIELDS[type(value)]:
        held = getattr(value, name)
        if default is MISSING or held != default:
            found[name] = _plain(held, name)
    return found


def _made(kind: type[T], words: Any) -> T:
    if not isinstance(words, dict):
        raise Unknown("it is no object")
    if lacking := _REQUIRED[kind] - words.keys():
        raise Unknown(f"it has no {', no '.join(sorted(lacking))}")
    if unknown := words.keys() - _NAMES[kind]:
        raise Unknown(f"it has a word that this version does not know: {', '.join(sorted(unknown))[:100]!a}")
    for name, value in words.items():
        if not _FITS[kind][name](value):
            raise Unknown(f"its `{name}` is of another type")
    return kind(**words)


def _plain(value: Any, where: str) -> Any:
    """Return a value as JSON has it. Raises `NotInJson` for what would come back as something else."""
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {_name(name, where): _inside(held, name, where) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held, where) for held in value]
    if isinstance(value, StoppedGuard):
        return _written(value)
    return _plain_number(value, where)


def _plain_number(value: Any, where: str) -> Any:
    if isinstance(value, int):
        if -(2**63) <= value < 2**64:
            return value
        raise NotInJson(f"{where}: a number of more than 64 bits")
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise NotInJson(f"{where}: {value} is no number in JSON")
    raise NotInJson(f"{where}: a {type(value).__name__} is no value of JSON")


def _inside(value: Any, name: str, where: str) -> Any:
    """Return what stands below a name; how that is called is put together only where it is needed."""
    return value if type(value) is str else _plain(value, f"{where}.{name}")


def _name(name: Any, where: str) -> str:
    if isinstance(name, str):
        return name
    raise NotInJson(f"{where}: a name that is no text")


def _dump(words: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(words, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise NotInJson(str(error)) from None


def _load(raw: bytes, wrapped: str = "") -> dict[str, Any]:
    try:
        words = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Unknown("it is no JSON") from None
    if wrapped:
        words = words.get(wrapped) if isinstance(words, dict) and len(words) == 1 else None
    if not isinstance(words, dict):
        raise Unknown("it is no object of a plan")
    return words
