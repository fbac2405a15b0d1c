"""PingOne was down and is back: the first request that makes many calls at once is carried out whole."""

from __future__ import annotations

import pytest

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def group(client):
    return client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "New"})["id"]


@pytest.fixture
def after(client, clock, group):
    """A client whose bridge has just taken PingOne for down, which is up again and slow enough for calls to meet."""
    faults = client.sandbox.faults
    faults.set(error_share=1.0, error_statuses=(503,))
    for _time in range(20):
        if client.send("GET", "/Users?count=1").status_code == 503:
            clock.offset += 0.3
    assert client.send("GET", "/Users?count=1").status_code == 503
    assert not client.calls, "it is known to be down"
    faults.set(error_share=0.0, latency=0.05)
    clock.offset += 1.5
    return client


def test_all_members_are_added(after, group):
    """A change of a few members is whole: calls that come while the first is under way wait for it."""
    users = [each["id"] for each in after.sandbox.directory.users][:9]  # so few are not read before they are added
    change = {"op": "add", "path": "members", "value": [{"value": each} for each in users]}
    answer = after.patch(f"/Groups/{group}", change)
    assert answer.status_code in (200, 204), answer.text
    assert set(users) == after.members(group)


def test_all_operations_of_a_bulk_request_are_carried_out(after):
    """Twenty creates of one bulk request are all made."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": f"{number}",
         "data": {"schemas": [USER], "userName": f"new.{number}", "name": {"familyName": "New"}}}
        for number in range(20)
    ]  # fmt: skip
    body = after.good("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert {each["status"] for each in body["Operations"]} == {"201"}
