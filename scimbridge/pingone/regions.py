"""The six regions of PingOne by name, and the two hosts of each (docs/pingone.md §1.1). Pure data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """Where one region answers: the management API and the token endpoint, without /v1."""

    name: str
    api_url: str
    auth_url: str


def _region(name: str, domain: str) -> Region:
    return Region(name, f"https://api.pingone.{domain}", f"https://auth.pingone.{domain}")


REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        _region("NA", "com"),
        _region("EU", "eu"),
        _region("CA", "ca"),
        _region("AP", "asia"),
        _region("AU", "com.au"),
        _region("SG", "sg"),
    )
}


def find_region(name: str) -> Region:
    """Return the region of this name, in any case. Raises ValueError that lists the names there are."""
    region = REGIONS.get(name.strip().upper())
    if region is None:
        raise ValueError(f"unknown region {name!r}: one of {', '.join(REGIONS)}")
    return region
