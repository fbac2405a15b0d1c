"""Malformed lists over HTTP: 400 `invalidValue` with the attribute's name, and PingOne holds what it held."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.app import create_app
from scimbridge.sandbox import Sandbox
from tests.conftest import PINGONE_USER, Client, settings_for

USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PERSON = {
    "schemas": [USER],
    "userName": "whole",
    "name": {"givenName": "Ada", "familyName": "Byron"},
    "emails": [{"value": "ada@example.org", "type": "work"}],
    "phoneNumbers": [{"value": "+1 555 1", "type": "work"}, {"value": "+1 555 2", "type": "mobile"}],
    "addresses": [{"type": "work", "locality": "York"}],
    "photos": [{"value": "https://example.org/a.png", "type": "photo"}],
}
LISTS = ["emails", "phoneNumbers", "addresses", "photos"]

BLANK = st.sampled_from(["", " ", "\t", "[]", "{}", "null", "[{}]", "[null]"])
MARKS = st.fixed_dictionaries({}, optional={"type": st.sampled_from(["work", "mobile"]), "display": st.just("x")})
NO_VALUE = (
    st.none()
    | BLANK
    | st.integers()
    | st.booleans()
    | st.lists(st.none() | BLANK, max_size=2)
    | st.builds(lambda marks, value: {**marks, **value}, MARKS, st.sampled_from([{}, {"value": None}, {"value": " "}]))
)
MALFORMED = BLANK | st.lists(NO_VALUE, min_size=1, max_size=3) | MARKS | st.booleans() | st.integers()


class Company:
    """One user with a value in every list and a group with two members; clients of both manners."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.clients = [Client(create_app(settings_for(sandbox, strict=strict)), sandbox) for strict in (False, True)]
        client = self.clients[0]
        self.user = client.good("POST", "/Users", PERSON)["id"]
        members = [{"value": each["id"]} for each in list(sandbox.directory.users)[:2]]
        self.body = {"schemas": [GROUP], "displayName": "whole", "members": members}
        self.group = client.good("POST", "/Groups", self.body)["id"]

    def state(self):
        """Return all that the sandbox holds."""
        directory = self.sandbox.directory
        edges = [sorted(directory.edges.members_of(kind, self.group)) for kind in ("users", "groups")]
        return [list(directory.users), list(directory.groups), list(directory.populations), edges]

    def requests(self, attribute, value):
        """Yield every request that can carry a value of an attribute, but for a POST."""
        path = f"/Groups/{self.group}" if attribute == "members" else f"/Users/{self.user}"
        whole = self.body if attribute == "members" else PERSON
        urn = whole["schemas"][0]
        yield "PUT", path, {**whole, attribute: value}
        for operation in (
            {"op": "add", "path": attribute, "value": value},
            {"op": "Replace", "path": f"{urn}:{attribute.upper()}", "value": value},
            {"op": "replace", "value": {attribute: value}},
            {"op": "add", "value": {attribute: value}},
            {"op": "remove", "path": attribute, "value": value},
        ):
            if operation["op"] == "remove" and attribute == "name":
                continue  # what goes is said by the path alone
            first = {"op": "replace", "path": "displayName" if whole is self.body else "title", "value": "other"}
            yield "PATCH", path, {"schemas": [PATCH], "Operations": [first, operation]}


@pytest.fixture(scope="module")
def company():
    sandbox = Sandbox.start(seed=4)
    yield Company(sandbox)
    sandbox.close()


def refused(company, client, request, name):
    """Send a request that has to be refused with the attribute's name, and to leave PingOne as it is."""
    before = company.state()
    answer = client.send(*request)
    assert (answer.status_code, answer.json.get("scimType")) == (400, "invalidValue"), (request, answer.text)
    assert name in answer.json["detail"], answer.text
    assert client.writes == []
    assert company.state() == before


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("attribute", ["members", "name", *LISTS])
@pytest.mark.parametrize("value", ["", {}, [None], [{}], [[]], [" "], "[]", " ", [True]])
def test_nothing_is_taken_for_a_list(company, attribute, value, strict):
    """PUT and every operation of PATCH refuse it, also behind an operation that is right."""
    for request in company.requests(attribute, value):
        refused(company, company.clients[strict], request, attribute)


@settings(max_examples=150, deadline=None)
@given(attribute=st.sampled_from(["members", *LISTS]), value=MALFORMED, strict=st.booleans(), which=st.integers(0, 5))
def test_random_malformed_lists_change_nothing(company, attribute, value, strict, which):
    """Any list of what holds no value is refused by any verb in any manner."""
    request = list(company.requests(attribute, value))[which]
    if request[2].get("Operations", [{}])[-1].get("op") == "remove" and attribute != "members":
        request = next(iter(company.requests(attribute, value)))
    refused(company, company.clients[strict], request, attribute)


@settings(max_examples=60, deadline=None)
@given(
    mails=st.lists(st.sampled_from(["a@example.org", "b@example.org"]), max_size=1),
    phones=st.dictionaries(st.sampled_from(["work", "mobile"]), st.sampled_from(["+1 555 3", "+1 555 4"])),
    strict=st.booleans(),
    verb=st.sampled_from(["PUT", "path", "pathless"]),
)
def test_random_well_formed_lists_come_back(company, mails, phones, strict, verb):
    """What is a list is kept as it was sent, the empty one too."""
    lists = {
        "emails": [{"value": value, "type": "work", "primary": True} for value in mails],
        "phoneNumbers": [{"value": phones[kind], "type": kind} for kind in sorted(phones, reverse=True)],
    }
    client, path = company.clients[strict], f"/Users/{company.user}"
    operations = (
        [{"op": "replace", "value": lists}]
        if verb == "pathless"
        else [{"op": "replace", "path": name, "value": value} for name, value in lists.items()]
    )
    body = {**PERSON, **lists} if verb == "PUT" else {"schemas": [PATCH], "Operations": operations}
    client.good("PUT" if verb == "PUT" else "PATCH", path, body)
    read = client.good("GET", path)
    assert {name: read.get(name, []) for name in lists} == lists


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/Users", {"emails": ""}),
        ("/Users", {"emails": {}}),
        ("/Users", {"emails": [{"type": "work"}]}),
        ("/Users", {"emails": [[]]}),
        ("/Groups", {"members": ""}),
        ("/Groups", {"members": {}}),
        ("/Groups", {"members": [None]}),
        ("/Groups", {"members": [{}]}),
        ("/Groups", {"members": [{"display": "Ada"}]}),
        ("/Groups", {"members": [{"value": "", "type": "User"}]}),
        ("/Populations", {"alternativeIdentifiers": [None]}),
        ("/Populations", {"alternativeIdentifiers": [""]}),
        ("/Populations", {"alternativeIdentifiers": {}}),
    ],
)
def test_nothing_is_made_of_a_malformed_list(company, path, body):
    """POST refuses before a call."""
    name = next(iter(body))
    refused(company, company.clients[0], ("POST", path, {"userName": "new", "displayName": "new", **body}), name)


def test_a_new_user_may_carry_empty_elements(client):
    """By default they are left out, and strict clients hear of them."""
    body = {"schemas": [USER], "userName": "n", "addresses": [None], "photos": [{}], "emails": [{"value": None}]}
    made = client.good("POST", "/Users", body)
    assert not {"addresses", "photos", "emails"} & made.keys()
    strict = Client(create_app(settings_for(client.sandbox, strict=True)), client.sandbox)
    assert strict.fault("POST", "/Users", {**body, "userName": "o"}) == (400, "invalidValue")


def test_the_empty_text_takes_one_phone_number(client):
    """PUT and PATCH with every type that a client knows keep those with a value."""
    user = client.good("POST", "/Users", PERSON)["id"]
    work, none = PERSON["phoneNumbers"][0], {"type": "mobile", "value": ""}
    assert client.good("PUT", f"/Users/{user}", {**PERSON, "phoneNumbers": [work, none]})["phoneNumbers"] == [work]
    client.patch(f"/Users/{user}", {"op": "add", "path": "phoneNumbers", "value": PERSON["phoneNumbers"]})
    client.patch(f"/Users/{user}", {"op": "replace", "value": {"phoneNumbers": [none, work]}})
    assert client.good("GET", f"/Users/{user}")["phoneNumbers"] == [work]


def test_a_removal_of_no_members_is_refused(company):
    """`"value": null` is no list of whom to remove; without `value` all go, with [] nobody."""
    path, client = f"/Groups/{company.group}", company.clients[0]
    operation = {"op": "remove", "path": "members", "value": None}
    refused(company, client, ("PATCH", path, {"schemas": [PATCH], "Operations": [operation]}), "members")
    before = company.state()
    assert client.patch(path, {"op": "remove", "path": "members", "value": []}).status_code == 200
    assert company.state() == before


def test_a_malformed_list_in_a_bulk_fails_alone(company):
    """Its neighbours are carried out."""
    client = company.clients[0]
    operations = [
        {"method": "PUT", "path": f"/Groups/{company.group}", "data": {**company.body, "members": ""}},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "beside", "schemas": [USER]}},
    ]
    answer = client.good("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    assert [part["status"] for part in answer["Operations"]] == ["400", "201"]
    assert client.members(company.group) == {each["value"] for each in company.body["members"]}


def test_a_population_of_no_id_moves_nobody(company):
    """An empty object, array or text is no population."""
    for value in ({}, [], [None], " "):
        operation = {"op": "replace", "path": f"{PINGONE_USER}:population", "value": value}
        request = ("PATCH", f"/Users/{company.user}", {"schemas": [PATCH], "Operations": [operation]})
        refused(company, company.clients[0], request, "population")
