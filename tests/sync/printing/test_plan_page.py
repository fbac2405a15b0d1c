"""The page: whole without anything else, and text stays text whatever it is."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.sync.plans.lines import CONFLICT, UPDATE, PlanLine, StoppedGuard
from scimbridge.sync.plans.masking import mask_head, mask_line
from scimbridge.sync.plans.reading import open_plan
from scimbridge.sync.plans.writing import write_plan
from scimbridge.sync.printing.plan_page import FIRST
from scimbridge.sync.printing.plans import save_page
from tests.sync.plans.conftest import LINES, SECRET, head_of
from tests.sync.printing.conftest import EVIL, PAST, Elements, lines_of, page_of, words_of_head

KNOWN = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "main", "section", "nav", "h1", "h2", "h3", "p",
    "ul", "li", "dl", "dt", "dd", "div", "span", "strong", "code", "bdi", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "svg", "rect", "line",
}  # fmt: skip


@pytest.fixture(params=["plain", EVIL])
def page(plan, request):
    """A page of texts that are ordinary, and of texts that try to be more."""
    lines = lines_of(request.param)
    return page_of(plan(lines, **words_of_head(request.param)))


def test_a_page_needs_nothing_else(page):
    """No script, no address, no style from elsewhere: not one attribute that would fetch or run something."""
    found = Elements(page)
    assert {tag for tag, _ in found.elements} <= KNOWN
    names = {name for _, attributes in found.elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name in ("src", "style", "action", "srcset")]
    assert all(attributes["href"].startswith("#") for _, attributes in found.elements if "href" in attributes)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_a_browser_is_told_to_load_nothing(page):
    """The policy of the page admits its one style, by the hash of what stands there, and nothing else."""
    (policy,) = (each["content"] for _, each in Elements(page).elements if each.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_every_element_is_closed_in_its_order(page):
    """And every id is there once, and every link within the page leads to one."""
    found = Elements(page)
    assert found.faults == []
    assert found.open == []
    ids = [each["id"] for _, each in found.elements if "id" in each]
    assert len(ids) == len(set(ids))
    named = [
        each[name].removeprefix("#")
        for _, each in found.elements
        for name in ("href", "aria-labelledby")
        if name in each
    ]
    assert named
    assert set(named) <= set(ids)


def test_a_text_that_is_markup_makes_the_same_elements_as_one_that_is_none(plan):
    """What stands in source and directory has no way into the page but as text, and all of it is seen."""
    plain, evil = (Elements(page_of(plan(lines_of(text), **words_of_head(text)))) for text in ("plain", EVIL))
    assert evil.shape == plain.shape
    assert "\u202e" not in evil.text
    assert "\x1b" not in evil.text
    assert evil.text.count("<script>alert(1)</script>\"'&</style></title><img src=x onerror=alert(1)>{{ 7*7 }}") > 30
    assert "{% raw %}\\u202e\\x1b[2J\\x00" in evil.text


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_no_text_makes_another_page(plan, text):
    """Law: elements and attributes of the page are the same for every text."""
    opened = plan(lines_of(f"x{text}"), **words_of_head(f"x{text}"))
    assert Elements(page_of(opened)).shape == Elements(page_of(plan(lines_of("x"), **words_of_head("x")))).shape


def test_the_same_plan_is_the_same_page(plan):
    """Nothing of the moment stands in it."""
    opened = plan()
    assert page_of(opened) == page_of(opened)


def test_a_page_says_what_stops_and_how_much_it_is(plan):
    """Counts, guards, populations, conflicts, drift and groups stand there as text, beside what is drawn."""
    text = Elements(page_of(plan())).text
    assert "Stopped by 1 guard" in text
    assert "12 deletes, at most 10" in text
    assert "scimbridge reconcile apply PLAN --allow delete=12" in text
    assert "create 2 57" in text
    assert "Employees 288 289 +1" in text
    assert "two users match 1" in text
    assert "Changed elsewhere, by whom As far as PingOne tells. admin 1" in text
    assert "HR-Basel 0 leave and join 1" not in text
    assert "HR-Basel 0 1" in text
    assert "last 3 runs, and now" in text
    assert "2026-11-06 21:20 UTC: 0" in text


def test_each_line_unfolds_to_all_that_is_known_of_it(plan):
    """Why, condition, drift, id, and each value before and after; folded until somebody opens it."""
    page = page_of(plan())
    (update,) = (part for part in page.split("<details>")[1:] if ">1001<" in part)
    text = Elements(update).text
    assert text.startswith('1001 ann@example.org changed elsewhere title none → "Head of \\"Ships\\" & <Boats>"')
    for word in (
        "why title differs",
        "only if active is true",
        '{"at":1.5,"who":"admin"}',
        "id a1",
        "path before after",
    ):
        assert word in text
    assert page.count("<details>") == page.count("<summary>") == len(LINES)


def test_a_long_plan_is_shown_in_part_and_says_so(plan):
    """The first of each kind stand there, how many there are beside them, and how one of those is looked at."""
    lines = [PlanLine(do=UPDATE, key=str(n), why="differs", after={"n": n}) for n in range(FIRST + 1_234)]
    opened = plan([*lines, PlanLine(do=CONFLICT, key="c", why="x")])
    page = page_of(opened)
    assert page.count("<details>") == FIRST + 1
    assert f"and 1,234 more; one of them: scimbridge reconcile show {opened.path} --why KEY" in Elements(page).text
    assert "1,434" in Elements(page).text


def test_a_page_without_history_or_drift_leaves_these_out(plan):
    """What is not known is not drawn as nothing."""
    text = Elements(page_of(plan((), guards={}, stopped=(), populations={}), past=())).text
    assert "Nothing to change" in text
    assert not [
        word
        for word in ("Conflicts", "Changed elsewhere", "Groups that", "population", "runs", "Stopped")
        if word in text
    ]


def test_a_guard_with_no_limit_has_no_bar(plan):
    """There is nothing that a number without a limit could be held against."""
    page = page_of(plan((), guards={"grow": {"number": 5, "most": None}}, stopped=(), populations={}), past=())
    assert "<rect" not in page


def test_a_number_over_its_guard_is_marked_by_a_word_too(plan):
    """Not by colour alone."""
    head = {"guards": {"move": {"number": 9, "most": 3}}, "stopped": (StoppedGuard("move", 9, 3, "too many"),)}
    page = page_of(plan((), **head))
    assert "move stopped 9 3" in Elements(page).text
    assert 'class="over"' in page


def test_a_page_says_that_the_seal_was_not_looked_at(plan):
    """Who approves a plan knows whether it is the one."""
    assert "The seal was not looked at" in page_of(plan(secret=None))
    assert "The seal was not looked at" not in page_of(plan())


def test_a_masked_plan_is_shown_as_one(tmp_path):
    """Names of attributes, and a word that it cannot be applied."""
    path = tmp_path / "plan"
    write_plan(path, mask_head(head_of(LINES)), map(mask_line, LINES), SECRET)
    text = Elements(page_of(open_plan(path, SECRET))).text
    assert "This plan is masked" in text
    assert 'title "***"' in text
    assert "Ships" not in text


def test_a_page_is_for_its_owner_and_in_utf_8(plan, tmp_path):
    """It has in it what people are called."""
    lines = [PlanLine(do=UPDATE, key="1", why="differs", after={"name": "Zoë 石井"})]
    save_page(tmp_path / "page.html", plan(lines), PAST)
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600
    content = (tmp_path / "page.html").read_text("utf-8")
    assert content.startswith("<!DOCTYPE html>\n")
    assert content.endswith("</html>\n")
    assert "Zoë 石井" in content


def test_a_page_does_not_take_the_place_of_its_plan(plan):
    """Who names the plan itself for the page keeps the plan."""
    opened = plan()
    before = opened.path.read_bytes()
    with pytest.raises(FileExistsError, match="the plan itself"):
        save_page(opened.path, opened)
    assert opened.path.read_bytes() == before
