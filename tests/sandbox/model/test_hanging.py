"""What hangs on users: which roles a worker may give."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("name", "status"), [("Help Desk Admin", 201), ("Environment Admin", 403)])
def test_a_worker_gives_what_its_own_role_lets_it(api, name, status):
    """Identity Data Admin gives itself, its read-only kin and Help Desk Admin, and nothing that may do more."""
    user, directory = api.user("a"), api.sandbox.directory
    role = next(key for key, held in directory.hanging.roles.items() if held["name"] == name)
    body = {"role": {"id": role}, "scope": {"id": directory.environment_id, "type": "ENVIRONMENT"}}
    assert api.call("POST", f"/users/{user['id']}/roleAssignments", body).status_code == status
    assert len(directory.hanging.of("roleAssignments", user["id"])) == (status == 201)
