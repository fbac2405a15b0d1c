"""What roles say of a row before anything is asked."""

from __future__ import annotations

import pytest

from scimbridge.access.caller import Caller
from scimbridge.access.scopes import ALL_SCOPES
from scimbridge.operations.rooms import open_catalogue
from scimbridge.ops.checking.operations.standing import Standing
from tests.ops.checking.operations.conftest import EVERYBODY, roles_of

ADMIN, CUSTOM = "Identity Data Admin", "Desk"
PERMISSIONS = {ADMIN: frozenset({"a", "b"}), CUSTOM: frozenset({"a", "b", "c"}), "Small": frozenset({"a"})}
ROWS = open_catalogue(None).operations
LOCK, SESSIONS, GATEWAYS = ROWS["User", "lock"], ROWS["User", "sessions"], ROWS["Service", "gateways"]


@pytest.mark.parametrize(
    ("roles", "row", "may"),
    [
        (None, LOCK, None),
        (roles_of(ADMIN), LOCK, True),
        (roles_of(ADMIN), SESSIONS, True),
        (roles_of(ADMIN), GATEWAYS, None),
        (roles_of(ADMIN, scope="POPULATION"), LOCK, True),
        (roles_of("Environment Admin"), GATEWAYS, True),
        (roles_of("Environment Admin", scope="POPULATION"), GATEWAYS, None),
        (roles_of(CUSTOM, permissions=PERMISSIONS), LOCK, True),
        (roles_of("Small", permissions=PERMISSIONS), LOCK, None),
        (roles_of(CUSTOM), LOCK, None),
        (roles_of("Identity Data Read Only"), LOCK, False),
        (roles_of("Identity Data Read Only"), SESSIONS, None),
        (roles_of(), LOCK, False),
    ],
)
def test_what_roles_say_of_a_row(roles, row, may):
    """By name, or by having every permission of the role that the row needs; what is not known stays unknown."""
    assert Standing(roles, (EVERYBODY,)).may(row) is may


def test_the_one_token_is_offered_no_change():
    """A row that changes something is called by nobody where there is the one bearer token alone."""
    standing = Standing(None, (Caller("token", scopes=ALL_SCOPES, is_token=True),))
    offered = {
        f"{each.resource}.{each.name}" for each in ROWS.values() if not each.refuse and standing.is_offered(each)
    }
    assert {"User.find", "User.lookup", "User.memberships", "Group.members", "Population.find"} <= offered
    assert not {"User.setPassword", "User.join", "User.lock", "User.forcePasswordChange"} & offered
