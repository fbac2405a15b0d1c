"""Laws of filters on memberships: what a list finds is what reading everybody one by one finds, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.resources.tables import read_tables
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.scim.filtering.trees import parse
from scimbridge.settings.declared import default_mappings

NOBODY = "11111111-1111-4111-8111-111111111111"
ASIDE = {
    "Users": ["title pr", 'userName sw "a"', "active eq true", 'name.familyName co "e"', 'title ne "Lead"'],
    "Groups": ["externalId pr", 'displayName co "e"', 'displayName eq "Engineering"', 'displayName ne "Engineering"'],
}


@pytest.fixture(scope="module")
def types():
    return {table.type.endpoint: table.type for table in read_tables(default_mappings()).values()}


def elements(ids, references, kinds):
    """Draw conditions on one membership, as they stand in brackets."""
    plain = st.one_of(
        ids.map(lambda key: f'value eq "{key}"'),
        references.map(lambda ref: f'$ref eq "{ref}"'),
        st.sampled_from(kinds),
        st.sampled_from(["value pr", "$ref pr", 'value sw "1"', 'value ne "x"', 'value co "e"']),
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda part: f"({''.join(part)})"),
            inner.map(lambda part: f"not ({part})"),
        ),
        max_leaves=3,
    )


def filters(attribute, ids, references, kinds, aside):
    """Draw filters on memberships, in and outside brackets, beside other conditions."""
    one = st.one_of(
        ids.map(lambda key: f'{attribute}.value eq "{key}"'),
        ids.map(lambda key: f'{attribute} eq "{key}"'),
        references.map(lambda ref: f'{attribute}.$ref eq "{ref}"'),
        elements(ids, references, kinds).map(lambda inner: f"{attribute}[{inner}]"),
        st.sampled_from([
            f"{attribute} pr", f"{attribute}.value pr", f"{attribute}.$ref pr", f"{attribute} eq null",
            f'{attribute}.value ne "{NOBODY}"', f'{attribute}.value sw "a"', f"{attribute}.value ne null",
            *(f"{attribute}.{kind}" for kind in kinds if kind.startswith("type")),
        ]),
        st.sampled_from(aside),
    )  # fmt: skip
    return st.recursive(
        one,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" and ", " or ", " and "]), inner).map(lambda part: f"({''.join(part)})"),
            inner.map(lambda part: f"not ({part})"),
        ),
        max_leaves=4,
    )


@pytest.mark.parametrize("populations", [None, {"Partners", "Employees"}])
@pytest.mark.parametrize(
    ("endpoint", "attribute", "kinds"),
    [
        ("Users", "groups", ["value pr"]),
        ("Groups", "members", ['type eq "User"', 'type eq "group"', "type pr", 'type ne "User"']),
    ],
)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_brute_force(memo, types, endpoint, attribute, kinds, populations, data):
    """A filter on memberships finds whom reading one after the other finds, or is refused with a reason."""
    client, everything, linked = memo(endpoint, attribute, populations)
    ids = st.sampled_from([*linked, NOBODY, next(iter(linked)).upper(), "no-id"])
    references = st.sampled_from([*linked.values(), f"http://localhost/scim/v2/Groups/{NOBODY}", "x", ""])
    text = data.draw(filters(attribute, ids, references, kinds, ASIDE[endpoint]))
    answer = client.send("GET", f"/{endpoint}", query_string={"filter": text, "count": 1000, "attributes": "id"})
    if answer.status_code != 200:
        assert (answer.status_code, answer.json["scimType"]) in {(400, "invalidFilter"), (400, "tooMany")}, text
        assert answer.json["scimType"] == "tooMany" or client.calls == [], text
        return
    keeps = compile_filter(parse(text), types[f"/{endpoint}"])
    expected = {key for key, resource in everything.items() if keeps(resource)}
    assert {resource["id"] for resource in answer.json["Resources"]} == expected, text
    assert answer.json["totalResults"] == len(expected), text
    first = client.send("GET", f"/{endpoint}", query_string={"filter": text, "count": 2, "attributes": "id"}).json
    assert first["totalResults"] == len(expected), text


@pytest.fixture
def memo(make_client, caller_of):
    """Make one small company for all examples of a law, with everything read one by one by the client that asks."""
    held = []

    def make(endpoint, attribute, populations):
        if not held:
            company = make_client(14 if populations is None else 60)
            client = company if populations is None else caller_of(company, populations=populations)
            found = client.list(f"/{endpoint}", count=1000, attributes="id")["Resources"]
            everything = {each["id"]: client.good("GET", f"/{endpoint}/{each['id']}") for each in found}
            linked = {
                part["value"]: part["$ref"] for resource in everything.values() for part in resource.get(attribute, ())
            }
            assert len(linked) > 1
            held.append((client, everything, linked))
        return held[0]

    return make
