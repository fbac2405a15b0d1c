"""What the log may show of a path that leads nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from scimbridge.web.wrong_paths import clean


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/"),
        ("", "/"),
        ("/Users", "/Users"),
        ("/Users/", "/Users"),
        ("/scim/Users", "/scim/Users"),
        ("/scim", "/scim"),
        ("/scim/v1/Users/7f1b", "/scim/v1/..."),
        ("/v2/Users", "/v2/Users"),
        ("/scim2/ServiceProviderConfigs", "/scim2/ServiceProviderConfigs"),
        ("/identity/scim/v2/Users", "/identity/scim/..."),
        ("/scim/v2/Roles", "/scim/v2/Roles"),
        ("/SCIM/V2/Devices/7", "/SCIM/V2/Devices/7"),
        ("/scim/v2/scim/v2/Users", "/scim/v2/scim/v2/..."),
        ("/Users/ada", "/Users/*"),
        ("/Users/ada.lovelace@example.org", "/Users/*"),
        ("/ada.lovelace@example.org", "/*"),
        ("/ada.lovelace/Users", "/*/Users"),
        ("/people/ada", "/people/*"),
        ("/4f7f6e52-6f3c-4d2c-8f5e-0d1f1c9f7a11", "/*"),
        ("/scb_abcdefgh_0123456789012345678901234567890123456789012/Users", "/*/Users"),
        ("/0441234567", "/*"),
        ("/Users\n200", "/*"),
        ("/" + "a" * 1000, "/*"),
    ],
)
def test_words_are_shown_and_names_are_not(path, shown):
    """The first words show which base URL a client has; names, ids, numbers and secrets are stars."""
    assert clean(path) == shown


@given(some.text(max_size=300))
def test_whatever_is_sent_is_short_and_plain(path):
    """No path makes a long line, and none brings characters of its own along."""
    told = clean(path)
    assert len(told) <= 60
    assert told.isascii()
    assert told.isprintable()
