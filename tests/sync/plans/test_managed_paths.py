"""Values by path: what is laid at a path stands there, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.errors import InvalidPath, InvalidValue
from scimbridge.sides import Resource
from scimbridge.sync.plans.managed_paths import ManagedPaths
from tests.conftest import PINGONE_USER, shipped_tables

PATHS = ManagedPaths(shipped_tables().whole["User"].type)
NAMES = (
    "userName", "title", "name.givenName", "name.familyName", 'emails[type eq "work"].value',
    'phoneNumbers[type eq "mobile"].value', 'addresses[type eq "work"].country', f"{PINGONE_USER}:accountId",
    f"{PINGONE_USER}:population.id",
)  # fmt: skip
_values = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["a", "b", "Ä c"]), max_size=6)


@given(_values, _values)
def test_what_is_laid_stands_and_all_else_stays(held, laid):
    """Every path that is laid has its value afterwards, every other one what it had."""
    before = PATHS.resource(held)
    after = PATHS.lay(before, laid)
    assert {path: PATHS.value(after, path) for path in NAMES} == dict.fromkeys(NAMES) | held | laid
    assert {path: PATHS.value(before, path) for path in NAMES} == dict.fromkeys(NAMES) | held


@given(_values.filter(lambda held: "userName" in held))
def test_nothing_takes_a_value_away(held):
    """None at a path leaves none there."""
    gone = {path: None for path in held if path != "userName" and not path.endswith("population.id")}
    after = PATHS.lay(PATHS.resource(held), gone)
    assert all(PATHS.value(after, path) is None for path in gone)


def test_a_new_resource_says_its_schemas():
    """A resource that is made of paths is one that a POST takes."""
    assert PATHS.resource({"userName": "a"})["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:User"]
    assert PINGONE_USER in PATHS.resource({f"{PINGONE_USER}:accountId": "7"})["schemas"]


def test_a_list_without_a_filter_is_given_whole():
    """A path of a list gives the list, one of its parts gives those of all elements, and a single one by itself."""
    emails = [{"type": "work", "value": "a@example.org"}, {"type": "home", "value": "b@example.org"}]
    resource = Resource({"emails": emails})
    assert PATHS.value(resource, "emails") == emails
    assert PATHS.value(resource, "emails.value") == ["a@example.org", "b@example.org"]
    assert PATHS.value(Resource({"emails": emails[:1]}), "emails.value") == "a@example.org"


@pytest.mark.parametrize("path", ["nonsense", "name.nonsense", f"{PINGONE_USER}:nonsense", "emails[type eq", ""])
def test_a_path_that_names_nothing_is_refused(path):
    """What is no attribute is never read as one without a value."""
    with pytest.raises(InvalidPath):
        PATHS.value({}, path)


def test_a_value_of_another_type_is_refused():
    """What is no value at its path makes no resource."""
    with pytest.raises(InvalidValue):
        PATHS.resource({"name.givenName": {"a": 1}})
