from __future__ import annotations

import re

import pytest

from tests.docs.conftest import FENCE, PAGES, ROOT, SITE, read

OURS = "https://github.com/scimbridge/scimbridge"
WRITTEN = {"report.md"}  # what programs write, as `make bench` does
CODE = [
    path
    for folder in ("scimbridge", "tests", "mappings", "benchmarks", "deploy")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".toml", ".yml", ".yaml", ".example"}
]


def anchors(page) -> set[str]:
    """Return the anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page) -> list[str]:
    """Return where the links of a page lead."""
    return re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page):
    """A link to a file finds the file, and one to a heading finds the heading."""
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_every_link_into_the_repository_leads_to_a_file():
    """A page of the site links what stands outside of `docs` by the address of the repository, and it is there."""
    into = {target for page in PAGES for target in links(page) if target.startswith(f"{OURS}/")}
    assert into
    for target in into:
        kind, _, path = target.removeprefix(f"{OURS}/").partition("/")
        assert kind in {"blob", "tree"}, target
        assert (ROOT / path.removeprefix("main/")).exists(), target


def test_the_repository_has_one_address():
    """Package, site and pages name the same repository."""
    named = {
        name
        for text in (read("setup.cfg"), read("mkdocs.yml"), *(page.read_text("utf-8") for page in PAGES))
        for name in re.findall(r"https://github\.com/[\w.-]+/scimbridge", text)
    }
    assert named == {OURS}


def test_the_readme_is_short():
    """Who opens the repository sees the whole in 120 lines."""
    assert len(read("README.md").splitlines()) <= 120


def test_the_figures_of_the_readme_are_those_that_were_measured():
    """Each time in README stands in the table of the benchmark."""
    figures = re.findall(r"[\d,]+\.\d\d(?= ms)", read("README.md"))
    assert len(figures) == 6
    assert all(f"| {figure} |" in read("docs/run/speed.md") for figure in figures)


def test_the_site_includes_what_stands_at_the_top():
    """The pages of the site for security and changes are those of the repository."""
    for page, source in (("docs/security.md", "SECURITY.md"), ("docs/changelog.md", "CHANGELOG.md")):
        assert read(page).strip() == f'--8<-- "{source}"'


def test_every_test_that_security_names_is_there():
    """What SECURITY.md says was tried can be looked at: the file, or the test by its name."""
    tests = {path: path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")}
    files = set(re.findall(r"`((?:\w+/)*test_\w+\.py)`", read("SECURITY.md")))
    names = set(re.findall(r"`(test_\w+)`", read("SECURITY.md")))
    assert len(files) > 10
    assert {file for file in files if ROOT / "tests" / file not in tests} == set()
    assert {name for name in names if not any(f"def {name}(" in text for text in tests.values())} == set()


# -- references in the code --------------------------------------------------------------------------------------------


def sections(page: str) -> set[str]:
    """Return the numbers of a page's sections, and of the items in them."""
    found: set[str] = set()
    section = ""
    for line in read(page).splitlines():
        if heading := re.match(r"#+ (\d+(?:\.\d+)?)\.? ", line):
            section = heading[1]
            found.add(section)
        elif item := re.match(r"(\d+)\. ", line):
            found.add(f"{section}.{item[1]}")
    return found


def test_every_section_of_a_page_that_code_names_is_there():
    """`docs/pingone.md §4.2` in a comment leads to section 4.2, and so do the numbers that follow it."""
    named: set[str] = set()
    for path in CODE:
        for tail in re.findall(r"docs/pingone\.md ((?:[^)\n.]|\.(?=\d)){0,80})", path.read_text("utf-8")):
            named |= set(re.findall(r"§(\d+(?:\.\d+)?)", tail))
    assert len(named) > 15
    assert named <= sections("docs/pingone.md")


def test_no_page_is_named_that_is_not_in_the_repository():
    """A page that a comment, a test or another page names can be opened by who reads it."""
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*CODE, *SITE]
        for name in re.findall(r"(?<![\w/.-])[\w-]+(?:/[\w-]+)*\.md\b", path.read_text("utf-8"))
        if name not in WRITTEN and not any((folder / name).exists() for folder in (ROOT, ROOT / "docs", path.parent))
    }
    assert missing == set()


def test_classes_that_inside_names_exist():
    """A class in the page for those who change the bridge can be found in the package."""
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "scimbridge").rglob("*.py"))
    named = set(re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)`", read("docs/inside.md")))
    assert {"Endpoint", "Changes", "State"} <= named
    assert {name for name in named if not re.search(rf"^class {name}\b", source, re.MULTILINE)} == set()
