"""The schemas of RFC 7643 and the look-ups on them."""

from __future__ import annotations

import pytest
from scim2_models import EnterpriseUser, Group, User

from scimbridge.scim.catalogue import (
    COMMON,
    CORE_GROUP,
    CORE_USER,
    ENTERPRISE_URN,
    ENTERPRISE_USER,
    USER_URN,
    Attribute,
    ResourceType,
    Schema,
)
from scimbridge.scim.filtering.trees import AttrPath

USER = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))
HR = Schema("urn:example:hr:2.0:User", "HR", "HR data", (Attribute("badge"), Attribute("department")))


def outline(attributes):
    """Give name, type and plurality of attributes, and the same of their sub-attributes."""
    return {part.name: (part.type, part.multi_valued, outline(part.sub)) for part in attributes}


def outline_model(model):
    """Give the same of a schema that scim2-models publishes."""

    def read(attributes):
        return {
            part.name: (part.type.value, bool(part.multi_valued), read(part.sub_attributes or []))
            for part in attributes
        }

    return read(model.to_schema().attributes)


@pytest.mark.parametrize(
    ("schema", "model"), [(CORE_USER, User), (CORE_GROUP, Group), (ENTERPRISE_USER, EnterpriseUser)]
)
def test_schema_has_the_attributes_that_others_read_in_the_rfc(schema, model):
    """An independent reading of RFC 7643 has the same attributes with the same types."""
    theirs = outline_model(model)
    ours = outline(schema.attributes)
    if schema is CORE_GROUP:
        # RFC 7643 §8.4 shows members.display; not every reading of the schema lists it.
        for members in (ours["members"], theirs["members"]):
            members[2].pop("display", None)
    assert ours == theirs


@pytest.mark.parametrize("schema", [CORE_USER, CORE_GROUP, ENTERPRISE_USER])
def test_every_attribute_has_sound_characteristics(schema):
    """Each attribute is described, has words of RFC 7643 §7 only, and sub-attributes when complex."""
    for top in (*schema.attributes, *COMMON):
        assert bool(top.sub) == (top.type == "complex")
        for part in (top, *top.sub):
            assert part.description
            assert part.mutability in {"readOnly", "readWrite", "immutable", "writeOnly"}
            assert part.returned in {"always", "never", "default", "request"}
            assert part.uniqueness in {"none", "server", "global"}
            assert bool(part.reference_types) == (part.type == "reference")


def test_password_is_written_and_never_returned():
    """RFC 7643 §4.1.1: the password is writeOnly and never returned."""
    password = CORE_USER.find("PASSWORD")
    assert password is not None
    assert (password.mutability, password.returned) == ("writeOnly", "never")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (AttrPath(None, "USERNAME"), (USER_URN, "userName", None, False)),
        (AttrPath(USER_URN.upper(), "name", "GIVENname"), (USER_URN, "name", "givenName", False)),
        (AttrPath(None, "meta", "lastmodified"), (USER_URN, "meta", "lastModified", False)),
        (AttrPath(USER_URN, "id"), (USER_URN, "id", None, False)),
        (AttrPath(None, "department"), (ENTERPRISE_URN, "department", None, True)),
        (AttrPath(ENTERPRISE_URN.lower(), "Manager", "$REF"), (ENTERPRISE_URN, "manager", "$ref", True)),
    ],
)
def test_find_takes_any_case_and_either_notation(path, expected):
    """Names and URNs are found in any case, with or without the URN (RFC 7644 §3.10)."""
    found = USER.find(path)
    assert found is not None
    sub = found.sub.name if found.sub else None
    assert (found.urn, found.attribute.name, sub, found.in_extension) == expected
    assert found.leaf.name == (sub or expected[1])


@pytest.mark.parametrize(
    "path",
    [
        AttrPath(None, "nothing"),
        AttrPath(None, "userName", "value"),
        AttrPath(None, "name", "nothing"),
        AttrPath(USER_URN, "department"),
        AttrPath(ENTERPRISE_URN, "id"),
        AttrPath("urn:example:unknown", "userName"),
    ],
)
def test_find_returns_none_for_what_is_not_there(path):
    """A name that the schema does not have is not found somewhere else instead."""
    assert USER.find(path) is None


def test_a_name_that_two_extensions_have_needs_its_urn():
    """An unqualified name never picks one of two extensions."""
    both = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER, HR))
    assert both.find(AttrPath(None, "department")) is None
    assert both.find(AttrPath(HR.urn, "department")) is not None
    assert both.find(AttrPath(None, "badge")) is not None


def test_a_core_attribute_hides_one_of_an_extension():
    """A name without URN is the core attribute when there is one."""
    titles = Schema("urn:example:titles", "Titles", "Titles", (Attribute("title"),))
    found = ResourceType("User", "/Users", "Users", CORE_USER, (titles,)).find(AttrPath(None, "title"))
    assert found is not None
    assert not found.in_extension


def test_schemas_are_found_by_urn_in_any_case():
    """find_schema knows the core schema and the extensions, and nothing else."""
    assert USER.urns == (USER_URN, ENTERPRISE_URN)
    assert USER.find_schema(USER_URN.upper()) is CORE_USER
    assert USER.find_schema(ENTERPRISE_URN.lower()) is ENTERPRISE_USER
    assert USER.find_schema("urn:example:unknown") is None


def test_equal_resource_types_hash_alike():
    """Two resource types made from the same parts are one key of a cache."""
    again = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))
    assert (again, hash(again)) == (USER, hash(USER))
