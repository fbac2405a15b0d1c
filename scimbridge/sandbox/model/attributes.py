"""PingOne's built-in user attributes: type, schema class, limits (docs/pingone.md §2.2, §3).

Data only; schema.py publishes it, rules.py enforces it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

PRINTABLE: Final = r"[\p{L}\p{M}\p{Zs}\p{S}\p{N}\p{P}]*"
PERSON: Final = r"[\p{L}\p{M}\p{N}' .-]*"
STREET: Final = r"[\p{L}\p{M}\p{N}\p{Zs}\p{P}\n\r]*"
TIMEZONE: Final = r"[A-Za-z0-9_]+\/[A-Za-z0-9_]+"
COUNTRY: Final = r"[A-Z]{2}"
WITH_DIGIT: Final = r"(?s).*\d.*"
WEB_ADDRESS: Final = r"https?:\/\/[^\s\/]\S*"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+\/=?^_`{|}~\u0080-\uFFFF-]+"
_LABEL: Final = r"[A-Za-z0-9\u0080-\uFFFF](?:[A-Za-z0-9\u0080-\uFFFF-]*[A-Za-z0-9\u0080-\uFFFF])?"
EMAIL: Final = rf"""(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\r\n]|\\.)+")@{_LABEL}(?:\.{_LABEL})*"""
_EXTENSIONS: Final = r"(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?"
LANGUAGE_TAG: Final = (
    r"[A-Za-z]{2,8}(?:-[A-Za-z]{3}){0,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    rf"(?:-(?:[A-Za-z0-9]{{5,8}}|[0-9][A-Za-z0-9]{{3}}))*{_EXTENSIONS}"
)
_RANGE: Final = r"(?:\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)(?:\s*;\s*q=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?"
ACCEPT_LANGUAGE: Final = rf"{_RANGE}(?:\s*,\s*{_RANGE})*"


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Length in characters and pattern of a string; `relaxed` is the pattern with strict patterns off."""

    low: int = 0
    high: int | None = None
    pattern: str | None = None
    relaxed: str | None = None
    message: str | None = None


_LINE: Final = TextLimits(1, 256, PRINTABLE)
_PERSON: Final = TextLimits(1, 256, PERSON, PRINTABLE)
_PHONE: Final = TextLimits(0, 32, WITH_DIGIT, message="must contain at least one digit")

STRINGS: Final[dict[str, TextLimits]] = {
    "username": TextLimits(1, 128, PRINTABLE),
    "email": TextLimits(0, 320, EMAIL, message="must be a well-formed email address"),
    "name.given": _LINE,
    "name.middle": _LINE,
    "name.family": _PERSON,
    "name.formatted": _PERSON,
    "name.honorificPrefix": TextLimits(),
    "name.honorificSuffix": TextLimits(),
    "nickname": _LINE,
    "title": _LINE,
    "type": _LINE,
    "locale": TextLimits(1, 256, LANGUAGE_TAG, message="must be a valid RFC 5646 language tag"),
    "preferredLanguage": TextLimits(0, None, ACCEPT_LANGUAGE, message="must be a valid Accept-Language value"),
    "timezone": TextLimits(0, None, TIMEZONE, PRINTABLE),
    "primaryPhone": _PHONE,
    "mobilePhone": _PHONE,
    "address.streetAddress": TextLimits(1, 256, STREET),
    "address.locality": _LINE,
    "address.region": _LINE,
    "address.postalCode": TextLimits(1, 40, PRINTABLE),
    "address.countryCode": TextLimits(0, None, COUNTRY),
    "photo.href": TextLimits(0, None, WEB_ADDRESS, message="must be a valid http or https URL"),
    "externalId": TextLimits(1, 1024),
    "accountId": TextLimits(),
}
"""The settable strings, by dotted path."""

OBJECTS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(path.split(".")[1] for path in STRINGS if path.startswith(f"{name}."))
    for name in ("name", "address", "photo")
}
"""The settable objects with their members."""

SETTABLE: Final = frozenset(path.split(".")[0] for path in STRINGS)

FACETS: Final = frozenset({"enabled", "mfaEnabled", "population", "identityProvider", "password", "verifyStatus"})
"""Written by calls of their own, never by PUT or PATCH of the user."""

READ_ONLY: Final = frozenset({
    "_links", "_embedded", "id", "environment", "account", "lifecycle", "createdAt", "updatedAt",
    "lastSignOn", "emailVerified", "memberOfGroupIDs", "memberOfGroupNames", "memberOfExternalGroups",
})  # fmt: skip

SchemaType = Literal["CORE", "STANDARD", "CUSTOM"]
AttributeType = Literal["STRING", "JSON", "BOOLEAN", "COMPLEX"]

CORE: Final[tuple[tuple[str, AttributeType, tuple[str, ...]], ...]] = (
    ("account", "COMPLEX", ("canAuthenticate", "status", "lockedAt", "unlockAt", "secondsUntilUnlock")),
    ("createdAt", "STRING", ()),
    ("emailVerified", "BOOLEAN", ()),
    ("enabled", "BOOLEAN", ()),
    ("environment", "COMPLEX", ("id",)),
    ("id", "STRING", ()),
    ("identityProvider", "COMPLEX", ("id", "type")),
    ("lastSignOn", "COMPLEX", ("at", "remoteIp")),
    ("lifecycle", "COMPLEX", ("status",)),
    ("memberOfGroupIDs", "STRING", ()),
    ("memberOfGroupNames", "STRING", ()),
    ("mfaEnabled", "BOOLEAN", ()),
    ("population", "COMPLEX", ("id",)),
    ("updatedAt", "STRING", ()),
    ("username", "STRING", ()),
    ("verifyStatus", "STRING", ()),
)
"""The attributes that no administrator can change: name, type, members."""

STANDARD: Final[tuple[tuple[str, AttributeType, tuple[str, ...]], ...]] = tuple(
    (name, "COMPLEX" if name in OBJECTS else "STRING", OBJECTS.get(name, ()))
    for name in sorted(SETTABLE - {"username"})
)
"""The built-in attributes of which `enabled` and `unique` can be changed."""

MULTI_VALUED: Final = frozenset({"memberOfGroupIDs", "memberOfGroupNames"})
