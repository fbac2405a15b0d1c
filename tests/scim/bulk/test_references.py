"""Bulk requests, seen by themselves: references, names and ids in them, and the sequence of their operations."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.scim.bulk.names import fold, ids_in, named_in_patch, named_in_resource
from scimbridge.scim.bulk.references import references, resolve
from scimbridge.scim.bulk.sequence import Step, count_turns, find_waits, put_in_sequence
from scimbridge.scim.json_text import read_json

IDS = {"a": "id-a", "b": "id-b"}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
ONE, TWO = "0b6d8e60-3c0c-4a2f-9d4e-1f2a3b4c5d6e", "1b6d8e60-3c0c-4a2f-9d4e-1f2a3b4c5d6e"
UNIQUE = {"username": None}


@pytest.mark.parametrize(
    ("value", "names", "resolved"),
    [
        ("/Users/bulkId:a", ["a"], "/Users/id-a"),
        ("bulkId:c", ["c"], "bulkId:c"),
        ({"path": 'members[value eq "bulkId:a"]'}, ["a"], {"path": 'members[value eq "id-a"]'}),
        ({"PATH": "members[value eq bulkId:a]"}, ["a"], {"PATH": 'members[value eq "id-a"]'}),
        (
            {"path": 'members[$ref ew "/Users/bulkId:a" or (value eq "bulkId:b")].display'},
            ["a", "b"],
            {"path": 'members[$ref ew "/Users/id-a" or (value eq "id-b")].display'},
        ),
        ({'members[value eq "bulkId:a"].type': "x"}, ["a"], {'members[value eq "id-a"].type': "x"}),
        ({"path": 'members[display eq "see bulkId:a"]'}, [], {"path": 'members[display eq "see bulkId:a"]'}),
        ({"path": r'members[display eq "\"bulkId:a"]'}, [], {"path": r'members[display eq "\"bulkId:a"]'}),
        ({"path": 'members[value eq "bulkId:c"]'}, ["c"], {"path": 'members[value eq "bulkId:c"]'}),
        ({"title": '[ "bulkId:a" ]'}, [], {"title": '[ "bulkId:a" ]'}),
    ],
)
def test_references(value, names, resolved):
    """A bulkId is found and resolved in paths, values and the filters of PATCH paths, and in no other text."""
    assert list(references(value)) == names
    assert resolve(value, IDS) == resolved


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "userName", "value": "Ann"},
        {"op": "replace", "path": " urn:x:User:USERNAME ", "value": "ann"},
        {"op": "replace", "path": "urn:x:User.userName", "value": ["ann"]},
        {"op": "replace", "path": "userName", "value": [{"value": "ann"}]},
        {"op": "add", "value": {"urn:x:User": {"userName": "ANN"}}},
        {"op": "add", "value": [{"urn:x:User:userName": "ann"}]},
        {"op": "add", "path": "", "value": {"username": "a\u0301nn"}},
        {"op": "add", "path": "urn:x:User", "value": {"userName": "\uff41nn"}},
        {"OP": "add", "Path": "userName", "Value": " ann "},
    ],
)
def test_a_unique_value_in_a_patch(operation):
    """A unique value is found however a client spells the attribute and the value."""
    for data in ({"Operations": [operation]}, {"OPERATIONS": [operation]}, [operation]):
        named = named_in_patch(data, UNIQUE)
        assert (named.values, named.certain) == ({("username", "ann")}, True), data


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "userName", "value": True},
        {"op": "replace", "path": "userName", "value": '{"value": "ann"}'},
        {"op": "replace", "value": '{"userName": "ann"}'},
    ],
)
def test_a_unique_value_that_is_not_read(operation):
    """Where a unique attribute is named, and its value is in a form that is not read here, it may be any."""
    assert not named_in_patch({"Operations": [operation]}, UNIQUE).certain


def test_what_is_not_unique_names_nothing():
    """Other attributes are no names, nor are the members of a group that say theirs."""
    assert named_in_patch([{"op": "add", "path": "title", "value": "userName"}], UNIQUE).is_empty
    members = {"op": "add", "path": "members", "value": [{"value": ONE, "displayName": "Ann"}]}
    assert named_in_patch([members], {"displayname": None}).is_empty
    assert named_in_resource({"userName": 5.0}, UNIQUE).values == {("username", "5.0"), ("username", "5")}
    assert named_in_resource({"emails": [{"type": "work", "value": "a"}]}, {"emails": "value"}).values == {
        ("emails", "a")
    }


@given(st.text(), st.sampled_from([str.upper, str.lower, str.title]))
def test_folding_is_settled(text, spell):
    """What is folded stays as it is, and case makes no difference to a plain word."""
    assert fold(fold(text)) == fold(text)
    assert fold(spell("Straße Ünï")) in {fold("STRASSE UNI"), fold("straße uni")}


@pytest.mark.parametrize(
    "value",
    [
        f"/Users/{ONE.upper()}",
        {"members": [{"value": ONE}]},
        {"path": f'members[value eq "{ONE}"]'},
        {"members": [{"$ref": f"https://example.com/scim/v2/Users/{ONE}"}]},
        {"x": f'{{"value": "{ONE}"}}'},
        {f'members[value eq "{ONE}"]': 1},
        {"path": 'members[value eq "\\u0030' + ONE[1:] + '"]'},
    ],
)
def test_ids_anywhere(value):
    """An id is found wherever it stands: in a path, a filter, a URL, a text, a key; in any case of letters."""
    assert set(ids_in(value, UUID)) == {ONE}


def test_the_sequence_is_the_clients():
    """What refers to nothing keeps its place; what is referred to goes just before the first that needs it."""
    assert [step.number for step in put_in_sequence([[], [], []])] == [0, 1, 2]
    assert [step.number for step in put_in_sequence([[], [3], [], []])] == [0, 3, 1, 2]
    many = put_in_sequence([[number + 1] for number in range(4999)] + [[]])
    assert [step.number for step in many] == list(reversed(range(5000)))


def test_a_circle_is_opened_and_closed():
    """The first of a circle goes without the others and is completed as soon as these are there."""
    assert put_in_sequence([[1], [0], []]) == [Step(0, opens=True), Step(1), Step(0, closes=True), Step(2)]
    assert put_in_sequence([[0]]) == [Step(0, opens=True), Step(0, closes=True)]
    within = put_in_sequence([[1], [2], [1]])
    assert within == [Step(1, opens=True), Step(2), Step(1, closes=True), Step(0)]


NEEDS = st.integers(1, 8).flatmap(
    lambda many: st.lists(st.sets(st.integers(0, many - 1), max_size=3), min_size=many, max_size=many)
)


@given(NEEDS)
def test_everything_has_its_turn(needs):
    """Each goes once, behind all that it needs unless it is opened; what is opened is closed behind all of these."""
    steps = put_in_sequence(needs)
    turns = [step for step in steps if not step.closes]
    assert sorted(step.number for step in turns) == list(range(len(needs)))
    place = {step.number: steps.index(step) for step in turns}
    closed = {step.number: steps.index(step) for step in steps if step.closes}
    assert set(closed) == {step.number for step in turns if step.opens}
    for number, needed in enumerate(needs):
        at = closed.get(number, place[number])
        assert all(place[need] < at for need in needed if need != number)


CELLS = st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from([None, "x", "y"]), max_size=3), max_size=9)


@given(CELLS)
def test_who_waits_for_whom(touched):
    """Two wait for each other, at last, exactly where a chain of shared cells leads from one to the other."""
    waits = find_waits(touched)
    reached = []
    for number, before in enumerate(waits):
        assert all(one < number for one in before)
        reached.append(set(before).union(*(reached[one] for one in before)))
    ties = [
        {
            one
            for one in range(number)
            if any((cell in touched[one] and None in (way, touched[one][cell])) or touched[one].get(cell, way) != way
                   for cell, way in cells.items())
        }
        for number, cells in enumerate(touched)
    ]  # fmt: skip
    expected = []
    for tied in ties:
        expected.append(set(tied).union(*(expected[one] for one in tied)))
    assert reached == expected


def test_turns_of_one_cell():
    """Who share a cell have one turn together; who is alone has one each."""
    assert count_turns([]) == 0
    assert count_turns(["x", "x", "y", None, None, "y"]) == 5


@pytest.mark.parametrize("text", ["5", "3.10", "0.00001", "5.0", "123456789012345678901234"])
def test_a_number_names_the_text_of_its_digits(text):
    """What is written for a number is what others may take: the digits as they stand in the body."""
    body = read_json(f'{{"userName": {text}, "other": [{text}]}}'.encode())
    assert ("username", text) in named_in_resource(body, UNIQUE).values
