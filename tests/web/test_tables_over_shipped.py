"""Tables over the shipped ones, over HTTP: what a client is served where the directory holds only what differs."""

from __future__ import annotations

import pytest
import structlog

from scimbridge.access.clients import Clients
from scimbridge.bridge import load_tables
from scimbridge.settings.declared import Secret, Settings
from scimbridge.start_log import StartLog

OWN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
USERS = f"""
resource = "User"
extends  = "shipped"
disable  = ["photos"]

["{CORE}"]
nickName = false
title    = "nickname"

["{OWN}"]
department = "department"
"""
AWAY = 'resource = "Population"\nextends = "shipped"\nserve = false\n'


@pytest.fixture
def client(make_client, tmp_path):
    """A bridge with two small tables over the shipped ones."""
    (tmp_path / "mine.toml").write_text(USERS, encoding="utf-8")
    (tmp_path / "away.toml").write_text(AWAY, encoding="utf-8")
    return make_client(settings={"mappings": tmp_path})


def test_rows_replace_are_added_and_go(client):
    """What is written goes where the operator's rows say; the other rows are the shipped ones."""
    sent = {"userName": "laid", "title": "Dr", "nickName": "X", OWN: {"department": "IT"}, "userType": "Staff"}
    made = client.good("POST", "/Users", sent)
    held = client.sandbox.directory.users.get(made["id"])
    assert {name: held.get(name) for name in ("nickname", "title", "department", "type")} == {
        "nickname": "Dr", "title": None, "department": "IT", "type": "Staff",
    }  # fmt: skip
    assert (made["title"], made[OWN]["department"], "nickName" in made) == ("Dr", "IT", False)
    found = client.list("/Users", filter=f'title eq "Dr" and {OWN}:department eq "IT"')
    assert [each["id"] for each in found["Resources"]] == [made["id"]]


def test_schemas_follow(client):
    """What was taken away is not published, and what was added is."""
    schemas = {
        each["id"]: {part["name"] for part in each["attributes"]} for each in client.list("/Schemas")["Resources"]
    }
    assert not {"nickName", "photos"} & schemas[CORE]
    assert {"title", "timezone"} <= schemas[CORE]
    assert {"department", "accountId"} <= schemas[OWN]


def test_what_has_no_table_is_served_by_the_shipped_one(client):
    """Groups are there as ever; populations are not, since the operator says so."""
    assert client.list("/Groups")["totalResults"] == 9
    assert client.fault("GET", "/Populations") == (404, None)
    names = {each["name"] for each in client.list("/ResourceTypes")["Resources"]}
    assert {"User", "Group"} <= names
    assert "Population" not in names


def test_the_log_says_at_the_start_what_lies_over_what(tmp_path):
    """A line for each resource type, which says of an operator's directory what lies over what."""
    (tmp_path / "mine.toml").write_text(USERS, encoding="utf-8")
    settings = Settings(
        pingone_environment_id="6ca0c49e-3c2d-446d-8182-c2a804b2c865",
        pingone_client_id="worker",
        pingone_client_secret=Secret("s3cr3t"),
        pingone_region="EU",
        bearer_token=Secret("t0ken"),
        mappings=tmp_path,
    )
    with structlog.testing.capture_logs() as written:
        StartLog().write(settings, load_tables(settings), Clients())
    lines = {line["resource"]: line for line in written if line["event"] == "table"}
    assert lines["User"]["origin"].startswith("lies over shipped users.toml: its head sets disable")
    assert lines["Group"]["origin"] == "the directory has no table of Group, so the shipped one serves"
    assert lines["Population"]["file"] == "shipped populations.toml"
