"""Each operation once over HTTP, under both readings of what PingOne does, with the calls that it costs."""

from __future__ import annotations

import pytest

from scimbridge.operations.rooms import open_catalogue
from tests.operations.conftest import LATER, NEW, OLD

ACT, PASSWORD = "POST /users/{user}", "/users/{user}/password"
PROVIDER = "identityProvider"


def prepared(desk):
    """Give the user something of everything."""
    desk.set_password()
    desk.session = desk.add_session()
    desk.device = desk.add_device()
    desk.provider = next(iter(desk.directory.providers))
    return desk


# Each: (operation, method, path, body, status, calls); what begins with = is a member of the desk or of the client.
EACH = (
    ("User.find", "POST", "/Users/.find", {"attributes": ["userName", "id"], "identifier": "=user"}, 200, None),
    ("User.lookup", "POST", "/Users/.lookup", {"filter": 'id eq "=user"'}, 200, None),
    ("User.lock", "POST", ".lock", {"unlockAt": LATER}, 200, [ACT]),
    ("User.unlock", "POST", ".unlock", None, 200, [ACT]),
    ("User.sendVerificationCode", "POST", ".sendVerificationCode", None, 200, [ACT]),
    ("User.verify", "POST", ".verify", {"verificationCode": "=verification"}, 200, [ACT]),
    ("User.sendEmailVerification", "POST", ".sendEmailVerification", {}, 200, ["POST /users/{user}/emailVerification"]),
    ("User.verifyEmail", "POST", ".verifyEmail", {"verificationCode": "=email"}, 200,
     ["POST /users/{user}/emailVerification"]),
    ("User.mailQuota", "POST", ".mailQuota", None, 204, ["POST /users/{user}/notifications/quota"]),
    ("User.password", "GET", ".password", None, 200, [f"GET {PASSWORD}"]),
    ("User.checkPassword", "POST", ".checkPassword", {"password": OLD}, 200, [f"POST {PASSWORD}"]),
    ("User.setPassword", "POST", ".setPassword", {"value": NEW, "forceChange": True}, 200, [f"PUT {PASSWORD}"]),
    ("User.changePassword", "POST", ".changePassword", {"currentPassword": OLD, "newPassword": NEW}, 200,
     [f"POST {PASSWORD}", f"PUT {PASSWORD}"]),
    ("User.removePassword", "POST", ".removePassword", None, 200, [f"PUT {PASSWORD}"]),
    ("User.forcePasswordChange", "POST", ".forcePasswordChange", None, 200, [f"POST {PASSWORD}"]),
    ("User.unlockPassword", "POST", ".unlockPassword", None, 200, [f"POST {PASSWORD}"]),
    ("User.sendRecoveryCode", "POST", ".sendRecoveryCode", None, 200, [f"POST {PASSWORD}"]),
    ("User.recoverPassword", "POST", ".recoverPassword", {"recoveryCode": "=recovery", "newPassword": NEW}, 200,
     [f"POST {PASSWORD}"]),
    ("User.setGateway", "POST", ".setGateway", {"gateway": "=gateway", "userType": "=user_type"}, 200,
     [f"PUT {PASSWORD}"]),
    ("User.sessions", "GET", ".sessions", None, 200, ["GET /users/{user}/sessions"]),
    ("User.endSessions", "POST", ".endSessions", None, 200,
     ["GET /users/{user}/sessions", "DELETE /users/{user}/sessions/{item}", "GET /users/{user}/sessions"]),
    ("User.linkedAccounts", "GET", ".linkedAccounts", None, 200, ["GET /users/{user}/linkedAccounts"]),
    ("User.linkAccount", "POST", ".linkAccount", {PROVIDER: "=provider", "externalId": "x-1"}, 201,
     ["GET /users/{user}/linkedAccounts", "POST /users/{user}/linkedAccounts"]),
    ("User.memberships", "GET", ".memberships?direct=true", None, 200, ["GET /users/{user}/memberOfGroups"]),
    ("User.join", "POST", ".join", {"groupId": "=group"}, 200,
     ["POST /users/{user}/memberOfGroups", "GET /groups/{group}"]),
    ("User.roleAssignments", "GET", ".roleAssignments", None, 200, ["GET /users/{user}/roleAssignments"]),
    ("User.assignRole", "POST", ".assignRole",
     {"role": "=role", "scopeType": "POPULATION", "scopeId": "=population"}, 201, None),
    ("User.devices", "GET", ".devices", None, 200, ["GET /users/{user}/devices"]),
    ("User.blockDevice", "POST", ".blockDevice/=device", None, 200, None),
    ("User.unblockDevice", "POST", ".unblockDevice/=device", None, 200, None),
    ("User.unlockDevice", "POST", ".unlockDevice/=device", None, 200, None),
    ("User.bypassMfa", "POST", ".bypassMfa", {"until": "2999-01-01T00:00:00Z"}, 200, ["PUT /users/{user}/bypassMFA"]),
    ("User.agreements", "GET", ".agreements", None, 200, ["GET /users/{user}/agreementConsents", "GET /agreements"]),
    ("User.agreement", "GET", ".agreement/=agreement", None, 200, None),
    ("User.acceptAgreement", "POST", ".acceptAgreement", {"presentationId": "=presentation"}, 200, None),
    ("User.revokeAgreement", "POST", ".revokeAgreement/=agreement", None, 200,
     ["POST /users/{user}/agreementConsents/{agreement}"]),
    ("Service.agreements", "GET", "/.agreements", None, 200, ["GET /agreements"]),
    ("Service.environments", "GET", "/.environments", None, 200, ["GET /v1/environments"]),
    ("Service.roles", "GET", "/.roles", None, 200, ["GET /v1/roles"]),
    ("Service.gateways", "GET", "/.gateways", None, 200, ["GET /gateways"]),
    ("Group.members", "POST", "/Groups/=crowd/.members", {}, 200, ["GET /users"]),
    ("Group.roleAssignments", "GET", "/Groups/=group/.roleAssignments", None, 200,
     ["GET /groups/{group}/roleAssignments"]),
    ("Population.find", "POST", "/Populations/.find", {"identifier": "Employees"}, 200, None),
)  # fmt: skip


def value_of(desk, name):
    """Return what stands for a word of `EACH`."""
    if name in ("verification", "email", "recovery"):
        send = {"verification": ".sendVerificationCode", "email": ".sendEmailVerification"}
        assert desk.ask("POST", send.get(name, ".sendRecoveryCode")).status_code == 200
        return desk.code(name)
    if name == "presentation":
        return desk.ask("GET", f".agreement/{desk.agreement()}").json["presentationId"]
    gateway = next(iter(desk.directory.hanging.gateways.values()))
    found = {
        "gateway": gateway["id"],
        "user_type": gateway["userTypes"][0]["id"],
        "role": "Help Desk Admin",
        "population": desk.client.population("Employees"),
        "agreement": desk.agreement(),
    }
    return found.get(name) or getattr(desk, name)


def filled(desk, held):
    """Return a body or path with its words filled in."""
    if isinstance(held, dict):
        return {name: filled(desk, value) for name, value in held.items()}
    if isinstance(held, list):
        return [filled(desk, value) for value in held]
    if not isinstance(held, str) or "=" not in held or "?" in held:
        return held
    before, _equals, rest = held.partition("=")
    word = next(part for part in (rest, rest.split("/")[0], rest.split('"')[0]) if part.isidentifier())
    return before + value_of(desk, word) + rest[len(word) :]


def test_each_operation_is_tried():
    """The list below has every operation of the table, once."""
    offered = [f"{each.resource}.{each.name}" for each in open_catalogue(None) if not each.refuse]
    assert sorted(offered) == sorted(each[0] for each in EACH)


@pytest.mark.parametrize(("name", "method", "path", "body", "status", "calls"), EACH, ids=[each[0] for each in EACH])
def test_operation(desk, house, name, method, path, body, status, calls):
    """An operation does what it says, in the calls that its row names."""
    desk = prepared(desk)
    house.clock.sleep(61)  # what is kept for a minute is forgotten
    path, body = filled(desk, path), filled(desk, body)
    answer = desk.ask(method, path, body)
    assert answer.status_code == status, (name, answer.text, desk.calls)
    if calls is not None:
        assert desk.calls == calls
