"""The examples of docs/tables/over-shipped.md: each compiles over the shipped tables and changes what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scimbridge.mapping.tables.compiling import compile_tables, read_origins
from scimbridge.operations.rooms import open_catalogue
from scimbridge.pingone.kinds import KINDS

PAGE = (Path(__file__).parents[3] / "docs/tables/over-shipped.md").read_text(encoding="utf-8")
OF_OPERATIONS = re.compile(r"^\[(?:User|Group|Population|Service)\.", re.MULTILINE)
ALL = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [text for text in ALL if not OF_OPERATIONS.search(text)]


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_lies_over_the_shipped_tables(shipped, tables, text):
    """It is taken, it changes something, and it leaves the other resource types alone."""
    texts = {"mine.toml": text}
    laid = compile_tables(texts, KINDS, shipped=shipped)
    (origin,) = (each for each in read_origins(texts, KINDS, shipped) if each.own)
    assert origin.words or origin.replaced or origin.added or origin.removed
    others = set(tables) - {origin.resource}
    assert {name: laid[name].rows for name in others} == {name: tables[name].rows for name in others}


def test_an_example_of_operations_is_taken():
    """It adds an operation or replaces one."""
    (text,) = (text for text in ALL if OF_OPERATIONS.search(text))
    laid, shipped = open_catalogue(text).operations, open_catalogue(None).operations
    assert any(laid[key] != shipped.get(key) for key in laid)


def test_the_page_has_examples():
    """As many as it has headings below its title, and one more for what can be done in two ways."""
    assert len(ALL) == PAGE.count("\n## ") + 1
