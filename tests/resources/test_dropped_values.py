"""Data is not dropped behind a 201: what PingOne's answer lacks is in the log, in a figure, and an error by setting."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
GROUP = "urn:pingidentity:schemas:extension:2.0:PingOneGroup"
POPULATION = "urn:pingidentity:schemas:2.0:Population"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SECRET = "Nobody-may-read-this"
ROWS = f"""
extends = "shipped"
resource = "User"
["{URN}"]
costCentre = "costCentre"
badges = {{ to = "badges", codec = "list" }}
profile = {{ to = "profile", codec = "object" }}
"""
GROUP_ROWS = f'extends = "shipped"\nresource = "Group"\n["{GROUP}"]\ncost = "cost"\n'
POPULATION_ROWS = f'extends = "shipped"\nresource = "Population"\n["{POPULATION}"]\ncost = "cost"\n'


@pytest.fixture
def tables(tmp_path):
    """Tables with rows of which PingOne has no attribute."""
    for name, text in (("users", ROWS), ("groups", GROUP_ROWS), ("populations", POPULATION_ROWS)):
        (tmp_path / f"{name}.toml").write_text(text)
    return tmp_path


@pytest.fixture
def make(make_client, tables, tmp_path):
    def make_one(**settings):
        return make_client(5, settings={"mappings": tables, "audit": str(tmp_path / "audit.jsonl"), **settings})

    return make_one


@pytest.fixture
def client(make):
    return make()


@pytest.fixture
def refusing(make):
    return make(refuse_dropped_values=True)


def declare(client, name, **more):
    """Give the environment's schema an attribute."""
    body = {"name": name, "type": "STRING", "enabled": True, "unique": False, **more}
    return client.sandbox.directory.schema.add_custom(body)


def disable(client, name):
    """Disable an attribute, as somebody does in PingOne's console."""
    schema = client.sandbox.directory.schema
    schema.put(replace(schema.get(name), enabled=False))


def dropped(client, method, path, body, *, status=None):
    """Return the attributes that the log says were dropped by a request, and the answer."""
    with capture_logs() as lines:
        answer = client.send(method, path, body)
    assert SECRET not in str(lines)
    assert answer.status_code == (status or answer.status_code), answer.text
    told = [line for line in lines if line["event"].startswith("PingOne dropped values")]
    assert all(line["log_level"] == "error" for line in told)
    return [name for line in told for name in line["attributes"]], answer


def figure(client, resource, attribute):
    """Return how often a value was dropped, as Prometheus reads it."""
    text = client.app.test_client().get("/metrics").text
    escaped = attribute.replace('"', '\\\\"')
    wanted = f'scimbridge_values_dropped_total{{attribute="{escaped}",resource="{resource}"}} '
    return sum(float(line.removeprefix(wanted)) for line in text.splitlines() if line.startswith(wanted))


def record(tmp_path):
    """Return the last record of changes."""
    return json.loads((tmp_path / "audit.jsonl").read_text().splitlines()[-1])


def operations(*each):
    return {"schemas": [PATCH], "Operations": list(each)}


EXTENSION = {"costCentre": SECRET, "badges": [SECRET, "b"], "profile": {"a": SECRET}}


def test_a_create(client, tmp_path):
    """A create is answered as before; the log, a figure and the record of changes say what was dropped."""
    body = {"userName": "new", "title": "kept", URN: EXTENSION}
    names, answer = dropped(client, "POST", "/Users", body, status=201)
    assert names == ["costCentre", "badges", "profile"]
    assert len(client.calls) == 1
    assert [figure(client, "User", name) for name in names] == [1, 1, 1]
    assert figure(client, "User", "title") == 0
    told = record(tmp_path)
    assert told["result"] == "done"
    assert told["steps"] == [f"not kept by PingOne: {name}" for name in names]
    assert "title" in told["changed"]
    assert not set(names) & set(told["changed"])
    assert answer.json["title"] == "kept"


@pytest.mark.parametrize("password", [None, "S3cret-start!"])
def test_a_create_that_is_refused(refusing, tmp_path, password):
    """The user is made and kept; the error names it, its place and what is missing, and what belongs to it is done."""
    body = {"userName": "new", "password": password, URN: {"costCentre": SECRET, "mfaEnabled": True}}
    names, answer = dropped(refusing, "POST", "/Users", body, status=502)
    assert names == ["costCentre"]
    (made,) = (each for each in refusing.sandbox.directory.users if each["username"] == "new")
    assert made["mfaEnabled"] is True
    assert "costCentre" in answer.json["detail"]
    assert made["id"] in answer.json["detail"]
    assert SECRET not in answer.text
    assert answer.headers["Location"].endswith(f"/Users/{made['id']}")
    told = record(tmp_path)
    assert (told["result"], told["status"], told["key"]) == ("done", 502, made["id"])
    assert told["steps"] == ["not kept by PingOne: costCentre"]
    assert refusing.list("/Users", filter='userName eq "new"')["totalResults"] == 1
    assert refusing.fault("POST", "/Users", body) == (409, "uniqueness")


def changes(key, extension):
    """Return a change of a user in every form: as a whole, by operations that PingOne takes, and by others."""
    value = extension["costCentre"]
    return [
        ("PUT", f"/Users/{key}", {"userName": f"by-put-{value}", URN: extension}),
        ("PATCH", f"/Users/{key}", operations({"op": "replace", "path": f"{URN}:costCentre", "value": value})),
        ("PATCH", f"/Users/{key}", operations({"op": "add", "value": {URN: {"costCentre": value}, "title": value}})),
        ("PATCH", f"/Users/{key}", operations({"op": "add", "path": f"{URN}:profile", "value": {"b": value}})),
    ]


def test_changes(client, refusing):
    """PUT and PATCH, whatever they become at PingOne: no call more, an error by setting, and the rest stands."""
    for bridge, status in ((client, 200), (refusing, 502)):
        key = bridge.users_in("Employees")[0]
        for number, (method, path, body) in enumerate(changes(key, EXTENSION)):
            names, _answer = dropped(bridge, method, path, body, status=status)
            assert names == [["costCentre", "badges", "profile"], ["costCentre"], ["costCentre"], ["profile"]][number]
            assert len(bridge.calls) <= 2
        held = bridge.sandbox.directory.users.get(key)
        assert (held["username"], held["title"]) == (f"by-put-{SECRET}", SECRET)


def test_what_is_there_is_not_told(client):
    """With the attributes in the schema nothing is dropped, in no form of a change."""
    declare(client, "costCentre")
    declare(client, "badges", multiValued=True)
    declare(client, "profile", type="JSON")
    key = client.users_in("Employees")[0]
    assert dropped(client, "POST", "/Users", {"userName": "new", URN: EXTENSION}, status=201)[0] == []
    for change in changes(key, EXTENSION):
        assert dropped(client, *change, status=200)[0] == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("nickname", {"nickName": SECRET}),
        ("primaryPhone", {"phoneNumbers": [{"type": "work", "value": "+1 555 0100"}]}),
        ("address", {"addresses": [{"type": "work", "locality": SECRET, "country": "DE"}]}),
        ("name", {"name": {"givenName": "G", "familyName": "F"}}),
    ],
)
def test_what_somebody_disables_later(client, name, body):
    """An attribute that was there yesterday is dropped as soon as it is disabled, members of objects too."""
    key = client.users_in("Employees")[0]
    assert dropped(client, "POST", "/Users", {"userName": "before", **body}, status=201)[0] == []
    disable(client, name)
    for method, path, status in (("POST", "/Users", 201), ("PUT", f"/Users/{key}", 200)):
        names, _answer = dropped(client, method, path, {"userName": f"after-{method}", **body}, status=status)
        assert names
        assert len(names) == len({"address": "12", "name": "12"}.get(name, "1"))


def test_a_list_that_is_cut(client):
    """A list of which PingOne keeps some values is told as one of which it keeps none."""
    declare(client, "badges", multiValued=True)
    key = client.users_in("Employees")[0]
    client.sandbox.faults.plan("fewer_values", method="PATCH", path=f"/users/{key}", times=1)
    body = operations({"op": "replace", "path": f"{URN}:badges", "value": [SECRET, "b", "c"]})
    assert dropped(client, "PATCH", f"/Users/{key}", body, status=200)[0] == ["badges"]


def test_groups_and_populations(client, refusing):
    """What PingOne keeps of neither groups nor populations is told alike, with the members of a group all the same."""
    for bridge, made, changed in ((client, 201, 200), (refusing, 502, 502)):
        user = bridge.users_in("Employees")[0]
        body = {"displayName": "G", "members": [{"value": user}], GROUP: {"cost": SECRET, "customData": {"a": 1}}}
        names, answer = dropped(bridge, "POST", "/Groups", body, status=made)
        assert names == ["cost"]
        path = f"/Groups/{answer.headers['Location'].rpartition('/')[2]}"
        assert bridge.members(bridge.group("G")) == {user}
        assert dropped(bridge, "PUT", path, {**body, "displayName": "H"}, status=changed)[0] == ["cost"]
        patch = operations({"op": "add", "path": f"{GROUP}:cost", "value": SECRET})
        assert dropped(bridge, "PATCH", path, patch, status=changed)[0] == ["cost"]
        body = {"displayName": "P", "externalId": "7", "cost": SECRET, "description": "kept"}
        names, answer = dropped(bridge, "POST", "/Populations", body, status=made)
        assert names == ["cost"]
        path = f"/Populations/{answer.headers['Location'].rpartition('/')[2]}"
        assert dropped(bridge, "PUT", path, {**body, "displayName": "Q"}, status=changed)[0] == ["cost"]


def test_bulk(refusing):
    """In bulk the operation has the error and its place; what refers to the user that was made still finds it."""
    user = {"userName": "new", URN: {"costCentre": SECRET}}
    group = {"displayName": "Of the new one", "members": [{"value": "bulkId:u"}]}
    found = refusing.good("POST", "/Bulk", {"schemas": [BULK], "Operations": [
        {"method": "POST", "path": "/Users", "bulkId": "u", "data": user},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group},
    ]})["Operations"]  # fmt: skip
    assert [each["status"] for each in found] == ["502", "201"]
    key = found[0]["location"].rpartition("/")[2]
    assert refusing.members(refusing.group("Of the new one")) == {key}


def test_who_is_refused(make, caller_of):
    """Without the setting, who is held to the letter is refused, and with `false` nobody is."""
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", URN], URN: {"costCentre": SECRET}}
    for settings, status in (
        ({"strict": True}, 502),
        ({"strict": True, "refuse_dropped_values": False}, 201),
    ):
        assert make(**settings).send("POST", "/Users", {**body, "userName": "new"}).status_code == status
    tolerant = make()
    assert tolerant.send("POST", "/Users", {**body, "userName": "new"}).status_code == 201
    by_the_letter = caller_of(tolerant, strict=True)
    assert by_the_letter.send("POST", "/Users", {**body, "userName": "newer"}).status_code == 502
