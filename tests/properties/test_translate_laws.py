"""Laws of translation: what PingOne holds, seen as SCIM and sent back, is what PingOne holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scimbridge.mapping.plan import keep_unmentioned, plan_change, plan_create
from scimbridge.request.context import AnswerOptions
from scimbridge.request.view import View
from scimbridge.scim.reading import Manner, read_resource

BASE = "https://scim.example.org/scim/v2"
PING = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)  # it cannot tell of `st.data()`
FEW = settings(max_examples=60, phases=PHASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("strict", [False, True])
@given(data=st.data())
@FEW
def test_a_put_of_the_answer_changes_nothing(users, strict, data):
    """A client that sends back what it was given asks for no call at all, whatever the record."""
    record = data.draw(users.records)
    before = users.answer(record, BASE)
    told: list[str] = []
    body = read_resource(json.loads(json.dumps(before)), users.table.type, Manner(strict, told.append))
    assert not plan_change(users.table, record, before, body, users.manner)
    assert set(told) <= {"displayName", "label"}


@given(data=st.data())
@FEW
def test_a_put_of_a_plain_answer_sets_no_state(users, data):
    """What is shown to who asks for it by name is in no plain answer, so that its echo moves nothing back."""
    record, moved = data.draw(users.records), data.draw(users.records)
    shown = View(users.table).show(AnswerOptions(BASE), record).body
    later = {**record, **{name: moved[name] for name in ("account", "verifyStatus")}}
    assert not {"account", "verifyStatus", "lifecycle"} & shown[PING].keys()
    before = users.answer(later, BASE)
    body = read_resource(json.loads(json.dumps(shown)), users.table.type, users.manner)
    after = keep_unmentioned(users.table, shown, before, body)
    assert not plan_change(users.table, later, before, after, users.manner)


@given(data=st.data())
@FEW
def test_creating_from_an_answer_makes_the_same_resource(users, data):
    """A user made from the SCIM form of another is like it in everything that a client may write."""
    record = data.draw(users.records)
    source = users.answer(record, BASE)
    changes = plan_create(users.table, read_resource(source, users.table.type, users.manner), users.manner)
    made = users.answer(users.merge_members({"id": "u1"}, changes), BASE)
    for (urn, name), shape in users.writable:
        place = (made.get(urn, {}), source.get(urn, {})) if urn in made or urn in source else (made, source)
        if urn in ("", users.table.type.schema.urn):
            place = (made, source)
        writable = {row.sub for row in shape.rows if row.writable}
        assert _only(place[0].get(name), writable) == _only(place[1].get(name), writable)


def _only(value, subs):
    """Leave what a client may write of a complex attribute."""
    return {name: part for name, part in value.items() if name in subs} if isinstance(value, dict) and subs else value


@given(data=st.data())
@FEW
def test_answers_hold_no_empty_values(users, data):
    """Null, empty text and empty lists are in no answer: absence is one state (RFC 7643 §2.5)."""
    record = data.draw(users.records)
    for native in data.draw(st.lists(st.sampled_from(["title", "skills", "costCentres", "nickname", "profile"]))):
        record[native] = data.draw(st.sampled_from([None, "", []]))
    answer = users.answer(record, BASE)
    own = answer.get("urn:example:params:scim:schemas:extension:2.0:Own", {})
    assert not [value for value in (*answer.values(), *own.values()) if value in (None, "", [])]
    body = read_resource(json.loads(json.dumps(answer)), users.table.type, users.manner)
    assert not plan_change(users.table, record, answer, body, users.manner)
