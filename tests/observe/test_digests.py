"""A digest is the same for what is equal, whatever its order, and another for what is not."""

from __future__ import annotations

from dataclasses import dataclass, field

from scimbridge.observe.digests import digest


@dataclass(frozen=True)
class Thing:
    name: str
    parts: frozenset[str] = frozenset()
    unseen: object = field(default=None, compare=False)


def test_order_and_what_is_not_compared_do_not_count():
    """Sets and mappings have no order, and a field that two equal things may differ in is left out."""
    assert digest({"a": 1, "b": {3, 2}}) == digest({"b": {2, 3}, "a": 1})
    assert digest(Thing("a", frozenset("xyz"), unseen=object())) == digest(Thing("a", frozenset("zyx")))


def test_what_differs_has_another_digest():
    """Values, kinds of values, places in a list, and the key."""
    things = (1, "1", [1], {1}, {1: 1}, None, [1, 2], [2, 1], Thing("1"), Thing("1", frozenset("1")))
    told = [digest(value) for value in things]
    assert len(set(told)) == len(told)
    assert digest(1) != digest(1, b"another key")
    assert all(len(each) == 12 for each in told)


def test_a_function_is_its_name():
    """Where it lies in memory does not count."""
    assert digest([digest]) == digest([digest]) != digest([len])
