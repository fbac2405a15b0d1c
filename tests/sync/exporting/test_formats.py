"""Lines of a file: what is read back is what was written, whatever stands in a value."""

from __future__ import annotations

import csv
import io

import orjson
from hypothesis import given
from hypothesis import strategies as st

from scimbridge.sync.exporting.formats import Csv, JsonLines
from scimbridge.sync.exporting.orders import Column

COLUMNS = (Column("a", "VARCHAR", lambda item: item[0]), Column('b "quoted", c', "VARCHAR", lambda item: item[1]))
NASTY = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@given(st.lists(st.tuples(NASTY, NASTY), max_size=8))
def test_csv_is_read_back(items):
    """A reader of RFC 4180 finds each value, with its quotes, commas and line ends."""
    written = Csv(COLUMNS).head() + Csv(COLUMNS).lines(items)
    rows = list(csv.reader(io.StringIO(written.decode(), newline="")))
    assert rows == [["a", 'b "quoted", c'], *([*item] for item in items)]


@given(st.lists(st.tuples(NASTY, NASTY), max_size=8))
def test_json_is_read_back(items):
    """Each item is one line, whatever stands in it."""
    lines = JsonLines(COLUMNS).lines(items).split(b"\n")[:-1]
    assert [orjson.loads(line) for line in lines] == [{"a": one, 'b "quoted", c': two} for one, two in items]


def test_other_values():
    """What is no text is JSON in CSV, and no value is nothing."""
    items = [(None, True), (5, ["x", "y"]), ({"k": 1}, "")]
    assert Csv(COLUMNS).lines(items) == b',true\r\n5,"[""x"",""y""]"\r\n"{""k"":1}",\r\n'


def test_formulas_stay():
    """A value that a spreadsheet would compute stays what it is: whoever compares must find it."""
    assert Csv(COLUMNS).lines([("=1+1", "@x")]) == b"=1+1,@x\r\n"
