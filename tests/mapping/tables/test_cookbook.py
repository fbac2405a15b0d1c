"""The examples of docs/tables/over-shipped.md: each compiles over the shipped tables and changes what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scimbridge.mapping.tables.compiling import compile_tables, read_origins
from scimbridge.pingone.kinds import KINDS

PAGE = (Path(__file__).parents[3] / "docs/tables/over-shipped.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_lies_over_the_shipped_tables(shipped, tables, text):
    """It is taken, it changes something, and it leaves the other resource types alone."""
    texts = {"mine.toml": text}
    laid = compile_tables(texts, KINDS, shipped=shipped)
    (origin,) = (each for each in read_origins(texts, KINDS, shipped) if each.own)
    assert origin.words or origin.replaced or origin.added or origin.removed
    others = set(tables) - {origin.resource}
    assert {name: laid[name].rows for name in others} == {name: tables[name].rows for name in others}


def test_the_page_has_examples():
    """As many as it has headings below its title, and one more for what can be done in two ways."""
    assert len(EXAMPLES) == PAGE.count("\n## ") + 1
