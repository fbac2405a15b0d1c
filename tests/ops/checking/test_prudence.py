"""Settings that are right by themselves and seldom meant are told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scimbridge.access.caller import Caller
from scimbridge.access.clients import Client
from scimbridge.ops.checking.findings import Grade
from scimbridge.ops.checking.prudence import check_prudence, check_scan
from scimbridge.settings.declared import Secret, Settings

HERE = {
    "pingone_environment_id": "0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70",
    "pingone_client_id": "5d1f0c52-2f0e-4a57-b0c7-6f1d2c3b4a59",
    "pingone_client_secret": Secret("Wd3pM8-qTzXr5LvK2nYb7JhG"),
    "pingone_region": "EU",
    "bearer_token": Secret("Vb7qG2-wzXo9LkR4tYp1NsD8uFhJ3mCe"),
}


def look(environ=None, clients=(), **changes):
    return list(check_prudence(Settings(**{**HERE, **changes}), clients, environ or {}))


def test_usual_settings_are_not_worth_a_word():
    """The defaults, with what every operator sets."""
    assert look() == []


@pytest.mark.parametrize(
    ("changes", "grade", "told"),
    [
        ({"pingone_client_id": HERE["pingone_environment_id"]}, Grade.WARNING, "it is the environment's id"),
        ({"pingone_client_secret": Secret('"abc"')}, Grade.FAULT, "quotation marks"),
        (
            {"pingone_api_url": "https://api.pingone.eu", "pingone_auth_url": "https://auth.pingone.com"},
            Grade.WARNING,
            "two regions (pingone.com and pingone.eu)",
        ),
        ({"pingone_rate": 500.0}, Grade.WARNING, "500 calls a second"),
        ({"request_deadline": 300.0}, Grade.WARNING, "may take 300 s"),
        ({"request_deadline": 2.0}, Grade.WARNING, "2 s leave no time"),
        ({"datetime_offset": timedelta(hours=2)}, Grade.NOTE, "is shifted"),
        ({"public_url": "http://bridge.example.com"}, Grade.WARNING, "travel in clear"),
        ({"public_url": "https://bridge.example.com/scim/v2"}, Grade.WARNING, "adds /scim/v2"),
        ({"state_url": Secret("redis://redis:6379/0", hidden=())}, Grade.WARNING, "no password and no TLS"),
        ({"state_url": Secret("redis://:pw12@redis:6379/0", hidden=("pw12",))}, Grade.WARNING, "with no TLS"),
        ({"log_level": "debug"}, Grade.NOTE, "debug"),
        ({"clients": (Client(Caller("hr")),)}, Grade.NOTE, "beside the clients"),
        ({"environ": {"HTTPS_PROXY": "http://proxy:3128"}}, Grade.NOTE, "HTTPS_PROXY is set and not used"),
    ],
)
def test_what_is_seldom_meant(changes, grade, told):
    """One finding each, which says what is so."""
    (finding,) = look(**changes)
    assert finding.grade is grade
    assert told in finding.what
    assert "pw12" not in f"{finding}"


def test_files_in_the_folder_of_tables_that_nobody_reads(tmp_path):
    """A table under another ending has no effect, and nobody else says so."""
    (tmp_path / "users.toml").touch()
    (tmp_path / "groups.tml").touch()
    (finding,) = look(mappings=tmp_path)
    assert "groups.tml" in finding.what


@pytest.mark.parametrize(("count", "told"), [(None, False), (250, False), (300, True)])
def test_more_users_than_may_be_read(count, told):
    """A filter that PingOne cannot answer would be refused."""
    assert bool(list(check_scan(count, 250))) is told
