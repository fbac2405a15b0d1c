"""Laws of projection."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.catalogue import CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER, USER_URN, ResourceType
from scimbridge.scim.filtering.trees import AttrPath
from scimbridge.scim.projection import compile_projection

TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))
TEXTS = st.text("xyz", min_size=1, max_size=2)


def make_values(attribute):
    """Make values of an attribute's shape."""
    if attribute.type == "complex":
        whole = st.fixed_dictionaries({}, optional={part.name: make_values(part) for part in attribute.sub}).filter(
            bool
        )
    else:
        whole = TEXTS
    return st.lists(whole, min_size=1, max_size=2) if attribute.multi_valued else whole


ATTRIBUTES = ("externalId", "userName", "name", "emails", "active", "password", "groups", "meta")
RESOURCES = st.fixed_dictionaries(
    {"schemas": st.just([USER_URN]), "id": TEXTS},
    optional={
        **{name: make_values(TYPE.find(AttrPath(None, name)).attribute) for name in ATTRIBUTES},
        ENTERPRISE_URN: st.fixed_dictionaries(
            {}, optional={part.name: make_values(part) for part in ENTERPRISE_USER.attributes}
        ),
    },
)
NAMES = st.sampled_from(
    [
        *ATTRIBUTES,
        *("id", "schemas", "name.givenName", "emails.value", "emails.type", "meta.created", "password"),
        *("department", "manager", "manager.value", f"{ENTERPRISE_URN}:manager.displayName", ENTERPRISE_URN),
        *(f"{USER_URN}:userName", "nothing", "name.nothing"),
    ]
)
LISTS = st.lists(NAMES, min_size=1, max_size=5)


def spots(resource):
    """List the places at which a resource has values, as (URN, attribute, sub-attribute)."""
    found = set()
    for name, value in resource.items():
        if name == ENTERPRISE_URN:
            found |= {(name, attr, sub) for attr, part in value.items() for sub in inside(part)}
        elif name != "schemas":
            found |= {(USER_URN, name, sub) for sub in inside(value)}
    return found


def inside(value):
    """List the sub-attributes of a value, or None for a plain one."""
    elements = value if isinstance(value, list) else [value]
    return {sub for element in elements for sub in (element if isinstance(element, dict) else [None])}


def covers(name, spot):
    """Say whether a name of the parameter names a place."""
    urn, attr, sub = spot
    if name == ENTERPRISE_URN:
        return urn == ENTERPRISE_URN
    path = AttrPath(None, *name.removeprefix(f"{ENTERPRISE_URN}:").removeprefix(f"{USER_URN}:").split("."))
    found = TYPE.find(path)
    if found is None or (found.urn, found.attribute.name) != (urn, attr):
        return False
    return found.sub is None or found.sub.name == sub


@given(RESOURCES, LISTS)
def test_attributes_returns_exactly_what_was_asked(resource, names):
    """`attributes` gives each named place that has a value, id, and nothing else; never a password."""
    result = compile_projection(",".join(names), None, TYPE).apply(resource)
    asked = {spot for spot in spots(resource) if any(covers(name, spot) for name in names)}
    kept = {spot for spot in asked if spot[1] != "password"} | {(USER_URN, "id", None)}
    assert spots(result) == kept


@given(RESOURCES, LISTS)
def test_excluded_attributes_returns_the_rest(resource, names):
    """`excludedAttributes` takes each named place out and keeps all others; id stays, a password never."""
    result = compile_projection(None, names, TYPE).apply(resource)
    left = {spot for spot in spots(resource) if not any(covers(name, spot) for name in names)}
    kept = {spot for spot in left if spot[1] != "password"} | {(USER_URN, "id", None)}
    assert spots(result) == kept


@given(RESOURCES, LISTS | st.none(), st.booleans())
def test_a_projection_is_idempotent_and_pure(resource, names, exclude):
    """Applying it twice is applying it once, the argument stays as it was, schemas tells the truth."""
    before = copy.deepcopy(resource)
    projection = compile_projection(*((None, names) if exclude else (names, None)), TYPE)
    result = projection.apply(resource)
    assert resource == before
    assert projection.apply(result) == result
    assert result["schemas"] == [urn for urn in TYPE.urns if urn == USER_URN or result.get(urn)]


@given(RESOURCES, LISTS, st.booleans())
def test_wants_never_denies_what_is_returned(resource, names, exclude):
    """What `wants` says no to is in no answer."""
    projection = compile_projection(*((None, names) if exclude else (names, None)), TYPE)
    for urn, name, _ in spots(projection.apply(resource)):
        assert projection.wants(name, urn)
