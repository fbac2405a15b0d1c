"""What PingOne takes in its own fields, and what it filters them by."""

from __future__ import annotations

import pytest

from scimbridge.pingone import kinds
from scimbridge.pingone.fields import CUSTOM, Field

USERS, GROUPS, POPULATIONS = kinds.USERS.fields, kinds.GROUPS.fields, kinds.POPULATIONS.fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("username", "jdoe"),
        ("username", "ü" * 128),
        ("email", "jane@example.com"),
        ("email", '"jane doe"@example.com'),
        ("name.family", "O'Neil-Smith Jr."),
        ("name.given", "Jane, (the) & €"),
        ("locale", "en-US"),
        ("locale", "man-Nkoo-GN"),
        ("preferredLanguage", "en-gb;q=0.8, en;q=0.7"),
        ("preferredLanguage", "*"),
        ("timezone", "Europe/Paris"),
        ("primaryPhone", "+44 (0) 20 7946 0000"),
        ("address.streetAddress", "1 High Street\r\nFlat 2"),
        ("address.countryCode", "GB"),
        ("photo.href", "https://example.com/a.png"),
        ("externalId", "x" * 1024),
        ("enabled", False),
        ("title", None),
        ("accountId", "anything at all"),
    ],
)
def test_taken(name, value):
    """What docs/pingone.md §2.2 allows passes."""
    assert USERS[name].refuse(value) is None


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("username", "", "not empty"),
        ("username", "x" * 129, "at most 128 characters"),
        ("username", "a\tb", "control characters"),
        ("email", "jane", "e-mail"),
        ("email", "a b@example.com", "e-mail"),
        ("name.family", "Doe\tJane", "control characters"),
        ("name.family", "x" * 257, "at most 256"),
        ("name.formatted", "Jane\nDoe", "control characters"),
        ("locale", "en_US", "RFC 5646"),
        ("preferredLanguage", "en;q=2", "Accept-Language"),
        ("timezone", "UTC\n", "control characters"),
        ("primaryPhone", "1" * 33, "at most 32"),
        ("mobilePhone", "none", "digit"),
        ("address.streetAddress", "1 + 2", "symbols"),
        ("address.countryCode", "gb", "capital letters"),
        ("address.countryCode", "GBR", "capital letters"),
        ("address.postalCode", "1" * 41, "at most 40"),
        ("photo.href", "ftp://example.com/a.png", "http"),
        ("externalId", "x" * 1025, "at most 1024"),
        ("enabled", "true", "true or false"),
        ("title", 5, "a string"),
        ("username", "abc\n", "control characters"),
    ],
)
def test_refused(name, value, hint):
    """What PingOne refuses is refused with words that say what would be right."""
    assert hint in USERS[name].refuse(value)


@pytest.mark.parametrize(
    ("name", "value", "doubted"),
    [
        ("name.family", "O'Neil-Smith Jr.", False),
        ("name.family", "Doe, Jane", True),
        ("name.family", "A/B", True),
        ("name.formatted", "Jane (JD) Doe", True),
        ("timezone", "Europe/Paris", False),
        ("timezone", "UTC", True),
        ("timezone", "America/Argentina/Ushuaia", True),
        ("timezone", "America/Port-au-Prince", True),
        ("timezone", None, False),
    ],
)
def test_what_an_environment_may_refuse(name, value, doubted):
    """Where the sources contradict each other a value is taken here, known to be in doubt (docs/pingone.md §2.2)."""
    assert USERS[name].refuse(value) is None
    assert USERS[name].doubt.refuses(value) is doubted


def test_a_trial_shows_what_is_enforced():
    """The value that is tried is one that only an environment which enforces the pattern refuses."""
    doubtful = {name: rule for name, rule in USERS.items() if rule.doubt is not None}
    assert set(doubtful) == {"name.family", "name.formatted", "timezone"}
    for rule in doubtful.values():
        assert rule.refuse(rule.doubt.trial) is None
        assert rule.doubt.refuses(rule.doubt.trial)


def test_rule_of_ones_own():
    """A rule that is not in the tables is held as well, as for custom attributes."""
    rule = Field(pattern="[a-c]{2,}", min_length=2, hint="two of a, b, c")
    assert rule.refuse("ab") is None
    assert rule.refuse("xy") == "two of a, b, c"
    assert rule.refuse("a") == "at least 2 characters long"


def test_operators():
    """Only what docs/pingone.md §7 lists is asked of PingOne."""
    assert {name for name, rule in USERS.items() if "sw" in rule.operators} >= {"username", "photo.href"}
    assert {name for name, rule in USERS.items() if "ew" in rule.operators} == {
        "email",
        "name.given",
        "name.family",
    }
    assert {name for name, rule in USERS.items() if "co" in rule.operators} == {"name.given", "name.family"}
    assert USERS["population.id"].operators == USERS["enabled"].operators == {"eq"}
    assert not USERS["mfaEnabled"].operators
    assert {name: rule.operators for name, rule in GROUPS.items()} == {
        name: {"eq"} for name in ("id", "name", "population.id", "externalId")
    }
    assert POPULATIONS["name"].operators == {"eq", "sw"}
    assert POPULATIONS["id"].operators == {"eq"}
    assert CUSTOM.operators == {"eq", "sw"}


def test_case():
    """Only of the user name is it known that case does not count."""
    assert [name for name, rule in USERS.items() if rule.caseless] == ["username"]
    assert USERS["email"].caseless is None
