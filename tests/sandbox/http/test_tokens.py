"""The token endpoint and what makes a token good."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Switches


def test_basic_credentials_get_a_token(api):
    """CLIENT_SECRET_BASIC gets a bearer token with its life time in seconds."""
    answer = api.ask_token()
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert body.keys() == {"access_token", "token_type", "expires_in"}


def test_the_method_has_to_be_the_one_of_the_application(make_caller):
    """Credentials sent the other way, or both ways, are 401 invalid_client."""
    for method, right, wrong in (("basic", "basic", "post"), ("post", "post", "basic")):
        api = make_caller(Switches(auth_method=method))
        sandbox = api.sandbox
        post = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
        ways = {
            "basic": {},
            "post": {"auth": None, "data": {"grant_type": "client_credentials", **post}},
            "both": {"data": {"grant_type": "client_credentials", **post}},
        }
        assert api.ask_token(**ways[right]).status_code == 200
        for way in (wrong, "both"):
            answer = api.ask_token(**ways[way])
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert "(Correlation ID: " in answer.json()["error_description"]


@pytest.mark.parametrize("auth", [("x", "y"), None])
def test_wrong_credentials_are_invalid_client(api, auth):
    """An unknown client, and none at all, is 401 invalid_client in OAuth's shape."""
    answer = api.ask_token(auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_another_grant_is_refused(api):
    """Only client_credentials is granted."""
    answer = api.ask_token(data={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_the_request_has_to_be_a_form(api):
    """A JSON body is no token request."""
    assert api.ask_token(data=None, json={"grant_type": "client_credentials"}).status_code == 415


def test_a_worker_without_roles_gets_no_token(make_caller):
    """Zero role assignments: the token request itself is refused."""
    assert make_caller(Switches(rights="none")).ask_token().status_code == 401


def test_revoked_tokens_are_bad_and_new_ones_good(api):
    """After a revocation every old token is 401, a new one works."""
    api.sandbox.revoke_tokens()
    assert api.call("GET", "/users").status_code == 401
    api.renew()
    assert api.call("GET", "/users").status_code == 200


def test_tokens_expire(make_caller):
    """A token is good for its life time only."""
    assert make_caller(Switches(token_lifetime=0)).call("GET", "/users").status_code == 401


def test_two_tokens_are_good_at_once(api):
    """A new token does not end the old one."""
    first = api.session.headers["Authorization"]
    api.renew()
    assert api.session.headers["Authorization"] != first
    api.session.headers["Authorization"] = first
    assert api.call("GET", "/users").status_code == 200
