"""The OpenAPI description says what the tables say, and is well-formed."""

from __future__ import annotations

import json

import pytest
from openapi_spec_validator import validate

from scimbridge.mapping.openapi.description import Bounds, describe_api
from scimbridge.mapping.tables.compiling import compile_tables
from scimbridge.pingone.kinds import KINDS

BOUNDS = Bounds(default_count=100, most_results=1000, most_operations=500)
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture(scope="module")
def api(tables):
    return describe_api(tables.values(), BOUNDS)


@pytest.fixture(scope="module")
def schemas(api):
    return api["components"]["schemas"]


def test_it_is_valid(api):
    """It is OpenAPI 3.1 to the letter, and JSON."""
    validate({**api, "servers": [{"url": "https://scim.example/scim/v2"}]})
    assert json.loads(json.dumps(api)) == api


def test_custom_tables_are_valid(shipped, custom):
    """So it is for a table with one line of every kind."""
    tables = compile_tables(shipped, KINDS) | {"User": custom}
    api = describe_api(tables.values(), BOUNDS)
    validate(api)
    own = next(urn for urn in custom.published.urns if "example" in urn)
    answered = api["components"]["schemas"]["User"]["properties"][own]["properties"]
    asked = api["components"]["schemas"]["UserRequest"]["properties"][own]["properties"]
    assert answered["costCentres"]["type"] == ["string", "array"]  # what cannot be joined is given as an array
    assert asked["costCentres"]["type"] == "string"


@pytest.mark.parametrize(
    ("path", "verbs"),
    [
        ("/Users", {"get", "post"}), ("/Users/{id}", {"get", "put", "patch", "delete"}), ("/Users/.search", {"post"}),
        ("/Groups", {"get", "post"}), ("/Groups/{id}", {"get", "put", "patch", "delete"}),
        ("/Populations/{id}", {"get", "put", "patch", "delete"}), ("/", {"get"}), ("/.search", {"post"}),
        ("/Bulk", {"post"}), ("/Schemas", {"get"}), ("/Schemas/{id}", {"get"}), ("/ResourceTypes", {"get"}),
        ("/ResourceTypes/{id}", {"get"}), ("/ServiceProviderConfig", {"get"}),
    ],
)  # fmt: skip
def test_paths(api, path, verbs):
    """Every endpoint is there with its verbs, and every operation has a name of its own."""
    assert set(api["paths"][path]) - {"parameters"} == verbs
    names = [
        verb["operationId"] for each in api["paths"].values() for name, verb in each.items() if name != "parameters"
    ]
    assert len(names) == len(set(names))


def test_verbs_that_a_table_does_not_allow_are_not_there(shipped):
    """A read-only resource type has reading paths only, and no schema for requests."""
    text = shipped["populations.toml"].replace('allow       = ["create", "change", "delete"]', "allow = []")
    api = describe_api(compile_tables({**shipped, "populations.toml": text}, KINDS).values(), BOUNDS)
    validate(api)
    assert set(api["paths"]["/Populations"]) == {"get"}
    assert set(api["paths"]["/Populations/{id}"]) == {"parameters", "get"}
    assert "PopulationRequest" not in api["components"]["schemas"]


def test_answers(schemas):
    """An answer names all that may be in it, what is read-only, and nothing that is never returned."""
    user = schemas["User"]
    assert user["required"] == ["schemas", "id"]
    assert user["additionalProperties"] is False
    assert "password" not in user["properties"]
    assert user["properties"]["id"]["readOnly"] is True
    assert user["properties"]["meta"]["properties"]["created"] == {
        "type": "string", "format": "date-time", "readOnly": True,
    }  # fmt: skip
    numbers = user["properties"]["phoneNumbers"]
    assert numbers["type"] == "array"
    assert set(numbers["items"]["properties"]) == {"value", "type"}
    assert numbers["items"]["properties"]["type"] == {"enum": ["work", "mobile"]}
    assert user["properties"][PINGONE_USER]["additionalProperties"] is False


def test_requests(schemas):
    """A request names what may be written, what is required and what is only written."""
    user = schemas["UserRequest"]
    assert user["required"] == ["schemas", "userName"]
    assert user["properties"]["password"]["writeOnly"] is True
    assert not {"id", "meta", "groups"} & set(user["properties"])
    assert "enum" not in json.dumps(user)  # canonicalValues suggest and do not limit
    assert schemas["GroupRequest"]["properties"]["urn:pingidentity:schemas:extension:2.0:PingOneGroup"]["properties"][
        "customData"
    ] == {"type": "object", "additionalProperties": True}
    assert schemas["BulkRequest"]["properties"]["Operations"]["maxItems"] == 500


def test_what_is_stored_is_described(tables, schemas):
    """Every attribute of a table that is ever returned is in answers, and every one that is written in requests."""
    for name, table in tables.items():
        for row in table.rows:
            own = row.urn not in ("", table.type.schema.urn)
            for suffix, wanted in (
                ("", row.attribute.returned != "never"),
                ("Request", row.writable and row.spelled != "id"),
            ):
                found = schemas[f"{name}{suffix}"]["properties"]
                found = found.get(row.urn, {}).get("properties", {}) if own else found
                assert (row.attr in found) or not wanted, (name, suffix, row.spelled)


def test_refusals(api):
    """Every refusal is a SCIM Error; the two that are over after a while say when, and 401 says how."""
    responses = api["components"]["responses"]
    for status, response in responses.items():
        assert response["content"]["application/scim+json"]["schema"] == {"$ref": "#/components/schemas/Error"}
        assert ("Retry-After" in response["headers"]) is (status in ("429", "503"))
        assert ("WWW-Authenticate" in response["headers"]) is (status == "401")
    for each in api["paths"].values():
        for name, verb in each.items():
            if name != "parameters":
                assert {"400", "401", "403", "429", "500", "502", "503"} <= set(verb["responses"])


def test_parameters_and_credentials(api):
    """Queries, preconditions and ways in are described."""
    listing = {each["$ref"].rsplit("/", 1)[-1] for each in api["paths"]["/Users"]["get"]["parameters"]}
    assert {"filter", "startIndex", "count", "cursor", "attributes", "excludedAttributes", "X-Request-Id"} == listing
    change = {each["$ref"].rsplit("/", 1)[-1] for each in api["paths"]["/Users/{id}"]["patch"]["parameters"]}
    assert {"If-Match", "Prefer"} <= change
    assert set(api["components"]["securitySchemes"]) == {"bearer", "basic", "oauth2"}
    flow = api["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth2/token"


def test_what_is_hidden_is_nowhere(shipped):
    """Neither the name of a hidden attribute nor that of an extension of which all is hidden."""
    hidden = (("User", ("phoneNumbers", "name.honorificPrefix", PINGONE_USER)),)
    text = json.dumps(describe_api(compile_tables(shipped, KINDS, hidden=hidden).values(), BOUNDS))
    for name in ("phoneNumbers", "honorificPrefix", PINGONE_USER, "mfaEnabled"):
        assert name not in text
    assert "honorificSuffix" in text
