"""The names of classes: each means one thing in the whole package."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import scimbridge


def test_class_names_are_unique():
    """Who reads the name of a class need not look which one is meant."""
    texts = (path.read_text(encoding="utf-8") for path in Path(scimbridge.__file__).parent.rglob("*.py"))
    names = Counter(name for text in texts for name in re.findall(r"^class (\w+)", text, re.MULTILINE))
    assert [name for name, number in names.items() if number > 1] == []
