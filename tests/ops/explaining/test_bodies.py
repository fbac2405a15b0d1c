"""All that is wrong with an input at once, bulk requests, whole tables, and what is held against a real record."""

from __future__ import annotations

import json

import pytest

from scimbridge.ops.explaining.explain import explain, explain_body, explain_table
from scimbridge.ops.explaining.explanations import NotExplained, is_refused
from scimbridge.ops.explaining.rehearsal import PresentRecord
from scimbridge.pingone.errors import NotThere
from scimbridge.pingone.send import Response
from scimbridge.settings.declared import default_mappings

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
KEY = "11111111-1111-4111-8111-111111111111"


def explained(body, resource="User", present=None):
    return explain_body("body", json.dumps(body).encode(), resource, default_mappings(), present)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"emails": [{"value": "nobody"}], "active": "no"}, ["e-mail", "active: true", "userName is required"]),
        ({"schemas": [USER], "userName": "j", "active": 7, "photos": [{"value": 3}]}, ["active", "photos"]),
        (
            {"schemas": [PATCH], "Operations": [
                {"op": "swap", "path": "title"}, {"op": "add", "path": "title", "value": "x"},
                {"op": "replace", "path": "id", "value": "x"},
            ]},
            ["'swap' is not one of", "'id' is read-only"],
        ),
        (
            {"schemas": [PATCH], "Operations": [
                {"op": "replace", "value": {"active": "nope", "photos": [{"value": 3}], "title": "t"}},
            ]},
            ["active", "photos"],
        ),
    ],
)  # fmt: skip
def test_every_fault_of_a_body_is_told(body, wrong):
    """Where the bridge stops at the first fault, all of them are told, and what is right is not among them."""
    explanation = explained(body)
    assert isinstance(explanation, NotExplained)
    assert explanation.detail == explanation.faults[0]
    assert len(explanation.faults) == len(wrong), explanation.faults
    for fault, part in zip(explanation.faults, wrong, strict=True):
        assert part in fault


def test_every_fault_of_a_filter_is_told():
    """Each test of a filter is judged by itself."""
    explanation = explain('nikName eq "x" and (active gt true or not (userName eq "j"))', "User", default_mappings())
    assert [part in fault for part, fault in zip(("'nikName'", "'gt'"), explanation.faults, strict=True)] == [
        True,
        True,
    ]


def test_a_bulk_request_is_told_operation_by_operation():
    """Each operation has its calls or all of its faults; a reference to what is created stands for its id."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [USER], "userName": "jd"}},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": {"schemas": [GROUP], "displayName": "T",
                                                                     "members": [{"value": "bulkId:a"}]}},
        {"method": "DELETE", "path": f"/Users/{KEY}"},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"schemas": [USER], "active": "nope"}},
        {"method": "PATCH", "path": "/Nowhere/1", "data": {}},
    ]  # fmt: skip
    explanation = explained({"schemas": [BULK], "Operations": operations})
    calls = [[f"{each.method} {each.path}" for each in step.outcome.requests] for step in explanation.operations]
    assert calls[:3] == [
        ["POST /users"], ["POST /groups", "POST /users/NEW-ID/memberOfGroups"], [f"DELETE /users/{KEY}"],
    ]  # fmt: skip
    assert [len(step.faults) for step in explanation.operations] == [0, 0, 0, 2, 1]
    assert is_refused(explanation)


def test_a_whole_table_has_every_row():
    """Every row of a table is told, with its field."""
    explanation = explain_table("group", default_mappings())
    assert explanation.resource == "Group"
    assert "name" in {row.field for row in explanation.rows}
    assert len(explanation.rows) > 5


@pytest.fixture
def present():
    """A record of which everybody may read what it holds, and a list of what was asked."""
    asked = []

    def read(request):
        asked.append(request.method)
        if KEY not in request.path:
            raise NotThere("no", status=404)
        return Response(200, body={"id": KEY, "username": "jd", "title": "Lead", "enabled": True})

    return asked, read


def test_a_replacement_is_the_difference_to_the_record_as_it_is(present):
    """What a record holds already is not written, and nothing but reading reaches its environment."""
    asked, read = present
    body = {"schemas": [USER], "userName": "jd", "title": "Lead", "nickName": "J", "active": True}
    explanation = explained(body, present=PresentRecord(KEY, read))
    assert explanation.against == KEY
    written = [each for each in explanation.replace.requests if each.method != "GET"]
    assert [(each.path, each.body) for each in written] == [(f"/users/{KEY}", {"nickname": "J"})]
    assert set(asked) == {"GET"}


def test_a_patch_against_a_record_that_is_not_there(present):
    """A record that PingOne does not have is told as that."""
    patch = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "Head"}]}
    ghost = PresentRecord("22222222-2222-4222-8222-222222222222", present[1])
    body = {"schemas": [USER], "userName": "jd"}
    assert explained(body, present=ghost).faults == ("no User of that id",)
    there = explained(patch, present=PresentRecord(KEY, present[1]))
    assert there.kind == "patch"
    assert [each.method for each in there.patch.requests] == ["PATCH"]
    assert explained(patch, present=ghost).faults == ("no User of that id",)


def test_a_filter_is_held_against_no_record(present):
    """A filter is about all records; it says so instead of asking for all of them."""
    explanation = explain('userName eq "j"', "User", default_mappings(), PresentRecord(KEY, present[1]))
    assert "a filter is about all records" in explanation.detail
    assert present[0] == []
