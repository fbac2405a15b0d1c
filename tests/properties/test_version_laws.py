"""Laws of entity tags."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.versions import etag, matches

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
VALUES = st.recursive(
    TEXTS | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.dictionaries(TEXTS, VALUES, max_size=4)


def reorder(value):
    """Turn the order of members round, at every depth."""
    if isinstance(value, dict):
        return {name: reorder(value[name]) for name in reversed(value)}
    return [reorder(element) for element in value] if isinstance(value, list) else value


@given(RECORDS)
def test_a_tag_does_not_depend_on_the_order_of_members(record):
    """Equal JSON has equal tags, and a tag matches itself in any header that lists it."""
    tag = etag(record)
    assert etag(reorder(record)) == tag
    assert matches(tag, tag)
    assert matches(f'"other", {tag}', tag)


@given(RECORDS, TEXTS, VALUES)
def test_a_changed_member_changes_the_tag(record, name, value):
    """Setting a member to something else gives another tag, unless it is ignored."""
    changed = record | {name: [value, "changed"]}
    same = record.get(name) == changed[name]
    assert (etag(changed, ignore=()) == etag(record, ignore=())) == same
    assert etag(changed, ignore=(name,)) == etag(record, ignore=(name,))
