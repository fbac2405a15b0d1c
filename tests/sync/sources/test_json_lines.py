"""JSON Lines: every line is an object, and columns are of one kind."""

from __future__ import annotations

import pytest

GOOD = '{"id": "1", "mail": "a"}\n{"id": "2"}\n\n{"id": "3", "mail": "b", "more": [1]}'


def test_good_files(opener):
    """A member that is missing or null is empty; a list is several texts; members of members have dots."""
    source = opener(kind="jsonl", place="p.jsonl", columns=("id", "mail", "name.family", "roles", "on"))
    source.write(
        '{"id": "1", "mail": null, "name": {"family": "Kim"}, "roles": ["a", "b"], "on": true}\n'
        '{"id": "2", "mail": "x", "name.family": "Lee", "roles": [], "on": false}'
    )
    assert source.rows() == [
        (1, {"id": "1", "mail": "", "name.family": "Kim", "roles": ("a", "b"), "on": "true"}),
        (2, {"id": "2", "mail": "x", "name.family": "Lee", "roles": (), "on": "false"}),
    ]


def test_numbers_are_exact(opener):
    """Numbers are the texts that they are written as; a whole one may be a key."""
    source = opener(kind="jsonl", place="p.jsonl")
    source.write('{"id": 12345678901234567890123, "mail": 0.10}')
    assert source.rows() == [(1, {"id": "12345678901234567890123", "mail": "0.10"})]


BAD = {
    "empty": ("", "is empty"),
    "blank": ("\n", "has no row"),
    "cut": (GOOD[:-5], "line 4: is not JSON; it is cut off"),
    "array": ('[{"id": "1"}]', "is one JSON array"),
    "document": ('{\n "id": "1"\n}', "is one JSON document over many lines"),
    "a text": ('{"id": "1", "mail": "a"}\n"x"', "line 2: is no JSON object"),
    "twice": ('{"id": "1", "mail": "a", "mail": "b"}', "line 1: has a member twice"),
    "nan": ('{"id": "1", "mail": NaN}', "line 1: has NaN"),
    "deep": ("[" * 100_000, "line 1: is not JSON"),
    "utf-16": (GOOD.encode("utf-16"), "is UTF-16"),
    "latin-1": ('{"id": "1", "mail": "M\u00fc"}'.encode("latin-1"), "the byte 0xFC is no UTF-8"),
    "lost column": ('{"id": "1", "email": "a"}', "the column 'mail' is empty in its only row"),
    "object": ('{"id": "1", "mail": {"a": "b"}}', "line 1: column 'mail' is an object"),
    "lists": ('{"id": "1", "mail": [["a"]]}', "line 1: column 'mail' is a list of lists"),
    "mixed": ('{"id": "1", "mail": "a"}\n{"id": "2", "mail": 7}', "line 2: column 'mail' is a number, and"),
    "mixed keys": ('{"id": "1", "mail": "a"}\n{"id": 2, "mail": "b"}', "line 2: column 'id' is a number"),
    "float key": ('{"id": 7.0, "mail": "a"}', "the key 'id' is a number and no whole number"),
    "exponent": ('{"id": 1e5, "mail": "a"}', "the key 'id' is a number and no whole number"),
    "boolean key": ('{"id": true, "mail": "a"}', "the key 'id' is true or false"),
    "null key": ('{"id": null, "mail": "a"}', "the key 'id' is empty"),
    "no key": ('{"mail": "a"}', "the key 'id' is empty"),
    "list of keys": ('{"id": ["1"], "mail": "a"}', "the key 'id' is a list"),
    "escaped control": ('{"id": "1\\u0000", "mail": "a"}', "line 1: column 'id' has a control character"),
    "half a pair": ('{"id": "1", "mail": "\\ud800"}', "line 1: column 'mail' has half of a character"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files(opener, name):
    """Every bad file is refused, with line and column."""
    content, told = BAD[name]
    source = opener(kind="jsonl", place="p.jsonl")
    source.write(content)
    found = source.faults()
    assert any(told in each for each in found), found


def test_a_file_that_grows(opener):
    """What is written while it is read refuses it."""
    source = opener(kind="jsonl", place="p.jsonl")
    path = source.write(GOOD)
    rows = source.open().rows()
    next(rows)
    with path.open("a") as file:
        file.write('\n{"id": "9"}')
    with pytest.raises(Exception, match="changed while it was read"):
        list(rows)
