"""Queries as scripts and administrators write them: answered as they are meant, or refused, and never wider."""

from __future__ import annotations

import pytest

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
OWN_URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PLACES = ["/Users", "/Groups", "/Populations", "/"]


@pytest.fixture
def someone(client):
    """The userName of a user of the small company."""
    return client.sandbox.directory.users.get(client.users_in("Employees")[0])["username"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["", " ", "\t", "\u00a0", "\r\n"])
def test_an_empty_filter_is_refused(client, place, text):
    """A script whose variable was empty does not get everybody, neither by URL nor by body."""
    assert client.fault("GET", place, query_string={"filter": text, "count": 1}) == (400, "invalidFilter")
    assert client.calls == []
    search = f"{place.rstrip('/')}/.search"
    assert client.fault("POST", search, {"schemas": [SEARCH], "filter": text}) == (400, "invalidFilter")
    assert client.calls == []
    assert client.good("POST", search, {"schemas": [SEARCH], "filter": None, "count": 1})["itemsPerPage"] == 1


@pytest.mark.parametrize("place", PLACES)
def test_a_filter_that_stands_twice_is_refused(client, place):
    """The second one would be left out, and the answer wider than asked for."""
    for query in ("filter=id%20pr&filter=id%20pr", "filter=id%20pr&FILTER=", "filter=&filter=id%20pr"):
        assert client.fault("GET", f"{place}?{query}") == (400, "invalidFilter")
        assert client.calls == []


def test_other_parameters_that_stand_twice(client, someone):
    """Numbers, cursors and sorting stand once; two lists of names are one list; unknown ones may be anything."""
    for query in ("count=1&count=1", "startIndex=1&startindex=3", "cursor&cursor", "sortBy=id&sortBy=id"):
        assert client.fault("GET", f"/Users?{query}") == (400, "invalidValue")
    user = client.list("/Users", filter=f'userName eq "{someone}"')["Resources"][0]
    for path in ("/Users?count=1", f"/Users/{user['id']}?filter=&filter="):
        shown = client.good(
            "GET", f"{path}&attributes=userName&attributes=name.givenName&aadOptscim062020&aadOptscim062020"
        )
        shown = shown["Resources"][0] if "Resources" in shown else shown
        assert set(shown) == {"schemas", "id", "userName", "name"}


@pytest.mark.parametrize(
    "form",
    ["'{}'", "\u201c{}\u201d", "\u201e{}\u201c", "\u00ab{}\u00bb", "`{}`", "%22{}%22", r"\"{}\"", "&quot;{}&quot;"],
)
def test_quotes_that_are_no_quotes_are_refused_with_the_right_form(client, someone, form):
    """200 with nobody in it would have the client make a double; the sentence does not repeat the value."""
    text = f"userName eq {form.format(someone)}"
    answer = client.send("GET", "/Users", query_string={"filter": text})
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter")
    assert 'userName eq "value"' in answer.json["detail"]
    assert someone not in answer.text
    assert client.fault("POST", "/Users/.search", {"schemas": [SEARCH], "filter": text}) == (400, "invalidFilter")
    assert client.calls == []


def test_apostrophes_in_quotes_and_in_bare_values_are_letters(client):
    """The O'Brien of the company is found, with his quotes and without."""
    made = client.good("POST", "/Users", {"userName": "pat.o'brien@example.com"})
    for text in ('userName eq "pat.o\'brien@example.com"', "userName eq pat.o'brien@example.com"):
        assert [user["id"] for user in client.list("/Users", filter=text)["Resources"]] == [made["id"]]


def test_a_dot_behind_a_urn_in_filters_and_lists_of_names(client, someone):
    """ConnId's and Syncope's names mean what they mean with a colon, on a type and over all types."""
    for text in (
        f'{USER_URN}.userName eq "{someone}"',
        f"{USER_URN.upper()}.username eq {someone}",
        f'{USER_URN}.emails[type eq "work"] and {USER_URN}.userName eq "{someone}"',
        f'{OWN_URN}.population.id pr and not ({USER_URN}.userName ne "{someone}")',
    ):
        for place in ("/Users", "/"):
            found = client.list(place, filter=text, attributes=f"{USER_URN}.userName,{OWN_URN}.population.id")
            assert found["totalResults"] == 1, text
            assert found["Resources"][0]["userName"] == someone
            assert set(found["Resources"][0]) == {"schemas", "id", "userName", OWN_URN}
    shown = client.list("/Users", count=1, excludedAttributes=f"{USER_URN}.userName,{USER_URN}.name.givenName")
    assert "userName" not in shown["Resources"][0]
    assert "givenName" not in shown["Resources"][0]["name"]
    assert client.list("/Groups", filter=f"{GROUP_URN}.displayName pr", count=0)["totalResults"] == 9


def test_whole_numbers_are_read_in_every_spelling(client):
    """`5.0` and `5e0` are 5 in a URL and in a body; 1.5 is no number of results."""
    for number in ("2", "2.0", "2e0", "0.2e1"):
        assert client.good("GET", f"/Users?count={number}&startIndex={number}")["itemsPerPage"] == 2
        assert client.good("GET", f"/Users?cursor&count={number}")["itemsPerPage"] == 2
        message = {"schemas": [SEARCH], "count": number, "startIndex": float(number)}
        found = client.good("POST", "/Users/.search", message)
        assert (found["itemsPerPage"], found["startIndex"]) == (2, 2)
    for number in ("1.5", "1e-1", "1e999"):
        assert client.fault("GET", f"/Users?count={number}") == (400, "invalidValue")
        assert client.fault("GET", f"/Users?cursor&count={number}") == (400, "invalidCount")


def test_strict_clients_write_queries_to_the_letter(make_client):
    """Whole numbers have digits only, names are a list, and a null is absent for everybody."""
    client = make_client(20, settings={"strict": True})
    assert client.fault("GET", "/Users?count=5.0") == (400, "invalidValue")
    for member in ({"count": "5"}, {"count": 5.0}, {"attributes": "userName"}):
        assert client.fault("POST", "/Users/.search", {"schemas": [SEARCH], **member}) == (400, "invalidSyntax")
    for text in (f"{USER_URN}.userName pr", "", "userName eq x", "userName eq 'x'"):
        assert client.fault("GET", "/Users", query_string={"filter": text}) == (400, "invalidFilter")
    nulls = {"filter": None, "attributes": None, "count": None, "cursor": None, "sortOrder": None}
    assert client.good("POST", "/Users/.search", {"schemas": [SEARCH], **nulls})["startIndex"] == 1
