"""Laws of matching: two independent evaluators agree with the compiled one."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import ScimFilter, User

from scimbridge.scim.catalogue import CORE_USER, ENTERPRISE_URN, ENTERPRISE_USER, USER_URN, ResourceType
from scimbridge.scim.filtering.matching import compile_filter
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Not, Or, Present, ValuePath, render

TYPE = ResourceType("User", "/Users", "Users", CORE_USER, (ENTERPRISE_USER,))

# Few letters, so that values meet often.
WORDS = st.text("aAbB-", max_size=3)
FILLED = st.text("aAbB-", min_size=1, max_size=3)
TIMES = st.sampled_from(
    [
        "2026-05-13T04:42:34Z",
        "2026-05-13T04:42:34.000Z",
        "2026-05-13T06:42:34+02:00",
        "2026-05-13T04:42:34.001Z",
        "2025-01-01T00:00:00-05:00",
    ]
)
ELEMENTS = st.fixed_dictionaries(
    {}, optional={"value": FILLED, "type": FILLED, "display": FILLED, "primary": st.booleans()}
).filter(bool)
RESOURCES = st.fixed_dictionaries(
    {"schemas": st.just([USER_URN]), "userName": FILLED},
    optional={
        "id": FILLED,
        "title": FILLED,
        "active": st.booleans(),
        "name": st.fixed_dictionaries({}, optional={"givenName": FILLED, "familyName": FILLED}).filter(bool),
        "meta": st.fixed_dictionaries({"resourceType": st.just("User"), "lastModified": TIMES}),
        "phoneNumbers": st.lists(ELEMENTS, max_size=3),
        "roles": st.lists(ELEMENTS, max_size=3),
    },
)
EXTENDED = st.builds(
    lambda resource, department: resource | {ENTERPRISE_URN: {"department": department}}, RESOURCES, FILLED
)

ORDER = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
STRING_OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
ANY_OF_LIST = st.sampled_from(["eq", "co", "sw", "ew", "gt", "ge", "lt", "le"])
EQUALITY = st.sampled_from(["eq", "ne"])


def path(text):
    """Make an attribute path from dotted text."""
    attr, _, sub = text.partition(".")
    return AttrPath(None, attr, sub or None)


def compare(names, operators, literals):
    """Make comparisons of the named attributes."""
    return st.builds(Compare, st.sampled_from(names).map(path), operators, literals)


SINGLE = ["userName", "title", "id", "name.givenName", "NAME.familyname"]
LISTED = ["phoneNumbers.value", "roles.type", "phoneNumbers.display"]
PRESENT = st.sampled_from([*SINGLE, *LISTED, "name", "roles", "active", "phoneNumbers"]).map(path).map(Present)
INNER_LEAVES = (
    compare(["value", "type", "display"], STRING_OPERATORS, FILLED)
    | compare(["primary"], EQUALITY, st.booleans())
    | st.sampled_from(["value", "primary"]).map(path).map(Present)
)


def trees(leaves):
    """Make trees of and, or and not over leaves."""

    def grow(inner):
        rows = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return rows.map(And) | rows.map(Or) | inner.map(Not)

    return st.recursive(leaves, grow, max_leaves=6)


SELECTIONS = st.builds(ValuePath, st.sampled_from(["phoneNumbers", "roles"]).map(path), trees(INNER_LEAVES))
COMMON_LEAVES = (
    compare(SINGLE, STRING_OPERATORS, FILLED)
    | compare(LISTED, ANY_OF_LIST, FILLED)
    | compare(["active"], EQUALITY, st.booleans())
    | compare(["meta.lastModified"], ORDER, TIMES)
    | PRESENT
    | SELECTIONS
)
OWN_LEAVES = (
    COMMON_LEAVES
    | compare([*LISTED, "phoneNumbers", "roles"], STRING_OPERATORS, WORDS)
    | compare([*SINGLE, *LISTED, "roles", "active"], EQUALITY, st.none())
    | compare(["department"], STRING_OPERATORS, WORDS)
)


def read(resource, name):
    """Return the values that a path selects: one of a single attribute, each of a list; absent is None."""
    found = TYPE.find(name)
    holder = resource.get(found.urn, {}) if found.in_extension else resource
    top = holder.get(found.attribute.name)
    sub = found.sub
    if sub is None and found.attribute.multi_valued:
        sub = found.attribute.find_sub("value")
    elements = (top or [None]) if found.attribute.multi_valued else [top]
    if sub is None:
        return elements, found.leaf
    return [(element or {}).get(sub.name) for element in elements], sub


def holds(value, op, want, attribute):
    """Compare one value as RFC 7644 table 3 says; slowly, and without preparing anything."""
    if value is None:
        return op == "ne"
    if attribute.type == "dateTime":
        value, want = (datetime.fromisoformat(text) for text in (value, want))
    elif isinstance(value, str) and not attribute.case_exact:
        value, want = value.casefold(), want.casefold()
    return {
        "eq": lambda: value == want,
        "ne": lambda: value != want,
        "co": lambda: value.find(want) >= 0,
        "sw": lambda: value[: len(want)] == want,
        "ew": lambda: value[len(value) - len(want) :] == want if len(want) <= len(value) else False,
        "gt": lambda: value > want,
        "ge": lambda: value >= want,
        "lt": lambda: value < want,
        "le": lambda: value <= want,
    }[op]()


def is_present(resource, name):
    """Say whether anything stands at a path."""
    found = TYPE.find(name)
    if found.sub is None and found.attribute.type == "complex":
        top = resource.get(found.attribute.name) or []
        return any(top if isinstance(top, dict) else [part for element in top for part in element])
    return any(value is not None for value in read(resource, name)[0])


def evaluate(node, resource):
    """Evaluate a filter in the plainest way there is."""
    match node:
        case Compare(name, op, None):
            return is_present(resource, name) == (op == "ne")
        case Compare(name, op, want):
            values, attribute = read(resource, name)
            return any(holds(value, op, want, attribute) for value in values)
        case Present(name):
            return is_present(resource, name)
        case Not(part):
            return not evaluate(part, resource)
        case And(parts):
            return all(evaluate(part, resource) for part in parts)
        case Or(parts):
            return any(evaluate(part, resource) for part in parts)
        case ValuePath(name, inner):
            found = TYPE.find(name)
            return any(
                evaluate_element(inner, element, found.attribute) for element in resource.get(found.attribute.name, [])
            )


def evaluate_element(node, element, attribute):
    """Evaluate the filter in brackets on one element."""
    match node:
        case Compare(name, op, want):
            return holds(element.get(name.attr), op, want, attribute.find_sub(name.attr))
        case Present(name):
            return name.attr in element
        case Not(part):
            return not evaluate_element(part, element, attribute)
        case And(parts):
            return all(evaluate_element(part, element, attribute) for part in parts)
        case Or(parts):
            return any(evaluate_element(part, element, attribute) for part in parts)


@given(trees(OWN_LEAVES), RESOURCES | EXTENDED)
def test_the_compiled_filter_agrees_with_a_plain_evaluator(node, resource):
    """Compiling changes how fast a filter is and never what it means."""
    assert compile_filter(node, TYPE)(resource) == evaluate(node, resource)


@given(trees(COMMON_LEAVES), RESOURCES)
def test_the_compiled_filter_agrees_with_scim2_models(node, resource):
    """An evaluator of other authors reads the printed filter and agrees.

    Left out where the RFC leaves room and they chose otherwise: `ne` on a list, null on a list.
    """
    theirs = ScimFilter[User](render(node)).match(User.model_validate(resource))
    assert compile_filter(node, TYPE)(resource) == theirs


@given(trees(OWN_LEAVES), RESOURCES)
def test_not_is_the_opposite(node, resource):
    """A filter and its negation split every set of resources in two."""
    assert compile_filter(Not(node), TYPE)(resource) != compile_filter(node, TYPE)(resource)


@given(st.lists(FILLED, min_size=2, max_size=8), RESOURCES)
def test_many_alternatives_mean_what_each_means(words, resource):
    """The set look-up for `a eq x or a eq y` finds what the alternatives find one by one."""
    parts = tuple(Compare(path(name), "eq", word) for word in words for name in ("userName", "id", "roles"))
    together = compile_filter(Or(parts), TYPE)(resource)
    assert together == any(compile_filter(part, TYPE)(resource) for part in parts)
