"""User names that look the same: one account, whichever form a client sends (RFC 7644 §5)."""

from __future__ import annotations

import socket
import unicodedata
from dataclasses import replace

import pytest

from scimbridge.app import create_app
from scimbridge.sandbox.model.users import merge_user

COMPOSED = "Éva.Nagy@example.org"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
WIDE = "".join(chr(ord(letter) + 0xFEE0) if letter.isascii() else letter for letter in COMPOSED)
FORMS = (COMPOSED, DECOMPOSED, WIDE, COMPOSED.upper(), unicodedata.normalize("NFD", COMPOSED.lower()))


def held(client, key):
    """Return the user name that PingOne holds."""
    return next(user["username"] for user in client.sandbox.directory.users if user["id"] == key)


def write_at_pingone(client, key, name):
    """Let somebody else give a user a name, in whatever form."""
    merge_user(client.sandbox.directory, key, {"username": name})


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
def test_two_forms_are_one_account(client, first, second):
    """Whatever form a name was created in, it is taken in every other one, and found."""
    made = client.good("POST", "/Users", {"userName": first})
    assert client.fault("POST", "/Users", {"userName": second}) == (409, "uniqueness")
    found = client.list("/Users", filter=f'userName eq "{second}"')
    assert [user["id"] for user in found["Resources"]] == [made["id"]]


@pytest.mark.parametrize("name", FORMS)
def test_the_normal_form_is_written_with_its_case(client, name):
    """POST, PUT and PATCH write the normal form; capitals stay capitals."""
    right = COMPOSED if name == WIDE else unicodedata.normalize("NFC", name)
    key = client.good("POST", "/Users", {"userName": name})["id"]
    assert held(client, key) == right
    client.good("PUT", f"/Users/{key}", {"userName": "plain"})
    assert client.good("PUT", f"/Users/{key}", {"userName": name})["userName"] == right
    client.good("PUT", f"/Users/{key}", {"userName": "plain"})
    assert client.patch(f"/Users/{key}", {"op": "replace", "path": "userName", "value": name}).status_code == 200
    assert held(client, key) == right


def test_an_echo_in_another_form_writes_nothing(client):
    """A client that keeps names decomposed changes nothing by sending one again."""
    key = client.good("POST", "/Users", {"userName": COMPOSED})["id"]
    client.good("PUT", f"/Users/{key}", {"userName": DECOMPOSED})
    assert client.writes == []


@pytest.mark.parametrize("form", [DECOMPOSED, DECOMPOSED.upper()])
@pytest.mark.parametrize("asked", [COMPOSED, DECOMPOSED, WIDE])
def test_what_others_wrote_is_found_and_is_taken(client, form, asked):
    """A name that stands decomposed at PingOne is found by every form, and nobody else gets it."""
    key, other = client.users_in("Partners")[:2]
    write_at_pingone(client, key, form)
    for text in (f'userName eq "{asked}"', f'userName sw "{asked[:4]}"', f'userName co "{asked[-11:]}"'):
        found = client.list("/Users", filter=text)
        assert key in {user["id"] for user in found["Resources"]}, text
    assert client.fault("POST", "/Users", {"userName": asked}) == (409, "uniqueness")
    assert client.writes == []
    assert client.fault("PUT", f"/Users/{other}", {"userName": asked, "active": False}) == (409, "uniqueness")
    assert client.writes == []
    answer = client.patch(f"/Users/{other}", {"op": "replace", "value": {"userName": asked, "active": False}})
    assert (answer.status_code, client.writes) == (409, [])


def test_the_holder_may_keep_its_name(client):
    """What others wrote becomes the normal form when its own holder is written."""
    key = client.users_in("Partners")[0]
    write_at_pingone(client, key, DECOMPOSED)
    client.good("PUT", f"/Users/{key}", {"userName": COMPOSED})
    assert held(client, key) == COMPOSED


@pytest.mark.parametrize(
    "name", ["ada lovelace", "a/b\\c", "ﬁn", "x\u00a0y", "Ada+tag@example.org", "\u00ad-soft", "日本 語"]
)
def test_names_that_the_profile_forbids_stay_accepted(client, name):
    """RFC 8265 allows no spaces and no ligatures, and clients have people of such names."""
    answer = client.send("POST", "/Users", {"userName": name})
    if name.startswith("\u00ad"):
        assert answer.status_code == 400  # PingOne takes no format characters
        return
    assert answer.json["userName"] == name
    assert client.list("/Users", filter=f'userName eq "{name}"'.replace("\\", "\\\\"))["totalResults"] == 1


@pytest.mark.parametrize("name", ["ada.b@example.org", "ADA B", "straße", "日本"])
def test_names_of_one_form_cost_no_call_more(client, name):
    """A look-up goes before a creation only for a name that others may have written in another form."""
    client.good("POST", "/Users", {"userName": name})
    assert client.calls == ["POST /users"]


def test_a_new_name_in_two_forms_is_waited_for(client, settings, sandbox):
    """What was just created is found at once, though PingOne's lists show it later."""
    client = replace(client, app=create_app(settings))  # with the real clock, since the sandbox lags by it
    sandbox.faults.set(visibility_delay=0.4)
    key = client.good("POST", "/Users", {"userName": DECOMPOSED})["id"]
    found = client.list("/Users", filter=f'userName eq "{DECOMPOSED}"')
    assert [user["id"] for user in found["Resources"]] == [key]


def test_a_lost_creation_is_no_other_spelling(make_client):
    """A create whose answer was missed is found by its repetition, also where PingOne minds no accents."""
    client = make_client(30, accent_blind_filters=True)
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours:
        made = client.good("POST", "/Users", {"userName": COMPOSED}, environ_overrides={"gunicorn.socket": ours})
    again = client.send("POST", "/Users", {"userName": DECOMPOSED})
    assert (again.status_code, again.json.get("scimType")) == (409, "uniqueness")  # another request, by its body
    assert client.good("POST", "/Users", {"userName": COMPOSED})["id"] == made["id"]
