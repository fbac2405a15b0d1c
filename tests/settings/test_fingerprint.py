"""The digest of a configuration: the same for nodes that have the same, and nothing can be read from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scimbridge.settings.declared import Secret, Settings
from scimbridge.settings.fingerprint import fingerprint

SETTINGS = Settings(
    pingone_environment_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    pingone_client_id="worker",
    pingone_client_secret=Secret("s3cr3t-of-the-worker"),
    pingone_region="EU",
    bearer_token=Secret("t0ken-of-the-client"),
)


def test_nodes_with_the_same_have_the_same():
    """The same settings and tables give the same digest, short enough for a label."""
    first = fingerprint(SETTINGS, "tables")
    assert first == fingerprint(replace(SETTINGS), "tables")
    assert len(first) == 12


@pytest.mark.parametrize(
    "change", [{"page_size": 200}, {"strict": True}, {"bearer_token": Secret("another")}, {"pingone_region": "NA"}]
)
def test_another_setting_gives_another(change):
    """Whatever nodes have in common counts, secrets too."""
    assert fingerprint(replace(SETTINGS, **change), "tables") != fingerprint(SETTINGS, "tables")


def test_other_tables_give_another():
    """The tables count."""
    assert fingerprint(SETTINGS, "other tables") != fingerprint(SETTINGS, "tables")


@pytest.mark.parametrize("change", [{"log_level": "debug"}, {"log_format": "text"}, {"audit": "/var/log/a"}])
def test_what_may_differ_between_nodes_does_not_count(change):
    """How a node logs and where it keeps its own file makes no other configuration."""
    assert fingerprint(replace(SETTINGS, **change), "tables") == fingerprint(SETTINGS, "tables")


def test_it_is_keyed_with_what_nobody_else_has():
    """Another secret at PingOne, which nobody else knows, gives another digest of all the rest."""
    other = replace(SETTINGS, pingone_client_secret=Secret("another"))
    assert fingerprint(other, "tables") != fingerprint(SETTINGS, "tables")
