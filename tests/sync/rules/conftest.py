"""The users of the shipped tables, and rule files that are compiled for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.resources.tables import open_tables
from scimbridge.sync.rules.faults import RuleFaults
from scimbridge.sync.rules.reading import compile_rules


@pytest.fixture(scope="module")
def users():
    return open_tables(default_mappings()).whole["User"]


@pytest.fixture
def compiled(users):
    """Compile the text of a rule file in /data."""

    def compile_text(*parts: str):
        return compile_rules("".join(parts), "people.toml", Path("/data"), users)

    return compile_text


@pytest.fixture
def faults(compiled):
    """Return the faults of a text, which has to have some."""

    def find(*parts: str) -> list[str]:
        with pytest.raises(RuleFaults) as caught:
            compiled(*parts)
        return caught.value.faults

    return find
