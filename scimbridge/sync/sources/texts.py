"""Values of databases, JSON and directories as the texts that rows have, and what may stand in a text. Pure.

Nothing is rounded and nothing is guessed: what has no one text is a `ValueError` that says what would be right.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
import uuid
from decimal import Decimal
from typing import Any

Text = str | tuple[str, ...]
TEXT, NUMBER, BOOLEAN, TIME, LIST = "a text", "a number", "true or false", "a time", "a list"

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
"""What no value has: control characters, and the sign for a character that was lost before."""
_HALVES = re.compile("[\ud800-\udfff]")
_SPREADSHEET_ERRORS = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_REWRITTEN = re.compile(r"[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d+|[+-]?\d+\.0*", re.ASCII)
_FORMULA = re.compile(r"=\s*\".*\"", re.DOTALL)
_UNSEEN = frozenset({"Cf", "Zl", "Zp"})
_NOBODY = frozenset({"null", "none", "nan", "n/a", "nil"})


def kind_of(value: Any) -> str:
    """Return what kind of value it is, "" for none."""
    match value:
        case None:
            return ""
        case bool():
            return BOOLEAN
        case int() | float() | Decimal():
            return NUMBER
        case dt.date() | dt.time():
            return TIME
        case list() | tuple():
            return LIST
    return TEXT


def text_of(value: Any) -> Text:
    """Return a value as a text, "" for none, a list as texts. Raises ValueError for what has no one text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return tuple(_element(each) for each in value if each is not None)
    return _plain(value)


def _plain(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | uuid.UUID():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case Decimal() if value.is_finite():
            return str(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            raise ValueError("is binary; make a text of it in the source")
        case dict():
            raise ValueError("is an object; name one of its members, as name.family")
    raise ValueError("is nothing that has one text; make a text of it in the source")


def _element(value: Any) -> str:
    text = text_of(value)
    if not isinstance(text, str):
        raise ValueError("is a list of lists; make a list of texts of it in the source")
    return text


def is_plain(text: str) -> bool:
    """Whether a text can have nothing that `wrong_text` looks for; not to be sure is no."""
    return text.isprintable() and text[0] != "#" and "\ufffd" not in text


def wrong_text(text: str) -> str:
    """Return what is wrong with a text, whatever it is of; "" for nothing."""
    if found := CONTROL.search(text):
        return "has the sign for a lost character (U+FFFD)" if found[0] == "\ufffd" else "has a control character"
    if not text.isascii() and _HALVES.search(text):
        return "has half of a character"
    if text.startswith("#") and text.strip() in _SPREADSHEET_ERRORS:
        return "is an error of a spreadsheet"
    return ""


def wrong_key(value: Any, text: Text, pattern: re.Pattern[str] | None) -> str:
    """Return what is wrong with a key, "" for nothing; `value` is what the source has, and `text` its text."""
    if not isinstance(text, str):
        return "is a list, and a key is one text"
    if not text.strip():
        return "is empty, and it says who the row is of"
    if text != text.strip():
        return "has blanks at its edges, so that it is another key than the one without"
    if pattern is not None and pattern.fullmatch(text) is None:
        return "does not look like key_pattern says"
    if isinstance(value, bool | float | dt.date) or (isinstance(value, Decimal) and value.as_tuple().exponent != 0):
        return f"is {kind_of(value)} and no whole number; give keys as texts, so that none is rounded"
    return _wrong_spelling(text) if pattern is None else ""


def _wrong_spelling(text: str) -> str:
    """Return what is wrong with a key of which nobody says what it looks like."""
    if any(unicodedata.category(each) in _UNSEEN for each in text):
        return "has a character that nobody sees, so that it is another key than the one without"
    if not unicodedata.is_normalized("NFC", text):
        return "has letters in parts (it is not NFC), so that it is another key than the one that looks the same"
    if _FORMULA.fullmatch(text):
        return "is a formula of a spreadsheet; export the column as text, or say key_pattern"
    if _REWRITTEN.fullmatch(text):
        return "is a number that a spreadsheet has rewritten; export the column as text, or say key_pattern"
    if text.casefold() in _NOBODY:
        return "is a word for no value"
    return ""
