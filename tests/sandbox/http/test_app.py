"""What holds for every answer of the sandbox, whatever the route."""

from __future__ import annotations

import re
import uuid

import pytest
import requests

from scimbridge.sandbox import Switches

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_every_answer_has_a_correlation_id_and_hal_json(api):
    """Good or bad, an answer carries Correlation-Id, and its body is HAL."""
    for path in ("/users", "/nothing", f"/users/{uuid.uuid4()}"):
        answer = api.call("GET", path)
        assert UUID.fullmatch(answer.headers["Correlation-Id"])
        assert answer.headers["Content-Type"] == "application/hal+json;charset=UTF-8"
        assert "no-store" in answer.headers["Cache-Control"]


def test_the_id_of_an_error_is_its_correlation_id(api):
    """An error's `id` is what the header says."""
    answer = api.call("GET", f"/users/{uuid.uuid4()}")
    assert answer.status_code == 404
    assert answer.json()["id"] == answer.headers["Correlation-Id"]
    assert answer.json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["/users/x/gadgets", "/roles", "/users/", "/Users", "//users"])
def test_a_route_that_is_not_there_says_so(api, path):
    """An unknown route is 404 with method and path in its message, never an empty success."""
    answer = api.call("GET", path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"
    assert "does not implement GET" in answer.json()["message"]
    assert path in answer.json()["message"]


def test_what_is_not_done_is_refused_by_name(api):
    """What the sandbox does not do is refused by name."""
    user = api.user("a")
    answer = api.call("POST", f"/users/{user['id']}/nickname", {"name": "x"})
    assert answer.status_code == 404
    assert "does not implement POST" in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/groups/x"), ("PATCH", "/populations/x"), ("DELETE", "/users"), ("PUT", "/groups")]
)
def test_a_wrong_verb_is_405(api, method, path):
    """A known path with a verb it does not have is 405 and names those it has."""
    answer = api.call(method, path, {})
    assert answer.status_code == 405
    assert answer.headers["Allow"]


def test_a_wrong_content_type_is_415(api):
    """A body of another media type is refused, on create and on PATCH."""
    user = api.user("a")
    for method, path, media in (
        ("POST", "/users", "application/scim+json"),
        ("PATCH", f"/users/{user['id']}", "application/json-patch+json"),
        ("PUT", f"/users/{user['id']}/enabled", "text/plain"),
        ("POST", "/groups", "application/vnd.pingidentity.user.import+json"),
    ):
        assert api.fault(method, path, {}, media)["status"] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"\xff",
        b'{"a": NaN}',
    ],
)
def test_a_body_that_is_no_object_is_400(api, body):
    """Malformed JSON and JSON that is no object are INVALID_REQUEST."""
    answer = api.session.post(f"{api.base}/users", data=body, headers={"Content-Type": "application/json"}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_without_a_good_token_everything_is_401(api):
    """No token, a wrong one and one of another scheme: 401 ACCESS_FAILED with INVALID_TOKEN."""
    for value in (None, "Bearer x", "Basic eDp5", "Bearer"):
        headers = {} if value is None else {"Authorization": value}
        answer = requests.get(f"{api.base}/users", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["code"] == "ACCESS_FAILED"
        assert answer.json()["details"][0]["code"] == "INVALID_TOKEN"


def test_another_environment_is_403_or_404_as_switched(make_caller):
    """A wrong environment id looks like a missing right, unless switched."""
    for switches, status in ((Switches(), 403), (Switches(unknown_environment_status=404), 404)):
        api = make_caller(switches)
        url = f"{api.sandbox.url}/v1/environments/{uuid.uuid4()}/users"
        assert api.call("GET", url).status_code == status


def test_a_worker_that_may_only_read_cannot_write(make_caller):
    """With the read-only role every write is 403 INSUFFICIENT_PERMISSIONS, reads work."""
    api = make_caller(Switches(rights="read"))
    assert api.call("GET", "/users").status_code == 200
    refusal = api.fault("POST", "/users", {"username": "a"})
    assert (refusal["status"], refusal["code"]) == (403, "INSUFFICIENT_PERMISSIONS")


def test_headers_are_limited_to_six_kilobytes(api):
    """A header block above 6 KB is refused."""
    answer = api.session.get(f"{api.base}/users", headers={"X-Long": "x" * 6200}, timeout=10)
    assert answer.status_code == 431
    assert api.session.get(f"{api.base}/users", headers={"X-Long": "x" * 4000}, timeout=10).status_code == 200


def test_the_environment_can_be_read(api):
    """GET of the environment tells name, type and region."""
    shown = api.good("GET", "")
    assert shown["id"] == api.sandbox.environment_id
    assert {"name", "type", "region", "organization", "license", "createdAt"} <= shown.keys()


def test_identity_providers_are_listed(company):
    """The list of identity providers tells id, name, type and enabled."""
    rows = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"]
    assert {row["type"] for row in rows} == {"OPENID_CONNECT", "SAML"}
    assert all({"id", "name", "enabled"} <= row.keys() for row in rows)


def test_identity_providers_come_in_pages(company):
    """A list of them has a next page where there are more than a hundred, and each of them once."""
    providers = company.sandbox.directory.providers
    (first, *_) = providers.values()
    for number in range(120):
        key = f"00000000-0000-4000-8000-{number:012d}"
        providers[key] = {**first, "id": key, "name": f"Login {number}"}
    page = company.good("GET", "/identityProviders?limit=100")
    rest = company.good("GET", f"/identityProviders?{page['_links']['next']['href'].partition('?')[2]}")
    assert (page["count"], page["size"], rest["size"]) == (122, 100, 22)
    assert "next" not in rest["_links"]
    rows = page["_embedded"]["identityProviders"] + rest["_embedded"]["identityProviders"]
    assert [row["id"] for row in rows] == list(providers)


def test_one_identity_provider_is_read(company):
    """It is what the list has of it, under its own address; another id is not found."""
    row = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"][0]
    one = company.good("GET", f"/identityProviders/{row['id']}?expand=attributes")
    assert one == row
    assert one["_links"]["self"]["href"].endswith(f"/identityProviders/{row['id']}")
    assert company.fault("GET", f"/identityProviders/{company.sandbox.environment_id}")["top"] == "NOT_FOUND"


def test_identity_providers_are_not_filtered(company):
    """No filter is documented, so each is refused, and so are other parameters."""
    refusal = company.fault("GET", '/identityProviders?filter=name eq "Partner Login"')
    assert (refusal["status"], refusal["code"]) == (400, "INVALID_FILTER")
    assert company.fault("GET", "/identityProviders?expand=attributes")["top"] == "INVALID_REQUEST"


def test_identity_providers_are_only_read(company):
    """Nothing makes, changes or deletes one here."""
    row = company.good("GET", "/identityProviders")["_embedded"]["identityProviders"][0]
    for method, path in (
        ("POST", ""),
        ("PUT", f"/{row['id']}"),
        ("PATCH", f"/{row['id']}"),
        ("DELETE", f"/{row['id']}"),
    ):
        assert company.fault(method, f"/identityProviders{path}", {"name": "x"})
    assert row in company.good("GET", "/identityProviders")["_embedded"]["identityProviders"]


def test_malformed_ids_are_404_or_400_as_switched(make_caller):
    """An id that is no lower-case UUID finds nothing; switched, it is an invalid request."""
    assert make_caller().fault("GET", "/users/XYZ")["status"] == 404
    refusal = make_caller(Switches(malformed_id_status=400)).fault("GET", "/users/XYZ")
    assert (refusal["status"], refusal["top"]) == (400, "INVALID_REQUEST")


def test_json_that_is_nested_too_deeply_is_refused(company):
    """A custom value or customData may be a hundred levels deep, not two hundred."""

    def nest(levels):
        value = {}
        for _ in range(levels):
            value = {"a": value}
        return value

    user = company.user("a", preferences=nest(50))
    path = f"/users/{user['id']}"
    for method, where, body in (
        ("POST", "/users", {"username": "b", "preferences": nest(200)}),
        ("PATCH", path, {"preferences": nest(900)}),
        ("POST", "/groups", {"name": "g", "customData": nest(200)}),
    ):
        assert company.fault(method, where, body)["status"] == 400
    operation = {"op": "replace", "path": "preferences", "value": nest(900)}
    media = "application/vnd.pingidentity.user.scim.patch+json"
    assert company.fault("PATCH", path, {"Operations": [operation]}, media)["status"] == 400


def test_a_mistake_of_the_sandbox_is_loud(api, caplog):
    """What the sandbox did not expect is a 500 that names it, and a log entry."""
    api.sandbox.directory.users = None
    answer = api.call("GET", "/users")
    assert (answer.status_code, answer.json()["code"]) == (500, "UNEXPECTED_ERROR")
    assert "The sandbox itself failed: " in answer.json()["message"]
    assert "the sandbox itself failed" in caplog.text


@pytest.mark.parametrize(("rights", "name"), [("admin", "Identity Data Admin"), ("read", "Identity Data Read Only")])
def test_an_application_that_may_see_its_roles(make_caller, rights, name):
    """Switched on, the one assignment names the environment and a role that the list of roles has."""
    api = make_caller(Switches(rights=rights, shows_roles=True))
    names = {role["id"]: role["name"] for role in api.sandbox.directory.hanging.roles.values()}
    path = f"/applications/{api.sandbox.client_id}/roleAssignments"
    (held,) = api.call("GET", path).json()["_embedded"]["roleAssignments"]
    assert names[held["role"]["id"]] == name
    assert held["scope"]["type"] == "ENVIRONMENT"
    assert api.call("GET", f"/applications/{uuid.uuid4()}/roleAssignments").status_code == 404
