"""Populations as resources, and where a new user goes who names none."""

from __future__ import annotations

import shutil

import pytest
from structlog.testing import capture_logs

from scimbridge.settings.declared import default_mappings


def op(verb, path, value):
    return {"op": verb, "path": path, "value": value}


def record(client, population):
    return client.sandbox.directory.populations.get(population)


def test_life_of_a_population(client):
    """A population is made, renamed, replaced and deleted, each in the calls that it takes."""
    made = client.good("POST", "/Populations", {"displayName": "Alumni", "description": "Once here"})
    assert client.calls == ["POST /populations"]
    path = f"/Populations/{made['id']}"
    answer = client.patch(path, op("replace", "displayName", "Pensioners"))
    assert answer.json["displayName"] == "Pensioners"
    assert client.calls == ["GET /populations/{population}", "PUT /populations/{population}"]
    assert record(client, made["id"])["description"] == "Once here"
    client.patch(path, op("replace", "displayName", "Pensioners"))
    assert client.calls == ["GET /populations/{population}"]
    client.good("PUT", path, {"displayName": "Pensioners"})
    assert "description" not in record(client, made["id"])
    minimal = client.patch(path, op("replace", "description", "x"), headers={"Prefer": "return=minimal"})
    assert (minimal.status_code, minimal.data) == (204, b"")
    assert client.send("DELETE", path).status_code == 204
    assert client.calls == ["DELETE /populations/{population}"]
    assert record(client, made["id"]) is None


def test_what_an_update_keeps(client):
    """An update carries along what only PingOne knows: the default flag and the password policy."""
    key = client.population("Employees")
    before = record(client, key)
    client.patch(f"/Populations/{key}", op("replace", "description", "Staff"))
    after = record(client, key)
    assert after["description"] == "Staff"
    assert {name: after[name] for name in ("default", "passwordPolicy", "name")} == {
        name: before[name] for name in ("default", "passwordPolicy", "name")
    }


def test_versions(client):
    """If-Match holds a change and a delete to the version that was seen."""
    made = client.send("POST", "/Populations", {"displayName": "Versioned"})
    path, tag = f"/Populations/{made.json['id']}", {"If-Match": made.headers["ETag"]}
    assert client.patch(path, op("replace", "description", "x"), headers=tag).status_code == 200
    assert client.patch(path, op("replace", "description", "y"), headers=tag).status_code == 412
    assert client.send("DELETE", path, headers=tag).status_code == 412


def test_lists(client):
    """Populations are listed and found by name and id."""
    key = client.population("Partners")
    assert client.list("/Populations")["totalResults"] == 3
    for text in ('displayName eq "partners"', f'id eq "{key}"', 'displayName sw "Par"', 'displayName co "tne"'):
        assert [each["id"] for each in client.list("/Populations", filter=text)["Resources"]] == [key], text


@pytest.fixture
def make_ruled(make_client, tmp_path):
    """Make clients of bridges whose user table has population rules."""

    def make(rules, **settings):
        for entry in default_mappings().iterdir():
            if entry.name.endswith(".toml"):
                shutil.copyfile(entry, tmp_path / entry.name)
        table = tmp_path / "users.toml"
        table.write_text(table.read_text(encoding="utf-8") + rules, encoding="utf-8")
        return make_client(settings={"mappings": tmp_path, **settings})

    return make


def rule(when, use):
    return f"\n[[population]]\nwhen = '{when}'\nuse = \"{use}\"\n"


def test_rules(make_ruled):
    """The first rule that holds decides, then PingOne's default; who names a population gets that one."""
    client = make_ruled(
        rule('emails.value ew "@partner.example"', "Partners") + rule('userType eq "Customer"', "Customers")
    )
    urn = "urn:pingidentity:schemas:extension:2.0:PingOneUser"
    mail = [{"value": "a@partner.example", "type": "work"}]
    for number, (body, expected) in enumerate((
        ({"emails": mail}, "Partners"), ({"userType": "customer"}, "Customers"),
        ({"emails": mail, "userType": "Customer"}, "Partners"), ({}, "Employees"),
        ({"emails": mail, urn: {"population": {"id": client.population("Customers")}}}, "Customers"),
    )):  # fmt: skip
        made = client.good("POST", "/Users", {"userName": f"ruled{number}", **body})
        assert made[urn]["population"]["id"] == client.population(expected)
        assert client.calls.count("POST /users") == 1
        assert len(client.calls) <= 2  # a name is looked up once
    client.good("POST", "/Users", {"userName": "ruled-again", "emails": mail})
    assert client.calls == ["POST /users"]


def test_rule_with_an_unknown_name(make_ruled):
    """A rule that names a population which is not there makes no user: one in the wrong place is worse."""
    client = make_ruled(rule('userType eq "Ghost"', "Nowhere"))
    assert client.fault("POST", "/Users", {"userName": "ghost", "userType": "Ghost"}) == (503, None)
    assert "Nowhere" in client.detail("POST", "/Users", {"userName": "ghost", "userType": "Ghost"})
    assert client.writes == []


def test_configured_default(make_client):
    """Without a rule the configured default decides, and an id that is not there is named."""
    client = make_client()
    key = client.population("Customers")
    from_settings = make_client(settings={"default_population_id": key})
    made = from_settings.good("POST", "/Users", {"userName": "default"})
    assert from_settings.sandbox.directory.users.get(made["id"])["population"] == {"id": key}


GHOST = "00000000-0000-4000-8000-000000000000"
URN = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture
def told():
    """What the log says of populations that are not there: where each is named."""
    with capture_logs() as logged:
        yield lambda: [
            each["named_in"]
            for each in logged
            if (each["log_level"], each["event"]) == ("error", "population for new users is not there")
        ]


def test_a_default_that_is_not_there_is_the_bridges_fault(make_client, told):
    """The client can do nothing about a default that is gone: it is told 503, and the log names the setting."""
    client = make_client(settings={"default_population_id": GHOST})
    assert client.fault("POST", "/Users", {"userName": "ghost"}) == (503, None)
    assert told() == ["SCIMBRIDGE_DEFAULT_POPULATION_ID"]
    assert GHOST not in client.detail("POST", "/Users", {"userName": "ghost"})
    bulk = {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"schemas": [], "userName": "ghost"}}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    answer = client.good("POST", "/Bulk", {"schemas": schemas, "Operations": [bulk]})
    assert answer["Operations"][0]["status"] == "503"


def test_a_population_that_a_client_names_is_its_own(make_client, told):
    """A population that the client itself names and that is not there stays the client's 400."""
    client = make_client(settings={"default_population_id": GHOST})
    body = {"userName": "ghost", URN: {"population": {"id": GHOST}}}
    assert client.fault("POST", "/Users", body) == (400, "invalidValue")
    assert told() == []


def test_another_fault_of_a_new_user_is_the_clients(make_client, told):
    """What PingOne refuses of the user itself is told to the client, whoever chose the population."""
    client = make_client()
    settled = make_client(settings={"default_population_id": client.population("Customers")})
    settled.good("POST", "/Users", {"userName": "once"})
    assert settled.fault("POST", "/Users", {"userName": "once"}) == (409, "uniqueness")
    assert told() == []


def test_a_rule_that_names_a_population_that_is_gone(make_ruled, told):
    """A rule by id, and one by a name that was found before, are the bridge's fault when the population is gone."""
    client = make_ruled(rule('userType eq "Ghost"', GHOST) + rule('userType eq "Guest"', "Guests"))
    assert client.fault("POST", "/Users", {"userName": "ghost", "userType": "Ghost"}) == (503, None)
    made = client.good("POST", "/Populations", {"displayName": "Guests"})
    guest = client.good("POST", "/Users", {"userName": "guest", "userType": "Guest"})
    client.send("DELETE", f"/Users/{guest['id']}")
    client.send("DELETE", f"/Populations/{made['id']}")
    assert client.fault("POST", "/Users", {"userName": "guest", "userType": "Guest"}) == (503, None)
    assert told() == ["[[population]] 1 of users.toml", "[[population]] 2 of users.toml"]
    client.good("POST", "/Populations", {"displayName": "Guests"})
    client.good("POST", "/Users", {"userName": "guest", "userType": "Guest"})  # the name is looked up anew


def test_the_only_population_of_a_client_that_is_gone(make_client, caller_of, told):
    """A client that is confined to a population that is gone is told 503, and the log names the client."""
    confined = caller_of(make_client(), keys=[GHOST])
    assert confined.fault("POST", "/Users", {"userName": "ghost"}) == (503, None)
    assert told() == ["populations of client hr"]
