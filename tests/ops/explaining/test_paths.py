"""Paths: the row, the field, how it is carried, and the very requests that the bridge would send."""

from __future__ import annotations

import json

import pytest

from scimbridge.ops.explaining.samples import choose_value, spell_path
from scimbridge.resources.tables import read_tables
from scimbridge.settings.declared import default_mappings

NATIVE_PATCH = "Content-Type: application/vnd.pingidentity.user.scim.patch+json"
ROWS = [(name, row) for name, table in read_tables(default_mappings()).items() for row in table.rows]


def test_a_path_tells_row_field_and_requests(run_explain):
    """The example of the documentation, whole."""
    said = run_explain('emails[type eq "work"].value')
    assert said.code == 0
    assert said.below("row") == [
        'users.toml [urn:ietf:params:scim:schemas:core:2.0:User] emails[type eq "work"].value',
    ]
    assert said.below("PingOne field") == ["email"]
    assert said.below("limits") == ["a well-formed e-mail address"]
    assert said.below("PingOne filters")[0].startswith("eq, ew, sw")
    assert "type string" in said.below("characteristics")[0]
    value = "jane.doe@example.org"
    assert said.below("POST")[2] == f'{{"username":"example","email":"{value}"}}'
    assert said.below("PATCH replace") == [
        "PATCH /users/USER-ID",
        NATIVE_PATCH,
        f'{{"Operations":[{{"op":"replace","path":"email","value":"{value}"}}]}}',
    ]
    assert said.below("PATCH remove") == [
        "PATCH /users/USER-ID",
        NATIVE_PATCH,
        '{"Operations":[{"op":"remove","path":"email"}]}',
    ]
    assert said.below("filter")[0] == f'emails.value eq "{value}"'


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row.spelled}" for name, row in ROWS])
def test_every_row_of_the_default_tables_can_be_explained(run_explain, name, row):
    """Each row finds itself, has an example that PingOne would take, and no request comes as a surprise."""
    table = read_tables(default_mappings())[name]
    said = run_explain(spell_path(table, row), name)
    assert said.code == 0
    assert said.below("row")[0].endswith(f" {row.spelled}")
    if row.writable:
        assert choose_value(table, row) is not None
        assert said.below("POST")[0].startswith("POST /")
    else:
        assert said.below("requests")[0] == "none: a client cannot write it"


def test_a_row_is_told_with_the_file_that_it_stands_in(run_explain, tmp_path):
    """Of a table that lies over the shipped one: which row is whose, and what was taken away."""
    (tmp_path / "mine.toml").write_text(
        'resource = "User"\nextends = "shipped"\n["urn:ietf:params:scim:schemas:core:2.0:User"]\n'
        'nickName = false\n\'phoneNumbers[type eq "mobile"].value\' = false\ntitle = "jobTitle"\n',
        encoding="utf-8",
    )
    core = "[urn:ietf:params:scim:schemas:core:2.0:User]"
    rows = {path: run_explain(path, tables=tmp_path) for path in ("title", "userType", "nickName", "phoneNumbers")}
    replaced = f"mine.toml {core} title (in place of the row in shipped users.toml)"
    assert rows["title"].below("row") == [replaced]
    assert rows["userType"].below("row") == [f"shipped users.toml {core} userType"]
    assert rows["nickName"].below("taken away") == [f"shipped users.toml {core} nickName"]
    assert rows["nickName"].below("PingOne field")[0].startswith("none: clients may send it")
    assert rows["phoneNumbers"].below("taken away") == [
        f'shipped users.toml {core} phoneNumbers[type eq "mobile"].value'
    ]
    assert rows["phoneNumbers"].below("PingOne field") == ["primaryPhone"]


def test_a_facet_is_a_call_of_its_own(run_explain):
    """`active` goes to its own address; the answer needs a read; removing it is refused."""
    said = run_explain("active")
    assert "PUT /users/ID/enabled" in said.below("carried")[0]
    assert said.below("PATCH replace") == [
        "PUT /users/USER-ID/enabled",
        "Content-Type: application/json",
        '{"enabled":true}',
        "GET /users/USER-ID",
    ]
    assert said.below("PATCH remove")[0].startswith("refused with 400 mutability")


def test_a_password_is_shown_nowhere(run_explain):
    """The example of a password is not written either, and no filter asks for one."""
    said = run_explain("password")
    assert '{"username":"example","password":{"value":"***"}}' in said.below("POST")
    assert said.below("PingOne filters") == ["none: what is never shown cannot be asked for"]
    assert said.below("filter")[1].startswith("refused with 400 invalidFilter")


def test_a_composed_value_is_sent_nowhere(run_explain):
    """A displayName is made of the name; a filter on it is checked here."""
    said = run_explain("displayName")
    assert said.below("PingOne field") == ['none: composed here as "{name.given} {name.family}"']
    assert said.below("PingOne is asked")[0].startswith("for all users")


def test_an_included_attribute_says_what_asks_for_it(run_explain):
    """The groups of a user come only where PingOne is asked to include them; a filter on them goes by membership."""
    said = run_explain("groups")
    assert "include=memberOfGroupIDs" in said.below("carried")[0]
    assert said.below("PingOne is asked") == ['memberOfGroups[id eq "GROUP-ID"]']


def test_a_group_is_put_whole(run_explain):
    """PingOne has no PATCH for groups: what it holds goes along, and what is removed is left out."""
    said = run_explain("description", "Group")
    assert said.below("PATCH replace")[:4] == [
        "GET /groups/GROUP-ID",
        "PUT /groups/GROUP-ID",
        "Content-Type: application/json",
        '{"name":"example","description":"example"}',
    ]
    assert said.below("PATCH remove")[3] == '{"name":"example"}'


def test_members_are_calls_of_their_own(run_explain):
    """A member is added and removed by one call, whatever else the group has."""
    said = run_explain("members", "Group")
    assert "POST /users/USER-ID/memberOfGroups" in said.below("PATCH replace")
    assert said.below("PATCH remove")[0] == "DELETE /users/USER-ID/memberOfGroups/GROUP-ID"


def test_several_rows_are_told_together(run_explain):
    """The path of a whole attribute shows each row, and one PATCH for all of them."""
    said = run_explain("phoneNumbers")
    assert [line.split()[-1] for line in said.lines if "PingOne field" in line] == ["primaryPhone", "mobilePhone"]
    body = json.loads(said.below("PATCH replace")[2])
    assert [part["path"] for part in body["Operations"]] == ["primaryPhone", "mobilePhone"]


def test_a_value_filter_in_a_path_is_played_as_it_is(run_explain):
    """Which element is meant depends on what is held: the user is read first."""
    said = run_explain('emails[value eq "jane.doe@example.org"].value')
    assert said.below("PATCH remove")[:2] == ["GET /users/USER-ID", "PATCH /users/USER-ID"]


def test_an_extension_lists_its_rows(run_explain):
    """The URN alone shows where everything of it goes."""
    said = run_explain("urn:pingidentity:schemas:extension:2.0:PingOneUser")
    assert any(line.endswith("accountId -> accountId") for line in said.lines)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "left out and logged once"),
        ("roles", "left out and logged once"),
        ("schemas", "made here"),
        ("meta.location", "made here"),
    ],
)
def test_what_has_no_row_is_told_as_that(run_explain, path, told):
    """Attributes that clients send and nobody keeps, and those that the bridge makes itself."""
    said = run_explain(path)
    assert said.code == 0
    assert told in said.below("PingOne field")[0]


def test_pingones_name_of_the_country_is_taken(run_explain):
    """`countryCode` is another name of `country`."""
    assert run_explain("addresses.countryCode").below("PingOne field") == ["address.countryCode"]


def test_one_line_in_a_table_is_explained(run_explain, add_row):
    """A new row shows its codec, a body in PingOne's form, and a filter where PingOne answers one."""
    folder = add_row('costCentres = { to = "costCentres", codec = "semicolons" }', 'department = "department"')
    said = run_explain("costCentres", tables=folder)
    assert said.below("POST")[2] == '{"username":"example","costCentres":["one","two"]}'
    assert "an array in PingOne" in said.below("codec")[0]
    assert 'department eq "example"' in run_explain("department", tables=folder).below("PingOne is asked")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("urn:ietf:params:scim:schemas:core:2.0:User.title", "title"),
        ("emails[type eq work].value", 'emails[type eq "work"].value'),
        ("urn:ietf:params:scim:schemas:core:2.0:User.emails[type eq work].value", 'emails[type eq "work"].value'),
        ("urn:pingidentity:schemas:extension:2.0:PingOneUser.population.id", "population.id"),
    ],
)
def test_paths_are_read_as_those_of_requests(run_explain, sent, meant):
    """With a dot behind the URN, and with values without quotes."""
    said = run_explain(sent)
    assert (said.code, said.below("row")) == (0, run_explain(meant).below("row"))
