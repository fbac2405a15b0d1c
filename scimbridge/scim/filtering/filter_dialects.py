"""What known clients write in filters and PATCH paths that RFC 7644 does not say, one named function a quirk.

Text in, text out: every function turns a client's form into the standard one, or refuses what only looks like it, and
leaves everything else alone. They are used for clients that are not held to the letter. Pure; knows no table.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from urllib.parse import unquote

from scimbridge.scim.errors import InvalidFilter
from scimbridge.scim.filtering.tokens import MAX_LENGTH, read_name

# What is set as a quote in some language, or taken for one.
_QUOTES = (
    "'`\u00ab\u00bb\u2018-\u201f\u2039\u203a"  # straight, angled and curly ones, the low ones among them
    "\u2e02-\u2e05\u2e09\u2e0a\u2e0c\u2e0d\u2e1c\u2e1d\u2e20\u2e21\u2e42"  # those of editors of old texts
    "\u3008-\u300f\u301d-\u301f\ufe41-\ufe44\uff02\uff07\uff40\uff62\uff63"  # corners, angles, full-width ones
    "\u00b4\u02b9-\u02bf\u02c8\u02ca\u02cb\u02ee\u02f4\u2032-\u2037"  # accents, primes, letters like apostrophes
    "\u055a\u05f3\u05f4\u07f4\u07f5\u275b-\u2760\u276e\u276f\U0001f676-\U0001f678"  # Armenian, Hebrew, N'Ko, ornaments
)  # as ranges of a regular expression
# A string that is not closed goes to the end, so that no text is looked through twice.
_STRING = r'"(?:[^"\\]|\\.)*+"?'
_UNQUOTED = re.compile(
    rf"({_STRING})|(\b(eq|ne|co|sw|ew|gt|ge|lt|le)(?:\s+|(?=[{_QUOTES}])))([^\s\"()\[\]]+)", re.IGNORECASE | re.DOTALL
)
_QUOTED = re.compile(rf'\A["{_QUOTES}]|["{_QUOTES}]\Z')
_JSON_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.IGNORECASE | re.ASCII)
_MOST_ENCODINGS = 3  # layers of %22 and &quot; that a value is looked for under


def read_filter_text(text: str, urns: Iterable[str]) -> str:
    """Return a filter in the standard form, `urns` being those of the types that are asked. Raises `InvalidFilter`."""
    return put_colons_behind_urns(quote_bare_values(text), urns)


def read_path_text(text: str, urns: Iterable[str]) -> str:
    """Return the path of a PATCH in the standard form, as `read_filter_text` does. Raises `InvalidFilter`."""
    return put_colons_behind_urns(quote_bare_selection(text), urns)


def quote_bare_values(text: str) -> str:
    """Entra's older reference check: `id eq 5c2d7f1e-... and manager eq 2819c223-...` has its values unquoted.

    Raises `InvalidFilter` for a value in quotes that are no JSON quotes: quoted once more it would find nothing.
    """
    if len(text) > MAX_LENGTH:
        return text  # it is refused for that, and not worked on before

    def quote(match: re.Match[str]) -> str:
        if match[1] is not None or _JSON_WORD.fullmatch(match[4]):
            return match[0]
        _refuse_false_quotes(match)
        return f'{match[2]}"{match[4]}"' if "\\" not in match[4] else match[0]

    return _UNQUOTED.sub(quote, text)


def _refuse_false_quotes(match: re.Match[str]) -> None:
    """Administrators' filter fields, Charon's documentation: `userName eq 'a@example.com'`; the value is not told."""
    if not _has_false_quotes(match[4]):
        return
    before = re.split(r"[\s(\[]", match.string[: match.start()].rstrip())[-1]
    name = before if read_name(before) is not None else "attribute"
    msg = f'a value stands in plain double quotes and in no others, as in: {name[:100]} {match[3].lower()} "value"'
    raise InvalidFilter(msg)


def _has_false_quotes(word: str) -> bool:
    """Whether a value that is not in JSON's quotes begins or ends with something that was meant for one."""
    if word.startswith("\\"):
        return True  # \"a\", \u0022a\u0022
    for _layer in range(_MOST_ENCODINGS):
        word = html.unescape(unquote(word))
    return _QUOTED.search(word) is not None


def quote_bare_selection(path: str) -> str:
    """Hand-made clients: `members[value eq 5c2d7f1e-...]`, `emails[type eq work].value` as the path of a PATCH.

    Raises `InvalidFilter` as `quote_bare_values` does.
    """
    return quote_bare_values(path) if "[" in path else path


def put_colons_behind_urns(text: str, urns: Iterable[str]) -> str:
    """ConnId, Syncope: `urn:...:2.0:User.title` is `urn:...:2.0:User:title`, in a path, a filter or a list of names.

    `urns` are those of the resource type. Another URN that only begins like one of them stays as it is.
    """
    if ":" not in text or len(text) > MAX_LENGTH:
        return text
    return _dotted(tuple(sorted(urns, key=len, reverse=True))).sub(_put_colon, text)


def _put_colon(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"{match[1]}:"


@lru_cache(maxsize=64)
def _dotted(urns: tuple[str, ...]) -> re.Pattern[str]:
    known, end = "|".join(map(re.escape, urns)), r"(?=[\s,()\[\]]|\Z)"
    whole, dotted = rf"(?:{known})(?::|{end})", rf"({known})\.(?=[A-Za-z$_][\w$.-]*+{end})"
    flags = re.IGNORECASE | re.DOTALL | re.ASCII
    return re.compile(rf"{_STRING}|(?<![\w$:.-])(?:{whole}|{dotted})", flags)


_URN_TEXT = re.compile(r"urn:[A-Za-z0-9:/?#@!&'*+,;=._~%$-]+", re.IGNORECASE)


def is_foreign(path: str, urns: Collection[str]) -> bool:
    """ConnId, Syncope: `urn:example:Own:2.0:User.address.city` names something of a schema that is not known here."""
    head = path.strip().partition("[")[0].rstrip()
    lower = head.lower()
    ours = any(lower.startswith(urn.lower()) and lower[len(urn) : len(urn) + 1] in ("", ":", ".") for urn in urns)
    return not ours and _URN_TEXT.fullmatch(head) is not None
