"""Bodies: JSON read strictly, envelopes of PATCH, search and bulk, each refusal with the member it is about."""

from __future__ import annotations

import json

import pytest

from scimbridge.scim.catalogue import BULK_URN, PATCH_URN, SEARCH_URN
from scimbridge.scim.errors import InvalidSyntax
from scimbridge.scim.json_text import read_json
from scimbridge.scim.messages import BulkOperation, PatchOperation, check_schemas, read_bulk, read_patch, read_search


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "line 1"),
        (b"[]", "one JSON object"),
        (b"null", "one JSON object"),
        (b'"text"', "one JSON object"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"b": {"a": 1, "a": 1}}', "'a' stands twice"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 40 + b"}", "32 digits"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested deeper"),
        (b"[" * 100000, "nested deeper"),
        (b'{"a": "' + b'\\"[' * 50 + b'", "b":' + b"[" * 40, "nested deeper"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": "\x01"}', "not valid JSON"),
        (b'{"a": 1} {"b": 2}', "not valid JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(body, words):
    """A body that two readers could read in two ways is read in none."""
    with pytest.raises(InvalidSyntax, match=words):
        read_json(body)


def test_brackets_in_strings_do_not_nest():
    """Only structure counts as depth."""
    text = "[" * 100 + '\\"' + "{" * 100
    assert read_json(json.dumps({"a": text, "b": [text]}).encode()) == {"a": text, "b": [text]}


def test_a_byte_order_mark_is_no_fault():
    """Some clients write one."""
    assert read_json('\ufeff{"ä": "ö"}'.encode()) == {"ä": "ö"}


def test_patch_operations_come_in_any_case():
    """Entra writes `Replace`, others `PATH`: op and member names have no case."""
    body = {"operations": [{"OP": "Replace", "Path": "active", "VALUE": "False"}, {"op": "remove", "path": " "}]}
    assert read_patch(body, strict=False) == (
        PatchOperation("replace", "active", "False", True),
        PatchOperation("remove", None, None, False),
    )


def test_an_absent_value_is_not_null():
    """What was left out and what was sent as null are told apart."""
    body = {
        "schemas": [PATCH_URN],
        "Operations": [{"op": "add", "path": "a", "value": None}, {"op": "add", "path": "a"}],
    }
    assert [part.has_value for part in read_patch(body, strict=True)] == [True, False]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Operations: is missing"),
        ({"Operations": None}, "Operations: is missing"),
        ({"Operations": {}}, "Operations"),
        ({"Operations": ["x"]}, "Operations.0"),
        ({"Operations": [{}]}, "Operations.0.op: is missing"),
        ({"Operations": [{"op": 5}]}, "Operations.0.op"),
        ({"Operations": [{"op": "move"}]}, "'move' is not one of"),
        ({"Operations": [{"op": "add", "path": 5}]}, "Operations.0.path"),
        ({"Operations": [{"op": "add"}], "operations": []}, "Operations: the member stands twice"),
        ({"Operations": [{"op": "add", "OP": "remove"}]}, "op: the member stands twice"),
        ({"schemas": "x", "Operations": [{"op": "add"}]}, "schemas"),
        ({"schemas": [5], "Operations": []}, "schemas"),
    ],
)
def test_a_patch_that_is_none_is_refused(body, words):
    """The sentence names the member that is wrong."""
    with pytest.raises(InvalidSyntax, match=words):
        read_patch(body, strict=False)


def test_schemas_may_be_missing_unless_strict():
    """RFC 7644 demands `schemas`; many clients leave it out."""
    body = {"Operations": [{"op": "add", "path": "a", "value": 1}]}
    assert read_patch(body, strict=False)
    with pytest.raises(InvalidSyntax, match="schemas"):
        read_patch(body, strict=True)
    with pytest.raises(InvalidSyntax, match="is missing"):
        check_schemas({"schemas": ["urn:x"]}, PATCH_URN, strict=True)
    check_schemas({"SCHEMAS": [PATCH_URN.upper()]}, PATCH_URN, strict=True)


def test_a_search_has_the_parameters_of_a_url():
    """A query as a body says the same as one in a URL (RFC 7644 §3.4.3)."""
    body = {
        "schemas": [SEARCH_URN],
        "attributes": ["a", "b"],
        "excludedAttributes": ["c"],
        "filter": "a pr",
        "startIndex": 2,
        "count": 0,
        "sortBy": "a",
        "sortOrder": "descending",
        "cursor": "",
        "other": 1,
    }
    assert dict(read_search(body, strict=True).parameters) == {
        "attributes": "a,b",
        "excludedAttributes": "c",
        "filter": "a pr",
        "startIndex": "2",
        "count": "0",
        "sortBy": "a",
        "sortOrder": "descending",
        "cursor": "",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"count": "five"},
        {"count": 1.5},
        {"count": True},
        {"startIndex": "1.5"},
        {"startIndex": [1]},
        {"filter": 5},
        {"attributes": 5},
        {"attributes": [5]},
        {"sortOrder": "up"},
        {"cursor": 5},
    ],
)
def test_a_search_of_wrong_types_is_refused(body):
    """What is no number, no text and no list of names is not made one."""
    with pytest.raises(InvalidSyntax, match=next(iter(body))):
        read_search(body, strict=False)


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ({"count": "50"}, {"count": "50"}),
        ({"startIndex": " 2 "}, {"startIndex": "2"}),
        ({"STARTINDEX": "2.0", "count": 5.0}, {"startIndex": "2", "count": "5"}),
        ({"count": 5e0}, {"count": "5"}),
        ({"count": "5e1"}, {"count": "50"}),
        ({"count": "-1"}, {"count": "-1"}),
        ({"count": ""}, {}),
        ({"attributes": "userName,emails"}, {"attributes": "userName,emails"}),
        ({"excludedAttributes": ["a", None, "b"]}, {"excludedAttributes": "a,b"}),
        ({"sortOrder": "Descending"}, {"sortOrder": "descending"}),
    ],
)
def test_a_search_may_have_texts_unless_strict(body, parameters):
    """SCIM-SDK sends all as texts, serialisers whole numbers with a point; RFC 7643 §2.3.4 has neither."""
    assert dict(read_search(body, strict=False).parameters) == parameters
    with pytest.raises(InvalidSyntax):
        read_search({"schemas": [SEARCH_URN], **body}, strict=True)


@pytest.mark.parametrize("strict", [False, True])
def test_null_members_are_absent(strict):
    """RFC 7643 §2.5: null and absence are one; so a null cursor begins no walk by cursor, and a null filter is none."""
    names = ("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")
    body = {"schemas": [SEARCH_URN], **dict.fromkeys(names), "Count": 3, "unknown": None}
    assert dict(read_search(body, strict=strict).parameters) == {"count": "3"}
    patch = {"schemas": [PATCH_URN], "unknown": None, "Operations": [{"op": "remove", "path": None, "OP": None}]}
    assert read_patch(patch, strict=strict) == (PatchOperation("remove", None, None, has_value=False),)


def test_a_patch_without_operations_changes_nothing_unless_strict():
    """A vendor's validator sends an empty list: nothing is to be done. RFC 7644 §3.5.2 wants one operation at least."""
    assert read_patch({"Operations": []}, strict=False) == ()
    with pytest.raises(InvalidSyntax, match="Operations"):
        read_patch({"schemas": [PATCH_URN], "Operations": []}, strict=True)


def test_bulk_operations():
    """A bulk request keeps its order, ids and when to stop (RFC 7644 §3.7)."""
    body = {
        "schemas": [BULK_URN],
        "failOnErrors": 1,
        "Operations": [{"METHOD": "post", "path": "/Users", "bulkId": "q", "data": {"a": 1}}],
    }
    read = read_bulk(body, strict=True)
    assert read.fail_on_errors == 1
    assert read.operations == (BulkOperation("POST", "/Users", "q", None, {"a": 1}),)
    assert read_bulk({**body, "failOnErrors": 0}, strict=True).fail_on_errors == 1
    assert read_bulk({**body, "failOnErrors": None}, strict=True).fail_on_errors is None
    for wrong in (-1, "one", 1.5, True):
        with pytest.raises(InvalidSyntax, match="failOnErrors"):
            read_bulk({**body, "failOnErrors": wrong}, strict=False)


@pytest.mark.parametrize("number", [2.0, "2", "2.0", " 2 "])
def test_fail_on_errors_is_a_whole_number_in_every_spelling(number):
    """As for a search: RFC 7644 §3.7 wants an integer, and who is held to the letter writes one."""
    operations = [{"method": "DELETE", "path": "/Users/1"}]
    body = {"schemas": [BULK_URN], "failOnErrors": number, "Operations": operations}
    assert read_bulk(body, strict=False).fail_on_errors == 2
    with pytest.raises(InvalidSyntax, match="failOnErrors"):
        read_bulk(body, strict=True)
    with pytest.raises(InvalidSyntax, match="failOnErrors"):
        read_bulk({**body, "failOnErrors": 1.5}, strict=False)


@pytest.mark.parametrize("member", ["attributes", "ExcludedAttributes"])
def test_a_search_names_so_many_attributes_and_no_more(member):
    """A thousand names are read, a million are refused at once."""
    assert read_search({member: ["a"] * 1000}, strict=False).parameters
    with pytest.raises(InvalidSyntax, match=f"{member}: at most 1000 names"):
        read_search({member: ["a"] * 1_000_000}, strict=False)
    with pytest.raises(InvalidSyntax, match=f"{member}: at most 1000 names"):
        read_search({member: "a," * 1_000_000}, strict=False)
