"""Where a user schema has no place for a field: not there, disabled, as a whole or one member of it."""

from __future__ import annotations

import pytest

from scimbridge.pingone.schema import find_lack, read_schema

SCHEMA = read_schema([
    {"name": "title"},
    {"name": "nickname", "enabled": False},
    {"name": "name", "type": "COMPLEX", "subAttributes": [{"name": "given"}, {"name": "family", "enabled": False}]},
    {"name": "photo", "type": "COMPLEX", "enabled": False, "subAttributes": [{"name": "href"}]},
    {"name": "profile", "type": "JSON"},
])  # fmt: skip


@pytest.mark.parametrize(
    ("path", "lack"),
    [
        ("title", None), ("name.given", None), ("profile.anything", None), ("mfaEnabled", None),
        ("population.id", None),
        ("costCentre", "missing"), ("Title", "missing"), ("name.middle", "missing"), ("name.given.x", "missing"),
        ("nickname", "disabled"), ("name.family", "disabled"), ("photo.href", "disabled"),
    ],
)  # fmt: skip
def test_lack(path, lack):
    """PingOne's own members are there in every environment; names count with their case."""
    assert find_lack(tuple(path.split(".")), SCHEMA) == lack
