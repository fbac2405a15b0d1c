"""`explain` of operations: the row as compiled, and the call that PingOne would get, without a secret."""

from __future__ import annotations

import io

import orjson
import pytest

from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.explaining.explain import explain
from scimbridge.ops.printing.explanations import show_explanation
from scimbridge.settings.declared import default_mappings

ROWS = [each for each in open_catalogue(None) if not each.refuse]


@pytest.mark.parametrize("expression", ["User.unlock", ".unlock", "User.UNLOCK"])
def test_an_operation_is_explained_by_its_row(run_explain, expression):
    """By its whole name, or as it stands in addresses: file, path, scope, role, call, and what a lost answer means."""
    said = run_explain(expression)
    assert said.code == 0
    assert said.below("row") == ["shipped operations.toml [User.unlock]"]
    assert said.below("called") == ["POST /Users/{id}/.unlock"]
    assert said.below("scope") == ["accounts:write"]
    assert said.below("role at PingOne") == ["Identity Data Admin"]
    assert said.below("PingOne's call") == [
        "POST /users/USER-ID",
        "Content-Type: application/vnd.pingidentity.account.unlock+json",
    ]
    assert said.below("lost answer") == ["sent again: twice is as good as once"]


def test_secrets_are_masked(run_explain):
    """Inputs that are secret are told as such, and in the call no example stands for them."""
    said = run_explain(".setPassword")
    assert "value: string, required, secret, minLength 1" in said.below("inputs")
    assert said.below("PingOne's call")[2] == '{"value":"***","forceChange":false,"bypassPolicy":false}'


@pytest.mark.parametrize(
    ("expression", "label", "told"),
    [
        (".sendRecoveryCode", "limit", "50 a day"),
        (".sendRecoveryCode", "lost answer", "never sent again: the client is answered 504"),
        (".verify", "lost answer", "looked at first: `verified` finds out"),
        (".sessions", "called", "DELETE /Users/{id}/.sessions/{sessionId}"),
        (".sessions", "scope", "to delete a part: sessions:write"),
        (".changePassword", "PingOne's call", "made by the function `change`"),
        ("Service.roles", "PingOne's call", "GET /v1/roles"),
        (".kerberos", "refused", "with 501: A Kerberos ticket is judged in PingOne's sign-on flow only"),
    ],
)
def test_what_a_row_says_is_told(run_explain, expression, label, told):
    """Limits, parts, functions, calls beside the environment, and operations that cannot be."""
    assert any(told in line for line in run_explain(expression).below(label))


def test_a_name_of_several_types_is_that_of_the_resource(run_explain):
    """`--resource` decides, as for paths; a name that stands once needs none."""
    assert run_explain(".roleAssignments", "Group").lines[0].startswith("Group.roleAssignments: ")
    assert run_explain(".roleAssignments").lines[0].startswith("User.roleAssignments: ")
    assert run_explain(".gateways").lines[0].startswith("Service.gateways: ")


def test_an_attribute_is_no_operation(run_explain):
    """`population.id` is a path, as types are spelled with a capital."""
    assert run_explain("population.id").below("PingOne field") == ["population.id"]


@pytest.mark.parametrize("expression", ["User.unlok", ".unlok"])
def test_an_unknown_operation_has_a_nearest(run_explain, expression):
    """One sentence, exit code 1."""
    said = run_explain(expression)
    assert said.code == 1
    assert "did you mean 'User.unlock'?" in said.text


def test_rows_of_an_operators_own(run_explain, folder):
    """What lies over the shipped rows is what is shown, and what is taken out is told as that."""
    (folder / "operations.toml").write_text(
        'disable = ["verify"]\n[User.unlock]\ndoes = "Ours"\ncall = "POST users/{id}"\nmedia = "account.unlock"\n'
        'out = ""\nscope = "users:write"\nagain = "no"\n',
        encoding="utf-8",
    )
    said = run_explain(".unlock", tables=folder)
    assert said.lines[0] == "User.unlock: Ours"
    assert said.below("row") == ["operations.toml [User.unlock]"]
    assert said.below("scope") == ["users:write"]
    assert "User.verify is taken out" in run_explain(".verify", tables=folder).text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.resource}.{row.name}")
def test_every_row_can_be_explained(row):
    """As JSON too, with the call of the row and no brace left in it."""
    stream = io.StringIO()
    show_explanation(stream, explain(f"{row.resource}.{row.name}", "User", default_mappings()), as_json=True)
    told = orjson.loads(stream.getvalue())
    assert (told["kind"], told["operation"]) == ("operation", f"{row.resource}.{row.name}")
    assert told["request"]["method"] == row.call.method
    assert "{" not in told["request"]["path"]
    secrets = [each["name"] for each in told["inputs"] if each.get("secret")]
    assert len(secrets) == str(told["request"]["body"]).count("***")
