"""Law: a plan that anybody may have written is refused or shown, and never a fault of the program."""

from __future__ import annotations

import hashlib
import io

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimbridge.sync.plans import reading
from scimbridge.sync.plans.encoding import encode_end, head_object, line_object
from scimbridge.sync.plans.expecting import PlanRefused
from scimbridge.sync.plans.lines import PlanEnd
from scimbridge.sync.plans.raw_lines import lines_in
from scimbridge.sync.plans.reading import open_plan
from scimbridge.sync.printing.plans import show_person, show_plan
from tests.sync.plans.conftest import LINES, head_of
from tests.sync.printing.conftest import PAST, page_of

VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1e300,
        5.5,
        2**63,
        "",
        "x",
        [],
        ["x"],
        [[]],
        {},
        {"x": 1},
        {"x": None},
        {"x": {}},
        [{"name": 1}],
    ]
)


def places(value, way=()):
    """Yield the way to every place in a document."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, held in inner:
        yield from places(held, (*way, name))


def put(value, way, other):
    """Return a document with another value in one place."""
    if not way:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(copy[way[0]], way[1:], other)
    return copy


DOCUMENT = [{"plan": head_object(head_of(LINES))}, *map(line_object, LINES)]
WAYS = [way for way in places(DOCUMENT) if way]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WAYS), VALUES)
def test_a_plan_with_any_value_in_any_place_is_refused_or_shown(tmp_path, monkeypatch, way, value):
    """Its hash is right and there is no secret to look at its seal with, as where a plan is looked at."""
    begin = b"".join(orjson.dumps(line) + b"\n" for line in put(DOCUMENT, way, value))
    whole = begin + encode_end(PlanEnd(len(LINES), hashlib.sha256(begin).hexdigest(), "00"))
    monkeypatch.setattr(reading, "read_lines", lambda _path: lines_in(io.BytesIO(whole)))
    try:
        plan = open_plan(tmp_path / "plan", None)
    except PlanRefused:
        return
    for as_json in (True, False):
        show_plan(io.StringIO(), plan, as_json=as_json, past=PAST)
        show_person(io.StringIO(), plan, "1001", as_json=as_json)
    assert page_of(plan).endswith("</html>\n")
