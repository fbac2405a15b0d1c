"""What a client of the clients file sees of the server: its page size, and a configuration without what it lacks."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import Caller
from tests.conftest import Client

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def as_caller(client):
    """The bridge asked by a client of other words."""

    def make(**words) -> Client:
        from flask import g  # noqa: PLC0415 - the app's own

        client.app.before_request_funcs.setdefault(None, []).append(
            lambda: setattr(g, "caller", Caller("hr", **words)) if "caller" in g else None
        )
        return client

    return make


@pytest.mark.parametrize(("words", "size"), [({}, 100), ({"default_count": 1000}, 250), ({"default_count": 7}, 7)])
def test_a_list_without_a_count(as_caller, words, size):
    """Lists, .search, cursors and root queries have the client's page size where the request names none."""
    client = as_caller(**words)
    assert client.list("/Users")["itemsPerPage"] == size
    assert client.list("/Users", filter="active pr")["itemsPerPage"] == min(
        size, client.list("/Users", filter="active pr")["totalResults"]
    )
    assert client.good("POST", "/Users/.search", {"schemas": [SEARCH]})["itemsPerPage"] == size
    assert client.list("/Users", cursor="")["itemsPerPage"] == size
    everything = client.list("/", excludedAttributes="members")
    assert everything["itemsPerPage"] == min(words.get("default_count", 100), everything["totalResults"])
    searched = client.good("POST", "/.search", {"schemas": [SEARCH], "excludedAttributes": ["members"]})
    assert searched["itemsPerPage"] == everything["itemsPerPage"]


def test_a_count_is_heeded(as_caller):
    """Who names a count gets that, whatever the client's own page size is."""
    client = as_caller(default_count=1000)
    assert client.list("/Users", count=3)["itemsPerPage"] == 3
    assert client.list("/Users", count=0)["itemsPerPage"] == 0
    assert client.list("/Users", count=2000)["itemsPerPage"] == 250


def test_the_page_size_is_published(as_caller):
    """ServiceProviderConfig and the OpenAPI description say the page size of the client that asks."""
    client = as_caller(default_count=7)
    assert client.good("GET", "/ServiceProviderConfig")["pagination"]["defaultPageSize"] == 7
    parameters = client.good("GET", "/openapi.json")["components"]["parameters"]
    assert parameters["count"]["schema"]["default"] == 7


@pytest.mark.parametrize("hidden", [(), ("pagination",), ("documentationUri", "pagination")])
def test_a_configuration_without_what_is_hidden(as_caller, client, hidden):
    """What is hidden of ServiceProviderConfig is not there, in the OpenAPI description neither; all else is."""
    whole = client.good("GET", "/ServiceProviderConfig")
    own = as_caller(hidden_config=hidden)
    assert own.good("GET", "/ServiceProviderConfig") == {
        name: member for name, member in whole.items() if name not in hidden
    }
    described = own.good("GET", "/openapi.json")["components"]["schemas"]["ServiceProviderConfig"]["properties"]
    assert set(described) & {"pagination", "documentationUri"} == {"pagination", "documentationUri"} - set(hidden)
    assert own.list("/Users", cursor="", count=2)["nextCursor"], "what is not published still works"
