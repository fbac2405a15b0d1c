"""A client from whom attributes are hidden, over HTTP: for it they do not exist, and it takes nothing away unseen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import g, request
from openapi_spec_validator import validate

from scimbridge.access.caller import Caller

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PINGONE_GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
CONFINED = Caller(
    "narrow",
    hidden=(
        ("Group", ("members", "urn:pingidentity:schemas:extension:2.0:PingOneGroup:userFilter")),
        ("User", ("phoneNumbers", "name.honorificPrefix", PINGONE_USER)),
    ),
)
FULL = {
    "userName": "whole",
    "title": "Baker",
    "name": {"givenName": "Greta", "familyName": "Falk", "honorificPrefix": "Dr."},
    "phoneNumbers": [{"type": "work", "value": "+49 30 1"}, {"type": "mobile", "value": "+49 151 2"}],
}
SECRETS = ("+49 30 1", "+49 151 2", "Dr.")
NAMES = ("phoneNumbers", "honorificPrefix", PINGONE_USER, "primaryPhone", "mobilePhone")


@pytest.fixture
def narrow(app, client):
    """The same bridge asked by the client from whom something is hidden; `client` sees everything."""

    @app.before_request
    def choose():
        if request.headers.get("X-As") == "narrow" and "caller" in g:
            g.caller = CONFINED

    return replace(client, headers={**client.headers, "X-As": "narrow"})


@pytest.fixture
def person(client, narrow):
    """A user with everything that is hidden from the narrow client."""
    return client.good("POST", "/Users", FULL)["id"]


def shown(client, person):
    user = client.good("GET", f"/Users/{person}")
    return user["phoneNumbers"], user["name"]["honorificPrefix"], user[PINGONE_USER]["population"]


def test_answers_have_nothing_hidden(narrow, person):
    """Not by id, in lists, by .search, at the root, by projection, in answers to changes."""
    texts = [
        narrow.send("GET", f"/Users/{person}").text,
        narrow.send("GET", f"/Users/{person}?attributes=phoneNumbers,name.honorificPrefix,{PINGONE_USER}").text,
        narrow.send("GET", "/Users", query_string={"filter": 'userName eq "whole"'}).text,
        narrow.send("GET", "/Users", query_string={"filter": 'userName eq "whole"', "attributes": "phoneNumbers"}).text,
        narrow.send("POST", "/.search", {"filter": 'userName eq "whole"'}).text,
        narrow.send("POST", "/Users/.search", {"filter": 'userName eq "whole"', "attributes": ["phoneNumbers"]}).text,
        narrow.patch(f"/Users/{person}", {"op": "replace", "path": "title", "value": "Smith"}).text,
        narrow.send("PUT", f"/Users/{person}", {"userName": "whole", "title": "Fisher"}).text,
    ]
    assert all("whole" in text or '"id"' in text for text in texts)
    for text in texts:
        for secret in (*SECRETS, *NAMES):
            assert secret not in text


def test_one_client_never_gets_what_was_made_for_another(client, narrow, person):
    """Whoever asked before, and however often: what one client is shown is never taken from another one's answer."""
    for _turn in range(2):
        for asking, there in ((client, True), (narrow, False)):
            found = asking.list("/Users", filter='userName eq "whole"')
            assert ("phoneNumbers" in found["Resources"][0]) is there
            whole = next(user for user in asking.list("/Users", count=1000)["Resources"] if user["id"] == person)
            assert ("phoneNumbers" in whole) is there


def test_puts_and_patches_change_nothing_hidden(client, narrow, person):
    """Left out, sent empty, sent with other values, by path, without one, by URN: it all stays as it was."""
    before = shown(client, person)
    elsewhere = {"mfaEnabled": True, "population": {"id": client.population("Partners")}}
    changed = {
        **FULL,
        "phoneNumbers": [{"type": "work", "value": "+1"}],
        "name": {"familyName": "Neu"},
        PINGONE_USER: elsewhere,
    }
    narrow.good("PUT", f"/Users/{person}", {"userName": "whole"})
    narrow.good("PUT", f"/Users/{person}", {"userName": "whole", "phoneNumbers": []})
    narrow.good("PUT", f"/Users/{person}", changed)
    for operation in (
        {"op": "remove", "path": "phoneNumbers"},
        {"op": "replace", "path": 'phoneNumbers[type eq "work"].value', "value": "+1"},
        {"op": "replace", "path": f"{USER}:phoneNumbers", "value": [{"type": "work", "value": "+1"}]},
        {"op": "replace", "value": {"phoneNumbers": [{"value": "+1"}], PINGONE_USER: {"mfaEnabled": True}}},
        {"op": "replace", "path": f"{PINGONE_USER}:mfaEnabled", "value": True},
        {"op": "remove", "path": PINGONE_USER},
        {"op": "remove", "path": "name"},
    ):
        assert narrow.patch(f"/Users/{person}", operation).status_code in (200, 204), operation
    assert narrow.patch(
        f"/Users/{person}", {"op": "replace", "path": "name.honorificPrefix", "value": "Mr."}
    ).status_code in (200, 204, 400)  # fmt: skip
    assert shown(client, person) == before
    assert "familyName" not in client.good("GET", f"/Users/{person}")["name"]


def test_creates_take_nothing_hidden(client, narrow):
    """A create that sends what is hidden makes a user without it."""
    made = narrow.good("POST", "/Users", {**FULL, "userName": "made"})
    whole = client.good("GET", f"/Users/{made['id']}")
    assert "phoneNumbers" not in whole
    assert "honorificPrefix" not in whole["name"]


@pytest.mark.parametrize("text", ['phoneNumbers.value eq "+49 30 1"', "phoneNumbers pr",
                                  'name.honorificPrefix eq "Dr."',
                                  'userName eq "whole" and not (phoneNumbers pr)', 'phoneNumbers[type eq "work"]',
                                  f'{PINGONE_USER}:accountId eq "a"'])  # fmt: skip
def test_filters_on_what_is_hidden(narrow, person, text):
    """As on any unknown attribute: invalidFilter, without a call, and the sentence names no other hidden one."""
    for answer in (
        narrow.send("GET", "/Users", query_string={"filter": text}),
        narrow.send("POST", "/Users/.search", {"filter": text}),
    ):
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter")
        assert "there are" in answer.json["detail"] or "malformed" in answer.json["detail"]
        assert "phoneNumbers" not in answer.json["detail"].partition("there are")[2]
        assert narrow.calls == []


def test_bulk(client, narrow, person):
    """In bulk as alone."""
    before = shown(client, person)
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    answer = narrow.good("POST", "/Bulk", {"schemas": schemas, "Operations": [
        {"method": "PUT", "path": f"/Users/{person}", "data": {"userName": "whole", "phoneNumbers": []}},
        {"method": "PATCH", "path": f"/Users/{person}", "data": {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "phoneNumbers", "value": [{"type": "work", "value": "+1"}]}]}},
    ]})  # fmt: skip
    assert [part["status"] for part in answer["Operations"]] == ["200", "200"]
    assert shown(client, person) == before


def test_groups(client, narrow, person):
    """A group's hidden members and filter stay, whatever is put."""
    body = {"displayName": "Bakers", "members": [{"value": person}]}
    group = client.good("POST", "/Groups", body)["id"]
    assert "members" not in narrow.good("GET", f"/Groups/{group}")
    assert "members" not in narrow.good("PUT", f"/Groups/{group}", {"displayName": "Bakers 2", "members": []})
    narrow.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{person}"]'})
    assert client.members(group) == {person}
    assert narrow.fault("GET", "/Groups", query_string={"filter": f'members.value eq "{person}"'}) == (
        400,
        "invalidFilter",
    )


def test_descriptions(client, narrow):
    """/Schemas, /ResourceTypes and the OpenAPI description show each client what is there for it."""
    for path in ("/Schemas", "/ResourceTypes", "/openapi.json", "/scim/v2/openapi.json"):
        mine, whole = narrow.send("GET", path), client.send("GET", path)
        assert mine.status_code == whole.status_code == 200
        assert not [name for name in NAMES if name in mine.text]
        assert PINGONE_USER in whole.text
    assert narrow.send("GET", f"/Schemas/{PINGONE_USER}").status_code == 404
    assert client.send("GET", f"/Schemas/{PINGONE_USER}").status_code == 200


@pytest.mark.parametrize("path", ["/openapi.json", "/scim/v2/openapi.json"])
def test_the_description_is_for_those_we_know(app, client, path):
    """Without credentials it is 401 as everything below the base; with them it is valid and says where the API is."""
    answer = app.test_client().get(path)
    assert answer.status_code == 401
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.headers["WWW-Authenticate"]
    answer = app.test_client().get(path, headers=client.headers, base_url="https://scim.example")
    assert answer.content_type == "application/json"
    assert answer.json["servers"] == [{"url": "https://scim.example/scim/v2"}]
    validate(json.loads(answer.text))
