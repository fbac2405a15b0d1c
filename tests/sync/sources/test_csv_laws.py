"""Laws of CSV: what is written comes back, and of what is cut off nothing is made up."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from scimbridge.sync.rules.values import SourceRules
from scimbridge.sync.sources.checked import Demands
from scimbridge.sync.sources.opening import open_source
from scimbridge.sync.sources.rows import SourceRefused
from scimbridge.sync.sources.texts import wrong_text

COLUMNS = ("id", "mail", "title")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n,;\"'\t"), max_size=12).filter(
    lambda text: not wrong_text(text)
)
ROWS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6)


def write(rows, delimiter: str, end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(COLUMNS)
    writer.writerows((f"E{number}", *row) for number, row in enumerate(rows))
    return text.getvalue()


def read(content: bytes, **options) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content)
        rules = SourceRules(kind="csv", place=str(path), options=options)
        source = open_source(rules, Demands(COLUMNS, "id"), made="mtime", environ={})
        return [tuple(row.values[name] for name in COLUMNS) for row in source.rows()]


@settings(max_examples=30)
@given(
    ROWS, st.sampled_from(",;\t|"), st.sampled_from(("\n", "\r\n")), st.sampled_from(("utf-8", "utf-16", "utf-32-be"))
)
def test_what_is_written_comes_back(rows, delimiter, end, encoding):
    """Whatever the values, the delimiter, the line ends and the encoding are."""
    content = write(rows, delimiter, end).encode(encoding)
    found = read(content, delimiter=delimiter, encoding=encoding)
    assert found == [(f"E{number}", *row) for number, row in enumerate(rows)]


@settings(max_examples=60)
@given(ROWS, st.data())
def test_what_is_cut_off(rows, data):
    """A file that ends too early is refused, or its rows are the first ones, the very last value perhaps cut."""
    content = write(rows, ",", "\n").encode()
    part = content[: data.draw(st.integers(0, len(content) - 1))]
    try:
        found = read(part)
    except SourceRefused:
        return
    whole = [(f"E{number}", *row) for number, row in enumerate(rows)]
    assert found[:-1] == whole[: len(found) - 1]
    assert found[-1][:2] == whole[len(found) - 1][:2]
    assert whole[len(found) - 1][2].startswith(found[-1][2])
