"""What /Schemas says beyond the rows, and that it is so (docs/decisions/0011-what-schemas-publishes.md)."""

from __future__ import annotations

import uuid

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
POPULATION = "urn:pingidentity:schemas:2.0:Population"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PINGONE_GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"


def published(scim, urn):
    """Return what /Schemas says of a schema: attribute name -> definition."""
    return {part["name"]: part for part in scim.get(f"/Schemas/{urn}")["attributes"]}


@pytest.mark.parametrize(
    ("urn", "name", "value"),
    [(USER, "active", False), (PINGONE_USER, "mfaEnabled", True), (PINGONE_USER, "population", None)],
)
def test_what_a_user_always_has_is_required_and_may_be_left_out(tolerant, urn, name, value):
    """It cannot be removed, it can be set, and a POST and a PUT without it are fine."""
    assert published(tolerant, urn)[name]["required"]
    user = tolerant.user()
    path = f"/Users/{user['id']}"
    answer = tolerant.patch(path, {"op": "remove", "path": f"{urn}:{name}"})
    assert (answer.status, answer["scimType"]) == (400, "mutability")
    before = tolerant.get(path).body
    after = tolerant.put(path, {"schemas": [USER], "userName": user["userName"]}).body
    inside = (lambda body: body) if urn == USER else (lambda body: body[PINGONE_USER])
    assert inside(after)[name] == inside(before)[name]
    if value is not None:
        after = tolerant.patch(path, {"op": "replace", "path": f"{urn}:{name}", "value": value}).body
        assert inside(after)[name] is value


def test_a_users_population_can_be_written(tolerant):
    """Its id is readWrite and suggests the populations that are there; each of them is taken."""
    parts = published(tolerant, PINGONE_USER)["population"]["subAttributes"]
    (told,) = [part for part in parts if part["name"] == "id"]
    assert told["mutability"] == "readWrite"
    existing = {part["id"] for part in tolerant.get("/Populations")["Resources"]}
    assert set(told["canonicalValues"]) == existing
    user = tolerant.user()
    for key in existing:
        operation = {"op": "replace", "path": f"{PINGONE_USER}:population.id", "value": key}
        assert tolerant.patch(f"/Users/{user['id']}", operation)[PINGONE_USER]["population"] == {"id": key}


def test_a_users_identity_provider_can_be_written(tolerant):
    """Its id is readWrite, and each suggestion is taken."""
    parts = published(tolerant, PINGONE_USER)["identityProvider"]["subAttributes"]
    told = {part["name"]: part for part in parts}
    assert (told["id"]["mutability"], told["type"]["mutability"]) == ("readWrite", "readOnly")
    user = tolerant.user()
    for key in told["id"]["canonicalValues"]:
        operation = {"op": "replace", "path": f"{PINGONE_USER}:identityProvider.id", "value": key}
        assert tolerant.patch(f"/Users/{user['id']}", operation)[PINGONE_USER]["identityProvider"] == {"id": key}


def test_no_extension_has_to_be_sent(tolerant):
    """A request may leave out the extension of users and that of groups; neither is called required."""
    kinds = {kind["name"]: kind for kind in tolerant.get("/ResourceTypes")["Resources"]}
    assert kinds["User"]["schemaExtensions"] == [{"schema": PINGONE_USER, "required": False}]
    assert kinds["Group"]["schemaExtensions"] == [{"schema": PINGONE_GROUP, "required": False}]


@pytest.mark.parametrize(
    ("path", "urn", "name"),
    [
        ("/Users", PINGONE_USER, "account"),
        ("/Users", PINGONE_USER, "environment"),
        ("/Groups", PINGONE_GROUP, "environment"),
    ],
)
def test_what_only_pingone_writes_comes_when_it_is_asked_for(tolerant, path, urn, name):
    """A plain answer has it not, and one with `attributes` has it whole."""
    assert published(tolerant, urn)[name]["returned"] == "request"
    resource = tolerant.user() if path == "/Users" else tolerant.group()
    place = f"{path}/{resource['id']}"
    assert name not in tolerant.get(place).body.get(urn, {})
    assert tolerant.get(f"{place}?attributes={urn}:{name}")[urn][name]


@pytest.mark.parametrize("name", ["emails", "addresses", "photos"])
def test_the_one_value_of_a_list_is_the_primary_one(tolerant, name):
    """`primary` suggests true, which is what comes back whatever was sent."""
    told = {part["name"]: part for part in published(tolerant, USER)[name]["subAttributes"]}
    assert told["primary"]["canonicalValues"] == ["true"]
    values = {
        "emails": {"value": "a@example.com"},
        "addresses": {"locality": "Ulm"},
        "photos": {"value": "https://photos.example.com/1.png"},
    }
    assert tolerant.user(**{name: [{**values[name], "primary": False}]})[name][0]["primary"] is True


def test_an_open_object_may_be_empty(tolerant):
    """An open object such as customData holds what it is given, also nothing, and lists leave it out."""
    group = tolerant.group(**{PINGONE_GROUP: {"customData": {"groupOwner": "it", "deep": {"n": [1]}}}})
    path = f"/Groups/{group['id']}"
    assert tolerant.get(path)[PINGONE_GROUP]["customData"] == {"groupOwner": "it", "deep": {"n": [1]}}
    answer = tolerant.patch(path, {"op": "replace", "path": f"{PINGONE_GROUP}:customData", "value": {}})
    assert answer[PINGONE_GROUP]["customData"] == {}
    assert tolerant.get(path)[PINGONE_GROUP]["customData"] == {}
    for found in tolerant.get("/Groups")["Resources"]:
        assert "customData" not in found.get(PINGONE_GROUP, {})
    tolerant.patch(path, {"op": "remove", "path": f"{PINGONE_GROUP}:customData"})
    assert PINGONE_GROUP not in tolerant.get(path).body


def test_the_external_id_of_a_population_stands_among_its_other_identifiers(tolerant):
    """Each of the two is written without touching the other, and a marked text is no identifier of the other kind."""
    body = {"schemas": [POPULATION], "displayName": f"p{uuid.uuid4().hex}", "externalId": "org-1"}
    created = tolerant.post("/Populations", body)
    path = f"/Populations/{created['id']}"
    record = tolerant.sandbox.directory.populations.get(created["id"])
    assert record["alternativeIdentifiers"] == ["externalId=org-1"]
    answer = tolerant.patch(path, {"op": "add", "path": "alternativeIdentifiers", "value": ["a", "b"]})
    assert (answer["externalId"], answer["alternativeIdentifiers"]) == ("org-1", ["a", "b"])
    answer = tolerant.patch(path, {"op": "remove", "path": "externalId"})
    assert "externalId" not in answer.body
    assert answer["alternativeIdentifiers"] == ["a", "b"]
    answer = tolerant.patch(path, {"op": "add", "path": "alternativeIdentifiers", "value": ["externalId=x"]})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")
    tolerant.delete(path)


# -- a composed value and one of its own -------------------------------------------------------------------------------

NAME = {"givenName": "Ada", "familyName": "Lovelace"}


def replaced(scim, user, **attributes):
    """PUT a user with the attributes and return what a GET shows."""
    body = {"schemas": [USER], "userName": user["userName"], "name": NAME, **attributes}
    assert scim.put(f"/Users/{user['id']}", body).status == 200
    return scim.get(f"/Users/{user['id']}").body


def test_a_display_name_is_composed(tolerant):
    """What a client sends at creation does not matter."""
    assert tolerant.user(name=NAME, displayName="Countess")["displayName"] == "Ada Lovelace"


def test_a_display_name_of_its_own_is_kept(tolerant):
    """A PUT that changes it alone, to something that has nothing of the name in it, is shown afterwards."""
    user = tolerant.user(name=NAME)
    after = replaced(tolerant, user, displayName="Service Desk")
    assert (after["displayName"], after["name"]) == ("Service Desk", {**NAME, "formatted": "Service Desk"})
    assert tolerant.names(f'displayName eq "service desk" and id eq "{user["id"]}"') == [user["userName"]]


@pytest.mark.parametrize("sent", ["Lovelace, Ada", "ada l.", "Dr. Ada Lovelace", "Ada Lovelace", ""])
def test_a_display_name_that_writes_the_name_in_another_way_is_composed(tolerant, sent):
    """Such a value is left out: the parts of the name say the same."""
    after = replaced(tolerant, tolerant.user(name=NAME), displayName=sent)
    assert (after["displayName"], after["name"]) == ("Ada Lovelace", NAME)


def test_a_new_name_composes_a_new_display_name(tolerant):
    """Where parts of the name change in the same request, they win."""
    user = tolerant.user(name=NAME)
    name = {"givenName": "Augusta", "familyName": "Byron"}
    assert replaced(tolerant, user, name=name, displayName="Service Desk")["displayName"] == "Augusta Byron"


def test_a_formatted_name_that_is_sent_wins(tolerant):
    """Where a client writes name.formatted, that is what name.formatted is."""
    user = tolerant.user(name=NAME)
    after = replaced(tolerant, user, name={**NAME, "formatted": "Ada King"}, displayName="Service Desk")
    assert (after["name"]["formatted"], after["displayName"]) == ("Ada King", "Ada Lovelace")


# -- members that nobody can be ----------------------------------------------------------------------------------------


def test_a_members_id_of_another_server_adds_nobody(tolerant):
    """A PATCH with such an id succeeds and adds the others; one that could exist and does not is refused."""
    user, group = tolerant.user(), tolerant.group()
    path = f"/Groups/{group['id']}"
    both = [{"value": "member-of-another-server"}, {"value": user["id"]}]
    answer = tolerant.patch(path, {"op": "add", "path": "members", "value": both})
    assert [part["value"] for part in answer["members"]] == [user["id"]]
    ghost = [{"value": str(uuid.uuid4())}]
    assert tolerant.patch(path, {"op": "add", "path": "members", "value": ghost}).status == 400


def test_a_strict_client_is_refused_a_members_id_of_another_server(scim):
    """To the letter, what cannot be done is refused."""
    path = f"/Groups/{scim.group()['id']}"
    answer = scim.patch(path, {"op": "add", "path": "members", "value": [{"value": "member-of-another-server"}]})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")
