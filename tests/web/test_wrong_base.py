"""A client with a wrong base URL is told where SCIM is."""

from __future__ import annotations

import pytest

WRONG = [
    "/",
    "/Users",
    "/users/7",
    "/scim/Users",
    "/v2/Users",
    "/scim/v1/Users",
    "/scim",
    "/SCIM/V2/Users",
    "/api/Groups",
]
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_base_url_is_answered_with_the_right_one(client, path, method):
    """Whoever asks elsewhere gets a SCIM error with the base URL, with a token and without, and not its own path."""
    for headers in (client.headers, {}):
        answer = client.app.test_client().open(path, method=method, headers=headers, base_url="http://bridge.test:8080")
        assert answer.status_code == 404
        assert answer.json["schemas"] == [ERROR]
        assert "http://bridge.test:8080/scim/v2" in answer.json["detail"]
        assert "api/Groups" not in answer.json["detail"]


def test_where_the_operator_has_said_it_that_is_told(make_client):
    """With a public URL, that one is told, whatever the Host header says."""
    client = make_client(settings={"public_url": "https://scim.example.org/bridge"})
    answer = client.app.test_client().get("/Users", base_url="http://10.0.0.7:8080")
    assert "https://scim.example.org/bridge/scim/v2" in answer.json["detail"]
    assert "10.0.0.7" not in answer.json["detail"]


def test_a_wrong_endpoint_below_the_right_base_too(client):
    """Below /scim/v2 an endpoint that is not there is told in the same way, to who may come in."""
    assert "/scim/v2/Users" in client.detail("GET", "/Devices")
    assert client.send("GET", "/Devices", headers={"Authorization": ""}).status_code == 401


def test_an_id_that_is_not_there_is_no_wrong_base(client):
    """A resource that is not there is told as that, without the base URL."""
    assert "base URL" not in client.detail("GET", "/Users/4f7f6e52-6f3c-4d2c-8f5e-0d1f1c9f7a11")
