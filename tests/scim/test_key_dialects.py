"""Names of members in a resource: what stands behind a dot is put where it belongs."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER, USER_URN
from scimbridge.scim.characteristics import Attribute, ResourceType, Schema
from scimbridge.scim.errors import InvalidSyntax
from scimbridge.scim.key_dialects import unfold_dotted_keys

OWN_URN = "urn:example:params:scim:schemas:extension:2.0:Own"
OWN = Schema(
    OWN_URN,
    "Own",
    "Own",
    (
        Attribute("grade", type="integer"),
        Attribute("place", type="complex", sub=(Attribute("id"), Attribute("gone", stored=False))),
        Attribute("kept", mutability="readOnly"),
    ),
)
USER = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, OWN))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({f"{USER_URN}.title": "x"}, {"title": "x"}),
        ({f"{USER_URN.upper()}.TITLE": "x"}, {"title": "x"}),
        ({f"{USER_URN}.emails": [{"value": "x"}]}, {"emails": [{"value": "x"}]}),
        ({f"{USER_URN}.name.givenName": "x", "name.familyName": "y"}, {"name": {"givenName": "x", "familyName": "y"}}),
        (
            {f"{USER_URN}:name.givenName": "x", "NAME": {"familyName": "y"}},
            {"NAME": {"givenName": "x", "familyName": "y"}},
        ),
        ({"name.givenName": "x", "name": None}, {"name": {"givenName": "x"}}),
        ({f"{OWN_URN}.grade": 1}, {OWN_URN: {"grade": 1}}),
        (
            {f"{OWN_URN}.place.id": "x", OWN_URN.lower(): {"grade": 1}},
            {OWN_URN.lower(): {"grade": 1, "place": {"id": "x"}}},
        ),
        ({OWN_URN: {"place.id": "x", "grade": 1}}, {OWN_URN: {"grade": 1, "place": {"id": "x"}}}),
        ({USER_URN: {"name.givenName": "x"}}, {USER_URN: {}, "name": {"givenName": "x"}}),
        ({f"{ENTERPRISE_URN}.department": "x"}, {ENTERPRISE_URN: {"department": "x"}}),
        (
            {"name": [{"givenName": "x"}], "name.familyName": "y"},
            {"name": {"givenName": "x", "familyName": "y"}},
        ),
        ({OWN_URN: [{"place.id": 1}]}, {OWN_URN: {"place": {"id": 1}}}),
        ({OWN_URN: [{"grade": 1}], f"{OWN_URN}.place.id": 1}, {OWN_URN: {"grade": 1, "place": {"id": 1}}}),
    ],
)
def test_what_stands_behind_a_dot_is_put_where_it_belongs(sent, read):
    """With a URN and a dot, with a URN and a colon, and without a URN; beside what is there already."""
    before = repr(sent)
    assert unfold_dotted_keys(sent, USER) == read
    assert repr(sent) == before


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x", f"{USER_URN}:title": "x", OWN_URN: {"grade": 1}, ENTERPRISE_URN: None},
        {f"{USER_URN}.nothing": "x", "name.nothing": "x", f"{OWN_URN}.kept": "x", f"{OWN_URN}.place.gone": "x"},
        {"emails.value": "x", 'emails[type eq "work"].value': "x", "meta.version": "x", "a.b.c": 1, "": 1, "..": 1},
        {"urn:example:other:2.0:User.title": "x", f"{USER_URN}.v2:title": "x"},
    ],
)
def test_other_keys_stay_as_they_are(body):
    """What is plain, not known, not stored, read-only or part of a list is read, or left out, as before."""
    assert unfold_dotted_keys(body, USER) is body


@pytest.mark.parametrize(
    "body",
    [
        {"title": "x", f"{USER_URN}.title": "y"},
        {"Title": "x", f"{USER_URN}.title": "x"},
        {"name": {"GivenName": "x"}, "name.givenName": "y"},
        {"name.givenName": "x", "NAME.GIVENNAME": "x"},
        {"name": "x", "name.givenName": "y"},
        {OWN_URN: {"grade": 1}, f"{OWN_URN}.grade": 2},
        {OWN_URN: "x", f"{OWN_URN}.grade": 2},
    ],
)
def test_an_attribute_stands_once(body):
    """Which of two values is meant is not guessed at."""
    with pytest.raises(InvalidSyntax, match="stands twice"):
        unfold_dotted_keys(body, USER)
