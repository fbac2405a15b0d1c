from __future__ import annotations

import re

import pytest

import scimbridge
from tests.docs.conftest import DECISIONS, read


def test_the_changelog_has_a_heading_for_this_version():
    """The newest heading is Unreleased or the version of the package, as Keep a Changelog writes them."""
    newest = re.search(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[1]
    assert newest in {"Unreleased", scimbridge.__version__}
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.MULTILINE)) <= known


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_context_decision_and_what_was_turned_down(page):
    """Every decision has its number as title and the three headings, each with text below, on half a page."""
    text = page.read_text(encoding="utf-8")
    number = page.stem.split("-")[0]
    assert re.fullmatch(r"\d{4}", number)
    assert text.startswith(f"# {number} ")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert parts[::2] == ["Context", "Decision", "Turned down"]
    assert all(part.strip() for part in parts[1::2])
    assert len(text.split()) < 650


def test_decisions_are_numbered_one_by_one():
    """Numbers go up from 0001 without gap or repetition."""
    assert [page.stem[:4] for page in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    assert len(DECISIONS) >= 10
