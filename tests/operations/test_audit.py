"""The record of an operation: who did what to whom with which inputs, how it ended, and never a value."""

from __future__ import annotations

import json

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.observe.audit import Record, Wanted
from tests.operations.conftest import LATER, NEW, OLD
from tests.operations.test_each import prepared


@pytest.fixture
def audited(make_desk, tmp_path):
    """Open a desk whose operations are recorded; `audited.records()` reads what was."""
    path = tmp_path / "audit.jsonl"

    def make(settings=None, **more):
        desk = make_desk(settings={"audit": str(path), **(settings or {})}, **more)

        def read():
            return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

        return desk, read

    return make


def test_what_a_record_holds(audited):
    """Operation, client, resource, names of inputs, outcome, PingOne's ids of the calls."""
    desk, read = audited()
    desk.set_password()
    assert desk.ask("POST", ".lock", {"unlockAt": LATER}).status_code == 200
    assert desk.ask("POST", ".unlock").status_code == 200
    assert desk.ask("POST", ".setPassword", {"value": NEW, "forceChange": True}).status_code == 200
    lock, unlock, password = read()
    assert (lock["verb"], lock["client"], lock["resource"], lock["key"]) == ("lock", "hr", "User", desk.user)
    assert (lock["result"], lock["status"]) == ("done", 200)
    assert lock["changed"] == ["unlockAt", "account.status", "lifecycle.status"]
    assert len(lock["correlations"]) == 1
    assert (unlock["verb"], unlock["changed"]) == ("unlock", ["account.status", "lifecycle.status"])
    assert password["changed"] == ["value", "forceChange", "status"]  # bypassPolicy was not sent


def test_readings_are_recorded_where_that_is_wanted(audited):
    """What changes nothing has a record only where readings have."""
    desk, read = audited()
    desk.ask("GET", ".sessions")
    assert read() == []
    desk, read = audited({"audit_reads": True})
    desk.ask("GET", ".sessions")
    assert [each["verb"] for each in read()] == ["sessions"]


def test_states_are_kept_where_values_are(audited):
    """With values kept, the state that the answer tells is one of them; no input is."""
    desk, read = audited({"audit_values": True})
    desk.ask("POST", ".lock", {"unlockAt": LATER})
    desk.ask("POST", ".setPassword", {"value": NEW})
    lock, password = read()
    assert lock["values"] == {"unlockAt": None, "account.status": "LOCKED", "lifecycle.status": "ACCOUNT_OK"}
    assert password["values"] == {"value": None, "status": "OK"}


def test_what_is_refused_is_recorded(audited):
    """A refusal has its record, by whatever it is refused."""
    desk, read = audited(scopes=ALL_SCOPES - {"roles:write"})
    desk.ask("POST", ".assignRole", {"role": "x"})
    desk.ask("POST", ".lock", {"unlockAt": "2020-01-01T00:00:00Z"})
    desk.ask("POST", ".lock", data=b"[]", content_type="application/json")
    desk.ask("POST", "/Users/00000000-0000-4000-8000-000000000000/.unlock")
    desk.ask("POST", ".checkPassword", {"password": OLD})
    found = [(each["verb"], each["result"], each["status"]) for each in read()]
    assert found == [
        ("assignRole", "refused", 403), ("lock", "refused", 400), ("lock", "refused", 400), ("unlock", "refused", 404),
        ("checkPassword", "refused", 409),
    ]  # fmt: skip


PARTS = ("sessions", "devices", "linkedAccounts", "roleAssignments")


@pytest.mark.parametrize("part", PARTS)
def test_which_part_was_deleted(audited, part):
    """The record of a deletion says so, and of which part; a reading of one is no deletion."""
    desk, read = audited({"audit_reads": True})
    key = desk.directory.new_id()
    desk.directory.hanging.of(part, desk.user)[key] = {"id": key, "identityProvider": {"id": next(iter(
        desk.directory.providers))}}  # fmt: skip
    assert desk.ask("GET", f".{part}/{key}").status_code == 200
    assert desk.ask("DELETE", f".{part}/{key.upper()}").status_code == 404
    assert desk.ask("DELETE", f".{part}/{key}").status_code == 204
    found = [(each["verb"], each["result"], each["key"], each["part"]) for each in read()]
    assert found == [
        (part, "done", desk.user, key), (f"{part}.delete", "refused", desk.user, key),
        (f"{part}.delete", "done", desk.user, key),
    ]  # fmt: skip


def test_which_group_was_joined(audited):
    """Who joins and who leaves a group is found by the group as well."""
    desk, read = audited()
    assert desk.ask("POST", ".join", {"groupId": desk.group.upper()}).status_code == 200
    assert desk.ask("DELETE", f".memberships/{desk.group}").status_code == 204
    joined, left = read()
    assert [(each["verb"], each["key"], each["part"]) for each in (joined, left)] == [
        ("join", desk.user, desk.group), ("memberships.delete", desk.user, desk.group),
    ]  # fmt: skip
    wanted = Wanted(about=(frozenset({desk.group}),))
    assert all(wanted.fits(Record.from_json(each)) for each in (joined, left))


def test_which_part_was_made_or_changed(audited):
    """What an operation makes or changes below a user stands in its record: a role, a link, a device, an agreement."""
    desk, read = audited()
    desk = prepared(desk)
    role = {"role": "Help Desk Admin", "scopeType": "POPULATION", "scopeId": desk.client.population("Employees")}
    made = [
        desk.ask("POST", ".assignRole", role).json["id"],
        desk.ask("POST", ".linkAccount", {"identityProvider": desk.provider, "externalId": "x"}).json["id"],
    ]
    assert desk.ask("POST", f".blockDevice/{desk.device}").status_code == 200
    shown = desk.ask("GET", f".agreement/{desk.agreement()}").json["presentationId"]
    assert desk.ask("POST", ".acceptAgreement", {"presentationId": shown}).status_code == 200
    assert [each["part"] for each in read()] == [*made, desk.device, desk.agreement()]


def test_what_is_no_id_is_in_no_record(audited):
    """A part that is named by anything else may be a person's name, and is not kept."""
    desk, read = audited()
    desk.ask("DELETE", ".sessions/ada.lovelace")
    assert "ada.lovelace" not in json.dumps(read())


def test_how_far_it_came(audited):
    """Sessions that were ended before PingOne had enough are told, whatever the answer is."""
    desk, read = audited({"request_deadline": 2.0})
    for _number in range(5):
        desk.add_session()
    desk.client.sandbox.faults.plan("throttled", method="DELETE", times=99, skip=2)
    answer = desk.ask("POST", ".endSessions")
    assert answer.status_code == 429, answer.text
    assert answer.headers["Retry-After"]
    (record,) = read()
    assert (record["result"], record["steps"]) == ("failed", ["2 sessions ended"])
    desk.client.sandbox.faults.clear()
    assert desk.ask("POST", ".endSessions").json == {"count": 3}


def test_what_nobody_knows_is_recorded_so(audited):
    """An answer that was lost is told as unknown."""
    desk, read = audited()
    desk.client.sandbox.faults.plan("drop_after", method="POST", path="/users/")
    assert desk.ask("POST", ".sendVerificationCode").status_code == 504
    (record,) = read()
    assert (record["verb"], record["result"], record["status"]) == ("sendVerificationCode", "unknown", 504)


def test_whom_a_match_found(audited):
    """The record of an operation by an attribute names who was found, and not by what."""
    desk, read = audited()
    name = desk.client.good("GET", f"/Users/{desk.user}")["userName"]
    desk.ask("POST", "/Users/.unlock", {"match": {"attributes": ["userName"], "identifier": name}})
    (record,) = read()
    assert record["key"] == desk.user
    assert name not in json.dumps(record)


def test_a_record_comes_before_the_first_call(audited):
    """Where records are demanded, one stands before the first call that changes, and none changes without it."""
    desk, read = audited({"audit_required": True})
    desk.ask("POST", ".lock", {"unlockAt": LATER})
    assert [each["result"] for each in read()] == ["begun", "done"]
    assert desk.ask("POST", ".lock", {"unlockAt": "x"}).status_code == 400
    assert [each["result"] for each in read()] == ["begun", "done", "refused"]


def test_nothing_is_done_without_a_record(make_desk):
    """Where the record cannot be written nothing is changed; what only reads goes on."""
    desk = make_desk(settings={"audit": "/dev/full", "audit_required": True})
    for path, body in ((".lock", {"unlockAt": LATER}), (".endSessions", None), (".sendVerificationCode", None)):
        answer = desk.ask("POST", path, body)
        assert answer.status_code == 503, answer.text
        assert desk.writes == []
    assert desk.ask("GET", ".sessions").status_code == 200
    name = desk.client.good("GET", f"/Users/{desk.user}")["userName"]
    found = desk.ask("POST", "/Users/.find", {"attributes": ["userName"], "identifier": name})
    assert found.status_code == 200
