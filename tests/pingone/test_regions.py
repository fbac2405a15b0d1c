"""The regions by name."""

from __future__ import annotations

import pytest

from scimbridge.pingone.regions import REGIONS, find_region


@pytest.mark.parametrize(
    ("name", "domain"),
    [("NA", "com"), ("EU", "eu"), ("CA", "ca"), ("AP", "asia"), ("AU", "com.au"), ("SG", "sg")],
)
def test_hosts(name, domain):
    """Each of the six regions has its two hosts, found in any case."""
    region = find_region(name.lower())
    assert region.api_url == f"https://api.pingone.{domain}"
    assert region.auth_url == f"https://auth.pingone.{domain}"
    assert len(REGIONS) == 6


def test_unknown():
    """An unknown region is refused with the names there are."""
    with pytest.raises(ValueError, match="NA, EU, CA, AP, AU, SG"):
        find_region("US")
