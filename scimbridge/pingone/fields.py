"""What PingOne enforces on the fields it has from the start, and which operators it filters them by.

From docs/pingone.md §2.2 (lengths, patterns), §4.2, §5 and §7 (filters). Knows native names only. A rule
stands here only where PingOne is known to refuse; everything else is left to PingOne itself. What the sources
contradict each other about is a doubt: an environment may enforce it or not, and shows which.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import regex

_EQ = frozenset({"eq"})
_EQ_SW = frozenset({"eq", "sw"})
_EQ_SW_EW = frozenset({"eq", "sw", "ew"})
_ALL_FOUR = frozenset({"eq", "sw", "ew", "co"})

_TEXT = r"[\p{L}\p{M}\p{Zs}\p{S}\p{N}\p{P}]*"
_TEXT_HINT = "letters, marks, digits, spaces, symbols and punctuation, without control characters"
_NAME = r"[\p{L}\p{M}\p{N}' .-]*"
_NAME_HINT = "letters, marks, digits, space, ' . and -"
_STREET = r"[\p{L}\p{M}\p{N}\p{Zs}\p{P}\n\r]*"
_STREET_HINT = "letters, marks, digits, spaces, punctuation and line breaks, without symbols such as + or $"
_EMAIL = r'(?:"[^"\r\n]+"|[^\s@"]+)@[^\s@]+'
_TAG = r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
_RANGE = rf"(?:\*|{_TAG})(?:[ \t]*;[ \t]*q=(?:0(?:\.[0-9]{{0,3}})?|1(?:\.0{{0,3}})?))?"
_RANGES = rf"[ \t]*{_RANGE}(?:[ \t]*,[ \t]*{_RANGE})*[ \t]*"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pattern that an environment may enforce. `hint` says in words what it allows, `trial` is a value it refuses."""

    pattern: str
    hint: str
    trial: str

    def refuses(self, value: Any) -> bool:
        """Whether an environment that enforces the pattern refuses the value; null clears, and is taken."""
        return isinstance(value, str) and not _compile(self.pattern).fullmatch(value)


@lru_cache(maxsize=64)
def _compile(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


@dataclass(frozen=True, slots=True)
class Field:
    """One native field. `pattern` holds for the whole value; `hint` says in words what it allows.

    `operators` are those PingOne can be asked with. `caseless` is True where PingOne is known to compare
    without regard to case, None where nobody knows. `boolean` values stand bare in a filter. `doubt` is a
    pattern that an environment may enforce beside `pattern`; `may_be_required`: it may want a value in every record.
    """

    pattern: str | None = None
    max_length: int | None = None
    min_length: int = 0
    hint: str = ""
    operators: frozenset[str] = field(default_factory=frozenset)
    caseless: bool | None = None
    boolean: bool = False
    doubt: Doubt | None = None
    may_be_required: bool = False


def _text(most: int = 256, operators: frozenset[str] = _EQ_SW, *, caseless: bool | None = None) -> Field:
    return Field(_TEXT, most, 1, _TEXT_HINT, operators, caseless)


_PHONE = Field(r"[\s\S]*\d[\s\S]*", 32, 1, "a number with at least one digit", _EQ_SW)
_PLAIN = Field(operators=_EQ_SW)
_PERSON = Doubt(_NAME, _NAME_HINT, "O'Neill & Sons, (Check)")
_AREA_AND_PLACE = Doubt(
    r"[A-Za-z0-9_]+/[A-Za-z0-9_]+", "an area and a place such as Europe/Paris", "America/Argentina/Buenos_Aires"
)
_KNOWN_BY_ID = Field(operators=_EQ)

# PingOne's own fields, which stand in no list of what can be filtered by (docs/pingone.md §7.1).
_NOT_FILTERED = (
    "environment.id", "identityProvider.id", "identityProvider.type", "account.canAuthenticate", "account.status",
    "account.lockedAt", "lifecycle.status", "verifyStatus", "lastSignOn.at", "lastSignOn.remoteIp", "createdAt",
    "updatedAt",
)  # fmt: skip

OWN: dict[str, frozenset[str]] = {
    "User": frozenset(_NOT_FILTERED) - {"identityProvider.id"}
    | {"id", "emailVerified", "memberOfGroupIDs", "memberOfGroupNames"}
    | {"account.unlockAt", "account.secondsUntilUnlock"},
    "Group": frozenset(
        {
            "id", "environment.id", "createdAt", "updatedAt", "displayName", "checkSum", "isExternal", "sourceId",
            "sourceType", "directMemberCounts.users", "directMemberCounts.groups",
        }
    ),
    "Population": frozenset({"id", "environment.id", "createdAt", "updatedAt", "userCount"}),
}  # fmt: skip
"""What only PingOne writes, by resource type: sent along it is ignored in silence (docs/pingone.md §2.2, §4.2, §5)."""

CUSTOM = _PLAIN
"""A custom attribute of type STRING; further rules of its own stand in the environment's schema."""

USERS: dict[str, Field] = {
    "username": _text(128, caseless=True),
    "email": Field(_EMAIL, hint="a well-formed e-mail address", operators=_EQ_SW_EW, may_be_required=True),
    "externalId": Field(None, 1024, 1, "", _EQ_SW),
    "accountId": _PLAIN,
    "enabled": Field(operators=_EQ, boolean=True),
    "mfaEnabled": Field(boolean=True),
    "emailVerified": Field(boolean=True),
    "name.given": _text(256, _ALL_FOUR),
    "name.middle": _text(),
    "name.family": replace(_text(256, _ALL_FOUR), doubt=_PERSON),
    "name.formatted": replace(_text(), doubt=_PERSON),
    "name.honorificPrefix": _PLAIN,
    "name.honorificSuffix": _PLAIN,
    "nickname": _text(),
    "title": _text(),
    "type": _text(),
    "locale": Field(_TAG, 256, 1, "a language tag of RFC 5646 such as en-GB", _EQ_SW),
    "preferredLanguage": Field(
        _RANGES, hint="languages as in Accept-Language, such as en-GB;q=0.8, en;q=0.7", operators=_EQ_SW
    ),
    "timezone": Field(_TEXT, hint=_TEXT_HINT, operators=_EQ_SW, doubt=_AREA_AND_PLACE),
    "primaryPhone": _PHONE,
    "mobilePhone": _PHONE,
    "address.streetAddress": Field(_STREET, 256, 1, _STREET_HINT, _EQ_SW),
    "address.locality": _text(),
    "address.region": _text(),
    "address.postalCode": _text(40),
    "address.countryCode": Field(r"[A-Z]{2}", hint="two capital letters of ISO 3166-1", operators=_EQ_SW),
    "photo.href": Field(r"(?i:https?)://\S+", hint="an http or https address of an image file", operators=_EQ_SW),
    "population.id": _KNOWN_BY_ID,
    **dict.fromkeys(_NOT_FILTERED, Field()),
}

GROUPS: dict[str, Field] = {
    "id": _KNOWN_BY_ID,
    "name": _KNOWN_BY_ID,
    "population.id": _KNOWN_BY_ID,
    "externalId": _KNOWN_BY_ID,
}

POPULATIONS: dict[str, Field] = {
    "id": _KNOWN_BY_ID,
    "name": _PLAIN,
}


def check(rule: Field, value: Any) -> str | None:
    """Return None when PingOne takes the value, else what would be right, as the end of "must be ...".

    None is always taken: it clears the field. Length is counted in characters.
    """
    if value is None:
        return None
    if rule.boolean:
        return None if isinstance(value, bool) else "true or false"
    if rule.pattern is None and rule.max_length is None and not rule.min_length:
        return None
    if not isinstance(value, str):
        return "a string"
    if len(value) < rule.min_length:
        return "not empty" if rule.min_length == 1 else f"at least {rule.min_length} characters long"
    if rule.max_length is not None and len(value) > rule.max_length:
        return f"at most {rule.max_length} characters long"
    if rule.pattern is None:
        return None
    return None if _compile(rule.pattern).fullmatch(value) else rule.hint


EXAMPLES: dict[tuple[str, str], tuple[str, ...]] = {
    ("User", "locale"): ("en-US", "en-GB", "de-DE", "fr-FR"),
    ("User", "preferredLanguage"): ("en-US", "en-GB", "de-DE", "fr-FR"),
    ("User", "timezone"): ("Europe/Berlin", "America/Chicago", "Asia/Tokyo"),
    ("User", "address.countryCode"): ("DE", "FR", "GB", "US"),
    ("Group", "userFilter"): ('username eq "nobody@example.com"',),  # nobody joins a group by following it
    ("Population", "preferredLanguage"): ("en-US", "en-GB", "de-DE", "fr-FR"),
}
"""Values that PingOne takes where it refuses random text, by resource type and field."""
