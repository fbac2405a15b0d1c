"""Attributes whose value is a JSON object: what the client took out is gone at PingOne, however that merges."""

from __future__ import annotations

from pathlib import Path

import pytest

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["members", "whole"])
def client(make_client, tmp_path, request):
    """A bridge with one custom JSON attribute, before both readings of PingOne's merge."""
    for table in (ROOT / "mappings").glob("*.toml"):
        (tmp_path / table.name).write_text(table.read_text())
    row = 'accountId             = "accountId"'
    text = (tmp_path / "users.toml").read_text()
    assert row in text
    line = 'preferences = { to = "preferences", codec = "object" }'
    (tmp_path / "users.toml").write_text(text.replace(row, f"{row}\n{line}"))
    return make_client(settings={"mappings": tmp_path}, nested_merge=request.param)  # the company has preferences


def held(client, user):
    return client.sandbox.directory.users.get(user).get("preferences")


def test_members_that_go(client):
    """PUT and PATCH replace leave what was sent and nothing else; add stands beside what is there."""
    value = {"a": 1, "b": {"c": 2, "d": 3}}
    user = client.good("POST", "/Users", {"userName": "object", URN: {"preferences": value}})["id"]
    assert held(client, user) == value
    less = {"b": {"d": 3}}
    answer = client.good("PUT", f"/Users/{user}", {"userName": "object", "title": "T", URN: {"preferences": less}})
    assert held(client, user) == answer[URN]["preferences"] == less
    assert client.sandbox.directory.users.get(user)["title"] == "T"
    assert client.calls == ["GET /users/{user}", "PATCH /users/{user}"]
    client.good("PUT", f"/Users/{user}", {"userName": "object", "title": "T", URN: {"preferences": less}})
    assert client.writes == []
    path = f"{URN}:preferences"
    client.patch(f"/Users/{user}", {"op": "add", "path": path, "value": {"e": 5}})
    assert held(client, user) == {**less, "e": 5}
    client.patch(f"/Users/{user}", {"op": "replace", "path": path, "value": {"f": {"g": 6}}})
    assert held(client, user) == {"f": {"g": 6}}
    client.patch(f"/Users/{user}", {"op": "remove", "path": path})
    assert held(client, user) is None
