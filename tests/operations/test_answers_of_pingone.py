"""PingOne takes a call and answers with something else: a state, another record, nothing, a list of more."""

from __future__ import annotations

import pytest

from scimbridge.pingone.not_yet import WithNotYet
from scimbridge.pingone.send import Response
from scimbridge.state.memory import MemoryState
from tests.operations.conftest import LATER
from tests.operations.test_each import filled, prepared

LINKS = {"_links": {"self": {"href": "https://x"}}}
DEVICE, STATE = "/devices/=device", "/password"
# Each: operation, its body, PingOne's call, what its answer says where it was not done, and where it was.
UNDONE = (
    (".lock", {"unlockAt": LATER}, "", {"account": {"status": "OK"}}, {"account": {"status": "LOCKED"}}),
    (".unlock", None, "", {"account": {"status": "LOCKED"}}, {"account": {"status": "OK"}}),
    (".unlockPassword", None, STATE, {"status": "PASSWORD_LOCKED_OUT"}, {"status": "PASSWORD_EXPIRED"}),
    (".forcePasswordChange", None, STATE, {"status": "OK"}, {"status": "MUST_CHANGE_PASSWORD"}),
    (".blockDevice/=device", None, DEVICE, {"block": {"status": "UNBLOCKED"}}, {"block": {"status": "BLOCKED"}}),
    (".unblockDevice/=device", None, DEVICE, {"block": {"status": "BLOCKED"}}, {"block": {"status": "UNBLOCKED"}}),
    (".unlockDevice/=device", None, DEVICE, {"lock": {"status": "LOCKED"}}, {"lock": {"status": "UNLOCKED"}}),
    (".verify", {"verificationCode": "1"}, "", {"lifecycle": {"status": "VERIFICATION_REQUIRED"}},
     {"lifecycle": {"status": "ACCOUNT_OK"}}),
    (".verifyEmail", {"verificationCode": "1"}, "/emailVerification", {"emailVerified": False},
     {"emailVerified": True}),
    (".revokeAgreement/=agreement", None, "/agreementConsents/=agreement", {"status": "ACCEPTED"},
     {"status": "REVOKED"}),
)  # fmt: skip


@pytest.mark.parametrize(("path", "body", "call", "undone", "done"), UNDONE, ids=[each[0] for each in UNDONE])
def test_what_was_not_done_is_no_success(open_desk, answer_as, path, body, call, undone, done):
    """The state in PingOne's answer decides: 409 where it says that it was not done, else a success."""
    desk = prepared(open_desk())
    path, call = filled(desk, path), filled(desk, f"/users/{desk.user}{call}")
    user = {"id": desk.user, "username": "u", "population": {"id": desk.client.population("Employees")}}
    answer_as("POST", call, {**user, **undone}, {**user, **done}, {**user, "name": {"given": "Vera"}})
    answer = desk.ask("POST", path, body)
    assert answer.status_code == 409, answer.text
    assert "PingOne took the call" in answer.json["detail"]
    assert desk.ask("POST", path, body).status_code == 200
    assert desk.ask("POST", path, body).status_code == 200  # an answer without a state says nothing


def test_a_lock_that_did_not_lock(make_desk):
    """It is told what makes PingOne lock."""
    desk = make_desk(empty_lock="ignored")
    answer = desk.ask("POST", ".lock", {})
    assert answer.status_code == 409
    assert "unlockAt" in answer.json["detail"]


MADE = (
    (".assignRole", {"role": "=role", "scopeType": "POPULATION", "scopeId": "=population"}, "roleAssignments"),
    (".linkAccount", {"identityProvider": "=provider", "externalId": "x"}, "linkedAccounts"),
)


@pytest.mark.parametrize(("path", "body", "part"), MADE, ids=[each[0] for each in MADE])
def test_an_empty_answer_to_what_is_made(open_desk, monkeypatch, path, body, part):
    """Where PingOne says no more than that it is made, it is looked up."""
    desk = prepared(open_desk())
    enter = WithNotYet.__call__

    def forget(self, request, call):
        response = enter(self, request, call)
        return Response(201, response.headers) if request.method == "POST" else response

    monkeypatch.setattr(WithNotYet, "__call__", forget)
    answer = desk.ask("POST", path, filled(desk, body))
    assert answer.status_code == 201, answer.text
    assert [answer.json["id"]] == list(desk.directory.hanging.of(part, desk.user))


@pytest.mark.parametrize("part", ["sessions", "devices", "roleAssignments", "linkedAccounts"])
def test_another_part_than_was_asked_for(open_desk, answer_as, part):
    """An answer about another part is none, and one that says that it is another user's is nobody's."""
    desk = prepared(open_desk())
    answer_as("GET", f"/{part}/{desk.device}", {"id": "other"}, {"id": desk.device, "user": {"id": "other"}})
    assert desk.ask("GET", f".{part}/{desk.device}").status_code == 503
    assert desk.ask("GET", f".{part}/{desk.device}").status_code == 404


def test_a_list_of_which_a_part_came(open_desk, answer_as):
    """Consents that PingOne counts and does not tell are no list."""
    desk = open_desk()
    answer_as("GET", "/agreementConsents", {**LINKS, "count": 3, "_embedded": {"agreementConsents": []}})
    assert desk.ask("GET", ".agreements").status_code == 503


@pytest.mark.parametrize("text", [7, ["de"], {"a": 1}, "q", ";q=", "de;q=nan"])
def test_a_language_that_is_none(open_desk, text):
    """Whatever a user has as language, the agreement is shown."""
    desk = open_desk()
    desk.directory.users.rows[desk.user]["preferredLanguage"] = text
    assert desk.ask("GET", f".agreement/{desk.agreement()}").status_code == 200


@pytest.mark.parametrize("held", ["Staff", 7, [7, {"a": 1}, ["Staff"]], {"Staff": 1}])
def test_alternative_identifiers_that_are_none(make_desk, held):
    """Whatever stands where alternative identifiers should, nobody is found by it."""
    desk = make_desk()
    desk.directory.populations.rows[desk.client.population("Partners")]["alternativeIdentifiers"] = held
    answer = desk.ask("POST", "/Populations/.find", {"identifier": "Nobody's"})
    assert answer.status_code == 404, answer.text


def page(number, of, **more):
    """Return a page of one environment, with a link to the next one."""
    following = {"next": {"href": f"https://x/{number + 1}"}} if number < of else {}
    links = {"_links": {"self": {"href": f"https://x/{number}"}, **following}}
    return {**links, "_embedded": {"environments": [{"id": f"e{number}", "name": "x"}]}, "size": 1, **more}


@pytest.mark.parametrize(
    ("limit", "told", "calls", "total"),
    [(1, {"count": 3}, 1, 3), (1, {}, 1, 2), (2, {}, 2, 3), (3, {}, 3, 3), (9, {}, 3, 3)],
)
def test_no_more_is_read_than_is_wanted(open_desk, answer_as, limit, told, calls, total):
    """Reading ends where the client has what it wants, and it is told that there are more."""
    desk = open_desk()
    came = answer_as("GET", "/environments", *(page(number, 3, **told) for number in (1, 2, 3)))
    answer = desk.ask("GET", f"/.environments?limit={limit}")
    assert answer.status_code == 200, answer.text
    assert [each["id"] for each in answer.json["Resources"]] == ["e1", "e2", "e3"][:limit]
    assert (len(came), answer.json["totalResults"]) == (calls, total)
    assert answer.json["itemsPerPage"] == min(limit, 3)


def test_members_of_whom_there_are_more(open_desk, answer_as):
    """Where PingOne counts nothing and has more pages, a hundred members are not told as all."""
    desk = open_desk()
    users = [{"id": desk.directory.new_id(), "username": "x", "enabled": True} for _number in range(100)]
    following = {"_links": {"self": {"href": "https://x"}, "next": {"href": "https://x/2"}}}
    came = answer_as("GET", "/users", {**following, "_embedded": {"users": users}, "size": 100})
    found = desk.ask("POST", f"/Groups/{desk.crowd}/.members", {}).json
    assert (found["itemsPerPage"], found["totalResults"], len(came)) == (100, 101, 1)


def test_more_than_was_wanted(open_desk, answer_as):
    """Where PingOne does not look at the limit, the client gets no more than it wants all the same."""
    desk = open_desk()
    many = {**LINKS, "_embedded": {"environments": [{"id": f"e{number}"} for number in range(5)]}, "size": 5}
    answer_as("GET", "/environments", many)
    answer = desk.ask("GET", "/.environments?limit=2").json
    assert (len(answer["Resources"]), answer["itemsPerPage"], answer["totalResults"]) == (2, 2, 5)


def test_what_is_kept_is_asked_for_once(open_desk, monkeypatch):
    """The names of the roles of many assignments are one look at what is kept."""
    desk = open_desk()
    role = desk.role("Help Desk Admin")
    for number in range(9):
        desk.directory.hanging.of("roleAssignments", desk.user)[f"r{number}"] = {
            "id": f"r{number}",
            "role": {"id": role},
        }
    asked, get = [], MemoryState.get
    monkeypatch.setattr(MemoryState, "get", lambda self, key: (asked.append(key), get(self, key))[1])
    shown = desk.ask("GET", ".roleAssignments").json["Resources"]
    assert {each["role"]["name"] for each in shown} == {"Help Desk Admin"}
    assert asked.count("operations:roles") == 1


@pytest.mark.parametrize(("spelling", "more"), [("bare", 0), ("json", 1)])
def test_a_type_with_two_spellings(make_desk, spelling, more):
    """Where PingOne does not take the one it is sent the other, once: then it is known which one it takes."""
    desk = make_desk(force_change_type=spelling)
    for calls in (1 + more, 1):
        desk.set_password()
        answer = desk.ask("POST", ".forcePasswordChange")
        assert (answer.status_code, answer.json["status"]) == (200, "MUST_CHANGE_PASSWORD")
        assert desk.calls == ["POST /users/{user}/password"] * calls


@pytest.mark.parametrize("listed", ["answered", "all"])
def test_a_worker_that_reads_no_agreements(make_desk, listed):
    """What needs them is 403 that names the role, and nobody's list is shorter for it; what does not is done."""
    desk = make_desk(reads_agreements=False, consents_listed=listed)
    one = desk.agreement()
    for path in (".agreements", f".agreement/{one}", "/.agreements", f"/.agreements/{one}"):
        answer = desk.ask("GET", path)
        assert (answer.status_code, "such as Environment Admin" in answer.json["detail"]) == (403, True), answer.text
    assert desk.ask("POST", f".revokeAgreement/{one}").status_code == 200
