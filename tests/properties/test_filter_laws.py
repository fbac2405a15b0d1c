"""Laws of the filter language: what is printed is read again, and no text breaks the reader."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.catalogue import ENTERPRISE_URN, USER_URN
from scimbridge.scim.errors import InvalidFilter, InvalidPath
from scimbridge.scim.filtering.trees import And, AttrPath, Compare, Not, Or, Present, ValuePath, parse, paths_of, render
from scimbridge.scim.patching.paths import Path, parse_path, render_path

URNS = (USER_URN, ENTERPRISE_URN)
NAMES = st.from_regex(r"[A-Za-z$_][A-Za-z0-9_$-]{0,8}", fullmatch=True).filter(lambda name: name.lower() != "not")
UNKNOWN_URNS = st.from_regex(r"urn:[a-z]{1,5}(:[a-zA-Z0-9._-]{1,6}){1,3}", fullmatch=True)
ATTR_PATHS = st.builds(AttrPath, st.none() | st.sampled_from(URNS) | UNKNOWN_URNS, NAMES, st.none() | NAMES)
PLAIN_PATHS = st.builds(AttrPath, st.none(), NAMES)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DECIMALS = st.from_regex(r"-?[0-9]{1,12}\.[0-9]{1,12}(E[+-]?[0-9]{1,3})?", fullmatch=True).map(Decimal)
LITERALS = TEXTS | st.integers(-(10**30), 10**30) | DECIMALS | st.booleans() | st.none()
OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])


def trees(leaves):
    """Make trees of and, or and not over leaves."""

    def grow(inner):
        rows = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return rows.map(And) | rows.map(Or) | inner.map(Not)

    return st.recursive(leaves, grow, max_leaves=8)


def leaves(paths):
    """Make comparisons and presence tests."""
    return st.builds(Compare, paths, OPERATORS, LITERALS) | paths.map(Present)


INNER = trees(leaves(PLAIN_PATHS))
FILTERS = trees(leaves(ATTR_PATHS) | st.builds(ValuePath, ATTR_PATHS, INNER))
PATHS = (
    st.builds(Path, st.none() | st.sampled_from(URNS) | UNKNOWN_URNS, NAMES, st.none(), st.none() | NAMES)
    | st.builds(Path, st.none() | st.sampled_from(URNS) | UNKNOWN_URNS, NAMES, INNER, st.none() | NAMES)
    | st.sampled_from(URNS).map(lambda urn: Path(urn, None))
)
SCRAPS = st.sampled_from(
    [
        "a",
        "pr",
        "eq",
        "and",
        "or",
        "not",
        "(",
        ")",
        "[",
        "]",
        '"x"',
        '"',
        "\\",
        "1",
        "-1.5e3",
        "true",
        ".b",
        ":",
        " ",
        "é",
    ]
)


def is_typed_alike(one, other):
    """Tell true from 1 and 1 from 1.0, which Python's == does not."""
    match one, other:
        case (Compare(), Compare()):
            return type(one.value) is type(other.value)
        case (And(), And()) | (Or(), Or()):
            return all(map(is_typed_alike, one.parts, other.parts))
        case (Not(), Not()):
            return is_typed_alike(one.part, other.part)
        case (ValuePath(), ValuePath()):
            return is_typed_alike(one.inner, other.inner)
    return type(one) is type(other)


@given(FILTERS)
def test_a_printed_filter_is_read_as_the_same_tree(node):
    """parse(render(n)) == n, types of literals included, and the text is stable."""
    text = render(node)
    again = parse(text)
    assert again == node
    assert is_typed_alike(again, node)
    assert render(again) == text
    assert list(paths_of(again)) == list(paths_of(node))


@given(PATHS)
def test_a_printed_path_is_read_as_the_same_path(path):
    """parse_path(render_path(p)) == p, with known and unknown URNs."""
    assert parse_path(render_path(path), URNS) == path


@given(st.lists(SCRAPS, max_size=20), st.sampled_from(["", " "]))
def test_scraps_of_filters_are_read_or_refused(scraps, blank):
    """A text made of the grammar's own words is a filter or invalidFilter; what is read prints the same."""
    text = blank.join(scraps)
    try:
        node = parse(text)
    except InvalidFilter:
        return
    assert parse(render(node)) == node


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_refused(text):
    """No text raises anything but invalidPath or invalidFilter; what is read prints the same."""
    try:
        path = parse_path(text, URNS)
    except (InvalidPath, InvalidFilter):
        return
    assert parse_path(render_path(path), URNS) == path


@given(st.lists(st.tuples(st.sampled_from([" and ", " or "]), NAMES), max_size=12))
def test_precedence_is_that_of_python(row):
    """Rows of and and or without parentheses mean what they mean to Python, whatever holds."""
    text = "n0 pr" + "".join(f"{joint}n{number} pr" for number, (joint, _) in enumerate(row, 1))
    expression = "v[0]" + "".join(f"{joint}v[{number}]" for number, (joint, _) in enumerate(row, 1))
    node = parse(text)

    def evaluate(part, values):
        match part:
            case And(parts):
                return all(evaluate(inner, values) for inner in parts)
            case Or(parts):
                return any(evaluate(inner, values) for inner in parts)
        return values[int(part.path.attr[1:])]

    for seed in range(8):
        values = [hash((seed, number)) % 3 > 0 for number in range(len(row) + 1)]
        assert evaluate(node, values) == eval(expression, {}, {"v": values})
