"""The table of the cookbook laid over the shipped ones: a resource type that is only read, on every way to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scimbridge.access.caller import SCOPES

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "tables" / "identityProviders.toml"
URN = "urn:pingidentity:schemas:2.0:IdentityProvider"
PLACE = "/IdentityProviders"


@pytest.fixture
def folder(tmp_path):
    """An operator's folder, which holds the table of the cookbook alone."""
    shutil.copy(TABLE, tmp_path)
    return tmp_path


@pytest.fixture
def served(make_client, folder):
    return make_client(settings={"mappings": folder})


@pytest.fixture
def saml(served):
    """PingOne's record of one of the two identity providers of the small company."""
    return next(each for each in served.sandbox.directory.providers.values() if each["type"] == "SAML")


def names(message):
    return [each["displayName"] for each in message["Resources"]]


def test_one_is_read_in_one_call(served, saml):
    """It has what the table says, with its place, its version and the times of PingOne."""
    found = served.good("GET", f"{PLACE}/{saml['id']}")
    assert served.calls == ["GET /identityProviders/{provider}"]
    meta = found.pop("meta")
    assert found == {
        "schemas": [URN], "id": saml["id"], "displayName": "Head Office SAML", "type": "SAML", "enabled": True,
        "environment": {"id": served.sandbox.environment_id},
    }  # fmt: skip
    assert (meta["resourceType"], meta["created"]) == ("IdentityProvider", saml["createdAt"])
    assert meta["location"].endswith(f"{PLACE}/{saml['id']}")
    again = served.send("GET", f"{PLACE}/{saml['id']}", headers={"If-None-Match": meta["version"]})
    assert again.status_code == 304


def test_what_is_not_there_is_404(served):
    """An id that nobody has, and what is no id."""
    assert served.fault("GET", f"{PLACE}/{served.sandbox.environment_id}") == (404, None)
    assert served.fault("GET", f"{PLACE}/saml") == (404, None)


def test_all_are_listed_in_one_call(served):
    """A list has all that PingOne has, in the calls of its pages."""
    found = served.list(PLACE)
    assert (found["totalResults"], sorted(names(found))) == (2, ["Head Office SAML", "Partner Login"])
    assert served.calls == ["GET /identityProviders"]


def test_windows_and_cursors_pass_over_pages(make_client, folder):
    """Windows by index and by cursor meet everything once, over however many pages PingOne gives."""
    served = make_client(settings={"mappings": folder, "page_size": 100})
    whole = dict(served.sandbox.directory.providers)
    (first, *_rest) = whole.values()
    for number in range(250):
        key = f"00000000-0000-4000-8000-{number:012d}"
        served.sandbox.directory.providers[key] = {**first, "id": key, "name": f"Login {number}"}
    assert served.list(PLACE, count=1)["totalResults"] == 252
    by_index = [name for start in (1, 101, 201) for name in names(served.list(PLACE, startIndex=start, count=100))]
    found, by_cursor = served.list(PLACE, cursor="", count=90), []
    while True:
        by_cursor += names(found)
        if "nextCursor" not in found:
            break
        found = served.list(PLACE, cursor=found["nextCursor"], count=90)
    assert len(by_index) == len(set(by_index)) == 252
    assert by_cursor == by_index


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('displayName eq "partner login"', ["Partner Login"]),
        ('displayName sw "Head"', ["Head Office SAML"]),
        ('type eq "SAML" and enabled eq true', ["Head Office SAML"]),
        ('not (type eq "SAML")', ["Partner Login"]),
        (f'{URN}:type co "openid"', ["Partner Login"]),
        ("description pr", []),
        ("enabled eq false", []),
    ],
)
def test_filters_are_evaluated_here(served, text, found):
    """PingOne answers no filter on them and is asked none: all are read, and the filter is held against each."""
    assert names(served.list(PLACE, filter=text)) == found
    assert served.calls == ["GET /identityProviders"]
    assert "filter" not in served.sandbox.journal.entries[-1].query


def test_a_filter_by_id_reads_one(served, saml):
    """An id needs no list."""
    assert names(served.list(PLACE, filter=f'id eq "{saml["id"]}"')) == ["Head Office SAML"]
    assert served.calls == ["GET /identityProviders/{provider}"]


def test_attributes_choose_what_is_shown(served, saml):
    """`attributes` and `excludedAttributes` work as for every resource, by POST as well."""
    one = served.good("GET", f"{PLACE}/{saml['id']}?attributes=type")
    assert one == {"schemas": [URN], "id": saml["id"], "type": "SAML"}
    assert "type" not in served.good("GET", f"{PLACE}/{saml['id']}?excludedAttributes=type")
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "attributes": ["displayName"]}
    found = served.good("POST", f"{PLACE}/.search", {**search, "filter": 'type eq "SAML"'})["Resources"]
    assert found == [{"schemas": [URN], "id": saml["id"], "displayName": "Head Office SAML"}]


@pytest.mark.parametrize(
    ("method", "one"), [("POST", False), ("PUT", True), ("PATCH", True), ("DELETE", True)]
)  # fmt: skip
def test_nothing_is_written(served, saml, method, one):
    """Every verb but GET is 405 and names GET, whatever the body is; PingOne is not asked."""
    path = f"{PLACE}/{saml['id']}" if one else PLACE
    answer = served.send(method, path, {"schemas": [URN], "displayName": "Mine"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert "/IdentityProviders does not allow to" in answer.json["detail"]
    assert served.calls == []


def test_nothing_is_written_in_bulk(served, saml):
    """An operation of a bulk request gets the same answer."""
    operations = [
        {"method": "POST", "path": PLACE, "bulkId": "a", "data": {"displayName": "Mine"}},
        {"method": "DELETE", "path": f"{PLACE}/{saml['id']}"},
    ]
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    found = served.good("POST", "/Bulk", {"schemas": schemas, "Operations": operations})["Operations"]
    assert [each["status"] for each in found] == ["405", "405"]
    assert saml["id"] in served.sandbox.directory.providers


# -- who may read ------------------------------------------------------------------------------------------------------


def test_the_scope_decides(served, saml, caller_of):
    """With `identityProviders:read` they can be read; without it everything about them is 403, in queries left out."""
    reader = caller_of(served, scopes={"identityProviders:read"})
    assert reader.list(PLACE)["totalResults"] == 2
    assert reader.list("/")["totalResults"] == 2
    assert reader.fault("GET", "/Users") == (403, None)
    assert reader.fault("DELETE", f"{PLACE}/{saml['id']}") == (405, None)
    other = caller_of(served, scopes=SCOPES - {"identityProviders:read"})
    for method, path in (("GET", PLACE), ("GET", f"{PLACE}/{saml['id']}"), ("DELETE", f"{PLACE}/{saml['id']}")):
        assert other.fault(method, path) == (403, None)
    assert {each["meta"]["resourceType"] for each in other.list("/", count=1000)["Resources"]} == {
        "User", "Group", "Population",
    }  # fmt: skip


def test_there_is_no_scope_to_write():
    """Rights are as wide as what can be done."""
    assert {scope for scope in SCOPES if scope.startswith("identityProviders:")} == {"identityProviders:read"}


def test_a_confined_client_sees_none(served, saml, caller_of):
    """They are the environment's: lists are empty, ids unknown, and PingOne is asked nothing."""
    own = caller_of(served, populations={"Partners"})
    assert own.list(PLACE)["totalResults"] == 0
    assert own.list(PLACE, filter='type eq "SAML"')["totalResults"] == 0
    assert own.list(PLACE, filter=f'id eq "{saml["id"]}"')["totalResults"] == 0
    assert own.fault("GET", f"{PLACE}/{saml['id']}") == (404, None)
    assert own.calls == []
    assert own.list("/", filter=f'id eq "{saml["id"]}"')["totalResults"] == 0


def test_where_pingone_forbids_them_all_else_works(served):
    """A worker that may not read them is a 502 there, and nothing else is any different (docs/pingone.md §5.1)."""
    served.sandbox.faults.plan("error", path="/identityProviders", times=9, status=403)
    assert served.send("GET", PLACE).status_code == 502
    assert served.send("GET", "/Users?count=1").status_code == 200
    assert served.send("GET", "/Schemas").status_code == 200


# -- what is published -------------------------------------------------------------------------------------------------


def test_every_type_that_is_published_answers(served):
    """/ResourceTypes names no endpoint that is not there."""
    types = served.list("/ResourceTypes")["Resources"]
    assert {"User", "IdentityProvider"} <= {each["name"] for each in types}
    for each in types:
        assert served.send("GET", each["endpoint"]).status_code == 200
        assert served.send("GET", f"/Schemas/{each['schema']}").status_code == 200


def test_the_schema_says_that_it_is_only_read(served):
    """No attribute is anything but readOnly, none is required, and the type has no extension."""
    schema = served.good("GET", f"/Schemas/{URN}")
    kinds = {each["name"]: (each["type"], each["mutability"], each["required"]) for each in schema["attributes"]}
    assert kinds == {
        "displayName": ("string", "readOnly", False),
        "description": ("string", "readOnly", False),
        "type": ("string", "readOnly", False),
        "enabled": ("boolean", "readOnly", False),
        "environment": ("complex", "readOnly", False),
    }
    assert served.good("GET", "/ResourceTypes/IdentityProvider")["schemaExtensions"] == []


def test_openapi_describes_reading_alone(served):
    """The description has the paths, GET and searches, and no message of a change."""
    api = served.app.test_client().get("/openapi.json", headers=served.headers).json
    assert set(api["paths"][PLACE]) == {"get"}
    assert set(api["paths"][f"{PLACE}/{{id}}"]) == {"parameters", "get"}
    assert set(api["paths"][f"{PLACE}/.search"]) == {"post"}
    assert "IdentityProvider" in api["components"]["schemas"]
    assert "IdentityProviderRequest" not in api["components"]["schemas"]


def test_without_its_table_there_is_none(client):
    """The shipped tables do not serve it."""
    assert client.fault("GET", PLACE) == (404, None)
    assert "IdentityProvider" not in client.send("GET", "/ResourceTypes").text


def test_its_facts_stand_once():
    """Of the whole product one module names it; the table is the other file that it takes."""
    product = (ROOT / "scimbridge").rglob("*.py")
    named = {
        path.name for path in product if "sandbox" not in path.parts and "dentityProviders" in path.read_text("utf-8")
    }
    assert named == {"kinds.py"}
