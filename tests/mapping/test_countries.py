from __future__ import annotations

import pycountry

from scimbridge.mapping.countries import COUNTRIES

WORDS = ("alpha_3", "name", "common_name", "official_name")


def registered(country):
    """Return all words of the register for one country, each once."""
    return tuple(dict.fromkeys(word for name in WORDS if (word := getattr(country, name, None))))


def test_the_countries_are_those_of_the_register():
    """Every code and every English name of ISO 3166-1 stands in the table, and nothing else does."""
    register = {country.alpha_2: registered(country) for country in pycountry.countries}
    wrong = {code: register.get(code) for code in register | COUNTRIES if register.get(code) != COUNTRIES.get(code)}
    assert wrong == {}, "what stands here has to stand in scimbridge/mapping/countries.py"
