"""pydantic-scim, types that clients are built of: what they hold is taken, and what is answered they can hold."""

from __future__ import annotations

import json
import uuid
import warnings
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the package is of the time of pydantic 1
    from pydanticscim.group import Group, GroupMember
    from pydanticscim.resource_type import ResourceType
    from pydanticscim.responses import ListResponse, PatchOp, PatchOperation, PatchRequest, SCIMError
    from pydanticscim.service_provider import ServiceProviderConfiguration
    from pydanticscim.user import Email, EmailKind, Name, User

Json = dict[str, Any]

# The package writes a tuple where its own types want a set.
pytestmark = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")


@pytest.fixture
def send(bridge):
    """Return what sends a model, as pydantic writes it, and returns status and body."""
    opener = build_opener(ProxyHandler({}))
    opener.process_response.pop("http", None)  # an error is an answer like another

    def exchange(method: str, path: str, model: Any = None) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {bridge.token}", "Content-Type": "application/scim+json"}
        body = None if model is None else model.model_dump_json().encode()
        with opener.open(Request(f"{bridge.base}{path}", body, headers, method=method), timeout=30) as answer:
            text = answer.read()
        return answer.status, json.loads(text) if text else {}

    return exchange


@pytest.fixture
def user(send) -> User:
    """A user, made of a model that says null of all that it does not know."""
    name = f"{uuid.uuid4().hex}@example.com"
    model = User(
        userName=name,
        name=Name(givenName="Ada", familyName="Byron"),
        active=True,
        emails=[Email(value=name, type=EmailKind.work, primary=True)],
    )
    status, body = send("POST", "/Users", model)
    assert status == 201, body
    return User.model_validate(body)


def test_a_model_full_of_nulls_makes_a_user_that_the_model_can_hold(send, user):
    """Null is absent, and what comes back fits into the types, which know one kind of e-mail and of schema each."""
    assert (user.name.givenName, user.name.familyName, user.active) == ("Ada", "Byron", True)
    assert [(mail.value, mail.type, mail.primary) for mail in user.emails] == [(user.userName, EmailKind.work, True)]
    assert User.model_validate(send("GET", f"/Users/{user.id}")[1]) == user


def test_a_model_is_put_back(send, user):
    """A PUT of the model changes what it changed."""
    changed = user.model_copy(update={"active": False, "title": "Countess"})
    status, body = send("PUT", f"/Users/{user.id}", changed)
    assert (status, body["active"], body["title"]) == (200, False, "Countess")


@pytest.mark.parametrize("value", [False, "False", [False]])
def test_a_patch_without_schemas_disables(send, bridge, user, value):
    """A message of this package has no `schemas`; it disables a leaver all the same."""
    operation = PatchOperation(op=PatchOp.replace, path="active", value=value)
    status, body = send("PATCH", f"/Users/{user.id}", PatchRequest(Operations=[operation]))
    assert (status, body["active"]) == (200, False)
    assert bridge.record("users", user.id)["enabled"] is False


def test_a_removal_has_a_value_of_null(send, user):
    """`remove` of this package carries `"value": null`, which is none."""
    title = PatchOperation(op=PatchOp.add, path="title", value="Countess")
    assert send("PATCH", f"/Users/{user.id}", PatchRequest(Operations=[title]))[1]["title"] == "Countess"
    status, body = send(
        "PATCH", f"/Users/{user.id}", PatchRequest(Operations=[PatchOperation(op="remove", path="title")])
    )
    assert (status, "title" in body) == (200, False)


def test_a_group_lives(send, bridge, user):
    """A group is made with a member, holds it in the types, loses it by a filter, and is deleted."""
    model = Group(displayName=f"g {uuid.uuid4().hex}", members=[GroupMember(value=user.id)])
    status, body = send("POST", "/Groups", model)
    group = Group.model_validate(body)
    assert (status, [member.value for member in group.members]) == (201, [user.id])
    assert bridge.members(group.id) == {user.id}
    operation = PatchOperation(op=PatchOp.remove, path=f'members[value eq "{user.id}"]')
    assert send("PATCH", f"/Groups/{group.id}", PatchRequest(Operations=[operation]))[0] in {200, 204}
    assert bridge.members(group.id) == set()
    assert send("DELETE", f"/Groups/{group.id}") == (204, {})


def test_lists_and_errors_fit_into_the_types(send, user):
    """A list, each user in it and an error are what the types take."""
    status, body = send("GET", "/Users?count=7")
    answer = ListResponse.model_validate(body)
    assert (status, answer.itemsPerPage, answer.startIndex) == (200, 7, 1)
    assert len([User.model_validate(each) for each in body["Resources"]]) == 7
    status, body = send("POST", "/Users", user)
    error = SCIMError.model_validate(body)
    assert (status, error.status) == (409, 409)
    assert "userName" in error.detail


def test_discovery_fits_into_the_types(send):
    """What the bridge says of itself and of its types is what the types take."""
    config = ServiceProviderConfiguration.model_validate(send("GET", "/ServiceProviderConfig")[1])
    assert (config.patch.supported, config.bulk.supported, config.filter.supported) == (True, True, True)
    for name in ("User", "Group"):
        kind = ResourceType.model_validate(send("GET", f"/ResourceTypes/{name}")[1])
        assert (kind.name, kind.endpoint) == (name, f"/{name}s")
