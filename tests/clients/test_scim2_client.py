"""scim2-client, whose models come from the server: a whole life of users and groups, in this process.

It holds every answer against the schemas that the bridge publishes, and raises where one says something else.
"""

from __future__ import annotations

import uuid

import pytest
from scim2_client import SCIMClientException
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest
from scim2_models.exceptions import SCIMException

PINGONE_USER = "urn:pingidentity:schemas:extension:2.0:PingOneUser"


@pytest.fixture(scope="module")
def scim(bridge) -> WSGISCIMClient:
    """The client, which has read what the bridge says of itself."""
    headers = {"Authorization": f"Bearer {bridge.token}"}
    client = WSGISCIMClient(bridge.app, base_url="http://localhost/scim/v2", headers=headers)
    client.discover()
    return client


@pytest.fixture(scope="module")
def users(scim):
    """The model of a user."""
    return scim.get_resource_model("User")


@pytest.fixture(scope="module")
def groups(scim):
    """The model of a group."""
    return scim.get_resource_model("Group")


@pytest.fixture
def make_user(scim, users):
    """Return what makes a user with whatever more."""

    def make(**more):
        name = more.pop("user_name", f"{uuid.uuid4().hex}@example.com")
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, **more}
        return scim.create(users.model_validate(body))

    return make


def patch(scim, resource, *operations):
    """Send operations, each (op, path, value)."""
    model = type(resource)
    made = [PatchOperation(op=op, path=path, value=value) for op, path, value in operations]
    return scim.modify(resource, PatchOp[model](operations=made))


def test_the_models_are_those_of_what_is_published(scim):
    """Discovery yields a model of each resource type, with the extensions that it has."""
    assert {kind.name for kind in scim.provider.resource_types} >= {"User", "Group", "Population"}
    assert PINGONE_USER in {str(urn) for urn in scim.get_resource_model("User").get_extension_models()}


def test_a_user_lives(scim, bridge, users, make_user):
    """A user is made, read, queried, changed, replaced, disabled and deleted, and PingOne holds each of it."""
    ada = make_user(
        name={"givenName": "Ada", "familyName": "Byron"},
        emails=[{"value": "ada@example.com", "type": "work", "primary": True}],
        externalId="e-1",
    )
    seen = scim.query(users, ada.id)
    assert (seen.name.given_name, seen.emails[0].value, seen.external_id) == ("Ada", "ada@example.com", "e-1")
    found = scim.query(users, query_parameters=SearchRequest(filter=f'userName eq "{ada.user_name}"'))
    assert [each.id for each in found.resources] == [ada.id]
    changed = patch(scim, seen, ("add", "title", "Countess"), ("replace", "name.familyName", "King"))
    assert (changed.title, changed.name.family_name) == ("Countess", "King")
    assert patch(scim, changed, ("remove", "title", None)).title is None
    left = scim.query(users, ada.id)
    left.active = False
    assert scim.replace(left).active is False
    assert bridge.record("users", ada.id)["enabled"] is False
    scim.delete(users, ada.id)
    assert ada.id not in bridge.ids("users")


@pytest.mark.parametrize("count", [7, 50, None])
def test_pages_are_everybody_once(scim, bridge, users, count):
    """Pages by index, each asked for behind what came, are the users that PingOne holds."""
    seen: list[str] = []
    while True:
        page = scim.query(users, query_parameters=SearchRequest(start_index=len(seen) + 1, count=count))
        seen += [user.id for user in page.resources or ()]
        if len(seen) >= page.total_results:
            break
        assert page.resources
    assert sorted(seen) == sorted(bridge.ids("users"))


def test_cursors_are_everybody_once(scim, bridge, users):
    """Pages by cursor are the users that PingOne holds, in a query and in a search."""
    for ask in (lambda wanted: scim.query(users, query_parameters=wanted), lambda wanted: scim.search(users, wanted)):
        seen: list[str] = []
        cursor = ""
        while cursor is not None:
            page = ask(SearchRequest(cursor=cursor, count=40))
            seen += [user.id for user in page.resources or ()]
            cursor = page.next_cursor
        assert sorted(seen) == sorted(bridge.ids("users"))


def test_a_group_lives(scim, bridge, groups, make_user):
    """Members are added, taken out one by one, replaced and removed; the group is renamed and deleted."""
    ada, ben, cid = (make_user() for _ in range(3))
    group = scim.create(groups(display_name=f"g {uuid.uuid4().hex}", members=[groups.Members(value=ada.id)]))
    assert bridge.members(group.id) == {ada.id}

    def change(op, path, value=None):
        patch(scim, scim.query(groups, group.id), (op, path, value))
        assert {each.value for each in scim.query(groups, group.id).members or ()} == bridge.members(group.id)
        return bridge.members(group.id)

    assert change("add", "members", [{"value": ben.id}]) == {ada.id, ben.id}
    assert change("remove", f'members[value eq "{ada.id}"]') == {ben.id}
    assert change("replace", "members", [{"value": ada.id}, {"value": cid.id}]) == {ada.id, cid.id}
    assert change("replace", "displayName", f"renamed {group.id}") == {ada.id, cid.id}
    assert change("remove", "members") == set()
    scim.delete(scim.query(groups, group.id))
    assert group.id not in bridge.ids("groups")


def test_a_stale_resource_is_not_written(scim, users, make_user):
    """The client sends the version that it read; what was changed meanwhile is not overwritten."""
    ada = make_user()
    stale = scim.query(users, ada.id)
    patch(scim, ada, ("replace", "title", "Countess"))
    stale.title = "Baroness"
    with pytest.raises((SCIMClientException, SCIMException), match="changed since"):
        scim.replace(stale)
    assert scim.query(users, ada.id).title == "Countess"


def test_refusals_are_of_their_kinds(scim, users, make_user):
    """A name that is taken, a filter that is none and nobody there are the client's errors, by scimType and status."""
    ada = make_user()
    with pytest.raises(SCIMException) as taken:
        make_user(user_name=ada.user_name.upper())
    assert (taken.value.status, taken.value.scim_type) == (409, "uniqueness")
    answer = scim.query(users, query_parameters={"filter": "userName is ada"}, check_request_payload=False,
                        raise_scim_errors=False)  # fmt: skip
    assert (answer.status, answer.scim_type) == (400, "invalidFilter")
    assert scim.query(users, str(uuid.uuid4()), raise_scim_errors=False).status == 404
