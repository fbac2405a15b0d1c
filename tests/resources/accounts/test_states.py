"""States of an account as attributes: set by a call of their own where they differ, and by no echo."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote

import pytest

from scimbridge.access.scopes import ALL_SCOPES
from tests.resources.accounts.conftest import ACT, LATER, LATER_STILL, OVER, READ, URN

WITHOUT = ALL_SCOPES - {"accounts:write"}
VERIFY = "PUT /users/{user}/verifyStatus"


def new(**extension):
    """Return the body of a new user with some of the extension."""
    return {"userName": "fresh@example.com", "emails": [{"value": "fresh@example.com"}], URN: extension}


def made(account, body, status=201, **more):
    """Create a user and return what PingOne then holds of it, None where it was refused."""
    answer = account.client.send("POST", "/Users", body, **more)
    assert answer.status_code == status, answer.text
    return account.directory.users.get(answer.json["id"]) if status == 201 else None


def test_a_lock_is_one_call(account):
    """A look at what is there, the lock; PingOne's answer is the user, so that nobody reads it again."""
    answer = account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    assert answer.status_code == 200, answer.text
    assert account.calls == [READ, ACT]
    assert account.record["account"]["status"] == "LOCKED"
    assert account.record["account"]["unlockAt"] == LATER


def test_an_unlock_is_one_call(account):
    """It ends the lock and its time."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    assert account.patch("account.status", "OK").status_code == 200
    assert account.calls == [READ, ACT]
    assert account.record["account"] == {"status": "OK", "canAuthenticate": True}


@pytest.mark.parametrize("status", ["OK", "LOCKED"])
def test_what_is_there_makes_no_call(account, status):
    """A lock on a locked account would move its time."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    account.patch("account.status", status)
    before = account.record
    assert account.patch("account.status", status).status_code == 200
    assert account.calls == [READ]
    assert account.record == before


def test_the_end_of_a_lock_moves(account):
    """Another end alone is a lock until then."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    assert account.patch("account.unlockAt", LATER_STILL).status_code == 200
    assert account.calls == [READ, ACT]
    assert account.record["account"]["unlockAt"] == LATER_STILL


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ({"status": "LOCKED", "unlockAt": OVER}, "account.unlockAt is over"),
        ({"unlockAt": LATER}, "goes with account.status LOCKED"),
        ({"status": "OK", "unlockAt": LATER}, "goes with account.status LOCKED"),
        ({"status": "ASLEEP"}, "has to be LOCKED or OK"),
        ({"status": "LOCKED", "unlockAt": "soon"}, "account.unlockAt"),
        ({"status": "LOCKED", "unlockAt": "0001-01-01T00:00:00"}, "account.unlockAt is over"),
        ({"status": "LOCKED", "unlockAt": "1999-12-31T24:00:00Z"}, "account.unlockAt is over"),
    ],
)
def test_a_lock_that_cannot_be_is_refused(account, value, detail):
    """Before any call that changes something."""
    answer = account.patch("account", value)
    assert answer.status_code == 400
    assert detail in answer.json["detail"]
    assert account.calls in ([], [READ])
    assert account.record["account"]["status"] == "OK"


@pytest.mark.parametrize("path", ["account.status", "account.unlockAt", "verifyStatus"])
def test_a_state_cannot_be_removed(account, path):
    """A record always has one, and a lock is ended by OK."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    answer = account.patch(path, op="remove")
    assert (answer.status_code, answer.json["scimType"]) == (400, "mutability")
    assert account.record["account"]["status"] == "LOCKED"


def test_a_lock_that_did_not_lock_is_told(make_account):
    """Where PingOne takes a lock without an end and does nothing, the answer says what to send."""
    account = make_account(empty_lock="ignored")
    answer = account.patch("account.status", "LOCKED")
    assert answer.status_code == 409
    assert "send account.unlockAt as well" in answer.json["detail"]


def test_an_echo_of_a_plain_read_sets_nothing(account):
    """Neither shows a plain GET the states, nor costs its echo a call, though others have moved them since."""
    plain = account.get()
    assert account.calls == [READ]
    assert not {"account", "verifyStatus", "lifecycle", "passwordState"} & plain[URN].keys()
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    before = account.record
    assert account.put(plain).status_code == 200
    assert account.calls == [READ]
    assert account.record == before


def test_an_echo_of_all_that_can_be_read_sets_nothing(account):
    """By name too, as long as nothing was moved in between."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    known = account.get("account", "verifyStatus", "lifecycle", "passwordState")[URN]
    before = account.record
    assert known["account"]["status"] == "LOCKED"
    assert known["passwordState"] == {"status": "NO_PASSWORD"}
    assert account.put(account.get(), **known).status_code == 200
    assert account.calls == [READ]
    assert account.record == before


@pytest.mark.parametrize("text", ["2999-01-01T00:00:00Z", "2999-01-01T01:00:00+01:00"])
def test_an_echo_in_another_spelling_sets_nothing(make_account, text):
    """Who writes the end of a lock as its own library does neither locks again nor needs the right to."""
    account = make_account(scopes=WITHOUT)
    account.directory.users.rows[account.user]["account"] = {"status": "LOCKED", "unlockAt": LATER}
    before = account.record
    assert account.put(account.get(), account={"status": "LOCKED", "unlockAt": text}).status_code == 200
    assert account.calls == [READ]
    assert account.record == before


def test_the_end_of_a_lock_goes_out_as_pingone_writes_it(account):
    """The midnight that ends a day is the one that begins the next."""
    assert account.patch("account", {"status": "LOCKED", "unlockAt": "2998-12-31T24:00:00Z"}).status_code == 200
    assert account.record["account"]["unlockAt"] == LATER


def test_a_put_that_leaves_states_out_keeps_them(account):
    """Also where it names a part of the account that is only read."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    assert account.put(account.get(), account={"canAuthenticate": True}).status_code == 200
    assert account.record["account"]["status"] == "LOCKED"


def test_a_put_locks_and_unlocks(account):
    """What it says by name is meant."""
    plain = account.get()
    assert account.put(plain, account={"status": "LOCKED", "unlockAt": LATER}).status_code == 200
    assert account.record["account"]["status"] == "LOCKED"
    assert account.put(plain, account={"status": "OK"}).status_code == 200
    assert account.record["account"]["status"] == "OK"


def test_bulk_locks(account):
    """Each operation of a bulk request goes the same way."""
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": f"{URN}:account.status", "value": "LOCKED"}],
    }
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "PATCH", "path": f"/Users/{account.user}", "data": patch}],
    }
    answer = account.client.good("POST", "/Bulk", body)
    assert answer["Operations"][0]["status"] == "200"
    assert account.record["account"]["status"] == "LOCKED"


def test_a_lock_comes_first_and_an_unlock_late(account):
    """What takes rights away goes before the rest, what gives them back after it."""
    user = f"/Users/{account.user}"
    lock = {"op": "replace", "path": f"{URN}:account.status", "value": "LOCKED"}
    title = {"op": "replace", "path": "title", "value": "Lead"}
    account.client.patch(user, title, lock)
    assert account.calls == [READ, ACT, "PATCH /users/{user}"]
    account.client.patch(user, {**lock, "value": "OK"}, {**title, "value": "Boss"})
    assert account.calls == [READ, "PATCH /users/{user}", ACT]


def test_proofing_is_switched(account):
    """By a call of its own, and not where it is so already."""
    assert account.patch("verifyStatus", "ENABLED").status_code == 200
    assert account.calls[:2] == [READ, VERIFY]
    assert account.record["verifyStatus"] == "ENABLED"
    assert account.patch("verifyStatus", "ENABLED").status_code == 200
    assert account.calls == [READ]


def test_what_only_a_new_user_is_cannot_be_set_again(account):
    """PingOne's call takes two of the three words: the third is refused before it, by PUT and PATCH."""
    account.patch("verifyStatus", "ENABLED")
    for answer in (
        account.patch("verifyStatus", "NOT_INITIATED"),
        account.put(account.get(), verifyStatus="NOT_INITIATED"),
    ):
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue")
        assert "verifyStatus: NOT_INITIATED is what it is in a new user" in answer.json["detail"]
        assert account.calls == [READ]
    assert account.record["verifyStatus"] == "ENABLED"


def test_an_echo_under_another_zone_sets_nothing(make_account):
    """Where the bridge shifts times for a client, what it gave comes back as what PingOne holds."""
    account = make_account(settings={"datetime_offset": dt.timedelta(hours=2)})
    assert account.patch("account", {"status": "LOCKED", "unlockAt": LATER}).status_code == 200
    before, known = account.record, account.get("account")[URN]["account"]
    assert (before["account"]["unlockAt"], known["unlockAt"]) == ("2998-12-31T22:00:00.000Z", LATER)
    for answer in (account.patch("account", known), account.put(account.get(), account=known)):
        assert (answer.status_code, account.calls) == (200, [READ])
    assert account.record == before


def test_a_lock_holds_the_version_of_its_client(account):
    """A state is part of the version: who knows an older one changes nothing, and a lock tells the new one."""
    old = account.client.send("GET", f"/Users/{account.user}").headers["ETag"]
    condition = {**account.client.headers, "If-Match": old}
    locked = account.patch("account", {"status": "LOCKED", "unlockAt": LATER}, headers=condition)
    assert locked.headers["ETag"] != old
    assert account.patch("account.status", "OK", headers=condition).status_code == 412
    assert account.calls == [READ]
    assert account.record["account"]["status"] == "LOCKED"


def test_a_new_user_has_the_states_that_it_is_given(account):
    """A lock and the switch follow the creation; how its life begins goes along as an import."""
    lifecycle = {"status": "VERIFICATION_REQUIRED"}
    state = {"account": {"status": "LOCKED", "unlockAt": LATER}, "verifyStatus": "DISABLED", "lifecycle": lifecycle}
    record = made(account, new(**state))
    assert record["account"]["status"] == "LOCKED"
    assert record["account"]["unlockAt"] == LATER
    assert (record["verifyStatus"], record["lifecycle"]) == ("DISABLED", lifecycle)


def test_a_new_user_that_is_locked_a_moment_too_early(make_account, clock):
    """PingOne refuses a lock right after the creation for a moment; the bridge waits for it."""
    account = make_account(late_lock=1.0)
    real, begun = account.directory.clock, clock()
    account.directory.clock = lambda: real() + clock() - begun
    record = made(account, new(account={"status": "LOCKED", "unlockAt": LATER}))
    assert record["account"]["status"] == "LOCKED"
    assert account.client.writes.count(ACT) > 1


def test_a_new_user_that_cannot_be_locked_is_taken_back(make_account):
    """Rather no user than one that is open though it was to be locked."""
    account = make_account(empty_lock="ignored")
    count = len(account.directory.users.rows)
    made(account, new(account={"status": "LOCKED"}), 409)
    assert len(account.directory.users.rows) == count


def test_usual_states_of_a_new_user_cost_nothing(account):
    """A copy of another user is one call."""
    made(account, new(account={"status": "OK"}, verifyStatus="NOT_INITIATED"))
    assert account.client.writes == ["POST /users"]


def test_how_a_life_began_cannot_be_changed(account):
    """It is given with the creation."""
    answer = account.patch("lifecycle.status", "VERIFICATION_REQUIRED")
    assert (answer.status_code, answer.json["scimType"]) == (400, "mutability")
    assert account.client.writes == []


@pytest.mark.parametrize(
    ("path", "value"), [("account.status", "LOCKED"), ("account", {"status": "OK"}), ("verifyStatus", "ENABLED")]
)
def test_who_may_not_read_needs_the_right_to_name_a_state(make_account, path, value):
    """Whether it would change something or not; nobody is asked."""
    account = make_account(scopes={"users:write"})
    answer = account.patch(path, value)
    assert answer.status_code == 403
    assert "accounts:write" in answer.json["detail"]
    assert account.calls == []


def echoes(known):
    """Return the operations by which a client sends states back: with a path, without, and as one whole resource."""
    yield from ({"op": "replace", "path": f"{URN}:{name}", "value": value} for name, value in known.items())
    yield {"op": "add", "path": f"{URN}:account.status", "value": known["account"]["status"]}
    yield {"op": "replace", "path": URN, "value": known}
    yield {"op": "replace", "value": {URN: known}}
    yield {"op": "replace", "value": {f"{URN}:verifyStatus": known["verifyStatus"]}}


@pytest.mark.parametrize("strict", [False, True])
def test_a_patch_needs_the_right_where_it_changes_a_state(make_account, strict):
    """A client without it may send back what it read, in every form, and in bulk; a change is 403 and no call."""
    account = make_account(scopes=WITHOUT, strict=strict)
    account.directory.users.rows[account.user]["account"] = {"status": "LOCKED", "unlockAt": LATER}
    known = account.get("account.status", "account.unlockAt", "verifyStatus")[URN]
    before = account.record
    forms = list(echoes(known))
    for each in forms:
        assert account.operate(each).status_code == 200, each
        assert account.calls == [READ]
    for each in echoes({"account": {"status": "OK"}, "verifyStatus": "ENABLED"}):
        refused = account.operate(each)
        assert (refused.status_code, account.calls) == (403, [READ]), each
        assert "accounts:write" in refused.json["detail"]
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": forms}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{"method": "PATCH", "path": f"/Users/{account.user}", "data": patch}],
    }
    assert account.client.good("POST", "/Bulk", body)["Operations"][0]["status"] == "200"
    assert account.record == before


def test_a_put_needs_the_right_where_it_changes_a_state(make_account):
    """A client without it may send back what it read."""
    account = make_account(scopes=WITHOUT)
    known = account.get("account", "verifyStatus")[URN]
    assert account.put(account.get(), **known).status_code == 200
    answer = account.put(account.get(), account={"status": "LOCKED"})
    assert (answer.status_code, account.client.writes) == (403, [])


def test_who_may_not_read_is_not_told_by_a_refusal(make_account):
    """A refusal for a difference alone would tell what is so."""
    account = make_account(scopes={"users:write"})
    body = {"userName": account.record["username"], URN: {"account": {"status": "OK"}}}
    answer = account.client.send("PUT", f"/Users/{account.user}", body)
    assert (answer.status_code, account.calls) == (403, [])


def test_a_new_user_needs_the_right_for_unusual_states(make_account):
    """What every new user is anybody may say."""
    account = make_account(scopes=WITHOUT)
    made(account, new(account={"status": "OK"}))
    made(account, {**new(account={"status": "LOCKED"}), "userName": "second@example.com"}, 403)
    assert account.client.writes == []


def test_locked_users_are_found(account):
    """PingOne has no filter for it: every user is looked at."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    found = account.client.list("/Users", filter=f'{URN}:account.status eq "LOCKED"')
    assert [each["id"] for each in found["Resources"]] == [account.user]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('account.status eq "LOCKED"', 1), ('account[status eq "LOCKED"]', 1), ('not (account.status eq "OK")', 1),
        ('account.status eq "LOCKED" and verifyStatus eq "ENABLED"', 0), ('verifyStatus ne "NOT_INITIATED"', 0),
        ('account.unlockAt gt "2998-01-01T00:00:00Z"', 1), ("account.unlockAt pr", 1), ('account.status co "OC"', 1),
        ('lifecycle.status eq "ACCOUNT_OK"', 30), ('account.status eq "OK"', 29),
    ],
)  # fmt: skip
def test_filters_of_states_are_exact(account, text, count):
    """None is pushed to PingOne, which has no filter for them."""
    account.patch("account", {"status": "LOCKED", "unlockAt": LATER})
    query = quote(re.sub(r"(account|verifyStatus|lifecycle)(?=[.\[ ])", rf"{URN}:\1", text))
    assert account.client.good("GET", f"/Users?count=100&filter={query}")["totalResults"] == count
    assert not [call for call in account.client.calls if "filter=" in call]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'{URN}:passwordState.status eq "OK"', "passwordState.status"), (f"{URN}:passwordState pr", "passwordState"),
        (f'not ({URN}:passwordState[status eq "OK"])', "passwordState.status"), ("groups.display pr", "groups.display"),
        ('groups[type eq "direct" and value pr]', "groups.type"), ('userName pr or groups.type eq "x"', "groups.type"),
    ],
)  # fmt: skip
def test_what_takes_a_read_of_its_own_is_no_filter(account, text, named):
    """It is refused before any call, by its name."""
    answer = account.client.send("GET", f"/Users?filter={quote(text)}")
    assert (answer.status_code, answer.json["scimType"]) == (400, "invalidFilter")
    assert answer.json["detail"].startswith(f"{named}: PingOne tells it for one User at a time")
    assert account.client.calls == []


def test_states_are_published(account):
    """As writable, on request, with the words that they can have."""
    schema = account.client.good("GET", f"/Schemas/{URN}")
    attributes = {each["name"]: each for each in schema["attributes"]}
    subs = {each["name"]: each for each in attributes["account"]["subAttributes"]}
    assert (attributes["account"]["returned"], subs["status"]["mutability"]) == ("request", "readWrite")
    assert attributes["verifyStatus"]["mutability"] == "readWrite"
    assert subs["status"]["canonicalValues"] == ["LOCKED", "OK"]
    assert subs["unlockAt"]["type"] == "dateTime"
    assert subs["lockedAt"]["mutability"] == "readOnly"
    assert attributes["lifecycle"]["subAttributes"][0]["mutability"] == "immutable"
    assert attributes["passwordState"]["mutability"] == "readOnly"


def test_who_may_not_set_a_state_is_told_that_it_is_read_only(make_account):
    """So that a client which goes by the schema sends none."""
    schema = make_account(scopes=WITHOUT).client.good("GET", f"/Schemas/{URN}")
    attributes = {each["name"]: each for each in schema["attributes"]}
    subs = {each["name"]: each for each in attributes["account"]["subAttributes"]}
    found = (attributes["account"], attributes["verifyStatus"], subs["status"], subs["unlockAt"])
    assert [(each["mutability"], each["required"]) for each in found] == [("readOnly", False)] * 4
