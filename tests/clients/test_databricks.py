"""databricks-sdk, which speaks SCIM below paths of its own: users and groups of a workspace and of an account."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, ResourceConflict
from databricks.sdk.service.iam import ComplexValue, Group, Name, Patch, PatchOp, PatchSchema, User

ACCOUNT = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
MESSAGE = [PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


@pytest.fixture(scope="module")
def workspace_host(mount: Callable[[str], str]) -> str:
    """Where the API of a workspace is."""
    return mount("/api/2.0/preview")


@pytest.fixture(scope="module")
def account_host(mount: Callable[[str], str]) -> str:
    """Where the API of an account is."""
    return mount(f"/api/2.0/accounts/{ACCOUNT}")


@pytest.fixture
def workspace(workspace_host, bridge, direct, tmp_path, monkeypatch) -> WorkspaceClient:
    """A client of a workspace that knows no configuration but this."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    return WorkspaceClient(host=workspace_host, token=bridge.token, auth_type="pat")


@pytest.fixture
def account(account_host, bridge, direct, tmp_path, monkeypatch) -> AccountClient:
    """A client of an account that knows no configuration but this."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    return AccountClient(host=account_host, account_id=ACCOUNT, token=bridge.token, auth_type="pat")


@pytest.fixture
def user(workspace: WorkspaceClient) -> User:
    """A user that the client made."""
    name = f"{uuid.uuid4().hex}@example.com"
    return workspace.users_v2.create(
        user_name=name,
        display_name="Ada Byron",
        name=Name(given_name="Ada", family_name="Byron"),
        emails=[ComplexValue(value=name, type="work", primary=True)],
        external_id=name[:12],
        active=True,
    )


@pytest.fixture
def group(workspace: WorkspaceClient) -> Group:
    """A group that the client made."""
    return workspace.groups_v2.create(display_name=f"g {uuid.uuid4().hex}")


def make_users(workspace: WorkspaceClient, count: int) -> list[str]:
    """Make users of names alone and return their ids."""
    return [str(workspace.users_v2.create(user_name=f"{uuid.uuid4().hex}@example.com").id) for _ in range(count)]


def test_a_user_comes_back_as_it_was_sent(workspace, user):
    """What a create answers, and a read after it, has every value of the client."""
    for seen in (user, workspace.users_v2.get(user.id)):
        assert (seen.name.given_name, seen.name.family_name, seen.active) == ("Ada", "Byron", True)
        assert [(mail.value, mail.type, mail.primary) for mail in seen.emails] == [(user.user_name, "work", True)]
        assert seen.external_id == user.user_name[:12]


@pytest.mark.parametrize("count", [None, 50, 120])
def test_a_walk_to_the_empty_page_sees_every_user_once(workspace, bridge, count):
    """The client asks for pages until one is empty, and has seen whom PingOne holds, nobody twice."""
    seen = [user.id for user in workspace.users_v2.list(count=count, attributes="id,userName")]
    assert len(seen) >= 120
    assert sorted(seen) == sorted(bridge.ids("users"))


def test_a_walk_over_what_a_filter_finds_ends(workspace, bridge):
    """A filter's walk ends at its empty page too, and each page holds to the filter."""
    prefix = f"walk{uuid.uuid4().hex[:8]}"
    made = {workspace.users_v2.create(user_name=f"{prefix}-{number}@example.com").id for number in range(5)}
    seen = [user.id for user in workspace.users_v2.list(filter=f'userName sw "{prefix}"', count=2)]
    assert sorted(seen) == sorted(made)
    assert list(workspace.users_v2.list(filter=f'userName eq "{prefix}"')) == []


def test_a_walk_over_groups_ends(workspace, bridge, group):
    """Groups are walked as users are, without their members."""
    seen = list(workspace.groups_v2.list(count=3, excluded_attributes="members"))
    assert sorted(found.id for found in seen) == sorted(bridge.ids("groups"))
    assert group.id in {found.id for found in seen}


def test_a_patch_adds_replaces_and_removes(workspace, user):
    """Each of the client's three operations does what it says, with a path and without."""
    workspace.users_v2.patch(
        user.id,
        operations=[
            Patch(op=PatchOp.REPLACE, path="name.givenName", value="Augusta"),
            Patch(op=PatchOp.ADD, path="emails", value=[{"value": "home@example.com", "type": "home"}]),
            Patch(op=PatchOp.REPLACE, value={"externalId": "e-2"}),
        ],
        schemas=MESSAGE,
    )
    seen = workspace.users_v2.get(user.id)
    assert (seen.name.given_name, seen.external_id) == ("Augusta", "e-2")
    workspace.users_v2.patch(user.id, operations=[Patch(op=PatchOp.REMOVE, path="externalId")], schemas=MESSAGE)
    assert workspace.users_v2.get(user.id).external_id is None


@pytest.mark.parametrize("value", ["false", [False], [{"active": False}], {"active": False}])
def test_a_patch_disables(workspace, bridge, user, value):
    """A leaver is disabled in PingOne in every form of it that this client can send."""
    path = None if "active" in str(value) else "active"
    workspace.users_v2.patch(user.id, operations=[Patch(op=PatchOp.REPLACE, path=path, value=value)])
    assert workspace.users_v2.get(user.id).active is False
    assert bridge.record("users", user.id)["enabled"] is False


def test_a_patch_that_lost_its_value_changes_nothing(workspace, bridge, user):
    """The client leaves a bare false out of the message; that is refused, with the reason, and nobody is changed."""
    with pytest.raises(BadRequest, match="value"):
        workspace.users_v2.patch(user.id, operations=[Patch(op=PatchOp.REPLACE, path="active", value=False)])
    assert bridge.record("users", user.id)["enabled"] is True


def test_an_update_replaces_the_user(workspace, user):
    """An update is a PUT: names change, and what it does not name is gone, but for what nobody may be without."""
    workspace.users_v2.update(
        user.id, user_name=user.user_name, name=Name(given_name="Ada", family_name="King"), active=False
    )
    seen = workspace.users_v2.get(user.id)
    assert (seen.name.family_name, seen.active, seen.external_id) == ("King", False, None)


def test_a_group_lives(workspace, bridge, group):
    """Members are added, one is taken out by a filter, all are replaced and removed, and the group is deleted."""
    ada, ben, cid = make_users(workspace, 3)

    def patch(op: PatchOp, path: str, value: object = None) -> set[str]:
        workspace.groups_v2.patch(group.id, operations=[Patch(op=op, path=path, value=value)], schemas=MESSAGE)
        members = {member.value for member in workspace.groups_v2.get(group.id).members or ()}
        assert members == bridge.members(group.id)
        return members

    assert patch(PatchOp.ADD, "members", [{"value": ada}, {"value": ben}]) == {ada, ben}
    assert patch(PatchOp.REMOVE, f'members[value eq "{ada}"]') == {ben}
    assert patch(PatchOp.REPLACE, "members", [{"value": ada}, {"value": cid}]) == {ada, cid}
    assert patch(PatchOp.REMOVE, "members") == set()
    workspace.groups_v2.delete(group.id)
    with pytest.raises(NotFound):
        workspace.groups_v2.get(group.id)


def test_a_group_is_renamed_with_its_members(workspace, bridge, group):
    """An update of a group is a PUT of its name and of its members."""
    (ada,) = make_users(workspace, 1)
    name = f"renamed {uuid.uuid4().hex}"
    workspace.groups_v2.update(group.id, display_name=name, members=[ComplexValue(value=ada)])
    seen = workspace.groups_v2.get(group.id)
    assert (seen.display_name, [member.value for member in seen.members]) == (name, [ada])
    assert bridge.members(group.id) == {ada}


def test_the_client_tells_what_was_refused(workspace, user):
    """Nobody there, a name that is taken and a filter that is none are errors of their kinds, with our sentence."""
    with pytest.raises(NotFound):
        workspace.users_v2.get(str(uuid.uuid4()))
    with pytest.raises(ResourceConflict, match="userName"):
        workspace.users_v2.create(user_name=user.user_name)
    with pytest.raises(BadRequest, match="filter"):
        list(workspace.users_v2.list(filter="userName is ada"))
    workspace.users_v2.delete(user.id)
    with pytest.raises(NotFound):
        workspace.users_v2.delete(user.id)


def test_a_wrong_token_is_no_empty_company(workspace_host, direct, tmp_path, monkeypatch):
    """A list with a token that is none fails; it does not end as if nobody were there."""
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "none"))
    stranger = WorkspaceClient(host=workspace_host, token="x", auth_type="pat")
    with pytest.raises(DatabricksError, match=r"(?i)token|credentials|unauthori"):
        list(stranger.users_v2.list())


def test_an_account_is_walked_and_written_as_a_workspace_is(account, bridge):
    """The client of an account makes, finds, disables and deletes a user below the path of the account."""
    made = account.users_v2.create(user_name=f"{uuid.uuid4().hex}@example.com", display_name="Bo")
    assert sorted(user.id for user in account.users_v2.list(count=50)) == sorted(bridge.ids("users"))
    account.users_v2.patch(made.id, operations=[Patch(op=PatchOp.REPLACE, path="active", value="false")])
    assert account.users_v2.get(made.id).active is False
    account.users_v2.delete(made.id)
    assert made.id not in bridge.ids("users")
