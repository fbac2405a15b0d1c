"""What a filter may ask of users and other collections, over HTTP."""

from __future__ import annotations

import pytest

from scimbridge.sandbox import Switches

USERS = [
    {"username": "Anna", "email": "anna@example.com", "name": {"given": "Anna", "family": "Ek"}, "title": "Lead"},
    {"username": "bert", "email": "bert@example.org", "name": {"given": "Bert", "family": "Anders"}, "enabled": False},
    {"username": "carl", "email": "carl@example.org", "name": {"given": "Carl"}, "address": {"locality": "Leeds"}},
]


@pytest.fixture
def people(api):
    for user in USERS:
        api.user(**user)
    return api


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('username eq "ANNA"', {"Anna"}),
        ('username sw "b"', {"bert"}),
        ('title eq "lead"', {"Anna"}),
        ('email ew "@example.org"', {"bert", "carl"}),
        ('name.given co "ar"', {"carl"}),
        ('name.family ew "rs"', {"bert"}),
        ("enabled eq false", {"bert"}),
        ('address.locality sw "Le"', {"carl"}),
        ('username eq "anna" or username eq "carl"', {"Anna", "carl"}),
        ('email ew ".org" and (name.given sw "C" or name.given sw "D")', {"carl"}),
        ('title eq "nobody"', set()),
    ],
)
def test_filters_find_what_they_say(people, text, found):
    """Supported filters answer exactly."""
    assert people.usernames(text) == found


@pytest.mark.parametrize(
    "text",
    [
        'username ne "a"',
        'username co "a"',
        'username ew "a"',
        "username pr",
        'title co "x"',
        'email co "x"',
        'createdAt gt "2020-01-01T00:00:00Z"',
        'updatedAt ge "2020-01-01T00:00:00Z"',
        'id eq "x"',
        'not (title eq "x")',
        "enabled sw true",
        'enabled eq "true"',
        "title eq true",
        "title eq 5",
        "title eq null",
        'identityProvider.id eq "x"',
        "mfaEnabled eq true",
        'population.id sw "x"',
        'Title eq "x"',
        'title EQ "x"',
        'unheardOf eq "x"',
        'name eq "x"',
        'memberOfGroups eq "x"',
        'emails[value eq "x"]',
        "title eq",
        "",
        'memberOfGroups[type eq "DIRECT"]',
        'memberOfGroups[id sw "x"]',
        'memberOfGroups[id eq "x" or id eq "y"]',
        'memberOfGroups[id eq "x" and type eq "direct"]',
        'memberOfGroups[id eq "x" and id eq "y"]',
        'photo.href co "x"',
    ],
)
def test_unsupported_filters_are_refused(people, text):
    """What PingOne cannot do is INVALID_FILTER at `filter`, never a wider answer."""
    refusal = people.fault("GET", "/users", params={"filter": text})
    assert (refusal["status"], refusal["top"]) == (400, "INVALID_REQUEST")
    assert (refusal["code"], refusal["target"]) == ("INVALID_FILTER", "filter")


def test_a_refusal_tells_what_is_supported(people):
    """An unknown attribute lists the attributes, a wrong operator lists the operators."""
    attributes = people.fault("GET", "/users", params={"filter": 'x eq "y"'})["innerError"]["supportedAttributes"]
    assert {"username", "email", "name.given", "population.id"} <= set(attributes)
    operators = people.fault("GET", "/users", params={"filter": 'username co "y"'})["innerError"]
    assert operators == {"supportedOperators": ["eq", "sw"]}


def test_the_code_of_a_refusal_is_a_switch(make_caller):
    """The top-level code may be INVALID_DATA as well."""
    api = make_caller(Switches(unsupported_filter_code="INVALID_DATA"))
    assert api.fault("GET", "/users", params={"filter": 'x eq "y"'})["top"] == "INVALID_DATA"


def test_case_is_a_switch_for_all_but_the_username(make_caller):
    """Case-sensitive filters still find a username in any case."""
    api = make_caller(Switches(case_sensitive_filters=True))
    for user in USERS:
        api.user(**user)
    assert api.usernames('title eq "lead"') == set()
    assert api.usernames('title eq "Lead"') == {"Anna"}
    assert api.usernames('username eq "ANNA"') == {"Anna"}
    assert api.usernames('name.given co "AR"') == set()


def test_an_old_environment_knows_few_attributes(make_caller):
    """Narrow filters know username, name, email, mobilePhone and population only."""
    api = make_caller(Switches(narrow_filters=True))
    assert api.usernames('email eq "x@y.z"') == set()
    assert api.fault("GET", "/users", params={"filter": 'title eq "x"'})["code"] == "INVALID_FILTER"


def test_the_own_id_of_a_user_is_a_switch(make_caller):
    """`id eq` on users works only where switched."""
    api = make_caller(Switches(user_id_filter=True))
    user = api.user("a")
    assert api.usernames(f'id eq "{user["id"]}"') == {"a"}


def test_custom_strings_are_filterable_and_any_element_counts(company):
    """Eq and sw work on custom strings; of several values any may match; JSON is not filterable."""
    company.user("custom", costCentres=["zz-1", "zz-2"], preferences={"a": 1})
    assert company.usernames('costCentres eq "zz-2"') == {"custom"}
    assert company.usernames('costCentres sw "zz"') == {"custom"}
    for text in ('costCentres co "zz"', 'preferences eq "x"'):
        assert company.fault("GET", "/users", params={"filter": text})["code"] == "INVALID_FILTER"


def test_contains_works_where_the_schema_allows_it(company):
    """A custom attribute with the contains operator switched on takes `co`."""
    schema = company.good("GET", "/schemas")["_embedded"]["schemas"][0]["id"]
    path = f"/schemas/{schema}/attributes"
    company.good("POST", path, {"name": "motto", "enabled": True, "unique": False, "allowsContainsOperator": True})
    company.user("custom", motto="carpe diem")
    assert company.usernames('motto co "pe di"') == {"custom"}


def test_groups_and_populations_have_words_of_their_own(company):
    """Groups: id, name, population.id, externalId with eq; populations: name sw and eq, id eq."""
    groups = {group["name"]: group for group in company.good("GET", "/groups")["_embedded"]["groups"]}
    hall = groups["All Hands"]
    for text in ('name eq "all hands"', f'id eq "{hall["id"]}"'):
        found = company.good("GET", "/groups", params={"filter": text})["_embedded"]["groups"]
        assert [group["id"] for group in found] == [hall["id"]]
    level = groups["Newsletter"]["population"]["id"]
    found = company.good("GET", "/groups", params={"filter": f'population.id eq "{level}"'})["_embedded"]["groups"]
    assert [group["name"] for group in found] == ["Newsletter"]
    for text in ('name sw "All"', 'description eq "x"', 'userFilter eq "x"', "name pr"):
        assert company.fault("GET", "/groups", params={"filter": text})["code"] == "INVALID_FILTER"
    assert company.good("GET", "/populations", params={"filter": 'name sw "emp"'})["count"] == 1
    assert company.fault("GET", "/populations", params={"filter": 'memberOfGroups[id eq "x"]'})["status"] == 400


def test_prefixes_of_group_names_are_a_switch(make_caller):
    """`name sw` on groups works only where switched."""
    api = make_caller(Switches(group_name_prefix_filter=True))
    api.group("Research")
    assert api.good("GET", "/groups", params={"filter": 'name sw "res"'})["count"] == 1


def test_alternative_identifiers_of_populations_are_a_switch(make_caller):
    """A filter by them is unknown, or finds the population that has one."""
    query = {"params": {"filter": 'alternativeIdentifiers eq "emea"'}}
    assert make_caller().fault("GET", "/populations", **query)["code"] == "INVALID_FILTER"
    knowing = make_caller(Switches(alternative_identifier_filter=True))
    knowing.good("POST", "/populations", {"name": "Europe", "alternativeIdentifiers": ["emea", "de"]})
    found = knowing.good("GET", "/populations", **query)["_embedded"]["populations"]
    assert [each["name"] for each in found] == ["Europe"]
