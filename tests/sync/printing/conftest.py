"""Plans to show: an ordinary one, and one in which every text tries to be more than text."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest

from scimbridge.sync.plans.lines import (
    CONFLICT,
    CREATE,
    DISABLE,
    JOIN,
    LEAVE,
    MOVE,
    UPDATE,
    PlanLine,
    StoppedGuard,
)
from scimbridge.sync.plans.past_runs import DONE, PastRun
from scimbridge.sync.plans.reading import open_plan
from scimbridge.sync.printing.figures import gather
from scimbridge.sync.printing.plan_page import FIRST, write_plan_page
from tests.sync.plans.conftest import LINES, SECRET, written  # noqa: F401 - the fixture is used by its name

POPULATION = "urn:pingidentity:schemas:extension:2.0:PingOneUser:population.id"
EVIL = "<script>alert(1)</script>\"'&</style></title><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}\u202e\x1b[2J\x00"
PAST = tuple(
    PastRun(when=1_794_000_000.0 + 86_400 * day, seconds=31.0 + day, result=DONE, counts={"update": day, "create": 4})
    for day in range(3)
)


def lines_of(text):
    """Return a line of each shape, with a text wherever there may be one."""
    return (
        PlanLine(do=CREATE, key=text, why=text, after={"userName": text, text: text}),
        PlanLine(do=UPDATE, key=text, id=text, user_name=text, why=text, condition={text: text}, before={text: text},
                 after={text: [text, {text: text}]}, drift={"who": text, "paths": [text], text: text}),
        PlanLine(do=MOVE, key=text, why=text, before={POPULATION: "p1"}, after={POPULATION: text}),
        PlanLine(do=DISABLE, key=text, why=text, before={"active": True}, after={"active": False}),
        PlanLine(do=JOIN, key=text, why=text, group={"id": text, "name": text}),
        PlanLine(do=LEAVE, key=text, why=text, group={"id": text, "name": None}),
        PlanLine(do=CONFLICT, key=text, why=text, faults=(text, text), reason=text),
        PlanLine(do=text, key=text, why=text),
    )  # fmt: skip


def words_of_head(text):
    """Return what of a head may be any text, with that text."""
    return {
        "id": text, "version": text, "environment": text, "tables": text, "rules": text, "scope": text, "full": text,
        "rules_file": text, "source": {"name": text, "digest": text, "rows": 3, "made": None},
        "groups": {"name": text, "digest": text}, "directory": {"how": text, "users": 5},
        "guards": {text: {"number": 1, "most": 0}, "create": {"number": 1, "most": 10}},
        "stopped": (StoppedGuard(text, 1, 0, text),), "populations": {"p1": {"name": text, "before": 2, "after": 1}},
    }  # fmt: skip


@pytest.fixture
def plan(written):  # noqa: F811 - the fixture
    """Opens a plan of some lines."""

    def make(lines=LINES, secret=SECRET, **others):
        return open_plan(written(lines, **others), secret)

    return make


class Elements(HTMLParser):
    """What stands on a page: elements with their attributes, texts, and what was not closed in its order."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.open, self.faults = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Keep an element, and that it is open."""
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Close the last element, which has to be this one."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        """Keep a text."""
        self.texts.append(data)

    @property
    def text(self):
        """All texts, each blank one."""
        return " ".join(" ".join(self.texts).split())

    @property
    def shape(self):
        """All that is no text: names of elements, and of attributes with those values that no text may be."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]


def page_of(opened, past=PAST):
    """Return a page as text."""
    stream = io.StringIO()
    write_plan_page(stream, opened, gather(opened.lines(), FIRST), past)
    return stream.getvalue()
