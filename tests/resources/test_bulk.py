"""Bulk requests: what they cost by themselves."""

from __future__ import annotations

import uuid

from scimbridge.resources import bulk
from scimbridge.scim.bulk import postpone

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def test_bodies_are_looked_through_once(client, monkeypatch):
    """Many operations that wait for each other cost what each of them does, however long their bodies are."""
    looked = []
    real = bulk._unique_values
    monkeypatch.setattr(bulk, "_unique_values", lambda data, names: looked.append(1) or real(data, names))
    path, data = f"/Users/{uuid.uuid4()}", {"userName": "same", "names": ["x"] * 50}
    body = {"schemas": [BULK], "Operations": [{"method": "PUT", "path": path, "data": data} for _ in range(60)]}
    assert {each["status"] for each in client.good("POST", "/Bulk", body)["Operations"]} == {"404"}
    assert len(looked) <= 60 * 55


def test_what_has_to_wait_is_parted_in_one_look():
    """Elements are compared with no other: a list of a hundred thousand is parted at once, in its order."""

    class Element(dict):
        """An element that must not be compared."""

        def __eq__(self, _other):
            raise AssertionError

        __hash__ = None

    waiting = [Element(value="bulkId:a", number=number) for number in range(100_000)]
    ready = [Element(value="b", number=number) for number in range(100_000)]
    now, later = postpone({"displayName": "x", "members": [*ready, *waiting]})
    assert now["displayName"] == "x"
    assert [each["number"] for each in now["members"]] == [each["number"] for _name, each in later]
    assert len(later) == 100_000
