"""scim_client of PyPI (Mitratech), a client of users whose models are closed: an unknown member is an error to it."""

from __future__ import annotations

import uuid
from urllib.error import HTTPError

import pytest
from scim_client import SCIMClient, User


@pytest.fixture
def scim(bridge, direct) -> SCIMClient:
    """The client, over HTTP."""
    return SCIMClient(bridge.base, bridge.token, max_retries=1)


@pytest.fixture
def user(scim: SCIMClient) -> User:
    """A user that the client made; its id is one of the client's own, which the server does not take."""
    name = f"{uuid.uuid4().hex}@example.com"
    return scim.create_user(
        User(
            id="mine",
            external_id=name[:12],
            user_name=name,
            active=True,
            name={"given_name": "Ada", "family_name": "Byron"},
            display_name="Ada Byron",
            emails=[{"value": name, "primary": True, "type": "work"}],
        )
    )


def test_a_user_is_made_and_read(scim, bridge, user):
    """Nulls for what is not known and an id of the client's own do not keep a user from being made."""
    seen = scim.read_user(user.id)
    assert seen.id in bridge.ids("users")
    assert (seen.name.given_name, seen.name.family_name, seen.active) == ("Ada", "Byron", True)
    assert (seen.external_id, seen.display_name) == (user.user_name[:12], "Ada Byron")
    assert [(mail.value, mail.type, mail.primary) for mail in seen.emails] == [(user.user_name, "work", True)]


def test_a_search_from_zero_walks(scim, user):
    """The client's first index is 0, which is 1; pages of one hold one each, and a page past the end nobody."""
    name = user.user_name
    found = scim.search_users(f'userName eq "{name}"')
    assert ([each.id for each in found.resources], found.start_index, found.total_results) == ([user.id], 1, 1)
    past = scim.search_users(f'userName eq "{name}"', count=1, start_index=2)
    assert (past.resources, past.total_results, past.items_per_page) == ([], 1, 0)


def test_what_was_read_is_written_back_changed(scim, bridge, user):
    """A PUT of what was read, with `meta`, `id` and names of the client's own beside it, changes what it changed."""
    seen = scim.read_user(user.id)
    seen.active = False
    seen.name.family_name = "King"
    changed = scim.update_user(seen)
    assert (changed.active, changed.name.family_name, changed.external_id) == (False, "King", user.external_id)
    record = bridge.record("users", user.id)
    assert (record["enabled"], record["name"]["family"]) == (False, "King")


def test_errors_have_their_status(scim, user):
    """A name that is taken is 409, and who was deleted is 404 at once: neither is tried again."""
    with pytest.raises(HTTPError) as refused:
        scim.create_user(user)
    assert refused.value.code == 409
    refused.value.close()
    assert scim.delete_user(user=user).status_code == 204
    with pytest.raises(HTTPError) as refused:
        scim.read_user(user.id)
    assert refused.value.code == 404
    refused.value.close()
