"""Words that clients spell in their own way: countries by name, language tags with an underscore.

Each function returns PingOne's spelling, and leaves what it does not know to be refused by who asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scimbridge.mapping.countries import COUNTRIES

# Short names that people write and the ISO list does not carry.
_OTHER_NAMES = {
    "america": "US", "bosnia": "BA", "brunei": "BN", "burma": "MM", "cape verde": "CV", "cote d'ivoire": "CI",
    "côte d\u2019ivoire": "CI", "england": "GB", "great britain": "GB", "holland": "NL", "ivory coast": "CI",
    "macedonia": "MK", "northern ireland": "GB", "palestine": "PS", "republic of ireland": "IE", "russia": "RU",
    "scotland": "GB", "swaziland": "SZ", "the bahamas": "BS", "the gambia": "GM", "the netherlands": "NL",
    "the philippines": "PH", "turkey": "TR", "u.k.": "GB", "u.s.": "US", "u.s.a.": "US", "uk": "GB",
    "united states of america": "US", "usa": "US", "vatican": "VA", "vatican city": "VA", "wales": "GB",
}  # fmt: skip


def _country_names() -> Mapping[str, str]:
    known = dict(_OTHER_NAMES)
    for code, words in COUNTRIES.items():
        known |= {word.casefold(): code for word in (code, *words)}
    return known


_COUNTRIES = _country_names()


def find_country(name: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code for a code or an English name of a country, None where it is neither."""
    return _COUNTRIES.get(" ".join(name.casefold().split()))


_UNDERSCORED_TAG = re.compile(r"[A-Za-z]{2,3}(_[A-Za-z0-9]{2,8})+")


def hyphenate(value: Any) -> Any:
    """Return `en-US` for `en_US`, the POSIX spelling that some clients send for a language tag."""
    if isinstance(value, str) and _UNDERSCORED_TAG.fullmatch(value):
        return value.replace("_", "-")
    return value
