"""How an event becomes a line: one JSON object, or text for whoever reads along on a terminal.

Both have their fields in the same order: when, how bad, what, for which request and whose, then what the event itself
says in the order in which it says it, and last where it was said. Knows values that JSON can hold, masked before; no
text, however broken, makes it fail, and none begins a line of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TextIO

FIRST = ("timestamp", "level", "event", "request_id", "trace_id", "client")
LAST = ("logger", "exception")
FORMS = ("json", "text")
_PLAIN = re.compile(r"[!#-<>-Z^-z|~]+")  # no blank, no quote, no `=`, no bracket, and nothing but ASCII
_WIDEST_LEVEL = 8  # critical

Render = Callable[[Any, str, MutableMapping[str, Any]], str]
"""The last step of structlog's: logger, method and event -> the line."""


def choose(form: str | None, stream: TextIO) -> Render:
    """Return what renders lines: as `form` says, and where it says nothing, text on a terminal and JSON elsewhere."""
    if form is None:
        form = "text" if stream.isatty() else "json"
    return _as_text if form == "text" else _as_json


def in_order(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an event in the one order."""
    middle = (name for name in event if name not in FIRST and name not in LAST)
    return {name: event[name] for name in (*FIRST, *middle, *LAST) if name in event}


def _as_json(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    return json.dumps(in_order(event), separators=(",", ":"))  # ASCII only, so that nothing can make it fail


def _as_text(_logger: object, _method: str, event: Mapping[str, Any]) -> str:
    fields = in_order(event)
    head = (fields.pop("timestamp", "-"), str(fields.pop("level", "-")).ljust(_WIDEST_LEVEL))
    sentence = _escaped(str(fields.pop("event", "")))
    return "  ".join([" ".join(head), sentence, *(f"{_word(name)}={_value(held)}" for name, held in fields.items())])


def _escaped(text: str) -> str:
    """Return text as JSON escapes it, without the quotes: a line break or an escape sequence of a terminal is told."""
    return json.dumps(text)[1:-1].replace('\\"', '"')


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _value(held: object) -> str:
    if held is None:
        return "-"
    if isinstance(held, str) and held != "-":
        return _word(held)
    return json.dumps(held, separators=(",", ":"))
