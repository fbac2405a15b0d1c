"""The trail: one record for every attempted change and what became of it, and no personal value in any of them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from scimbridge.access.caller import Caller
from scimbridge.observe.audit import Unwritable
from scimbridge.observe.audit_lines import AuditFile
from scimbridge.pingone.send import Call
from scimbridge.request.context import UNNOTED, RequestContext
from scimbridge.scim.reading import Manner
from scimbridge.scim.verbs import CREATE, GET
from scimbridge.settings.declared import Secret
from scimbridge.trail.attempts import UNTRACED
from tests.conftest import PINGONE_GROUP

ADA = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "ada.lovelace",
    "name": {"givenName": "Augusta", "familyName": "Lovelace"},
    "emails": [{"value": "countess@example.org", "type": "work", "primary": True}],
    "phoneNumbers": [{"value": "+44.2071234567", "type": "work"}],
    "password": "Kryptisch-und-lang-Qx7!",
    "active": True,
}
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SCIM = "application/scim+json"
NOBODY = "00000000-0000-4000-8000-000000000000"
EMAIL = 'emails[type eq "work"].value'
MOBILE = 'phoneNumbers[type eq "mobile"].value'
PERSONAL = ("ada.lovelace", "Augusta", "Lovelace", "countess", "example.org", "2071234567", "Kryptisch", "Qx7!")


class Trailed:
    """A client of a bridge that keeps a trail in a file."""

    def __init__(self, client: Any, path: Path) -> None:
        self.client = client
        self.path = path

    def since(self, work: Callable[[], Any]) -> list[dict]:
        """Return the records that some work leaves."""
        before = len(self.all())
        work()
        return self.all()[before:]

    def one(self, work: Callable[[], Any]) -> dict:
        """Return the only record that some work leaves."""
        records = self.since(work)
        assert len(records) == 1, records
        return records[0]

    def all(self) -> list[dict]:
        """Return all records."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def ada(self) -> str:
        """Create Ada and return her id."""
        return self.client.good("POST", "/Users", ADA)["id"]


@pytest.fixture
def make_trailed(make_client, tmp_path) -> Callable[..., Trailed]:
    def make(seed: int | None = 20, *, settings: dict | None = None, **switches: Any) -> Trailed:
        path = tmp_path / "audit.jsonl"
        chosen = {"audit": str(path), **(settings or {})}
        return Trailed(make_client(seed, settings=chosen, **switches), path)

    return make


@pytest.fixture
def trailed(make_trailed) -> Trailed:
    return make_trailed()


@pytest.fixture
def required(make_trailed) -> Trailed:
    return make_trailed(settings={"audit_required": True})


@pytest.fixture
def logged() -> Iterator[list]:
    with capture_logs() as entries:
        yield entries


# -- what a record says -----------------------------------------------------------------------------------------------


def test_a_create_is_recorded(trailed):
    """The record of a create has client, request, id, names, status and PingOne's ids of its calls."""
    record = trailed.one(lambda: trailed.client.good("POST", "/Users", ADA, headers={"X-Request-Id": "r-17"}))
    made = next(user["id"] for user in trailed.client.sandbox.directory.users if user["username"] == "ada.lovelace")
    assert record["verb"] == "create"
    assert record["result"] == "done"
    assert (record["resource"], record["key"]) == ("User", made)
    assert (record["client"], record["request"], record["status"]) == ("token", "r-17", 201)
    assert {"userName", "name.givenName", "name.familyName", EMAIL, "password", "active"} <= set(record["changed"])
    assert record["correlations"]
    assert record["seconds"] >= 0
    assert record["time"].endswith("Z")


def test_what_is_left_out_is_not_recorded(trailed):
    """A derived value that PingOne refuses is not among what a create has made, whether that was known or not."""
    body = {"userName": "ada.lovelace", "name": {"formatted": "Lovelace, Augusta", "givenName": "Augusta"}}
    for name in ("ada.lovelace", "ada.byron"):
        record = trailed.one(lambda name=name: trailed.client.good("POST", "/Users", {**body, "userName": name}))
        assert "name.givenName" in record["changed"]
        assert "name.formatted" not in record["changed"]


def test_a_patch_in_one_call_is_recorded(trailed):
    """The names of a PATCH that PingOne carries out as it is are the table's paths."""
    key = trailed.ada()
    operation = {"op": "replace", "path": "name.familyName", "value": "King"}
    record = trailed.one(lambda: trailed.client.patch(f"/Users/{key}", operation))
    assert (record["verb"], record["result"], record["key"]) == ("patch", "done", key)
    assert record["changed"] == ["name.familyName"]
    assert len(record["correlations"]) == 1


def test_a_patch_by_difference_names_what_differs(trailed):
    """Of an object that is sent whole, only the members that differ are named."""
    key = trailed.ada()
    etag = trailed.client.send("GET", f"/Users/{key}").headers["ETag"]
    operation = {"op": "replace", "value": {"name": {"givenName": "Augusta", "familyName": "King"}, "active": True}}
    record = trailed.one(lambda: trailed.client.patch(f"/Users/{key}", operation, headers={"If-Match": etag}))
    assert record["changed"] == ["name.familyName"]


def test_a_replacement_names_what_differs(trailed):
    """A PUT is recorded by its difference, and one that changes nothing has an empty list."""
    key = trailed.ada()
    body = {name: value for name, value in ADA.items() if name != "password"}
    record = trailed.one(lambda: trailed.client.good("PUT", f"/Users/{key}", {**body, "active": False}))
    assert (record["verb"], record["changed"]) == ("replace", ["active"])
    record = trailed.one(lambda: trailed.client.good("PUT", f"/Users/{key}", {**body, "active": False}))
    assert (record["result"], record["changed"]) == ("done", [])


def test_what_is_taken_away_is_named(trailed):
    """A value that a change removes is a change of that attribute."""
    key = trailed.ada()
    trailed.client.patch(f"/Users/{key}", {"op": "add", "path": MOBILE, "value": "+44.7111111111"})
    record = trailed.one(lambda: trailed.client.patch(f"/Users/{key}", {"op": "remove", "path": MOBILE}))
    assert record["changed"] == [MOBILE]


def test_a_delete_is_recorded(trailed):
    """A delete names the resource and no attribute."""
    key = trailed.ada()
    record = trailed.one(lambda: trailed.client.good("DELETE", f"/Users/{key}"))
    assert (record["verb"], record["key"], record["status"]) == ("delete", key, 204)
    assert "changed" not in record


def test_members_are_counted(trailed):
    """Changes of members say how many were added and removed, and who, by id."""
    client = trailed.client
    users = [user["id"] for user in client.sandbox.directory.users][:3]
    body = {"schemas": [GROUP], "displayName": "Mathematicians", "members": [{"value": users[0]}]}
    made = trailed.one(lambda: client.good("POST", "/Groups", body))
    assert made["changed"] == ["displayName", "members"]
    assert (made["added"], made["members_added"], made.get("removed", 0)) == (1, users[:1], 0)
    group = f"/Groups/{made['key']}"
    add = {"op": "add", "path": "members", "value": [{"value": user} for user in users[1:]]}
    record = trailed.one(lambda: client.patch(group, add))
    assert (record["changed"], record["added"], record["status"]) == (["members"], 2, 200)
    assert sorted(record["members_added"]) == sorted(users[1:])
    rename = {"op": "replace", "path": "displayName", "value": "Analysts"}
    remove = {"op": "remove", "path": f'members[value eq "{users[0]}"]'}
    record = trailed.one(lambda: client.patch(group, rename, remove))
    assert (record["changed"], record["removed"]) == (["displayName", "members"], 1)
    assert record["members_removed"] == users[:1]


def test_populations_are_recorded(trailed):
    """A population is changed as traceably as a user."""
    body = {"schemas": ["urn:pingidentity:schemas:2.0:Population"], "displayName": "Visitors"}
    made = trailed.one(lambda: trailed.client.good("POST", "/Populations", body))
    assert (made["resource"], made["changed"]) == ("Population", ["displayName"])
    path = f"/Populations/{made['key']}"
    record = trailed.one(lambda: trailed.client.good("PUT", path, {**body, "description": "They come and go."}))
    assert record["changed"] == ["description"]
    assert trailed.one(lambda: trailed.client.good("DELETE", path))["result"] == "done"


# -- what is refused --------------------------------------------------------------------------------------------------


def test_every_refusal_of_a_change_is_recorded(trailed):
    """400, 404, 405, 409, 412 and 415: each attempt leaves one record with status and scimType."""
    client, key = trailed.client, trailed.ada()
    cases = [
        ("POST", "/Users", {}, {}, "create", 400, None),
        ("POST", "/Users", ADA, {}, "create", 409, "uniqueness"),
        ("POST", "/Users", None, {"data": b"{", "content_type": SCIM}, "create", 400, "invalidSyntax"),
        ("POST", "/Users", None, {"data": b"x", "content_type": "text/plain"}, "create", 415, None),
        ("PUT", f"/Users/{key}", {**ADA, "userName": True}, {}, "replace", 400, "invalidValue"),
        ("PUT", f"/Users/{key}", ADA, {"headers": {"If-Match": 'W/"old"'}}, "replace", 412, None),
        ("PATCH", f"/Users/{NOBODY}", {"Operations": 1}, {}, "patch", 400, None),
        ("DELETE", f"/Users/{NOBODY}", None, {}, "delete", 404, None),
        ("DELETE", f"/Users/{key}", None, {"headers": {"If-Match": 'W/"old"'}}, "delete", 412, None),
        ("POST", "/Bulk", {"Operations": 1}, {}, "bulk", 400, None),
    ]  # fmt: skip
    for method, path, body, more, verb, status, scim_type in cases:
        record = trailed.one(partial(client.send, method, path, body, **more))
        case = (method, path, record)
        assert (record["verb"], record["result"], record["status"]) == (verb, "refused", status), case
        if scim_type is not None:
            assert record["scim_type"] == scim_type, case


def test_what_the_table_forbids_is_recorded(make_trailed, tmp_path):
    """A verb that the table does not allow is an attempt too, in bulk as elsewhere."""
    folder = tmp_path / "mappings"
    shutil.copytree(Path(__file__).parents[2] / "mappings", folder)
    table = folder / "populations.toml"
    table.write_text(re.sub(r"(?m)^allow .*", "allow = []", table.read_text()))
    trailed = make_trailed(settings={"mappings": folder})
    body = {"displayName": "x"}
    record = trailed.one(lambda: trailed.client.send("POST", "/Populations", body))
    assert (record["resource"], record["result"], record["status"]) == ("Population", "refused", 405)
    operations = [{"method": "POST", "path": "/Populations", "bulkId": "a", "data": body}]
    record = trailed.one(lambda: trailed.client.send("POST", "/Bulk", {"Operations": operations}))
    assert (record["resource"], record["bulk"], record["status"]) == ("Population", True, 405)


def test_a_client_without_the_right_is_recorded(trailed, monkeypatch):
    """A client that may only read leaves a record of each change that it tried, and of none that it did."""
    monkeypatch.setattr(Caller, "may", lambda _self, scope: scope.endswith(":read"))
    for method, path, body in (
        ("POST", "/Users", ADA),
        ("PUT", f"/Users/{NOBODY}", ADA),
        ("PATCH", f"/Groups/{NOBODY}", {}),
        ("DELETE", f"/Users/{NOBODY}", None),
        ("POST", "/Bulk", {"Operations": []}),
    ):
        record = trailed.one(partial(trailed.client.send, method, path, body))
        assert (record["result"], record["status"]) == ("refused", 403), (method, path)


def test_an_id_that_is_none_is_not_kept(trailed):
    """What stands in a path where an id belongs may be a name, so only what could be an id is recorded."""
    for method in ("DELETE", "PUT", "PATCH"):
        record = trailed.one(partial(trailed.client.send, method, "/Users/ada.lovelace@example.org", {}))
        assert (record["result"], record["status"]) == ("refused", 404 if method == "DELETE" else record["status"])
        assert "key" not in record
    assert "lovelace" not in trailed.path.read_text()


def test_who_is_not_known_leaves_no_record(trailed):
    """A failed login is no change of a client's: the trail does not know it."""
    headers = {"Authorization": "Bearer wrong"}
    assert trailed.since(lambda: trailed.client.send("DELETE", f"/Users/{NOBODY}", headers=headers)) == []


def test_reading_leaves_no_record_by_default(trailed):
    """Reads and searches are recorded only where the operator wants it."""
    key = trailed.ada()
    assert trailed.since(lambda: trailed.client.good("GET", f"/Users/{key}")) == []
    assert trailed.since(lambda: trailed.client.list("/Users", filter='userName sw "a"')) == []


# -- what fails half way ----------------------------------------------------------------------------------------------


def test_a_lost_answer_is_unknown(make_trailed):
    """Where PingOne's answer to a write never came, nobody can say whether it was carried out."""
    trailed = make_trailed(settings={"request_deadline": 30.0})
    key = trailed.ada()
    trailed.client.sandbox.faults.set(drop_after_share=1.0)
    record = trailed.one(lambda: trailed.client.send("DELETE", f"/Users/{key}"))
    assert (record["result"], record["status"]) == ("unknown", 503)


def test_an_unreachable_pingone_is_a_failure(make_trailed):
    """Where PingOne was never reached the change failed and nothing of it is done."""
    trailed = make_trailed(settings={"request_deadline": 30.0})
    key = trailed.ada()
    trailed.client.sandbox.close()
    record = trailed.one(lambda: trailed.client.send("DELETE", f"/Users/{key}"))
    assert (record["result"], record["status"]) == ("failed", 503)
    assert "steps" not in record


@pytest.mark.parametrize(("status", "result"), [(403, "failed"), (503, "unknown")])
def test_a_failure_half_way_says_how_far_it_came(make_trailed, status, result):
    """Of a change of several calls the record names those that are done, whether the rest failed or nobody knows."""
    trailed = make_trailed(settings={"request_deadline": 30.0})
    key = trailed.ada()
    operations = [
        {"op": "replace", "path": "name.familyName", "value": "King"},
        {"op": "replace", "path": "active", "value": False},
    ]
    trailed.client.sandbox.faults.plan("error", "PATCH", f"/users/{key}", status=status, times=100)
    record = trailed.one(lambda: trailed.client.patch(f"/Users/{key}", *operations))
    assert (record["result"], record["steps"]) == (result, ["disable"])
    assert set(record["changed"]) == {"name.familyName", "active"}


def test_a_change_whose_answer_cannot_be_read_is_done(make_trailed):
    """Where only the reading for the answer fails, the change is done all the same, and the status says the rest."""
    trailed = make_trailed(settings={"request_deadline": 30.0})
    key = trailed.ada()
    trailed.client.sandbox.faults.plan("error", "GET", f"/users/{key}", times=100)
    disable = {"op": "replace", "path": "active", "value": False}
    record = trailed.one(lambda: trailed.client.patch(f"/Users/{key}", disable))
    assert (record["result"], record["status"], record["changed"]) == ("done", 503, ["active"])


def test_members_that_were_not_all_changed_are_counted(make_trailed):
    """Where PingOne fails in the middle of many memberships, the record says who is a member now, and who is not."""
    trailed = make_trailed(60, settings={"request_deadline": 30.0})
    client = trailed.client
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Everybody"})["id"]
    client.sandbox.faults.plan("error", "POST", "/memberOfGroups", times=1000, skip=10, status=503)
    add = {"op": "add", "path": "members", "value": [{"value": user["id"]} for user in client.sandbox.directory.users]}
    record = trailed.one(lambda: client.patch(f"/Groups/{group}", add))
    # Whether a call was still under way when the circuit opened is chance, and decides what may be known.
    assert record["result"] in {"failed", "unknown"}
    assert record["steps"][0].startswith("members: 10 ")
    assert set(record["members_added"]) == client.members(group)
    assert (record["added"], record["not_done"] + record.get("uncertain", 0)) == (10, 50)
    named = {*record["members_added"], *record["members_not_done"], *record.get("members_uncertain", ())}
    assert named == {user["id"] for user in client.sandbox.directory.users}


def test_what_is_taken_back_is_refused(trailed):
    """A group that was made and deleted again, since a member was refused, is a refusal and names no resource left."""
    body = {"schemas": [GROUP], "displayName": "Mathematicians", "members": [{"value": NOBODY}]}
    record = trailed.one(lambda: trailed.client.send("POST", "/Groups", body))
    assert (record["result"], record["status"]) == ("refused", 400)
    assert not {"steps", "key", "members_added"} & set(record)
    assert record["members_not_done"] == [NOBODY]


# -- bulk -------------------------------------------------------------------------------------------------------------


def test_each_operation_of_a_bulk_request_has_a_record(trailed):
    """Done or refused, whatever is wrong with it, every operation leaves its own record, marked as one of a bulk."""
    key = trailed.ada()
    grace = {**ADA, "userName": "grace.hopper", "emails": [{"value": "grace@example.org", "type": "work"}]}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "one", "data": grace},
            {"method": "POST", "path": "/Users", "data": grace},
            {"method": "PATCH", "path": f"/Users/{key}",
             "data": {"Operations": [{"op": "replace", "path": "active", "value": False}]}},
            {"method": "DELETE", "path": f"/Users/{NOBODY}"},
            {"method": "DELETE", "path": "/Lovelace/augusta"},
            {"method": "DELETE", "path": "/Users/bulkId:nobody"},
        ],
    }  # fmt: skip
    records = trailed.since(lambda: trailed.client.good("POST", "/Bulk", body, headers={"X-Request-Id": "b-1"}))
    assert sorted((record["verb"], record["result"], record["status"]) for record in records) == [
        ("create", "done", 201),
        ("create", "refused", 400),
        ("delete", "refused", 404),
        ("delete", "refused", 404),
        ("delete", "refused", 409),
        ("patch", "done", 200),
    ]
    assert all(record["bulk"] and record["request"] == "b-1" for record in records)
    assert len({record["id"] for record in records}) == len(records)
    assert "augusta" not in trailed.path.read_text()


# -- readings ---------------------------------------------------------------------------------------------------------


def test_readings_are_recorded_by_setting(make_trailed):
    """Each read and search leaves one record: how many it gave, and the attributes of its filter, never a value."""
    trailed = make_trailed(settings={"audit_reads": True})
    key = trailed.ada()
    client = trailed.client
    record = trailed.one(lambda: client.good("GET", f"/Users/{key}"))
    assert (record["verb"], record["resource"], record["key"], record["status"]) == ("read", "User", key, 200)
    found = 'userName eq "ada.lovelace" or (emails.value co "countess" and not (active eq false))'
    record = trailed.one(lambda: client.list("/Users", filter=found))
    assert (record["verb"], record["returned"]) == ("search", 1)
    assert record["filter"] == ["userName", "emails.value", "active"]
    record = trailed.one(lambda: client.good("POST", "/Users/.search", {"filter": 'userName eq "nobody.at.all"'}))
    assert (record["verb"], record["returned"]) == ("search", 0)
    record = trailed.one(lambda: client.good("GET", "/", query_string={"filter": 'userName eq "ada.lovelace"'}))
    assert (record["verb"], record["returned"], record["filter"]) == ("search", 1, ["userName"])
    record = trailed.one(lambda: client.send("GET", f"/Users/{NOBODY}"))
    assert (record["result"], record["status"]) == ("refused", 404)
    record = trailed.one(lambda: client.send("GET", "/Users", query_string={"filter": 'lovelace eq "ada"'}))
    assert (record["result"], record["scim_type"]) == ("refused", "invalidFilter")
    for value in PERSONAL:
        assert value.casefold() not in trailed.path.read_text().casefold(), value


def test_a_change_is_no_reading(make_trailed):
    """What a change reads on its way is no reading of its own."""
    trailed = make_trailed(settings={"audit_reads": True})
    key = trailed.ada()
    same = {name: value for name, value in ADA.items() if name != "password"}
    record = trailed.one(lambda: trailed.client.good("PUT", f"/Users/{key}", {**same, "active": False}))
    assert record["verb"] == "replace"


# -- values -----------------------------------------------------------------------------------------------------------


def change_everything(trailed: Trailed) -> None:
    """Change one user and one group in every way, and have much of it refused."""
    client, key = trailed.client, trailed.ada()
    etag = client.send("GET", f"/Users/{key}").headers["ETag"]
    client.send("PUT", f"/Users/{key}", {**ADA, "name": {"givenName": "Augusta", "familyName": "Lovelace, Countess"}})
    client.send("PUT", f"/Users/{key}", {**ADA, "nickName": "Augusta"}, headers={"If-Match": etag})
    client.patch(f"/Users/{key}", {"op": "replace", "path": "password", "value": "Noch-Kryptischer-Qx7!"})
    client.patch(f"/Users/{key}", {"op": "replace", "path": EMAIL, "value": "Lovelace@example.org"})
    client.patch(f"/Users/{key}", {"op": "replace", "path": "Lovelace", "value": "Augusta"})
    client.patch(
        f"/Users/{key}", {"op": "replace", "path": 'emails[value eq "countess@example.org"].value', "value": 1}
    )
    client.send("POST", "/Users", ADA)
    client.send("POST", "/Users/Lovelace", ADA)
    client.send("POST", "/Groups", {"displayName": "Lovelace", "members": [{"value": "ada.lovelace"}]})
    operation = {"method": "POST", "path": "/Users", "bulkId": "Lovelace", "data": ADA}
    client.send("POST", "/Bulk", {"Operations": [operation, {**operation, "path": "/Lovelace"}]})
    client.list("/Users", filter='userName eq "ada.lovelace"')
    client.send("GET", "/Users", query_string={"filter": 'lovelace eq "Augusta"', "attributes": "Lovelace"})
    client.send("DELETE", f"/Users/{key}")


@pytest.mark.parametrize("values", [False, True])
def test_no_record_holds_a_personal_value(make_trailed, values):
    """Neither names, addresses and numbers nor the password stand in the raw file, masked values or not."""
    trailed = make_trailed(settings={"audit_values": values, "audit_reads": True, "audit_required": True})
    change_everything(trailed)
    raw = trailed.path.read_text().casefold()
    assert len(trailed.all()) > 20
    for value in PERSONAL:
        assert value.casefold() not in raw, value


def test_values_are_masked(make_trailed):
    """By setting a record has the new values: texts masked, booleans and ids plain, a password never."""
    trailed = make_trailed(settings={"audit_values": True})
    population = trailed.client.population("Employees")
    extension = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
    body = {**ADA, "schemas": [*ADA["schemas"], extension], extension: {"population": {"id": population}}}
    values = trailed.one(lambda: trailed.client.good("POST", "/Users", body))["values"]
    assert values["userName"] == "a***e"
    assert values["name.givenName"] == "A***a"
    assert values[EMAIL] == "c***g"
    assert values["password"] == "***"
    assert values["active"] is True
    assert values["population.id"] == population


def test_members_are_no_values(make_trailed):
    """By setting a record has new values; its members are named in any case, and in one place."""
    trailed = make_trailed(settings={"audit_values": True})
    user = next(iter(trailed.client.sandbox.directory.users))["id"]
    body = {"schemas": [GROUP], "displayName": "Mathematicians", "members": [{"value": user}]}
    record = trailed.one(lambda: trailed.client.good("POST", "/Groups", body))
    assert record["values"] == {"displayName": "M***s", "members": None}
    assert record["members_added"] == [user]


# -- a trail that cannot be kept --------------------------------------------------------------------------------------


def test_a_broken_trail_lets_changes_go_on(make_trailed, logged):
    """By default a change is carried out all the same, and its lost record is warned of once, without any value."""
    trailed = make_trailed(settings={"audit": "/dev/full"})
    for _each in range(3):
        key = trailed.ada()
        assert trailed.client.send("DELETE", f"/Users/{key}").status_code == 204
    warned = [entry for entry in logged if entry["event"] == "audit records not written"]
    assert [entry["count"] for entry in warned] == [1]
    assert "No space left" in str(warned)


def test_a_required_record_comes_first(required):
    """Where a record is required, one says that the change begins, and one of the same id how it ended."""
    records = required.since(required.ada)
    assert [record["result"] for record in records] == ["begun", "done"]
    assert records[0]["id"] == records[1]["id"]
    assert "status" not in records[0]
    assert records[1]["key"]


def test_what_is_refused_before_it_begins_has_one_record(required):
    """A change that asks nothing of PingOne needs no record beforehand."""
    records = required.since(lambda: required.client.send("DELETE", "/Users/nobody"))
    assert [record["result"] for record in records] == ["refused"]


def unkept(make_trailed, tmp_path, kind: str) -> Trailed:
    """Return a client of a bridge whose trail is required and cannot be kept, in one of several ways."""
    if kind == "full disk":
        return make_trailed(settings={"audit": "/dev/full", "audit_required": True})
    if kind == "directory gone":
        folder = tmp_path / "gone"
        folder.mkdir()
        trailed = make_trailed(settings={"audit": str(folder / "audit.jsonl"), "audit_required": True})
        (folder / "audit.jsonl").unlink()
        folder.rmdir()
        return trailed
    url = Secret("postgresql://nobody:pass@127.0.0.1:1/audit")
    return make_trailed(settings={"audit_database": url, "audit_required": True})


@pytest.mark.parametrize("kind", ["full disk", "directory gone", "database down"])
def test_without_its_required_record_nothing_is_changed(make_trailed, tmp_path, kind, logged):
    """Every verb, also in bulk, is refused with 503 and Retry-After, and PingOne is not called once."""
    trailed = unkept(make_trailed, tmp_path, kind)
    client, directory = trailed.client, trailed.client.sandbox.directory
    user, group = (next(iter(records))["id"] for records in (directory.users, directory.groups))
    before = json.dumps([*directory.users, *directory.groups])
    patch = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    changes = [
        ("POST", "/Users", ADA),
        ("PUT", f"/Users/{user}", ADA),
        ("PATCH", f"/Users/{user}", patch),
        ("DELETE", f"/Users/{user}", None),
        ("POST", "/Groups", {"displayName": "New"}),
        ("PATCH", f"/Groups/{group}", {"Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]}),
        ("DELETE", f"/Groups/{group}", None),
    ]
    for method, path, body in changes:
        answer = client.send(method, path, body)
        assert answer.status_code == 503, (method, path, answer.text)
        assert int(answer.headers["Retry-After"]) >= 1
        assert client.sandbox.journal.calls == [], (method, path)
    operations = [
        {"method": method, "path": path, "bulkId": str(number), "data": body}
        for number, (method, path, body) in enumerate(changes)
    ]
    answer = client.good("POST", "/Bulk", {"Operations": operations})
    assert {operation["status"] for operation in answer["Operations"]} == {"503"}
    assert client.sandbox.journal.calls == []
    assert json.dumps([*directory.users, *directory.groups]) == before
    assert client.send("GET", f"/Users/{user}").status_code == 200, "reading goes on"


def test_a_result_that_cannot_be_written_leaves_the_answer(required, logged, monkeypatch):
    """A change that is carried out is answered as it is; that its result has no record is logged as an error."""
    key = required.ada()
    write = AuditFile.write

    def fail_at_the_end(self, record) -> None:
        if record.result != "begun":
            raise Unwritable("the disk is full")
        write(self, record)

    monkeypatch.setattr(AuditFile, "write", fail_at_the_end)
    records = required.since(lambda: required.client.good("DELETE", f"/Users/{key}"))
    assert [record["result"] for record in records] == ["begun"]
    errors = [entry for entry in logged if entry["log_level"] == "error"]
    assert [(entry["resource_id"], entry["result"], entry["verb"]) for entry in errors] == [(key, "done", "delete")]
    assert errors[0]["audit_id"] == records[0]["id"]


def test_without_a_trail_nothing_is_gathered():
    """Where no trail is kept, a request carries notes that forget everything."""
    context = RequestContext(Caller("token"), Call(), Manner(strict=False, notice=print))
    with UNTRACED.attempt(context, "User", CREATE) as noted:
        assert noted is context
    with UNTRACED.attempt(context, "User", GET, NOBODY) as noted:
        assert noted.notes is UNNOTED


def test_what_was_found_is_not_recorded_as_created(trailed):
    """A create that found what a lost try made, and whose member is refused, names the group and did not create it."""
    client = trailed.client
    client.sandbox.faults.plan("drop_after", "POST", "/groups")
    body = {"schemas": [GROUP], "displayName": "Mathematicians", "members": [{"value": NOBODY}]}
    record = trailed.one(lambda: client.send("POST", "/Groups", body))
    assert record["status"] == 400
    assert record["key"] == client.group("Mathematicians")
    assert "created" not in record.get("steps", [])


# -- who, whom and from where -----------------------------------------------------------------------------------------


def test_a_record_says_from_where_and_by_which_secret(trailed):
    """The peer's address and the id of the secret are in the record; the secret is not."""
    record = trailed.one(trailed.ada)
    assert (record["address"], record["secret"]) == ("127.0.0.1", "token")


def test_who_was_a_member_before_is_not_added(trailed):
    """A request that is sent again adds nobody, and its record says so."""
    client = trailed.client
    user = next(iter(client.sandbox.directory.users))["id"]
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": user}]})
    add = {"op": "add", "path": "members", "value": [{"value": user}]}
    record = trailed.one(lambda: client.patch(f"/Groups/{group['id']}", add))
    assert not {"members_added", "added", "members_not_done"} & set(record)


def test_members_of_a_replaced_group_are_named(trailed):
    """A PUT names whom it added and whom it removed, and nobody who stays."""
    client = trailed.client
    one, two, three = [user["id"] for user in client.sandbox.directory.users][:3]
    body = {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": one}, {"value": two}]}
    group = client.good("POST", "/Groups", body)["id"]
    body["members"] = [{"value": two}, {"value": three}]
    record = trailed.one(lambda: client.good("PUT", f"/Groups/{group}", body))
    assert (record["members_added"], record["members_removed"]) == ([three], [one])


def test_a_refused_change_names_whom_it_did_not_add(trailed):
    """Where one member is refused, those that were taken back are not said to be added."""
    client = trailed.client
    user = next(iter(client.sandbox.directory.users))["id"]
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins"})["id"]
    add = {"op": "add", "path": "members", "value": [{"value": user}, {"value": NOBODY}]}
    record = trailed.one(lambda: client.patch(f"/Groups/{group}", add))
    assert record["result"] == "refused"
    assert "members_added" not in record
    assert sorted(record["members_not_done"]) == sorted([user, NOBODY])


def test_members_that_could_not_be_taken_back_are_added(trailed):
    """Where a refused request could not undo what it had done, the record says who is in the group after all."""
    client = trailed.client
    users = [user["id"] for user in client.sandbox.directory.users][:2]
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins"})["id"]
    client.sandbox.faults.plan("error", "DELETE", "/memberOfGroups", times=1000, status=403)
    add = {"op": "add", "path": "members", "value": [{"value": user} for user in (*users, NOBODY)]}
    record = trailed.one(lambda: client.patch(f"/Groups/{group}", add))
    assert set(record["members_added"]) == client.members(group) == set(users)
    assert record["members_not_done"] == [NOBODY]


def test_members_of_bulk_operations_are_named(trailed):
    """Each operation on a group has a record with its own members."""
    client = trailed.client
    users = [user["id"] for user in client.sandbox.directory.users][:2]
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins"})["id"]
    operations = [
        {"method": "PATCH", "path": f"/Groups/{group}",
         "data": {"Operations": [{"op": "add", "path": "members", "value": [{"value": user}]}]}}
        for user in users
    ]  # fmt: skip
    records = trailed.since(lambda: client.good("POST", "/Bulk", {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations,
    }))  # fmt: skip
    assert [record["members_added"] for record in records if record["verb"] == "patch"] == [[user] for user in users]


def test_very_many_members_are_named_in_part(make_trailed, monkeypatch):
    """The first and the last of very many are named, all are counted, and how many are not named is said."""
    monkeypatch.setattr("scimbridge.trail.entry.MOST_MEMBERS", 4)
    trailed = make_trailed()
    users = [user["id"] for user in trailed.client.sandbox.directory.users][:7]
    body = {"schemas": [GROUP], "displayName": "Everybody", "members": [{"value": user} for user in users]}
    record = trailed.one(lambda: trailed.client.good("POST", "/Groups", body))
    assert (record["added"], len(record["members_added"]), record["unnamed"]) == (7, 4, 3)


def test_a_deleted_user_leaves_the_groups_that_are_known(trailed):
    """Where its deletion depends on its version, it is read before, and its groups with it at no call more."""
    client = trailed.client
    key = trailed.ada()
    group = client.good("POST", "/Groups", {"schemas": [GROUP], "displayName": "Admins", "members": [{"value": key}]})
    record = trailed.one(lambda: client.send("DELETE", f"/Users/{key}", headers={"If-Match": "*"}))
    assert (record["result"], record["groups_left"]) == ("done", [group["id"]])
    assert client.calls == ["GET /users/{user}", "DELETE /users/{user}"]


def test_records_of_a_bridge_are_one_chain(trailed):
    """What a bridge records is linked from its first record on."""
    trailed.ada()
    trailed.client.send("DELETE", f"/Users/{NOBODY}")
    first, second = trailed.all()
    assert (second["chain"], second["sequence"], second["previous"]) == (first["chain"], 2, first["hash"])


def test_a_moved_user_leaves_the_groups_that_are_known(trailed):
    """A move ends memberships in the groups of the old population; where the client asks for groups, they are known."""
    client = trailed.client
    home, other = client.population("Employees"), client.population("Partners")
    extension = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
    key = client.good("POST", "/Users", {**ADA, extension: {"population": {"id": home}}})["id"]
    body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": key}]}
    groups = [
        client.good("POST", "/Groups", {**body, "displayName": name, **more})["id"]
        for name, more in (("Of all", {}), ("Of home", {PINGONE_GROUP: {"population": {"id": home}}}))
    ]
    moved = {**ADA, "password": "Noch-Kryptischer-Qx7!", extension: {"population": {"id": other}}}
    record = trailed.one(lambda: client.good("PUT", f"/Users/{key}?attributes=groups", moved))
    assert (record["result"], record["groups_left"]) == ("done", groups[1:])
