"""RFC 7643, the core schema: what a strict bridge has to be held to, section by section."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CHARACTERISTICS = {"name", "type", "multiValued", "description", "required", "caseExact", "mutability", "returned"}


def leaves(attributes):
    """Yield every attribute and sub-attribute of a schema."""
    for part in attributes:
        yield part
        yield from leaves(part.get("subAttributes", ()))


# -- 2 SCIM schema structure ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["username", "USERNAME", "uSeRnAmE"])
def test_names_have_no_case_in_a_body(scim, spelling):
    """RFC 7643 §2.1: an attribute name is the same name in any case, and comes back as the schema spells it."""
    name = f"case{uuid.uuid4().hex}"
    answer = scim.post("/Users", {"schemas": [USER], spelling: name})
    assert (answer.status, answer["userName"]) == (201, name)


def test_names_have_no_case_in_a_patch_path(scim):
    """RFC 7643 §2.1: the same holds for the path of a PATCH operation."""
    user = scim.user()
    answer = scim.patch(f"/Users/{user['id']}", {"op": "replace", "path": "NAME.GIVENNAME", "value": "Ada"})
    assert answer["name"] == {"givenName": "Ada"}


def test_boolean_values_are_json_booleans(scim):
    """RFC 7643 §2.3.2: a boolean is true or false, never a string."""
    assert scim.user(active=False)["active"] is False
    assert scim.post("/Users", {"schemas": [USER], "userName": "b1", "active": "maybe"}).status == 400


def test_a_number_is_no_string(scim):
    """RFC 7643 §2.3.1: a string attribute takes a string only."""
    answer = scim.post("/Users", {"schemas": [USER], "userName": "n1", "title": 7})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")


def test_times_are_xsd_date_times_with_a_zone(scim):
    """RFC 7643 §2.3.5: dateTime values are RFC 3339 instants."""
    meta = scim.user()["meta"]
    for name in ("created", "lastModified"):
        assert dt.datetime.fromisoformat(meta[name]).tzinfo is not None


def test_references_are_uris_that_lead_somewhere(scim):
    """RFC 7643 §2.3.7: a reference to a resource can be followed."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}])
    reference = group["members"][0]["$ref"]
    assert reference == user["meta"]["location"]
    assert scim.get(reference.partition("/scim/v2")[2])["id"] == user["id"]


def test_a_complex_value_is_an_object_of_its_sub_attributes(scim):
    """RFC 7643 §2.3.8: complex attributes hold simple ones."""
    assert scim.user(name={"givenName": "A", "familyName": "B"})["name"]["familyName"] == "B"
    answer = scim.post("/Users", {"schemas": [USER], "userName": "c1", "name": "Ada Lovelace"})
    assert answer.status == 400


def test_at_most_one_value_is_primary_in_a_request(scim):
    """RFC 7643 §2.4: `primary` true stands at no more than one value of a list."""
    both = [{"value": f"{n}@example.com", "type": "work", "primary": True} for n in "ab"]
    answer = scim.post("/Users", {"schemas": [USER], "userName": "p1", "emails": both})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")


def test_at_most_one_value_is_primary_in_an_answer(scim):
    """RFC 7643 §2.4: the same holds for what the server gives."""
    phones = [{"value": "+1", "type": "work", "primary": True}, {"value": "+2", "type": "mobile"}]
    user = scim.user(emails=[{"value": "a@example.com", "primary": True}], phoneNumbers=phones)
    for name in ("emails", "phoneNumbers"):
        assert sum(part.get("primary", False) for part in user[name]) <= 1


def test_no_two_values_are_the_same_by_type_and_value(scim):
    """RFC 7643 §2.4: a server gives no type and value combination twice."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}, {"value": user["id"]}])
    assert [member["value"] for member in scim.get(f"/Groups/{group['id']}")["members"]] == [user["id"]]


@pytest.mark.parametrize("nothing", [None, []])
def test_null_and_empty_are_absence(scim, nothing):
    """RFC 7643 §2.5: null, an empty array and no attribute at all are one state."""
    user = scim.user(title="Engineer", emails=[{"value": "a@example.com"}])
    body = {"schemas": [USER], "userName": user["userName"], "title": None, "emails": nothing}
    after = scim.put(f"/Users/{user['id']}", body).body
    assert "title" not in after
    assert "emails" not in after


# -- 3 resources ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Populations"])
def test_every_resource_names_its_schemas(scim, path):
    """RFC 7643 §3: `schemas` is there, is no empty list, and begins with the core schema of the type."""
    core = {kind["endpoint"]: kind["schema"] for kind in scim.get("/ResourceTypes")["Resources"]}[path]
    for resource in scim.get(f"{path}?count=10")["Resources"]:
        assert resource["schemas"][0] == core
        assert len(set(resource["schemas"])) == len(resource["schemas"])


def test_a_body_without_schemas_is_refused(scim):
    """RFC 7643 §3: a representation says which schemas it is of."""
    assert scim.post("/Users", {"userName": "s1"}).status == 400


def test_the_server_gives_the_id(scim):
    """RFC 7643 §3.1: `id` is the server's; one that a client sends counts for nothing."""
    assert scim.user(id="mine")["id"] != "mine"


def test_an_id_stays_the_same(scim):
    """RFC 7643 §3.1: `id` does not change while the resource lives."""
    user = scim.user()
    path = f"/Users/{user['id']}"
    scim.patch(path, {"op": "replace", "path": "userName", "value": f"renamed{uuid.uuid4().hex}"})
    assert scim.get(path)["id"] == user["id"]


def test_an_id_is_not_used_again(scim):
    """RFC 7643 §3.1: a new resource has an id of its own, also when a deleted one had its name."""
    user = scim.user()
    scim.delete(f"/Users/{user['id']}")
    again = scim.post("/Users", {"schemas": [USER], "userName": user["userName"]})
    assert again.status == 201
    assert again["id"] != user["id"]


def test_no_id_is_the_reserved_word(scim):
    """RFC 7643 §3.1: "bulkId" is no id."""
    assert scim.get("/Users/bulkId").status == 404


@pytest.mark.parametrize("make", ["user", "group"])
def test_external_id_is_the_clients_and_comes_back(scim, make):
    """RFC 7643 §3.1: `externalId` is set by the client and kept as it is."""
    key = f"Ext-{uuid.uuid4()}"
    assert getattr(scim, make)(externalId=key)["externalId"] == key


def test_external_id_minds_case(scim):
    """RFC 7643 §3.1: `externalId` is caseExact."""
    key = f"Ext-{uuid.uuid4()}"
    scim.user(externalId=key)
    assert scim.find("/Users", f'externalId eq "{key}"')["totalResults"] == 1
    assert scim.find("/Users", f'externalId eq "{key.upper()}"')["totalResults"] == 0


@pytest.mark.parametrize(("make", "kind"), [("user", "User"), ("group", "Group")])
def test_meta_says_what_the_server_knows(scim, make, kind):
    """RFC 7643 §3.1: meta has resourceType, created, lastModified, location and, with ETags, version."""
    meta = getattr(scim, make)()["meta"]
    assert meta["resourceType"] == kind
    assert meta.keys() == {"resourceType", "created", "lastModified", "location", "version"}


def test_meta_of_the_client_is_ignored(scim):
    """RFC 7643 §3.1: meta is read-only."""
    sent = {"resourceType": "Group", "created": "1999-01-01T00:00:00Z", "location": "http://elsewhere.test/"}
    meta = scim.user(meta=sent)["meta"]
    assert meta["resourceType"] == "User"
    assert not meta["created"].startswith("1999")


def test_last_modified_moves_with_a_change(scim):
    """RFC 7643 §3.1: lastModified is the time of the last change."""
    user = scim.user()
    after = scim.patch(f"/Users/{user['id']}", {"op": "add", "path": "title", "value": "Chef"})
    assert after["meta"]["lastModified"] > user["meta"]["lastModified"]
    assert after["meta"]["created"] == user["meta"]["created"]


def test_common_attributes_stand_in_no_schema(scim):
    """RFC 7643 §3.1: id, externalId, meta and schemas belong to every resource and are not listed again."""
    for schema in scim.get("/Schemas")["Resources"]:
        assert not {"id", "externalId", "meta", "schemas"} & {part["name"] for part in schema["attributes"]}


def test_extension_attributes_lie_under_their_urn(scim):
    """RFC 7643 §3.3: values of an extension stand in an object named by its URN, which `schemas` names too."""
    user = scim.user(**{PINGONE_USER: {"accountId": "a-1"}})
    assert user[PINGONE_USER]["accountId"] == "a-1"
    assert PINGONE_USER in user["schemas"]
    assert "accountId" not in user


def test_schemas_names_no_extension_that_has_no_data(scim):
    """RFC 7643 §3.3: the URN of an extension is there when its data is."""
    user = scim.get(f"/Users/{scim.user()['id']}?attributes=userName")
    assert user["schemas"] == [USER]


# -- 4 core resource schemas ---------------------------------------------------------------------------------------


def test_a_user_needs_a_user_name(scim):
    """RFC 7643 §4.1.1: userName is required."""
    answer = scim.post("/Users", {"schemas": [USER], "title": "x"})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")


def test_a_user_name_may_not_be_empty(scim):
    """RFC 7643 §4.1.1: the userName is not empty."""
    assert scim.post("/Users", {"schemas": [USER], "userName": ""}).status == 400


def test_user_names_are_unique_without_case(scim):
    """RFC 7643 §4.1.1: userName is unique in the service, and not caseExact."""
    user = scim.user()
    answer = scim.post("/Users", {"schemas": [USER], "userName": user["userName"].upper()})
    assert (answer.status, answer["scimType"]) == (409, "uniqueness")


def test_a_user_name_keeps_its_case(scim):
    """RFC 7643 §2.2: what does not count in comparison is kept all the same."""
    name = f"MiXed{uuid.uuid4().hex}"
    assert scim.user(userName=name)["userName"] == name


def test_the_name_has_its_six_parts(scim):
    """RFC 7643 §4.1.1: name is formatted, familyName, givenName, middleName, honorificPrefix and honorificSuffix."""
    name = {
        "formatted": "Dr. Ada Mae Lovelace III",
        "familyName": "Lovelace",
        "givenName": "Ada",
        "middleName": "Mae",
        "honorificPrefix": "Dr.",
        "honorificSuffix": "III",
    }
    assert scim.user(name=name)["name"] == name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nickName", "Addie"),
        ("title", "Tour Guide"),
        ("userType", "Employee"),
        ("preferredLanguage", "en-GB"),
        ("locale", "en-GB"),
        ("timezone", "Europe/London"),
        ("active", True),
    ],
)
def test_single_valued_attributes_come_back(scim, name, value):
    """RFC 7643 §4.1.1: the simple attributes of a user are kept."""
    user = scim.user(**{name: value})
    assert scim.get(f"/Users/{user['id']}")[name] == value


def test_multi_valued_attributes_come_back(scim):
    """RFC 7643 §4.1.2: emails, phoneNumbers, photos and addresses are lists of objects."""
    sent = {
        "emails": [{"value": "a@example.com", "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "+44 1", "type": "work"}, {"value": "+44 2", "type": "mobile"}],
        "photos": [{"value": "https://photos.example.com/1.png", "type": "photo", "primary": True}],
        "addresses": [{"streetAddress": "1 Way", "locality": "Ware", "country": "GB", "type": "work", "primary": True}],
    }
    user = scim.user(**sent)
    assert {name: user[name] for name in sent} == sent


def test_a_password_is_never_returned(scim):
    """RFC 7643 §4.1.1: password goes in and never comes out."""
    secret = "Correct-Horse-7-Battery"
    user = scim.user(password=secret)
    for answer in (
        scim.get(f"/Users/{user['id']}"),
        scim.get(f"/Users/{user['id']}?attributes=password,userName"),
        scim.find("/Users", f'id eq "{user["id"]}"', attributes="password"),
    ):
        assert answer.status == 200
        assert secret.encode() not in answer.raw
        assert b'"password"' not in answer.raw


def test_the_groups_of_a_user_are_read_only(scim):
    """RFC 7643 §4.1.2: groups are changed through the Group resource only."""
    user, group = scim.user(), scim.group()
    path = f"/Users/{user['id']}"
    answer = scim.patch(path, {"op": "add", "path": "groups", "value": [{"value": group["id"]}]})
    assert (answer.status, answer["scimType"]) == (400, "mutability")
    assert "groups" not in scim.get(path).body


def test_a_user_shows_its_groups(scim):
    """RFC 7643 §4.1.2: groups lists what the user belongs to, with id and reference."""
    user = scim.user()
    group = scim.group(members=[{"value": user["id"]}])
    found = scim.get(f"/Users/{user['id']}")["groups"]
    assert [(part["value"], part["$ref"]) for part in found] == [(group["id"], group["meta"]["location"])]


def test_a_group_needs_a_display_name(scim):
    """RFC 7643 §4.2: displayName is required."""
    answer = scim.post("/Groups", {"schemas": [GROUP]})
    assert (answer.status, answer["scimType"]) == (400, "invalidValue")


def test_members_have_value_reference_and_type(scim):
    """RFC 7643 §4.2: a member is an id, where it is found, and User or Group."""
    user, inner = scim.user(), scim.group()
    group = scim.group(members=[{"value": user["id"], "type": "User"}, {"value": inner["id"], "type": "Group"}])
    found = {part["value"]: part for part in scim.get(f"/Groups/{group['id']}")["members"]}
    assert found[user["id"]]["type"] == "User"
    assert found[inner["id"]]["type"] == "Group"
    assert found[inner["id"]]["$ref"] == inner["meta"]["location"]


def test_the_enterprise_extension_does_no_harm(scim):
    """RFC 7643 §4.3: a client may send the enterprise extension; what is not stored fails nothing."""
    user = scim.user(**{ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "26118915"}}})
    assert ENTERPRISE not in user
    assert ENTERPRISE not in user["schemas"]


# -- 5 service provider configuration ------------------------------------------------------------------------------


def test_the_configuration_says_what_is_supported(scim):
    """RFC 7643 §5: patch, bulk, filter, changePassword, sort and etag each say whether they are there."""
    config = scim.get("/ServiceProviderConfig")
    for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert type(config[name]["supported"]) is bool
    assert config["patch"]["supported"]
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]


def test_the_configuration_has_its_limits(scim):
    """RFC 7643 §5: bulk says how many operations and bytes, filter how many results, as integers."""
    config = scim.get("/ServiceProviderConfig")
    for value in (config["bulk"]["maxOperations"], config["bulk"]["maxPayloadSize"], config["filter"]["maxResults"]):
        assert type(value) is int
        assert value > 0


def test_no_list_is_longer_than_max_results(scim):
    """RFC 7643 §5: filter.maxResults bounds an answer."""
    most = scim.get("/ServiceProviderConfig")["filter"]["maxResults"]
    assert scim.get(f"/Users?count={most + 1}")["itemsPerPage"] <= most


def test_authentication_schemes_are_told(scim):
    """RFC 7643 §5: each scheme has type, name and description; at most one is primary."""
    schemes = scim.get("/ServiceProviderConfig")["authenticationSchemes"]
    assert schemes
    for scheme in schemes:
        assert scheme["type"] in {"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}
        assert scheme["name"]
        assert scheme["description"]
    assert sum(scheme.get("primary", False) for scheme in schemes) <= 1


# -- 6 resource types ----------------------------------------------------------------------------------------------


def test_resource_types_say_where_and_what(scim):
    """RFC 7643 §6: each type has name, endpoint and schema, and its extensions say whether they are required."""
    known = {schema["id"] for schema in scim.get("/Schemas")["Resources"]}
    for kind in scim.get("/ResourceTypes")["Resources"]:
        assert kind["id"] == kind["name"]
        assert kind["endpoint"].startswith("/")
        assert kind["schema"] in known
        for extension in kind.get("schemaExtensions", ()):
            assert extension["schema"] in known
            assert type(extension["required"]) is bool


def test_each_resource_type_can_be_read_alone(scim):
    """RFC 7643 §6: a resource type is a resource, found at its location."""
    for kind in scim.get("/ResourceTypes")["Resources"]:
        assert scim.get(kind["meta"]["location"].partition("/scim/v2")[2]).body == kind


def test_each_endpoint_of_a_resource_type_answers(scim):
    """RFC 7643 §6: the endpoint is relative to the base and serves that type."""
    for kind in scim.get("/ResourceTypes")["Resources"]:
        for resource in scim.get(f"{kind['endpoint']}?count=1")["Resources"]:
            assert resource["meta"]["resourceType"] == kind["name"]


def test_a_required_extension_is_in_every_resource(scim):
    """RFC 7643 §6: a resource includes the extensions that its type calls required."""
    for kind in scim.get("/ResourceTypes")["Resources"]:
        needed = {part["schema"] for part in kind.get("schemaExtensions", ()) if part["required"]}
        for resource in scim.get(f"{kind['endpoint']}?count=20")["Resources"]:
            assert needed <= set(resource["schemas"])


# -- 7 schemas -----------------------------------------------------------------------------------------------------


def test_each_schema_can_be_read_alone(scim):
    """RFC 7643 §7: a schema is found by its URN, in any case."""
    for schema in scim.get("/Schemas")["Resources"]:
        assert scim.get(f"/Schemas/{schema['id']}").body == schema
        assert scim.get(f"/Schemas/{schema['id'].upper()}").body == schema


def test_every_attribute_has_every_characteristic(scim):
    """RFC 7643 §7: name, type, multiValued, required, caseExact, mutability, returned, uniqueness are all told."""
    for schema in scim.get("/Schemas")["Resources"]:
        for part in leaves(schema["attributes"]):
            assert part.keys() >= CHARACTERISTICS | {"uniqueness"}, part["name"]
            assert part["mutability"] in {"readOnly", "readWrite", "immutable", "writeOnly"}
            assert part["returned"] in {"always", "never", "default", "request"}
            assert part["uniqueness"] in {"none", "server", "global"}


def test_references_say_what_they_lead_to(scim):
    """RFC 7643 §7: a reference has referenceTypes."""
    for schema in scim.get("/Schemas")["Resources"]:
        for part in leaves(schema["attributes"]):
            assert (part["type"] == "reference") == ("referenceTypes" in part), part["name"]


def test_no_attribute_stands_twice_in_a_schema(scim):
    """RFC 7643 §2.1, §7: names differ in more than case."""
    for schema in scim.get("/Schemas")["Resources"]:
        names = [part["name"].lower() for part in schema["attributes"]]
        assert len(set(names)) == len(names)


def test_no_null_stands_in_a_schema(scim):
    """RFC 7643 §7: a characteristic that does not apply is left out."""
    assert b"null" not in scim.get("/Schemas").raw


def test_a_user_has_no_member_that_no_schema_knows(scim):
    """RFC 7643 §7: what is returned is what the schemas say, down to the sub-attributes."""
    published = {schema["id"]: schema["attributes"] for schema in scim.get("/Schemas")["Resources"]}
    for user in scim.get("/Users?count=20")["Resources"]:
        core = user.keys() - {"schemas", "id", "externalId", "meta", PINGONE_USER}
        check_known({name: user[name] for name in core}, published[USER])
        check_known(user[PINGONE_USER], published[PINGONE_USER])


def check_known(values, attributes):
    """Assert that an object has members of the schema only."""
    known = {part["name"]: part for part in attributes}
    assert values.keys() <= known.keys()
    for name, value in values.items():
        for element in value if isinstance(value, list) else [value]:
            if isinstance(element, dict):
                check_known(element, known[name]["subAttributes"])


def test_a_list_has_no_attribute_that_is_returned_on_request(scim, schemas):
    """RFC 7643 §7: `returned` request means that a query gives it only where `attributes` names it."""
    on_request = {name for name, part in schemas(PINGONE_USER).items() if part["returned"] == "request"}
    assert on_request
    for user in scim.get("/Users?count=20")["Resources"]:
        assert not on_request & user[PINGONE_USER].keys()
    named = scim.get(f"/Users?count=1&attributes={PINGONE_USER}:environment")["Resources"][0]
    assert named[PINGONE_USER]["environment"]["id"] == scim.sandbox.environment_id


# -- 8.7 representations of the schemas ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("userName", {"required": True, "caseExact": False, "uniqueness": "server", "mutability": "readWrite"}),
        ("name", {"type": "complex", "multiValued": False, "mutability": "readWrite"}),
        ("active", {"type": "boolean", "multiValued": False, "mutability": "readWrite"}),
        ("password", {"mutability": "writeOnly", "returned": "never", "uniqueness": "none"}),
        ("emails", {"type": "complex", "multiValued": True, "mutability": "readWrite"}),
        ("phoneNumbers", {"type": "complex", "multiValued": True, "mutability": "readWrite"}),
        ("addresses", {"type": "complex", "multiValued": True, "mutability": "readWrite"}),
        ("groups", {"type": "complex", "multiValued": True, "mutability": "readOnly"}),
        ("title", {"type": "string", "caseExact": False, "mutability": "readWrite", "returned": "default"}),
    ],
)
def test_the_user_schema_is_the_one_of_the_rfc(schemas, name, told):
    """RFC 7643 §8.7.1: what is stored of User has the characteristics that the RFC gives it."""
    part = schemas(USER)[name]
    assert {key: part[key] for key in told} == told


@pytest.mark.parametrize(
    ("name", "sub", "told"),
    [
        ("displayName", None, {"required": True, "type": "string", "mutability": "readWrite"}),
        ("members", None, {"type": "complex", "multiValued": True, "mutability": "readWrite"}),
        ("members", "value", {"type": "string", "mutability": "immutable"}),
        ("members", "$ref", {"type": "reference", "mutability": "immutable"}),
        ("members", "type", {"type": "string", "mutability": "immutable", "canonicalValues": ["User", "Group"]}),
    ],
)
def test_the_group_schema_is_the_one_of_the_rfc(schemas, name, sub, told):
    """RFC 7643 §8.7.1: the same for Group."""
    part = schemas(GROUP)[name]
    if sub is not None:
        part = {inner["name"]: inner for inner in part["subAttributes"]}[sub]
    assert {key: part[key] for key in told} == told
