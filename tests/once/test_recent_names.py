"""What was just made is found, also where PingOne's lists lag."""

from __future__ import annotations

from dataclasses import replace

from scimbridge.app import create_app


def test_look_up_right_after_create(client, settings, sandbox):
    """A look-up by name right after the create waits until PingOne shows the user; an empty list is not believed."""
    client = replace(client, app=create_app(settings))  # with the real clock, since the sandbox lags by it
    sandbox.faults.set(visibility_delay=0.4)
    made = client.good("POST", "/Users", {"userName": "Fresh@example.org"})
    found = client.list("/Users", filter='userName eq "fresh@example.org"')
    assert [user["id"] for user in found["Resources"]] == [made["id"]]
    group = client.good("POST", "/Groups", {"displayName": "Fresh"})
    found = client.list("/Groups", filter='displayName eq "Fresh"', excludedAttributes="members")
    assert [each["id"] for each in found["Resources"]] == [group["id"]]
    assert client.good("GET", f"/Groups/{group['id']}")["id"] == group["id"]


def test_stranger_is_not_waited_for(client):
    """A name that nobody has given here is answered at once, in one call."""
    assert client.list("/Users", filter='userName eq "stranger"')["totalResults"] == 0
    assert client.calls == ["GET /users"]


def test_deleted_is_not_waited_for(client):
    """A user that was made and deleted here is not waited for."""
    made = client.good("POST", "/Users", {"userName": "shortlived"})
    client.good("DELETE", f"/Users/{made['id']}")
    assert client.list("/Users", filter='userName eq "shortlived"')["totalResults"] == 0
    assert client.calls == ["GET /users"]
