"""attributes and excludedAttributes."""

from __future__ import annotations

import pytest

from scimbridge.scim.catalogue import (
    CORE_USER,
    ENTERPRISE_URN,
    ENTERPRISE_USER,
    USER_URN,
    Attribute,
    ResourceType,
    Schema,
)
from scimbridge.scim.errors import BadRequest
from scimbridge.scim.projection import compile_projection

RARE = Schema(
    "urn:example:rare:2.0:User",
    "Rare",
    "Attributes with unusual returned characteristics",
    (
        Attribute("onRequest", returned="request"),
        Attribute("always", returned="always"),
        Attribute(
            "mixed",
            type="complex",
            sub=(
                Attribute("key", returned="always"),
                Attribute("plain"),
                Attribute("secret", returned="never"),
                Attribute("asked", returned="request"),
            ),
        ),
    ),
)
TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, RARE))
MIXED = {"key": "k", "plain": "p", "secret": "s", "asked": "a"}
BEA = {
    "schemas": [USER_URN, ENTERPRISE_URN, RARE.urn],
    "id": "1",
    "externalId": "e",
    "userName": "bea",
    "password": "hidden",
    "name": {"givenName": "Bea", "familyName": "Field"},
    "emails": [{"value": "b@example.org", "type": "work"}, {"type": "home"}],
    "meta": {"created": "2026-05-13T04:42:34Z", "version": 'W/"1"'},
    "stranger": 1,
    ENTERPRISE_URN: {"department": "Ops", "manager": {"value": "m"}, "stranger": 1},
    RARE.urn: {"onRequest": "r", "always": "a", "mixed": MIXED},
}
MINIMUM = {"schemas": [USER_URN, RARE.urn], "id": "1", RARE.urn: {"always": "a"}}


def project(attributes=None, excluded=None):
    """Apply the two parameters to Bea."""
    return compile_projection(attributes, excluded, TYPE).apply(BEA)


def test_without_parameters_the_defaults_are_returned():
    """What is returned always or by default comes, and nothing that no schema knows (RFC 7644 §3.9)."""
    result = project()
    assert result == {
        "schemas": [USER_URN, ENTERPRISE_URN, RARE.urn],
        "id": "1",
        "externalId": "e",
        "userName": "bea",
        "name": BEA["name"],
        "emails": BEA["emails"],
        "meta": BEA["meta"],
        ENTERPRISE_URN: {"department": "Ops", "manager": {"value": "m"}},
        RARE.urn: {"always": "a", "mixed": {"key": "k", "plain": "p"}},
    }
    assert next(iter(result)) == "schemas"


@pytest.mark.parametrize(
    ("attributes", "more"),
    [
        ("userName", {"userName": "bea"}),
        (" USERNAME ,, ", {"userName": "bea"}),
        (f"{USER_URN.upper()}:userName", {"userName": "bea"}),
        (["userName", "externalId"], {"userName": "bea", "externalId": "e"}),
        ("name.givenName", {"name": {"givenName": "Bea"}}),
        ("name.givenName,name", {"name": BEA["name"]}),
        ("emails.value", {"emails": [{"value": "b@example.org"}]}),
        ("emails.display", {}),
        ("meta.created", {"meta": {"created": "2026-05-13T04:42:34Z"}}),
        ("password", {}),
        ("stranger", {}),
        ('emails[type eq "work"]', {}),
        ("not a name,[", {}),
        (USER_URN, {key: BEA[key] for key in ("userName", "name", "emails")}),
    ],
)
def test_attributes_returns_what_is_named_and_the_minimum(attributes, more):
    """`attributes` brings the named attributes, those always returned, and no others."""
    assert project(attributes) == MINIMUM | more


@pytest.mark.parametrize(
    ("attributes", "rare"),
    [
        ("onRequest", {"onRequest": "r", "always": "a"}),
        ("mixed", {"always": "a", "mixed": {"key": "k", "plain": "p"}}),
        ("mixed.plain", {"always": "a", "mixed": {"key": "k", "plain": "p"}}),
        ("mixed.asked", {"always": "a", "mixed": {"key": "k", "asked": "a"}}),
        ("mixed,mixed.asked", {"always": "a", "mixed": {"key": "k", "plain": "p", "asked": "a"}}),
        ("mixed.secret", {"always": "a"}),
        (RARE.urn.lower(), {"always": "a", "mixed": {"key": "k", "plain": "p"}}),
    ],
)
def test_returned_rules_sub_attributes_too(attributes, rare):
    """Those on request come only by name, those never not at all, those always with their parent."""
    assert project(attributes) == MINIMUM | {RARE.urn: rare}


def test_schemas_lists_only_what_has_data():
    """The URN of an extension is there exactly when its data is."""
    assert project("department")["schemas"] == [USER_URN, ENTERPRISE_URN, RARE.urn]
    plain = {"id": "1", "userName": "bea", ENTERPRISE_URN: {}}
    assert compile_projection(None, None, TYPE).apply(plain) == {
        "schemas": [USER_URN],
        "id": "1",
        "userName": "bea",
    }


def test_excluded_takes_out_what_is_named_but_not_the_minimum():
    """`excludedAttributes` has no effect on what is always returned (RFC 7644 §3.4.2.5)."""
    result = project(None, f"id,schemas,EMAILS,name.givenName,always,mixed.key,{ENTERPRISE_URN},nothing")
    assert result == {
        "schemas": [USER_URN, RARE.urn],
        "id": "1",
        "externalId": "e",
        "userName": "bea",
        "name": {"familyName": "Field"},
        "meta": BEA["meta"],
        RARE.urn: {"always": "a", "mixed": {"key": "k", "plain": "p"}},
    }


def test_excluding_every_sub_attribute_excludes_the_attribute():
    """No empty object is left behind."""
    names = ",".join(f"name.{sub.name}" for sub in CORE_USER.find("name").sub)
    assert "name" not in project(None, names)


def test_both_parameters_are_refused():
    """They are mutually exclusive; an empty one counts as not given."""
    with pytest.raises(BadRequest):
        compile_projection("userName", "emails", TYPE)
    assert compile_projection("userName", "", TYPE) == compile_projection("userName", None, TYPE)


def test_wants_tells_what_need_not_be_read():
    """`wants` answers for top-level attributes, by core or extension, in any case."""
    default = compile_projection(None, None, TYPE)
    named = compile_projection("name.givenName,department,onRequest", None, TYPE)
    excluded = compile_projection(None, "groups", TYPE)
    assert default.wants("groups")
    assert not default.wants("password")
    assert not default.wants("onRequest", RARE.urn)
    assert named.wants("NAME", USER_URN)
    assert named.wants("department", ENTERPRISE_URN.lower())
    assert named.wants("onRequest", RARE.urn)
    assert named.wants("id")
    assert not named.wants("groups")
    assert not named.wants("department", "urn:example:unknown")
    assert not excluded.wants("groups")
    assert (default.explicit, named.explicit, excluded.explicit) == (False, True, True)


@pytest.mark.parametrize("names", ["a" * 40_000, "a," * 20_000, ["userName"] * 10_000])
def test_endless_parameters_are_refused(names):
    """What is longer than any question that makes sense is neither read nor remembered."""
    with pytest.raises(BadRequest, match="at most"):
        compile_projection(names, None, TYPE)
    with pytest.raises(BadRequest, match="at most"):
        compile_projection(None, names, TYPE)
