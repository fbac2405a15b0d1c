"""The audit feed over HTTP."""

from __future__ import annotations

import pytest

RANGE = 'recordedAt gt "2000-01-01T00:00:00.000Z" and recordedAt lt "2100-01-01T00:00:00.000Z"'


def feed(api, more="", **params):
    body = api.good("GET", "/activities", params={"filter": RANGE + more, **params})
    return body["_embedded"]["activities"]


def test_every_write_leaves_an_event(api):
    """What was done, to which object, by which client, under which correlation id."""
    answer = api.call("POST", "/users", {"username": "a"})
    user, group = answer.json(), api.group("G")
    api.join(user, group)
    api.good("PUT", f"/users/{user['id']}/enabled", {"enabled": False})
    api.call("DELETE", f"/users/{user['id']}/memberOfGroups/{group['id']}")
    api.call("DELETE", f"/users/{user['id']}")
    api.call("POST", "/users", {})
    events = feed(api)
    assert [event["action"]["type"] for event in events] == [
        "USER.CREATED", "GROUP.CREATED", "MEMBER_OF_GROUP.CREATED", "USER.UPDATED", "MEMBER_OF_GROUP.DELETED",
        "USER.DELETED",
    ]  # fmt: skip
    first, _, joined, disabled = events[:4]
    assert first["correlationId"] == answer.headers["Correlation-Id"]
    assert first["actors"]["client"]["id"] == api.sandbox.client_id
    assert first["resources"][0]["id"] == user["id"]
    assert first["resources"][0]["population"] == user["population"]
    assert joined["resources"][0]["name"] == "G"
    assert joined["resources"][0]["href"].endswith(f"/users/{user['id']}/memberOfGroups/{group['id']}")
    assert disabled["result"] == {"status": "SUCCESS", "description": "Updated enabled for User a"}


def test_the_feed_is_filtered(api):
    """By time, resource, type and correlation id."""
    users = [api.user(name) for name in "ab"]
    api.group("G")
    assert len(feed(api, f' and resources.id eq "{users[0]["id"]}"')) == 1
    assert len(feed(api, ' and action.type eq "USER.CREATED"')) == 2
    at = feed(api)[1]["recordedAt"]
    later = f'recordedAt ge "{at}" and recordedAt le "{at}"'
    found = api.good("GET", "/activities", params={"filter": later})["_embedded"]["activities"]
    assert users[1]["id"] in [event["resources"][0]["id"] for event in found]


@pytest.mark.parametrize(
    "text",
    ["", 'recordedAt gt "2000-01-01T00:00:00Z"', 'recordedAt gt "x" and recordedAt lt "y"', RANGE + ' and name eq "x"',
     RANGE + ' and action.type sw "USER"', RANGE + ' or action.type eq "x"', 'recordedAt eq "2000-01-01T00:00:00Z"'],
)  # fmt: skip
def test_a_range_of_time_is_needed(api, text):
    """Without a range, and with anything unsupported, the feed is INVALID_FILTER."""
    assert api.fault("GET", "/activities", params={"filter": text})["code"] == "INVALID_FILTER"


def test_the_feed_has_pages(api):
    """Pages of hundreds up to five hundred, with a cursor."""
    for number in range(150):
        api.user(f"u{number}")
    first = api.good("GET", "/activities", params={"filter": RANGE, "limit": 100})
    assert (first["count"], first["size"]) == (150, 100)
    second = api.good("GET", first["_links"]["next"]["href"])
    assert second["size"] == 50
    assert "next" not in second["_links"]
    assert api.good("GET", "/activities", params={"filter": RANGE})["size"] == 150
