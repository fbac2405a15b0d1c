"""An operator's own table of operations, over HTTP: a new operation is one row, and another one goes by one word."""

from __future__ import annotations

import json
import tomllib

import pytest

from scimbridge.access.scopes import ALL_SCOPES, NAMED_ONLY
from scimbridge.bridge import load_tables
from scimbridge.mapping.tables.shipped import default_mappings
from scimbridge.scim.catalogue import GROUP_URN
from scimbridge.settings.declared import Secret, Settings, SettingsFaults

OWN = """
disable = ["checkPassword"]

[User.secondFactor]
does  = "Ask for a second factor, or no longer"
call  = "PUT users/{id}/mfaEnabled"
in.wanted = { to = "mfaEnabled", type = "boolean", required = true }
out   = "SecondFactor"
scope = "devices:write"
again = "yes"
limit = "3 a minute"

[User.useSecondFactor]
does  = "The same, answered with the user"
call  = "PUT users/{id}/mfaEnabled"
in.wanted = { to = "mfaEnabled", type = "boolean", required = true }
out   = "User"
scope = "devices:write"
again = "yes"

[User.everybody]
does  = "All users"
on    = "users"
call  = "GET users"
list  = "users"
out   = "User"
scope = "users:read"
again = "yes"

[User.often]
does  = "State of the password, seldom"
call  = "GET users/{id}/password"
out   = "PasswordState"
scope = "passwords:read"
again = "yes"
limit = "1 a minute"

[Service.remove]
does  = "Delete a user"
call  = "DELETE users/{item}"
item  = { name = "userId" }
out   = ""
scope = "users:write"
again = "yes"

[User.endedSessions]
does  = "Sessions, of which one can be ended and none read"
call  = "GET users/{id}/sessions"
list  = "sessions"
item  = { name = "sessionId", delete = true }
out   = "Session"
scope = "sessions:read"
write = "sessions:write"
again = "yes"

[answer.SecondFactor]
wanted = { to = "mfaEnabled", type = "boolean" }
"""
CALL = "PUT /users/{user}/mfaEnabled"


@pytest.fixture
def own(make_desk, tmp_path):
    """A desk of a bridge whose folder has a table of operations, and no other."""
    (tmp_path / "operations.toml").write_text(OWN, encoding="utf-8")
    return make_desk(settings={"mappings": tmp_path, "audit": str(tmp_path / "audit.jsonl")})


def test_a_row_is_an_operation(own):
    """Path, check of the body, the one call, the answer and what is offered follow from a row, without Python."""
    answer = own.ask("POST", ".secondFactor", {"wanted": True})
    assert (answer.status_code, answer.json, own.calls) == (200, {"wanted": True}, [CALL])
    assert own.directory.users.get(own.user)["mfaEnabled"] is True
    match = {"attributes": ["id"], "identifier": own.user}
    assert own.ask("POST", "/Users/.secondFactor", {"match": match, "wanted": False}).json == {"wanted": False}
    assert own.calls[-1] == CALL
    offered = {each["name"]: each for each in own.ask("GET", "/.operations").json["operations"]}
    assert offered["secondFactor"]["path"] == "/Users/{id}/.secondFactor"
    assert "/Users/{id}/.secondFactor" in own.ask("GET", "/openapi.json").json["paths"]


def test_a_user_is_shown_whole(own):
    """Where PingOne answers with a part of the user, the user is read: the answer is a resource as always."""
    answer = own.ask("POST", ".useSecondFactor", {"wanted": True})
    assert (answer.status_code, answer.json["id"]) == (200, own.user)
    assert answer.json["userName"]
    assert own.calls == [CALL, "GET /users/{user}"]


def test_a_row_brings_its_refusals(own, caller_of):
    """Missing, unknown and wrong inputs, a right that is missing, a method, and the limit, each before any call."""
    refused = own.ask("POST", ".secondFactor", {"want": 1, "wanted": "yes"})
    assert refused.status_code == 400
    assert "did you mean 'wanted'" in refused.json["detail"]
    assert "wanted: has to be true or false" in refused.json["detail"]
    assert own.ask("POST", ".secondFactor").json["detail"] == "wanted: is required: true or false"
    assert own.ask("GET", ".secondFactor").headers["Allow"] == "POST"
    other = caller_of(own.client, scopes={"devices:read"})
    assert other.fault("POST", f"/Users/{own.user}/.secondFactor", {"wanted": True}) == (403, None)
    confined = caller_of(own.client, scopes=ALL_SCOPES, populations={"Partners"})
    assert confined.fault("POST", f"/Users/{own.user}/.secondFactor", {"wanted": True}) == (404, None)
    codes = [own.ask("POST", ".secondFactor", {"wanted": True}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]


def test_a_part_that_is_only_deleted(own):
    """A part is asked for in the ways of its row alone, with an id and without."""
    session, match = own.add_session(), {"match": {"attributes": ["id"], "identifier": own.user}}
    read = own.ask("GET", f".endedSessions/{session}")
    assert (read.status_code, read.headers["Allow"], own.calls) == (405, "DELETE", [])
    assert own.ask("POST", f"/Users/.endedSessions/{session}", match).status_code == 405
    assert own.calls == []
    assert own.ask("DELETE", f".endedSessions/{session}").status_code == 204


def test_a_limit_of_what_reads_holds(own):
    """A limit is one, whether a row changes something or reads."""
    codes = [own.ask("GET", ".often").status_code for _ in range(2)]
    assert codes == [200, 429]
    assert own.calls == []


def test_a_condition_on_no_resource(own):
    """A change that is about no one resource has no version to be held against: that is said."""
    answer = own.ask("POST", f"/.remove/{own.user}", headers={"If-Match": "*"})
    assert answer.status_code == 400
    assert "If-Match" in answer.json["detail"]
    assert own.calls == []


def test_a_row_about_all_is_not_for_who_is_confined(own, caller_of):
    """Nothing could hold such a call to the client's populations: it is neither offered nor made."""
    confined = caller_of(own.client, scopes=ALL_SCOPES, populations={"Partners"})
    for path in ("/Users/.everybody", f"/.remove/{own.user}"):
        answer = confined.send("POST", path)
        assert answer.status_code == 403, answer.text
        assert confined.calls == []
    assert not {"User.everybody", "Service.remove"} & names_of(confined)
    assert {"User.everybody", "Service.remove"} <= names_of(own.client)


def test_a_row_brings_its_record(own, tmp_path):
    """The change is in the trail: operation, resource and names of inputs."""
    own.ask("POST", ".secondFactor", {"wanted": True})
    (line,) = (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert (record["verb"], record["key"], record["result"]) == ("secondFactor", own.user, "done"), record


def test_what_is_disabled_is_not_there(own):
    """A disabled operation is unknown to every client, and to both descriptions."""
    answer = own.ask("POST", ".checkPassword", {"password": "x"})
    assert answer.status_code == 404
    assert "there is no operation 'checkPassword' here" in answer.json["detail"]
    assert "checkPassword" not in own.ask("GET", "/.operations").text
    assert "/Users/{id}/.checkPassword" not in own.ask("GET", "/openapi.json").json["paths"]


def test_faults_of_all_tables_are_told_together(tmp_path):
    """A fault of attributes and one of operations come in one list, so that both are mended in one go."""
    (tmp_path / "operations.toml").write_text('[User.lock]\ndose = "x"\n', encoding="utf-8")
    text = 'resource = "User"\nextends = "shipped"\ndisable = ["nikName"]\n'
    (tmp_path / "users.toml").write_text(text, encoding="utf-8")
    settings = Settings(
        pingone_environment_id="0f3b5c1e-8d2a-4c6f-9b7e-2a1d4c5e6f70", pingone_client_id="x",
        pingone_client_secret=Secret("x"), mappings=tmp_path,
    )  # fmt: skip
    with pytest.raises(SettingsFaults) as told:
        load_tables(settings)
    attributes, operations = told.value.faults
    assert attributes.startswith("users.toml: ")
    assert operations.startswith("operations.toml: [User.lock]: 'dose' is not one of does")


# -- who is offered what -----------------------------------------------------------------------------------------------


def names_of(client):
    """Return what a client is told that it may call."""
    return {f"{each['resourceType']}.{each['name']}" for each in client.good("GET", "/.operations")["operations"]}


def test_the_bearer_token_has_no_right_of_operations(make_client):
    """The one token may do all that SCIM has, and of operations only what needs no other right."""
    client = make_client(5)
    scopes = {each["scope"] for each in client.good("GET", "/.operations")["operations"]}
    assert scopes <= {"users:read", "groups:read", "groups:write", "populations:read", "passwords:write"}
    user = client.users_in("Employees")[0]
    for path in (".unlock", ".checkPassword", ".endSessions"):
        assert client.fault("POST", f"/Users/{user}/{path}", {}) == (403, None)
        assert client.calls == []


def test_each_client_is_offered_what_it_may_call(make_client, caller_of):
    """By scopes, by confinement, and by the types that are served; what cannot be is offered to nobody."""
    client = make_client(5)
    whole = names_of(caller_of(client, scopes=ALL_SCOPES))
    assert "User.unlock" in whole
    assert "User.kerberos" not in whole
    assert names_of(caller_of(client, scopes={"sessions:write"})) == {"User.endSessions"}
    assert whole - names_of(caller_of(client, scopes=ALL_SCOPES - NAMED_ONLY)) == {
        "User.checkPassword",
        "User.assignRole",
    }
    confined = names_of(caller_of(client, scopes=ALL_SCOPES, populations={"Partners"}))
    assert whole - confined == {"Service.environments", "Service.gateways"}


def test_what_is_told_of_an_operation_is_what_the_client_may(make_client, caller_of):
    """Deleting a part, and finding by an attribute, are told to who may do that."""
    client = make_client(5)

    def of(*scopes):
        offered = caller_of(client, scopes=scopes).good("GET", "/.operations")["operations"]
        return next(each for each in offered if each["name"] == "sessions")

    assert {"deleteScope", "match"} & set(of("sessions:read")) == set()
    assert of("sessions:read", "sessions:write")["deleteScope"] == "sessions:write"
    assert of("sessions:read", "users:read")["match"] is True


def test_what_is_not_served_is_not_offered(make_client, caller_of, tmp_path):
    """Where users are not served, members of groups cannot be shown: the operation is not there."""
    (tmp_path / "away.toml").write_text('resource = "User"\nextends = "shipped"\nserve = false\n', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    assert {name.split(".")[0] for name in names_of(client)} == {"Group", "Population", "Service"}
    assert "Group.members" not in names_of(client)
    assert client.fault("POST", f"/Groups/{client.group('Empty Room')}/.members", {}) == (404, None)


def test_where_groups_are_not_served_nobody_joins_one(make_client, caller_of, tmp_path):
    """What needs a right to groups is about them: without them it is 404 before any call."""
    (tmp_path / "away.toml").write_text('resource = "Group"\nextends = "shipped"\nserve = false\n', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    assert not {"User.join", "User.memberships"} & names_of(client)
    user = client.users_in("Employees")[0]
    group = next(each["id"] for each in client.sandbox.directory.groups)
    assert client.fault("POST", f"/Users/{user}/.join", {"groupId": group}) == (404, None)
    assert client.calls == []


def test_an_endpoint_of_another_name_is_told(make_client, caller_of, tmp_path):
    """Paths in the list are those at which this bridge answers."""
    (tmp_path / "g.toml").write_text('resource = "Group"\nextends = "shipped"\nendpoint = "/Teams"\n', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    told = {
        each["path"] for each in client.good("GET", "/.operations")["operations"] if each["resourceType"] == "Group"
    }
    assert told == {"/Teams/{id}/.members", "/Teams/{id}/.roleAssignments"}


def test_groups_that_are_not_served(make_client, caller_of, tmp_path):
    """Where groups are not served nobody is put into one, and that is no fault of the bridge."""
    (tmp_path / "away.toml").write_text('resource = "Group"\nextends = "shipped"\nserve = false\n', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    user, group = client.users_in("Employees")[0], client.group("Empty Room")
    assert client.fault("POST", f"/Users/{user}/.join", {"groupId": group}) == (404, None)
    assert client.fault("DELETE", f"/Users/{user}/.memberships/{group}") == (404, None)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('allow = ["create"]\n', "Group.members cannot be changed, since /Groups does not allow to change"),
        ('disable = ["members"]\n', "Group.members is hidden from it"),
        (
            f'["{GROUP_URN}"]\nmembers.value = {{ to = "members", mutability = "readOnly" }}\n',
            "no attribute that can be changed",
        ),
    ],
)
def test_groups_that_cannot_be_changed(make_client, caller_of, tmp_path, lines, why):
    """Where the table of groups allows no change of members, none comes by the user either, and none is offered."""
    (tmp_path / "g.toml").write_text(f'resource = "Group"\nextends = "shipped"\n{lines}', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    user, group = client.users_in("Employees")[0], client.group("Empty Room")
    answer = client.send("POST", f"/Users/{user}/.join", {"groupId": group})
    assert answer.status_code == 403
    assert why in answer.json["detail"]
    assert client.fault("DELETE", f"/Users/{user}/.memberships/{group}") == (403, None)
    assert client.calls == []
    assert "User.join" not in names_of(client)
    assert "User.memberships" in names_of(client)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ('allow = ["create", "delete"]\n', "cannot be changed, since /Users does not allow to change"),
        ('disable = ["password"]\n', "is hidden from it"),
    ],
)
def test_passwords_that_cannot_be_changed(make_client, caller_of, tmp_path, lines, why):
    """Where the table of users lets nobody change a password, no operation does, and none is offered."""
    (tmp_path / "u.toml").write_text(f'resource = "User"\nextends = "shipped"\n{lines}', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    user = client.users_in("Employees")[0]
    for name in ("setPassword", "changePassword", "removePassword", "forcePasswordChange", "recoverPassword"):
        answer = client.send("POST", f"/Users/{user}/.{name}", {"value": "2Federate!", "newPassword": "2Federate!"})
        assert answer.status_code == 403
        assert f"User.password.value {why}" in answer.json["detail"]
        assert client.calls == []
        assert f"User.{name}" not in names_of(client)
    assert {"User.lock", "User.password", "User.checkPassword"} <= set(names_of(client))


def test_an_input_that_a_table_leaves_out(make_client, caller_of, tmp_path):
    """A row of the operator's that offers less than the shipped one is carried out as far as it goes."""
    shipped = tomllib.loads(default_mappings().joinpath("operations.toml").read_text(encoding="utf-8"))["User"]["find"]
    rows = "".join(f"{word} = {json.dumps(shipped[word])}\n" for word in ("does", "on", "call", "code", "out", "scope"))
    inputs = 'in.attributes = { type = "strings", required = true }\nin.identifier = { required = true }\n'
    (tmp_path / "operations.toml").write_text(f'[User.find]\n{rows}{inputs}again = "yes"\n', encoding="utf-8")
    client = caller_of(make_client(5, settings={"mappings": tmp_path}), scopes=ALL_SCOPES)
    user = client.users_in("Employees")[0]
    assert client.good("POST", "/Users/.find", {"attributes": ["id"], "identifier": user})["id"] == user
