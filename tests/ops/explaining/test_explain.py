"""`explain` as an operator runs it: what an expression is taken for, resources in files, and wrong expressions."""

from __future__ import annotations

import json

import pytest

from scimbridge.mapping.tables.table import TableFaults

U1, G1 = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
PATCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "jdoe"}
GROUP = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team"}


@pytest.fixture
def write_file(tmp_path):
    def write(content, name="resource.json"):
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize(
    ("expression", "resource", "right"),
    [
        ("nikName", "User", "did you mean 'nickName'?"),
        ("name.givenname2", "User", "it has formatted, familyName, givenName"),
        ("title.text", "User", "title has no sub-attributes"),
        ('userName eqq "x"', "User", "eq ne co sw ew gt ge lt le pr are"),
        ('nikName eq "x"', "User", "there are id, externalId"),
        ("userName eq", "User", "ends too early"),
        ('emails[type eq "home"].value', "User", 'what is kept is emails[type eq "work"].value'),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "User", "is no schema that users.toml keeps"),
        ("userName", "Usr", "did you mean 'User'?"),
        ("", "User", "a path such as userName"),
        ("   ", "User", "a path such as userName"),
        ("missing.json", "User", "the file missing.json cannot be read (No such file or directory); name one"),
        ("/nowhere/jane", "User", "or - for standard input"),
        ("/", "User", "the file / cannot be read (Is a directory)"),
        ("no such file.json", "User", "not supported"),
    ],
)
def test_a_wrong_expression_says_what_would_be_right(run_explain, expression, resource, right):
    """One sentence, exit code 1."""
    said = run_explain(expression, resource)
    assert said.code == 1
    assert len(said.lines) == 1
    assert right in said.text


def test_names_have_no_case(run_explain):
    """Resource types, attributes and URNs are taken in any case."""
    assert run_explain("USERNAME", "user").code == 0
    assert run_explain("URN:IETF:params:scim:schemas:core:2.0:user:username").code == 0


def test_an_attribute_is_not_taken_for_a_file_of_its_name(run_explain, write_file, monkeypatch, tmp_path):
    """Where a file is called as an attribute is, the attribute is meant."""
    write_file("{}", "title")
    monkeypatch.chdir(tmp_path)
    assert run_explain("title").below("PingOne field") == ["title"]


def test_a_list_filter_in_brackets_is_a_filter(run_explain):
    """`emails[value eq ...]` names no row of its own, so that it is explained as the filter that it is too."""
    said = run_explain('emails[type eq "work" and value eq "a@example.org"]')
    assert 'email eq "a@example.org"' in said.below("PingOne is asked")


def test_faulty_tables_are_raised(run_explain, folder):
    """Tables that are wrong are for the command line to tell."""
    (folder / "users.toml").write_text("resource = 5\n", encoding="utf-8")
    with pytest.raises(TableFaults):
        run_explain("userName", tables=folder)


def test_a_user_in_a_file_is_shown_as_created_and_as_replaced(run_explain, write_file):
    """POST is one call with everything in it; PUT is the difference, facets in their order, null for what goes."""
    said = run_explain(write_file({**USER, "active": False, "name": {"familyName": "Doe"}}))
    assert said.code == 0
    assert said.below("POST") == [
        "POST /users",
        "Content-Type: application/json",
        '{"username":"jdoe","name":{"family":"Doe"},"enabled":false}',
    ]
    replaced = said.below("PUT")
    calls = [line for line in replaced if line.split(" ")[0] in ("GET", "PUT", "PATCH", "POST")]
    assert calls[:3] == ["GET /users/USER-ID", "PUT /users/USER-ID/enabled", "PATCH /users/USER-ID"]
    body = json.loads(next(line for line in replaced if line.startswith('{"') and "username" in line))
    assert body["title"] is None
    assert body["name"]["given"] is None


def test_a_password_in_a_file_is_not_written(run_explain, write_file):
    """Neither create nor change shows the password, and the import's media type is told."""
    said = run_explain(write_file({**USER, "password": "Very-S3cret!"}))
    assert "Very-S3cret!" not in said.text
    assert "Content-Type: application/vnd.pingidentity.user.import+json" in said.below("POST")
    patch = {**PATCH, "Operations": [{"op": "replace", "path": "password", "value": "Very-S3cret!"}]}
    said = run_explain(write_file(patch))
    assert "Very-S3cret!" not in said.text
    assert said.below("PATCH")[:3] == [
        "PUT /users/USER-ID/password",
        "Content-Type: application/vnd.pingidentity.password.set+json",
        '{"value":"***"}',
    ]


def test_the_resource_says_which_type_it_is(run_explain, write_file):
    """A group in a file is a group, whatever --resource says; its members are calls of their own."""
    said = run_explain(write_file({**GROUP, "members": [{"value": U1}, {"value": G1, "type": "Group"}]}))
    created = said.below("POST")
    assert "a SCIM Group" in said.lines[0]
    assert created[0] == "POST /groups"
    assert {f"POST /users/{U1}/memberOfGroups", f"POST /groups/{G1}/memberOfGroups"} <= set(created)


def test_a_patch_in_one_call_needs_no_state(run_explain, write_file):
    """Operations that PingOne can carry out are sent as its own operations, and nothing is read."""
    patch = {**PATCH, "Operations": [{"op": "replace", "path": "title", "value": "Lead"}]}
    said = run_explain(write_file(patch))
    assert said.below("PATCH") == [
        "PATCH /users/USER-ID",
        "Content-Type: application/vnd.pingidentity.user.scim.patch+json",
        '{"Operations":[{"op":"replace","path":"title","value":"Lead"}]}',
    ]


def test_a_patch_that_depends_on_the_state_says_so(run_explain, write_file):
    """Where the user is read first, it is told what was assumed of it."""
    path = 'emails[value eq "jane.doe@example.org"].value'
    patch = {**PATCH, "Operations": [{"op": "replace", "path": path, "value": "j@example.org"}]}
    said = run_explain(write_file(patch))
    assert said.below("PATCH")[:2] == ["GET /users/USER-ID", "PATCH /users/USER-ID"]
    assert "what PingOne holds decides" in said.text


def test_a_patch_of_a_group(run_explain, write_file):
    """--resource says what a PatchOp message is for: a member is one call."""
    patch = {**PATCH, "Operations": [{"op": "add", "path": "members", "value": [{"value": U1}]}]}
    assert run_explain(write_file(patch), "Group").below("PATCH")[0] == f"POST /users/{U1}/memberOfGroups"


def test_what_is_not_kept_is_named(run_explain, write_file):
    """Attributes that no row keeps are told as left out."""
    said = run_explain(write_file({**USER, "roles": [{"value": "admin"}]}))
    assert "left out, since nothing of that name is kept: roles" in said.below("POST")


@pytest.mark.parametrize(
    ("content", "right"),
    [
        ('{"userName":', "not valid JSON"),
        ("[1]", "one JSON object"),
        ('{"userName":"a","userName":"b"}', "stands twice"),
        ({**USER, "emails": [{"value": "nobody"}]}, "well-formed e-mail address"),
        ({"schemas": USER["schemas"]}, "userName is required"),
        ({**PATCH, "Operations": [{"op": "replace", "path": "id", "value": "x"}]}, "read-only"),
        ({**PATCH, "Operations": [{"op": "swap", "path": "title"}]}, "add, remove, replace"),
    ],
)
def test_a_wrong_file_says_what_would_be_right(run_explain, write_file, content, right):
    """What the bridge would refuse before any call is told in one sentence, exit code 1."""
    said = run_explain(write_file(content))
    assert (said.code, len(said.lines)) == (1, 1)
    assert right in said.text


def test_a_population_rule_is_played(run_explain, write_file, folder):
    """A user that a rule places is created with the population, which is looked up by its name first."""
    file = folder / "users.toml"
    rule = '\n[[population]]\nwhen = \'userName sw "j"\'\nuse = "Partners"\n'
    file.write_text(file.read_text(encoding="utf-8") + rule, encoding="utf-8")
    created = run_explain(write_file(USER), tables=folder).below("POST")
    assert created[0] == 'GET /populations?limit=100&filter=name sw "Partners"'
    assert '{"username":"jdoe","population":{"id":"id of Partners"}}' in created


def test_a_type_that_is_only_read_is_explained(run_explain, folder_with_providers):
    """Its rows lead to no write, its filters to a list without a filter, and it is found by its name in any case."""
    said = run_explain("displayName", "identityprovider", folder_with_providers)
    assert said.code == 0
    assert said.below("PingOne field") == ["name"]
    assert said.below("carried") == ["only read: in every answer of PingOne"]
    assert said.below("requests") == ["none: a client cannot write it"]
    assert "mutability readOnly" in said.below("characteristics")[0]
    said = run_explain('displayName eq "Head Office SAML"', "IdentityProvider", folder_with_providers)
    assert said.code == 0
    assert "GET /identityProviders?limit=100" in said.text
