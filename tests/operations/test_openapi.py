"""Operations in the OpenAPI description: each client is told what it may call, and no secret stands in an example."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from scimbridge.access.scopes import ALL_SCOPES, OF_ENVIRONMENTS
from scimbridge.operations.openapi import HIDDEN
from scimbridge.operations.rooms import open_catalogue
from tests.operations.test_each import EACH

SHIPPED_MAIL = """
[User.sendRecoveryCode]
does  = "Mail a code"
call  = "POST users/{id}/password"
media = "password.sendRecoveryCode"
out   = "PasswordState"
scope = "accounts:write"
again = "no"
limit = "50 a day"
"""
ROWS = [each for each in open_catalogue(None) if not each.refuse]


@pytest.fixture(scope="module")
def read(house):
    """Read the description as a client of some rights."""
    known = {}

    def of(scopes=ALL_SCOPES, **more):
        asked = repr((sorted(scopes), more))
        if asked not in known:
            known[asked] = house.desk("one", scopes=scopes, **more).client.good("GET", "/openapi.json")
        return known[asked]

    return of


def operations_of(api):
    """Return (method, path) -> call of what is no verb of SCIM."""
    return {
        (method.upper(), path): call
        for path, calls in api["paths"].items()
        for method, call in calls.items()
        if "/." in path and not path.endswith(("/.search", "/.operations"))
    }


def test_the_description_is_valid(read):
    """An outside validator takes it, with every operation in it."""
    validate(read())


def test_every_operation_stands_where_it_is_asked(read):
    """Method and path of each operation are those that the bridge answers."""
    described = operations_of(read())
    for name, method, *_more in EACH:
        resource, _dot, word = name.partition(".")
        endpoint = {"Service": "", "User": "/Users", "Group": "/Groups", "Population": "/Populations"}[resource]
        found = [path for verb, path in described if verb == method and f"/.{word}" in path]
        assert any(each.startswith(f"{endpoint}/") for each in found), (name, found)


def test_scope_tag_and_text(read):
    """A call says in words what it does, what it is about and which right it needs."""
    call = operations_of(read())["POST", "/Users/{id}/.checkPassword"]
    assert call["tags"] == ["passwords"]
    assert call["summary"].startswith("Is this the user's password?")
    assert {"oauth2": ["passwords:check"]} in call["security"]
    assert "At most 20 a minute for one user." in call["description"]
    assert "504" in call["responses"]
    flow = read()["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert "checkPassword" in flow["scopes"]["passwords:check"]


def test_every_tag_is_described(read):
    """Tags of operations and of SCIM's verbs stand in one list, each once."""
    api = read()
    used = {tag for calls in api["paths"].values() for call in calls.values() for tag in _tags(call)}
    told = [each["name"] for each in api["tags"]]
    assert used == set(told)
    assert len(told) == len(set(told))
    assert {"users", "groups", "populations", "accounts", "passwords", "devices"} <= used


def _tags(call):
    return call.get("tags", ()) if isinstance(call, dict) else ()


def test_secrets_are_written_only_and_in_no_example(read):
    """A secret input is writeOnly everywhere, and where an example needs one it shows that it is hidden."""
    described = operations_of(read())
    seen = 0
    for row in ROWS:
        for (method, path), call in described.items():
            if path.split("/.")[1].split("/")[0] != row.name or "requestBody" not in call or method != "POST":
                continue
            for content in call["requestBody"]["content"].values():
                for name in row.secrets & set(content["schema"]["properties"]):
                    assert content["schema"]["properties"][name]["writeOnly"] is True
                    assert content["example"].get(name, HIDDEN) == HIDDEN
                    seen += 1
    assert seen >= 4 * len([name for row in ROWS for name in row.secrets]) - 4


def test_every_example_fits_its_schema(read):
    """Who pastes an example sends a body that the description allows."""
    for key, call in operations_of(read()).items():
        for content in call.get("requestBody", {"content": {}})["content"].values():
            assert list(Draft202012Validator(content["schema"]).iter_errors(content["example"])) == [], key


@pytest.mark.parametrize("scope", sorted(ALL_SCOPES))
def test_each_client_is_told_what_it_may_call(read, scope):
    """Both lists, `.operations` and the description, have what one right opens and nothing else."""
    told = {call["security"][0]["bearer"][0] for call in operations_of(read({scope})).values()}
    assert told == ({scope} if any(row.scope == scope for row in ROWS) else set())


def test_the_bearer_token_is_told_of_no_right_of_operations(house):
    """The one token reads by operations what SCIM tells it, and changes nothing."""
    api = house.open("one").good("GET", "/openapi.json")
    told = {call["security"][0]["bearer"][0] for call in operations_of(api).values()}
    assert told == {"users:read", "groups:read", "populations:read"}


def test_a_confined_client_is_told_of_no_environment(read):
    """What is about the whole environment is refused to it, and not offered."""
    paths = {path for _method, path in operations_of(read(populations=["Partners"]))}
    assert not {"/.environments", "/.gateways"} & paths
    assert "/.roles" in paths
    assert {"environments:read"} == OF_ENVIRONMENTS


def test_a_part_can_be_deleted_by_who_may(read):
    """DELETE of a part stands there with its own right."""
    path = "/Users/{id}/.sessions/{sessionId}"
    assert operations_of(read())["DELETE", path]["security"][0] == {"bearer": ["sessions:write"]}
    assert ("DELETE", path) not in operations_of(read({"sessions:read"}))
    assert ("GET", path) in operations_of(read({"sessions:read"}))


def test_what_is_read_with_a_part_is_told(read):
    """The inputs of an operation are those of one part as well: the language of one agreement, for one."""
    call = operations_of(read())["GET", "/.agreements/{agreementId}"]
    assert {"Accept-Language", "userLocale"} <= {each.get("name") for each in call["parameters"]}


def test_who_is_found_has_to_be_readable(read):
    """To name a user by an attribute takes the right to read users besides, in words and as a scope."""
    call = operations_of(read())["POST", "/Users/.unlock"]
    assert {"oauth2": ["accounts:write", "users:read"]} in call["security"]
    assert call["description"].startswith("Scope: accounts:write and users:read.")


def test_who_may_not_read_finds_nobody(read):
    """A path that finds a resource by an attribute is there for who may read the resource."""
    assert ("POST", "/Users/.unlock") in operations_of(read({"accounts:write", "users:read"}))
    assert ("POST", "/Users/.unlock") not in operations_of(read({"accounts:write"}))


def test_the_ids_of_calls_are_told_apart(read):
    """No two calls have one id, those of SCIM among them."""
    calls = [call for each in read()["paths"].values() for call in each.values() if isinstance(call, dict)]
    ids = [call["operationId"] for call in calls]
    assert len(ids) == len(set(ids)) > 100
    assert len(json.dumps(read())) < 1_000_000


def test_a_part_is_found_by_match_too(house, read):
    """What can be read by an id and a part can be read by an attribute and a part, and both stand there."""
    described = operations_of(read())
    assert ("POST", "/Users/.sessions/{sessionId}") in described
    assert ("POST", "/Users/.sessions/{sessionId}") not in operations_of(read({"sessions:read"}))
    assert not [path for method, path in described if method == "DELETE" and "/{id}/" not in path]
    desk = house.desk("one")
    session, match = desk.add_session(), {"match": {"attributes": ["id"], "identifier": desk.user}}
    assert desk.ask("POST", f"/Users/.sessions/{session}", match).json["id"] == session


def test_the_list_of_operations_is_described(house, read):
    """GET /.operations stands in the description, and what it answers fits what is said of it."""
    api = read()
    (answer,) = [call for status, call in api["paths"]["/.operations"]["get"]["responses"].items() if status == "200"]
    schema = {**answer["content"]["application/json"]["schema"], "components": api["components"]}
    told = house.desk("one").client.good("GET", "/.operations")
    assert list(Draft202012Validator(schema).iter_errors(told)) == []
    known = api["components"]["schemas"]["OperationList"]["properties"]["operations"]["items"]["properties"]
    assert {name for each in told["operations"] for name in each} == set(known)


def test_a_limit_is_told_in_words(read):
    """The hour has its article."""
    own = SHIPPED_MAIL.replace("50 a day", "5 an hour")
    (found,) = [each for each in open_catalogue(own) if each.name == "sendRecoveryCode"]
    assert found.limit.text == "5 an hour"


def test_conditions_of_what_changes_something(read):
    """What changes one resource takes conditions and may be answered without a body; what reads does neither."""
    calls = operations_of(read())
    lock, sessions, drop = (
        calls[each]
        for each in (
            ("POST", "/Users/{id}/.lock"),
            ("GET", "/Users/{id}/.sessions"),
            ("DELETE", "/Users/{id}/.sessions/{sessionId}"),
        )
    )
    named = [
        {each.get("$ref", "").rpartition("/")[2] for each in call["parameters"]} for call in (lock, sessions, drop)
    ]
    assert {"If-Match", "If-None-Match", "Prefer"} <= named[0]
    assert not {"If-Match", "Prefer"} & named[1]
    assert ("If-Match" in named[2], "Prefer" in named[2]) == (True, False)
    assert {"204", "412"} <= lock["responses"].keys()
    assert "412" not in sessions["responses"]
