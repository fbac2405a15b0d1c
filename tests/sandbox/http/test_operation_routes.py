"""Environments: which filters and limits they have."""

from __future__ import annotations

import pytest


def ask(api, **query):
    """Ask for environments."""
    return api.call("GET", f"{api.sandbox.url}/v1/environments", params=query)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('name sw "sand"', 1), ('name sw "x"', 0), ('status eq "ACTIVE"', 1), ('license.id eq "x"', 0),
        ('organization.id eq "00000000-0000-4000-8000-000000000001"', 1),
    ],
)  # fmt: skip
def test_filters_of_environments(api, text, found):
    """A filter that there is leaves out what it does not hold for."""
    assert ask(api, filter=text).json()["count"] == found


@pytest.mark.parametrize("text", ['name eq "Sandbox"', 'region eq "EU"', "name sw", 'id eq "a" or id eq "b"', ""])
def test_other_filters_are_refused(api, text):
    """What environments have no filter for is INVALID_FILTER, and not left out."""
    answer = ask(api, filter=text)
    assert (answer.status_code, answer.json()["details"][0]["code"]) == (400, "INVALID_FILTER")


@pytest.mark.parametrize(("limit", "status"), [("1", 200), ("500", 200), ("501", 400), ("0", 400), ("x", 400)])
def test_limits_of_environments(api, limit, status):
    """Up to 500 are told at a time."""
    assert ask(api, limit=limit).status_code == status
